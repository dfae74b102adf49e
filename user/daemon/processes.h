/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that use VFIO: what the server is told of them, and when they end. */
#ifndef VIOMMU_DAEMON_PROCESSES_H
#define VIOMMU_DAEMON_PROCESSES_H

#include <stdbool.h>

#include "core/ledger.h"
#include "trace/owners.h"

/** One process. */
struct process_known {
	struct ledger_process p;
	int pidfd;		/**< -1: it has ended, or there is no descriptor for it now */
	bool ended;
	bool told;		/**< the server knows all of p */
	unsigned int ticks;	/**< since it ended */
	unsigned int containers;/**< of it, that the server has not been told the end of */
};

struct processes;

/** NULL: out of memory, or of descriptors. */
struct processes *processes_new(void);
/** NULL is allowed. */
void processes_free(struct processes *ps);

/** Readable when one has ended. */
int processes_fd(const struct processes *ps);
/** Note which have ended; once a second also finds those that have no descriptor. */
void processes_poll(struct processes *ps);

/**
 * The process of a container or of a record (NULL: none). One that is new has its vIOMMU looked up:
 * in /proc, or in rec where it is gone already. NULL: there are too many, or no memory. Valid
 * until the next call.
 */
struct process_known *processes_learn(struct processes *ps, const struct owner *owner,
				      const struct viommu_rec_process *rec);

/** NULL: not known. */
struct process_known *processes_find(struct processes *ps, uint32_t pid, uint64_t start_time);

/** How many there are, and each of them. */
size_t processes_count(const struct processes *ps);
struct process_known *processes_at(struct processes *ps, size_t i);

/** Forget it; the last one takes its index. */
void processes_remove(struct processes *ps, size_t i);

#endif
