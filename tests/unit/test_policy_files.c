// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy files of a machine, in a folder that plays one: which are read and in which order, which
 * are not trusted; and warnings that rest on the VMs that run there.
 */
#include "tree.h"

#include "cli/policy.h"
#include "host/policy-files.h"
#include "notes.h"

#define ETC "etc/viommu/policy.d/"
#define RUN "run/viommu/policy.d/"
#define USR "usr/lib/viommu/policy.d/"
#define POLICY(name) "version: 1\npolicies:\n- {name: " name ", match: {cgroup: /" name "}, max_iova_bits: 40}\n"

/* What was read: "3 a b c", or the error; what was told is in n. */
static void load(char *out, size_t size, struct notes *n, const char *root)
{
	const struct policy_listener listener = { notes_tell, n };
	struct policy_set set;
	size_t files, len;
	int err;

	n->len = 0;
	n->text[0] = '\0';
	policy_set_init(&set);
	err = policy_files_load(&set, root, getuid(), &files, &listener);
	len = (size_t)snprintf(out, size, err ? "error, %zu" : "%zu", files);
	for (size_t i = 0; i < set.count; i++)
		len += (size_t)snprintf(out + len, size - len, " %s", set.policies[i].name);
	policy_set_fini(&set);
}

#define CHECK(root, want, said) \
	do { \
		struct notes told; \
		char got[256]; \
		load(got, sizeof(got), &told, root); \
		assert_string_equal(got, want); \
		assert_string_equal(told.text, said); \
	} while (0)

static void test_order(void **state)
{
	char *root = tree_new(NULL);

	(void)state;
	CHECK(root, "0", "");
	tree_puts(root, USR "10-a.yaml", POLICY("usr-10"));
	tree_puts(root, ETC "20-b.yaml", POLICY("etc-20"));
	tree_puts(root, RUN "15-c.yaml", POLICY("run-15"));
	tree_puts(root, USR "30-d.yaml", POLICY("usr-30"));
	CHECK(root, "4 usr-10 run-15 etc-20 usr-30", "");
	/* The same name: /etc before /run before /usr/lib. */
	tree_puts(root, RUN "10-a.yaml", POLICY("run-10"));
	CHECK(root, "4 run-10 run-15 etc-20 usr-30", "");
	tree_puts(root, ETC "10-a.yaml", POLICY("etc-10"));
	CHECK(root, "4 etc-10 run-15 etc-20 usr-30", "");
	/* Not ours, hidden, a folder. */
	tree_puts(root, ETC "README", "x");
	tree_puts(root, ETC ".20-b.yaml.swp", "x");
	tree_puts(root, ETC ".a.yaml", "x");
	CHECK(root, "4 etc-10 run-15 etc-20 usr-30", "");
	tree_puts(root, ETC "40.yml", "x");
	CHECK(root, "4 etc-10 run-15 etc-20 usr-30",
	      "/etc/viommu/policy.d/40.yml:0:0: warning: it is not read: its name has to end with "
	      ".yaml\n");
	tree_free(root);
}

static void link_make(const char *root, const char *target, const char *file)
{
	char path[PATH_MAX];

	assert_int_equal(symlink(target, tree_path(path, root, file)), 0);
}

static void test_links(void **state)
{
	char *root = tree_new(NULL);

	(void)state;
	tree_puts(root, USR "10-a.yaml", POLICY("usr-10"));
	tree_puts(root, USR "20-a.yaml", POLICY("usr-20"));
	link_make(root, "/dev/null", ETC "10-a.yaml");
	CHECK(root, "1 usr-20", "");
	link_make(root, "../../../usr/lib/viommu/policy.d/10-a.yaml", ETC "30-a.yaml");
	CHECK(root, "error, 1 usr-20", "/etc/viommu/policy.d/30-a.yaml:0:0: error: it is a symbolic link, "
	      "whose target others might change: put the file itself here\n");
	tree_free(root);
}

static void mode_set(const char *root, const char *file, mode_t mode)
{
	char path[PATH_MAX];

	assert_int_equal(chmod(tree_path(path, root, file), mode), 0);
}

static void test_trust(void **state)
{
	char *root = tree_new(NULL);
	char path[PATH_MAX];

	(void)state;
	tree_puts(root, ETC "10-a.yaml", POLICY("a"));
	tree_puts(root, ETC "20-b.yaml", POLICY("b"));
	mode_set(root, ETC "10-a.yaml", 0664);
	CHECK(root, "error, 2 b", "/etc/viommu/policy.d/10-a.yaml:0:0: error: others than its owner can "
	      "write to it: chmod go-w it, after a look at what is in it\n");
	mode_set(root, ETC "10-a.yaml", 0646);
	CHECK(root, "error, 2 b", "/etc/viommu/policy.d/10-a.yaml:0:0: error: others than its owner can "
	      "write to it: chmod go-w it, after a look at what is in it\n");
	mode_set(root, ETC "10-a.yaml", 0640);
	CHECK(root, "2 a b", "");
	mode_set(root, "etc/viommu/policy.d", 0775);
	CHECK(root, "error, 0", "/etc/viommu/policy.d:0:0: error: others than its owner can write to it: "
	      "chmod go-w it, after a look at what is in it\n");
	mode_set(root, "etc/viommu/policy.d", 0755);
	mode_set(root, "etc/viommu", 0757);
	CHECK(root, "error, 0", "/etc/viommu:0:0: error: others than its owner can write to it: "
	      "chmod go-w it, after a look at what is in it\n");
	mode_set(root, "etc/viommu", 0755);
	/* Only root can give files away. */
	if (!chown(tree_path(path, root, ETC "10-a.yaml"), 65534, (gid_t)-1))
		CHECK(root, "error, 2 b", "/etc/viommu/policy.d/10-a.yaml:0:0: error: it belongs to user "
		      "65534: chown root it, after a look at what is in it\n");
	tree_free(root);
}

/* One bad file spoils the set, and the mistakes of all are told; one default, of whatever file. */
static void test_mistakes(void **state)
{
	char *root = tree_new(NULL), path[PATH_MAX];

	(void)state;
	tree_puts(root, ETC "10-a.yaml", "version: 1\npolices: []\n");
	tree_puts(root, RUN "20-b.yaml", POLICY("b"));
	tree_puts(root, USR "30-c.yaml", "version: 2\n");
	assert_int_equal(mkdir(tree_path(path, root, ETC "40-d.yaml"), 0755), 0);
	CHECK(root, "error, 3 b",
	      "/etc/viommu/policy.d/10-a.yaml:2:1: error: unknown key 'polices' (did you mean "
	      "'policies'?)\n"
	      "/usr/lib/viommu/policy.d/30-c.yaml:1:10: error: 'version' has to be 1, not '2'\n"
	      "/etc/viommu/policy.d/40-d.yaml:0:0: error: cannot be opened: it is no regular file\n");
	tree_free(root);
	root = tree_new(NULL);
	tree_puts(root, USR "10-a.yaml", "version: 1\ndefault: {max_iova_bits: 48}\n");
	tree_puts(root, ETC "20-b.yaml", "version: 1\ndefault: {max_iova_bits: 48}\n");
	CHECK(root, "error, 2", "/etc/viommu/policy.d/20-b.yaml:2:10: error: a second default: "
	      "/usr/lib/viommu/policy.d/10-a.yaml:2 has one\n");
	tree_free(root);
}

/* A QEMU of 4 GiB: its memory ends at 6 GiB, behind the hole for devices below 4 GiB. */
static void qemu_put(const char *root, const char *arguments)
{
	static const char head[] = "/usr/bin/qemu-system-x86_64\0-name\0guest1\0-M\0q35\0-m\0004G";
	char text[512];
	size_t len = sizeof(head);

	memcpy(text, head, len);
	for (const char *c = arguments; *c; c++)
		text[len++] = *c == '|' ? '\0' : *c;
	text[len++] = '\0';
	tree_puts(root, "proc/100/stat", "100 (qemu-system-x86) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 4 0 "
		  "123456 1 1");
	tree_write(root, "proc/100/cmdline", text, len);
	tree_puts(root, "proc/100/cgroup",
		  "0::/machine.slice/machine-qemu\\x2d1\\x2dguest1.scope/libvirt/emulator\n");
}

static void vms_check(struct notes *n, const char *root, const char *limit, const char *vm)
{
	const struct policy_listener listener = { notes_tell, n };
	struct policy_set set;
	char text[256];

	snprintf(text, sizeof(text), "version: 1\npolicies:\n- name: a\n  match: {vm: %s}\n"
		 "  max_iova: %s\n", vm, limit);
	policy_set_init(&set);
	assert_int_equal(notes_parse(&set, n, text), 0);
	n->len = 0;
	n->text[0] = '\0';
	policy_vms_check(&set, root, &listener);
	policy_set_fini(&set);
}

static void test_running(void **state)
{
	char *root = tree_new(NULL);
	struct notes n;

	(void)state;
	qemu_put(root, "-device|vfio-pci,host=01:00.0");
	vms_check(&n, root, "0xffffffff", "guest1");
	assert_string_equal(n.text, "f:5:13: warning: VM guest1, which runs here, has memory up to "
			    "0x17fffffff, above the limit 0xffffffff: its devices see it there for want "
			    "of a virtual IOMMU, so that it would not start\n");
	/* Enough, or another VM's. */
	vms_check(&n, root, "0x17fffffff", "guest1");
	assert_string_equal(n.text, "");
	vms_check(&n, root, "0xffffffff", "guest10");
	assert_string_equal(n.text, "");
	/* Without assigned devices nothing of it is mapped. */
	qemu_put(root, "-device|e1000e");
	vms_check(&n, root, "0xffffffff", "guest1");
	assert_string_equal(n.text, "");
	/* A vIOMMU that lets devices through while the guest boots, and one that does not. */
	qemu_put(root, "-device|vfio-pci,host=01:00.0|-device|virtio-iommu-pci");
	vms_check(&n, root, "0xffffffff", "guest1");
	assert_non_null(strstr(n.text, "its devices see it there while it boots"));
	qemu_put(root, "-device|vfio-pci,host=01:00.0|-device|virtio-iommu-pci,boot-bypass=off");
	vms_check(&n, root, "0xffffffff", "guest1");
	assert_string_equal(n.text, "");
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_running),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
