// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of policies, and what is to be said of a set as a whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy-pattern.h"

/** Comparisons of patterns after which a hostile set is not looked through any further. */
#define SHADOW_WORK (1u << 28)

void policy_set_init(struct policy_set *set)
{
	memset(set, 0, sizeof(*set));
}

void policy_set_fini(struct policy_set *set)
{
	free(set->policies);
	policy_set_init(set);
}

struct policy *policy_set_add(struct policy_set *set)
{
	struct policy *p;

	if (set->count == VIOMMU_GUARD_MAX_POLICIES)
		return NULL;
	if (set->count == set->room) {
		const size_t room = set->room ? 2 * set->room : 8;

		p = realloc(set->policies, room * sizeof(*p));
		if (!p)
			return NULL;
		set->policies = p;
		set->room = room;
	}
	p = &set->policies[set->count++];
	memset(p, 0, sizeof(*p));
	return p;
}

const struct policy *policy_set_find(const struct policy_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->policies[i].name, name))
			return &set->policies[i];
	return NULL;
}

bool policy_name_valid(const char *name)
{
	const size_t len = strlen(name);

	return len && len < VIOMMU_GUARD_NAME_LEN &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
		       len;
}

const char *policy_mode_name(enum viommu_guard_mode mode)
{
	return mode == VIOMMU_GUARD_ENFORCE ? "enforce" : mode == VIOMMU_GUARD_AUDIT ? "audit" : NULL;
}

const char *policy_errno_name(uint32_t error)
{
	return error == ERANGE ? "ERANGE" : error == EPERM ? "EPERM" : error == EINVAL ? "EINVAL" :
	       NULL;
}

bool policy_same(const struct policy *a, const struct policy *b)
{
	if (strcmp(a->name, b->name) || a->pattern_count != b->pattern_count ||
	    a->max_iova != b->max_iova || a->mode != b->mode || a->error != b->error ||
	    strcmp(a->message, b->message))
		return false;
	for (size_t i = 0; i < a->pattern_count; i++)
		if (strcmp(a->pattern[i], b->pattern[i]))
			return false;
	return true;
}

static void warn(const struct policy_listener *listener, const struct policy *p,
		 struct policy_mark at, const char *text)
{
	const struct policy_note note = { POLICY_WARNING, p->file, at, text };

	listener->tell(listener->ctx, &note);
}

static bool name_taken(const struct policy_set *set, const struct policy *but)
{
	for (size_t i = 0; i < set->count; i++)
		if (&set->policies[i] != but &&
		    !strcmp(set->policies[i].name, but->name))
			return true;
	return false;
}

/* Its place in the set after its name, which is cut where it would get too long. */
static void name_number(const struct policy_set *set, struct policy *p)
{
	char base[VIOMMU_GUARD_NAME_LEN];
	size_t n = (size_t)(p - set->policies);

	memcpy(base, p->name, sizeof(base));
	do {
		char suffix[24];
		const int len = snprintf(suffix, sizeof(suffix), ".%zu", ++n);

		snprintf(p->name, sizeof(p->name), "%.*s%s", (int)sizeof(p->name) - 1 - len, base,
			 suffix);
	} while (name_taken(set, p));
}

static void names_check(struct policy_set *set, const struct policy_listener *listener)
{
	for (size_t i = 1; i < set->count; i++) {
		struct policy *p = &set->policies[i];
		const struct policy *first = policy_set_find(set, p->name);
		char name[VIOMMU_GUARD_NAME_LEN], text[512];

		if (first == p)
			continue;
		memcpy(name, p->name, sizeof(name));
		name_number(set, p);
		snprintf(text, sizeof(text), "another policy is named '%s' (%s:%u): this one is known "
			 "as '%s'", name, first->file, first->at.line, p->name);
		warn(listener, p, p->at, text);
	}
}

/* Every pattern of b is covered by one of a. */
static bool policy_covers(const struct policy *a, const struct policy *b, size_t *work)
{
	for (size_t i = 0; i < b->pattern_count; i++) {
		size_t k = 0;

		while (k < a->pattern_count &&
		       !policy_pattern_covers(a->pattern[k], b->pattern[i], work))
			k++;
		if (k == a->pattern_count)
			return false;
	}
	return true;
}

static void shadow_check(const struct policy_set *set, size_t i,
			 const struct policy_listener *listener, size_t *work)
{
	const struct policy *p = &set->policies[i];
	char text[512];

	for (size_t k = 0; k < i && p->pattern_count && *work; k++) {
		const struct policy *earlier = &set->policies[k];

		if (!earlier->pattern_count || !policy_covers(earlier, p, work))
			continue;
		snprintf(text, sizeof(text), "policy '%s' is never used: '%s' (%s:%u) comes first and "
			 "matches all that it does", p->name, earlier->name, earlier->file,
			 earlier->at.line);
		warn(listener, p, p->match_at, text);
		return;
	}
}

void policy_set_check(struct policy_set *set, const struct policy_listener *listener)
{
	size_t work = SHADOW_WORK;

	names_check(set, listener);
	for (size_t i = 1; i < set->count; i++)
		shadow_check(set, i, listener, &work);
}
