/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real QEMU with its control connection, for tests that compare what we say with what it says. */
#ifndef VIOMMU_TESTS_QEMU_H
#define VIOMMU_TESTS_QEMU_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define QEMU "qemu-system-x86_64"

struct qemu {
	pid_t pid;
	FILE *in, *out;
};

/** Next JSON object that QEMU prints; NULL if it has ended. */
static inline json_t *qemu_read(struct qemu *q)
{
	return json_loadf(q->out, JSON_DISABLE_EOF_CHECK, NULL);
}

/** Answer ("return") to a command in JSON, which the caller gives up; NULL: none, or an error. */
static inline json_t *qemu_ask(struct qemu *q, const char *command)
{
	json_t *answer, *value;

	fprintf(q->in, "%s\n", command);
	do {	/* events come in between */
		answer = qemu_read(q);
		value = json_object_get(answer, "return");
		json_incref(value);
		if (answer && json_object_get(answer, "event")) {
			json_decref(answer);
			continue;
		}
		break;
	} while (true);
	json_decref(answer);
	return value;
}

static inline void qemu_stop(struct qemu *q)
{
	kill(q->pid, SIGKILL);
	waitpid(q->pid, NULL, 0);
	fclose(q->in);
	fclose(q->out);
}

/** Start it, paused, with these arguments up to NULL. False if there is no QEMU here. */
static inline bool qemu_start(struct qemu *q, const char *const *args)
{
	const char *argv[48] = { QEMU, "-S", "-nodefaults", "-display", "none", "-qmp", "stdio" };
	size_t argc = 7;
	int in[2], out[2];
	json_t *greeting;

	while (*args)
		argv[argc++] = *args++;
	signal(SIGPIPE, SIG_IGN);	/* it may end while it is written to */
	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	q->pid = fork();
	assert_true(q->pid >= 0);
	if (!q->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execvp(QEMU, (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	q->in = fdopen(in[1], "w");
	q->out = fdopen(out[0], "r");
	assert_true(q->in && q->out);
	setbuf(q->in, NULL);
	greeting = qemu_read(q);
	if (!greeting) {
		qemu_stop(q);
		return false;
	}
	json_decref(greeting);
	json_decref(qemu_ask(q, "{\"execute\":\"qmp_capabilities\"}"));
	return true;
}

/** A property of the device with this id; NULL: none. */
static inline json_t *qemu_property(struct qemu *q, const char *id, const char *property)
{
	char command[256];

	snprintf(command, sizeof(command), "{\"execute\":\"qom-get\",\"arguments\":{\"path\":"
		 "\"/machine/peripheral/%s\",\"property\":\"%s\"}}", id, property);
	return qemu_ask(q, command);
}

#endif
