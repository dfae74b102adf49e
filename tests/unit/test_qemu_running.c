// SPDX-License-Identifier: GPL-2.0-or-later
/* Running QEMUs in a /proc and /sys of the test: what is open, plugged in later, unplugged. */
#include "tree.h"

#include "host/qemu.h"

#define TICK "123456"

struct process {
	const char *pid;
	const char *cmdline;	/**< arguments, separated by '|' */
	const char *fds[8];	/**< targets of open files */
	const char *limit;	/**< "Max locked memory" */
	const char *caps;	/**< CapEff */
};

static void link_put(const char *root, const char *target, const char *file)
{
	char path[PATH_MAX];

	assert_int_equal(symlink(target, tree_path(path, root, file)), 0);
}

static void process_put(const char *root, const struct process *p)
{
	char file[64], text[512];
	size_t len = strlen(p->cmdline) + 1;

	snprintf(file, sizeof(file), "proc/%s/stat", p->pid);
	snprintf(text, sizeof(text), "%s (qemu-system-x86) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 4 0 "
		 TICK " 1 1", p->pid);
	tree_puts(root, file, text);
	memcpy(text, p->cmdline, len);
	for (char *c = text; *c || c < text + len - 1; c++)
		if (*c == '|')
			*c = '\0';
	snprintf(file, sizeof(file), "proc/%s/cmdline", p->pid);
	tree_write(root, file, text, len);
	snprintf(file, sizeof(file), "proc/%s/limits", p->pid);
	snprintf(text, sizeof(text), "Limit                     Soft Limit           Hard Limit"
		 "           Units     \nMax locked memory         %-20s %-20s bytes     \n", p->limit,
		 p->limit);
	tree_puts(root, file, text);
	snprintf(file, sizeof(file), "proc/%s/status", p->pid);
	snprintf(text, sizeof(text), "Name:\tx\nCapPrm:\tffff\nCapEff:\t%s\n", p->caps);
	tree_puts(root, file, text);
	snprintf(file, sizeof(file), "proc/%s/exe", p->pid);
	tree_puts(root, file, "QEMU emulator version 9.1.2 (Test 1)\n");
	for (int i = 0; p->fds[i]; i++) {
		snprintf(file, sizeof(file), "proc/%s/fd/%d", p->pid, i);
		link_put(root, p->fds[i], file);
	}
}

/* A device in a group, driven by driver. */
static void device_put(const char *root, const char *address, const char *group,
		       const char *driver)
{
	char file[128], target[128];

	snprintf(file, sizeof(file), "sys/bus/pci/devices/%s/iommu_group", address);
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%s", group);
	link_put(root, target, file);
	snprintf(file, sizeof(file), "sys/bus/pci/devices/%s/driver", address);
	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	link_put(root, target, file);
	snprintf(file, sizeof(file), "sys/kernel/iommu_groups/%s/devices/%s", group, address);
	tree_puts(root, file, "");
}

static char *machine_new(void)
{
	char *root = tree_new(NULL);

	device_put(root, "0000:01:00.0", "11", "vfio-pci");
	device_put(root, "0000:02:00.0", "12", "vfio-pci");
	device_put(root, "0000:02:00.1", "12", "snd_hda_intel");
	device_put(root, "0000:03:00.0", "13", "vfio-pci");
	link_put(root, "../../../0000:03:00.0", "sys/class/vfio-dev/vfio4/device");
	tree_puts(root, "proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\n");
	return root;
}

#define ARGS "/usr/bin/qemu-system-x86_64|-name|g|-enable-kvm"

static void the_whole_process(void **state)
{
	static const struct process p = {
		"100", ARGS "|-M|q35|-device|vfio-pci,host=01:00.0",
		{ "/dev/vfio/vfio", "/dev/vfio/11", "socket:[1]", "/dev/vfio/vfio" },
		"8388608", "0000000000004000",
	};
	char *root = machine_new();
	struct guest_list list;
	const struct guest *g;

	(void)state;
	process_put(root, &p);
	assert_int_equal(guests_running(&list, root), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.unread, 0);
	g = &list.guests[0];
	assert_string_equal(g->vm.name, "g");
	assert_int_equal(g->pid, 100);
	assert_int_equal(g->qemu_version[0], 9);
	assert_int_equal(g->qemu_version[1], 1);
	assert_string_equal(g->qemu_package, "Test 1");
	assert_int_equal(g->memlock_limit, 8388608);
	assert_int_equal(g->ipc_lock, TRI_YES);
	assert_int_equal(g->open_containers, 2);
	assert_true(g->cpu_amd);	/* KVM on an AMD host */
	assert_int_equal(g->device_count, 1);
	assert_int_equal(g->devices[0].group, 11);
	assert_int_equal(g->devices[0].hotplugged, TRI_NO);
	guest_list_fini(&list);
	tree_free(root);
}

static void plugged_in_and_unplugged(void **state)
{
	static const struct process p = {
		"100", ARGS "|-device|vfio-pci,host=01:00.0|-device|vfio-pci,sysfsdev=/x/some-uuid",
		{ "/dev/vfio/vfio", "/dev/vfio/12", "/dev/iommu", "/dev/vfio/devices/vfio4" },
		"unlimited", "0",
	};
	char *root = machine_new();
	struct guest_list list;
	const struct guest *g;

	(void)state;
	process_put(root, &p);
	assert_int_equal(guests_running(&list, root), 0);
	g = &list.guests[0];
	assert_int_equal(g->memlock_limit, UINT64_MAX);
	assert_int_equal(g->ipc_lock, TRI_NO);
	/* group 11 is closed: gone; the mediated device cannot be judged: it stays */
	assert_int_equal(g->device_count, 3);
	assert_string_equal(g->devices[0].address, "");
	/* of group 12 only what VFIO drives */
	assert_string_equal(g->devices[1].address, "0000:02:00.0");
	assert_int_equal(g->devices[1].hotplugged, TRI_YES);
	assert_int_equal(g->devices[1].singleton, TRI_UNKNOWN);
	assert_false(g->devices[1].iommufd);
	assert_string_equal(g->devices[2].address, "0000:03:00.0");
	assert_int_equal(g->devices[2].group, 13);
	assert_true(g->devices[2].iommufd);
	guest_list_fini(&list);
	tree_free(root);
}

static void files_that_cannot_be_read(void **state)
{
	static const struct process p = {
		"100", ARGS "|-device|vfio-pci,host=01:00.0", { NULL }, "x", "zz",
	};
	char *root = machine_new();
	struct guest_list list;

	(void)state;
	process_put(root, &p);
	assert_int_equal(guests_running(&list, root), 0);
	assert_int_equal(list.unread, 1);
	assert_int_equal(list.guests[0].device_count, 1);
	assert_false(list.guests[0].has_memlock);
	assert_int_equal(list.guests[0].ipc_lock, TRI_UNKNOWN);
	guest_list_fini(&list);
	tree_free(root);
}

static void several_sorted_by_name(void **state)
{
	static const struct process processes[] = {
		{ "300", "/usr/bin/kvm|-name|b", { "/dev/null" }, "1", "0" },
		{ "200", "/usr/bin/kvm|-name|c", { "/dev/null" }, "1", "0" },
		{ "400", "/usr/bin/kvm|-name|a", { "/dev/null" }, "1", "0" },
		{ "500", "/usr/bin/kvm|-name|b", { "/dev/null" }, "1", "0" },
	};
	static const uint32_t order[] = { 400, 300, 500, 200 };
	char *root = machine_new();
	struct guest_list list;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		process_put(root, &processes[i]);
	tree_puts(root, "proc/600/stat", "600 (bash) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 4 0 "
		  TICK " 1 1");
	tree_write(root, "proc/600/cmdline", "bash\0-name\0q", 13);
	assert_int_equal(guests_running(&list, root), 0);
	assert_int_equal(list.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(list.guests[i].pid, order[i]);
	assert_int_equal(guest_list_find(&list, "b")->pid, 300);
	assert_int_equal(guest_list_find(&list, "pid:500")->pid, 500);
	assert_int_equal(guest_list_find(&list, "[c-d]")->pid, 200);
	assert_null(guest_list_find(&list, "d"));
	guest_list_fini(&list);
	tree_free(root);
}

static void nothing_runs(void **state)
{
	char *root = tree_new(NULL);
	struct guest_list list;

	(void)state;
	assert_int_equal(guests_running(&list, root), -ENOENT);
	assert_int_equal(list.count, 0);
	assert_int_equal(qemu_host_vendor(root), CPU_UNKNOWN);
	tree_puts(root, "proc/cpuinfo", "CPU implementer\t: 0x41\n");
	assert_int_equal(guests_running(&list, root), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(qemu_host_vendor(root), CPU_ARM);
	guest_list_fini(&list);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_process),
		cmocka_unit_test(plugged_in_and_unplugged),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(several_sorted_by_name),
		cmocka_unit_test(nothing_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
