// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest asked of its vIOMMU, as members of a JSON object. */
#include <inttypes.h>
#include <linux/virtio_iommu.h>

#include "print/json-line.h"

/* "TID-N": the thread of QEMU and its how manieth request. The same on the maps it caused. */
static void add_parent(struct json_line *line, uint64_t parent)
{
	char text[48];

	if (!parent)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 "-%" PRIu64, parent >> 32, parent & UINT32_MAX);
	json_line_name(line, "parent", text);
}

/* The device in the guest, else the vIOMMU's number for it; "unknown" of a MAP seen in QEMU. */
void json_line_endpoint(struct json_line *line, const struct viommu_request *r)
{
	char text[24];

	if (r->device[0]) {
		json_line_text(line, "endpoint", r->device, sizeof(r->device));
		return;
	}
	if (r->endpoint == VIOMMU_NO_ENDPOINT)
		snprintf(text, sizeof(text), "unknown");
	else
		snprintf(text, sizeof(text), "0x%" PRIx32, r->endpoint);
	json_line_name(line, "endpoint", text);
}

/* Of the host maps that a request caused, those that failed. */
static void add_failed(struct json_line *line, const struct viommu_request *r)
{
	if (r->source != VIOMMU_SOURCE_QEMU)
		return;
	json_line_count(line, "pieces", r->pieces);
	json_line_count(line, "failed", r->failed);
	if (!r->failed)
		return;
	json_line_hex(line, "failed_iova", r->failed_iova);
	json_line_hex(line, "failed_size", r->failed_size);
}

/* Read and write are the bits that VFIO has for them. */
static const char *prot_name(uint32_t flags)
{
	static const char *const names[] = { "-", "r", "w", "rw" };

	_Static_assert(VIRTIO_IOMMU_MAP_F_READ == 1 && VIRTIO_IOMMU_MAP_F_WRITE == 2, "names");
	return names[flags & 3];
}

static void add_request(struct json_line *line, const struct viommu_request *r, uint32_t flags)
{
	const char *type = viommu_request_name(r->type);
	const char *status = viommu_status_name(r->status);

	json_line_name(line, "request", type ? type : "unknown");
	json_line_name(line, "status", status ? status : "unknown");
	if (r->type != VIOMMU_REQUEST_PROBE)
		json_line_count(line, "viommu_domain", r->domain);
	if (r->type == VIOMMU_REQUEST_MAP) {
		json_line_hex(line, "phys", r->phys);
		json_line_name(line, "prot", prot_name(flags));
	}
	if (r->latency)
		json_line_count(line, "latency_ns", r->latency);
	add_failed(line, r);
}

void json_line_request(struct json_line *line, const struct viommu_event *event)
{
	const struct viommu_request *r = &event->request;

	add_parent(line, r->parent);
	if (event->type != VIOMMU_EVENT_REQUEST && event->type != VIOMMU_EVENT_FAULT)
		return;
	json_line_name(line, "source", r->source == VIOMMU_SOURCE_QEMU ? "qemu" : "guest");
	json_line_endpoint(line, r);
	if (event->type == VIOMMU_EVENT_REQUEST)
		add_request(line, r, event->ev.request_flags);
}
