// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/** First descriptor of socket activation (sd_listen_fds(3)). */
#define LISTEN_FDS_START 3

/** A number of the environment; 0: not there, or none. */
static uint64_t environment_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	unsigned long long value;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end ? 0 : value;
}

/** $name is absent or our own pid. */
static bool environment_is_ours(const char *name)
{
	return !getenv(name) || environment_number(name) == (uint64_t)getpid();
}

int notify_init(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len;

	*n = (struct notify){ .fd = -1 };
	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
		return 0;
	memcpy(address.sun_path, path, strlen(path));
	/* '@' stands for the abstract name space. */
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0)
		return -errno;
	if (connect(n->fd, (const struct sockaddr *)&address, len)) {
		const int err = -errno;

		notify_fini(n);
		return err;
	}
	if (environment_is_ours("WATCHDOG_PID"))
		n->interval = environment_number("WATCHDOG_USEC") * 1000 / 3;
	return 0;
}

void notify_fini(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_send(const struct notify *n, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (n->fd < 0)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* systemd that does not listen changes nothing of what we do. */
	if (send(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

void notify_reloading(const struct notify *n)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	notify_send(n, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void notify_alive(struct notify *n, uint64_t now)
{
	if (!n->interval || now < n->next)
		return;
	n->next = now + n->interval;
	notify_send(n, "WATCHDOG=1");
}

int notify_socket(unsigned int n, char *name, size_t size)
{
	const uint64_t count = environment_number("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	const int fd = LISTEN_FDS_START + (int)n;
	size_t len;

	name[0] = '\0';
	if (!getenv("LISTEN_PID") || !environment_is_ours("LISTEN_PID") || n >= count || n > 64)
		return -1;
	for (unsigned int i = 0; names && i < n; i++) {
		names = strchr(names, ':');
		names = names ? names + 1 : NULL;
	}
	len = names ? strcspn(names, ":") : 0;
	if (len < size) {
		memcpy(name, names ? names : "", len);
		name[len] = '\0';
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -1;
	return fd;
}
