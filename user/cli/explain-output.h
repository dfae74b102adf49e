/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain prints: for people, for programs. */
#ifndef VIOMMU_CLI_EXPLAIN_OUTPUT_H
#define VIOMMU_CLI_EXPLAIN_OUTPUT_H

#include <stdio.h>

#include "core/log-explain.h"

/** Findings with their lines, causes and remedies, or that there are none. names: of count files,
 *  by their index. 0, or -errno.
 */
int explain_table(FILE *out, const struct log *log, char **names, size_t count);

/** One finding a line, as dist/schema/finding.schema.json has it. 0, or -errno. */
int explain_json(FILE *out, const struct log *log, char **names);

/** What was not kept of the input, if anything. */
void explain_losses(FILE *err, const struct log *log);

/** Name of a file as it is shown: "stdin" for "-". */
const char *explain_name(const char *name);

#endif
