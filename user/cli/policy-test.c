// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy test: who would have been refused, had the policies been in force. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy.h"
#include "cli/replay.h"
#include "host/text.h"

struct test_opts {
	struct command_opts output;
	const char *replay;
};

static int set_replay(void *opts, const char *value, char *err, size_t err_size)
{
	(void)err;
	(void)err_size;
	((struct test_opts *)opts)->replay = value;
	return 0;
}

static const struct option_desc test_options[] = {
	{ "replay", 'r', "FILE", "events of viommu-trace -o json; - is standard input", "Input",
	  set_replay },
	COMMAND_OUTPUT("one object a VM"),
};

static const struct program_desc test_program = {
	.name = "viommuctl policy test",
	.synopsis = "whom policies would have refused, by a recorded trace",
	.examples =
		"  viommu-trace --all -o json > events.jsonl     a day, say\n"
		"  viommuctl policy test --replay events.jsonl 50-gpu.yaml\n"
		"      without policy files: those of this machine\n",
	.found = "some map would have been refused",
	.reads_input = true,
	.operands = "[FILE]...",
	.options = test_options,
	.option_count = sizeof(test_options) / sizeof(test_options[0]),
};

static void vm_print(const struct replay_vm *vm)
{
	char limit[64];

	if (!vm->policy) {
		printf("%s: no policy%s\n", vm->name, vm->guessed ? " (its cgroup is not known)" : "");
		return;
	}
	policy_limit_text(limit, sizeof(limit), vm->policy->max_iova);
	printf("%s: %s, %s%s: ", vm->name, policy_title(vm->policy), limit,
	       vm->guessed ? " (its cgroup is not known)" : "");
	if (vm->refused)
		printf("%s %llu of %llu maps, from 0x%llx to 0x%llx\n",
		       vm->policy->mode == VIOMMU_GUARD_AUDIT ? "would report" : "would refuse",
		       (unsigned long long)vm->refused, (unsigned long long)vm->maps,
		       (unsigned long long)vm->lowest, (unsigned long long)vm->highest);
	else if (replay_refused(vm))
		printf("%s some: 0x%llx was mapped (trace with --all to count)\n",
		       vm->policy->mode == VIOMMU_GUARD_AUDIT ? "would report" : "would refuse",
		       (unsigned long long)vm->highest);
	else
		printf("nothing refused, highest IOVA 0x%llx\n", (unsigned long long)vm->highest);
}

static int vm_json(const struct replay_vm *vm)
{
	struct json_line line = { json_object(), 0 };

	json_line_count(&line, "v", 1);
	json_line_text(&line, "vm", vm->name, sizeof(vm->name));
	if (vm->policy) {
		json_line_add(&line, "policy", policy_json(vm->policy, false));
		json_line_add(&line, "refused", json_boolean(replay_refused(vm)));
	}
	json_line_add(&line, "cgroup_known", json_boolean(!vm->guessed));
	json_line_count(&line, "maps", vm->maps);
	json_line_count(&line, "refused_maps", vm->refused);
	if (vm->refused)
		json_line_hex(&line, "lowest_refused", vm->lowest);
	json_line_hex(&line, "highest_iova", vm->highest);
	return json_line_print(&line, stdout);
}

/* 1: something would have been refused; 0: nothing; -errno. */
static int replay_print(const struct replay *r, bool json)
{
	bool refused = false;
	int err = 0;

	for (size_t i = 0; i < r->count && !err; i++) {
		refused |= replay_refused(&r->vms[i]);
		if (json)
			err = vm_json(&r->vms[i]);
		else
			vm_print(&r->vms[i]);
	}
	if (!r->count && !json)
		printf("no VM maps anything in these events\n");
	return err ? err : refused;
}

static int file_replay(struct replay *r, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err = 0;

	errno = 0;
	while (!err && (len = getline(&line, &room, in)) >= 0)
		err = replay_line(r, line, (size_t)len);
	if (!err && ferror(in))
		err = errno ? -errno : -EIO;
	free(line);
	return err;
}

static int events_read(struct replay *r, const char *path)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char name[1024];
	int err = in ? file_replay(r, in) : -errno;

	host_text_clean(name, sizeof(name), path, strlen(path));
	if (in && in != stdin)
		fclose(in);
	if (err) {
		fprintf(stderr, "%s: cannot read %s: %s\n", test_program.name, name, strerror(-err));
		return EXIT_INPUT;
	}
	if (!r->bad_lines)
		return -1;
	fprintf(stderr, "%s:%llu: %s: not an event of viommu-trace -o json (%llu such lines)\n", name,
		(unsigned long long)r->first_bad, r->bad_lines == r->lines ? "error" : "warning",
		(unsigned long long)r->bad_lines);
	return r->bad_lines == r->lines ? EXIT_INPUT : -1;
}

static int test_run(int argc, char **argv)
{
	struct test_opts opts = { .replay = NULL };
	int code = options_parse(&test_program, argc, argv, &opts), found;
	struct policy_input input;
	struct replay replay;

	if (code >= 0)
		return code;
	if (!opts.replay) {
		fprintf(stderr, "%s: --replay FILE is needed; see %s --help\n", test_program.name,
			test_program.name);
		return EXIT_USAGE;
	}
	code = policy_input_load(&input, test_program.name, argv + optind, (size_t)(argc - optind),
				 false);
	replay_init(&replay, &input.set);
	if (code < 0)
		code = events_read(&replay, opts.replay);
	if (code < 0) {
		found = replay_print(&replay, opts.output.json);
		code = found < 0 ? EXIT_FAILED : found ? EXIT_FOUND : EXIT_DONE;
	}
	replay_fini(&replay);
	policy_input_fini(&input);
	return policy_finish(test_program.name, code);
}

const struct command policy_test_command = { &test_program, test_run };
