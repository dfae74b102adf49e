// SPDX-License-Identifier: GPL-2.0-or-later
/* A running VM as a line of JSON. What is not known is left out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/vms.h"
#include "print/json-line.h"

static void flag_add(struct json_line *line, const char *key, enum tristate value)
{
	if (value != TRI_UNKNOWN)
		json_line_add(line, key, json_boolean(value == TRI_YES));
}

static void viommu_add(struct json_line *line, const struct guest *g)
{
	struct json_line viommu = { json_object(), 0 };
	char why[256];
	const unsigned int bits = guest_viommu_bits(g, why, sizeof(why));

	json_line_name(&viommu, "model", viommu_model_name(g->model));
	if (bits)
		json_line_count(&viommu, "aw_bits", bits);
	if (g->model != VIOMMU_MODEL_NONE)
		json_line_add(&viommu, "default", json_boolean(!g->aw_bits));
	json_line_text(&viommu, "why", why, sizeof(why));
	json_line_text(&viommu, "granule", g->granule, sizeof(g->granule));
	flag_add(&viommu, "boot_bypass", g->boot_bypass);
	flag_add(&viommu, "caching_mode", g->caching_mode);
	json_line_add_object(line, "viommu", &viommu);
}

static json_t *device_json(const struct guest_device *d)
{
	struct json_line line = { json_object(), 0 };

	json_line_text(&line, "address", d->address, sizeof(d->address));
	json_line_text(&line, "id", d->id, sizeof(d->id));
	json_line_text(&line, "bus", d->bus, sizeof(d->bus));
	if (d->group >= 0)
		json_line_count(&line, "group", (uint64_t)d->group);
	json_line_add(&line, "iommufd", json_boolean(d->iommufd));
	flag_add(&line, "singleton", d->singleton);
	flag_add(&line, "hotplugged", d->hotplugged);
	flag_add(&line, "bypasses", d->bypasses);
	return json_line_end(&line);
}

static json_t *lane_json(const struct map_lane *lane)
{
	struct json_line line = { json_object(), 0 };

	json_line_text(&line, "container", lane->container, sizeof(lane->container));
	json_line_text(&line, "name", lane->name, sizeof(lane->name));
	if (lane->ranges.count) {
		json_line_limit(&line, &lane->ranges, lane->from);
		json_line_count(&line, "safe_bits", iova_ranges_safe_bits(&lane->ranges));
		json_line_ranges(&line, "ranges", &lane->ranges);
	}
	if (lane->has_mapped)
		json_line_hex(&line, "mapped", lane->mapped);
	if (lane->has_refused)
		json_line_hex(&line, "refused", lane->refused);
	return json_line_end(&line);
}

static void arrays_add(struct json_line *line, const struct vms *v, const struct guest *g)
{
	struct address_map *map = calloc(1, sizeof(*map));
	json_t *devices = json_array(), *lanes = json_array();

	if (!map) {
		line->err = -ENOMEM;
	} else {
		vms_map(map, v, g);
		for (size_t i = 0; i < map->lane_count; i++)
			json_line_append(line, lanes, lane_json(&map->lanes[i]));
	}
	for (size_t i = 0; i < g->device_count; i++)
		json_line_append(line, devices, device_json(&g->devices[i]));
	json_line_add(line, "devices", devices);
	json_line_add(line, "containers", lanes);
	free(map);
}

static void advice_add(struct json_line *line, const struct vms *v, const struct guest *g)
{
	struct advice *a = calloc(1, sizeof(*a));
	json_t *problems = json_array();

	if (!a) {
		line->err = -ENOMEM;
		json_decref(problems);
		return;
	}
	advise(a, &v->machine, g);
	if (a->bits)
		json_line_count(line, "recommended_aw_bits", a->bits);
	json_line_add(line, "change_needed", json_boolean(a->change_needed));
	for (size_t i = 0; i < a->note_count; i++)
		if (a->notes[i].kind == ADVICE_PROBLEM)
			json_line_append(line, problems,
					 json_line_string(a->notes[i].text,
							  sizeof(a->notes[i].text)));
	json_line_add(line, "problems", problems);
	free(a);
}

static void identity_add(struct json_line *line, const struct guest *g)
{
	char version[40];

	json_line_text(line, "vm", g->vm.name, sizeof(g->vm.name));
	json_line_text(line, "vm_uuid", g->vm.uuid, sizeof(g->vm.uuid));
	json_line_name(line, "vm_source", viommu_vm_source_name(g->vm.source));
	json_line_count(line, "pid", g->pid);
	snprintf(version, sizeof(version), "%u.%u.%u", g->qemu_version[0], g->qemu_version[1],
		 g->qemu_version[2]);
	if (g->qemu_version[0])
		json_line_text(line, "qemu", version, sizeof(version));
	json_line_text(line, "qemu_package", g->qemu_package, sizeof(g->qemu_package));
	json_line_text(line, "arch", g->arch, sizeof(g->arch));
	json_line_text(line, "machine", g->machine, sizeof(g->machine));
	json_line_hex(line, "memory", g->memory);
	json_line_hex(line, "max_memory", g->max_memory);
	json_line_count(line, "vcpus", g->vcpus);
}

int vms_print_json(FILE *out, const struct vms *v, const struct guest *g)
{
	struct json_line line = { json_object(), 0 };

	identity_add(&line, g);
	viommu_add(&line, g);
	arrays_add(&line, v, g);
	if (g->has_memlock && g->memlock_limit != UINT64_MAX)
		json_line_hex(&line, "memlock_limit", g->memlock_limit);
	flag_add(&line, "ipc_lock", g->ipc_lock);
	if (g->open_containers)
		json_line_count(&line, "open_containers", g->open_containers);
	advice_add(&line, v, g);
	return json_line_print(&line, out);
}
