// SPDX-License-Identifier: GPL-2.0-or-later
/* The file: opened, checked, moved aside when it cannot be used. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/store-parts.h"

/* Another program may look into the file for a moment; the caller waits for no longer. */
#define BUSY_MS 200

/* What a connection needs. auto_vacuum counts only before the first table is made. */
#define PRAGMAS \
	"PRAGMA auto_vacuum = INCREMENTAL;" \
	"PRAGMA journal_mode = WAL;" \
	"PRAGMA synchronous = NORMAL;" \
	"PRAGMA temp_store = MEMORY;" \
	"PRAGMA cache_size = -2048;" \
	"PRAGMA journal_size_limit = 4194304;" \
	"PRAGMA trusted_schema = OFF;" \
	"PRAGMA cell_size_check = ON"

int store_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		return -EIO;
	}
}

bool store_is_damage(int rc)
{
	rc &= 0xff;
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

/*
 * Damage is found here and not when a page of it is read a week later. It reads the whole file,
 * which the retention keeps small.
 */
static int file_check(sqlite3 *db)
{
	const unsigned char *text;
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);

	if (rc)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		text = sqlite3_column_text(stmt, 0);
		rc = text && !strcmp((const char *)text, "ok") ? SQLITE_OK : SQLITE_CORRUPT;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int file_prepare(struct store *s)
{
	for (size_t i = 0; i < STORE_NR_STATEMENTS; i++) {
		const char *text = store_statement_text((enum store_statement)i);
		int rc = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT,
					    &s->statements[i], NULL);

		if (rc == SQLITE_ERROR)		/* tables of somebody else */
			return SQLITE_NOTADB;
		if (rc)
			return rc;
	}
	return SQLITE_OK;
}

static int file_try(struct store *s)
{
	int rc = sqlite3_open_v2(s->path, &s->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
				 SQLITE_OPEN_EXRESCODE, NULL);

	if (rc)
		return rc;
	sqlite3_busy_timeout(s->db, BUSY_MS);
	rc = sqlite3_exec(s->db, PRAGMAS, NULL, NULL, NULL);
	if (!rc)
		rc = file_check(s->db);
	if (!rc)
		rc = store_schema_upgrade(s->db, store_schema_steps, STORE_VERSION);
	if (rc == SQLITE_ERROR)		/* a step met tables of its names: nobody's version 0 */
		rc = SQLITE_NOTADB;
	return rc ? rc : file_prepare(s);
}

void store_file_close(struct store *s)
{
	for (size_t i = 0; i < STORE_NR_STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
	s->has_time = false;
}

/* The log of a file belongs to it: it holds what was not yet copied. */
static int rename_all(const char *path, const char *aside)
{
	static const char *const suffixes[] = { "-wal", "-shm", "" };
	char from[PATH_MAX], to[PATH_MAX];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s%s", aside, suffixes[i]);
		if (rename(from, to) && (errno != ENOENT || !suffixes[i][0]))
			return -errno;
	}
	return 0;
}

bool store_file_moved(const struct store *s)
{
	int moved = 0;

	return !sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) && moved;
}

int store_file_aside(struct store *s, const char *why)
{
	const time_t now = time(NULL);
	char stamp[32], aside[PATH_MAX];
	struct tm tm;
	int err;

	store_file_close(s);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(aside, sizeof(aside), "%s.damaged-%s", s->path, stamp);
	for (int n = 2; !access(aside, F_OK) && n < 100; n++)
		snprintf(aside, sizeof(aside), "%s.damaged-%s.%d", s->path, stamp, n);
	err = rename_all(s->path, aside);
	if (err)
		store_say(s, true, "the history %s cannot be used (%s) and cannot be moved aside: %s; "
			  "move it away, or let viommud write to its folder", s->path, why,
			  strerror(-err));
	else
		store_say(s, true, "the history %s cannot be used: %s; it is kept as %s, and a new "
			  "one begins", s->path, why, aside);
	return err;
}

int store_file_open(struct store *s, const char **why)
{
	int rc = file_try(s);

	if (rc && (store_is_damage(rc) || rc == SQLITE_MISMATCH)) {
		if (store_file_aside(s, rc == SQLITE_MISMATCH ?
				     "it is of a newer version of viommud" : "it is damaged")) {
			*why = "it cannot be moved aside";
			return SQLITE_CANTOPEN;
		}
		rc = file_try(s);
	}
	if (!rc)
		return SQLITE_OK;
	*why = sqlite3_errstr(rc);
	store_file_close(s);
	return rc;
}
