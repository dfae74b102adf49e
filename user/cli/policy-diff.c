// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy diff: what apply would change. */
#include <errno.h>
#include <string.h>

#include "cli/policy.h"

static const struct option_desc diff_options[] = {
	COMMAND_OUTPUT("one object"),
};

static const struct program_desc diff_program = {
	.name = "viommuctl policy diff",
	.synopsis = "compare this machine's policy files with what is in force",
	.found = "files and kernel differ",
	.reads_input = true,
	.options = diff_options,
	.option_count = sizeof(diff_options) / sizeof(diff_options[0]),
};

/** How the two sets differ in one policy. */
struct change {
	const char *kind;		/**< "added": by apply; "removed", "changed", "moved" */
	const struct policy *file;	/**< NULL: not in the files */
	const struct policy *kernel;	/**< NULL: not in force */
};

typedef int (*change_fn)(void *ctx, const struct change *change);

/*
 * Moved: policies that both sets have, of which the kernel has another one at that place. The place
 * counts among those that both have, as what was added or removed has been told.
 */
static const struct policy *next_common(const struct policy_set *set, size_t *i,
					const struct policy_set *other)
{
	while (*i < set->count) {
		const struct policy *p = &set->policies[(*i)++];

		if (policy_set_find(other, p->name))
			return p;
	}
	return NULL;
}

static int default_compare(const struct policy_set *files, const struct policy_set *kernel,
			   change_fn fn, void *ctx)
{
	const struct change change = {
		!kernel->has_default ? "added" : !files->has_default ? "removed" : "changed",
		files->has_default ? &files->fallback : NULL,
		kernel->has_default ? &kernel->fallback : NULL,
	};

	if (files->has_default == kernel->has_default &&
	    (!files->has_default || policy_same(change.file, change.kernel)))
		return 0;
	return fn(ctx, &change) < 0 ? -ENOMEM : 1;
}

/* Number of differences, or -ENOMEM; fn is called for each. */
static int sets_compare(const struct policy_set *files, const struct policy_set *kernel,
			change_fn fn, void *ctx)
{
	int count = 0, err = 0;
	size_t at = 0;

	for (size_t i = 0; i < files->count && !err; i++) {
		const struct policy *p = &files->policies[i];
		const struct policy *old = policy_set_find(kernel, p->name);
		const struct policy *there = old ? next_common(kernel, &at, files) : NULL;
		const struct change change = { !old ? "added" : !policy_same(p, old) ? "changed" :
					       "moved", p, old };

		if (old && policy_same(p, old) && there == old)
			continue;
		count++;
		err = fn(ctx, &change);
	}
	for (size_t i = 0; i < kernel->count && !err; i++) {
		const struct change change = { "removed", NULL, &kernel->policies[i] };

		if (policy_set_find(files, kernel->policies[i].name))
			continue;
		count++;
		err = fn(ctx, &change);
	}
	if (!err)
		err = default_compare(files, kernel, fn, ctx);
	return err < 0 ? err : count + err;
}

static void policy_line(const char *sign, const struct policy *p)
{
	char limit[64], match[4096];

	policy_limit_text(limit, sizeof(limit), p->max_iova);
	policy_match_text(match, sizeof(match), p);
	printf("%s %s: %s, %s, for %s%s%s\n", sign, policy_title(p), limit,
	       policy_mode_name(p->mode) ? policy_mode_name(p->mode) : "unknown mode", match,
	       p->file[0] ? "    # " : "", p->file);
}

static int change_print(void *ctx, const struct change *change)
{
	(void)ctx;
	if (!strcmp(change->kind, "moved")) {
		policy_line("~ (another place)", change->file);
		return 0;
	}
	if (change->kernel)
		policy_line("-", change->kernel);
	if (change->file)
		policy_line("+", change->file);
	return 0;
}

static int change_keep(void *ctx, const struct change *change)
{
	struct json_line line = { json_object(), 0 };

	json_line_name(&line, "kind", change->kind);
	if (change->kernel)
		json_line_add(&line, "kernel", policy_json(change->kernel, false));
	if (change->file)
		json_line_add(&line, "file", policy_json(change->file, false));
	if (json_array_append_new(ctx, line.object))
		line.err = -ENOMEM;
	return line.err;
}

static int diff_print(const struct policy_set *files, const struct policy_set *kernel, bool json)
{
	struct json_line line = { NULL, 0 };
	json_t *changes;
	int count;

	if (!json) {
		count = sets_compare(files, kernel, change_print, NULL);
		if (!count)
			printf("files and kernel agree\n");
		return count;
	}
	changes = json_array();
	count = sets_compare(files, kernel, change_keep, changes);
	line.object = json_object();
	json_line_count(&line, "v", 1);
	json_line_add(&line, "different", json_boolean(count));
	json_line_add(&line, "changes", changes);
	return json_line_print(&line, stdout) ? -EIO : count;
}

static int kernel_read(struct policy_set *set)
{
	struct guard_client *client;
	char why[GUARD_WHY_LEN];
	int err = guard_open(&client, why);

	if (!err)
		err = guard_get(client, set, why);
	guard_close(client);
	return err ? policy_kernel_failed(diff_program.name, err, why) : -1;
}

static int diff_run(int argc, char **argv)
{
	struct command_opts opts = { .json = false };
	int code = options_parse(&diff_program, argc, argv, &opts), count;
	struct policy_input input;
	struct policy_set kernel;

	if (code >= 0)
		return code;
	policy_set_init(&kernel);
	code = policy_input_load(&input, diff_program.name, NULL, 0, false);
	if (code < 0)
		code = kernel_read(&kernel);
	if (code < 0) {
		count = diff_print(&input.set, &kernel, opts.json);
		code = count < 0 ? EXIT_FAILED : count ? EXIT_FOUND : EXIT_DONE;
	}
	policy_set_fini(&kernel);
	policy_input_fini(&input);
	return policy_finish(diff_program.name, code);
}

const struct command policy_diff_command = { &diff_program, diff_run };
