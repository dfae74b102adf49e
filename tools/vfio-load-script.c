// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-load: operations from words. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio-load.h"

/* What a verb takes after it. */
enum takes { NOTHING, NUMBER, BDF, NAME, RANGE };

struct verb {
	const char *name;
	enum takes takes;
};

static const struct verb verbs[LOAD_VERBS] = {
	[LOAD_OPEN] = { "open", NOTHING },
	[LOAD_ATTACH] = { "attach", NUMBER },
	[LOAD_DETACH] = { "detach", NUMBER },
	[LOAD_SET_IOMMU] = { "set-iommu", NOTHING },
	[LOAD_DEVICE] = { "device", BDF },
	[LOAD_MAP] = { "map", RANGE },
	[LOAD_UNMAP] = { "unmap", RANGE },
	[LOAD_INFO] = { "info", NOTHING },
	[LOAD_SLEEP] = { "sleep", NUMBER },
	[LOAD_WAIT_STDIN] = { "wait-stdin", NOTHING },
	[LOAD_RLIMIT_MEMLOCK] = { "rlimit-memlock", NUMBER },
	[LOAD_DROP_CAP_IPC_LOCK] = { "drop-cap-ipc-lock", NOTHING },
	[LOAD_CLOSE] = { "close", NOTHING },
	[LOAD_FORK] = { "fork", NOTHING },
	[LOAD_CGROUP] = { "cgroup", NAME },
	[LOAD_OTHER] = { "other", NOTHING },
	[LOAD_TAKE] = { "take", NUMBER },
};

static const char *const backings[LOAD_BACKINGS] = {
	[LOAD_RAM] = "ram",
	[LOAD_SCATTERED] = "scattered",
	[LOAD_RO] = "ro",
	[LOAD_UNMAPPED] = "unmapped",
	[LOAD_BAR] = "bar",
	[LOAD_VADDR] = "vaddr",
};

const char *load_verb_name(enum load_verb verb)
{
	return verbs[verb].name;
}

const char *load_backing_name(enum load_backing backing)
{
	return backings[backing];
}

bool load_number_parse(const char *text, uint64_t *number)
{
	unsigned int shift = 0;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (*end == 'K')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	else if (*end == 'G')
		shift = 30;
	if (shift) {
		if (*number > UINT64_MAX >> shift)
			return false;
		*number <<= shift;
		end++;
	}
	return *end == '\0';
}

static bool parse_u32(const char *text, uint32_t *value)
{
	uint64_t number;

	if (!load_number_parse(text, &number) || number > UINT32_MAX)
		return false;
	*value = (uint32_t)number;
	return true;
}

static enum load_verb find_verb(const char *word)
{
	enum load_verb verb = 0;

	while (verb < LOAD_VERBS && strcmp(word, verbs[verb].name))
		verb++;
	return verb;
}

static bool parse_backing(struct load_op *op, const char *word)
{
	if (!strncmp(word, "vaddr=", 6)) {
		op->backing = LOAD_VADDR;
		return load_number_parse(word + 6, &op->vaddr);
	}
	for (enum load_backing i = 0; i < LOAD_VADDR; i++) {
		if (!strcmp(word, backings[i])) {
			op->backing = i;
			return true;
		}
	}
	return false;
}

static bool parse_attribute(struct load_op *op, const char *word)
{
	if (!strncmp(word, "flags=", 6))
		return parse_u32(word + 6, &op->flags);
	if (!strncmp(word, "argsz=", 6))
		return parse_u32(word + 6, &op->argsz);
	return op->verb == LOAD_MAP && parse_backing(op, word);
}

/* IOVA SIZE and what may follow; returns the words used, 0 on error. */
static size_t parse_range(struct load_op *op, char *const *words, size_t n)
{
	size_t used = 2;

	if (n < 2 || !load_number_parse(words[0], &op->iova) ||
	    !load_number_parse(words[1], &op->size)) {
		fprintf(stderr, "vfio-load: '%s' takes an IOVA and a size, like 0x1000 4K\n",
			load_verb_name(op->verb));
		return 0;
	}
	for (; used < n && find_verb(words[used]) == LOAD_VERBS; used++) {
		if (!parse_attribute(op, words[used])) {
			fprintf(stderr, "vfio-load: '%s' is neither an operation nor an attribute of '%s'\n",
				words[used], load_verb_name(op->verb));
			return 0;
		}
	}
	return used;
}

static size_t parse_argument(struct load_op *op, const char *word)
{
	if (word && verbs[op->verb].takes == NUMBER && load_number_parse(word, &op->number))
		return 1;
	if (word && verbs[op->verb].takes != NUMBER && strlen(word) < sizeof(op->bdf)) {
		memcpy(op->bdf, word, strlen(word) + 1);
		return 1;
	}
	fprintf(stderr, "vfio-load: '%s' takes a %s, not '%s'\n", load_verb_name(op->verb),
		verbs[op->verb].takes == BDF ? "PCI address like 0000:00:02.0" :
		verbs[op->verb].takes == NAME ? "name of at most 15 characters" : "number",
		word ? word : "");
	return 0;
}

size_t load_op_parse(struct load_op *op, char *const *words, size_t n)
{
	size_t used;

	memset(op, 0, sizeof(*op));
	op->verb = find_verb(words[0]);
	if (op->verb == LOAD_VERBS) {
		fprintf(stderr, "vfio-load: '%s' is no operation; see vfio-load --help\n", words[0]);
		return 0;
	}
	if (op->verb == LOAD_MAP)
		op->flags = 3;
	if (verbs[op->verb].takes == NOTHING)
		return 1;
	used = verbs[op->verb].takes == RANGE ? parse_range(op, words + 1, n - 1) :
						 parse_argument(op, n > 1 ? words[1] : NULL);
	return used ? used + 1 : 0;
}

size_t load_words_split(char *text, char **words, size_t room)
{
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(text, " \t\n", &rest); word && n < room;
	     word = strtok_r(NULL, " \t\n", &rest))
		words[n++] = word;
	return n;
}
