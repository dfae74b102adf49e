/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns of cgroup paths (viommu/guard.h) as user space needs them; the kernel matches. */
#ifndef VIOMMU_CORE_POLICY_PATTERN_H
#define VIOMMU_CORE_POLICY_PATTERN_H

#include "policy.h"

/** What is wrong with a pattern, as a sentence that begins with "it"; NULL: nothing. */
const char *policy_pattern_error(const char *pattern);

/**
 * Every cgroup that b names, a names too. Never true when it is not so; it may be false where a
 * longer look would find that it is. Both are valid. *work is counted down by the work done; at 0
 * the answer is false.
 */
bool policy_pattern_covers(const char *a, const char *b, size_t *work);

/**
 * Patterns of the VM of that name, into p: the scopes in which libvirt and, for a number, Proxmox
 * put it. NULL; or, when no pattern can tell that VM from others, why, and none is set.
 */
const char *policy_compile_vm(struct policy *p, const char *vm);

#endif
