// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Width of a vIOMMU that was not given one. It depends on the machine type, whose compatibility
 * settings undo newer defaults, and on QEMU's version (hw_compat_* in hw/core/machine.c).
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"

/** What hw/arm/smmuv3.c of QEMU tells its guest (SMMU_IDR5.OAS 44 bits). */
#define SMMU_BITS 44
/** IVHD attributes of hw/i386/acpi-build.c: AMDVI_MAX_VA_ADDR, 48 bits. */
#define AMD_BITS 48

/** A machine type, taken apart. */
struct machine_type {
	bool q35;
	bool pc;		/**< i440fx, isapc, microvm: x86 without a default of its own */
	bool arm_virt;
	bool foreign;		/**< a distribution's own numbering ("pc-q35-rhel9.4.0") */
	bool versioned;
	unsigned int version;	/**< 100 * major + minor */
};

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/** "pc-q35-9.2", "virt-9.0", "pc-q35-8.1+pve0"; "q35" and the like have no version. */
static struct machine_type type_of(const struct guest *g)
{
	const char *name = g->machine[0] ? g->machine : "pc";
	const bool arm = starts(g->arch, "aarch64") || starts(g->arch, "arm");
	const char *dash = strrchr(name, '-');
	struct machine_type t = { .q35 = strstr(name, "q35") };
	unsigned int major, minor;

	t.arm_virt = arm && (!strcmp(name, "virt") || starts(name, "virt-"));
	t.pc = !arm && !t.q35 && (starts(name, "pc") || starts(name, "isapc") ||
				  starts(name, "microvm"));
	if (dash && sscanf(dash + 1, "%3u.%3u", &major, &minor) == 2) {
		t.versioned = true;
		t.version = 100 * major + minor;
	} else {
		t.foreign = strcmp(name, "q35") && strcmp(name, "virt");
	}
	return t;
}

/** 100 * major + minor of the running QEMU; 0 unknown. */
static unsigned int qemu_of(const struct guest *g)
{
	return 100 * g->qemu_version[0] + g->qemu_version[1];
}

static unsigned int unknown(const struct guest *g, char *why, size_t size, const char *what)
{
	snprintf(why, size, "default width of machine type %s not known: %s",
		 g->machine[0] ? g->machine : "pc", what);
	return 0;
}

static unsigned int known(const struct guest *g, char *why, size_t size, unsigned int bits,
			  const char *source)
{
	snprintf(why, size, "%u bits, the default of %s with machine type %s (%s)", bits,
		 viommu_model_name(g->model), g->machine[0] ? g->machine : "pc", source);
	return bits;
}

/**
 * 64 before the option came with QEMU 9.0, and for machine types up to 8.2 (hw_compat_8_2); then
 * 39 for q35 (9b588be373), 48 for Arm's virt (62d776002c), and still 64 for others.
 */
static unsigned int virtio_default(const struct guest *g, char *why, size_t size)
{
	const struct machine_type t = type_of(g);
	const unsigned int qemu = qemu_of(g);

	if (qemu && qemu < 900)
		return known(g, why, size, 64, "QEMU before 9.0 has no other");
	if (t.versioned && t.version < 900)
		return known(g, why, size, 64, "hw_compat_8_2");
	if (t.pc)
		return known(g, why, size, 64, "01e7e4921c");
	if (t.foreign)
		return unknown(g, why, size, "it is its distributor's own; give aw-bits");
	if (!t.versioned && !qemu)
		return unknown(g, why, size, "QEMU's version is not known (64 before 9.0)");
	if (t.q35)
		return known(g, why, size, 39, "pc_q35_compat_defaults, since 9.0");
	if (t.arm_virt)
		return known(g, why, size, 48, "arm_virt_compat_defaults, since 9.0");
	return known(g, why, size, 64, "01e7e4921c");
}

/**
 * 39 up to machine type 9.1, 48 for newer ones (ddd84fd0c1). That came with QEMU 10.0, so that
 * machine type 9.2 has 39 where QEMU 9.2 runs it.
 */
static unsigned int intel_default(const struct guest *g, char *why, size_t size)
{
	const struct machine_type t = type_of(g);
	const unsigned int qemu = qemu_of(g);

	if (qemu && qemu < 1000)
		return known(g, why, size, 39, "QEMU before 10.0");
	if (t.versioned && t.version < 902)
		return known(g, why, size, 39, "hw_compat_9_1");
	if (t.versioned && t.version >= 1000)
		return known(g, why, size, 48, "ddd84fd0c1, since 10.0");
	if (t.foreign)
		return unknown(g, why, size, "it is its distributor's own; give aw-bits");
	if (!qemu)
		return unknown(g, why, size,
			       "QEMU's version is not known (39 before 10.0, then 48)");
	return known(g, why, size, 48, "ddd84fd0c1, since 10.0");
}

unsigned int guest_viommu_bits(const struct guest *g, char *why, size_t size)
{
	if (size)
		why[0] = '\0';
	if (g->aw_bits && (g->model == VIOMMU_MODEL_VIRTIO || g->model == VIOMMU_MODEL_INTEL)) {
		snprintf(why, size, "%u bits, given to %s with aw-bits", g->aw_bits,
			 viommu_model_name(g->model));
		return g->aw_bits;
	}
	switch (g->model) {
	case VIOMMU_MODEL_VIRTIO:
		return virtio_default(g, why, size);
	case VIOMMU_MODEL_INTEL:
		return intel_default(g, why, size);
	case VIOMMU_MODEL_AMD:
		return known(g, why, size, AMD_BITS, "fixed, hw/i386/amd_iommu.h");
	case VIOMMU_MODEL_SMMU:
		return known(g, why, size, SMMU_BITS, "fixed, hw/arm/smmuv3.c");
	default:
		return 0;
	}
}

const char *viommu_model_name(enum viommu_model model)
{
	static const char *const names[NR_VIOMMU_MODELS] = {
		[VIOMMU_MODEL_NONE] = "none",
		[VIOMMU_MODEL_VIRTIO] = "virtio-iommu",
		[VIOMMU_MODEL_INTEL] = "intel-iommu",
		[VIOMMU_MODEL_AMD] = "amd-iommu",
		[VIOMMU_MODEL_SMMU] = "arm-smmuv3",
	};

	return (unsigned int)model < NR_VIOMMU_MODELS ? names[model] : NULL;
}
