/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of sysfs, procfs and ACPI that tell of a host, as text or bytes. Any bytes are safe. */
#ifndef VIOMMU_CORE_MACHINE_TEXT_H
#define VIOMMU_CORE_MACHINE_TEXT_H

#include "machine.h"

/** A hexadecimal number that is all of the text but blanks and newlines at its end. */
bool sysfs_hex_parse(const char *text, size_t len, uint64_t *value);

/** "EFR:EFR2" or the like into u->features. false, and u as it was, if it is not of that form. */
bool amd_features_parse(struct machine_unit *u, const char *text, size_t len);

/**
 * IVinfo VASize of an IVRS table (AMD IOMMU specification 5.2.1). 64 if the firmware left it empty,
 * as the kernel takes it; 0 if this is no IVRS table.
 */
unsigned int ivrs_va_bits(const unsigned char *table, size_t len);

/** What the kernel's command line says of its IOMMUs; the last word counts. */
struct boot_options {
	bool has_scalable;	/**< intel_iommu=sm_on or sm_off is there */
	bool scalable;
	bool amd_v2_tables;	/**< amd_iommu=pgtbl_v2 */
};

void boot_options_parse(struct boot_options *o, const char *text, size_t len);

/**
 * Value of "NAME=..." in a kernel's configuration, cut to what fits, NUL-terminated. false, and
 * value empty, if it is not set.
 */
bool kernel_config_get(const char *text, size_t len, const char *name, char *value, size_t size);

/**
 * Bits of the highest process address in /proc/PID/maps: the stack lies at the top, so that these
 * are CONFIG_ARM64_VA_BITS, 48 where that is 52. 0 if there is no line.
 */
unsigned int maps_va_bits(const char *text, size_t len);

/** MemTotal of /proc/meminfo, bytes; 0 if it is not there. */
uint64_t meminfo_total(const char *text, size_t len);

/** Page size in /proc/PID/auxv of a 64-bit machine, bytes; 0 if it is not there. */
unsigned int auxv_page_size(const unsigned char *auxv, size_t len);

/**
 * What intel_first_stage is on this machine, whose kernel and units are known, if scalable mode is
 * on.
 */
bool machine_first_stage(const struct machine *m);

#endif
