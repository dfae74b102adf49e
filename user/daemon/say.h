/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon tells people: lines on stderr, which the journal keeps. */
#ifndef VIOMMU_DAEMON_SAY_H
#define VIOMMU_DAEMON_SAY_H

#include "core/policy.h"
#include "trace/tracer.h"

/** "viommud: error: ...", a line. */
void say(enum tracer_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The same for text from elsewhere, made safe to print. */
void say_text(enum tracer_level level, const char *text);

/** A note about a file, as compilers do: "FILE:LINE:COLUMN: error: ...". */
void say_note(const struct policy_note *note);

/** A note about a file, "FILE:LINE:COLUMN: what", into text; errors and warnings alike. */
void say_note_text(char *text, size_t size, const struct policy_note *note);

#endif
