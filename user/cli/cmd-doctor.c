// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl doctor: what would make a VM fail here, or this tool not work, and how to fix it. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/doctor-guard.h"
#include "cli/output.h"
#include "host/iommu.h"
#include "print/columns.h"
#include "print/json-line.h"
#include "trace/kernel.h"

static const struct option_desc doctor_options[] = {
	COMMAND_OUTPUT("one finding a line"),
};

static const struct program_desc doctor_program = {
	.name = "viommuctl doctor",
	.synopsis = "what would make a VM fail here, or this tool not work, and how to fix it",
	.examples = "  viommuctl doctor\n  viommuctl doctor -o json | jq .fix\n",
	.found = "a problem or a warning was found",
	.options = doctor_options,
	.option_count = sizeof(doctor_options) / sizeof(doctor_options[0]),
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "viommuctl doctor: %s: %s\n", what, strerror(-err));
	return EXIT_FAILED;
}

static void tool_read(struct doctor_tool *t)
{
	kernel_missing_capabilities(t->missing, sizeof(t->missing));
	t->has_btf = kernel_has_btf();
	t->has_module = kernel_module_live(KERNEL_TYPE1_MODULE);
	t->has_module_btf = kernel_module_has_btf(KERNEL_TYPE1_MODULE);
	t->preemptible = !t->missing[0] && kernel_preempt_model() == KERNEL_PREEMPT_YES;
	module_pins_read(&t->pins, KERNEL_TYPE1_MODULE);
}

/* An exit code, or -1 to go on. The kernel is asked after the pins are read: asking pins, too. */
static int facts_read_all(struct vms *v, struct doctor_tool *tool)
{
	int err = machine_read(&v->machine, "");

	if (err)
		return fail("cannot read this machine's IOMMUs", err);
	err = guests_running(&v->list, "");
	if (err)
		return fail("cannot look for running VMs", err);
	tool_read(tool);
	v->asked = !guests_ask_kernel(v->list.guests, v->list.count, 0, &v->dma, v->why,
				      sizeof(v->why));
	return -1;
}

/* --------------------------------------------------------------------------- output */

static void table_print(const struct findings *f, unsigned int width, bool color)
{
	static const char *const colors[NR_FINDING_LEVELS] = {
		"\x1b[1;31m", "\x1b[33m", "\x1b[2m",
	};
	unsigned int column;

	for (size_t i = 0; i < f->count; i++) {
		const struct finding *one = &f->list[i];
		const char *level = finding_level_name(one->level);

		printf("%s%s%s  ", color ? colors[one->level] : "", level, color ? "\x1b[0m" : "");
		column = columns_wrap(stdout, one->subject, (unsigned int)strlen(level) + 2, 4,
				      width);
		printf(": ");
		columns_wrap(stdout, one->text, column + 2, 4, width);
		if (one->fix[0]) {
			printf("\n    -> ");
			columns_wrap(stdout, one->fix, 7, 7, width);
		}
		putchar('\n');
	}
}

static int json_print(const struct findings *f)
{
	int err = 0;

	for (size_t i = 0; i < f->count && !err; i++) {
		const struct finding *one = &f->list[i];
		struct json_line line = { json_object(), 0 };

		json_line_name(&line, "level", finding_level_name(one->level));
		json_line_text(&line, "subject", one->subject, sizeof(one->subject));
		json_line_text(&line, "text", one->text, sizeof(one->text));
		json_line_text(&line, "fix", one->fix, sizeof(one->fix));
		err = json_line_print(&line, stdout);
	}
	return err;
}

static size_t serious(const struct findings *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->list[i].level != FINDING_NOTE;
	return n;
}

static int findings_print(const struct findings *f, const struct vms *v, bool json)
{
	const unsigned int columns = output_terminal_width(stdout);
	const unsigned int width = !columns ? OUTPUT_WIDTH_DEFAULT :
				   columns < OUTPUT_WIDTH_MIN ? OUTPUT_WIDTH_MIN : columns;
	int err = f->err;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (json && !err)
		err = json_print(f);
	else if (!err)
		table_print(f, width, output_wants_color(stdout));
	if (!json && !err && !serious(f))
		printf("%zu VM%s, %zu IOMMU group%s: nothing is wrong here\n", v->list.count,
		       v->list.count == 1 ? "" : "s", v->machine.group_count,
		       v->machine.group_count == 1 ? "" : "s");
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = errno ? -errno : -EIO;
	if (err)
		return fail("cannot write to standard output", err);
	return serious(f) ? EXIT_FOUND : EXIT_DONE;
}

static int doctor_run(int argc, char **argv)
{
	struct command_opts opts = { .json = false };
	struct doctor_tool tool = { .has_btf = false };
	struct doctor_guard guard = { .loaded = false };
	struct vms v = { .asked = false };
	struct findings f = { .list = NULL };
	int code = options_parse(&doctor_program, argc, argv, &opts);

	if (code >= 0)
		return code;
	machine_init(&v.machine);
	code = facts_read_all(&v, &tool);
	if (code < 0) {
		doctor_guard_read(&guard);
		doctor_check(&f, &tool, &guard, &v);
		code = findings_print(&f, &v, opts.json);
	}
	findings_fini(&f);
	doctor_guard_fini(&guard);
	dma_list_fini(&v.dma);
	guest_list_fini(&v.list);
	machine_fini(&v.machine);
	return code;
}

const struct command command_doctor = { &doctor_program, doctor_run };
