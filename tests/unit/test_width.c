// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Widths from registers of real machines, under the kernels whose sources say what they make of
 * them; reserved regions, and the ranges that they leave, against a bitmap.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/registers.h"
#include "core/width.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define END(bits) ((1ULL << (bits)) - 1)
#define TOP UINT64_MAX

/* ECAP: scalable mode, second stage, first stage. */
#define SMTS (1ULL << 43)
#define SLTS (1ULL << 46)
#define FLTS (1ULL << 47)
#define FL5LP (1ULL << 60)

static void versions(void **state)
{
	static const struct {
		const char *release;
		int ret;
		unsigned int major, minor;
	} rows[] = {
		{ "6.12.95+deb12-amd64", 0, 6, 12 }, { "6.1.0-56-amd64", 0, 6, 1 },
		{ "7.3.4", 0, 7, 3 }, { "5.14.0-570.el9.x86_64", 0, 5, 14 }, { "6.13", 0, 6, 13 },
		{ "6.13-rc1", 0, 6, 13 }, { "", -EINVAL, 0, 0 }, { "6", -EINVAL, 0, 0 },
		{ "6.", -EINVAL, 0, 0 }, { ".6", -EINVAL, 0, 0 }, { "v6.1", -EINVAL, 0, 0 },
		{ "-6.1", -EINVAL, 0, 0 }, { "99999999999999999999.1", -EINVAL, 0, 0 },
		{ "6.4294967296", -EINVAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		unsigned int major = 0, minor = 0;

		if (kernel_version_parse(rows[i].release, &major, &minor) != rows[i].ret)
			fail_msg("'%s'", rows[i].release);
		assert_int_equal(major, rows[i].major);
		assert_int_equal(minor, rows[i].minor);
	}
}

/* Registers as kernels logged them, decoded by hand from the VT-d specification. */
static void intel_fields(void **state)
{
	static const struct {
		uint64_t cap, ecap;
		unsigned int mgaw, sagaw, second, domains;
		bool caching, m2, g1, first_1g, posted, five;
	} rows[] = {
		{ 0x8d2078c106f0466, 0xf020df, 48, 0x4, 48, 65536, 0, 1, 1, 0, 1, 0 },
		{ 0x1c0000c40660462, 0x19e2ff0505e, 39, 0x4, 39, 256, 0, 1, 1, 1, 0, 0 },
		{ 0xd2008c40660462, 0xf050da, 39, 0x4, 39, 256, 0, 1, 1, 0, 0, 0 },
		{ 0xd2078c106f0466, 0xf020de, 48, 0x4, 48, 65536, 0, 1, 1, 0, 0, 0 },
		{ 0x8d2008c10ef0466, 0xf0205b, 48, 0x4, 48, 65536, 0, 1, 1, 0, 1, 0 },
		{ 0xc90780106f0462, 0xf0207e, 48, 0x4, 48, 256, 0, 0, 0, 0, 0, 0 },
		{ 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, 57, 0xc, 57, 65536, 0, 1, 1, 1, 1, 1 },
		{ 0xc0000020660462, 0xf0101a, 39, 0x4, 39, 256, 0, 0, 0, 0, 0, 0 },
		{ 0xd2008c20660462, 0xf010da, 39, 0x4, 39, 256, 0, 1, 1, 0, 0, 0 },
		{ 0x9ed008c40780466, 0, 57, 0x4, 48, 65536, 0, 1, 1, 1, 1, 0 },
		{ 0xc9de008cee690462, 0, 42, 0x4, 42, 256, 0, 1, 1, 1, 1, 0 },
		{ 0xd2008c22260286, 0xf00f4a, 39, 0x2, 39, 65536, 1, 1, 1, 0, 0, 0 },
		{ 0xd2008c222f0686, 0xf00f4a, 48, 0x6, 48, 65536, 1, 1, 1, 0, 0, 0 },
		{ 0, 0, 1, 0, 0, 16, 0, 0, 0, 0, 0, 0 },
		{ TOP, TOP, 64, 0x1f, 57, 262144, 1, 1, 1, 1, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct intel_registers r;

		intel_registers_decode(&r, rows[i].cap, rows[i].ecap);
		if (r.mgaw != rows[i].mgaw || r.sagaw != rows[i].sagaw ||
		    r.second_stage_bits != rows[i].second || r.domains != rows[i].domains)
			fail_msg("cap %llx: MGAW %u SAGAW %x second %u domains %u",
				 (unsigned long long)rows[i].cap, r.mgaw, r.sagaw,
				 r.second_stage_bits, r.domains);
		assert_int_equal(r.caching_mode, rows[i].caching);
		assert_int_equal(r.second_stage_2m, rows[i].m2);
		assert_int_equal(r.second_stage_1g, rows[i].g1);
		assert_int_equal(r.first_stage_1g, rows[i].first_1g);
		assert_int_equal(r.posted_interrupts, rows[i].posted);
		assert_int_equal(r.five_level, rows[i].five);
	}
}

static void assert_width(const struct machine *m, const struct machine_unit *u, unsigned int bits,
			 const char *what)
{
	struct iommu_width w;

	memset(&w, 0xff, sizeof(w));
	width_of_unit(&w, m, u);
	if (w.bits != bits)
		fail_msg("%s on '%s': %u bits, not %u: %s", what, m->kernel, w.bits, bits, w.text);
	assert_true(w.text[0]);
	assert_int_equal(w.last, bits == 64 ? TOP : bits ? END(bits) : 0);
	assert_int_equal(w.from, bits ? VIOMMU_LIMIT_REGISTERS : VIOMMU_LIMIT_UNKNOWN);
}

/* Which stage VFIO gets: 6.12 first_level_by_default(), 7.3 compute_vasz_lg2_fs() and _ss(). */
static void intel_kernels(void **state)
{
	static const struct {
		const char *what;
		uint64_t cap, ecap;
		const char *kernel;
		bool first_stage;
		unsigned int bits;
	} rows[] = {
		{ "Granite Rapids", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, "6.1.0-56-amd64", 0, 57 },
		{ "Granite Rapids", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, "6.8.0-136-generic", 0, 57 },
		{ "Granite Rapids", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, "6.13.0", 1, 56 },
		{ "Granite Rapids", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, "7.3.4", 1, 56 },
		{ "Granite Rapids, sm_off", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, "7.3.4", 0, 57 },
		{ "Granite Rapids", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, "", 0, 56 },
		{ "Granite Rapids", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf,
		  "6.12.0-124.el10.x86_64", 0, 56 },
		{ "Sapphire Rapids", 0x9ed008c40780466, SMTS | SLTS | FLTS, "6.12.95", 0, 48 },
		{ "Sapphire Rapids", 0x9ed008c40780466, SMTS | SLTS | FLTS, "7.3.4", 1, 47 },
		{ "Sapphire Rapids", 0x9ed008c40780466, SMTS | SLTS | FLTS, "", 0, 47 },
		{ "Meteor Lake", 0xc9de008cee690462, SMTS | SLTS | FLTS, "6.12.95", 0, 42 },
		{ "Meteor Lake", 0xc9de008cee690462, SMTS | SLTS | FLTS, "7.3.4", 1, 41 },
		{ "no first stage", 0x8d2078c106f0466, SMTS | SLTS, "7.3.4", 1, 48 },
		{ "no scalable mode", 0x8d2078c106f0466, FLTS, "7.3.4", 1, 48 },
		{ "client", 0x1c0000c40660462, 0x19e2ff0505e, "7.3.4", 1, 39 },
		{ "client", 0x1c0000c40660462, 0x19e2ff0505e, "", 0, 39 },
		/* 5-level first stage, 4-level second: both were needed until 7.0. */
		{ "depths differ", 0x9ed008c40780466 | FL5LP, SMTS | SLTS | FLTS, "6.16.1", 1, 47 },
		{ "depths differ", 0x9ed008c40780466 | FL5LP, SMTS | SLTS | FLTS, "7.0.1", 1, 56 },
		{ "first only", 0x9ed008c40780466 | FL5LP, SMTS | FLTS, "6.12.1", 1, 56 },
		/* 5-level second stage, 4-level first: 6.12 takes 4 if scalable mode is on. */
		{ "depths differ", 0x9ed008c40780c66, SMTS | SLTS | FLTS, "6.12.1", 0, 48 },
		{ "depths differ", 0x9ed008c40780c66, SMTS | SLTS | FLTS, "7.3.4", 0, 57 },
		{ "zeroes", 0, 0, "6.12.1", 0, 0 },
		{ "zeroes", 0, 0, "7.3.4", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct machine m = { .intel_first_stage = rows[i].first_stage };
		const struct machine_unit u = {
			.kind = UNIT_INTEL, .has_cap = true,
			.cap = rows[i].cap, .ecap = rows[i].ecap,
		};

		strcpy(m.kernel, rows[i].kernel);
		assert_width(&m, &u, rows[i].bits, rows[i].what);
	}
	assert_width(&(struct machine) { .kernel = "6.12" },
		     &(struct machine_unit) { .kind = UNIT_INTEL }, 0, "not readable");
}

/* "EFR2:EFR" up to 6.6, "EFR:EFR2" later; the word with an upper half is EFR in any case. */
static void amd_order(void **state)
{
	static const struct {
		const char *kernel;
		unsigned int count;
		uint64_t words[2], efr;
	} rows[] = {
		{ "6.1.0", 2, { 0, 0x58f77ef22294a5a }, 0x58f77ef22294a5a },
		{ "6.12.0", 2, { 0x58f77ef22294a5a, 0 }, 0x58f77ef22294a5a },
		{ "6.1.0", 2, { 0x10, 0x206d73ef22254ade }, 0x206d73ef22254ade },
		{ "6.12.0", 2, { 0x206d73ef22254ade, 0x10 }, 0x206d73ef22254ade },
		{ "5.14.0-570.el9", 2, { 0x206d73ef22254ade, 0x10 }, 0x206d73ef22254ade },
		{ "6.1.0", 2, { 0x29d3, 0 }, 0x29d3 }, { "6.1.0", 2, { 0, 0x29d3 }, 0x29d3 },
		{ "6.1.0", 2, { 0x29d3, 0x10 }, 0x10 }, { "6.6.1", 2, { 0x29d3, 0x10 }, 0x10 },
		{ "6.7.0", 2, { 0x29d3, 0x10 }, 0x29d3 }, { "7.0.0", 2, { 0x29d3, 0x10 }, 0x29d3 },
		{ "", 2, { 0x29d3, 0x10 }, 0x29d3 }, { "6.1.0", 1, { 0x29d3, 0x10 }, 0x29d3 },
		{ "6.1.0", 2, { 0, 0 }, 0 },
	};
	struct amd_registers r;
	struct machine m = { .kernel = "" };

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct machine_unit u = {
			.kind = UNIT_AMD, .feature_count = rows[i].count,
			.features = { rows[i].words[0], rows[i].words[1] },
		};

		strcpy(m.kernel, rows[i].kernel);
		assert_true(amd_registers_decode(&r, &m, &u));
		if (r.efr != rows[i].efr)
			fail_msg("%s row %zu: EFR 0x%llx", rows[i].kernel, i,
				 (unsigned long long)r.efr);
	}
	assert_false(amd_registers_decode(&r, &m, &(struct machine_unit) { .kind = UNIT_AMD }));
}

static void amd_fields(void **state)
{
	static const struct {
		uint64_t efr;
		unsigned int host, guest;
		bool tables;
	} rows[] = {
		{ 0x58f77ef22294a5a, 6, 4, true }, { 0x4f77ef22294ada, 6, 4, true },
		{ 0x206d73ef22254ade, 6, 4, true }, { 0, 4, 4, false }, { 0x400, 5, 4, false },
		{ 0xc00, 0, 4, false }, { 0x1010, 4, 5, false }, { 0x3000, 4, 0, false },
		{ 0x29d3, 6, 0, false }, { 1ULL << 48 | 0x10, 4, 4, true },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct machine m = { .kernel = "" };
		const struct machine_unit u = {
			.kind = UNIT_AMD, .feature_count = 1, .features = { rows[i].efr },
		};
		struct amd_registers r;

		assert_true(amd_registers_decode(&r, &m, &u));
		if (r.host_levels != rows[i].host || r.guest_levels != rows[i].guest)
			fail_msg("0x%llx: %u, %u", (unsigned long long)rows[i].efr, r.host_levels,
				 r.guest_levels);
		assert_int_equal(r.guest_tables, rows[i].tables);
	}
}

/* 6.1, 6.12 dma_max_address(); 7.3 early_amd_iommu_init(), amd_iommu_domain_alloc_paging_v1(). */
static void amd_kernels(void **state)
{
	static const struct {
		const char *kernel;
		unsigned int count;
		uint64_t efr;
		unsigned int ivrs;
		bool v2;
		unsigned int bits;
	} rows[] = {
		{ "6.1.0", 1, 0x58f77ef22294a5a, 48, 0, 64 }, { "6.12.95", 1, 0, 0, 0, 64 },
		{ "6.12.95", 0, 0, 0, 0, 64 }, { "6.16.9", 1, 0x400, 32, 0, 64 },
		{ "6.17.0", 1, 0x58f77ef22294a5a, 48, 0, 64 }, { "6.17.0", 1, 0x400, 48, 0, 57 },
		{ "6.17.0", 1, 0, 0, 0, 48 }, { "6.17.0", 0, 0, 0, 0, 0 },
		{ "7.3.4", 1, 0x58f77ef22294a5a, 64, 0, 64 },
		{ "7.3.4", 1, 0x58f77ef22294a5a, 48, 0, 48 },
		{ "7.3.4", 1, 0, 64, 0, 48 }, { "7.3.4", 1, 0x400, 40, 0, 40 },
		{ "7.3.4", 1, 0x58f77ef22294a5a, 0, 0, 0 }, { "7.3.4", 0, 0, 64, 0, 0 },
		{ "7.3.4", 1, 0xc00, 64, 0, 0 }, { "7.3.4", 1, 1ULL << 48 | 0xc10, 64, 0, 47 },
		{ "6.12.95", 1, 0xc00, 64, 0, 64 },
		{ "6.1.0", 1, 0x58f77ef22294a5a, 64, 1, 48 },
		{ "6.12.95", 1, 0x58f77ef22294a5a, 64, 1, 47 },
		{ "7.3.4", 1, 0x58f77ef22294a5a, 64, 1, 47 },
		/* Without guest tables the kernel falls back. */
		{ "6.12.95", 1, 0x29d3, 64, 1, 64 },
		{ "", 1, 0x58f77ef22294a5a, 0, 0, 64 }, { "", 1, 0x58f77ef22294a5a, 48, 0, 48 },
		{ "", 1, 0x400, 0, 0, 57 }, { "5.14.0-1.el9", 1, 0x400, 0, 0, 57 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct machine m = { .amd_v2_tables = rows[i].v2 };
		char what[16];
		const struct machine_unit u = {
			.kind = UNIT_AMD, .feature_count = rows[i].count,
			.features = { rows[i].efr }, .ivrs_va_bits = rows[i].ivrs,
		};

		strcpy(m.kernel, rows[i].kernel);
		snprintf(what, sizeof(what), "row %zu", i);
		assert_width(&m, &u, rows[i].bits, what);
	}
}

/* arm_smmu_domain_finalise() of v3 and v2, arm_lpae_restrict_pgsizes(). */
static void smmu(void **state)
{
	static const struct {
		const char *name;
		unsigned int ias, oas, features, va_bits, page_size, bits;
	} rows[] = {
		{ "smmu3.0x000000002b400000", 0, 0, 0, 48, 4096, 48 },
		{ "smmu3.0x000000002b400000", 0, 0, 0, 39, 4096, 39 },
		{ "arm-smmu-v3.0.auto", 48, 48, 0x20b25, 0, 0, 48 },
		{ "arm-smmu-v3.0.auto", 44, 44, 0xfef, 48, 4096, 48 },
		{ "arm-smmu-v3.0.auto", 48, 48, 0xfef, 39, 4096, 39 },
		{ "arm-smmu-v3.0.auto", 52, 52, 0x4fef, 52, 4096, 48 },
		{ "arm-smmu-v3.0.auto", 52, 52, 0x4fef, 52, 65536, 52 },
		{ "arm-smmu-v3.0.auto", 52, 52, 0x4fef, 48, 65536, 48 },
		{ "arm-smmu-v3.0.auto", 52, 52, 0x0fef, 52, 65536, 48 },
		{ "arm-smmu-v3.0.auto", 44, 44, 0x5ef & ~0x200u, 48, 4096, 44 },
		{ "arm-smmu-v3.0.auto", 0, 44, 0x5ef & ~0x200u, 39, 4096, 44 },
		{ "arm-smmu-v3.0.auto", 0, 0, 0x400, 48, 4096, 0 },
		{ "arm-smmu-v3 2b400000.iommu", 40, 40, 0x400, 48, 4096, 40 },
		{ "arm-smmu 2b400000.iommu", 49, 48, 0, 48, 4096, 48 },
		{ "arm-smmu.0.auto", 40, 48, 0, 39, 4096, 40 },
		{ "smmu.0x000000002b400000", 0, 0, 0, 48, 4096, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct machine m = { .kernel = "6.12.95", .va_bits = rows[i].va_bits,
					   .page_size = rows[i].page_size };
		struct machine_unit u = {
			.kind = UNIT_SMMU, .ias = rows[i].ias, .oas = rows[i].oas,
			.feature_count = rows[i].features != 0, .features = { rows[i].features },
		};

		snprintf(u.name, sizeof(u.name), "%s", rows[i].name);
		assert_width(&m, &u, rows[i].bits, rows[i].name);
	}
}

static void others(void **state)
{
	const struct machine m = { .kernel = "6.12.95" };

	(void)state;
	assert_width(&m, &(struct machine_unit) { .kind = UNIT_VIRTIO, .ias = 39 }, 39, "virtio");
	assert_width(&m, &(struct machine_unit) { .kind = UNIT_VIRTIO, .ias = 64 }, 64, "virtio");
	assert_width(&m, &(struct machine_unit) { .kind = UNIT_VIRTIO }, 0, "virtio");
	assert_width(&m, &(struct machine_unit) { .kind = UNIT_UNKNOWN, .ias = 39 }, 0, "unknown");
}

static size_t parse(const char *text, struct machine_region *regions, size_t max, int ret)
{
	unsigned int line = 0;
	size_t count = 99;

	assert_int_equal(regions_parse(text, strlen(text), regions, max, &count, &line), ret);
	return count;
}

static void regions_of_sysfs(void **state)
{
	struct machine_region r[4];

	(void)state;
	assert_int_equal(parse("0x0000000008000000 0x00000000080fffff msi\n"
			       "0x00000000e0000000 0x00000000f7feffff reserved\n"
			       "0x0000080000000000 0x0000082fffffffff reserved\n", r, 4, 0), 3);
	assert_int_equal(r[0].range.first, 0x8000000);
	assert_int_equal(r[0].range.last, 0x80fffff);
	assert_int_equal(r[0].type, REGION_MSI);
	assert_int_equal(r[2].range.last, 0x82fffffffff);
	assert_int_equal(r[2].type, REGION_RESERVED);
	assert_int_equal(parse("0x0 0xffffff direct\n0xbdf6e000 0xbdf84fff direct-relaxable\n"
			       "0x1 0x1 later-word\n", r, 4, 0), 3);
	assert_int_equal(r[0].type, REGION_DIRECT);
	assert_int_equal(r[1].type, REGION_DIRECT_RELAXABLE);
	assert_int_equal(r[2].type, REGION_OTHER);
	assert_int_equal(parse("0x0 0xFFFFFFFFFFFFFFFF msi", r, 4, 0), 1);
	assert_int_equal(r[0].range.last, TOP);
	assert_int_equal(parse("", r, 4, 0), 0);
	assert_int_equal(parse("\n \n\t\r\n", r, 4, 0), 0);
}

static void regions_that_are_wrong(void **state)
{
	static const char *const lines[] = {
		"0x1", "0x1 0x2", "0x1 0x2 ", "1 2 msi", "0x 0x2 msi", "0x2 0x1 msi", "0x1 0x2 msi x",
		"0x10000000000000000 0x2 msi", "0x1 0x10000000000000000 msi", "-0x1 0x2 msi",
		"0x1g 0x2 msi", "msi 0x1 0x2", "0x1,0x2 msi", "0x1 0x2msi",
	};
	struct machine_region r[2];
	unsigned int line;
	size_t count;

	(void)state;
	for (size_t i = 0; i < LEN(lines); i++) {
		char text[128];

		snprintf(text, sizeof(text), "0x5 0x6 msi\n\n%s\n0x7 0x8 msi\n", lines[i]);
		if (regions_parse(text, strlen(text), r, 2, &count, &line) != -EINVAL)
			fail_msg("'%s' is taken", lines[i]);
		assert_int_equal(line, 3);
		assert_int_equal(count, 1);
	}
	assert_int_equal(parse("0x1 0x2 msi\n0x3 0x4 msi\n0x5 0x6 msi\n", r, 2, -E2BIG), 2);
	assert_int_equal(regions_parse("0x1 0x2 m\0i\n", 12, r, 2, &count, &line), 0);
	assert_int_equal(r[0].type, REGION_OTHER);
}

/* A space of 256 cells of 2^shift addresses; the last cell ends at 2^64 - 1 with a shift of 56. */
struct model {
	bool hole[256];
	unsigned int shift;
	unsigned int last;	/**< cell */
};

static uint64_t cell_first(const struct model *m, unsigned int cell)
{
	return (uint64_t)cell << m->shift;
}

static uint64_t cell_last(const struct model *m, unsigned int cell)
{
	return cell_first(m, cell) + ((1ULL << m->shift) - 1);
}

static void model_check(const struct model *m, const struct iova_ranges *set, int ret)
{
	unsigned int runs = 0, run = 0;

	for (unsigned int i = 0; i <= m->last; i++)
		runs += !m->hole[i] && (!i || m->hole[i - 1]);
	assert_int_equal(ret, runs > VIOMMU_MAX_RANGES ? -E2BIG : runs ? 0 : -ERANGE);
	assert_int_equal(set->count, ret ? 0 : runs);
	for (unsigned int i = 0; !ret && i <= m->last; i++) {
		if (m->hole[i])
			continue;
		if (!i || m->hole[i - 1])
			assert_int_equal(set->r[run].first, cell_first(m, i));
		if (i == m->last || m->hole[i + 1])
			assert_int_equal(set->r[run++].last, cell_last(m, i));
	}
	/* What comes out are ranges as everyone else wants them. */
	assert_int_equal(iova_ranges_init(&(struct iova_ranges) { .count = 0 }, set->r, set->count),
			 0);
}

static void region_random(struct model *m, struct machine_region *r, unsigned int span)
{
	unsigned int first = (unsigned int)rand() % 256;
	unsigned int last = first + (unsigned int)rand() % span;

	last = last > 255 ? 255 : last;
	r->type = (enum region_type)(rand() % NR_REGION_TYPES);
	r->range.first = cell_first(m, first);
	r->range.last = cell_last(m, last);
	if (!(rand() % 16)) {	/* ends before it begins: empty */
		r->range = (struct viommu_range) { cell_first(m, first) + 1, cell_first(m, first) };
		return;
	}
	for (unsigned int i = first; i <= last && r->type != REGION_DIRECT_RELAXABLE; i++)
		m->hole[i] = true;
}

static void usable_against_a_bitmap(void **state)
{
	static const unsigned int spans[] = { 1, 2, 5, 40, 256 };

	(void)state;
	srand(20261121);
	for (int round = 0; round < 30000; round++) {
		struct model m = { .shift = round & 1 ? 56 : (unsigned int)rand() % 57 };
		const size_t count = (size_t)rand() % (MACHINE_MAX_REGIONS + 1);
		const unsigned int span = spans[rand() % (int)LEN(spans)];
		struct machine_region regions[MACHINE_MAX_REGIONS];
		struct iova_ranges set;
		int ret;

		m.last = rand() & 1 ? 255 : (unsigned int)rand() % 256;
		for (size_t i = 0; i < count; i++)
			region_random(&m, &regions[i], span);
		memset(&set, 0xff, sizeof(set));
		ret = regions_usable(&set, regions, count, cell_last(&m, m.last));
		model_check(&m, &set, ret);
	}
}

static void usable_at_the_edges(void **state)
{
	struct machine_region r[2] = {
		{ { 0, TOP }, REGION_DIRECT_RELAXABLE }, { { TOP, TOP }, REGION_MSI },
	};
	struct iova_ranges set;

	(void)state;
	assert_int_equal(regions_usable(&set, NULL, 0, TOP), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.r[0].last, TOP);
	assert_int_equal(regions_usable(&set, NULL, 0, 0), 0);
	assert_int_equal(set.r[0].last, 0);
	assert_int_equal(regions_usable(&set, r, 2, TOP), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.r[0].last, TOP - 1);
	r[0].type = REGION_OTHER;
	assert_int_equal(regions_usable(&set, r, 2, TOP), -ERANGE);
	assert_int_equal(set.count, 0);
	r[0].range.last = 0;
	assert_int_equal(regions_usable(&set, r, 2, TOP), 0);
	assert_int_equal(set.r[0].first, 1);
	/* Above the width: it takes nothing. */
	r[0].range = (struct viommu_range) { 1ULL << 39, END(48) };
	assert_int_equal(regions_usable(&set, r, 1, END(39)), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.r[0].last, END(39));
}

static void groups(void **state)
{
	struct machine_unit units[2] = {
		{ .kind = UNIT_INTEL, .has_cap = true, .cap = 0x1c0000c40660462 },
		{ .kind = UNIT_INTEL, .has_cap = true, .cap = 0xd2078c106f0466 },
	};
	struct machine m = { .kernel = "6.12.95", .units = units, .unit_count = 2 };
	struct machine_group g = {
		.unit = 1, .has_regions = true, .region_count = 1,
		.regions = { { { 0xfee00000, 0xfeefffff }, REGION_MSI } },
	};
	struct iova_ranges set;
	struct iommu_width w;

	(void)state;
	assert_int_equal(group_usable(&set, &w, &m, &g), 0);
	assert_int_equal(set.count, 2);
	assert_int_equal(iova_ranges_top(&set), END(48));
	g.unit = 0;
	assert_int_equal(group_usable(&set, &w, &m, &g), 0);
	assert_int_equal(iova_ranges_top(&set), END(39));
	/* Which unit is not known: only if they agree. */
	g.unit = -1;
	assert_int_equal(group_usable(&set, &w, &m, &g), 0);
	assert_int_equal(w.bits, 0);
	assert_int_equal(set.count, 0);
	units[0].cap = units[1].cap;
	assert_int_equal(group_usable(&set, &w, &m, &g), 0);
	assert_int_equal(w.bits, 48);
	g.unit = 7;
	assert_int_equal(group_usable(&set, &w, &m, &g), 0);
	assert_int_equal(w.bits, 48);
	/* A hole that is not known makes all ranges unknown. */
	g.has_regions = false;
	assert_int_equal(group_usable(&set, &w, &m, &g), -ENODATA);
	assert_int_equal(w.bits, 48);
	assert_int_equal(set.count, 0);
	m.unit_count = 0;
	assert_int_equal(group_usable(&set, &w, &m, &g), 0);
	assert_int_equal(w.bits, 0);
	assert_non_null(strstr(w.text, "no IOMMU"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(intel_fields),
		cmocka_unit_test(intel_kernels),
		cmocka_unit_test(amd_order),
		cmocka_unit_test(amd_fields),
		cmocka_unit_test(amd_kernels),
		cmocka_unit_test(smmu),
		cmocka_unit_test(others),
		cmocka_unit_test(regions_of_sysfs),
		cmocka_unit_test(regions_that_are_wrong),
		cmocka_unit_test(usable_against_a_bitmap),
		cmocka_unit_test(usable_at_the_edges),
		cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
