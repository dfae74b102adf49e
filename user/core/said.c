// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that name the cause. Texts and behaviour are those of QEMU (hw/vfio, hw/virtio/
 * virtio-iommu.c, hw/i386/intel_iommu.c), Linux (drivers/vfio, drivers/iommu) and DPDK (lib/eal).
 */
#include "phrase.h"
#include "said.h"

#define A ((unsigned long long)f->ev->said_a)
#define B ((unsigned long long)f->ev->said_b)

static void say_aw_above_host(const struct facts *f, struct text *t)
{
	text_add(t, "the VM's vIOMMU has %llu bits, the host translates %llu: QEMU (9.1 and newer) "
		    "refuses the device", A, B);
}

static void say_aw_range(const struct facts *f, struct text *t)
{
	text_add(t, "aw-bits of virtio-iommu must lie between %llu and %llu", A, B);
}

static void say_aw_values(const struct facts *f, struct text *t)
{
	text_add(t, "aw-bits of intel-iommu must be %llu", A);
	if (B)
		text_add(t, " or %llu", B);
}

static void say_caching_mode(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "intel-iommu has no caching-mode=on, without which QEMU does not learn what the "
		    "guest maps for an assigned device");
}

static void say_no_notifier(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "this vIOMMU of QEMU cannot tell VFIO what the guest maps, so that no device "
		    "can be assigned behind it");
}

static void say_aliased(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "virtio-iommu does not take a device that shares its PCI address with others "
		    "(behind a PCI bridge)");
}

static void say_spaces(const struct facts *f, struct text *t)
{
	text_add(t, "devices of host group %llu lie in different address spaces of the guest's "
		    "vIOMMU, but a group has one", A);
}

static void say_not_viable(const struct facts *f, struct text *t)
{
	text_add(t, "host group ");
	if (A)
		text_add(t, "%llu ", A);
	text_add(t, "cannot be assigned: some of its devices still have a host driver");
}

static void say_no_group(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the device has no IOMMU group: the host's IOMMU is off, or does not cover it");
}

static void say_no_type1(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the host's kernel has no IOMMU driver for VFIO");
}

static void say_rmrr(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the host's firmware wants memory of the device mapped 1:1 (RMRR), so the "
		    "kernel does not give the device away");
}

static void say_no_intremap(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the host has no interrupt remapping, so a guest could forge interrupts: VFIO "
		    "refuses the group");
}

static void say_page_mask(const struct facts *f, struct text *t)
{
	text_add(t, "the host's IOMMU has page sizes 0x%llx, the vIOMMU 0x%llx: none is in both",
		 A, B);
}

static void say_frozen_granule(const struct facts *f, struct text *t)
{
	text_add(t, "the guest uses the vIOMMU with a granule of ");
	phrase_size(f->ev->said_a, t);
	text_add(t, ", which the host cannot map for the new device");
}

static void say_guest_granule(const struct facts *f, struct text *t)
{
	text_add(t, "the vIOMMU's granule, ");
	phrase_size(f->ev->said_a, t);
	text_add(t, ", is larger than the guest's pages");
	if (!B)
		return;
	text_add(t, ", ");
	phrase_size(f->ev->said_b, t);
}

static void say_unaligned(const struct facts *f, struct text *t)
{
	text_add(t, "a region at IOVA 0x%llx does not begin or end at a host page", A);
	if (!B)
		return;
	text_add(t, " of ");
	phrase_size(f->ev->said_b, t);
}

static void say_reserved_late(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the host's reserved ranges became known after the guest had asked for them: "
		    "the guest may use them (QEMU 8.2 and 9.0, device plugged later)");
}

static void say_reserved_conflict(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the host's reserved ranges of this device do not go together with those that "
		    "the guest was told");
}

static void say_memlock(const struct facts *f, struct text *t)
{
	phrase_request(f, t);
	text_add(t, " was refused by the kernel: the process may lock ");
	phrase_size(f->ev->said_a, t);
	text_add(t, " (RLIMIT_MEMLOCK), and needs more");
}

static void say_memlock_containers(const struct facts *f, struct text *t)
{
	say_memlock(f, t);
	text_add(t, "; with a vIOMMU each of its %u assigned devices counts the VM's memory",
		 f->ev->containers);
}

static void say_width(const struct facts *f, struct text *t)
{
	text_add(t, "IOVA 0x%llx needs %u bits, the host's IOMMU translates %llu", A,
		 iova_bits_needed(f->ev->said_a), B);
}

static void say_entries(const struct facts *f, struct text *t)
{
	text_add(t, "the container's mapping entries");
	if (A)
		text_add(t, " (%llu)", A);
	text_add(t, " may not be enough for memory that is plugged in small blocks");
}

static void say_beyond_mgaw(const struct facts *f, struct text *t)
{
	text_add(t, "a device accessed IOVA 0x%llx, which needs %u bits: the host's IOMMU "
		    "translates fewer", A, iova_bits_needed(f->ev->said_a));
}

static void say_iova_mode_pa(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the program uses process addresses as IOVA, but the driver of the device needs "
		    "physical ones, so the device is left out");
}

static void say_iova_mode_va(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the program wants physical addresses as IOVA, but cannot learn them, or the "
		    "driver of the device needs process addresses");
}

static void say_dma_mask(const struct facts *f, struct text *t)
{
	(void)f;
	text_add(t, "the program uses process addresses as IOVA, and they are wider than the IOMMU "
		    "translates");
}

static void say_high_dma(const struct facts *f, struct text *t)
{
	text_add(t, "addresses below 4 GiB are used up: the device now gets IOVAs from the top of "
		    "%llu bits", A);
	if (B)
		text_add(t, ", the host translates %llu", B);
}

static const char no_start[] = "the VM or the device does not start";
static const char no_device[] = "the device cannot be used";
static const char no_viommu[] =
	"the guest uses the device without its vIOMMU, or not at all if that does not let it pass";
static const char may_fail[] = "mappings may fail later";

static const struct {
	struct rule rule;
	struct severity severity;
} table[VIOMMU_NR_SAID] = {
#define SAID(sym, reason, severity, consequence, describe) \
	[VIOMMU_SAID_##sym] = { \
		{ 0, { 0 }, true, NULL, VIOMMU_REASON_##reason, describe }, \
		{ VIOMMU_SEVERITY_##severity, consequence } }
	SAID(AW_ABOVE_HOST, AW_BITS_REFUSED, FATAL, no_start, say_aw_above_host),
	SAID(AW_RANGE, AW_BITS_REFUSED, FATAL, no_start, say_aw_range),
	SAID(AW_VALUES, AW_BITS_REFUSED, FATAL, no_start, say_aw_values),
	SAID(CACHING_MODE, GROUP_INELIGIBLE, FATAL, no_start, say_caching_mode),
	SAID(NO_NOTIFIER, GROUP_INELIGIBLE, FATAL, no_start, say_no_notifier),
	SAID(ALIASED, GROUP_INELIGIBLE, FATAL, no_start, say_aliased),
	SAID(SPACES, GROUP_INELIGIBLE, FATAL, no_start, say_spaces),
	SAID(NOT_VIABLE, GROUP_INELIGIBLE, FATAL, no_start, say_not_viable),
	SAID(NO_GROUP, GROUP_INELIGIBLE, FATAL, no_start, say_no_group),
	SAID(NO_TYPE1, NO_IOMMU_DRIVER, FATAL, no_start, say_no_type1),
	SAID(RMRR, GROUP_INELIGIBLE, FATAL, no_start, say_rmrr),
	SAID(NO_INTREMAP, GROUP_INELIGIBLE, FATAL, no_start, say_no_intremap),
	SAID(PAGE_MASK, GRANULE, FATAL, no_start, say_page_mask),
	SAID(FROZEN_GRANULE, GRANULE, FATAL, no_start, say_frozen_granule),
	SAID(GUEST_GRANULE, GRANULE, FATAL, no_viommu, say_guest_granule),
	SAID(UNALIGNED, MISALIGNED, WARNING, "QEMU leaves it out: devices cannot reach it",
	     say_unaligned),
	SAID(RESERVED_LATE, RESERVED_REGION, WARNING, may_fail, say_reserved_late),
	SAID(RESERVED_CONFLICT, RESERVED_REGION, FATAL, no_start, say_reserved_conflict),
	SAID(MEMLOCK, MEMLOCK, WARNING, "", say_memlock),
	SAID(WIDTH, ABOVE_HOST_WIDTH, WARNING, "the mapping does not exist", say_width),
	SAID(ENTRIES, ENTRY_LIMIT, WARNING, may_fail, say_entries),
	SAID(BEYOND_MGAW, ABOVE_HOST_WIDTH, WARNING,
	     "what it wanted to read or write was not transferred", say_beyond_mgaw),
	SAID(IOVA_MODE_PA, IOVA_MODE, FATAL, no_device, say_iova_mode_pa),
	SAID(IOVA_MODE_VA, IOVA_MODE, FATAL, no_device, say_iova_mode_va),
	SAID(DMA_MASK, USERSPACE_VA, FATAL, "the program has not got the memory", say_dma_mask),
	SAID(HIGH_DMA, ABOVE_HOST_WIDTH, WARNING, may_fail, say_high_dma),
#undef SAID
};

/* Without the host's width it is not known whether that many bits are too many. */
static const struct rule high_dma_unknown = {
	0, { 0 }, true, NULL, VIOMMU_REASON_UNKNOWN, say_high_dma
};

static const struct rule memlock_containers = {
	0, { 0 }, true, NULL, VIOMMU_REASON_MEMLOCK_PER_CONTAINER, say_memlock_containers
};

const struct rule *said_rule(const struct facts *f)
{
	const size_t said = (size_t)f->ev->said;

	if (f->ev->said == VIOMMU_SAID_HIGH_DMA && !f->ev->said_b)
		return &high_dma_unknown;
	if (f->ev->said == VIOMMU_SAID_MEMLOCK && f->ev->containers > 1 &&
	    f->ev->vmm == VIOMMU_VMM_QEMU)
		return &memlock_containers;
	return &table[said < VIOMMU_NR_SAID ? said : VIOMMU_SAID_NOT_VIABLE].rule;
}

struct severity said_severity(const struct facts *f)
{
	const size_t said = (size_t)f->ev->said;

	return table[said < VIOMMU_NR_SAID ? said : VIOMMU_SAID_NOT_VIABLE].severity;
}
