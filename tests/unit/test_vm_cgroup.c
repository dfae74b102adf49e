// SPDX-License-Identifier: GPL-2.0-or-later
/* Cgroup paths of libvirt, Proxmox and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "host/source.h"

#define LIBVIRT "libvirt"
#define BAD "\xef\xbf\xbd"
#define SLICE "/machine.slice/machine-qemu"
#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcde"

static const struct row {
	const char *path;
	const char *manager;
	const char *name;
	uint32_t vmid;
} rows[] = {
	/* libvirt with systemd, with and without its own level below */
	{ SLICE "\\x2d12\\x2dguest1.scope", LIBVIRT, "guest1", 0 },
	{ SLICE "\\x2d12\\x2dguest1.scope/libvirt/emulator", LIBVIRT, "guest1", 0 },
	{ SLICE "\\x2d12\\x2dguest1.scope/libvirt/vcpu0", LIBVIRT, "guest1", 0 },
	{ "/machine.slice/machine-a.slice/machine-qemu\\x2d1\\x2dvm.scope", LIBVIRT, "vm", 0 },
	{ "/virt.slice/machine-qemu\\x2d1\\x2dvm.scope/emulator", LIBVIRT, "vm", 0 },
	{ SLICE "-1-guest1.scope", LIBVIRT, "guest1", 0 },
	/* names that a sed of escapes would damage */
	{ SLICE "\\x2d1\\x2dweb\\x2d1.scope", LIBVIRT, "web-1", 0 },
	{ SLICE "\\x2d1\\x2dx2d1.scope", LIBVIRT, "x2d1", 0 },
	{ SLICE "\\x2d7\\x2d7.scope", LIBVIRT, "7", 0 },
	{ SLICE "\\x2d7\\x2d12\\x2da.scope", LIBVIRT, "12-a", 0 },
	{ SLICE "\\x2d1\\x2da.scope.scope", LIBVIRT, "a.scope", 0 },
	{ SLICE "\\x2d1\\x2db\\xc3\\xbcro.scope", LIBVIRT, "b\xc3\xbcro", 0 },
	{ SLICE "\\x2d1\\x2d\\x1b\\xff.scope", LIBVIRT, BAD BAD, 0 },
	{ SLICE "\\x2d1\\x2d" LONG ".scope", LIBVIRT, LONG, 0 },
	/* old and embedded libvirt */
	{ SLICE "\\x2dguest1.scope", LIBVIRT, "guest1", 0 },
	{ SLICE "\\x2dembed\\x2d0a1b2c3d\\x2d4\\x2dg.scope", LIBVIRT, "g", 0 },
	{ SLICE "\\x2d3\\x2dembed.scope", LIBVIRT, "embed", 0 },
	/* libvirt without systemd */
	{ "/machine/qemu-1-vm1.libvirt-qemu", LIBVIRT, "vm1", 0 },
	{ "/machine/qemu-1-vm1.libvirt-qemu/emulator", LIBVIRT, "vm1", 0 },
	{ "/machine/production.partition/qemu-12-web-1.libvirt-qemu/vcpu1", LIBVIRT, "web-1", 0 },
	{ "/machine/vm1.libvirt-qemu", LIBVIRT, "vm1", 0 },
	/* Proxmox */
	{ "/qemu.slice/8006.scope", "proxmox", "", 8006 },
	{ "/qemu.slice/8006.scope/child", "proxmox", "", 8006 },
	/* the outermost name counts */
	{ SLICE "\\x2d1\\x2da.scope/machine-qemu\\x2d2\\x2db.scope", LIBVIRT, "a",
	  0 },
	/* none */
	{ "", NULL, "", 0 },
	{ "/", NULL, "", 0 },
	{ "////", NULL, "", 0 },
	{ "/8006.scope", NULL, "", 0 },
	{ "/qemu.slice/x/8006.scope", NULL, "", 0 },
	{ "/qemu.slice/80x06.scope", NULL, "", 0 },
	{ "/qemu.slice/99999999999.scope", NULL, "", 0 },
	{ "/qemu.slice", NULL, "", 0 },
	{ SLICE "\\x2d12\\x2dguest1.service", NULL, "", 0 },
	{ "/machine.slice/machine-lxc\\x2d12\\x2dguest1.scope", NULL, "", 0 },
	{ SLICE "\\x2d.scope", NULL, "", 0 },
	{ "/machine.slice/machine-.scope", NULL, "", 0 },
	{ SLICE ".scope", NULL, "", 0 },
	{ "/machine/.libvirt-qemu", NULL, "", 0 },
	{ "/machine/qemu-.libvirt-qemu", NULL, "", 0 },
	{ "/user.slice/user-1000.slice/session-3.scope", NULL, "", 0 },
	{ "/kubepods.slice/kubepods-burstable.slice/cri-containerd-0a1b.scope", NULL, "", 0 },
};

static void each_path_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_scope scope;

		host_scope_parse(&scope, rows[i].path);
		if (strcmp(scope.name, rows[i].name))
			print_error("%s\n", rows[i].path);
		assert_string_equal(scope.name, rows[i].name);
		assert_int_equal(scope.vmid, rows[i].vmid);
		assert_int_equal(!scope.manager, !rows[i].manager);
		if (scope.manager)
			assert_string_equal(scope.manager, rows[i].manager);
	}
}

static void long_paths_are_bounded(void **state)
{
	char path[4 * VIOMMU_CGROUP_LEN];
	struct host_scope scope;

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path, "/machine-qemu\\x2d1\\x2d", strlen("/machine-qemu\\x2d1\\x2d"));
	strcpy(path + sizeof(path) - sizeof(".scope"), ".scope");
	host_scope_parse(&scope, path);
	assert_int_equal(strlen(scope.name), VIOMMU_NAME_LEN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_is_understood),
		cmocka_unit_test(long_paths_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
