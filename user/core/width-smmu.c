// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arm SMMU (drivers/iommu/arm/). VFIO gets first-stage tables if there are any. On SMMU v3 they
 * have 48 bits, or 52 (VAX) with pages of 64 KiB, and never more than the kernel's own addresses;
 * ias and oas limit only the second stage (arm_smmu_domain_finalise()). On SMMU v2 the size of
 * input addresses counts.
 */
#include <string.h>

#include "registers.h"
#include "width-parts.h"

/* ARM_SMMU_FEAT_* of arm-smmu-v3.h, the same from 6.1 to 7.3. */
#define FEAT_TRANS_S1 (1u << 9)
#define FEAT_VAX (1u << 14)

#define PAGE_64K 65536u

/* Named by sysfs ("smmu3.0x2b400000") or by the log ("arm-smmu-v3.0.auto"). */
static bool is_v3(const struct machine_unit *u)
{
	return !strncmp(u->name, "smmu3.", 6) || !strncmp(u->name, "arm-smmu-v3", 11);
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* arm_lpae_restrict_pgsizes(): only tables of 64 KiB pages go beyond 48 bits. */
static unsigned int granule_bits(const struct machine *m)
{
	return m->page_size == PAGE_64K ? 52 : 48;
}

static void width_v3_first(struct iommu_width *w, const struct machine *m,
			   const struct machine_unit *u)
{
	const bool vax = u->feature_count && (u->features[0] & FEAT_VAX);
	const unsigned int bits = least(vax ? 52 : 48, granule_bits(m));

	if (!m->va_bits)
		width_set(w, bits, "SMMU v3, first stage: %u bits, if the kernel's addresses have as "
			  "many (CONFIG_ARM64_VA_BITS, not known here)", bits);
	else
		width_set(w, least(bits, m->va_bits), "SMMU v3, first stage: %u bits; the kernel's "
			  "addresses have %u: %u bits", bits, m->va_bits, least(bits, m->va_bits));
}

/* Input addresses of the second stage are ias; 7.x logs no ias and takes oas for it. */
static void width_v3_second(struct iommu_width *w, const struct machine *m,
			    const struct machine_unit *u)
{
	const unsigned int ias = u->ias ? u->ias : u->oas;

	if (ias)
		width_set(w, least(ias, granule_bits(m)), "SMMU v3, second stage only, ias %u-bit: %u "
			  "bits", ias, least(ias, granule_bits(m)));
	else
		width_unknown(w, "SMMU v3 with a second stage only, whose size is not known");
}

static void width_v2(struct iommu_width *w, const struct machine *m, const struct machine_unit *u)
{
	if (u->ias)
		width_set(w, least(u->ias, granule_bits(m)), "SMMU v2, input addresses of %u bits: %u "
			  "bits", u->ias, least(u->ias, granule_bits(m)));
	else
		width_unknown(w, "SMMU v2 says its width only in the kernel's log (Stage-1: N-bit VA), "
			      "where it is not, or not readable; root may read it");
}

void width_smmu(struct iommu_width *w, const struct machine *m, const struct machine_unit *u)
{
	if (!is_v3(u))
		width_v2(w, m, u);
	else if (u->feature_count && !(u->features[0] & FEAT_TRANS_S1))
		width_v3_second(w, m, u);
	else
		width_v3_first(w, m, u);
}
