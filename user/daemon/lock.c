// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"
#include "host/text.h"

static void folder_make(const char *path)
{
	char folder[256];
	const char *slash = strrchr(path, '/');

	if (!slash || (size_t)(slash - path) >= sizeof(folder))
		return;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	/* If it cannot be made, opening the file fails, and that is told. */
	if (mkdir(folder, 0755))
		return;
}

/* Who has the lock, as it wrote. */
static void holder_tell(int fd, const char *path, char *why, size_t size)
{
	char text[32];
	const ssize_t len = host_fd_read(fd, text, sizeof(text));
	const uint32_t pid = len > 1 ? host_text_number(text, (size_t)len - 1) : 0;

	if (pid)
		snprintf(why, size, "another viommud runs already, as process %u: stop that first "
			 "(it holds %s)", pid, path);
	else
		snprintf(why, size, "another viommud runs already: it holds %s", path);
}

static int pid_write(int fd, const char *path, char *why, size_t size)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	int err;

	errno = EIO;
	if (!ftruncate(fd, 0) && pwrite(fd, text, (size_t)len, 0) == len)
		return 0;
	err = -errno;
	snprintf(why, size, "cannot write %s: %s", path, strerror(-err));
	return err;
}

int lock_take(const char *path, char *why, size_t size)
{
	int fd, err;

	folder_make(path);
	/* Who can open it can lock it, and keep us from starting. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	err = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
	if (err == -EWOULDBLOCK)
		holder_tell(fd, path, why, size);
	else if (err)
		snprintf(why, size, "cannot lock %s: %s", path, strerror(-err));
	else
		err = pid_write(fd, path, why, size);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}
