// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns are counted by wcwidth(): the terminal's own idea of wide and combining characters. */
#include <limits.h>
#include <string.h>
#include <wchar.h>

#include "print/columns.h"

/* One character of a text. */
struct glyph {
	size_t len;		/* bytes; 0 at the end */
	unsigned int columns;
};

/* What the locale cannot read counts as one byte that takes one column. */
static struct glyph glyph_at(const char *s)
{
	mbstate_t state = { 0 };
	wchar_t c = L'\0';
	size_t len;
	int columns;

	if (!*s)
		return (struct glyph){ 0, 0 };
	len = mbrtowc(&c, s, strnlen(s, MB_LEN_MAX), &state);
	if (len == (size_t)-1 || len == (size_t)-2 || !len)
		return (struct glyph){ 1, 1 };
	columns = wcwidth(c);
	return (struct glyph){ len, columns < 0 ? 1 : (unsigned int)columns };
}

unsigned int columns_width(const char *s)
{
	unsigned int columns = 0;
	struct glyph g;

	while ((g = glyph_at(s)).len) {
		columns += g.columns;
		s += g.len;
	}
	return columns;
}

/* Bytes at the start of s that fit in columns and are at most max; *used is their columns. */
static size_t prefix_fit(const char *s, size_t max, unsigned int columns, unsigned int *used)
{
	size_t len = 0;
	struct glyph g;

	*used = 0;
	while ((g = glyph_at(s + len)).len) {
		if (g.columns > columns - *used || g.len > max - len)
			break;
		*used += g.columns;
		len += g.len;
	}
	return len;
}

unsigned int columns_clip(char *dst, size_t size, const char *s, unsigned int columns)
{
	unsigned int used;
	size_t len = prefix_fit(s, size - 1, columns, &used);

	if (s[len] && columns && size > 1) {
		len = prefix_fit(s, size - 2, columns - 1, &used);
		memcpy(dst, s, len);
		dst[len++] = '~';
		used++;
	} else {
		memcpy(dst, s, len);
	}
	dst[len] = '\0';
	return used;
}

/* Print the len bytes of a word, breaking it where a line is full. Column of the cursor. */
static unsigned int word_print(FILE *out, const char *word, size_t len, unsigned int column,
			       unsigned int indent, unsigned int width)
{
	while (len) {
		unsigned int used;
		size_t fit = prefix_fit(word, len, column < width ? width - column : 0, &used);

		if (!fit && column == indent)
			fit = glyph_at(word).len;	/* wider than the line: go on anyway */
		fwrite(word, 1, fit, out);
		column += used;
		word += fit;
		len -= fit;
		if (len) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
	}
	return column;
}

/* Columns of the len bytes at s. */
static unsigned int word_width(const char *s, size_t len)
{
	unsigned int used;

	prefix_fit(s, len, ~0U, &used);
	return used;
}

unsigned int columns_wrap(FILE *out, const char *s, unsigned int start, unsigned int indent,
			  unsigned int width)
{
	unsigned int column = start;
	const char *gap = "";

	for (s += strspn(s, " "); *s; s += strspn(s, " ")) {
		const size_t len = strcspn(s, " ");
		const unsigned int need = word_width(s, len) + (*gap ? 1 : 0);

		if (column + need > width && column > indent) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			gap = "";
		}
		fputs(gap, out);
		column = word_print(out, s, len, column + (*gap ? 1 : 0), indent, width);
		s += len;
		gap = " ";
	}
	return column;
}
