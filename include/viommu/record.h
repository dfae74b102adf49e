/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * What BPF programs tell user space: one record per exception in a ring buffer, and counters in
 * tables that user space maps and reads without a system call. Fixed-width members only; the same
 * file is compiled by clang -target bpf and by the host's compiler.
 *
 * The including file provides __u8..__u64 (vmlinux.h in BPF, linux/types.h elsewhere).
 */
#ifndef VIOMMU_RECORD_H
#define VIOMMU_RECORD_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/** Layout version of everything below; BPF object and user program carry it and must agree. */
#define VIOMMU_RECORD_VERSION 4

/** Usable IOVA ranges that one record can hold. Known machines have up to ten; a longer list is
 *  cut and says so (VIOMMU_F_RANGES_CUT).
 */
#define VIOMMU_MAX_RANGES 32

/** Containers that are counted at the same time; one more is a loss (VIOMMU_LOST_CONTAINER). */
#define VIOMMU_MAX_CONTAINERS 1024

/** Failures are counted by errno in [0, VIOMMU_MAX_ERRNO); larger ones in element 0. */
#define VIOMMU_MAX_ERRNO 131

/** Latency classes: element n counts calls of [2^n, 2^(n+1)) ns, the last one all above. */
#define VIOMMU_LATENCY_SLOTS 32

/** Groups of a container that are listed; a longer list is cut. */
#define VIOMMU_MAX_GROUPS 16

#define VIOMMU_COMM_LEN 16
#define VIOMMU_ARGV_LEN 4096
#define VIOMMU_CGROUP_LEN 1024

/** A range of IOVAs, both ends included (so that 2^64 - 1 can be said). first <= last. */
struct viommu_range {
	__u64 first;
	__u64 last;
};

enum viommu_rec_type {
	VIOMMU_REC_PROCESS = 1,	/**< struct viommu_rec_process: who opened or uses a container */
	VIOMMU_REC_MAP,		/**< struct viommu_rec_dma, or _rec_failure when result < 0 */
	VIOMMU_REC_UNMAP,	/**< the same for VFIO_IOMMU_UNMAP_DMA */
	VIOMMU_REC_ATTACH,	/**< struct viommu_rec_group: a group joined, or failed to */
	VIOMMU_REC_DETACH,	/**< struct viommu_rec_group: a group left */
	VIOMMU_REC_REQUEST,	/**< struct viommu_rec_request: a guest's request was answered */
	VIOMMU_REC_FAULT,	/**< struct viommu_rec_fault: the vIOMMU reported an access */
};

/** Bits of viommu_rec::flags. */
enum viommu_rec_flag {
	VIOMMU_F_RANGES = 1 << 0,	/**< ranges[] were read from the container */
	VIOMMU_F_RANGES_CUT = 1 << 1,	/**< there were more than VIOMMU_MAX_RANGES */
	VIOMMU_F_PGSIZES = 1 << 2,	/**< pgsize_bitmap was read */
	VIOMMU_F_DMA_AVAIL = 1 << 3,	/**< dma_avail was read */
	VIOMMU_F_MEMLOCK = 1 << 4,	/**< memlock_* and cap_ipc_lock were read */
	VIOMMU_F_RETRIED = 1 << 5,	/**< MAP that succeeded right after it failed with EBUSY */
	VIOMMU_F_ARGV_UNREAD = 1 << 6,	/**< the argument pages were not in memory */
	VIOMMU_F_ARGV_CUT = 1 << 7,	/**< argv is longer than VIOMMU_ARGV_LEN */
	VIOMMU_F_NO_REQUEST = 1 << 8,	/**< the request could not be read: no iova, size */
};

/** What lies behind the vaddr of a failed map, from the VMA at that moment. */
enum viommu_backing {
	VIOMMU_BACKING_UNKNOWN,	/**< not looked at, or the address space's lock was busy */
	VIOMMU_BACKING_NONE,	/**< no VMA covers the address */
	VIOMMU_BACKING_RAM,	/**< anonymous or file memory with struct pages */
	VIOMMU_BACKING_VFIO_BAR,/**< a region of a VFIO device: peer-to-peer */
	VIOMMU_BACKING_DEVICE,	/**< another VM_IO or VM_PFNMAP mapping */
	VIOMMU_NR_BACKING
};

/** Who asked for a host's mapping, as far as BPF can tell. */
enum viommu_asked {
	VIOMMU_ASKED_UNKNOWN,	/**< QEMU's notifier is not hooked */
	VIOMMU_ASKED_REGION,	/**< it is, and did not run: the VMM maps memory by itself */
	VIOMMU_ASKED_GUEST,	/**< the guest, through its vIOMMU */
};

/** Which side of a virtio-iommu saw a request. */
enum viommu_source {
	VIOMMU_SOURCE_GUEST,	/**< the driver, in the guest's kernel */
	VIOMMU_SOURCE_QEMU,	/**< the device, in QEMU on the host */
};

/** Endpoint of a request whose endpoint is not known. */
#define VIOMMU_NO_ENDPOINT (~0u)

/** Status of a request when only the fact is known that it was made. */
#define VIOMMU_STATUS_UNKNOWN 0xff

/** Statuses are VIRTIO_IOMMU_S_*, 0 to 8 (linux/virtio_iommu.h); larger count as element 15. */
#define VIOMMU_MAX_STATUS 16

/** Room for the name of an endpoint in the guest ("0000:00:03.0"), and reserved regions of one:
 *  QEMU tells of at most 21 (VIOMMU_PROBE_SIZE 512).
 */
#define VIOMMU_DEVICE_LEN 24
#define VIOMMU_MAX_RESERVED 24

/** Endpoints of the guest that are counted at the same time. */
#define VIOMMU_MAX_ENDPOINTS 256

/** Why something is not in the stream. Index of the loss table, which counts events, not bytes. */
enum viommu_lost {
	VIOMMU_LOST_RING,	/**< the ring buffer was full: map, unmap, attach, detach */
	VIOMMU_LOST_IDENTITY,	/**< the ring buffer was full: who a process is */
	VIOMMU_LOST_CONTAINER,	/**< the container table was full: a call that is not counted */
	VIOMMU_LOST_ARGS,	/**< the caller's request could not be read back: no iova, size */
	VIOMMU_LOST_RETURN,	/**< kprobe mode: the return of a call was not seen */
	VIOMMU_LOST_SKIPPED,	/**< trampoline mode: the kernel skipped a program run. It counts
				  *  that itself (recursion_misses); user space fills it in */
	VIOMMU_LOST_DENIAL,	/**< viommu_guard could not tell of a denial; user space counts */
	VIOMMU_NR_LOST
};

/** Element of the loss table after the reasons: calls that were entered and have not returned
 *  (kprobe mode). Those that are left when the tracer ends were not seen.
 */
#define VIOMMU_CALLS_OPEN VIOMMU_NR_LOST
#define VIOMMU_NR_LOSSES (VIOMMU_NR_LOST + 1)

/** Head of each record. */
struct viommu_rec {
	__u32 type;		/**< enum viommu_rec_type */
	__u32 flags;		/**< enum viommu_rec_flag */
	__u64 ts;		/**< CLOCK_BOOTTIME at the end of the call, ns */
	__u64 container;	/**< viommu_container::id */
	__u64 start_time;	/**< of the process, CLOCK_BOOTTIME ns; with tgid its identity */
	__u32 tgid;		/**< process that made the call */
	__u32 tid;		/**< thread that made the call */
	__u32 slot;		/**< index in the container table */
	__s32 result;		/**< what the kernel returned: 0 or -errno */
	char comm[VIOMMU_COMM_LEN];	/**< of the process (group leader) */
};

/** A MAP or UNMAP. For UNMAP, size is what the kernel reports as unmapped if result is 0. */
struct viommu_rec_dma {
	struct viommu_rec h;
	__u64 iova;		/**< as in struct vfio_iommu_type1_dma_map */
	__u64 size;		/**< bytes */
	__u64 vaddr;		/**< caller's address; 0 for UNMAP */
	__u64 parent;		/**< viommu_rec_request::id that it belongs to; 0: unknown */
	__u32 dma_flags;	/**< VFIO_DMA_MAP_FLAG_* or VFIO_DMA_UNMAP_FLAG_* */
	__u32 argsz;		/**< as the caller gave it */
	__u32 asked;		/**< enum viommu_asked */
	__u32 pad;
};

/** What is known of the container and the process at the moment of a failure. */
struct viommu_state {
	__u64 pgsize_bitmap;	/**< IOMMU page sizes, bit n = 2^n bytes; lowest is the granule */
	__u64 memlock_limit;	/**< RLIMIT_MEMLOCK soft limit, bytes; ~0 = none */
	__u64 memlock_used;	/**< locked_vm of the process, bytes, the failure undone */
	__u32 dma_avail;	/**< mappings that the container can still take */
	__u8 cap_ipc_lock;	/**< 1: the process may exceed memlock_limit */
	__u8 backing;		/**< enum viommu_backing */
	__u16 range_count;	/**< elements of ranges[] that are valid, ascending, disjoint */
	struct viommu_range ranges[VIOMMU_MAX_RANGES];	/**< vfio_iommu::iova_list */
};

/** A MAP or UNMAP that failed. */
struct viommu_rec_failure {
	struct viommu_rec_dma d;
	struct viommu_state s;
};

/** A group attached to or detached from a container. */
struct viommu_rec_group {
	struct viommu_rec h;
	__s32 group;		/**< iommu_group::id */
	__u32 pad;
	struct viommu_state s;	/**< of the container after the call */
};

/** A request to a virtio-iommu that the device has answered. */
struct viommu_rec_request {
	struct viommu_rec h;	/**< container 0; result: -errno of status as Linux translates it */
	__u64 id;		/**< QEMU's side: tid << 32 | running number; guest's side: 0 */
	__u64 first;		/**< first IOVA of a MAP or UNMAP */
	__u64 last;		/**< last IOVA, included */
	__u64 phys;		/**< MAP: guest-physical address behind first */
	__u64 latency;		/**< guest's side: ns from when it was queued, before the driver
				 *  tells the device, to its answer; 0: not measured */
	__u64 failed_iova;	/**< QEMU's side: of the first host map that failed for it */
	__u64 failed_size;	/**< bytes */
	__u32 pieces;		/**< QEMU's side: host maps that were asked for because of it */
	__u32 failed;		/**< how many of them the host refused */
	__s32 failed_result;	/**< -errno of the first */
	__u32 domain;		/**< the vIOMMU's number for an address space; 0 for PROBE */
	__u32 endpoint;		/**< of ATTACH, DETACH, PROBE; else of the domain if it has but one;
				 *  VIOMMU_NO_ENDPOINT */
	__u32 flags;		/**< VIRTIO_IOMMU_MAP_F_*, VIRTIO_IOMMU_ATTACH_F_* */
	__u8 request;		/**< VIRTIO_IOMMU_T_* */
	__u8 status;		/**< VIRTIO_IOMMU_S_*, or VIOMMU_STATUS_UNKNOWN */
	__u8 source;		/**< enum viommu_source */
	__u8 ignored;		/**< 1: this driver does not look at the status of this request */
	char device[VIOMMU_DEVICE_LEN];	/**< endpoint's name in the guest; empty: not known */
	__u32 slot;		/**< guest's side: index in the endpoint table, ~0: none */
};

/** An access that the vIOMMU refused (struct virtio_iommu_fault). Guest's side only. */
struct viommu_rec_fault {
	struct viommu_rec h;
	__u64 address;		/**< valid if flags has VIRTIO_IOMMU_FAULT_F_ADDRESS */
	__u32 endpoint;
	__u32 flags;		/**< VIRTIO_IOMMU_FAULT_F_* */
	__u32 reason;		/**< VIRTIO_IOMMU_FAULT_R_* */
	__u32 slot;		/**< as in viommu_rec_request */
	char device[VIOMMU_DEVICE_LEN];
};

/**
 * One endpoint of this guest's virtio-iommu: an element of the table that BPF counts in and user
 * space maps. Requests of a domain with several endpoints count for the one attached first.
 */
struct viommu_endpoint {
	__u64 id;		/**< never reused while the tracer runs; 0: element is free */
	__u32 slot;
	__u32 endpoint;		/**< VIOMMU_NO_ENDPOINT: domain known from its requests only */
	__u32 domain;		/**< valid if attached */
	__u32 attached;
	char device[VIOMMU_DEVICE_LEN];

	__u64 maps;		/**< MAP requests answered with OK */
	__u64 unmaps;		/**< UNMAP requests answered with OK */
	__u64 others;		/**< ATTACH, DETACH, PROBE, whatever the answer */
	__u64 map_bytes;
	__u64 unmap_bytes;
	__u64 map_failures[VIOMMU_MAX_STATUS];	/**< MAPs by status; element 0 unused */
	__u64 unmap_failures;
	__u64 faults;
	__u64 highest_mapped;	/**< last IOVA of the highest MAP answered with OK */
	__u64 highest_refused;
	__u64 latency[VIOMMU_LATENCY_SLOTS];	/**< MAP requests by duration */

	struct viommu_range input;	/**< virtio_iommu_config::input_range; last 0: unknown */
	struct viommu_range aperture;	/**< of the domain, as the driver set it; last 0: unknown */
	__u64 pgsize_bitmap;		/**< 0: unknown */
	__u32 reserved_seq;		/**< odd while reserved[] changes */
	__u32 reserved_count;
	struct viommu_range reserved[VIOMMU_MAX_RESERVED];	/**< from PROBE, in any order */
	__u32 reserved_msi;	/**< bit n: reserved[n] is an MSI window */
	__u32 reserved_known;	/**< 1: PROBE was seen or read back; none is an answer too */
};

/** Identity of a process, taken before it can vanish. */
struct viommu_rec_process {
	struct viommu_rec h;
	__u32 argv_len;		/**< bytes of argv that are valid, NUL-separated */
	__u32 cgroup_len;	/**< bytes of cgroup that are valid */
	char argv[VIOMMU_ARGV_LEN];
	/** Names on the way from the process's cgroup (v2) up to the root, each NUL-terminated,
	 *  innermost first; 256 spare bytes so that the last name need not be cut.
	 */
	char cgroup[VIOMMU_CGROUP_LEN + 256];
};

/** A process whose notifier is hooked: there, a map without a notification is the VMM's own. */
struct viommu_hooked {
	__u64 start_time;	/**< in ticks of /proc/PID/stat, for a pid may be reused */
	__u64 since;		/**< CLOCK_BOOTTIME ns of when its hooks were in place */
};

/** For so long, ns, after that a thread may be in a notification whose beginning was not seen. */
#define VIOMMU_HOOKED_GRACE 1000000000ULL

/** State of an element of the container table. */
enum viommu_container_state {
	VIOMMU_CONTAINER_FREE,	/**< not in use */
	VIOMMU_CONTAINER_LIVE,	/**< counts */
	VIOMMU_CONTAINER_DEAD,	/**< released; user space reads it a last time, then frees it */
};

/** What user space has decided about the owner of a container. */
enum viommu_verdict {
	VIOMMU_UNKNOWN,		/**< not yet decided: passes, user space filters */
	VIOMMU_WANTED,
	VIOMMU_UNWANTED,	/**< no counting, no records */
};

/**
 * One container: an element of the table that BPF counts in and user space maps. Written by BPF,
 * except verdict and (DEAD -> FREE) state, which are written by user space.
 */
struct viommu_container {
	__u64 id;		/**< never reused while the tracer runs; > 0 */
	__u64 start_time;	/**< of the owner: see viommu_rec */
	__u32 tgid;		/**< owner: the process of the latest call */
	__u32 state;		/**< enum viommu_container_state */
	__u32 verdict;		/**< enum viommu_verdict */
	__s32 first_group;	/**< attached first, names the container "PID-GROUP"; -1 unknown */
	__u32 slot;		/**< index of this element */
	__u32 group_count;	/**< elements of groups[] that are valid */
	__s32 groups[VIOMMU_MAX_GROUPS];	/**< IOMMU groups in it, or last in it */
	char comm[VIOMMU_COMM_LEN];

	__u64 maps;		/**< MAP calls that returned 0 */
	__u64 unmaps;		/**< UNMAP calls that returned 0 */
	__u64 others;		/**< other ioctls on the container, whatever they returned */
	__u64 map_bytes;	/**< bytes of maps */
	__u64 unmap_bytes;	/**< bytes of unmaps */
	__u64 unmap_failures;	/**< UNMAP calls that returned an error */
	__u64 highest_mapped;	/**< last IOVA of the highest successful MAP; 0 with maps == 0 */
	__u64 highest_refused;	/**< last IOVA (saturated) of the highest failed MAP */
	__u64 pgsize_bitmap;	/**< 0: unknown */
	__u32 dma_avail;	/**< mappings that can still be made; valid if dma_limit > 0 */
	__u32 dma_limit;	/**< dma_avail of the empty container; 0: older than the tracer */
	__u64 busy_iova;	/**< MAP that failed with EBUSY and waits for its retry */
	__u64 busy_size;	/**< 0: none */

	__u32 range_seq;	/**< odd while ranges change */
	__u32 range_count;	/**< 0: unknown, or a container of mediated devices only */
	struct viommu_range ranges[VIOMMU_MAX_RANGES];

	__u64 map_failures[VIOMMU_MAX_ERRNO];	/**< MAP calls that failed, by errno */
	__u64 latency[VIOMMU_LATENCY_SLOTS];	/**< MAP calls by duration */
	__u64 latency_ns;	/**< sum of the durations in latency[] */
};

_Static_assert(sizeof(struct viommu_rec) == 64, "head of a record");
_Static_assert(sizeof(struct viommu_rec_dma) == 112, "MAP or UNMAP record");
_Static_assert(sizeof(struct viommu_state) == 32 + 16 * VIOMMU_MAX_RANGES, "state");
_Static_assert(sizeof(struct viommu_rec_failure) == 112 + sizeof(struct viommu_state), "failure");
_Static_assert(sizeof(struct viommu_rec_request) == 176, "request record");
_Static_assert(sizeof(struct viommu_rec_fault) == 112, "fault record");
_Static_assert(sizeof(struct viommu_container) == 2048, "container table element");

#endif
