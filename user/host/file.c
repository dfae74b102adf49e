// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that other programs, some of them users', write while we read them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/file.h"
#include "host/text.h"

static int open_below(int dir, const char *path, int flags, enum host_trust trust)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	long fd;

	if (trust == HOST_TRUSTED)
		fd = openat(dir, path, flags | O_CLOEXEC);
	else
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

int host_dir_open_at(int dir, const char *path, enum host_trust trust)
{
	return open_below(dir, path, O_RDONLY | O_DIRECTORY, trust);
}

int host_dir_open(const char *root, const char *path)
{
	int top = host_dir_open_at(AT_FDCWD, root[0] ? root : "/", HOST_TRUSTED);
	int fd;

	if (top < 0)
		return top;
	fd = host_dir_open_at(top, path, HOST_TRUSTED);
	close(top);
	return fd;
}

int host_file_open(int dir, const char *path, enum host_trust trust, struct stat *st)
{
	/* To open a device can already have an effect (a watchdog starts), so look first. */
	int where = open_below(dir, path, O_PATH, trust);
	char self[32];
	struct stat own;
	int fd;

	if (where < 0)
		return where;
	if (!st)
		st = &own;
	if (fstat(where, st)) {
		fd = -errno;
	} else if (!S_ISREG(st->st_mode)) {
		fd = -EINVAL;
	} else {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", where);
		fd = open(self, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	close(where);
	return fd;
}

ssize_t host_fd_read(int fd, char *buf, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t host_file_read(int dir, const char *path, char *buf, size_t size)
{
	int fd = host_file_open(dir, path, HOST_TRUSTED, NULL);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return fd;
	n = host_fd_read(fd, buf, size - 1);
	buf[n < 0 ? 0 : n] = '\0';
	close(fd);
	return n;
}

static int64_t timespec_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

int64_t host_file_written(const struct stat *st)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return timespec_ns(&st->st_mtim) - (timespec_ns(&real) - timespec_ns(&boot));
}

int host_dir_walk(int dir, const char *suffix, host_dir_fn fn, void *ctx)
{
	const struct dirent *entry;
	DIR *list;
	int ret = 0;

	if (dir < 0)
		return dir;
	list = fdopendir(dir);
	if (!list) {
		ret = -errno;
		close(dir);
		return ret;
	}
	for (int i = 0; i < HOST_DIR_MAX && !ret; i++) {
		size_t len;

		entry = readdir(list);
		if (!entry)
			break;
		len = strlen(entry->d_name);
		if (len > strlen(suffix) && host_text_ends(entry->d_name, len, suffix))
			ret = fn(ctx, dirfd(list), entry->d_name, len - strlen(suffix));
	}
	closedir(list);
	return ret;
}
