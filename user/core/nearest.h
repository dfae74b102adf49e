/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suggestions for what a person may have meant. */
#ifndef VIOMMU_CORE_NEAREST_H
#define VIOMMU_CORE_NEAREST_H

#include <stdbool.h>

/** Longer words are never a mistyped name of ours. */
#define NEAREST_MAX 32

/**
 * How many single-letter slips (a letter too many, missing, wrong, or two swapped) lie between
 * the words. NEAREST_MAX if either is longer than that.
 */
unsigned int nearest_distance(const char *a, const char *b);

/** Few enough slips for a word of that length to be offered as "did you mean". */
bool nearest_is_close(const char *typed, unsigned int distance);

#endif
