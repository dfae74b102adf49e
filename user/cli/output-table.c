// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table: one row an event; below the first failure of a kind, why and what to do. What has
 * been explained once for a VM is not explained again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/printer.h"
#include "cli/table.h"
#include "core/text.h"
#include "print/columns.h"
#include "print/format.h"

/* VMs whose explained reasons are remembered; with more of them all are explained afresh. */
#define MAX_EXPLAINED 512

/* Reasons that have been explained for a VM. */
struct explained {
	char vm[VIOMMU_NAME_LEN];
	uint64_t reasons;	/* bit n: enum viommu_reason n, or EXPLAINED_AUDIT */
};

/* What a policy only audits is no refusal: having explained the one does not explain the other. */
#define EXPLAINED_AUDIT 63

_Static_assert(VIOMMU_NR_REASONS <= EXPLAINED_AUDIT, "explained::reasons has no room");

struct table {
	struct output base;
	struct table_style style;
	struct layout layout;
	bool has_header;
	int day;		/* of the latest row, as year * 1000 + day of the year; 0: none */
	struct explained *explained;
	size_t explained_count;
};

static void print_header(struct table *t, FILE *f)
{
	static const char *const titles[COLUMN_NR] = {
		"TIME", "VM", "DEVICE", "OP", "IOVA", "SIZE", "RESULT", "REASON", "SEVERITY",
	};
	struct row row = { 0 };

	if (t->has_header)
		return;
	t->has_header = true;
	for (int c = 0; c < COLUMN_NR; c++)
		strcpy(row.cell[c], titles[c]);
	fputs(t->style.color ? "\x1b[2m" : "", f);
	layout_print(&t->layout, &row, f);
	fputs(t->style.color ? "\x1b[0m" : "", f);
}

/* TIME has no date: a line tells when a new day begins. */
static void print_day(struct table *t, FILE *f, const struct viommu_event *event)
{
	const time_t seconds = (time_t)(event->ts / UINT64_C(1000000000));
	char date[32];
	struct tm tm;
	int day;

	if (!localtime_r(&seconds, &tm))
		return;
	day = tm.tm_year * 1000 + tm.tm_yday;
	if (t->day && t->day != day && strftime(date, sizeof(date), "%Y-%m-%d", &tm))
		fprintf(f, "%s--- %s%s\n", t->style.color ? "\x1b[2m" : "", date,
			t->style.color ? "\x1b[0m" : "");
	t->day = day;
}

/* The VM's entry, a new one if it has none; NULL if out of memory. */
static struct explained *explained_of(struct table *t, const char *vm)
{
	struct explained *e;

	for (size_t i = 0; i < t->explained_count; i++)
		if (!strncmp(t->explained[i].vm, vm, VIOMMU_NAME_LEN))
			return &t->explained[i];
	if (!t->explained)
		t->explained = calloc(MAX_EXPLAINED, sizeof(*t->explained));
	if (!t->explained)
		return NULL;
	if (t->explained_count == MAX_EXPLAINED)
		t->explained_count = 0;
	e = &t->explained[t->explained_count++];
	memset(e, 0, sizeof(*e));
	memcpy(e->vm, vm, strnlen(vm, sizeof(e->vm) - 1));
	return e;
}

/* 1 if the failure is the first of its kind, 0 if not, or -ENOMEM. */
static int explain_first(struct table *t, const struct viommu_event *event)
{
	const bool audit = event->type == VIOMMU_EVENT_DENY && !event->result;
	const uint64_t bit = 1ULL << (audit ? EXPLAINED_AUDIT : event->diag.reason & 63);
	struct explained *e = explained_of(t, event->vm.name);

	if (!e)
		return -ENOMEM;
	if (e->reasons & bit)
		return 0;
	e->reasons |= bit;
	return 1;
}

/* Devices of a group that the row has no room for, and what the container can map. */
static void print_group(struct table *t, FILE *f, const struct viommu_event *event)
{
	char text[1024];
	struct text list;

	text_init(&list, text, sizeof(text));
	for (size_t i = 0; i < event->device_count && i < VIOMMU_MAX_DEVICES; i++)
		text_add(&list, "%s%.*s", i ? " " : "", (int)sizeof(event->devices[i]),
			 event->devices[i]);
	if (event->device_count > 1 || !t->layout.columns[COLUMN_DEVICE])
		table_note(f, &t->style, "with:", text);
	if (event->type == VIOMMU_EVENT_DETACH || !event->ev.ranges.count)
		return;
	format_ranges(text, sizeof(text), &event->ev.ranges);
	table_note(f, &t->style, "host:", text);
}

static int print_row(struct table *t, FILE *f, const struct viommu_event *event)
{
	struct row row = { 0 };
	int first = 0;

	print_header(t, f);
	print_day(t, f, event);
	table_row(&row, &t->layout, &t->style, event);
	layout_print(&t->layout, &row, f);
	if (event->type == VIOMMU_EVENT_ATTACH || event->type == VIOMMU_EVENT_DETACH)
		print_group(t, f, event);
	if (viommu_event_failed(event))
		first = explain_first(t, event);
	if (first > 0)
		table_explain(f, &t->style, event);
	return first < 0 ? first : 0;
}

static void print_lost(struct table *t, FILE *f, const struct viommu_event *event)
{
	const char *meaning = viommu_lost_meaning(event->lost);
	const char *color = table_severity_color(&t->style, VIOMMU_SEVERITY_WARNING);
	char text[512], vm[LAYOUT_CELL];
	struct text line;

	table_vm(vm, sizeof(vm), event);
	text_init(&line, text, sizeof(text));
	text_add(&line, "lost %" PRIu64 " record%s", event->count, event->count == 1 ? "" : "s");
	if (vm[0])
		text_add(&line, " of %s", vm);
	text_add(&line, ": %s", meaning ? meaning : "reason not known");
	fprintf(f, "%s*** ", color ? color : "");
	columns_wrap(f, text, 4, 4, t->style.width);
	fprintf(f, "%s\n", color ? "\x1b[0m" : "");
}

static int table_event(struct output *out, FILE *f, const struct viommu_event *event)
{
	struct table *t = (struct table *)out;

	switch (event->type) {
	case VIOMMU_EVENT_LOST:
		print_lost(t, f, event);
		return 0;
	case VIOMMU_EVENT_SUMMARY:
		table_summary(f, &t->style, event);
		return 0;
	case VIOMMU_EVENT_MAP:
	case VIOMMU_EVENT_UNMAP:
	case VIOMMU_EVENT_DENY:
		/* One finding, one line: that of the request, which follows and has it all. */
		if (event->request.parent)
			return 0;
		return print_row(t, f, event);
	default:
		return print_row(t, f, event);
	}
}

static void table_fini(struct output *out)
{
	free(((struct table *)out)->explained);
}

struct output *output_new_table(const struct output_opts *opts)
{
	unsigned int width = opts->width ? opts->width : OUTPUT_WIDTH_DEFAULT;
	struct table *t = output_alloc(sizeof(*t), opts);

	if (!t)
		return NULL;
	if (width < OUTPUT_WIDTH_MIN)
		width = OUTPUT_WIDTH_MIN;
	t->base.event = table_event;
	t->base.fini = table_fini;
	t->style = (struct table_style){ .width = width, .color = opts->color };
	layout_init(&t->layout, width, !opts->single_vm);
	return &t->base;
}
