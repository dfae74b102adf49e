/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of a JSON object. A member that cannot be added for want of memory is remembered, so
 * that one look at err at the end is enough.
 */
#ifndef VIOMMU_PRINT_JSON_LINE_H
#define VIOMMU_PRINT_JSON_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "core/event.h"

struct json_line {
	json_t *object;
	int err;		/**< 0 or -ENOMEM */
};

/** Take over value, which may be NULL for want of memory. */
void json_line_add(struct json_line *line, const char *key, json_t *value);

/** Add an object and its error; it is given up either way. */
void json_line_add_object(struct json_line *line, const char *key, struct json_line *object);

/** Add to an array that becomes a member. */
void json_line_append(struct json_line *line, json_t *array, json_t *value);

/** The object; NULL if anything could not be added: it is given up then. */
json_t *json_line_end(struct json_line *line);

/** A string of at most size bytes, made valid UTF-8. NULL if out of memory. */
json_t *json_line_string(const char *text, size_t size);

/** The same as a member; nothing if it is empty. */
void json_line_text(struct json_line *line, const char *key, const char *text, size_t size);

/** A name from a vocabulary; nothing if it is NULL. */
void json_line_name(struct json_line *line, const char *key, const char *name);

/** Counters; those above 2^63 - 1, which JSON libraries cannot hold, become that. */
void json_line_count(struct json_line *line, const char *key, uint64_t n);

/** format_latency(), if it is known and has an upper end. */
void json_line_latency(struct json_line *line, const char *key,
		       const uint64_t slots[VIOMMU_LATENCY_SLOTS], unsigned int permille);

/** Addresses and sizes are "0x..." strings: JSON's numbers are exact up to 2^53 only. */
void json_line_hex(struct json_line *line, const char *key, uint64_t value);

/** An array of {first, last}. */
void json_line_ranges(struct json_line *line, const char *key, const struct iova_ranges *ranges);

/** limit {last_iova, bits, from}; nothing if the ranges are not known. */
void json_line_limit(struct json_line *line, const struct iova_ranges *ranges,
		     enum viommu_limit_from from);

/**
 * Write the object as a line of its own, and give it up. 0 or -errno, also of what went wrong
 * while it was filled. Whether the file took it all is known when the caller flushes it.
 */
int json_line_print(struct json_line *line, FILE *out);

/** source, request, status, endpoint, ... of a REQUEST or FAULT; parent of a map. */
void json_line_request(struct json_line *line, const struct viommu_event *event);

/** endpoint: its name in the guest, else its number, else "unknown". */
void json_line_endpoint(struct json_line *line, const struct viommu_request *r);

/** The members of a summary. */
void json_line_summary(struct json_line *line, const struct viommu_event *event);

#endif
