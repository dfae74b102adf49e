// SPDX-License-Identifier: GPL-2.0-or-later
/* libvirt's files when they are damaged, odd, or a user's own. */
#include "identify.h"

#define GUEST1 "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define STATUS(attrs, body) "<domstatus " attrs "><domain>" body "</domain></domstatus>"

static void status_files_are_checked(void **state)
{
	static const struct {
		const char *xml;
		const char *name;	/* NULL: refused */
	} rows[] = {
		{ STATUS("pid='5'", "<name>a</name><uuid>" GUEST1 "</uuid>"), "a" },
		{ STATUS("state='running' pid='5' x='6'", "<name>a</name>"), "a" },
		{ STATUS("pid='5'", "<uuid>x</uuid><name>a</name>"), "a" },
		{ STATUS("pid='5'", "<name>&lt;a&#10;&#x1F600;</name>"),
		  "<a\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ STATUS("pid='5'", "<x><name>b</name></x><name>a</name>"), "a" },
		{ STATUS("pid='5'", "<name>a<b>c</b>d</name>"), "ad" },
		{ STATUS("pid='5'", "<name></name><name>a</name>"), "a" },
		{ "<domstatus pid='5'><name>b</name><domain><name>a</name></domain></domstatus>",
		  "a" },
		{ "<domstatus pid='5'><domain><name>a</name><uuid>x</uuid><un", "a" },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?>"
		  STATUS("pid='5'", "<name>\xfc</name>"), "\xc3\xbc" },
		{ STATUS("pid='55'", "<name>a</name>"), NULL },
		{ STATUS("pid=''", "<name>a</name>"), NULL },
		{ STATUS("pid='-5'", "<name>a</name>"), NULL },
		{ STATUS("pid='4294967301'", "<name>a</name>"), NULL },
		{ STATUS("", "<name>a</name>"), NULL },
		{ STATUS("pid='5'", ""), NULL },
		{ STATUS("pid='5'", "<name/>"), NULL },
		{ STATUS("pid='5'", "<name>a"), NULL },
		{ STATUS("pid='5' pid='6'", "<name>a</name>"), NULL },
		{ "<domain pid='5'><name>a</name></domain>", NULL },
		{ "<domstatus pid='5'><vm><name>a</name></vm></domstatus>", NULL },
		{ "<!DOCTYPE domstatus [<!ENTITY n 'a'>]>" STATUS("pid='5'", "<name>&n;</name>"),
		  NULL },
		{ "<!DOCTYPE domstatus SYSTEM '/etc/passwd'>" STATUS("pid='5'", "<name>a</name>"),
		  NULL },
		{ STATUS("pid='5'", "<name>&n;</name>"), NULL },
		{ "pid='5'", NULL },
		{ "", NULL },
	};
	char *root = tree_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_process p = recorded(5, "qemu-kvm", "qemu-kvm\0");
		struct viommu_vm vm;

		tree_puts(root, "run/libvirt/qemu/other-name.xml", rows[i].xml);
		host_vm_identify(&vm, &p, root);
		if (!rows[i].name != (vm.source == VIOMMU_VM_NONE))
			print_error("%s\n", rows[i].xml);
		assert_string_equal(vm.name, rows[i].name ? rows[i].name : "pid:5");
		assert_int_equal(vm.source, rows[i].name ? VIOMMU_VM_LIBVIRT : VIOMMU_VM_NONE);
	}
	tree_free(root);
}

/* A file that is too long, or no file, is passed over and the right one still found. */
static void odd_entries_are_passed_over(void **state)
{
	static const char head[] = "<domstatus pid='5'><!--", tail[] =
		"--><domain><name>long</name></domain></domstatus>";
	struct host_process p = recorded(5, "qemu-kvm", "qemu-kvm\0");
	char *root = tree_new(NULL), *text = malloc(2 << 20);
	char path[PATH_MAX];
	struct viommu_vm vm;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 2 << 20);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + (2 << 20) - sizeof(tail), tail, sizeof(tail));
	tree_write(root, "run/libvirt/qemu/a.xml", text, (2 << 20) - 1);
	free(text);
	assert_int_equal(mkfifo(tree_path(path, root, "run/libvirt/qemu/b.xml"), 0600), 0);
	assert_int_equal(mkdir(tree_path(path, root, "run/libvirt/qemu/c.xml"), 0700), 0);
	assert_int_equal(symlink("d.xml", tree_path(path, root, "run/libvirt/qemu/d.xml")), 0);
	assert_int_equal(symlink("/dev/zero", tree_path(path, root, "run/libvirt/qemu/e.pid")), 0);
	tree_puts(root, "run/libvirt/qemu/.xml", STATUS("pid='5'", "<name>dot</name>"));
	tree_puts(root, "run/libvirt/qemu/f.pid", "5 6");
	tree_puts(root, "run/libvirt/qemu/g.pid", "");
	tree_puts(root, "run/libvirt/qemu/.pid", "5");
	host_vm_identify(&vm, &p, root);
	assert_string_equal(vm.name, "pid:5");
	tree_puts(root, "elsewhere", STATUS("pid='5'", "<name>linked</name>"));
	assert_int_equal(symlink("../../../elsewhere",
				 tree_path(path, root, "run/libvirt/qemu/z.xml")), 0);
	host_vm_identify(&vm, &p, root);
	assert_string_equal(vm.name, "linked");
	/* No pid matches no file, even one that says 0. */
	tree_puts(root, "run/libvirt/qemu/h.pid", "0");
	tree_puts(root, "run/libvirt/qemu/h.xml", STATUS("pid='0'", "<name>zero</name>"));
	p.pid = 0;
	host_vm_identify(&vm, &p, root);
	assert_string_equal(vm.name, "pid:0");
	tree_free(root);
}

/* In a user's own folder, only files of that user about processes of that user count. */
static void session_files_are_the_users_own(void **state)
{
	char *root = tree_new("libvirt");
	char folder[64], file[128], path[PATH_MAX];
	struct host_process p;
	struct viommu_vm vm;

	(void)state;
	snprintf(folder, sizeof(folder), "run/user/%u/libvirt/qemu/run", getuid());
	snprintf(file, sizeof(file), "%s/mine.xml", folder);
	tree_puts(root, file, STATUS("pid='4713'", "<name>mine</name>"));
	remove(tree_path(path, root, "run/libvirt/qemu/only pid.pid"));
	vm = identify(root, 4713);
	check_vm(&vm, VIOMMU_VM_LIBVIRT, "mine", "", "libvirt", VIOMMU_VMM_QEMU);
	/* A process that is gone has no owner to compare with. */
	p = recorded(4714, "kvm", "kvm\0");
	tree_puts(root, file, STATUS("pid='4714'", "<name>mine</name>"));
	host_vm_identify(&vm, &p, root);
	assert_string_equal(vm.name, "pid:4714");
	if (!getuid()) {
		tree_puts(root, file, STATUS("pid='4713'", "<name>foreign</name>"));
		assert_int_equal(chown(tree_path(path, root, file), 12345, 12345), 0);
		vm = identify(root, 4713);
		assert_string_equal(vm.name, "pid:4713");
		assert_int_equal(chown(tree_path(path, root, "proc/4713"), 12345, 12345), 0);
		vm = identify(root, 4713);
		assert_string_equal(vm.name, "pid:4713");
	}
	tree_free(root);
}

/* Neither the files nor the folders of a user may be links. */
static void session_links_are_not_followed(void **state)
{
	char folder[64], file[128], path[PATH_MAX], other[PATH_MAX];
	char *root = tree_new("libvirt");
	struct viommu_vm vm;

	(void)state;
	snprintf(folder, sizeof(folder), "run/user/%u/libvirt/qemu/run", getuid());
	snprintf(file, sizeof(file), "%s/mine", folder);
	remove(tree_path(path, root, "run/libvirt/qemu/only pid.pid"));
	tree_puts(root, file, STATUS("pid='4713'", "<name>linked</name>"));
	tree_path(path, root, file);
	strcat(path, ".xml");
	assert_int_equal(symlink("mine", path), 0);
	vm = identify(root, 4713);
	assert_string_equal(vm.name, "pid:4713");
	/* The same file without a link counts, through a link to its folder it does not. */
	assert_int_equal(rename(tree_path(other, root, file), path), 0);
	vm = identify(root, 4713);
	assert_string_equal(vm.name, "linked");
	tree_path(path, root, folder);
	tree_path(other, root, "elsewhere");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	vm = identify(root, 4713);
	assert_string_equal(vm.name, "pid:4713");
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_files_are_checked),
		cmocka_unit_test(odd_entries_are_passed_over),
		cmocka_unit_test(session_files_are_the_users_own),
		cmocka_unit_test(session_links_are_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
