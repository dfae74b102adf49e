// SPDX-License-Identifier: GPL-2.0-or-later
/* Strict reading of JSON values. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts-json.h"
#include "host/facts.h"
#include "host/text.h"

size_t reader_enter(struct reader *r, const char *key)
{
	const size_t mark = strlen(r->path);

	snprintf(r->path + mark, sizeof(r->path) - mark, "%s%s", mark ? "." : "", key);
	return mark;
}

size_t reader_enter_index(struct reader *r, size_t index)
{
	const size_t mark = strlen(r->path);

	snprintf(r->path + mark, sizeof(r->path) - mark, "[%zu]", index);
	return mark;
}

void reader_leave(struct reader *r, size_t mark)
{
	r->path[mark] = '\0';
}

void reader_fail(struct reader *r, int ret, const char *fmt, ...)
{
	char raw[FACTS_ERROR];
	va_list args;
	int n;

	if (r->ret)
		return;
	r->ret = ret;
	n = snprintf(raw, sizeof(raw), "%s: %s%s", r->name, r->path[0] ? r->path : "facts", ": ");
	if (n > 0 && (size_t)n < sizeof(raw)) {
		va_start(args, fmt);
		vsnprintf(raw + n, sizeof(raw) - (size_t)n, fmt, args);
		va_end(args);
	}
	/* Names of members and of the file are the input's words. */
	host_text_clean(r->err, FACTS_ERROR, raw, strlen(raw));
}

bool read_object(struct reader *r, const json_t *value, const char *const *names)
{
	const char *key;
	void *it;

	if (r->ret)
		return false;
	if (!json_is_object(value)) {
		reader_fail(r, -EINVAL, "expected an object");
		return false;
	}
	/* Iterating does not change it; jansson's functions take no const. */
	for (it = json_object_iter((json_t *)value); it;
	     it = json_object_iter_next((json_t *)value, it)) {
		size_t i = 0;

		key = json_object_iter_key(it);
		while (names[i] && strcmp(names[i], key))
			i++;
		if (!names[i]) {
			reader_fail(r, -EINVAL, "unknown member \"%.40s\"", key);
			return false;
		}
	}
	return true;
}

/** The member, or NULL if it is not there or an error has been before. */
static const json_t *member(struct reader *r, const json_t *object, const char *key)
{
	return r->ret ? NULL : json_object_get(object, key);
}

void read_required(struct reader *r, const json_t *object, const char *key)
{
	if (!r->ret && !json_object_get(object, key))
		reader_fail(r, -EINVAL, "member \"%s\" is missing", key);
}

size_t read_array(struct reader *r, const json_t *object, const char *key, size_t max,
		  const json_t **array)
{
	const json_t *value = member(r, object, key);
	size_t mark;

	*array = NULL;
	if (!value)
		return 0;
	mark = reader_enter(r, key);
	if (!json_is_array(value))
		reader_fail(r, -EINVAL, "expected an array");
	else if (json_array_size(value) > max)
		reader_fail(r, -EINVAL, "%zu elements, at most %zu are read",
			    json_array_size(value), max);
	else
		*array = value;
	reader_leave(r, mark);
	return *array ? json_array_size(value) : 0;
}

void read_text_value(struct reader *r, const json_t *value, char *dst, size_t size)
{
	char clean[FACTS_ERROR];
	size_t len;

	if (!json_is_string(value)) {
		reader_fail(r, -EINVAL, "expected a string");
		return;
	}
	len = json_string_length(value);
	if (len >= size)
		reader_fail(r, -EINVAL, "%zu bytes, at most %zu fit", len, size - 1);
	else if (host_text_clean(clean, sizeof(clean), json_string_value(value), len) != len ||
		 memcmp(clean, json_string_value(value), len))
		reader_fail(r, -EINVAL, "control characters are not allowed");
	else
		memcpy(dst, json_string_value(value), len + 1);
}

bool read_text(struct reader *r, const json_t *object, const char *key, char *dst, size_t size)
{
	const json_t *value = member(r, object, key);
	size_t mark;

	if (!value)
		return false;
	mark = reader_enter(r, key);
	read_text_value(r, value, dst, size);
	reader_leave(r, mark);
	return !r->ret;
}

bool read_hex_value(struct reader *r, const json_t *value, uint64_t *number)
{
	const char *text = json_string_value(value);
	const size_t len = text ? strlen(text) : 0;

	if (len < 3 || len > 18 || text[0] != '0' || text[1] != 'x' ||
	    strspn(text + 2, "0123456789abcdefABCDEF") != len - 2) {
		reader_fail(r, -EINVAL,
			    "expected a string of 64 bits such as \"0xfee00000\"");
		return false;
	}
	*number = strtoull(text + 2, NULL, 16);
	return true;
}

bool read_hex(struct reader *r, const json_t *object, const char *key, uint64_t *number)
{
	const json_t *value = member(r, object, key);
	size_t mark;

	if (!value)
		return false;
	mark = reader_enter(r, key);
	read_hex_value(r, value, number);
	reader_leave(r, mark);
	return !r->ret;
}

bool read_number(struct reader *r, const json_t *object, const char *key, long long min,
		 long long max, long long *number)
{
	const json_t *value = member(r, object, key);
	size_t mark;

	if (!value)
		return false;
	mark = reader_enter(r, key);
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		reader_fail(r, -EINVAL, "expected a whole number from %lld to %lld", min, max);
	else
		*number = json_integer_value(value);
	reader_leave(r, mark);
	return !r->ret;
}

bool read_unsigned(struct reader *r, const json_t *object, const char *key, unsigned int max,
		   unsigned int *value)
{
	long long number;

	if (!read_number(r, object, key, 0, max, &number))
		return false;
	*value = (unsigned int)number;
	return true;
}

bool read_bool(struct reader *r, const json_t *object, const char *key, bool *flag)
{
	const json_t *value = member(r, object, key);
	size_t mark;

	if (!value)
		return false;
	mark = reader_enter(r, key);
	if (json_is_boolean(value))
		*flag = json_is_true(value);
	else
		reader_fail(r, -EINVAL, "expected true or false");
	reader_leave(r, mark);
	return !r->ret;
}

void read_tristate(struct reader *r, const json_t *object, const char *key, enum tristate *value)
{
	bool flag = false;

	if (read_bool(r, object, key, &flag))
		*value = flag ? TRI_YES : TRI_NO;
}

int read_name(struct reader *r, const json_t *object, const char *key, facts_name_fn name)
{
	const json_t *value = member(r, object, key);
	const char *text;
	size_t mark;
	int i = 0;

	if (!value)
		return -1;
	text = json_string_value(value);
	while (name(i) && (!text || strcmp(name(i), text)))
		i++;
	if (name(i))
		return i;
	mark = reader_enter(r, key);
	reader_fail(r, -EINVAL, "expected a word such as \"%s\"; viommuctl(8) lists them",
		    name(1));
	reader_leave(r, mark);
	return -1;
}

void read_range(struct reader *r, const json_t *object, struct viommu_range *range)
{
	uint64_t first = 0, last = 0;

	read_required(r, object, "first");
	read_required(r, object, "last");
	read_hex(r, object, "first", &first);
	read_hex(r, object, "last", &last);
	if (!r->ret && first > last)
		reader_fail(r, -EINVAL, "first is above last");
	*range = (struct viommu_range){ first, last };
}
