/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests as fast as the device takes them, many in the queue at a time. */
#ifndef DRIVE_BURST_H
#define DRIVE_BURST_H

#include <stddef.h>
#include <stdint.h>

#include "iommu.h"

/* Different requests of one burst. */
#define BURST_MAX_PARTS 64

/* Descriptors that a request may be scattered over; QEMU takes 1024 buffers, with the tail's. */
#define BURST_MAX_PIECES 1023

/** struct burst_part - one request, as the bytes that the device reads */
struct burst_part {
	uint16_t at;		/* where it begins in the bytes of the burst */
	uint16_t len;		/* bytes, not 0 */
	uint16_t pieces;	/* descriptors that its bytes are spread over, 1 to @len */
};

/** struct burst - what is sent */
struct burst {
	const uint8_t *bytes;	/* of all parts, @len in all, at most IOMMU_MAX_RAW */
	size_t len;
	const struct burst_part *parts;
	size_t part_count;	/* 1 to BURST_MAX_PARTS */
	uint32_t count;		/* requests: the parts in turn */
};

/** Requests by the status that they were answered with; one that got none is under 0xff. */
struct burst_result {
	uint32_t statuses[UINT8_MAX + 1];
};

/** burst_run() - send them all; 0 or -errno, after a message */
int burst_run(struct iommu *iommu, const struct burst *burst, struct burst_result *result);

#endif
