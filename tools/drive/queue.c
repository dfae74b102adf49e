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
 * option ROM is ever put; 64 KiB a queue. What is behind those of two queues is the caller's.
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

int queue_descriptor(const struct queue *q, uint16_t i, uint64_t addr, size_t len, uint16_t flags,
		     uint16_t next)
{
	const struct vring_desc desc = {
		.addr = htole64(addr),
		.len = htole32((uint32_t)len),
		.flags = htole16(flags),
		.next = htole16(next),
	};

	return qtest_write(q->dev->fn.qt, q->base + DESC_AT + i * sizeof(desc), &desc,
			   sizeof(desc));
}

static uint64_t avail_slot(const struct queue *q, uint16_t idx)
{
	return q->base + AVAIL_AT + offsetof(struct vring_avail, ring) + 2u * (idx % q->size);
}

/* Hand the chain that starts with descriptor @head to the device. */
static int chain_offer(struct queue *q, uint16_t head)
{
	int err = qtest_store(q->dev->fn.qt, avail_slot(q, q->avail_idx), 2, head);

	return err ? err : queue_skip(q, 1);
}

int queue_skip(struct queue *q, uint16_t count)
{
	q->avail_idx = (uint16_t)(q->avail_idx + count);
	return qtest_store(q->dev->fn.qt, q->base + AVAIL_AT + offsetof(struct vring_avail, idx), 2,
			   q->avail_idx);
}

static int queue_notify(const struct queue *q)
{
	return qtest_store(q->dev->fn.qt, q->doorbell, 2, q->index);
}

/* Chains that the device is done with and that were not taken back yet. */
static int used_count(const struct queue *q, uint16_t *count)
{
	const uint16_t offered = (uint16_t)(q->avail_idx - q->used_idx);
	uint64_t idx;
	int err = qtest_load(q->dev->fn.qt, q->base + USED_AT + offsetof(struct vring_used, idx),
			     2, &idx);

	*count = err ? 0 : (uint16_t)(idx - q->used_idx);
	if (*count > offered)
		return drive_fail(EPROTO, "the device says it has used %" PRIu64 " chains of queue "
				  "%u, it was given %u", idx, q->index, q->avail_idx);
	return err;
}

/* Take back the oldest of these. */
static int used_take(struct queue *q, struct vring_used_elem *elem)
{
	size_t at = offsetof(struct vring_used, ring) + sizeof(*elem) * (q->used_idx % q->size);
	int err = qtest_read(q->dev->fn.qt, q->base + USED_AT + at, elem, sizeof(*elem));

	if (err)
		return err;
	elem->id = le32toh(elem->id);
	elem->len = le32toh(elem->len);
	q->used_idx++;
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

int queue_open(struct queue *q, const struct virtio_device *dev, uint16_t index, uint16_t size)
{
	int err;

	*q = (struct queue){ .dev = dev, .index = index, .size = size,
			     .base = MEMORY_BASE + (uint64_t)index * MEMORY_SIZE };
	err = memory_clear(q);
	if (!err)
		err = qtest_store(dev->fn.qt, q->base + AVAIL_AT, 2, VRING_AVAIL_F_NO_INTERRUPT);
	if (!err)
		err = virtio_queue_enable(dev, index, size, q->base + DESC_AT,
					  q->base + AVAIL_AT, q->base + USED_AT, &q->doorbell);
	return err;
}

/* Wait until the device is done with @wanted chains. */
static int used_wait(const struct queue *q, uint16_t wanted)
{
	const int64_t end = clock_now_ms() + REQUEST_MS;
	uint64_t pause_us = 50;
	uint16_t count;
	int err;

	for (;;) {
		err = used_count(q, &count);
		if (err || count >= wanted)
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
		err = queue_descriptor(q, 0, q->base + OUT_AT, out_len, VRING_DESC_F_NEXT, 1);
	if (!err)
		err = queue_descriptor(q, 1, q->base + IN_AT, in_len, VRING_DESC_F_WRITE, 0);
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
		err = used_wait(q, 1);
	if (!err)
		err = used_take(q, &elem);
	if (!err && (elem.id != 0 || elem.len > in_len))
		err = drive_fail(EPROTO, "the device gave back chain %" PRIu32 " with %" PRIu32
				 " bytes, chain 0 with at most %zu was due", elem.id, elem.len,
				 in_len);
	return err ? err : qtest_read(q->dev->fn.qt, q->base + IN_AT, in, in_len);
}

int queue_offer(struct queue *q, uint16_t count)
{
	struct qtest *qt = q->dev->fn.qt;
	const uint16_t first = q->avail_idx % q->size;
	uint16_t heads[QUEUE_MAX], i;
	const uint16_t to_end = (uint16_t)(q->size - first);
	const uint16_t before_end = count < to_end ? count : to_end;
	int err;

	for (i = 0; i < count; i++)
		heads[i] = htole16(i);
	err = qtest_write(qt, avail_slot(q, first), heads, before_end * sizeof(*heads));
	if (!err)
		err = qtest_write(qt, avail_slot(q, 0), heads + before_end,
				  (size_t)(count - before_end) * sizeof(*heads));
	if (!err)
		err = queue_skip(q, count);
	return err ? err : queue_notify(q);
}

int queue_finish(struct queue *q)
{
	int err = used_wait(q, (uint16_t)(q->avail_idx - q->used_idx));

	q->used_idx = q->avail_idx;
	return err;
}

int queue_stopped(const struct queue *q)
{
	const int64_t end = clock_now_ms() + REQUEST_MS;

	while (!virtio_needs_reset(q->dev)) {
		if (clock_now_ms() >= end)
			return drive_fail(EPROTO, "the device goes on in spite of what it was sent");
		clock_sleep_us(50);
	}
	return 0;
}

static uint64_t post_addr(const struct queue *q, unsigned int i)
{
	return q->base + IN_AT + i * (QUEUE_BUFFER_SIZE / QUEUE_POSTED);
}

int queue_post(struct queue *q, size_t len)
{
	uint16_t i;
	int err = 0;

	for (i = 0; i < QUEUE_POSTED && !err; i++) {
		err = queue_descriptor(q, i, post_addr(q, i), len, VRING_DESC_F_WRITE, 0);
		if (!err)
			err = chain_offer(q, i);
	}
	return err;
}

int queue_take(struct queue *q, void *buf, size_t len, bool *taken)
{
	struct vring_used_elem elem;
	uint16_t count;
	int err = used_count(q, &count);

	*taken = !err && count > 0;
	if (*taken)
		err = used_take(q, &elem);
	if (err || !*taken)
		return err;
	if (elem.id >= QUEUE_POSTED || elem.len < len)
		return drive_fail(EPROTO, "the device filled buffer %" PRIu32 " of queue %u with %"
				  PRIu32 " bytes, %zu were due", elem.id, q->index, elem.len, len);
	err = qtest_read(q->dev->fn.qt, post_addr(q, elem.id), buf, len);
	if (!err)
		err = chain_offer(q, (uint16_t)elem.id);
	return err ? err : queue_notify(q);
}
