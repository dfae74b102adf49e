// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor-guard.h"

#include <errno.h>
#include <string.h>

#include "host/policy-files.h"
#include "host/text.h"

/* viommuctl policy check tells of them. */
static void note_drop(void *ctx, const struct policy_note *note)
{
	(void)ctx;
	(void)note;
}

void doctor_guard_read(struct doctor_guard *g)
{
	const struct policy_listener listener = { note_drop, NULL };
	struct guard_client *client;
	char why[GUARD_WHY_LEN];
	struct policy_set set;
	int err;

	memset(g, 0, sizeof(*g));
	policy_set_init(&set);
	g->files_wrong = policy_files_load(&set, "", 0, &g->files, &listener) == -EINVAL;
	policy_set_fini(&set);
	err = guard_open(&client, why);
	g->loaded = err != -ENOENT;
	if (err)
		return;
	g->asked = !guard_get_status(client, &g->status, why) &&
		   !guard_get_containers(client, &g->containers, why);
	guard_close(client);
}

void doctor_guard_fini(struct doctor_guard *g)
{
	guard_containers_fini(&g->containers);
}

static void check_container(struct findings *f, const struct guard_container *c)
{
	char comm[3 * GUARD_COMM_LEN], reason[GUARD_REASON_LEN];

	if (c->state != VIOMMU_GUARD_NOT_ENFORCED)
		return;
	host_text_clean(comm, sizeof(comm), c->comm, strlen(c->comm));
	host_text_clean(reason, sizeof(reason), c->reason, strlen(c->reason));
	finding_add(f, FINDING_WARNING, "policy", "start the VM anew",
		    "container %u-%d of %s is not held to its policy: %s", c->pid, c->group, comm,
		    reason);
}

void doctor_check_guard(struct findings *f, const struct doctor_guard *g)
{
	char reason[GUARD_REASON_LEN];

	if (g->files_wrong)
		finding_add(f, FINDING_PROBLEM, "policy", "viommuctl policy check tells which",
			    "the policy files of this machine have mistakes and cannot be applied");
	else if (g->files && (!g->loaded || (g->asked && !g->status.generation)))
		finding_add(f, FINDING_PROBLEM, "policy",
			    "viommuctl policy apply; systemctl enable viommu-policy does it at boot",
			    "%zu policy file%s not in force: %s", g->files,
			    g->files == 1 ? " is" : "s are", g->loaded ? "nothing was applied yet" :
			    "the module viommu_guard is not loaded");
	if (!g->asked)
		return;
	host_text_clean(reason, sizeof(reason), g->status.reason, strlen(g->status.reason));
	if (reason[0])
		finding_add(f, FINDING_WARNING, "policy", "viommuctl policy status has more",
			    "policies are not enforced everywhere: %s", reason);
	for (size_t i = 0; i < g->containers.count; i++)
		check_container(f, &g->containers.list[i]);
}
