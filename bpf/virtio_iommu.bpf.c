/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's virtio-iommu driver: every request that it makes and what the device answered.
 *
 * Since 6.12 the driver posts MAP and UNMAP without ever looking at the status, and frees a request
 * as soon as it is back (__viommu_sync_req()). So the answer is taken from where the request comes
 * out of the queue: the return of virtqueue_get_buf(), which all virtio devices use. A comparison
 * with the few queues of virtio-iommus sends the others away.
 *
 * Both hooks run under the driver's request_lock, with interrupts off: no task can be preempted in
 * a program there, so trampolines (fentry, fexit) do on every kernel. But a call by another device
 * can be interrupted in the comparison, and the kernel then skips the program for a request made
 * from the interrupt. Therefore each request that was queued is remembered until it comes back; one
 * that never does is a counted loss. The same logic exists as kprobes and kretprobes, which do not
 * hold the module.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "answers.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/** virtio-iommus of one guest that are traced; one more is a loss (VIOMMU_LOST_CONTAINER). */
#define MAX_VIOMMUS 4

enum queue_kind { REQUEST_QUEUE, EVENT_QUEUE, NR_QUEUES };	/* as the driver's vqs[] */

/** The virtio-iommus and their queues; 0: free. */
static u64 viommus[MAX_VIOMMUS];
static u64 queues[MAX_VIOMMUS * NR_QUEUES];

/** Requests that came back and had not been seen going. */
__u64 orphans;

/** More than queues of this many virtio-iommus have places (QEMU: 256 each). */
#define MAX_INFLIGHT (MAX_VIOMMUS * 1024)

/** Address of the driver's struct viommu_request -> when it was queued, ns; 0: not measured. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_INFLIGHT);
	__type(key, u64);
	__type(value, u64);
} inflight SEC(".maps");

/* --------------------------------------------------------------------------------- the queues */

static __always_inline void queues_read(u32 i, u64 viommu)
{
	struct viommu_dev___k *k = (void *)viommu;

	queues[i * NR_QUEUES + REQUEST_QUEUE] = (u64)BPF_CORE_READ(k, vqs[REQUEST_QUEUE]);
	queues[i * NR_QUEUES + EVENT_QUEUE] = (u64)BPF_CORE_READ(k, vqs[EVENT_QUEUE]);
}

/** False and a counted loss if there are too many of them. */
static __noinline bool viommu_learn(u64 viommu)
{
	for (u32 i = 0; i < MAX_VIOMMUS; i++) {
		u64 owner = *(volatile u64 *)&viommus[i];

		if (!owner)
			owner = __sync_val_compare_and_swap(&viommus[i], 0, viommu);
		if (owner && owner != viommu)
			continue;
		queues_read(i, viommu);
		return true;
	}
	loss_count(VIOMMU_LOST_CONTAINER);
	return false;
}

/** Index in queues; -1 for those of every other device. */
static __always_inline int queue_find(u64 vq)
{
	for (int i = 0; i < MAX_VIOMMUS * NR_QUEUES; i++)
		if (queues[i] == vq)
			return i;
	return -1;
}

/** A virtio-iommu may go and its queue's address become another device's. */
static __noinline bool queue_is_viommu(u64 vq)
{
	return BPF_CORE_READ((struct virtqueue___k *)vq, vdev, id.device) == VIRTIO_ID_IOMMU;
}

/* ---------------------------------------------------------------------- from queue to queue */

/** The request that __viommu_add_req() has just queued is the list's last. */
static __always_inline void request_queued(u64 viommu)
{
	struct viommu_dev___k *k = (void *)viommu;
	struct list_head *last = BPF_CORE_READ(k, requests.prev);
	u64 req = (u64)core_container_of(last, struct viommu_request___k, list);
	u64 start = opt_latency ? bpf_ktime_get_ns() : 0;

	if (!viommu_learn(viommu))
		return;
	if (!bpf_map_update_elem(&inflight, &req, &start, BPF_NOEXIST)) {
		loss_add(VIOMMU_CALLS_OPEN, 1);
		return;
	}
	/* The one that was there before has not been seen coming back, or there is no room. */
	loss_count(VIOMMU_LOST_RETURN);
	bpf_map_update_elem(&inflight, &req, &start, BPF_EXIST);
}

/** written: what the device says it wrote. False if the request cannot be read. */
static __always_inline bool answer_read(struct answer *a, u64 req, u32 written)
{
	struct viommu_request___k *r = (void *)req;
	struct wire_map map = {};
	u64 tail;

	a->len = BPF_CORE_READ(r, len);
	a->ignored = !BPF_CORE_READ(r, writeback);
	a->buf = (u64)__builtin_preserve_access_index(&r->buf);
	if (a->len < sizeof(a->head) ||
	    bpf_probe_read_kernel(&a->head, sizeof(a->head), (void *)a->buf))
		return false;
	tail = a->buf + a->len - WIRE_TAIL;
	if (bpf_probe_read_kernel(&a->status, sizeof(a->status), (void *)tail))
		return false;
	/* As the driver has it: nothing written is no answer (__viommu_sync_req()). */
	if (!written)
		a->status = VIRTIO_IOMMU_S_IOERR;
	if (a->head.type == VIRTIO_IOMMU_T_MAP) {
		bpf_probe_read_kernel(&map, sizeof(map), (void *)(a->buf + sizeof(a->head)));
		a->phys = map.phys;
		a->flags = map.flags;
	} else if (a->head.type == VIRTIO_IOMMU_T_ATTACH) {
		a->flags = a->head.flags;
	}
	return true;
}

/**
 * A request has come back. sure: by the queue it is one; else only if it was seen going.
 */
static __noinline void request_returned(u64 queue, u64 vq, u64 req, u32 written, bool sure)
{
	u64 *start = bpf_map_lookup_elem(&inflight, &req);
	struct answer a = {};

	if (start) {
		if (opt_latency)
			a.latency = bpf_ktime_get_ns() - *start;
		bpf_map_delete_elem(&inflight, &req);
		loss_add(VIOMMU_CALLS_OPEN, -1);
	} else if (!sure || !queue_is_viommu(vq)) {
		return;
	} else {
		__sync_fetch_and_add(&orphans, 1);
	}
	a.viommu = viommus[bounded(queue / NR_QUEUES, MAX_VIOMMUS)];
	if (!answer_read(&a, req, written)) {
		loss_count(VIOMMU_LOST_ARGS);
		return;
	}
	if (a.head.type == VIRTIO_IOMMU_T_MAP || a.head.type == VIRTIO_IOMMU_T_UNMAP)
		range_answered(&a);
	else
		endpoint_answered(&a);
}

/** Is this one of the buffers that the driver gave to the queue (viommu_fill_evtq())? */
static __always_inline bool event_is_ours(u64 viommu, u64 vq, u64 event)
{
	u64 offset = event - (u64)BPF_CORE_READ((struct viommu_dev___k *)viommu, evts);
	u64 count = BPF_CORE_READ((struct virtqueue___k *)vq, num_max);

	return queue_is_viommu(vq) && offset % sizeof(struct wire_fault) == 0 &&
	       offset / sizeof(struct wire_fault) < count;
}

static __noinline void event_returned(u64 queue, u64 vq, u64 event, u32 written)
{
	u64 viommu = viommus[bounded(queue / NR_QUEUES, MAX_VIOMMUS)];
	struct viommu_rec_fault *r;
	struct viommu_endpoint *e;
	struct wire_fault f = {};

	/* What the driver takes for a fault (viommu_event_handler()). */
	if (!event_is_ours(viommu, vq, event) || written > sizeof(f) ||
	    bpf_probe_read_kernel(&f, sizeof(f), (void *)event) ||
	    f.reserved[0] || f.reserved[1] || f.reserved[2])
		return;
	e = endpoint_find(viommu, f.endpoint);
	if (e)
		__sync_fetch_and_add(&e->faults, 1);
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		loss_count(VIOMMU_LOST_RING);
		return;
	}
	__builtin_memset(r, 0, sizeof(*r));
	/* Of no process: whatever the interrupt came upon has nothing to do with it. */
	r->h.type = VIOMMU_REC_FAULT;
	r->h.ts = bpf_ktime_get_boot_ns();
	r->h.slot = e ? e->slot : ~0u;
	r->address = f.address;
	r->endpoint = f.endpoint;
	r->flags = f.flags;
	r->reason = f.reason;
	r->slot = e ? e->slot : ~0u;
	if (e)
		bpf_probe_read_kernel(r->device, sizeof(r->device), e->device);
	bpf_ringbuf_submit(r, 0);
}

static __always_inline void device_seen(u64 dev)
{
	u64 viommu = device_read(dev);

	if (viommu)
		viommu_learn(viommu);
}

/* --------------------------------------------------------------------------------- trampolines */

SEC("fexit/__viommu_add_req")
int BPF_PROG(fexit_add_req, void *viommu, void *buf, size_t len, bool writeback, int ret)
{
	if (!ret)
		request_queued((u64)viommu);
	return 0;
}

SEC("fexit/virtqueue_get_buf")
int BPF_PROG(fexit_get_buf, void *vq, unsigned int *len, void *ret)
{
	int queue = queue_find((u64)vq);
	u32 written = 0;

	if (queue < 0 || !ret)
		return 0;
	bpf_probe_read_kernel(&written, sizeof(written), len);
	if (queue % NR_QUEUES == REQUEST_QUEUE)
		request_returned(queue, (u64)vq, (u64)ret, written, true);
	else
		event_returned(queue, (u64)vq, (u64)ret, written);
	return 0;
}

SEC("fentry/viommu_get_resv_regions")
int BPF_PROG(fentry_regions, void *dev)
{
	device_seen((u64)dev);
	return 0;
}

SEC("fentry/viommu_attach_dev")
int BPF_PROG(fentry_attach, void *domain, void *dev)
{
	device_seen((u64)dev);
	return 0;
}

/* ------------------------------------------------------------------------------------- kprobes */

/** What the entry of a call leaves for its return, on the CPU that interrupts are off on. */
struct entered {
	u64 viommu;		/* of __viommu_add_req() */
	struct {
		u64 vq;		/* of virtqueue_get_buf(), 0: not in it */
		u64 len;
		u64 queue;
	} get_buf[NR_QUEUES];	/* an event may be interrupted by a request, never by an event */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct entered);
} entries SEC(".maps");

static __always_inline struct entered *entered_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&entries, &zero);
}

SEC("kprobe/__viommu_add_req")
int BPF_KPROBE(kprobe_add_req, void *viommu)
{
	struct entered *here = entered_here();

	if (here)
		here->viommu = (u64)viommu;
	return 0;
}

SEC("kretprobe/__viommu_add_req")
int BPF_KRETPROBE(kretprobe_add_req, int ret)
{
	struct entered *here = entered_here();

	if (!here || !here->viommu)
		return 0;
	if (!ret)
		request_queued(here->viommu);
	here->viommu = 0;
	return 0;
}

SEC("kprobe/virtqueue_get_buf")
int BPF_KPROBE(kprobe_get_buf, void *vq, unsigned int *len)
{
	int queue = queue_find((u64)vq);
	struct entered *here;
	u32 kind;

	if (queue < 0)
		return 0;
	here = entered_here();
	if (!here)
		return 0;
	kind = bounded(queue, NR_QUEUES);
	here->get_buf[kind].vq = (u64)vq;
	here->get_buf[kind].len = (u64)len;
	here->get_buf[kind].queue = queue;
	return 0;
}

SEC("kretprobe/virtqueue_get_buf")
int BPF_KRETPROBE(kretprobe_get_buf, void *ret)
{
	struct entered *here = entered_here();
	u32 written = 0, kind = REQUEST_QUEUE;
	u64 vq, queue;

	if (!here)
		return 0;
	if (!here->get_buf[kind].vq)
		kind = EVENT_QUEUE;
	vq = here->get_buf[kind].vq;
	queue = here->get_buf[kind].queue;
	if (!vq)
		return 0;
	here->get_buf[kind].vq = 0;
	if (!ret)
		return 0;
	bpf_probe_read_kernel(&written, sizeof(written), (void *)here->get_buf[kind].len);
	if (kind == REQUEST_QUEUE)
		request_returned(queue, vq, (u64)ret, written, false);
	else
		event_returned(queue, vq, (u64)ret, written);
	return 0;
}

SEC("kprobe/viommu_get_resv_regions")
int BPF_KPROBE(kprobe_regions, void *dev)
{
	device_seen((u64)dev);
	return 0;
}

SEC("kprobe/viommu_attach_dev")
int BPF_KPROBE(kprobe_attach, void *domain, void *dev)
{
	device_seen((u64)dev);
	return 0;
}
