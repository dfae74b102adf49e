// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for the log reader. Neither where a chunk ends nor a preview between must
 * matter, and every finding must have a sound answer.
 */
#include <stdlib.h>
#include <string.h>

#include "core/log-explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!text[i])
			return;
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			abort();
	}
	abort();	/* not terminated */
}

static void check_ranges(const struct iova_ranges *ranges)
{
	struct iova_ranges again;

	if (iova_ranges_init(&again, ranges->r, ranges->count))
		abort();
}

static void check_finding(const struct log_finding *f)
{
	struct viommu_diagnosis d;

	check_text(f->text, sizeof(f->text));
	check_text(f->vm, sizeof(f->vm));
	check_text(f->device, sizeof(f->device));
	check_ranges(&f->ev.ranges);
	if (!f->count || !f->line || f->ev.err < 0)
		abort();
	viommu_diagnose(&f->ev, &d);
	if (!d.detail[0] || (d.reason == VIOMMU_REASON_UNKNOWN) != (d.candidate_count > 0))
		abort();
}

/* view: made in the middle, or NULL. */
static void read_in(struct log *log, struct log *view, const uint8_t *data, size_t size,
		    size_t step)
{
	const size_t middle = size / 2 / step * step;

	log_restart(log);
	log_file(log, NULL);
	for (size_t at = 0; at < size; at += step) {
		if (view && at == middle)
			log_preview(view, log);
		log_feed(log, (const char *)data + at, size - at < step ? size - at : step);
	}
	log_finish(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log *whole, *pieces, *view;

	if (!whole) {
		whole = log_new();
		pieces = log_new();
		view = log_new();
	}
	if (!whole || !pieces || !view)
		abort();
	read_in(whole, NULL, data, size, size + 1);
	read_in(pieces, view, data, size, 13);
	for (size_t i = 0; size && i < log_count(view); i++)
		check_finding(log_at(view, i));
	if (log_count(whole) != log_count(pieces))
		abort();
	for (size_t i = 0; i < log_count(whole); i++) {
		const struct log_finding *a = log_at(whole, i), *b = log_at(pieces, i);

		check_finding(a);
		if (a->line != b->line || a->count != b->count || strcmp(a->text, b->text) ||
		    a->id != b->id)
			abort();
	}
	return 0;
}
