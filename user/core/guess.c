// SPDX-License-Identifier: GPL-2.0-or-later
/* Candidates and what would decide between them: a table, the first row that holds is taken. */
#include <errno.h>

#include "guess.h"
#include "rules.h"

#define MAP (1u << VIOMMU_OP_MAP)
#define UNMAP (1u << VIOMMU_OP_UNMAP)
#define ATTACH (1u << VIOMMU_OP_ATTACH)
#define FAULT (1u << VIOMMU_OP_FAULT)
#define REQUEST (1u << VIOMMU_OP_REQUEST)

#define R(x) (VIOMMU_REASON_##x + 1)

/* The narrowest width that x86 and Arm IOMMUs have in practice. */
#define NARROW_BITS 39

struct guess {
	unsigned int ops;
	int errnos[RULE_MAX_ERRNOS];
	bool (*holds)(const struct facts *f);
	int candidates[VIOMMU_MAX_CANDIDATES];	/* R(...), up to the first 0 */
	const char *needs[VIOMMU_MAX_NEEDS];	/* up to the first NULL */
};

static const char need_request[] = "IOVA and size of the request";
static const char need_ranges[] = "usable IOVA ranges of the container";
static const char need_regions[] = "reserved_regions of the device's IOMMU group";
static const char need_pages[] = "IOMMU page sizes of the container";
static const char need_log[] = "kernel log of the host at that time";
static const char need_errno[] = "error number of the call";
static const char need_memlock[] = "RLIMIT_MEMLOCK, CAP_IPC_LOCK and locked memory of the process";

static bool request_unknown(const struct facts *f)
{
	return !f->ev->has_range;
}

static bool request_of_qemu(const struct facts *f)
{
	return request_unknown(f) && f->ev->vmm == VIOMMU_VMM_QEMU &&
	       f->ev->path != VIOMMU_PATH_VIOMMU && f->ev->backing != VIOMMU_BACKING_RAM;
}

static bool place_unknown(const struct facts *f)
{
	return f->place == FACTS_PLACE_UNKNOWN && (!f->ev->ranges.count || f->ev->top_unknown);
}

static bool place_amd_ht(const struct facts *f)
{
	return place_unknown(f) && facts_meets(f, IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST);
}

static bool place_msi(const struct facts *f)
{
	return place_unknown(f) && facts_meets(f, IOVA_X86_MSI_FIRST, IOVA_X86_MSI_LAST);
}

static bool place_low(const struct facts *f)
{
	return place_unknown(f) && f->sized && iova_bits_needed(f->last) <= NARROW_BITS;
}

static bool place_bar(const struct facts *f)
{
	return place_unknown(f) && f->ev->backing == VIOMMU_BACKING_VFIO_BAR;
}

static bool place_ram(const struct facts *f)
{
	return place_unknown(f) && f->ev->backing == VIOMMU_BACKING_RAM &&
	       f->ev->path == VIOMMU_PATH_REGION;
}

static bool userspace(const struct facts *f)
{
	return f->ev->vmm == VIOMMU_VMM_OTHER && !f->ev->has_range;
}

static bool iommufd(const struct facts *f)
{
	return f->ev->api == VIOMMU_API_IOMMUFD;
}

static bool device_memory(const struct facts *f)
{
	return f->ev->backing == VIOMMU_BACKING_VFIO_BAR ||
	       f->ev->backing == VIOMMU_BACKING_DEVICE || iommufd(f);
}

static bool several_containers(const struct facts *f)
{
	return f->ev->containers > 1 && f->ev->vmm == VIOMMU_VMM_QEMU;
}

static bool containers_unknown(const struct facts *f)
{
	return !f->ev->containers && f->ev->vmm == VIOMMU_VMM_QEMU;
}

static bool high_dma(const struct facts *f)
{
	return f->ev->said == VIOMMU_SAID_HIGH_DMA;
}

static bool pages_unknown(const struct facts *f)
{
	return !f->ev->pgsize_bitmap;
}

static const char need_width[] = "bits that the host's IOMMU translates";
static const char need_api[] = "whether the device is used through iommufd";
static const char need_vmm[] = "log of the VMM, or of the program, at that time";

static const struct guess guesses[] = {
	{ MAP, { EINVAL }, userspace,
	  { R(USERSPACE_VA), R(RESERVED_REGION), R(MISALIGNED) },
	  { need_request, need_ranges } },
	/* Mostly a BAR that firmware put high up: QEMU says so as loudly as if it mattered. */
	{ MAP, { EINVAL }, request_of_qemu,
	  { R(BAR_ABOVE_HOST_WIDTH), R(ABOVE_HOST_WIDTH), R(RESERVED_REGION), R(MISALIGNED) },
	  { need_request, need_ranges } },
	{ MAP, { EINVAL }, request_unknown,
	  { R(ABOVE_HOST_WIDTH), R(RESERVED_REGION), R(MISALIGNED) },
	  { need_request, need_ranges } },
	{ MAP, { EINVAL }, place_amd_ht,
	  { R(RESERVED_AMD_HT), R(ABOVE_HOST_WIDTH), R(RESERVED_REGION) },
	  { need_ranges, need_regions } },
	{ MAP, { EINVAL }, place_msi,
	  { R(RESERVED_MSI), R(RESERVED_REGION), R(ABOVE_HOST_WIDTH) },
	  { need_ranges, need_regions } },
	{ MAP, { EINVAL }, place_low,
	  { R(RESERVED_REGION), R(RESERVED_MSI), R(MISALIGNED), R(ABOVE_HOST_WIDTH) },
	  { need_ranges, need_regions, need_pages } },
	{ MAP, { EINVAL }, place_bar,
	  { R(BAR_ABOVE_HOST_WIDTH), R(RESERVED_REGION) }, { need_ranges, need_regions } },
	{ MAP, { EINVAL }, place_ram,
	  { R(RAM_ABOVE_HOST_WIDTH), R(RESERVED_REGION) }, { need_ranges, need_regions } },
	{ MAP, { EINVAL }, place_unknown,
	  { R(ABOVE_HOST_WIDTH), R(RESERVED_REGION) }, { need_ranges, need_regions } },
	{ MAP, { EINVAL }, pages_unknown,
	  { R(MISALIGNED), R(RESERVED_REGION), R(IOMMU_DRIVER) }, { need_pages, need_log } },
	{ MAP, { EINVAL }, NULL,
	  { R(RESERVED_REGION), R(IOMMU_DRIVER), R(BAD_REQUEST) }, { need_ranges, need_log } },
	{ MAP, { ERANGE, EOVERFLOW }, NULL,
	  { R(ABOVE_HOST_WIDTH), R(IOMMU_DRIVER), R(POLICY) }, { need_ranges, need_log } },
	{ MAP, { ENOMEM }, iommufd,
	  { R(MEMLOCK_IOMMUFD), R(HOST_MEMORY) }, { need_memlock, need_log } },
	{ MAP | ATTACH, { ENOMEM }, several_containers,
	  { R(MEMLOCK_PER_CONTAINER), R(MEMLOCK), R(HOST_MEMORY) }, { need_memlock, need_log } },
	{ MAP, { ENOMEM }, containers_unknown,
	  { R(MEMLOCK), R(MEMLOCK_PER_CONTAINER), R(HOST_MEMORY) }, { need_memlock, need_log } },
	{ MAP, { EFAULT }, device_memory,
	  { R(PFNMAP_IOMMUFD), R(PIN_FAILED) }, { need_api, need_log } },
	{ MAP, { EFAULT }, NULL, { R(PIN_FAILED), R(PFNMAP_IOMMUFD) }, { need_api, need_log } },
	{ MAP | ATTACH, { ENOMEM }, NULL,
	  { R(MEMLOCK), R(HOST_MEMORY) }, { need_memlock, need_log } },
	{ MAP, { EBUSY }, NULL,
	  { R(BUSY_RETRY), R(PIN_FAILED), R(IOMMU_DRIVER) },
	  { "whether the same range was mapped right after", need_log } },
	{ UNMAP, { EINVAL }, request_unknown,
	  { R(OVERLAP), R(MISALIGNED), R(BAD_REQUEST) }, { need_request, need_pages } },
	{ UNMAP, { EINVAL }, NULL,
	  { R(OVERLAP), R(BAD_REQUEST), R(MISALIGNED) },
	  { "mappings of the container", need_pages } },
	{ REQUEST, { ERANGE }, NULL,
	  { R(ABOVE_HOST_WIDTH), R(MISALIGNED) }, { "width of the vIOMMU", need_vmm } },
	{ REQUEST, { ENOMEM }, NULL, { R(ENTRY_LIMIT), R(HOST_MEMORY) }, { need_vmm } },
	{ REQUEST, { 0 }, NULL, { R(BAD_REQUEST), R(IOMMU_DRIVER) }, { need_vmm } },
	{ ATTACH, { 0 }, NULL, { R(GROUP_INELIGIBLE), R(IOMMU_DRIVER) }, { need_log } },
	{ FAULT, { 0 }, high_dma, { R(ABOVE_HOST_WIDTH) }, { need_width } },
	{ FAULT, { 0 }, NULL,
	  { R(ABOVE_HOST_WIDTH), R(RESERVED_REGION), R(IOMMU_DRIVER) },
	  { need_vmm, need_width, need_regions } },
	{ MAP | UNMAP, { 0 }, NULL, { R(IOMMU_DRIVER), R(PIN_FAILED) }, { need_log } },
};

static const struct guess *guess_find(const struct facts *f)
{
	const size_t count = sizeof(guesses) / sizeof(guesses[0]);

	for (size_t i = 0; i < count; i++)
		if (rule_fits(guesses[i].ops, guesses[i].errnos, true, f) &&
		    (!guesses[i].holds || guesses[i].holds(f)))
			return &guesses[i];
	return &guesses[count - 1];
}

static void need_add(struct viommu_diagnosis *out, const char *what)
{
	struct text t;

	if (out->need_count == VIOMMU_MAX_NEEDS)
		return;
	text_init(&t, out->needs[out->need_count], sizeof(out->needs[0]));
	text_add(&t, "%s", what);
	out->need_count++;
}

void guess_fill(const struct facts *f, struct viommu_diagnosis *out)
{
	const struct guess *guess = guess_find(f);

	for (size_t i = 0; i < VIOMMU_MAX_CANDIDATES && guess->candidates[i]; i++)
		out->candidates[out->candidate_count++] =
			(enum viommu_reason)(guess->candidates[i] - 1);
	if (!f->ev->err && f->ev->op != VIOMMU_OP_FAULT)
		need_add(out, need_errno);
	for (size_t i = 0; i < VIOMMU_MAX_NEEDS && guess->needs[i]; i++)
		need_add(out, guess->needs[i]);
}
