// SPDX-License-Identifier: GPL-2.0
/* Generic netlink family "viommu_guard" (include/viommu/guard.h): its commands. */
#include "netlink.h"

#include <linux/capability.h>
#include <linux/err.h>

#include "binding.h"

static struct genl_family family;

/*
 * Policies bind everybody on the host, so no user namespace's root may change or read them. Who
 * opened the socket must have the right as well as who writes to it.
 */
static int check_rights(struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "CAP_SYS_ADMIN in the initial user namespace is needed");
	return -EPERM;
}

/* A reply of this command, with the head of the message in @head; NULL: no memory. */
static struct sk_buff *reply_new(struct genl_info *info, void **head)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
	if (*head)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int reply_send(struct sk_buff *skb, void *head, struct genl_info *info)
{
	genlmsg_end(skb, head);
	return genlmsg_unicast(genl_info_net(info), skb, info->snd_portid);
}

/* Nothing can fail once the set is in force but the reply itself. */
static int set_doit(struct sk_buff *request, struct genl_info *info)
{
	struct guard_set *set;
	struct sk_buff *skb;
	void *head;
	int error = check_rights(request, info->extack);

	if (error)
		return error;
	skb = reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	set = guard_set_parse(info);
	if (IS_ERR(set)) {
		nlmsg_free(skb);
		return PTR_ERR(set);
	}
	error = nla_put_u64_64bit(skb, VIOMMU_GUARD_A_GENERATION, guard_set_publish(set),
				  VIOMMU_GUARD_A_PAD);
	if (error) {
		nlmsg_free(skb);
		return error;
	}
	return reply_send(skb, head, info);
}

static u64 generation_current(void)
{
	const struct guard_set *set;
	u64 generation;

	rcu_read_lock();
	set = guard_set_current();
	generation = set ? set->generation : 0;
	rcu_read_unlock();
	return generation;
}

static int status_doit(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb;
	void *head;
	int error = check_rights(request, info->extack);

	if (error)
		return error;
	skb = reply_new(info, &head);
	if (!skb)
		return -ENOMEM;
	error = nla_put_u64_64bit(skb, VIOMMU_GUARD_A_GENERATION, generation_current(),
				  VIOMMU_GUARD_A_PAD);
	if (!error)
		error = guard_put_status(skb);
	if (!error)
		return reply_send(skb, head, info);
	nlmsg_free(skb);
	return error;
}

static int bind_doit(struct sk_buff *request, struct genl_info *info)
{
	const struct nlattr *name = info->attrs[VIOMMU_GUARD_A_NAME];
	int error = check_rights(request, info->extack);

	if (error)
		return error;
	if (!name) {
		NL_SET_ERR_MSG(info->extack, "A_NAME is missing");
		return -EINVAL;
	}
	if (nla_len(name) > 1 && *(char *)nla_data(name) && !guard_name_valid(nla_data(name))) {
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "A_NAME: only letters, digits and . _ - are allowed");
		return -EINVAL;
	}
	return guard_bind_current(nla_data(name));
}

static int dump_start(struct netlink_callback *cb)
{
	return check_rights(cb->skb, cb->extack);
}

static void *dump_head(struct sk_buff *skb, struct netlink_callback *cb, u8 command)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				 NLM_F_MULTI, command);

	if (head)
		genl_dump_check_consistent(cb, head);
	return head;
}

/*
 * args[0]: index of the next policy. A set that was replaced meanwhile shows as NLM_F_DUMP_INTR:
 * the reader asks again.
 */
static int get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct guard_set *set;

	rcu_read_lock();
	set = guard_set_current();
	/* 0 would mean that consistency does not matter. */
	cb->seq = set ? (unsigned int)set->generation + 1 : 1;
	for (; set && cb->args[0] < set->n + set->has_default; cb->args[0]++) {
		void *head = dump_head(skb, cb, VIOMMU_GUARD_CMD_GET);

		if (!head)
			break;
		if (guard_put_policy(skb, set, (u32)cb->args[0])) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
	}
	rcu_read_unlock();
	return (int)skb->len;
}

struct container_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int container_visit(const struct guard_container *container, void *data)
{
	struct container_dump *dump = data;
	void *head = dump_head(dump->skb, dump->cb, VIOMMU_GUARD_CMD_CONTAINERS);

	if (!head)
		return 1;
	if (guard_put_container(dump->skb, container)) {
		genlmsg_cancel(dump->skb, head);
		return 1;
	}
	genlmsg_end(dump->skb, head);
	return 0;
}

/* args[0]: bucket of the table, -1 at the end; args[1]: how many of it have been told. */
static int containers_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct container_dump dump = { .skb = skb, .cb = cb };
	unsigned int skip = (unsigned int)cb->args[1];

	if (cb->args[0] < 0)
		return 0;
	rcu_read_lock();
	cb->seq = guard_container_generation();
	cb->args[0] = guard_container_each((unsigned int)cb->args[0], &skip, container_visit,
					   &dump);
	rcu_read_unlock();
	cb->args[1] = skip;
	return (int)skb->len;
}

static const struct nla_policy set_attributes[VIOMMU_GUARD_A_DEFAULT + 1] = {
	[VIOMMU_GUARD_A_POLICY] = NLA_POLICY_NESTED(guard_policy_attributes),
	[VIOMMU_GUARD_A_DEFAULT] = NLA_POLICY_NESTED(guard_policy_attributes),
};

static const struct nla_policy bind_attributes[VIOMMU_GUARD_A_NAME + 1] = {
	[VIOMMU_GUARD_A_NAME] = { .type = NLA_NUL_STRING, .len = VIOMMU_GUARD_NAME_LEN - 1 },
};

static const struct genl_ops operations[] = {
	{ .cmd = VIOMMU_GUARD_CMD_SET, .doit = set_doit, .policy = set_attributes,
	  .maxattr = ARRAY_SIZE(set_attributes) - 1 },
	{ .cmd = VIOMMU_GUARD_CMD_GET, .start = dump_start, .dumpit = get_dumpit },
	{ .cmd = VIOMMU_GUARD_CMD_STATUS, .doit = status_doit },
	{ .cmd = VIOMMU_GUARD_CMD_BIND, .doit = bind_doit, .policy = bind_attributes,
	  .maxattr = ARRAY_SIZE(bind_attributes) - 1 },
	{ .cmd = VIOMMU_GUARD_CMD_CONTAINERS, .start = dump_start, .dumpit = containers_dumpit },
};

static const struct genl_multicast_group groups[] = {
	{ .name = VIOMMU_GUARD_GROUP,
#ifdef GENL_MCAST_CAP_SYS_ADMIN
	  .flags = GENL_MCAST_CAP_SYS_ADMIN,
#endif
	},
};

static struct genl_family family __ro_after_init = {
	.name = VIOMMU_GUARD_FAMILY,
	.version = VIOMMU_GUARD_VERSION,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	/* From the first command on everything is strict. */
	.resv_start_op = VIOMMU_GUARD_CMD_UNSPEC + 1,
};

int guard_netlink_denial(const struct guard_record *record)
{
	struct sk_buff *skb;
	void *head;
	int error;

	if (!genl_has_listeners(&family, &init_net, 0))
		return 0;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	head = genlmsg_put(skb, 0, 0, &family, 0, VIOMMU_GUARD_CMD_DENIAL);
	if (!head || guard_put_denial(skb, record)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	error = genlmsg_multicast(&family, skb, 0, 0, GFP_KERNEL);
	/* Listeners that have gone meanwhile are none. */
	return error == -ESRCH ? 0 : error;
}

int guard_netlink_init(void)
{
	return genl_register_family(&family);
}

void guard_netlink_exit(void)
{
	genl_unregister_family(&family);
}
