// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cells begin at their column's place where they can. A cell that is longer than its column
 * pushes the next ones to the right, and these use up the room that shorter cells left.
 */
#include <string.h>

#include "cli/layout.h"
#include "print/columns.h"

#define GAP 2		/* between columns */
#define GAP_MIN 1	/* between cells, where one spills over */

#define TIME_SHORT 8	/* 12:34:56 */
#define TIME_LONG 12	/* 12:34:56.789 */
#define IOVA_RANGE 32	/* two addresses of 48 bits, and more than enough for one */

/* Width without which a column is of no use. */
static const unsigned int smallest[COLUMN_NR] = {
	[COLUMN_TIME] = TIME_SHORT,
	[COLUMN_VM] = 10,
	[COLUMN_DEVICE] = 12,
	[COLUMN_OP] = 8,	/* map x999 */
	[COLUMN_IOVA] = 18,
	[COLUMN_SIZE] = 7,
	[COLUMN_RESULT] = 7,
	[COLUMN_REASON] = 20,
	[COLUMN_SEVERITY] = 8,
};

/* The first goes first where there is no room. IOVA and REASON stay: 40 columns. */
static const enum column by_worth[] = {
	COLUMN_DEVICE, COLUMN_SIZE, COLUMN_RESULT, COLUMN_TIME, COLUMN_OP, COLUMN_VM,
	COLUMN_SEVERITY,
};

/* What room there is beyond the smallest widths goes to these in turn. */
static const struct {
	enum column column;
	unsigned int up_to;
} by_need[] = {
	{ COLUMN_IOVA, 24 }, { COLUMN_VM, 12 }, { COLUMN_TIME, TIME_LONG },
	{ COLUMN_IOVA, IOVA_RANGE }, { COLUMN_VM, 24 },
};

static unsigned int layout_total(const struct layout *l)
{
	unsigned int total = 0;

	for (int c = 0; c < COLUMN_NR; c++)
		if (l->columns[c])
			total += l->columns[c] + (total ? GAP : 0);
	return total;
}

/* Make a column wider, by what is left and at most up to its wish. */
static void layout_widen(struct layout *l, enum column c, unsigned int up_to)
{
	const unsigned int left = l->width - layout_total(l);
	unsigned int more;

	if (!l->columns[c] || l->columns[c] >= up_to)
		return;
	more = up_to - l->columns[c];
	if (c == COLUMN_TIME && left < more)
		return;	/* no half milliseconds */
	l->columns[c] += more < left ? more : left;
}

void layout_init(struct layout *l, unsigned int width, bool with_vm)
{
	l->width = width;
	memcpy(l->columns, smallest, sizeof(l->columns));
	if (!with_vm)
		l->columns[COLUMN_VM] = 0;
	for (size_t i = 0; i < sizeof(by_worth) / sizeof(by_worth[0]); i++)
		if (layout_total(l) > width)
			l->columns[by_worth[i]] = 0;
	if (layout_total(l) > width)
		return;
	for (size_t i = 0; i < sizeof(by_need) / sizeof(by_need[0]); i++)
		layout_widen(l, by_need[i].column, by_need[i].up_to);
}

bool layout_has_ms(const struct layout *l)
{
	return l->columns[COLUMN_TIME] >= TIME_LONG;
}

unsigned int layout_room(const struct layout *l, const struct row *r, enum column c)
{
	unsigned int start = 0, after = 0;

	for (int i = 0; i < COLUMN_NR; i++) {
		if (!l->columns[i])
			continue;
		if (i < (int)c)
			start += l->columns[i] + GAP;
		else if (i > (int)c && r->cell[i][0])
			after += columns_width(r->cell[i]) + GAP_MIN;
	}
	return start + after < l->width ? l->width - start - after : 0;
}

void layout_print(const struct layout *l, const struct row *r, FILE *f)
{
	unsigned int at = 0, start = 0;

	for (int c = 0; c < COLUMN_NR; c++) {
		unsigned int from = start;
		char text[LAYOUT_CELL];

		if (!l->columns[c])
			continue;
		start += l->columns[c] + GAP;
		if (!r->cell[c][0])
			continue;
		if (at && from < at + GAP_MIN)
			from = at + GAP_MIN;
		if (from >= l->width)
			break;
		fprintf(f, "%*s%s", (int)(from - at), "", r->color[c] ? r->color[c] : "");
		at = from + columns_clip(text, sizeof(text), r->cell[c], l->width - from);
		fprintf(f, "%s%s", text, r->color[c] ? "\x1b[0m" : "");
	}
	fputc('\n', f);
}
