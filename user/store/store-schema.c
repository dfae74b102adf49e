// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables. Names of vocabularies are stored, not numbers, for numbers change between versions;
 * addresses are hexadecimal of fixed width: they compare as they should, and people can read them.
 */
#include <stdio.h>

#include "store/store-parts.h"

const char *const store_schema_steps[STORE_VERSION] = {
	/* 0 -> 1 */
	"CREATE TABLE hour ("
	"  hour INTEGER NOT NULL,"	/* CLOCK_REALTIME ns */
	"  vm TEXT NOT NULL,"
	"  maps INTEGER NOT NULL, unmaps INTEGER NOT NULL,"
	"  map_bytes INTEGER NOT NULL, unmap_bytes INTEGER NOT NULL,"
	"  highest_iova TEXT NOT NULL,"
	"  limit_bits INTEGER NOT NULL, recommended_bits INTEGER NOT NULL,"
	"  PRIMARY KEY (hour, vm)) WITHOUT ROWID;"
	"CREATE TABLE hour_failure ("
	"  hour INTEGER NOT NULL, vm TEXT NOT NULL, reason TEXT NOT NULL,"
	"  count INTEGER NOT NULL,"
	"  PRIMARY KEY (hour, vm, reason)) WITHOUT ROWID;"
	"CREATE TABLE failure ("
	"  id INTEGER PRIMARY KEY,"
	"  vm TEXT NOT NULL, type TEXT NOT NULL, reason TEXT NOT NULL, severity TEXT NOT NULL,"
	"  error TEXT NOT NULL, iommu_group INTEGER NOT NULL,"	/* -1: not known */
	"  first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,"
	"  uuid TEXT NOT NULL, lowest_iova TEXT NOT NULL, highest_iova TEXT NOT NULL,"
	"  detail TEXT NOT NULL, remedy TEXT NOT NULL, option TEXT NOT NULL,"
	"  policy TEXT NOT NULL,"
	"  UNIQUE (vm, type, reason, severity, error, iommu_group, policy));"
	"CREATE INDEX failure_last ON failure (last);"
	"CREATE TABLE attach ("
	"  id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	"  vm TEXT NOT NULL, attached INTEGER NOT NULL, result INTEGER NOT NULL,"
	"  iommu_group INTEGER NOT NULL, devices TEXT NOT NULL, ranges TEXT NOT NULL);"
	"CREATE INDEX attach_time ON attach (time);"
	"CREATE TABLE generation ("
	"  id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	"  generation INTEGER NOT NULL, policies INTEGER NOT NULL);"
	"CREATE INDEX generation_time ON generation (time);",
	/* 1 -> 2; both CLOCK_REALTIME ns: see struct store_time */
	"CREATE TABLE time ("
	"  id INTEGER PRIMARY KEY CHECK (id = 1), seen INTEGER NOT NULL, since INTEGER NOT NULL);",
};

static int version_read(sqlite3 *db, int *version)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL);

	if (rc)
		return rc;
	rc = sqlite3_step(stmt);
	*version = rc == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* A step and its version come together or not at all. */
static int step_run(sqlite3 *db, const char *step, int version)
{
	char pragma[64];
	int rc;

	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d; COMMIT", version);
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc)
		return rc;
	rc = sqlite3_exec(db, step, NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_exec(db, pragma, NULL, NULL, NULL);
	if (rc && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

int store_schema_upgrade(sqlite3 *db, const char *const *steps, int count)
{
	int version, rc;

	rc = version_read(db, &version);
	if (rc)
		return rc;
	if (version < 0 || version > count)
		return SQLITE_MISMATCH;
	while (version < count) {
		rc = step_run(db, steps[version], version + 1);
		if (rc)
			return rc;
		version++;
	}
	return SQLITE_OK;
}
