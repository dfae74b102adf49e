/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what another program is still writing. */
#ifndef VIOMMU_CLI_EXPLAIN_FOLLOW_H
#define VIOMMU_CLI_EXPLAIN_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

/** Who wants it. */
struct explain_reader {
	void (*take)(void *ctx, const char *data, size_t len);
	/** What came can be told now. 0, or -errno: no more is read. */
	int (*pause)(void *ctx);
	void *ctx;
};

/** More may come of it at any time, and its end may be far: a pipe, a terminal, a socket. */
bool explain_is_live(int fd);

/**
 * Read it to its end, with pauses; buf is of size bytes. 0; -EINTR: SIGINT or SIGTERM, which end
 * the input and not the program, for what was found has to be told yet; else -errno, also of
 * pause().
 */
int explain_follow(int fd, const struct explain_reader *reader, char *buf, size_t size);

#endif
