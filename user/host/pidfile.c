// SPDX-License-Identifier: GPL-2.0-or-later
/* Pid files, and whether a file of /run speaks of a process or of an earlier one of its number. */
#include <unistd.h>

#include "host/source.h"

/* Times of files advance by the scheduler's tick, those of processes by nanoseconds. */
#define CLOCK_SLACK_NS 1000000000LL

bool host_source_fits(const struct stat *st, const struct host_process *p, bool same_vm)
{
	if (same_vm)
		return true;
	return p->start_time &&
	       host_file_written(st) >= (int64_t)p->start_time - CLOCK_SLACK_NS;
}

bool host_pidfile_is(int dir, const char *name, uint32_t pid, struct stat *st)
{
	int fd = host_file_open(dir, name, HOST_TRUSTED, st);
	char text[32];
	size_t len;
	ssize_t n;

	if (fd < 0)
		return false;
	n = host_fd_read(fd, text, sizeof(text));
	close(fd);
	len = n > 0 ? (size_t)n : 0;
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	return pid && host_text_number(text, len) == pid;
}
