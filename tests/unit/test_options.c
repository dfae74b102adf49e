// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of viommu-trace, as a person types it: values, mistakes, help. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/nearest.h"
#include "cli/trace-options.h"
#include "core/vocab.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define MAX_ARGS 160

/* What parsing a command line gave. */
struct parsed {
	struct trace_opts opts;
	int ret;
	char out[8192];		/* what it printed on stdout */
	char err[2048];		/* and on stderr */
	char line[1024];	/* the words; opts points into them */
};

/* Send a stream to a temporary file; the descriptor to go back to. */
static int stream_divert(FILE *stream, FILE **file)
{
	int saved;

	fflush(stream);
	saved = dup(fileno(stream));
	*file = tmpfile();
	assert_non_null(*file);
	assert_true(dup2(fileno(*file), fileno(stream)) >= 0);
	return saved;
}

static void stream_restore(FILE *stream, int saved, FILE *file, char *buf, size_t size)
{
	fflush(stream);
	dup2(saved, fileno(stream));
	close(saved);
	rewind(file);
	buf[fread(buf, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void parse_argv(struct parsed *p, int argc, char **argv)
{
	int out, err;
	FILE *out_file, *err_file;

	trace_opts_init(&p->opts);
	out = stream_divert(stdout, &out_file);
	err = stream_divert(stderr, &err_file);
	p->ret = options_parse(&trace_program, argc, argv, &p->opts);
	stream_restore(stderr, err, err_file, p->err, sizeof(p->err));
	stream_restore(stdout, out, out_file, p->out, sizeof(p->out));
}

/* Words of line, at blanks. */
static void parse(struct parsed *p, const char *line)
{
	char *argv[MAX_ARGS] = { (char[]){ "viommu-trace" } };
	char *rest = p->line;
	int argc = 1;

	assert_true(strlen(line) < sizeof(p->line));
	strcpy(p->line, line);
	for (char *word; argc < MAX_ARGS - 1 && (word = strsep(&rest, " "));)
		if (*word)
			argv[argc++] = word;
	parse_argv(p, argc, argv);
}

static void defaults_are_as_documented(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "");
	assert_int_equal(p.ret, -1);
	assert_int_equal(p.opts.vm_count, 0);
	assert_int_equal(p.opts.tracer.sources, 0);
	assert_int_equal(p.opts.tracer.max_rate, 20000);
	assert_int_equal(p.opts.output, TRACE_OUTPUT_TABLE);
	assert_int_equal(p.opts.fail_on, -1);
	assert_int_equal(p.opts.tracer.hooks, TRACER_HOOKS_AUTO);
	assert_int_equal(p.opts.tracer.ring_size, 4 << 20);
	assert_true(p.opts.tracer.latency);
	assert_false(p.opts.tracer.all);
	assert_string_equal(p.err, "");
}

static void values_arrive(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "--vm guest1 --vm=web-* --pid 0x11 --all --source guest,host -ojson --duration 5m "
		  "--count 7 --summary --fail-on silent -v --hooks kprobe --no-latency "
		  "--ring-size 64K --requests --request-rate 500");
	assert_int_equal(p.ret, -1);
	assert_int_equal(p.opts.vm_count, 2);
	assert_string_equal(p.opts.vms[0], "guest1");
	assert_string_equal(p.opts.vms[1], "web-*");
	assert_int_equal(p.opts.pid, 17);
	assert_true(p.opts.tracer.all);
	assert_true(p.opts.tracer.requests);
	assert_int_equal(p.opts.tracer.sources, 1 << TRACER_HOST | 1 << TRACER_GUEST);
	assert_int_equal(p.opts.tracer.max_rate, 500);
	assert_int_equal(p.opts.output, TRACE_OUTPUT_JSON);
	assert_true(p.opts.duration == UINT64_C(300000000000));
	assert_int_equal(p.opts.count, 7);
	assert_true(p.opts.summary);
	assert_int_equal(p.opts.fail_on, VIOMMU_SEVERITY_SILENT);
	assert_true(p.opts.tracer.verbose);
	assert_int_equal(p.opts.tracer.hooks, TRACER_HOOKS_KPROBE);
	assert_false(p.opts.tracer.latency);
	assert_int_equal(p.opts.tracer.ring_size, 65536);
}

/* Each is one line on stderr, nothing on stdout, exit code 2, and says the right thing. */
static void mistakes_are_explained(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "--vmm x", "unknown option --vmm (did you mean --vm?)" },
		{ "--outptu=json", "unknown option --outptu (did you mean --output?)" },
		{ "--zzzzzz", "unknown option --zzzzzz;" },
		{ "--s", "ambiguous: --source, --summary" },
		{ "-x", "unknown option -x" },
		{ "-o", "option --output needs a value: table|json" },
		{ "--pid", "option --pid needs a value" },
		{ "--all=yes", "option --all takes no value" },
		{ "guest1", "unexpected argument guest1" },
		{ "--all -- --vm", "unexpected argument --vm" },
		{ "-o jsn", "expected table or json (did you mean json?)" },
		{ "-o xml", "expected table or json;" },
		{ "--pid 0", "no process has the number 0" },
		{ "--pid -1", "not a whole number" },
		{ "--pid 1x", "not a whole number" },
		{ "--pid 0x", "not a whole number" },
		{ "--pid 4294967296", "too large" },
		{ "--count 0", "must be more than 0" },
		{ "--count 18446744073709551616", "too large" },
		{ "--duration 0", "must be more than 0" },
		{ "--duration 10d", "a duration such as 10s, 5m or 1h" },
		{ "--duration 18446744073709551615h", "too large, at most" },
		{ "--duration s", "a duration such as" },
		{ "--ring-size 4095", "a power of two, at least 4096" },
		{ "--ring-size 2K", "a power of two, at least 4096" },
		{ "--ring-size 6000", "a power of two" },
		{ "--ring-size 4G", "bytes such as 65536, 64K or 4M" },
		{ "--ring-size 2048M", "too large" },
		{ "--source host,,qemu", "expected host, guest or qemu" },
		{ "--source hots", "(did you mean host?)" },
		{ "--fail-on bad", "expected benign, warning, silent or fatal" },
		{ "--hooks fenrty", "(did you mean fentry?)" },
		{ "--vm=", "a name has 1 to 255 bytes" },
		{ "--\x1b[31m", "unknown option --\xef\xbf\xbd[31m" },
	};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		parse(&p, rows[i].line);
		if (p.ret != EXIT_USAGE || !strstr(p.err, rows[i].says))
			fail_msg("%s: %d %s", rows[i].line, p.ret, p.err);
		assert_ptr_equal(strchr(p.err, '\n'), p.err + strlen(p.err) - 1);
		assert_null(strchr(p.err, '\x1b'));
		assert_string_equal(p.out, "");
	}
}

static void vms_are_bounded(void **state)
{
	char *argv[2 * TRACE_MAX_VMS + 4] = { (char[]){ "viommu-trace" } };
	char vm[] = "--vm", name[] = "a";
	struct parsed p;
	int argc = 1;

	(void)state;
	while (argc < 2 * TRACE_MAX_VMS + 1) {
		argv[argc++] = vm;
		argv[argc++] = name;
	}
	parse_argv(&p, argc, argv);
	assert_int_equal(p.ret, -1);
	assert_int_equal(p.opts.vm_count, TRACE_MAX_VMS);
	argv[argc++] = vm;
	argv[argc++] = name;
	parse_argv(&p, argc, argv);
	assert_int_equal(p.ret, EXIT_USAGE);
	assert_non_null(strstr(p.err, "at most 64"));
}

static void help_fits_and_names_all(void **state)
{
	struct parsed p;
	char *rest, *line;

	(void)state;
	parse(&p, "--help");
	assert_int_equal(p.ret, EXIT_DONE);
	assert_string_equal(p.err, "");
	for (size_t i = 0; i < trace_program.option_count; i++) {
		char name[64];

		snprintf(name, sizeof(name), "--%s", trace_program.options[i].name);
		assert_non_null(strstr(p.out, name));
	}
	assert_non_null(strstr(p.out, "\nExit codes:\n"));
	rest = p.out;
	while ((line = strsep(&rest, "\n")))
		assert_true(strlen(line) < 80);
}

static void version_is_one_line(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "--version");
	assert_int_equal(p.ret, EXIT_DONE);
	assert_string_equal(p.out, "viommu-trace 0.1.0\n");
}

/* Requests are joined to host maps: without QEMU, or without the host, there is nothing to join. */
static void sources_go_together(void **state)
{
	static const struct {
		const char *line;
		unsigned int sources;
		bool wrong;
	} rows[] = {
		{ "", 0, false },
		{ "--requests", 0, false },
		{ "--source host", 1 << TRACER_HOST, false },
		{ "--source guest", 1 << TRACER_GUEST, false },
		{ "--source qemu", 1 << TRACER_HOST | 1 << TRACER_QEMU, false },
		{ "--source qemu --requests", 1 << TRACER_HOST | 1 << TRACER_QEMU, false },
		{ "--source guest,qemu", 7, false },
		{ "--source host --requests", 1 << TRACER_HOST, true },
		{ "--requests --source guest", 1 << TRACER_GUEST, true },
	};
	struct parsed p;
	char err[256];

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		parse(&p, rows[i].line);
		assert_int_equal(p.ret, -1);
		assert_int_equal(p.opts.tracer.sources, rows[i].sources);
		err[0] = '\0';
		assert_int_equal(trace_opts_check(&p.opts, err, sizeof(err)),
				 rows[i].wrong ? -EINVAL : 0);
		assert_int_equal(err[0] != '\0', rows[i].wrong);
	}
}

static void single_is_one_name(void **state)
{
	static const struct {
		const char *line;
		bool single;
	} rows[] = {
		{ "", false }, { "--vm a", true }, { "--vm a*", false }, { "--vm a --vm b", false },
		{ "--pid 1", true }, { "--pid 1 --vm a", false }, { "--vm [ab]", false },
	};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		parse(&p, rows[i].line);
		assert_int_equal(trace_opts_single(&p.opts), rows[i].single);
	}
}

static void distance_counts_slips(void **state)
{
	(void)state;
	assert_int_equal(nearest_distance("summary", "summary"), 0);
	assert_int_equal(nearest_distance("sumary", "summary"), 1);
	assert_int_equal(nearest_distance("outptu", "output"), 1);
	assert_int_equal(nearest_distance("", "vm"), 2);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
	assert_int_equal(nearest_distance("a-word-that-is-longer-than-any-name-of-ours", "a"),
			 NEAREST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(vms_are_bounded),
		cmocka_unit_test(help_fits_and_names_all),
		cmocka_unit_test(version_is_one_line),
		cmocka_unit_test(sources_go_together),
		cmocka_unit_test(single_is_one_name),
		cmocka_unit_test(distance_counts_slips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
