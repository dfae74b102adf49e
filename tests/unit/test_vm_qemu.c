// SPDX-License-Identifier: GPL-2.0-or-later
/* Real QEMUs, found through /proc: what we read is what QEMU itself says that it is called. */
#include "qemu.h"

#include "host/vm.h"

/** Starts soonest. */
#define NO_MACHINE "-M", "none"
#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

/* The member of the answer to a command; "" if there is none. */
static void qemu_query(struct qemu *q, const char *command, const char *member, char *buf,
		       size_t size)
{
	json_t *answer = qemu_ask(q, command);
	const char *value = json_string_value(json_object_get(answer, member));

	snprintf(buf, size, "%s", value ? value : "");
	json_decref(answer);
}

static void names_are_what_qemu_says(void **state)
{
	static const struct {
		const char *args[10];
	} rows[] = {
		{ { NO_MACHINE, "-name", "guest=a,,b c,debug-threads=on" } },
		{ { NO_MACHINE, "-name", "a,,b c" } },
		{ { NO_MACHINE, "-name", "debug-threads=on,guest=g", "-uuid", UUID } },
		{ { NO_MACHINE, "-name", "a,process=other", "-name", "debug-threads=on" } },
		{ { NO_MACHINE, "-name", "a", "-name", "guest=b" } },
		{ { NO_MACHINE, "-name", "guest=a,guest=k=v" } },
		{ { NO_MACHINE, "-name", "guest=,,,,x,,,debug-threads=on" } },
		{ { NO_MACHINE, "-name", "a,,b=c" } },
		{ { NO_MACHINE, "--name", "b\xc3\xbcro", "--uuid", "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0" } },
		{ { NO_MACHINE, "-L", "-name", "-L", "--uuid", "-name", "real" } },
		{ { NO_MACHINE, "-no-reboot", "-snapshot", "-enable-sync-profile", "-name", "-dash" } },
		{ { NO_MACHINE, "-smbios", "type=1,manufacturer=a,,uuid=b,uuid=" UUID, "-name", "s" } },
		{ { NO_MACHINE, "-name", "x", "-name", "guest=" } },
		{ { NO_MACHINE, "-uuid", UUID } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[VIOMMU_NAME_LEN], uuid[64];
		struct host_process p = { .pid = 0 };
		struct viommu_vm vm;
		struct qemu q;

		if (!qemu_start(&q, rows[i].args)) {
			print_message("row %zu: " QEMU " does not start here\n", i);
			assert_int_equal(i, 0);
			skip();
		}
		qemu_query(&q, "{\"execute\":\"query-name\"}", "name", name, sizeof(name));
		qemu_query(&q, "{\"execute\":\"query-uuid\"}", "UUID", uuid, sizeof(uuid));
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
