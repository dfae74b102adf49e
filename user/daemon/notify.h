/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd wants to know (sd_notify(3)), and the sockets that it hands over. */
#ifndef VIOMMU_DAEMON_NOTIFY_H
#define VIOMMU_DAEMON_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

/** The way to systemd; opened before a sandbox that allows no new socket. */
struct notify {
	int fd;			/**< -1: nobody asks */
	uint64_t interval;	/**< ns between two signs of life; 0: none is wanted */
	uint64_t next;		/**< CLOCK_MONOTONIC ns of the next one */
};

/** From $NOTIFY_SOCKET and $WATCHDOG_USEC; without them all calls do nothing. 0 or -errno. */
int notify_init(struct notify *n);
void notify_fini(struct notify *n);

/** "READY=1\nSTATUS=..." */
void notify_send(const struct notify *n, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** RELOADING=1 with the time that systemd wants with it. */
void notify_reloading(const struct notify *n);

/** WATCHDOG=1 if it is due. Call from the loop, when its work was done. now: CLOCK_MONOTONIC ns. */
void notify_alive(struct notify *n, uint64_t now);

/**
 * Descriptor number n (from 0) of those that systemd opened for us, and its FileDescriptorName=
 * (valid until the environment changes); -1: there are no more.
 */
int notify_socket(unsigned int n, char *name, size_t size);

#endif
