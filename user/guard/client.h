/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the module viommu_guard by generic netlink. */
#ifndef VIOMMU_GUARD_CLIENT_H
#define VIOMMU_GUARD_CLIENT_H

#include "guard/message.h"

/** A sentence for a person: what happened, why, what to do. */
#define GUARD_WHY_LEN 384

/** A connection; not to be shared by threads. */
struct guard_client;

/**
 * Connect. 0; -ENOENT: the module is not loaded; another -errno. With an error *client is NULL,
 * and why says it to a person; the same holds for all functions below.
 */
int guard_open(struct guard_client **client, char why[GUARD_WHY_LEN]);
/** NULL is allowed. */
void guard_close(struct guard_client *client);

/** Replace the whole set; *generation is the new one's. On any error the old set stays. */
int guard_set(struct guard_client *client, const struct policy_set *set, uint64_t *generation,
	      char why[GUARD_WHY_LEN]);
/** The set in force, with counters, into an empty set. */
int guard_get(struct guard_client *client, struct policy_set *set, char why[GUARD_WHY_LEN]);
int guard_get_status(struct guard_client *client, struct guard_status *status,
		     char why[GUARD_WHY_LEN]);
/** Bind this process, and what it forks and executes, to a policy; "": to none. */
int guard_bind(struct guard_client *client, const char *policy, char why[GUARD_WHY_LEN]);

/** Containers, owned. */
struct guard_containers {
	struct guard_container *list;
	size_t count;
};

int guard_get_containers(struct guard_client *client, struct guard_containers *containers,
			 char why[GUARD_WHY_LEN]);
void guard_containers_fini(struct guard_containers *containers);

/** From now on denials come to guard_read_denials(); the client is for nothing else then. */
int guard_listen(struct guard_client *client, char why[GUARD_WHY_LEN]);
/** Descriptor that is readable when denials have come. */
int guard_fd(const struct guard_client *client);

typedef void (*guard_denial_fn)(void *ctx, const struct guard_denial *denial);

/**
 * Hand on the denials that have come, without waiting. How many times the kernel had to drop some
 * because we were slow is added to *lost (may be NULL). 0 or -errno.
 */
int guard_read_denials(struct guard_client *client, guard_denial_fn fn, void *ctx, uint64_t *lost);

#endif
