// SPDX-License-Identifier: GPL-2.0-or-later
/* Totals per VM. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "summary.h"

struct vm_total {
	struct viommu_vm vm;
	struct viommu_summary sum;
	uint64_t kernel_failures;	/* failed MAPs by the kernel's count */
	bool no_common_range;		/* containers have no usable range in common */
	struct iova_ranges told;	/* ranges that events told, if no container does */
	enum viommu_limit_from told_from;
	bool told_none;			/* events told ranges that have nothing in common */
	struct iova_ranges allowed;	/* what policies leave, where one has refused */
	bool allowed_none;
};

struct summary {
	struct vm_total *vms[SUMMARY_MAX_VMS];
	size_t count;
	size_t latest;			/* found last: calls of one VM come in runs */
	uint64_t lost[VIOMMU_NR_LOST];	/* nobody knows whose */
};

struct summary *summary_new(void)
{
	return calloc(1, sizeof(struct summary));
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->vms[i]);
	free(s);
}

static bool vm_is(const struct vm_total *total, const struct viommu_vm *vm)
{
	return total->vm.source == vm->source && !strcmp(total->vm.name, vm->name) &&
	       !strcmp(total->vm.uuid, vm->uuid);
}

/* Find the VM, or make it; NULL with *err set. */
static struct vm_total *vm_get(struct summary *s, const struct viommu_vm *vm, int *err)
{
	struct vm_total *total;

	if (s->latest < s->count && vm_is(s->vms[s->latest], vm))
		return s->vms[s->latest];
	for (size_t i = 0; i < s->count; i++) {
		if (vm_is(s->vms[i], vm)) {
			s->latest = i;
			return s->vms[i];
		}
	}
	*err = -ENOSPC;
	if (s->count == SUMMARY_MAX_VMS)
		return NULL;
	*err = -ENOMEM;
	total = calloc(1, sizeof(*total));
	if (!total)
		return NULL;
	total->vm = *vm;
	s->latest = s->count;
	s->vms[s->count++] = total;
	return total;
}

/*
 * Narrow *ranges by more. Once nothing is left, or it does not fit, nothing can be said any more,
 * and *none keeps it so.
 */
static void ranges_narrow(struct iova_ranges *ranges, bool *none, const struct iova_ranges *more)
{
	if (*none || !iova_ranges_intersect(ranges, more))
		return;
	*none = true;
	ranges->count = 0;
}

static void max_into(uint64_t *into, uint64_t value)
{
	if (value > *into)
		*into = value;
}

static void count_failure(struct vm_total *total, const struct viommu_event *event)
{
	const uint64_t count = event->count ? event->count : 1;
	uint64_t last;

	if ((size_t)event->diag.reason < VIOMMU_NR_REASONS)
		total->sum.failures[event->diag.reason] += count;
	if (!event->ev.has_range)
		return;
	if (!iova_last(event->ev.iova, event->ev.size, &last))
		last = event->ev.size ? UINT64_MAX : event->ev.iova;
	max_into(&total->sum.highest_refused, last);
	if (count > 1)
		max_into(&total->sum.highest_refused, event->iova_highest);
}

static int count_lost(struct summary *s, const struct viommu_event *event)
{
	uint64_t *lost = s->lost;
	struct vm_total *total;
	int err;

	if ((size_t)event->lost >= VIOMMU_NR_LOST)
		return 0;
	if (event->vm.name[0]) {
		total = vm_get(s, &event->vm, &err);
		if (!total)
			return err;
		lost = total->sum.lost;
	}
	lost[event->lost] += event->count;
	return 0;
}

int summary_add_event(struct summary *s, const struct viommu_event *event)
{
	struct vm_total *total;
	int err;

	if (event->type == VIOMMU_EVENT_LOST)
		return count_lost(s, event);
	if (event->type == VIOMMU_EVENT_SUMMARY || !event->vm.name[0] ||
	    event->vm.source == VIOMMU_VM_SELF)
		return 0;
	total = vm_get(s, &event->vm, &err);
	if (!total)
		return err;
	if ((event->type == VIOMMU_EVENT_MAP || event->type == VIOMMU_EVENT_DENY) &&
	    event->result < 0)
		count_failure(total, event);
	if (event->type == VIOMMU_EVENT_DENY) {
		/* What is only audited limits nothing. */
		if (event->result < 0)
			ranges_narrow(&total->allowed, &total->allowed_none, &event->ev.ranges);
		return 0;
	}
	if (event->ev.ranges.count && !event->ev.ranges_cut) {
		ranges_narrow(&total->told, &total->told_none, &event->ev.ranges);
		total->told_from = event->ev.limit_from;
	}
	return 0;
}

/* The fullest container is the one that will refuse first. */
static void count_entries(struct viommu_summary *sum, const struct viommu_container *c)
{
	if (!c->dma_limit || (sum->dma_limit && c->dma_avail >= sum->dma_avail))
		return;
	sum->dma_limit = c->dma_limit;
	sum->dma_avail = c->dma_avail;
}

static void count_ranges(struct vm_total *total, const struct viommu_container *c)
{
	struct iova_ranges ranges;

	if ((c->range_seq & 1) || !c->range_count ||
	    iova_ranges_init(&ranges, c->ranges, c->range_count))
		return;
	ranges_narrow(&total->sum.ranges, &total->no_common_range, &ranges);
	total->sum.limit_from = VIOMMU_LIMIT_CONTAINER;
}

int summary_add_container(struct summary *s, const struct viommu_vm *vm,
			  const struct viommu_container *container)
{
	struct viommu_summary *sum;
	struct vm_total *total;
	uint64_t failures = 0;
	int err;

	total = vm_get(s, vm, &err);
	if (!total)
		return err;
	sum = &total->sum;
	for (size_t i = 0; i < VIOMMU_MAX_ERRNO; i++)
		failures += container->map_failures[i];
	for (size_t i = 0; i < VIOMMU_LATENCY_SLOTS; i++)
		sum->latency[i] += container->latency[i];
	total->kernel_failures += failures;
	sum->maps += container->maps;
	sum->unmaps += container->unmaps;
	sum->map_bytes += container->map_bytes;
	sum->unmap_bytes += container->unmap_bytes;
	sum->containers++;
	if (container->maps)
		max_into(&sum->highest_mapped, container->highest_mapped);
	if (failures)
		max_into(&sum->highest_refused, container->highest_refused);
	count_entries(sum, container);
	count_ranges(total, container);
	return 0;
}

static void close_vm(struct vm_total *total)
{
	struct viommu_summary *sum = &total->sum;
	uint64_t explained = 0;

	for (size_t i = 0; i < VIOMMU_NR_REASONS; i++)
		explained += sum->failures[i];
	if (total->kernel_failures > explained)
		sum->failures[VIOMMU_REASON_UNKNOWN] += total->kernel_failures - explained;
	if (!sum->ranges.count && !total->no_common_range && total->told.count) {
		sum->ranges = total->told;
		sum->limit_from = total->told_from;
	}
	if (total->allowed.count) {
		ranges_narrow(&sum->ranges, &total->no_common_range, &total->allowed);
		sum->limit_from = VIOMMU_LIMIT_POLICY;
	}
	if (!sum->ranges.count)
		sum->limit_from = VIOMMU_LIMIT_UNKNOWN;
}

void summary_close(struct summary *s)
{
	for (size_t i = 0; i < s->count; i++) {
		close_vm(s->vms[i]);
		for (size_t j = 0; j < VIOMMU_NR_LOST; j++)
			s->vms[i]->sum.lost[j] += s->lost[j];
	}
}

size_t summary_count(const struct summary *s)
{
	return s->count;
}

const struct viommu_summary *summary_at(const struct summary *s, size_t i,
					const struct viommu_vm **vm)
{
	if (i >= s->count)
		return NULL;
	if (vm)
		*vm = &s->vms[i]->vm;
	return &s->vms[i]->sum;
}

unsigned int summary_recommended_bits(const struct viommu_summary *summary)
{
	return viommu_recommend_bits(&summary->ranges);
}
