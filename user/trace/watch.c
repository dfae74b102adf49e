// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/watch.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "trace/message.h"
#include "trace/uevent.h"

int watch_add(int epoll_fd, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

void watch_init(struct watch *w, const char *module, const struct tracer_sink *sink)
{
	*w = (struct watch){ .module = module, .sink = *sink, .epoll_fd = -1, .uevent_fd = -1 };
}

int watch_open(struct watch *w, uint32_t what)
{
	int err = 0;

	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0)
		err = -errno;
	if (!err) {
		w->uevent_fd = uevent_open();
		err = w->uevent_fd < 0 ? w->uevent_fd : watch_add(w->epoll_fd, w->uevent_fd, what);
	}
	if (err)
		sink_say(&w->sink, TRACER_ERROR, "cannot listen to the kernel's events: %s",
			 strerror(-err));
	return err;
}

void watch_close(struct watch *w)
{
	if (w->uevent_fd >= 0)
		close(w->uevent_fd);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
}

int watch_read(const struct watch *w, bool *gone)
{
	unsigned int changes;
	int err = uevent_drain(w->uevent_fd, w->module, &changes);

	*gone = err || (changes & UEVENT_REMOVED);
	return err == -ENOBUFS ? 0 : err;
}

void watch_say(const struct watch *w, const char *verb)
{
	sink_say(&w->sink, TRACER_INFO, "the module %s %s: waiting for it", w->module, verb);
}
