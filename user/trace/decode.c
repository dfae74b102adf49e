// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/decode.h"

#include <linux/virtio_iommu.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum viommu_event_type type;
	enum viommu_op op;
} rec_types[] = {
	[VIOMMU_REC_MAP] = { VIOMMU_EVENT_MAP, VIOMMU_OP_MAP },
	[VIOMMU_REC_UNMAP] = { VIOMMU_EVENT_UNMAP, VIOMMU_OP_UNMAP },
	[VIOMMU_REC_ATTACH] = { VIOMMU_EVENT_ATTACH, VIOMMU_OP_ATTACH },
	[VIOMMU_REC_DETACH] = { VIOMMU_EVENT_DETACH, VIOMMU_OP_ATTACH },
	[VIOMMU_REC_REQUEST] = { VIOMMU_EVENT_REQUEST, VIOMMU_OP_REQUEST },
	[VIOMMU_REC_FAULT] = { VIOMMU_EVENT_FAULT, VIOMMU_OP_FAULT },
};

/** A list that is cut, or was torn while it was read, is not known. */
static void ranges_decode(struct viommu_evidence *ev, const struct viommu_state *s, uint32_t flags)
{
	if (!(flags & VIOMMU_F_RANGES) || (flags & VIOMMU_F_RANGES_CUT) ||
	    iova_ranges_init(&ev->ranges, s->ranges, s->range_count))
		return;
	ev->limit_from = VIOMMU_LIMIT_CONTAINER;
}

static void state_decode(struct viommu_evidence *ev, const struct viommu_state *s, uint32_t flags)
{
	ranges_decode(ev, s, flags);
	if (flags & VIOMMU_F_PGSIZES)
		ev->pgsize_bitmap = s->pgsize_bitmap;
	if (flags & VIOMMU_F_DMA_AVAIL) {
		ev->has_dma_avail = true;
		ev->dma_avail = s->dma_avail;
	}
	if (flags & VIOMMU_F_MEMLOCK) {
		ev->has_memlock = true;
		ev->cap_ipc_lock = s->cap_ipc_lock;
		ev->memlock_limit = s->memlock_limit;
		ev->memlock_used = s->memlock_used;
	}
	if (s->backing < VIOMMU_NR_BACKING)
		ev->backing = (enum viommu_backing)s->backing;
}

static void dma_decode(struct viommu_event *e, const struct viommu_rec_dma *d)
{
	e->ev.has_range = !(d->h.flags & VIOMMU_F_NO_REQUEST);
	e->ev.iova = d->iova;
	e->ev.size = d->size;
	e->ev.vaddr = d->vaddr;
	e->ev.dma_flags = d->dma_flags;
	e->ev.argsz = d->argsz;
	e->ev.retried = d->h.flags & VIOMMU_F_RETRIED;
	if (d->asked == VIOMMU_ASKED_GUEST)
		e->ev.path = VIOMMU_PATH_VIOMMU;
	else if (d->asked == VIOMMU_ASKED_REGION)
		e->ev.path = VIOMMU_PATH_REGION;
	e->request.parent = d->parent;
	e->iova_lowest = d->iova;
	e->iova_highest = iova_last(d->iova, d->size, &e->iova_highest) ? e->iova_highest : d->iova;
}

static void device_copy(char *to, const char *from)
{
	memcpy(to, from, VIOMMU_DEVICE_LEN);
	to[VIOMMU_DEVICE_LEN - 1] = '\0';
}

/* QEMU numbers endpoints by their place on the guest's PCI bus (virtio_iommu_get_bdf()). */
static void device_of_bdf(char *to, uint32_t bdf)
{
	if (bdf != VIOMMU_NO_ENDPOINT && bdf <= 0xffff)
		snprintf(to, VIOMMU_DEVICE_LEN, "0000:%02x:%02x.%x", bdf >> 8, bdf >> 3 & 31,
			 bdf & 7);
}

static void request_decode(struct viommu_event *e, const struct viommu_rec_request *r)
{
	struct viommu_request *q = &e->request;

	q->parent = r->id;
	q->type = r->request;
	q->status = r->status;
	q->source = (enum viommu_source)r->source;
	q->domain = r->domain;
	q->endpoint = r->endpoint;
	device_copy(q->device, r->device);
	if (q->source == VIOMMU_SOURCE_QEMU)
		device_of_bdf(q->device, r->endpoint);
	q->phys = r->phys;
	q->latency = r->latency;
	q->pieces = r->pieces;
	q->failed = r->failed;
	q->failed_iova = r->failed_iova;
	q->failed_size = r->failed_size;
	q->failed_result = r->failed_result;
	e->ev.request = r->request;
	e->ev.status = r->status;
	e->ev.status_ignored = r->ignored;
	e->ev.request_flags = r->flags;
	e->ev.path = VIOMMU_PATH_VIOMMU;
	if (r->status == VIOMMU_STATUS_UNKNOWN)
		e->result = 0;
	else
		e->result = -viommu_status_errno(r->status);
	e->ev.err = -e->result;
	if ((r->request != VIOMMU_REQUEST_MAP && r->request != VIOMMU_REQUEST_UNMAP) ||
	    (r->h.flags & VIOMMU_F_NO_REQUEST))
		return;
	e->ev.has_range = true;
	e->ev.iova = r->first;
	e->ev.size = r->last - r->first + 1;	/* of the whole space: 0, as nothing else is */
	e->iova_lowest = r->first;
	e->iova_highest = r->last;
}

static void fault_decode(struct viommu_event *e, const struct viommu_rec_fault *f)
{
	e->request.fault_reason = f->reason;
	e->request.endpoint = f->endpoint;
	e->request.status = VIOMMU_STATUS_UNKNOWN;
	device_copy(e->request.device, f->device);
	e->ev.path = VIOMMU_PATH_VIOMMU;
	if (!(f->flags & VIRTIO_IOMMU_FAULT_F_ADDRESS))
		return;
	e->ev.has_range = true;
	e->ev.iova = f->address;
	e->ev.size = 1;
	e->iova_lowest = e->iova_highest = f->address;
}

void event_decode(struct viommu_event *e, const struct viommu_rec *rec, int64_t boot_offset)
{
	memset(e, 0, sizeof(*e));
	e->type = rec_types[rec->type].type;
	e->ts = rec->ts + (uint64_t)boot_offset;
	e->ts_last = e->ts;
	e->pid = rec->tgid;
	e->tid = rec->tid;
	memcpy(e->comm, rec->comm, sizeof(e->comm));
	e->comm[sizeof(e->comm) - 1] = '\0';
	e->container_id = rec->container;
	e->group = -1;
	e->result = rec->result;
	e->count = 1;
	e->ev.op = rec_types[rec->type].op;
	e->ev.err = -rec->result;

	if (rec->type == VIOMMU_REC_ATTACH || rec->type == VIOMMU_REC_DETACH) {
		const struct viommu_rec_group *g = (const void *)rec;

		e->group = g->group;
		state_decode(&e->ev, &g->s, rec->flags);
		return;
	}
	if (rec->type == VIOMMU_REC_REQUEST) {
		request_decode(e, (const void *)rec);
		return;
	}
	if (rec->type == VIOMMU_REC_FAULT) {
		fault_decode(e, (const void *)rec);
		return;
	}
	dma_decode(e, (const void *)rec);
	if (rec->result)
		state_decode(&e->ev, &((const struct viommu_rec_failure *)rec)->s, rec->flags);
}
