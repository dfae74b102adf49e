// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

int listen_tcp(const struct config_listen *l, char *why, size_t size)
{
	const int family = l->address.any.sa_family;
	const socklen_t len = family == AF_INET6 ? sizeof(l->address.v6) : sizeof(l->address.v4);
	const int on = 1;
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	/* [::] shall not take the IPv4 port too: that may be a listener of its own. */
	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    (family != AF_INET6 || !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) &&
	    !bind(fd, &l->address.any, len) && !listen(fd, BACKLOG))
		return fd;
	err = errno;
	if (err == EADDRINUSE)
		snprintf(why, size, "cannot listen on %s: another program does; see who with "
			 "'ss -ltnp', or change 'listen'", l->text);
	else
		snprintf(why, size, "cannot listen on %s: %s", l->text, strerror(err));
	if (fd >= 0)
		close(fd);
	return -err;
}

/* sun_path as far as it goes; false: too long. */
static bool address_fill(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return false;
	memcpy(address->sun_path, path, strlen(path));
	return true;
}

/* Nobody listens there any more, so that its file may go. */
static bool is_left_over(const struct sockaddr_un *address, int type)
{
	const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;
	bool refused;

	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
		  (errno == ECONNREFUSED || errno == EPROTOTYPE);
	close(fd);
	return refused && !lstat(address->sun_path, &st) && S_ISSOCK(st.st_mode);
}

int listen_unix(const char *path, int type, mode_t mode, gid_t group, char *why, size_t size)
{
	struct sockaddr_un address;
	mode_t before;
	int fd, err = 0;

	if (!address_fill(&address, path)) {
		snprintf(why, size, "the path of the socket %s is too long", path);
		return -ENAMETOOLONG;
	}
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (is_left_over(&address, type))
		unlink(path);
	/* Closed to all until its owner and mode are right. */
	before = umask(0777);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		err = errno;
	umask(before);
	if (!err && ((group != (gid_t)-1 && chown(path, (uid_t)-1, group)) || chmod(path, mode) ||
		     listen(fd, BACKLOG)))
		err = errno;
	if (!err)
		return fd;
	if (err == EADDRINUSE)
		snprintf(why, size, "cannot listen on %s: another process does, or it is no socket",
			 path);
	else
		snprintf(why, size, "cannot listen on %s: %s", path, strerror(err));
	if (fd >= 0)
		close(fd);
	return -err;
}

int connect_unix(const char *path)
{
	struct sockaddr_un address;
	int fd, err;

	if (!address_fill(&address, path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}
