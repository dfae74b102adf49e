/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was told about policy files, as the command prints it. */
#ifndef VIOMMU_TESTS_NOTES_H
#define VIOMMU_TESTS_NOTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy.h"

struct notes {
	char text[65536];
	size_t len;
};

static inline void notes_tell(void *ctx, const struct policy_note *note)
{
	struct notes *n = ctx;
	const int len = snprintf(n->text + n->len, sizeof(n->text) - n->len, "%s:%u:%u: %s: %s\n",
				 note->file, note->at.line, note->at.column,
				 note->kind == POLICY_ERROR ? "error" : "warning", note->text);

	assert_true(len > 0 && (size_t)len < sizeof(n->text) - n->len);
	n->len += (size_t)len;
}

/** Read text into set (appended); what was told is in n. */
static inline int notes_parse(struct policy_set *set, struct notes *n, const char *text)
{
	const struct policy_listener listener = { notes_tell, n };

	n->len = 0;
	n->text[0] = '\0';
	return policy_parse(set, "f", text, strlen(text), &listener);
}

#endif
