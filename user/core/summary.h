/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Totals per VM. How much comes from the kernel's counters, which miss no call; why it failed
 * comes from the events. Containers and processes of one VM add up, limits take what is usable in
 * all of them.
 */
#ifndef VIOMMU_CORE_SUMMARY_H
#define VIOMMU_CORE_SUMMARY_H

#include "event.h"

/** VMs that are told apart; for one more the calls below return -ENOSPC. */
#define SUMMARY_MAX_VMS 1024

struct summary;

/** NULL if out of memory. */
struct summary *summary_new(void);

/** NULL is allowed. */
void summary_free(struct summary *s);

/**
 * Count an event, each once: those that come out of folding, where it is known whether EBUSY was
 * tried again. A VM is who has the same name, UUID and source. A MAP that failed counts under its
 * reason; a LOST whose vm has no name counts for every VM, because nobody knows whose it was;
 * others count nothing, but a VM that is named appears. Events of this machine as a guest count
 * nothing: its endpoints have totals of their own.
 * 0; -ENOSPC, -ENOMEM: not counted.
 */
int summary_add_event(struct summary *s, const struct viommu_event *event);

/**
 * Count a container of vm: each once, when it is gone or at the end. Ranges are left out while
 * they change (range_seq odd) or are not plausible. 0; -ENOSPC, -ENOMEM: not counted.
 */
int summary_add_container(struct summary *s, const struct viommu_vm *vm,
			  const struct viommu_container *container);

/**
 * Work out what needs all of it: failed calls that the kernel counted and no event told of become
 * reason unknown, so that the sum over the reasons is the kernel's count. Add nothing after that.
 */
void summary_close(struct summary *s);

size_t summary_count(const struct summary *s);

/** VM number i, in the order in which they appeared; NULL beyond the last. vm may be NULL. */
const struct viommu_summary *summary_at(const struct summary *s, size_t i,
					const struct viommu_vm **vm);

/** aw-bits for this VM, see viommu_recommend_bits(). */
unsigned int summary_recommended_bits(const struct viommu_summary *summary);

#endif
