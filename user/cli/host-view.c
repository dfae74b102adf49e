// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of a machine, with their ranges and holes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host.h"

/* The next region from *i on that makes a hole; NULL if there is none. */
static const struct machine_region *hole_next(const struct machine_group *g, size_t *i)
{
	while (*i < g->region_count) {
		const struct machine_region *r = &g->regions[(*i)++];

		if (r->type != REGION_DIRECT_RELAXABLE)
			return r;
	}
	return NULL;
}

/* Alike in all that decides what can be mapped, and in the IOMMU. */
static bool groups_alike(const struct host_group *a, const struct host_group *b)
{
	const struct machine_region *x, *y;
	size_t i = 0, j = 0;

	if (a->group->unit != b->group->unit || a->err != b->err)
		return false;
	do {
		x = hole_next(a->group, &i);
		y = hole_next(b->group, &j);
		if (!x != !y || (x && (x->type != y->type || x->range.first != y->range.first ||
				       x->range.last != y->range.last)))
			return false;
	} while (x);
	return true;
}

/* The first group like the one at index i, which may be itself. Only firsts are looked at. */
static size_t kind_of(const struct host_view *v, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (v->groups[j].kind == j && groups_alike(&v->groups[j], &v->groups[i]))
			return j;
	return i;
}

static void least_take(unsigned int *least, unsigned int bits)
{
	if (bits && (!*least || bits < *least))
		*least = bits;
}

int host_view_init(struct host_view *v, const struct machine *m)
{
	*v = (struct host_view) { .m = m };
	if (!m->group_count)
		return 0;
	v->groups = calloc(m->group_count, sizeof(*v->groups));
	if (!v->groups)
		return -ENOMEM;
	for (size_t i = 0; i < m->group_count; i++) {
		struct host_group *g = &v->groups[i];

		g->group = &m->groups[i];
		g->err = group_usable(&g->usable, &g->width, m, g->group);
		g->kind = kind_of(v, i);
		if (g->usable.count) {
			least_take(&v->max_bits, iova_ranges_max_bits(&g->usable));
			least_take(&v->safe_bits, iova_ranges_safe_bits(&g->usable));
		} else {
			v->unknown++;
		}
	}
	return 0;
}

void host_view_fini(struct host_view *v)
{
	free(v->groups);
	memset(v, 0, sizeof(*v));
}

static void hole_add(const struct host_group *g, struct host_hole *hole, uint64_t first,
		     uint64_t last)
{
	*hole = (struct host_hole) { .range = { first, last } };
	for (size_t i = 0; i < g->group->region_count; i++) {
		const struct machine_region *r = &g->group->regions[i];

		if (r->range.first <= last && r->range.last >= first)
			hole->types[r->type] = r->type != REGION_DIRECT_RELAXABLE;
	}
}

size_t host_group_holes(const struct host_group *g, struct host_hole *holes)
{
	const struct iova_ranges *set = &g->usable;
	uint64_t next = 0;
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (set->r[i].first > next)
			hole_add(g, &holes[count++], next, set->r[i].first - 1);
		next = set->r[i].last + 1;
	}
	if (set->count && iova_ranges_top(set) < g->width.last)
		hole_add(g, &holes[count++], next, g->width.last);
	return count;
}

void host_group_why(const struct host_group *g, char *text, size_t size)
{
	if (g->usable.count)
		text[0] = '\0';
	else if (!g->width.bits)
		snprintf(text, size, "%s", g->width.text);
	else if (g->err == -ENODATA)
		snprintf(text, size, "its reserved_regions in sysfs are not readable");
	else if (g->err == -ERANGE)
		snprintf(text, size, "its reserved regions leave nothing to be mapped");
	else
		snprintf(text, size, "its reserved regions leave more than %d ranges",
			 VIOMMU_MAX_RANGES);
}
