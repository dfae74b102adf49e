// SPDX-License-Identifier: GPL-2.0-or-later
/* What is not known is left out, never 0 or null. */
#include "export/api-history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "print/json-line.h"

/* Version of the format: raised when a reader of the older one would be misled. */
#define HISTORY_VERSION 1

#define NS_PER_SECOND UINT64_C(1000000000)

/* More than any text of a row has. */
#define TEXT_MAX 2048

/* The newest rows of a kind: a ring, once it is full. */
struct rows {
	json_t *list;
	size_t oldest;
	bool cut;
};

struct history {
	struct rows hours;
	struct rows failures;
	struct rows attaches;
	int err;
};

/* RFC 3339 in UTC, to the second: history is not for ordering calls. */
static void add_time(struct json_line *line, const char *key, uint64_t ns)
{
	const time_t seconds = (time_t)(ns / NS_PER_SECOND);
	char text[48];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_line_name(line, key, text);
}

static void add_text(struct json_line *line, const char *key, const char *text)
{
	json_line_text(line, key, text, strnlen(text, TEXT_MAX));
}

static void row_add(struct history *h, struct rows *rows, struct json_line *row)
{
	int failed;

	if (row->err)
		h->err = row->err;
	if (json_array_size(rows->list) < API_HISTORY_MAX) {
		failed = json_array_append_new(rows->list, row->object);
	} else {
		failed = json_array_set_new(rows->list, rows->oldest, row->object);
		rows->oldest = (rows->oldest + 1) % API_HISTORY_MAX;
		rows->cut = true;
	}
	if (failed)
		h->err = -ENOMEM;
}

/* The rows as a member, in order of time. */
static void rows_finish(struct json_line *line, const char *key, struct rows *rows)
{
	json_t *list = rows->list;

	if (rows->oldest) {
		list = json_array();
		for (size_t i = 0; i < API_HISTORY_MAX; i++)
			if (json_array_append(list, json_array_get(rows->list, (rows->oldest + i) %
								   API_HISTORY_MAX)))
				line->err = -ENOMEM;
		json_decref(rows->list);
	}
	json_line_add(line, key, list);
}

static int add_hour(void *ctx, const char *vm, const struct store_hour *hour)
{
	struct json_line row = { json_object(), 0 }, failures = { json_object(), 0 };
	struct history *h = ctx;

	add_time(&row, "hour", hour->hour);
	add_text(&row, "vm", vm);
	json_line_count(&row, "maps", hour->maps);
	json_line_count(&row, "unmaps", hour->unmaps);
	json_line_count(&row, "map_bytes", hour->map_bytes);
	json_line_count(&row, "unmap_bytes", hour->unmap_bytes);
	for (size_t i = 0; i < VIOMMU_NR_REASONS; i++)
		if (hour->failures[i])
			json_line_count(&failures, viommu_reason_name((enum viommu_reason)i),
					hour->failures[i]);
	json_line_add_object(&row, "failures", &failures);
	if (hour->maps)
		json_line_hex(&row, "highest_iova", hour->highest_iova);
	if (hour->limit_bits)
		json_line_count(&row, "limit_bits", hour->limit_bits);
	if (hour->recommended_bits)
		json_line_count(&row, "recommended_aw_bits", hour->recommended_bits);
	row_add(h, &h->hours, &row);
	return h->err;
}

static int add_failure(void *ctx, const struct store_failure *f)
{
	struct json_line row = { json_object(), 0 };
	struct history *h = ctx;

	add_text(&row, "vm", f->vm);
	add_text(&row, "vm_uuid", f->uuid);
	add_text(&row, "type", f->type);
	add_text(&row, "reason", f->reason);
	add_text(&row, "severity", f->severity);
	add_text(&row, "errno", f->error);
	add_time(&row, "first", f->first);
	add_time(&row, "last", f->last);
	json_line_count(&row, "count", f->count);
	if (f->lowest_iova || f->highest_iova) {
		json_line_hex(&row, "lowest_iova", f->lowest_iova);
		json_line_hex(&row, "highest_iova", f->highest_iova);
	}
	add_text(&row, "detail", f->detail);
	add_text(&row, "remedy", f->remedy);
	add_text(&row, "option", f->option);
	add_text(&row, "policy", f->policy);
	row_add(h, &h->failures, &row);
	return h->err;
}

/* Words that blanks part. */
static json_t *words(const char *text, int *err)
{
	json_t *list = json_array();

	while (*text) {
		const size_t len = strcspn(text, " ");

		if (len && json_array_append_new(list, json_line_string(text, len)))
			*err = -ENOMEM;
		text += len + (text[len] == ' ');
	}
	return list;
}

static int add_attach(void *ctx, const struct store_attach *a)
{
	struct json_line row = { json_object(), 0 };
	struct history *h = ctx;

	add_time(&row, "time", a->time);
	add_text(&row, "vm", a->vm);
	json_line_name(&row, "type", a->attached ? "attach" : "detach");
	json_line_add(&row, "result", json_integer(a->result));
	if (a->group >= 0)
		json_line_count(&row, "group", (uint64_t)a->group);
	json_line_add(&row, "devices", words(a->devices, &row.err));
	json_line_add(&row, "ranges", words(a->ranges, &row.err));
	row_add(h, &h->attaches, &row);
	return h->err;
}

int api_history(json_t **out, struct store *s, const char *vm, uint64_t since)
{
	struct history h = {
		.hours = { .list = json_array() }, .failures = { .list = json_array() },
		.attaches = { .list = json_array() },
	};
	const struct store_reader reader = { add_hour, add_failure, add_attach, &h };
	struct json_line all = { json_object(), 0 };
	int err = store_read(s, vm, since, &reader);

	json_line_count(&all, "v", HISTORY_VERSION);
	add_time(&all, "since", since);
	rows_finish(&all, "hours", &h.hours);
	rows_finish(&all, "failures", &h.failures);
	rows_finish(&all, "attaches", &h.attaches);
	if (h.hours.cut || h.failures.cut || h.attaches.cut)
		json_line_add(&all, "cut", json_true());
	err = err ? err : all.err;
	*out = NULL;
	if (err)
		json_decref(all.object);
	else
		*out = all.object;
	return err;
}
