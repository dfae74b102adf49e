// SPDX-License-Identifier: GPL-2.0-or-later
/* Policies as people and programs read them. */
#include <inttypes.h>
#include <string.h>

#include "cli/policy.h"
#include "core/iova.h"
#include "core/text.h"
#include "host/text.h"

void policy_limit_text(char *buf, size_t size, uint64_t max_iova)
{
	const unsigned int bits = iova_bits(max_iova);

	if (max_iova == POLICY_NO_LIMIT)
		snprintf(buf, size, "no limit");
	else if (max_iova == (1ULL << bits) - 1)
		snprintf(buf, size, "0x%" PRIx64 " (%u bits)", max_iova, bits);
	else
		snprintf(buf, size, "0x%" PRIx64, max_iova);
}

const char *policy_title(const struct policy *p)
{
	return p->name[0] ? p->name : "the default";
}

void policy_match_text(char *buf, size_t size, const struct policy *p)
{
	char clean[3 * POLICY_VM_LEN];
	struct text t;

	text_init(&t, buf, size);
	host_text_clean(clean, sizeof(clean), p->vm, strlen(p->vm));
	if (!p->name[0])
		text_add(&t, "all others");
	else if (p->vm[0])
		text_add(&t, "VM %s%s", clean, p->pattern_count ? "" : " (policy run only)");
	else if (!p->pattern_count)
		text_add(&t, "policy run only");
	for (size_t i = 0; i < p->pattern_count && !p->vm[0]; i++) {
		host_text_clean(clean, sizeof(clean), p->pattern[i], strlen(p->pattern[i]));
		text_add(&t, "%s%s", i ? ", " : "", clean);
	}
}

void policy_print(FILE *out, const struct policy *p)
{
	char limit[64], match[4096], text[3 * VIOMMU_GUARD_FILE_LEN];
	const char *mode = policy_mode_name(p->mode), *error = policy_errno_name(p->error);

	policy_limit_text(limit, sizeof(limit), p->max_iova);
	policy_match_text(match, sizeof(match), p);
	fprintf(out, "%s: %s, %s%s%s\n", policy_title(p), limit, mode ? mode : "unknown mode",
		p->mode == VIOMMU_GUARD_ENFORCE ? " with " : "",
		p->mode != VIOMMU_GUARD_ENFORCE ? "" : error ? error : "an unknown errno");
	fprintf(out, "    for:      %s\n", match);
	if (p->message[0]) {
		host_text_clean(text, sizeof(text), p->message, strlen(p->message));
		fprintf(out, "    message:  %s\n", text);
	}
	if (p->file[0]) {
		host_text_clean(text, sizeof(text), p->file, strlen(p->file));
		fprintf(out, "    from:     %s", text);
		if (p->at.line)
			fprintf(out, ":%u", p->at.line);
		fputc('\n', out);
	}
}

static json_t *patterns_json(const struct policy *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->pattern_count && list; i++)
		json_array_append_new(list, json_line_string(p->pattern[i], sizeof(p->pattern[i])));
	return list;
}

json_t *policy_json(const struct policy *p, bool counters)
{
	struct json_line line = { json_object(), 0 };

	json_line_text(&line, "name", p->name, sizeof(p->name));
	json_line_text(&line, "vm", p->vm, sizeof(p->vm));
	if (p->name[0])
		json_line_add(&line, "cgroups", patterns_json(p));
	if (p->max_iova != POLICY_NO_LIMIT) {
		json_line_hex(&line, "max_iova", p->max_iova);
		json_line_count(&line, "max_iova_bits", iova_bits(p->max_iova));
	}
	json_line_name(&line, "mode", policy_mode_name(p->mode));
	json_line_name(&line, "errno", policy_errno_name(p->error));
	json_line_text(&line, "message", p->message, sizeof(p->message));
	json_line_text(&line, "file", p->file, sizeof(p->file));
	if (p->at.line)
		json_line_count(&line, "line", p->at.line);
	if (counters) {
		json_line_count(&line, "denials", p->denials);
		json_line_count(&line, "audits", p->audits);
		json_line_count(&line, "containers", p->containers);
	}
	if (line.err) {
		json_decref(line.object);
		return NULL;
	}
	return line.object;
}

json_t *policy_set_json(const struct policy_set *set, bool counters)
{
	json_t *list = json_array();
	int err = !list;

	for (size_t i = 0; i < set->count; i++)
		err |= json_array_append_new(list, policy_json(&set->policies[i], counters));
	if (set->has_default)
		err |= json_array_append_new(list, policy_json(&set->fallback, counters));
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}
