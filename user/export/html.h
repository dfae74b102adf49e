/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of HTML. Text from outside goes through these functions and no other way. */
#ifndef VIOMMU_EXPORT_HTML_H
#define VIOMMU_EXPORT_HTML_H

#include <stdint.h>
#include <stdio.h>

/** Text between tags or in an attribute in double quotes. */
void html_text(FILE *out, const char *text);

/** The same with a format. */
void html_printf(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** A piece of a path in an attribute: all but letters, digits and - . _ ~ as %XX. */
void html_path(FILE *out, const char *name);

/** How long ago, with the moment itself as a hint; "never" for 0. */
void html_time(FILE *out, uint64_t ns, uint64_t now);

/** A counter with groups of three digits. */
void html_count(FILE *out, uint64_t n);

/** The same in at most seven characters: "9,999,999" is "9.99 M", cut and not rounded. */
void html_short(FILE *out, uint64_t n);

#endif
