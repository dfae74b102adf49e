// SPDX-License-Identifier: GPL-2.0-or-later
/* VMs of a fleet: samples of one, and one that two hosts tell of, are joined. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet-parts.h"

void fleet_vm_fini(struct fleet_vm *vm)
{
	free(vm->host);
	free(vm->name);
	free(vm->uuid);
	free(vm->manager);
	for (size_t i = 0; i < vm->also_count; i++)
		free(vm->also[i]);
	free(vm->also);
}

/* The metric is the end, exclusive: 2^64 is beyond what the type holds. */
static uint64_t last_of(double end)
{
	if (!(end >= 1))
		return 0;
	return end >= 0x1p64 ? UINT64_MAX : (uint64_t)end - 1;
}

static void model_set(struct fleet_vm *vm, const char *name)
{
	for (int i = 0; name && i < NR_VIOMMU_MODELS; i++) {
		if (strcmp(name, viommu_model_name((enum viommu_model)i)))
			continue;
		vm->has_model = true;
		vm->model = (enum viommu_model)i;
	}
}

int fleet_vm_add(struct fleet *f, enum viommu_metric metric, const struct fleet_labels *l,
		  double value)
{
	struct fleet_vm vm = { .host = NULL }, *vms;
	int err;

	if (!l->domain || !*l->domain)
		return -EINVAL;
	vms = fleet_grown(f->vms, f->vm_count, &f->vm_room, sizeof(vm));
	if (!vms)
		return -ENOMEM;
	f->vms = vms;
	err = fleet_label_copy(&vm.host, l->host);
	if (!err)
		err = fleet_label_copy(&vm.name, l->domain);
	if (!err && metric == VIOMMU_METRIC_DOMAIN_INFO)
		err = fleet_label_copy(&vm.uuid, l->uuid);
	if (!err && metric == VIOMMU_METRIC_DOMAIN_INFO)
		err = fleet_label_copy(&vm.manager, l->manager);
	if (err) {
		fleet_vm_fini(&vm);
		return err;
	}
	if (metric == VIOMMU_METRIC_DOMAIN_INFO)
		model_set(&vm, l->viommu);
	else if (metric == VIOMMU_METRIC_DOMAIN_VIOMMU_BITS)
		vm.bits = fleet_bits_of(value, &vm.odd);
	else if (metric == VIOMMU_METRIC_DOMAIN_PROCESSES)
		vm.runs = !(vm.ended = value == 0);
	else
		vm.highest = last_of(value);
	f->odd += vm.odd;
	f->vms[f->vm_count++] = vm;
	return 0;
}

static int vm_compare(const void *a, const void *b)
{
	const struct fleet_vm *x = a, *y = b;
	const int name = strcmp(x->name, y->name);

	return name ? name : strcmp(x->host, y->host);
}

/* Two processes of one name may differ: that with a vIOMMU is the stricter. */
static void vm_join(struct fleet_vm *vm, struct fleet_vm *other)
{
	vm->odd |= other->odd;
	vm->runs |= other->runs;
	vm->ended |= other->ended;
	if (other->bits > vm->bits)
		vm->bits = other->bits;
	if (other->highest > vm->highest)
		vm->highest = other->highest;
	if (!vm->uuid)
		fleet_swap(&vm->uuid, &other->uuid);
	if (!vm->manager)
		fleet_swap(&vm->manager, &other->manager);
	if (other->has_model && (!vm->has_model || other->model > vm->model)) {
		vm->has_model = true;
		vm->model = other->model;
	}
}

static void samples_join(struct fleet *f)
{
	size_t n = 0;

	if (f->vm_count)
		qsort(f->vms, f->vm_count, sizeof(*f->vms), vm_compare);
	for (size_t i = 0; i < f->vm_count; i++) {
		if (n && !vm_compare(&f->vms[n - 1], &f->vms[i])) {
			vm_join(&f->vms[n - 1], &f->vms[i]);
			fleet_vm_fini(&f->vms[i]);
		} else {
			f->vms[n++] = f->vms[i];
		}
	}
	f->vm_count = n;
}

/* Only remembered from before, while it runs elsewhere. */
static bool vm_is_gone(const struct fleet_vm *vm)
{
	return vm->ended && !vm->runs;
}

/* The same VM of another host. Where it runs no more counts for what it did, and is not named. */
static int vm_unite(struct fleet_vm *vm, struct fleet_vm *other)
{
	char **also;

	if (!vm_is_gone(other) && vm_is_gone(vm)) {
		fleet_swap(&vm->host, &other->host);
	} else if (!vm_is_gone(other)) {
		also = reallocarray(vm->also, vm->also_count + 1, sizeof(*also));
		if (!also)
			return -ENOMEM;
		vm->also = also;
		vm->also[vm->also_count++] = other->host;
		other->host = NULL;
	}
	vm_join(vm, other);
	return 0;
}

static bool vm_is(const struct fleet_vm *vm, const struct fleet_vm *other)
{
	return vm->uuid && other->uuid && !strcmp(vm->name, other->name) &&
	       !strcmp(vm->uuid, other->uuid);
}

/* A name is given on two hosts to two VMs as well: only one of the same UUID is the same. */
static int hosts_join(struct fleet *f)
{
	size_t n = 0, same = 0;		/* of the name of the latest: the first */

	for (size_t i = 0; i < f->vm_count; i++) {
		struct fleet_vm vm = f->vms[i];
		size_t at;
		int err;

		if (same < n && strcmp(f->vms[same].name, vm.name))
			same = n;
		for (at = same; at < n && !vm_is(&f->vms[at], &vm);)
			at++;
		if (at == n) {
			f->vms[n++] = vm;
			continue;
		}
		err = vm_unite(&f->vms[at], &vm);
		fleet_vm_fini(&vm);
		if (err) {	/* what is not joined yet closes up */
			memmove(&f->vms[n], &f->vms[i + 1],
				(f->vm_count - i - 1) * sizeof(*f->vms));
			f->vm_count -= i + 1 - n;
			return err;
		}
	}
	f->vm_count = n;
	return 0;
}

int fleet_vms_join(struct fleet *f)
{
	int err;

	samples_join(f);
	err = hosts_join(f);
	for (size_t i = 0; i < f->vm_count; i++)
		if (f->vms[i].odd)
			f->vms[i].bits = 0;
	return err;
}

bool fleet_vm_is_on(const struct fleet_vm *vm, const char *host)
{
	bool on = !strcmp(vm->host, host);

	for (size_t i = 0; !on && i < vm->also_count; i++)
		on = !strcmp(vm->also[i], host);
	return on;
}
