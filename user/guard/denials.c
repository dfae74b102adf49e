// SPDX-License-Identifier: GPL-2.0-or-later
/* A ring in order of coming. Elements that were taken out leave a gap until they are the oldest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guard/denials.h"

struct denials {
	struct guard_denial list[DENIALS_MAX];
	bool taken[DENIALS_MAX];
	size_t first;
	size_t count;		/* gaps included */
};

struct denials *denials_new(void)
{
	return calloc(1, sizeof(struct denials));
}

void denials_free(struct denials *d)
{
	free(d);
}

bool denials_may_be(int result)
{
	return result == -ERANGE || result == -EPERM || result == -EINVAL;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* A VMM may try the same map again and again: time tells the tries apart. */
static bool is_of(const struct guard_denial *denial, const struct denial_key *key)
{
	return denial->tid == key->tid && denial->iova == key->iova && denial->size == key->size &&
	       distance(denial->time, key->time) <= DENIALS_WAIT;
}

static void gaps_drop(struct denials *d)
{
	while (d->count && d->taken[d->first]) {
		d->first = (d->first + 1) % DENIALS_MAX;
		d->count--;
	}
}

static void take_at(struct denials *d, size_t at, struct guard_denial *denial)
{
	*denial = d->list[at];
	d->taken[at] = true;
	gaps_drop(d);
}

bool denials_add(struct denials *d, const struct guard_denial *denial, struct guard_denial *out)
{
	const bool full = d->count == DENIALS_MAX;
	size_t at;

	if (full)
		take_at(d, d->first, out);
	at = (d->first + d->count++) % DENIALS_MAX;
	d->list[at] = *denial;
	d->taken[at] = false;
	return full;
}

bool denials_take(struct denials *d, const struct denial_key *key, struct guard_denial *denial)
{
	for (size_t i = 0; i < d->count; i++) {
		const size_t at = (d->first + i) % DENIALS_MAX;

		if (d->taken[at] || !is_of(&d->list[at], key))
			continue;
		take_at(d, at, denial);
		return true;
	}
	return false;
}

bool denials_is_due(uint64_t since, uint64_t now)
{
	return now > since && now - since > DENIALS_WAIT;
}

bool denials_alone(struct denials *d, uint64_t now, struct guard_denial *denial)
{
	if (!d->count || !denials_is_due(d->list[d->first].time, now))
		return false;
	take_at(d, d->first, denial);
	return true;
}
