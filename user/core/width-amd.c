// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AMD-Vi (drivers/iommu/amd/). Up to 6.16 host tables (v1) have an aperture of 64 bits whatever the
 * hardware's depth (dma_max_address()); since 6.17 their depth counts (EFR HATS), and since 7.0 the
 * IVRS table's virtual address size too. Tables of the guest's form (v2) only on demand.
 */
#include "registers.h"
#include "width-parts.h"

/* Which of the two limits a kernel heeds. An unknown one may heed either: the lesser is safe. */
struct limits {
	bool levels;
	bool ivrs;
};

static unsigned int bits_of_levels(unsigned int levels)
{
	return levels >= 6 ? 64 : 12 + 9 * levels;
}

/*
 * v2: 6.1 has 2^48 - 1. Later kernels leave out the bit that is the sign where a PASID is used, and
 * take five levels if the CPU does, which is not looked at here: four are always there.
 */
static void width_v2(struct iommu_width *w, const struct width_kernel *k, const char *why)
{
	const unsigned int bits = width_kernel_before(k, 6, 2) ? 48 : 47;

	width_set(w, bits, "%s: v2 tables of 4 levels, %u bits (more if the CPU uses 5 levels)", why,
		  bits);
}

static void width_v1(struct iommu_width *w, const struct limits *l, const struct amd_registers *r,
		     const struct machine_unit *u)
{
	const unsigned int levels = bits_of_levels(r->host_levels);
	const unsigned int ivrs = u->ivrs_va_bits && u->ivrs_va_bits < 64 ? u->ivrs_va_bits : 64;

	if (!l->levels)
		width_set(w, 64, "v1 tables: this kernel gives VFIO 64 bits whatever the hardware has");
	else if (l->ivrs && ivrs < levels)
		width_set(w, ivrs, "v1 tables of %u levels, IVRS virtual address size %u: %u bits",
			  r->host_levels, ivrs, ivrs);
	else
		width_set(w, levels, "v1 tables of %u levels (EFR 0x%llx): %u bits", r->host_levels,
			  (unsigned long long)r->efr, levels);
}

void width_amd(struct iommu_width *w, const struct machine *m, const struct machine_unit *u)
{
	struct amd_registers r;
	struct width_kernel k;
	struct limits l;
	bool has_efr;

	width_kernel_init(&k, m);
	l.levels = !width_kernel_before(&k, 6, 17);
	l.ivrs = !width_kernel_before(&k, 7, 0);
	has_efr = amd_registers_decode(&r, m, u);
	if (m->amd_v2_tables && (!has_efr || r.guest_tables))
		width_v2(w, &k, "amd_iommu=pgtbl_v2");
	else if (l.levels && !has_efr)
		width_unknown(w, "the extended features of this IOMMU, which say how deep its tables "
			      "are, are not readable in sysfs");
	else if (l.levels && !r.host_levels && r.guest_tables)
		width_v2(w, &k, "EFR HATS 3, no host tables");
	else if (l.levels && !r.host_levels)
		width_unknown(w, "EFR HATS 3: the firmware turned translation off");
	else if (width_kernel_from(&k, 7, 0) && !u->ivrs_va_bits)
		width_unknown(w, "this kernel heeds the virtual address size of the IVRS table "
			      "(/sys/firmware/acpi/tables/IVRS), which only root may read");
	else
		width_v1(w, &l, &r, u);
}
