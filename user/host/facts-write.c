// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts as JSON. What is not known is left out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "host/facts-words.h"
#include "host/facts.h"
#include "host/text.h"

/** Longest text member of the structures. */
#define TEXT_MAX 512

/** One look at failed at the end is enough. */
struct writer {
	bool failed;		/**< out of memory */
};

/** Take over value. */
static void add(struct writer *w, json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		w->failed = true;
}

static void add_element(struct writer *w, json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		w->failed = true;
}

/** Text of a member of that size: cleaned, it still fits the member. */
static json_t *text_new(const char *text, size_t size)
{
	char clean[TEXT_MAX];

	host_text_clean(clean, size < sizeof(clean) ? size : sizeof(clean), text,
			strnlen(text, size));
	return json_string(clean);
}

static void add_text(struct writer *w, json_t *object, const char *key, const char *text,
		     size_t size)
{
	if (text[0])
		add(w, object, key, text_new(text, size));
}

/** JSON's numbers are exact up to 2^53 only. */
static json_t *hex_new(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static void add_count(struct writer *w, json_t *object, const char *key, unsigned int value)
{
	if (value)
		add(w, object, key, json_integer((json_int_t)value));
}

static void add_bytes(struct writer *w, json_t *object, const char *key, uint64_t value)
{
	if (value)
		add(w, object, key, hex_new(value));
}

static void add_tristate(struct writer *w, json_t *object, const char *key, enum tristate value)
{
	if (value != TRI_UNKNOWN)
		add(w, object, key, json_boolean(value == TRI_YES));
}

static json_t *unit_new(struct writer *w, const struct machine_unit *u)
{
	json_t *object = json_object(), *features;

	add_text(w, object, "name", u->name, sizeof(u->name));
	add(w, object, "kind", json_string(unit_kind_name(u->kind)));
	if (u->has_cap) {
		add(w, object, "cap", hex_new(u->cap));
		add(w, object, "ecap", hex_new(u->ecap));
	}
	if (u->feature_count) {
		features = json_array();
		for (unsigned int i = 0; i < u->feature_count && i < 2; i++)
			add_element(w, features, hex_new(u->features[i]));
		add(w, object, "features", features);
	}
	add_count(w, object, "ivrs_va_bits", u->ivrs_va_bits);
	add_count(w, object, "ias", u->ias);
	add_count(w, object, "oas", u->oas);
	return object;
}

static json_t *region_new(struct writer *w, const struct machine_region *r)
{
	json_t *object = json_object();

	add(w, object, "first", hex_new(r->range.first));
	add(w, object, "last", hex_new(r->range.last));
	add(w, object, "type", json_string(region_type_name(r->type)));
	return object;
}

static json_t *group_new(struct writer *w, const struct machine_group *g)
{
	json_t *object = json_object(), *devices = json_array(), *regions;

	add(w, object, "id", json_integer(g->id));
	if (g->unit >= 0)
		add(w, object, "unit", json_integer(g->unit));
	add_text(w, object, "type", g->type, sizeof(g->type));
	for (size_t i = 0; i < g->device_count; i++)
		add_element(w, devices, text_new(g->devices[i], sizeof(g->devices[i])));
	add(w, object, "devices", devices);
	if (g->has_regions) {
		regions = json_array();
		for (size_t i = 0; i < g->region_count; i++)
			add_element(w, regions, region_new(w, &g->regions[i]));
		add(w, object, "regions", regions);
	}
	return object;
}

static json_t *machine_new(struct writer *w, const struct machine *m)
{
	json_t *object = json_object(), *units = json_array(), *groups = json_array();

	add_text(w, object, "host", m->host, sizeof(m->host));
	add_text(w, object, "kernel", m->kernel, sizeof(m->kernel));
	add_text(w, object, "arch", m->arch, sizeof(m->arch));
	add(w, object, "vendor", json_string(cpu_vendor_name(m->vendor)));
	add_count(w, object, "page_size", m->page_size);
	add_bytes(w, object, "memory", m->memory);
	add_count(w, object, "va_bits", m->va_bits);
	add(w, object, "intel_first_stage", json_boolean(m->intel_first_stage));
	if (m->has_dma_entry_limit)
		add(w, object, "dma_entry_limit", json_integer(m->dma_entry_limit));
	if (m->has_unsafe_interrupts)
		add(w, object, "unsafe_interrupts", json_boolean(m->unsafe_interrupts));
	for (size_t i = 0; i < m->unit_count; i++)
		add_element(w, units, unit_new(w, &m->units[i]));
	add(w, object, "units", units);
	for (size_t i = 0; i < m->group_count; i++)
		add_element(w, groups, group_new(w, &m->groups[i]));
	add(w, object, "groups", groups);
	return object;
}

static json_t *device_new(struct writer *w, const struct guest_device *d)
{
	json_t *object = json_object();

	add_text(w, object, "address", d->address, sizeof(d->address));
	add_text(w, object, "id", d->id, sizeof(d->id));
	add_text(w, object, "bus", d->bus, sizeof(d->bus));
	if (d->group >= 0)
		add(w, object, "group", json_integer(d->group));
	add(w, object, "iommufd", json_boolean(d->iommufd));
	add_tristate(w, object, "singleton", d->singleton);
	add_tristate(w, object, "hotplugged", d->hotplugged);
	return object;
}

static json_t *container_new(struct writer *w, const struct guest_container *c)
{
	json_t *object = json_object(), *ranges = json_array(), *range;

	add_text(w, object, "name", c->name, sizeof(c->name));
	for (size_t i = 0; i < c->ranges.count; i++) {
		range = json_object();
		add(w, range, "first", hex_new(c->ranges.r[i].first));
		add(w, range, "last", hex_new(c->ranges.r[i].last));
		add_element(w, ranges, range);
	}
	add(w, object, "ranges", ranges);
	return object;
}

static void add_identity(struct writer *w, json_t *object, const struct guest *g)
{
	char version[48];

	add_text(w, object, "name", g->vm.name, sizeof(g->vm.name));
	add_text(w, object, "uuid", g->vm.uuid, sizeof(g->vm.uuid));
	add_text(w, object, "manager", g->vm.manager, sizeof(g->vm.manager));
	add(w, object, "source", json_string(viommu_vm_source_name(g->vm.source)));
	add(w, object, "vmm", json_string(facts_vmm_name((int)g->vm.vmm)));
	if (g->pid)
		add(w, object, "pid", json_integer(g->pid));
	if (g->qemu_version[0]) {
		snprintf(version, sizeof(version), "%u.%u.%u", g->qemu_version[0],
			 g->qemu_version[1], g->qemu_version[2]);
		add(w, object, "qemu", json_string(version));
	}
	add_text(w, object, "qemu_package", g->qemu_package, sizeof(g->qemu_package));
}

static void add_hardware(struct writer *w, json_t *object, const struct guest *g)
{
	add_text(w, object, "arch", g->arch, sizeof(g->arch));
	add_text(w, object, "machine", g->machine, sizeof(g->machine));
	add(w, object, "cpu_host", json_boolean(g->cpu_host));
	add(w, object, "cpu_amd", json_boolean(g->cpu_amd));
	add_tristate(w, object, "host_phys_bits", g->host_phys_bits);
	add_count(w, object, "phys_bits_limit", g->phys_bits_limit);
	add_bytes(w, object, "memory", g->memory);
	add_bytes(w, object, "max_memory", g->max_memory);
	add_count(w, object, "vcpus", g->vcpus);
	add(w, object, "model", json_string(viommu_model_name(g->model)));
	add_count(w, object, "aw_bits", g->aw_bits);
	add_text(w, object, "granule", g->granule, sizeof(g->granule));
	add_tristate(w, object, "boot_bypass", g->boot_bypass);
	add_tristate(w, object, "caching_mode", g->caching_mode);
	if (g->has_memlock)
		add(w, object, "memlock_limit", hex_new(g->memlock_limit));
}

static json_t *guest_new(struct writer *w, const struct guest *g)
{
	json_t *object = json_object(), *devices = json_array(), *containers = json_array();

	add_identity(w, object, g);
	add_hardware(w, object, g);
	for (size_t i = 0; i < g->device_count; i++)
		add_element(w, devices, device_new(w, &g->devices[i]));
	add(w, object, "devices", devices);
	for (size_t i = 0; i < g->container_count; i++)
		add_element(w, containers, container_new(w, &g->containers[i]));
	add(w, object, "containers", containers);
	return object;
}

/** jansson's text with a newline: facts are a text file. */
static char *text_dump(const json_t *root)
{
	char *json = json_dumps(root, JSON_INDENT(2)), *text = NULL;

	if (json && asprintf(&text, "%s\n", json) < 0)
		text = NULL;
	free(json);
	return text;
}

char *facts_write(const struct machine *m, const struct guest *guest)
{
	struct writer w = { false };
	json_t *root = json_object();
	char *text = NULL;

	add(&w, root, "format", json_string(FACTS_FORMAT));
	add(&w, root, "version", json_integer(FACTS_VERSION));
	add(&w, root, "machine", machine_new(&w, m));
	if (guest)
		add(&w, root, "guest", guest_new(&w, guest));
	if (!w.failed)
		text = text_dump(root);
	json_decref(root);
	return text;
}
