/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of QEMU's qtest protocol (system/qtest.c in QEMU): one command a line, one answer a line.
 * It gives the same access to ports, memory and devices that a guest's own CPU has.
 */
#ifndef DRIVE_QTEST_H
#define DRIVE_QTEST_H

#include <stddef.h>
#include <stdint.h>

/* How long QEMU may take to answer: it pins guest memory in between, under emulation too. */
#define QTEST_ANSWER_MS 30000

/* Bytes of guest memory in one command; longer transfers are split. */
#define QTEST_CHUNK 1024

/** struct qtest - a connection, made by qtest_open() and ended by qtest_close() */
struct qtest {
	int fd;			/* the socket, -1 when closed */
	size_t len;		/* bytes received into @line */
	size_t taken;		/* bytes of these that belong to answers already handed out */
	char line[4096];	/* answers; has to hold QTEST_CHUNK in hexadecimal */
};

/**
 * qtest_open() - connect to QEMU's qtest socket
 * @qt: to be initialised; on failure too it may be given to qtest_close()
 * @path: the unix socket, as in `-qtest unix:PATH,server=on,wait=off`
 * @wait_ms: how long to wait for the socket to appear
 *
 * Return: 0 or -errno, after a message.
 */
int qtest_open(struct qtest *qt, const char *path, unsigned int wait_ms);

/** qtest_close() - end the connection; QEMU goes on and takes the next client */
void qtest_close(struct qtest *qt);

/** qtest_outl() - write @value to I/O port @port; 0 or -errno after a message */
int qtest_outl(struct qtest *qt, uint16_t port, uint32_t value);

/** qtest_inl() - read I/O port @port; 0 or -errno after a message */
int qtest_inl(struct qtest *qt, uint16_t port, uint32_t *value);

/**
 * qtest_load() - read a number from the guest's physical address space, device registers included
 * @width: 1, 2, 4 or 8 bytes, read in one access
 *
 * Return: 0 or -errno, after a message.
 */
int qtest_load(struct qtest *qt, uint64_t addr, unsigned int width, uint64_t *value);

/** qtest_store() - write a number of @width bytes in one access; as qtest_load() */
int qtest_store(struct qtest *qt, uint64_t addr, unsigned int width, uint64_t value);

/** qtest_read() - read @len bytes of guest memory at @addr; 0 or -errno after a message */
int qtest_read(struct qtest *qt, uint64_t addr, void *buf, size_t len);

/** qtest_write() - write @len bytes of guest memory at @addr; 0 or -errno after a message */
int qtest_write(struct qtest *qt, uint64_t addr, const void *buf, size_t len);

#endif
