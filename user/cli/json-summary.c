// SPDX-License-Identifier: GPL-2.0-or-later
/* Totals of a VM as members of a JSON object. */
#include "print/format.h"
#include "print/json-line.h"

/* {reason: count} of what is not 0. Whether there was any. */
static bool add_failures(struct json_line *line, const struct viommu_summary *s)
{
	struct json_line failures = { json_object(), 0 };
	bool any = false;

	for (int i = 0; i < VIOMMU_NR_REASONS; i++) {
		if (!s->failures[i])
			continue;
		any = true;
		json_line_count(&failures, viommu_reason_name((enum viommu_reason)i),
				s->failures[i]);
	}
	json_line_add_object(line, "failures", &failures);
	return any;
}

static void add_lost(struct json_line *line, const struct viommu_summary *s)
{
	struct json_line lost = { json_object(), 0 };

	for (int i = 0; i < VIOMMU_NR_LOST; i++)
		if (s->lost[i])
			json_line_count(&lost, viommu_lost_name((enum viommu_lost)i), s->lost[i]);
	json_line_add_object(line, "lost", &lost);
}

static void add_host_bits(struct json_line *line, const struct iova_ranges *ranges)
{
	struct json_line bits = { NULL, 0 };

	if (!ranges->count)
		return;
	bits.object = json_object();
	json_line_count(&bits, "max", iova_ranges_max_bits(ranges));
	json_line_count(&bits, "safe", iova_ranges_safe_bits(ranges));
	json_line_add_object(line, "host_bits", &bits);
}

static void add_latency(struct json_line *line, const struct viommu_summary *s)
{
	struct json_line latency = { NULL, 0 };
	const uint64_t half = format_latency(s->latency, 500);

	if (!half || half == FORMAT_LATENCY_OPEN)
		return;
	latency.object = json_object();
	json_line_latency(&latency, "p50_ns", s->latency, 500);
	json_line_latency(&latency, "p99_ns", s->latency, 990);
	json_line_add_object(line, "latency", &latency);
}

void json_line_summary(struct json_line *line, const struct viommu_event *event)
{
	const struct viommu_summary *s = &event->summary;
	/* A guest cannot see what its host has. */
	const unsigned int bits = event->request.type ? 0 : viommu_recommend_bits(&s->ranges);

	if (event->request.type)
		json_line_endpoint(line, &event->request);
	json_line_count(line, "maps", s->maps);
	json_line_count(line, "unmaps", s->unmaps);
	json_line_count(line, "map_bytes", s->map_bytes);
	if (s->containers)
		json_line_count(line, "containers", s->containers);
	if (add_failures(line, s))
		json_line_hex(line, "highest_refused", s->highest_refused);
	add_lost(line, s);
	if (s->maps)
		json_line_hex(line, "highest_iova", s->highest_mapped);
	json_line_limit(line, &s->ranges, s->limit_from);
	if (!event->request.type)
		add_host_bits(line, &s->ranges);
	if (bits)
		json_line_count(line, "recommended_aw_bits", bits);
	add_latency(line, s);
}
