// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for the log reader. Where a chunk ends must not matter, and every finding must
 * have a sound answer.
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

static void read_in(struct log *log, const uint8_t *data, size_t size, size_t step)
{
	log_restart(log);
	log_file(log, NULL);
	for (size_t at = 0; at < size; at += step)
		log_feed(log, (const char *)data + at, size - at < step ? size - at : step);
	log_finish(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log *whole, *pieces;

	if (!whole) {
		whole = log_new();
		pieces = log_new();
	}
	if (!whole || !pieces)
		abort();
	read_in(whole, data, size, size + 1);
	read_in(pieces, data, size, 13);
	if (log_count(whole) != log_count(pieces))
		abort();
	for (size_t i = 0; i < log_count(whole); i++) {
		const struct log_finding *a = log_at(whole, i), *b = log_at(pieces, i);

		check_finding(a);
		if (a->line != b->line || a->count != b->count || strcmp(a->text, b->text))
			abort();
	}
	return 0;
}
