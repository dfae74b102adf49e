// SPDX-License-Identifier: GPL-2.0-or-later
/* Names come from processes and files that others write, and go to terminals and metrics. */
#include <string.h>

#include "host/text.h"

static const char replacement[] = "\xef\xbf\xbd";	/* U+FFFD */

/* Bytes of a sequence by its first byte, and the smallest code point that needs that many:
 * a shorter one in a longer form is not UTF-8 (RFC 3629).
 */
static size_t sequence_len(unsigned char first, uint32_t *bits, uint32_t *least)
{
	if (first < 0x80) {
		*bits = first;
		*least = 0;
		return 1;
	}
	if (first >= 0xc2 && first < 0xe0) {
		*bits = first & 0x1f;
		*least = 0x80;
		return 2;
	}
	if (first >= 0xe0 && first < 0xf0) {
		*bits = first & 0x0f;
		*least = 0x800;
		return 3;
	}
	if (first >= 0xf0 && first < 0xf5) {
		*bits = first & 0x07;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

/* Code point at s and the bytes it takes; 0 bytes if there is no UTF-8. */
static size_t utf8_decode(const char *s, size_t len, uint32_t *point)
{
	uint32_t least, bits;
	size_t n = sequence_len((unsigned char)s[0], &bits, &least);

	if (!n || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (c & 0x3fU);
	}
	if (bits < least || bits > 0x10ffff || (bits >= 0xd800 && bits < 0xe000))
		return 0;
	*point = bits;
	return n;
}

/* C0, DEL, C1; line and paragraph separator; what reorders the rest of a line. */
static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

size_t host_text_clean(char *dst, size_t size, const char *src, size_t len)
{
	size_t out = 0;

	while (len) {
		const char *from = src;
		uint32_t point = 0;
		size_t n = utf8_decode(src, len, &point);
		size_t used = n ? n : 1;

		if (!n || is_control(point)) {
			from = replacement;
			n = sizeof(replacement) - 1;
		}
		if (n >= size - out)
			break;
		memcpy(dst + out, from, n);
		out += n;
		src += used;
		len -= used;
	}
	dst[out] = '\0';
	return out;
}

/* Value of a hexadecimal digit, -1 if it is none. isxdigit() would ask the locale. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t host_text_unescape(char *dst, size_t size, const char *src, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len && out < size; i++) {
		if (len - i >= 4 && src[i] == '\\' && src[i + 1] == 'x') {
			int high = hex_value(src[i + 2]);
			int low = hex_value(src[i + 3]);

			if (high >= 0 && low >= 0) {
				dst[out++] = (char)(high << 4 | low);
				i += 3;
				continue;
			}
		}
		dst[out++] = src[i];
	}
	return out;
}

bool host_text_uuid(char dst[HOST_UUID_LEN], const char *src)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	dst[0] = '\0';
	if (strnlen(src, sizeof(form)) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '-' ? src[i] != '-' : hex_value(src[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < sizeof(form); i++)
		dst[i] = src[i] >= 'A' && src[i] <= 'F' ? (char)(src[i] + ('a' - 'A')) : src[i];
	return true;
}

uint32_t host_text_number(const char *s, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		n = n * 10 + (uint64_t)(s[i] - '0');
		if (n > UINT32_MAX)
			return 0;
	}
	return (uint32_t)n;
}

bool host_text_ends(const char *s, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && !memcmp(s + len - n, suffix, n);
}
