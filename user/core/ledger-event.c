// SPDX-License-Identifier: GPL-2.0-or-later
/* Events of the ledger: failures by reason, and the newest of each kind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event-valid.h"
#include "ledger-parts.h"

static bool finding_is(const struct ledger_finding *f, const struct viommu_event *event)
{
	return f->event.type == event->type && f->event.diag.reason == event->diag.reason &&
	       f->event.diag.severity == event->diag.severity && f->event.result == event->result &&
	       !strcmp(f->event.denier.policy, event->denier.policy);
}

/*
 * Room for one more finding of the domain; false: there is none. Made where a domain has a new kind
 * of failure, which it has but LEDGER_MAX_FINDINGS times.
 */
static bool findings_grow(struct ledger *l, struct ledger_domain *shown)
{
	const size_t count = shown->finding_count;
	struct ledger_finding *more;

	if (count == LEDGER_MAX_FINDINGS || l->finding_count == LEDGER_ALL_FINDINGS)
		return false;
	if (!(count & (count - 1))) {	/* full: 0, 1, 2, 4, 8 */
		more = realloc(shown->findings, (count ? 2 * count : 1) * sizeof(*more));
		if (!more)
			return false;
		shown->findings = more;
	}
	shown->finding_count++;
	l->finding_count++;
	return true;
}

static int finding_add(struct ledger *l, struct ledger_domain *shown,
		       const struct viommu_event *event, uint64_t count)
{
	struct ledger_finding *f = shown->findings;
	uint64_t first = event->ts, before = 0;
	size_t at = 0;

	while (at < shown->finding_count && !finding_is(&f[at], event))
		at++;
	if (at < shown->finding_count) {
		before = f[at].count;
		first = f[at].first;
	} else if (!findings_grow(l, shown)) {
		if (!at)
			return ledger_drop(l, -ENOSPC);
		at--;	/* the oldest makes room */
	}
	f = shown->findings;
	memmove(&f[1], &f[0], at * sizeof(*f));
	f[0].event = *event;
	f[0].first = first;
	f[0].count = before + count;
	return 0;
}

/*
 * Events come before the first state of their container, and after its last. A denial without a
 * container is one whose record was lost, but which its container has counted.
 */
static void event_tell(struct domain *d, struct container *c, const struct viommu_event *event,
		       uint64_t count)
{
	d->shown.failures[event->diag.reason] += count;
	if (c)
		c->told += count;
	else if (event->container_id || (event->type == VIOMMU_EVENT_DENY && d->containers))
		d->untold -= (int64_t)count;
}

static int event_deny(struct ledger *l, const struct domain *d, const struct viommu_event *event,
		      uint64_t count)
{
	const struct viommu_denier *by = &event->denier;
	struct ledger_denials more = { .policy = "default" };

	memcpy(more.domain, d->shown.vm.name, sizeof(more.domain));
	if (by->policy[0])
		memcpy(more.policy, by->policy, sizeof(more.policy));
	more.denials = event->result < 0 ? count : 0;
	more.audits = event->result < 0 ? 0 : count;
	return ledger_add_denials(l, &more);
}

/* What was refused, or would have been. Faults are those of this machine as a guest. */
static bool is_failure(const struct viommu_event *event)
{
	return event->result < 0 || event->type == VIOMMU_EVENT_DENY;
}

int ledger_add_event(struct ledger *l, const struct viommu_event *event)
{
	const uint64_t count = event->count ? event->count : 1;
	struct container *c;
	struct domain *d;
	int err;

	if (!viommu_event_valid(event))
		return -EINVAL;
	if (!event->vm.name[0] || event->vm.source == VIOMMU_VM_SELF || !is_failure(event))
		return 0;
	c = container_find(l, event->container_id);
	d = c ? c->domain : domain_get(l, &event->vm, event->ts_last, &err);
	if (!d)
		return err;
	if (event->result < 0 &&
	    (event->type == VIOMMU_EVENT_MAP || event->type == VIOMMU_EVENT_DENY))
		event_tell(d, c, event, count);
	/* Also where there was no room for the process, or for its container. */
	if (event->ts_last > d->shown.seen)
		d->shown.seen = event->ts_last;
	err = event->type == VIOMMU_EVENT_DENY ? event_deny(l, d, event, count) : 0;
	return finding_add(l, &d->shown, event, count) ?: err;
}
