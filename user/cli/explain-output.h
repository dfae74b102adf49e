/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain prints: for people, for programs. */
#ifndef VIOMMU_CLI_EXPLAIN_OUTPUT_H
#define VIOMMU_CLI_EXPLAIN_OUTPUT_H

#include <stdio.h>

#include "core/log-explain.h"

/** What is new about a finding. */
enum explain_change {
	EXPLAIN_WHOLE,		/**< it is told once, for its input is read at once */
	EXPLAIN_NEW,		/**< of input that goes on */
	EXPLAIN_REPEATED,	/**< told before, and has come again since */
	EXPLAIN_UPDATED,	/**< told before, and what came since says more about it */
	EXPLAIN_WITHDRAWN,	/**< told before; by what came since none, or part of another */
};

/** Where and how. */
struct explain_output {
	FILE *out;
	bool json;
	char **names;		/**< of the files, by their index */
	size_t count;		/**< of names */
};

/** For people: line, cause and remedy. 0, or -errno. */
int explain_table_finding(const struct explain_output *o, const struct log_finding *f,
			  enum explain_change change);

/** For people: how many there were, and in what. 0, or -errno. */
int explain_table_end(const struct explain_output *o, const struct log *log);

/** One finding a line, as dist/schema/finding.schema.json has it. 0, or -errno. */
int explain_json_finding(const struct explain_output *o, const struct log_finding *f,
			 enum explain_change change);

/** What was not kept of the input, if anything. */
void explain_losses(FILE *err, const struct log *log);

/** Name of a file as it is shown: "stdin" for "-". */
const char *explain_name(const char *name);

#endif
