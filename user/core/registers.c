// SPDX-License-Identifier: GPL-2.0-or-later
/* Fields of capability registers. */
#include <string.h>

#include "registers.h"
#include "width.h"

static unsigned int field(uint64_t value, unsigned int shift, unsigned int bits)
{
	return (unsigned int)(value >> shift & ((1ULL << bits) - 1));
}

static bool bit(uint64_t value, unsigned int n)
{
	return value >> n & 1;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Bits of the deepest table: 30 and 9 more a level. Deeper than five levels no driver builds. */
static unsigned int table_bits(unsigned int sagaw)
{
	for (unsigned int n = 4; n-- > 0;)
		if (bit(sagaw, n))
			return 30 + 9 * n;
	return 0;
}

/*
 * First-stage tables are those of the CPU: the upper half of the addresses is negative, and only
 * the lower half, one bit less, is used (6.12 intel/iommu.c domain_update_iommu_cap(), 7.3
 * compute_vasz_lg2_fs()). Four levels are always there.
 */
static unsigned int first_stage_bits(const struct intel_registers *r)
{
	if (!r->scalable_mode || !r->first_stage)
		return 0;
	return least(r->five_level && r->mgaw > 48 ? 57 : 48, r->mgaw) - 1;
}

void intel_registers_decode(struct intel_registers *r, uint64_t cap, uint64_t ecap)
{
	*r = (struct intel_registers) {
		.mgaw = field(cap, 16, 6) + 1,
		.sagaw = field(cap, 8, 5),
		.domains = 1u << (4 + 2 * field(cap, 0, 3)),
		.caching_mode = bit(cap, 7),
		.zero_length_read = bit(cap, 22),
		.second_stage_2m = bit(cap, 34),
		.second_stage_1g = bit(cap, 35),
		.first_stage_1g = bit(cap, 56),
		.posted_interrupts = bit(cap, 59),
		.five_level = bit(cap, 60),
		.scalable_mode = bit(ecap, 43),
		.second_stage = bit(ecap, 46),
		.first_stage = bit(ecap, 47),
	};
	r->table_bits = table_bits(r->sagaw);
	r->second_stage_bits = least(r->table_bits, r->mgaw);
	r->first_stage_bits = first_stage_bits(r);
}

/*
 * Which of two words is EFR: sysfs has "EFR2:EFR" up to 6.6 and "EFR:EFR2" since 6.7 (init.c
 * amd_iommu_show_features()), and vendors' kernels took the change into older versions. EFR has
 * fields in its upper half (PASMax, GIOSup), EFR2 has none defined there.
 */
static uint64_t efr_of(const struct machine *m, const uint64_t words[2])
{
	unsigned int major, minor;

	if (!words[0] != !words[1])
		return words[0] ? words[0] : words[1];
	if (!(words[0] >> 32) != !(words[1] >> 32))
		return words[0] >> 32 ? words[0] : words[1];
	if (kernel_version_parse(m->kernel, &major, &minor))
		return words[0];
	return major > 6 || (major == 6 && minor >= 7) ? words[0] : words[1];
}

bool amd_registers_decode(struct amd_registers *r, const struct machine *m,
			  const struct machine_unit *u)
{
	static const unsigned int host[] = { 4, 5, 6, 0 }, guest[] = { 4, 5, 0, 0 };

	memset(r, 0, sizeof(*r));
	if (!u->feature_count)
		return false;
	r->efr = u->feature_count > 1 ? efr_of(m, u->features) : u->features[0];
	r->host_levels = host[field(r->efr, 10, 2)];
	r->guest_levels = guest[field(r->efr, 12, 2)];
	r->guest_tables = bit(r->efr, 4) && bit(r->efr, 48);
	return true;
}
