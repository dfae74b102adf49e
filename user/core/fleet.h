/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which aw-bits is safe on every host of a fleet, and which VM could not move where: from samples
 * of the hosts' metrics (metrics.h) to the answer. Pure, but for memory.
 *
 * Samples may come in any order and more than once (two Prometheus servers that scrape the same
 * hosts): of two values for one thing the worse counts. What no sample tells is unknown, never 0
 * and never fine.
 */
#ifndef VIOMMU_CORE_FLEET_H
#define VIOMMU_CORE_FLEET_H

#include "guest.h"
#include "metrics.h"

/** May a VM move to a host? X(enumerator suffix, name, one line of meaning). Worst last. */
#define FLEET_VERDICTS(X) \
	X(FITS, "fits", "nothing speaks against it") \
	X(UNKNOWN, "unknown", "the host's limits, the VM's width or what it maps are not known") \
	X(MAPPED, "mapped_above_host_width", \
	  "the VM has mapped addresses that the host does not translate") \
	X(HOLE, "hole", "the host has a hole below the width of the VM's vIOMMU") \
	X(WIDTH, "above_host_width", \
	  "the VM's vIOMMU offers more bits than the host translates")

enum fleet_verdict {
#define X(sym, name, meaning) FLEET_##sym,
	FLEET_VERDICTS(X)
#undef X
	NR_FLEET_VERDICTS
};

/** Name of a verdict; NULL if there is none such. */
const char *fleet_verdict_name(enum fleet_verdict verdict);

/** What tells samples of one metric apart; NULL: the sample has no such label. */
struct fleet_labels {
	const char *host;	/**< what names the host: Prometheus' instance, mostly */
	const char *domain, *uuid, *manager, *viommu;
	const char *iommu_group, *start, *end, *type;
};

/** A range that a host does not map, above 4 GiB: those below no width avoids. */
struct fleet_hole {
	uint64_t first, last;
	char *type;		/**< "amd_ht", ...; NULL: there is no hole */
};

struct fleet_group {
	char *host, *id;
	unsigned int max_bits;	/**< 0: not known */
	unsigned int safe_bits;	/**< 0: not known */
	bool odd;		/**< a sample of it made no sense; both are 0 then */
	struct fleet_hole hole;	/**< the lowest */
};

struct fleet_host {
	const char *name;
	bool answers;		/**< has samples now; false: only remembered from before */
	size_t groups;		/**< also those without a sample, if the host tells how many */
	size_t unknown;		/**< groups of which one of the two is not known */
	bool odd;		/**< how many groups it says that it has makes no sense */
	/** The least over all groups that are known; NULL: none is. */
	const struct fleet_group *max, *safe;
};

struct fleet_vm {
	char *host, *name;
	char **also;		/**< other hosts where it runs, as while it moves */
	size_t also_count;
	char *uuid, *manager;	/**< NULL: not known */
	bool has_model;		/**< the exporter named the vIOMMU's model, and it is one of ours */
	enum viommu_model model;
	unsigned int bits;	/**< that its vIOMMU offers; 0: it has none, or not known */
	bool odd;		/**< a sample of it made no sense; bits is 0 then */
	bool runs, ended;	/**< a sample says so; both: of two processes, or of two answers */
	uint64_t highest;	/**< last IOVA of the highest range that it mapped; 0: not known */
};

/** Read only for others; sorted by name after fleet_finish(). */
struct fleet {
	struct fleet_group *groups;
	struct fleet_host *hosts;
	struct fleet_vm *vms;
	size_t group_count, host_count, vm_count;
	size_t odd;		/**< samples that made no sense, such as NaN or 99 bits */
	unsigned int max_bits;	/**< least over all hosts that are known; 0: none is */
	unsigned int safe_bits;	/**< the same without a hole */
	size_t unknown;		/**< hosts that are not fleet_host_known() */

	/* The rest is for fleet*.c. */
	size_t group_room, vm_room, seen_count, seen_room;
	struct fleet_seen { char *host; bool now, odd; size_t groups; } *seen;
};

void fleet_init(struct fleet *f);
void fleet_fini(struct fleet *f);

/** Does an answer rest on this metric? */
bool fleet_wants(enum viommu_metric metric);

/**
 * Take a sample of a metric that fleet_wants(). now: the host has it at this moment; else the
 * sample only tells that there is, or was, such a host. 0, -ENOMEM, or -EINVAL: it lacks a label
 * that the metric must have, and was not taken.
 */
int fleet_add(struct fleet *f, enum viommu_metric metric, const struct fleet_labels *labels,
	      double value, bool now);

/** All samples are there: sort and join them. Once, before what follows. 0 or -ENOMEM. */
int fleet_finish(struct fleet *f);

/** The host of that name; NULL. */
const struct fleet_host *fleet_host_find(const struct fleet *f, const char *name);

/** The VM runs on that host. */
bool fleet_vm_is_on(const struct fleet_vm *vm, const char *host);

/** All groups of the host are known. */
bool fleet_host_known(const struct fleet_host *h);

/**
 * aw-bits for this VM's model that no known host refuses: the least of the hosts' safe bits,
 * rounded down to what the model takes. 0: there is no such number. vm NULL: of no model in
 * particular.
 */
unsigned int fleet_bits(const struct fleet *f, const struct fleet_vm *vm);

/** Without this host (and those like it) fleet_bits() would be more. */
bool fleet_host_limits(const struct fleet *f, const struct fleet_vm *vm,
		       const struct fleet_host *h);

/** Could the VM run on that host as it is? Its own host is judged like any other. */
enum fleet_verdict fleet_judge(const struct fleet_vm *vm, const struct fleet_host *h);

/** The verdict in words of at most 200 bytes; names of holes as the exporter gave them. */
void fleet_why(char *buf, size_t size, enum fleet_verdict verdict, const struct fleet_vm *vm,
	       const struct fleet_host *h);

/**
 * Is text a list of label matchers, {name="value", ...}? 0, or -EINVAL with what is wrong and where
 * in err.
 */
int fleet_selector_check(const char *text, char *err, size_t err_size);

#endif
