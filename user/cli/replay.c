// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events have a VM's name and not its cgroup: `vm:` is compared with the name, `cgroup:` with the
 * groups that such a VM has. Maps that failed are left out, as the host refuses them already; but
 * those that a policy refused are maps that the VM wants.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/replay.h"
#include "core/hex.h"
#include "core/iova.h"
#include "core/policy-pattern.h"

/** Patterns that policy_compile_vm() makes of a number. */
#define PATTERNS_OF_NUMBER 4

void replay_init(struct replay *r, const struct policy_set *set)
{
	memset(r, 0, sizeof(*r));
	r->set = set;
}

void replay_fini(struct replay *r)
{
	free(r->vms);
	memset(r, 0, sizeof(*r));
}

/*
 * Does a pattern of the policy take the group that such a VM has by default: the first that its
 * name compiles to, libvirt's, and for a number also the last, Proxmox's?
 */
static bool patterns_match(const struct policy *p, const struct policy *vm)
{
	const size_t last = vm->pattern_count == PATTERNS_OF_NUMBER ? vm->pattern_count - 1 : 0;

	for (size_t i = 0; i < p->pattern_count && vm->pattern_count; i++) {
		size_t work = 1 << 20;

		if (policy_pattern_covers(p->pattern[i], vm->pattern[0], &work) ||
		    policy_pattern_covers(p->pattern[i], vm->pattern[last], &work))
			return true;
	}
	return false;
}

const struct policy *replay_policy(const struct policy_set *set, const char *vm, const char *source,
				   bool *guessed)
{
	const bool named = strcmp(source, "none") && *vm;
	struct policy groups = { .pattern_count = 0 };

	*guessed = !named || policy_compile_vm(&groups, vm);
	for (size_t i = 0; i < set->count && named; i++) {
		const struct policy *p = &set->policies[i];

		if (p->vm[0] ? !strcmp(p->vm, vm) : patterns_match(p, &groups))
			return p;
	}
	return set->has_default ? &set->fallback : NULL;
}

static struct replay_vm *vm_get(struct replay *r, const char *name, const char *source)
{
	struct replay_vm *vm;

	for (size_t i = r->count; i--;)
		if (!strcmp(r->vms[i].name, name))
			return &r->vms[i];
	if (r->count == REPLAY_VMS_MAX)
		return &r->vms[REPLAY_VMS_MAX - 1];
	if (r->count == r->room) {
		const size_t room = r->room ? 2 * r->room : 8;

		vm = realloc(r->vms, room * sizeof(*vm));
		if (!vm)
			return NULL;
		r->vms = vm;
		r->room = room;
	}
	vm = &r->vms[r->count++];
	memset(vm, 0, sizeof(*vm));
	strncpy(vm->name, name, sizeof(vm->name) - 1);
	vm->policy = replay_policy(r->set, vm->name, source, &vm->guessed);
	return vm;
}

/* "0x...": false if it is not there, or something else. */
static bool address_get(const json_t *event, const char *key, uint64_t *value)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text && !strncmp(text, "0x", 2) && text[2] &&
	       hex_read(text + 2, strlen(text) - 2, value) == strlen(text) - 2;
}

static void map_count(struct replay_vm *vm, const json_t *event)
{
	const json_int_t count = json_integer_value(json_object_get(event, "count"));
	const uint64_t n = count > 0 ? (uint64_t)count : 1;
	uint64_t iova, size, last;

	if (!address_get(event, "iova", &iova) || !address_get(event, "size", &size) ||
	    !iova_last(iova, size, &last))
		return;
	vm->maps += n;
	if (last > vm->highest)
		vm->highest = last;
	if (!vm->policy || last <= vm->policy->max_iova)
		return;
	if (!vm->refused || iova < vm->lowest)
		vm->lowest = iova;
	vm->refused += n;
}

/*
 * A line is a map that succeeded, or would have but for a policy. One that a policy only audits has
 * a line of its own under --all; without it the highest of them is still known.
 */
static void call_take(struct replay_vm *vm, const json_t *event, bool denied)
{
	const json_t *result = json_object_get(event, "result");
	uint64_t iova, size, last;

	if (!json_is_integer(result))
		return;
	if (!json_integer_value(result) != denied)
		map_count(vm, event);
	else if (denied && address_get(event, "iova", &iova) && address_get(event, "size", &size) &&
		 iova_last(iova, size, &last) && last > vm->highest)
		vm->highest = last;
}

static int event_take(struct replay *r, const json_t *event, bool *is_event)
{
	const char *type = json_string_value(json_object_get(event, "type"));
	const char *name = json_string_value(json_object_get(event, "vm"));
	const char *source = json_string_value(json_object_get(event, "vm_source"));
	struct replay_vm *vm;
	uint64_t highest;

	*is_event = type;
	if (!type || !name || (strcmp(type, "map") && strcmp(type, "deny") && strcmp(type, "summary")))
		return 0;
	vm = vm_get(r, name, source ? source : "none");
	if (!vm)
		return -ENOMEM;
	if (strcmp(type, "summary"))
		call_take(vm, event, !strcmp(type, "deny"));
	else if (address_get(event, "highest_iova", &highest) && highest > vm->highest)
		vm->highest = highest;
	return 0;
}

int replay_line(struct replay *r, const char *text, size_t len)
{
	json_t *event = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool is_event = false;
	int err = 0;

	r->lines++;
	if (event)
		err = event_take(r, event, &is_event);
	if (!is_event) {
		if (!r->bad_lines++)
			r->first_bad = r->lines;
	}
	json_decref(event);
	return err;
}

bool replay_refused(const struct replay_vm *vm)
{
	return vm->refused || (vm->policy && vm->highest > vm->policy->max_iova);
}
