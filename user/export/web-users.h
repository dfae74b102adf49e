/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and their bcrypt hashes. A check costs about 100 ms by design, on the server's only thread:
 * who was right is remembered, and who is wrong waits.
 */
#ifndef VIOMMU_EXPORT_WEB_USERS_H
#define VIOMMU_EXPORT_WEB_USERS_H

#include <stdint.h>

/** Users of a file. */
#define WEB_USERS_MAX 64
/** bcrypt costs 2^n rounds; 14 is about 1 s, for which nobody else is answered. */
#define WEB_COST_MAX 14

enum web_verdict {
	WEB_ALLOWED,
	WEB_DENIED,
	WEB_BUSY,	/**< too many wrong ones: it was not looked at, ask again later */
};

struct web_users;

/** NULL if out of memory. */
struct web_users *web_users_new(void);
/** NULL is allowed. */
void web_users_free(struct web_users *u);

/** NULL, or what is wrong with a hash, as the end of a sentence. */
const char *web_hash_error(const char *hash);

/** 0; -EEXIST; -ENOSPC; -ENOMEM. The hash has to be right. */
int web_users_add(struct web_users *u, const char *name, const char *hash);

/** peer: who asks, an address; who was wrong waits, and others little. now: CLOCK_MONOTONIC ns. */
enum web_verdict web_users_check(struct web_users *u, const char *name, const char *password,
				 uint64_t peer, uint64_t now);

/** How many hashes were computed so far: for tests. */
uint64_t web_users_computed(const struct web_users *u);

#endif
