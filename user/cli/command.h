/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of viommuctl: each in a file of its own, cmd-NAME.c. */
#ifndef VIOMMU_CLI_COMMAND_H
#define VIOMMU_CLI_COMMAND_H

#include "cli/options.h"

/** One command. */
struct command {
	const struct program_desc *program;	/**< its options and help; name is "viommuctl NAME" */
	/** argv[0] is the command's name. Returns an exit code. */
	int (*run)(int argc, char **argv);
};

/** Options of a command that has but one: -o table|json. */
struct command_opts {
	bool json;
};

/** Setter of an option_desc whose options are, or begin with, struct command_opts. */
int command_set_output(void *opts, const char *value, char *err, size_t err_size);

/** That option; json is what a program gets. */
#define COMMAND_OUTPUT(json) \
	{ "output", 'o', "FORMAT", "table for people, json for programs: " json \
	  " (default: table)", "Output", command_set_output }

extern const struct command command_host;	/**< IOMMUs, groups, widths, holes */
extern const struct command command_vms;	/**< running VMs and their limits; --map */
extern const struct command command_report;	/**< asks viommud's history */
extern const struct command command_recommend;
extern const struct command command_explain;
extern const struct command command_policy;	/**< has sub-commands: cli/policy.h */
extern const struct command command_fleet;	/**< asks Prometheus about all hosts */
extern const struct command command_doctor;

#endif
