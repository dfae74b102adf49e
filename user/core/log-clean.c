// SPDX-License-Identifier: GPL-2.0-or-later
/* What journals, shells, mails and JSON do to a line, undone. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "log-clean.h"

#define ESCAPE '\033'

struct cleaner {
	const char *p;
	const char *end;
	char *out;
	char *start;		/* of out */
};

static size_t left(const struct cleaner *c)
{
	return (size_t)(c->end - c->p);
}

static bool takes(struct cleaner *c, const char *text)
{
	const size_t len = strlen(text);

	if (left(c) < len || memcmp(c->p, text, len))
		return false;
	c->p += len;
	return true;
}

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* \uNNNN of JSON; what is not ASCII becomes '?': nothing that we look for has it. */
static int take_unicode(struct cleaner *c)
{
	int value = 0;

	if (left(c) < 6 || c->p[0] != '\\' || c->p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const int digit = hex_digit(c->p[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	c->p += 6;
	return value < 0x80 ? value : '?';
}

/* Next character with its escapes undone; c->p < c->end. */
static int take_char(struct cleaner *c)
{
	static const struct {
		const char *text;
		char ch;
	} escapes[] = {
		{ "\\\"", '"' }, { "\\\\", '\\' }, { "\\/", '/' }, { "\\n", ' ' }, { "\\r", ' ' },
		{ "\\t", ' ' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&amp;", '&' },
		{ "#033", ESCAPE }, { "\\033", ESCAPE }, { "\\x1b", ESCAPE }, { "\\e", ESCAPE },
		{ "\xc2\xa0", ' ' }, { "\xe2\x80\x98", '\'' }, { "\xe2\x80\x99", '\'' },
	};
	const char first = *c->p;
	int ch;

	if (first != '\\' && first != '&' && first != '#' && first != '\xc2' && first != '\xe2')
		return (unsigned char)*c->p++;
	ch = take_unicode(c);
	if (ch >= 0)
		return ch;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (takes(c, escapes[i].text))
			return escapes[i].ch;
	return (unsigned char)*c->p++;
}

/* Behind ESC: a sequence "[ parameters letter", or one more character. */
static void skip_sequence(struct cleaner *c)
{
	if (c->p == c->end)
		return;
	if (*c->p++ != '[')
		return;
	while (c->p < c->end && (unsigned char)*c->p >= 0x20 && (unsigned char)*c->p < 0x40)
		c->p++;
	if (c->p < c->end && (unsigned char)*c->p >= 0x40 && (unsigned char)*c->p < 0x7f)
		c->p++;
}

/* The marks before a quoted line of a mail, also in the middle: mails get joined to one line. */
static void drop_quote_marks(struct cleaner *c)
{
	char *out = c->out;

	while (out > c->start && out[-1] == '>')
		out--;
	if (out == c->start || out[-1] == ' ')
		c->out = out;
}

static void put(struct cleaner *c, int ch)
{
	if (ch > ' ' && ch != 0x7f) {
		*c->out++ = (char)ch;
		return;
	}
	drop_quote_marks(c);
	if (c->out > c->start && c->out[-1] != ' ')
		*c->out++ = ' ';
}

size_t log_clean(char *dst, const char *src, size_t len, size_t *mark)
{
	struct cleaner c = { .p = src, .end = src + len, .out = dst, .start = dst };
	const char *const marked = src + *mark;

	*mark = SIZE_MAX;
	while (c.p < c.end) {
		int ch;

		if (c.p >= marked && *mark == SIZE_MAX)
			*mark = (size_t)(c.out - dst);
		ch = take_char(&c);
		if (ch == ESCAPE)
			skip_sequence(&c);
		else
			put(&c, ch);
		if (*mark != SIZE_MAX && *mark > (size_t)(c.out - dst))
			*mark = (size_t)(c.out - dst);	/* quote marks were dropped */
	}
	put(&c, ' ');
	if (c.out > dst && c.out[-1] == ' ')
		c.out--;
	*c.out = '\0';
	if (*mark == SIZE_MAX || *mark > (size_t)(c.out - dst))
		*mark = (size_t)(c.out - dst);
	return (size_t)(c.out - dst);
}
