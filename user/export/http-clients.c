// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is connected, and since when it keeps us waiting. libmicrohttpd's own timeout is not used: it
 * begins anew with each byte, and counts the time that other clients' answers take. At its limit of
 * connections it accepts nobody: a client that sends a byte now and then could keep everyone out.
 * Here a request has one deadline as a whole, and when there are too many the one that has waited
 * longest is let go. That is by shutdown(): libmicrohttpd sees the end of the stream and cleans up
 * by itself.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "export/http-parts.h"

/* Answers are taken at the client's speed, but within so many times the deadline of a request. */
#define ANSWER_TIMES 6

/* ns in which a client that does read has most of its answer */
#define ANSWER_BEGINS UINT64_C(1000000000)

/*
 * Bytes of all answers that are being sent: 500 VMs are 2 MiB. Who asks and does not read would
 * else cost that for each connection.
 */
#define ANSWERS_MAX ((size_t)32 << 20)

uint64_t http_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void http_clients_init(struct http_clients *c, unsigned int max, unsigned int timeout)
{
	*c = (struct http_clients){ .max = max, .timeout = timeout * UINT64_C(1000000000) };
	c->end = &c->first;
}

static void client_append(struct http_clients *c, struct http_client *client)
{
	client->next = NULL;
	client->link = c->end;
	*c->end = client;
	c->end = &client->next;
	c->count++;
	c->size += client->size;
}

static void client_remove(struct http_clients *c, struct http_client *client)
{
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	else
		c->end = client->link;
	client->link = NULL;
	c->count--;
	c->size -= client->size;
}

/* libmicrohttpd tells when it is done with it; until then it is in no list and counts no more. */
static void client_dismiss(struct http_clients *c, struct http_client *client)
{
	shutdown(client->fd, SHUT_RDWR);
	client_remove(c, client);
}

/*
 * Who has to go for the newest, which is the last: the one that has waited longest. An answer that
 * has just begun is let through, unless there is nothing else.
 */
static struct http_client *client_longest(const struct http_clients *c, uint64_t now)
{
	for (struct http_client *client = c->first; client->next; client = client->next)
		if (!client->answered || now - client->since > ANSWER_BEGINS)
			return client;
	return c->first;
}

static void client_new(struct http_clients *c, struct MHD_Connection *connection, void **out)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_client *client = calloc(1, sizeof(*client));

	*out = client;
	if (!client || !info) {
		free(client);
		*out = NULL;
		return;
	}
	client->fd = info->connect_fd;
	client->since = http_now();
	client_append(c, client);
	if (c->count > c->max)
		client_dismiss(c, client_longest(c, client->since));
}

void http_clients_notify(void *ctx, struct MHD_Connection *connection, void **client,
			 enum MHD_ConnectionNotificationCode code)
{
	struct http_clients *c = ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		client_new(c, connection, client);
	} else if (*client) {
		if (((struct http_client *)*client)->link)
			client_remove(c, *client);
		free(*client);
		*client = NULL;
	}
}

/* NULL: it is being let go. */
static struct http_client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_client *client = info ? info->socket_context : NULL;

	return client && client->link ? client : NULL;
}

void http_client_mark(struct http_clients *c, struct MHD_Connection *connection, bool answered)
{
	struct http_client *client = client_of(connection);

	if (!client)
		return;
	client_remove(c, client);
	client->since = http_now();
	client->answered = answered;
	client->size = 0;
	client_append(c, client);
}

void http_client_weigh(struct http_clients *c, struct MHD_Connection *connection, size_t size)
{
	struct http_client *client = client_of(connection), *next;

	if (!client)
		return;
	client->size += size;
	c->size += size;
	/* It is the last: those whose answers began before go first. */
	for (struct http_client *other = c->first; c->size > ANSWERS_MAX && other != client;
	     other = next) {
		next = other->next;
		if (other->size)
			client_dismiss(c, other);
	}
}

void http_clients_expire(struct http_clients *c, uint64_t now)
{
	struct http_client *next;

	for (struct http_client *client = c->first; client; client = next) {
		const uint64_t limit = c->timeout * (client->answered ? ANSWER_TIMES : 1);

		next = client->next;
		if (now > client->since && now - client->since > limit)
			client_dismiss(c, client);
	}
}
