// SPDX-License-Identifier: GPL-2.0
/*
 * A denial is counted and traced at once, in the process that asked. Kernel log and netlink follow
 * from a worker: they need memory and time that a probe's handler does not have.
 */
#include "denial.h"

#include <linux/cgroup.h>
#include <linux/errname.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "container.h"
#include "hook.h"
#include "netlink.h"
#include "policy.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* A power of two. What does not fit is counted, but not told. */
#define RING_SIZE 512U

static struct guard_record *ring;
/* Both only grow; the worker alone moves the tail. */
static unsigned int head, tail;
static DEFINE_SPINLOCK(ring_lock);
static atomic64_t missed[VIOMMU_GUARD_NR_MISSED];

static void drain_work(struct work_struct *work);
static DECLARE_WORK(drain, drain_work);

void guard_missed(enum viommu_guard_missed what)
{
	atomic64_inc(&missed[what]);
}

u64 guard_missed_count(enum viommu_guard_missed what)
{
	return (u64)atomic64_read(&missed[what]) + guard_arm_missed(what);
}

void guard_cgroup_path(char *path, size_t size)
{
	char *slash;

	if (cgroup_path(task_dfl_cgroup(current), path, size) < 0)
		path[size - 1] = '\0';
	/* Cut, perhaps in the middle of a name, which could then be somebody else's. */
	if (strlen(path) == size - 1) {
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	}
}

bool guard_cgroup_present(void)
{
	return READ_ONCE(cgrp_dfl_root.nr_cgrps.counter) > 1;
}

static void record_fill(struct guard_record *record, const struct guard_denial *denial)
{
	const struct guard_policy *policy = denial->policy;

	memset(record, 0, sizeof(*record));
	record->time = ktime_get_boottime_ns();
	record->pid = current->tgid;
	record->tid = current->pid;
	memcpy(record->comm, current->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = '\0';
	guard_cgroup_path(record->cgroup, sizeof(record->cgroup));
	record->group = denial->container ? denial->container->group : -1;
	record->iova = denial->iova;
	record->size = denial->size;
	record->limit = denial->limit;
	record->error = denial->error;
	if (!policy)
		return;
	strscpy(record->policy, policy->counter->name, sizeof(record->policy));
	record->has_policy = record->policy[0];
	strscpy(record->file, policy->file, sizeof(record->file));
	strscpy(record->message, policy->message, sizeof(record->message));
}

static void denial_count(const struct guard_denial *denial)
{
	if (denial->policy)
		atomic64_inc(denial->error ? &denial->policy->counter->denials :
					     &denial->policy->counter->audits);
	if (denial->container)
		atomic64_inc(denial->error ? &denial->container->denials :
					     &denial->container->audits);
}

void guard_denial_report(const struct guard_denial *denial)
{
	struct guard_record *record = NULL;

	denial_count(denial);
	spin_lock(&ring_lock);
	if (head - READ_ONCE(tail) < RING_SIZE) {
		record = &ring[head % RING_SIZE];
		record_fill(record, denial);
		trace_denial(record);
		/* The worker reads the record only when it is whole. */
		smp_store_release(&head, head + 1);
	} else {
		guard_missed(VIOMMU_GUARD_MISSED_EVENT);
	}
	spin_unlock(&ring_lock);
	if (record)
		schedule_work(&drain);
}

/* Widest aw-bits that keeps to a limit. */
static unsigned int limit_bits(u64 limit)
{
	return limit == U64_MAX ? 64 : ilog2(limit + 1);
}

static void record_print(const struct guard_record *record)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 10);

	if (!__ratelimit(&limit))
		return;
	pr_warn("%s: cgroup=%s pid=%u comm=%s iova=0x%llx size=0x%llx limit=0x%llx policy=%s%s%s%s%s: set aw-bits=%u\n",
		record->error ? "map refused" : "map would be refused (audit)", record->cgroup,
		record->pid, record->comm, record->iova, record->size, record->limit,
		record->has_policy ? record->policy : "default", record->file[0] ? " file=" : "",
		record->file, record->message[0] ? ": " : "", record->message,
		limit_bits(record->limit));
}

static void drain_work(struct work_struct *work)
{
	/* Pairs with the release of the record, whose content comes after it. */
	while (tail != smp_load_acquire(&head)) {
		const struct guard_record *record = &ring[tail % RING_SIZE];

		record_print(record);
		if (guard_netlink_denial(record))
			guard_missed(VIOMMU_GUARD_MISSED_EVENT);
		/* From here on the place is written to again. */
		smp_store_release(&tail, tail + 1);
	}
}

int guard_denial_init(void)
{
	ring = vcalloc(RING_SIZE, sizeof(*ring));
	return ring ? 0 : -ENOMEM;
}

void guard_denial_exit(void)
{
	cancel_work_sync(&drain);
	vfree(ring);
}
