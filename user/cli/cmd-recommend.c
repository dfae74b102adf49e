// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * viommuctl recommend: which aw-bits a VM should have. The facts come from this machine or from a
 * file; the answer comes from the facts alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/recommend.h"
#include "host/facts.h"
#include "host/iommu.h"
#include "host/qemu.h"
#include "trace/guests.h"

/** What the answer rests on. */
struct facts_input {
	struct machine machine;
	struct guest *guest;	/**< NULL: any VM of the machine */
};

static int fail(int code, const char *text)
{
	fprintf(stderr, "viommuctl recommend: %s\n", text);
	return code;
}

/** What the containers of the VM map. Without it the devices' groups have to do. */
static void containers_read(struct guest *guest)
{
	struct dma_list dma = { .count = 0 };
	char why[256] = "";

	if (guests_ask_kernel(guest, 1, 0, &dma, why, sizeof(why)))
		fprintf(stderr, "viommuctl recommend: note: the VM's containers are not known (%s): "
			"the answer is from its groups\n", why);
	dma_list_fini(&dma);
}

/** A copy of the VM of that name. An exit code, or -1 to go on. */
static int guest_take(struct facts_input *in, const struct guest_list *list, const char *name)
{
	const struct guest *found = guest_list_find(list, name);

	if (!found)
		return fail(EXIT_FAILED, list->unread ?
			    "no such VM runs here, as far as this user can see: run it as root" :
			    "no such VM runs here; viommuctl vms lists them");
	in->guest = malloc(sizeof(*in->guest));
	if (!in->guest)
		return fail(EXIT_FAILED, "out of memory");
	*in->guest = *found;
	return -1;
}

/** The running VM that was asked for. An exit code, or -1 to go on. */
static int input_vm(struct facts_input *in, const char *name)
{
	struct guest_list list;
	const int err = guests_running(&list, "");
	int code;

	if (err) {
		fprintf(stderr, "viommuctl recommend: cannot look for running VMs: %s\n",
			strerror(-err));
		return EXIT_FAILED;
	}
	code = guest_take(in, &list, name);
	guest_list_fini(&list);
	if (code < 0)
		containers_read(in->guest);
	return code;
}

static int input_machine(struct facts_input *in)
{
	const int err = machine_read(&in->machine, "");

	if (!err)
		return -1;
	fprintf(stderr, "viommuctl recommend: cannot read this machine's IOMMUs: %s\n",
		strerror(-err));
	return EXIT_FAILED;
}

static int input_file(struct facts_input *in, const char *path, bool host)
{
	char err[FACTS_ERROR];
	bool has_guest;

	in->guest = malloc(sizeof(*in->guest));
	if (!in->guest)
		return fail(EXIT_FAILED, "out of memory");
	if (facts_read_file(path, &in->machine, in->guest, &has_guest, err))
		return fail(EXIT_INPUT, err);
	if (!has_guest || host) {
		free(in->guest);
		in->guest = NULL;
	}
	return -1;
}

static int input_read(struct facts_input *in, const struct recommend_opts *opts)
{
	int code;

	if (opts->facts)
		return input_file(in, opts->facts, opts->host);
	code = input_machine(in);
	return code < 0 && opts->vm ? input_vm(in, opts->vm) : code;
}

static int facts_print(const struct facts_input *in)
{
	char *text = facts_write(&in->machine, in->guest);
	int err;

	if (!text)
		return -ENOMEM;
	fputs(text, stdout);
	free(text);
	err = fflush(stdout) ? errno : 0;
	return err ? -err : ferror(stdout) ? -EIO : 0;
}

/** Write what was asked for. An exit code. */
static int answer(const struct facts_input *in, const struct recommend_opts *opts)
{
	struct advice advice;
	char title[VIOMMU_NAME_LEN + 32];
	int err;

	advise(&advice, &in->machine, in->guest);
	recommend_title(title, sizeof(title), &in->machine, in->guest);
	if (opts->dump_facts)
		err = facts_print(in);
	else if (opts->json)
		err = recommend_print_json(stdout, &in->machine, in->guest, &advice);
	else
		err = recommend_print_table(stdout, title, &advice,
					    output_terminal_width(stdout));
	if (err) {
		fprintf(stderr, "viommuctl recommend: cannot write the output: %s\n",
			strerror(-err));
		return EXIT_FAILED;
	}
	return advice.bits || opts->dump_facts ? EXIT_DONE : EXIT_UNSUPPORTED;
}

static int recommend_run(int argc, char **argv)
{
	struct recommend_opts opts = { 0 };
	struct facts_input in = { .guest = NULL };
	char err[128];
	int code = options_parse(&recommend_program, argc, argv, &opts);

	if (code >= 0)
		return code;
	if (recommend_opts_check(&opts, err, sizeof(err))) {
		fprintf(stderr, "%s: %s; see %s --help\n", recommend_program.name, err,
			recommend_program.name);
		return EXIT_USAGE;
	}
	machine_init(&in.machine);
	code = input_read(&in, &opts);
	if (code < 0)
		code = answer(&in, &opts);
	free(in.guest);
	machine_fini(&in.machine);
	return code;
}

const struct command command_recommend = {
	.program = &recommend_program,
	.run = recommend_run,
};
