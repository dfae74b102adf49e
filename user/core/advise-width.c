// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How wide the host is for this VM: the least of its devices. What a container of the VM reports is
 * the truth; a group that is in none is judged by its IOMMU and its reserved regions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advise-parts.h"

/** Devices of unknown width that are named; a host without an IOMMU has many. */
#define UNKNOWN_NAMED 3

/** The narrowest so far. */
struct narrowest {
	unsigned int bits;	/**< 0: none yet */
	char text[sizeof(((struct advice_note *)0)->text)];
	char source[sizeof(((struct advice_note *)0)->source)];
};

struct widths {
	struct advising *s;
	struct narrowest safe, max;
	size_t unknown;
	size_t useless;		/**< reserved so that no width is without a hole */
};

static void narrowest_take(struct narrowest *n, unsigned int bits, const char *who,
			   const char *how, const char *source)
{
	if (n->bits && n->bits <= bits)
		return;
	n->bits = bits;
	snprintf(n->text, sizeof(n->text), "%s: %s", who, how);
	snprintf(n->source, sizeof(n->source), "%s", source);
}

/** Ranges that virtio-iommu has to tell the guest of: the inverse of what is usable. */
static unsigned int reserved_count(const struct iova_ranges *set)
{
	unsigned int count = iova_ranges_top(set) != UINT64_MAX;
	uint64_t next = 0;

	for (size_t i = 0; i < set->count; i++) {
		count += set->r[i].first != next;
		next = set->r[i].last + 1;
	}
	return count;
}

static void bound_add(struct widths *w, const struct iova_ranges *set, const char *who,
		      const char *how, const char *source)
{
	const unsigned int max = iova_ranges_max_bits(set), safe = iova_ranges_safe_bits(set);
	const unsigned int reserved = reserved_count(set);
	struct advising *s = w->s;

	if (!s->bounds++)
		s->usable = *set;
	else if (s->usable.count && iova_ranges_intersect(&s->usable, set))
		s->usable.count = 0;	/* nothing in common, or too many pieces to say */
	if (reserved > s->reserved_most)
		s->reserved_most = reserved;
	if (safe)
		narrowest_take(&w->safe, safe, who, how, source);
	else
		w->useless++;
	narrowest_take(&w->max, max, who, how, source);
}

static void unknown_add(struct widths *w, const char *who, const char *why)
{
	if (w->unknown++ < UNKNOWN_NAMED)
		advise_note(w->s, ADVICE_UNKNOWN, "", "%s: width not known: %s", who, why);
}

static void container_add(struct widths *w, const struct guest_container *c)
{
	char who[64], how[96];

	snprintf(who, sizeof(who), "container %s", c->name);
	if (!c->ranges.count) {
		unknown_add(w, who, "its ranges could not be read");
		return;
	}
	snprintf(how, sizeof(how), "the kernel maps up to IOVA 0x%llx, %u bits",
		 (unsigned long long)iova_ranges_top(&c->ranges),
		 iova_ranges_max_bits(&c->ranges));
	bound_add(w, &c->ranges, who, how, who);
}

static void group_add(struct widths *w, const struct machine_group *group, const char *device)
{
	struct iova_ranges usable = { .count = 0 };
	struct iommu_width width = { .bits = 0 };
	char who[64];
	int err;

	snprintf(who, sizeof(who), "group %d (%s)", group->id, device);
	err = group_usable(&usable, &width, w->s->m, group);
	if (!width.bits)
		unknown_add(w, who, width.text);
	else if (err || !usable.count)
		unknown_add(w, who, "its reserved regions could not be taken in");
	else
		bound_add(w, &usable, who, width.text,
			  width.from == VIOMMU_LIMIT_REGISTERS ?
			  "IOMMU registers and reserved_regions in sysfs" :
			  viommu_limit_name(width.from));
}

/** A container's name ends in its first group. Without a vIOMMU one container has them all. */
static bool device_has_container(const struct guest *g, const struct guest_device *d, int group)
{
	if (d->iommufd || !g->container_count)
		return false;
	if (g->model == VIOMMU_MODEL_NONE)
		return true;
	for (size_t i = 0; i < g->container_count; i++) {
		const char *dash = strrchr(g->containers[i].name, '-');

		if (dash && atoi(dash + 1) == group)
			return true;
	}
	return false;
}

static void device_add(struct widths *w, const struct guest_device *d)
{
	const struct machine *m = w->s->m;
	const struct machine_group *group =
		d->group >= 0 ? machine_find_group(m, d->group) :
		d->address[0] ? machine_group_of(m, d->address) : NULL;
	const char *name = d->address[0] ? d->address : d->id[0] ? d->id : "a device";

	if (device_has_container(w->s->g, d, group ? group->id : d->group))
		return;
	if (group)
		group_add(w, group, name);
	else
		unknown_add(w, name, "its IOMMU group is not known");
}

static void guest_add(struct widths *w)
{
	const struct guest *g = w->s->g;

	for (size_t i = 0; i < g->container_count; i++)
		container_add(w, &g->containers[i]);
	for (size_t i = 0; i < g->device_count; i++)
		device_add(w, &g->devices[i]);
}

static void machine_add(struct widths *w)
{
	const struct machine *m = w->s->m;

	for (size_t i = 0; i < m->group_count; i++)
		if (m->groups[i].device_count)
			group_add(w, &m->groups[i], m->groups[i].devices[0]);
	if (!m->group_count)
		advise_note(w->s, ADVICE_UNKNOWN, "/sys/kernel/iommu_groups",
			    "this host has no IOMMU group: turn the IOMMU on in the firmware, and "
			    "with intel_iommu=on where the kernel needs it");
}

static void decided_note(struct widths *w)
{
	struct advising *s = w->s;

	if (w->useless)
		advise_note(s, ADVICE_PROBLEM, "", "%zu of the devices have no usable address "
			    "below the first hole: no width suits them", w->useless);
	if (!w->max.bits)
		return;
	advise_note(s, ADVICE_REASON, w->max.source, "%s", w->max.text);
	if (w->safe.bits && strcmp(w->safe.text, w->max.text))
		advise_note(s, ADVICE_REASON, w->safe.source, "%s", w->safe.text);
	if (w->unknown > UNKNOWN_NAMED)
		advise_note(s, ADVICE_UNKNOWN, "", "%zu more have no known width",
			    w->unknown - UNKNOWN_NAMED);
}

/** The first hole that a guest of the whole width could meet. */
static void hole_note(struct advising *s)
{
	struct viommu_range hole;
	enum iova_hole kind;

	if (!s->a->safe_bits || s->a->safe_bits >= s->a->max_bits || !s->usable.count)
		return;
	kind = iova_ranges_hole(&s->usable, 1ULL << s->a->safe_bits, UINT64_MAX, &hole);
	if (kind == IOVA_HOLE_NONE)
		return;
	advise_note(s, ADVICE_REASON, "reserved_regions",
		    "hole 0x%llx-0x%llx%s: the widest without it is %u bits, the whole width is %u",
		    (unsigned long long)hole.first, (unsigned long long)hole.last,
		    kind == IOVA_HOLE_AMD_HT ? " (AMD HyperTransport)" : "", s->a->safe_bits,
		    s->a->max_bits);
}

void advise_width(struct advising *s)
{
	struct widths w = { .s = s };

	if (s->g)
		guest_add(&w);
	if (!s->g || (!s->g->device_count && !s->g->container_count)) {
		if (s->g)
			advise_note(s, ADVICE_REASON, "",
				    "the VM has no assigned device: any of this host's may come");
		machine_add(&w);
	}
	s->a->max_bits = w.max.bits;
	s->a->safe_bits = w.useless ? 0 : w.safe.bits;
	decided_note(&w);
	hole_note(s);
}
