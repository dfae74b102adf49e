// SPDX-License-Identifier: GPL-2.0-or-later
/* Widths and verdicts, from hosts and VMs whose samples are joined. */
#include "fleet.h"
#include "text.h"

/* What aw-bits may be: hw/virtio/virtio-iommu.c, hw/i386/intel_iommu.c. */
#define VIRTIO_BITS_MIN 32
#define INTEL_BITS_3 39
#define INTEL_BITS_4 48

/* The kernel and QEMU count addresses in 64 bits. */
#define MOST_BITS 64

const char *fleet_verdict_name(enum fleet_verdict verdict)
{
	static const char *const names[] = {
#define X(sym, name, meaning) [FLEET_##sym] = name,
		FLEET_VERDICTS(X)
#undef X
	};

	return (unsigned int)verdict < NR_FLEET_VERDICTS ? names[verdict] : NULL;
}

bool fleet_host_known(const struct fleet_host *h)
{
	return h->groups && !h->unknown && !h->odd;
}

/* The widest that the model takes and that is at most safe; 0: none. */
static unsigned int model_bits(const struct fleet_vm *vm, unsigned int safe)
{
	if (!vm || !vm->has_model)
		return safe;
	switch (vm->model) {
	case VIOMMU_MODEL_VIRTIO:
		return safe < VIRTIO_BITS_MIN ? 0 : safe;
	case VIOMMU_MODEL_INTEL:
		if (safe >= INTEL_BITS_4)
			return INTEL_BITS_4;
		return safe >= INTEL_BITS_3 ? INTEL_BITS_3 : 0;
	case VIOMMU_MODEL_NONE:
	case VIOMMU_MODEL_AMD:
	case VIOMMU_MODEL_SMMU:
		return 0;	/* there is no aw-bits to set */
	default:
		return safe;
	}
}

unsigned int fleet_bits(const struct fleet *f, const struct fleet_vm *vm)
{
	return model_bits(vm, f->safe_bits);
}

bool fleet_host_limits(const struct fleet *f, const struct fleet_vm *vm,
		       const struct fleet_host *h)
{
	if (!h->safe || (vm && vm->has_model && !model_bits(vm, MOST_BITS)))
		return false;
	return model_bits(vm, h->safe->safe_bits) == fleet_bits(f, vm) &&
	       model_bits(vm, h->safe->safe_bits) < model_bits(vm, MOST_BITS);
}

/* Bits of an address; 1 for 0. */
static unsigned int bits_needed(uint64_t address)
{
	const unsigned int bits = iova_bits_needed(address);

	return bits ? bits : 1;
}

/* The VM has no vIOMMU whose width could be too large. */
static bool vm_has_no_width(const struct fleet_vm *vm)
{
	return !vm->bits && !vm->odd && vm->has_model && vm->model == VIOMMU_MODEL_NONE;
}

/* Enough of it to tell where it fits: without a vIOMMU that is what it maps. */
static bool vm_known(const struct fleet_vm *vm)
{
	return vm->bits || (vm_has_no_width(vm) && vm->highest);
}

enum fleet_verdict fleet_judge(const struct fleet_vm *vm, const struct fleet_host *h)
{
	if (h->max && vm->bits > h->max->max_bits)
		return FLEET_WIDTH;
	if (h->safe && vm->bits > h->safe->safe_bits)
		return FLEET_HOLE;
	if (h->max && vm->highest && bits_needed(vm->highest) > h->max->max_bits)
		return FLEET_MAPPED;
	if (!fleet_host_known(h) || !vm_known(vm))
		return FLEET_UNKNOWN;
	return FLEET_FITS;
}

static void unknown_why(struct text *t, const struct fleet_vm *vm, const struct fleet_host *h)
{
	if (!h->answers)
		text_add(t, "it has no metrics now, but had some within a day");
	else if (h->odd)
		text_add(t, "how many IOMMU groups it has is not known");
	else if (!h->groups)
		text_add(t, "it has no metrics of an IOMMU group");
	else if (h->unknown)
		text_add(t, "the limits of %zu of its %zu IOMMU groups are not known", h->unknown,
			 h->groups);
	else if (vm && vm_has_no_width(vm))
		text_add(t, "how far the VM maps is not known");
	else if (vm)
		text_add(t, "the width of the VM's vIOMMU is not known");
}

static void hole_why(struct text *t, const struct fleet_group *g)
{
	text_add(t, "safe are %u bits (group %.20s)", g->safe_bits, g->id);
	if (g->hole.type)
		text_add(t, ": hole 0x%llx-0x%llx, %.20s", (unsigned long long)g->hole.first,
			 (unsigned long long)g->hole.last, g->hole.type);
}

void fleet_why(char *buf, size_t size, enum fleet_verdict verdict, const struct fleet_vm *vm,
	       const struct fleet_host *h)
{
	struct text t;

	text_init(&t, buf, size);
	switch (verdict) {
	case FLEET_WIDTH:
		text_add(&t, "it translates %u bits (group %.20s)", h->max->max_bits, h->max->id);
		break;
	case FLEET_HOLE:
		hole_why(&t, h->safe);
		break;
	case FLEET_MAPPED:
		text_add(&t, "it translates %u bits (group %.20s), the VM has mapped up to 0x%llx",
			 h->max->max_bits, h->max->id, (unsigned long long)vm->highest);
		break;
	case FLEET_UNKNOWN:
		unknown_why(&t, vm, h);
		break;
	default:
		break;
	}
}
