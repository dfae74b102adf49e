// SPDX-License-Identifier: GPL-2.0-or-later
/* jansson refuses text that is not UTF-8; here it is cleaned instead: a line always comes out. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/text.h"
#include "print/format.h"
#include "print/json-line.h"

/* Each byte may become U+FFFD, which has three. */
#define CLEAN_ROOM(len) (3 * (len) + 1)
/* Room for most texts, without an allocation. */
#define CLEAN_FEW 1024

void json_line_add(struct json_line *line, const char *key, json_t *value)
{
	if (!value || json_object_set_new(line->object, key, value))
		line->err = -ENOMEM;
}

void json_line_add_object(struct json_line *line, const char *key, struct json_line *object)
{
	if (object->err)
		line->err = object->err;
	json_line_add(line, key, object->object);
}

void json_line_append(struct json_line *line, json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		line->err = -ENOMEM;
}

json_t *json_line_end(struct json_line *line)
{
	if (!line->err)
		return line->object;
	json_decref(line->object);
	return NULL;
}

json_t *json_line_string(const char *text, size_t size)
{
	const size_t len = strnlen(text, size), room = CLEAN_ROOM(len);
	char few[CLEAN_FEW], *clean = room <= sizeof(few) ? few : malloc(room);
	json_t *string;

	if (!clean)
		return NULL;
	host_text_clean(clean, room, text, len);
	string = json_string(clean);
	if (clean != few)
		free(clean);
	return string;
}

void json_line_text(struct json_line *line, const char *key, const char *text, size_t size)
{
	if (size && *text)
		json_line_add(line, key, json_line_string(text, size));
}

void json_line_name(struct json_line *line, const char *key, const char *name)
{
	if (name)
		json_line_add(line, key, json_string(name));
}

void json_line_count(struct json_line *line, const char *key, uint64_t n)
{
	json_line_add(line, key, json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n));
}

void json_line_latency(struct json_line *line, const char *key,
		       const uint64_t slots[VIOMMU_LATENCY_SLOTS], unsigned int permille)
{
	const uint64_t ns = format_latency(slots, permille);

	if (ns && ns != FORMAT_LATENCY_OPEN)
		json_line_count(line, key, ns);
}

void json_line_hex(struct json_line *line, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_line_add(line, key, json_string(text));
}

void json_line_ranges(struct json_line *line, const char *key, const struct iova_ranges *ranges)
{
	json_t *array = json_array();

	for (size_t i = 0; i < ranges->count; i++) {
		struct json_line range = { json_object(), 0 };

		json_line_hex(&range, "first", ranges->r[i].first);
		json_line_hex(&range, "last", ranges->r[i].last);
		json_line_append(line, array, json_line_end(&range));
	}
	json_line_add(line, key, array);
}

void json_line_limit(struct json_line *line, const struct iova_ranges *ranges,
		     enum viommu_limit_from from)
{
	struct json_line limit = { NULL, 0 };

	if (!ranges->count)
		return;
	limit.object = json_object();
	json_line_hex(&limit, "last_iova", iova_ranges_top(ranges));
	json_line_count(&limit, "bits", iova_ranges_max_bits(ranges));
	json_line_name(&limit, "from", viommu_limit_name(from));
	json_line_add_object(line, "limit", &limit);
}

int json_line_print(struct json_line *line, FILE *out)
{
	errno = 0;
	if (!line->object)
		line->err = -ENOMEM;
	if (!line->err && (json_dumpf(line->object, out, JSON_COMPACT) || fputc('\n', out) == EOF))
		line->err = errno ? -errno : -ENOMEM;
	json_decref(line->object);
	line->object = NULL;
	return line->err;
}
