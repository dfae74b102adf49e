// SPDX-License-Identifier: GPL-2.0-or-later
/* Which VM a process is, over the folders that libvirt and Proxmox leave. */
#include "identify.h"

#define GUEST1 "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define XML "run/libvirt/qemu/guest1.xml"
#define PIDFILE "run/libvirt/qemu/guest1.pid"

static void libvirt_status_comes_first(void **state)
{
	char *root = tree_new("libvirt");
	struct viommu_vm vm;

	(void)state;
	vm = identify(root, 4711);
	check_vm(&vm, VIOMMU_VM_LIBVIRT, "guest1", GUEST1, "libvirt", VIOMMU_VMM_QEMU);
	vm = identify(root, 4712);
	check_vm(&vm, VIOMMU_VM_LIBVIRT, "b\xc3\xbcro, 2 &", "6c3c1a9e-99b0-4bee-9b5d-5ccb7d2e8d10",
		 "libvirt", VIOMMU_VMM_QEMU);
	vm = identify(root, 4713);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "only pid", "", "libvirt", VIOMMU_VMM_QEMU);
	tree_free(root);
}

/* Each source that goes leaves the answer to the next one. */
static void sources_follow_each_other(void **state)
{
	static const char scope[] = "/machine.slice/machine-qemu\\x2d12\\x2dguest1.scope";
	char *root = tree_new("libvirt");
	char path[PATH_MAX];
	struct host_process p;
	struct viommu_vm vm;

	(void)state;
	remove(tree_path(path, root, XML));
	vm = identify(root, 4711);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "guest1", GUEST1, "libvirt", VIOMMU_VMM_QEMU);
	remove(tree_path(path, root, PIDFILE));
	vm = identify(root, 4711);
	check_vm(&vm, VIOMMU_VM_CMDLINE, "guest1", GUEST1, "libvirt", VIOMMU_VMM_QEMU);

	p = recorded(99, "qemu-system-x86", "qemu-system-x86_64\0-S\0");
	snprintf(p.cgroup, sizeof(p.cgroup), "%s", scope);
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_CGROUP, "guest1", "", "libvirt", VIOMMU_VMM_QEMU);
	p.cgroup[0] = '\0';
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_NONE, "pid:99", "", "qemu", VIOMMU_VMM_QEMU);
	tree_free(root);
}

static void proxmox_names_come_from_its_files(void **state)
{
	static const char uuid[] = "1f8b6c62-8ef0-4d06-8eb0-1b8c1dd4f8b1";
	char *root = tree_new("proxmox");
	char path[PATH_MAX];
	struct host_process p;
	struct viommu_vm vm;

	(void)state;
	vm = identify(root, 8100);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "db-1.example", uuid, "proxmox", VIOMMU_VMM_QEMU);
	vm = identify(root, 8101);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "vm8007", "", "proxmox", VIOMMU_VMM_QEMU);
	remove(tree_path(path, root, "etc/pve/qemu-server/8006.conf"));
	vm = identify(root, 8100);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "old-name", uuid, "proxmox", VIOMMU_VMM_QEMU);
	remove(tree_path(path, root, "run/qemu-server/8006.pid"));
	vm = identify(root, 8100);
	check_vm(&vm, VIOMMU_VM_CMDLINE, "old-name", uuid, "proxmox", VIOMMU_VMM_QEMU);

	p = recorded(99, "kvm", "/usr/bin/kvm\0-id\0008009\0");
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_CMDLINE, "vm8009", "", "proxmox", VIOMMU_VMM_QEMU);
	p = recorded(99, "kvm", "");
	snprintf(p.cgroup, sizeof(p.cgroup), "/qemu.slice/8009.scope");
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_CGROUP, "vm8009", "", "proxmox", VIOMMU_VMM_QEMU);
	tree_free(root);
}

static void processes_that_are_no_vm(void **state)
{
	static const char scope[] = "/machine.slice/machine-qemu\\x2d12\\x2dguest1.scope";
	static const struct {
		const char *comm, *argv, *cgroup, *manager;
		enum viommu_vmm vmm;
	} rows[] = {
		{ "dpdk-testpmd", "dpdk-testpmd\0-l\0001\0", "", "dpdk-testpmd",
		  VIOMMU_VMM_OTHER },
		{ "reactor_0", "spdk_tgt\0-m\0003\0", "/user.slice", "reactor_0",
		  VIOMMU_VMM_OTHER },
		{ "cloud-hyperviso", "cloud-hypervisor\0--kernel\0x\0", "", "cloud-hyperviso",
		  VIOMMU_VMM_OTHER },
		{ "crosvm", "crosvm\0run\0--name\0guest1\0", "", "crosvm", VIOMMU_VMM_OTHER },
		{ "virtiofsd", "virtiofsd\0--fd=1\0", scope, "virtiofsd", VIOMMU_VMM_OTHER },
		{ "a\x1b[2J", "x\0", "", "a\xef\xbf\xbd[2J", VIOMMU_VMM_OTHER },
		{ "mystery", "", "", "mystery", VIOMMU_VMM_UNKNOWN },
		{ "", "", "", "", VIOMMU_VMM_UNKNOWN },
	};
	char *root = tree_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_process p = recorded(77, rows[i].comm, rows[i].argv);
		struct viommu_vm vm;

		snprintf(p.cgroup, sizeof(p.cgroup), "%s", rows[i].cgroup);
		host_vm_identify(&vm, &p, root);
		check_vm(&vm, VIOMMU_VM_NONE, "pid:77", "", rows[i].manager, rows[i].vmm);
	}
	tree_free(root);
}

/* libvirt was not running when VM 4711 ended; the pid is another QEMU's now. */
static void stale_files_name_nobody(void **state)
{
	struct host_process p = recorded(4711, "kvm", "kvm\0-name\0other\0");
	char *root = tree_new("libvirt");
	struct viommu_vm vm;

	(void)state;
	p.start_time = 50 * NS_PER_SEC;
	tree_age(root, XML, 40 * NS_PER_SEC);
	tree_age(root, PIDFILE, 40 * NS_PER_SEC);
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_CMDLINE, "other", "", "qemu", VIOMMU_VMM_QEMU);
	tree_age(root, PIDFILE, 51 * NS_PER_SEC);
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "guest1", "", "libvirt", VIOMMU_VMM_QEMU);
	/* A file that fits by time counts whatever the process says of itself. */
	tree_age(root, XML, 51 * NS_PER_SEC);
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_LIBVIRT, "guest1", GUEST1, "libvirt", VIOMMU_VMM_QEMU);
	/* Without a start time there is nothing to compare. */
	p.start_time = 0;
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_CMDLINE, "other", "", "qemu", VIOMMU_VMM_QEMU);
	tree_free(root);
}

/* The wall clock was set after the VM had started: its files look older than it is. */
static void stepped_clock_is_bridged_by_the_command_line(void **state)
{
	static const struct {
		const char *argv;
		enum viommu_vm_source source;
		const char *name;
	} rows[] = {
		{ "kvm\0-uuid\0" GUEST1 "\0", VIOMMU_VM_LIBVIRT, "guest1" },
		{ "kvm\0-name\0guest=guest1\0", VIOMMU_VM_LIBVIRT, "guest1" },
		{ "kvm\0-name\0guest1\0-uuid\0not " GUEST1 "\0", VIOMMU_VM_LIBVIRT, "guest1" },
		{ "kvm\0-name\0guest2\0", VIOMMU_VM_CMDLINE, "guest2" },
		{ "kvm\0-name\0guest1\0-uuid\0" "1f8b6c62-8ef0-4d06-8eb0-1b8c1dd4f8b1\0",
		  VIOMMU_VM_CMDLINE, "guest1" },
		{ "kvm\0", VIOMMU_VM_NONE, "pid:4711" },
	};
	char *root = tree_new("libvirt");
	char path[PATH_MAX];

	(void)state;
	remove(tree_path(path, root, PIDFILE));
	tree_age(root, XML, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_process p = recorded(4711, "kvm", rows[i].argv);
		struct viommu_vm vm;

		p.start_time = 50 * NS_PER_SEC;
		host_vm_identify(&vm, &p, root);
		assert_int_equal(vm.source, rows[i].source);
		assert_string_equal(vm.name, rows[i].name);
	}
	tree_free(root);
}

static void stepped_clock_with_proxmox(void **state)
{
	struct host_process p = recorded(8100, "kvm", "kvm\0-id\0008006\0");
	char *root = tree_new("proxmox");
	struct viommu_vm vm;

	(void)state;
	p.start_time = 50 * NS_PER_SEC;
	tree_age(root, "run/qemu-server/8006.pid", 0);
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_PIDFILE, "db-1.example", "", "proxmox", VIOMMU_VMM_QEMU);
	p = recorded(8100, "kvm", "kvm\0-id\0008007\0");
	p.start_time = 50 * NS_PER_SEC;
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_CMDLINE, "vm8007", "", "proxmox", VIOMMU_VMM_QEMU);
	tree_free(root);
}

static void missing_arguments_are_read_from_proc(void **state)
{
	struct host_process p = { .pid = 8100, .start_time = NS_PER_SEC };
	char *root = tree_new("proxmox");
	char path[PATH_MAX];
	struct viommu_vm vm;

	(void)state;
	remove(tree_path(path, root, "run/qemu-server/8006.pid"));
	host_vm_identify(&vm, &p, root);
	assert_string_equal(vm.name, "old-name");
	p.start_time = 2 * NS_PER_SEC;	/* another process by now */
	host_vm_identify(&vm, &p, root);
	check_vm(&vm, VIOMMU_VM_NONE, "pid:8100", "", "", VIOMMU_VMM_UNKNOWN);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libvirt_status_comes_first),
		cmocka_unit_test(sources_follow_each_other),
		cmocka_unit_test(proxmox_names_come_from_its_files),
		cmocka_unit_test(processes_that_are_no_vm),
		cmocka_unit_test(stale_files_name_nobody),
		cmocka_unit_test(stepped_clock_is_bridged_by_the_command_line),
		cmocka_unit_test(stepped_clock_with_proxmox),
		cmocka_unit_test(missing_arguments_are_read_from_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
