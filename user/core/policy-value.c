// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which kind of value a scalar is. Words that YAML 1.1 or 1.2 makes something else than text are
 * refused where text is wanted: readers of YAML, and thus the person's editor, differ on them.
 */
#include <string.h>
#include <strings.h>

#include "hex.h"
#include "policy-parts.h"

static bool is_odd_word(const char *text)
{
	static const char *const words[] = { "", "~", "null", "true", "false", "yes", "no", "on",
					     "off", "y", "n", ".inf", "-.inf", "+.inf", ".nan" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

/* -1, 1.5, 1e3, 0x, 1_000, 0o7, 12:30, 2026-11-21: a number or a time to some reader of YAML. */
static bool is_like_number(const char *text)
{
	const char *digits = text + strspn(text, "+-.");
	bool letter = false;

	if (*digits < '0' || *digits > '9')
		return false;
	if (!strncasecmp(digits, "0x", 2))
		return strspn(digits + 2, "0123456789abcdefABCDEF_") == strlen(digits + 2);
	if (!strncasecmp(digits, "0o", 2) || !strncasecmp(digits, "0b", 2))
		digits += 2;
	for (; *digits; digits++) {
		if (*digits == 'e' || *digits == 'E') {
			if (letter)
				return false;
			letter = true;
		} else if (!strchr("0123456789+-._: ", *digits)) {
			return false;
		}
	}
	return true;
}

bool policy_hex_read(const char *text, size_t len, uint64_t *number)
{
	return len > 2 && text[0] == '0' && text[1] == 'x' &&
	       hex_read(text + 2, len - 2, number) == len - 2;
}

/* Decimal without leading zeros (0755 is octal to some), or 0x. */
static bool number_read(const char *text, size_t len, uint64_t *number)
{
	if (len > 1 && text[0] == '0')
		return policy_hex_read(text, len, number);
	return len && decimal_read(text, len, number) == len;
}

static enum policy_value_kind plain_kind(struct policy_value *v)
{
	if (number_read(v->text, v->len, &v->number))
		return POLICY_VALUE_NUMBER;
	if (is_odd_word(v->text) || is_like_number(v->text))
		return POLICY_VALUE_ODD;
	return POLICY_VALUE_TEXT;
}

struct policy_value policy_read_value(struct policy_reader *r, const char *what)
{
	struct policy_value v = { .kind = POLICY_VALUE_OTHER, .at = policy_reader_mark(r) };

	if (policy_reader_type(r) != YAML_SCALAR_EVENT) {
		if (policy_reader_type(r) != YAML_ALIAS_EVENT)
			policy_error(r, v.at, "%s is wanted here, not a list or a mapping", what);
		policy_reader_skip(r);
		return v;
	}
	v.text = (const char *)r->event.data.scalar.value;
	v.len = r->event.data.scalar.length;
	if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		v.kind = plain_kind(&v);
	else
		v.kind = POLICY_VALUE_TEXT;
	return v;
}
