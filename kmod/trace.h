/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM viommu_guard

#if !defined(VIOMMU_GUARD_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VIOMMU_GUARD_TRACE_H

#include <linux/tracepoint.h>

#include "denial.h"

/* As arrays: the macros of strings changed in 6.10. */
TRACE_EVENT(denial,
	TP_PROTO(const struct guard_record *record),
	TP_ARGS(record),
	TP_STRUCT__entry(
		__field(u64, iova)
		__field(u64, size)
		__field(u64, limit)
		__field(u32, pid)
		__field(u32, tid)
		__field(u32, error)
		__array(char, policy, VIOMMU_GUARD_NAME_LEN)
		__array(char, cgroup, VIOMMU_GUARD_PATTERN_LEN)
	),
	TP_fast_assign(
		__entry->iova = record->iova;
		__entry->size = record->size;
		__entry->limit = record->limit;
		__entry->pid = record->pid;
		__entry->tid = record->tid;
		__entry->error = record->error;
		memcpy(__entry->policy, record->policy, sizeof(record->policy));
		memcpy(__entry->cgroup, record->cgroup, sizeof(record->cgroup));
	),
	TP_printk("pid=%u tid=%u iova=0x%llx size=0x%llx limit=0x%llx error=%u policy=%s cgroup=%s",
		  __entry->pid, __entry->tid, __entry->iova, __entry->size, __entry->limit,
		  __entry->error, __entry->policy, __entry->cgroup)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
