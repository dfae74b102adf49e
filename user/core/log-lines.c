// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunks to lines. */
#include <string.h>

#include "log-lines.h"

void log_lines_init(struct log_lines *l, log_line_fn fn, void *ctx)
{
	l->fn = fn;
	l->ctx = ctx;
	l->used = 0;
	l->number = 0;
	l->pieces = 0;
	l->piece = false;
}

static void give(struct log_lines *l, const char *text, size_t len, size_t fresh, bool whole)
{
	const struct log_line line = {
		.text = text, .len = len, .fresh = fresh, .number = l->number + 1, .whole = whole,
	};

	l->fn(l->ctx, &line);
}

/* The buffer is full: its line goes on. */
static void give_piece(struct log_lines *l)
{
	const size_t fresh = l->used - LOG_LINE_OVERLAP;

	give(l, l->buf, l->used, fresh, false);
	memmove(l->buf, l->buf + fresh, LOG_LINE_OVERLAP);
	l->used = LOG_LINE_OVERLAP;
	if (!l->piece)
		l->pieces++;
	l->piece = true;
}

static void keep(struct log_lines *l, const char *data, size_t len)
{
	while (len) {
		const size_t room = sizeof(l->buf) - l->used;
		const size_t n = len < room ? len : room;

		memcpy(l->buf + l->used, data, n);
		l->used += n;
		data += n;
		len -= n;
		if (l->used == sizeof(l->buf))
			give_piece(l);
	}
}

static void end_line(struct log_lines *l, const char *data, size_t len)
{
	if (!l->used && len <= LOG_LINE_MAX) {
		give(l, data, len, len, true);
	} else {
		keep(l, data, len);
		give(l, l->buf, l->used, l->used, true);
	}
	l->used = 0;
	l->piece = false;
	l->number++;
}

void log_lines_feed(struct log_lines *l, const char *data, size_t len)
{
	while (len) {
		const char *newline = memchr(data, '\n', len);
		size_t n;

		if (!newline) {
			keep(l, data, len);
			return;
		}
		n = (size_t)(newline - data);
		end_line(l, data, n);
		data += n + 1;
		len -= n + 1;
	}
}

void log_lines_end(struct log_lines *l)
{
	if (l->used)
		give(l, l->buf, l->used, l->used, false);
	l->used = 0;
	l->piece = false;
}
