/* SPDX-License-Identifier: GPL-2.0 */
/* What the device answered: counted for its endpoint, told of where it is an exception. */
#ifndef VIOMMU_ANSWERS_BPF_H
#define VIOMMU_ANSWERS_BPF_H

#include "endpoints.bpf.h"
#include "status.bpf.h"

/** A request that has come back. */
struct answer {
	u64 viommu;
	u64 buf;	/* the driver's buffer, of len bytes */
	u64 latency;	/* ns, 0: not measured */
	u64 phys;
	struct wire_head head;
	u32 len;
	u32 flags;
	u8 status;
	u8 ignored;
	bool alone;	/* the request's domain has but one endpoint */
};

/* -------------------------------------------------------------------------------------- records */

static __noinline void request_record(const struct answer *a, struct viommu_endpoint *e)
{
	u32 type, slot = e ? e->slot : ~0u;
	struct viommu_rec_request *r;

	if (!a)
		return;
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		loss_count(VIOMMU_LOST_RING);
		return;
	}
	__builtin_memset(r, 0, sizeof(*r));
	type = a->head.type;
	rec_init(&r->h, VIOMMU_REC_REQUEST, 0, slot,
		 status_errno[status_index(a->status)]);
	if (type == VIRTIO_IOMMU_T_MAP || type == VIRTIO_IOMMU_T_UNMAP) {
		r->first = a->head.first;
		r->last = a->head.last;
	}
	r->phys = a->phys;
	r->latency = a->latency;
	r->domain = type == VIRTIO_IOMMU_T_PROBE ? 0 : a->head.domain;
	r->endpoint = a->alone && e ? e->endpoint : VIOMMU_NO_ENDPOINT;
	r->flags = a->flags;
	r->request = type;
	r->status = a->status;
	r->source = VIOMMU_SOURCE_GUEST;
	r->ignored = a->ignored;
	r->slot = slot;
	if (a->alone && e)
		bpf_probe_read_kernel(r->device, sizeof(r->device), e->device);
	bpf_ringbuf_submit(r, 0);
}

/* ------------------------------------------------------------------------------------- counting */

static __always_inline void map_count(struct viommu_endpoint *e, const struct answer *a)
{
	if (a->latency)
		latency_count(e->latency, a->latency);
	if (a->status != VIRTIO_IOMMU_S_OK) {
		__sync_fetch_and_add(&e->map_failures[status_index(a->status)], 1);
		highest_raise(&e->highest_refused, a->head.last);
		return;
	}
	__sync_fetch_and_add(&e->maps, 1);
	__sync_fetch_and_add(&e->map_bytes, a->head.last - a->head.first + 1);
	highest_raise(&e->highest_mapped, a->head.last);
}

static __always_inline void unmap_count(struct viommu_endpoint *e, const struct answer *a)
{
	if (a->status != VIRTIO_IOMMU_S_OK) {
		__sync_fetch_and_add(&e->unmap_failures, 1);
		return;
	}
	__sync_fetch_and_add(&e->unmaps, 1);
	__sync_fetch_and_add(&e->unmap_bytes, a->head.last - a->head.first + 1);
}

static __noinline void range_answered(struct answer *a)
{
	struct viommu_endpoint *e;
	bool alone = false;

	if (!a)
		return;
	e = domain_endpoint(a->viommu, a->head.domain, &alone);
	a->alone = alone;
	if (e && a->head.type == VIRTIO_IOMMU_T_MAP)
		map_count(e, a);
	else if (e)
		unmap_count(e, a);
	if (opt_all || a->status != VIRTIO_IOMMU_S_OK)
		request_record(a, e);
}

/** The driver gives each domain the device's geometry; the identity domain has none. */
static __always_inline void attach_answered(struct viommu_endpoint *e, const struct answer *a)
{
	bool bypass = a->flags & VIRTIO_IOMMU_ATTACH_F_BYPASS;

	e->aperture.first = bypass ? 0 : e->input.first;
	e->aperture.last = bypass ? 0 : e->input.last;
	endpoint_attach(e, a->viommu, a->head.domain);
}

/** ATTACH, DETACH, PROBE: rare, and each tells. */
static __noinline void endpoint_answered(struct answer *a)
{
	struct viommu_endpoint *e;
	u32 endpoint;

	if (!a)
		return;
	endpoint = a->head.type == VIRTIO_IOMMU_T_PROBE ? a->head.domain : a->head.endpoint;
	e = endpoint_get(a->viommu, endpoint);
	a->alone = true;
	if (e) {
		__sync_fetch_and_add(&e->others, 1);
		if (!e->input.last)
			input_read(e, a->viommu);
		if (a->status == VIRTIO_IOMMU_S_OK && a->head.type == VIRTIO_IOMMU_T_ATTACH)
			attach_answered(e, a);
		else if (a->status == VIRTIO_IOMMU_S_OK && a->head.type == VIRTIO_IOMMU_T_DETACH)
			endpoint_detach(e, a->viommu);
		else if (a->status == VIRTIO_IOMMU_S_OK)
			reserved_probed(e, a->buf, a->len);
	}
	request_record(a, e);
}

#endif
