// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples of many hosts, sorted and joined to groups and hosts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet-parts.h"
#include "hex.h"

/** No width avoids holes below: see iova_ranges_safe_bits(). */
#define LOW_END 0x100000000ULL
/** More IOMMU groups than that no host has. */
#define MOST_GROUPS 1000000
/** Widest that there is. */
#define MOST_BITS 64

void fleet_init(struct fleet *f)
{
	memset(f, 0, sizeof(*f));
}

static void group_fini(struct fleet_group *g)
{
	free(g->host);
	free(g->id);
	free(g->hole.type);
}

void fleet_fini(struct fleet *f)
{
	for (size_t i = 0; i < f->group_count; i++)
		group_fini(&f->groups[i]);
	for (size_t i = 0; i < f->vm_count; i++)
		fleet_vm_fini(&f->vms[i]);
	for (size_t i = 0; i < f->seen_count; i++)
		free(f->seen[i].host);
	free(f->groups);
	free(f->vms);
	free(f->seen);
	free(f->hosts);
	fleet_init(f);
}

void *fleet_grown(void *array, size_t count, size_t *room, size_t size)
{
	const size_t more = *room ? 2 * *room : 64;

	if (count < *room)
		return array;
	array = reallocarray(array, more, size);
	if (array)
		*room = more;
	return array;
}

int fleet_label_copy(char **to, const char *from)
{
	*to = from && *from ? strdup(from) : NULL;
	return from && *from && !*to ? -ENOMEM : 0;
}

unsigned int fleet_bits_of(double value, bool *odd)
{
	if (value >= 1 && value <= MOST_BITS && value == (double)(unsigned int)value)
		return (unsigned int)value;
	*odd = true;
	return 0;
}

/* "0xfd00000000" or "1086626725888", all of it. */
static bool address_read(const char *text, uint64_t *value)
{
	const bool hex = text && text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text;
	const size_t len = text ? strlen(digits) : 0;

	return len && (hex ? hex_read : decimal_read)(digits, len, value) == len;
}

static int hole_add(struct fleet *f, struct fleet_group *g, const struct fleet_labels *l)
{
	struct fleet_hole hole;

	if (!address_read(l->start, &hole.first) || !address_read(l->end, &hole.last) ||
	    hole.first > hole.last) {
		f->odd++;
		return 0;
	}
	if (hole.last < LOW_END)
		return 0;
	if (fleet_label_copy(&hole.type, l->type && *l->type ? l->type : "reserved"))
		return -ENOMEM;
	g->hole = hole;
	return 0;
}

static int group_add(struct fleet *f, enum viommu_metric metric, const struct fleet_labels *l,
		     double value)
{
	struct fleet_group g = { .host = NULL }, *groups;
	int err;

	if (!l->iommu_group || !*l->iommu_group)
		return -EINVAL;
	groups = fleet_grown(f->groups, f->group_count, &f->group_room, sizeof(g));
	if (!groups)
		return -ENOMEM;
	f->groups = groups;
	err = fleet_label_copy(&g.host, l->host);
	if (!err)
		err = fleet_label_copy(&g.id, l->iommu_group);
	if (metric == VIOMMU_METRIC_HOST_IOVA_MAX_BITS)
		g.max_bits = fleet_bits_of(value, &g.odd);
	else if (metric == VIOMMU_METRIC_HOST_IOVA_SAFE_BITS)
		g.safe_bits = fleet_bits_of(value, &g.odd);
	else if (!err)
		err = hole_add(f, &g, l);
	if (err) {
		group_fini(&g);
		return err;
	}
	f->odd += g.odd;
	f->groups[f->group_count++] = g;
	return 0;
}

/* How many groups the host has; false if that is no number of groups. */
static bool groups_of(double value, size_t *groups)
{
	if (!(value >= 1 && value <= MOST_GROUPS))
		return false;
	*groups = (size_t)value;
	return value == (double)*groups;
}

static int seen_add(struct fleet *f, enum viommu_metric metric, const char *host, double value,
		    bool now)
{
	struct fleet_seen *seen = fleet_grown(f->seen, f->seen_count, &f->seen_room, sizeof(*seen));
	struct fleet_seen s = { .now = now };

	if (!seen)
		return -ENOMEM;
	f->seen = seen;
	if (fleet_label_copy(&s.host, host))
		return -ENOMEM;
	if (now && metric == VIOMMU_METRIC_HOST_IOMMU_GROUPS)
		s.odd = !groups_of(value, &s.groups);
	f->odd += s.odd;
	seen[f->seen_count++] = s;
	return 0;
}

bool fleet_wants(enum viommu_metric metric)
{
	return metric == VIOMMU_METRIC_BUILD_INFO || metric == VIOMMU_METRIC_DOMAIN_INFO ||
	       metric == VIOMMU_METRIC_DOMAIN_PROCESSES ||
	       metric == VIOMMU_METRIC_DOMAIN_VIOMMU_BITS ||
	       metric == VIOMMU_METRIC_IOVA_HIGHEST_END ||
	       metric == VIOMMU_METRIC_HOST_IOMMU_GROUPS ||
	       metric == VIOMMU_METRIC_HOST_IOVA_MAX_BITS ||
	       metric == VIOMMU_METRIC_HOST_IOVA_SAFE_BITS ||
	       metric == VIOMMU_METRIC_HOST_IOVA_HOLE_INFO;
}

int fleet_add(struct fleet *f, enum viommu_metric metric, const struct fleet_labels *labels,
	      double value, bool now)
{
	int err = 0;

	if (!labels->host || !*labels->host)
		return -EINVAL;
	if (now && (metric == VIOMMU_METRIC_HOST_IOVA_MAX_BITS ||
		    metric == VIOMMU_METRIC_HOST_IOVA_SAFE_BITS ||
		    metric == VIOMMU_METRIC_HOST_IOVA_HOLE_INFO))
		err = group_add(f, metric, labels, value);
	else if (now && metric != VIOMMU_METRIC_BUILD_INFO &&
		 metric != VIOMMU_METRIC_HOST_IOMMU_GROUPS)
		err = fleet_vm_add(f, metric, labels, value);
	return err ? err : seen_add(f, metric, labels->host, value, now);
}

static int seen_compare(const void *a, const void *b)
{
	return strcmp(((const struct fleet_seen *)a)->host, ((const struct fleet_seen *)b)->host);
}

static int group_compare(const void *a, const void *b)
{
	const struct fleet_group *x = a, *y = b;
	const int host = strcmp(x->host, y->host);
	const size_t xl = strlen(x->id), yl = strlen(y->id);

	/* Numbers without leading zeros: the longer is the larger. */
	return host ? host : xl != yl ? (xl < yl ? -1 : 1) : strcmp(x->id, y->id);
}

static void least(unsigned int *bits, unsigned int other)
{
	if (other && (!*bits || other < *bits))
		*bits = other;
}

void fleet_swap(char **a, char **b)
{
	char *c = *a;

	*a = *b;
	*b = c;
}

static void group_join(struct fleet_group *g, struct fleet_group *other)
{
	g->odd |= other->odd;
	least(&g->max_bits, other->max_bits);
	least(&g->safe_bits, other->safe_bits);
	if (other->hole.type && (!g->hole.type || other->hole.first < g->hole.first)) {
		fleet_swap(&g->hole.type, &other->hole.type);
		g->hole.first = other->hole.first;
		g->hole.last = other->hole.last;
	}
}

static void groups_join(struct fleet *f)
{
	size_t n = 0;

	if (f->group_count)
		qsort(f->groups, f->group_count, sizeof(*f->groups), group_compare);
	for (size_t i = 0; i < f->group_count; i++) {
		if (n && !group_compare(&f->groups[n - 1], &f->groups[i])) {
			group_join(&f->groups[n - 1], &f->groups[i]);
			group_fini(&f->groups[i]);
		} else {
			f->groups[n++] = f->groups[i];
		}
	}
	f->group_count = n;
	for (size_t i = 0; i < n; i++)
		if (f->groups[i].odd)
			f->groups[i].max_bits = f->groups[i].safe_bits = 0;
}

static void host_take(struct fleet_host *h, const struct fleet_group *g)
{
	h->groups++;
	h->unknown += !g->max_bits || !g->safe_bits;
	if (g->max_bits && (!h->max || g->max_bits < h->max->max_bits))
		h->max = g;
	if (g->safe_bits && (!h->safe || g->safe_bits < h->safe->safe_bits))
		h->safe = g;
}

/* Of groups that it has beyond those with samples nothing is known. */
static void host_count(struct fleet_host *h, size_t groups)
{
	if (groups > h->groups) {
		h->unknown += groups - h->groups;
		h->groups = groups;
	}
}

static void fleet_take(struct fleet *f, const struct fleet_host *h)
{
	if (h->max)
		least(&f->max_bits, h->max->max_bits);
	if (h->safe)
		least(&f->safe_bits, h->safe->safe_bits);
	f->unknown += !fleet_host_known(h);
}

int fleet_finish(struct fleet *f)
{
	size_t g = 0, s = 0;

	groups_join(f);
	if (fleet_vms_join(f))
		return -ENOMEM;
	f->hosts = calloc(f->seen_count + 1, sizeof(*f->hosts));
	if (!f->hosts)
		return -ENOMEM;
	if (f->seen_count)
		qsort(f->seen, f->seen_count, sizeof(*f->seen), seen_compare);
	for (size_t i = 0; i < f->seen_count; i++) {
		struct fleet_host *h = f->host_count ? &f->hosts[f->host_count - 1] : NULL;

		if (!h || strcmp(h->name, f->seen[i].host)) {
			h = &f->hosts[f->host_count++];
			h->name = f->seen[i].host;
		}
		h->answers |= f->seen[i].now;
		h->odd |= f->seen[i].odd;
	}
	/* Each group's host was seen, and both are sorted by its name. */
	for (size_t i = 0; i < f->host_count; i++) {
		struct fleet_host *h = &f->hosts[i];

		while (g < f->group_count && !strcmp(f->groups[g].host, h->name))
			host_take(h, &f->groups[g++]);
		for (; s < f->seen_count && !strcmp(f->seen[s].host, h->name); s++)
			host_count(h, f->seen[s].groups);
		fleet_take(f, h);
	}
	return 0;
}

static int host_compare(const void *name, const void *host)
{
	return strcmp(name, ((const struct fleet_host *)host)->name);
}

const struct fleet_host *fleet_host_find(const struct fleet *f, const char *name)
{
	return f->host_count ? bsearch(name, f->hosts, f->host_count, sizeof(*f->hosts),
				       host_compare) : NULL;
}
