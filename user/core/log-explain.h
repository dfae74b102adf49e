/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads logs of any origin and finds the failures of DMA mappings in them: lines of one failure are
 * joined, repeats counted, and what the same input says of the host is evidence for all of it.
 * Memory does not depend on the length of the input.
 */
#ifndef VIOMMU_CORE_LOG_EXPLAIN_H
#define VIOMMU_CORE_LOG_EXPLAIN_H

#include "event.h"

/** Kinds of failures that are kept apart; more are counted only. */
#define LOG_MAX_FINDINGS 512
/** Of the line that told it, for people. */
#define LOG_TEXT_MAX 240

/** One kind of failure and how often the input tells of it. */
struct log_finding {
	uint64_t id;			/**< from 1; stays what it is while more is read */
	enum viommu_event_type type;	/**< MAP, UNMAP, ATTACH or FAULT */
	unsigned int file;		/**< index of the file, as log_file() counts them */
	uint64_t line;			/**< of the first, from 1 */
	uint64_t last_line;		/**< of the last, in the same file */
	uint64_t count;
	bool incomplete;		/**< the line ends within the message */
	int group;			/**< of the host, -1 unknown */
	char device[20];		/**< PCI address, may be empty */
	char vm[LOG_TEXT_MAX];		/**< name, may be empty; any bytes but control characters */
	char text[LOG_TEXT_MAX];	/**< the first line, cut if longer; the same */
	uint64_t iova_lowest;		/**< over all; valid if ev.has_range */
	uint64_t iova_highest;		/**< last IOVA over all */
	uint64_t faults;		/**< accesses to that range that the IOMMU refused later */
	struct viommu_evidence ev;
};

/** What was read. */
struct log_stats {
	uint64_t bytes;
	uint64_t lines;
	uint64_t long_lines;	/**< read in pieces */
	uint64_t dropped;	/**< failures of kinds for which there was no room */
	unsigned int facts;	/**< about the host, such as reserved ranges and IOMMUs */
	bool host_cut;		/**< there were more of them than there is room */
};

struct log;

/** NULL if out of memory. */
struct log *log_new(void);
void log_free(struct log *log);
/** Forget what was read, for another input: cheaper than a new one. */
void log_restart(struct log *log);

/** Another file begins; the one before it has ended. vm: whose log it is, NULL if not known. */
void log_file(struct log *log, const char *vm);
void log_feed(struct log *log, const char *data, size_t len);

/** All is read. Findings are in the order of their first lines. */
void log_finish(struct log *log);

/**
 * Make view what log would be if its input ended with the last whole line; log stays as it is. What
 * comes later may change findings, make them part of others, or show that they are none. Of view,
 * made by log_new(), only findings and statistics are of use then.
 */
void log_preview(struct log *view, const struct log *log);

size_t log_count(const struct log *log);
/** Valid until log_free(). */
const struct log_finding *log_at(const struct log *log, size_t index);
const struct log_stats *log_statistics(const struct log *log);

#endif
