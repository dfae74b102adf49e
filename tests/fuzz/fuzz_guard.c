// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for what comes from viommu_guard, and for recorded events. The first byte says
 * what the rest is: attributes of a message, an acknowledgement with words, or lines of JSON.
 */
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "cli/replay.h"
#include "guard/socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_end(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

static void attributes_read(const void *data, size_t size)
{
	static struct guard_container container;
	static struct guard_denial denial;
	static struct policy policy;
	struct guard_status status;
	uint64_t generation;
	bool is_default;

	guard_read_generation(&generation, data, size);
	guard_read_status(&status, data, size);
	check_end(status.reason, sizeof(status.reason));
	guard_read_container(&container, data, size);
	check_end(container.comm, sizeof(container.comm));
	check_end(container.cgroup, sizeof(container.cgroup));
	check_end(container.policy, sizeof(container.policy));
	check_end(container.reason, sizeof(container.reason));
	guard_read_denial(&denial, data, size);
	check_end(denial.cgroup, sizeof(denial.cgroup));
	check_end(denial.file, sizeof(denial.file));
	check_end(denial.message, sizeof(denial.message));
	guard_read_policy(&policy, &is_default, data, size);
	check_end(policy.name, sizeof(policy.name));
	if (policy.pattern_count > VIOMMU_GUARD_MAX_PATTERNS)
		abort();
	for (size_t i = 0; i < policy.pattern_count; i++)
		check_end(policy.pattern[i], sizeof(policy.pattern[i]));
}

/* A message as libmnl hands it over: its length fits what was received. */
static void words_read(const uint8_t *data, size_t size)
{
	struct nlmsghdr *message;
	char text[64];

	if (size < NLMSG_HDRLEN)
		return;
	message = malloc(size);
	if (!message)
		abort();
	memcpy(message, data, size);
	message->nlmsg_len = (uint32_t)size;
	guard_extack_read(text, sizeof(text), message);
	check_end(text, sizeof(text));
	free(message);
}

static void no_tell(void *ctx, const struct policy_note *note)
{
	(void)ctx;
	(void)note;
}

static void events_read(const char *text, size_t size)
{
	static const char rules[] = "version: 1\npolicies:\n"
		"- {name: a, match: {vm: guest1}, max_iova_bits: 38}\n"
		"- {name: b, match: {cgroup: '/machine.slice/*\\x2dg*'}, max_iova_bits: 40}\n"
		"default: {max_iova_bits: 48, mode: audit}\n";
	const struct policy_listener listener = { no_tell, NULL };
	struct policy_set set;
	struct replay r;

	policy_set_init(&set);
	if (policy_parse(&set, "f", rules, sizeof(rules) - 1, &listener))
		abort();
	replay_init(&r, &set);
	while (size) {
		const char *end = memchr(text, '\n', size);
		const size_t len = end ? (size_t)(end - text) + 1 : size;

		if (replay_line(&r, text, len))
			abort();
		text += len;
		size -= len;
	}
	for (size_t i = 0; i < r.count; i++) {
		check_end(r.vms[i].name, sizeof(r.vms[i].name));
		if (r.vms[i].refused && (!r.vms[i].policy || !replay_refused(&r.vms[i]) ||
					 r.vms[i].lowest > r.vms[i].highest))
			abort();
	}
	replay_fini(&r);
	policy_set_fini(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *copy;

	if (size < 2)
		return 0;
	/* Aligned as a socket's buffer is, and no byte longer. */
	copy = malloc(size - 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		attributes_read(copy, size - 1);
		break;
	case 1:
		words_read(copy, size - 1);
		break;
	default:
		events_read(copy, size - 1);
	}
	free(copy);
	return 0;
}
