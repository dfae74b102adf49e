// SPDX-License-Identifier: GPL-2.0-or-later
/* Which policy a running VM has, and whether it can live with that. */
#include <string.h>

#include "cli/policy.h"
#include "core/advise.h"
#include "host/qemu.h"
#include "host/vm.h"
#include "kmod/match.h"

const struct policy *policy_of_cgroup(const struct policy_set *set, const char *cgroup)
{
	struct guard_path path;

	guard_path_init(&path, cgroup);
	for (size_t i = 0; i < set->count; i++) {
		const struct policy *p = &set->policies[i];

		for (size_t k = 0; k < p->pattern_count; k++) {
			const char *pattern = p->pattern[k];

			if (guard_pattern_match(pattern, guard_pattern_depth(pattern), &path))
				return p;
		}
	}
	return set->has_default ? &set->fallback : NULL;
}

/* Do devices see the guest's memory where it lies, at least while it boots? */
static bool memory_bypasses(const struct guest *g)
{
	return (g->device_count || g->container_count) &&
	       (g->model == VIOMMU_MODEL_NONE || g->boot_bypass != TRI_NO);
}

static void guest_check(const struct policy_set *set, const struct guest *g, const char *cgroup,
			const struct policy_listener *listener)
{
	const struct policy *p = policy_of_cgroup(set, cgroup);
	const uint64_t last = advise_memory_last(g);
	char text[512];
	struct policy_note note = { POLICY_WARNING, "", { 0, 0 }, text };

	if (!p || last <= p->max_iova || !memory_bypasses(g))
		return;
	snprintf(text, sizeof(text), "VM %.200s, which runs here, has memory up to 0x%llx, above the "
		 "limit 0x%llx: its devices see it there %s, so that it would not start", g->vm.name,
		 (unsigned long long)last, (unsigned long long)p->max_iova,
		 g->model == VIOMMU_MODEL_NONE ? "for want of a virtual IOMMU" : "while it boots");
	note.file = p->file;
	note.at = p->limit_at;
	listener->tell(listener->ctx, &note);
}

void policy_vms_check(const struct policy_set *set, const char *root,
		      const struct policy_listener *listener)
{
	struct guest_list list;

	if (!set->count && !set->has_default)
		return;
	/* Where VMs cannot be seen, nothing is said of them. */
	if (guests_running(&list, root))
		return;
	for (size_t i = 0; i < list.count; i++) {
		struct host_process process = { .pid = list.guests[i].pid };

		if (!host_process_read(&process, root) && process.cgroup[0])
			guest_check(set, &list.guests[i], process.cgroup, listener);
	}
	guest_list_fini(&list);
}
