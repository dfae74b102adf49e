/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of viommu-trace. */
#ifndef VIOMMU_CLI_TRACE_OPTIONS_H
#define VIOMMU_CLI_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "trace/tracer.h"

/** VMs that can be asked for at once. */
#define TRACE_MAX_VMS 64

enum trace_output { TRACE_OUTPUT_TABLE, TRACE_OUTPUT_JSON };

/** What the command line said. */
struct trace_opts {
	const char *vms[TRACE_MAX_VMS];	/**< names, uuids or globs: any of them; memory of argv */
	size_t vm_count;		/**< 0: every VM, unless pid is set */
	uint32_t pid;			/**< this process as well as vms; 0: not asked for */
	enum trace_output output;
	uint64_t duration;		/**< ns after which to end; 0: until interrupted */
	uint64_t count;			/**< events after which to end; 0: any number */
	bool summary;			/**< no events, only the summary at the end */
	int fail_on;			/**< enum viommu_severity from which on exit 5; -1: none */
	struct tracer_opts tracer;	/**< all, sources, requests, hooks, latency, ... */
};

/** The defaults: before options_parse(). */
void trace_opts_init(struct trace_opts *opts);

/**
 * Do the options go together? 0; -EINVAL with a sentence in err (the program ends with
 * EXIT_USAGE).
 */
int trace_opts_check(const struct trace_opts *opts, char *err, size_t err_size);

/** Exactly one VM or process can appear: a glob may name several. */
bool trace_opts_single(const struct trace_opts *opts);

/** viommu-trace with its table; the options go into a struct trace_opts. */
extern const struct program_desc trace_program;

#endif
