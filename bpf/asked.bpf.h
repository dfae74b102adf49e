/* SPDX-License-Identifier: GPL-2.0 */
/* Who asked for a MAP or UNMAP of the current thread, as far as its bracket proves it. */
#ifndef VIOMMU_ASKED_BPF_H
#define VIOMMU_ASKED_BPF_H

#include "bracket.bpf.h"
#include "records.bpf.h"

/** What /proc/PID/stat counts start times in, ns: USER_HZ is 100 on every machine that we serve. */
#define TICK_NS 10000000

/**
 * The bracket that this call lies in, or NULL: the same operation, inside the notified range (VFIO
 * cuts a notification to its own section of memory), from deeper in the stack than the notifier's
 * entry. What a later, unrelated call of the thread has in common with an old notification would
 * have to be all of that.
 */
static __always_inline struct bracket *bracket_around(u32 op, u64 iova, u64 size)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct bracket *b = bpf_task_storage_get(&brackets, task, NULL, 0);
	u64 last = size ? iova + size - 1 : iova;
	struct pt_regs *regs;

	if (!b || b->op != op || iova < b->first || last < iova || last > b->last)
		return NULL;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return PT_REGS_SP_CORE(regs) < b->sp ? b : NULL;
}

/** The notifier of the current process is hooked, and whatever ran before that has ended. */
static __always_inline bool process_is_hooked(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct viommu_hooked *h = bpf_map_lookup_elem(&hooked, &tgid);

	return h && h->start_time == process_start_time(bpf_get_current_task_btf()) / TICK_NS &&
	       bpf_ktime_get_boot_ns() - h->since > VIOMMU_HOOKED_GRACE;
}

/** Fill in who asked for the call that d tells of. */
static __always_inline void asked_fill(struct viommu_rec_dma *d)
{
	struct bracket *b = bracket_around(d->h.type, d->iova, d->size);

	d->parent = b ? b->request : 0;
	if (b)
		d->asked = VIOMMU_ASKED_GUEST;
	else
		d->asked = process_is_hooked() ? VIOMMU_ASKED_REGION : VIOMMU_ASKED_UNKNOWN;
	d->pad = 0;
}

/**
 * The host refused this piece of the request that the bracket is of. A notification is good for one
 * MAP, so it is over: else a map of QEMU's own, inside the range that was refused, would be taken
 * for the guest's. (One that succeeded is not over, which costs the fast path nothing: a second MAP
 * of that range can only be an overlap.) After EBUSY QEMU tries the same again.
 */
static __always_inline void asked_failed(u32 op, u64 iova, u64 size, s32 result)
{
	struct bracket *b = bracket_around(op, iova, size);

	if (!b)
		return;
	if (!b->failed++) {
		b->failed_iova = iova;
		b->failed_size = size;
		b->failed_result = result;
	}
	if (op == VIOMMU_REC_MAP && result != -EBUSY)
		b->op = 0;
}

/** ... and has taken it now, when QEMU tried again. */
static __always_inline void asked_retried(u64 iova, u64 size)
{
	struct bracket *b = bracket_around(VIOMMU_REC_MAP, iova, size);

	if (b && b->failed)
		b->failed--;
}

#endif
