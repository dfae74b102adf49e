/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of lines to incidents: which lines tell of one failure, and which failures are alike. */
#ifndef VIOMMU_CORE_LOG_INCIDENT_H
#define VIOMMU_CORE_LOG_INCIDENT_H

#include "log-explain.h"
#include "log-pattern.h"

/** Lines of one failure are no further apart. */
#define LOG_JOIN_LINES 8
/** Failures whose lines may still come: as many VMs can write to one journal at once. */
#define LOG_OPEN 8
/** Guest requests of a trace that are remembered. */
#define LOG_TRACED 16

/** A line, as far as incidents are concerned. */
struct log_where {
	uint64_t line;
	uint32_t source;	/**< hash of the "name[pid]" that a journal puts before, 0: none */
	const char *text;	/**< cleaned */
	size_t len;
	size_t at;		/**< where the message begins */
	char device[20];	/**< first PCI address in it, may be empty */
};

/** What is known of the VM whose log is being read. */
struct log_vm {
	char name[LOG_TEXT_MAX];
	unsigned int qemu;	/**< major version, 0 unknown */
	bool viommu;		/**< its command line has a vIOMMU */
	bool iommufd;
	char devices[64][20];	/**< assigned, by address */
	unsigned int device_count;
};

/** A failure that is not complete yet. */
struct log_open {
	bool used;
	bool bare;		/**< only a LOG_MAP_BARE so far */
	bool plain;		/**< a line of QEMU that does not say for whom it mapped */
	bool echoed;		/**< a LOG_MAP_USER of QEMU's, which it tells of twice */
	unsigned int pattern;	/**< index of the pattern that began it */
	uint32_t source;
	struct log_finding f;
};

/** All incidents. */
struct log_incidents {
	struct log_open open[LOG_OPEN];
	struct log_finding found[LOG_MAX_FINDINGS];
	uint64_t keys[LOG_MAX_FINDINGS];	/**< hash of what makes findings alike */
	size_t count;
	uint64_t begun;		/**< incidents so far: each has a number */
	uint64_t dropped;
	unsigned int file;
	struct log_vm vm;
	struct viommu_range traced[LOG_TRACED];	/**< latest requests of guests, a ring */
	unsigned int traced_count;
	int in_group;		/**< of the line: a group is attached, -1: which is not known */
	bool in_attach;
	bool in_region;
	char region[LOG_WORD_MAX];
};

void incidents_line(struct log_incidents *in);
/** A fact of the line; pattern is its index. */
void incidents_fact(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		    const struct log_where *where);
/** A message whose end is missing. */
void incidents_incomplete(struct log_incidents *in, const struct log_fact *fact,
			  unsigned int pattern, const struct log_where *where);
/** Lines before this one are over: what is open and too far away is complete. 0: all is. */
void incidents_settle(struct log_incidents *in, uint64_t line);
/** Another VM's log begins. */
void incidents_vm(struct log_incidents *in, const char *name);

#endif
