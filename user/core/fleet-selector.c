// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A selector is put behind the name of each metric, so it has to be one: {name="value", ...} with
 * the operators and strings of PromQL (promql/parser/lex.go). Prometheus has the last word.
 */
#include <errno.h>
#include <string.h>

#include "fleet.h"
#include "text.h"

struct scanner {
	const char *text;
	size_t at;
};

static void blanks_skip(struct scanner *s)
{
	s->at += strspn(s->text + s->at, " \t\n");
}

static bool take(struct scanner *s, char c)
{
	blanks_skip(s);
	if (s->text[s->at] != c)
		return false;
	s->at++;
	return true;
}

static bool name_take(struct scanner *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	char others[sizeof(letters) + 10];
	size_t len;

	blanks_skip(s);
	if (!s->text[s->at] || !strchr(letters, s->text[s->at]))
		return false;
	memcpy(others, letters, sizeof(letters) - 1);
	memcpy(others + sizeof(letters) - 1, "0123456789", sizeof("0123456789"));
	len = strspn(s->text + s->at, others);
	s->at += len;
	return true;
}

static bool operator_take(struct scanner *s)
{
	static const char *const operators[] = { "=~", "!~", "!=", "=" };

	blanks_skip(s);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strncmp(s->text + s->at, operators[i], strlen(operators[i])))
			continue;
		s->at += strlen(operators[i]);
		return true;
	}
	return false;
}

/* In "..." and '...' a backslash takes the next byte with it, in `...` it does not. */
static bool string_take(struct scanner *s)
{
	char quote;

	blanks_skip(s);
	quote = s->text[s->at];
	if (!quote || !strchr("\"'`", quote))
		return false;
	for (size_t i = s->at + 1; s->text[i]; i++) {
		if (s->text[i] == '\\' && quote != '`') {
			if (!s->text[++i])
				return false;
		} else if (s->text[i] == quote) {
			s->at = i + 1;
			return true;
		}
	}
	return false;
}

/* NULL, or what was expected at s->at. */
static const char *matchers_take(struct scanner *s)
{
	if (!take(s, '{'))
		return "'{'";
	while (!take(s, '}')) {
		if (!name_take(s))
			return "the name of a label, or '}'";
		if (!operator_take(s))
			return "=, !=, =~ or !~";
		if (!string_take(s))
			return "a value in quotes";
		if (take(s, '}'))
			break;
		if (!take(s, ','))
			return "',' or '}'";
	}
	blanks_skip(s);
	return s->text[s->at] ? "the end" : NULL;
}

int fleet_selector_check(const char *text, char *err, size_t err_size)
{
	struct scanner s = { text, 0 };
	const char *expected = matchers_take(&s);
	struct text t;

	if (!expected)
		return 0;
	text_init(&t, err, err_size);
	text_add(&t, "expected %s at character %zu; a selector is like {cluster=\"a\"}", expected,
		 s.at + 1);
	return -EINVAL;
}
