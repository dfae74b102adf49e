// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy apply and flush: give the kernel a whole set of policies, or an empty one. */
#include <errno.h>
#include <string.h>

#include "cli/policy.h"
#include "host/text.h"

static const struct option_desc apply_options[] = {
	COMMAND_OUTPUT("one object"),
};

static const struct program_desc apply_program = {
	.name = "viommuctl policy apply",
	.synopsis = "put this machine's policy files into force, all of them or none",
	.examples =
		"  viommuctl policy apply\n"
		"      loads the kernel module if need be; with a mistake in any file what is in force "
		"stays\n",
	.reads_input = true,
	.options = apply_options,
	.option_count = sizeof(apply_options) / sizeof(apply_options[0]),
};

static const struct option_desc flush_options[] = {
	COMMAND_OUTPUT("one object"),
};

static const struct program_desc flush_program = {
	.name = "viommuctl policy flush",
	.synopsis = "take all policies out of force, until the next apply",
	.options = flush_options,
	.option_count = sizeof(flush_options) / sizeof(flush_options[0]),
};

/* What a program or a person is told of a set that is in force. */
static int applied_print(const struct policy_input *input, const struct guard_status *status,
			 bool json)
{
	struct json_line line = { NULL, 0 };
	char reason[3 * GUARD_REASON_LEN];

	if (!json) {
		printf("generation %llu: %zu polic%s%s in force\n",
		       (unsigned long long)status->generation, input->set.count,
		       input->set.count == 1 ? "y" : "ies",
		       input->set.has_default ? " and a default" : "");
		host_text_clean(reason, sizeof(reason), status->reason, strlen(status->reason));
		if (reason[0])
			fprintf(stderr, "viommuctl policy apply: warning: not enforced everywhere: %s\n",
				reason);
		return 0;
	}
	line.object = json_object();
	json_line_count(&line, "v", 1);
	json_line_count(&line, "generation", status->generation);
	json_line_count(&line, "policies", input->set.count);
	json_line_add(&line, "default", json_boolean(input->set.has_default));
	json_line_add(&line, "armed", json_boolean(status->armed));
	json_line_text(&line, "not_enforced", status->reason, sizeof(status->reason));
	return json_line_print(&line, stdout);
}

static int set_apply(const struct policy_input *input, struct guard_client *client, bool json)
{
	struct guard_status status = { .generation = 0 };
	char why[GUARD_WHY_LEN];
	int err = guard_set(client, &input->set, &status.generation, why);

	if (!err)
		err = guard_get_status(client, &status, why);
	if (err)
		return policy_kernel_failed(apply_program.name, err, why);
	return applied_print(input, &status, json) ? EXIT_FAILED : EXIT_DONE;
}

/* Nothing to put into force, and nothing that could be: the module is not loaded for that. */
static bool nothing_to_do(const struct policy_input *input, struct guard_client **client)
{
	char why[GUARD_WHY_LEN];

	return !input->set.count && !input->set.has_default && guard_open(client, why) == -ENOENT;
}

static int input_apply(const struct policy_input *input, bool json)
{
	const struct guard_status none = { .generation = 0 };
	struct guard_client *client = NULL;
	int code = -1;

	if (nothing_to_do(input, &client)) {
		if (json)
			return applied_print(input, &none, true) ? EXIT_FAILED : EXIT_DONE;
		printf("there are no policies: nothing to do\n");
		return EXIT_DONE;
	}
	if (!client)
		code = policy_connect(&client, apply_program.name, true);
	if (code < 0)
		code = set_apply(input, client, json);
	guard_close(client);
	return code;
}

static int apply_run(int argc, char **argv)
{
	struct command_opts opts = { .json = false };
	int code = options_parse(&apply_program, argc, argv, &opts);
	struct policy_input input;

	if (code >= 0)
		return code;
	code = policy_input_load(&input, apply_program.name, NULL, 0, false);
	if (code == EXIT_INPUT)
		fprintf(stderr, "%s: nothing was changed: what is in force stays\n",
			apply_program.name);
	if (code < 0)
		code = input_apply(&input, opts.json);
	policy_input_fini(&input);
	return policy_finish(apply_program.name, code);
}

static int flushed_print(uint64_t generation, bool json)
{
	struct json_line line = { NULL, 0 };

	if (!json) {
		printf("generation %llu: no policies are in force\n", (unsigned long long)generation);
		return 0;
	}
	line.object = json_object();
	json_line_count(&line, "v", 1);
	json_line_count(&line, "generation", generation);
	json_line_count(&line, "policies", 0);
	return json_line_print(&line, stdout);
}

static int flush_run(int argc, char **argv)
{
	const struct policy_set empty = { .count = 0 };
	struct command_opts opts = { .json = false };
	struct guard_client *client;
	char why[GUARD_WHY_LEN];
	uint64_t generation;
	int code = options_parse(&flush_program, argc, argv, &opts);
	int err;

	if (code >= 0)
		return code;
	code = policy_connect(&client, flush_program.name, false);
	if (code >= 0)
		return code;
	err = guard_set(client, &empty, &generation, why);
	guard_close(client);
	if (err)
		return policy_kernel_failed(flush_program.name, err, why);
	code = flushed_print(generation, opts.json) ? EXIT_FAILED : EXIT_DONE;
	return policy_finish(flush_program.name, code);
}

const struct command policy_apply_command = { &apply_program, apply_run };
const struct command policy_flush_command = { &flush_program, flush_run };
