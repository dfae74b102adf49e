// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests and answers over libmnl, which in Debian 12 cannot read extended acknowledgements. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "guard/socket.h"
#include "host/text.h"

/** To set 4,096 policies under load takes the kernel seconds; for ever is a bug. */
#define ANSWER_SECONDS 60

static int fail(char why[GUARD_WHY_LEN], const char *what, int err)
{
	snprintf(why, GUARD_WHY_LEN, "%s: %s", what, strerror(-err));
	return err;
}

int guard_socket_open(struct guard_client *client, char why[GUARD_WHY_LEN])
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	const int on = 1;

	client->buffer = malloc(GUARD_BUFFER);
	if (!client->buffer)
		return fail(why, "cannot talk to the kernel", -ENOMEM);
	client->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!client->socket || mnl_socket_bind(client->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return fail(why, "cannot open a netlink socket", -errno);
	/* Without it refusals are a number; a kernel that lacks it still answers. */
	mnl_socket_setsockopt(client->socket, NETLINK_EXT_ACK, (void *)(uintptr_t)&on, sizeof(on));
	if (setsockopt(mnl_socket_get_fd(client->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)))
		return fail(why, "cannot set up a netlink socket", -errno);
	client->sequence = (uint32_t)time(NULL);
	return 0;
}

void guard_socket_close(struct guard_client *client)
{
	if (client->socket)
		mnl_socket_close(client->socket);
	free(client->buffer);
}

struct nlmsghdr *guard_request_new(struct guard_client *client, uint16_t family, uint8_t command,
				   uint8_t version, uint16_t flags, size_t room)
{
	char *buffer = calloc(1, NLMSG_HDRLEN + GENL_HDRLEN + NLMSG_ALIGN(room));
	struct genlmsghdr *generic;
	struct nlmsghdr *message;

	if (!buffer)
		return NULL;
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = family;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++client->sequence;
	generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
	generic->cmd = command;
	generic->version = version;
	return message;
}

/* Where the attributes of an extended acknowledgement begin: after the error, and the request. */
static size_t extack_offset(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	if (message->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*error);
	return sizeof(int) + NLMSG_ALIGN((size_t)error->msg.nlmsg_len);
}

void guard_extack_read(char *text, size_t size, const struct nlmsghdr *message)
{
	const char *payload = mnl_nlmsg_get_payload(message);
	const size_t len = mnl_nlmsg_get_payload_len(message);
	const bool done = message->nlmsg_type == NLMSG_DONE;
	const size_t head = done ? sizeof(int) : sizeof(struct nlmsgerr);
	const struct nlattr *attr = NULL;
	size_t offset;

	text[0] = '\0';
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || len < head)
		return;
	offset = extack_offset(message);
	if (offset > len)
		return;
	while ((attr = guard_attribute_next(payload + offset, len - offset, attr))) {
		const char *said = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			host_text_clean(text, size, said,
					strnlen(said, mnl_attr_get_payload_len(attr)));
	}
}

/* An error, or the end: 0 or -errno with why. */
static int outcome(const struct nlmsghdr *message, char why[GUARD_WHY_LEN])
{
	char said[GUARD_WHY_LEN - 64];
	int error;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(error))
		return fail(why, "the kernel's answer is cut", -EBADMSG);
	memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	if (error >= 0)
		return 0;
	guard_extack_read(said, sizeof(said), message);
	snprintf(why, GUARD_WHY_LEN, "the kernel refuses: %s%s%s%s", said[0] ? said : strerror(-error),
		 said[0] ? " (" : "", said[0] ? strerror(-error) : "", said[0] ? ")" : "");
	return error;
}

/* How one message ends the exchange: 1 goes on. */
static int message_take(const struct nlmsghdr *message, guard_answer_fn fn, void *ctx,
			bool *interrupted, char why[GUARD_WHY_LEN])
{
	const size_t len = mnl_nlmsg_get_payload_len(message);
	int error;

	*interrupted |= message->nlmsg_flags & NLM_F_DUMP_INTR;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
		return outcome(message, why);
	if (message->nlmsg_type < NLMSG_MIN_TYPE || len < GENL_HDRLEN)
		return 1;
	error = fn ? fn(ctx, (const char *)mnl_nlmsg_get_payload(message) + GENL_HDRLEN,
			len - GENL_HDRLEN) : 0;
	return error ? fail(why, "cannot take the kernel's answer", error) : 1;
}

static int answers_read(struct guard_client *client, guard_answer_fn fn, void *ctx,
			char why[GUARD_WHY_LEN])
{
	bool interrupted = false;
	int state = 1;

	while (state == 1) {
		const ssize_t got = mnl_socket_recvfrom(client->socket, client->buffer,
							GUARD_BUFFER);
		const struct nlmsghdr *message = (const void *)client->buffer;
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(why, "no answer from the kernel",
				    errno == EAGAIN ? -ETIMEDOUT : -errno);
		for (; state == 1 && mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left))
			if (message->nlmsg_seq == client->sequence)
				state = message_take(message, fn, ctx, &interrupted, why);
	}
	if (!state && interrupted)
		return fail(why, "the list changed while it was read", -EINTR);
	return state;
}

/* A set of thousands of policies is larger than what a socket sends at once by default. */
static void room_make(const struct guard_client *client, size_t len)
{
	const int room = (int)(2 * len);

	if (len > GUARD_BUFFER)
		setsockopt(mnl_socket_get_fd(client->socket), SOL_SOCKET, SO_SNDBUFFORCE, &room,
			   sizeof(room));
}

int guard_request_send(struct guard_client *client, struct nlmsghdr *request, guard_answer_fn fn,
		       void *ctx, char why[GUARD_WHY_LEN])
{
	room_make(client, request->nlmsg_len);
	if (mnl_socket_sendto(client->socket, request, request->nlmsg_len) < 0)
		return fail(why, "cannot send to the kernel", -errno);
	return answers_read(client, fn, ctx, why);
}
