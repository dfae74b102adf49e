/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store from within: what its files share, and nobody else. */
#ifndef VIOMMU_STORE_STORE_PARTS_H
#define VIOMMU_STORE_STORE_PARTS_H

#include <sqlite3.h>

#include "store/store.h"

#define STORE_NS_PER_SECOND UINT64_C(1000000000)
#define STORE_NS_PER_HOUR (3600 * STORE_NS_PER_SECOND)

/* --------------------------------------------------------------------- what waits to be written */

/** VMs whose totals are remembered; the one that was told of longest ago makes room. */
#define PENDING_MAX_VMS LEDGER_MAX_DOMAINS
/** Hours of VMs that wait, besides the present one of each VM. */
#define PENDING_MAX_HOURS 8192
#define PENDING_MAX_FAILURES 2048
#define PENDING_MAX_ATTACHES 512
#define PENDING_MAX_GENERATIONS 64

/** What a VM did in an hour, as far as it is not written. */
struct pending_hour {
	char vm[VIOMMU_NAME_LEN];
	bool dirty;			/**< there is something to write */
	struct store_hour sum;
};

/** A VM whose totals were told. */
struct pending_vm {
	struct pending_hour hour;	/**< the latest */
	uint64_t told;			/**< in calls of pending_add_totals() */
	uint64_t since;			/**< of the domain: another one begins with 0 */
	uint64_t maps, unmaps, map_bytes, unmap_bytes;
	uint64_t failures[VIOMMU_NR_REASONS];
};

struct pending_failure {
	uint64_t first, last, count;
	enum viommu_event_type type;
	enum viommu_reason reason;
	enum viommu_severity severity;
	int result;
	int group;
	uint64_t lowest_iova, highest_iova;
	bool has_range;
	char vm[VIOMMU_NAME_LEN];
	char policy[VIOMMU_GUARD_NAME_LEN];	/**< that denied; empty: it is no denial */
	char uuid[sizeof(((struct viommu_vm *)0)->uuid)];
	char detail[sizeof(((struct viommu_diagnosis *)0)->detail)];
	char remedy[sizeof(((struct viommu_remedy *)0)->text)];
	char option[sizeof(((struct viommu_remedy *)0)->option)];
};

struct pending_attach {
	uint64_t time;
	bool attached;
	int result;
	int group;
	char vm[VIOMMU_NAME_LEN];
	char devices[VIOMMU_MAX_DEVICES * 20];
	char ranges[VIOMMU_MAX_RANGES * 40];	/**< "0x...-0x... " each */
};

struct pending_generation {
	uint64_t time, generation, policies;
};

/** An array that grows up to a bound. */
struct pending_list {
	void *items;
	size_t count;
	size_t room;
};

struct pending {
	struct pending_list vms;		/**< struct pending_vm */
	struct pending_list hours;		/**< struct pending_hour */
	struct pending_list failures;		/**< struct pending_failure */
	struct pending_list attaches;		/**< struct pending_attach */
	struct pending_list generations;	/**< struct pending_generation */
	uint16_t vm_index[2 * PENDING_MAX_VMS];	/**< place + 1 by hash of the name; 0: free */
	uint16_t failure_index[2 * PENDING_MAX_FAILURES];
	uint64_t calls;
};

void pending_free(struct pending *p);
/** Something waits to be written. */
bool pending_any(const struct pending *p);
/** All of it has been written. */
void pending_done(struct pending *p);

/** See store.h; -ENOSPC, -ENOMEM: there is no room, nothing has changed. */
int pending_add_totals(struct pending *p, uint64_t now, const struct ledger_domain *d);
int pending_add_failure(struct pending *p, const struct viommu_event *event);
int pending_add_attach(struct pending *p, const struct viommu_event *event);
int pending_add_generation(struct pending *p, const struct pending_generation *g);

/* ------------------------------------------------------------------------------------ the file */

enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_ADD_HOUR,
	STORE_ADD_HOUR_FAILURE,
	STORE_ADD_FAILURE,
	STORE_ADD_ATTACH,
	STORE_ADD_GENERATION,
	STORE_READ_HOURS,
	STORE_READ_HOUR_FAILURES,
	STORE_READ_FAILURES,
	STORE_READ_ATTACHES,
	STORE_PRUNE_AGE,		/**< five: one per table */
	STORE_PRUNE_AGE_LAST = STORE_PRUNE_AGE + 4,
	STORE_READ_OLDEST,
	STORE_READ_TIME,
	STORE_SET_TIME,
	STORE_READ_PAGES,
	STORE_READ_PAGE_SIZE,
	STORE_READ_FREE_PAGES,
	STORE_NR_STATEMENTS
};

/** How the clock went on, as far as the file was looked after. */
struct store_time {
	uint64_t seen;			/**< what it said last */
	uint64_t since;			/**< what it said after it leapt last */
};

struct store {
	char *path;
	struct store_opts opts;
	struct store_listener listener;
	sqlite3 *db;			/**< NULL: it could not be opened; tried again */
	sqlite3_stmt *statements[STORE_NR_STATEMENTS];
	bool stuck;			/**< the last write failed, and that was said */
	bool lost;			/**< memory is full too, and that was said */
	uint64_t retry_at;		/**< CLOCK_MONOTONIC ns of the next try to open */
	struct store_time time;		/**< valid if has_time */
	bool has_time;
	uint64_t time_kept;		/**< time.seen as it is in the file */
	struct pending pending;
};

/** Say something to a person. */
void store_say(const struct store *s, bool warning, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** -errno of a result of SQLite. */
int store_errno(int rc);
/** The file is damaged, not only out of reach. */
bool store_is_damage(int rc);

/**
 * Open, check and prepare; a damaged file, or a newer one, is moved aside and a new one begun. 0,
 * or SQLite's result with *why (never NULL) if the file cannot be opened now.
 */
int store_file_open(struct store *s, const char **why);
void store_file_close(struct store *s);
/** The file is not the one that its path names any more. */
bool store_file_moved(const struct store *s);
/** Close the file, move it aside, say why; 0 or -errno. */
int store_file_aside(struct store *s, const char *why);

/** SQL of a statement. */
const char *store_statement_text(enum store_statement i);

/** Bring the tables from their version up to count by steps[version]...; SQLite's result. */
int store_schema_upgrade(sqlite3 *db, const char *const *steps, int count);
/** The steps to STORE_VERSION. */
extern const char *const store_schema_steps[STORE_VERSION];

/** Write what waits, in one transaction; SQLite's result. Nothing is written if that is not OK. */
int store_write(struct store *s);

/** Run a statement that gives no rows, and make it ready again; SQLite's result. */
int store_run(struct store *s, enum store_statement i);

#endif
