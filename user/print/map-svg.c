// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture of an IOVA space as an SVG file, that needs no fonts or styles of elsewhere. */
#include <inttypes.h>
#include <string.h>

#include "print/format.h"
#include "print/map.h"
#include "print/markup.h"

/* User units, which are pixels where nothing scales. */
#define WIDTH 1000
#define LEFT 110		/* of the area that is drawn */
#define RIGHT 870
#define TOP 150
#define BAR 26
#define ROW 38
#define LANE_TITLE 30
#define LEGEND 76
#define INLINE_TOP 100	/* below the name and the verdict of a file */

/* A file has its own colors, a picture in a page those of the page: dark when the reader's are. */
struct palette {
	const char *text;
	const char *dim;
	const char *grid;
	const char *empty;
	const char *good;
	const char *bad;
	const char *hole;
	const char *mapped;
};

static const struct palette file_palette = {
	"#1d2733", "#66727f", "#dfe4ea", "#f1f3f6", "#2a9d8f", "#d1495b", "#e9a03b", "#30638e",
};

static const struct palette page_palette = {
	"var(--text)", "var(--dim)", "var(--grid)", "var(--empty)", "var(--good)", "var(--bad)",
	"var(--hole)", "var(--mapped)",
};

/* A hole of a MiB would be thinner than a hair. */
#define HOLE_MIN 3.0

struct canvas {
	FILE *out;
	const struct palette *colors;
	unsigned int number;	/* of the picture in its page: names in it have to differ */
	unsigned int first;	/* position of the left border */
	int y;			/* where the next thing goes */
};

/* anchor is "start", "middle" or "end". */
static void label_print(FILE *out, double x, int y, const char *anchor, const char *color, int size,
			const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" fill=\"%s\" "
		"font-size=\"%d\">", x, y, anchor, color, size);
	markup_text(out, text);
	fputs("</text>\n", out);
}

static double canvas_x(const struct canvas *c, unsigned int position)
{
	const double width = 64.0 * MAP_STEPS - c->first;

	if (position <= c->first)
		return LEFT;
	return LEFT + (RIGHT - LEFT) * (position - c->first) / width;
}

static void bar_print(const struct canvas *c, double from, double to, int height, const char *fill)
{
	if (to > from)
		fprintf(c->out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
			"fill=\"%s\"/>\n", from, c->y, to - from, height, fill);
}

/* A row with what it is at its left and how much at its right, on an empty bar. */
static void row_begin(const struct canvas *c, const char *label, const char *note)
{
	label_print(c->out, LEFT - 12, c->y + 18, "end", c->colors->text, 14, label);
	label_print(c->out, RIGHT + 12, c->y + 18, "start", c->colors->text, 14, note);
	bar_print(c, LEFT, RIGHT, BAR, c->colors->empty);
}

/* --------------------------------------------------------------------------- rows */

static void hole_print(const struct canvas *c, uint64_t first, uint64_t last)
{
	double from = canvas_x(c, map_position(first));
	double to = canvas_x(c, map_position(last) + 1);

	if (to <= LEFT)
		return;
	if (to - from < HOLE_MIN) {
		from = (from + to - HOLE_MIN) / 2;
		to = from + HOLE_MIN;
	}
	bar_print(c, from < LEFT ? LEFT : from, to, BAR, c->colors->hole);
}

/* Holes of a lane below the address end. */
static void holes_print(const struct canvas *c, const struct iova_ranges *ranges, uint64_t end)
{
	uint64_t next = 0;

	for (size_t i = 0; i < ranges->count && next <= end; i++) {
		if (ranges->r[i].first != next)
			hole_print(c, next, ranges->r[i].first - 1);
		next = ranges->r[i].last + 1;
	}
}

static void host_row(struct canvas *c, const struct map_lane *lane)
{
	char note[32] = "not known";

	if (lane->ranges.count)
		snprintf(note, sizeof(note), "%u bits", iova_ranges_max_bits(&lane->ranges));
	row_begin(c, "host", note);
	if (lane->ranges.count)
		bar_print(c, LEFT,
			  canvas_x(c, map_position(iova_ranges_top(&lane->ranges)) + 1), BAR,
			  c->colors->good);
	holes_print(c, &lane->ranges, UINT64_MAX);
	c->y += ROW;
}

static void cross_print(const struct canvas *c, double x, int y)
{
	fprintf(c->out, "<path d=\"M%.1f %dl12 12m0 -12l-12 12\" stroke=\"%s\" "
		"stroke-width=\"3.5\" stroke-linecap=\"round\"/>\n", x - 6, y - 6, c->colors->bad);
}

static void dma_rows(struct canvas *c, const struct map_lane *lane)
{
	char note[32];

	if (lane->has_mapped) {
		snprintf(note, sizeof(note), "0x%" PRIx64, lane->mapped);
		row_begin(c, lane->mapped_least ? "at least to" : "mapped to", note);
		bar_print(c, LEFT, canvas_x(c, map_position(lane->mapped) + 1), BAR,
			  c->colors->mapped);
		c->y += ROW;
	}
	if (lane->has_refused) {
		snprintf(note, sizeof(note), "0x%" PRIx64, lane->refused);
		row_begin(c, "refused", note);
		cross_print(c, canvas_x(c, map_position(lane->refused)), c->y + BAR / 2);
		c->y += ROW;
	}
}

/* Position from which some lane cannot map; beyond the scale if that is not known. */
static unsigned int limit_position(const struct address_map *m)
{
	unsigned int limit = 64 * MAP_STEPS;

	for (size_t i = 0; i < m->lane_count; i++) {
		const struct iova_ranges *ranges = &m->lanes[i].ranges;
		const unsigned int end = map_position(iova_ranges_top(ranges)) + 1;

		if (ranges->count && end < limit)
			limit = end;
	}
	return limit;
}

static void width_row(struct canvas *c, const struct address_map *m, const char *label,
		      unsigned int bits)
{
	const unsigned int end = bits * MAP_STEPS, limit = limit_position(m);
	const unsigned int good = end < limit ? end : limit;
	char note[32];

	snprintf(note, sizeof(note), "%u bits", bits);
	row_begin(c, label, note);
	bar_print(c, LEFT, canvas_x(c, good), BAR, c->colors->good);
	if (end > good) {
		bar_print(c, canvas_x(c, good), canvas_x(c, end), BAR, c->colors->bad);
		snprintf(note, sizeof(note), "url(#stripes%u)", c->number);
		bar_print(c, canvas_x(c, good), canvas_x(c, end), BAR, note);
	}
	for (size_t i = 0; i < m->lane_count; i++)
		holes_print(c, &m->lanes[i].ranges, bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1);
	c->y += ROW;
}

/* --------------------------------------------------------------------------- frame */

static int picture_height(const struct address_map *m)
{
	int height = TOP + LEGEND + (m->viommu_bits ? ROW : 0) + (m->advised_bits ? ROW : 0) + 16;

	for (size_t i = 0; i < m->lane_count; i++)
		height += LANE_TITLE + ROW * (1 + m->lanes[i].has_mapped +
					      m->lanes[i].has_refused);
	return height;
}

/* A line for each sentence: SVG does not break lines. */
static void verdict_print(FILE *out, char *verdict, const char *color)
{
	char *end;

	for (int y = 66; *verdict; y += 20) {
		end = strstr(verdict, ". ");
		if (end)
			end[1] = '\0';
		label_print(out, 24, y, "start", color, 14, verdict);
		if (!end)
			break;
		verdict = end + 2;
	}
}

static void patterns_print(const struct canvas *c)
{
	fprintf(c->out, "<defs><pattern id=\"stripes%u\" width=\"8\" height=\"8\" "
		"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"4\" "
		"height=\"8\" fill=\"#fff\" fill-opacity=\".35\"/></pattern></defs>\n", c->number);
}

static void head_print(const struct canvas *c, const struct address_map *m, int height)
{
	FILE *out = c->out;
	char verdict[512];

	map_verdict(verdict, sizeof(verdict), m);
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n<title>",
		WIDTH, height, WIDTH, height);
	markup_text(out, m->vm);
	fputs(": IOVA space</title>\n<desc>", out);
	markup_text(out, verdict);
	fputs("</desc>\n", out);
	patterns_print(c);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, height);
	fprintf(out, "<text x=\"24\" y=\"40\" fill=\"%s\" font-size=\"22\" font-weight=\"bold\">",
		c->colors->text);
	markup_text(out, m->vm);
	fputs("</text>\n", out);
	verdict_print(out, verdict, m->change_needed ? c->colors->bad : c->colors->text);
}

/* Without name and verdict: the page says them, in text that can be read aloud and copied. */
static void inline_head_print(const struct canvas *c, const struct address_map *m, int height)
{
	char verdict[512];

	map_verdict(verdict, sizeof(verdict), m);
	fprintf(c->out, "<svg class=\"map\" viewBox=\"0 %d %d %d\" role=\"img\" aria-label=\"",
		INLINE_TOP, WIDTH, height - INLINE_TOP);
	markup_text(c->out, verdict);
	fputs("\">\n", c->out);
	patterns_print(c);
}

/* Lines at each fourth bit, with its number and its size. */
static void grid_print(const struct canvas *c, int bottom)
{
	for (unsigned int bit = c->first / MAP_STEPS; bit <= 64; bit += 4) {
		const double x = canvas_x(c, bit * MAP_STEPS);
		char text[16];

		fprintf(c->out, "<path d=\"M%.1f %dV%d\" stroke=\"%s\"/>\n", x, TOP - 12, bottom,
			c->colors->grid);
		snprintf(text, sizeof(text), "%u", bit);
		label_print(c->out, x, TOP - 32, "middle", c->colors->text, 12, text);
		if (bit < 64)
			map_label(text, sizeof(text), bit);
		label_print(c->out, x, TOP - 18, "middle", c->colors->dim, 11, bit < 64 ? text : "16E");
	}
	label_print(c->out, LEFT - 24, TOP - 32, "end", c->colors->text, 12, "bits");
	label_print(c->out, LEFT - 24, TOP - 18, "end", c->colors->dim, 11, "bytes");
}

static void lane_print(struct canvas *c, const struct map_lane *lane)
{
	char text[512], ranges[400];

	if (lane->ranges.count) {
		format_ranges(ranges, sizeof(ranges), &lane->ranges);
		snprintf(text, sizeof(text), "%s: %s", lane->name, ranges);
	} else {
		snprintf(text, sizeof(text), "%s", lane->name);
	}
	label_print(c->out, LEFT, c->y + LANE_TITLE - 8, "start", c->colors->dim, 12, text);
	c->y += LANE_TITLE;
	host_row(c, lane);
	dma_rows(c, lane);
}

static void legend_print(const struct canvas *c)
{
	const struct {
		const char *color;
		const char *text;
	} items[] = {
		{ c->colors->good, "the host can map it" }, { c->colors->hole, "hole" },
		{ c->colors->bad, "the host cannot map it" }, { c->colors->mapped, "mapped" },
	};
	double x = LEFT;

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		fprintf(c->out, "<rect x=\"%.1f\" y=\"%d\" width=\"12\" height=\"12\" "
			"fill=\"%s\"/>\n", x, c->y + 14, items[i].color);
		label_print(c->out, x + 18, c->y + 25, "start", c->colors->dim, 12, items[i].text);
		x += 50 + 7.0 * (double)strlen(items[i].text);
	}
	cross_print(c, x + 6, c->y + 20);
	label_print(c->out, x + 20, c->y + 25, "start", c->colors->dim, 12, "refused");
}

/* The width that is advised, through all rows. */
static void advised_line(const struct canvas *c, const struct address_map *m, int bottom)
{
	const double x = canvas_x(c, m->advised_bits * MAP_STEPS);

	if (m->advised_bits)
		fprintf(c->out, "<path d=\"M%.1f %dV%d\" stroke=\"%s\" stroke-width=\"1.5\" "
			"stroke-dasharray=\"5 4\"/>\n", x, TOP + LANE_TITLE - 4, bottom,
			c->colors->text);
}

static void picture_print(struct canvas *c, const struct address_map *m, int height)
{
	const int bottom = height - LEGEND;

	grid_print(c, bottom);
	for (size_t i = 0; i < m->lane_count; i++)
		lane_print(c, &m->lanes[i]);
	c->y += 16;
	if (m->viommu_bits)
		width_row(c, m, "vIOMMU", m->viommu_bits);
	if (m->advised_bits)
		width_row(c, m, "advised", m->advised_bits);
	advised_line(c, m, bottom);
}

static void canvas_init(struct canvas *c, FILE *out, const struct address_map *m)
{
	memset(c, 0, sizeof(*c));
	c->out = out;
	c->colors = &file_palette;
	c->first = map_first_bit(m) * MAP_STEPS;
	c->y = TOP;
}

void map_draw_svg(FILE *out, const struct address_map *m)
{
	const int height = picture_height(m);
	struct canvas c;

	canvas_init(&c, out, m);
	head_print(&c, m, height);
	picture_print(&c, m, height);
	if (m->change_needed && m->option[0])
		label_print(out, LEFT, c.y + 52, "start", c.colors->text, 13, m->option);
	legend_print(&c);
	fputs("</svg>\n", out);
}

void map_draw_svg_inline(FILE *out, const struct address_map *m, unsigned int number)
{
	/* the line of the option stays empty */
	const int height = picture_height(m) - 20;
	struct canvas c;

	canvas_init(&c, out, m);
	c.colors = &page_palette;
	c.number = number;
	inline_head_print(&c, m, height);
	picture_print(&c, m, picture_height(m));
	legend_print(&c);
	fputs("</svg>\n", out);
}
