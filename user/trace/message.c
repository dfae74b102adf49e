// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/message.h"

#include <stdarg.h>
#include <stdio.h>

void sink_say(const struct tracer_sink *sink, enum tracer_level level, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sink->message(sink->ctx, level, text);
}
