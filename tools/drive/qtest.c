// SPDX-License-Identifier: GPL-2.0-or-later
#include "qtest.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"

/* Lines about interrupts that may come between a command and its answer, at most. */
#define QTEST_MAX_NOISE 64

static int socket_connect(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int qtest_open(struct qtest *qt, const char *path, unsigned int wait_ms)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int64_t end = clock_now_ms() + wait_ms;
	int fd;

	*qt = (struct qtest){ .fd = -1 };
	if (strlen(path) >= sizeof(sun.sun_path))
		return drive_fail(ENAMETOOLONG, "the socket's path is longer than %zu bytes: %s",
				  sizeof(sun.sun_path) - 1, path);
	memcpy(sun.sun_path, path, strlen(path));
	for (;;) {
		fd = socket_connect(&sun);
		if (fd >= 0 || (fd != -ENOENT && fd != -ECONNREFUSED) || clock_now_ms() >= end)
			break;
		clock_sleep_us(20000);
	}
	if (fd < 0)
		return drive_fail(-fd, "cannot connect to %s: %s (is QEMU running with "
				  "-qtest unix:%s,server=on,wait=off?)", path, strerror(-fd), path);
	qt->fd = fd;
	return 0;
}

void qtest_close(struct qtest *qt)
{
	if (qt->fd >= 0)
		close(qt->fd);
	qt->fd = -1;
}

static int qtest_send(struct qtest *qt, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(qt->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return drive_fail(errno, "QEMU took no command: %s (its stderr may say "
					  "why it has ended)", strerror(errno));
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Wait until the socket has something to read, or for the end of time. */
static int qtest_wait(const struct qtest *qt, int64_t end)
{
	struct pollfd pfd = { .fd = qt->fd, .events = POLLIN };
	int64_t left = end - clock_now_ms();
	int n = poll(&pfd, 1, left > 0 ? (int)left : 0);

	if (n < 0 && errno != EINTR)
		return drive_fail(errno, "cannot wait for QEMU's answer: %s", strerror(errno));
	if (n == 0)
		return drive_fail(ETIMEDOUT, "QEMU gave no answer in %d s; it serves one client at "
				  "a time: is another one connected, or is QEMU stopped?",
				  QTEST_ANSWER_MS / 1000);
	return 0;
}

/* The next line into qt->line, without its newline; what came behind it is kept. */
static int qtest_read_line(struct qtest *qt, int64_t end)
{
	const char *at;
	char *nl;
	ssize_t n;
	int err;

	qt->len -= qt->taken;
	memmove(qt->line, qt->line + qt->taken, qt->len);
	qt->taken = 0;
	while (!(nl = memchr(qt->line, '\n', qt->len))) {
		if (qt->len == sizeof(qt->line))
			return drive_fail(EPROTO, "QEMU's answer is longer than %zu bytes; is this "
					  "a qtest socket?", sizeof(qt->line));
		err = qtest_wait(qt, end);
		if (err)
			return err;
		n = recv(qt->fd, qt->line + qt->len, sizeof(qt->line) - qt->len, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return drive_fail(errno, "cannot read from QEMU: %s", strerror(errno));
		if (n == 0)
			return drive_fail(EPIPE, "QEMU closed the socket; its stderr may say why");
		qt->len += (size_t)n;
	}
	*nl = '\0';
	qt->taken = (size_t)(nl - qt->line) + 1;
	for (at = qt->line; at < nl; at++)
		if (!isprint((unsigned char)*at))
			return drive_fail(EPROTO, "QEMU's answer is no text; is this a qtest "
					  "socket?");
	return 0;
}

/*
 * Send one command and take its answer. *answer is what follows "OK" (without the space), and is
 * valid until the next command.
 */
__attribute__((format(printf, 3, 4)))
static int qtest_command(struct qtest *qt, const char **answer, const char *fmt, ...)
{
	int64_t end = clock_now_ms() + QTEST_ANSWER_MS;
	char cmd[2 * QTEST_CHUNK + 128];
	va_list ap;
	int len, err, i;

	va_start(ap, fmt);
	len = vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(cmd))
		return drive_fail(E2BIG, "internal limit: a qtest command of %d bytes", len);
	err = qtest_send(qt, cmd, (size_t)len);
	if (err)
		return err;
	for (i = 0; i < QTEST_MAX_NOISE; i++) {
		err = qtest_read_line(qt, end);
		if (err)
			return err;
		if (strncmp(qt->line, "IRQ ", 4) != 0)
			break;
	}
	if (strncmp(qt->line, "OK", 2) != 0 || (qt->line[2] != '\0' && qt->line[2] != ' '))
		return drive_fail(EPROTO, "QEMU refused '%.40s': %.80s", strtok(cmd, "\n"),
				  qt->line);
	*answer = qt->line + (qt->line[2] == ' ' ? 3 : 2);
	return 0;
}

static int number_parse(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (end == text || *end != '\0' || errno != 0)
		return drive_fail(EPROTO, "QEMU answered '%.40s' where a number was due", text);
	return 0;
}

int qtest_outl(struct qtest *qt, uint16_t port, uint32_t value)
{
	const char *answer;

	return qtest_command(qt, &answer, "outl 0x%x 0x%x\n", port, value);
}

int qtest_inl(struct qtest *qt, uint16_t port, uint32_t *value)
{
	const char *answer;
	uint64_t v = 0;
	int err = qtest_command(qt, &answer, "inl 0x%x\n", port);

	if (!err)
		err = number_parse(answer, &v);
	if (!err && v > UINT32_MAX)
		err = drive_fail(EPROTO, "QEMU answered 0x%" PRIx64 " for a 32-bit port", v);
	*value = (uint32_t)v;
	return err;
}

/* The letter of a width in the names of commands: readb, readw, readl, readq. */
static char width_letter(unsigned int width)
{
	switch (width) {
	case 1:
		return 'b';
	case 2:
		return 'w';
	case 4:
		return 'l';
	default:
		return 'q';
	}
}

int qtest_load(struct qtest *qt, uint64_t addr, unsigned int width, uint64_t *value)
{
	const char *answer;
	int err = qtest_command(qt, &answer, "read%c 0x%" PRIx64 "\n", width_letter(width), addr);

	return err ? err : number_parse(answer, value);
}

int qtest_store(struct qtest *qt, uint64_t addr, unsigned int width, uint64_t value)
{
	const char *answer;

	return qtest_command(qt, &answer, "write%c 0x%" PRIx64 " 0x%" PRIx64 "\n",
			     width_letter(width), addr, value);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int hex_decode(const char *text, uint8_t *buf, size_t len)
{
	size_t i;

	if (strncmp(text, "0x", 2) != 0 || strlen(text) != 2 + 2 * len)
		return drive_fail(EPROTO, "QEMU answered %zu characters where %zu bytes were due",
				  strlen(text), len);
	text += 2;
	for (i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return drive_fail(EPROTO, "QEMU answered '%.2s' where hexadecimal was due",
					  text + 2 * i);
		buf[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int qtest_read(struct qtest *qt, uint64_t addr, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len > 0) {
		size_t n = len < QTEST_CHUNK ? len : QTEST_CHUNK;
		const char *answer;
		int err = qtest_command(qt, &answer, "read 0x%" PRIx64 " 0x%zx\n", addr, n);

		if (!err)
			err = hex_decode(answer, p, n);
		if (err)
			return err;
		p += n;
		addr += n;
		len -= n;
	}
	return 0;
}

int qtest_write(struct qtest *qt, uint64_t addr, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	char hex[2 * QTEST_CHUNK + 1];

	while (len > 0) {
		size_t n = len < QTEST_CHUNK ? len : QTEST_CHUNK, i;
		const char *answer;
		int err;

		for (i = 0; i < n; i++)
			snprintf(hex + 2 * i, 3, "%02x", p[i]);
		err = qtest_command(qt, &answer, "write 0x%" PRIx64 " 0x%zx 0x%s\n", addr, n, hex);
		if (err)
			return err;
		p += n;
		addr += n;
		len -= n;
	}
	return 0;
}
