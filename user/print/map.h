/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture of a VM's IOVA space: what the host can map, where its holes are, what the vIOMMU hands
 * out, what it should hand out, what is mapped, and where a mapping failed. Addresses lie on a
 * scale of bits: each power of two takes the same width.
 */
#ifndef VIOMMU_PRINT_MAP_H
#define VIOMMU_PRINT_MAP_H

#include <stdbool.h>
#include <stdio.h>

#include "core/advise.h"
#include "core/event.h"

/** Containers with a lane of their own; others are counted. */
#define MAP_MAX_LANES 8

/** What one container can map. */
struct map_lane {
	char name[96];		/**< "container 4242-12 (0000:01:00.0)" */
	char container[32];	/**< its name, PID-GROUP; empty: a group without one */
	struct iova_ranges ranges;
	enum viommu_limit_from from;
	bool has_mapped;	/**< a mapping was seen */
	uint64_t mapped;	/**< last IOVA of the highest */
	bool mapped_least;	/**< there may have been a higher one */
	bool has_refused;	/**< a mapping was refused */
	uint64_t refused;	/**< last IOVA of the highest */
};

/** The picture, before it is drawn. */
struct address_map {
	char vm[VIOMMU_NAME_LEN];	/**< clean text */
	struct map_lane lanes[MAP_MAX_LANES];
	size_t lane_count;
	size_t more;			/**< lanes that have no room */
	enum viommu_model model;
	unsigned int viommu_bits;	/**< 0: none, or not known */
	unsigned int advised_bits;	/**< 0: none can be given */
	bool change_needed;
	char option[256];		/**< to paste; may be empty */
};


/** Start a picture of g: all but the lanes. */
void map_init(struct address_map *m, const struct guest *g, const struct advice *a);

/** The next lane; NULL if there is no room: it is counted in more. */
struct map_lane *map_add_lane(struct address_map *m);

/** Unit of the scale: a bit has so many steps, within which addresses lie linearly. */
#define MAP_STEPS 65536u

/** Where an address lies on the scale: 0 for 0 and 1, 64 * MAP_STEPS beyond 2^64 - 1. */
unsigned int map_position(uint64_t address);

/** Lowest bit that is drawn: 24, or less if something is to be seen below. */
unsigned int map_first_bit(const struct address_map *m);

/** What a piece of the scale is to a lane. */
enum map_cell {
	MAP_CELL_NONE,		/**< the host cannot map it: above the top */
	MAP_CELL_USABLE,
	MAP_CELL_HOLE,		/**< some of it is a hole */
};

/** Kind of [from, to) of the scale: a hole shows however small it is, an end by what most is. */
enum map_cell map_cell(const struct iova_ranges *ranges, unsigned int from, unsigned int to);

/** One sentence: what the picture shows. Empty if nothing is known. */
void map_verdict(char *buf, size_t size, const struct address_map *m);

/** "16M", "4G", "16E": 2^bits. */
void map_label(char *buf, size_t size, unsigned int bits);

/** How a terminal shows it. */
struct map_terminal {
	unsigned int width;	/**< columns */
	bool color;
	bool utf8;		/**< block characters can be shown */
};

void map_draw_terminal(FILE *out, const struct address_map *m, const struct map_terminal *t);

/** A whole SVG file. */
void map_draw_svg(FILE *out, const struct address_map *m);

/**
 * The picture alone, as an element of an HTML page that has the colors as custom properties:
 * --text, --dim, --grid, --empty, --good, --bad, --hole, --mapped. number: another one for each
 * picture in the page.
 */
void map_draw_svg_inline(FILE *out, const struct address_map *m, unsigned int number);

#endif
