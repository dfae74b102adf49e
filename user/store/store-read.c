// SPDX-License-Identifier: GPL-2.0-or-later
/* The history is read back, row by row, in the order of time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store-parts.h"

static uint64_t column_number(sqlite3_stmt *stmt, int i)
{
	const int64_t n = sqlite3_column_int64(stmt, i);

	return n < 0 ? 0 : (uint64_t)n;
}

static unsigned int column_bits(sqlite3_stmt *stmt, int i)
{
	const uint64_t n = column_number(stmt, i);

	return n > 64 ? 0 : (unsigned int)n;
}

static const char *column_text(sqlite3_stmt *stmt, int i)
{
	const unsigned char *text = sqlite3_column_text(stmt, i);

	return text ? (const char *)text : "";
}

static uint64_t column_address(sqlite3_stmt *stmt, int i)
{
	return strtoull(column_text(stmt, i), NULL, 16);
}

/* A reason of another version counts as one that is not known. */
static enum viommu_reason reason_parse(const char *name)
{
	for (int i = 0; i < VIOMMU_NR_REASONS; i++)
		if (!strcmp(name, viommu_reason_name((enum viommu_reason)i)))
			return (enum viommu_reason)i;
	return VIOMMU_REASON_UNKNOWN;
}

/* SQLite's result. */
static int hour_failures_read(struct store *s, const char *vm, struct store_hour *row)
{
	sqlite3_stmt *stmt = s->statements[STORE_READ_HOUR_FAILURES];
	int rc;

	sqlite3_bind_int64(stmt, 1, (int64_t)row->hour);
	sqlite3_bind_text(stmt, 2, vm, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		row->failures[reason_parse(column_text(stmt, 0))] += column_number(stmt, 1);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Each of the three: SQLite's result, or *stop set to what the reader returned. */
static int hour_read(struct store *s, sqlite3_stmt *stmt, const struct store_reader *reader,
		     int *stop)
{
	const char *vm = column_text(stmt, 1);
	struct store_hour row = {
		.hour = column_number(stmt, 0),
		.maps = column_number(stmt, 2), .unmaps = column_number(stmt, 3),
		.map_bytes = column_number(stmt, 4), .unmap_bytes = column_number(stmt, 5),
		.highest_iova = column_address(stmt, 6),
		.limit_bits = column_bits(stmt, 7), .recommended_bits = column_bits(stmt, 8),
	};
	int rc;

	if (!reader->hour)
		return SQLITE_OK;
	rc = hour_failures_read(s, vm, &row);
	if (!rc)
		*stop = reader->hour(reader->ctx, vm, &row);
	return rc;
}

static int failure_read(struct store *s, sqlite3_stmt *stmt, const struct store_reader *reader,
			int *stop)
{
	const struct store_failure row = {
		.first = column_number(stmt, 0), .last = column_number(stmt, 1),
		.count = column_number(stmt, 2),
		.vm = column_text(stmt, 3), .uuid = column_text(stmt, 4),
		.type = column_text(stmt, 5), .reason = column_text(stmt, 6),
		.severity = column_text(stmt, 7), .error = column_text(stmt, 8),
		.detail = column_text(stmt, 9), .remedy = column_text(stmt, 10),
		.option = column_text(stmt, 11), .policy = column_text(stmt, 12),
		.lowest_iova = column_address(stmt, 13), .highest_iova = column_address(stmt, 14),
	};

	(void)s;
	if (reader->failure)
		*stop = reader->failure(reader->ctx, &row);
	return SQLITE_OK;
}

static int attach_read(struct store *s, sqlite3_stmt *stmt, const struct store_reader *reader,
		       int *stop)
{
	const struct store_attach row = {
		.time = column_number(stmt, 0), .attached = sqlite3_column_int(stmt, 1),
		.result = sqlite3_column_int(stmt, 2), .group = sqlite3_column_int(stmt, 3),
		.vm = column_text(stmt, 4), .devices = column_text(stmt, 5),
		.ranges = column_text(stmt, 6),
	};

	(void)s;
	if (reader->attach)
		*stop = reader->attach(reader->ctx, &row);
	return SQLITE_OK;
}

static int64_t time_bind(uint64_t time)
{
	return time > INT64_MAX ? INT64_MAX : (int64_t)time;
}

static int table_read(struct store *s, enum store_statement i, const char *vm, int64_t since,
		      const struct store_reader *reader, int *stop)
{
	sqlite3_stmt *stmt = s->statements[i];
	int rc;

	sqlite3_bind_int64(stmt, 1, since);
	sqlite3_bind_text(stmt, 2, vm, -1, SQLITE_STATIC);	/* NULL is SQL's NULL */
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (i == STORE_READ_HOURS)
			rc = hour_read(s, stmt, reader, stop);
		else if (i == STORE_READ_FAILURES)
			rc = failure_read(s, stmt, reader, stop);
		else
			rc = attach_read(s, stmt, reader, stop);
		if (rc || *stop)
			break;
	}
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int store_read(struct store *s, const char *vm, uint64_t since, const struct store_reader *reader)
{
	const int64_t time = time_bind(since);
	const int64_t hour = time - (int64_t)STORE_NS_PER_HOUR;	/* it lies in this one */
	int rc, stop = 0;

	store_commit(s);	/* what cannot be written now is missing; that has been said */
	if (!s->db)
		return -EAGAIN;
	rc = table_read(s, STORE_READ_HOURS, vm, hour, reader, &stop);
	if (!rc && !stop)
		rc = table_read(s, STORE_READ_FAILURES, vm, time, reader, &stop);
	if (!rc && !stop)
		rc = table_read(s, STORE_READ_ATTACHES, vm, time, reader, &stop);
	if (store_is_damage(rc))
		store_file_aside(s, "it is damaged");
	return rc ? store_errno(rc) : stop;
}
