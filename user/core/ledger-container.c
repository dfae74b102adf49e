// SPDX-License-Identifier: GPL-2.0-or-later
/* Containers of the ledger: what each adds to its domain's totals. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-parts.h"

struct container *container_find(const struct ledger *l, uint64_t id)
{
	struct container *c = l->containers[id % LEDGER_CONTAINER_BUCKETS];

	while (c && c->id != id)
		c = c->bucket_next;
	return c;
}

static void container_link(struct domain *d, struct container *c)
{
	c->domain = d;
	c->next = d->containers;
	c->link = &d->containers;
	if (c->next)
		c->next->link = &c->next;
	d->containers = c;
	d->stale = true;
}

static void container_unlink(struct container *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->domain->stale = true;
}

/* Forget it; its counts stay the domain's. */
static void container_free(struct ledger *l, struct container *c)
{
	struct container **at = &l->containers[c->id % LEDGER_CONTAINER_BUCKETS];

	while (*at != c)
		at = &(*at)->bucket_next;
	*at = c->bucket_next;
	container_unlink(c);
	l->container_count--;
	free(c);
}

static struct container *container_new(struct ledger *l, struct domain *d, uint64_t id, int *err)
{
	struct container **bucket = &l->containers[id % LEDGER_CONTAINER_BUCKETS];
	struct container *c;

	*err = -ENOSPC;
	if (l->container_count == LEDGER_MAX_CONTAINERS)
		return NULL;
	*err = -ENOMEM;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->id = id;
	c->bucket_next = *bucket;
	*bucket = c;
	container_link(d, c);
	l->container_count++;
	return c;
}

/*
 * What no event told of is owed. It is the domain that owes, not the container: events come before
 * the first state of their container, and after the last.
 */
static void container_close(struct container *c, uint64_t now)
{
	struct domain *d = c->domain;

	if (d->untold <= 0)
		d->untold_since = now;
	d->untold += (int64_t)(c->counts.failures - c->told);
	c->told = 0;
	c->counts = (struct container_counts){ 0 };
}

static void container_end(struct ledger *l, struct container *c, uint64_t now)
{
	container_close(c, now);
	container_free(l, c);
}

void container_end_all(struct ledger *l, struct domain *d, const struct process *p, uint64_t now)
{
	struct container *c = d->containers;

	while (c) {
		struct container *next = c->next;

		if (!p || (c->pid == p->known.pid && c->start_time == p->known.start_time))
			container_end(l, c, now);
		c = next;
	}
}

/* -------------------------------------------------------------------------------------- counts */

static void counts_read(struct container_counts *counts, const struct viommu_container *told)
{
	counts->maps = told->maps;
	counts->unmaps = told->unmaps;
	counts->map_bytes = told->map_bytes;
	counts->unmap_bytes = told->unmap_bytes;
	counts->latency_ns = told->latency_ns;
	memcpy(counts->latency, told->latency, sizeof(counts->latency));
	counts->failures = 0;
	for (size_t i = 0; i < VIOMMU_MAX_ERRNO; i++)
		counts->failures += told->map_failures[i];
}

/* A counter is lower than before: another container has got the number. */
static bool counts_lower(const struct container_counts *now, const struct container_counts *before)
{
	for (size_t i = 0; i < VIOMMU_LATENCY_SLOTS; i++)
		if (now->latency[i] < before->latency[i])
			return true;
	return now->maps < before->maps || now->unmaps < before->unmaps ||
	       now->map_bytes < before->map_bytes || now->unmap_bytes < before->unmap_bytes ||
	       now->failures < before->failures || now->latency_ns < before->latency_ns;
}

/* Add what is more than before to the domain's totals. Failures count by reason, see events. */
static void counts_add(struct ledger_domain *shown, const struct container_counts *now,
		       const struct container_counts *before)
{
	shown->maps += now->maps - before->maps;
	shown->unmaps += now->unmaps - before->unmaps;
	shown->map_bytes += now->map_bytes - before->map_bytes;
	shown->unmap_bytes += now->unmap_bytes - before->unmap_bytes;
	shown->latency_ns += now->latency_ns - before->latency_ns;
	for (size_t i = 0; i < VIOMMU_LATENCY_SLOTS; i++)
		shown->latency[i] += now->latency[i] - before->latency[i];
}

/* Ranges that change at this moment leave those that were known. */
static void ranges_read(struct container *c, const struct viommu_container *told)
{
	if (told->range_seq & 1)
		return;
	if (iova_ranges_init(&c->ranges, told->ranges, told->range_count))
		c->ranges.count = 0;
}

static void container_update(struct container *c, const struct viommu_container *told, uint64_t now)
{
	struct ledger_domain *shown = &c->domain->shown;
	struct container_counts counts;

	counts_read(&counts, told);
	if (counts_lower(&counts, &c->counts)) {
		container_close(c, now);
		c->ranges.count = 0;
	}
	if (counts.failures > c->counts.failures)
		c->domain->failed_at = now;
	counts_add(shown, &counts, &c->counts);
	c->counts = counts;
	c->pid = told->tgid;
	c->start_time = told->start_time;
	c->dma_avail = told->dma_avail;
	c->dma_limit = told->dma_limit;
	ranges_read(c, told);
	shown->highest_least = shown->highest_least || !told->dma_limit;
	if (told->maps && (!shown->has_highest || told->highest_mapped > shown->highest_mapped)) {
		shown->has_highest = true;
		shown->highest_mapped = told->highest_mapped;
	}
	c->domain->stale = true;
}

/*
 * What was mapped before is not known; it is of no interest any more where all that was alive then
 * is gone, and the first that comes after it is seen from its beginning.
 */
static void highest_renew(struct domain *d, const struct viommu_container *told)
{
	if (!d->shown.highest_least || d->containers || !told->dma_limit)
		return;
	d->shown.highest_least = d->shown.has_highest = false;
	d->shown.highest_mapped = 0;
}

/* The container of that number, among those of its domain; it begins if there is none. */
static int container_get(struct ledger *l, const struct viommu_container *told, uint64_t now,
			 struct container **out)
{
	const struct process *p = process_find(l, told->tgid, told->start_time);
	struct container *c = container_find(l, told->id);
	struct domain *d;
	int err;

	if (!told->id)
		return -EINVAL;
	if (!c && !p)
		return -ENOENT;
	/* The last state of a container may come after its process has ended. */
	d = p ? p->domain : c->domain;
	if (!d)
		d = c ? c->domain : domain_get(l, &p->known.vm, now, &err);
	if (!d)
		return err;
	if (!c) {
		highest_renew(d, told);
		c = container_new(l, d, told->id, &err);
		if (!c)
			return ledger_drop(l, err);
	} else if (c->domain != d) {
		container_unlink(c);
		container_link(d, c);
		d->failed_at = now;	/* what it owes has come with it */
	}
	*out = c;
	return 0;
}

int ledger_set_container(struct ledger *l, const struct viommu_container *told, uint64_t now)
{
	struct container *c;
	const int err = container_get(l, told, now, &c);

	/* There was no room for its process, or it had to make room. */
	if (err == -ENOENT)
		return ledger_drop(l, err);
	if (err)
		return err;
	container_update(c, told, now);
	if (told->state == VIOMMU_CONTAINER_DEAD)
		container_end(l, c, now);
	return 0;
}

int ledger_adopt_container(struct ledger *l, const struct viommu_container *told, uint64_t now)
{
	struct container *c;
	const int err = container_get(l, told, now, &c);

	if (err)
		return err;
	counts_read(&c->counts, told);
	c->told = c->counts.failures;
	return 0;
}
