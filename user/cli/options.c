// SPDX-License-Identifier: GPL-2.0-or-later
/* getopt_long() driven by a program's table, with errors that say what to do. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "cli/options.h"
#include "core/nearest.h"
#include "host/text.h"

#ifndef VIOMMU_VERSION
#define VIOMMU_VERSION "0.1.0"
#endif

/* What getopt_long() returns for the option of that index: no character has such a value. */
#define LONG_VALUE 256
#define HELP_VALUE (LONG_VALUE + OPTIONS_MAX)
#define VERSION_VALUE (HELP_VALUE + 1)

/* The table in getopt's terms. */
struct parser {
	struct option longs[OPTIONS_MAX + 3];
	char letters[2 * OPTIONS_MAX + 4];
};

static void parser_init(struct parser *p, const struct program_desc *prog)
{
	size_t n = 0;
	size_t i;

	memset(p, 0, sizeof(*p));
	p->letters[n++] = ':';	/* tells a missing value from an unknown option */
	for (i = 0; i < prog->option_count; i++) {
		const struct option_desc *o = &prog->options[i];

		p->longs[i] = (struct option){
			.name = o->name,
			.has_arg = o->metavar ? required_argument : no_argument,
			.val = LONG_VALUE + (int)i,
		};
		if (!o->letter)
			continue;
		p->letters[n++] = o->letter;
		if (o->metavar)
			p->letters[n++] = ':';
	}
	p->longs[i++] = (struct option){ .name = "help", .val = HELP_VALUE };
	p->longs[i] = (struct option){ .name = "version", .val = VERSION_VALUE };
	p->letters[n++] = 'h';
	p->letters[n] = 'V';
}

/* One line on stderr. What a person typed may hold anything, so it is made safe to print. */
static int usage_error(const struct program_desc *prog, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int usage_error(const struct program_desc *prog, const char *fmt, ...)
{
	char raw[512], safe[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	host_text_clean(safe, sizeof(safe), raw, strlen(raw));
	fprintf(stderr, "%s: %s; see %s --help\n", prog->name, safe, prog->name);
	return EXIT_USAGE;
}

const struct option_desc *options_nearest(const struct program_desc *prog, const char *name)
{
	const struct option_desc *near = NULL;
	unsigned int best = NEAREST_MAX;

	for (size_t i = 0; i < prog->option_count; i++) {
		unsigned int distance = nearest_distance(name, prog->options[i].name);

		if (distance < best) {
			best = distance;
			near = &prog->options[i];
		}
	}
	return near && nearest_is_close(name, best) ? near : NULL;
}

/* Long names that begin with the len bytes at name, as "--a, --b" in buf; how many. */
static size_t names_with_prefix(const struct parser *p, const char *name, size_t len, char *buf,
				size_t size)
{
	size_t used = 0, count = 0;

	buf[0] = '\0';
	for (const struct option *o = p->longs; o->name; o++) {
		int n;

		if (strncmp(o->name, name, len))
			continue;
		n = snprintf(buf + used, size - used, "%s--%s", count ? ", " : "", o->name);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
		count++;
	}
	return count;
}

/* arg is a long option that getopt_long() did not take. */
static int long_error(const struct program_desc *prog, const struct parser *p, const char *arg)
{
	const char *name = arg + 2;
	const size_t len = strcspn(name, "=");
	const struct option_desc *near;
	char list[256], typed[NEAREST_MAX + 1] = "";

	if (len && names_with_prefix(p, name, len, list, sizeof(list)) > 1)
		return usage_error(prog, "option --%.*s is ambiguous: %s", (int)len, name, list);
	if (len < sizeof(typed))
		memcpy(typed, name, len);
	near = options_nearest(prog, typed);
	if (near)
		return usage_error(prog, "unknown option --%.*s (did you mean --%s?)", (int)len,
				   name, near->name);
	return usage_error(prog, "unknown option --%.*s", (int)len, name);
}

/* getopt_long() said '?': optopt is 0 for a long option that is unknown or ambiguous. */
static int unknown_error(const struct program_desc *prog, const struct parser *p, const char *arg)
{
	if (!optopt)
		return long_error(prog, p, arg);
	if (optopt >= LONG_VALUE)
		return usage_error(prog, "option --%s takes no value",
				   p->longs[optopt - LONG_VALUE].name);
	return usage_error(prog, "unknown option -%c", optopt);
}

/* getopt_long() said ':': the value of optopt is missing. */
static int missing_error(const struct program_desc *prog)
{
	for (size_t i = 0; i < prog->option_count; i++) {
		const struct option_desc *o = &prog->options[i];

		if (optopt == LONG_VALUE + (int)i || (o->letter && optopt == o->letter))
			return usage_error(prog, "option --%s needs a value: %s", o->name,
					   o->metavar);
	}
	return usage_error(prog, "option -%c needs a value", optopt);
}

static const struct option_desc *option_find(const struct program_desc *prog, int value)
{
	if (value >= LONG_VALUE)
		return &prog->options[value - LONG_VALUE];
	for (size_t i = 0; i < prog->option_count; i++)
		if (prog->options[i].letter == value)
			return &prog->options[i];
	return NULL;
}

static int option_apply(const struct program_desc *prog, int value, void *opts)
{
	const struct option_desc *o = option_find(prog, value);
	char err[256] = "";

	if (!o->set(opts, optarg, err, sizeof(err)))
		return -1;
	if (o->metavar)
		return usage_error(prog, "--%s %s: %s", o->name, optarg, err);
	return usage_error(prog, "--%s: %s", o->name, err);
}

/* Full disk, closed pipe: a help that nobody got is a failure. */
static int printed(const struct program_desc *prog)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_DONE;
	fprintf(stderr, "%s: cannot write to standard output: %s\n", prog->name, strerror(errno));
	return EXIT_FAILED;
}

static int option_handle(const struct program_desc *prog, const struct parser *p, int value,
			 char **argv, void *opts)
{
	switch (value) {
	case '?':
		return unknown_error(prog, p, argv[optind - 1]);
	case ':':
		return missing_error(prog);
	case 'h':
	case HELP_VALUE:
		options_help(prog, stdout);
		return printed(prog);
	case 'V':
	case VERSION_VALUE:
		printf("%s %s\n", prog->name, VIOMMU_VERSION);
		return printed(prog);
	default:
		return option_apply(prog, value, opts);
	}
}

int options_parse(const struct program_desc *prog, int argc, char **argv, void *opts)
{
	struct parser parser;
	int ret = -1;
	int value;

	parser_init(&parser, prog);
	optind = 0;	/* glibc: start afresh */
	opterr = 0;
	while (ret < 0) {
		value = getopt_long(argc, argv, parser.letters, parser.longs, NULL);
		if (value < 0)
			break;
		ret = option_handle(prog, &parser, value, argv, opts);
	}
	if (ret < 0 && optind < argc && !prog->operands)
		return usage_error(prog, "unexpected argument %s", argv[optind]);
	return ret;
}
