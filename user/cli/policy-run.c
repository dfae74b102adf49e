// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy run: bind this process to a policy, then become the command. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cli/policy.h"

static const struct program_desc run_program = {
	.name = "viommuctl policy run",
	.synopsis = "start a program, whatever its control group, under a policy",
	.examples = "  viommuctl policy run cap-39 -- qemu-system-x86_64 -name guest1 ...\n"
		    "      the program and all that it starts are bound, before every pattern\n",
	.operands = "NAME -- COMMAND [ARGUMENT]...",
};

/* A binding to what is not there yet is allowed, and may be a slip of the pen. */
static void name_look_up(struct guard_client *client, const char *name)
{
	struct policy_set set;
	char why[GUARD_WHY_LEN];

	policy_set_init(&set);
	if (!guard_get(client, &set, why) && !policy_set_find(&set, name))
		fprintf(stderr, "%s: warning: no policy '%s' is in force yet: until it is, other "
			"rules apply\n", run_program.name, name);
	policy_set_fini(&set);
}

static int bind_and_run(const char *name, char **command)
{
	struct guard_client *client;
	char why[GUARD_WHY_LEN];
	int code = policy_connect(&client, run_program.name, true);
	int err;

	if (code >= 0)
		return code;
	name_look_up(client, name);
	err = guard_bind(client, name, why);
	guard_close(client);
	if (err)
		return policy_kernel_failed(run_program.name, err, why);
	execvp(command[0], command);
	fprintf(stderr, "%s: cannot run %s: %s\n", run_program.name, command[0], strerror(errno));
	return EXIT_FAILED;
}

static int run_run(int argc, char **argv)
{
	const int code = options_parse(&run_program, argc, argv, NULL);

	if (code >= 0)
		return code;
	if (argc - optind < 2) {
		fprintf(stderr, "%s: a policy and a command are needed: viommuctl policy run %s\n",
			run_program.name, run_program.operands);
		return EXIT_USAGE;
	}
	if (!policy_name_valid(argv[optind])) {
		fprintf(stderr, "%s: that is no name of a policy: letters, digits and . _ - make one\n",
			run_program.name);
		return EXIT_USAGE;
	}
	return bind_and_run(argv[optind], argv + optind + 1);
}

const struct command policy_run_command = { &run_program, run_run };
