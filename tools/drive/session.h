/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to a VM: carries requests out and prints what became of each. */
#ifndef DRIVE_SESSION_H
#define DRIVE_SESSION_H

#include <stdbool.h>
#include <stdio.h>

#include "iommu.h"
#include "qtest.h"
#include "request.h"

/** struct session - made by session_open(), ended by session_close() */
struct session {
	struct qtest qt;
	struct iommu iommu;
	bool iommu_open;	/* @iommu is ready; done by the first request that needs it */
	FILE *out;		/* JSON lines */
};

/**
 * session_open() - connect to a QEMU
 * @path: its qtest socket
 * @wait_ms: how long to wait for the socket to appear
 * @out: where to print, one JSON object a line, flushed after each
 *
 * Return: 0 or -errno, after a message. session_close() is right in both cases.
 */
int session_open(struct session *s, const char *path, unsigned int wait_ms, FILE *out);

/** session_close() - leave the VM; its domains and mappings stay as they are */
void session_close(struct session *s);

/**
 * session_run() - carry out one request and print it
 *
 * A request that the device refuses is a result, no failure. Faults that the device reported in
 * the meantime are printed behind it.
 * Return: 0 or -errno, after a message; nothing more can be done on the session then.
 */
int session_run(struct session *s, const struct request *req);

#endif
