/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The netlink side of client.h: requests, answers, and errors with the kernel's own words. */
#ifndef VIOMMU_GUARD_SOCKET_H
#define VIOMMU_GUARD_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#include "guard/client.h"

/** The kernel's messages are at most 32 KiB, but for multicasts nothing says so. */
#define GUARD_BUFFER 65536

struct mnl_socket;

struct guard_client {
	struct mnl_socket *socket;
	uint16_t family;		/**< 0: not resolved yet */
	uint32_t group;			/**< of denials; 0: unknown */
	uint32_t sequence;
	char *buffer;			/**< GUARD_BUFFER bytes, for what is read */
};

/** Called for each answer with its attributes; other than 0 ends with that error. */
typedef int (*guard_answer_fn)(void *ctx, const void *attributes, size_t len);

/** A socket with nothing resolved. 0 or -errno with why. */
int guard_socket_open(struct guard_client *client, char why[GUARD_WHY_LEN]);
void guard_socket_close(struct guard_client *client);

/**
 * A request in a new message of room bytes of attributes. NULL: no memory. Freed by the caller.
 * flags: NLM_F_ACK or NLM_F_DUMP.
 */
struct nlmsghdr *guard_request_new(struct guard_client *client, uint16_t family, uint8_t command,
				   uint8_t version, uint16_t flags, size_t room);

/**
 * Send it and read the answers up to the last. 0; -errno, the kernel's or what fn returned, with
 * why; -EINTR: a dump was not consistent, as something changed meanwhile.
 */
int guard_request_send(struct guard_client *client, struct nlmsghdr *request, guard_answer_fn fn,
		       void *ctx, char why[GUARD_WHY_LEN]);

/**
 * The kernel's words in an error or end message of len bytes in all, cleaned; "" if it has none.
 */
void guard_extack_read(char *text, size_t size, const struct nlmsghdr *message);

#endif
