/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a host: its IOMMUs, its groups, its settings. Filled by user/host from sysfs, or
 * from a facts file of another machine; the answers come from this structure alone.
 */
#ifndef VIOMMU_CORE_MACHINE_H
#define VIOMMU_CORE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iova.h"
#include "vocab.h"

/** How the kernel describes a reserved region (iommu_group_resv_type_string[] of iommu.c). */
enum region_type {
	REGION_DIRECT,		/**< mapped one to one (RMRR); VFIO leaves it out */
	REGION_DIRECT_RELAXABLE,/**< the same, but VFIO may map there */
	REGION_RESERVED,
	REGION_MSI,
	REGION_OTHER,		/**< a word that we do not know: treated as reserved */
	NR_REGION_TYPES
};

struct machine_region {
	struct viommu_range range;
	enum region_type type;
};

enum unit_kind { UNIT_UNKNOWN, UNIT_INTEL, UNIT_AMD, UNIT_SMMU, UNIT_VIRTIO, NR_UNIT_KINDS };

/** One IOMMU. What is 0 / false was not readable. */
struct machine_unit {
	char name[32];		/**< "dmar0", "ivhd0" as in /sys/class/iommu */
	enum unit_kind kind;
	bool has_cap;		/**< Intel: cap and ecap are valid */
	uint64_t cap;
	uint64_t ecap;
	/**
	 * Words in features. AMD: extended features; two words are in the order in which the kernel
	 * prints them in sysfs, one word is EFR. SMMU v3: the driver's ARM_SMMU_FEAT_* bits, one
	 * word.
	 */
	unsigned int feature_count;
	uint64_t features[2];
	unsigned int ivrs_va_bits;	/**< AMD: IVinfo VASize of IVRS, bits, 64: none */
	unsigned int ias;	/**< SMMU, virtio-iommu: input address size, bits, as logged */
	unsigned int oas;	/**< SMMU: output address size, bits */
};

#define MACHINE_MAX_REGIONS 64
#define MACHINE_MAX_GROUP_DEVICES 32

struct machine_group {
	int id;
	int unit;		/**< index in units, -1 unknown */
	char type[16];		/**< default domain: "DMA", "identity", ... */
	char devices[MACHINE_MAX_GROUP_DEVICES][20];	/**< PCI addresses, or other device names */
	size_t device_count;
	struct machine_region regions[MACHINE_MAX_REGIONS];
	size_t region_count;
	bool has_regions;	/**< reserved_regions was readable (it may be empty) */
};

enum cpu_vendor { CPU_UNKNOWN, CPU_INTEL, CPU_AMD, CPU_ARM, NR_CPU_VENDORS };

/** A host. Arrays are owned: machine_init(), machine_fini(). */
struct machine {
	char host[64];
	char kernel[128];	/**< uname -r */
	char arch[16];		/**< uname -m */
	enum cpu_vendor vendor;
	unsigned int page_size;	/**< bytes; 0 unknown */
	uint64_t memory;	/**< bytes of RAM; 0 unknown */
	unsigned int va_bits;	/**< arm64: bits of process addresses (VA_BITS); 0 unknown */
	/**
	 * The kernel gives VFIO first-stage tables where the unit has them: scalable mode is on and
	 * the kernel is 6.13 or later, or the units have no second stage in that mode.
	 */
	bool intel_first_stage;
	bool amd_v2_tables;	/**< amd_iommu=pgtbl_v2 on the kernel's command line */
	bool has_dma_entry_limit;
	uint32_t dma_entry_limit;
	bool has_unsafe_interrupts;
	bool unsafe_interrupts;	/**< vfio_iommu_type1.allow_unsafe_interrupts */
	struct machine_unit *units;
	size_t unit_count;
	struct machine_group *groups;
	size_t group_count;
};

void machine_init(struct machine *m);
/** Frees the arrays; m is empty then and may be used again. */
void machine_fini(struct machine *m);
/**
 * A new element at the end of the array, zeroed but for machine_group::unit, which is -1. NULL if
 * out of memory. Earlier elements of the array may move.
 */
struct machine_unit *machine_add_unit(struct machine *m);
struct machine_group *machine_add_group(struct machine *m);
const struct machine_group *machine_find_group(const struct machine *m, int id);
/** The group of a device, NULL if it is in none. */
const struct machine_group *machine_group_of(const struct machine *m, const char *device);

/* Names as in sysfs and in the facts format; NULL if the value is out of range. */
const char *region_type_name(enum region_type type);
const char *unit_kind_name(enum unit_kind kind);
const char *cpu_vendor_name(enum cpu_vendor vendor);

#endif
