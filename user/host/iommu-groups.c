// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMU groups in /sys/kernel/iommu_groups. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/width.h"
#include "host/facts.h"
#include "host/iommu-parts.h"
#include "host/text.h"

/** Room for the text of 64 regions; sysfs gives at most one page. */
#define REGIONS_TEXT 16384

struct groups {
	struct machine *m;
	int err;
};

/* PCI addresses of one PCI domain are of one length; those of VMD's domains are longer. */
static int name_compare(const char *a, const char *b)
{
	const size_t x = strlen(a), y = strlen(b);

	return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

/* The unit that a device of the group is behind; -1: its link is not there. */
static int unit_of(const struct machine *m, int dir, const char *device)
{
	char path[NAME_MAX + 16], name[NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s/iommu", device);
	if (iommu_link_name(dir, path, name, sizeof(name)))
		return -1;
	for (size_t i = 0; i < m->unit_count; i++)
		if (!strcmp(m->units[i].name, name))
			return (int)i;
	return -1;
}

struct devices {
	const struct machine *m;
	struct machine_group *g;
};

/* Keep the names in order; of too many the lowest. */
static int on_device(void *ctx, int dir, const char *name, size_t stem)
{
	const struct devices *list = ctx;
	struct machine_group *g = list->g;
	char clean[sizeof(g->devices[0])];
	size_t at = g->device_count;

	if (name[0] == '.')
		return 0;
	if (g->unit < 0)
		g->unit = unit_of(list->m, dir, name);
	host_text_clean(clean, sizeof(clean), name, stem);
	while (at && name_compare(g->devices[at - 1], clean) > 0)
		at--;
	if (at >= MACHINE_MAX_GROUP_DEVICES)
		return 0;
	if (g->device_count < MACHINE_MAX_GROUP_DEVICES)
		g->device_count++;
	memmove(g->devices + at + 1, g->devices + at,
		(g->device_count - 1 - at) * sizeof(g->devices[0]));
	memcpy(g->devices[at], clean, sizeof(clean));
	return 0;
}

/* Of regions that are not all understood nothing is taken: a hole that is missing is a lie. */
static void regions_read(struct machine_group *g, int dir)
{
	char text[REGIONS_TEXT];
	const ssize_t n = host_file_read(dir, "reserved_regions", text, sizeof(text));
	unsigned int line;

	if (n < 0 || (size_t)n == sizeof(text) - 1)
		return;
	g->has_regions = !regions_parse(text, (size_t)n, g->regions, MACHINE_MAX_REGIONS,
					&g->region_count, &line);
	if (!g->has_regions)
		g->region_count = 0;
}

static void group_read(const struct machine *m, struct machine_group *g, int dir)
{
	struct devices list = { m, g };

	iommu_text_read(dir, "type", g->type, sizeof(g->type));
	regions_read(g, dir);
	host_dir_walk(host_dir_open_at(dir, "devices", HOST_TRUSTED), "", on_device, &list);
}

/* "12"; group 0 is one too, which host_text_number() takes for an error. */
static bool id_parse(const char *name, size_t len, int *id)
{
	const uint32_t n = host_text_number(name, len);

	if ((!n && strcmp(name, "0")) || (len > 1 && name[0] == '0') || n > INT_MAX)
		return false;
	*id = (int)n;
	return true;
}

static int on_group(void *ctx, int dir, const char *name, size_t stem)
{
	struct groups *groups = ctx;
	struct machine_group *g;
	int id, folder;

	if (!id_parse(name, stem, &id))
		return 0;
	if (groups->m->group_count >= FACTS_MAX_GROUPS)
		return 1;
	g = machine_add_group(groups->m);
	if (!g) {
		groups->err = -ENOMEM;
		return -ENOMEM;
	}
	g->id = id;
	folder = host_dir_open_at(dir, name, HOST_TRUSTED);
	if (folder >= 0) {
		group_read(groups->m, g, folder);
		close(folder);
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct machine_group *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

int iommu_groups_read(struct machine *m, const char *root)
{
	struct groups groups = { .m = m };

	host_dir_walk(host_dir_open(root, "sys/kernel/iommu_groups"), "", on_group, &groups);
	if (m->group_count)
		qsort(m->groups, m->group_count, sizeof(*m->groups), by_id);
	return groups.err;
}
