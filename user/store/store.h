/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * History in SQLite: what happened per VM and hour, each distinct failure once, attached groups,
 * generations of policies. What is added is gathered in memory, and store_commit() writes it in one
 * transaction; a crash loses what came after the last commit and nothing else.
 */
#ifndef VIOMMU_STORE_STORE_H
#define VIOMMU_STORE_STORE_H

#include "core/ledger.h"

/** Version of the tables (PRAGMA user_version); older files are brought up to it when opened. */
#define STORE_VERSION 2

/** How much is kept. */
struct store_opts {
	uint64_t max_age;	/**< ns; older rows are deleted. 0: for ever */
	uint64_t max_bytes;	/**< of the file; the oldest rows go first. 0: no limit */
};

/** Where messages for people go: what happened, why, what to do. */
struct store_listener {
	void (*message)(void *ctx, bool warning, const char *text);
	void *ctx;
};

struct store;

/**
 * Open or create the file. One that is damaged, or of a newer version, is moved aside
 * (PATH.damaged-TIME, said through the listener) and a new one begun. One that cannot be written
 * now (disk full) is tried again later. 0 or -errno (also said).
 */
int store_open(struct store **out, const char *path, const struct store_opts *opts,
	       const struct store_listener *listener);
/** Keep so much from now on; store_prune() sees to it. */
void store_set_opts(struct store *s, const struct store_opts *opts);
/** Commits. NULL is allowed. */
void store_close(struct store *s);

/**
 * Totals of a domain so far; what they are more than at the last call counts for the hour of now
 * (CLOCK_REALTIME ns). Totals that are lower than before begin anew. What cannot be written now
 * (disk full) is kept in memory, bounded, and written when there is room; that is said once in
 * each direction. 0, or -errno if it was lost.
 */
int store_add_totals(struct store *s, uint64_t now, const struct ledger_domain *d);

/** A failure (MAP, UNMAP, REQUEST, ATTACH), a denial, an attach or detach; others are ignored. */
int store_add_event(struct store *s, const struct viommu_event *event);

/** A set of policies is in force. It is kept unless it is the one that was kept last. */
int store_add_generation(struct store *s, uint64_t now, uint64_t generation, size_t policies);

/** Write what was added. Call every second; without anything new it does nothing. 0 or -errno. */
int store_commit(struct store *s);

/**
 * A clock that leaps by more than this, ns, forward or back, is not believed until it has run on
 * for as long: by a clock that is wrong at boot all of the history would be too old.
 */
#define STORE_LEAP (24 * UINT64_C(3600000000000))

/**
 * Delete what is too old, by a clock (CLOCK_REALTIME ns) that is believed, or too much; a bounded
 * piece of work, for once a minute or so. 0; 1: there is more to delete, call again soon; -errno.
 * A file that turns out to be damaged is moved aside.
 */
int store_prune(struct store *s, uint64_t now);

/** One hour of a VM. */
struct store_hour {
	uint64_t hour;		/**< CLOCK_REALTIME ns of its beginning */
	uint64_t maps, unmaps, map_bytes, unmap_bytes;
	uint64_t failures[VIOMMU_NR_REASONS];
	uint64_t highest_iova;	/**< last IOVA mapped; 0 with maps == 0 */
	unsigned int limit_bits;	/**< 0: not known */
	unsigned int recommended_bits;	/**< 0: none */
};

/** A distinct failure: same VM, type, reason, severity, errno, container's group, policy. */
struct store_failure {
	uint64_t first, last;	/**< CLOCK_REALTIME ns */
	uint64_t count;
	const char *vm, *uuid, *type, *reason, *severity, *error;
	const char *detail, *remedy, *option;
	const char *policy;	/**< that denied, or only audited (error is empty); "": none did */
	uint64_t lowest_iova, highest_iova;
};

/** A group joined or left a container of the VM. */
struct store_attach {
	uint64_t time;
	bool attached;		/**< false: detached */
	int result;		/**< 0 or -errno */
	int group;
	const char *vm, *devices, *ranges;	/**< "0000:01:00.0 ...", "0x0-0xfedfffff ..." */
};

/** Called for each row, in order of time; pointers are valid until it returns. Non-zero stops. */
struct store_reader {
	int (*hour)(void *ctx, const char *vm, const struct store_hour *row);
	int (*failure)(void *ctx, const struct store_failure *row);
	int (*attach)(void *ctx, const struct store_attach *row);
	void *ctx;
};

/**
 * What there is of a VM (NULL: of all) since a time (CLOCK_REALTIME ns; the hour that it is in is
 * there). 0; what a reader returned; -EAGAIN: the file cannot be opened now; -errno.
 */
int store_read(struct store *s, const char *vm, uint64_t since, const struct store_reader *reader);

#endif
