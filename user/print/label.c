// SPDX-License-Identifier: GPL-2.0-or-later
#include "print/label.h"

#include <stdarg.h>
#include <string.h>

#include "host/text.h"
#include "print/columns.h"

void label_line(const struct label_style *style, const char *label, const char *color,
		const char *fmt, ...)
{
	const bool colored = color && style->color;
	char text[4096], clean[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	host_text_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(style->out, "  %s%-*s%s", colored ? color : "", (int)style->column - 2, label,
		colored ? LABEL_NORMAL : "");
	columns_wrap(style->out, clean, style->column, style->column, style->width);
	fputc('\n', style->out);
}
