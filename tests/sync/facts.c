// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For tests/sync/viommuctl.sh. "words": the vocabularies of the facts format and the options of
 * viommuctl recommend, tabs between the fields. "write": facts in which everything is known.
 * "read": facts on standard input, a line each, and whether they are accepted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/facts-fixture.h"
#include "cli/recommend.h"
#include "host/facts-words.h"
#include "host/facts.h"

static void words_print(const char *label, facts_name_fn name)
{
	for (int i = 0; name(i); i++)
		printf("%s\t%s\n", label, name(i));
}

static int words(void)
{
	words_print("region_type", facts_region_name);
	words_print("unit_kind", facts_unit_name);
	words_print("vendor", facts_vendor_name);
	words_print("model", facts_model_name);
	words_print("source", facts_source_name);
	words_print("vmm", facts_vmm_name);
	for (size_t i = 0; i < recommend_program.option_count; i++)
		printf("option\t%s\n", recommend_program.options[i].name);
	return 0;
}

static int facts_print(void)
{
	static struct guest guest;
	struct machine m;
	char *text;

	machine_full(&m);
	guest_full(&guest);
	text = facts_write(&m, &guest);
	machine_fini(&m);
	if (!text)
		return 1;
	fputs(text, stdout);
	free(text);
	return 0;
}

/** One document a line; "yes" or "no" for each. */
static int facts_check(void)
{
	static struct guest guest;
	char err[FACTS_ERROR], *line = NULL;
	struct machine m;
	size_t size = 0;
	bool has_guest;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		machine_init(&m);
		puts(facts_read(line, (size_t)len, "line", &m, &guest, &has_guest, err) ? "no" :
											  "yes");
		machine_fini(&m);
	}
	free(line);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "words"))
		return words();
	if (argc == 2 && !strcmp(argv[1], "write"))
		return facts_print();
	if (argc == 2 && !strcmp(argv[1], "read"))
		return facts_check();
	fprintf(stderr, "usage: facts words|write|read\n");
	return 2;
}
