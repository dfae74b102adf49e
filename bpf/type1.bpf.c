/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VFIO's type1 IOMMU driver: every MAP and UNMAP of a container, its groups, its life.
 *
 * vfio_dma_do_map() and its like are inlined in distribution kernels; what is always there are the
 * functions behind struct vfio_iommu_driver_ops. Each is hooked twice from the same logic: by a
 * trampoline (fentry, fexit), which is cheap, and by kprobe and kretprobe for kernels whose tasks
 * may be preempted in a program: there the kernel skips a trampoline program that is already
 * running on this CPU (__bpf_prog_enter_recur()). User space loads one of the two.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define ENOENT 2
#define EFAULT 14
#define EBUSY 16

#include "asked.bpf.h"
#include "evidence.bpf.h"

char LICENSE[] SEC("license") = "GPL";

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

/* ------------------------------------------------------------------------- life of a container */

/** A new container: whatever we knew at that address is gone, its release was not seen. */
static __always_inline void open_done(u64 iommu)
{
	struct viommu_container *c;

	if (!iommu || iommu >= -4095ULL)
		return;
	container_release(iommu);
	c = container_get(iommu);
	if (c)
		c->dma_limit = c->dma_avail;
}

static __always_inline void attach_done(u64 iommu, int group, long ret)
{
	group_record(container_get(iommu), iommu, group, VIOMMU_REC_ATTACH, ret);
}

static __always_inline void detach_done(u64 iommu, int group)
{
	group_record(container_get(iommu), iommu, group, VIOMMU_REC_DETACH, 0);
}

/**
 * dma_avail is up to date wherever user space may look: at the end, and when it asks. Who looks at
 * any time sets opt_entries.
 */
static __always_inline void release_begins(u64 iommu)
{
	struct viommu_container *c = container_find(iommu);

	if (c)
		c->dma_avail = BPF_CORE_READ((struct vfio_iommu___v *)iommu, dma_avail);
	container_release(iommu);
}

static __always_inline int group_id(u64 group)
{
	return BPF_CORE_READ((struct iommu_group___v *)group, id);
}

/* ------------------------------------------------- from entry to return, where that is needed */

static __always_inline struct call *call_begin(u64 iommu, u64 arg, u32 cmd)
{
	struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
						 BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!call) {
		loss_count(VIOMMU_LOST_RETURN);
		return NULL;
	}
	if (call->active)	/* the return of the last one was missed: kretprobe's nmissed */
		loss_count(VIOMMU_LOST_RETURN);
	else
		loss_add(VIOMMU_CALLS_OPEN, 1);
	*call = (struct call){ .iommu = iommu, .arg = arg, .cmd = cmd, .active = 1 };
	if (opt_latency && cmd == VFIO_IOMMU_MAP_DMA)
		call->start = bpf_ktime_get_ns();
	return call;
}

static __always_inline struct call *call_end(void)
{
	struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, 0);

	if (!call || !call->active) {
		loss_count(VIOMMU_LOST_RETURN);
		return NULL;
	}
	call->active = 0;
	loss_add(VIOMMU_CALLS_OPEN, -1);
	return call;
}

/* ------------------------------------------------------------------------------- trampolines */

SEC("fentry/vfio_iommu_type1_ioctl")
int BPF_PROG(fentry_ioctl, void *iommu, unsigned int cmd, unsigned long arg)
{
	struct call *call;

	if (cmd != VFIO_IOMMU_MAP_DMA)
		return 0;
	call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (call)
		call->start = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/vfio_iommu_type1_ioctl")
int BPF_PROG(fexit_ioctl, void *iommu, unsigned int cmd, unsigned long arg, long ret)
{
	u64 start = 0;

	if (opt_latency && cmd == VFIO_IOMMU_MAP_DMA) {
		struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(),
							 NULL, 0);

		if (call) {
			start = call->start;
			call->start = 0;
		}
	}
	ioctl_done((u64)iommu, cmd, arg, ret, start);
	return 0;
}

SEC("fexit/vfio_iommu_type1_attach_group")
int BPF_PROG(fexit_attach, void *iommu, void *group, unsigned int type, int ret)
{
	attach_done((u64)iommu, group_id((u64)group), ret);
	return 0;
}

SEC("fexit/vfio_iommu_type1_detach_group")
int BPF_PROG(fexit_detach, void *iommu, void *group)
{
	detach_done((u64)iommu, group_id((u64)group));
	return 0;
}

SEC("fexit/vfio_iommu_type1_open")
int BPF_PROG(fexit_open, unsigned long arg, void *ret)
{
	open_done((u64)ret);
	return 0;
}

SEC("fentry/vfio_iommu_type1_release")
int BPF_PROG(fentry_release, void *iommu)
{
	release_begins((u64)iommu);
	return 0;
}

/* ------------------------------------------------------------------------------------ kprobes */

SEC("kprobe/vfio_iommu_type1_ioctl")
int BPF_KPROBE(kprobe_ioctl, void *iommu, unsigned int cmd, unsigned long arg)
{
	call_begin((u64)iommu, arg, cmd);
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_ioctl")
int BPF_KRETPROBE(kretprobe_ioctl, long ret)
{
	struct call *call = call_end();

	if (call)
		ioctl_done(call->iommu, call->cmd, call->arg, ret, call->start);
	return 0;
}

SEC("kprobe/vfio_iommu_type1_attach_group")
int BPF_KPROBE(kprobe_attach, void *iommu, void *group)
{
	call_begin((u64)iommu, (u64)group, 0);
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_attach_group")
int BPF_KRETPROBE(kretprobe_attach, int ret)
{
	struct call *call = call_end();

	if (call)
		attach_done(call->iommu, group_id(call->arg), ret);
	return 0;
}

SEC("kprobe/vfio_iommu_type1_detach_group")
int BPF_KPROBE(kprobe_detach, void *iommu, void *group)
{
	call_begin((u64)iommu, (u64)group, 0);
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_detach_group")
int BPF_KRETPROBE(kretprobe_detach)
{
	struct call *call = call_end();

	if (call)
		detach_done(call->iommu, group_id(call->arg));
	return 0;
}

SEC("kretprobe/vfio_iommu_type1_open")
int BPF_KRETPROBE(kretprobe_open, void *ret)
{
	open_done((u64)ret);
	return 0;
}

SEC("kprobe/vfio_iommu_type1_release")
int BPF_KPROBE(kprobe_release, void *iommu)
{
	release_begins((u64)iommu);
	return 0;
}

/* ----------------------------------------------------------------- containers older than we are */

#define VFIO_MAJOR 10	/* MISC_MAJOR */
#define VFIO_MINOR 196
#define MAKE_KDEV(major, minor) ((major) << 20 | (minor))

/**
 * Walks every open file: those of /dev/vfio/vfio whose container is driven by type1 get an element
 * in the table, and one that has it gets fresh ranges and dma_avail. The same device number is
 * served by iommufd where that replaces containers; then vfio has no struct vfio_container.
 */
SEC("iter/task_file")
int enumerate(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct vfio_container___v *vc;
	struct viommu_container *c;
	char name[17] = {};
	u64 iommu;

	if (!task || !file || file->f_inode->i_rdev != MAKE_KDEV(VFIO_MAJOR, VFIO_MINOR))
		return 0;
	vc = file->private_data;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(vc, iommu_driver, ops, name));
	if (bpf_strncmp(name, sizeof(name), "vfio-iommu-type1"))
		return 0;
	iommu = (u64)BPF_CORE_READ(vc, iommu_data);
	if (!iommu)
		return 0;
	c = container_find(iommu);
	if (c)
		container_refresh(c, iommu);
	else
		container_new(iommu, task);
	return 0;
}
