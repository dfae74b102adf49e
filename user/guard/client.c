// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of the family viommu_guard. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "guard/socket.h"

/** A dump that changes while it is read is read again so many times. */
#define DUMP_TRIES 8

static int no_memory(char why[GUARD_WHY_LEN])
{
	snprintf(why, GUARD_WHY_LEN, "out of memory");
	return -ENOMEM;
}

/* The id of the multicast group that a nest describes; 0: it is another one. */
static uint32_t group_id(const struct nlattr *group)
{
	const struct nlattr *attr = NULL;
	const char *name = NULL;
	uint32_t id = 0;

	while ((attr = guard_attribute_next(mnl_attr_get_payload(group),
					    mnl_attr_get_payload_len(group), attr))) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
		    !mnl_attr_validate(attr, MNL_TYPE_U32))
			id = mnl_attr_get_u32(attr);
	}
	return name && !strcmp(name, VIOMMU_GUARD_GROUP) ? id : 0;
}

static int family_take(void *ctx, const void *attributes, size_t len)
{
	struct guard_client *client = ctx;
	const struct nlattr *attr = NULL, *group = NULL;

	while ((attr = guard_attribute_next(attributes, len, attr))) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    !mnl_attr_validate(attr, MNL_TYPE_U16))
			client->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		while (!client->group &&
		       (group = guard_attribute_next(mnl_attr_get_payload(attr),
						     mnl_attr_get_payload_len(attr), group)))
			client->group = group_id(group);
	}
	return 0;
}

static int family_resolve(struct guard_client *client, char why[GUARD_WHY_LEN])
{
	struct nlmsghdr *request = guard_request_new(client, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1,
						     NLM_F_ACK, 64);
	int err;

	if (!request)
		return no_memory(why);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, VIOMMU_GUARD_FAMILY);
	err = guard_request_send(client, request, family_take, client, why);
	free(request);
	if (err == -ENOENT || (!err && !client->family)) {
		snprintf(why, GUARD_WHY_LEN, "the kernel module viommu_guard is not loaded: "
			 "viommuctl policy apply loads it");
		return -ENOENT;
	}
	return err;
}

int guard_open(struct guard_client **client, char why[GUARD_WHY_LEN])
{
	struct guard_client *c = calloc(1, sizeof(*c));
	int err;

	why[0] = '\0';
	*client = NULL;
	if (!c)
		return no_memory(why);
	err = guard_socket_open(c, why);
	if (!err)
		err = family_resolve(c, why);
	if (err) {
		guard_close(c);
		return err;
	}
	*client = c;
	return 0;
}

void guard_close(struct guard_client *client)
{
	if (!client)
		return;
	guard_socket_close(client);
	free(client);
}

static struct nlmsghdr *request_new(struct guard_client *client, uint8_t command, uint16_t flags,
				    size_t room)
{
	return guard_request_new(client, client->family, command, VIOMMU_GUARD_VERSION, flags,
				 room);
}

static int command_send(struct guard_client *client, uint8_t command, uint16_t flags,
			guard_answer_fn fn, void *ctx, char why[GUARD_WHY_LEN])
{
	struct nlmsghdr *request = request_new(client, command, flags, 0);
	int err;

	if (!request)
		return no_memory(why);
	err = guard_request_send(client, request, fn, ctx, why);
	free(request);
	return err;
}

static int generation_take(void *ctx, const void *attributes, size_t len)
{
	return guard_read_generation(ctx, attributes, len) ? 0 : -EBADMSG;
}

int guard_set(struct guard_client *client, const struct policy_set *set, uint64_t *generation,
	      char why[GUARD_WHY_LEN])
{
	struct nlmsghdr *request = request_new(client, VIOMMU_GUARD_CMD_SET, NLM_F_ACK,
					       guard_set_size(set));
	int err;

	*generation = 0;
	if (!request)
		return no_memory(why);
	guard_put_set(request, set);
	err = guard_request_send(client, request, generation_take, generation, why);
	free(request);
	return err;
}

static int policy_take(void *ctx, const void *attributes, size_t len)
{
	struct policy_set *set = ctx;
	struct policy p, *room;
	bool is_default;

	if (!guard_read_policy(&p, &is_default, attributes, len))
		return 0;
	if (is_default) {
		set->has_default = true;
		set->fallback = p;
		return 0;
	}
	room = policy_set_add(set);
	if (!room)
		return -ENOMEM;
	*room = p;
	return 0;
}

int guard_get(struct guard_client *client, struct policy_set *set, char why[GUARD_WHY_LEN])
{
	int err = -EINTR;

	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		set->count = 0;
		set->has_default = false;
		err = command_send(client, VIOMMU_GUARD_CMD_GET, NLM_F_DUMP, policy_take, set, why);
	}
	return err;
}

static int status_take(void *ctx, const void *attributes, size_t len)
{
	return guard_read_status(ctx, attributes, len) ? 0 : -EBADMSG;
}

int guard_get_status(struct guard_client *client, struct guard_status *status,
		     char why[GUARD_WHY_LEN])
{
	memset(status, 0, sizeof(*status));
	return command_send(client, VIOMMU_GUARD_CMD_STATUS, NLM_F_ACK, status_take, status, why);
}

int guard_bind(struct guard_client *client, const char *policy, char why[GUARD_WHY_LEN])
{
	struct nlmsghdr *request = request_new(client, VIOMMU_GUARD_CMD_BIND, NLM_F_ACK,
					       VIOMMU_GUARD_NAME_LEN + 8);
	int err;

	if (!request)
		return no_memory(why);
	mnl_attr_put_strz(request, VIOMMU_GUARD_A_NAME, policy);
	err = guard_request_send(client, request, NULL, NULL, why);
	free(request);
	return err;
}

static int container_take(void *ctx, const void *attributes, size_t len)
{
	struct guard_containers *all = ctx;
	struct guard_container *list;

	list = realloc(all->list, (all->count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	all->list = list;
	all->count += guard_read_container(&list[all->count], attributes, len);
	return 0;
}

int guard_get_containers(struct guard_client *client, struct guard_containers *containers,
			 char why[GUARD_WHY_LEN])
{
	int err = -EINTR;

	memset(containers, 0, sizeof(*containers));
	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		containers->count = 0;
		err = command_send(client, VIOMMU_GUARD_CMD_CONTAINERS, NLM_F_DUMP, container_take,
				   containers, why);
	}
	return err;
}

void guard_containers_fini(struct guard_containers *containers)
{
	free(containers->list);
	memset(containers, 0, sizeof(*containers));
}
