// SPDX-License-Identifier: GPL-2.0-or-later
#include "queue.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "clock.h"
#include "error.h"

/*
 * Guest RAM of the queues: at 16 MiB, where a machine of 32 MiB has RAM and no firmware or
 * option ROM is ever put; 64 KiB a queue.
 */
#define MEMORY_BASE 0x1000000u
#define MEMORY_SIZE 0x10000u

/* Parts of a queue's memory, as offsets. */
#define DESC_AT 0x0000u
#define AVAIL_AT 0x1000u
#define USED_AT 0x2000u
#define OUT_AT 0x3000u
#define IN_AT 0x4000u
#define MEMORY_USED 0x5000u

/* How long one request may take; QEMU pins guest memory in it. */
#define REQUEST_MS 30000

static uint64_t desc_addr(const struct queue *q, unsigned int i)
{
	return q->base + DESC_AT + i * sizeof(struct vring_desc);
}

static int desc_write(const struct queue *q, unsigned int i, uint64_t addr, size_t len,
		      uint16_t flags)
{
	const struct vring_desc desc = {
		.addr = htole64(addr),
		.len = htole32((uint32_t)len),
		.flags = htole16(flags),
		.next = htole16((uint16_t)(i + 1)),
	};

	return qtest_write(q->dev->fn.qt, desc_addr(q, i), &desc, sizeof(desc));
}

/* Hand the chain that starts with descriptor @head to the device. */
static int chain_offer(struct queue *q, uint16_t head)
{
	struct qtest *qt = q->dev->fn.qt;
	uint64_t avail = q->base + AVAIL_AT;
	size_t slot = offsetof(struct vring_avail, ring) + 2u * (q->avail_idx % QUEUE_SIZE);
	int err = qtest_store(qt, avail + slot, 2, head);

	if (err)
		return err;
	q->avail_idx++;
	return qtest_store(qt, avail + offsetof(struct vring_avail, idx), 2, q->avail_idx);
}

static int queue_notify(const struct queue *q)
{
	return qtest_store(q->dev->fn.qt, q->doorbell, 2, q->index);
}

/* A chain that the device is done with, if there is one. */
static int chain_take(struct queue *q, bool *taken, struct vring_used_elem *elem)
{
	struct qtest *qt = q->dev->fn.qt;
	uint64_t used = q->base + USED_AT, idx;
	size_t at = offsetof(struct vring_used, ring) + sizeof(*elem) * (q->used_idx % QUEUE_SIZE);
	int err = qtest_load(qt, used + offsetof(struct vring_used, idx), 2, &idx);

	*taken = false;
	if (err || idx == q->used_idx)
		return err;
	if ((uint16_t)(idx - q->used_idx) > (uint16_t)(q->avail_idx - q->used_idx))
		return drive_fail(EPROTO, "the device says it has used %" PRIu64 " chains of queue "
				  "%u, it was given %u", idx, q->index, q->avail_idx);
	err = qtest_read(qt, used + at, elem, sizeof(*elem));
	if (err)
		return err;
	elem->id = le32toh(elem->id);
	elem->len = le32toh(elem->len);
	q->used_idx++;
	*taken = true;
	return 0;
}

/* Clear the memory, and see that it is memory: writes to a hole in the address space are lost. */
static int memory_clear(const struct queue *q)
{
	static const uint8_t zero[MEMORY_USED];
	struct qtest *qt = q->dev->fn.qt;
	uint64_t mark = 0;
	int err = qtest_store(qt, q->base, 8, 0x564945574d454d4f);

	if (!err)
		err = qtest_load(qt, q->base, 8, &mark);
	if (!err && mark != 0x564945574d454d4f)
		err = drive_fail(ENXIO, "the guest has no RAM at 0x%" PRIx64 ": start QEMU with "
				 "-m 64M or more", q->base);
	return err ? err : qtest_write(qt, q->base, zero, sizeof(zero));
}

int queue_open(struct queue *q, const struct virtio_device *dev, uint16_t index)
{
	int err;

	*q = (struct queue){ .dev = dev, .index = index,
			     .base = MEMORY_BASE + (uint64_t)index * MEMORY_SIZE };
	err = memory_clear(q);
	if (!err)
		err = qtest_store(dev->fn.qt, q->base + AVAIL_AT, 2, VRING_AVAIL_F_NO_INTERRUPT);
	if (!err)
		err = virtio_queue_enable(dev, index, QUEUE_SIZE, q->base + DESC_AT,
					  q->base + AVAIL_AT, q->base + USED_AT, &q->doorbell);
	return err;
}

static int request_wait(struct queue *q, struct vring_used_elem *elem)
{
	const int64_t end = clock_now_ms() + REQUEST_MS;
	uint64_t pause_us = 50;
	bool taken;
	int err;

	for (;;) {
		err = chain_take(q, &taken, elem);
		if (err || taken)
			return err;
		if (virtio_needs_reset(q->dev))
			return drive_fail(EIO, "the device found the request malformed and has "
					  "stopped; the next run resets it");
		if (clock_now_ms() >= end)
			return drive_fail(ETIMEDOUT, "the device did not answer a request in %d s "
					  "(is the VM stopped?)", REQUEST_MS / 1000);
		clock_sleep_us(pause_us);
		if (pause_us < 5000)
			pause_us *= 2;
	}
}

static int request_write(const struct queue *q, const void *out, size_t out_len, const void *in,
			 size_t in_len)
{
	struct qtest *qt = q->dev->fn.qt;
	int err = qtest_write(qt, q->base + OUT_AT, out, out_len);

	if (!err)
		err = qtest_write(qt, q->base + IN_AT, in, in_len);
	if (!err)
		err = desc_write(q, 0, q->base + OUT_AT, out_len, VRING_DESC_F_NEXT);
	if (!err)
		err = desc_write(q, 1, q->base + IN_AT, in_len, VRING_DESC_F_WRITE);
	return err;
}

int queue_request(struct queue *q, const void *out, size_t out_len, void *in, size_t in_len)
{
	struct vring_used_elem elem;
	int err;

	if (out_len > QUEUE_BUFFER_SIZE || in_len > QUEUE_BUFFER_SIZE)
		return drive_fail(E2BIG, "a request of %zu and %zu bytes is too long, %d is the "
				  "limit", out_len, in_len, QUEUE_BUFFER_SIZE);
	memset(in, 0xff, in_len);
	err = request_write(q, out, out_len, in, in_len);
	if (!err)
		err = chain_offer(q, 0);
	if (!err)
		err = queue_notify(q);
	if (!err)
		err = request_wait(q, &elem);
	if (!err && (elem.id != 0 || elem.len > in_len))
		err = drive_fail(EPROTO, "the device gave back chain %" PRIu32 " with %" PRIu32
				 " bytes, chain 0 with at most %zu was due", elem.id, elem.len,
				 in_len);
	return err ? err : qtest_read(q->dev->fn.qt, q->base + IN_AT, in, in_len);
}

static uint64_t post_addr(const struct queue *q, unsigned int i)
{
	return q->base + IN_AT + i * (QUEUE_BUFFER_SIZE / QUEUE_SIZE);
}

int queue_post(struct queue *q, size_t len)
{
	uint16_t i;
	int err = 0;

	for (i = 0; i < QUEUE_SIZE && !err; i++) {
		err = desc_write(q, i, post_addr(q, i), len, VRING_DESC_F_WRITE);
		if (!err)
			err = chain_offer(q, i);
	}
	return err;
}

int queue_take(struct queue *q, void *buf, size_t len, bool *taken)
{
	struct vring_used_elem elem;
	int err = chain_take(q, taken, &elem);

	if (err || !*taken)
		return err;
	if (elem.id >= QUEUE_SIZE || elem.len < len)
		return drive_fail(EPROTO, "the device filled buffer %" PRIu32 " of queue %u with %"
				  PRIu32 " bytes, %zu were due", elem.id, q->index, elem.len, len);
	err = qtest_read(q->dev->fn.qt, post_addr(q, elem.id), buf, len);
	if (!err)
		err = chain_offer(q, (uint16_t)elem.id);
	return err ? err : queue_notify(q);
}
