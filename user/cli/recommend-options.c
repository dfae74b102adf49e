// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of viommuctl recommend. */
#include <errno.h>
#include <string.h>

#include "cli/recommend.h"
#include "core/event.h"

static int set_vm(void *ctx, const char *value, char *err, size_t err_size)
{
	struct recommend_opts *opts = ctx;

	if (!*value || strlen(value) >= VIOMMU_NAME_LEN) {
		snprintf(err, err_size, "a name has 1 to %d bytes", VIOMMU_NAME_LEN - 1);
		return -EINVAL;
	}
	opts->vm = value;
	return 0;
}

static int set_facts(void *ctx, const char *value, char *err, size_t err_size)
{
	struct recommend_opts *opts = ctx;

	if (!*value) {
		snprintf(err, err_size, "expected a file, or - for standard input");
		return -EINVAL;
	}
	opts->facts = value;
	return 0;
}

static int set_host(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct recommend_opts *)ctx)->host = true;
	return 0;
}

static int set_dump_facts(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct recommend_opts *)ctx)->dump_facts = true;
	return 0;
}

static int set_output(void *ctx, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = { "table", "json", NULL };
	struct recommend_opts *opts = ctx;
	const int output = options_parse_choice(value, names, err, err_size);

	if (output < 0)
		return output;
	opts->json = output == 1;
	return 0;
}

static const struct option_desc recommend_options[] = {
	{ .name = "vm", .metavar = "NAME", .group = "For what",
	  .help = "this running VM: its name, its uuid, or pid:N", .set = set_vm },
	{ .name = "host", .help = "any VM on this machine: the least of all IOMMU groups",
	  .set = set_host },
	{ .name = "facts", .metavar = "FILE",
	  .help = "what FILE says (- is standard input) and not this machine; with --host, the "
		  "machine in it and not the VM",
	  .set = set_facts },

	{ .name = "output", .letter = 'o', .metavar = "table|json", .group = "What to print",
	  .help = "text for people (the default), or one JSON object", .set = set_output },
	{ .name = "dump-facts",
	  .help = "all that the answer rests on as JSON, for --facts on any machine",
	  .set = set_dump_facts },
};

const struct program_desc recommend_program = {
	.name = "viommuctl recommend",
	.synopsis = "which aw-bits a VM should have, why, and what to paste",
	.examples =
		"  viommuctl recommend --vm guest1\n"
		"      the width for guest1's vIOMMU, with its reasons\n"
		"  viommuctl recommend --vm guest1 --dump-facts > facts.json\n"
		"  viommuctl recommend --facts facts.json\n"
		"      the same answer on another machine\n",
	.reads_input = true,
	.options = recommend_options,
	.option_count = sizeof(recommend_options) / sizeof(recommend_options[0]),
};

int recommend_opts_check(const struct recommend_opts *opts, char *err, size_t err_size)
{
	if (opts->vm && (opts->facts || opts->host))
		snprintf(err, err_size, "--vm is a VM that runs here: it does not go with %s",
			 opts->facts ? "--facts" : "--host");
	else if (!opts->vm && !opts->facts && !opts->host)
		snprintf(err, err_size, "for what? give --vm NAME, --host or --facts FILE");
	else
		return 0;
	return -EINVAL;
}
