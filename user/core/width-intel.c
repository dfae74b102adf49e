// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Intel VT-d. Until 6.12 a VFIO container gets second-stage tables (drivers/iommu/intel/iommu.c
 * first_level_by_default(): not for unmanaged domains); since 6.13 first-stage tables if the unit
 * has them in scalable mode (intel_iommu_domain_alloc_paging()), which are one bit narrower.
 */
#include "registers.h"
#include "width-parts.h"

/*
 * First-stage width. From 6.13 until the tables were made generic, in time for 7.0, its depth had
 * to be one that the second stage has too (__iommu_calculate_sagaw()).
 */
static unsigned int first_stage_bits(const struct intel_registers *r, const struct width_kernel *k)
{
	if (r->first_stage_bits > 47 && r->second_stage && r->table_bits < 57 &&
	    !width_kernel_from(k, 7, 0))
		return 47;
	return r->first_stage_bits;
}

/*
 * Second-stage width. Up to 6.12 the kernel took only depths that both stages have, if scalable
 * mode was on, which no file says: the lesser is right either way.
 */
static unsigned int second_stage_bits(const struct intel_registers *r, const struct width_kernel *k)
{
	if (r->second_stage_bits > 48 && r->scalable_mode && r->first_stage && !r->five_level &&
	    !width_kernel_from(k, 6, 13))
		return 48;
	return r->second_stage_bits;
}

void width_intel(struct iommu_width *w, const struct machine *m, const struct machine_unit *u)
{
	unsigned int first, second;
	struct intel_registers r;
	struct width_kernel k;

	if (!u->has_cap) {
		width_unknown(w, "cap and ecap of this IOMMU are not readable in sysfs");
		return;
	}
	width_kernel_init(&k, m);
	intel_registers_decode(&r, u->cap, u->ecap);
	first = first_stage_bits(&r, &k);
	second = second_stage_bits(&r, &k);
	if (m->intel_first_stage && first)
		width_set(w, first, "MGAW %u: the kernel uses first-stage tables, one bit less than "
			  "their %u: %u bits", r.mgaw, first + 1, first);
	else if (!second)
		width_unknown(w, "SAGAW 0x%x: cap names no depth of tables that is supported", r.sagaw);
	else if (!k.known && first && first < second)
		width_set(w, first, "MGAW %u, SAGAW 0x%x: second stage %u bits, first stage %u; which "
			  "of them the kernel uses is not known (6.13 and later: the first): the lesser",
			  r.mgaw, r.sagaw, second, first);
	else
		width_set(w, second, "MGAW %u, SAGAW 0x%x (tables of %u bits): second stage %u bits",
			  r.mgaw, r.sagaw, r.table_bits, second);
}
