// SPDX-License-Identifier: GPL-2.0-or-later
#include "iommu.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/virtio_ids.h>
#include <string.h>

#include "error.h"

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_DEVICE_BASE 0x1040

#define TAIL_SIZE sizeof(struct virtio_iommu_req_tail)

/* Bytes of a request that the device reads: all but the tail. */
#define READ_SIZE(req) (sizeof(req) - TAIL_SIZE)

static const char *const feature_names[] = {
	[VIRTIO_IOMMU_F_INPUT_RANGE] = "INPUT_RANGE",
	[VIRTIO_IOMMU_F_DOMAIN_RANGE] = "DOMAIN_RANGE",
	[VIRTIO_IOMMU_F_MAP_UNMAP] = "MAP_UNMAP",
	[VIRTIO_IOMMU_F_BYPASS] = "BYPASS",
	[VIRTIO_IOMMU_F_PROBE] = "PROBE",
	[VIRTIO_IOMMU_F_MMIO] = "MMIO",
	[VIRTIO_IOMMU_F_BYPASS_CONFIG] = "BYPASS_CONFIG",
};

static const char *const status_names[] = {
	[VIRTIO_IOMMU_S_OK] = "OK",
	[VIRTIO_IOMMU_S_IOERR] = "IOERR",
	[VIRTIO_IOMMU_S_UNSUPP] = "UNSUPP",
	[VIRTIO_IOMMU_S_DEVERR] = "DEVERR",
	[VIRTIO_IOMMU_S_INVAL] = "INVAL",
	[VIRTIO_IOMMU_S_RANGE] = "RANGE",
	[VIRTIO_IOMMU_S_NOENT] = "NOENT",
	[VIRTIO_IOMMU_S_FAULT] = "FAULT",
	[VIRTIO_IOMMU_S_NOMEM] = "NOMEM",
};

const char *iommu_feature_name(unsigned int bit)
{
	return bit < sizeof(feature_names) / sizeof(*feature_names) ? feature_names[bit] : NULL;
}

const char *iommu_status_name(uint8_t status)
{
	return status < sizeof(status_names) / sizeof(*status_names) ? status_names[status] :
								       "UNKNOWN";
}

bool iommu_has_feature(const struct iommu *iommu, unsigned int bit)
{
	return iommu->dev.features >> bit & 1;
}

int iommu_config_read(const struct iommu *iommu, struct virtio_iommu_config *config)
{
	int err = virtio_config_read(&iommu->dev, config, sizeof(*config));

	if (err)
		return err;
	config->page_size_mask = le64toh(config->page_size_mask);
	config->input_range.start = le64toh(config->input_range.start);
	config->input_range.end = le64toh(config->input_range.end);
	config->domain_range.start = le32toh(config->domain_range.start);
	config->domain_range.end = le32toh(config->domain_range.end);
	config->probe_size = le32toh(config->probe_size);
	return 0;
}

static int queues_open(struct iommu *iommu)
{
	int err = queue_open(&iommu->requests, &iommu->dev, 0, QUEUE_MAX);

	if (!err)
		err = queue_open(&iommu->events, &iommu->dev, 1, QUEUE_POSTED);
	if (!err)
		err = queue_post(&iommu->events, sizeof(struct virtio_iommu_fault));
	return err;
}

int iommu_open(struct iommu *iommu, struct qtest *qt)
{
	const uint64_t wanted = 1u << VIRTIO_IOMMU_F_INPUT_RANGE |
				1u << VIRTIO_IOMMU_F_DOMAIN_RANGE | 1u << VIRTIO_IOMMU_F_MAP_UNMAP |
				1u << VIRTIO_IOMMU_F_PROBE | 1u << VIRTIO_IOMMU_F_MMIO |
				1u << VIRTIO_IOMMU_F_BYPASS_CONFIG;
	struct virtio_iommu_config config;
	struct pci_function fn;
	int err = pci_find(&fn, qt, VIRTIO_VENDOR, VIRTIO_DEVICE_BASE + VIRTIO_ID_IOMMU);

	memset(iommu, 0, sizeof(*iommu));
	if (err == -ENODEV)
		return drive_fail(ENODEV, "the guest has no virtio-iommu on bus 0: start QEMU with "
				  "-M q35 -device virtio-iommu-pci");
	if (!err)
		err = virtio_open(&iommu->dev, &fn, wanted);
	if (!err)
		err = iommu_config_read(iommu, &config);
	if (err)
		return err;
	if (iommu_has_feature(iommu, VIRTIO_IOMMU_F_PROBE))
		iommu->probe_size = config.probe_size;
	if (iommu->probe_size > IOMMU_MAX_PROBE)
		return drive_fail(EPROTO, "the device's probe_size is %" PRIu32 ", at most %d is "
				  "taken", iommu->probe_size, IOMMU_MAX_PROBE);
	err = queues_open(iommu);
	return err ? err : virtio_start(&iommu->dev);
}

/* A request whose answer is the tail only. */
static int simple_request(struct iommu *iommu, const void *req, size_t len, uint8_t *status)
{
	struct virtio_iommu_req_tail tail;
	int err = queue_request(&iommu->requests, req, len, &tail, sizeof(tail));

	*status = tail.status;
	return err;
}

int iommu_attach(struct iommu *iommu, uint32_t domain, uint32_t endpoint, uint32_t flags,
		 uint8_t *status)
{
	const struct virtio_iommu_req_attach req = {
		.head.type = VIRTIO_IOMMU_T_ATTACH,
		.domain = htole32(domain),
		.endpoint = htole32(endpoint),
		.flags = htole32(flags),
	};

	return simple_request(iommu, &req, READ_SIZE(req), status);
}

int iommu_detach(struct iommu *iommu, uint32_t domain, uint32_t endpoint, uint8_t *status)
{
	const struct virtio_iommu_req_detach req = {
		.head.type = VIRTIO_IOMMU_T_DETACH,
		.domain = htole32(domain),
		.endpoint = htole32(endpoint),
	};

	return simple_request(iommu, &req, READ_SIZE(req), status);
}

int iommu_map(struct iommu *iommu, uint32_t domain, uint64_t start, uint64_t end, uint64_t phys,
	      uint32_t flags, uint8_t *status)
{
	const struct virtio_iommu_req_map req = {
		.head.type = VIRTIO_IOMMU_T_MAP,
		.domain = htole32(domain),
		.virt_start = htole64(start),
		.virt_end = htole64(end),
		.phys_start = htole64(phys),
		.flags = htole32(flags),
	};

	return simple_request(iommu, &req, READ_SIZE(req), status);
}

int iommu_unmap(struct iommu *iommu, uint32_t domain, uint64_t start, uint64_t end,
		uint8_t *status)
{
	const struct virtio_iommu_req_unmap req = {
		.head.type = VIRTIO_IOMMU_T_UNMAP,
		.domain = htole32(domain),
		.virt_start = htole64(start),
		.virt_end = htole64(end),
	};

	return simple_request(iommu, &req, READ_SIZE(req), status);
}

/*
 * A PROBE answer is the properties and the tail behind them. Its room has to be exact whatever
 * else is wrong with the request: QEMU ends itself (assert) where it cannot write all of it.
 */
static int probe_request(struct iommu *iommu, const void *req, size_t len, uint8_t *properties,
			 uint8_t *status)
{
	uint8_t answer[IOMMU_MAX_PROBE + TAIL_SIZE];
	int err = queue_request(&iommu->requests, req, len, answer, iommu->probe_size + TAIL_SIZE);

	memcpy(properties, answer, iommu->probe_size);
	*status = answer[iommu->probe_size];
	return err;
}

int iommu_probe(struct iommu *iommu, uint32_t endpoint, uint8_t *properties, uint8_t *status)
{
	const struct virtio_iommu_req_probe req = {
		.head.type = VIRTIO_IOMMU_T_PROBE,
		.endpoint = htole32(endpoint),
	};

	if (!iommu_has_feature(iommu, VIRTIO_IOMMU_F_PROBE))
		return drive_fail(EOPNOTSUPP, "this virtio-iommu does not offer PROBE");
	return probe_request(iommu, &req, sizeof(req), properties, status);
}

int iommu_raw(struct iommu *iommu, const uint8_t *bytes, size_t len, uint8_t *status)
{
	uint8_t properties[IOMMU_MAX_PROBE];

	if (len > 0 && bytes[0] == VIRTIO_IOMMU_T_PROBE)
		return probe_request(iommu, bytes, len, properties, status);
	return simple_request(iommu, bytes, len, status);
}

bool iommu_property_next(const uint8_t *properties, size_t len, size_t *at,
			 struct iommu_property *property)
{
	struct virtio_iommu_probe_property head;
	struct virtio_iommu_probe_resv_mem resv;

	if (*at > len || len - *at < sizeof(head))
		return false;
	memcpy(&head, properties + *at, sizeof(head));
	*property = (struct iommu_property){
		.type = le16toh(head.type) & VIRTIO_IOMMU_PROBE_T_MASK,
		.length = le16toh(head.length),
	};
	if (property->type == VIRTIO_IOMMU_PROBE_T_NONE ||
	    property->length > len - *at - sizeof(head))
		return false;
	if (property->type == VIRTIO_IOMMU_PROBE_T_RESV_MEM) {
		if (property->length < sizeof(resv) - sizeof(head))
			return false;
		memcpy(&resv, properties + *at, sizeof(resv));
		property->subtype = resv.subtype;
		property->start = le64toh(resv.start);
		property->end = le64toh(resv.end);
	}
	*at += sizeof(head) + property->length;
	return true;
}

int iommu_fault_take(struct iommu *iommu, struct virtio_iommu_fault *fault, bool *taken)
{
	int err = queue_take(&iommu->events, fault, sizeof(*fault), taken);

	if (err || !*taken)
		return err;
	fault->flags = le32toh(fault->flags);
	fault->endpoint = le32toh(fault->endpoint);
	fault->address = le64toh(fault->address);
	return 0;
}
