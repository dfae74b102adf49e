/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns of the table: which of them a terminal has room for, how wide each is, and a row. */
#ifndef VIOMMU_CLI_LAYOUT_H
#define VIOMMU_CLI_LAYOUT_H

#include <stdbool.h>
#include <stdio.h>

/** From left to right. */
enum column {
	COLUMN_TIME,
	COLUMN_VM,
	COLUMN_DEVICE,
	COLUMN_OP,
	COLUMN_IOVA,
	COLUMN_SIZE,
	COLUMN_RESULT,
	COLUMN_REASON,
	COLUMN_SEVERITY,
	COLUMN_NR
};

/** Bytes of a cell: an option or name of 255 bytes fits. */
#define LAYOUT_CELL 288

struct layout {
	unsigned int width;		/**< of the terminal */
	unsigned int columns[COLUMN_NR];	/**< of each; 0: not shown */
};

/** What stands in each column; clean text. */
struct row {
	char cell[COLUMN_NR][LAYOUT_CELL];
	const char *color[COLUMN_NR];	/**< escape sequence before the cell; NULL: none */
};

/** with_vm: the VM column is wanted, and shown if there is room. */
void layout_init(struct layout *l, unsigned int width, bool with_vm);

/** TIME has room for milliseconds. */
bool layout_has_ms(const struct layout *l);

/**
 * Columns that the cell of column c can take in this row without making the line too long: cells
 * may spill over the empty part of those that follow.
 */
unsigned int layout_room(const struct layout *l, const struct row *r, enum column c);

/** Print the row and end the line, which is never longer than the width. */
void layout_print(const struct layout *l, const struct row *r, FILE *f);

#endif
