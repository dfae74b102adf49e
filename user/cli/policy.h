/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viommuctl policy: what its sub-commands share. */
#ifndef VIOMMU_CLI_POLICY_H
#define VIOMMU_CLI_POLICY_H

#include <stdio.h>

#include "cli/command.h"
#include "core/policy.h"
#include "guard/client.h"
#include "print/json-line.h"

extern const struct command policy_check_command, policy_diff_command, policy_apply_command,
	policy_status_command, policy_test_command, policy_run_command, policy_flush_command;

/** Policies as they stand in files, and what was told about them. */
struct policy_input {
	struct policy_set set;
	size_t files;		/**< read */
	unsigned int errors;
	unsigned int warnings;
	json_t *notes;		/**< list, for JSON; NULL: printed to stderr as they come */
};

/**
 * Read the files that are named, or the drop-in folders if count is 0, and look at them with regard
 * to the VMs that run here. json: keep the notes and print none. -1 to go on; else the exit code to
 * end with: of files that cannot be used, EXIT_INPUT. policy_input_fini() in any case.
 */
int policy_input_load(struct policy_input *input, const char *program, char **files, size_t count,
		      bool json);
void policy_input_fini(struct policy_input *input);
/** Where notes about the set go. */
struct policy_listener policy_input_listener(struct policy_input *input);

/** policy-vms.c: warnings for VMs that run here and whose memory reaches above their limit. */
void policy_vms_check(const struct policy_set *set, const char *root,
		      const struct policy_listener *listener);

/** The policy of a process in that cgroup: the first that matches, else the default; NULL: none. */
const struct policy *policy_of_cgroup(const struct policy_set *set, const char *cgroup);

/** "0x7fffffffff (39 bits)", "no limit". */
void policy_limit_text(char *buf, size_t size, uint64_t max_iova);
/** Name of a policy for people: "the default" has none. */
const char *policy_title(const struct policy *p);
/** "VM guest1", "/a/b", "policy run". */
void policy_match_text(char *buf, size_t size, const struct policy *p);
/** One policy a line with its name, limit, mode, match, and where it is from. */
void policy_print(FILE *out, const struct policy *p);
/** The same as an object. counters: those of the kernel too. NULL: no memory. */
json_t *policy_json(const struct policy *p, bool counters);
/** All of a set with the default last, as a list. */
json_t *policy_set_json(const struct policy_set *set, bool counters);

/** Connect; load: load the module if need be. -1 to go on, else the exit code; told on stderr. */
int policy_connect(struct guard_client **client, const char *program, bool load);
/** Tell what went wrong with the kernel; the exit code that fits. */
int policy_kernel_failed(const char *program, int err, const char *why);
/** Print text that has to be on standard output by now: EXIT_DONE or code, EXIT_FAILED. */
int policy_finish(const char *program, int code);

#endif
