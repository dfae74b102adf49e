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
	VIOMMU_OP_REQUEST,	/**< a guest's request to its vIOMMU; err is that of the status */
	VIOMMU_OP_FAULT,	/**< a device's access: nothing was called, the IOMMU reported it */
};

/** VIOMMU_VMM_QEMU is any QEMU; VIOMMU_VMM_OTHER another VMM or a userspace driver (DPDK). */
enum viommu_vmm { VIOMMU_VMM_UNKNOWN, VIOMMU_VMM_QEMU, VIOMMU_VMM_OTHER };

/** Which interface of the kernel was called. Live tracing sees type1 only. */
enum viommu_api { VIOMMU_API_TYPE1, VIOMMU_API_IOMMUFD, VIOMMU_API_UNKNOWN };

/**
 * What a program or the kernel wrote about the cause, in words that decide by themselves. Only logs
 * have this; said.c says what follows. a, b: the numbers of the message, as described here.
 */
enum viommu_said {
	VIOMMU_SAID_NOTHING,
	VIOMMU_SAID_AW_ABOVE_HOST,	/**< vIOMMU of a bits refused on a host of b */
	VIOMMU_SAID_AW_RANGE,		/**< aw-bits must lie between a and b */
	VIOMMU_SAID_AW_VALUES,		/**< aw-bits must be a, or b (0: only a) */
	VIOMMU_SAID_CACHING_MODE,	/**< intel-iommu has no caching-mode=on */
	VIOMMU_SAID_NO_NOTIFIER,	/**< this vIOMMU cannot tell VFIO of its mappings */
	VIOMMU_SAID_ALIASED,		/**< virtio-iommu and a device behind a PCI bridge */
	VIOMMU_SAID_SPACES,		/**< group a lies in two address spaces of the guest */
	VIOMMU_SAID_NOT_VIABLE,		/**< group a has devices with host drivers */
	VIOMMU_SAID_NO_GROUP,		/**< the device has no IOMMU group */
	VIOMMU_SAID_NO_TYPE1,		/**< the kernel has no IOMMU driver for VFIO */
	VIOMMU_SAID_RMRR,		/**< firmware keeps memory of the device mapped 1:1 */
	VIOMMU_SAID_NO_INTREMAP,	/**< the host has no interrupt remapping */
	VIOMMU_SAID_PAGE_MASK,		/**< host's page sizes a, vIOMMU's b: none in common */
	VIOMMU_SAID_FROZEN_GRANULE,	/**< host cannot map the granule a that the guest uses */
	VIOMMU_SAID_GUEST_GRANULE,	/**< vIOMMU's granule a is above the guest's page size b */
	VIOMMU_SAID_UNALIGNED,		/**< a region at a does not fit pages of b bytes */
	VIOMMU_SAID_RESERVED_LATE,	/**< reserved ranges came after the guest asked */
	VIOMMU_SAID_RESERVED_CONFLICT,	/**< reserved ranges of two devices do not go together */
	VIOMMU_SAID_MEMLOCK,		/**< RLIMIT_MEMLOCK of a bytes was exceeded */
	VIOMMU_SAID_WIDTH,		/**< address a does not fit an IOMMU of b bits */
	VIOMMU_SAID_ENTRIES,		/**< mapping entries run out, there are a */
	VIOMMU_SAID_BEYOND_MGAW,	/**< a device accessed a, beyond the IOMMU's width */
	VIOMMU_SAID_IOVA_MODE_PA,	/**< a device's driver needs physical addresses as IOVA */
	VIOMMU_SAID_IOVA_MODE_VA,	/**< physical addresses as IOVA are not to be had */
	VIOMMU_SAID_DMA_MASK,		/**< the program's addresses exceed the IOMMU's width */
	VIOMMU_SAID_HIGH_DMA,		/**< IOVAs of a bits are used; b: the host's, or 0 */
	VIOMMU_NR_SAID
};

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
	bool flags_unknown;		/**< dma_flags are not known though has_range is set */
	enum viommu_api api;
	enum viommu_said said;
	uint64_t said_a;		/**< see enum viommu_said */
	uint64_t said_b;
	bool no_driver;			/**< the container had no IOMMU driver */
	bool denied;			/**< viommu_guard said so; err 0: its policy only audits */
	bool retried;			/**< the same range was mapped right after (EBUSY) */

	struct iova_ranges ranges;	/**< count 0: unknown */
	bool ranges_cut;		/**< there are more above the last of ranges */
	bool top_unknown;		/**< ranges tell the holes, not where the last range ends */
	/**
	 * The host is x86: its interrupt window is reserved, and from 1 TiB on nothing is but what
	 * lies above its width (AMD's hole ends there). Set where ranges are not known.
	 */
	bool x86_host;
	enum viommu_limit_from limit_from;	/**< where ranges come from */
	uint64_t pgsize_bitmap;		/**< 0: unknown */

	enum viommu_backing backing;
	bool backing_guessed;		/**< by place and size of the request only */
	enum viommu_path path;
	enum viommu_vmm vmm;
	bool gave_up;			/**< the VMM said that it, or the device, ends */

	unsigned int request;		/**< REQUEST: enum viommu_request_type */
	unsigned int status;		/**< REQUEST: enum viommu_status; err is its errno */
	uint32_t request_flags;		/**< REQUEST: of the request */
	bool status_ignored;		/**< REQUEST: the guest's driver does not look at it */

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
	char detail[512];		/**< what happened, with the numbers, and why */
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
