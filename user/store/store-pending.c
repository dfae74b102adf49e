// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits to be written. A thousand calls and failures of a second are one row each when they
 * are written; and while the disk is full they are kept here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store-parts.h"

/* Room for one more item of size bytes, zeroed. NULL with *err set. */
static void *list_add(struct pending_list *list, size_t size, size_t max, int *err)
{
	void *items, *item;

	*err = -ENOSPC;
	if (list->count == max)
		return NULL;
	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 16;

		*err = -ENOMEM;
		items = realloc(list->items, room * size);
		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	item = (char *)list->items + list->count++ * size;
	memset(item, 0, size);
	return item;
}

static void list_free(struct pending_list *list)
{
	free(list->items);
	*list = (struct pending_list){ 0 };
}

void pending_free(struct pending *p)
{
	list_free(&p->vms);
	list_free(&p->hours);
	list_free(&p->failures);
	list_free(&p->attaches);
	list_free(&p->generations);
}

static struct pending_vm *vm_at(const struct pending *p, size_t i)
{
	return (struct pending_vm *)p->vms.items + i;
}

static struct pending_failure *failure_at(const struct pending *p, size_t i)
{
	return (struct pending_failure *)p->failures.items + i;
}

bool pending_any(const struct pending *p)
{
	if (p->hours.count || p->failures.count || p->attaches.count || p->generations.count)
		return true;
	for (size_t i = 0; i < p->vms.count; i++)
		if (vm_at(p, i)->hour.dirty)
			return true;
	return false;
}

/* Counters of an hour are written as what is added; what it says of the VM stays. */
static void hour_done(struct store_hour *sum)
{
	const struct store_hour kept = *sum;

	*sum = (struct store_hour){ .hour = kept.hour, .highest_iova = kept.highest_iova,
				    .limit_bits = kept.limit_bits,
				    .recommended_bits = kept.recommended_bits };
}

void pending_done(struct pending *p)
{
	for (size_t i = 0; i < p->vms.count; i++) {
		vm_at(p, i)->hour.dirty = false;
		hour_done(&vm_at(p, i)->hour.sum);
	}
	p->hours.count = p->attaches.count = p->generations.count = 0;
	if (p->failures.count)
		memset(p->failure_index, 0, sizeof(p->failure_index));
	p->failures.count = 0;
}

/* --------------------------------------------------------------------------------------- totals */

/* FNV-1a, for names and what else identifies a row. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static uint16_t *vm_slot(struct pending *p, const char *name)
{
	const size_t slots = sizeof(p->vm_index) / sizeof(p->vm_index[0]);
	size_t at = hash_bytes(HASH_BEGIN, name, strlen(name)) % slots;

	while (p->vm_index[at] && strcmp(vm_at(p, p->vm_index[at] - 1u)->hour.vm, name))
		at = (at + 1) % slots;
	return &p->vm_index[at];
}

static void vm_index_rebuild(struct pending *p)
{
	memset(p->vm_index, 0, sizeof(p->vm_index));
	for (size_t i = 0; i < p->vms.count; i++)
		*vm_slot(p, vm_at(p, i)->hour.vm) = (uint16_t)(i + 1);
}

/* An hour is over, or its VM makes room: what is not written waits by itself. */
static int hour_put_by(struct pending *p, const struct pending_hour *hour)
{
	struct pending_hour *kept;
	int err;

	if (!hour->dirty)
		return 0;
	kept = list_add(&p->hours, sizeof(*kept), PENDING_MAX_HOURS, &err);
	if (!kept)
		return err;
	*kept = *hour;
	return 0;
}

/* The VM that was told of longest ago is forgotten; what it did is not. */
static int vm_make_room(struct pending *p)
{
	size_t oldest = 0;
	int err;

	for (size_t i = 1; i < p->vms.count; i++)
		if (vm_at(p, i)->told < vm_at(p, oldest)->told)
			oldest = i;
	err = hour_put_by(p, &vm_at(p, oldest)->hour);
	if (err)
		return err;
	*vm_at(p, oldest) = *vm_at(p, --p->vms.count);
	vm_index_rebuild(p);
	return 0;
}

static struct pending_vm *vm_get(struct pending *p, const char *name, int *err)
{
	uint16_t *slot = vm_slot(p, name);
	struct pending_vm *vm;

	*err = 0;
	if (*slot)
		return vm_at(p, *slot - 1u);
	if (p->vms.count == PENDING_MAX_VMS) {
		*err = vm_make_room(p);
		if (*err)
			return NULL;
		slot = vm_slot(p, name);
	}
	vm = list_add(&p->vms, sizeof(*vm), PENDING_MAX_VMS, err);
	if (!vm)
		return NULL;
	snprintf(vm->hour.vm, sizeof(vm->hour.vm), "%s", name);
	*slot = (uint16_t)p->vms.count;
	return vm;
}

/* The domain was forgotten in between, or the daemon's ledger is a new one. */
static bool vm_begins_anew(const struct pending_vm *vm, const struct ledger_domain *d)
{
	for (size_t i = 0; i < VIOMMU_NR_REASONS; i++)
		if (d->failures[i] < vm->failures[i])
			return true;
	return d->since != vm->since || d->maps < vm->maps || d->unmaps < vm->unmaps ||
	       d->map_bytes < vm->map_bytes || d->unmap_bytes < vm->unmap_bytes;
}

static void vm_forget_totals(struct pending_vm *vm)
{
	vm->maps = vm->unmaps = vm->map_bytes = vm->unmap_bytes = 0;
	memset(vm->failures, 0, sizeof(vm->failures));
}

/* Add to an hour what is more than before; true if there is something. */
static bool hour_add(struct store_hour *sum, const struct pending_vm *vm,
		     const struct ledger_domain *d)
{
	bool more = d->maps != vm->maps || d->unmaps != vm->unmaps ||
		    d->map_bytes != vm->map_bytes || d->unmap_bytes != vm->unmap_bytes;

	sum->maps += d->maps - vm->maps;
	sum->unmaps += d->unmaps - vm->unmaps;
	sum->map_bytes += d->map_bytes - vm->map_bytes;
	sum->unmap_bytes += d->unmap_bytes - vm->unmap_bytes;
	for (size_t i = 0; i < VIOMMU_NR_REASONS; i++) {
		sum->failures[i] += d->failures[i] - vm->failures[i];
		more = more || d->failures[i] != vm->failures[i];
	}
	if (d->maps != vm->maps && d->has_highest && d->highest_mapped > sum->highest_iova)
		sum->highest_iova = d->highest_mapped;
	return more;
}

/* What the hour says of the VM: the least that was known in it. */
static bool hour_limit(struct store_hour *sum, const struct ledger_domain *d)
{
	const unsigned int limit = iova_ranges_max_bits(&d->ranges);
	const unsigned int recommended = ledger_recommended_bits(d);
	bool more = false;

	if (limit && (!sum->limit_bits || limit < sum->limit_bits)) {
		sum->limit_bits = limit;
		more = true;
	}
	if (recommended && (!sum->recommended_bits || recommended < sum->recommended_bits)) {
		sum->recommended_bits = recommended;
		more = true;
	}
	return more;
}

static void vm_take_totals(struct pending_vm *vm, const struct ledger_domain *d)
{
	vm->since = d->since;
	vm->maps = d->maps;
	vm->unmaps = d->unmaps;
	vm->map_bytes = d->map_bytes;
	vm->unmap_bytes = d->unmap_bytes;
	memcpy(vm->failures, d->failures, sizeof(vm->failures));
}

int pending_add_totals(struct pending *p, uint64_t now, const struct ledger_domain *d)
{
	const uint64_t hour = now - now % STORE_NS_PER_HOUR;
	struct pending_vm *vm;
	int err;

	vm = vm_get(p, d->vm.name, &err);
	if (!vm)
		return err;
	vm->told = ++p->calls;
	if (vm_begins_anew(vm, d))
		vm_forget_totals(vm);
	if (vm->hour.sum.hour != hour) {
		/* Without room the calls stay, and count for the hour that begins. */
		if (!hour_put_by(p, &vm->hour)) {
			vm->hour.sum = (struct store_hour){ 0 };
			vm->hour.dirty = false;
		}
		vm->hour.sum.hour = hour;
	}
	if (hour_add(&vm->hour.sum, vm, d))
		vm->hour.dirty = true;
	if (hour_limit(&vm->hour.sum, d))
		vm->hour.dirty = true;
	vm_take_totals(vm, d);
	return 0;
}

/* --------------------------------------------------------------------------------------- events */

/* The policy without a name is shown as the default. */
static const char *policy_of(const struct viommu_event *event)
{
	if (event->type != VIOMMU_EVENT_DENY)
		return "";
	return event->denier.policy[0] ? event->denier.policy : "default";
}

static bool failure_is(const struct pending_failure *f, const struct viommu_event *event)
{
	return f->type == event->type && f->reason == event->diag.reason &&
	       f->severity == event->diag.severity && f->result == event->result &&
	       f->group == event->group && !strcmp(f->vm, event->vm.name) &&
	       !strcmp(f->policy, policy_of(event));
}

static uint16_t *failure_slot(struct pending *p, const struct viommu_event *event)
{
	const size_t slots = sizeof(p->failure_index) / sizeof(p->failure_index[0]);
	const int numbers[] = { (int)event->type, (int)event->diag.reason,
				(int)event->diag.severity, event->result, event->group };
	const char *policy = policy_of(event);
	uint64_t hash = hash_bytes(HASH_BEGIN, event->vm.name, strlen(event->vm.name));
	size_t at;

	hash = hash_bytes(hash, policy, strlen(policy));
	at = hash_bytes(hash, numbers, sizeof(numbers)) % slots;

	while (p->failure_index[at] && !failure_is(failure_at(p, p->failure_index[at] - 1u), event))
		at = (at + 1) % slots;
	return &p->failure_index[at];
}

static struct pending_failure *failure_get(struct pending *p, const struct viommu_event *event,
					   int *err)
{
	uint16_t *slot = failure_slot(p, event);
	struct pending_failure *f;

	if (*slot)
		return failure_at(p, *slot - 1u);
	f = list_add(&p->failures, sizeof(*f), PENDING_MAX_FAILURES, err);
	if (!f)
		return NULL;
	*slot = (uint16_t)p->failures.count;
	f->first = event->ts;
	f->type = event->type;
	f->reason = event->diag.reason;
	f->severity = event->diag.severity;
	f->result = event->result;
	f->group = event->group;
	memcpy(f->vm, event->vm.name, sizeof(f->vm));
	snprintf(f->policy, sizeof(f->policy), "%s", policy_of(event));
	return f;
}

/* Where the calls were: folded ones have their own members for that. */
static void failure_range(struct pending_failure *f, const struct viommu_event *event)
{
	uint64_t lowest = event->ev.iova, highest;

	if (!event->ev.has_range)
		return;
	if (!iova_last(event->ev.iova, event->ev.size, &highest))
		highest = event->ev.size ? UINT64_MAX : event->ev.iova;
	if (event->count > 1) {
		lowest = event->iova_lowest;
		highest = event->iova_highest;
	}
	if (!f->has_range || lowest < f->lowest_iova)
		f->lowest_iova = lowest;
	if (!f->has_range || highest > f->highest_iova)
		f->highest_iova = highest;
	f->has_range = true;
}

int pending_add_failure(struct pending *p, const struct viommu_event *event)
{
	const struct viommu_remedy *remedy = &event->diag.remedies[0];
	struct pending_failure *f;
	int err;

	f = failure_get(p, event, &err);
	if (!f)
		return err;
	if (event->ts < f->first)
		f->first = event->ts;
	if (event->ts_last > f->last)
		f->last = event->ts_last;
	f->count += event->count ? event->count : 1;
	failure_range(f, event);
	memcpy(f->uuid, event->vm.uuid, sizeof(f->uuid));
	memcpy(f->detail, event->diag.detail, sizeof(f->detail));
	if (event->diag.remedy_count) {
		memcpy(f->remedy, remedy->text, sizeof(f->remedy));
		memcpy(f->option, remedy->option, sizeof(f->option));
	}
	return 0;
}

static void add_word(char *text, size_t size, const char *word)
{
	const size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? " " : "", word);
}

int pending_add_attach(struct pending *p, const struct viommu_event *event)
{
	struct pending_attach *a;
	char range[48];
	int err;

	a = list_add(&p->attaches, sizeof(*a), PENDING_MAX_ATTACHES, &err);
	if (!a)
		return err;
	a->time = event->ts;
	a->attached = event->type == VIOMMU_EVENT_ATTACH;
	a->result = event->result;
	a->group = event->group;
	memcpy(a->vm, event->vm.name, sizeof(a->vm));
	for (size_t i = 0; i < event->device_count; i++)
		add_word(a->devices, sizeof(a->devices), event->devices[i]);
	for (size_t i = 0; i < event->ev.ranges.count; i++) {
		const uint64_t first = event->ev.ranges.r[i].first;
		const uint64_t last = event->ev.ranges.r[i].last;

		snprintf(range, sizeof(range), "0x%" PRIx64 "-0x%" PRIx64, first, last);
		add_word(a->ranges, sizeof(a->ranges), range);
	}
	return 0;
}

int pending_add_generation(struct pending *p, const struct pending_generation *g)
{
	struct pending_generation *kept;
	int err;

	kept = list_add(&p->generations, sizeof(*kept), PENDING_MAX_GENERATIONS, &err);
	if (!kept)
		return err;
	*kept = *g;
	return 0;
}
