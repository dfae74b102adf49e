// SPDX-License-Identifier: GPL-2.0-or-later
/* Domains of the ledger: in the order of their names, each with its totals. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-parts.h"

struct ledger *ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

static void domain_free(struct ledger *l, struct domain *d)
{
	container_end_all(l, d, NULL, 0);
	free(d->shown.findings);
	free(d);
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	process_clear(l);
	for (size_t i = 0; i < l->domain_count; i++)
		domain_free(l, l->domains[i]);
	ledger_host_free(l);
	free(l);
}

int ledger_drop(struct ledger *l, int err)
{
	l->dropped++;
	return err;
}

/* ------------------------------------------------------------------------------------- by name */

/* Where name is, or would be; *found says which. */
static size_t domain_place(const struct ledger *l, const char *name, bool *found)
{
	size_t low = 0, high = l->domain_count;

	*found = false;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const int order = strcmp(l->domains[mid]->shown.vm.name, name);

		if (!order) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct domain *domain_get(struct ledger *l, const struct viommu_vm *vm, uint64_t now, int *err)
{
	struct domain *d;
	bool found;
	const size_t at = domain_place(l, vm->name, &found);

	*err = -ENOSPC;
	if (found)
		return l->domains[at];
	d = l->domain_count < LEDGER_MAX_DOMAINS ? calloc(1, sizeof(*d)) : NULL;
	if (!d) {
		if (l->domain_count < LEDGER_MAX_DOMAINS)
			*err = -ENOMEM;
		ledger_drop(l, *err);
		return NULL;
	}
	d->shown.vm = *vm;
	d->shown.since = d->shown.seen = now;
	memmove(&l->domains[at + 1], &l->domains[at],
		(l->domain_count - at) * sizeof(l->domains[0]));
	l->domains[at] = d;
	l->domain_count++;
	return d;
}

struct domain *domain_find(const struct ledger *l, const char *name)
{
	bool found;
	const size_t at = domain_place(l, name, &found);

	return found ? l->domains[at] : NULL;
}

size_t ledger_domain_count(const struct ledger *l)
{
	return l->domain_count;
}

const struct ledger_domain *ledger_domain_at(const struct ledger *l, size_t i)
{
	if (i >= l->domain_count)
		return NULL;
	domain_refresh(l->domains[i]);
	return &l->domains[i]->shown;
}

const struct ledger_domain *ledger_domain_find(const struct ledger *l, const char *name)
{
	struct domain *d = domain_find(l, name);

	if (!d)
		return NULL;
	domain_refresh(d);
	return &d->shown;
}

unsigned int ledger_recommended_bits(const struct ledger_domain *d)
{
	return viommu_recommend_bits(&d->ranges);
}

/* --------------------------------------------------------------------------------------- gauges */

/* Who the domain is: its newest process; the last one that was alive, if none is. */
static void refresh_processes(struct domain *d)
{
	struct ledger_domain *shown = &d->shown;
	const struct process *newest = NULL;

	shown->processes = 0;
	shown->viommu_bits = 0;
	for (const struct process *p = d->processes; p; p = p->next) {
		shown->processes++;
		if (p->known.viommu_bits > shown->viommu_bits)
			shown->viommu_bits = p->known.viommu_bits;
		if (!newest || p->known.start_time > newest->known.start_time)
			newest = p;
	}
	if (!newest)
		return;
	shown->vm = newest->known.vm;
	memcpy(shown->viommu, newest->known.viommu, sizeof(shown->viommu));
}

/*
 * A container that is older than the collector was not counted from its beginning: what is mapped
 * in it is not known, and so neither is the sum.
 */
static void refresh_mapped(struct ledger_domain *shown, const struct container *c)
{
	if (!c->dma_limit || c->counts.unmap_bytes > c->counts.map_bytes)
		shown->has_mapped = false;
	else
		shown->mapped_bytes += c->counts.map_bytes - c->counts.unmap_bytes;
}

/* The fullest is the one that will refuse first. */
static void refresh_entries(struct ledger_domain *shown, const struct container *c, bool first)
{
	if (!c->dma_limit || c->dma_avail > c->dma_limit) {
		shown->has_entries = false;
		return;
	}
	if (!first && c->dma_avail >= shown->entries_limit - shown->entries)
		return;
	shown->entries_limit = c->dma_limit;
	shown->entries = c->dma_limit - c->dma_avail;
}

void domain_refresh(struct domain *d)
{
	struct ledger_domain *shown = &d->shown;
	bool none = false;

	if (!d->stale)
		return;
	d->stale = false;
	refresh_processes(d);
	shown->containers = 0;
	shown->has_mapped = shown->has_entries = d->containers;
	shown->mapped_bytes = 0;
	shown->entries = shown->entries_limit = 0;
	shown->ranges.count = 0;
	for (const struct container *c = d->containers; c; c = c->next) {
		refresh_mapped(shown, c);
		refresh_entries(shown, c, !shown->containers);
		shown->containers++;
		none = none || iova_ranges_intersect(&shown->ranges, &c->ranges);
	}
	if (none)	/* nothing is usable in all of them: no width can be right */
		shown->ranges.count = 0;
	shown->limit_from = shown->ranges.count ? VIOMMU_LIMIT_CONTAINER : VIOMMU_LIMIT_UNKNOWN;
}

/* ------------------------------------------------------------------------------- come and gone */

void domain_settle(struct domain *d, uint64_t now, uint64_t grace)
{
	if (d->untold <= 0)
		return;
	if (d->untold_since > now)	/* the clock was set back */
		d->untold_since = now;
	if (now - d->untold_since < grace)
		return;
	d->shown.failures[VIOMMU_REASON_UNKNOWN] += (uint64_t)d->untold;
	d->untold = 0;
}

/*
 * Events may be ahead of their container's state for as long as behind it. What is told of and then
 * still not counted was counted for an earlier server: it must not stand for what is lost later.
 */
static void domain_forget_surplus(struct domain *d, uint64_t now)
{
	if (!d->surplus_since || d->surplus_since > now)
		d->surplus_since = now;
	if (now - d->surplus_since < LEDGER_GRACE_EVENTS)
		return;
	for (struct container *c = d->containers; c; c = c->next)
		c->told = c->counts.failures;
	d->untold = 0;
	d->surplus_since = 0;
}

/*
 * The same of what is alive, once nothing failed for as long as an event may take: a VM runs for
 * months, and a record that was lost would be missing for as long.
 */
static void domain_settle_alive(struct domain *d, uint64_t now)
{
	int64_t owed = d->untold;

	if (d->failed_at > now)		/* the clock was set back */
		d->failed_at = now;
	if (now - d->failed_at < LEDGER_GRACE_EVENTS) {
		d->surplus_since = 0;
		return;
	}
	for (const struct container *c = d->containers; c; c = c->next)
		owed += (int64_t)(c->counts.failures - c->told);
	if (owed < 0)
		domain_forget_surplus(d, now);
	else
		d->surplus_since = 0;
	if (owed <= 0)
		return;
	d->shown.failures[VIOMMU_REASON_UNKNOWN] += (uint64_t)owed;
	for (struct container *c = d->containers; c && owed; c = c->next) {
		const int64_t of_it = (int64_t)(c->counts.failures - c->told);
		const int64_t paid = of_it < owed ? of_it : owed;

		if (paid <= 0)
			continue;
		c->told += (uint64_t)paid;
		owed -= paid;
	}
	d->untold -= owed;
}

void ledger_restart(struct ledger *l, uint64_t now)
{
	for (size_t i = 0; i < l->domain_count; i++) {
		struct domain *d = l->domains[i];

		if (d->processes || d->containers)
			d->shown.seen = now;
		container_end_all(l, d, NULL, now);
		domain_settle(d, now, 0);
		d->untold = 0;
		domain_refresh(d);	/* its newest process names it: the last occasion */
		d->stale = true;
	}
	process_clear(l);
	ledger_host_restart(l);
}

/* true: totals have grown. */
static bool domain_settle_all(struct domain *d, uint64_t now)
{
	const uint64_t before = d->shown.failures[VIOMMU_REASON_UNKNOWN];

	domain_settle(d, now, LEDGER_GRACE_EVENTS);
	domain_settle_alive(d, now);
	return d->shown.failures[VIOMMU_REASON_UNKNOWN] != before;
}

/* Whether the domain is kept. */
static bool domain_expire(struct domain *d, uint64_t now, uint64_t keep)
{
	/* For what is on its way, at least. */
	if (keep < LEDGER_GRACE_EVENTS)
		keep = LEDGER_GRACE_EVENTS;
	if (d->processes || d->containers || d->shown.seen > now)	/* the clock was set back */
		d->shown.seen = now;
	return d->untold > 0 || now - d->shown.seen <= keep;
}

bool ledger_expire(struct ledger *l, uint64_t now, uint64_t keep)
{
	bool grown = false;
	size_t kept = 0;

	process_expire(l, now);
	for (size_t i = 0; i < l->domain_count; i++) {
		struct domain *d = l->domains[i];
		const bool settled = domain_settle_all(d, now);

		grown = grown || settled;
		/* What has just grown is looked at once more before it goes. */
		if (settled || domain_expire(d, now, keep)) {
			l->domains[kept++] = d;
			continue;
		}
		ledger_denials_forget(l, d->shown.vm.name);
		l->finding_count -= d->shown.finding_count;
		domain_free(l, d);
	}
	l->domain_count = kept;
	return grown;
}
