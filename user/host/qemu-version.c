// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Version of a QEMU, from its binary. Every QEMU has the text that --version prints in its
 * read-only data: "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)" (version() in
 * system/vl.c), without the blank before the parenthesis in old ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/qemu.h"
#include "host/text.h"

static const char marker[] = "QEMU emulator version ";

#define CHUNK (1u << 20)
/* Text after the marker that is looked at; what is found in one chunk's tail is read again. */
#define TEXT_MAX 256
/* A QEMU with debug information has some 200 MiB. */
#define BINARY_MAX (1ull << 30)

/* "10.0.2 (Debian ...)": 0 or -ENOENT. */
static int text_parse(const char *text, size_t len, unsigned int version[3], char *package,
		      size_t size)
{
	char line[TEXT_MAX + 1];
	const char *open, *close;
	int used = 0;

	len = len < TEXT_MAX ? len : TEXT_MAX;
	memcpy(line, text, len);
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%4u.%4u.%4u%n", &version[0], &version[1], &version[2], &used) != 3)
		return -ENOENT;
	package[0] = '\0';
	open = line + used + strspn(line + used, " ");
	close = strrchr(open, ')');
	if (*open == '(' && close)
		host_text_clean(package, size, open + 1, (size_t)(close - open) - 1);
	return 0;
}

/* Read at an offset until size or the end. Bytes, or -errno. */
static ssize_t read_at(int fd, char *buf, size_t size, off_t at)
{
	size_t got = 0;

	while (got < size) {
		const ssize_t n = pread(fd, buf + got, size - got, at + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Chunks overlap, so that a text that begins in one is whole in it or in the next. */
int qemu_version_read(int fd, unsigned int version[3], char *package, size_t size)
{
	const size_t overlap = sizeof(marker) + TEXT_MAX;
	char *buf = malloc(CHUNK);
	int err = -ENOENT;

	memset(version, 0, 3 * sizeof(*version));
	package[0] = '\0';
	if (!buf)
		return -ENOMEM;
	for (off_t at = 0; (unsigned long long)at < BINARY_MAX; at += (off_t)(CHUNK - overlap)) {
		const ssize_t n = read_at(fd, buf, CHUNK, at);
		const char *next = buf, *found;

		if (n < 0)
			err = (int)n;
		if (n <= 0)
			break;
		while ((found = memmem(next, (size_t)(buf + n - next), marker,
				       sizeof(marker) - 1))) {
			next = found + sizeof(marker) - 1;
			if (!text_parse(next, (size_t)(buf + n - next), version, package, size))
				goto found;
		}
		if ((size_t)n < CHUNK)
			break;
	}
	memset(version, 0, 3 * sizeof(*version));
	free(buf);
	return err;
found:
	free(buf);
	return 0;
}
