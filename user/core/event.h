/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of output: what a record means once the VM is known and the diagnosis is made.
 * Every printer (table, JSON) and every consumer (folding, summary) takes this structure.
 */
#ifndef VIOMMU_CORE_EVENT_H
#define VIOMMU_CORE_EVENT_H

#include <viommu/guard.h>

#include "diagnose.h"

#define VIOMMU_NAME_LEN 256
#define VIOMMU_MAX_DEVICES 16

/** Where a VM's name is known from. X(enumerator suffix, name, one line of meaning). */
#define VIOMMU_VM_SOURCES(X) \
	X(NONE, "none", "no VM: the name is \"pid:N\"") \
	X(LIBVIRT, "libvirt", "libvirt's status XML") \
	X(PIDFILE, "pidfile", "a pid file of libvirt or Proxmox") \
	X(CMDLINE, "cmdline", "QEMU's command line") \
	X(CGROUP, "cgroup", "the name of the cgroup scope: a hint") \
	X(SELF, "self", "this machine is the guest: its host name")

enum viommu_vm_source {
#define X(sym, name, meaning) VIOMMU_VM_##sym,
	VIOMMU_VM_SOURCES(X)
#undef X
	VIOMMU_NR_VM_SOURCES
};

/** Who a process is. name is valid UTF-8 without control characters. */
struct viommu_vm {
	char name[VIOMMU_NAME_LEN];
	char uuid[40];			/**< lower case, empty if unknown */
	char manager[16];		/**< "libvirt", "proxmox", "qemu", or the comm if no VM */
	enum viommu_vm_source source;
	enum viommu_vmm vmm;
};

/** Name as in JSON; NULL if the value is out of range. */
const char *viommu_vm_source_name(enum viommu_vm_source source);

/** Totals of one VM. Counts come from the kernel's counters, reasons from the events. */
struct viommu_summary {
	uint64_t maps;			/**< MAP calls that succeeded */
	uint64_t unmaps;		/**< UNMAP calls that succeeded */
	uint64_t map_bytes;		/**< bytes mapped, in total */
	uint64_t unmap_bytes;
	uint64_t failures[VIOMMU_NR_REASONS];	/**< failed MAPs by reason */
	uint64_t lost[VIOMMU_NR_LOST];
	uint64_t highest_mapped;	/**< last IOVA mapped; valid if maps > 0 */
	uint64_t highest_refused;	/**< last IOVA refused; valid if any failure */
	struct iova_ranges ranges;	/**< usable in all its containers */
	enum viommu_limit_from limit_from;
	unsigned int containers;	/**< seen */
	uint32_t dma_limit;		/**< mapping entries of the fullest container; 0 unknown */
	uint32_t dma_avail;		/**< entries left in it */
	uint64_t latency[VIOMMU_LATENCY_SLOTS];	/**< all 0 if not measured */
};

/** What a guest asked of its virtio-iommu; see struct viommu_rec_request. */
struct viommu_request {
	uint64_t parent;		/**< id of the request, also of its maps; 0: none */
	unsigned int type;		/**< enum viommu_request_type; 0: does not apply */
	unsigned int status;		/**< enum viommu_status, or VIOMMU_STATUS_UNKNOWN */
	enum viommu_source source;
	uint32_t domain;		/**< address space, as the vIOMMU numbers it */
	uint32_t endpoint;		/**< VIOMMU_NO_ENDPOINT: not known */
	char device[VIOMMU_DEVICE_LEN];	/**< of the endpoint, in the guest; empty: not known */
	uint64_t phys;			/**< MAP: guest-physical address */
	uint64_t latency;		/**< ns; 0: not measured */
	uint32_t pieces;		/**< host maps because of it */
	uint32_t failed;		/**< of these, refused */
	uint64_t failed_iova;		/**< first refused piece; valid if failed */
	uint64_t failed_size;
	int failed_result;		/**< -errno of it */
	uint32_t fault_reason;		/**< FAULT: VIRTIO_IOMMU_FAULT_R_* */
};

/** DENY: the policy that refused a map, or, if it only audits (result 0), would have. */
struct viommu_denier {
	char policy[VIOMMU_GUARD_NAME_LEN];	/**< empty: the default */
	char file[VIOMMU_GUARD_FILE_LEN];	/**< empty: not known */
	char message[VIOMMU_GUARD_MESSAGE_LEN];	/**< the administrator's; empty: none */
};

/** What is printed. Members that do not apply to the type are 0 / empty. */
struct viommu_event {
	enum viommu_event_type type;
	uint64_t ts;			/**< CLOCK_REALTIME of the first of count, ns */
	uint64_t ts_last;		/**< of the last of count; ts if count is 1 */
	uint64_t seq;			/**< of the line, from 1, set by the printer */
	struct viommu_vm vm;
	uint32_t pid;
	uint32_t tid;
	char comm[VIOMMU_COMM_LEN];
	uint64_t container_id;		/**< 0: none */
	char container[32];		/**< "PID-GROUP"; empty: none */
	int group;			/**< IOMMU group, -1: does not apply */
	char devices[VIOMMU_MAX_DEVICES][20];	/**< PCI addresses of the group or the container */
	size_t device_count;

	struct viommu_evidence ev;	/**< result, range, backing, path, limit */
	int result;			/**< 0 or -errno */
	struct viommu_diagnosis diag;	/**< valid if viommu_event_failed() */
	uint64_t count;			/**< equal events that this one stands for, >= 1 */
	uint64_t iova_lowest;		/**< first IOVA among them */
	uint64_t iova_highest;		/**< last IOVA among them */

	struct viommu_request request;	/**< REQUEST, FAULT, SUMMARY of a guest; MAP: parent only */

	struct viommu_denier denier;	/**< DENY */

	enum viommu_lost lost;		/**< LOST: why; count says how many */
	struct viommu_summary summary;	/**< SUMMARY */
};

/** diag is valid: something was refused, or would have been. A fault has no result of its own. */
static inline bool viommu_event_failed(const struct viommu_event *event)
{
	return event->result < 0 || event->type == VIOMMU_EVENT_FAULT ||
	       event->type == VIOMMU_EVENT_DENY;
}

#endif
