/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chunks of a file to lines, with constant memory. A line that is longer than the buffer comes in
 * pieces that overlap, so that nothing of it is lost.
 */
#ifndef VIOMMU_CORE_LOG_LINES_H
#define VIOMMU_CORE_LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest piece, bytes. */
#define LOG_LINE_MAX 65536
/** How much of a piece the next one has again: more than any message is long. */
#define LOG_LINE_OVERLAP 4096

/** A line, or a piece of one. text is valid during the call. */
struct log_line {
	const char *text;	/**< without the line end; may hold any byte */
	size_t len;
	size_t fresh;		/**< what begins behind it comes again with the next piece */
	uint64_t number;	/**< from 1 */
	bool whole;		/**< a line end, or the end of the piece's line, follows */
};

typedef void (*log_line_fn)(void *ctx, const struct log_line *line);

/** Reader of one file. */
struct log_lines {
	log_line_fn fn;
	void *ctx;
	char buf[LOG_LINE_MAX];	/**< beginning of a line whose end has not been read */
	size_t used;		/**< bytes of buf */
	uint64_t number;	/**< lines that have ended */
	uint64_t pieces;	/**< lines that came in pieces */
	bool piece;		/**< buf is not the beginning of its line */
};

/** fn is called from the functions below. */
void log_lines_init(struct log_lines *l, log_line_fn fn, void *ctx);
void log_lines_feed(struct log_lines *l, const char *data, size_t len);
/** The file is over: what has no line end is a line, whose whole is false. */
void log_lines_end(struct log_lines *l);

#endif
