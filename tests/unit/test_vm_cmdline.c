// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines of QEMU and of others. What QEMU itself makes of -name: test_vm_qemu.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/source.h"

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define UUID2 "1f8b6c62-8ef0-4d06-8eb0-1b8c1dd4f8b1"
#define BAD "\xef\xbf\xbd"
#define Q "qemu-system-x86_64"

/** A row: arguments up to NULL, and what they say. */
struct row {
	const char *argv[12];
	bool qemu;
	const char *name;
	const char *uuid;
	uint32_t vmid;
};

static const struct row rows[] = {
	/* -name in its two forms, in any order */
	{ { Q, "-name", "guest1" }, true, "guest1", "", 0 },
	{ { Q, "-name", "guest1,debug-threads=on" }, true, "guest1", "", 0 },
	{ { Q, "-name", "guest=guest1" }, true, "guest1", "", 0 },
	{ { Q, "-name", "guest=guest1,debug-threads=on" }, true, "guest1", "", 0 },
	{ { Q, "-name", "debug-threads=on,guest=guest1" }, true, "guest1", "", 0 },
	{ { Q, "-name", "process=x,guest=guest1" }, true, "guest1", "", 0 },
	{ { Q, "-name", "guest1,debug-threads" }, true, "guest1", "", 0 },
	{ { Q, "-name", "guest1,process=guest=x" }, true, "guest1", "", 0 },
	{ { Q, "--name", "guest1" }, true, "guest1", "", 0 },
	{ { Q, "-S", "--name", "guest=a", "-uuid", UUID }, true, "a", UUID, 0 },
	/* the last one counts, and lists merge */
	{ { Q, "-name", "a", "-name", "b" }, true, "b", "", 0 },
	{ { Q, "-name", "a", "-name", "debug-threads=on" }, true, "a", "", 0 },
	{ { Q, "-name", "guest=a,guest=b" }, true, "b", "", 0 },
	/* what names may hold */
	{ { Q, "-name", "a,,b c" }, true, "a,b c", "", 0 },
	{ { Q, "-name", "guest=a,,b c,debug-threads=on" }, true, "a,b c", "", 0 },
	{ { Q, "-name", "guest=,,,,,,x" }, true, ",,,x", "", 0 },
	{ { Q, "-name", "guest=a,,,debug-threads=on" }, true, "a,", "", 0 },
	{ { Q, "-name", "guest=k=v" }, true, "k=v", "", 0 },
	{ { Q, "-name", "a,,b=c" }, true, "a,b=c", "", 0 },
	{ { Q, "-name", "guest=b\xc3\xbcro" }, true, "b\xc3\xbcro", "", 0 },
	{ { Q, "-name", "guest=\xff\x1b[2Jx" }, true, BAD BAD "[2Jx", "", 0 },
	{ { Q, "-name", "guest=a\nb" }, true, "a" BAD "b", "", 0 },
	{ { Q, "-name", "guest=../../etc/passwd" }, true, "../../etc/passwd", "", 0 },
	{ { Q, "-name", "guest=default_vm-test-01" }, true, "default_vm-test-01", "", 0 },
	{ { Q, "-name", "guest=instance-0000001d" }, true, "instance-0000001d", "", 0 },
	{ { Q, "-name", "-dash" }, true, "-dash", "", 0 },
	/* no name */
	{ { Q }, true, "", "", 0 },
	{ { Q, "-name" }, true, "", "", 0 },
	{ { Q, "-name", "" }, true, "", "", 0 },
	{ { Q, "-name", "guest=" }, true, "", "", 0 },
	{ { Q, "-name", "a", "-name", "guest=" }, true, "", "", 0 },
	{ { Q, "-name", "debug-threads=on" }, true, "", "", 0 },
	{ { Q, "-name", "process=x" }, true, "", "", 0 },
	/* what only looks like an option: a kernel's arguments, values, disk images */
	{ { Q, "-append", "-name", "x" }, true, "", "", 0 },
	{ { Q, "-append", "-name evil", "-name", "a" }, true, "a", "", 0 },
	{ { Q, "-kernel", "-name", "-name", "a" }, true, "a", "", 0 },
	{ { Q, "disk.img", "-name", "a" }, true, "a", "", 0 },
	{ { Q, "-nographic", "-snapshot", "-enable-kvm", "-name", "a" }, true, "a", "", 0 },
	{ { Q, "-daemonize", "-no-reboot", "-only-migratable", "-name", "a" }, true, "a", "", 0 },
	{ { Q, "-names", "x", "-nam", "y" }, true, "", "", 0 },
	{ { Q, "-name=x" }, true, "", "", 0 },
	/* UUIDs */
	{ { Q, "-uuid", "4DEA22B3-1D52-D8F3-2516-782E98AB3FA0" }, true, "", UUID, 0 },
	{ { Q, "-uuid", UUID2, "-uuid", UUID }, true, "", UUID, 0 },
	{ { Q, "-uuid", "no uuid" }, true, "", "", 0 },
	{ { Q, "-smbios", "type=1,manufacturer=a,,uuid=b,uuid=" UUID }, true, "", UUID, 0 },
	{ { Q, "-smbios", "uuid=" UUID ",type=1" }, true, "", UUID, 0 },
	{ { Q, "-smbios", "type=3,uuid=" UUID }, true, "", "", 0 },
	{ { Q, "-smbios", "type=1,serial=x", "-uuid", UUID }, true, "", UUID, 0 },
	{ { Q, "-smbios", "type=0,vendor", "-smbios", "" }, true, "", "", 0 },
	/* Proxmox */
	{ { "/usr/bin/kvm", "-id", "8006", "-name", "vm8006" }, true, "vm8006", "", 8006 },
	{ { "/usr/bin/kvm", "-id", "8006", "-name", "db-1.example,debug-threads=on", "-no-shutdown",
	    "-pidfile", "/var/run/qemu-server/8006.pid", "-daemonize", "-smbios",
	    "type=1,uuid=" UUID2 }, true, "db-1.example", UUID2, 8006 },
	{ { "/usr/bin/kvm", "-id", "x" }, true, "", "", 0 },
	/* which programs are QEMU */
	{ { "/usr/libexec/qemu-kvm", "-name", "guest=rhel" }, true, "rhel", "", 0 },
	{ { "qemu-system-aarch64", "-name", "arm" }, true, "arm", "", 0 },
	{ { "/nix/store/x/bin/.qemu-system-x86_64-wrapped", "-name", "n" }, true, "n", "", 0 },
	{ { "/usr/bin/qemu-img", "-name", "x" }, false, "", "", 0 },
	{ { "/opt/qemu-system-x86_64/bin/dpdk-testpmd", "-name", "x" }, false, "", "", 0 },
	{ { "cloud-hypervisor", "--name", "x", "--device", "path=/sys/x" }, false, "", "", 0 },
	{ { "/usr/bin/crosvm", "run", "--name", "x" }, false, "", "", 0 },
	{ { "spdk_tgt", "-m", "0x3" }, false, "", "", 0 },
	{ { "" }, false, "", "", 0 },
};

static void argv_set(struct host_process *p, const char *const *argv)
{
	memset(p, 0, sizeof(*p));
	for (; *argv; argv++) {
		memcpy(p->argv + p->argv_len, *argv, strlen(*argv) + 1);
		p->argv_len += strlen(*argv) + 1;
	}
}

static void each_row_is_understood(void **state)
{
	(void)state;
	assert_true(sizeof(rows) / sizeof(rows[0]) >= 40);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct host_cmdline cmd;
		struct host_process p;

		argv_set(&p, row->argv);
		host_cmdline_parse(&cmd, &p);
		if (strcmp(cmd.name, row->name))
			print_error("row %zu\n", i);
		assert_true(cmd.known);
		assert_int_equal(cmd.qemu, row->qemu);
		assert_string_equal(cmd.name, row->name);
		assert_string_equal(cmd.uuid, row->uuid);
		assert_int_equal(cmd.vmid, row->vmid);
	}
}

static void comm_is_enough_to_be_qemu(void **state)
{
	static const struct {
		const char *comm;
		bool qemu;
	} names[] = {
		{ "qemu-system-x86", true }, { "qemu-kvm", true }, { "kvm", true },
		{ ".qemu-system-x8", true }, { "kvm-nx-lpage-re", false }, { "qemu-img", false },
		{ "dpdk-testpmd", false }, { "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct host_process p = { .argv_len = 0 };
		struct host_cmdline cmd;

		snprintf(p.comm, sizeof(p.comm), "%s", names[i].comm);
		host_cmdline_parse(&cmd, &p);
		assert_false(cmd.known);
		assert_int_equal(cmd.qemu, names[i].qemu);
	}
}

/* A name that is not whole would be another VM's. */
static void cut_arguments_are_dropped(void **state)
{
	static const char *const argv[] = { Q, "-name", "guest=first", "-name", "guest=second",
					    NULL };
	struct host_cmdline cmd;
	struct host_process p;

	(void)state;
	argv_set(&p, argv);
	p.argv_len -= 3;
	host_cmdline_parse(&cmd, &p);
	assert_string_equal(cmd.name, "seco");
	p.argv_cut = true;
	host_cmdline_parse(&cmd, &p);
	assert_string_equal(cmd.name, "first");
	p.argv_len = 5;
	host_cmdline_parse(&cmd, &p);
	assert_false(cmd.known);
}

static void long_arguments_are_bounded(void **state)
{
	struct host_process p = { .argv_len = VIOMMU_ARGV_LEN };
	struct host_cmdline cmd;

	(void)state;
	memset(p.argv, 'x', sizeof(p.argv));
	memcpy(p.argv, Q "\0-name", sizeof(Q "\0-name"));
	host_cmdline_parse(&cmd, &p);
	assert_int_equal(strlen(cmd.name), VIOMMU_NAME_LEN - 1);
	memset(p.argv, ',', sizeof(p.argv));
	host_cmdline_parse(&cmd, &p);
	memset(p.argv, 0, sizeof(p.argv));
	host_cmdline_parse(&cmd, &p);
	assert_string_equal(cmd.name, "");
	p.argv_len = SIZE_MAX;
	host_cmdline_parse(&cmd, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_understood),
		cmocka_unit_test(comm_is_enough_to_be_qemu),
		cmocka_unit_test(cut_arguments_are_dropped),
		cmocka_unit_test(long_arguments_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
