/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of remedies, apart from the code that picks from it. */
#ifndef VIOMMU_CORE_REMEDY_TABLE_H
#define VIOMMU_CORE_REMEDY_TABLE_H

#include "facts.h"

/** When a remedy applies; all bits of a row must hold. */
enum remedy_when {
	WHEN_QEMU = 1 << 0,	/**< QEMU, or not known to be another program */
	WHEN_OTHER = 1 << 1,	/**< a program that is not QEMU */
	WHEN_BITS = 1 << 2,	/**< a width can be recommended: {bits} */
	WHEN_INTEL = 1 << 3,	/**< and intel-iommu can have one that is not wider: {intel} */
	WHEN_HOST_BITS = 1 << 4,	/**< the host's width is known, a VM can have it: {host} */
	WHEN_VIOMMU = 1 << 5,	/**< the guest asked, or may have asked */
	WHEN_REGION = 1 << 6,	/**< the VMM asked, or may have asked */
	WHEN_GUEST = 1 << 7,	/**< the guest asked, that is known */
	WHEN_BAR = 1 << 8,	/**< a device's memory lies behind it */
	WHEN_NO_BAR = 1 << 9,	/**< something else does, or that is not known */
	WHEN_MAP = 1 << 10,	/**< a MAP failed */
	WHEN_UNMAP = 1 << 11,	/**< an UNMAP failed */
	WHEN_ABOVE = 1 << 12,	/**< the request ends above the last usable IOVA */
	WHEN_NO_BITS = 1 << 13,	/**< the host's width is not known */
	WHEN_KIB = 1 << 14,	/**< how much must be locked is known: {kib} */
	WHEN_NO_KIB = 1 << 15,	/**< it is not */
	WHEN_UNSAID = 1 << 16,	/**< no message named the cause */
	WHEN_CALL = 1 << 18,	/**< a call of VFIO failed, or a device's access */
	WHEN_REQUEST = 1 << 19,	/**< a guest's request was refused by its vIOMMU */
	WHEN_INTREMAP = 1 << 17,	/**< want of interrupt remapping is, or may be, the cause */
};

/**
 * One row. In text and option: {bits} recommended aw-bits, {intel} the same for intel-iommu,
 * {host} bits of the host, {kib} locked memory to allow in KiB.
 */
struct remedy_row {
	enum viommu_reason reason;
	int err;		/**< positive errno; 0: any */
	unsigned int when;	/**< enum remedy_when */
	enum viommu_remedy_for who;
	const char *text;
	const char *option;	/**< NULL: there is none */
	enum viommu_said said;	/**< only if that was said; NOTHING: whatever was */
};

extern const struct remedy_row remedy_rows[];
extern const size_t remedy_row_count;

#endif
