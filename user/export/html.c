// SPDX-License-Identifier: GPL-2.0-or-later
/* Escaping, and how numbers and moments are shown. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "export/html.h"
#include "host/text.h"
#include "print/format.h"
#include "print/markup.h"

/* Text is shown up to here; nothing of ours is longer. */
#define TEXT_MAX 2048

void html_text(FILE *out, const char *text)
{
	char clean[TEXT_MAX];

	host_text_clean(clean, sizeof(clean), text, strlen(text));
	markup_text(out, clean);
}

void html_printf(FILE *out, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	html_text(out, text);
}

void html_path(FILE *out, const char *name)
{
	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		if (isascii(*c) && (isalnum(*c) || strchr("-._~", *c)))
			fputc(*c, out);
		else
			fprintf(out, "%%%02X", *c);
	}
}

void html_time(FILE *out, uint64_t ns, uint64_t now)
{
	const time_t seconds = (time_t)(ns / 1000000000);
	const uint64_t ago = now > ns ? (now - ns) / 1000000000 : 0;
	char text[40];
	struct tm tm;

	if (!ns || !gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm)) {
		fputs("never", out);
		return;
	}
	fprintf(out, "<time title=\"%s\">", text);
	if (ago < 2)
		fputs("just now", out);
	else if (ago < 120)
		fprintf(out, "%" PRIu64 " s ago", ago);
	else if (ago < 7200)
		fprintf(out, "%" PRIu64 " min ago", ago / 60);
	else if (ago < 172800)
		fprintf(out, "%" PRIu64 " h ago", ago / 3600);
	else
		fprintf(out, "%" PRIu64 " days ago", ago / 86400);
	fputs("</time>", out);
}

void html_count(FILE *out, uint64_t n)
{
	char text[40];

	format_count(text, sizeof(text), n);
	fputs(text, out);
}

void html_short(FILE *out, uint64_t n)
{
	static const char units[] = "kMGTPE";
	uint64_t hundredths = n;
	size_t unit = 0;

	if (n < 1000000) {
		html_count(out, n);
		return;
	}
	for (hundredths = n / 10; hundredths >= 100000; unit++)
		hundredths /= 1000;
	fprintf(out, "%" PRIu64 ".%02" PRIu64 " %c", hundredths / 100, hundredths % 100,
		units[unit]);
}
