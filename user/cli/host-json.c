// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine's IOMMUs and groups as one JSON object. What is not known is left out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/host.h"
#include "core/registers.h"
#include "print/json-line.h"

/** Version of the JSON output. */
#define JSON_VERSION 1

static void append(struct json_line *line, json_t *array, struct json_line *element)
{
	if (element->err || json_array_append(array, element->object))
		line->err = -ENOMEM;
	json_decref(element->object);
}

static void add_bool(struct json_line *line, const char *key, bool value)
{
	json_line_add(line, key, json_boolean(value));
}

static void add_known(struct json_line *line, const char *key, uint64_t value)
{
	if (value)
		json_line_count(line, key, value);
}

static struct json_line range_new(uint64_t first, uint64_t last)
{
	struct json_line range = { json_object(), 0 };

	json_line_hex(&range, "first", first);
	json_line_hex(&range, "last", last);
	return range;
}

static void add_intel(struct json_line *line, const struct machine_unit *u)
{
	json_t *tables = json_array();
	struct intel_registers r;

	intel_registers_decode(&r, u->cap, u->ecap);
	json_line_hex(line, "cap", u->cap);
	json_line_hex(line, "ecap", u->ecap);
	json_line_count(line, "mgaw", r.mgaw);
	for (unsigned int i = 0; i < 5; i++)
		if (r.sagaw >> i & 1 && json_array_append_new(tables, json_integer(30 + 9 * i)))
			line->err = -ENOMEM;
	json_line_add(line, "table_bits", tables);
	add_known(line, "second_stage_bits", r.second_stage_bits);
	add_known(line, "first_stage_bits", r.first_stage_bits);
	json_line_count(line, "domains", r.domains);
	add_bool(line, "caching_mode", r.caching_mode);
	add_bool(line, "zero_length_read", r.zero_length_read);
	add_bool(line, "pages_2m", r.second_stage_2m);
	add_bool(line, "pages_1g", r.second_stage_1g);
	add_bool(line, "first_stage_pages_1g", r.first_stage_1g);
	add_bool(line, "posted_interrupts", r.posted_interrupts);
	add_bool(line, "five_level", r.five_level);
	add_bool(line, "scalable_mode", r.scalable_mode);
	add_bool(line, "first_stage", r.first_stage);
	add_bool(line, "second_stage", r.second_stage);
}

static void add_amd(struct json_line *line, const struct machine *m, const struct machine_unit *u)
{
	struct amd_registers r;

	if (!amd_registers_decode(&r, m, u))
		return;
	json_line_hex(line, "efr", r.efr);
	json_line_count(line, "host_levels", r.host_levels);
	add_known(line, "guest_levels", r.guest_levels);
	add_bool(line, "guest_tables", r.guest_tables);
}

static void add_units(struct json_line *line, const struct machine *m)
{
	json_t *units = json_array();

	for (size_t i = 0; i < m->unit_count; i++) {
		const struct machine_unit *u = &m->units[i];
		struct json_line unit = { json_object(), 0 };
		struct iommu_width w;

		json_line_text(&unit, "name", u->name, sizeof(u->name));
		json_line_name(&unit, "kind", unit_kind_name(u->kind));
		if (u->kind == UNIT_INTEL && u->has_cap)
			add_intel(&unit, u);
		else if (u->kind == UNIT_AMD)
			add_amd(&unit, m, u);
		add_known(&unit, "ivrs_va_bits", u->ivrs_va_bits);
		add_known(&unit, "ias", u->ias);
		add_known(&unit, "oas", u->oas);
		width_of_unit(&w, m, u);
		add_known(&unit, "bits", w.bits);
		if (w.bits)
			json_line_hex(&unit, "last_iova", w.last);
		json_line_name(&unit, "from", viommu_limit_name(w.from));
		json_line_text(&unit, "detail", w.text, sizeof(w.text));
		append(line, units, &unit);
	}
	json_line_add(line, "iommus", units);
}

static void add_regions(struct json_line *line, const struct machine_group *g)
{
	json_t *regions = json_array();

	for (size_t i = 0; i < g->region_count; i++) {
		const struct machine_region *r = &g->regions[i];
		struct json_line region = range_new(r->range.first, r->range.last);

		json_line_name(&region, "type", region_type_name(r->type));
		append(line, regions, &region);
	}
	json_line_add(line, "reserved_regions", regions);
}

static void add_holes(struct json_line *line, const struct host_group *g)
{
	struct host_hole holes[VIOMMU_MAX_RANGES + 1];
	const size_t count = host_group_holes(g, holes);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		struct json_line hole = range_new(holes[i].range.first, holes[i].range.last);
		json_t *types = json_array();

		for (int type = 0; type < NR_REGION_TYPES; type++)
			if (holes[i].types[type] &&
			    json_array_append_new(types, json_string(region_type_name(
								 (enum region_type)type))))
				hole.err = -ENOMEM;
		json_line_add(&hole, "types", types);
		append(line, list, &hole);
	}
	json_line_add(line, "holes", list);
}

static void add_usable(struct json_line *line, const struct host_group *g)
{
	json_t *usable = json_array();

	for (size_t i = 0; i < g->usable.count; i++) {
		struct json_line range = range_new(g->usable.r[i].first, g->usable.r[i].last);

		append(line, usable, &range);
	}
	json_line_add(line, "usable", usable);
	add_holes(line, g);
	json_line_count(line, "max_bits", iova_ranges_max_bits(&g->usable));
	json_line_count(line, "safe_bits", iova_ranges_safe_bits(&g->usable));
}

static void add_devices(struct json_line *line, const struct machine_group *g)
{
	json_t *devices = json_array();

	for (size_t i = 0; i < g->device_count; i++)
		if (json_array_append_new(devices, json_line_string(g->devices[i],
								    sizeof(g->devices[i]))))
			line->err = -ENOMEM;
	json_line_add(line, "devices", devices);
}

static void add_group(struct json_line *line, const struct machine *m, const struct host_group *g)
{
	const struct machine_group *group = g->group;
	char why[sizeof(g->width.text)];

	json_line_count(line, "id", (uint64_t)group->id);
	if (group->unit >= 0 && (size_t)group->unit < m->unit_count)
		json_line_text(line, "iommu", m->units[group->unit].name,
			       sizeof(m->units[group->unit].name));
	json_line_text(line, "type", group->type, sizeof(group->type));
	add_devices(line, group);
	if (group->has_regions)
		add_regions(line, group);
	if (g->usable.count)
		add_usable(line, g);
	host_group_why(g, why, sizeof(why));
	json_line_name(line, "from", viommu_limit_name(why[0] ? VIOMMU_LIMIT_UNKNOWN :
							       g->width.from));
	json_line_text(line, "detail", why[0] ? why : g->width.text, sizeof(why));
}

static void add_groups(struct json_line *line, const struct host_view *v)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < v->m->group_count; i++) {
		struct json_line group = { json_object(), 0 };

		add_group(&group, v->m, &v->groups[i]);
		append(line, groups, &group);
	}
	json_line_add(line, "groups", groups);
}

static void add_machine(struct json_line *line, const struct machine *m)
{
	json_line_text(line, "host", m->host, sizeof(m->host));
	json_line_text(line, "kernel", m->kernel, sizeof(m->kernel));
	json_line_text(line, "arch", m->arch, sizeof(m->arch));
	if (m->vendor != CPU_UNKNOWN)
		json_line_name(line, "vendor", cpu_vendor_name(m->vendor));
	if (m->memory)
		json_line_hex(line, "memory", m->memory);
	add_known(line, "page_size", m->page_size);
	add_known(line, "va_bits", m->va_bits);
	if (m->has_dma_entry_limit)
		json_line_count(line, "dma_entry_limit", m->dma_entry_limit);
	if (m->has_unsafe_interrupts)
		add_bool(line, "unsafe_interrupts", m->unsafe_interrupts);
}

int host_print_json(FILE *out, const struct host_view *v)
{
	struct json_line line = { json_object(), 0 };
	int err;

	json_line_count(&line, "v", JSON_VERSION);
	add_machine(&line, v->m);
	add_known(&line, "max_bits", v->max_bits);
	add_known(&line, "safe_bits", v->safe_bits);
	add_units(&line, v->m);
	add_groups(&line, v);
	err = json_line_print(&line, out);
	return err ? err : fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}
