/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what is known of a failure to why it happened, how bad it is and what to do. Pure: the
 * live tracer, the log reader and the history ask the same function.
 */
#ifndef VIOMMU_CORE_DIAGNOSE_H
#define VIOMMU_CORE_DIAGNOSE_H

#include "iova.h"
#include "vocab.h"

/** What failed. */
enum viommu_op {
	VIOMMU_OP_MAP,
	VIOMMU_OP_UNMAP,
	VIOMMU_OP_ATTACH,	/**< a group to a container */
};

/** VIOMMU_VMM_QEMU is any QEMU; VIOMMU_VMM_OTHER another VMM or a userspace driver (DPDK). */
enum viommu_vmm { VIOMMU_VMM_UNKNOWN, VIOMMU_VMM_QEMU, VIOMMU_VMM_OTHER };

/** Everything that is known of one failure. A zeroed structure knows nothing. */
struct viommu_evidence {
	enum viommu_op op;
	int err;			/**< positive errno; 0 unknown, or no failure */
	uint64_t iova;			/**< of the request; valid if has_range */
	uint64_t size;			/**< bytes; valid if has_range */
	uint64_t vaddr;			/**< process address behind a map; valid if has_range */
	uint32_t dma_flags;		/**< VFIO_DMA_*_FLAG_*; valid if has_range */
	uint32_t argsz;			/**< bytes, as given by the caller; 0 unknown */
	bool has_range;
	bool no_driver;			/**< the container had no IOMMU driver */
	bool retried;			/**< the same range was mapped right after (EBUSY) */

	struct iova_ranges ranges;	/**< count 0: unknown */
	bool ranges_cut;		/**< there are more above the last of ranges */
	enum viommu_limit_from limit_from;	/**< where ranges come from */
	uint64_t pgsize_bitmap;		/**< 0: unknown */

	enum viommu_backing backing;
	enum viommu_path path;
	enum viommu_vmm vmm;

	bool has_dma_avail;
	uint32_t dma_avail;		/**< entries left */

	bool has_memlock;
	bool cap_ipc_lock;		/**< memlock_limit does not bind */
	uint64_t memlock_limit;		/**< bytes, ~0 = no limit */
	uint64_t memlock_used;		/**< bytes, after the failed call was undone */
	unsigned int containers;	/**< of this process; 0 unknown */
};

#define VIOMMU_MAX_REMEDIES 6
#define VIOMMU_MAX_CANDIDATES 6
#define VIOMMU_MAX_NEEDS 4

/** One thing that a person can do. */
struct viommu_remedy {
	enum viommu_remedy_for who;
	char text[192];			/**< a sentence */
	char option[160];		/**< literal text to paste; empty if there is none */
};

/** The answer. Text is English, ends without a full stop, never contains a newline. */
struct viommu_diagnosis {
	enum viommu_reason reason;
	enum viommu_severity severity;
	char detail[320];		/**< what happened, with the numbers, and why */
	struct viommu_remedy remedies[VIOMMU_MAX_REMEDIES];	/**< best first */
	size_t remedy_count;
	enum viommu_reason candidates[VIOMMU_MAX_CANDIDATES];	/**< if reason is UNKNOWN */
	size_t candidate_count;
	char needs[VIOMMU_MAX_NEEDS][96];	/**< what would decide, if reason is UNKNOWN */
	size_t need_count;
};

/**
 * Always gives an answer; UNKNOWN with candidates where the evidence does not decide. The order of
 * the rules is that of the kernel's own checks, so that the check that refused is the one named.
 */
void viommu_diagnose(const struct viommu_evidence *ev, struct viommu_diagnosis *out);

/**
 * aw-bits for a vIOMMU over these ranges: safe bits, clamped to what QEMU's virtio-iommu takes
 * (32..64). 0: no recommendation (ranges unknown, or too narrow).
 */
unsigned int viommu_recommend_bits(const struct iova_ranges *ranges);

/**
 * The option to paste for that width, e.g. "-device virtio-iommu-pci,aw-bits=39" (QEMU 9.0 or
 * newer); empty for width 0.
 */
void viommu_recommend_option(unsigned int bits, char *buf, size_t size);

#endif
