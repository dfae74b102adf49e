/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio 1.0 device behind PCI: where its registers are, handshake, device configuration. */
#ifndef DRIVE_VIRTIO_H
#define DRIVE_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci.h"

/** struct virtio_region - one structure of registers in a BAR */
struct virtio_region {
	uint64_t base;	/* guest physical address; 0: the device has no such structure */
	uint32_t size;	/* bytes */
};

/** struct virtio_device - a device after virtio_open() */
struct virtio_device {
	struct pci_function fn;
	struct virtio_region common;	/* struct virtio_pci_common_cfg */
	struct virtio_region notify;	/* doorbells of the queues */
	struct virtio_region config;	/* what the device's type defines */
	uint32_t notify_multiplier;	/* bytes between doorbells */
	uint64_t features;		/* what both sides agreed on */
};

/**
 * virtio_open() - place, reset and negotiate with the device @fn
 * @dev: to be initialised
 * @fn: a function found by pci_find(), copied
 * @wanted: feature bits to take where they are offered; VIRTIO_F_VERSION_1 is always taken
 *
 * Queues can be set up then; virtio_start() ends the handshake.
 * Return: 0 or -errno, after a message.
 */
int virtio_open(struct virtio_device *dev, const struct pci_function *fn, uint64_t wanted);

/** virtio_start() - set DRIVER_OK; 0 or -errno after a message */
int virtio_start(const struct virtio_device *dev);

/** virtio_needs_reset() - has the device given up because of what the driver sent? */
bool virtio_needs_reset(const struct virtio_device *dev);

/**
 * virtio_queue_enable() - tell the device where queue @index is
 * @size: number of descriptors, a power of two
 * @desc: guest physical addresses of the three parts of the ring
 * @doorbell: set to the address to which @index is written to notify the device
 *
 * Return: 0 or -errno, after a message.
 */
int virtio_queue_enable(const struct virtio_device *dev, uint16_t index, uint16_t size,
			uint64_t desc, uint64_t avail, uint64_t used, uint64_t *doorbell);

/**
 * virtio_config_read() - a consistent copy of the first @len bytes of the device configuration
 *
 * Return: 0 or -errno, after a message.
 */
int virtio_config_read(const struct virtio_device *dev, void *buf, size_t len);

#endif
