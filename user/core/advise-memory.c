// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Without a vIOMMU, before the guest's driver has taken over (boot-bypass) and with iommu=pt a
 * device sees guest-physical addresses: memory and BARs then have to lie where the host can map.
 * aw-bits does not move them; machine type, memory and phys-bits do.
 */
#include <stdio.h>
#include <string.h>

#include "advise-parts.h"

#define GIB (1ULL << 30)
#define TIB (1ULL << 40)

/** A piece of the guest's physical addresses. */
struct block {
	struct viommu_range range;
	const char *what;
	bool later;		/**< only if memory is plugged in */
};

#define BLOCKS_MAX 3

/** Where memory lies. count 0: this machine type is not known. */
struct guest_layout {
	struct block blocks[BLOCKS_MAX];
	size_t count;
	bool moved;		/**< from 4 GiB to 1 TiB (AMD) */
	uint64_t end;		/**< last address up to which QEMU counts, PCI window included */
	const char *source;
};

static void block_add(struct guest_layout *l, uint64_t first, uint64_t size, const char *what,
		      bool later)
{
	uint64_t last;

	if (l->count < BLOCKS_MAX && iova_last(first, size, &last))
		l->blocks[l->count++] = (struct block){ { first, last }, what, later };
}

static uint64_t round_up_gib(uint64_t n)
{
	return (n + GIB - 1) / GIB * GIB;
}

static bool machine_is(const struct guest *g, const char *name)
{
	return strstr(g->machine, name) == g->machine;
}

/** Memory below 4 GiB, by machine type (pc_q35_init(), pc_init1()). */
static uint64_t memory_low(const struct guest *g)
{
	const bool q35 = strstr(g->machine, "q35");
	const uint64_t gap = q35 ? 0xb0000000 : 0xe0000000, low = q35 ? 2 * GIB : 3 * GIB;

	return g->memory < gap ? g->memory : low;
}

/** Room for memory that is plugged in; QEMU adds 1 GiB a slot, of which one is certain. */
static uint64_t memory_later(const struct guest *g)
{
	return g->max_memory > g->memory ? g->max_memory - g->memory + GIB : 0;
}

/**
 * Machine types from 7.1 on move memory of guests with AMD CPUs (pc_set_amd_above_4g_mem_start(),
 * b3e6982b41), if what they may use up to the end of the 64-bit PCI window reaches AMD's hole.
 */
static bool machine_moves(const struct guest *g)
{
	unsigned int major, minor;

	if (!g->cpu_amd)
		return false;
	if (advise_machine_version(g, &major, &minor))
		return major > 7 || (major == 7 && minor >= 1);
	return !advise_qemu_known(g) || advise_qemu_at_least(g, 7, 1);
}

static void layout_pc(struct guest_layout *l, const struct guest *g)
{
	const uint64_t window = strstr(g->machine, "q35") ? 32 * GIB : 2 * GIB;
	const uint64_t low = memory_low(g), high = g->memory - low, later = memory_later(g);
	const uint64_t length = round_up_gib(round_up_gib(high) + later) + window;
	uint64_t start = 4 * GIB;

	l->source = "QEMU hw/i386/pc.c";
	if (machine_moves(g) && start + length - 1 >= IOVA_AMD_HT_FIRST) {
		start = TIB;
		l->moved = true;
	}
	l->end = start + length - 1;
	block_add(l, 0, low, "memory below 4 GiB", false);
	block_add(l, start, high, "memory", false);
	block_add(l, start + round_up_gib(high), later, "hotplugged memory", true);
}

/** base_memmap[] and virt_set_memmap() of hw/arm/virt.c. */
static void layout_virt(struct guest_layout *l, const struct guest *g)
{
	const uint64_t start = GIB;

	l->source = "QEMU hw/arm/virt.c";
	block_add(l, start, g->memory, "memory", false);
	block_add(l, round_up_gib(start + g->memory), memory_later(g), "hotplugged memory", true);
}

static void layout_init(struct guest_layout *l, const struct advising *s)
{
	const struct guest *g = s->g;

	memset(l, 0, sizeof(*l));
	/* More than any machine takes: sums below cannot overflow. */
	if (!g->memory || g->memory >> 56 || g->max_memory >> 56)
		return;
	/* QEMU's own default for x86 is pc. */
	if (advise_is_x86(s) &&
	    (!g->machine[0] || machine_is(g, "q35") || machine_is(g, "pc") ||
	     machine_is(g, "ubuntu")))
		layout_pc(l, g);
	else if (!advise_is_x86(s) && machine_is(g, "virt"))
		layout_virt(l, g);
}

uint64_t advise_memory_last(const struct guest *g)
{
	static const struct machine any = { .arch = "" };
	const struct advising s = { .m = &any, .g = g };
	struct guest_layout l;
	uint64_t last = 0;

	layout_init(&l, &s);
	for (size_t i = 0; i < l.count; i++)
		if (!l.blocks[i].later && l.blocks[i].range.last > last)
			last = l.blocks[i].range.last;
	return last;
}

/** Kind of the note for memory that cannot be mapped as it lies. */
static enum advice_kind block_kind(const struct guest *g, const struct block *b)
{
	const bool assigned = g->device_count || g->container_count;

	if (b->later || !assigned)
		return ADVICE_WARNING;
	/* Without bypass at boot only a guest with iommu=pt maps all of its memory. */
	return g->model != VIOMMU_MODEL_NONE && g->boot_bypass == TRI_NO ? ADVICE_WARNING
									 : ADVICE_PROBLEM;
}

static void block_check(struct advising *s, const struct guest_layout *l, const struct block *b)
{
	const enum advice_kind kind = block_kind(s->g, b);
	const unsigned long long first = b->range.first, last = b->range.last;
	struct viommu_range hole;
	enum iova_hole met;

	if (iova_ranges_contain(&s->usable, b->range.first, b->range.last))
		return;
	met = iova_ranges_hole(&s->usable, b->range.first, b->range.last, &hole);
	if (met == IOVA_HOLE_AMD_HT) {
		advise_note(s, kind, l->source,
			    "%s at 0x%llx-0x%llx crosses AMD's hole: use a machine type 7.1 or newer "
			    "with an AMD CPU model (-cpu host), or less memory; aw-bits does not move "
			    "it", b->what, first, last);
	} else if (met != IOVA_HOLE_NONE) {
		advise_note(s, kind, l->source,
			    "%s at 0x%llx-0x%llx crosses the host's hole 0x%llx-0x%llx, and aw-bits "
			    "does not move it", b->what, first, last,
			    (unsigned long long)hole.first, (unsigned long long)hole.last);
	} else {
		s->limit_phys = true;
		advise_note(s, kind, l->source,
			    "%s at 0x%llx-0x%llx ends above the host's %u bits: give the VM less; "
			    "aw-bits does not move it, and it counts until the guest's driver takes "
			    "over, and with iommu=pt", b->what, first, last, s->a->max_bits);
	}
}

static void moved_note(struct advising *s, const struct guest_layout *l)
{
	const struct guest *g = s->g;

	if (!l->moved)
		return;
	advise_note(s, ADVICE_WARNING, "QEMU hw/i386/pc.c, machine types 7.1 and newer",
		    "memory above 4 GiB starts at 1 TiB, because memory, its maximum and the PCI "
		    "window would reach AMD's hole; Windows guests with NVIDIA devices can fail "
		    "there (Code 43): a lower maxmem avoids it");
	if (g->phys_bits_limit && g->phys_bits_limit < iova_bits_needed(l->end))
		advise_note(s, ADVICE_PROBLEM, "QEMU hw/i386/pc.c",
			    "the guest's addresses end at 0x%llx: its CPU needs %u physical bits, it "
			    "may have %u, so QEMU does not start", (unsigned long long)l->end,
			    iova_bits_needed(l->end), g->phys_bits_limit);
	else if (!g->cpu_host && g->host_phys_bits != TRI_YES && !g->phys_bits_limit)
		advise_note(s, ADVICE_WARNING, "QEMU target/i386/cpu.c",
			    "that needs %u physical bits in the guest's CPU, which -cpu host or "
			    "host-phys-bits=on gives; others have 40", iova_bits_needed(l->end));
}

/** Firmware places BARs at the top of the guest's physical addresses. */
static void bar_note(struct advising *s)
{
	const struct guest *g = s->g;
	const bool host_bits = g->cpu_host || g->host_phys_bits == TRI_YES;
	const unsigned int max = s->a->max_bits;

	if (!max || max >= 52 || (!host_bits && !g->phys_bits_limit) ||
	    (g->phys_bits_limit && g->phys_bits_limit <= max) || !advise_is_x86(s))
		return;
	s->limit_phys = true;
	advise_note(s, ADVICE_WARNING, "QEMU docs/igd-assign.txt",
		    "firmware may place BARs above the host's %u bits: harmless between a device "
		    "and its driver, but devices cannot reach each other's, and a BAR of memory "
		    "(ivshmem) ends the VM", max);
}

void advise_memory(struct advising *s)
{
	struct guest_layout layout;

	if (!s->g)
		return;
	layout_init(&layout, s);
	moved_note(s, &layout);
	for (size_t i = 0; i < layout.count && s->usable.count; i++)
		block_check(s, &layout, &layout.blocks[i]);
	bar_note(s);
}
