/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of an event as people and programs read them. */
#ifndef VIOMMU_PRINT_FORMAT_H
#define VIOMMU_PRINT_FORMAT_H

#include <stddef.h>

#include "core/event.h"

/** "4 KiB", "2 MiB", "1.5 GiB", "17 B". */
void format_size(char *buf, size_t size, uint64_t bytes);

/** "65,535": decimal with groups of three. */
void format_count(char *buf, size_t size, uint64_t n);

/** "900 ns", "4 us", "2 ms", "1 s": a power of two of ns, rounded to three digits at most. */
void format_duration(char *buf, size_t size, uint64_t ns);

/** "39 bits, hole 0xfee00000-0xfeefffff (MSI)": the ranges are known. */
void format_ranges(char *buf, size_t size, const struct iova_ranges *ranges);

/** What format_latency() gives for a class that has no upper end. */
#define FORMAT_LATENCY_OPEN UINT64_MAX

/**
 * Duration below which permille of the calls were: the upper end of its class, in ns.
 * 0 if nothing was measured; FORMAT_LATENCY_OPEN: less than that were below any end.
 */
uint64_t format_latency(const uint64_t slots[VIOMMU_LATENCY_SLOTS], unsigned int permille);

/** "half of the calls below 4 us, 99% below 8 us"; false if nothing was measured. */
bool format_latency_words(char *buf, size_t size, const uint64_t slots[VIOMMU_LATENCY_SLOTS]);

#endif
