/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capability registers of IOMMUs in words: Intel VT-d's CAP_REG and ECAP_REG, AMD's extended
 * features. What the hardware offers; what a kernel makes of it is in width.h.
 */
#ifndef VIOMMU_CORE_REGISTERS_H
#define VIOMMU_CORE_REGISTERS_H

#include "machine.h"

/** CAP_REG and ECAP_REG (VT-d specification 11.4.2, 11.4.3; drivers/iommu/intel/iommu.h). */
struct intel_registers {
	/** Maximum guest address width, bits: never the "Host address width" that the kernel logs,
	 *  which is of host memory.
	 */
	unsigned int mgaw;
	unsigned int sagaw;	/**< mask of table depths: bit 1 39, bit 2 48, bit 3 57 bits */
	unsigned int table_bits;	/**< of the deepest of them; 0: there is none */
	unsigned int second_stage_bits;	/**< lesser of mgaw and table_bits; 0: there is none */
	unsigned int first_stage_bits;	/**< addresses of first-stage tables, lower half; 0: none */
	unsigned int domains;		/**< that it can tell apart */
	bool caching_mode;		/**< an emulated IOMMU */
	bool zero_length_read;
	bool second_stage_2m, second_stage_1g;	/**< page sizes beside 4 KiB */
	bool first_stage_1g;
	bool posted_interrupts;
	bool five_level;		/**< first-stage tables of five levels */
	bool scalable_mode;		/**< SMTS: first and second stage can be chosen */
	bool first_stage;		/**< FLTS, in scalable mode */
	bool second_stage;		/**< SLTS, in scalable mode; legacy mode always has it */
};

void intel_registers_decode(struct intel_registers *r, uint64_t cap, uint64_t ecap);

/** Extended Feature Register (AMD IOMMU specification 3.4.9; drivers/iommu/amd/). */
struct amd_registers {
	uint64_t efr;
	unsigned int host_levels;	/**< depth of host (v1) tables: 4, 5, 6; 0: none */
	unsigned int guest_levels;	/**< depth of guest (v2) tables: 4, 5; 0: reserved value */
	bool guest_tables;		/**< GT and GIOSUP: v2 tables can be used for DMA */
};

/** EFR of a unit's features under this machine's kernel. false: they are not known. */
bool amd_registers_decode(struct amd_registers *r, const struct machine *m,
			  const struct machine_unit *u);

#endif
