// SPDX-License-Identifier: GPL-2.0-or-later
/* What the ledger knows of the host: groups, the guard, programs, losses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-parts.h"

void counter_set(struct counter *c, uint64_t value)
{
	if (value < c->latest)
		c->before += c->latest;
	c->latest = value;
}

void counter_restart(struct counter *c)
{
	c->before += c->latest;
	c->latest = 0;
}

uint64_t counter_sum(const struct counter *c)
{
	return c->before + c->latest;
}

void ledger_host_restart(struct ledger *l)
{
	for (size_t i = 0; i < l->group_count; i++)
		free(l->groups[i]);
	l->group_count = 0;
	l->program_count = 0;
	l->guard = (struct ledger_guard){ 0 };
	for (size_t i = 0; i < VIOMMU_NR_LOST; i++)
		counter_restart(&l->lost[i]);
	counter_restart(&l->lost_between);
}

void ledger_host_free(struct ledger *l)
{
	for (size_t i = 0; i < l->group_count; i++)
		free(l->groups[i]);
	for (size_t i = 0; i < l->denials_count; i++)
		free(l->denials[i]);
}

/* -------------------------------------------------------------------------------------- groups */

static bool group_valid(const struct ledger_group *group)
{
	struct iova_ranges ranges;

	if (iova_ranges_init(&ranges, group->ranges.r, group->ranges.count))
		return false;
	for (size_t i = 0; i < VIOMMU_MAX_RANGES; i++)
		if (!memchr(group->hole_types[i], '\0', sizeof(group->hole_types[i])))
			return false;
	return true;
}

/* Forget the group at that place, if it is the one. */
static void group_end(struct ledger *l, size_t at, int id)
{
	if (at == l->group_count || l->groups[at]->id != id)
		return;
	free(l->groups[at]);
	l->group_count--;
	memmove(&l->groups[at], &l->groups[at + 1], (l->group_count - at) * sizeof(l->groups[0]));
}

int ledger_set_group(struct ledger *l, const struct ledger_group *group)
{
	struct ledger_group *made;
	size_t at = 0;

	if (!group_valid(group))
		return -EINVAL;
	while (at < l->group_count && l->groups[at]->id < group->id)
		at++;
	if (group->gone) {
		group_end(l, at, group->id);
		return 0;
	}
	if (at < l->group_count && l->groups[at]->id == group->id) {
		*l->groups[at] = *group;
		return 0;
	}
	if (l->group_count == LEDGER_MAX_GROUPS)
		return ledger_drop(l, -ENOSPC);
	made = malloc(sizeof(*made));
	if (!made)
		return ledger_drop(l, -ENOMEM);
	*made = *group;
	memmove(&l->groups[at + 1], &l->groups[at],
		(l->group_count - at) * sizeof(l->groups[0]));
	l->groups[at] = made;
	l->group_count++;
	return 0;
}

size_t ledger_group_count(const struct ledger *l)
{
	return l->group_count;
}

const struct ledger_group *ledger_group_at(const struct ledger *l, size_t i)
{
	return i < l->group_count ? l->groups[i] : NULL;
}

/* --------------------------------------------------------------------------------------- guard */

void ledger_set_guard(struct ledger *l, const struct ledger_guard *guard)
{
	l->guard = *guard;
	l->guard.reason[sizeof(l->guard.reason) - 1] = '\0';
	for (size_t i = 0; i < sizeof(l->guard.missed) / sizeof(l->guard.missed[0]); i++)
		l->guard.missed[i].name[sizeof(l->guard.missed[i].name) - 1] = '\0';
}

const struct ledger_guard *ledger_guard_get(const struct ledger *l)
{
	return &l->guard;
}

/* Order by domain, then policy. */
static int denials_compare(const struct ledger_denials *a, const struct ledger_denials *b)
{
	const int order = strcmp(a->domain, b->domain);

	return order ? order : strcmp(a->policy, b->policy);
}

/* Where the pair is, or would be; *found says which. */
static size_t denials_place(const struct ledger *l, const struct ledger_denials *pair, bool *found)
{
	size_t low = 0, high = l->denials_count;

	*found = false;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const int order = denials_compare(l->denials[mid], pair);

		if (!order) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct ledger_denials *denials_get(struct ledger *l, const struct ledger_denials *pair,
					  int *err)
{
	struct ledger_denials *made;
	bool found;
	const size_t at = denials_place(l, pair, &found);

	*err = -ENOSPC;
	if (found)
		return l->denials[at];
	if (l->denials_count == LEDGER_MAX_DENIALS)
		return NULL;
	*err = -ENOMEM;
	made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	memcpy(made->domain, pair->domain, sizeof(made->domain));
	memcpy(made->policy, pair->policy, sizeof(made->policy));
	memmove(&l->denials[at + 1], &l->denials[at],
		(l->denials_count - at) * sizeof(l->denials[0]));
	l->denials[at] = made;
	l->denials_count++;
	return made;
}

int ledger_add_denials(struct ledger *l, const struct ledger_denials *more)
{
	struct ledger_denials *kept;
	int err;

	if (!more->domain[0] || !memchr(more->domain, '\0', sizeof(more->domain)) ||
	    !memchr(more->policy, '\0', sizeof(more->policy)))
		return -EINVAL;
	kept = denials_get(l, more, &err);
	if (!kept)
		return ledger_drop(l, err);
	kept->denials += more->denials;
	kept->audits += more->audits;
	return 0;
}

void ledger_denials_forget(struct ledger *l, const char *domain)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->denials_count; i++) {
		if (strcmp(l->denials[i]->domain, domain))
			l->denials[kept++] = l->denials[i];
		else
			free(l->denials[i]);
	}
	l->denials_count = kept;
}

size_t ledger_denials_count(const struct ledger *l)
{
	return l->denials_count;
}

const struct ledger_denials *ledger_denials_at(const struct ledger *l, size_t i)
{
	return i < l->denials_count ? l->denials[i] : NULL;
}

/* -------------------------------------------------------------------------- programs and losses */

int ledger_set_program(struct ledger *l, const char *program, bool attached)
{
	struct program *p = l->programs;
	size_t i = 0;

	if (!program[0] || strlen(program) >= sizeof(p->name))
		return -EINVAL;
	while (i < l->program_count && strcmp(p[i].name, program))
		i++;
	if (i == LEDGER_MAX_PROGRAMS)
		return ledger_drop(l, -ENOSPC);
	if (i == l->program_count) {
		memcpy(p[i].name, program, strlen(program) + 1);
		l->program_count++;
	}
	p[i].attached = attached;
	return 0;
}

size_t ledger_program_count(const struct ledger *l)
{
	return l->program_count;
}

const char *ledger_program_at(const struct ledger *l, size_t i, bool *attached)
{
	if (i >= l->program_count)
		return NULL;
	*attached = l->programs[i].attached;
	return l->programs[i].name;
}

void ledger_set_lost(struct ledger *l, const uint64_t lost[VIOMMU_NR_LOST])
{
	for (size_t i = 0; i < VIOMMU_NR_LOST; i++)
		counter_set(&l->lost[i], lost[i]);
}

void ledger_set_lost_between(struct ledger *l, uint64_t lost)
{
	counter_set(&l->lost_between, lost);
}

void ledger_add_lost_history(struct ledger *l, uint64_t lost)
{
	l->lost_history += lost;
}

uint64_t ledger_lost(const struct ledger *l, unsigned int how)
{
	switch (how) {
	case LEDGER_LOST_BEHIND:
		return counter_sum(&l->lost_between);
	case LEDGER_LOST_FULL:
		return l->dropped;
	case LEDGER_LOST_HISTORY:
		return l->lost_history;
	default:
		return how < VIOMMU_NR_LOST ? counter_sum(&l->lost[how]) : 0;
	}
}

const char *ledger_lost_name(unsigned int how)
{
	switch (how) {
#define X(sym, name, meaning) case LEDGER_LOST_##sym: return name;
	LEDGER_LOSSES(X)
#undef X
	default:
		return how < VIOMMU_NR_LOST ? viommu_lost_name(how) : NULL;
	}
}

const char *ledger_lost_meaning(unsigned int how)
{
	switch (how) {
#define X(sym, name, meaning) case LEDGER_LOST_##sym: return meaning;
	LEDGER_LOSSES(X)
#undef X
	default:
		return how < VIOMMU_NR_LOST ? viommu_lost_meaning(how) : NULL;
	}
}
