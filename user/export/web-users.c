// SPDX-License-Identifier: GPL-2.0-or-later
/* Passwords. */
#include <crypt.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "export/web-users.h"

/* "$2y$10$", 22 characters of salt, 31 of hash */
#define HASH_LEN 60
#define HASH_DIGITS "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#define DIGEST_LEN 32
#define KNOWN_MAX 16

/* bcrypt looks at 72 bytes; longer requests are hashed no further either. */
#define PASSWORD_MAX 1024

/*
 * A wrong password makes the next one of the same peer wait for so many times as long as it took,
 * and that of any other peer once as long: one that goes on guessing keeps nobody else out.
 */
#define WAIT_TIMES 4

/* Peers that wait at the same time; who waited longest makes room. */
#define WAITERS_MAX 64

struct web_user {
	char *name;
	char hash[HASH_LEN + 1];
};

struct web_users {
	struct web_user users[WEB_USERS_MAX];
	size_t count;
	/* Name and password that were right, under a key that nobody knows: not the password, and
	 * nothing that one could try passwords on elsewhere.
	 */
	unsigned char known[KNOWN_MAX][DIGEST_LEN];
	size_t known_count;		/* remembered so far, the latest KNOWN_MAX are there */
	unsigned char key[DIGEST_LEN];
	uint64_t busy_until;		/* ns; for everybody */
	struct { uint64_t peer, until; } waiters[WAITERS_MAX];
	uint64_t computed;
	struct crypt_data crypt;
};

struct web_users *web_users_new(void)
{
	struct web_users *u = calloc(1, sizeof(*u));

	if (u && gnutls_rnd(GNUTLS_RND_KEY, u->key, sizeof(u->key))) {
		free(u);
		return NULL;
	}
	return u;
}

void web_users_free(struct web_users *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->count; i++)
		free(u->users[i].name);
	gnutls_memset(u, 0, sizeof(*u));
	free(u);
}

const char *web_hash_error(const char *hash)
{
	const size_t len = strlen(hash);
	int cost;

	if (len < 7 || strncmp(hash, "$2", 2) || !strchr("abxy", hash[2]) || hash[3] != '$' ||
	    hash[6] != '$')
		return "it is no bcrypt hash: it has to begin with $2y$10$ or alike; "
		       "'htpasswd -nBC 10 \"\"' makes one";
	if (len != HASH_LEN || strspn(hash + 7, HASH_DIGITS) != HASH_LEN - 7)
		return "it is no whole bcrypt hash: 60 characters are wanted";
	if (hash[4] < '0' || hash[4] > '9' || hash[5] < '0' || hash[5] > '9')
		return "its cost is no number";
	cost = 10 * (hash[4] - '0') + hash[5] - '0';
	if (cost < 4)
		return "its cost is below 4";
	if (cost > WEB_COST_MAX)
		return "its cost is above 14: each new client would keep all others waiting for "
		       "seconds";
	return NULL;
}

int web_users_add(struct web_users *u, const char *name, const char *hash)
{
	struct web_user *user = &u->users[u->count];

	for (size_t i = 0; i < u->count; i++)
		if (!strcmp(u->users[i].name, name))
			return -EEXIST;
	if (u->count == WEB_USERS_MAX)
		return -ENOSPC;
	user->name = strdup(name);
	if (!user->name)
		return -ENOMEM;
	memcpy(user->hash, hash, HASH_LEN + 1);
	u->count++;
	return 0;
}

static bool digest_make(const struct web_users *u, const char *name, const char *password,
			unsigned char digest[DIGEST_LEN])
{
	gnutls_hmac_hd_t hmac;

	if (gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, u->key, sizeof(u->key)))
		return false;
	/* with the NUL between them, "a" + "bc" is not "ab" + "c" */
	gnutls_hmac(hmac, name, strlen(name) + 1);
	gnutls_hmac(hmac, password, strlen(password));
	gnutls_hmac_deinit(hmac, digest);
	return true;
}

static bool digest_is_known(const struct web_users *u, const unsigned char digest[DIGEST_LEN])
{
	const size_t count = u->known_count < KNOWN_MAX ? u->known_count : KNOWN_MAX;
	bool known = false;

	for (size_t i = 0; i < count; i++)
		known |= !gnutls_memcmp(u->known[i], digest, DIGEST_LEN);
	return known;
}

/* A name that does not exist costs as much as one that does, and is never right. */
static bool password_is_right(struct web_users *u, const char *name, const char *password)
{
	const struct web_user *user = NULL;
	const char *made;
	bool right;

	for (size_t i = 0; i < u->count; i++)
		if (!strcmp(u->users[i].name, name))
			user = &u->users[i];
	u->computed++;
	made = crypt_r(password, user ? user->hash : u->users[0].hash, &u->crypt);
	right = made && strlen(made) == HASH_LEN &&
		!gnutls_memcmp(made, user ? user->hash : u->users[0].hash, HASH_LEN);
	gnutls_memset(&u->crypt, 0, sizeof(u->crypt));
	return right && user;
}

static uint64_t cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool peer_waits(const struct web_users *u, uint64_t peer, uint64_t now)
{
	for (size_t i = 0; i < WAITERS_MAX; i++)
		if (u->waiters[i].peer == peer && now < u->waiters[i].until)
			return true;
	return false;
}

static void peer_wait(struct web_users *u, uint64_t peer, uint64_t until)
{
	size_t at = 0;

	for (size_t i = 1; i < WAITERS_MAX; i++)
		if (u->waiters[i].until < u->waiters[at].until)
			at = i;
	u->waiters[at].peer = peer;
	u->waiters[at].until = until;
}

enum web_verdict web_users_check(struct web_users *u, const char *name, const char *password,
				 uint64_t peer, uint64_t now)
{
	unsigned char digest[DIGEST_LEN];
	uint64_t begin;

	if (!u->count || strlen(password) > PASSWORD_MAX || !digest_make(u, name, password, digest))
		return WEB_DENIED;
	if (digest_is_known(u, digest))
		return WEB_ALLOWED;
	if (now < u->busy_until || peer_waits(u, peer, now))
		return WEB_BUSY;
	begin = cpu_now();
	if (!password_is_right(u, name, password)) {
		const uint64_t took = cpu_now() - begin;

		u->busy_until = now + 2 * took;
		peer_wait(u, peer, now + took + WAIT_TIMES * took);
		return WEB_DENIED;
	}
	memcpy(u->known[u->known_count++ % KNOWN_MAX], digest, DIGEST_LEN);
	return WEB_ALLOWED;
}

uint64_t web_users_computed(const struct web_users *u)
{
	return u->computed;
}
