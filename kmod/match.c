// SPDX-License-Identifier: GPL-2.0
/*
 * Patterns of cgroup paths. The kernel's glob_match() is of no use: its '*' crosses '/', and its
 * '\' escapes, while systemd writes "\x2d" into the names of scopes.
 */
#include "match.h"

#ifdef __KERNEL__
#include <linux/limits.h>
#include <linux/string.h>
#else
#include <limits.h>
#include <string.h>
#endif

void guard_path_init(struct guard_path *path, const char *text)
{
	size_t at = 0;

	path->text = text;
	path->depth = 0;
	while (text[at] == '/' && text[at + 1] && path->depth < GUARD_PATH_DEPTH_MAX &&
	       at < PATH_MAX) {
		do {
			at++;
		} while (text[at] && text[at] != '/');
		path->end[path->depth++] = (unsigned short)at;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *guard_pattern_error(const char *pattern)
{
	const size_t length = strlen(pattern);

	if (pattern[0] != '/')
		return "a cgroup pattern starts with '/'";
	if (strstr(pattern, "//"))
		return "a cgroup pattern has an empty component";
	if (length > 1 && pattern[length - 1] == '/')
		return "a cgroup pattern does not end with '/'";
	for (const char *at = strchr(pattern, '#'); at; at = strchr(at + 1, '#'))
		if (is_digit(at[1]) || at[1] == '*' || at[1] == '#')
			return "a '#' takes a whole number: no digit, '*' or '#' follows it";
	return NULL;
}

unsigned int guard_pattern_depth(const char *pattern)
{
	unsigned int depth = 0;

	if (!pattern[1])
		return 0;
	for (; *pattern; pattern++)
		depth += *pattern == '/';
	return depth;
}

/*
 * A '*' takes as little as it can; where the rest does not fit, the last '*' takes one more. That
 * is enough, as an earlier '*' that took more would leave the last one less to choose from. What a
 * '*' must not take is a '/': then the pattern has failed.
 */
static bool glob(const char *pattern, const char *text, size_t length)
{
	const char *star = NULL, *taken = NULL, *end = text + length;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			taken = text;
		} else if (*pattern == '#' && is_digit(*text)) {
			pattern++;
			while (text < end && is_digit(*text))
				text++;
		} else if (*pattern == *text && *pattern != '#') {
			pattern++;
			text++;
		} else if (star && *taken != '/') {
			pattern = star;
			text = ++taken;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool guard_pattern_match(const char *pattern, unsigned int depth, const struct guard_path *path)
{
	if (depth == 0)
		return true;
	return depth <= path->depth && glob(pattern, path->text, path->end[depth - 1]);
}
