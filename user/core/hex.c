// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers in text. */
#include "hex.h"

/* Value of a digit; base or more if it is none. */
static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

static size_t number_read(const char *s, size_t len, unsigned int base, uint64_t *value)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len && digit(s[i]) < base; i++) {
		if (n > (UINT64_MAX - digit(s[i])) / base)
			return 0;
		n = n * base + digit(s[i]);
	}
	if (i)
		*value = n;
	return i;
}

size_t hex_read(const char *s, size_t len, uint64_t *value)
{
	return number_read(s, len, 16, value);
}

size_t decimal_read(const char *s, size_t len, uint64_t *value)
{
	return number_read(s, len, 10, value);
}
