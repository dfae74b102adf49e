/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printers of events: a table for people, JSON lines for programs. */
#ifndef VIOMMU_CLI_OUTPUT_H
#define VIOMMU_CLI_OUTPUT_H

#include <stdio.h>

#include "core/event.h"

/** What both printers need to know of the place they print to. */
struct output_opts {
	FILE *out;		/**< stays the caller's */
	const char *host;	/**< this machine's name, for JSON */
	bool color;		/**< ANSI colours (the caller has looked at isatty and NO_COLOR) */
	unsigned int width;	/**< columns of the terminal; 0: not a terminal, no limit but 120 */
	bool single_vm;		/**< leave the VM column out: only one VM was asked for */
};

/**
 * A printer. Returns 0, or -errno of the write (-EPIPE when the reader is gone): nothing is
 * printed after an error.
 */
struct output;

struct output *output_new_table(const struct output_opts *opts);
struct output *output_new_json(const struct output_opts *opts);
int output_event(struct output *out, const struct viommu_event *event);
int output_flush(struct output *out);
void output_free(struct output *out);

/** Columns of the terminal behind f; 0 if it is none. */
unsigned int output_terminal_width(FILE *f);

/** f is a terminal, NO_COLOR is unset or empty, TERM is not "dumb". */
bool output_wants_color(FILE *f);

#endif
