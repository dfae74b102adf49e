// SPDX-License-Identifier: GPL-2.0-or-later
/* What happened, in words: the memory behind a mapping, the IOMMU, groups that do not attach. */
#include <errno.h>

#include "detail.h"
#include "phrase.h"

void detail_memlock(const struct facts *f, struct text *t)
{
	const struct viommu_evidence *ev = f->ev;

	phrase_request(f, t);
	text_add(t, " needs ");
	phrase_size(ev->has_range ? ev->size : 0, t);
	text_add(t, " of locked memory; the process has ");
	phrase_size(ev->memlock_used, t);
	text_add(t, " and may have ");
	phrase_size(ev->memlock_limit, t);
	text_add(t, " (RLIMIT_MEMLOCK, no CAP_IPC_LOCK)");
}

void detail_memlock_containers(const struct facts *f, struct text *t)
{
	detail_memlock(f, t);
	text_add(t, "; its %u containers each count the VM's memory", f->ev->containers);
}

void detail_memlock_user(const struct facts *f, struct text *t)
{
	detail_memlock(f, t);
	text_add(t, "; iommufd counts what all processes of the user have pinned");
}

void detail_pfnmap(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " is memory of a device, which iommufd cannot map for other devices");
}

void detail_memory(const struct facts *f, struct text *t)
{
	if (f->ev->op == VIOMMU_OP_ATTACH)
		text_add(t, "the host has no memory left for the group's IOMMU tables");
	else
		text_add(t, "the host has no memory left to map ");
	if (f->ev->op != VIOMMU_OP_ATTACH)
		phrase_request(f, t);
	if (f->ev->has_memlock)
		text_add(t, "; the limit of locked memory is not the cause");
}

void detail_busy_retry(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " was busy; the VMM tried again at once and succeeded");
}

static const char *pin_problem(const struct viommu_evidence *ev)
{
	switch (ev->backing) {
	case VIOMMU_BACKING_NONE:
		return "nothing is mapped there";
	case VIOMMU_BACKING_VFIO_BAR:
		return "it is a device's BAR that cannot be mapped for other devices now";
	case VIOMMU_BACKING_DEVICE:
		return "it is device memory, not RAM";
	case VIOMMU_BACKING_UNKNOWN:
	case VIOMMU_BACKING_RAM:
	default:
		break;
	}
	switch (ev->err) {
	case EOPNOTSUPP:
		return "it belongs to a file or to DAX memory, which cannot be pinned for long";
	case EAGAIN:
		return "its pages could not be moved out of an area that must stay movable";
	case EHWPOISON:
		return "it has a hardware memory error";
	default:
		return "it is mapped read-only, is gone, or belongs to a file on disk";
	}
}

void detail_pin(const struct facts *f, struct text *t)
{
	if (f->ev->op == VIOMMU_OP_ATTACH) {
		text_add(t, "memory that the container has mapped could not be pinned for the new "
			    "group");
		return;
	}
	text_add(t, "memory ");
	if (f->ev->has_range)
		text_add(t, "at process address 0x%llx ", (unsigned long long)f->ev->vaddr);
	text_add(t, "for ");
	phrase_request(f, t);
	text_add(t, " cannot be pinned: %s", pin_problem(f->ev));
}

void detail_process_gone(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " was given up: the process was being killed while its memory was pinned");
}

void detail_driver(const struct facts *f, struct text *t)
{
	text_add(t, "the host's IOMMU driver refused ");
	phrase_request(f, t);
	text_add(t, " with ");
	phrase_errno(f, t);
	if (f->place == FACTS_PLACE_INSIDE)
		text_add(t, ", although it lies in a usable range");
}

void detail_attach_unsafe(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the group cannot be assigned: the host has no interrupt remapping for it, or "
		    "its firmware keeps memory of the device for itself (RMRR)");
}

void detail_attach_conflict(const struct facts *f, struct text *t)
{
	text_add(t, "the group's usable or reserved IOVA ranges conflict with what the container "
		    "has mapped, or firmware demands a fixed (1:1) mapping of the device");
	if (f->ev->ranges.count)
		text_add(t, "; the container's last usable IOVA is 0x%llx",
			 (unsigned long long)iova_ranges_top(&f->ev->ranges));
}

void detail_attach_busy(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the group is in use: one of its devices has a host driver, or belongs to "
		    "another container");
}

void detail_attach_other(const struct facts *f, struct text *t)
{
	text_add(t, "the host's IOMMU driver did not attach the group: ");
	phrase_errno(f, t);
}

void detail_unknown(const struct facts *f, struct text *t)
{
	static const char *const ops[] = {
		[VIOMMU_OP_MAP] = "to map",
		[VIOMMU_OP_UNMAP] = "to unmap",
		[VIOMMU_OP_ATTACH] = "to attach the group to",
		[VIOMMU_OP_FAULT] = "the access to",
	};

	if (!f->ev->has_range && f->ev->op == VIOMMU_OP_MAP) {
		text_add(t, "the kernel refused a mapping with ");
		phrase_errno(f, t);
		text_add(t, "; what is known does not say why");
		return;
	}
	text_add(t, "the kernel refused %s ", ops[f->ev->op]);
	if (f->ev->op == VIOMMU_OP_ATTACH)
		text_add(t, "the container");
	else
		phrase_request(f, t);
	text_add(t, " with ");
	phrase_errno(f, t);
	text_add(t, "; what is known does not say why");
}
