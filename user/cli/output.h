/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printers of events: a table for people, JSON lines for programs. */
#ifndef VIOMMU_CLI_OUTPUT_H
#define VIOMMU_CLI_OUTPUT_H

#include <stdio.h>

#include "core/event.h"

/** Columns that are used where there is no terminal. */
#define OUTPUT_WIDTH_DEFAULT 120
/** Narrower terminals are treated as if they had that many. */
#define OUTPUT_WIDTH_MIN 40

/** What both printers need to know of the place they print to. */
struct output_opts {
	FILE *out;		/**< stays the caller's, and open until output_free() */
	const char *host;	/**< this machine's name, for JSON; copied. NULL: unknown */
	bool color;		/**< ANSI colours (the caller has looked at isatty and NO_COLOR) */
	unsigned int width;	/**< columns of the terminal; 0: not a terminal, no limit but 120 */
	bool single_vm;		/**< leave the VM column out: only one VM was asked for */
};

/** A printer. */
struct output;

/** NULL if out of memory. */
struct output *output_new_table(const struct output_opts *opts);
struct output *output_new_json(const struct output_opts *opts);

/**
 * Print one event and hand it to the kernel, so that a reader of a pipe sees it at once. 0;
 * -errno of the write (-EPIPE when the reader is gone, for which the caller ignores SIGPIPE;
 * -ENOSPC); -ENOMEM. After an error nothing more is printed and the same error is given again.
 */
int output_event(struct output *out, const struct viommu_event *event);

/** Write out what the stream may still hold. Returns as output_event(). */
int output_flush(struct output *out);

/** NULL is allowed. */
void output_free(struct output *out);

/** Columns of the terminal behind f; 0 if it is none. */
unsigned int output_terminal_width(FILE *f);

/** f is a terminal, NO_COLOR is unset or empty, TERM is not "dumb". */
bool output_wants_color(FILE *f);

#endif
