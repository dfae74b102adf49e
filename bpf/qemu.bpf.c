/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's vIOMMUs, from the host: entries of two functions that every QEMU exports for its modules,
 * or USDT probes where a build has those and not the functions.
 *
 * Entries only: the return of a function needs a page in the process that stays there.
 * What the request probes read may not be in memory (the guest's pages, QEMU's type names), so they
 * may sleep; those of the notifier read the thread's stack and need not.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

#include "records.bpf.h"

#include "bracket.bpf.h"
#include "qemu.bpf.h"
#include "status.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/** Executables that can be hooked at the same time. */
#define MAX_EXECUTABLES 64

/**
 * Of each executable file that user space has hooked; its index is the probes' cookie. How often
 * the probes of requests were passed, in all its processes (virtqueue_push(): by all their
 * devices), and (written by user space) whether requests are traced.
 */
__u64 passes[MAX_EXECUTABLES];
__u32 requests[MAX_EXECUTABLES];

/** The current thread's, made if it has none; NULL if the kernel has no memory. */
static __always_inline struct bracket *bracket_get(void)
{
	return bpf_task_storage_get(&brackets, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/** Ids say which thread; numbers of one thread only have to differ. */
static __always_inline void bracket_number(struct bracket *b)
{
	u64 tid = bpf_get_current_pid_tgid() & 0xffffffff;

	if (!b->request)
		b->request = tid << 32;
	b->request = (b->request & ~0xffffffffULL) | (u32)(b->request + 1);
}

/* ------------------------------------------------------------------------------- notifications */

static __always_inline void notification_begins(u64 cookie, u64 sp, u32 op, u64 first, u64 last)
{
	struct bracket *b = bracket_get();

	if (!b)
		return;
	if (!requests[bounded(cookie, MAX_EXECUTABLES)])
		b->request = 0;
	else if (!b->request)
		bracket_number(b);
	b->op = op;
	b->first = first;
	b->last = last < first ? ~0ULL : last;
	b->sp = sp;
	b->pieces++;
}

/** memory_region_notify_iommu_one(notifier, event) */
SEC("uprobe")
int notify_one(struct pt_regs *ctx)
{
	struct qemu_iommu_event event;
	struct qemu_notifier notifier;
	u64 last;

	if (bpf_probe_read_user(&notifier, sizeof(notifier), (void *)PT_REGS_PARM1(ctx)) ||
	    bpf_probe_read_user(&event, sizeof(event), (void *)PT_REGS_PARM2(ctx)))
		return 0;
	last = event.iova + event.mask;
	if (!(notifier.flags & event.type) || event.iova > notifier.last || last < notifier.first)
		return 0;	/* it is not told */
	if (event.type == IOMMU_NOTIFIER_MAP || event.type == IOMMU_NOTIFIER_UNMAP)
		notification_begins(bpf_get_attach_cookie(ctx), PT_REGS_SP(ctx),
				    event.type == IOMMU_NOTIFIER_MAP ? VIOMMU_REC_MAP :
								       VIOMMU_REC_UNMAP,
				    event.iova, last);
	return 0;
}

/** vfio_iommu_map_notify(op, first, last), in VFIO's notifier itself. */
SEC("usdt")
int BPF_USDT(usdt_notify, const char *op, u64 first, u64 last)
{
	char letter = 0;

	bpf_probe_read_user(&letter, sizeof(letter), op);	/* "MAP" or "UNMAP" */
	notification_begins(bpf_usdt_cookie(ctx), PT_REGS_SP(ctx),
			    letter == 'M' ? VIOMMU_REC_MAP : VIOMMU_REC_UNMAP, first, last);
	return 0;
}

/* ------------------------------------------------------------------------------------ requests */

/** The bracket belongs to the next request. */
static __always_inline void bracket_next(struct bracket *b)
{
	bracket_number(b);
	b->op = 0;
	b->pieces = 0;
	b->failed = 0;
}

static __always_inline void request_fill(struct viommu_rec_request *r,
					 const struct qemu_request *q, u8 status)
{
	u32 type = q->head.type;

	__builtin_memset(r, 0, sizeof(*r));
	rec_init(&r->h, VIOMMU_REC_REQUEST, 0, ~0u,
		 status == VIOMMU_STATUS_UNKNOWN ? 0 : status_errno[status_index(status)]);
	r->request = type;
	r->status = status;
	r->source = VIOMMU_SOURCE_QEMU;
	r->slot = ~0u;
	r->endpoint = VIOMMU_NO_ENDPOINT;
	if (type == VIRTIO_IOMMU_T_PROBE) {
		r->endpoint = q->head.domain;	/* at the same place */
		return;
	}
	r->domain = q->head.domain;
	if (type == VIRTIO_IOMMU_T_ATTACH || type == VIRTIO_IOMMU_T_DETACH)
		r->endpoint = q->head.endpoint;
	if (type == VIRTIO_IOMMU_T_ATTACH)
		r->flags = q->head.flags;
	if (type == VIRTIO_IOMMU_T_MAP || type == VIRTIO_IOMMU_T_UNMAP) {
		r->first = q->head.first;
		r->last = q->head.last;
	}
	if (type == VIRTIO_IOMMU_T_MAP) {
		r->phys = q->map.phys;
		r->flags = q->map.flags;
	}
}

static __noinline void request_record(const struct qemu_request *q, const struct bracket *b,
				      u8 status, u32 flags)
{
	struct viommu_rec_request *r;

	if (!q || !b)
		return;
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		loss_count(VIOMMU_LOST_RING);
		return;
	}
	request_fill(r, q, status);
	r->h.flags |= flags;
	r->id = b->request;
	r->pieces = b->pieces;
	r->failed = b->failed;
	if (b->failed) {
		r->failed_iova = b->failed_iova;
		r->failed_size = b->failed_size;
		r->failed_result = b->failed_result;
	}
	bpf_ringbuf_submit(r, 0);
}

/** MAP and UNMAP that went well are many. */
static __always_inline bool request_is_told(const struct qemu_request *q, const struct bracket *b,
					    u8 status)
{
	u32 type = q->head.type;

	return opt_all || b->failed || type == VIRTIO_IOMMU_T_ATTACH ||
	       type == VIRTIO_IOMMU_T_DETACH ||
	       (status != VIRTIO_IOMMU_S_OK && status != VIOMMU_STATUS_UNKNOWN);
}

/** Written bytes of the element's buffers are an answer. */
static __noinline void element_answered(const struct qemu_element *e, u32 written)
{
	struct request_buffer buffer = {};
	struct bracket *b = bracket_get();
	u8 status;

	if (!b || !e)
		return;
	if (!b->request)
		bracket_number(b);
	if (!request_read(&buffer, e) || !status_read(&status, e, written))
		loss_count(VIOMMU_LOST_ARGS);
	else if (request_is_told(&buffer.request, b, status))
		request_record(&buffer.request, b, status,
			       buffer.len < request_length(buffer.request.head.type) ?
				       VIOMMU_F_NO_REQUEST : 0);
	bracket_next(b);
}

/** virtqueue_push(vq, element, written): the device is done with it. */
SEC("uprobe.s")
int queue_push(struct pt_regs *ctx)
{
	u32 executable = bounded(bpf_get_attach_cookie(ctx), MAX_EXECUTABLES);
	struct qemu_element element;

	__sync_fetch_and_add(&passes[executable], 1);
	if (!queue_is_viommu(PT_REGS_PARM1(ctx)))
		return 0;
	if (bpf_copy_from_user(&element, sizeof(element), (void *)PT_REGS_PARM2(ctx)))
		loss_count(VIOMMU_LOST_ARGS);
	else if (element.out_num)	/* else it is a fault for the guest */
		element_answered(&element, PT_REGS_PARM3(ctx));
	return 0;
}

/**
 * USDT probes tell that a request is being handled, not how it ended: what is remembered of the one
 * before it ends here.
 */
static __always_inline void request_begins(u64 cookie, const struct qemu_request *q)
{
	struct bracket *b = bracket_get();

	__sync_fetch_and_add(&passes[bounded(cookie, MAX_EXECUTABLES)], 1);
	if (!b)
		return;
	bracket_next(b);
	if (request_is_told(q, b, VIOMMU_STATUS_UNKNOWN))
		request_record(q, b, VIOMMU_STATUS_UNKNOWN, 0);
}

SEC("usdt")
int BPF_USDT(usdt_map, u32 domain, u64 first, u64 last, u64 phys, u32 flags)
{
	struct qemu_request q = {
		.head = { .type = VIRTIO_IOMMU_T_MAP, .domain = domain, .first = first,
			  .last = last },
		.map = { .phys = phys, .flags = flags },
	};

	request_begins(bpf_usdt_cookie(ctx), &q);
	return 0;
}

SEC("usdt")
int BPF_USDT(usdt_unmap, u32 domain, u64 first, u64 last)
{
	struct qemu_request q = {
		.head = { .type = VIRTIO_IOMMU_T_UNMAP, .domain = domain, .first = first,
			  .last = last },
	};

	request_begins(bpf_usdt_cookie(ctx), &q);
	return 0;
}

SEC("usdt")
int BPF_USDT(usdt_attach, u32 domain, u32 endpoint)
{
	struct qemu_request q = {
		.head = { .type = VIRTIO_IOMMU_T_ATTACH, .domain = domain, .endpoint = endpoint },
	};

	request_begins(bpf_usdt_cookie(ctx), &q);
	return 0;
}

SEC("usdt")
int BPF_USDT(usdt_detach, u32 domain, u32 endpoint)
{
	struct qemu_request q = {
		.head = { .type = VIRTIO_IOMMU_T_DETACH, .domain = domain, .endpoint = endpoint },
	};

	request_begins(bpf_usdt_cookie(ctx), &q);
	return 0;
}
