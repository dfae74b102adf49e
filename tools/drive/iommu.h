/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtio-iommu device: its configuration, requests, and the faults it reports. */
#ifndef DRIVE_IOMMU_H
#define DRIVE_IOMMU_H

#include <linux/virtio_iommu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue.h"
#include "virtio.h"

/* Upper bound of probe_size that is taken from a device; QEMU's is 512. */
#define IOMMU_MAX_PROBE 2048

/* Upper bound of a request given as bytes. */
#define IOMMU_MAX_RAW 1024

/** struct iommu - a device after iommu_open(); has to stay where it is (queues refer to it) */
struct iommu {
	struct virtio_device dev;
	struct queue requests;
	struct queue events;
	uint32_t probe_size;	/* bytes of properties in a PROBE answer */
};

/** struct iommu_property - one property of a PROBE answer */
struct iommu_property {
	uint16_t type;		/* VIRTIO_IOMMU_PROBE_T_* */
	uint16_t length;	/* bytes behind type and length */
	uint8_t subtype;	/* of RESV_MEM: VIRTIO_IOMMU_RESV_MEM_T_* */
	uint64_t start;		/* of RESV_MEM: first and last address */
	uint64_t end;
};

/**
 * iommu_open() - find the virtio-iommu on bus 0, reset it and make it ready for requests
 *
 * The reset takes away all domains and mappings of an earlier driver.
 * Return: 0 or -errno, after a message.
 */
int iommu_open(struct iommu *iommu, struct qtest *qt);

/** iommu_has_feature() - was VIRTIO_IOMMU_F_* @bit agreed on? */
bool iommu_has_feature(const struct iommu *iommu, unsigned int bit);

/** iommu_feature_name() - "MAP_UNMAP" for a VIRTIO_IOMMU_F_* bit, NULL for one without a name */
const char *iommu_feature_name(unsigned int bit);

/** iommu_status_name() - "OK", "INVAL", ... for a VIRTIO_IOMMU_S_*, "UNKNOWN" for others */
const char *iommu_status_name(uint8_t status);

/** iommu_config_read() - the configuration in the byte order of this machine; 0 or -errno */
int iommu_config_read(const struct iommu *iommu, struct virtio_iommu_config *config);

/*
 * Requests. Nothing is checked before it is sent: the device is to judge. Each returns 0 and sets
 * *status to what the device answered (0xff: it wrote none), or -errno after a message.
 */

/** iommu_attach() - attach @endpoint to @domain, which is made when it does not exist */
int iommu_attach(struct iommu *iommu, uint32_t domain, uint32_t endpoint, uint32_t flags,
		 uint8_t *status);

/** iommu_detach() - detach @endpoint from @domain */
int iommu_detach(struct iommu *iommu, uint32_t domain, uint32_t endpoint, uint8_t *status);

/** iommu_map() - map @start to @end (inclusive) to guest physical @phys */
int iommu_map(struct iommu *iommu, uint32_t domain, uint64_t start, uint64_t end, uint64_t phys,
	      uint32_t flags, uint8_t *status);

/** iommu_unmap() - unmap all mappings that lie in @start to @end (inclusive) */
int iommu_unmap(struct iommu *iommu, uint32_t domain, uint64_t start, uint64_t end,
		uint8_t *status);

/** iommu_probe() - ask for an endpoint's properties; @properties has IOMMU_MAX_PROBE bytes */
int iommu_probe(struct iommu *iommu, uint32_t endpoint, uint8_t *properties, uint8_t *status);

/** iommu_raw() - send @len bytes (at most IOMMU_MAX_RAW) as the part that the device reads */
int iommu_raw(struct iommu *iommu, const uint8_t *bytes, size_t len, uint8_t *status);

/**
 * iommu_property_next() - walk the properties of a PROBE answer
 * @properties: @len bytes of them
 * @at: where to go on; 0 at first, moved behind the property
 *
 * Return: true with *property set, false at the end or where the bytes make no sense.
 */
bool iommu_property_next(const uint8_t *properties, size_t len, size_t *at,
			 struct iommu_property *property);

/**
 * iommu_fault_take() - take one fault report from the event queue
 * @fault: set in the byte order of this machine
 * @taken: set to whether there was one
 *
 * Return: 0 or -errno, after a message.
 */
int iommu_fault_take(struct iommu *iommu, struct virtio_iommu_fault *fault, bool *taken);

#endif
