// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses that aw-bits does not move. Where memory lies is what QEMU 10.0.2 showed with
 * "info mtree -f" for the same options; a host of no usable range but the first page makes the
 * advisor name each block.
 */
#include "advise-fixture.h"

/** One VM, and the blocks that QEMU makes of it. 0: there is none. */
static const struct {
	const char *machine;
	bool arm, amd;
	uint64_t memory, max_memory;
	uint64_t low_last;		/**< below 4 GiB; of Arm's: all */
	uint64_t high_first, high_last;
	bool moved;
} layouts[] = {
	{ "pc-q35-10.0", false, false, 2815ULL << 20, 2815ULL << 20, 0xafefffff, 0, 0, false },
	{ "pc-q35-10.0", false, false, 2816ULL << 20, 2816ULL << 20, 0x7fffffff, 0x100000000,
	  0x12fffffff, false },
	{ "q35", false, false, 8 * GIB, 8 * GIB, 0x7fffffff, 0x100000000, 0x27fffffff, false },
	{ "pc", false, false, 8 * GIB, 8 * GIB, 0xbfffffff, 0x100000000, 0x23fffffff, false },
	{ "pc", false, false, 3584ULL << 20, 3584ULL << 20, 0xbfffffff, 0x100000000, 0x11fffffff,
	  false },
	{ "pc", false, false, 3500ULL << 20, 3500ULL << 20, 0xdabfffff, 0, 0, false },
	/* AMD's CPU, slots=1: moved when the end of the PCI window reaches 0xfd00000000. */
	{ "q35", false, true, 4 * GIB, 976 * GIB, 0x7fffffff, 0x100000000, 0x17fffffff, false },
	{ "q35", false, true, 4 * GIB, 977 * GIB, 0x7fffffff, 0x100000000, 0x17fffffff, false },
	{ "q35", false, true, 4 * GIB, 978 * GIB, 0x7fffffff, TIB, 0x1007fffffff, true },
	{ "q35", false, true, 4 * GIB, 1000 * GIB, 0x7fffffff, TIB, 0x1007fffffff, true },
	{ "pc-q35-7.0", false, true, 4 * GIB, 1000 * GIB, 0x7fffffff, 0x100000000, 0x17fffffff,
	  false },
	{ "pc-q35-7.1", false, true, 4 * GIB, 1000 * GIB, 0x7fffffff, TIB, 0x1007fffffff, true },
	{ "q35", false, false, 4 * GIB, 1000 * GIB, 0x7fffffff, 0x100000000, 0x17fffffff, false },
	/* hw/arm/virt.c: from 1 GiB on. */
	{ "virt", true, false, 8 * GIB, 8 * GIB, 0, GIB, 9 * GIB - 1, false },
};

static void one_page(struct guest *g)
{
	g->containers[0].ranges.count = 1;
	g->containers[0].ranges.r[0] = (struct viommu_range){ 0, 4095 };
}

static void expect_block(const struct advice *a, const char *what, uint64_t first, uint64_t last)
{
	char text[96];

	snprintf(text, sizeof(text), "%s at 0x%llx-0x%llx ends above", what,
		 (unsigned long long)first, (unsigned long long)last);
	assert_note(a, ADVICE_PROBLEM, text);
}

static void memory_lies_where_qemu_puts_it(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	for (size_t i = 0; i < LEN(layouts); i++) {
		guest_init(&g, VIOMMU_MODEL_NONE, HOST_INTEL39);
		if (layouts[i].arm)
			strcpy(g.arch, "aarch64");
		strcpy(g.machine, layouts[i].machine);
		g.cpu_amd = layouts[i].amd;
		g.memory = layouts[i].memory;
		g.max_memory = layouts[i].max_memory;
		one_page(&g);
		advise(&a, &m, &g);
		if (layouts[i].low_last)
			expect_block(&a, "memory below 4 GiB", 0, layouts[i].low_last);
		if (layouts[i].high_first)
			expect_block(&a, "memory", layouts[i].high_first, layouts[i].high_last);
		assert_int_equal(!note_find(&a, ADVICE_WARNING, "starts at 1 TiB"),
				 !layouts[i].moved);
	}
}

/** A VM of that much memory without a vIOMMU, on a host. */
static void ask(struct advice *a, struct guest *g, enum host_kind host, uint64_t memory,
		uint64_t max_memory)
{
	const struct machine m = { .host = "h" };

	guest_init(g, VIOMMU_MODEL_NONE, host);
	g->memory = memory;
	g->max_memory = max_memory;
	advise(a, &m, g);
}

static void memory_above_the_width(void **state)
{
	struct advice a;
	struct guest g;

	(void)state;
	/* 512 GiB and the gap below 4 GiB: two more than 39 bits hold. */
	ask(&a, &g, HOST_INTEL39, 512 * GIB, 512 * GIB);
	assert_note(&a, ADVICE_PROBLEM, "ends above the host's 39 bits: give the VM less");
	assert_true(option_find(&a, "-cpu host,host-phys-bits-limit=39"));
	assert_true(option_find(&a, "<maxphysaddr mode='passthrough' limit='39'/>"));
	assert_int_equal(a.bits, 39);
	ask(&a, &g, HOST_INTEL39, 510 * GIB, 510 * GIB);
	assert_no_note(&a, ADVICE_PROBLEM, "memory");
	/* Memory that may come later fails when it comes. */
	ask(&a, &g, HOST_INTEL39, 8 * GIB, 1024 * GIB);
	assert_no_note(&a, ADVICE_PROBLEM, "memory");
	assert_note(&a, ADVICE_WARNING, "hotplugged memory");
}

static void bypass_counts_too(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	ask(&a, &g, HOST_INTEL39, 512 * GIB, 512 * GIB);
	g.model = VIOMMU_MODEL_VIRTIO;
	g.aw_bits = 39;
	advise(&a, &m, &g);
	assert_note(&a, ADVICE_PROBLEM, "until the guest's driver takes over, and with iommu=pt");
	g.boot_bypass = TRI_NO;
	advise(&a, &m, &g);
	assert_no_note(&a, ADVICE_PROBLEM, "ends above");
	assert_note(&a, ADVICE_WARNING, "ends above the host's 39 bits");
}

static void amd_hole(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	/* A guest whose CPU is no AMD one is not moved. */
	ask(&a, &g, HOST_AMD64, 1100 * GIB, 1100 * GIB);
	assert_note(&a, ADVICE_PROBLEM, "crosses AMD's hole");
	g.cpu_amd = true;
	advise(&a, &m, &g);
	assert_no_note(&a, ADVICE_PROBLEM, "crosses");
	assert_note(&a, ADVICE_WARNING, "Code 43");
	assert_note(&a, ADVICE_WARNING, "that needs 42 physical bits");
	g.cpu_host = true;
	advise(&a, &m, &g);
	assert_no_note(&a, ADVICE_WARNING, "physical bits");
	/* "Address space limit 0xffffffffff < 0x... phys-bits too low (40)" */
	g.phys_bits_limit = 40;
	advise(&a, &m, &g);
	assert_note(&a, ADVICE_PROBLEM, "needs 42 physical bits, it may have 40");
}

static void low_hole_and_memory(void **state)
{
	struct advice a;
	struct guest g;

	(void)state;
	/* i440fx has memory up to 0xdabfffff here, Arm's virt all of it from 1 GiB on. */
	ask(&a, &g, HOST_ARM_LOW, 8 * GIB, 8 * GIB);
	guest_arm(&g);
	advise(&a, &(const struct machine){ .host = "h" }, &g);
	assert_note(&a, ADVICE_PROBLEM, "crosses the host's hole 0xe0000000-0xf7feffff");
}

static void bars_follow_physical_bits(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	ask(&a, &g, HOST_INTEL39, 8 * GIB, 8 * GIB);
	assert_no_note(&a, ADVICE_WARNING, "BARs above");
	g.cpu_host = true;
	advise(&a, &m, &g);
	assert_note(&a, ADVICE_WARNING, "firmware may place BARs above the host's 39 bits");
	assert_true(option_find(&a, "host-phys-bits-limit=39"));
	g.phys_bits_limit = 39;
	advise(&a, &m, &g);
	assert_no_note(&a, ADVICE_WARNING, "BARs above");
	g.phys_bits_limit = 46;
	advise(&a, &m, &g);
	assert_note(&a, ADVICE_WARNING, "BARs above");
}

/** Sizes from a hostile facts file: no sum overflows. */
static void absurd_sizes(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 4095, 1ULL << 55, 1ULL << 56, TOP - 1, TOP };
	struct advice a;
	struct guest g;

	(void)state;
	for (size_t i = 0; i < LEN(sizes); i++)
		for (size_t k = 0; k < LEN(sizes); k++)
			for (int host = 0; host < NR_HOST_KINDS; host++)
				ask(&a, &g, (enum host_kind)host, sizes[i], sizes[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_lies_where_qemu_puts_it),
		cmocka_unit_test(memory_above_the_width),
		cmocka_unit_test(bypass_counts_too),
		cmocka_unit_test(amd_hole),
		cmocka_unit_test(low_hole_and_memory),
		cmocka_unit_test(bars_follow_physical_bits),
		cmocka_unit_test(absurd_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
