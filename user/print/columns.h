/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on a terminal: how many columns it takes, cut and wrapped by columns. Widths are those of
 * the current locale: where text is not ASCII the caller has chosen a UTF-8 LC_CTYPE.
 */
#ifndef VIOMMU_PRINT_COLUMNS_H
#define VIOMMU_PRINT_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

/** Columns of s, which is clean (host_text_clean()). */
unsigned int columns_width(const char *s);

/**
 * Copy s to dst (size > 0) in at most so many columns; '~' at the end says that it was cut.
 * Columns of what is in dst.
 */
unsigned int columns_clip(char *dst, size_t size, const char *s, unsigned int columns);

/**
 * Print s in lines of at most width columns, broken at blanks, within a word only if it is longer
 * than a line. The cursor is at column start; later lines are indented by indent, which is less
 * than width. The last line is not ended. Column of the cursor afterwards.
 */
unsigned int columns_wrap(FILE *out, const char *s, unsigned int start, unsigned int indent,
			  unsigned int width);

#endif
