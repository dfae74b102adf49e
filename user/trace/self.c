// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/self.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/width.h"

void self_init(struct self *self, const struct owner_filter *filter)
{
	memset(self, 0, sizeof(*self));
	self->vm.source = VIOMMU_VM_SELF;
	snprintf(self->vm.manager, sizeof(self->vm.manager), "guest");
	if (gethostname(self->vm.name, sizeof(self->vm.name) - 1))
		snprintf(self->vm.name, sizeof(self->vm.name), "localhost");
	self->wanted = !filter->pattern_count && !filter->pid;
	for (size_t i = 0; i < filter->pattern_count; i++)
		self->wanted |= host_vm_match(&self->vm, filter->patterns[i]);
}

/** What the vIOMMU lets this endpoint use: its input range without what it reserves. */
static void ranges_fill(struct iova_ranges *ranges, const struct viommu_endpoint *p)
{
	struct machine_region regions[VIOMMU_MAX_RESERVED + 1];
	size_t count = 0;

	ranges->count = 0;
	if (!p->input.last || !p->reserved_known)
		return;
	for (size_t i = 0; i < p->reserved_count && i < VIOMMU_MAX_RESERVED; i++)
		regions[count++] = (struct machine_region){ p->reserved[i], REGION_RESERVED };
	if (p->input.first)
		regions[count++] = (struct machine_region){ { 0, p->input.first - 1 },
							    REGION_RESERVED };
	regions_usable(ranges, regions, count, p->input.last);
}

static uint32_t slot_of(const struct viommu_rec *rec)
{
	return rec->type == VIOMMU_REC_FAULT ? ((const struct viommu_rec_fault *)rec)->slot :
					       ((const struct viommu_rec_request *)rec)->slot;
}

void self_event(const struct self *self, struct viommu_event *e, const struct tracer *t,
		const struct viommu_rec *rec)
{
	struct viommu_endpoint endpoint;

	e->vm = self->vm;
	if (tracer_endpoint(t, slot_of(rec), &endpoint)) {
		ranges_fill(&e->ev.ranges, &endpoint);
		e->ev.limit_from = e->ev.ranges.count ? VIOMMU_LIMIT_PROBE : VIOMMU_LIMIT_UNKNOWN;
		e->ev.pgsize_bitmap = endpoint.pgsize_bitmap;
	}
	if (rec->type == VIOMMU_REC_FAULT)
		viommu_diagnose(&e->ev, &e->diag);
}

/** MAPs that were refused, under the reason that each status has. */
static void failures_fill(struct viommu_summary *sum, const struct viommu_endpoint *p)
{
	for (unsigned int status = 1; status < VIOMMU_MAX_STATUS; status++) {
		const struct viommu_evidence ev = {
			.op = VIOMMU_OP_REQUEST,
			.request = VIOMMU_REQUEST_MAP,
			.status = status,
			.err = viommu_status_errno(status),
			.has_range = true,
		};
		struct viommu_diagnosis diag;

		if (!p->map_failures[status])
			continue;
		viommu_diagnose(&ev, &diag);
		sum->failures[diag.reason] += p->map_failures[status];
	}
}

bool self_summary(const struct self *self, const struct tracer *t, uint32_t slot,
		  struct viommu_event *e)
{
	struct viommu_endpoint p;
	struct viommu_summary *sum = &e->summary;

	memset(e, 0, sizeof(*e));
	if (!tracer_endpoint(t, slot, &p))
		return false;
	e->type = VIOMMU_EVENT_SUMMARY;
	e->group = -1;
	e->count = 1;
	e->vm = self->vm;
	e->request.endpoint = p.endpoint;
	e->request.domain = p.domain;
	memcpy(e->request.device, p.device, sizeof(e->request.device));
	e->request.type = VIOMMU_REQUEST_MAP;
	sum->maps = p.maps;
	sum->unmaps = p.unmaps;
	sum->map_bytes = p.map_bytes;
	sum->unmap_bytes = p.unmap_bytes;
	sum->highest_mapped = p.highest_mapped;
	sum->highest_refused = p.highest_refused;
	memcpy(sum->latency, p.latency, sizeof(sum->latency));
	failures_fill(sum, &p);
	ranges_fill(&sum->ranges, &p);
	sum->limit_from = sum->ranges.count ? VIOMMU_LIMIT_PROBE : VIOMMU_LIMIT_UNKNOWN;
	return true;
}
