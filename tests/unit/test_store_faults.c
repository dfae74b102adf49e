// SPDX-License-Identifier: GPL-2.0-or-later
/* What may happen to the history's file: killed writers, a full disk, damage, other versions. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "store.h"
#include "store/store-parts.h"

#define KILLS 200
#define VMS 20

static struct ledger_domain domain_of(int vm, uint64_t maps)
{
	struct ledger_domain d = { .since = START, .maps = maps };
	char name[16];

	snprintf(name, sizeof(name), "vm%d", vm);
	d.vm = ledger_vm(name);
	return d;
}

static void add_failure(struct store *s, int group)
{
	struct viommu_event e = ledger_failure("vm0", 1, VIOMMU_REASON_OVERLAP, 1);

	e.group = group;
	memset(e.diag.detail, 'x', sizeof(e.diag.detail) - 1);
	assert_int_equal(store_add_event(s, &e), 0);
}

/* ---------------------------------------------------------------------------------------- kill */

/*
 * Count, commit, and tell how far that is: what was told must be there. At the beginning it tells
 * that the file is open, for that takes longest.
 */
static void writer_run(struct store_dir *dir, int pipe_fd)
{
	struct store *s = store_dir_open(dir, 0, 64 << 10);
	uint64_t round = 0;

	if (write(pipe_fd, &round, sizeof(round)) != sizeof(round))
		_exit(1);
	for (;;) {
		round++;
		for (int vm = 0; vm < VMS; vm++) {
			const struct ledger_domain d = domain_of(vm, round);

			if (store_add_totals(s, START + round % 50 * HOUR, &d))
				_exit(2);
		}
		add_failure(s, (int)(round % 10));
		if (store_commit(s) || write(pipe_fd, &round, sizeof(round)) != sizeof(round))
			_exit(3);
	}
}

/* The last number that the writer told; it is killed after some time, wherever it is. */
static uint64_t writer_kill(struct store_dir *dir, unsigned int *seed)
{
	const struct timespec wait = { .tv_nsec = 1000 * (rand_r(seed) % 10000) };
	uint64_t round = 0, told = 0;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		writer_run(dir, fds[1]);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &round, sizeof(round)), sizeof(round));
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &round, sizeof(round)) == sizeof(round))
		told = round;
	close(fds[0]);
	return told;
}

static void killed_writers_lose_nothing_committed(void **state)
{
	uint64_t told, there = 0, before = 0, all = 0;
	unsigned int seed = 1;
	struct store_dir dir;

	(void)state;
	store_dir_init(&dir);
	for (int i = 0; i < KILLS; i++) {
		told = writer_kill(&dir, &seed);
		assert_int_equal(store_dir_sql(&dir, "SELECT integrity_check = 'ok' "
					       "FROM pragma_integrity_check"), 1);
		there = (uint64_t)store_dir_sql(&dir, "SELECT sum(maps) FROM hour") - before;
		assert_true(there == told * VMS || there == (told + 1) * VMS);
		before += there;
		all += told;
		assert_int_equal((uint64_t)store_dir_sql(&dir, "SELECT sum(count) FROM failure") *
				 VMS, before);
	}
	assert_true(all > KILLS);	/* they did write */
	assert_int_equal(store_dir_files(&dir, "damaged", false), 0);
	store_dir_fini(&dir);
}

/* -------------------------------------------------------------------------------- a full disk */

/* A file system of 256 KiB at the folder, seen by this process only. */
static bool small_disk(const struct store_dir *dir)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	return !mount("small", dir->path, "tmpfs", 0, "size=256k");
}

static void disk_fill(const struct store_dir *dir)
{
	char path[128], block[4096] = { 1 };
	int fd;

	snprintf(path, sizeof(path), "%s/ballast", dir->path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static void disk_empty(const struct store_dir *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ballast", dir->path);
	assert_int_equal(unlink(path), 0);
}

/* Write until the free space inside the file and its log is used up too. */
static uint64_t write_until_stuck(struct store *s, uint64_t round)
{
	const uint64_t end = round + 10000;

	do {
		assert_true(round < end);
		for (int vm = 0; vm < VMS; vm++) {
			const struct ledger_domain d = domain_of(vm, ++round);

			assert_int_equal(store_add_totals(s, START + round * HOUR / 4, &d), 0);
		}
		add_failure(s, (int)round);
	} while (!store_commit(s));
	return round;
}

static void a_full_disk_is_waited_for(void **state)
{
	struct store_dir dir;
	uint64_t round;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	if (!small_disk(&dir))
		skip();
	s = store_dir_open(&dir, 0, 0);
	disk_fill(&dir);
	round = write_until_stuck(s, 0);
	assert_int_equal(dir.warnings, 1);
	assert_non_null(strstr(dir.text, "kept in memory"));
	for (int i = 0; i < 100; i++) {		/* it goes on, and says no more */
		const struct ledger_domain d = domain_of(0, round + VMS);

		assert_int_equal(store_add_totals(s, START, &d), 0);
		assert_true(store_commit(s) < 0);
	}
	assert_int_equal(dir.warnings, 1);
	disk_empty(&dir);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(dir.infos, 1);
	assert_non_null(strstr(dir.text, "can be written again"));
	assert_int_equal(store_dir_sql(&dir, "SELECT integrity_check = 'ok' "
				       "FROM pragma_integrity_check"), 1);
	/* vm19 had all of its calls, vm0 those told last. */
	assert_int_equal(store_dir_sql(&dir, "SELECT sum(maps) FROM hour WHERE vm = 'vm19'"), round);
	assert_int_equal(store_dir_sql(&dir, "SELECT sum(maps) FROM hour WHERE vm = 'vm0'"),
			 round + VMS);
	assert_int_equal(store_dir_sql(&dir, "SELECT sum(count) FROM failure"), round / VMS);

	disk_fill(&dir);	/* and again, till memory is used up as well */
	round = write_until_stuck(s, round + 2 * VMS);
	assert_int_equal(dir.warnings, 2);
	for (int i = 0; i < 2 * PENDING_MAX_FAILURES; i++) {
		struct viommu_event e = ledger_failure("vm1", 1, VIOMMU_REASON_MEMLOCK, 1);

		e.group = i;
		if (store_add_event(s, &e))
			break;
	}
	for (int i = 0; i < 3; i++) {		/* which is said once */
		struct viommu_event e = ledger_failure("vm2", 1, VIOMMU_REASON_MEMLOCK, 1);

		assert_int_equal(store_add_event(s, &e), -ENOSPC);
	}
	assert_int_equal(dir.warnings, 3);
	assert_non_null(strstr(dir.text, "left out"));
	disk_empty(&dir);	/* what waits is more than the disk held */
	assert_int_equal(mount(NULL, dir.path, NULL, MS_REMOUNT, "size=64m"), 0);
	store_close(s);
	assert_int_equal(dir.infos, 2);

	store_dir_files(&dir, "", true);	/* full from the beginning */
	disk_fill(&dir);
	s = store_dir_open(&dir, 0, 0);
	add_failure(s, 1);
	assert_true(store_commit(s) < 0);
	disk_empty(&dir);
	store_close(s);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"), 1);
	umount(dir.path);
	store_dir_fini(&dir);
}

/* -------------------------------------------------------------------------------------- damage */

static void history_make(struct store_dir *dir, int failures)
{
	struct store *s = store_dir_open(dir, 0, 0);

	for (int i = 0; i < failures; i++) {
		const struct ledger_domain d = domain_of(i % 200, 1);

		assert_int_equal(store_add_totals(s, START, &d), 0);
		add_failure(s, i);
	}
	store_close(s);
}

static void bytes_write(const struct store_dir *dir, off_t at, size_t size)
{
	char garbage[16384];
	const int fd = open(dir->db, O_WRONLY);

	memset(garbage, 0x5a, sizeof(garbage));
	assert_int_equal(pwrite(fd, garbage, size, at), (ssize_t)size);
	close(fd);
}

static void damage_is_moved_aside(void **state)
{
	struct store_dir dir;
	struct store *s;
	struct stat st;

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		store_dir_init(&dir);
		history_make(&dir, 200);
		assert_int_equal(stat(dir.db, &st), 0);
		if (kind == 0)
			bytes_write(&dir, 0, 4096);
		else if (kind == 1)
			bytes_write(&dir, st.st_size / 2, 16384);
		else if (kind == 2)
			assert_int_equal(truncate(dir.db, st.st_size / 2), 0);
		else
			assert_int_equal(truncate(dir.db, 1000), 0);
		s = store_dir_open(&dir, 0, 0);
		assert_int_equal(dir.warnings, 1);
		assert_non_null(strstr(dir.text, "damaged"));
		assert_int_equal(store_dir_files(&dir, "history.db.damaged-", false), 1);
		add_failure(s, 1);
		assert_int_equal(store_commit(s), 0);
		assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"), 1);
		store_close(s);
		assert_int_equal(dir.warnings, 1);
		store_dir_fini(&dir);
	}
}

/* Found when what is too old is looked for; nothing is written meanwhile. */
static void damage_while_it_is_looked_after(void **state)
{
	struct store_dir dir;
	struct store *s;
	struct stat st;
	int err = 0;

	(void)state;
	store_dir_init(&dir);
	history_make(&dir, 8000);
	s = store_dir_open(&dir, HOUR, 0);
	assert_int_equal(store_prune(s, START), 0);
	assert_int_equal(stat(dir.db, &st), 0);
	for (off_t at = 4096; at + 16384 <= st.st_size; at += 16384)
		bytes_write(&dir, at, 16384);
	for (uint64_t now = START; now <= START + 3 * STORE_LEAP && err >= 0; now += STORE_LEAP / 2)
		err = store_prune(s, now);
	assert_true(err < 0);
	assert_int_equal(dir.warnings, 1);
	assert_non_null(strstr(dir.text, "damaged"));
	assert_int_equal(store_dir_files(&dir, "history.db.damaged-", false) > 0, 1);
	add_failure(s, 1);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"), 1);
	store_close(s);
	store_dir_fini(&dir);
}

/* Found when a page of it is written, hours after it was opened. */
static void damage_while_it_is_open(void **state)
{
	struct store_dir dir;
	struct store *s;
	struct stat st;

	(void)state;
	store_dir_init(&dir);
	history_make(&dir, 8000);	/* more than is cached */
	s = store_dir_open(&dir, 0, 0);
	assert_int_equal(stat(dir.db, &st), 0);
	for (off_t at = 4096; at + 16384 <= st.st_size; at += 16384)
		bytes_write(&dir, at, 16384);
	for (int i = 0; i < 8000; i += 40)
		add_failure(s, i);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(dir.warnings, 1);
	assert_true(store_dir_files(&dir, "damaged", false) > 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"), 200);
	store_close(s);
	store_dir_fini(&dir);
}

static void a_file_taken_away_is_begun_anew(void **state)
{
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	s = store_dir_open(&dir, 0, 0);
	add_failure(s, 1);
	assert_int_equal(store_commit(s), 0);
	store_dir_files(&dir, "", true);
	add_failure(s, 2);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT iommu_group FROM failure"), 2);
	store_close(s);
	store_dir_fini(&dir);
}

/* ------------------------------------------------------------------------------------ versions */

static void a_newer_version_is_moved_aside(void **state)
{
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	history_make(&dir, 200);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), STORE_VERSION);
	store_dir_sql(&dir, "PRAGMA user_version = 3");
	s = store_dir_open(&dir, 0, 0);
	assert_int_equal(dir.warnings, 1);
	assert_non_null(strstr(dir.text, "newer version"));
	assert_int_equal(store_dir_files(&dir, "damaged", false), 1);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), STORE_VERSION);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM hour"), 0);
	store_close(s);
	store_dir_fini(&dir);
}

static void an_older_version_is_brought_up(void **state)
{
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	store_dir_sql(&dir, "CREATE TABLE note (text)");	/* version 0, and it is not empty */
	store_dir_sql(&dir, "INSERT INTO note VALUES (42)");
	s = store_dir_open(&dir, 0, 0);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), STORE_VERSION);
	assert_int_equal(store_dir_sql(&dir, "SELECT text FROM note"), 42);
	add_failure(s, 1);
	assert_int_equal(store_commit(s), 0);
	store_close(s);
	assert_int_equal(dir.warnings, 0);
	store_dir_fini(&dir);

	store_dir_init(&dir);
	store_dir_sql(&dir, "CREATE TABLE hour (somebody_elses)");
	s = store_dir_open(&dir, 0, 0);
	assert_int_equal(dir.warnings, 1);
	add_failure(s, 1);
	assert_int_equal(store_commit(s), 0);
	store_close(s);
	store_dir_fini(&dir);
}

/* A file as version 1 wrote it: its rows are read, added to and deleted as one's own. */
static void version_1_is_brought_up(void **state)
{
	static const char *const lines[] = {
		"PRAGMA journal_mode = WAL",
		"CREATE TABLE hour (hour INTEGER NOT NULL, vm TEXT NOT NULL, maps INTEGER NOT NULL, "
		"unmaps INTEGER NOT NULL, map_bytes INTEGER NOT NULL, unmap_bytes INTEGER NOT NULL, "
		"highest_iova TEXT NOT NULL, limit_bits INTEGER NOT NULL, "
		"recommended_bits INTEGER NOT NULL, PRIMARY KEY (hour, vm)) WITHOUT ROWID",
		"CREATE TABLE hour_failure (hour INTEGER NOT NULL, vm TEXT NOT NULL, "
		"reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (hour, vm, reason)) "
		"WITHOUT ROWID",
		"CREATE TABLE failure (id INTEGER PRIMARY KEY, vm TEXT NOT NULL, type TEXT NOT NULL, "
		"reason TEXT NOT NULL, severity TEXT NOT NULL, error TEXT NOT NULL, "
		"iommu_group INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
		"count INTEGER NOT NULL, uuid TEXT NOT NULL, lowest_iova TEXT NOT NULL, "
		"highest_iova TEXT NOT NULL, detail TEXT NOT NULL, remedy TEXT NOT NULL, "
		"option TEXT NOT NULL, policy TEXT NOT NULL, "
		"UNIQUE (vm, type, reason, severity, error, iommu_group, policy))",
		"CREATE INDEX failure_last ON failure (last)",
		"CREATE TABLE attach (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
		"vm TEXT NOT NULL, attached INTEGER NOT NULL, result INTEGER NOT NULL, "
		"iommu_group INTEGER NOT NULL, devices TEXT NOT NULL, ranges TEXT NOT NULL)",
		"CREATE INDEX attach_time ON attach (time)",
		"CREATE TABLE generation (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
		"generation INTEGER NOT NULL, policies INTEGER NOT NULL)",
		"CREATE INDEX generation_time ON generation (time)",
		"PRAGMA user_version = 1",
		/* START */
		"INSERT INTO hour VALUES (1795233600000000000, 'vm0', 5, 1, 20480, 4096, "
		"'0x0000000000004fff', 39, 39)",
		"INSERT INTO hour_failure VALUES (1795233600000000000, 'vm0', 'overlap', 3)",
		"INSERT INTO failure VALUES (7, 'vm0', 'map', 'overlap', 'silent', 'EINVAL', 4, "
		"1795233600000000000, 1795233600000000005, 3, '', '0x0000000000001000', "
		"'0x0000000000001fff', 'why', 'what', 'how', '')",
	};
	const struct ledger_domain d = domain_of(0, 2);
	struct store_dir dir;
	struct store *s;

	(void)state;
	store_dir_init(&dir);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		store_dir_sql(&dir, lines[i]);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), 1);
	s = store_dir_open(&dir, 2 * HOUR, 0);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), STORE_VERSION);
	assert_int_equal(store_add_totals(s, START + 1, &d), 0);
	add_failure(s, 4);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT maps FROM hour"), 7);
	assert_int_equal(store_dir_sql(&dir, "SELECT count FROM hour_failure"), 3);
	assert_int_equal(store_dir_sql(&dir, "SELECT count FROM failure WHERE id = 7"), 4);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM failure"), 1);
	for (uint64_t now = START; now <= START + STORE_LEAP; now += STORE_LEAP / 2)
		assert_int_equal(store_prune(s, now), 0);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM hour_failure"), 0);
	store_close(s);
	assert_int_equal(dir.warnings + dir.infos, 0);
	store_dir_fini(&dir);
}

/* The way that later versions will go: each step by itself, whole or not at all. */
static void steps_are_whole(void **state)
{
	const char *steps[] = {
		"CREATE TABLE t (a); INSERT INTO t VALUES (1)",
		"ALTER TABLE t ADD b DEFAULT 7; UPDATE t SET b = 8; INSERT INTO nowhere VALUES (1)",
	};
	struct store_dir dir;
	sqlite3 *db;

	(void)state;
	store_dir_init(&dir);
	assert_int_equal(sqlite3_open(dir.db, &db), SQLITE_OK);
	assert_int_equal(store_schema_upgrade(db, steps, 2), SQLITE_ERROR);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), 1);
	assert_int_equal(store_dir_sql(&dir, "SELECT count(*) FROM pragma_table_info('t')"), 1);
	steps[1] = "ALTER TABLE t ADD b DEFAULT 7; UPDATE t SET b = 8";
	assert_int_equal(store_schema_upgrade(db, steps, 2), SQLITE_OK);
	assert_int_equal(store_schema_upgrade(db, steps, 2), SQLITE_OK);
	assert_int_equal(store_dir_sql(&dir, "PRAGMA user_version"), 2);
	assert_int_equal(store_dir_sql(&dir, "SELECT b FROM t"), 8);
	assert_int_equal(store_schema_upgrade(db, steps, 1), SQLITE_MISMATCH);
	sqlite3_close(db);
	store_dir_fini(&dir);
}

static void files_that_cannot_be_opened(void **state)
{
	const struct store_opts opts = { 0 };
	struct store_dir dir;
	const struct store_listener listener = { store_dir_message, &dir };
	struct store *s;
	char path[128];

	(void)state;
	store_dir_init(&dir);
	snprintf(path, sizeof(path), "%s/none/history.db", dir.path);
	assert_int_equal(store_open(&s, path, &opts, &listener), -ENOENT);
	assert_null(s);
	assert_int_equal(dir.warnings, 1);
	assert_int_equal(store_open(&s, dir.path, &opts, &listener), -EISDIR);
	assert_int_equal(symlink("/etc/passwd", dir.db), 0);
	assert_int_equal(store_open(&s, dir.db, &opts, &listener), -ELOOP);
	store_close(NULL);
	store_dir_fini(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_moved_aside),
		cmocka_unit_test(damage_while_it_is_open),
		cmocka_unit_test(damage_while_it_is_looked_after),
		cmocka_unit_test(a_file_taken_away_is_begun_anew),
		cmocka_unit_test(a_newer_version_is_moved_aside),
		cmocka_unit_test(an_older_version_is_brought_up),
		cmocka_unit_test(version_1_is_brought_up),
		cmocka_unit_test(steps_are_whole),
		cmocka_unit_test(files_that_cannot_be_opened),
		cmocka_unit_test(killed_writers_lose_nothing_committed),
		cmocka_unit_test(a_full_disk_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
