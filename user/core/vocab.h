/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The project's vocabularies. Each is one table: the enum, its names in JSON, the JSON Schema
 * and the manual's lists come from here or are compared with it by a test.
 */
#ifndef VIOMMU_CORE_VOCAB_H
#define VIOMMU_CORE_VOCAB_H

#include <stddef.h>

#include <viommu/record.h>

/**
 * Why a mapping failed. X(enumerator suffix, name, one line of meaning).
 * The order is that of the manual, not of the decision (see diagnose.c).
 */
#define VIOMMU_REASONS(X) \
	X(NO_IOMMU_DRIVER, "no_iommu_driver", "the container had no IOMMU driver yet") \
	X(BAD_REQUEST, "bad_request", "the request breaks the interface's rules") \
	X(MISALIGNED, "misaligned", "address or size is not a multiple of the granule") \
	X(ADDRESS_WRAP, "address_wrap", "the range ends beyond 2^64") \
	X(ABOVE_HOST_WIDTH, "above_host_width", \
	  "the IOVA needs more bits than the host translates") \
	X(BAR_ABOVE_HOST_WIDTH, "bar_above_host_width", \
	  "a device BAR lies above the host's width") \
	X(RAM_ABOVE_HOST_WIDTH, "ram_above_host_width", \
	  "guest memory lies above the host's width") \
	X(RESERVED_AMD_HT, "reserved_amd_ht", "the range meets AMD's HyperTransport hole") \
	X(RESERVED_MSI, "reserved_msi", "the range meets the interrupt (MSI) window") \
	X(RESERVED_REGION, "reserved_region", "the range meets another reserved region") \
	X(GROUP_INELIGIBLE, "group_ineligible", "the device's group cannot be assigned") \
	X(MEMLOCK, "memlock", "the process may not lock that much memory") \
	X(MEMLOCK_PER_CONTAINER, "memlock_per_container", \
	  "each container counts the VM's memory against the limit again") \
	X(MEMLOCK_IOMMUFD, "memlock_iommufd", "the user's locked memory is used up (iommufd)") \
	X(PIN_FAILED, "pin_failed", "the memory behind the mapping cannot be pinned") \
	X(HOST_MEMORY, "host_memory", "the host has no memory for the mapping") \
	X(ENTRY_LIMIT, "entry_limit", "the container has no mapping entries left") \
	X(OVERLAP, "overlap", "the range overlaps a mapping that exists") \
	X(BUSY_RETRY, "busy_retry", "the VMM unmaps and tries again") \
	X(PFNMAP_IOMMUFD, "pfnmap_iommufd", "iommufd cannot map a device's BAR") \
	X(IOMMU_DRIVER, "iommu_driver", "the IOMMU's driver refused the mapping") \
	X(POLICY, "policy", "a policy of this host refused the mapping") \
	X(AW_BITS_REFUSED, "aw_bits_refused", "QEMU refused the vIOMMU's aw-bits") \
	X(USERSPACE_VA, "userspace_va", "process addresses are used as IOVA and are too wide") \
	X(IOVA_MODE, "iova_mode", "the IOVA mode of the userspace driver does not fit") \
	X(GRANULE, "granule", "the vIOMMU's granule and a page size do not fit") \
	X(UNKNOWN, "unknown", "the evidence does not decide")

enum viommu_reason {
#define X(sym, name, meaning) VIOMMU_REASON_##sym,
	VIOMMU_REASONS(X)
#undef X
	VIOMMU_NR_REASONS
};

/** How bad a failure is, mildest first; --fail-on compares by this order. */
#define VIOMMU_SEVERITIES(X) \
	X(BENIGN, "benign", "nothing that the VM needs is missing") \
	X(WARNING, "warning", "something may not work; the evidence does not say how bad") \
	X(SILENT, "silent", \
	  "the guest believes that the mapping exists: its DMA will fail or hang") \
	X(FATAL, "fatal", "the VM, or the device, does not start or stops")

enum viommu_severity {
#define X(sym, name, meaning) VIOMMU_SEVERITY_##sym,
	VIOMMU_SEVERITIES(X)
#undef X
	VIOMMU_NR_SEVERITIES
};

/** What an event says. */
#define VIOMMU_EVENTS(X) \
	X(MAP, "map") \
	X(UNMAP, "unmap") \
	X(ATTACH, "attach") \
	X(DETACH, "detach") \
	X(REQUEST, "request") \
	X(FAULT, "fault") \
	X(DENY, "deny") \
	X(LOST, "lost") \
	X(SUMMARY, "summary")

enum viommu_event_type {
#define X(sym, name) VIOMMU_EVENT_##sym,
	VIOMMU_EVENTS(X)
#undef X
	VIOMMU_NR_EVENTS
};

/** Who asked for a mapping. */
#define VIOMMU_PATHS(X) \
	X(UNKNOWN, "unknown", "not known who asked") \
	X(REGION, "region", "the VMM maps memory of the VM (start, hotplug, BAR moved)") \
	X(VIOMMU, "viommu", "the guest asked through its vIOMMU")

enum viommu_path {
#define X(sym, name, meaning) VIOMMU_PATH_##sym,
	VIOMMU_PATHS(X)
#undef X
	VIOMMU_NR_PATHS
};

/** What a guest asks of its virtio-iommu: VIRTIO_IOMMU_T_* of linux/virtio_iommu.h. */
#define VIOMMU_REQUESTS(X) \
	X(ATTACH, "attach", 1) \
	X(DETACH, "detach", 2) \
	X(MAP, "map", 3) \
	X(UNMAP, "unmap", 4) \
	X(PROBE, "probe", 5)

enum viommu_request_type {
#define X(sym, name, number) VIOMMU_REQUEST_##sym = number,
	VIOMMU_REQUESTS(X)
#undef X
};

/**
 * What the device answers: VIRTIO_IOMMU_S_* of linux/virtio_iommu.h. X(enumerator suffix, name,
 * number, positive errno that Linux makes of it (viommu_get_req_errno() of virtio-iommu.c),
 * meaning).
 */
#define VIOMMU_STATUSES(X) \
	X(OK, "ok", 0, 0, "done") \
	X(IOERR, "ioerr", 1, EIO, "the device's side failed") \
	X(UNSUPP, "unsupp", 2, ENOSYS, "the device does not know such a request") \
	X(DEVERR, "deverr", 3, EIO, "the device has failed") \
	X(INVAL, "inval", 4, EINVAL, "a member of the request is wrong, or the range is mapped") \
	X(RANGE, "range", 5, ERANGE, "the range is out of bounds, or splits a mapping") \
	X(NOENT, "noent", 6, ENOENT, "there is no such endpoint or domain") \
	X(FAULT, "fault", 7, EFAULT, "the device cannot read or write the request") \
	X(NOMEM, "nomem", 8, ENOMEM, "the device has no memory, or no entries left")

enum viommu_status {
#define X(sym, name, number, err, meaning) VIOMMU_STATUS_##sym = number,
	VIOMMU_STATUSES(X)
#undef X
};

/** Where a limit is known from, best source first. */
#define VIOMMU_LIMITS(X) \
	X(UNKNOWN, "unknown", "the limit is not known") \
	X(CONTAINER, "container", "the kernel's list of the container itself") \
	X(GET_INFO, "get_info", "VFIO_IOMMU_GET_INFO") \
	X(REGISTERS, "registers", "IOMMU registers in sysfs") \
	X(POLICY, "policy", "a policy of viommu_guard") \
	X(PROBE, "probe", "what the vIOMMU tells its guest")

enum viommu_limit_from {
#define X(sym, name, meaning) VIOMMU_LIMIT_##sym,
	VIOMMU_LIMITS(X)
#undef X
	VIOMMU_NR_LIMITS
};

/** Who can apply a remedy. */
#define VIOMMU_REMEDY_FOR(X) \
	X(QEMU, "qemu", "QEMU's command line") \
	X(LIBVIRT, "libvirt", "the VM's XML in libvirt") \
	X(PROXMOX, "proxmox", "the VM's configuration in Proxmox") \
	X(KERNEL, "kernel", "a module parameter or the command line of the host's kernel") \
	X(GUEST, "guest", "the guest's configuration") \
	X(HOST, "host", "the host, or the program that maps")

enum viommu_remedy_for {
#define X(sym, name, meaning) VIOMMU_FOR_##sym,
	VIOMMU_REMEDY_FOR(X)
#undef X
	VIOMMU_NR_FOR
};

/** Names of enum viommu_backing (viommu/record.h). */
#define VIOMMU_BACKINGS(X) \
	X(UNKNOWN, "unknown", "not known what lies behind the address") \
	X(NONE, "none", "no memory is mapped at the process address") \
	X(RAM, "ram", "memory of the host") \
	X(VFIO_BAR, "vfio-bar", "a BAR of an assigned device") \
	X(DEVICE, "device", "memory of another device")

/** Names of enum viommu_lost (viommu/record.h) and what they mean for who reads the output. */
#define VIOMMU_LOSSES(X) \
	X(RING, "ring_full", \
	  "events came faster than they were read: they are counted, but their details are gone") \
	X(IDENTITY, "identity_ring_full", \
	  "a process was not described for want of space: its VM may be shown as a pid") \
	X(CONTAINER, "container_table_full", \
	  "too many containers at once: calls on the newest ones are not counted by VM") \
	X(ARGS, "request_unread", \
	  "the caller's request could not be read: a failure is known, its IOVA and size are not") \
	X(RETURN, "return_missed", \
	  "the end of a call was not seen: whether it failed is not known") \
	X(SKIPPED, "program_skipped", \
	  "the kernel skipped the tracing program: calls happened that are not counted at all") \
	X(DENIAL, "denial_missed", \
	  "a policy's refusal was not told: it is shown as the failure that the kernel saw, or not")

/* Name of each value as in JSON; NULL if the value is out of range. */
const char *viommu_reason_name(enum viommu_reason reason);
const char *viommu_reason_meaning(enum viommu_reason reason);
const char *viommu_severity_name(enum viommu_severity severity);
const char *viommu_event_name(enum viommu_event_type type);
const char *viommu_path_name(enum viommu_path path);
const char *viommu_backing_name(enum viommu_backing backing);
const char *viommu_limit_name(enum viommu_limit_from from);
const char *viommu_request_name(unsigned int type);
const char *viommu_status_name(unsigned int status);
const char *viommu_status_meaning(unsigned int status);
/** Positive errno that Linux makes of a status; EIO of one that it does not know. */
int viommu_status_errno(unsigned int status);
const char *viommu_remedy_for_name(enum viommu_remedy_for who);

/** Name of a loss reason ("ring_full") and one line of what it means for the reader. */
const char *viommu_lost_name(enum viommu_lost lost);
const char *viommu_lost_meaning(enum viommu_lost lost);

/** enum viommu_severity of a name, or -EINVAL. */
int viommu_severity_parse(const char *name);

/** Symbolic name of a positive errno ("EINVAL"); writes "errno N" into buf if it has none here. */
const char *viommu_errno_name(int err, char *buf, size_t size);

#endif
