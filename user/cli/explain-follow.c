// SPDX-License-Identifier: GPL-2.0-or-later
/* A pause is a second without input; if there is none, one is made every five seconds. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/explain-follow.h"

/* Lines of one failure are written within milliseconds: what has not come by then is another. */
#define QUIET_MS 1000
#define LATEST_MS 5000

struct follow {
	const struct explain_reader *reader;
	struct pollfd fds[2];	/* input, signals */
	int64_t since;		/* when the oldest came that was not told, ms; -1: all is told */
};

bool explain_is_live(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* -1: for ever. */
static int patience(const struct follow *f)
{
	int64_t left;

	if (f->since < 0)
		return -1;
	left = f->since + LATEST_MS - now_ms();
	if (left <= 0)
		return 0;
	return left < QUIET_MS ? (int)left : QUIET_MS;
}

/* 1: went on, 0: the input is over, or -errno. */
static int read_some(struct follow *f, char *buf, size_t size)
{
	const ssize_t n = read(f->fds[0].fd, buf, size);

	if (n > 0) {
		f->reader->take(f->reader->ctx, buf, (size_t)n);
		if (f->since < 0)
			f->since = now_ms();
		return 1;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	return n ? -errno : 0;
}

/* The same. */
static int step(struct follow *f, char *buf, size_t size)
{
	const int timeout = patience(f);
	const int ready = timeout ? poll(f->fds, 2, timeout) : 0;
	struct signalfd_siginfo info;

	if (ready < 0)
		return errno == EINTR ? 1 : -errno;
	if (!ready) {
		f->since = -1;
		return f->reader->pause(f->reader->ctx) ?: 1;
	}
	/* Taken, else it would end us as soon as it is let through again. */
	if (f->fds[1].revents && read(f->fds[1].fd, &info, sizeof(info)) > 0)
		return -EINTR;
	return f->fds[0].revents ? read_some(f, buf, size) : 1;
}

int explain_follow(int fd, const struct explain_reader *reader, char *buf, size_t size)
{
	struct follow f = { .reader = reader, .since = -1 };
	sigset_t ends, before;
	int ret;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	f.fds[0] = (struct pollfd) { .fd = fd, .events = POLLIN };
	/* Without it, which poll() takes as -1, a signal ends the program as ever. */
	f.fds[1] = (struct pollfd) { .fd = signalfd(-1, &ends, SFD_CLOEXEC), .events = POLLIN };
	if (f.fds[1].fd < 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	do
		ret = step(&f, buf, size);
	while (ret > 0);
	if (f.fds[1].fd >= 0) {
		close(f.fds[1].fd);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	return ret;
}
