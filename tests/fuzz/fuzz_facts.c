// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for facts of another machine. What is read is written and read again to the
 * same text, and an answer is given from it that fits the host.
 */
#include <stdlib.h>
#include <string.h>

#include "core/advise.h"
#include "host/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Facts that were read can be written and read; the same text comes out. */
static void check_again(const struct machine *m, const struct guest *g)
{
	static struct guest guest;
	char err[FACTS_ERROR], *text = facts_write(m, g), *second;
	struct machine again;
	bool has_guest;

	machine_init(&again);
	if (!text || facts_read(text, strlen(text), "again", &again, &guest, &has_guest, err) ||
	    has_guest != !!g)
		abort();
	second = facts_write(&again, g ? &guest : NULL);
	if (!second || strcmp(text, second))
		abort();
	free(second);
	free(text);
	machine_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest guest;
	static struct advice advice;
	char err[FACTS_ERROR] = "";
	struct machine m;
	bool has_guest;
	int ret;

	machine_init(&m);
	ret = facts_read((const char *)data, size, "input", &m, &guest, &has_guest, err);
	if (!ret != !err[0])
		abort();
	if (!ret) {
		check_again(&m, has_guest ? &guest : NULL);
		advise(&advice, &m, has_guest ? &guest : NULL);
		if (advice.bits > 64 || advice.bits > advice.max_bits)
			abort();
		advise(&advice, &m, NULL);
	}
	machine_fini(&m);
	return 0;
}
