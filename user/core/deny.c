// SPDX-License-Identifier: GPL-2.0-or-later
#include "deny.h"

#include <string.h>

#include "text.h"

/* What is usable up to limit. Of unknown ranges only their end is known then. */
static void ranges_clip(struct iova_ranges *ranges, bool unknown, uint64_t limit)
{
	size_t n = 0;

	if (unknown)
		ranges->count = 0;
	while (n < ranges->count && ranges->r[n].first <= limit)
		n++;
	if (!n)
		ranges->r[n++] = (struct viommu_range){ 0, limit };
	ranges->count = n;
	if (ranges->r[n - 1].last > limit)
		ranges->r[n - 1].last = limit;
}

/* "...; policy cap-39 of /etc/viommu/policy.d/50-a.yaml says: ask the storage team" */
static void detail_add(struct viommu_event *e)
{
	const struct viommu_denier *by = &e->denier;
	char before[sizeof(e->diag.detail)];
	struct text t;

	memcpy(before, e->diag.detail, sizeof(before));
	text_init(&t, e->diag.detail, sizeof(e->diag.detail));
	text_add(&t, "%s; %s%s", before, by->policy[0] ? "policy " : "the default policy",
		 by->policy);
	if (by->file[0])
		text_add(&t, " of %s", by->file);
	if (by->message[0])
		text_add(&t, " says: %s", by->message);
}

void deny_judge(struct viommu_event *e, const struct deny *deny)
{
	struct viommu_evidence *ev = &e->ev;

	e->type = VIOMMU_EVENT_DENY;
	e->denier = deny->by;
	e->result = -(int)deny->error;
	ev->err = (int)deny->error;
	ev->denied = true;
	ranges_clip(&ev->ranges, ev->ranges_cut, deny->limit);
	ev->ranges_cut = false;
	ev->limit_from = VIOMMU_LIMIT_POLICY;
	viommu_diagnose(ev, &e->diag);
	detail_add(e);
}
