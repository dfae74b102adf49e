/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of "  label      text" on a terminal, the text wrapped below itself. */
#ifndef VIOMMU_PRINT_LABEL_H
#define VIOMMU_PRINT_LABEL_H

#include <stdbool.h>
#include <stdio.h>

#define LABEL_RED "\x1b[1;31m"
#define LABEL_YELLOW "\x1b[33m"
#define LABEL_BOLD "\x1b[1m"
#define LABEL_NORMAL "\x1b[0m"

struct label_style {
	FILE *out;
	unsigned int column;	/**< where text begins */
	unsigned int width;	/**< columns of the terminal */
	bool color;
};

/** One such line; color is of the label, NULL for none. Text is cleaned, and cut at 4 KiB. */
void label_line(const struct label_style *style, const char *label, const char *color,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
