// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl policy status: what is in force, on whom, and what it has refused. */
#include <errno.h>
#include <string.h>

#include "cli/policy.h"
#include "core/iova.h"
#include "host/text.h"
#include "host/vm.h"

static const struct option_desc status_options[] = {
	COMMAND_OUTPUT("one object"),
};

static const struct program_desc status_program = {
	.name = "viommuctl policy status",
	.synopsis = "what is in force, on which VMs, what it has refused, what is not enforced",
	.options = status_options,
	.option_count = sizeof(status_options) / sizeof(status_options[0]),
};

/** All that the kernel says. */
struct answer {
	struct guard_status status;
	struct policy_set set;
	struct guard_containers containers;
};

static void clean(char *buf, size_t size, const char *text)
{
	host_text_clean(buf, size, text, strlen(text));
}

/* Which VM a container is of. */
static void vm_find(struct viommu_vm *vm, const struct guard_container *c)
{
	struct host_process p = { .pid = c->pid, .start_time = c->start_time };

	snprintf(p.comm, sizeof(p.comm), "%.15s", c->comm);
	snprintf(p.cgroup, sizeof(p.cgroup), "%.*s", (int)sizeof(p.cgroup) - 1, c->cgroup);
	host_process_read(&p, "");
	host_vm_identify(vm, &p, "");
}

static void head_print(const struct guard_status *s)
{
	char reason[3 * GUARD_REASON_LEN];
	bool missed = false;

	printf("viommu_guard: generation %llu, %u policies, %u containers, %u of them capped\n",
	       (unsigned long long)s->generation, s->policies, s->containers, s->capped);
	if (!s->armed)
		printf("    vfio_iommu_type1 is not loaded: policies take hold when it is\n");
	clean(reason, sizeof(reason), s->reason);
	if (reason[0])
		printf("    not enforced: %s\n", reason);
	for (unsigned int i = 0; i < VIOMMU_GUARD_NR_MISSED; i++) {
		if (s->missed[i])
			printf("%s %s %llu", missed ? "," : "    missed:", guard_missed_name(i),
			       (unsigned long long)s->missed[i]);
		missed |= s->missed[i];
	}
	if (missed)
		putchar('\n');
}

static void rule_print(const struct policy *p)
{
	policy_print(stdout, p);
	printf("    so far:   %llu refused, %llu would have been, %u containers under it\n",
	       (unsigned long long)p->denials, (unsigned long long)p->audits, p->containers);
}

static void container_print(const struct guard_container *c)
{
	const char *state = guard_state_name(c->state);
	char limit[64], reason[3 * GUARD_REASON_LEN];
	struct viommu_vm vm;

	vm_find(&vm, c);
	policy_limit_text(limit, sizeof(limit), c->limit);
	clean(reason, sizeof(reason), c->reason);
	printf("%s, container %u-%d: %s", vm.name, c->pid, c->group,
	       state ? state : "unknown state");
	if (c->limit != POLICY_NO_LIMIT)
		printf(" at %s by %s", limit, c->policy[0] ? c->policy : "the default");
	printf("%s%s\n", reason[0] ? ": " : "", reason);
	if (c->denials || c->audits || c->violations)
		printf("    %llu refused, %llu would have been, %llu mappings above the limit\n",
		       (unsigned long long)c->denials, (unsigned long long)c->audits,
		       (unsigned long long)c->violations);
}

static void table_print(const struct answer *a)
{
	head_print(&a->status);
	for (size_t i = 0; i < a->set.count; i++)
		rule_print(&a->set.policies[i]);
	if (a->set.has_default)
		rule_print(&a->set.fallback);
	for (size_t i = 0; i < a->containers.count; i++)
		container_print(&a->containers.list[i]);
}

static json_t *missed_json(const struct guard_status *s)
{
	struct json_line line = { json_object(), 0 };

	for (unsigned int i = 0; i < VIOMMU_GUARD_NR_MISSED; i++)
		json_line_count(&line, guard_missed_name(i), s->missed[i]);
	return line.object;
}

static json_t *container_json(const struct guard_container *c)
{
	struct json_line line = { json_object(), 0 };
	struct viommu_vm vm;
	char name[32];

	vm_find(&vm, c);
	snprintf(name, sizeof(name), "%u-%d", c->pid, c->group);
	json_line_name(&line, "vm", vm.name);
	json_line_name(&line, "vm_source", viommu_vm_source_name(vm.source));
	json_line_name(&line, "container", name);
	json_line_count(&line, "pid", c->pid);
	json_line_text(&line, "comm", c->comm, sizeof(c->comm));
	json_line_text(&line, "cgroup", c->cgroup, 1024);
	if (c->group >= 0)
		json_line_count(&line, "group", (uint64_t)c->group);
	json_line_text(&line, "policy", c->policy, sizeof(c->policy));
	json_line_name(&line, "state", guard_state_name(c->state));
	json_line_text(&line, "reason", c->reason, sizeof(c->reason));
	if (c->limit != POLICY_NO_LIMIT)
		json_line_hex(&line, "limit", c->limit);
	if (c->host_limit != POLICY_NO_LIMIT)
		json_line_hex(&line, "host_limit", c->host_limit);
	json_line_count(&line, "denials", c->denials);
	json_line_count(&line, "audits", c->audits);
	json_line_count(&line, "violations", c->violations);
	return line.object;
}

static int json_print(const struct answer *a)
{
	struct json_line line = { json_object(), 0 };
	json_t *containers = json_array();

	for (size_t i = 0; i < a->containers.count; i++)
		json_array_append_new(containers, container_json(&a->containers.list[i]));
	json_line_count(&line, "v", 1);
	json_line_count(&line, "generation", a->status.generation);
	json_line_add(&line, "armed", json_boolean(a->status.armed));
	json_line_text(&line, "not_enforced", a->status.reason, sizeof(a->status.reason));
	json_line_count(&line, "capped", a->status.capped);
	json_line_add(&line, "missed", missed_json(&a->status));
	json_line_add(&line, "policies", policy_set_json(&a->set, true));
	json_line_add(&line, "containers", containers);
	return json_line_print(&line, stdout);
}

static int answer_get(struct answer *a, struct guard_client *client)
{
	char why[GUARD_WHY_LEN];
	int err = guard_get_status(client, &a->status, why);

	if (!err)
		err = guard_get(client, &a->set, why);
	if (!err)
		err = guard_get_containers(client, &a->containers, why);
	return err ? policy_kernel_failed(status_program.name, err, why) : -1;
}

static int status_run(int argc, char **argv)
{
	struct command_opts opts = { .json = false };
	int code = options_parse(&status_program, argc, argv, &opts);
	struct guard_client *client = NULL;
	struct answer a = { .containers = { NULL, 0 } };

	if (code >= 0)
		return code;
	policy_set_init(&a.set);
	code = policy_connect(&client, status_program.name, false);
	if (code < 0)
		code = answer_get(&a, client);
	if (code < 0) {
		code = EXIT_DONE;
		if (!opts.json)
			table_print(&a);
		else if (json_print(&a))
			code = EXIT_FAILED;
	}
	guard_containers_fini(&a.containers);
	policy_set_fini(&a.set);
	guard_close(client);
	return policy_finish(status_program.name, code);
}

const struct command policy_status_command = { &status_program, status_run };
