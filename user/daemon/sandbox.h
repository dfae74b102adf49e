/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each of the two processes gives up for good once it has what it needs. The units of systemd
 * restrict the same from outside; this holds without systemd, and where a unit was changed.
 */
#ifndef VIOMMU_DAEMON_SANDBOX_H
#define VIOMMU_DAEMON_SANDBOX_H

#include <stddef.h>

/** User and group of the server. */
#define SANDBOX_USER "viommu"

/** Files of the server. */
struct sandbox_paths {
	const char *writable;		/**< folder in which it may do anything */
	/** Files and folders; those that are not there are passed over. */
	const char *const *readable;
	size_t readable_count;
};

/**
 * Become that user, for ever, and its groups. Must be root. 0 or -errno; why (size bytes) says it
 * to a person, here and below.
 */
int sandbox_become(const char *user, char *why, size_t size);

/**
 * The server: no capability, no new privileges; of all files those of paths (Landlock); of all
 * system calls those of an HTTP server with open listeners: no new socket, no connection,
 * no program,
 * no BPF, no tracing of others. 0; 1: done, but this kernel has no Landlock, and why says
 * so; -errno.
 */
int sandbox_server(const struct sandbox_paths *paths, char *why, size_t size);

/**
 * The collector: keeps the capabilities that tracing and the guard need; no socket but unix and
 * netlink, no program, no process, no module, no mount, no tracing of others. 0 or -errno.
 */
int sandbox_collector(char *why, size_t size);

/* The parts of the above, each in a file of its own. */

/** Landlock. 0; -EOPNOTSUPP: not in this kernel; -errno. */
int sandbox_files(const struct sandbox_paths *paths);
/** seccomp filters. 0 or -errno. */
int sandbox_calls_server(void);
int sandbox_calls_collector(void);

#endif
