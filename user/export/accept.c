// SPDX-License-Identifier: GPL-2.0-or-later
/* Which format a client wants: the Accept header (RFC 9110, 12.5.1) as far as two formats need. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "export/metrics.h"

/* A piece of the header. */
struct piece {
	const char *s;
	size_t len;
};

static struct piece piece_trim(const char *s, size_t len)
{
	while (len && (*s == ' ' || *s == '\t')) {
		s++;
		len--;
	}
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	return (struct piece){ s, len };
}

/* What comes before the separator, outside quotes; rest goes behind it, NULL at the end. */
static struct piece piece_next(const char **rest, const char *end, char separator)
{
	const char *begin = *rest, *at = begin;
	bool quoted = false;

	for (; at < end && (quoted || *at != separator); at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at + 1 < end)
			at++;
	}
	*rest = at < end ? at + 1 : NULL;
	return piece_trim(begin, (size_t)(at - begin));
}

static bool piece_is(struct piece p, const char *word)
{
	return p.len == strlen(word) && !strncasecmp(p.s, word, p.len);
}

/* "0.7" as 700; more than three digits, or no number at all: 0, since nothing is promised then. */
static unsigned int quality_read(struct piece p)
{
	unsigned int quality, weight = 100;

	if (!p.len || (p.s[0] != '0' && p.s[0] != '1') || (p.len > 1 && p.s[1] != '.') || p.len > 5)
		return 0;
	quality = p.s[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < p.len; i++, weight /= 10) {
		if (p.s[i] < '0' || p.s[i] > '9')
			return 0;
		quality += weight * (unsigned int)(p.s[i] - '0');
	}
	return quality > 1000 ? 0 : quality;
}

/* Quality that a media range gives to the two formats; 1000 without "q=". */
struct wish {
	struct piece type;
	unsigned int quality;
	bool other_version;	/* of a format that is not ours */
};

static struct wish wish_read(struct piece range, const char *version)
{
	const char *rest = range.s, *end = range.s + range.len;
	struct wish w = { .quality = 1000 };

	w.type = piece_next(&rest, end, ';');
	while (rest) {
		const struct piece p = piece_next(&rest, end, ';');

		if (p.len >= 2 && !strncasecmp(p.s, "q=", 2))
			w.quality = quality_read((struct piece){ p.s + 2, p.len - 2 });
		else if (p.len >= 8 && !strncasecmp(p.s, "version=", 8))
			w.other_version = !piece_is((struct piece){ p.s + 8, p.len - 8 }, version);
	}
	return w;
}

/* The more exactly a range names the type, the more it counts, whatever its quality. */
static void wish_heed(struct wish w, const char *type, const char *all_of_kind, int *exactness,
		      unsigned int *quality)
{
	const int exact = w.other_version ? -1 : piece_is(w.type, type) ? 3 :
			  piece_is(w.type, all_of_kind) ? 2 : piece_is(w.type, "*/*") ? 1 : -1;

	if (exact > *exactness || (exact == *exactness && exact > 0 && w.quality > *quality)) {
		*exactness = exact;
		*quality = w.quality;
	}
}

enum metrics_format metrics_negotiate(const char *accept)
{
	unsigned int text = 0, open = 0;
	int text_exact = 0, open_exact = 0;
	const char *end;

	if (!accept)
		return METRICS_TEXT;
	end = accept + strlen(accept);
	for (const char *rest = accept; rest;) {
		const struct piece range = piece_next(&rest, end, ',');

		wish_heed(wish_read(range, "0.0.4"), "text/plain", "text/*", &text_exact, &text);
		wish_heed(wish_read(range, "1.0.0"), "application/openmetrics-text",
			  "application/*", &open_exact, &open);
	}
	return open > text ? METRICS_OPEN : METRICS_TEXT;
}
