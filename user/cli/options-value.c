// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of options: numbers, durations, sizes, one of several words. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "core/nearest.h"

#define NS_PER_SECOND 1000000000ULL

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/*
 * Number at the start of text; *end is what follows it. strtoull() alone would take blanks, a
 * sign, and read "010" as 8. 0; -EINVAL: no number there; -ERANGE: more than 64 bits.
 */
static int number_read(const char *text, unsigned long long *value, const char **end)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *stop;

	if (!is_digit(text[0]) || (hex && !is_hex_digit(text[2])))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &stop, hex ? 16 : 10);
	*end = stop;
	return errno ? -ERANGE : 0;
}

int options_parse_number(const char *text, unsigned long long max, unsigned long long *value,
			 char *err, size_t err_size)
{
	unsigned long long n;
	const char *end;
	int ret = number_read(text, &n, &end);

	if (ret == -EINVAL || (!ret && *end)) {
		snprintf(err, err_size, "not a whole number");
		return -EINVAL;
	}
	if (ret || n > max) {
		snprintf(err, err_size, "too large, at most %llu", max);
		return -EINVAL;
	}
	*value = n;
	return 0;
}

/* A unit that may follow a number, and by how much it multiplies. */
struct unit {
	const char *name;
	unsigned long long factor;
};

/* Number with one of the units (count of them, the first is meant without any); *value <= max. */
static int unit_parse(const char *text, const struct unit *units, size_t count,
		      unsigned long long max, unsigned long long *value, const char *form,
		      char *err, size_t err_size)
{
	unsigned long long n;
	const char *end;
	size_t i = 0;
	int ret = number_read(text, &n, &end);

	if (ret != -EINVAL && *end)
		while (i < count && strcmp(end, units[i].name))
			i++;
	if (ret == -EINVAL || i == count) {
		snprintf(err, err_size, "expected %s", form);
		return -EINVAL;
	}
	if (ret || n > max / units[i].factor) {
		snprintf(err, err_size, "too large, at most %llu%s", max / units[i].factor,
			 *end ? end : "");
		return -EINVAL;
	}
	*value = n * units[i].factor;
	return 0;
}

int options_parse_duration(const char *text, unsigned long long *ns, char *err, size_t err_size)
{
	static const struct unit units[] = {
		{ "s", NS_PER_SECOND }, { "m", 60 * NS_PER_SECOND }, { "h", 3600 * NS_PER_SECOND },
	};
	/* Half of the 64 bits: a duration can be added to any time. */
	int ret = unit_parse(text, units, sizeof(units) / sizeof(units[0]), LLONG_MAX, ns,
			     "a duration such as 10s, 5m or 1h", err, err_size);

	if (!ret && !*ns) {
		snprintf(err, err_size, "must be more than 0");
		return -EINVAL;
	}
	return ret;
}

int options_parse_size(const char *text, unsigned long long max, unsigned long long *bytes,
		       char *err, size_t err_size)
{
	static const struct unit units[] = { { "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 } };

	return unit_parse(text, units, sizeof(units) / sizeof(units[0]), max, bytes,
			  "bytes such as 65536, 64K or 4M", err, err_size);
}

/* Write "a, b or c" to buf, cut if it does not fit. */
static void choice_list(const char *const *names, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; names[i] && len < size; i++) {
		const char *before = !i ? "" : names[i + 1] ? ", " : " or ";
		int n = snprintf(buf + len, size - len, "%s%s", before, names[i]);

		len += n > 0 ? (size_t)n : 0;
	}
}

int options_parse_choice(const char *text, const char *const *names, char *err, size_t err_size)
{
	unsigned int best = NEAREST_MAX;
	const char *near = NULL;
	char list[160];

	for (int i = 0; names[i]; i++) {
		unsigned int distance = nearest_distance(text, names[i]);

		if (!distance)
			return i;
		if (distance < best) {
			best = distance;
			near = names[i];
		}
	}
	choice_list(names, list, sizeof(list));
	if (near && nearest_is_close(text, best))
		snprintf(err, err_size, "expected %s (did you mean %s?)", list, near);
	else
		snprintf(err, err_size, "expected %s", list);
	return -EINVAL;
}
