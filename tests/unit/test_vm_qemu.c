// SPDX-License-Identifier: GPL-2.0-or-later
/* Real QEMUs, found through /proc: what we read is what QEMU itself says that it is called. */
#include "tree.h"

#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#include "host/vm.h"

#define QEMU "qemu-system-x86_64"
#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

/** A QEMU with its control connection. */
struct qemu {
	pid_t pid;
	FILE *in, *out;
};

static void qemu_start(struct qemu *q, const char *const *args)
{
	const char *argv[24] = { QEMU, "-S", "-nodefaults", "-M", "none", "-display", "none",
				 "-qmp", "stdio" };
	size_t argc = 9;
	int in[2], out[2];

	while (*args)
		argv[argc++] = *args++;
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
}

static void qemu_stop(struct qemu *q)
{
	kill(q->pid, SIGKILL);
	waitpid(q->pid, NULL, 0);
	fclose(q->in);
	fclose(q->out);
}

/* Next JSON object that QEMU prints; NULL if it has ended. */
static json_t *qemu_read(struct qemu *q)
{
	return json_loadf(q->out, JSON_DISABLE_EOF_CHECK, NULL);
}

/* The member of the answer to a command; "" if there is none. */
static void qemu_ask(struct qemu *q, const char *command, const char *member, char *buf,
		     size_t size)
{
	json_t *answer, *value;

	fprintf(q->in, "{\"execute\":\"%s\"}\n", command);
	answer = qemu_read(q);
	assert_non_null(answer);
	value = json_object_get(json_object_get(answer, "return"), member);
	snprintf(buf, size, "%s", value ? json_string_value(value) : "");
	json_decref(answer);
}

/* Wait until it has read its arguments; false if there is no QEMU here. */
static bool qemu_ready(struct qemu *q)
{
	json_t *greeting = qemu_read(q);
	char none[8];

	if (!greeting)
		return false;
	json_decref(greeting);
	qemu_ask(q, "qmp_capabilities", "", none, sizeof(none));
	return true;
}

static void names_are_what_qemu_says(void **state)
{
	static const struct {
		const char *args[8];
	} rows[] = {
		{ { "-name", "guest=a,,b c,debug-threads=on" } },
		{ { "-name", "a,,b c" } },
		{ { "-name", "debug-threads=on,guest=g", "-uuid", UUID } },
		{ { "-name", "a,process=other", "-name", "debug-threads=on" } },
		{ { "-name", "a", "-name", "guest=b" } },
		{ { "-name", "guest=a,guest=k=v" } },
		{ { "-name", "guest=,,,,x,,,debug-threads=on" } },
		{ { "-name", "a,,b=c" } },
		{ { "--name", "b\xc3\xbcro", "--uuid", "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0" } },
		{ { "-L", "-name", "-L", "--uuid", "-name", "real" } },
		{ { "-no-reboot", "-snapshot", "-enable-sync-profile", "-name", "-dash" } },
		{ { "-smbios", "type=1,manufacturer=a,,uuid=b,uuid=" UUID, "-name", "s" } },
		{ { "-name", "x", "-name", "guest=" } },
		{ { "-uuid", UUID } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[VIOMMU_NAME_LEN], uuid[64];
		struct host_process p = { .pid = 0 };
		struct viommu_vm vm;
		struct qemu q;

		qemu_start(&q, rows[i].args);
		if (!qemu_ready(&q)) {
			qemu_stop(&q);
			print_message("row %zu: " QEMU " does not start here\n", i);
			assert_int_equal(i, 0);
			skip();
		}
		qemu_ask(&q, "query-name", "name", name, sizeof(name));
		qemu_ask(&q, "query-uuid", "UUID", uuid, sizeof(uuid));
		p.pid = (uint32_t)q.pid;
		assert_int_equal(host_process_read(&p, ""), 0);
		host_vm_identify(&vm, &p, "");
		assert_true(host_process_alive(&p, ""));
		qemu_stop(&q);
		assert_false(host_process_alive(&p, ""));

		if (!name[0])
			snprintf(name, sizeof(name), "pid:%u", p.pid);
		if (!strcmp(uuid, "00000000-0000-0000-0000-000000000000"))
			uuid[0] = '\0';
		assert_string_equal(vm.name, name);
		assert_string_equal(vm.uuid, uuid);
		assert_string_equal(vm.manager, "qemu");
		assert_int_equal(vm.vmm, VIOMMU_VMM_QEMU);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_are_what_qemu_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
