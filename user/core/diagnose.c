// SPDX-License-Identifier: GPL-2.0-or-later
/* The answer, put together: the rule that holds, how bad it is, what to do. */
#include <string.h>

#include "diagnose.h"
#include "guess.h"
#include "remedy.h"
#include "rules.h"
#include "severity.h"

void viommu_diagnose(const struct viommu_evidence *ev, struct viommu_diagnosis *out)
{
	const struct rule *rule;
	struct severity severity;
	struct facts facts;
	struct text detail;

	memset(out, 0, sizeof(*out));
	facts_init(&facts, ev);
	rule = rule_find(&facts);
	severity = severity_judge(&facts, rule->reason);

	out->reason = rule->reason;
	out->severity = severity.level;
	text_init(&detail, out->detail, sizeof(out->detail));
	rule->describe(&facts, &detail);
	if (severity.consequence[0])
		text_add(&detail, "; %s", severity.consequence);
	if (out->reason == VIOMMU_REASON_UNKNOWN)
		guess_fill(&facts, out);
	remedy_fill(&facts, out);
}
