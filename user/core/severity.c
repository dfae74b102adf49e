// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How bad a failure is. Behaviour of QEMU from hw/vfio/listener.c: a vIOMMU's map that fails is
 * only printed and the guest is told that all is well; a BAR (ram device section) that fails is a
 * warning; any other memory makes the device fail to start, or QEMU abort.
 */
#include <errno.h>

#include "said.h"
#include "severity.h"

#define B(x) [VIOMMU_BACKING_##x]
#define P(x) [VIOMMU_PATH_##x]

static const char p2p_only[] = "only peer-to-peer DMA between devices is affected";
static const char guest_not_told[] =
	"the guest asked and is not told that it failed: DMA of its device there goes wrong";
static const char vm_stops[] =
	"the VMM needs it for the VM's memory: the VM or the device does not start, or stops";
static const char path_not_known[] = "whether the guest or the VMM asked is not known";
static const char backing_not_known[] = "what memory lies behind it is not known";
static const char nothing_known[] =
	"who asked, and what memory lies behind it, is not known";
static const char device_region[] = "it is device memory: the VMM may go on without it";

static const struct severity map_severity[VIOMMU_NR_PATHS][VIOMMU_NR_BACKING] = {
	P(UNKNOWN) = {
		B(UNKNOWN) = { VIOMMU_SEVERITY_WARNING, nothing_known },
		B(NONE) = { VIOMMU_SEVERITY_WARNING, path_not_known },
		B(RAM) = { VIOMMU_SEVERITY_WARNING, path_not_known },
		B(VFIO_BAR) = { VIOMMU_SEVERITY_BENIGN, p2p_only },
		B(DEVICE) = { VIOMMU_SEVERITY_WARNING, path_not_known },
	},
	P(REGION) = {
		B(UNKNOWN) = { VIOMMU_SEVERITY_WARNING, backing_not_known },
		B(NONE) = { VIOMMU_SEVERITY_FATAL, vm_stops },
		B(RAM) = { VIOMMU_SEVERITY_FATAL, vm_stops },
		B(VFIO_BAR) = { VIOMMU_SEVERITY_BENIGN, p2p_only },
		B(DEVICE) = { VIOMMU_SEVERITY_WARNING, device_region },
	},
	P(VIOMMU) = {
		B(UNKNOWN) = { VIOMMU_SEVERITY_SILENT, guest_not_told },
		B(NONE) = { VIOMMU_SEVERITY_SILENT, guest_not_told },
		B(RAM) = { VIOMMU_SEVERITY_SILENT, guest_not_told },
		B(VFIO_BAR) = { VIOMMU_SEVERITY_SILENT, guest_not_told },
		B(DEVICE) = { VIOMMU_SEVERITY_SILENT, guest_not_told },
	},
};

static struct severity judge_map(const struct facts *f)
{
	const size_t path = (size_t)f->ev->path, backing = (size_t)f->ev->backing;

	return map_severity[path < VIOMMU_NR_PATHS ? path : VIOMMU_PATH_UNKNOWN]
			   [backing < VIOMMU_NR_BACKING ? backing : VIOMMU_BACKING_UNKNOWN];
}

/*
 * QEMU's virtio-iommu maps again what is there when a second device joins a container; DPDK counts
 * EEXIST as mapped. Both go on with what they wanted.
 */
static struct severity judge_overlap(const struct facts *f)
{
	if (f->ev->vmm == VIOMMU_VMM_OTHER)
		return (struct severity) { VIOMMU_SEVERITY_BENIGN,
			"userspace drivers such as DPDK take this as mapped already" };
	if (f->ev->path != VIOMMU_PATH_REGION)
		return (struct severity) { VIOMMU_SEVERITY_WARNING,
			"QEMU's virtio-iommu does this without harm when two devices share a "
			"container" };
	return judge_map(f);
}

/* QEMU offers a group to each container that it has, and makes a new one if none takes it. */
static struct severity judge_attach(const struct facts *f)
{
	if (f->ev->err == EINVAL && f->ev->vmm == VIOMMU_VMM_QEMU && f->ev->ranges.count)
		return (struct severity) { VIOMMU_SEVERITY_WARNING,
			"QEMU tries a container of its own for the group next" };
	return (struct severity) { VIOMMU_SEVERITY_FATAL, "the device does not start" };
}

/* Linux 6.12 posts MAP and does not look at the answer (viommu_map_pages(), viommu_add_req()). */
static struct severity judge_request(const struct facts *f)
{
	if (f->ev->status_ignored)
		return (struct severity) { VIOMMU_SEVERITY_SILENT,
			"the guest's driver does not look at the answer: DMA of its device there "
			"goes wrong" };
	if (f->ev->request == VIOMMU_REQUEST_ATTACH)
		return (struct severity) { VIOMMU_SEVERITY_FATAL,
			"the device gets no address space" };
	return (struct severity) { VIOMMU_SEVERITY_WARNING, "the guest's driver is told" };
}

/* A BAR that only looks like one may be memory of the VM, such as that of ivshmem. */
static struct severity judge_guessed(const struct facts *f)
{
	if (f->ev->path == VIOMMU_PATH_REGION || f->ev->backing != VIOMMU_BACKING_VFIO_BAR)
		return judge_map(f);
	return (struct severity) { VIOMMU_SEVERITY_WARNING,
		"if it is one, only peer-to-peer DMA between devices is affected" };
}

struct severity severity_judge(const struct facts *f, enum viommu_reason reason)
{
	if (f->ev->said != VIOMMU_SAID_NOTHING && f->ev->said != VIOMMU_SAID_MEMLOCK)
		return said_severity(f);
	if (f->ev->gave_up)
		return (struct severity) { VIOMMU_SEVERITY_FATAL,
			"the VMM said that the VM, or the device, ends because of it" };
	if (f->ev->denied && !f->ev->err)
		return (struct severity) { VIOMMU_SEVERITY_WARNING,
			"the policy only audits: it was not" };
	if (f->ev->op == VIOMMU_OP_REQUEST)
		return judge_request(f);
	if (f->ev->op == VIOMMU_OP_FAULT)
		return (struct severity) { VIOMMU_SEVERITY_WARNING,
			"what it wanted to read or write was not transferred" };
	if (f->ev->op == VIOMMU_OP_ATTACH)
		return judge_attach(f);
	if (f->ev->op == VIOMMU_OP_UNMAP)
		return (struct severity) { VIOMMU_SEVERITY_WARNING,
					   "devices can still reach what is mapped there" };
	if (reason == VIOMMU_REASON_BUSY_RETRY)
		return (struct severity) { VIOMMU_SEVERITY_BENIGN, "" };
	if (reason == VIOMMU_REASON_OVERLAP)
		return judge_overlap(f);
	if (f->ev->backing_guessed)
		return judge_guessed(f);
	return judge_map(f);
}
