/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, as a sentence with the numbers in it: one function for each kind of refusal. */
#ifndef VIOMMU_CORE_DETAIL_H
#define VIOMMU_CORE_DETAIL_H

#include "facts.h"
#include "text.h"

/* The request itself. */
void detail_no_driver(const struct facts *f, struct text *t);
void detail_unreadable(const struct facts *f, struct text *t);
void detail_argsz(const struct facts *f, struct text *t);
void detail_flags(const struct facts *f, struct text *t);
void detail_access(const struct facts *f, struct text *t);
void detail_empty(const struct facts *f, struct text *t);
void detail_unmap_all(const struct facts *f, struct text *t);
void detail_misaligned(const struct facts *f, struct text *t);
void detail_granule(const struct facts *f, struct text *t);
void detail_wraps(const struct facts *f, struct text *t);
void detail_vaddr_flag(const struct facts *f, struct text *t);

/* The container. */
void detail_overlap(const struct facts *f, struct text *t);
void detail_bisect(const struct facts *f, struct text *t);
void detail_entries(const struct facts *f, struct text *t);
void detail_above(const struct facts *f, struct text *t);
void detail_userspace_va(const struct facts *f, struct text *t);
void detail_hole(const struct facts *f, struct text *t);
void detail_policy(const struct facts *f, struct text *t);

/* The memory behind it, and the IOMMU. */
void detail_memlock(const struct facts *f, struct text *t);
void detail_memlock_containers(const struct facts *f, struct text *t);
void detail_memory(const struct facts *f, struct text *t);
void detail_busy_retry(const struct facts *f, struct text *t);
void detail_memlock_user(const struct facts *f, struct text *t);
void detail_pfnmap(const struct facts *f, struct text *t);
void detail_pin(const struct facts *f, struct text *t);
void detail_process_gone(const struct facts *f, struct text *t);
void detail_driver(const struct facts *f, struct text *t);

/* A group that did not attach. */
void detail_attach_unsafe(const struct facts *f, struct text *t);
void detail_attach_conflict(const struct facts *f, struct text *t);
void detail_attach_busy(const struct facts *f, struct text *t);
void detail_attach_other(const struct facts *f, struct text *t);

/* A guest's request that its vIOMMU refused. */
void detail_request_above(const struct facts *f, struct text *t);
void detail_request_flags(const struct facts *f, struct text *t);
void detail_request_overlap(const struct facts *f, struct text *t);
void detail_request_bisect(const struct facts *f, struct text *t);
void detail_request_unknown(const struct facts *f, struct text *t);

/* An access that the IOMMU did not let through. */
void detail_fault(const struct facts *f, struct text *t);
void detail_fault_above(const struct facts *f, struct text *t);

/** Nothing is certain: what was asked and what the kernel said. */
void detail_unknown(const struct facts *f, struct text *t);

#endif
