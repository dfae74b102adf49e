// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The number, by the VM's vIOMMU model, and whether today's is fine. It is an upper limit that is
 * rounded down: one bit too many fails at the first address that a guest takes from the top.
 */
#include <stdio.h>
#include <string.h>

#include "advise-parts.h"

/** Width of amd-iommu, which has no option for it (hw/i386/amd_iommu.h AMDVI_MAX_VA_ADDR). */
#define AMD_BITS 48

static unsigned int virtio_bits(unsigned int safe)
{
	return safe < VIRTIO_BITS_MIN ? 0 : safe > VIRTIO_BITS_MAX ? VIRTIO_BITS_MAX : safe;
}

/** hw/i386/intel_iommu.c takes 39 and 48 only; nothing tells its guest of a hole. */
static unsigned int intel_bits(unsigned int safe)
{
	return safe >= 48 ? 48 : safe >= 39 ? 39 : 0;
}

static void virtio_note(struct advising *s)
{
	const struct advice *a = s->a;

	if (!s->virtio_bits)
		advise_note(s, ADVICE_PROBLEM, "QEMU hw/virtio/virtio-iommu.c",
			    "the host maps %u bits without a hole, virtio-iommu takes 32 to 64: no "
			    "width fits", a->safe_bits);
	else if (a->safe_bits < a->max_bits && s->told == TRI_YES)
		advise_note(s, ADVICE_REASON, "QEMU hw/virtio/virtio-iommu.c",
			    "up to %u bits would work too: the guest is told of the holes, and each "
			    "device is alone in its guest group", a->max_bits);
}

static void intel_note(struct advising *s)
{
	const struct advice *a = s->a;

	if (!s->intel_bits)
		advise_note(s, ADVICE_PROBLEM, "QEMU hw/i386/intel_iommu.c",
			    "intel-iommu takes 39 or 48 bits, the host maps %u without a hole: use "
			    "virtio-iommu, which takes 32 to 64", a->safe_bits);
	else if (s->intel_bits != a->safe_bits)
		advise_note(s, ADVICE_REASON, "QEMU hw/i386/intel_iommu.c",
			    "intel-iommu takes 39 or 48 bits only: %u is the widest that the host's "
			    "%u bits hold", s->intel_bits, a->safe_bits);
}

static void other_note(struct advising *s)
{
	if (s->g->model == VIOMMU_MODEL_AMD)
		advise_note(s, s->a->safe_bits >= AMD_BITS ? ADVICE_WARNING : ADVICE_PROBLEM,
			    "QEMU hw/i386/amd_iommu.c",
			    "amd-iommu has no option for its width (%d bits or more) and does not "
			    "look at the host's, %u without a hole: use virtio-iommu", AMD_BITS,
			    s->a->safe_bits);
	else if (s->g->model == VIOMMU_MODEL_SMMU)
		advise_note(s, ADVICE_PROBLEM, "QEMU hw/arm/smmuv3.c",
			    "an emulated SMMUv3 refuses assigned devices, an accelerated one maps "
			    "nothing at run time and has no aw-bits: use virtio-iommu");
}

/** aw-bits of virtio-iommu is as old as QEMU 9.0 (01e7e4921c). */
static void version_note(struct advising *s)
{
	const struct guest *g = s->g;

	if (g->model != VIOMMU_MODEL_VIRTIO || !advise_qemu_known(g) ||
	    advise_qemu_at_least(g, 9, 0))
		return;
	advise_note(s, ADVICE_PROBLEM, "QEMU 9.0 (01e7e4921c)",
		    "QEMU %u.%u has no aw-bits for virtio-iommu, its guest gets 64: upgrade to 9.0 "
		    "or newer%s", g->qemu_version[0], g->qemu_version[1],
		    s->intel_bits && advise_is_x86(s) ? ", or use intel-iommu" : "");
}

static void current_intel(struct advising *s)
{
	const struct guest *g = s->g;
	const struct advice *a = s->a;

	if (a->current_bits > a->max_bits && advise_qemu_at_least(g, 9, 1))
		advise_note(s, ADVICE_PROBLEM, "QEMU vtd_check_hiod(), since 9.1",
			    "QEMU refuses the device: aw-bits %u > host aw-bits %u",
			    a->current_bits, a->max_bits);
	else
		advise_note(s, ADVICE_PROBLEM, "QEMU hw/i386/intel_iommu.c",
			    "with %u bits the guest is told OK for addresses that the host, %u bits "
			    "without a hole, does not map", a->current_bits, a->safe_bits);
}

static void current_wide(struct advising *s)
{
	const struct advice *a = s->a;

	if (s->told == TRI_YES) {
		advise_note(s, ADVICE_WARNING, "QEMU hw/virtio/virtio-iommu.c",
			    "%u bits work only while the guest is told of the reserved ranges: a "
			    "device plugged into a shared guest group, or a guest that ignores "
			    "them, breaks it", a->current_bits);
		return;
	}
	s->a->change_needed = true;
	if (s->g->model == VIOMMU_MODEL_INTEL)
		current_intel(s);
	else
		advise_note(s, ADVICE_PROBLEM, s->g->model == VIOMMU_MODEL_VIRTIO ?
			    "QEMU hw/virtio/virtio-iommu.c" : "QEMU's defaults",
			    "with %u bits the guest is told OK for addresses that the host, %u bits "
			    "without a hole, does not map: its DMA fails or hangs", a->current_bits,
			    a->safe_bits);
}

static void current_check(struct advising *s)
{
	const struct guest *g = s->g;
	struct advice *a = s->a;
	char why[sizeof(a->notes[0].text)] = "";

	if (g->model == VIOMMU_MODEL_NONE) {
		advise_note(s, ADVICE_REASON, "QEMU's command line",
			    "the VM has no vIOMMU: the number is for one that it may get");
		return;
	}
	a->current_bits = guest_viommu_bits(g, why, sizeof(why));
	if (!a->current_bits) {
		advise_note(s, ADVICE_UNKNOWN, "", "%s",
			    why[0] ? why : "today's width is not known: give aw-bits explicitly");
		return;
	}
	advise_note(s, ADVICE_REASON, g->aw_bits ? "QEMU's command line" : "QEMU's defaults",
		    "%s", why);
	/* An SMMU maps nothing at run time: other_note() has said what is wrong. */
	if (a->safe_bits && a->current_bits > a->safe_bits && g->model != VIOMMU_MODEL_SMMU)
		current_wide(s);
	if (a->bits && a->current_bits > a->bits)
		advise_note(s, ADVICE_REASON, "QEMU hw/virtio/virtio-iommu.c, intel_iommu.c",
			    "aw-bits is set when the VM starts: power it off and on, a reboot of "
			    "the guest is not enough");
}

static void caching_note(struct advising *s)
{
	if (s->g->model == VIOMMU_MODEL_INTEL && s->g->caching_mode == TRI_NO)
		advise_note(s, ADVICE_PROBLEM, "QEMU hw/i386/intel_iommu.c",
			    "an intel-iommu without caching-mode=on does not take assigned devices");
}

void advise_model(struct advising *s)
{
	struct advice *a = s->a;
	const struct guest *g = s->g;

	s->virtio_bits = virtio_bits(a->safe_bits);
	s->intel_bits = intel_bits(a->safe_bits);
	a->bits = g && g->model == VIOMMU_MODEL_INTEL ? s->intel_bits : s->virtio_bits;
	if (a->safe_bits && g && g->model == VIOMMU_MODEL_INTEL)
		intel_note(s);
	else if (a->safe_bits)
		virtio_note(s);
	if (!g)
		return;
	if (a->safe_bits)
		other_note(s);
	version_note(s);
	current_check(s);
	caching_note(s);
}
