// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl fleet: what Prometheus knows of all hosts, judged together. */
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/fleet.h"
#include "cli/output.h"
#include "host/text.h"

#define NS_PER_SECOND 1000000000ULL
/** Silence for longer is explained. */
#define PATIENCE_NS (2 * NS_PER_SECOND)

/** What a person at a terminal is told while an answer is awaited. */
struct waiting {
	const struct fleet_opts *opts;
	uint64_t told;		/**< seconds; 0: nothing yet */
};

static void waiting_tell(void *ctx, uint64_t waited_ns)
{
	struct waiting *w = ctx;
	const uint64_t seconds = waited_ns / NS_PER_SECOND;

	if (waited_ns < PATIENCE_NS || seconds == w->told)
		return;
	w->told = seconds;
	fprintf(stderr, "\rwaiting for %s: %llu of %llu s ", w->opts->ask.http.url,
		(unsigned long long)seconds,
		(unsigned long long)(w->opts->ask.http.timeout_ns / NS_PER_SECOND));
	fflush(stderr);
}

/* What came from outside is made printable here, for all messages. */
static int fail(const char *text)
{
	char clean[HTTP_MESSAGE];

	host_text_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(stderr, "viommuctl fleet: %s\n", clean);
	return EXIT_FAILED;
}

static int fleet_ask(struct fleet *f, struct prometheus_notes *notes, struct fleet_opts *opts)
{
	struct waiting waiting = { .opts = opts };
	char err[HTTP_MESSAGE];
	int ret;

	if (isatty(STDERR_FILENO)) {
		opts->ask.http.wait = waiting_tell;
		opts->ask.http.ctx = &waiting;
	}
	/* A TLS connection that the server has closed. */
	signal(SIGPIPE, SIG_IGN);
	ret = prometheus_ask(f, notes, &opts->ask, err, sizeof(err));
	signal(SIGPIPE, SIG_DFL);
	if (waiting.told)
		fprintf(stderr, "\r\x1b[K");
	return ret ? fail(err) : -1;
}

static int fleet_show(const struct fleet_view *v, bool json)
{
	char text[HTTP_MESSAGE];
	int err;

	if (!v->f->host_count) {
		snprintf(text, sizeof(text), "%s has no series of viommud%s%s: does it collect "
			 "/metrics of the hosts?", v->url, v->selector[0] ? " with " : "",
			 v->selector);
		return fail(text);
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	err = json ? fleet_print_json(stdout, v)
		   : fleet_print_table(stdout, v, output_terminal_width(stdout));
	if (err) {
		snprintf(text, sizeof(text), "cannot write the output: %s", strerror(-err));
		return fail(text);
	}
	if (fleet_found(v->f))
		return EXIT_FOUND;
	if (v->notes->count || v->notes->more)
		return fail("the server says that its answer may not be the whole: see the warnings");
	if (!v->f->safe_bits)
		return fail("the limits of no host are known");
	return fleet_all_known(v->f) ? EXIT_DONE : EXIT_FOUND;
}

static int fleet_run(int argc, char **argv)
{
	struct prometheus_notes notes = { .count = 0 };
	struct fleet_opts opts;
	struct fleet f;
	char err[128];
	int code;

	fleet_opts_init(&opts);
	fleet_init(&f);
	code = options_parse(&fleet_program, argc, argv, &opts);
	if (code >= 0)
		return code;
	if (fleet_opts_check(&opts, err, sizeof(err))) {
		fprintf(stderr, "%s: %s; see %s --help\n", fleet_program.name, err,
			fleet_program.name);
		return EXIT_USAGE;
	}
	code = fleet_ask(&f, &notes, &opts);
	if (code < 0)
		code = fleet_show(&(struct fleet_view){ &f, &notes, opts.ask.http.url,
							opts.ask.selector }, opts.command.json);
	prometheus_notes_fini(&notes);
	fleet_fini(&f);
	return code;
}

const struct command command_fleet = { .program = &fleet_program, .run = fleet_run };
