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

/** Exit codes of every program (design 5). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNSUPPORTED = 3,	/**< this machine cannot: the message says which and what to do */
	EXIT_INPUT = 4,		/**< invalid policy or input file */
	EXIT_FOUND = 5,		/**< done, and something was found */
};

/** One option. */
struct option_desc {
	const char *name;	/**< long name without dashes */
	char letter;		/**< short form, 0: none */
	const char *metavar;	/**< name of its value in the help; NULL: takes none */
	const char *help;	/**< one line */
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
	const struct option_desc *options;
	size_t option_count;
};

/**
 * Parse argv into opts. --help and --version are answered here. Returns -1 to go on, else the
 * exit code to end with (help printed: EXIT_DONE; mistake, already explained: EXIT_USAGE).
 */
int options_parse(const struct program_desc *prog, int argc, char **argv, void *opts);

void options_help(const struct program_desc *prog, FILE *out);

/** "17", "0x11", "10s", "5m", "1h": whole numbers and durations. 0, or -EINVAL with a text. */
int options_parse_number(const char *text, unsigned long long max, unsigned long long *value,
			 char *err, size_t err_size);
int options_parse_duration(const char *text, unsigned long long *ns, char *err, size_t err_size);

#endif
