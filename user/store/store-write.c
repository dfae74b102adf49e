// SPDX-License-Identifier: GPL-2.0-or-later
/* What waits goes into the file, all in one transaction. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/store-parts.h"

static const char *const statements[STORE_NR_STATEMENTS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_ADD_HOUR] =
		"INSERT INTO hour VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
		"ON CONFLICT (hour, vm) DO UPDATE SET "
		"maps = maps + excluded.maps, unmaps = unmaps + excluded.unmaps, "
		"map_bytes = map_bytes + excluded.map_bytes, "
		"unmap_bytes = unmap_bytes + excluded.unmap_bytes, "
		"highest_iova = max(highest_iova, excluded.highest_iova), "
		/* The least that is known: 0 is not. */
		"limit_bits = CASE WHEN limit_bits = 0 OR excluded.limit_bits = 0 "
		"THEN limit_bits + excluded.limit_bits "
		"ELSE min(limit_bits, excluded.limit_bits) END, "
		"recommended_bits = CASE WHEN recommended_bits = 0 OR excluded.recommended_bits = 0 "
		"THEN recommended_bits + excluded.recommended_bits "
		"ELSE min(recommended_bits, excluded.recommended_bits) END",
	[STORE_ADD_HOUR_FAILURE] =
		"INSERT INTO hour_failure VALUES (?1, ?2, ?3, ?4) "
		"ON CONFLICT (hour, vm, reason) DO UPDATE SET count = count + excluded.count",
	[STORE_ADD_FAILURE] =
		"INSERT INTO failure (vm, type, reason, severity, error, iommu_group, first, last, "
		"count, uuid, lowest_iova, highest_iova, detail, remedy, option, policy) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) "
		"ON CONFLICT (vm, type, reason, severity, error, iommu_group, policy) DO UPDATE SET "
		"first = min(first, excluded.first), last = max(last, excluded.last), "
		"count = count + excluded.count, uuid = excluded.uuid, "
		"lowest_iova = CASE WHEN lowest_iova = '' THEN excluded.lowest_iova "
		"WHEN excluded.lowest_iova = '' THEN lowest_iova "
		"ELSE min(lowest_iova, excluded.lowest_iova) END, "
		"highest_iova = max(highest_iova, excluded.highest_iova), "
		"detail = excluded.detail, remedy = excluded.remedy, option = excluded.option",
	[STORE_ADD_ATTACH] =
		"INSERT INTO attach (time, vm, attached, result, iommu_group, devices, ranges) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	/* Each new server is told of those in force, too. */
	[STORE_ADD_GENERATION] =
		"INSERT INTO generation (time, generation, policies) SELECT ?1, ?2, ?3 "
		"WHERE (?2, ?3) IS NOT (SELECT generation, policies FROM generation "
		"ORDER BY id DESC LIMIT 1)",

	[STORE_READ_HOURS] =
		"SELECT hour, vm, maps, unmaps, map_bytes, unmap_bytes, highest_iova, limit_bits, "
		"recommended_bits FROM hour WHERE hour > ?1 AND (?2 IS NULL OR vm = ?2) "
		"ORDER BY hour, vm",
	[STORE_READ_HOUR_FAILURES] =
		"SELECT reason, count FROM hour_failure WHERE hour = ?1 AND vm = ?2",
	[STORE_READ_FAILURES] =
		"SELECT first, last, count, vm, uuid, type, reason, severity, error, detail, "
		"remedy, option, policy, lowest_iova, highest_iova FROM failure "
		"WHERE last >= ?1 AND (?2 IS NULL OR vm = ?2) ORDER BY last, id",
	[STORE_READ_ATTACHES] =
		"SELECT time, attached, result, iommu_group, vm, devices, ranges FROM attach "
		"WHERE time >= ?1 AND (?2 IS NULL OR vm = ?2) ORDER BY time, id",

	/* ?1: rows before that time go; ?2: at most so many. */
	[STORE_PRUNE_AGE] =
		"DELETE FROM hour WHERE (hour, vm) IN (SELECT hour, vm FROM hour WHERE hour < ?1 "
		"ORDER BY hour LIMIT ?2)",
	[STORE_PRUNE_AGE + 1] =
		"DELETE FROM hour_failure WHERE (hour, vm, reason) IN (SELECT hour, vm, reason "
		"FROM hour_failure WHERE hour < ?1 ORDER BY hour LIMIT ?2)",
	[STORE_PRUNE_AGE + 2] =
		"DELETE FROM failure WHERE id IN (SELECT id FROM failure WHERE last < ?1 "
		"ORDER BY last LIMIT ?2)",
	[STORE_PRUNE_AGE + 3] =
		"DELETE FROM attach WHERE id IN (SELECT id FROM attach WHERE time < ?1 "
		"ORDER BY time LIMIT ?2)",
	[STORE_PRUNE_AGE + 4] =
		"DELETE FROM generation WHERE id IN (SELECT id FROM generation WHERE time < ?1 "
		"ORDER BY time LIMIT ?2)",
	[STORE_READ_OLDEST] =
		"SELECT min(t) FROM (SELECT min(hour) AS t FROM hour "
		"UNION ALL SELECT min(hour) FROM hour_failure UNION ALL SELECT min(last) FROM failure "
		"UNION ALL SELECT min(time) FROM attach UNION ALL SELECT min(time) FROM generation)",
	[STORE_READ_TIME] = "SELECT seen, since FROM time",
	[STORE_SET_TIME] = "INSERT OR REPLACE INTO time VALUES (1, ?1, ?2)",
	[STORE_READ_PAGES] = "PRAGMA page_count",
	[STORE_READ_PAGE_SIZE] = "PRAGMA page_size",
	[STORE_READ_FREE_PAGES] = "PRAGMA freelist_count",
};

const char *store_statement_text(enum store_statement i)
{
	return statements[i];
}

int store_run(struct store *s, enum store_statement i)
{
	int rc = sqlite3_step(s->statements[i]);

	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	sqlite3_reset(s->statements[i]);
	sqlite3_clear_bindings(s->statements[i]);
	return rc;
}

/* A bind can only fail for want of memory; the statement then fails for NOT NULL. */
static void bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
	sqlite3_bind_text(stmt, i, text ? text : "", -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *stmt, int i, uint64_t n)
{
	sqlite3_bind_int64(stmt, i, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static void bind_address(sqlite3_stmt *stmt, int i, uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, address);
	sqlite3_bind_text(stmt, i, text, -1, SQLITE_TRANSIENT);
}

static int write_hour(struct store *s, const struct pending_hour *h)
{
	sqlite3_stmt *stmt = s->statements[STORE_ADD_HOUR];
	int rc;

	bind_number(stmt, 1, h->sum.hour);
	bind_text(stmt, 2, h->vm);
	bind_number(stmt, 3, h->sum.maps);
	bind_number(stmt, 4, h->sum.unmaps);
	bind_number(stmt, 5, h->sum.map_bytes);
	bind_number(stmt, 6, h->sum.unmap_bytes);
	bind_address(stmt, 7, h->sum.highest_iova);
	bind_number(stmt, 8, h->sum.limit_bits);
	bind_number(stmt, 9, h->sum.recommended_bits);
	rc = store_run(s, STORE_ADD_HOUR);
	for (size_t i = 0; i < VIOMMU_NR_REASONS && !rc; i++) {
		if (!h->sum.failures[i])
			continue;
		stmt = s->statements[STORE_ADD_HOUR_FAILURE];
		bind_number(stmt, 1, h->sum.hour);
		bind_text(stmt, 2, h->vm);
		bind_text(stmt, 3, viommu_reason_name((enum viommu_reason)i));
		bind_number(stmt, 4, h->sum.failures[i]);
		rc = store_run(s, STORE_ADD_HOUR_FAILURE);
	}
	return rc;
}

static int write_hours(struct store *s)
{
	const struct pending_hour *hours = s->pending.hours.items;
	const struct pending_vm *vms = s->pending.vms.items;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < s->pending.hours.count && !rc; i++)
		rc = write_hour(s, &hours[i]);
	for (size_t i = 0; i < s->pending.vms.count && !rc; i++)
		if (vms[i].hour.dirty)
			rc = write_hour(s, &vms[i].hour);
	return rc;
}

static int write_failure(struct store *s, const struct pending_failure *f)
{
	sqlite3_stmt *stmt = s->statements[STORE_ADD_FAILURE];
	char number[24];

	bind_text(stmt, 1, f->vm);
	bind_text(stmt, 2, viommu_event_name(f->type));
	bind_text(stmt, 3, viommu_reason_name(f->reason));
	bind_text(stmt, 4, viommu_severity_name(f->severity));
	bind_text(stmt, 5, f->result ?
		  viommu_errno_name(-f->result, number, sizeof(number)) : "");
	sqlite3_bind_int(stmt, 6, f->group);
	bind_number(stmt, 7, f->first);
	bind_number(stmt, 8, f->last);
	bind_number(stmt, 9, f->count);
	bind_text(stmt, 10, f->uuid);
	if (f->has_range) {
		bind_address(stmt, 11, f->lowest_iova);
		bind_address(stmt, 12, f->highest_iova);
	} else {
		bind_text(stmt, 11, "");
		bind_text(stmt, 12, "");
	}
	bind_text(stmt, 13, f->detail);
	bind_text(stmt, 14, f->remedy);
	bind_text(stmt, 15, f->option);
	bind_text(stmt, 16, f->policy);
	return store_run(s, STORE_ADD_FAILURE);
}

static int write_attach(struct store *s, const struct pending_attach *a)
{
	sqlite3_stmt *stmt = s->statements[STORE_ADD_ATTACH];

	bind_number(stmt, 1, a->time);
	bind_text(stmt, 2, a->vm);
	sqlite3_bind_int(stmt, 3, a->attached);
	sqlite3_bind_int(stmt, 4, a->result);
	sqlite3_bind_int(stmt, 5, a->group);
	bind_text(stmt, 6, a->devices);
	bind_text(stmt, 7, a->ranges);
	return store_run(s, STORE_ADD_ATTACH);
}

static int write_rest(struct store *s)
{
	const struct pending_generation *generations = s->pending.generations.items;
	const struct pending_failure *failures = s->pending.failures.items;
	const struct pending_attach *attaches = s->pending.attaches.items;
	sqlite3_stmt *stmt = s->statements[STORE_ADD_GENERATION];
	int rc = SQLITE_OK;

	for (size_t i = 0; i < s->pending.failures.count && !rc; i++)
		rc = write_failure(s, &failures[i]);
	for (size_t i = 0; i < s->pending.attaches.count && !rc; i++)
		rc = write_attach(s, &attaches[i]);
	for (size_t i = 0; i < s->pending.generations.count && !rc; i++) {
		bind_number(stmt, 1, generations[i].time);
		bind_number(stmt, 2, generations[i].generation);
		bind_number(stmt, 3, generations[i].policies);
		rc = store_run(s, STORE_ADD_GENERATION);
	}
	return rc;
}

int store_write(struct store *s)
{
	int rc = store_run(s, STORE_BEGIN);

	if (rc)
		return rc;
	rc = write_hours(s);
	if (!rc)
		rc = write_rest(s);
	if (!rc)
		rc = store_run(s, STORE_COMMIT);
	if (rc && !sqlite3_get_autocommit(s->db))	/* some errors have rolled back already */
		store_run(s, STORE_ROLLBACK);
	return rc;
}
