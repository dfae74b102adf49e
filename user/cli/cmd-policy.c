// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy: its sub-commands, each in policy-NAME.c. */
#include <string.h>

#include "cli/policy.h"

static const struct command *const policy_commands[] = {
	&policy_check_command, &policy_diff_command, &policy_apply_command, &policy_status_command,
	&policy_test_command, &policy_run_command, &policy_flush_command,
};

#define COMMAND_COUNT (sizeof(policy_commands) / sizeof(policy_commands[0]))

static const struct program_desc policy_program = {
	.name = "viommuctl policy",
	.synopsis = "limits of VMs' DMA: check and apply policy files, see what they do",
};

static const char *command_name(const struct command *c)
{
	return strrchr(c->program->name, ' ') + 1;
}

static void usage(FILE *f)
{
	fprintf(f, "%s - %s\n\nUsage: %s COMMAND [OPTION]...\n\nCommands:\n", policy_program.name,
		policy_program.synopsis, policy_program.name);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(f, "  %-8s %s\n", command_name(policy_commands[i]),
			policy_commands[i]->program->synopsis);
	fprintf(f, "\nviommuctl policy COMMAND --help says more.\n"
		"Manual: man 8 viommuctl, man 5 viommu-policy\n");
}

static int policy_run(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return policy_finish(policy_program.name, EXIT_DONE);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("%s %s\n", policy_program.name, VIOMMU_VERSION);
		return policy_finish(policy_program.name, EXIT_DONE);
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[1], command_name(policy_commands[i])))
			return policy_commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "viommuctl policy: '%s' is no command; viommuctl policy --help lists them\n",
		argv[1]);
	return EXIT_USAGE;
}

const struct command command_policy = { .program = &policy_program, .run = policy_run };
