// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl report: what happened to a VM, from viommud's history. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "cli/output.h"
#include "cli/report.h"
#include "core/event.h"
#include "host/text.h"

#define NS_PER_HOUR UINT64_C(3600000000000)

static int set_vm(void *opts, const char *value, char *err, size_t err_size)
{
	if (!*value || strlen(value) >= VIOMMU_NAME_LEN) {
		snprintf(err, err_size, "a name has 1 to %d bytes", VIOMMU_NAME_LEN - 1);
		return -EINVAL;
	}
	((struct report_opts *)opts)->vm = value;
	return 0;
}

static int set_since(void *opts, const char *value, char *err, size_t err_size)
{
	unsigned long long ns;
	const int ret = options_parse_duration(value, &ns, err, err_size);

	if (!ret)
		((struct report_opts *)opts)->since = ns;
	return ret;
}

static int set_socket(void *opts, const char *value, char *err, size_t err_size)
{
	/* sizeof(sun_path), NUL included */
	if (!*value || strlen(value) >= 108) {
		snprintf(err, err_size, "the path of a socket has 1 to 107 bytes");
		return -EINVAL;
	}
	((struct report_opts *)opts)->socket = value;
	return 0;
}

static const struct option_desc report_options[] = {
	{ .name = "vm", .metavar = "NAME", .group = "Of what",
	  .help = "this VM, also when it is gone (default: every VM)", .set = set_vm },
	{ .name = "since", .metavar = "TIME",
	  .help = "what happened in the last TIME, such as 30m or 168h (default: 24h)",
	  .set = set_since },
	{ .name = "socket", .metavar = "PATH",
	  .help = "ask viommud there (default: " REPORT_SOCKET ")", .set = set_socket },

	COMMAND_OUTPUT("one object"),
};

static const struct program_desc report_program = {
	.name = "viommuctl report",
	.synopsis = "what happened to a VM: totals, failures, attached groups",
	.examples =
		"  viommuctl report --vm guest1 --since 168h\n"
		"      a week of one VM\n"
		"  viommuctl report -o json | jq '.failures[] | select(.severity != \"benign\")'\n"
		"      failures of the last day, of all VMs\n",
	.options = report_options,
	.option_count = sizeof(report_options) / sizeof(report_options[0]),
};

static int fail(int code, const char *text)
{
	char clean[768];

	host_text_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(stderr, "viommuctl report: %s\n", clean);
	return code;
}

static int print_json(FILE *out, const json_t *history)
{
	if (json_dumpf(history, out, JSON_COMPACT) || fputc('\n', out) == EOF)
		return -EIO;
	return fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}

static int print_table(FILE *out, const json_t *history, const char *vm)
{
	const unsigned int width = output_terminal_width(out);
	const struct report_view view = {
		.history = history, .vm = vm, .color = output_wants_color(out),
		.width = !width ? OUTPUT_WIDTH_DEFAULT :
			 width < OUTPUT_WIDTH_MIN ? OUTPUT_WIDTH_MIN : width,
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return report_print_table(out, &view);
}

static int report_run(int argc, char **argv)
{
	struct report_opts opts = { .socket = REPORT_SOCKET, .since = 24 * NS_PER_HOUR };
	char text[768];
	json_t *history;
	int code, err;

	code = options_parse(&report_program, argc, argv, &opts);
	if (code >= 0)
		return code;
	code = report_fetch(&history, &opts, text, sizeof(text));
	if (code >= 0)
		return fail(code, text);
	signal(SIGPIPE, SIG_IGN);
	err = opts.command.json ? print_json(stdout, history)
				: print_table(stdout, history, opts.vm);
	json_decref(history);
	if (!err)
		return EXIT_DONE;
	snprintf(text, sizeof(text), "cannot write the output: %s", strerror(-err));
	return fail(EXIT_FAILED, text);
}

const struct command command_report = { .program = &report_program, .run = report_run };
