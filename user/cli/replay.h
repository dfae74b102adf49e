/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What policies would have done to the maps of a recorded trace. */
#ifndef VIOMMU_CLI_REPLAY_H
#define VIOMMU_CLI_REPLAY_H

#include <stdio.h>

#include "core/event.h"
#include "core/policy.h"

/** VMs of one trace that are told apart; the rest is counted as one. */
#define REPLAY_VMS_MAX 4096

/** What became of one VM. */
struct replay_vm {
	char name[VIOMMU_NAME_LEN];
	const struct policy *policy;	/**< of it; NULL: none */
	bool guessed;			/**< cgroup not known: patterns could not be compared */
	uint64_t maps;			/**< successful maps seen one by one */
	uint64_t refused;		/**< of these, above the limit */
	uint64_t lowest;		/**< first IOVA of the lowest of these; valid if refused */
	uint64_t highest;		/**< last IOVA that was mapped, also by a summary */
};

/** A trace, replayed. */
struct replay {
	const struct policy_set *set;
	struct replay_vm *vms;		/**< owned, in order of coming */
	size_t count;
	size_t room;
	uint64_t lines;
	uint64_t bad_lines;		/**< no JSON, or no event */
	uint64_t first_bad;		/**< number of the first of these */
};

void replay_init(struct replay *r, const struct policy_set *set);
void replay_fini(struct replay *r);

/** Take one line of viommu-trace -o json, without its end. 0 or -ENOMEM. */
int replay_line(struct replay *r, const char *text, size_t len);

/** Something would have been refused to the VM: counted, or its summary says so. */
bool replay_refused(const struct replay_vm *vm);

/** The policy of a VM, by its name; source says where the name is from. */
const struct policy *replay_policy(const struct policy_set *set, const char *vm, const char *source,
				   bool *guessed);

#endif
