/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Split virtqueues in guest RAM, written through qtest. One queue sends requests and waits for
 * each; the other has buffers posted, which the device fills when it has something to say.
 */
#ifndef DRIVE_QUEUE_H
#define DRIVE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio.h"

/* Most descriptors of a queue, and as many as QEMU's virtio-iommu has room for. */
#define QUEUE_MAX 256

/* Descriptors of a queue whose buffers are posted. */
#define QUEUE_POSTED 16

/* Room for what the driver writes, and for what the device writes, of one request. */
#define QUEUE_BUFFER_SIZE 4096

/** struct queue - a queue after queue_open(); refers to its device */
struct queue {
	const struct virtio_device *dev;
	uint16_t index;		/* the device's number for it */
	uint16_t size;		/* descriptors */
	uint64_t base;		/* guest physical address of its memory */
	uint64_t doorbell;	/* where to write @index to notify the device */
	uint16_t avail_idx;	/* chains handed to the device so far, modulo 2^16 */
	uint16_t used_idx;	/* chains taken back so far, modulo 2^16 */
};

/**
 * queue_open() - clear the queue's memory and give it to the device
 * @q: to be initialised
 * @dev: the device, between virtio_open() and virtio_start(); has to outlive @q
 * @size: descriptors, a power of two up to QUEUE_MAX
 *
 * Return: 0, or -errno after a message (-ENXIO: the guest has no RAM there).
 */
int queue_open(struct queue *q, const struct virtio_device *dev, uint16_t index, uint16_t size);

/**
 * queue_request() - send @out, wait for the device, read @in back
 * @out_len: bytes that the device reads, at most QUEUE_BUFFER_SIZE
 * @in: what the device wrote; bytes that it left alone are 0xff
 * @in_len: bytes that the device may write, at most QUEUE_BUFFER_SIZE
 *
 * Return: 0 or -errno, after a message (-ETIMEDOUT: not done in 30 s; -EIO: the device has given
 * up and needs a reset).
 */
int queue_request(struct queue *q, const void *out, size_t out_len, void *in, size_t in_len);

/**
 * queue_descriptor() - write descriptor @i
 * @flags: VRING_DESC_F_*; with VRING_DESC_F_NEXT, @next comes after it
 *
 * Nothing is checked, here and in queue_offer(): a guest may write what it likes.
 * Return: 0 or -errno, after a message.
 */
int queue_descriptor(const struct queue *q, uint16_t i, uint64_t addr, size_t len, uint16_t flags,
		     uint16_t next);

/**
 * queue_offer() - hand the chains that begin with descriptors 0 to @count - 1 to the device
 * @count: at most the queue's size
 *
 * Return: 0 or -errno, after a message.
 */
int queue_offer(struct queue *q, uint16_t count);

/** queue_skip() - say that @count chains more were offered, whatever the ring holds; as above */
int queue_skip(struct queue *q, uint16_t count);

/**
 * queue_finish() - wait until the device is done with all that was offered
 *
 * Return: 0 or -errno, after a message (-ETIMEDOUT, -EIO: as of queue_request()).
 */
int queue_finish(struct queue *q);

/** queue_stopped() - wait until the device gives up; 0, or -errno after a message if it does not */
int queue_stopped(const struct queue *q);

/** queue_post() - post QUEUE_POSTED buffers of @len bytes (below 256) for the device to fill */
int queue_post(struct queue *q, size_t len);

/**
 * queue_take() - take a filled buffer of queue_post() and post it again
 * @buf: where to put its @len bytes
 * @taken: set to whether there was one
 *
 * Return: 0 or -errno, after a message.
 */
int queue_take(struct queue *q, void *buf, size_t len, bool *taken);

#endif
