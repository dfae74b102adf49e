// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics of the host: IOMMU groups, the guard, what was lost. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "export/metrics-parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -------------------------------------------------------------------------------------- groups */

static unsigned int max_bits_get(const struct ledger_group *group)
{
	return group->max_bits;
}

static unsigned int safe_bits_get(const struct ledger_group *group)
{
	return group->safe_bits;
}

static void bits_write(struct exposition *e, const struct metrics_view *view,
		       unsigned int (*get)(const struct ledger_group *group))
{
	char labels[64];

	for (size_t i = 0; i < view->group_count; i++) {
		const struct ledger_group *group = ledger_group_at(view->ledger, i);

		snprintf(labels, sizeof(labels), "iommu_group=\"%d\"", group->id);
		if (get(group))
			exposition_number(e, labels, get(group));
	}
}

/* A hole below r[n]. Holes without a type are none: ranges may touch each other. */
static bool hole_get(const struct ledger_group *group, size_t n, uint64_t *start, uint64_t *end)
{
	*start = n ? group->ranges.r[n - 1].last + 1 : 0;
	*end = group->ranges.r[n].first - 1;
	return group->hole_types[n][0] && *start < group->ranges.r[n].first;
}

static void holes_write(struct exposition *e, const struct metrics_view *view)
{
	for (size_t i = 0; i < view->group_count; i++) {
		const struct ledger_group *group = ledger_group_at(view->ledger, i);

		for (size_t n = 0; n < group->ranges.count; n++) {
			char labels[LABELS_LEN];
			uint64_t start, end;
			struct text t;

			if (!hole_get(group, n, &start, &end))
				continue;
			text_init(&t, labels, sizeof(labels));
			text_add(&t, "iommu_group=\"%d\",start=\"0x%" PRIx64 "\",end=\"0x%" PRIx64
				 "\"", group->id, start, end);
			labels_add(&t, "type", group->hole_types[n], sizeof(group->hole_types[n]));
			exposition_number(e, labels, 1);
		}
	}
}

size_t group_series(const struct ledger_group *group)
{
	size_t series = (group->max_bits != 0) + (size_t)(group->safe_bits != 0);
	uint64_t start, end;

	for (size_t n = 0; n < group->ranges.count; n++)
		series += hole_get(group, n, &start, &end);
	return series;
}

/* --------------------------------------------------------------------------------------- guard */

static bool missed_get(const struct ledger_guard *guard, size_t i)
{
	if (i >= COUNT(guard->missed) || !guard->missed[i].name[0])
		return false;
	for (size_t before = 0; before < i; before++)
		if (!strcmp(guard->missed[before].name, guard->missed[i].name))
			return false;
	return true;
}

static void missed_write(struct exposition *e, const struct metrics_view *view)
{
	const struct ledger_guard *guard = ledger_guard_get(view->ledger);

	for (size_t i = 0; i < COUNT(guard->missed); i++) {
		char labels[256];
		struct text t;

		if (!missed_get(guard, i))
			continue;
		text_init(&t, labels, sizeof(labels));
		labels_add(&t, "reason", guard->missed[i].name, sizeof(guard->missed[i].name));
		exposition_number(e, labels, guard->missed[i].count);
	}
}

/* Names that are no UTF-8 are none that a policy or the ledger can have. */
static void denials_write(struct exposition *e, const struct metrics_view *view, bool audits)
{
	for (size_t i = 0; i < view->denials_count; i++) {
		const struct ledger_denials *d = ledger_denials_at(view->ledger, i);
		char labels[LABELS_LEN];
		bool valid;
		struct text t;

		text_init(&t, labels, sizeof(labels));
		valid = labels_add(&t, "domain", d->domain, sizeof(d->domain));
		valid &= labels_add(&t, "policy", d->policy, sizeof(d->policy));
		if (valid)
			exposition_number(e, labels, audits ? d->audits : d->denials);
	}
}

static void guard_write(struct exposition *e, const struct metrics_view *view,
			enum viommu_metric metric)
{
	const struct ledger_guard *guard = ledger_guard_get(view->ledger);

	if (metric == VIOMMU_METRIC_GUARD_UP)
		exposition_number(e, "", guard->up);
	else if (metric == VIOMMU_METRIC_GUARD_ARMED)
		exposition_number(e, "", guard->up && guard->armed);
	else if (guard->up)
		exposition_number(e, "", guard->generation);
}

/* -------------------------------------------------------------------------------------- daemon */

static void lost_write(struct exposition *e, const struct metrics_view *view)
{
	char labels[64];

	for (unsigned int i = 0; i < LEDGER_NR_LOST; i++) {
		snprintf(labels, sizeof(labels), "reason=\"%s\"", ledger_lost_name(i));
		exposition_number(e, labels, ledger_lost(view->ledger, i));
	}
}

static void programs_write(struct exposition *e, const struct metrics_view *view)
{
	for (size_t i = 0; i < ledger_program_count(view->ledger); i++) {
		bool attached;
		const char *name = ledger_program_at(view->ledger, i, &attached);
		char labels[512];
		struct text t;

		text_init(&t, labels, sizeof(labels));
		if (labels_add(&t, "program", name, 64))
			exposition_number(e, labels, attached);
	}
}

static void build_write(struct exposition *e)
{
	exposition_number(e, "version=\"" VIOMMU_VERSION "\"", 1);
}

size_t host_series(const struct ledger *l)
{
	const struct ledger_guard *guard = ledger_guard_get(l);
	/* build_info, up, armed, generation, series_dropped, groups */
	size_t series = 4u + guard->up + (ledger_group_count(l) != 0) + LEDGER_NR_LOST +
			ledger_program_count(l);

	for (size_t i = 0; i < COUNT(guard->missed); i++)
		series += missed_get(guard, i);
	return series;
}

bool host_metric_write(struct exposition *e, const struct metrics_view *view,
		       enum viommu_metric metric)
{
	switch (metric) {
	case VIOMMU_METRIC_BUILD_INFO:
		build_write(e);
		return true;
	case VIOMMU_METRIC_HOST_IOMMU_GROUPS:
		/* None: no collector has told of them yet. */
		if (ledger_group_count(view->ledger))
			exposition_number(e, "", ledger_group_count(view->ledger));
		return true;
	case VIOMMU_METRIC_HOST_IOVA_MAX_BITS:
		bits_write(e, view, max_bits_get);
		return true;
	case VIOMMU_METRIC_HOST_IOVA_SAFE_BITS:
		bits_write(e, view, safe_bits_get);
		return true;
	case VIOMMU_METRIC_HOST_IOVA_HOLE_INFO:
		holes_write(e, view);
		return true;
	case VIOMMU_METRIC_GUARD_UP:
	case VIOMMU_METRIC_GUARD_ARMED:
	case VIOMMU_METRIC_GUARD_POLICY_GENERATION:
		guard_write(e, view, metric);
		return true;
	case VIOMMU_METRIC_GUARD_DENIALS:
	case VIOMMU_METRIC_GUARD_AUDITS:
		denials_write(e, view, metric == VIOMMU_METRIC_GUARD_AUDITS);
		return true;
	case VIOMMU_METRIC_GUARD_MISSED:
		missed_write(e, view);
		return true;
	case VIOMMU_METRIC_LOST_RECORDS:
		lost_write(e, view);
		return true;
	case VIOMMU_METRIC_SERIES_DROPPED:
		exposition_number(e, "", view->dropped_before + view->dropped);
		return true;
	case VIOMMU_METRIC_PROGRAM_ATTACHED:
		programs_write(e, view);
		return true;
	default:
		return false;
	}
}
