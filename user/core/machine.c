// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a host: its arrays and its vocabulary. */
#include <stdlib.h>
#include <string.h>

#include "machine.h"

static const char *const region_names[NR_REGION_TYPES] = {
	[REGION_DIRECT] = "direct",
	[REGION_DIRECT_RELAXABLE] = "direct-relaxable",
	[REGION_RESERVED] = "reserved",
	[REGION_MSI] = "msi",
	[REGION_OTHER] = "other",
};

static const char *const unit_names[NR_UNIT_KINDS] = {
	[UNIT_UNKNOWN] = "unknown",
	[UNIT_INTEL] = "intel",
	[UNIT_AMD] = "amd",
	[UNIT_SMMU] = "smmu",
	[UNIT_VIRTIO] = "virtio",
};

static const char *const vendor_names[NR_CPU_VENDORS] = {
	[CPU_UNKNOWN] = "unknown",
	[CPU_INTEL] = "intel",
	[CPU_AMD] = "amd",
	[CPU_ARM] = "arm",
};

void machine_init(struct machine *m)
{
	memset(m, 0, sizeof(*m));
}

void machine_fini(struct machine *m)
{
	free(m->units);
	free(m->groups);
	machine_init(m);
}

/* One more zeroed element. Room is always a power of two: count alone says when it is full. */
static void *array_add(void **array, size_t *count, size_t size)
{
	void *more = *array;
	char *element;

	if (!(*count & (*count - 1))) {
		more = reallocarray(*array, *count ? *count * 2 : 1, size);
		if (!more)
			return NULL;
		*array = more;
	}
	element = (char *)more + *count * size;
	memset(element, 0, size);
	(*count)++;
	return element;
}

struct machine_unit *machine_add_unit(struct machine *m)
{
	void *units = m->units;
	struct machine_unit *u = array_add(&units, &m->unit_count, sizeof(*u));

	m->units = units;
	return u;
}

struct machine_group *machine_add_group(struct machine *m)
{
	void *groups = m->groups;
	struct machine_group *g = array_add(&groups, &m->group_count, sizeof(*g));

	m->groups = groups;
	if (g)
		g->unit = -1;
	return g;
}

const struct machine_group *machine_find_group(const struct machine *m, int id)
{
	for (size_t i = 0; i < m->group_count; i++)
		if (m->groups[i].id == id)
			return &m->groups[i];
	return NULL;
}

const struct machine_group *machine_group_of(const struct machine *m, const char *device)
{
	for (size_t i = 0; i < m->group_count; i++) {
		const struct machine_group *g = &m->groups[i];

		for (size_t j = 0; j < g->device_count; j++)
			if (!strcmp(g->devices[j], device))
				return g;
	}
	return NULL;
}

const char *region_type_name(enum region_type type)
{
	return (unsigned int)type < NR_REGION_TYPES ? region_names[type] : NULL;
}

const char *unit_kind_name(enum unit_kind kind)
{
	return (unsigned int)kind < NR_UNIT_KINDS ? unit_names[kind] : NULL;
}

const char *cpu_vendor_name(enum cpu_vendor vendor)
{
	return (unsigned int)vendor < NR_CPU_VENDORS ? vendor_names[vendor] : NULL;
}
