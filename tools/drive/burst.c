// SPDX-License-Identifier: GPL-2.0-or-later
#include "burst.h"

#include <endian.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "queue.h"

/* Guest RAM behind the queues: the tails, the bytes of the parts, and a table for each chain. */
#define TAILS_AT 0x1100000u
#define BYTES_AT 0x1101000u
#define TABLES_AT 0x1110000u
#define TABLES_SIZE 0x80000u

#define TAIL_SIZE sizeof(struct virtio_iommu_req_tail)

/** Chains that are laid out in guest RAM: each is an indirect descriptor, a table, and a tail. */
struct layout {
	size_t table_size;	/* bytes from one table to the next */
	uint16_t chains;	/* a multiple of the parts: a batch begins with the first */
};

static struct layout layout_choose(const struct burst *b)
{
	uint16_t pieces = 0;
	struct layout l;
	size_t room;

	for (size_t i = 0; i < b->part_count; i++)
		if (b->parts[i].pieces > pieces)
			pieces = b->parts[i].pieces;
	l.table_size = (pieces + 1u) * sizeof(struct vring_desc);
	room = TABLES_SIZE / l.table_size;
	if (room > QUEUE_MAX)
		room = QUEUE_MAX;
	if (room > b->part_count)
		room -= room % b->part_count;
	l.chains = (uint16_t)room;
	return l;
}

/* The table of one chain: the pieces of its part, then its tail. Returns its length, bytes. */
static size_t table_fill(struct vring_desc *table, const struct burst_part *part, uint16_t chain)
{
	const size_t each = part->len / part->pieces;
	size_t at = 0;

	for (uint16_t i = 0; i < part->pieces; i++) {
		size_t len = i + 1 == part->pieces ? part->len - at : each;

		table[i] = (struct vring_desc){
			.addr = htole64(BYTES_AT + part->at + at),
			.len = htole32((uint32_t)len),
			.flags = htole16(VRING_DESC_F_NEXT),
			.next = htole16((uint16_t)(i + 1)),
		};
		at += len;
	}
	table[part->pieces] = (struct vring_desc){
		.addr = htole64(TAILS_AT + chain * TAIL_SIZE),
		.len = htole32(TAIL_SIZE),
		.flags = htole16(VRING_DESC_F_WRITE),
	};
	return (part->pieces + 1u) * sizeof(*table);
}

static int chain_write(const struct queue *q, const struct layout *l,
		       const struct burst_part *part, uint16_t chain)
{
	struct vring_desc table[BURST_MAX_PIECES + 1];
	const uint64_t addr = TABLES_AT + chain * l->table_size;
	const size_t len = table_fill(table, part, chain);
	int err = qtest_write(q->dev->fn.qt, addr, table, len);

	return err ? err : queue_descriptor(q, chain, addr, len, VRING_DESC_F_INDIRECT, 0);
}

/* Send the first @count chains and add up what they are answered. */
static int batch_run(struct queue *q, uint16_t count, struct burst_result *result)
{
	uint8_t tails[QUEUE_MAX * TAIL_SIZE];
	const size_t len = count * TAIL_SIZE;
	int err;

	memset(tails, 0xff, len);
	err = qtest_write(q->dev->fn.qt, TAILS_AT, tails, len);
	if (!err)
		err = queue_offer(q, count);
	if (!err)
		err = queue_finish(q);
	if (!err)
		err = qtest_read(q->dev->fn.qt, TAILS_AT, tails, len);
	for (uint16_t i = 0; !err && i < count; i++)
		result->statuses[tails[i * TAIL_SIZE]]++;
	return err;
}

int burst_run(struct iommu *iommu, const struct burst *burst, struct burst_result *result)
{
	struct queue *q = &iommu->requests;
	const struct layout l = layout_choose(burst);
	uint32_t left = burst->count;
	int err = qtest_write(q->dev->fn.qt, BYTES_AT, burst->bytes, burst->len);

	*result = (struct burst_result){ 0 };
	for (uint16_t i = 0; i < l.chains && !err; i++)
		err = chain_write(q, &l, &burst->parts[i % burst->part_count], i);
	while (left && !err) {
		uint16_t count = left < l.chains ? (uint16_t)left : l.chains;

		err = batch_run(q, count, result);
		left -= count;
	}
	return err;
}
