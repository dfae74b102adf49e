/* SPDX-License-Identifier: GPL-2.0 */
/* What a call of the type1 driver did: counted, and told if it failed or if all are asked for. */
#ifndef VIOMMU_TYPE1_BPF_H
#define VIOMMU_TYPE1_BPF_H

#define ENOENT 2
#define EFAULT 14
#define EBUSY 16

#include "asked.bpf.h"
#include "evidence.bpf.h"

/** A MAP or UNMAP that has returned. */
struct dma_call {
	u64 iommu;	/* struct vfio_iommu */
	u64 arg;	/* the caller's request */
	u32 type;	/* VIOMMU_REC_MAP or _UNMAP */
	s32 ret;
};

/** The part of a request that counting needs: the same two members, side by side, in both kinds. */
struct dma_span {
	u64 iova;
	u64 size;
};

/* ------------------------------------------------------------------------------------- records */

/** Without the request where that cannot be read: then it is all 0. */
static __always_inline void dma_record_fill(struct viommu_rec_dma *d, struct viommu_container *c,
					    const struct dma_call *call)
{
	struct dma_map_request m = {};
	struct dma_unmap_request u = {};
	long err;

	rec_init(&d->h, call->type, c->id, c->slot, call->ret);
	if (call->type == VIOMMU_REC_MAP) {
		err = bpf_probe_read_user(&m, sizeof(m), (void *)call->arg);
	} else {
		err = bpf_probe_read_user(&u, sizeof(u), (void *)call->arg);
		m = (struct dma_map_request){ u.argsz, u.flags, 0, u.iova, u.size };
	}
	d->iova = m.iova;
	d->size = m.size;
	d->vaddr = m.vaddr;
	d->dma_flags = m.flags;
	d->argsz = m.argsz;
	if (err)
		d->h.flags |= VIOMMU_F_NO_REQUEST;
	asked_fill(d);
}

static __noinline void dma_record(struct viommu_container *c, const struct dma_call *call,
				  u32 flags)
{
	struct viommu_rec_dma *d;

	if (!c || !call)
		return;
	d = bpf_ringbuf_reserve(&records, sizeof(*d), 0);
	if (!d) {
		loss_count(VIOMMU_LOST_RING);
		return;
	}
	dma_record_fill(d, c, call);
	d->h.flags |= flags;
	bpf_ringbuf_submit(d, 0);
}

static __noinline void failure_record(struct viommu_container *c, const struct dma_call *call)
{
	struct viommu_rec_failure *f;

	if (!c || !call)
		return;
	f = bpf_ringbuf_reserve(&records, sizeof(*f), 0);
	if (!f) {
		loss_count(VIOMMU_LOST_RING);
		return;
	}
	dma_record_fill(&f->d, c, call);
	state_read(&f->s, &f->d.h.flags, call->iommu, true);
	if (call->type == VIOMMU_REC_MAP)
		f->s.backing = backing_find(bpf_get_current_task_btf(), f->d.vaddr);
	bpf_ringbuf_submit(f, 0);
}

/** Brings the container up to date and tells. */
static __noinline void group_record(struct viommu_container *c, u64 iommu, int group, u32 type,
				    long ret)
{
	struct viommu_rec_group *g;
	bool has_groups;

	if (!c)
		return;
	has_groups = container_refresh(c, iommu);
	if (c->first_group < 0)		/* its attach failed: it is in no list */
		c->first_group = group;
	if (c->verdict == VIOMMU_UNWANTED)
		return;
	g = bpf_ringbuf_reserve(&records, sizeof(*g), 0);
	if (!g) {
		loss_count(VIOMMU_LOST_RING);
		return;
	}
	rec_init(&g->h, type, c->id, c->slot, ret);
	g->group = group;
	g->pad = 0;
	state_read(&g->s, &g->h.flags, iommu, has_groups);
	bpf_ringbuf_submit(g, 0);
}

/* ---------------------------------------------------------------------------- MAP and UNMAP */

static __always_inline u64 span_last(const struct dma_span *span)
{
	u64 last = span->size ? span->iova + span->size - 1 : span->iova;

	return last < span->iova ? ~0ULL : last;
}

/**
 * All 0 if it cannot be read. That is a loss, but not if the kernel could not read it either: then
 * it is the failure.
 */
static __always_inline void span_read(struct dma_span *span, const struct dma_call *call)
{
	u64 offset = call->type == VIOMMU_REC_MAP ? offsetof(struct dma_map_request, iova) :
						    offsetof(struct dma_unmap_request, iova);

	if (bpf_probe_read_user(span, sizeof(*span), (void *)(call->arg + offset)) &&
	    call->ret != -EFAULT)
		loss_count(VIOMMU_LOST_ARGS);
}

static __noinline void map_failed(struct viommu_container *c, const struct dma_call *call)
{
	struct dma_span span;
	u32 err;

	if (!c || !call)
		return;
	err = -call->ret;
	if (err >= VIOMMU_MAX_ERRNO)
		err = 0;
	span_read(&span, call);
	__sync_fetch_and_add(&c->map_failures[err], 1);
	highest_raise(&c->highest_refused, span_last(&span));
	if (err == EBUSY) {
		c->busy_iova = span.iova;
		c->busy_size = span.size;
	}
	failure_record(c, call);
	asked_failed(VIOMMU_REC_MAP, span.iova, span.size, call->ret);
}

/**
 * Is this success what a MAP that failed with EBUSY was waiting for? QEMU unmaps and maps again
 * (vfio_legacy_dma_map()): then nothing is missing.
 */
static __noinline bool map_is_retry(struct viommu_container *c, const struct dma_span *span)
{
	if (!c || !span || c->busy_iova != span->iova || c->busy_size != span->size)
		return false;
	c->busy_size = 0;
	asked_retried(span->iova, span->size);
	return true;
}

/** One UNMAP may free any number of entries, so that only the kernel knows how many are left. */
static __always_inline void entries_read(struct viommu_container *c, u64 iommu)
{
	if (opt_entries)
		c->dma_avail = BPF_CORE_READ((struct vfio_iommu___v *)iommu, dma_avail);
}

static __always_inline void map_done(struct viommu_container *c, const struct dma_call *call,
				     u64 start)
{
	struct dma_span span;
	u64 last;

	if (opt_latency && start) {
		const u64 ns = bpf_ktime_get_ns() - start;

		latency_count(c->latency, ns);
		__sync_fetch_and_add(&c->latency_ns, ns);
	}
	if (call->ret) {
		map_failed(c, call);
		return;
	}
	span_read(&span, call);
	__sync_fetch_and_add(&c->maps, 1);
	__sync_fetch_and_add(&c->map_bytes, span.size);
	last = span_last(&span);
	if (c->highest_mapped < last)
		highest_raise(&c->highest_mapped, last);
	entries_read(c, call->iommu);
	if (c->busy_size && map_is_retry(c, &span))
		dma_record(c, call, VIOMMU_F_RETRIED);
	else if (opt_all)
		dma_record(c, call, 0);
}

static __noinline void unmap_failed(struct viommu_container *c, const struct dma_call *call)
{
	struct dma_span span;

	if (!c || !call)
		return;
	span_read(&span, call);
	__sync_fetch_and_add(&c->unmap_failures, 1);
	failure_record(c, call);
	asked_failed(VIOMMU_REC_UNMAP, span.iova, span.size, call->ret);
}

static __always_inline void unmap_done(struct viommu_container *c, const struct dma_call *call)
{
	struct dma_span span;

	if (call->ret) {
		unmap_failed(c, call);
		return;
	}
	span_read(&span, call);
	__sync_fetch_and_add(&c->unmaps, 1);
	__sync_fetch_and_add(&c->unmap_bytes, span.size);
	entries_read(c, call->iommu);
	if (opt_all)
		dma_record(c, call, 0);
}

/** GET_INFO: the VMM learns its ranges, so do we, should an attach have been missed. */
static __noinline void other_done(struct viommu_container *c, u64 iommu, u32 cmd)
{
	if (!c)
		return;
	__sync_fetch_and_add(&c->others, 1);
	if (cmd == VFIO_IOMMU_GET_INFO)
		container_refresh(c, iommu);
}

static __always_inline void ioctl_done(u64 iommu, u32 cmd, u64 arg, long ret, u64 start)
{
	struct dma_call call = { .iommu = iommu, .arg = arg, .ret = ret };
	struct viommu_container *c;

	if (!iommu)	/* CHECK_EXTENSION before the container has a driver */
		return;
	c = container_find(iommu);
	if (!c || c->tgid != bpf_get_current_pid_tgid() >> 32)
		c = container_get(iommu);
	if (!c || c->verdict == VIOMMU_UNWANTED)
		return;
	if (cmd == VFIO_IOMMU_MAP_DMA) {
		call.type = VIOMMU_REC_MAP;
		map_done(c, &call, start);
	} else if (cmd == VFIO_IOMMU_UNMAP_DMA) {
		call.type = VIOMMU_REC_UNMAP;
		unmap_done(c, &call);
	} else {
		other_done(c, iommu, cmd);
	}
}

#endif
