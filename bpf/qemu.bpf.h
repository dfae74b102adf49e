/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's structures as far as they are the same in all versions (7.2 to 11), and what is read of
 * them. Their address is the process's word: nothing of it is believed, and all of it is bounded.
 */
#ifndef VIOMMU_QEMU_BPF_H
#define VIOMMU_QEMU_BPF_H

#include "arith.bpf.h"
#include "virtio_iommu.bpf.h"

/** enum IOMMUNotifierFlag, include/exec/memory.h. */
#define IOMMU_NOTIFIER_UNMAP 1
#define IOMMU_NOTIFIER_MAP 2

/** struct IOMMUNotifier: its beginning. */
struct qemu_notifier {
	u64 notify;
	u32 flags;	/* what it wants to know of */
	u32 pad;
	u64 first;
	u64 last;
};

/** struct IOMMUTLBEvent: its beginning. */
struct qemu_iommu_event {
	u32 type;	/* IOMMU_NOTIFIER_* */
	u32 pad;
	u64 address_space;
	u64 iova;
	u64 translated;
	u64 mask;	/* size - 1 */
};

/** struct VirtQueueElement, include/hw/virtio/virtio.h. */
struct qemu_element {
	u32 index;
	u32 len;
	u32 ndescs;
	u32 out_num;	/* buffers from the guest */
	u32 in_num;	/* buffers to the guest */
	u32 flags;
	u64 in_addr;
	u64 out_addr;
	u64 in_sg;	/* struct iovec[in_num], of QEMU's own addresses */
	u64 out_sg;
};

struct qemu_iovec {
	u64 base;
	u64 len;
};

/** Buffers of one element that are looked at: a driver makes one or two of each kind. */
#define MAX_IOVECS 8

/** Words at the start of a VirtQueue among which its VirtIODevice is looked for; it is the 15th. */
#define QUEUE_WORDS 32

#define VIOMMU_TYPE_NAME "virtio-iommu-device"

static __always_inline bool user_word(u64 addr, u64 *word)
{
	return !bpf_copy_from_user(word, sizeof(*word), (void *)addr);
}

struct queue_scan {
	u64 vq;
	bool found;
};

/**
 * Is this word of a VirtQueue a pointer to a virtio-iommu? In QEMU's object model all objects begin
 * alike (qom/object.c): Object::class -> ObjectClass::type -> TypeImpl::name.
 */
static long queue_word_look(u32 i, struct queue_scan *scan)
{
	char name[sizeof(VIOMMU_TYPE_NAME)];
	u64 word;

	if (!user_word(scan->vq + i * sizeof(word), &word) || !word || word & 7 ||
	    !user_word(word, &word) || !word || word & 7 ||
	    !user_word(word, &word) || !word || word & 7 ||
	    !user_word(word, &word) || !word ||
	    bpf_copy_from_user(name, sizeof(name), (void *)word) ||
	    bpf_strncmp(name, sizeof(name), VIOMMU_TYPE_NAME))
		return 0;
	scan->found = true;
	return 1;
}

/** Which queue: a process and an address in it. */
struct queue_key {
	u64 vq;
	u64 start_time;
	u32 tgid;
	u32 pad;
};

/** Queue -> it is a virtio-iommu's. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct queue_key);
	__type(value, u8);
} queues SEC(".maps");

static __noinline bool queue_learn(struct queue_key *key)
{
	struct queue_scan scan = { 0 };
	u8 is_viommu;

	if (!key)
		return false;
	scan.vq = key->vq;
	bpf_loop(QUEUE_WORDS, queue_word_look, &scan, 0);
	is_viommu = scan.found;
	bpf_map_update_elem(&queues, key, &is_viommu, BPF_ANY);
	return scan.found;
}

static __always_inline bool queue_is_viommu(u64 vq)
{
	struct queue_key key = {
		.vq = vq,
		.start_time = process_start_time(bpf_get_current_task_btf()),
		.tgid = bpf_get_current_pid_tgid() >> 32,
	};
	u8 *known = bpf_map_lookup_elem(&queues, &key);

	return known ? *known : queue_learn(&key);
}

/** A request as the guest wrote it; what it did not write is 0. */
struct qemu_request {
	struct wire_head head;
	struct wire_map map;
};

/**
 * A copy of the request from the guest's buffers. bytes is room for one copy that begins anywhere
 * in the request and is as long as one, which is all that the verifier knows.
 */
struct request_buffer {
	union {
		u8 bytes[128];
		struct qemu_request request;
	};
	u32 len;	/* bytes that the guest wrote, at most a request's */
};

/** Bytes that a request of this type must have for what is read of it to be what it says. */
static __always_inline u32 request_length(u32 type)
{
	switch (type) {
	case VIRTIO_IOMMU_T_MAP:
		return offsetof(struct qemu_request, map) + sizeof(struct wire_map);
	case VIRTIO_IOMMU_T_UNMAP:
		return sizeof(struct wire_head);
	case VIRTIO_IOMMU_T_PROBE:
		return offsetof(struct wire_head, first);
	default:	/* ATTACH, DETACH */
		return offsetof(struct wire_head, last);
	}
}

/** False if it lies in more buffers than are looked at, or cannot be read. */
static __noinline bool request_read(struct request_buffer *b, const struct qemu_element *e)
{
	struct qemu_iovec iov;
	u32 at = 0, len;

	if (!b || !e)
		return false;
	for (u32 i = 0; i < MAX_IOVECS && i < e->out_num; i++) {
		if (bpf_copy_from_user(&iov, sizeof(iov), (void *)(e->out_sg + i * sizeof(iov))))
			return false;
		len = sizeof(struct qemu_request) - at;
		if (iov.len < len)
			len = iov.len;
		if (bpf_copy_from_user(b->bytes + bounded(at, 64), bounded(len, 64),
				       (void *)iov.base))
			return false;
		at += len;
		b->len = at;
		if (at >= sizeof(struct qemu_request))
			return true;
	}
	return e->out_num <= MAX_IOVECS;
}

/** The status that QEMU wrote into the last WIRE_TAIL of written bytes. */
static __noinline bool status_read(u8 *status, const struct qemu_element *e, u32 written)
{
	struct qemu_iovec iov;
	u64 at;

	if (!status || !e || written < WIRE_TAIL)
		return false;
	at = written - WIRE_TAIL;
	for (u32 i = 0; i < MAX_IOVECS && i < e->in_num; i++) {
		if (bpf_copy_from_user(&iov, sizeof(iov), (void *)(e->in_sg + i * sizeof(iov))))
			return false;
		if (at < iov.len)
			return !bpf_copy_from_user(status, sizeof(*status),
						   (void *)(iov.base + at));
		at -= iov.len;
	}
	return false;
}

#endif
