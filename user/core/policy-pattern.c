// SPDX-License-Identifier: GPL-2.0-or-later
/* Are patterns well formed, and does one leave another nothing to match? */
#include <string.h>

#include "policy-pattern.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '#';
}

const char *policy_pattern_error(const char *pattern)
{
	const size_t len = strlen(pattern);

	if (pattern[0] != '/')
		return "it has to start with '/', at the root of the cgroups";
	if (strstr(pattern, "//"))
		return "it has an empty component ('//')";
	if (len > 1 && pattern[len - 1] == '/')
		return "it must not end with '/'";
	for (const char *at = strchr(pattern, '#'); at; at = strchr(at + 1, '#'))
		if (is_wildcard(at[1]) || is_digit(at[1]))
			return "'#' takes a whole number: no digit, '*' or '#' can follow it";
	return NULL;
}

/** A component of a pattern. */
struct piece {
	const char *text;
	size_t len;
};

static bool piece_next(struct piece *piece, const char **at)
{
	if (!**at)
		return false;
	piece->text = *at + 1;
	piece->len = strcspn(piece->text, "/");
	*at = piece->text + piece->len;
	return true;
}

/* What stands before the first wildcard of a must stand in b: rules most pairs out at once. */
static bool heads_fit(const struct piece *a, const struct piece *b)
{
	for (size_t i = 0; i < a->len && !is_wildcard(a->text[i]); i++)
		if (i >= b->len || a->text[i] != b->text[i])
			return false;
	return true;
}

static bool tails_fit(const struct piece *a, const struct piece *b)
{
	for (size_t i = 1; i <= a->len && !is_wildcard(a->text[a->len - i]); i++)
		if (i > b->len || a->text[a->len - i] != b->text[b->len - i])
			return false;
	return true;
}

/*
 * rest[j] says whether a from i on takes all that b from j on can be. '*' of a takes any piece of
 * b, wildcards too; '#' of a takes digits and '#'; a literal takes only itself.
 */
static bool piece_covers(const struct piece *a, const struct piece *b)
{
	bool rest[VIOMMU_GUARD_PATTERN_LEN + 1], next[VIOMMU_GUARD_PATTERN_LEN + 1];

	for (size_t j = 0; j <= b->len; j++)
		rest[j] = j == b->len;
	for (size_t i = a->len; i--;) {
		memcpy(next, rest, sizeof(next));
		for (size_t j = b->len + 1; j--;) {
			const char c = j < b->len ? b->text[j] : '\0';

			if (a->text[i] == '*')
				rest[j] = next[j] || (c && rest[j + 1]);
			else if (a->text[i] == '#')
				rest[j] = (is_digit(c) || c == '#') && (next[j + 1] || rest[j + 1]);
			else
				rest[j] = c == a->text[i] && next[j + 1];
		}
	}
	return rest[0];
}

bool policy_pattern_covers(const char *a, const char *b, size_t *work)
{
	struct piece pa, pb;

	if (!strcmp(a, "/") || !strcmp(a, b))
		return true;
	if (!strcmp(b, "/"))
		return false;
	while (piece_next(&pa, &a)) {
		if (!piece_next(&pb, &b) || !heads_fit(&pa, &pb) || !tails_fit(&pa, &pb))
			return false;
		if (pa.len == pb.len && !memcmp(pa.text, pb.text, pa.len))
			continue;
		if (*work < pa.len * pb.len + 1)
			return false;
		*work -= pa.len * pb.len + 1;
		if (!piece_covers(&pa, &pb))
			return false;
	}
	return true;
}
