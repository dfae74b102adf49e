// SPDX-License-Identifier: GPL-2.0-or-later
/* The picture of an IOVA space: its scale, its pieces, what it says, on a terminal and as SVG. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <expat.h>

#include "print/columns.h"
#include "print/map.h"

static const struct viommu_range intel39[] = {
	{ 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff },
};
static const struct viommu_range amd[] = {
	{ 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff }, { 0x10000000000, UINT64_MAX },
};

static struct map_lane *lane_of(struct address_map *m, const struct viommu_range *r, size_t count)
{
	struct map_lane *lane = map_add_lane(m);

	assert_non_null(lane);
	strcpy(lane->name, "container 42-1");
	assert_int_equal(iova_ranges_init(&lane->ranges, r, count), 0);
	return lane;
}

static void start(struct address_map *m, unsigned int viommu, unsigned int advised)
{
	memset(m, 0, sizeof(*m));
	strcpy(m->vm, "guest1");
	m->model = VIOMMU_MODEL_VIRTIO;
	m->viommu_bits = viommu;
	m->advised_bits = advised;
	m->change_needed = viommu != advised;
	strcpy(m->option, "-device virtio-iommu-pci,aw-bits=39");
}

/* --------------------------------------------------------------------------- scale */

static void each_bit_is_as_wide(void **state)
{
	(void)state;
	assert_int_equal(map_position(0), 0);
	assert_int_equal(map_position(1), 0);
	for (unsigned int bit = 1; bit < 64; bit++) {
		assert_int_equal(map_position(1ULL << bit), bit * MAP_STEPS);
		assert_int_equal(map_position(3ULL << (bit - 1)), bit * MAP_STEPS + MAP_STEPS / 2);
		if (bit > 16)
			assert_int_equal(map_position((1ULL << bit) - 1), bit * MAP_STEPS - 1);
	}
	assert_int_equal(map_position(UINT64_MAX), 64 * MAP_STEPS - 1);
}

static void the_scale_is_monotonic(void **state)
{
	unsigned int last = 0;

	(void)state;
	for (uint64_t address = 1; address < UINT64_MAX / 3; address += address / 7 + 1) {
		const unsigned int position = map_position(address);

		assert_true(position >= last);
		last = position;
	}
}

static void pieces(void **state)
{
	static struct address_map m;
	const struct iova_ranges none = { .count = 0 };
	const struct map_lane *lane;

	(void)state;
	start(&m, 64, 39);
	lane = lane_of(&m, intel39, 2);
	assert_int_equal(map_cell(&lane->ranges, 24 * MAP_STEPS, 25 * MAP_STEPS), MAP_CELL_USABLE);
	/* the MSI window is 1 MiB of 2 GiB, and still shows */
	assert_int_equal(map_cell(&lane->ranges, 31 * MAP_STEPS, 32 * MAP_STEPS), MAP_CELL_HOLE);
	assert_int_equal(map_cell(&lane->ranges, 30 * MAP_STEPS, 31 * MAP_STEPS), MAP_CELL_USABLE);
	assert_int_equal(map_cell(&lane->ranges, 32 * MAP_STEPS, 33 * MAP_STEPS), MAP_CELL_USABLE);
	assert_int_equal(map_cell(&lane->ranges, 38 * MAP_STEPS, 39 * MAP_STEPS), MAP_CELL_USABLE);
	assert_int_equal(map_cell(&lane->ranges, 39 * MAP_STEPS, 40 * MAP_STEPS), MAP_CELL_NONE);
	/* a piece across the end counts as what most of it is */
	assert_int_equal(map_cell(&lane->ranges, 38 * MAP_STEPS, 39 * MAP_STEPS + MAP_STEPS / 2),
			 MAP_CELL_USABLE);
	assert_int_equal(map_cell(&lane->ranges, 39 * MAP_STEPS - MAP_STEPS / 4, 40 * MAP_STEPS),
			 MAP_CELL_NONE);
	assert_int_equal(map_cell(&none, 0, MAP_STEPS), MAP_CELL_NONE);
	start(&m, 64, 39);
	lane = lane_of(&m, amd, 3);
	assert_int_equal(map_cell(&lane->ranges, 39 * MAP_STEPS, 40 * MAP_STEPS), MAP_CELL_HOLE);
	assert_int_equal(map_cell(&lane->ranges, 63 * MAP_STEPS, 64 * MAP_STEPS), MAP_CELL_USABLE);
}

static void where_the_scale_begins(void **state)
{
	static const struct viommu_range arm[] = { { 0, 0x7ffffff }, { 0x8100000, 0xffffffffff } };
	static const struct viommu_range low[] = { { 0x1000, 0xffffffff } };
	static struct address_map m;

	(void)state;
	start(&m, 64, 39);
	assert_int_equal(map_first_bit(&m), 24);
	lane_of(&m, arm, 2);
	assert_int_equal(map_first_bit(&m), 24);
	m.lanes[0].has_mapped = true;
	m.lanes[0].mapped = 0xffff;
	assert_int_equal(map_first_bit(&m), 12);
	start(&m, 64, 39);
	lane_of(&m, low, 1);
	assert_int_equal(map_first_bit(&m), 12);
}

static void labels(void **state)
{
	char text[16];

	(void)state;
	map_label(text, sizeof(text), 9);
	assert_string_equal(text, "512");
	map_label(text, sizeof(text), 24);
	assert_string_equal(text, "16M");
	map_label(text, sizeof(text), 32);
	assert_string_equal(text, "4G");
	map_label(text, sizeof(text), 63);
	assert_string_equal(text, "8E");
}

/* --------------------------------------------------------------------------- verdict */

static void verdicts(void **state)
{
	static struct address_map m;
	char text[512];

	(void)state;
	start(&m, 64, 39);
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "What the host can map is not known.");
	lane_of(&m, intel39, 2);
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "The vIOMMU hands out 64 bits, the host maps 39: what the guest "
			    "maps from 0x8000000000 on fails.");
	m.viommu_bits = 39;
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "The vIOMMU's 39 bits lie within the host's 39.");
	m.viommu_bits = 0;
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "The vIOMMU's width is not known; the host maps 39 bits.");
	m.model = VIOMMU_MODEL_NONE;
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "No vIOMMU: devices see the guest's memory addresses, which have "
			    "to lie below 2^39.");
	start(&m, 48, 39);
	lane_of(&m, amd, 3)->has_refused = true;
	m.lanes[0].refused = 0xfd00000fff;
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "A mapping up to 0xfd00000fff was refused: it lies in the hole "
			    "0xfd00000000-0xffffffffff. The vIOMMU's 48 bits reach over a hole of "
			    "the host, 39 do not.");
	start(&m, 64, 39);
	lane_of(&m, amd, 3);
	lane_of(&m, intel39, 2)->has_refused = true;
	m.lanes[1].refused = UINT64_MAX;
	map_verdict(text, sizeof(text), &m);
	assert_string_equal(text, "A mapping up to 0xffffffffffffffff was refused: the host maps up "
			    "to 0x7fffffffff. The vIOMMU hands out 64 bits, the host maps 39: what "
			    "the guest maps from 0x8000000000 on fails.");
}

static void lanes_without_room_are_counted(void **state)
{
	static struct address_map m;

	(void)state;
	start(&m, 64, 39);
	for (int i = 0; i < MAP_MAX_LANES; i++)
		lane_of(&m, intel39, 2);
	assert_null(map_add_lane(&m));
	assert_null(map_add_lane(&m));
	assert_int_equal(m.more, 2);
}

/* --------------------------------------------------------------------------- drawing */

static char *drawn(const struct address_map *m, const struct map_terminal *t)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	if (t)
		map_draw_terminal(f, m, t);
	else
		map_draw_svg(f, m);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void the_terminal_shows_the_problem(void **state)
{
	static const char expect[] =
		"guest1: IOVA space, each power of two as wide as the next\n"
		"\n"
		" bits      24  28  32  36  40  44  48  52  56  60\n"
		" bytes     16M     4G      1T      256T    64P\n"
		"\n"
		" container 42-1: 39 bits, hole 0xfee00000-0xfeefffff (MSI)\n"
		" host      #######o#######.........................  39 bits\n"
		" mapped    ===========.............................  to 0x7ffffffff\n"
		" refused   .......................................X  at 0xffffffffffffffff\n"
		"\n"
		" vIOMMU    #######o#######!!!!!!!!!!!!!!!!!!!!!!!!!  64 bits\n"
		" advised   #######o#######.........................  39 bits\n"
		"\n"
		" # the host can map it   o a hole is in it   ! the host cannot map it\n"
		" = mapped   X refused\n"
		"\n"
		" A mapping up to 0xffffffffffffffff was refused: the host maps up to\n"
		" 0x7fffffffff. The vIOMMU hands out 64 bits, the host maps 39: what the\n"
		" guest maps from 0x8000000000 on fails.\n"
		" Set: -device virtio-iommu-pci,aw-bits=39\n";
	const struct map_terminal t = { .width = 74 };
	static struct address_map m;
	struct map_lane *lane;
	char *text;

	(void)state;
	start(&m, 64, 39);
	lane = lane_of(&m, intel39, 2);
	lane->has_mapped = lane->has_refused = true;
	lane->mapped = 0x7ffffffff;
	lane->refused = UINT64_MAX;
	text = drawn(&m, &t);
	assert_string_equal(text, expect);
	free(text);
}

/* However narrow or wide: no line of the picture is longer than the terminal. */
static void lines_fit(void **state)
{
	static struct address_map m;

	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	start(&m, 64, 39);
	lane_of(&m, amd, 3)->has_refused = true;
	m.lanes[0].refused = UINT64_MAX;
	for (unsigned int width = 60; width <= 220; width++) {
		const struct map_terminal t = { .width = width, .utf8 = true };
		char *text = drawn(&m, &t), *rest = text, *line;

		while ((line = strsep(&rest, "\n")))
			assert_true(columns_width(line) <= width);
		free(text);
	}
	setlocale(LC_CTYPE, "C");
}

struct svg {
	unsigned int rects, texts, depth;
	bool bad_number;
};

/* Every coordinate lies in the picture. */
static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct svg *svg = ctx;

	svg->rects += !strcmp(name, "rect");
	svg->texts += !strcmp(name, "text");
	for (; *attributes; attributes += 2) {
		const char *key = attributes[0], *value = attributes[1];

		if ((!strcmp(key, "x") || !strcmp(key, "width")) &&
		    (atof(value) < 0 || atof(value) > 1000))
			svg->bad_number = true;
	}
}

static void svg_is_well_formed(void **state)
{
	static struct address_map m;
	struct svg svg = { 0 };
	struct map_lane *lane;
	XML_Parser parser;
	char *text;

	(void)state;
	start(&m, 64, 39);
	strcpy(m.vm, "<&\">]]>");
	lane = lane_of(&m, amd, 3);
	lane->has_mapped = lane->has_refused = true;
	lane->refused = 5;
	lane_of(&m, intel39, 2);
	text = drawn(&m, NULL);
	parser = XML_ParserCreate(NULL);
	assert_non_null(parser);
	XML_SetUserData(parser, &svg);
	XML_SetElementHandler(parser, on_start, NULL);
	assert_int_equal(XML_Parse(parser, text, (int)strlen(text), 1), XML_STATUS_OK);
	XML_ParserFree(parser);
	assert_true(svg.rects > 10 && svg.texts > 20);
	assert_false(svg.bad_number);
	assert_non_null(strstr(text, "url(#stripes0)"));	/* too wide shows */
	free(text);
	start(&m, 39, 39);
	lane_of(&m, intel39, 2);
	text = drawn(&m, NULL);
	assert_null(strstr(text, "url(#stripes0)"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bit_is_as_wide),
		cmocka_unit_test(the_scale_is_monotonic),
		cmocka_unit_test(pieces),
		cmocka_unit_test(where_the_scale_begins),
		cmocka_unit_test(labels),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(lanes_without_room_are_counted),
		cmocka_unit_test(the_terminal_shows_the_problem),
		cmocka_unit_test(lines_fit),
		cmocka_unit_test(svg_is_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
