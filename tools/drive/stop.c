// SPDX-License-Identifier: GPL-2.0-or-later
#include "stop.h"

#include <endian.h>
#include <linux/virtio_ring.h>
#include <stdint.h>

#include "queue.h"

/* Guest RAM behind the queues and what bursts use: a request, a tail, a table of descriptors. */
#define REQUEST_AT 0x1200000u
#define TAIL_AT 0x1200100u
#define TABLE_AT 0x1210000u

#define TAIL_SIZE sizeof(struct virtio_iommu_req_tail)
#define MAP_SIZE (sizeof(struct virtio_iommu_req_map) - TAIL_SIZE)

/* Far more buffers than QEMU takes in one chain (VIRTQUEUE_MAX_SIZE, 1024). */
#define ENDLESS 4096

/* Nowhere to write a status to. */
static int no_tail_write(struct queue *q)
{
	return queue_descriptor(q, 0, REQUEST_AT, MAP_SIZE, 0, 0);
}

static int no_head_write(struct queue *q)
{
	return queue_descriptor(q, 0, TAIL_AT, TAIL_SIZE, VRING_DESC_F_WRITE, 0);
}

/* Not even a type. */
static int short_head_write(struct queue *q)
{
	int err = queue_descriptor(q, 0, REQUEST_AT, 2, VRING_DESC_F_NEXT, 1);

	return err ? err : queue_descriptor(q, 1, TAIL_AT, TAIL_SIZE, VRING_DESC_F_WRITE, 0);
}

static int empty_write(struct queue *q)
{
	int err = queue_descriptor(q, 0, REQUEST_AT, 0, VRING_DESC_F_NEXT, 1);

	return err ? err : queue_descriptor(q, 1, TAIL_AT, TAIL_SIZE, VRING_DESC_F_WRITE, 0);
}

static int loop_write(struct queue *q)
{
	return queue_descriptor(q, 0, REQUEST_AT, MAP_SIZE, VRING_DESC_F_NEXT, 0);
}

/* The device writes before it reads. */
static int order_write(struct queue *q)
{
	int err = queue_descriptor(q, 0, TAIL_AT, TAIL_SIZE,
				   VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);

	return err ? err : queue_descriptor(q, 1, REQUEST_AT, MAP_SIZE, 0, 0);
}

static int endless_write(struct queue *q)
{
	static const size_t len = ENDLESS * sizeof(struct vring_desc);
	struct vring_desc table[ENDLESS];
	int err;

	for (uint32_t i = 0; i < ENDLESS; i++)
		table[i] = (struct vring_desc){
			.addr = htole64(REQUEST_AT),
			.len = htole32(1),
			.flags = htole16(VRING_DESC_F_NEXT),
			.next = htole16((uint16_t)(i + 1)),
		};
	err = qtest_write(q->dev->fn.qt, TABLE_AT, table, len);
	return err ? err : queue_descriptor(q, 0, TABLE_AT, len, VRING_DESC_F_INDIRECT, 0);
}

/* More chains than the ring has room for. */
static int index_write(struct queue *q)
{
	int err = no_tail_write(q);

	return err ? err : queue_skip(q, 4 * QUEUE_MAX);
}

static const struct {
	const char *name;
	int (*write)(struct queue *q);
} kinds[] = {
	{ "no-tail", no_tail_write },
	{ "no-head", no_head_write },
	{ "short-head", short_head_write },
	{ "empty", empty_write },
	{ "loop", loop_write },
	{ "order", order_write },
	{ "endless", endless_write },
	{ "index", index_write },
};

const char *stop_kind_name(size_t kind)
{
	return kind < sizeof(kinds) / sizeof(*kinds) ? kinds[kind].name : NULL;
}

int stop_run(struct iommu *iommu, size_t kind)
{
	struct queue *q = &iommu->requests;
	int err = kinds[kind].write(q);

	if (!err)
		err = queue_offer(q, 1);
	return err ? err : queue_stopped(q);
}
