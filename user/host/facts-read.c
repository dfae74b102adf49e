// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts from JSON: the machine, and the file as a whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts-json.h"
#include "host/facts.h"
#include "host/text.h"

/** Of an address; the widest that an IOMMU could ever have. */
#define BITS_MAX 64

static void read_unit(struct reader *r, const json_t *value, struct machine_unit *u)
{
	static const char *const names[] = {
		"name", "kind", "cap", "ecap", "features", "ivrs_va_bits", "ias", "oas", NULL
	};
	const json_t *features;
	size_t count;
	int kind;

	if (!read_object(r, value, names))
		return;
	read_text(r, value, "name", u->name, sizeof(u->name));
	kind = read_name(r, value, "kind", facts_unit_name);
	u->kind = kind < 0 ? UNIT_UNKNOWN : (enum unit_kind)kind;
	u->has_cap = read_hex(r, value, "cap", &u->cap);
	if (u->has_cap)
		read_required(r, value, "ecap");
	else if (json_object_get(value, "ecap"))
		read_required(r, value, "cap");
	read_hex(r, value, "ecap", &u->ecap);
	count = read_array(r, value, "features", 2, &features);
	for (size_t i = 0; i < count && !r->ret; i++) {
		size_t mark = reader_enter(r, "features");

		reader_enter_index(r, i);
		if (read_hex_value(r, json_array_get(features, i), &u->features[i]))
			u->feature_count++;
		reader_leave(r, mark);
	}
	read_unsigned(r, value, "ivrs_va_bits", BITS_MAX, &u->ivrs_va_bits);
	read_unsigned(r, value, "ias", BITS_MAX, &u->ias);
	read_unsigned(r, value, "oas", BITS_MAX, &u->oas);
}

static void read_region(struct reader *r, const json_t *value, struct machine_region *region)
{
	static const char *const names[] = { "first", "last", "type", NULL };
	int type;

	if (!read_object(r, value, names))
		return;
	read_range(r, value, &region->range);
	read_required(r, value, "type");
	type = read_name(r, value, "type", facts_region_name);
	region->type = type < 0 ? REGION_OTHER : (enum region_type)type;
}

static void read_regions(struct reader *r, const json_t *value, struct machine_group *g)
{
	const json_t *regions;
	const size_t count = read_array(r, value, "regions", MACHINE_MAX_REGIONS, &regions);

	g->has_regions = regions;
	for (size_t i = 0; i < count && !r->ret; i++) {
		size_t mark = reader_enter(r, "regions");

		reader_enter_index(r, i);
		read_region(r, json_array_get(regions, i), &g->regions[i]);
		reader_leave(r, mark);
		g->region_count++;
	}
}

static void read_group_devices(struct reader *r, const json_t *value, struct machine_group *g)
{
	const json_t *devices;
	const size_t count = read_array(r, value, "devices", MACHINE_MAX_GROUP_DEVICES, &devices);

	for (size_t i = 0; i < count && !r->ret; i++) {
		size_t mark = reader_enter(r, "devices");

		reader_enter_index(r, i);
		read_text_value(r, json_array_get(devices, i), g->devices[i],
				sizeof(g->devices[i]));
		reader_leave(r, mark);
		g->device_count++;
	}
}

static void read_group(struct reader *r, const json_t *value, const struct machine *m,
		       struct machine_group *g)
{
	static const char *const names[] = { "id", "unit", "type", "devices", "regions", NULL };
	long long number = 0;

	if (!read_object(r, value, names))
		return;
	read_required(r, value, "id");
	read_number(r, value, "id", 0, INT32_MAX, &number);
	g->id = (int)number;
	g->unit = -1;
	if (read_number(r, value, "unit", 0, INT32_MAX, &number)) {
		g->unit = (int)number;
		if ((size_t)number >= m->unit_count)
			reader_fail(r, -EINVAL, "unit %lld is none of the %zu units", number,
				    m->unit_count);
	}
	read_text(r, value, "type", g->type, sizeof(g->type));
	read_group_devices(r, value, g);
	read_regions(r, value, g);
}

static void read_units(struct reader *r, const json_t *value, struct machine *m)
{
	const json_t *units;
	const size_t count = read_array(r, value, "units", FACTS_MAX_UNITS, &units);

	for (size_t i = 0; i < count && !r->ret; i++) {
		struct machine_unit *u = machine_add_unit(m);
		size_t mark = reader_enter(r, "units");

		reader_enter_index(r, i);
		if (u)
			read_unit(r, json_array_get(units, i), u);
		else
			reader_fail(r, -ENOMEM, "out of memory");
		reader_leave(r, mark);
	}
}

static void read_groups(struct reader *r, const json_t *value, struct machine *m)
{
	const json_t *groups;
	const size_t count = read_array(r, value, "groups", FACTS_MAX_GROUPS, &groups);

	for (size_t i = 0; i < count && !r->ret; i++) {
		struct machine_group *g = machine_add_group(m);
		size_t mark = reader_enter(r, "groups");

		reader_enter_index(r, i);
		if (g)
			read_group(r, json_array_get(groups, i), m, g);
		else
			reader_fail(r, -ENOMEM, "out of memory");
		reader_leave(r, mark);
	}
}

void facts_read_machine(struct reader *r, const json_t *value, struct machine *m)
{
	static const char *const names[] = {
		"host", "kernel", "arch", "vendor", "page_size", "memory", "va_bits",
		"intel_first_stage", "dma_entry_limit", "unsafe_interrupts", "units", "groups", NULL
	};
	unsigned int limit = 0;
	int vendor;

	if (!read_object(r, value, names))
		return;
	read_text(r, value, "host", m->host, sizeof(m->host));
	read_text(r, value, "kernel", m->kernel, sizeof(m->kernel));
	read_text(r, value, "arch", m->arch, sizeof(m->arch));
	vendor = read_name(r, value, "vendor", facts_vendor_name);
	m->vendor = vendor < 0 ? CPU_UNKNOWN : (enum cpu_vendor)vendor;
	read_unsigned(r, value, "page_size", 1u << 30, &m->page_size);
	if (m->page_size & (m->page_size - 1))
		reader_fail(r, -EINVAL, "page_size is no power of two");
	read_hex(r, value, "memory", &m->memory);
	read_unsigned(r, value, "va_bits", BITS_MAX, &m->va_bits);
	read_bool(r, value, "intel_first_stage", &m->intel_first_stage);
	m->has_dma_entry_limit = read_unsigned(r, value, "dma_entry_limit", UINT32_MAX, &limit);
	m->dma_entry_limit = limit;
	m->has_unsafe_interrupts =
		read_bool(r, value, "unsafe_interrupts", &m->unsafe_interrupts);
	read_units(r, value, m);
	read_groups(r, value, m);
}

static void read_root(struct reader *r, const json_t *root, struct machine *m,
		      struct guest *guest, bool *has_guest)
{
	static const char *const names[] = { "format", "version", "machine", "guest", NULL };
	const json_t *value;
	char format[32] = "";
	long long version = 0;
	size_t mark;

	if (!read_object(r, root, names))
		return;
	if (!read_text(r, root, "format", format, sizeof(format)) || strcmp(format, FACTS_FORMAT))
		reader_fail(r, -EINVAL, "these are no facts: \"format\" is not \"%s\"",
			    FACTS_FORMAT);
	read_required(r, root, "version");
	read_number(r, root, "version", 1, INT32_MAX, &version);
	if (version != FACTS_VERSION)
		reader_fail(r, -EINVAL, "version %lld of the format, this program reads %d",
			    version, FACTS_VERSION);
	read_required(r, root, "machine");
	mark = reader_enter(r, "machine");
	facts_read_machine(r, json_object_get(root, "machine"), m);
	reader_leave(r, mark);
	value = json_object_get(root, "guest");
	*has_guest = value;
	if (!value)
		return;
	mark = reader_enter(r, "guest");
	facts_read_guest(r, value, guest);
	reader_leave(r, mark);
}

static int syntax_fail(char err[FACTS_ERROR], const char *name, const json_error_t *error)
{
	char raw[FACTS_ERROR];

	snprintf(raw, sizeof(raw), "%s:%d:%d: %s", name, error->line, error->column, error->text);
	host_text_clean(err, FACTS_ERROR, raw, strlen(raw));
	return json_error_code(error) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
}

int facts_read(const char *text, size_t len, const char *name, struct machine *m,
	       struct guest *guest, bool *has_guest, char err[FACTS_ERROR])
{
	struct reader r = { .name = name, .err = err };
	json_error_t error;
	json_t *root;

	memset(guest, 0, sizeof(*guest));
	*has_guest = false;
	err[0] = '\0';
	if (len > FACTS_MAX) {
		reader_fail(&r, -EINVAL, "larger than %u bytes", FACTS_MAX);
		return r.ret;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return syntax_fail(err, name, &error);
	read_root(&r, root, m, guest, has_guest);
	json_decref(root);
	return r.ret;
}

int facts_read_file(const char *path, struct machine *m, struct guest *guest, bool *has_guest,
		    char err[FACTS_ERROR])
{
	const bool standard = !strcmp(path, "-");
	FILE *f = standard ? stdin : fopen(path, "re");
	struct reader r = { .name = standard ? "standard input" : path, .err = err };
	char *text = malloc(FACTS_MAX + 1);
	size_t len = 0;

	if (!f)
		reader_fail(&r, -errno, "cannot open it: %s", strerror(errno));
	else if (!text)
		reader_fail(&r, -ENOMEM, "out of memory");
	else
		len = fread(text, 1, FACTS_MAX + 1, f);
	if (!r.ret && ferror(f))
		reader_fail(&r, -EIO, "cannot read it: %s", strerror(errno));
	if (!r.ret)
		r.ret = facts_read(text, len, r.name, m, guest, has_guest, err);
	if (f && !standard)
		fclose(f);
	free(text);
	return r.ret;
}
