// SPDX-License-Identifier: GPL-2.0-or-later
/* Sentences in buffers of fixed size. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

void text_init(struct text *t, char *buf, size_t size)
{
	t->buf = buf;
	t->size = size;
	t->len = 0;
	buf[0] = '\0';
}

void text_add(struct text *t, const char *fmt, ...)
{
	const size_t room = t->size - t->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

void text_add_bytes(struct text *t, const char *s, size_t len)
{
	const size_t room = t->size - t->len - 1;

	if (len > room)
		len = room;
	memcpy(t->buf + t->len, s, len);
	t->len += len;
	t->buf[t->len] = '\0';
}
