// SPDX-License-Identifier: GPL-2.0-or-later
/* A running VM as a person reads it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/vms.h"
#include "core/text.h"
#include "print/format.h"
#include "print/label.h"

#define LABEL_COLUMNS 13	/* "  container  " */

static void qemu_line(const struct label_style *p, const struct guest *g)
{
	char memory[32], most[32], buf[512];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	if (g->qemu_version[0]) {
		text_add(&t, "%u.%u.%u", g->qemu_version[0], g->qemu_version[1],
			 g->qemu_version[2]);
		if (g->qemu_package[0])
			text_add(&t, " (%s)", g->qemu_package);
	} else {
		text_add(&t, "version not known");
	}
	format_size(memory, sizeof(memory), g->memory);
	text_add(&t, ", machine type %s, %u vCPU%s, %s", g->machine, g->vcpus,
		 g->vcpus == 1 ? "" : "s", memory);
	if (g->max_memory > g->memory) {
		format_size(most, sizeof(most), g->max_memory);
		text_add(&t, " (at most %s)", most);
	}
	label_line(p, "QEMU", NULL, "%s", buf);
}

static void viommu_line(const struct label_style *p, const struct guest *g)
{
	char why[256], buf[512];
	struct text t;

	if (g->model == VIOMMU_MODEL_NONE) {
		label_line(p, "vIOMMU", NULL, "none: devices see the guest's memory addresses");
		return;
	}
	guest_viommu_bits(g, why, sizeof(why));
	text_init(&t, buf, sizeof(buf));
	text_add(&t, "%s, %s", viommu_model_name(g->model), why);
	if (g->granule[0])
		text_add(&t, ", granule %s", g->granule);
	if (g->boot_bypass == TRI_NO)
		text_add(&t, ", no bypass at boot");
	if (g->model == VIOMMU_MODEL_INTEL && g->caching_mode == TRI_NO)
		text_add(&t, ", caching-mode off");
	label_line(p, "vIOMMU", NULL, "%s", buf);
}

static void device_line(const struct label_style *p, const struct guest *g,
			const struct guest_device *d)
{
	char buf[256];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_add(&t, "%s", vms_device_name(d));
	if (d->id[0] && d->address[0])
		text_add(&t, " (%s)", d->id);
	if (d->group >= 0)
		text_add(&t, ", group %d", d->group);
	if (d->iommufd)
		text_add(&t, ", iommufd");
	if (d->hotplugged == TRI_YES)
		text_add(&t, ", plugged in later");
	if (g->model != VIOMMU_MODEL_NONE && d->bypasses == TRI_YES)
		text_add(&t, ", not behind the vIOMMU");
	else if (g->model != VIOMMU_MODEL_NONE && d->singleton != TRI_UNKNOWN)
		text_add(&t, d->singleton == TRI_YES ? ", alone in its guest group"
						     : ", shares its guest group");
	label_line(p, "device",
		   d->singleton == TRI_NO && g->model == VIOMMU_MODEL_VIRTIO ? LABEL_YELLOW : NULL,
		   "%s", buf);
}

/* A picture's lanes are what is known of where the VM can map. */
static void lane_line(const struct label_style *p, const struct map_lane *lane)
{
	char ranges[768] = "what the host can map is not known";

	if (lane->ranges.count)
		format_ranges(ranges, sizeof(ranges), &lane->ranges);
	label_line(p, "maps", NULL, "%s: %s", lane->name, ranges);
}

static void limits_line(const struct label_style *p, const struct guest *g)
{
	char limit[32], buf[256];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	if (g->open_containers)
		text_add(&t, "%u container%s, ", g->open_containers,
			 g->open_containers == 1 ? "" : "s");
	if (g->ipc_lock == TRI_YES || (g->has_memlock && g->memlock_limit == UINT64_MAX)) {
		text_add(&t, "locked memory unlimited");
	} else if (g->has_memlock) {
		format_size(limit, sizeof(limit), g->memlock_limit);
		text_add(&t, "locked memory %s", limit);
	} else {
		text_add(&t, "locked memory: limit not known");
	}
	label_line(p, "limits", NULL, "%s", buf);
}

static void advice_lines(const struct label_style *p, const struct advice *a, const struct guest *g)
{
	const bool assigned = g->device_count || g->container_count;

	for (size_t i = 0; i < a->note_count && assigned; i++)
		if (a->notes[i].kind == ADVICE_PROBLEM)
			label_line(p, "problem", LABEL_RED, "%s", a->notes[i].text);
	if (a->bits && g->model != VIOMMU_MODEL_NONE)
		label_line(p, "advised", a->change_needed ? LABEL_RED : NULL, "%u bits%s%s",
			   a->bits, a->change_needed && a->option_count ? ": " : "",
			   a->change_needed && a->option_count ? a->options[0].option : "");
}

void vms_print_table(FILE *out, const struct vms *v, const struct guest *g,
		     const struct vms_table *t)
{
	const struct label_style p = { out, LABEL_COLUMNS, t->width, t->color };
	struct address_map *map = calloc(1, sizeof(*map));
	struct advice *a = calloc(1, sizeof(*a));

	fprintf(out, "%s%s%s  pid %u%s%s\n", t->color ? LABEL_BOLD : "", g->vm.name,
		t->color ? LABEL_NORMAL : "", g->pid, g->vm.uuid[0] ? ", " : "", g->vm.uuid);
	qemu_line(&p, g);
	viommu_line(&p, g);
	for (size_t i = 0; i < g->device_count; i++)
		device_line(&p, g, &g->devices[i]);
	if (!g->device_count)
		label_line(&p, "device", NULL, "none assigned");
	if (map && a) {
		vms_map(map, v, g);
		advise(a, &v->machine, g);
		for (size_t i = 0; i < map->lane_count; i++)
			lane_line(&p, &map->lanes[i]);
	}
	limits_line(&p, g);
	if (a)
		advice_lines(&p, a, g);
	free(a);
	free(map);
}
