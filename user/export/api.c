// SPDX-License-Identifier: GPL-2.0-or-later
/* VMs in JSON. What is not known is left out. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "export/api.h"
#include "export/judge.h"
#include "print/json-diagnosis.h"

/* RFC 3339 */
static void time_add(struct json_line *line, const char *key, uint64_t ns)
{
	const time_t seconds = (time_t)(ns / 1000000000);
	char text[40], whole[64];
	struct tm tm;

	if (!ns || !gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	snprintf(whole, sizeof(whole), "%s.%03uZ", text, (unsigned int)(ns / 1000000 % 1000));
	json_line_text(line, key, whole, sizeof(whole));
}

/* ----------------------------------------------------------------------------------------- VMs */

static json_t *finding_json(const struct ledger_finding *finding)
{
	const struct viommu_event *event = &finding->event;
	struct json_line line = { json_object(), 0 };
	char err[32];

	json_line_name(&line, "type", viommu_event_name(event->type));
	time_add(&line, "first", finding->first);
	time_add(&line, "last", event->ts_last);
	json_line_count(&line, "count", finding->count);
	json_line_count(&line, "pid", event->pid);
	json_line_text(&line, "container", event->container, sizeof(event->container));
	if (event->ev.has_range) {
		json_line_hex(&line, "iova_lowest", event->iova_lowest);
		json_line_hex(&line, "iova_highest", event->iova_highest);
		json_line_hex(&line, "size", event->ev.size);
	}
	if (event->result < 0)
		json_line_name(&line, "errno",
			       viommu_errno_name(-event->result, err, sizeof(err)));
	if (event->type == VIOMMU_EVENT_DENY)
		json_line_text(&line, "policy", event->denier.policy[0] ? event->denier.policy :
			       "default", sizeof(event->denier.policy));
	json_diagnosis_judgement(&line, &event->diag);
	json_diagnosis_advice(&line, &event->diag);
	return json_line_end(&line);
}

static void identity_add(struct json_line *line, const struct ledger_domain *d)
{
	json_line_text(line, "vm", d->vm.name, sizeof(d->vm.name));
	json_line_text(line, "vm_uuid", d->vm.uuid, sizeof(d->vm.uuid));
	json_line_name(line, "vm_source", viommu_vm_source_name(d->vm.source));
	json_line_text(line, "manager", d->vm.manager, sizeof(d->vm.manager));
	json_line_text(line, "viommu", d->viommu, sizeof(d->viommu));
	if (d->viommu_bits)
		json_line_count(line, "viommu_bits", d->viommu_bits);
	json_line_count(line, "processes", d->processes);
	json_line_count(line, "containers", d->containers);
	time_add(line, "seen", d->seen);
}

static void counters_add(struct json_line *line, const struct ledger_domain *d)
{
	json_t *failures = json_object();
	uint64_t sum = 0;

	json_line_count(line, "maps", d->maps);
	json_line_count(line, "unmaps", d->unmaps);
	json_line_count(line, "map_bytes", d->map_bytes);
	json_line_count(line, "unmap_bytes", d->unmap_bytes);
	for (unsigned int i = 0; i < VIOMMU_NR_REASONS; i++) {
		sum += d->failures[i];
		if (d->failures[i] && json_object_set_new(failures, viommu_reason_name(i),
						json_integer((json_int_t)d->failures[i])))
			line->err = -ENOMEM;
	}
	json_line_count(line, "failed", sum);
	json_line_add(line, "failures", failures);
	json_line_latency(line, "latency_p50_ns", d->latency, 500);
	json_line_latency(line, "latency_p99_ns", d->latency, 990);
	if (d->has_mapped)
		json_line_count(line, "mapped_bytes", d->mapped_bytes);
	if (d->has_entries) {
		json_line_count(line, "entries", d->entries);
		json_line_count(line, "entries_limit", d->entries_limit);
	}
	if (d->has_highest)
		json_line_hex(line, d->highest_least ? "highest_iova_at_least" : "highest_iova",
			      d->highest_mapped);
}

static void limits_add(struct json_line *line, const struct ledger_domain *d)
{
	const unsigned int bits = domain_advised_bits(d);
	char option[256];

	if (d->ranges.count) {
		json_line_limit(line, &d->ranges, d->limit_from);
		json_line_count(line, "safe_bits", iova_ranges_safe_bits(&d->ranges));
		json_line_ranges(line, "ranges", &d->ranges);
	}
	if (!bits)
		return;
	domain_option(d, option, sizeof(option));
	json_line_count(line, "recommended_aw_bits", bits);
	json_line_text(line, "option", option, sizeof(option));
	if (d->viommu_bits)
		json_line_add(line, "change_needed", json_boolean(domain_is_too_wide(d)));
}

json_t *api_vm(const struct ledger_domain *d)
{
	struct json_line line = { json_object(), 0 };
	json_t *findings = json_array();

	json_line_count(&line, "v", API_VERSION);
	identity_add(&line, d);
	counters_add(&line, d);
	limits_add(&line, d);
	for (size_t i = 0; i < d->finding_count; i++)
		json_line_append(&line, findings, finding_json(&d->findings[i]));
	json_line_add(&line, "findings", findings);
	return json_line_end(&line);
}

/* ---------------------------------------------------------------------------------------- host */

static json_t *guard_json(const struct ledger_guard *guard)
{
	struct json_line line = { json_object(), 0 };

	json_line_add(&line, "up", json_boolean(guard->up));
	json_line_add(&line, "armed", json_boolean(guard->up && guard->armed));
	if (guard->up)
		json_line_count(&line, "generation", guard->generation);
	json_line_text(&line, "reason", guard->reason, sizeof(guard->reason));
	return json_line_end(&line);
}

static json_t *lost_json(const struct ledger *l)
{
	struct json_line line = { json_object(), 0 };

	for (unsigned int i = 0; i < LEDGER_NR_LOST; i++)
		if (ledger_lost(l, i))
			json_line_count(&line, ledger_lost_name(i), ledger_lost(l, i));
	return json_line_end(&line);
}

static json_t *group_json(const struct ledger_group *group)
{
	struct json_line line = { json_object(), 0 };

	json_line_add(&line, "group", json_integer(group->id));
	if (group->max_bits)
		json_line_count(&line, "max_bits", group->max_bits);
	if (group->safe_bits)
		json_line_count(&line, "safe_bits", group->safe_bits);
	if (group->ranges.count)
		json_line_ranges(&line, "ranges", &group->ranges);
	return json_line_end(&line);
}

json_t *api_vms(const struct http_source *source)
{
	const struct ledger *l = source->ledger;
	const char *problem = source->unhealthy ? source->unhealthy(source->ctx) : NULL;
	struct json_line line = { json_object(), 0 };
	json_t *groups = json_array(), *vms = json_array();

	json_line_count(&line, "v", API_VERSION);
	json_line_text(&line, "host", source->host, 256);
	json_line_text(&line, "version", VIOMMU_VERSION, sizeof(VIOMMU_VERSION));
	if (problem)
		json_line_text(&line, "problem", problem, 512);
	json_line_add(&line, "guard", guard_json(ledger_guard_get(l)));
	json_line_add(&line, "lost", lost_json(l));
	for (size_t i = 0; i < ledger_group_count(l); i++)
		json_line_append(&line, groups, group_json(ledger_group_at(l, i)));
	json_line_add(&line, "groups", groups);
	for (size_t i = 0; i < ledger_domain_count(l); i++)
		json_line_append(&line, vms, api_vm(ledger_domain_at(l, i)));
	json_line_add(&line, "vms", vms);
	return json_line_end(&line);
}
