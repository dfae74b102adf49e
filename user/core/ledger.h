/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What viommud knows of each VM: fed with what the collector sends, asked by the exporter, the API,
 * the page and the history. Pure; time is given. Unlike a summary (summary.h) it has no end: totals
 * only grow, containers and processes come and go.
 *
 * A domain here is what one value of the metric label `domain` stands for: all processes of VMs of
 * one name, one after the other or at the same time. Counters add up, also those of processes that
 * are gone; limits take the worst of what is alive.
 */
#ifndef VIOMMU_CORE_LEDGER_H
#define VIOMMU_CORE_LEDGER_H

#include "event.h"

/** Domains, processes and containers that are kept; one more is refused and counted. */
#define LEDGER_MAX_DOMAINS 4096
#define LEDGER_MAX_PROCESSES 8192
#define LEDGER_MAX_CONTAINERS 4096

#define LEDGER_MAX_GROUPS 1024
#define LEDGER_MAX_PROGRAMS 128
/** Pairs of domain and policy. */
#define LEDGER_MAX_DENIALS 4096

/** Distinct failures of one domain that are kept for the page; the oldest makes room. */
#define LEDGER_MAX_FINDINGS 16
/** Of all domains together: about 12 MiB. When they are used up, a domain's own oldest makes room,
 *  and the first of a domain is dropped.
 */
#define LEDGER_ALL_FINDINGS 2048

/**
 * ns for which a failure that its container has counted may still be told of: events are folded,
 * and come later than the state of their container, also after its last.
 */
#define LEDGER_GRACE_EVENTS UINT64_C(5000000000)
/** ns for which a process that ended is remembered, for the last state of its containers. */
#define LEDGER_GRACE_PROCESS UINT64_C(60000000000)

/**
 * What viommud itself loses: suffix, name and meaning as those of VIOMMU_LOSSES (vocab.h), which
 * these follow.
 */
#define LEDGER_LOSSES(X) \
	X(BEHIND, "server_behind", \
	  "the collector could not hand it over in time: counted, not shown") \
	X(FULL, "ledger_full", "no room for more VMs, containers or groups") \
	X(HISTORY, "history_full", \
	  "disk and memory were full: counted and shown, but not in the history")

/** Goes on where enum viommu_lost ends. */
enum ledger_loss {
	LEDGER_LOST_BEFORE = VIOMMU_NR_LOST - 1,
#define X(sym, name, meaning) LEDGER_LOST_##sym,
	LEDGER_LOSSES(X)
#undef X
	LEDGER_NR_LOST
};

/** A process that uses VFIO, as the collector learnt it. */
struct ledger_process {
	uint32_t pid;
	uint64_t start_time;		/**< with pid the identity; see struct viommu_rec */
	struct viommu_vm vm;
	char viommu[24];		/**< viommu_model_name(): "virtio-iommu", ...; "none": the VM is
					 *  known to have none; empty: not known */
	unsigned int viommu_bits;	/**< its aw-bits; 0: none, or not known */
};

/** A failure as people are shown it: the newest of a kind, and how often there was one. */
struct ledger_finding {
	struct viommu_event event;	/**< the latest; ts_last is when */
	uint64_t first;			/**< CLOCK_REALTIME ns of the first */
	uint64_t count;			/**< calls that failed like this: type of the event, reason,
					 *  severity, errno, policy */
};

/**
 * Everything of one domain. Counters begin with 0 when the domain is first seen and never decrease
 * while it is known.
 */
struct ledger_domain {
	struct viommu_vm vm;		/**< of the newest process */
	char viommu[24];		/**< see struct ledger_process */
	unsigned int viommu_bits;	/**< widest of the processes alive; 0: none, or not known */
	unsigned int processes;		/**< alive */
	unsigned int containers;	/**< alive */
	uint64_t since;			/**< CLOCK_REALTIME ns of when the counters began with 0 */
	uint64_t seen;			/**< CLOCK_REALTIME ns of when a process was alive, or
					 *  failed, last
					 */

	uint64_t maps;			/**< MAP calls that succeeded */
	uint64_t unmaps;
	uint64_t map_bytes;
	uint64_t unmap_bytes;
	uint64_t failures[VIOMMU_NR_REASONS];	/**< failed MAP calls by reason */
	uint64_t latency[VIOMMU_LATENCY_SLOTS];	/**< MAP calls by duration; see record.h */
	uint64_t latency_ns;		/**< sum of their durations */

	bool has_mapped;		/**< containers are alive, all seen from their beginning: */
	uint64_t mapped_bytes;		/**< mapped at this moment */
	bool has_entries;		/**< the same, and the container tells its limit: */
	uint32_t entries;		/**< mappings of the fullest container */
	uint32_t entries_limit;		/**< that it can have */
	bool has_highest;
	bool highest_least;		/**< a container was older than the collector: there may
					 *  have been a higher one */
	uint64_t highest_mapped;	/**< last IOVA of the highest MAP that is known, ever */
	struct iova_ranges ranges;	/**< usable in all containers alive; count 0: not known */
	enum viommu_limit_from limit_from;

	struct ledger_finding *findings;	/**< newest first; the ledger's */
	size_t finding_count;		/**< up to LEDGER_MAX_FINDINGS */
};

/** An IOMMU group of this host. */
struct ledger_group {
	int id;
	bool gone;			/**< there is none of that id any more; the rest is 0 */
	struct iova_ranges ranges;	/**< usable; count 0: not known */
	unsigned int max_bits;		/**< 0: not known */
	unsigned int safe_bits;		/**< 0: not known, or none */
	char hole_types[VIOMMU_MAX_RANGES][16];	/**< of the hole below r[n]: "msi", "amd_ht", "reserved";
					 *  empty: there is none */
};

/** The module viommu_guard, as far as it is known. */
struct ledger_guard {
	bool up;			/**< the module answers */
	bool armed;			/**< its probes are in place */
	uint64_t generation;		/**< of the policies in force */
	char reason[256];		/**< why something is not enforced; empty: nothing */
	struct { char name[16]; uint64_t count; } missed[8];	/**< name empty: no more */
};

/** Denials and audits of a policy that met a VM, as events told of them. */
struct ledger_denials {
	char domain[VIOMMU_NAME_LEN];
	char policy[VIOMMU_GUARD_NAME_LEN];	/**< "default": the one without a name */
	uint64_t denials;
	uint64_t audits;
};

struct ledger;

/** NULL if out of memory. */
struct ledger *ledger_new(void);
/** NULL is allowed. */
void ledger_free(struct ledger *l);

/**
 * A process was learnt, or more is known of it. now: CLOCK_REALTIME ns. 0; -ENOSPC, -ENOMEM: it is
 * not kept, and counts as LEDGER_LOST_FULL.
 */
int ledger_add_process(struct ledger *l, const struct ledger_process *p, uint64_t now);
/**
 * It is gone; its counters stay the domain's. Its containers are alive until their last state was
 * told, for at most LEDGER_GRACE_PROCESS. A process that is not known: nothing.
 */
void ledger_end_process(struct ledger *l, uint32_t pid, uint64_t start_time, uint64_t now);

/**
 * The state of a container, which replaces what was known of it (by container->id). A counter that
 * is lower than before is taken as a new container's. state DEAD: its last; it adds to the domain
 * and is forgotten. Failures that it counted and no event told of become reason unknown,
 * LEDGER_GRACE_EVENTS after its end, or after the last failure of the domain. A container handed on
 * to another process counts for that one's domain from then on. 0; -EINVAL: id 0; -ENOENT: neither
 * its process nor itself is known, which counts as LEDGER_LOST_FULL like -ENOSPC and -ENOMEM.
 */
int ledger_set_container(struct ledger *l, const struct viommu_container *container, uint64_t now);

/**
 * The state of a container as another ledger was told of it: what it counted until then is in
 * those totals, and is not added to ours. Ahead of its first ledger_set_container(). Errors as
 * there.
 */
int ledger_adopt_container(struct ledger *l, const struct viommu_container *container,
			   uint64_t now);

/**
 * An event: failed MAPs count under their reason, any failure is a finding. A denial is both, and
 * counts for its policy; one that a policy only audited is no failed MAP. Others change nothing,
 * nor do events without a VM and those of this machine as a guest. A domain that is not known yet
 * begins with it. 0; -EINVAL: a member is out of its range; -ENOSPC, -ENOMEM.
 */
int ledger_add_event(struct ledger *l, const struct viommu_event *event);

/** Records that were lost since the collector's start, by reason; adds to older ones. */
void ledger_set_lost(struct ledger *l, const uint64_t lost[VIOMMU_NR_LOST]);
/** What the collector could not hand to the server, since the collector's start. */
void ledger_set_lost_between(struct ledger *l, uint64_t lost);
/** So many more records did not find room in the history. */
void ledger_add_lost_history(struct ledger *l, uint64_t lost);

/**
 * Replaces, or ends, what was known of group->id. 0; -EINVAL: ranges that are none; -ENOSPC,
 * -ENOMEM.
 */
int ledger_set_group(struct ledger *l, const struct ledger_group *group);
void ledger_set_guard(struct ledger *l, const struct ledger_guard *guard);
/** So many more than before. 0; -EINVAL: no domain; -ENOSPC, -ENOMEM. */
int ledger_add_denials(struct ledger *l, const struct ledger_denials *more);
/** A BPF program is attached or not, by its function's name. 0; -EINVAL: no name; -ENOSPC. */
int ledger_set_program(struct ledger *l, const char *program, bool attached);

/**
 * A new collector begins: what is alive will be told again, and its counters start from 0. What was
 * alive counts as gone, groups, programs and guard as not known; totals stay.
 */
void ledger_restart(struct ledger *l, uint64_t now);

/**
 * Forget domains without a process or a failure since before now - keep, and their denials, but
 * none within LEDGER_GRACE_EVENTS or in the call that settles what it owes; settle what waits for a
 * grace. Call every second. true: totals have grown by that.
 */
bool ledger_expire(struct ledger *l, uint64_t now, uint64_t keep);

size_t ledger_domain_count(const struct ledger *l);
/** In the order of their names; NULL beyond the last. Valid until the ledger changes. */
const struct ledger_domain *ledger_domain_at(const struct ledger *l, size_t i);
const struct ledger_domain *ledger_domain_find(const struct ledger *l, const char *name);

size_t ledger_group_count(const struct ledger *l);
const struct ledger_group *ledger_group_at(const struct ledger *l, size_t i);
const struct ledger_guard *ledger_guard_get(const struct ledger *l);
size_t ledger_denials_count(const struct ledger *l);
const struct ledger_denials *ledger_denials_at(const struct ledger *l, size_t i);
size_t ledger_program_count(const struct ledger *l);
const char *ledger_program_at(const struct ledger *l, size_t i, bool *attached);
/** How much was lost in that way (enum viommu_lost, then enum ledger_loss); it only grows. */
uint64_t ledger_lost(const struct ledger *l, unsigned int how);
/** Its name, and what it means for people; NULL: there is no such way. */
const char *ledger_lost_name(unsigned int how);
const char *ledger_lost_meaning(unsigned int how);

/** aw-bits for the domain: safe in every container alive; 0: no recommendation. */
unsigned int ledger_recommended_bits(const struct ledger_domain *d);

#endif
