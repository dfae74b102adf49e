// SPDX-License-Identifier: GPL-2.0-or-later
/* What happened, in words: the request and the container. */
#include <linux/vfio.h>

#include "detail.h"
#include "phrase.h"

void detail_no_driver(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " was asked for before the container had an IOMMU driver (VFIO_SET_IOMMU)");
}

void detail_unreadable(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the kernel cannot read or write the request at the address that the program "
		    "gave with the call");
}

void detail_argsz(const struct facts *f, struct text *t)
{
	text_add(t, "argsz of the request is %u, less than the interface needs", f->ev->argsz);
}

void detail_flags(const struct facts *f, struct text *t)
{
	text_add(t, "the request has flags 0x%x, which VFIO does not know or not take "
		    "together", f->ev->dma_flags);
}

void detail_access(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	if (f->ev->dma_flags & VFIO_DMA_MAP_FLAG_VADDR)
		text_add(t, " sets an access together with flag VADDR, which takes none");
	else
		text_add(t, " asks for neither read nor write access");
}

void detail_empty(const struct facts *f, struct text *t)
{
	text_add(t, "the range at IOVA 0x%llx is empty (size 0)", (unsigned long long)f->ev->iova);
}

void detail_unmap_all(const struct facts *f, struct text *t)
{
	text_add(t, "flag ALL is set together with a range (IOVA 0x%llx, size 0x%llx)",
		 (unsigned long long)f->ev->iova, (unsigned long long)f->ev->size);
}

void detail_misaligned(const struct facts *f, struct text *t)
{
	const struct viommu_evidence *ev = f->ev;

	text_add(t, "IOVA 0x%llx, size 0x%llx", (unsigned long long)ev->iova,
		 (unsigned long long)ev->size);
	if (ev->op == VIOMMU_OP_MAP && ev->vaddr)
		text_add(t, ", process address 0x%llx", (unsigned long long)ev->vaddr);
	text_add(t, " are not all multiples of the host's granule, ");
	phrase_size(f->granule, t);
}

void detail_granule(const struct facts *f, struct text *t)
{
	detail_misaligned(f, t);
	text_add(t, ": the vIOMMU offers the guest a smaller one");
}

void detail_wraps(const struct facts *f, struct text *t)
{
	const struct viommu_evidence *ev = f->ev;
	const uint64_t from = f->sized ? ev->vaddr : ev->iova;

	text_add(t, "%s 0x%llx with size 0x%llx ends beyond 2^64",
		 f->sized ? "process address" : "IOVA", (unsigned long long)from,
		 (unsigned long long)ev->size);
}

void detail_vaddr_flag(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " has flag VADDR (live update), but no mapping of just that range is in the "
		    "state that it needs");
}

void detail_overlap(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " overlaps a mapping that the container has");
}

void detail_bisect(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " would cut a mapping in two: only whole mappings can be undone");
}

void detail_entries(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " needs a mapping entry, and the container's limit (dma_entry_limit, normally "
		    "65535) is used up");
	if (f->ev->has_dma_avail && f->ev->dma_avail)
		text_add(t, "; %u are free again", f->ev->dma_avail);
}

/* Why the needed bits are always more than the host's: last > top >= 2^host_bits - 1. */
static void add_widths(const struct facts *f, struct text *t)
{
	text_add(t, " needs %u bits, the host translates ", iova_bits_needed(f->last));
	if (f->top)
		text_add(t, "%u (last usable 0x%llx)", f->host_bits, (unsigned long long)f->top);
	else
		text_add(t, "fewer (how many is not known)");
}

void detail_above(const struct facts *f, struct text *t)
{
	if (f->ev->backing == VIOMMU_BACKING_VFIO_BAR && f->ev->backing_guessed)
		text_add(t, "what by its place and size is a device BAR, ");
	else if (f->ev->backing == VIOMMU_BACKING_VFIO_BAR)
		text_add(t, "a device BAR at ");
	else if (f->ev->backing == VIOMMU_BACKING_RAM && f->ev->path == VIOMMU_PATH_REGION)
		text_add(t, "guest memory at ");
	phrase_request(f, t);
	add_widths(f, t);
}

void detail_userspace_va(const struct facts *f, struct text *t)
{
	text_add(t, "the program uses process addresses as IOVA: ");
	phrase_request(f, t);
	add_widths(f, t);
}

void detail_hole(const struct facts *f, struct text *t)
{
	static const char *const kinds[] = {
		[IOVA_HOLE_MSI] = "the interrupt (MSI) window",
		[IOVA_HOLE_AMD_HT] = "AMD's HyperTransport hole",
		[IOVA_HOLE_OTHER] = "a reserved range",
	};

	phrase_request(f, t);
	text_add(t, " meets %s 0x%llx-0x%llx, which the host cannot map", kinds[f->hole_kind],
		 (unsigned long long)f->hole.first, (unsigned long long)f->hole.last);
}

void detail_policy(const struct facts *f, struct text *t)
{
	const bool audit = f->ev->denied && !f->ev->err;

	phrase_request(f, t);
	text_add(t, " %s refused by a policy of this host", audit ? "would be" : "was");
	if (f->ev->limit_from == VIOMMU_LIMIT_POLICY && f->top && f->place != FACTS_PLACE_UNKNOWN)
		text_add(t, ": it allows %u bits (last allowed 0x%llx)", f->host_bits,
			 (unsigned long long)f->top);
	else
		text_add(t, ": VFIO itself never answers with this error");
}

void detail_fault(const struct facts *f, struct text *t)
{
	text_add(t, "a device accessed ");
	if (f->ev->has_range)
		text_add(t, "IOVA 0x%llx, where it has no mapping", (unsigned long long)f->ev->iova);
	else
		text_add(t, "an IOVA where it has no mapping");
}

void detail_fault_above(const struct facts *f, struct text *t)
{
	text_add(t, "a device accessed IOVA 0x%llx, which", (unsigned long long)f->ev->iova);
	add_widths(f, t);
}
