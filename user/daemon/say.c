// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/text.h"

void say_text(enum tracer_level level, const char *text)
{
	static const char *const prefix[] = {
		[TRACER_ERROR] = "error: ",
		[TRACER_WARNING] = "warning: ",
		[TRACER_INFO] = "",
	};
	char clean[2048];

	host_text_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(stderr, "viommud: %s%s\n", level <= TRACER_INFO ? prefix[level] : "", clean);
}

void say(enum tracer_level level, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say_text(level, text);
}

void say_note_text(char *text, size_t size, const struct policy_note *note)
{
	if (note->at.line)
		snprintf(text, size, "%s:%u:%u: %s", note->file, note->at.line, note->at.column,
			 note->text);
	else
		snprintf(text, size, "%s: %s", note->file, note->text);
}

void say_note(const struct policy_note *note)
{
	const char *kind = note->kind == POLICY_ERROR ? "error" : "warning";
	char text[1536];

	host_text_clean(text, sizeof(text), note->text, strlen(note->text));
	if (note->at.line)
		fprintf(stderr, "%s:%u:%u: %s: %s\n", note->file, note->at.line, note->at.column, kind,
			text);
	else
		fprintf(stderr, "%s: %s: %s\n", note->file, kind, text);
}
