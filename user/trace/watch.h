/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a tracer waits for: an epoll descriptor, and a kernel module that comes and goes. */
#ifndef VIOMMU_TRACE_WATCH_H
#define VIOMMU_TRACE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/tracer.h"

/** Watch fd for input; events of it have what in data.u32. 0 or -errno. */
int watch_add(int epoll_fd, int fd, uint32_t what);

/** An epoll descriptor by which a module is waited for, among others. */
struct watch {
	const char *module;	/**< its name, not copied */
	struct tracer_sink sink;
	int epoll_fd;		/**< -1: not open */
	int uevent_fd;		/**< -1: not open */
};

/** Nothing is open; watch_close() is right from here on. */
void watch_init(struct watch *w, const char *module, const struct tracer_sink *sink);

/**
 * Open both; changes of modules come as what. To be done before the first look at the module, so
 * that its arrival cannot fall in between. 0 or -errno; why was said.
 */
int watch_open(struct watch *w, uint32_t what);
void watch_close(struct watch *w);

/**
 * Modules have changed. *gone: ours was unloaded (it may have come back since), or may have been:
 * the kernel had to drop events. Whether it is there is for the caller to look. 0 or -errno.
 */
int watch_read(const struct watch *w, bool *gone);

/** Say that the module is not there, or not any more (verb: "is not loaded", "was unloaded"). */
void watch_say(const struct watch *w, const char *verb);

#endif
