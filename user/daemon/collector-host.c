// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups, programs and the guard: told when they change. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/collector-parts.h"
#include "daemon/groups.h"
#include "host/iommu.h"

static struct collector_group *group_find(struct collector *c, int id)
{
	struct collector_group *more;

	for (size_t i = 0; i < c->group_count; i++)
		if (c->groups[i].now.id == id)
			return &c->groups[i];
	if (c->group_count == LEDGER_MAX_GROUPS)
		return NULL;
	more = realloc(c->groups, (c->group_count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	c->groups = more;
	more = &c->groups[c->group_count++];
	memset(more, 0, sizeof(*more));
	return more;
}

static void group_set(struct collector_group *g, const struct ledger_group *now)
{
	g->seen = true;
	if (!memcmp(&g->now, now, sizeof(*now)))
		return;
	memcpy(&g->now, now, sizeof(*now));
	g->told = false;
}

/* Groups of virtual functions come and go with them. */
static void groups_forget(struct collector *c)
{
	struct ledger_group gone;

	memset(&gone, 0, sizeof(gone));	/* what lies between members is compared, too */
	for (size_t i = 0; i < c->group_count; i++) {
		gone.id = c->groups[i].now.id;
		gone.gone = true;
		if (!c->groups[i].seen)
			group_set(&c->groups[i], &gone);
	}
}

void collector_read_groups(struct collector *c)
{
	struct ledger_group described;
	struct machine m;

	machine_init(&m);
	if (!machine_read(&m, "")) {
		for (size_t i = 0; i < c->group_count; i++)
			c->groups[i].seen = false;
		for (size_t i = 0; i < m.group_count; i++) {
			struct collector_group *g = group_find(c, m.groups[i].id);

			group_describe(&described, &m, &m.groups[i]);
			if (g)
				group_set(g, &described);
		}
		groups_forget(c);
	}
	machine_fini(&m);
	/* The kernel's log may have been large, and is not read again for a minute. */
	malloc_trim(0);
}

void collector_groups_tell(struct collector *c)
{
	for (size_t i = 0; i < c->group_count; i++)
		if (!c->groups[i].told && !collector_put(c, WIRE_GROUP, &c->groups[i].now))
			c->groups[i].told = true;
}

static void program_take(void *ctx, const char *name, bool attached)
{
	struct collector *c = ctx;
	struct collector_program *p = NULL;

	for (size_t i = 0; i < c->program_count && !p; i++)
		if (!strncmp(c->programs[i].now.name, name, sizeof(c->programs[i].now.name) - 1))
			p = &c->programs[i];
	if (!p && c->program_count == COLLECTOR_MAX_PROGRAMS)
		return;
	if (!p) {
		p = &c->programs[c->program_count++];
		memset(p, 0, sizeof(*p));
		snprintf(p->now.name, sizeof(p->now.name), "%s", name);
	}
	p->told &= p->now.attached == attached;
	p->now.attached = attached;
	p->seen = true;
}

void collector_programs_tell(struct collector *c)
{
	for (size_t i = 0; i < c->program_count; i++)
		c->programs[i].seen = false;
	session_walk_programs(c->session, program_take, c);
	for (size_t i = 0; i < c->program_count; i++) {
		struct collector_program *p = &c->programs[i];

		/* One that is not walked any more went with its module. */
		if (!p->seen) {
			p->told &= !p->now.attached;
			p->now.attached = 0;
		}
		if (!p->told)
			p->told = !collector_put(c, WIRE_PROGRAM, &p->now);
	}
}

void collector_guard_tell(struct collector *c)
{
	if (c->has_policies && !c->policies_told)
		c->policies_told = !collector_put(c, WIRE_POLICIES, &c->policies);
	if (memcmp(&c->guard_now, &c->guard_told, sizeof(c->guard_now)) != 0 &&
	    !collector_put(c, WIRE_GUARD, &c->guard_now))
		c->guard_told = c->guard_now;
}
