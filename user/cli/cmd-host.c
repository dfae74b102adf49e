// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl host: IOMMUs and groups of this machine, what they can map, and their holes. */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/host.h"
#include "cli/output.h"
#include "host/iommu.h"

static const struct option_desc host_options[] = {
	COMMAND_OUTPUT("one object"),
};

static const struct program_desc host_program = {
	.name = "viommuctl host",
	.synopsis = "this machine's IOMMUs and groups: widths, usable IOVA ranges, holes",
	.examples =
		"  viommuctl host\n"
		"      as root, some widths are readable that are not for others\n"
		"  viommuctl host -o json | jq '.groups[] | {id, max_bits, safe_bits}'\n",
	.options = host_options,
	.option_count = sizeof(host_options) / sizeof(host_options[0]),
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "viommuctl host: %s: %s\n", what, strerror(-err));
	return EXIT_FAILED;
}

/* A machine without groups is shown, and is one that cannot do what all this is for. */
static int host_show(const struct machine *m, bool json)
{
	struct host_view view;
	int err = host_view_init(&view, m);
	int code = EXIT_DONE;

	if (!err)
		err = json ? host_print_json(stdout, &view)
			   : host_print_table(stdout, &view, output_terminal_width(stdout));
	host_view_fini(&view);
	if (err)
		return fail("cannot write the output", err);
	if (!m->group_count) {
		fprintf(stderr, "viommuctl host: this machine has no IOMMU group: turn the IOMMU on in "
			"the firmware (VT-d, AMD-Vi, SMMU), and on Intel with intel_iommu=on on the "
			"kernel's command line\n");
		code = EXIT_UNSUPPORTED;
	}
	return code;
}

static int host_run(int argc, char **argv)
{
	struct command_opts opts = { .json = false };
	struct machine m;
	int code = options_parse(&host_program, argc, argv, &opts);
	int err;

	if (code >= 0)
		return code;
	machine_init(&m);
	err = machine_read(&m, "");
	code = err ? fail("cannot read this machine's IOMMUs", err) : host_show(&m, opts.json);
	machine_fini(&m);
	return code;
}

const struct command command_host = { .program = &host_program, .run = host_run };
