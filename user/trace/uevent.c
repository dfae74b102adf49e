// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UEVENT_GROUP_KERNEL 1

int uevent_open(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = UEVENT_GROUP_KERNEL,
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int uevent_drain(int fd, const char *module, unsigned int *changes)
{
	char added[128], removed[128], message[8192];

	snprintf(added, sizeof(added), "add@/module/%s", module);
	snprintf(removed, sizeof(removed), "remove@/module/%s", module);
	*changes = 0;
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, message, sizeof(message) - 1, 0,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		message[n] = '\0';
		if (from.nl_pid != 0)	/* anybody may send; only the kernel counts */
			continue;
		if (strcmp(message, added) == 0)
			*changes |= UEVENT_ADDED;
		else if (strcmp(message, removed) == 0)
			*changes |= UEVENT_REMOVED;
	}
}
