// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for policy files. What is accepted is what the kernel takes; an error is told,
 * and leaves nothing behind.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy-pattern.h"
#include "core/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	unsigned int errors;
	unsigned int all;
	unsigned int lines;	/**< of the file */
};

static void tell(void *ctx, const struct policy_note *note)
{
	struct told *told = ctx;

	told->errors += note->kind == POLICY_ERROR;
	told->all++;
	if (!note->text[0] || note->at.line > told->lines + 1)
		abort();
	if (note->at.line && !note->at.column)
		abort();
}

static void check_text(const char *text, size_t size)
{
	const char *end = memchr(text, '\0', size);

	if (!end)
		abort();
	for (; text < end; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

static void check_policy(const struct policy *p, bool is_default)
{
	check_text(p->name, sizeof(p->name));
	check_text(p->message, sizeof(p->message));
	check_text(p->vm, sizeof(p->vm));
	if (is_default ? p->name[0] || p->pattern_count : !policy_name_valid(p->name))
		abort();
	if ((p->max_iova + 1) % 4096 || p->max_iova < 4095)
		abort();
	if (!policy_mode_name(p->mode) || !policy_errno_name(p->error))
		abort();
	if (p->pattern_count > VIOMMU_GUARD_MAX_PATTERNS)
		abort();
	for (size_t i = 0; i < p->pattern_count; i++) {
		check_text(p->pattern[i], sizeof(p->pattern[i]));
		if (policy_pattern_error(p->pattern[i]))
			abort();
	}
}

static void check_set(struct policy_set *set, const struct policy_listener *listener)
{
	policy_set_check(set, listener);
	for (size_t i = 0; i < set->count; i++) {
		check_policy(&set->policies[i], false);
		/* The kernel refuses a set in which a name comes twice. */
		if (policy_set_find(set, set->policies[i].name) != &set->policies[i])
			abort();
	}
	if (set->has_default)
		check_policy(&set->fallback, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told told = { .lines = 1 };
	const struct policy_listener listener = { tell, &told };
	struct policy_set set;
	int err;

	/* Each kind of line's end that YAML 1.1 has, of which some are of more than one byte. */
	for (size_t i = 0; i < size; i++)
		told.lines += memchr("\n\r\x85\xa8\xa9", data[i], 5) != NULL;
	policy_set_init(&set);
	err = policy_parse(&set, "f", (const char *)data, size, &listener);
	if (err && err != -EINVAL)
		abort();
	if ((err == -EINVAL) != (told.errors > 0) || (err && (set.count || set.has_default)))
		abort();
	if (!err)
		check_set(&set, &listener);
	policy_set_fini(&set);
	return 0;
}
