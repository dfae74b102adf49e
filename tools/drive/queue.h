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

/* Descriptors of a queue. */
#define QUEUE_SIZE 16

/* Room for what the driver writes, and for what the device writes, of one request. */
#define QUEUE_BUFFER_SIZE 4096

/** struct queue - a queue after queue_open(); refers to its device */
struct queue {
	const struct virtio_device *dev;
	uint16_t index;		/* the device's number for it */
	uint64_t base;		/* guest physical address of its memory */
	uint64_t doorbell;	/* where to write @index to notify the device */
	uint16_t avail_idx;	/* chains handed to the device so far, modulo 2^16 */
	uint16_t used_idx;	/* chains taken back so far, modulo 2^16 */
};

/**
 * queue_open() - clear the queue's memory and give it to the device
 * @q: to be initialised
 * @dev: the device, between virtio_open() and virtio_start(); has to outlive @q
 *
 * Return: 0, or -errno after a message (-ENXIO: the guest has no RAM there).
 */
int queue_open(struct queue *q, const struct virtio_device *dev, uint16_t index);

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

/** queue_post() - post QUEUE_SIZE buffers of @len bytes (below 256) for the device to fill */
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
