/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a program as one table: parsing, --help, and the test that compares the table with
 * the manual and the completion.
 */
#ifndef VIOMMU_CLI_OPTIONS_H
#define VIOMMU_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Exit codes of every program. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNSUPPORTED = 3,	/**< this machine cannot: the message says which and what to do */
	EXIT_INPUT = 4,		/**< invalid policy or input file */
	EXIT_FOUND = 5,		/**< done, and something was found */
};

/** Options of a program, without --help and --version; the parser's tables have this room. */
#define OPTIONS_MAX 62

/** One option. */
struct option_desc {
	const char *name;	/**< long name without dashes */
	char letter;		/**< short form, 0: none */
	const char *metavar;	/**< name of its value in the help; NULL: takes none */
	const char *help;	/**< what it does; ASCII, wrapped by the help */
	const char *group;	/**< heading above it in the help; NULL: that of the one before */
	/**
	 * Takes the value (NULL if metavar is NULL) into the program's own structure. 0, or
	 * -EINVAL after it has written what is wrong with the value into err.
	 */
	int (*set)(void *opts, const char *value, char *err, size_t err_size);
};

/** A program: for its help, its errors, its version. */
struct program_desc {
	const char *name;
	const char *synopsis;	/**< one line of what it does */
	const char *examples;	/**< lines shown at the end of --help; may be NULL */
	const char *found;	/**< what exit code 5 means here; NULL: it has no such end */
	bool reads_input;	/**< exit code 4 can happen */
	const char *operands;	/**< arguments that are no options, in the help; NULL: takes none */
	const struct option_desc *options;
	size_t option_count;	/**< at most OPTIONS_MAX */
};

/**
 * Parse argv into opts. --help and --version are answered here. Returns -1 to go on, else the
 * exit code to end with (help printed: EXIT_DONE; mistake, already explained in one line on
 * stderr: EXIT_USAGE; help could not be written: EXIT_FAILED). The order of argv changes: operands
 * come last, from argv[optind] on.
 */
int options_parse(const struct program_desc *prog, int argc, char **argv, void *opts);

void options_help(const struct program_desc *prog, FILE *out);

/** The option whose name is nearest to a mistyped one; NULL if none is near. */
const struct option_desc *options_nearest(const struct program_desc *prog, const char *name);

/** "17", "0x11": whole numbers up to max. 0, or -EINVAL with a text that names no option. */
int options_parse_number(const char *text, unsigned long long max, unsigned long long *value,
			 char *err, size_t err_size);

/** "10" or "10s", "5m", "1h": more than 0, to ns. 0, or -EINVAL with a text. */
int options_parse_duration(const char *text, unsigned long long *ns, char *err, size_t err_size);

/** "65536", "64K", "4M": bytes. 0, or -EINVAL with a text. */
int options_parse_size(const char *text, unsigned long long max, unsigned long long *bytes,
		       char *err, size_t err_size);

/**
 * Index of text in names, whose end is NULL. -EINVAL with a text that lists them, and the nearest.
 */
int options_parse_choice(const char *text, const char *const *names, char *err, size_t err_size);

#endif
