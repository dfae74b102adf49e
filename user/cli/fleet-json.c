// SPDX-License-Identifier: GPL-2.0-or-later
/* The fleet's answer as one JSON object. What is not known is left out. */
#include <errno.h>
#include <string.h>

#include "cli/fleet.h"
#include "print/json-line.h"

/** Version of the JSON output. */
#define JSON_VERSION 1
/** Bytes of a name from Prometheus that are kept. */
#define NAME_MOST 4096

static void append(struct json_line *line, json_t *array, json_t *element)
{
	if (json_array_append_new(array, element))
		line->err = -ENOMEM;
}

static void append_object(struct json_line *line, json_t *array, struct json_line *object)
{
	if (object->err)
		line->err = object->err;
	append(line, array, object->object);
}

static void add_known(struct json_line *line, const char *key, uint64_t value)
{
	if (value)
		json_line_count(line, key, value);
}

static void add_text(struct json_line *line, const char *key, const char *text)
{
	if (text)
		json_line_text(line, key, text, NAME_MOST);
}

static void add_host(struct json_line *line, json_t *hosts, const struct fleet_host *h)
{
	struct json_line host = { json_object(), 0 };

	add_text(&host, "name", h->name);
	json_line_add(&host, "answers", json_boolean(h->answers));
	json_line_count(&host, "groups", h->groups);
	json_line_count(&host, "unknown_groups", h->unknown);
	if (h->max) {
		json_line_count(&host, "max_bits", h->max->max_bits);
		add_text(&host, "max_group", h->max->id);
	}
	if (h->safe) {
		json_line_count(&host, "safe_bits", h->safe->safe_bits);
		add_text(&host, "safe_group", h->safe->id);
	}
	if (h->safe && h->safe->hole.type) {
		struct json_line hole = { json_object(), 0 };

		json_line_hex(&hole, "first", h->safe->hole.first);
		json_line_hex(&hole, "last", h->safe->hole.last);
		add_text(&hole, "type", h->safe->hole.type);
		json_line_add_object(&host, "hole", &hole);
	}
	append_object(line, hosts, &host);
}

/* Names of hosts that limit vm (NULL: the fleet). */
static void add_limiting(struct json_line *line, const struct fleet *f, const struct fleet_vm *vm)
{
	json_t *names = json_array();

	for (size_t i = 0; i < f->host_count; i++)
		if (fleet_host_limits(f, vm, &f->hosts[i]))
			append(line, names, json_line_string(f->hosts[i].name, NAME_MOST));
	json_line_add(line, "limiting_hosts", names);
}

/* Hosts where vm does not fit, or where that is not known. */
static void add_verdicts(struct json_line *line, const struct fleet *f, const struct fleet_vm *vm,
			 bool known)
{
	json_t *list = json_array();
	char why[256];

	for (size_t i = 0; i < f->host_count; i++) {
		const enum fleet_verdict verdict = fleet_judge(vm, &f->hosts[i]);
		struct json_line object = { NULL, 0 };

		if (verdict == FLEET_FITS || (verdict != FLEET_UNKNOWN) != known)
			continue;
		fleet_why(why, sizeof(why), verdict, vm, &f->hosts[i]);
		object.object = json_object();
		add_text(&object, "host", f->hosts[i].name);
		json_line_name(&object, "reason", fleet_verdict_name(verdict));
		add_text(&object, "detail", why);
		append_object(line, list, &object);
	}
	json_line_add(line, known ? "cannot_migrate_to" : "unknown_hosts", list);
}

/* Other hosts where it runs. */
static void add_also(struct json_line *line, const struct fleet_vm *vm)
{
	json_t *names = json_array();

	for (size_t i = 0; i < vm->also_count; i++)
		append(line, names, json_line_string(vm->also[i], NAME_MOST));
	json_line_add(line, "also_on", names);
}

static void add_vm(struct json_line *line, json_t *vms, const struct fleet *f,
		   const struct fleet_vm *vm)
{
	struct json_line object = { json_object(), 0 };

	add_text(&object, "vm", vm->name);
	add_text(&object, "vm_uuid", vm->uuid);
	add_text(&object, "host", vm->host);
	if (vm->also_count)
		add_also(&object, vm);
	add_text(&object, "manager", vm->manager);
	if (vm->has_model)
		json_line_name(&object, "viommu", viommu_model_name(vm->model));
	add_known(&object, "aw_bits", vm->bits);
	if (vm->highest)
		json_line_hex(&object, "highest_iova", vm->highest);
	add_known(&object, "recommended_aw_bits", fleet_bits(f, vm));
	add_limiting(&object, f, vm);
	add_verdicts(&object, f, vm, true);
	add_verdicts(&object, f, vm, false);
	append_object(line, vms, &object);
}

static void add_warnings(struct json_line *line, const struct prometheus_notes *notes)
{
	json_t *warnings = json_array();

	for (size_t i = 0; i < notes->count; i++)
		append(line, warnings, json_line_string(notes->warnings[i], NAME_MOST));
	json_line_add(line, "warnings", warnings);
	json_line_count(line, "more_warnings", notes->more);
}

int fleet_print_json(FILE *out, const struct fleet_view *v)
{
	struct json_line line = { json_object(), 0 };
	json_t *hosts = json_array(), *vms = json_array();
	const struct fleet *f = v->f;
	int err;

	json_line_count(&line, "v", JSON_VERSION);
	add_text(&line, "prometheus", v->url);
	json_line_add(&line, "selector", json_line_string(v->selector, NAME_MOST));
	add_known(&line, "max_bits", f->max_bits);
	add_known(&line, "safe_bits", f->safe_bits);
	add_limiting(&line, f, NULL);
	json_line_count(&line, "unknown_host_count", f->unknown);
	json_line_count(&line, "odd_samples", f->odd);
	for (size_t i = 0; i < f->host_count; i++)
		add_host(&line, hosts, &f->hosts[i]);
	for (size_t i = 0; i < f->vm_count; i++)
		add_vm(&line, vms, f, &f->vms[i]);
	json_line_add(&line, "hosts", hosts);
	json_line_add(&line, "vms", vms);
	add_warnings(&line, v->notes);
	err = json_line_print(&line, out);
	return err ? err : fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}
