// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain while its input is being written: the command as a process of its own, between two pipes.
 * What comes out is read while the input is open, so that nothing of it can be from the end.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/command.h"

/* QEMU's second line; a guest's IOVA, without a cause in it. */
#define FAILED(iova) "qemu-kvm: vfio_container_dma_map(0x56, " iova ", 0x1000, 0x7efe9cb00000) = " \
		     "-22 (Invalid argument)\n"
#define NOISE "Nov 21 04:20:05 host systemd[1]: Started a session.\n"
/* Four times what the command takes to tell; a loaded machine is slow, not broken. */
#define PATIENCE_MS 20000

struct live {
	pid_t pid;
	int in, out;
	char text[65536];	/* all that came out */
	size_t len;
};

static void live_child(const int *in, const int *out, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
	argc = command_explain.run(argc, argv);
	fflush(stdout);
	_exit(argc);
}

static void live_start(struct live *l, char **argv)
{
	int in[2], out[2];

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	fflush(stdout);
	l->pid = fork();
	assert_true(l->pid >= 0);
	if (!l->pid)
		live_child(in, out, argv);
	close(in[0]);
	close(out[1]);
	l->in = in[1];
	l->out = out[0];
	l->len = 0;
	l->text[0] = '\0';
}

static void live_write(const struct live *l, const char *text)
{
	assert_int_equal(write(l->in, text, strlen(text)), strlen(text));
}

/* False at the end, or if nothing comes for so long. */
static bool live_read(struct live *l, int ms)
{
	struct pollfd p = { .fd = l->out, .events = POLLIN };
	ssize_t n;

	assert_true(l->len < sizeof(l->text) - 1);
	if (poll(&p, 1, ms) <= 0)
		return false;
	n = read(l->out, l->text + l->len, sizeof(l->text) - 1 - l->len);
	assert_true(n >= 0);
	l->len += (size_t)n;
	l->text[l->len] = '\0';
	return n;
}

/* Wait for the words; what comes next stands behind the offset that is given back. */
static size_t live_until(struct live *l, size_t from, const char *words)
{
	const char *found;

	while (!(found = strstr(l->text + from, words)))
		if (!live_read(l, PATIENCE_MS))
			fail_msg("no '%s' in: %s", words, l->text + from);
	return (size_t)(found - l->text) + strlen(words);
}

/* All that comes; status of the command. */
static int live_end(struct live *l)
{
	int status;

	if (l->in >= 0)
		close(l->in);
	while (live_read(l, PATIENCE_MS))
		;
	close(l->out);
	assert_int_equal(waitpid(l->pid, &status, 0), l->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static size_t times(const char *text, const char *words)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, words)); at += strlen(words))
		count++;
	return count;
}

static char name[] = "explain", output[] = "-o", json[] = "json";
static char *for_people[] = { name, NULL };
static char *for_programs[] = { name, output, json, NULL };

static void finding_is_told_while_the_input_is_open(void **state)
{
	struct live l;
	size_t at;

	(void)state;
	live_start(&l, for_people);
	live_write(&l, NOISE FAILED("0x8000000000"));
	at = live_until(&l, 0, "stdin:2: warning: unknown\n");
	at = live_until(&l, at, "\n\n");
	assert_int_equal(at, l.len);	/* whole, and no summary yet */
	live_write(&l, FAILED("0x8000002000") FAILED("0x8000004000"));
	at = live_until(&l, at, "stdin:2: warning: unknown (3 times, up to line 4)\n");
	live_write(&l, NOISE);
	assert_int_equal(live_end(&l), EXIT_FOUND);
	live_until(&l, at, "1 finding in 5 lines");
	assert_int_equal(times(l.text, "  why "), 1);
	assert_int_equal(times(l.text, "stdin:2:"), 2);
}

/* A line that is said at once with the one before is of the same failure, not of another. */
static void lines_of_one_failure_are_told_together(void **state)
{
	struct live l;

	(void)state;
	live_start(&l, for_people);
	live_write(&l, "qemu-kvm: VFIO_MAP_DMA failed: Invalid argument\n");
	assert_false(live_read(&l, 300));
	live_write(&l, FAILED("0x8000000000"));
	live_until(&l, 0, "stdin:1: warning: unknown\n");
	live_write(&l, "half a line without an end");
	assert_false(live_read(&l, 2000));
	assert_int_equal(live_end(&l), EXIT_FOUND);
	assert_int_equal(times(l.text, "stdin:"), 1);
	assert_int_equal(times(l.text, "1 finding in "), 1);
}

/* What comes after a finding was told makes it another: said so, and under the same number. */
static void what_comes_later_changes_what_was_told(void **state)
{
	struct live l;
	size_t at;

	(void)state;
	live_start(&l, for_programs);
	live_write(&l, FAILED("0x8000000000"));
	at = live_until(&l, 0, "{\"v\":1,\"id\":1,\"change\":\"new\",");
	at = live_until(&l, at, "\"count\":1,");
	at = live_until(&l, at, "\"reason\":\"unknown\"");
	live_write(&l, FAILED("0x8000002000"));
	at = live_until(&l, at, "{\"v\":1,\"id\":1,\"change\":\"repeated\",");
	at = live_until(&l, at, "\"count\":2,");
	live_write(&l, "0x0000008000000000 0x0000008000ffffff direct\n");
	at = live_until(&l, at, "{\"v\":1,\"id\":1,\"change\":\"updated\",");
	live_until(&l, at, "\"reason\":\"reserved_region\"");
	assert_int_equal(live_end(&l), EXIT_FOUND);
	assert_int_equal(times(l.text, "\n"), 3);	/* at the end nothing was new */
}

static void fault_at_a_later_failure_is_withdrawn(void **state)
{
	struct live l;
	size_t at;

	(void)state;
	live_start(&l, for_people);
	live_write(&l, "DMAR: [DMA Read NO_PASID] Request device [02:00.0] fault addr 0x8000000000 "
		       "[fault reason 0x06] PTE Read access is not set\n");
	at = live_until(&l, 0, "stdin:1: ");
	live_write(&l, FAILED("0x8000000000"));
	at = live_until(&l, at, "stdin:1: withdrawn: ");
	at = live_until(&l, at, "stdin:2: ");
	live_until(&l, at, "accessed it 1 times later");
	assert_int_equal(live_end(&l), EXIT_FOUND);
	live_until(&l, at, "1 finding in 2 lines");
}

/* A log that never pauses for a second. */
static void input_without_a_pause_is_told_of_too(void **state)
{
	struct live l;
	bool told = false;

	(void)state;
	live_start(&l, for_people);
	live_write(&l, FAILED("0x8000000000"));
	for (int i = 0; i < PATIENCE_MS / 100 && !told; i++) {
		live_write(&l, NOISE);
		told = live_read(&l, 100);
	}
	assert_true(told);
	assert_int_equal(live_end(&l), EXIT_FOUND);
}

/* Ctrl-C ends the input: what was not told yet is told, and the summary. */
static void signal_ends_the_input_only(void **state)
{
	struct live l;
	size_t at;

	(void)state;
	live_start(&l, for_people);
	live_write(&l, FAILED("0x8000000000"));
	at = live_until(&l, 0, "stdin:1: ");
	live_write(&l, FAILED("0x8000002000"));
	poll(NULL, 0, 200);
	kill(l.pid, SIGINT);
	at = live_until(&l, at, "(2 times, up to line 2)");
	live_until(&l, at, "1 finding in 2 lines");
	assert_int_equal(live_end(&l), EXIT_FOUND);
}

/* What is there at once is told once, as of a file. */
static void input_without_waiting_is_as_a_file(void **state)
{
	struct live l;

	(void)state;
	live_start(&l, for_people);
	live_write(&l, FAILED("0x8000000000") FAILED("0x8000002000"));
	assert_int_equal(live_end(&l), EXIT_FOUND);
	assert_int_equal(strncmp(l.text, "stdin:1: warning: unknown (2 times, up to line 2)\n", 50), 0);
	assert_int_equal(times(l.text, "stdin:"), 1);
	live_start(&l, for_people);
	assert_int_equal(live_end(&l), EXIT_DONE);
	assert_string_equal(l.text, "No failure of a DMA mapping found in 0 lines (0 B)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding_is_told_while_the_input_is_open),
		cmocka_unit_test(lines_of_one_failure_are_told_together),
		cmocka_unit_test(what_comes_later_changes_what_was_told),
		cmocka_unit_test(fault_at_a_later_failure_is_withdrawn),
		cmocka_unit_test(input_without_a_pause_is_told_of_too),
		cmocka_unit_test(signal_ends_the_input_only),
		cmocka_unit_test(input_without_waiting_is_as_a_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
