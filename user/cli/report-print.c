// SPDX-License-Identifier: GPL-2.0-or-later
/* The history of VMs as a person reads it. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "core/text.h"
#include "host/text.h"
#include "print/format.h"
#include "print/label.h"

#define LABEL_COLUMNS 15	/* "  highest IOVA " */

/* The newest are shown; JSON has all. */
#define HOURS_SHOWN 24
#define ATTACHES_SHOWN 8

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static uint64_t number_of(const json_t *row, const char *key)
{
	const json_int_t n = json_integer_value(json_object_get(row, key));

	return n < 0 ? 0 : (uint64_t)n;
}

static bool row_is_of(const json_t *row, const char *vm)
{
	return !strcmp(text_of(row, "vm"), vm);
}

static uint64_t failures_sum(const json_t *hour)
{
	const json_t *n;
	const char *reason;
	uint64_t sum = 0;

	json_object_foreach(json_object_get(hour, "failures"), reason, n)
		if (json_integer_value(n) > 0)
			sum += (uint64_t)json_integer_value(n);
	return sum;
}

/* "2026-11-21T04:00:00Z" as "2026-11-21 04:00"; what is no time is shown as it is. */
static void time_format(char *buf, size_t size, const char *text)
{
	snprintf(buf, size, "%.16s", text);
	if (strlen(buf) == 16 && buf[10] == 'T')
		buf[10] = ' ';
}

/* -------------------------------------------------------------------------------------- totals */

struct totals {
	uint64_t maps, unmaps, map_bytes, failures, highest;
	uint64_t failed_hours;
	uint64_t limit, recommended;	/* the least; 0: not known */
};

static void least_into(uint64_t *into, uint64_t value)
{
	if (value && (!*into || value < *into))
		*into = value;
}

static void totals_take(struct totals *t, const json_t *hours, const char *vm)
{
	const json_t *hour;
	size_t i;

	json_array_foreach(hours, i, hour) {
		const uint64_t failures = failures_sum(hour);
		const uint64_t highest = strtoull(text_of(hour, "highest_iova"), NULL, 16);

		if (!row_is_of(hour, vm))
			continue;
		t->maps += number_of(hour, "maps");
		t->unmaps += number_of(hour, "unmaps");
		t->map_bytes += number_of(hour, "map_bytes");
		t->failures += failures;
		t->failed_hours += failures != 0;
		if (highest > t->highest)
			t->highest = highest;
		least_into(&t->limit, number_of(hour, "limit_bits"));
		least_into(&t->recommended, number_of(hour, "recommended_aw_bits"));
	}
}

static void totals_print(const struct label_style *p, const struct totals *t)
{
	char maps[32], unmaps[32], failures[32], bytes[32];

	format_count(maps, sizeof(maps), t->maps);
	format_count(unmaps, sizeof(unmaps), t->unmaps);
	format_count(failures, sizeof(failures), t->failures);
	format_size(bytes, sizeof(bytes), t->map_bytes);
	label_line(p, "mapped", NULL, "%s maps (%s in all), %s unmaps", maps, bytes, unmaps);
	if (t->highest)
		label_line(p, "highest IOVA", NULL, "0x%" PRIx64, t->highest);
	if (t->limit)
		label_line(p, "host maps", NULL, "%" PRIu64 " bits", t->limit);
	if (t->recommended)
		label_line(p, "recommended", NULL, "aw-bits %" PRIu64, t->recommended);
	label_line(p, "failed", t->failures ? LABEL_RED : NULL, "%s maps%s", failures,
		   t->failures ? ", by hour (UTC):" : "");
}

static void hour_print(const struct label_style *p, const json_t *hour)
{
	char buf[1024], when[24], count[32];
	const char *reason, *between = "";
	const json_t *n;
	struct text t;

	time_format(when, sizeof(when), text_of(hour, "hour"));
	text_init(&t, buf, sizeof(buf));
	text_add(&t, "%s:", when);
	json_object_foreach(json_object_get(hour, "failures"), reason, n) {
		format_count(count, sizeof(count), (uint64_t)json_integer_value(n));
		text_add(&t, "%s %s %s", between, count, reason);
		between = ",";
	}
	label_line(p, "", NULL, "%s", buf);
}

static void hours_print(const struct label_style *p, const json_t *hours, const char *vm,
			const struct totals *totals)
{
	uint64_t skip = totals->failed_hours > HOURS_SHOWN ?
			totals->failed_hours - HOURS_SHOWN : 0;
	const json_t *hour;
	size_t i;

	if (skip)
		label_line(p, "", NULL, "%" PRIu64 " earlier hours, -o json has them all", skip);
	json_array_foreach(hours, i, hour) {
		if (!row_is_of(hour, vm) || !failures_sum(hour))
			continue;
		if (skip)
			skip--;
		else
			hour_print(p, hour);
	}
}

/* ------------------------------------------------------------------------ failures and attaches */

static void failure_print(const struct label_style *p, const json_t *f)
{
	const char *severity = text_of(f, "severity");
	char first[24], last[24], count[32];
	const bool benign = !strcmp(severity, "benign");

	time_format(first, sizeof(first), text_of(f, "first"));
	time_format(last, sizeof(last), text_of(f, "last"));
	format_count(count, sizeof(count), number_of(f, "count"));
	fputc('\n', p->out);
	label_line(p, text_of(f, "type"), benign ? LABEL_YELLOW : LABEL_RED,
		   "%s (%s%s%s), %s x, %s to %s", text_of(f, "reason"), severity,
		   *text_of(f, "errno") ? ", " : "", text_of(f, "errno"), count, first, last);
	if (*text_of(f, "lowest_iova"))
		label_line(p, "  at", NULL, "%s to %s", text_of(f, "lowest_iova"),
			   text_of(f, "highest_iova"));
	if (*text_of(f, "detail"))
		label_line(p, "  why", NULL, "%s", text_of(f, "detail"));
	if (*text_of(f, "policy"))
		label_line(p, "  policy", NULL, "%s", text_of(f, "policy"));
	if (*text_of(f, "remedy"))
		label_line(p, "  do", LABEL_BOLD, "%s", text_of(f, "remedy"));
	if (*text_of(f, "option"))
		label_line(p, "", NULL, "%s", text_of(f, "option"));
}

static void attach_print(const struct label_style *p, const json_t *a)
{
	const json_int_t result = json_integer_value(json_object_get(a, "result"));
	const json_t *device;
	char when[24], buf[1024];
	struct text t;
	size_t i;

	time_format(when, sizeof(when), text_of(a, "time"));
	text_init(&t, buf, sizeof(buf));
	text_add(&t, "%s", when);
	if (json_object_get(a, "group"))
		text_add(&t, ", group %" PRIu64, number_of(a, "group"));
	json_array_foreach(json_object_get(a, "devices"), i, device)
		if (json_is_string(device))
			text_add(&t, "%s %s", i ? "" : ":", json_string_value(device));
	if (result)
		text_add(&t, ", refused");
	label_line(p, text_of(a, "type"), result ? LABEL_RED : NULL, "%s", buf);
}

static size_t rows_of(const json_t *rows, const char *vm)
{
	const json_t *row;
	size_t i, n = 0;

	json_array_foreach(rows, i, row)
		n += row_is_of(row, vm);
	return n;
}

static void attaches_print(const struct label_style *p, const json_t *attaches, const char *vm)
{
	const size_t count = rows_of(attaches, vm);
	size_t skip = count > ATTACHES_SHOWN ? count - ATTACHES_SHOWN : 0;
	const json_t *a;
	size_t i;

	if (count)
		fputc('\n', p->out);
	json_array_foreach(attaches, i, a) {
		if (!row_is_of(a, vm))
			continue;
		if (skip)
			skip--;
		else
			attach_print(p, a);
	}
}

static void vm_print(const struct label_style *p, const json_t *history, const char *vm)
{
	const json_t *hours = json_object_get(history, "hours");
	const json_t *failures = json_object_get(history, "failures");
	struct totals totals = { 0 };
	char clean[512];
	const json_t *f;
	size_t i;

	host_text_clean(clean, sizeof(clean), vm, strlen(vm));
	fprintf(p->out, "%s%s%s\n", p->color ? LABEL_BOLD : "", clean,
		p->color ? LABEL_NORMAL : "");
	totals_take(&totals, hours, vm);
	totals_print(p, &totals);
	hours_print(p, hours, vm, &totals);
	json_array_foreach(failures, i, f)
		if (row_is_of(f, vm))
			failure_print(p, f);
	attaches_print(p, json_object_get(history, "attaches"), vm);
}

/* Names in the order in which rows have them. NULL: out of memory. */
static json_t *vm_names(const json_t *history)
{
	static const char *const lists[] = { "hours", "failures", "attaches" };
	json_t *names = json_object();
	const json_t *row;
	size_t i;

	for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
		json_array_foreach(json_object_get(history, lists[n]), i, row) {
			if (json_object_get(names, text_of(row, "vm")))
				continue;
			if (json_object_set_new(names, text_of(row, "vm"), json_null())) {
				json_decref(names);
				return NULL;
			}
		}
	}
	return names;
}

int report_print_table(FILE *out, const struct report_view *v)
{
	const struct label_style p = { out, LABEL_COLUMNS, v->width, v->color };
	json_t *names = vm_names(v->history), *unused;
	const char *name, *between = "";
	char since[24], clean[512];

	if (!names)
		return -ENOMEM;
	time_format(since, sizeof(since), text_of(v->history, "since"));
	if (!json_object_size(names)) {
		host_text_clean(clean, sizeof(clean), v->vm ? v->vm : "", v->vm ? strlen(v->vm) : 0);
		fprintf(out, "the history has nothing of %s%s since %s UTC\n", v->vm ? "VM " : "any VM",
			clean, since);
	}
	json_object_foreach(names, name, unused) {
		fputs(between, out);
		vm_print(&p, v->history, name);
		between = "\n";
	}
	if (json_is_true(json_object_get(v->history, "cut")))
		fprintf(out, "\nthere is more than is shown: ask for less with --since or --vm\n");
	json_decref(names);
	return fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}
