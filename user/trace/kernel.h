/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel and this process can do, found out by looking and not by version numbers. */
#ifndef VIOMMU_TRACE_KERNEL_H
#define VIOMMU_TRACE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/** The module whose functions we hook. */
#define KERNEL_TYPE1_MODULE "vfio_iommu_type1"

/** Whether a task may be preempted while it runs a BPF program. */
enum kernel_preempt {
	KERNEL_PREEMPT_UNKNOWN,	/**< could not be found out */
	KERNEL_PREEMPT_NO,	/**< none, voluntary: only where the kernel says so */
	KERNEL_PREEMPT_YES,	/**< full, lazy, RT */
};

/**
 * Names of the capabilities that tracing needs and this process lacks ("CAP_BPF CAP_PERFMON"),
 * written to buf. Returns how many.
 */
int kernel_missing_capabilities(char *buf, size_t size);

/** The running kernel has type information for itself. */
bool kernel_has_btf(void);

/** The module is loaded and initialised, or built in. */
bool kernel_module_live(const char *module);

/** There is a module of this name for the running kernel, loaded or not. */
bool kernel_module_exists(const char *module);

/** The module can be read by type: it has type information. */
bool kernel_module_has_btf(const char *module);

/** Which preemption model is in force now; it can be changed while the kernel runs. */
enum kernel_preempt kernel_preempt_model(void);

/**
 * Are these functions of the module in /proc/kallsyms? present[i] answers for functions[i].
 * 0 or -errno; -ENODATA: it has none of them all, so nothing is known.
 */
int kernel_find_functions(const char *module, const char *const functions[], bool present[],
			  size_t count);

/** "6.12.95+deb12-amd64"; "unknown" if the kernel does not say. */
void kernel_release(char *buf, size_t size);

#endif
