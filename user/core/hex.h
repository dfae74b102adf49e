/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in text of sysfs and of the kernel's log. No locale, no sign, no wrap. */
#ifndef VIOMMU_CORE_HEX_H
#define VIOMMU_CORE_HEX_H

#include <stddef.h>
#include <stdint.h>

/** Hexadecimal digits at s, without 0x. How many were read; 0: none, or more than 64 bits. */
size_t hex_read(const char *s, size_t len, uint64_t *value);

/** Decimal digits at s. How many were read; 0: none, or more than 64 bits. */
size_t decimal_read(const char *s, size_t len, uint64_t *value);

#endif
