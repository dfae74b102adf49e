// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy check: are the files right? Needs no privileges and no module. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cli/policy.h"

static const struct option_desc check_options[] = {
	COMMAND_OUTPUT("one object"),
};

static const struct program_desc check_program = {
	.name = "viommuctl policy check",
	.synopsis = "look for mistakes in policy files, without using them",
	.examples =
		"  viommuctl policy check\n"
		"      the files of this machine: policy.d in /etc/viommu, /run/viommu, /usr/lib/viommu\n"
		"  viommuctl policy check 50-gpu.yaml && install -m 644 50-gpu.yaml /etc/viommu/policy.d\n",
	.reads_input = true,
	.operands = "[FILE]...",
	.options = check_options,
	.option_count = sizeof(check_options) / sizeof(check_options[0]),
};

static void table_print(const struct policy_input *input, bool valid)
{
	for (size_t i = 0; i < input->set.count && valid; i++)
		policy_print(stdout, &input->set.policies[i]);
	if (input->set.has_default && valid)
		policy_print(stdout, &input->set.fallback);
	printf("%s%zu file%s, %zu polic%s%s, %u error%s, %u warning%s\n",
	       valid && (input->set.count || input->set.has_default) ? "\n" : "", input->files,
	       input->files == 1 ? "" : "s", input->set.count, input->set.count == 1 ? "y" : "ies",
	       input->set.has_default ? " and a default" : "", input->errors,
	       input->errors == 1 ? "" : "s", input->warnings, input->warnings == 1 ? "" : "s");
}

static int json_print(struct policy_input *input, bool valid)
{
	struct json_line line = { json_object(), 0 };

	json_line_count(&line, "v", 1);
	json_line_add(&line, "valid", json_boolean(valid));
	json_line_count(&line, "files", input->files);
	json_line_add(&line, "notes", json_incref(input->notes));
	if (valid)
		json_line_add(&line, "policies", policy_set_json(&input->set, false));
	return json_line_print(&line, stdout);
}

static int check_run(int argc, char **argv)
{
	struct command_opts opts = { .json = false };
	int code = options_parse(&check_program, argc, argv, &opts), err = 0;
	struct policy_input input;

	if (code >= 0)
		return code;
	code = policy_input_load(&input, check_program.name, argv + optind, (size_t)(argc - optind),
				 opts.json);
	if (code != EXIT_FAILED && opts.json)
		err = json_print(&input, code < 0);
	else if (code != EXIT_FAILED)
		table_print(&input, code < 0);
	policy_input_fini(&input);
	if (err) {
		fprintf(stderr, "%s: cannot write the output: %s\n", check_program.name, strerror(-err));
		return EXIT_FAILED;
	}
	return policy_finish(check_program.name, code < 0 ? EXIT_DONE : code);
}

const struct command policy_check_command = { &check_program, check_run };
