/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viommuctl report: what viommud's history has of a VM. */
#ifndef VIOMMU_CLI_REPORT_H
#define VIOMMU_CLI_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "cli/command.h"

/** Where viommud listens if its configuration says nothing else. */
#define REPORT_SOCKET "/run/viommu/viommud.sock"

/** What the command line said. Text is argv's. */
struct report_opts {
	struct command_opts command;	/**< first: see command_set_output() */
	const char *vm;			/**< NULL: every VM */
	const char *socket;
	uint64_t since;			/**< ns back from now */
};

/**
 * Ask viommud; *history is the member "history" of its answer, the caller's, and has the arrays
 * hours, failures, attaches. An exit code with a sentence in err, or -1 to go on.
 */
int report_fetch(json_t **history, const struct report_opts *opts, char *err, size_t err_size);

struct report_view {
	const json_t *history;
	const char *vm;		/**< as asked for; NULL: every VM */
	unsigned int width;	/**< columns */
	bool color;
};

/** For people. 0 or -errno. */
int report_print_table(FILE *out, const struct report_view *v);

#endif
