/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that the daemon listens on. */
#ifndef VIOMMU_DAEMON_LISTEN_H
#define VIOMMU_DAEMON_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

#include "daemon/config.h"

/** Where a collector of its own unit finds the server. */
#define COLLECTOR_SOCKET "/run/viommu/collector.sock"

/** A listening socket, or -errno and why. */
int listen_tcp(const struct config_listen *l, char *why, size_t size);

/**
 * The same for a unix socket of type SOCK_STREAM or SOCK_SEQPACKET. What is left of a process that
 * has ended is replaced. group: (gid_t)-1 to leave it.
 */
int listen_unix(const char *path, int type, mode_t mode, gid_t group, char *why, size_t size);

/** A connection to a unix socket of type SOCK_SEQPACKET, without waiting, or -errno. */
int connect_unix(const char *path);

#endif
