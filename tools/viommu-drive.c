// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The driver of a VM's virtio-iommu, without an operating system in the VM: it speaks to QEMU's
 * qtest socket. So a test can make QEMU map exactly what it wants, and knows each answer.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive/error.h"
#include "drive/request.h"
#include "drive/session.h"

/* Exit codes, as of all programs here. */
#define EXIT_FAILED 1
#define EXIT_USAGE 2

#define MAX_LINE 4096
#define MAX_WAIT_S 3600

/** struct options - the command line */
struct options {
	const char *socket;	/* the qtest socket */
	unsigned int wait_ms;	/* how long to wait for it */
	char **words;		/* @count words of requests; none: requests come from stdin */
	size_t count;
};

static void usage_print(FILE *out)
{
	fputs("usage: viommu-drive --socket PATH [--wait SECONDS] [REQUEST [, REQUEST]...]\n"
	      "Drives the virtio-iommu of a QEMU started with -qtest unix:PATH,server=on,wait=off\n"
	      "and prints one JSON object for each request. Without a REQUEST they are read from\n"
	      "standard input, one a line; '#' starts a comment. The device is reset first.\n\n",
	      out);
	request_print_usage(out);
	fputs("\nEP is a number or BUS:SLOT.FUNCTION. Numbers may be decimal or 0x hexadecimal.\n",
	      out);
}

static int wait_parse(const char *word, unsigned int *wait_ms)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(word, &end, 10);
	if (end == word || *end != '\0' || errno != 0 || seconds < 0 || seconds > MAX_WAIT_S)
		return drive_fail(EINVAL, "--wait takes 0 to %d seconds, not '%s'", MAX_WAIT_S,
				  word);
	*wait_ms = (unsigned int)seconds * 1000;
	return 0;
}

/* Returns 0, -EINVAL, or 1 when there is nothing more to do. */
static int options_parse(struct options *opts, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "wait", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	*opts = (struct options){ 0 };
	while ((c = getopt_long(argc, argv, "+s:w:h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			opts->socket = optarg;
			break;
		case 'w':
			if (wait_parse(optarg, &opts->wait_ms))
				return -EINVAL;
			break;
		case 'h':
			usage_print(stdout);
			return 1;
		default:
			return -EINVAL;
		}
	}
	if (!opts->socket)
		return drive_fail(EINVAL, "--socket PATH is needed; see --help");
	opts->words = argv + optind;
	opts->count = (size_t)(argc - optind);
	return 0;
}

/* The words up to the next lone comma. */
static size_t request_length(const struct options *opts, size_t first)
{
	size_t i;

	for (i = first; i < opts->count && strcmp(opts->words[i], ",") != 0; i++)
		;
	return i - first;
}

/* Go through the requests of the command line; without a session only look at them. */
static int words_run(const struct options *opts, struct session *s)
{
	struct request req;
	size_t i, n;
	int err;

	for (i = 0; i < opts->count; i += n + 1) {
		n = request_length(opts, i);
		err = request_parse(&req, opts->words + i, n, "command line");
		if (!err && s)
			err = session_run(s, &req);
		if (err)
			return err;
	}
	return 0;
}

/* One line of a script. Returns 0, -errno, and sets *usage where the line was the problem. */
static int line_run(struct session *s, char *line, const char *where, int *usage)
{
	char *words[REQUEST_MAX_WORDS + 1], *word, *state;
	struct request req;
	size_t count = 0;
	int err;

	line[strcspn(line, "#\n")] = '\0';
	for (word = strtok_r(line, " \t\r", &state); word; word = strtok_r(NULL, " \t\r", &state))
		if (count <= REQUEST_MAX_WORDS)
			words[count++] = word;
	if (count == 0)
		return 0;
	err = request_parse(&req, words, count, where);
	*usage = err != 0;
	return err ? err : session_run(s, &req);
}

static int script_run(struct session *s, int *usage)
{
	char line[MAX_LINE], where[32];
	unsigned int number = 0;
	int err = 0;

	while (!err && fgets(line, sizeof(line), stdin)) {
		snprintf(where, sizeof(where), "line %u", ++number);
		if (!strchr(line, '\n') && !feof(stdin)) {
			*usage = 1;
			return drive_fail(EINVAL, "%s: longer than %d bytes", where, MAX_LINE - 2);
		}
		err = line_run(s, line, where, usage);
	}
	if (!err && ferror(stdin))
		err = drive_fail(EIO, "cannot read standard input: %s", strerror(errno));
	return err;
}

int main(int argc, char **argv)
{
	struct options opts;
	struct session session;
	int usage = 0;
	int err = options_parse(&opts, argc, argv);

	if (err > 0)
		return EXIT_SUCCESS;
	if (err || words_run(&opts, NULL))
		return EXIT_USAGE;
	err = session_open(&session, opts.socket, opts.wait_ms, stdout);
	if (!err)
		err = opts.count ? words_run(&opts, &session) : script_run(&session, &usage);
	session_close(&session);
	if (usage)
		return EXIT_USAGE;
	return err ? EXIT_FAILED : EXIT_SUCCESS;
}
