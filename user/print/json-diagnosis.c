// SPDX-License-Identifier: GPL-2.0-or-later
/* A diagnosis in JSON. */
#include <errno.h>

#include "print/json-diagnosis.h"

void json_diagnosis_judgement(struct json_line *line, const struct viommu_diagnosis *diag)
{
	json_line_name(line, "reason", viommu_reason_name(diag->reason));
	json_line_name(line, "severity", viommu_severity_name(diag->severity));
}

static void add_remedies(struct json_line *line, const struct viommu_diagnosis *diag)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diag->remedy_count && i < VIOMMU_MAX_REMEDIES; i++) {
		const struct viommu_remedy *r = &diag->remedies[i];
		struct json_line remedy = { json_object(), 0 };

		json_line_name(&remedy, "for", viommu_remedy_for_name(r->who));
		json_line_text(&remedy, "text", r->text, sizeof(r->text));
		json_line_text(&remedy, "option", r->option, sizeof(r->option));
		if (remedy.err || json_array_append_new(list, json_incref(remedy.object)))
			line->err = -ENOMEM;
		json_decref(remedy.object);
	}
	json_line_add(line, "remedy", list);
}

/* What it could be, where the evidence does not decide. */
static void add_candidates(struct json_line *line, const struct viommu_diagnosis *diag)
{
	json_t *candidates = json_array();
	json_t *need = json_array();

	for (size_t i = 0; i < diag->candidate_count && i < VIOMMU_MAX_CANDIDATES; i++)
		if (json_array_append_new(candidates,
					  json_string(viommu_reason_name(diag->candidates[i]))))
			line->err = -ENOMEM;
	for (size_t i = 0; i < diag->need_count && i < VIOMMU_MAX_NEEDS; i++)
		if (json_array_append_new(need, json_line_string(diag->needs[i],
								 sizeof(diag->needs[i]))))
			line->err = -ENOMEM;
	json_line_add(line, "candidates", candidates);
	json_line_add(line, "need", need);
}

void json_diagnosis_advice(struct json_line *line, const struct viommu_diagnosis *diag)
{
	json_line_text(line, "detail", diag->detail, sizeof(diag->detail));
	add_remedies(line, diag);
	if (diag->reason == VIOMMU_REASON_UNKNOWN)
		add_candidates(line, diag);
}
