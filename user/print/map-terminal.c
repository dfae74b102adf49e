// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture of an IOVA space on a terminal. */
#include <inttypes.h>
#include <string.h>

#include "print/columns.h"
#include "print/format.h"
#include "print/map.h"

#define LABEL_COLUMNS 11	/* " vIOMMU    " */
#define NOTE_COLUMNS 23		/* "  to 0xffffffffffffffff" */
#define PLOT_MIN 24
#define PLOT_MAX 160

/* What a column of the picture shows. */
enum mark { MARK_BLANK, MARK_GOOD, MARK_BAD, MARK_HOLE, MARK_PLAIN, MARK_POINT, NR_MARKS };

static const struct {
	const char *utf8;
	const char *ascii;
	const char *color;
} marks[NR_MARKS] = {
	[MARK_BLANK] = { "\xc2\xb7", ".", "\x1b[2m" },
	[MARK_GOOD] = { "\xe2\x96\x88", "#", "\x1b[32m" },
	[MARK_BAD] = { "\xe2\x96\x92", "!", "\x1b[1;31m" },
	[MARK_HOLE] = { "\xe2\x96\x91", "o", "\x1b[33m" },
	[MARK_PLAIN] = { "\xe2\x96\x88", "=", "\x1b[34m" },
	[MARK_POINT] = { "\xe2\x9c\x96", "X", "\x1b[1;31m" },
};

/* The area that is drawn. */
struct plot {
	FILE *out;
	const struct map_terminal *t;
	unsigned int first;	/* position of the left border */
	unsigned int columns;
};

/* Position of the left border of a column. */
static unsigned int plot_position(const struct plot *p, unsigned int column)
{
	const uint64_t width = 64 * MAP_STEPS - p->first;

	return p->first + (unsigned int)(width * column / p->columns);
}

/* Column in which an address lies. */
static unsigned int plot_column(const struct plot *p, uint64_t address)
{
	const unsigned int position = map_position(address);
	const uint64_t width = 64 * MAP_STEPS - p->first;
	uint64_t column;

	if (position <= p->first)
		return 0;
	column = (uint64_t)(position - p->first) * p->columns / width;
	return column < p->columns ? (unsigned int)column : p->columns - 1;
}

/* A line: its label, its columns, and what stands behind. Runs of one colour share an escape. */
static void line_print(const struct plot *p, const char *label, const enum mark *line,
		       const char *note)
{
	char text[64];
	const unsigned int used = columns_clip(text, sizeof(text), label, LABEL_COLUMNS - 2);
	bool colored = false;

	fprintf(p->out, " %s%*s", text, (int)(LABEL_COLUMNS - 1 - used), "");
	for (unsigned int i = 0; i < p->columns; i++) {
		if (p->t->color && (!i || line[i] != line[i - 1])) {
			fprintf(p->out, "%s%s", colored ? "\x1b[0m" : "", marks[line[i]].color);
			colored = true;
		}
		fputs(p->t->utf8 ? marks[line[i]].utf8 : marks[line[i]].ascii, p->out);
	}
	fprintf(p->out, "%s%s%s\n", colored ? "\x1b[0m" : "", *note ? "  " : "", note);
}

/* Bits from one label to the next, so that labels of so many columns have room. */
static unsigned int axis_step(const struct plot *p, unsigned int label_columns)
{
	const unsigned int bits = 64 - p->first / MAP_STEPS;
	unsigned int step = 4;

	while (step < bits && p->columns * step / bits <= label_columns)
		step += 4;
	return step;
}

static void axis_print(const struct plot *p, const char *label, bool sizes)
{
	const unsigned int step = axis_step(p, sizes ? 4 : 2);
	unsigned int at = 0;

	fprintf(p->out, " %-*s", LABEL_COLUMNS - 1, label);
	for (unsigned int bit = p->first / MAP_STEPS; bit <= 60; bit += step) {
		const unsigned int column = plot_column(p, 1ULL << bit);
		char text[8];

		if (sizes)
			map_label(text, sizeof(text), bit);
		else
			snprintf(text, sizeof(text), "%u", bit);
		fprintf(p->out, "%*s%s", (int)(column - at), "", text);
		at = column + (unsigned int)strlen(text);
	}
	fputc('\n', p->out);
}

static void host_print(const struct plot *p, const struct map_lane *lane)
{
	enum mark line[PLOT_MAX];
	char note[48] = "not known";

	for (unsigned int i = 0; i < p->columns; i++) {
		const enum map_cell cell = map_cell(&lane->ranges, plot_position(p, i),
						    plot_position(p, i + 1));

		line[i] = cell == MAP_CELL_HOLE ? MARK_HOLE :
			  cell == MAP_CELL_USABLE ? MARK_GOOD : MARK_BLANK;
	}
	if (lane->ranges.count)
		snprintf(note, sizeof(note), "%u bits", iova_ranges_max_bits(&lane->ranges));
	line_print(p, "host", line, note);
}

/* The worst that a piece of the scale is to a lane. */
static enum mark lanes_mark(const struct address_map *m, unsigned int from, unsigned int to)
{
	enum mark mark = MARK_GOOD;

	for (size_t i = 0; i < m->lane_count; i++) {
		const struct iova_ranges *ranges = &m->lanes[i].ranges;

		if (!ranges->count)
			continue;
		if (map_cell(ranges, from, to) == MAP_CELL_NONE)
			return MARK_BAD;
		if (map_cell(ranges, from, to) == MAP_CELL_HOLE)
			mark = MARK_HOLE;
	}
	return mark;
}

/* Up to bits: good where every lane can map it, bad where one cannot. */
static void width_print(const struct plot *p, const struct address_map *m, const char *label,
			unsigned int bits)
{
	enum mark line[PLOT_MAX];
	char note[48];

	for (unsigned int i = 0; i < p->columns; i++) {
		const unsigned int from = plot_position(p, i), to = plot_position(p, i + 1);

		line[i] = from + (to - from) / 2 < bits * MAP_STEPS ? MARK_GOOD : MARK_BLANK;
		if (line[i] == MARK_GOOD)
			line[i] = lanes_mark(m, from, to);
	}
	snprintf(note, sizeof(note), "%u bits", bits);
	line_print(p, label, line, note);
}

static void line_clear(const struct plot *p, enum mark *line)
{
	for (unsigned int i = 0; i < p->columns; i++)
		line[i] = MARK_BLANK;
}

static void dma_print(const struct plot *p, const struct map_lane *lane)
{
	enum mark line[PLOT_MAX];
	char note[48];

	if (lane->has_mapped) {
		line_clear(p, line);
		for (unsigned int i = 0; i <= plot_column(p, lane->mapped); i++)
			line[i] = MARK_PLAIN;
		snprintf(note, sizeof(note), "to 0x%" PRIx64, lane->mapped);
		line_print(p, "mapped", line, note);
	}
	if (lane->has_refused) {
		line_clear(p, line);
		line[plot_column(p, lane->refused)] = MARK_POINT;
		snprintf(note, sizeof(note), "at 0x%" PRIx64, lane->refused);
		line_print(p, "refused", line, note);
	}
}

static void lane_print(const struct plot *p, const struct map_lane *l)
{
	char ranges[768];

	fprintf(p->out, "\n %s", l->name);
	if (l->ranges.count) {
		format_ranges(ranges, sizeof(ranges), &l->ranges);
		fprintf(p->out, ": ");
		columns_wrap(p->out, ranges, columns_width(l->name) + 3, 3, p->t->width);
	}
	fputc('\n', p->out);
	host_print(p, l);
	dma_print(p, l);
}

static void legend_print(const struct plot *p)
{
	static const struct {
		enum mark mark;
		const char *text;
	} items[] = {
		{ MARK_GOOD, "the host can map it" }, { MARK_HOLE, "a hole is in it" },
		{ MARK_BAD, "the host cannot map it" }, { MARK_PLAIN, "mapped" },
		{ MARK_POINT, "refused" },
	};
	unsigned int at = 0;

	fputc('\n', p->out);
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		const unsigned int need = (unsigned int)strlen(items[i].text) + 5;
		const enum mark mark = items[i].mark;

		if (at + need > p->t->width && at) {
			fputc('\n', p->out);
			at = 0;
		}
		fprintf(p->out, "%s%s%s%s %s", at ? "   " : " ",
			p->t->color ? marks[mark].color : "",
			p->t->utf8 ? marks[mark].utf8 : marks[mark].ascii,
			p->t->color ? "\x1b[0m" : "", items[i].text);
		at += need;
	}
	fputs("\n", p->out);
}

static void plot_init(struct plot *p, FILE *out, const struct address_map *m,
		      const struct map_terminal *t)
{
	const unsigned int around = LABEL_COLUMNS + NOTE_COLUMNS;

	p->out = out;
	p->t = t;
	p->first = map_first_bit(m) * MAP_STEPS;
	p->columns = t->width > around + PLOT_MIN ? t->width - around : PLOT_MIN;
	if (p->columns > PLOT_MAX)
		p->columns = PLOT_MAX;
}

void map_draw_terminal(FILE *out, const struct address_map *m, const struct map_terminal *t)
{
	char verdict[512];
	struct plot p;

	plot_init(&p, out, m, t);
	fprintf(out, "%s%s%s: IOVA space, each power of two as wide as the next\n\n",
		t->color ? "\x1b[1m" : "", m->vm, t->color ? "\x1b[0m" : "");
	axis_print(&p, "bits", false);
	axis_print(&p, "bytes", true);
	for (size_t i = 0; i < m->lane_count; i++)
		lane_print(&p, &m->lanes[i]);
	if (m->more)
		fprintf(out, "\n and %zu more containers\n", m->more);
	fputc('\n', out);
	if (m->viommu_bits)
		width_print(&p, m, "vIOMMU", m->viommu_bits);
	if (m->advised_bits)
		width_print(&p, m, "advised", m->advised_bits);
	legend_print(&p);
	map_verdict(verdict, sizeof(verdict), m);
	fputs("\n ", out);
	columns_wrap(out, verdict, 1, 1, t->width);
	fputc('\n', out);
	if (m->change_needed && m->option[0]) {
		fputs(" Set: ", out);
		columns_wrap(out, m->option, 6, 6, t->width);
		fputc('\n', out);
	}
}
