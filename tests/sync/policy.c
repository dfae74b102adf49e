// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For tests/sync/policy.sh. "read": policy files on standard input, a line each (YAML has JSON in
 * it): "yes" or "no", whether each is accepted. "file": one file, with all that is told of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy.h"

static void nothing_tell(void *ctx, const struct policy_note *note)
{
	(void)ctx;
	(void)note;
}

static void note_tell(void *ctx, const struct policy_note *note)
{
	(void)ctx;
	printf("%s:%u:%u: %s\n", note->kind == POLICY_ERROR ? "error" : "warning", note->at.line,
	       note->at.column, note->text);
}

static int text_check(const char *text, size_t len, bool tell)
{
	const struct policy_listener listener = { tell ? note_tell : nothing_tell, NULL };
	struct policy_set set;
	int err;

	policy_set_init(&set);
	err = policy_parse(&set, "-", text, len, &listener);
	if (!err && tell)
		policy_set_check(&set, &listener);
	policy_set_fini(&set);
	return err;
}

int main(int argc, char **argv)
{
	const bool lines = argc == 2 && !strcmp(argv[1], "read");
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int err = 0;

	while ((len = getdelim(&text, &size, lines ? '\n' : '\0', stdin)) > 0) {
		err = text_check(text, (size_t)len, !lines);
		if (lines)
			puts(err ? "no" : "yes");
	}
	free(text);
	return !lines && err;
}
