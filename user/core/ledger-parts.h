/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger from within: what its files share, and nobody else. */
#ifndef VIOMMU_CORE_LEDGER_PARTS_H
#define VIOMMU_CORE_LEDGER_PARTS_H

#include "ledger.h"

/** Powers of two: half of what can be in a table. */
#define LEDGER_PROCESS_BUCKETS (LEDGER_MAX_PROCESSES / 2)
#define LEDGER_CONTAINER_BUCKETS (LEDGER_MAX_CONTAINERS / 2)

struct domain;

/** A process: in one bucket, and among its domain's or, after its end, among those that ended. */
struct process {
	struct process *bucket_next;
	struct process *next;
	struct process **link;		/**< what points to it in that list */
	struct domain *domain;		/**< NULL: it has ended */
	struct ledger_process known;
	uint64_t ended_at;		/**< CLOCK_REALTIME ns; valid if it has */
};

/** Counters of a container that only grow. */
struct container_counts {
	uint64_t maps;
	uint64_t unmaps;
	uint64_t map_bytes;
	uint64_t unmap_bytes;
	uint64_t failures;		/**< of MAP, whatever the errno */
	uint64_t latency_ns;
	uint64_t latency[VIOMMU_LATENCY_SLOTS];
};

/** A container that is alive: in one bucket, and among its domain's. */
struct container {
	struct container *bucket_next;
	struct container *next;
	struct container **link;
	struct domain *domain;
	uint64_t id;
	uint32_t pid;
	uint64_t start_time;
	struct container_counts counts;	/**< as told last; they are in the domain's totals */
	uint64_t told;			/**< failed MAPs that events told of */
	uint32_t dma_avail;
	uint32_t dma_limit;		/**< 0: older than the collector */
	struct iova_ranges ranges;	/**< count 0: not known */
};

struct domain {
	struct ledger_domain shown;	/**< totals always right, the rest if not stale */
	bool stale;			/**< what depends on all that is alive must be worked out */
	struct process *processes;	/**< alive */
	struct container *containers;
	/**
	 * Failures that containers which are gone counted, less those that events told of. Above 0
	 * they become reason unknown; below 0 events came before their container was known.
	 */
	int64_t untold;
	uint64_t untold_since;		/**< when it rose; valid if it is above 0 */
	/** When more had been told of than containers counted; 0: it is not so. */
	uint64_t surplus_since;
	uint64_t failed_at;		/**< when a container that was alive had failed once more */
};

/** Counters told since the collector's start: what earlier collectors told is kept apart. */
struct counter {
	uint64_t before;
	uint64_t latest;
};

struct program {
	char name[64];
	bool attached;
};

struct ledger {
	struct domain *domains[LEDGER_MAX_DOMAINS];	/**< by name */
	size_t domain_count;
	struct process *processes[LEDGER_PROCESS_BUCKETS];
	size_t process_count;				/**< the ended ones too */
	struct process *ended;				/**< the latest is the last */
	struct process **ended_end;			/**< where the next one goes */
	struct container *containers[LEDGER_CONTAINER_BUCKETS];
	size_t container_count;
	size_t finding_count;				/**< room for findings, of all domains */

	struct ledger_group *groups[LEDGER_MAX_GROUPS];	/**< by id */
	size_t group_count;
	struct ledger_denials *denials[LEDGER_MAX_DENIALS];	/**< by domain, then policy */
	size_t denials_count;
	struct program programs[LEDGER_MAX_PROGRAMS];
	size_t program_count;
	struct ledger_guard guard;
	struct counter lost[VIOMMU_NR_LOST];
	struct counter lost_between;
	uint64_t lost_history;
	uint64_t dropped;				/**< how often there was no room */
};

/** Count that there is no room, and give err back. */
int ledger_drop(struct ledger *l, int err);

/** Raise what the counter says now; a lower value is that of a new beginning. */
void counter_set(struct counter *c, uint64_t value);
/** What follows is told from 0 on. */
void counter_restart(struct counter *c);
uint64_t counter_sum(const struct counter *c);

/** Find the domain of a name, or begin it; NULL with *err set, and counted as dropped. */
struct domain *domain_get(struct ledger *l, const struct viommu_vm *vm, uint64_t now, int *err);
/** NULL: there is none. */
struct domain *domain_find(const struct ledger *l, const char *name);
/** What is untold becomes unknown, if it is time. */
void domain_settle(struct domain *d, uint64_t now, uint64_t grace);
/** Work out what depends on all that is alive. */
void domain_refresh(struct domain *d);

struct process *process_find(const struct ledger *l, uint32_t pid, uint64_t start_time);
/** Forget those that ended LEDGER_GRACE_PROCESS ago, with what is left of their containers. */
void process_expire(struct ledger *l, uint64_t now);
/** Forget every process. */
void process_clear(struct ledger *l);

struct container *container_find(const struct ledger *l, uint64_t id);
/**
 * The containers of a domain are gone, which then owes what no event told of; those of one process
 * only, unless p is NULL.
 */
void container_end_all(struct ledger *l, struct domain *d, const struct process *p, uint64_t now);

/** Groups, guard and programs are not known any more, counters begin anew. */
void ledger_host_restart(struct ledger *l);
void ledger_host_free(struct ledger *l);
/** Forget the denials of a domain. */
void ledger_denials_forget(struct ledger *l, const char *domain);

#endif
