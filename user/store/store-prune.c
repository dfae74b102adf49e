// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is too old, or too much, goes in small pieces, so that nobody waits for it. Deleted rows
 * leave free pages, which are given back to the file system in small pieces too.
 *
 * How old something is, the clock says, which may be wrong: many machines have a wrong one at boot,
 * until the network corrects it. So what it said last is kept in the file, and a clock that is more
 * than a day off that has to run on for a day before anything is deleted by it. The limit of size
 * needs no clock.
 */
#include <errno.h>

#include "store/store-parts.h"

#define PRUNE_ROWS 500
#define PRUNE_PAGES 256

/* Free pages are used again; more than this part of the file is given back. */
#define FREE_PART 4

/* A number that one statement gives; 0 if it gives none. SQLite's result. */
static int number_read(struct store *s, enum store_statement i, uint64_t *n)
{
	sqlite3_stmt *stmt = s->statements[i];
	int rc = sqlite3_step(stmt);

	*n = 0;
	if (rc == SQLITE_ROW) {
		*n = (uint64_t)sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int time_read(struct store *s)
{
	sqlite3_stmt *stmt = s->statements[STORE_READ_TIME];
	int rc = sqlite3_step(stmt);

	s->time = (struct store_time){ 0 };	/* a file that never was looked after: a leap */
	if (rc == SQLITE_ROW) {
		s->time.seen = (uint64_t)sqlite3_column_int64(stmt, 0);
		s->time.since = (uint64_t)sqlite3_column_int64(stmt, 1);
		rc = SQLITE_DONE;
	}
	sqlite3_reset(stmt);
	s->time_kept = s->time.seen;
	s->has_time = rc == SQLITE_DONE;
	return s->has_time ? SQLITE_OK : rc;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * Follow the clock. An hour of it may be missing in the file, so that it is not written to each
 * minute for this alone. SQLite's result.
 */
static int time_follow(struct store *s, uint64_t now)
{
	const bool leapt = distance(now, s->time.seen) > STORE_LEAP;
	int rc;

	if (leapt)
		s->time.since = now;
	s->time.seen = now;
	if (!leapt && distance(now, s->time_kept) < STORE_NS_PER_HOUR)
		return SQLITE_OK;
	sqlite3_bind_int64(s->statements[STORE_SET_TIME], 1, (int64_t)now);
	sqlite3_bind_int64(s->statements[STORE_SET_TIME], 2, (int64_t)s->time.since);
	rc = store_run(s, STORE_SET_TIME);
	if (!rc)
		s->time_kept = now;
	return rc;
}

/* Delete up to PRUNE_ROWS rows of each table from before a time. SQLite's result. */
static int rows_delete(struct store *s, uint64_t before, bool *more)
{
	int rc = store_run(s, STORE_BEGIN);

	if (rc)
		return rc;
	for (int i = STORE_PRUNE_AGE; i <= STORE_PRUNE_AGE_LAST && !rc; i++) {
		sqlite3_bind_int64(s->statements[i], 1, (int64_t)before);
		sqlite3_bind_int(s->statements[i], 2, PRUNE_ROWS);
		rc = store_run(s, (enum store_statement)i);
		if (!rc && sqlite3_changes(s->db) == PRUNE_ROWS)
			*more = true;
	}
	if (!rc)
		rc = store_run(s, STORE_COMMIT);
	if (rc && !sqlite3_get_autocommit(s->db))
		store_run(s, STORE_ROLLBACK);
	return rc;
}

static int prune_age(struct store *s, uint64_t now, bool *more)
{
	int rc = s->has_time ? SQLITE_OK : time_read(s);

	if (!rc)
		rc = time_follow(s, now);
	if (rc || !s->opts.max_age || now <= s->opts.max_age ||
	    now < s->time.since || now - s->time.since < STORE_LEAP)
		return rc;
	return rows_delete(s, now - s->opts.max_age, more);
}

struct pages {
	uint64_t count, size, free;
};

static int pages_read(struct store *s, struct pages *pages)
{
	int rc = number_read(s, STORE_READ_PAGES, &pages->count);

	if (!rc)
		rc = number_read(s, STORE_READ_PAGE_SIZE, &pages->size);
	if (!rc)
		rc = number_read(s, STORE_READ_FREE_PAGES, &pages->free);
	return rc;
}

/* The oldest hour of what there is goes, but never the present one. */
static int prune_size(struct store *s, uint64_t now, const struct pages *pages, bool *more)
{
	uint64_t oldest, before;
	int rc;

	if (!s->opts.max_bytes || (pages->count - pages->free) * pages->size <= s->opts.max_bytes)
		return SQLITE_OK;
	rc = number_read(s, STORE_READ_OLDEST, &oldest);
	if (rc)
		return rc;
	before = oldest - oldest % STORE_NS_PER_HOUR + STORE_NS_PER_HOUR;
	if (before > now - now % STORE_NS_PER_HOUR)
		return SQLITE_OK;
	*more = true;
	return rows_delete(s, before, more);
}

/* incremental_vacuum gives a row per page: it is run to its end, unlike other statements. */
static int pages_give_back(struct store *s, const struct pages *pages, bool *more)
{
	const bool too_large = s->opts.max_bytes && pages->count * pages->size > s->opts.max_bytes;

	if (!pages->free || (!too_large && pages->free < pages->count / FREE_PART))
		return SQLITE_OK;
	if (pages->free > PRUNE_PAGES)
		*more = true;
	return sqlite3_exec(s->db, "PRAGMA incremental_vacuum(256)", NULL, NULL, NULL);
}

int store_prune(struct store *s, uint64_t now)
{
	struct pages pages;
	bool more = false;
	int rc;

	_Static_assert(PRUNE_PAGES == 256, "the pragma has no parameter");
	if (!s->db)
		return 0;
	rc = prune_age(s, now, &more);
	if (!rc)
		rc = pages_read(s, &pages);
	if (!rc)
		rc = prune_size(s, now, &pages, &more);
	if (!rc)
		rc = pages_read(s, &pages);
	if (!rc)
		rc = pages_give_back(s, &pages, &more);
	if (store_is_damage(rc))
		store_file_aside(s, "it is damaged");
	return rc ? store_errno(rc) : more;
}
