// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings as JSON lines: dist/schema/finding.schema.json describes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain-output.h"
#include "print/json-diagnosis.h"

/* Version of the format: raised when a reader of the older one would be misled. */
#define JSON_VERSION 1

/* Of input that goes on, a line may tell of what an earlier one told of. */
static void add_change(struct json_line *line, const struct log_finding *f,
		       enum explain_change change)
{
	static const char *const names[] = {
		[EXPLAIN_NEW] = "new", [EXPLAIN_REPEATED] = "repeated",
		[EXPLAIN_UPDATED] = "updated", [EXPLAIN_WITHDRAWN] = "withdrawn",
	};

	if (change == EXPLAIN_WHOLE)
		return;
	json_line_count(line, "id", f->id);
	json_line_name(line, "change", names[change]);
}

static void add_where(struct json_line *line, const struct log_finding *f, char **names)
{
	const char *name = explain_name(names[f->file]);

	json_line_name(line, "type", viommu_event_name(f->type));
	json_line_add(line, "file", json_line_string(name, strlen(name)));
	json_line_count(line, "line", f->line);
	if (f->last_line != f->line)
		json_line_count(line, "last_line", f->last_line);
	json_line_count(line, "count", f->count);
	json_line_text(line, "text", f->text, sizeof(f->text));
	if (f->incomplete)
		json_line_add(line, "incomplete", json_true());
	json_line_text(line, "vm", f->vm, sizeof(f->vm));
	if (f->group >= 0)
		json_line_count(line, "group", (uint64_t)f->group);
}

static void add_device(struct json_line *line, const struct log_finding *f)
{
	json_t *devices;

	if (!f->device[0])
		return;
	devices = json_array();
	if (json_array_append_new(devices, json_line_string(f->device, sizeof(f->device))))
		line->err = -ENOMEM;
	json_line_add(line, "devices", devices);
}

static void add_range(struct json_line *line, const struct log_finding *f)
{
	const struct viommu_evidence *ev = &f->ev;

	if (!ev->has_range)
		return;
	json_line_hex(line, "iova", ev->iova);
	if (ev->op != VIOMMU_OP_FAULT)
		json_line_hex(line, "size", ev->size);
	if (ev->vaddr)
		json_line_hex(line, "vaddr", ev->vaddr);
	if (f->count == 1 || f->iova_lowest > f->iova_highest)
		return;
	json_line_hex(line, "iova_lowest", f->iova_lowest);
	json_line_hex(line, "iova_highest", f->iova_highest);
}

static void add_error(struct json_line *line, const struct viommu_evidence *ev)
{
	char number[24];

	if (!ev->err)
		return;
	json_line_add(line, "result", json_integer(-ev->err));
	json_line_name(line, "errno", viommu_errno_name(ev->err, number, sizeof(number)));
}

static void add_evidence(struct json_line *line, const struct log_finding *f)
{
	static const char *const apis[] = {
		[VIOMMU_API_TYPE1] = "type1", [VIOMMU_API_IOMMUFD] = "iommufd",
		[VIOMMU_API_UNKNOWN] = NULL,
	};
	const struct viommu_evidence *ev = &f->ev;

	json_line_name(line, "api", apis[ev->api]);
	add_device(line, f);
	add_range(line, f);
	add_error(line, ev);
	if (!ev->top_unknown)
		json_line_limit(line, &ev->ranges, ev->limit_from);
	if (ev->op == VIOMMU_OP_MAP) {
		json_line_name(line, "backing", viommu_backing_name(ev->backing));
		json_line_name(line, "path", viommu_path_name(ev->path));
	}
	if (f->faults)
		json_line_count(line, "faults", f->faults);
}

int explain_json_finding(const struct explain_output *o, const struct log_finding *f,
			 enum explain_change change)
{
	struct json_line line = { json_object(), 0 };
	struct viommu_diagnosis diag;

	if (!line.object)
		return -ENOMEM;
	viommu_diagnose(&f->ev, &diag);
	json_line_count(&line, "v", JSON_VERSION);
	add_change(&line, f, change);
	add_where(&line, f, o->names);
	add_evidence(&line, f);
	json_diagnosis_judgement(&line, &diag);
	json_diagnosis_advice(&line, &diag);
	return json_line_print(&line, o->out);
}
