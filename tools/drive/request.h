/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a request, as typed on the command line or in a script. */
#ifndef DRIVE_REQUEST_H
#define DRIVE_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "burst.h"

/* Most words of one request, the first one included. */
#define REQUEST_MAX_WORDS 8

/** enum request_op - what is to be done */
enum request_op {
	REQUEST_CONFIG,
	REQUEST_PROBE,
	REQUEST_ATTACH,
	REQUEST_DETACH,
	REQUEST_MAP,
	REQUEST_MAPS,
	REQUEST_UNMAP,
	REQUEST_RAW,
	REQUEST_BURST,
	REQUEST_STOP,
	REQUEST_ENABLE,
	REQUEST_POKE,
	REQUEST_SLEEP,
};

/** struct request - a request whose words are all right; fields that it does not use are 0 */
struct request {
	enum request_op op;
	const char *name;	/* the first word */
	uint32_t domain;
	uint32_t endpoint;	/* PCI bus << 8 | slot << 3 | function */
	uint32_t flags;		/* VIRTIO_IOMMU_ATTACH_F_* or VIRTIO_IOMMU_MAP_F_* */
	uint64_t start;		/* first IOVA; of enable: where to put BARs; of poke: the offset */
	uint64_t size;		/* bytes */
	uint64_t phys;		/* guest physical address */
	uint64_t stride;	/* of maps: distance of the starts */
	uint32_t count;		/* of maps, burst, stop: how many; of sleep: milliseconds */
	uint32_t bar;		/* of poke: which BAR */
	uint32_t value;		/* of poke: what to write */
	uint8_t raw[IOMMU_MAX_RAW];
	size_t raw_len;		/* bytes used of @raw */
	struct burst_part parts[BURST_MAX_PARTS];	/* of burst: how @raw is to be sent */
	size_t part_count;
	size_t stop;		/* of stop: which way, a number of stop_kind_name() */
};

/**
 * request_parse() - understand a request
 * @words: @count words
 * @where: where they are from, to begin messages with: "line 3"
 *
 * Return: 0, or -EINVAL after a message.
 */
int request_parse(struct request *req, char *const *words, size_t count, const char *where);

/** request_print_usage() - one line for each request, with its words */
void request_print_usage(FILE *out);

#endif
