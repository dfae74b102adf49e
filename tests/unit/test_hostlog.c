// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of kernel logs that tell of IOMMUs, as kernels since 2.6 write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hostlog.h"
#include "core/registers.h"
#include "core/width.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

static int feed(struct machine *m, const char *line)
{
	/* A copy without a NUL behind it: AddressSanitizer sees a read beyond it. */
	const size_t len = strlen(line);
	char *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, line, len);
	ret = hostlog_line(m, copy, len);
	free(copy);
	return ret;
}

static unsigned int bits_of(const struct machine *m, size_t unit)
{
	struct iommu_width w;

	assert_true(unit < m->unit_count);
	width_of_unit(&w, m, &m->units[unit]);
	return w.bits;
}

static void intel_lines(void **state)
{
	static const struct {
		const char *line, *name;
		uint64_t cap, ecap;
		unsigned int bits;
	} rows[] = {
		{ "DMAR: dmar0: reg_base_addr d37fc000 ver 1:0 cap 8d2078c106f0466 ecap f020df",
		  "dmar0", 0x8d2078c106f0466, 0xf020df, 48 },
		{ "[    0.004] DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap "
		  "f050da", "dmar1", 0xd2008c40660462, 0xf050da, 39 },
		{ "Nov 21 04:00:00 hv1 kernel: DMAR: dmar12: reg_base_addr cbfe0000 ver 7:0 cap "
		  "f9ed008cee780c66 ecap 3fef9ea6f0efdf", "dmar12", 0xf9ed008cee780c66,
		  0x3fef9ea6f0efdf, 56 },
		{ "dmar: IOMMU 0: reg_base_addr fbffc000 ver 1:0 cap d2078c106f0466 ecap f020de",
		  "dmar0", 0xd2078c106f0466, 0xf020de, 48 },
		{ "IOMMU 3: reg_base_addr efffe000 ver 1:0 cap c90780106f0462 ecap f0207e",
		  "dmar3", 0xc90780106f0462, 0xf0207e, 48 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct machine m;

		machine_init(&m);
		assert_int_equal(feed(&m, rows[i].line), 1);
		assert_int_equal(feed(&m, rows[i].line), 1);
		assert_int_equal(m.unit_count, 1);
		assert_string_equal(m.units[0].name, rows[i].name);
		assert_int_equal(m.units[0].kind, UNIT_INTEL);
		assert_true(m.units[0].has_cap);
		assert_int_equal(m.units[0].cap, rows[i].cap);
		assert_int_equal(m.units[0].ecap, rows[i].ecap);
		assert_int_equal(bits_of(&m, 0), rows[i].bits);
		assert_int_equal(m.vendor, CPU_INTEL);
		machine_fini(&m);
	}
}

/* "Host address width" is of memory: with HAW 39, MGAW 48 is what counts. */
static void host_address_width_is_no_evidence(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	assert_int_equal(feed(&m, "DMAR: Host address width 39"), 0);
	assert_int_equal(m.unit_count, 0);
	assert_int_equal(feed(&m, "DMAR: dmar0: reg_base_addr efffe000 ver 1:0 cap c90780106f0462 "
			      "ecap f0207e"), 1);
	assert_int_equal(feed(&m, "DMAR: Host address width 39"), 0);
	assert_int_equal(bits_of(&m, 0), 48);
	machine_fini(&m);
}

static void amd_lines(void **state)
{
	static const struct {
		const char *line;
		uint64_t efr;
	} rows[] = {
		{ "AMD-Vi: Extended features (0x58f77ef22294a5a): PPR NX GT IA PC GA_vAPIC",
		  0x58f77ef22294a5a },
		{ "[    0.6] pci 0000:00:00.2: AMD-Vi: Extended features (0x4f77ef22294ada): PPR",
		  0x4f77ef22294ada },
		{ "AMD-Vi: Extended features (0x206d73ef22254ade, 0x10): PPR X2APIC NX GT IA GA PC",
		  0x206d73ef22254ade },
		{ "AMD-Vi: Using global IVHD EFR:0x206d73ef22254ade, EFR2:0x0", 0x206d73ef22254ade },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct amd_registers r;
		struct machine m;

		machine_init(&m);
		/* EFR is first in the log of every version, also where sysfs has it last. */
		assert_int_equal(feed(&m, "Linux version 6.1.0-56-amd64 (debian) #1 SMP"), 1);
		assert_int_equal(feed(&m, rows[i].line), 1);
		assert_int_equal(feed(&m, rows[i].line), 1);
		assert_int_equal(m.unit_count, 1);
		assert_int_equal(m.units[0].kind, UNIT_AMD);
		assert_true(amd_registers_decode(&r, &m, &m.units[0]));
		assert_int_equal(r.efr, rows[i].efr);
		assert_int_equal(r.host_levels, 6);
		assert_int_equal(bits_of(&m, 0), 64);
		assert_int_equal(feed(&m, "AMD-Vi: Extended features (0x1): PPR"), 1);
		assert_int_equal(m.unit_count, 2);
		assert_string_equal(m.units[1].name, "ivhd1");
		machine_fini(&m);
	}
}

static void smmu_lines(void **state)
{
	static const struct {
		const char *line, *name;
		unsigned int ias, oas;
		uint64_t features;
	} rows[] = {
		{ "arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (features 0x00020b25)",
		  "arm-smmu-v3.0.auto", 48, 48, 0x20b25 },
		{ "arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit", "arm-smmu-v3.0.auto",
		  48, 48, 0 },
		{ "[ 1.2] arm-smmu-v3 2b400000.iommu: ias 44-bit, oas 44-bit (features 0x00000fef)",
		  "arm-smmu-v3 2b400000.iommu", 44, 44, 0xfef },
		{ "arm-smmu-v3 arm-smmu-v3.1.auto: oas 44-bit (features 0x00000fef)",
		  "arm-smmu-v3.1.auto", 0, 44, 0xfef },
		{ "arm-smmu arm-smmu.0.auto: \tStage-1: 48-bit VA -> 47-bit IPA", "arm-smmu.0.auto",
		  48, 47, 0 },
		{ "arm-smmu 2b500000.iommu: Stage-2: 40-bit IPA -> 48-bit PA",
		  "arm-smmu 2b500000.iommu", 40, 48, 0 },
	};
	struct machine m;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		machine_init(&m);
		assert_int_equal(feed(&m, rows[i].line), 1);
		assert_int_equal(m.unit_count, 1);
		assert_string_equal(m.units[0].name, rows[i].name);
		assert_int_equal(m.units[0].kind, UNIT_SMMU);
		assert_int_equal(m.units[0].ias, rows[i].ias);
		assert_int_equal(m.units[0].oas, rows[i].oas);
		assert_int_equal(m.units[0].feature_count, rows[i].features != 0);
		assert_int_equal(m.units[0].features[0], rows[i].features);
		assert_int_equal(m.vendor, CPU_ARM);
		machine_fini(&m);
	}
	/* The first stage counts, whichever line is last. */
	machine_init(&m);
	assert_int_equal(feed(&m, "arm-smmu arm-smmu.0.auto: Stage-1: 48-bit VA -> 47-bit IPA"), 1);
	assert_int_equal(feed(&m, "arm-smmu arm-smmu.0.auto: Stage-2: 40-bit IPA -> 48-bit PA"), 1);
	assert_int_equal(m.unit_count, 1);
	assert_int_equal(m.units[0].ias, 48);
	machine_fini(&m);
}

static void virtio_line(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	assert_int_equal(feed(&m, "virtio_iommu virtio0: input address: 39 bits"), 1);
	assert_string_equal(m.units[0].name, "virtio0");
	assert_int_equal(m.units[0].kind, UNIT_VIRTIO);
	assert_int_equal(bits_of(&m, 0), 39);
	machine_fini(&m);
}

/* The kernel decides which stage is used, and so the width. */
static void kernel_lines(void **state)
{
	static const char gnr[] = "DMAR: dmar0: reg_base_addr cbfe0000 ver 7:0 cap f9ed008cee780c66 "
				  "ecap 3fef9ea6f0efdf";
	struct machine m;

	(void)state;
	machine_init(&m);
	assert_int_equal(feed(&m, "Linux version 6.8.0-136-generic (buildd@x) (gcc) #1"), 1);
	assert_string_equal(m.kernel, "6.8.0-136-generic");
	assert_false(m.intel_first_stage);
	assert_int_equal(feed(&m, gnr), 1);
	assert_int_equal(bits_of(&m, 0), 57);
	assert_int_equal(feed(&m, "Linux version 6.13.0 (root@x)"), 1);
	assert_true(m.intel_first_stage);
	assert_int_equal(bits_of(&m, 0), 56);
	assert_int_equal(feed(&m, "DMAR: Scalable mode is disallowed"), 1);
	assert_int_equal(bits_of(&m, 0), 57);
	/* A vendor's number says nothing of its drivers: the lesser. */
	assert_int_equal(feed(&m, "Linux version 6.12.0-124.el10.x86_64 (x)"), 1);
	assert_int_equal(bits_of(&m, 0), 56);
	machine_fini(&m);
}

static void other_lines(void **state)
{
	static const char *const lines[] = {
		"", "DMAR: ", "DMAR: IOMMU enabled", "reg_base_addr", "reg_base_addr ",
		": reg_base_addr 1 cap 1 ecap 1", "dmar0: reg_base_addr 1 ver 1:0 cap  ecap 1",
		"dmar0: reg_base_addr 1 ver 1:0 cap 1", "dmar0: reg_base_addr 1 cap x ecap 1",
		"dmar0: reg_base_addr 1 ver 1:0 cap 10000000000000000 ecap 1",
		"foo: reg_base_addr 1 ver 1:0 cap 1 ecap 1",
		"12345678901234567890123456789: reg_base_addr 1 ver 1:0 cap 1 ecap 1",
		"dmar0123456789012345678901234567890123456789: reg_base_addr 1 cap 1 ecap 1",
		"AMD-Vi: Extended features:  PPR NX GT", "AMD-Vi: Extended features (", "AMD-Vi: ",
		"AMD-Vi: Extended features (0x): ", "arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit",
		"arm-smmu-v3 arm-smmu-v3.0.auto: ias 0-bit, oas 0-bit", "arm-smmu-v3 : oas 48-bit",
		"arm-smmu-v3 arm-smmu-v3.0.auto: ias 65-bit, oas 48-bit (features 0x1)",
		"arm-smmu-v3 a b: oas 48-bit", "arm-smmu-v3 arm-smmu-v3.0.auto oas 48-bit",
		"arm-smmu-v3 0123456789012345678901234567890: oas 48-bit",
		"arm-smmu arm-smmu.0.auto: Stage-1: 48-bit VA", "Stage-1: 48-bit VA -> 48-bit IPA",
		"virtio_iommu virtio0: input address: 0 bits", "net eth0: input address: 5 bits",
		"virtio_iommu virtio0: input address: 18446744073709551616 bits",
		"Linux version ", "Linux version unknown", "DMAR: Host address width 46",
	};
	struct machine m;

	(void)state;
	machine_init(&m);
	for (size_t i = 0; i < LEN(lines); i++) {
		if (feed(&m, lines[i]))
			fail_msg("'%s' is taken for evidence", lines[i]);
		assert_int_equal(m.unit_count, 0);
		assert_int_equal(m.kernel[0], 0);
	}
	machine_fini(&m);
}

static void many_units(void **state)
{
	struct machine m;
	char line[128];

	(void)state;
	machine_init(&m);
	for (int i = 0; i < 2 * HOSTLOG_MAX_UNITS; i++) {
		snprintf(line, sizeof(line), "dmar%d: reg_base_addr 1 ver 1:0 cap %x ecap 1", i, i);
		assert_int_equal(feed(&m, line), i < HOSTLOG_MAX_UNITS);
	}
	assert_int_equal(m.unit_count, HOSTLOG_MAX_UNITS);
	assert_int_equal(m.units[200].cap, 200);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intel_lines),
		cmocka_unit_test(host_address_width_is_no_evidence),
		cmocka_unit_test(amd_lines),
		cmocka_unit_test(smmu_lines),
		cmocka_unit_test(virtio_line),
		cmocka_unit_test(kernel_lines),
		cmocka_unit_test(other_lines),
		cmocka_unit_test(many_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
