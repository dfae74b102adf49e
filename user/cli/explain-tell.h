/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which findings are told when: all at the end of the input, or while it comes. */
#ifndef VIOMMU_CLI_EXPLAIN_TELL_H
#define VIOMMU_CLI_EXPLAIN_TELL_H

#include "cli/explain-output.h"

/** What was told of input that goes on. */
struct explain_told;

/** NULL if out of memory. */
struct explain_told *explain_told_new(void);
void explain_told_free(struct explain_told *told);

/**
 * Tell what is new in the log since the last call, and write it out. told NULL: all of it, of input
 * that is read at once. 0, or -errno.
 */
int explain_tell(const struct explain_output *o, struct explain_told *told, const struct log *log);

#endif
