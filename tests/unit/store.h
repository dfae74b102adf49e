/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A history in a folder of its own, for its tests. */
#ifndef TESTS_UNIT_STORE_H
#define TESTS_UNIT_STORE_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "ledger.h"
#include "store/store.h"

struct store_dir {
	char path[64];
	char db[96];
	unsigned int warnings, infos;
	char text[1024];		/* of the latest message */
};

static inline void store_dir_message(void *ctx, bool warning, const char *text)
{
	struct store_dir *dir = ctx;

	if (warning)
		dir->warnings++;
	else
		dir->infos++;
	snprintf(dir->text, sizeof(dir->text), "%s", text);
}

static inline void store_dir_init(struct store_dir *dir)
{
	memset(dir, 0, sizeof(*dir));
	snprintf(dir->path, sizeof(dir->path), "/tmp/viommu-store-XXXXXX");
	assert_non_null(mkdtemp(dir->path));
	snprintf(dir->db, sizeof(dir->db), "%s/history.db", dir->path);
}

/* Number of files whose names contain part; they are removed if asked. */
static inline int store_dir_files(const struct store_dir *dir, const char *part, bool unlink_them)
{
	DIR *d = opendir(dir->path);
	struct dirent *e;
	char path[512];
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' || !strstr(e->d_name, part))
			continue;
		n++;
		snprintf(path, sizeof(path), "%s/%s", dir->path, e->d_name);
		if (unlink_them)
			unlink(path);
	}
	closedir(d);
	return n;
}

static inline void store_dir_fini(struct store_dir *dir)
{
	store_dir_files(dir, "", true);
	assert_int_equal(rmdir(dir->path), 0);
}

static inline struct store *store_dir_open(struct store_dir *dir, uint64_t age, uint64_t bytes)
{
	const struct store_opts opts = { .max_age = age, .max_bytes = bytes };
	const struct store_listener listener = { store_dir_message, dir };
	struct store *s;

	assert_int_equal(store_open(&s, dir->db, &opts, &listener), 0);
	return s;
}

/* SQL in the file, from outside; the first column of the first row as a number, -1: no row. */
static inline int64_t store_dir_sql(const struct store_dir *dir, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(dir->db, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

#endif
