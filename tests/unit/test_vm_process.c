// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a process: from the tracer's record, and from a real and a copied /proc. */
#include "tree.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include "host/process.h"

#define TICK (1000000000ULL / 100)

static struct viommu_rec_process *record_new(void)
{
	struct viommu_rec_process *rec = calloc(1, sizeof(*rec));

	assert_non_null(rec);
	rec->h.tgid = 4711;
	rec->h.start_time = 123456789012;
	memcpy(rec->h.comm, "qemu-system-x86", 16);
	memcpy(rec->argv, "qemu\0-S", 8);
	rec->argv_len = 8;
	return rec;
}

static void record_is_taken_over(void **state)
{
	static const char names[] = "emulator\0libvirt\0"
		"machine-qemu\\x2d1\\x2da.scope\0machine.slice";
	struct viommu_rec_process *rec = record_new();
	struct host_process p;

	(void)state;
	memcpy(rec->cgroup, names, sizeof(names));
	rec->cgroup_len = sizeof(names);
	rec->h.flags = VIOMMU_F_ARGV_CUT;
	assert_int_equal(host_process_from_record(&p, rec), 0);
	assert_int_equal(p.pid, 4711);
	assert_int_equal(p.start_time, 123456789012);
	assert_string_equal(p.comm, "qemu-system-x86");
	assert_int_equal(p.argv_len, 8);
	assert_memory_equal(p.argv, "qemu\0-S", 8);
	assert_true(p.argv_cut);
	assert_string_equal(p.cgroup,
			    "/machine.slice/machine-qemu\\x2d1\\x2da.scope/libvirt/emulator");
	rec->h.flags = VIOMMU_F_ARGV_UNREAD;
	assert_int_equal(host_process_from_record(&p, rec), 0);
	assert_int_equal(p.argv_len, 0);
	assert_false(p.argv_cut);
	free(rec);
}

static void record_out_of_bounds_is_refused(void **state)
{
	struct viommu_rec_process *rec = record_new();
	struct host_process p;

	(void)state;
	rec->argv_len = VIOMMU_ARGV_LEN;
	memset(rec->argv, 'x', sizeof(rec->argv));
	memset(rec->h.comm, 'c', sizeof(rec->h.comm));
	assert_int_equal(host_process_from_record(&p, rec), 0);
	assert_int_equal(strlen(p.comm), VIOMMU_COMM_LEN - 1);
	rec->argv_len++;
	assert_int_equal(host_process_from_record(&p, rec), -EINVAL);
	assert_int_equal(p.pid, 0);
	rec->argv_len = UINT32_MAX;
	assert_int_equal(host_process_from_record(&p, rec), -EINVAL);
	rec->argv_len = 0;
	rec->cgroup_len = sizeof(rec->cgroup) + 1;
	assert_int_equal(host_process_from_record(&p, rec), -EINVAL);
	free(rec);
}

/* A path that does not fit would be one from another root: it stays unknown. */
static void record_with_a_long_path(void **state)
{
	struct viommu_rec_process *rec = record_new();
	struct host_process p;

	(void)state;
	memset(rec->cgroup, 'x', sizeof(rec->cgroup));
	rec->cgroup_len = VIOMMU_CGROUP_LEN - 2;
	assert_int_equal(host_process_from_record(&p, rec), 0);
	assert_int_equal(strlen(p.cgroup), VIOMMU_CGROUP_LEN - 1);
	rec->cgroup_len++;
	assert_int_equal(host_process_from_record(&p, rec), 0);
	assert_string_equal(p.cgroup, "");
	memset(rec->cgroup, 0, sizeof(rec->cgroup));
	assert_int_equal(host_process_from_record(&p, rec), 0);
	assert_string_equal(p.cgroup, "");
	free(rec);
}

static void own_process_is_read(void **state)
{
	struct host_process p = { .pid = (uint32_t)getpid() };
	struct host_process again = { .pid = p.pid };
	char comm[16], cmdline[VIOMMU_ARGV_LEN];
	FILE *in = fopen("/proc/self/cmdline", "r");
	size_t len;

	(void)state;
	assert_non_null(in);
	len = fread(cmdline, 1, sizeof(cmdline), in);
	fclose(in);
	prctl(PR_GET_NAME, comm);
	prctl(PR_SET_NAME, "a) R 1 (b c\n");
	assert_int_equal(host_process_read(&p, ""), 0);
	assert_string_equal(p.comm, "a) R 1 (b c\n");
	assert_int_equal(p.argv_len, len);
	assert_memory_equal(p.argv, cmdline, len);
	assert_true(p.start_time > 0 && p.start_time < clock_ns(CLOCK_BOOTTIME));
	assert_true(host_process_alive(&p, ""));
	/* BPF's start time has nanoseconds, that of /proc ticks. */
	again.start_time = p.start_time + TICK - 1;
	assert_int_equal(host_process_read(&again, ""), 0);
	assert_int_equal(again.start_time, p.start_time + TICK - 1);
	assert_true(host_process_alive(&again, ""));
	assert_true(host_process_same(&again, &p));
	prctl(PR_SET_NAME, comm);
}

static void reused_pid_is_another_process(void **state)
{
	struct host_process p = { .pid = (uint32_t)getpid() };
	struct host_process old = { .pid = p.pid };

	(void)state;
	assert_int_equal(host_process_read(&p, ""), 0);
	for (int i = 0; i < 2; i++) {
		old.start_time = i ? p.start_time - 1 : p.start_time + TICK;
		assert_int_equal(host_process_read(&old, ""), -ESRCH);
		assert_int_equal(old.argv_len, 0);
		assert_false(host_process_alive(&old, ""));
		assert_false(host_process_same(&old, &p));
	}
	old.start_time = 0;
	assert_true(host_process_same(&old, &p));
	old.pid++;
	assert_false(host_process_same(&old, &p));
}

static void ended_process_is_gone(void **state)
{
	struct host_process p = { .pid = 0 };
	siginfo_t info;
	pid_t child;

	(void)state;
	assert_int_equal(host_process_read(&p, ""), -ESRCH);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(0);
	p.pid = (uint32_t)child;
	assert_int_equal(waitid(P_PID, p.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(host_process_read(&p, ""), 0);	/* a zombie still has a name */
	assert_true(p.comm[0] && p.start_time);
	assert_int_equal(p.argv_len, 0);
	assert_false(host_process_alive(&p, ""));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(host_process_read(&p, ""), -ESRCH);
	assert_false(host_process_alive(&p, ""));
}

static void version_1_hierarchies_are_read(void **state)
{
	static const struct {
		uint32_t pid;
		const char *comm, *cgroup;
	} rows[] = {
		{ 50, "a) R 9 (b", "/machine.slice/machine-qemu\\x2d3\\x2dold.scope" },
		{ 51, "kvm", "/machine/qemu-1-vm1.libvirt-qemu" },
		{ 52, "kvm", "/machine.slice/gone.scope" },
	};
	char *root = tree_new("cgroup1");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_process p = { .pid = rows[i].pid };

		assert_int_equal(host_process_read(&p, root), 0);
		assert_string_equal(p.comm, rows[i].comm);
		assert_string_equal(p.cgroup, rows[i].cgroup);
		assert_int_equal(p.argv_len, 0);
	}
	tree_free(root);
}

/* What cannot be read or makes no sense leaves its members alone and is no error. */
static void damaged_entries_are_left_out(void **state)
{
	static const char *const stats[] = {
		"", "1", "1 (a", "1 a) S", "1 )a(", "1 (a)", "1 (a) ", "1 (a) S", "1 (a) S x",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
	};
	static char huge[40000];
	char *root = tree_new(NULL);
	char path[PATH_MAX];

	(void)state;
	memset(huge, 'x', sizeof(huge));
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		struct host_process p = { .pid = 9, .start_time = 77 };

		tree_puts(root, "proc/9/stat", stats[i]);
		assert_int_equal(host_process_read(&p, root), 0);
		assert_string_equal(p.comm, "");
		assert_true(host_process_alive(&p, root));
	}
	for (size_t len = VIOMMU_ARGV_LEN - 1; len <= VIOMMU_ARGV_LEN + 1; len++) {
		struct host_process p = { .pid = 9 };

		tree_write(root, "proc/9/cmdline", huge, len);
		tree_write(root, "proc/9/cgroup", huge, sizeof(huge));
		assert_int_equal(host_process_read(&p, root), 0);
		assert_int_equal(p.argv_len, len < VIOMMU_ARGV_LEN ? len : VIOMMU_ARGV_LEN);
		assert_int_equal(p.argv_cut, len > VIOMMU_ARGV_LEN);
		assert_string_equal(p.cgroup, "");
	}
	/* A fifo would block who opens it. */
	tree_path(path, root, "proc/10/stat");
	assert_int_equal(mkfifo(path, 0600), 0);
	tree_path(path, root, "proc/10/cmdline");
	assert_int_equal(mkfifo(path, 0600), 0);
	{
		struct host_process p = { .pid = 10 };

		assert_int_equal(host_process_read(&p, root), 0);
		assert_int_equal(p.argv_len, 0);
	}
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_is_taken_over),
		cmocka_unit_test(record_out_of_bounds_is_refused),
		cmocka_unit_test(record_with_a_long_path),
		cmocka_unit_test(own_process_is_read),
		cmocka_unit_test(reused_pid_is_another_process),
		cmocka_unit_test(ended_process_is_gone),
		cmocka_unit_test(version_1_hierarchies_are_read),
		cmocka_unit_test(damaged_entries_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
