/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: its netlink interface, and what the files of that share. */
#ifndef VIOMMU_GUARD_NETLINK_H
#define VIOMMU_GUARD_NETLINK_H

#include <net/genetlink.h>

#include "container.h"
#include "denial.h"
#include "policy.h"

/** guard_netlink_denial() - to the multicast group; 0, or -errno when it could not be sent. */
int guard_netlink_denial(const struct guard_record *record);
int guard_netlink_init(void);
void guard_netlink_exit(void);

/** guard_policy_attributes - of a nest A_POLICY or A_DEFAULT */
extern const struct nla_policy guard_policy_attributes[__VIOMMU_GUARD_P_MAX];

/** guard_name_valid() - may a policy be called so? */
bool guard_name_valid(const char *name);
/** guard_set_parse() - the set that a request describes, or ERR_PTR() and an extended message. */
struct guard_set *guard_set_parse(const struct genl_info *info);

/* Each fills in one nest; 0, or -EMSGSIZE: no room. Under RCU. */
int guard_put_policy(struct sk_buff *skb, const struct guard_set *set, u32 index);
int guard_put_container(struct sk_buff *skb, const struct guard_container *container);
int guard_put_status(struct sk_buff *skb);
int guard_put_denial(struct sk_buff *skb, const struct guard_record *record);

#endif
