// SPDX-License-Identifier: GPL-2.0-or-later
/* A history with all that it can have, as viommud's API gives it: for tests/sync/report.sh. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "export/api-history.h"

#define START UINT64_C(1795233600000000000)

static struct viommu_event event_of(enum viommu_event_type type, enum viommu_reason reason)
{
	struct viommu_event e = {
		.type = type, .result = -EINVAL, .count = 3, .ts = START, .ts_last = START,
		.vm = { .name = "guest1", .uuid = "5d7d3f0c-0000-0000-0000-000000000001" },
		.group = 12, .devices = { "0000:01:00.0" }, .device_count = 1,
		.ev = { .has_range = true, .iova = 4096, .size = 4096,
			.ranges = { .count = 1, .r = { { 0, UINT64_MAX } } } },
		.iova_lowest = 4096, .iova_highest = UINT64_MAX,
		.diag = { .reason = reason, .detail = "why", .remedy_count = 1,
			  .remedies = { { .text = "what", .option = "aw-bits=39" } } },
	};

	return e;
}

static int fill(struct store *s)
{
	struct ledger_domain d = {
		.vm = { .name = "guest1" }, .maps = 1, .has_highest = true,
		.ranges = { .count = 1, .r = { { 0, 0x7fffffffff } } },
	};
	int err = 0;

	for (size_t i = 0; i < VIOMMU_NR_REASONS; i++) {
		const struct viommu_event e = event_of(VIOMMU_EVENT_MAP, (enum viommu_reason)i);

		d.failures[i] = 1;
		err |= store_add_event(s, &e);
	}
	for (int type = 0; type < VIOMMU_NR_EVENTS; type++) {
		struct viommu_event e = event_of((enum viommu_event_type)type,
						 VIOMMU_REASON_POLICY);

		err |= store_add_event(s, &e);
		e.ev.has_range = false;
		e.group = -1;
		e.device_count = 0;
		e.ev.ranges.count = 0;
		e.diag.remedy_count = 0;
		e.vm.uuid[0] = e.diag.detail[0] = '\0';
		err |= store_add_event(s, &e);
	}
	err |= store_add_totals(s, START, &d);
	memset(&d, 0, sizeof(d));
	snprintf(d.vm.name, sizeof(d.vm.name), "idle");
	d.unmaps = 1;
	return err | store_add_totals(s, START, &d);
}

int main(int argc, char **argv)
{
	const struct store_opts opts = { 0 };
	const struct store_listener listener = { 0 };
	json_t *history;
	struct store *s;

	if (argc != 2 || store_open(&s, argv[1], &opts, &listener))
		return 1;
	if (fill(s) || api_history(&history, s, NULL, 0))
		return 1;
	json_dumpf(history, stdout, JSON_COMPACT);
	json_decref(history);
	store_close(s);
	return 0;
}
