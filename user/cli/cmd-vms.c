// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl vms: running VMs, what their devices can map, and a picture of it. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/vms.h"
#include "host/iommu.h"

enum vms_output { VMS_TABLE, VMS_JSON, VMS_SVG };

struct vms_opts {
	const char *vm;		/**< only VMs that match; NULL: all */
	const char *map;	/**< draw this one; NULL: none */
	unsigned int watch;	/**< seconds to look at mappings */
	enum vms_output output;
};

static int set_output(void *opts, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = { "table", "json", "svg", NULL };
	const int choice = options_parse_choice(value, names, err, err_size);

	if (choice < 0)
		return choice;
	((struct vms_opts *)opts)->output = (enum vms_output)choice;
	return 0;
}

static int set_vm(void *opts, const char *value, char *err, size_t err_size)
{
	(void)err;
	(void)err_size;
	((struct vms_opts *)opts)->vm = value;
	return 0;
}

static int set_map(void *opts, const char *value, char *err, size_t err_size)
{
	(void)err;
	(void)err_size;
	((struct vms_opts *)opts)->map = value;
	return 0;
}

static int set_watch(void *opts, const char *value, char *err, size_t err_size)
{
	unsigned long long ns;
	const int ret = options_parse_duration(value, &ns, err, err_size);

	if (!ret)
		((struct vms_opts *)opts)->watch = (unsigned int)(ns / 1000000000);
	return ret;
}

static const struct option_desc vms_options[] = {
	{ "vm", 0, "NAME", "only VMs of this name or UUID; *, ? and [] match", "What to show",
	  set_vm },
	{ "map", 'm', "NAME", "draw the IOVA space of this VM", NULL, set_map },
	{ "watch", 'w', "TIME", "look at mappings for so long before drawing (10s, 1m): those from "
	  "before cannot be seen (as root)", NULL, set_watch },
	{ "output", 'o', "FORMAT", "table for people, json for programs: one VM a line, svg with "
	  "--map (default: table)", "Output", set_output },
};

static const struct program_desc vms_program = {
	.name = "viommuctl vms",
	.synopsis = "running VMs: vIOMMU, devices, what they can map",
	.examples =
		"  viommuctl vms\n"
		"  viommuctl vms --map guest1 --watch 30s\n"
		"  viommuctl vms --map guest1 -o svg > guest1.svg\n",
	.options = vms_options,
	.option_count = sizeof(vms_options) / sizeof(vms_options[0]),
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "viommuctl vms: %s: %s\n", what, strerror(-err));
	return EXIT_FAILED;
}

/* Everything that is asked of the machine. An exit code, or -1 to go on. */
static int vms_read(struct vms *v, const struct vms_opts *opts)
{
	int err = machine_read(&v->machine, "");

	if (err)
		return fail("cannot read this machine's IOMMUs", err);
	err = guests_running(&v->list, "");
	if (err)
		return fail("cannot look for running VMs", err);
	if (opts->map && opts->watch && isatty(STDERR_FILENO))
		fprintf(stderr, "viommuctl vms: looking at mappings for %u s\n", opts->watch);
	v->asked = !guests_ask_kernel(v->list.guests, v->list.count, opts->map ? opts->watch : 0,
				      &v->dma, v->why, sizeof(v->why));
	return -1;
}

/* Names are UTF-8, and columns count characters; blocks need a terminal that has them. */
static bool locale_utf8(void)
{
	bool utf8;

	setlocale(LC_CTYPE, "");
	utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (!utf8)
		setlocale(LC_CTYPE, "C.UTF-8");
	return utf8;
}

static unsigned int width_of_output(void)
{
	const unsigned int width = output_terminal_width(stdout);

	return !width ? OUTPUT_WIDTH_DEFAULT : width < OUTPUT_WIDTH_MIN ? OUTPUT_WIDTH_MIN : width;
}

static int picture_print(const struct vms *v, const struct vms_opts *opts)
{
	const struct map_terminal terminal = {
		.utf8 = locale_utf8(),
		.width = width_of_output(),
		.color = output_wants_color(stdout),
	};
	const struct guest *g = guest_list_find(&v->list, opts->map);
	struct address_map *map;

	if (!g) {
		fprintf(stderr, "viommuctl vms: no such VM runs here; viommuctl vms lists them\n");
		return EXIT_FAILED;
	}
	map = calloc(1, sizeof(*map));
	if (!map)
		return fail("cannot draw", -ENOMEM);
	vms_map(map, v, g);
	if (opts->output == VMS_SVG)
		map_draw_svg(stdout, map);
	else
		map_draw_terminal(stdout, map, &terminal);
	free(map);
	return EXIT_DONE;
}

static int list_print(const struct vms *v, const struct vms_opts *opts)
{
	const char *wanted = opts->map ? opts->map : opts->vm;
	struct vms_table table = { .color = output_wants_color(stdout) };
	size_t shown = 0;
	int err = 0;

	locale_utf8();
	table.width = width_of_output();
	for (size_t i = 0; i < v->list.count && !err; i++) {
		const struct guest *g = &v->list.guests[i];

		if (wanted && !guest_is(g, wanted))
			continue;
		if (opts->output == VMS_JSON)
			err = vms_print_json(stdout, v, g);
		else
			vms_print_table(stdout, v, g, &table);
		shown++;
	}
	if (err)
		return fail("cannot write", err);
	if (!shown && wanted) {
		fprintf(stderr, "viommuctl vms: no such VM runs here\n");
		return EXIT_FAILED;
	}
	if (!shown)
		fprintf(stderr, "no VM of QEMU runs here\n");
	return EXIT_DONE;
}

/* Where the answer is less than it could be. */
static void notes_print(const struct vms *v, const struct vms_opts *opts)
{
	bool assigned = false;

	for (size_t i = 0; i < v->list.count; i++)
		assigned |= v->list.guests[i].device_count;
	if (assigned && !v->asked)
		fprintf(stderr, "note: widths are from registers, not from containers: %s\n",
			v->why);
	if (v->list.unread)
		fprintf(stderr, "note: open files of %zu VMs cannot be read, so that devices that "
			"were plugged in later are missing: run it as root\n", v->list.unread);
	if (opts->map && v->asked && !opts->watch)
		fprintf(stderr, "note: mappings are seen only while they are made: --watch 10s\n");
}

static int vms_run(int argc, char **argv)
{
	struct vms_opts opts = { .output = VMS_TABLE };
	struct vms v = { .asked = false };
	int code = options_parse(&vms_program, argc, argv, &opts);

	if (code >= 0)
		return code;
	if (opts.output == VMS_SVG && !opts.map) {
		fprintf(stderr, "%s: -o svg needs --map NAME; see %s --help\n", vms_program.name,
			vms_program.name);
		return EXIT_USAGE;
	}
	machine_init(&v.machine);
	code = vms_read(&v, &opts);
	if (code < 0) {
		code = opts.map && opts.output != VMS_JSON ? picture_print(&v, &opts) :
		       list_print(&v, &opts);
		notes_print(&v, &opts);
	}
	if (fflush(stdout) || ferror(stdout))
		code = fail("cannot write to standard output", errno ? -errno : -EIO);
	dma_list_fini(&v.dma);
	guest_list_fini(&v.list);
	machine_fini(&v.machine);
	return code;
}

const struct command command_vms = { &vms_program, vms_run };
