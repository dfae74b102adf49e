// SPDX-License-Identifier: GPL-2.0-or-later
/* Denials as they come. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "guard/socket.h"

/** Some thousands of denials, each of less than 1 KiB, until somebody looks. */
#define LISTEN_ROOM (4 << 20)

int guard_listen(struct guard_client *client, char why[GUARD_WHY_LEN])
{
	const int room = LISTEN_ROOM;

	if (!client->group) {
		snprintf(why, GUARD_WHY_LEN, "the loaded viommu_guard tells no denials");
		return -EPROTONOSUPPORT;
	}
	/* More room than the system's limit is a favour: without it some denials may be lost. */
	setsockopt(guard_fd(client), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (mnl_socket_setsockopt(client->socket, NETLINK_ADD_MEMBERSHIP, &client->group,
				  sizeof(client->group)) < 0) {
		const int err = -errno;

		snprintf(why, GUARD_WHY_LEN, "cannot listen to denials: %s", strerror(-err));
		return err;
	}
	return 0;
}

int guard_fd(const struct guard_client *client)
{
	return mnl_socket_get_fd(client->socket);
}

static void denials_hand_on(const struct guard_client *client, int len, guard_denial_fn fn,
			    void *ctx)
{
	const struct nlmsghdr *message = (const void *)client->buffer;
	struct guard_denial denial;

	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		const char *payload = mnl_nlmsg_get_payload(message);
		const size_t size = mnl_nlmsg_get_payload_len(message);

		const struct genlmsghdr *generic = (const void *)payload;

		if (message->nlmsg_type != client->family || size < GENL_HDRLEN ||
		    generic->cmd != VIOMMU_GUARD_CMD_DENIAL)
			continue;
		if (guard_read_denial(&denial, payload + GENL_HDRLEN, size - GENL_HDRLEN))
			fn(ctx, &denial);
	}
}

int guard_read_denials(struct guard_client *client, guard_denial_fn fn, void *ctx, uint64_t *lost)
{
	for (;;) {
		struct sockaddr_nl from = { .nl_family = AF_NETLINK };
		socklen_t from_len = sizeof(from);
		const ssize_t got = recvfrom(guard_fd(client), client->buffer, GUARD_BUFFER,
					     MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

		if (got < 0 && errno == ENOBUFS) {
			if (lost)
				(*lost)++;
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		/* Other processes can send to our port. */
		if (from_len == sizeof(from) && !from.nl_pid)
			denials_hand_on(client, (int)got, fn, ctx);
	}
}
