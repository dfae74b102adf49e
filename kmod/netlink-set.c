// SPDX-License-Identifier: GPL-2.0
/* A set of policies out of a netlink message: checked in every detail, with what is wrong named. */
#include "netlink.h"

#include <linux/bitops.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/errno.h>

#include "match.h"

#define FROM_KERNEL(name) \
	{ .type = NLA_REJECT, .reject_message = name " only comes from the kernel" }

const struct nla_policy guard_policy_attributes[__VIOMMU_GUARD_P_MAX] = {
	[VIOMMU_GUARD_P_NAME] = { .type = NLA_NUL_STRING, .len = VIOMMU_GUARD_NAME_LEN - 1 },
	[VIOMMU_GUARD_P_PATTERN] = { .type = NLA_NUL_STRING, .len = VIOMMU_GUARD_PATTERN_LEN - 1 },
	[VIOMMU_GUARD_P_MAX_IOVA] = { .type = NLA_U64 },
	[VIOMMU_GUARD_P_MODE] = NLA_POLICY_RANGE(NLA_U8, VIOMMU_GUARD_ENFORCE, VIOMMU_GUARD_AUDIT),
	[VIOMMU_GUARD_P_ERRNO] = { .type = NLA_U32 },
	[VIOMMU_GUARD_P_MESSAGE] = { .type = NLA_NUL_STRING, .len = VIOMMU_GUARD_MESSAGE_LEN - 1 },
	[VIOMMU_GUARD_P_FILE] = { .type = NLA_NUL_STRING, .len = VIOMMU_GUARD_FILE_LEN - 1 },
	[VIOMMU_GUARD_P_DENIALS] = FROM_KERNEL("P_DENIALS"),
	[VIOMMU_GUARD_P_AUDITS] = FROM_KERNEL("P_AUDITS"),
	[VIOMMU_GUARD_P_CONTAINERS] = FROM_KERNEL("P_CONTAINERS"),
	[VIOMMU_GUARD_P_PAD] = { .type = NLA_REJECT, .reject_message = "P_PAD carries nothing" },
};

bool guard_name_valid(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum(*name) && *name != '.' && *name != '_' && *name != '-')
			return false;
	return isascii(name[-1]);
}

/* The message has to be a literal, hence a macro. */
#define refuse(extack, attr, error, text) ({ NL_SET_ERR_MSG_ATTR(extack, attr, text); error; })

static int pattern_add(struct guard_policy *policy, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	struct guard_pattern *pattern = &policy->pattern[policy->n_patterns];
	const char *text = nla_data(attr);

	if (policy->n_patterns == VIOMMU_GUARD_MAX_PATTERNS)
		return refuse(extack, attr, -E2BIG, "P_PATTERN: more than 8 in one policy");
	if (guard_pattern_error(text))
		return refuse(extack, attr, -EINVAL,
			      "P_PATTERN: not a path of components from '/' on");
	pattern->text = kstrdup(text, GFP_KERNEL_ACCOUNT);
	if (!pattern->text)
		return -ENOMEM;
	pattern->depth = guard_pattern_depth(text);
	policy->n_patterns++;
	return 0;
}

/* Patterns, and that nothing else comes twice. */
static int patterns_parse(struct guard_policy *policy, const struct nlattr *nest,
			  struct netlink_ext_ack *extack)
{
	unsigned long seen = 0;
	const struct nlattr *attr;
	int left, error;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != VIOMMU_GUARD_P_PATTERN) {
			if (__test_and_set_bit(nla_type(attr), &seen))
				return refuse(extack, attr, -EINVAL,
					      "an attribute of a policy comes twice");
			continue;
		}
		error = pattern_add(policy, attr, extack);
		if (error)
			return error;
	}
	return 0;
}

static int name_parse(struct guard_set *set, struct guard_policy *policy,
		      const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct guard_counter *counter;

	if (!guard_name_valid(nla_data(attr)))
		return refuse(extack, attr, -EINVAL,
			      "P_NAME: only letters, digits and . _ - are allowed");
	counter = guard_counter_claim(nla_data(attr), set);
	if (counter == ERR_PTR(-EEXIST))
		return refuse(extack, attr, -EEXIST, "P_NAME: two policies have this name");
	if (IS_ERR(counter))
		return PTR_ERR(counter);
	policy->counter = counter;
	return 0;
}

static int values_parse(struct guard_policy *policy, const struct nlattr *nest,
			struct nlattr *const *tb, struct netlink_ext_ack *extack)
{
	if (!tb[VIOMMU_GUARD_P_MAX_IOVA])
		return refuse(extack, nest, -EINVAL, "P_MAX_IOVA is missing");
	if (!tb[VIOMMU_GUARD_P_MODE])
		return refuse(extack, nest, -EINVAL, "P_MODE is missing");
	policy->max_iova = nla_get_u64(tb[VIOMMU_GUARD_P_MAX_IOVA]);
	if (policy->max_iova != GUARD_NO_LIMIT && (policy->max_iova + 1) % PAGE_SIZE)
		return refuse(extack, tb[VIOMMU_GUARD_P_MAX_IOVA], -EINVAL,
			      "P_MAX_IOVA: not the last byte of a page");
	policy->mode = nla_get_u8(tb[VIOMMU_GUARD_P_MODE]);
	policy->error = tb[VIOMMU_GUARD_P_ERRNO] ? nla_get_u32(tb[VIOMMU_GUARD_P_ERRNO]) : ERANGE;
	if (policy->error != ERANGE && policy->error != EPERM && policy->error != EINVAL)
		return refuse(extack, tb[VIOMMU_GUARD_P_ERRNO], -EINVAL,
			      "P_ERRNO: neither ERANGE nor EPERM nor EINVAL");
	if (tb[VIOMMU_GUARD_P_MESSAGE])
		nla_strscpy(policy->message, tb[VIOMMU_GUARD_P_MESSAGE], sizeof(policy->message));
	if (tb[VIOMMU_GUARD_P_FILE])
		nla_strscpy(policy->file, tb[VIOMMU_GUARD_P_FILE], sizeof(policy->file));
	return 0;
}

static int policy_parse(struct guard_set *set, struct guard_policy *policy,
			const struct nlattr *nest, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[__VIOMMU_GUARD_P_MAX];
	int error = nla_parse_nested(tb, __VIOMMU_GUARD_P_MAX - 1, nest, guard_policy_attributes,
				     extack);

	if (error)
		return error;
	if (!tb[VIOMMU_GUARD_P_NAME])
		return refuse(extack, nest, -EINVAL, "P_NAME is missing");
	error = name_parse(set, policy, tb[VIOMMU_GUARD_P_NAME], extack);
	if (!error)
		error = patterns_parse(policy, nest, extack);
	return error ? error : values_parse(policy, nest, tb, extack);
}

static int default_parse(struct guard_set *set, const struct nlattr *nest,
			 struct netlink_ext_ack *extack)
{
	struct guard_policy *policy = &set->policy[set->n];
	struct nlattr *tb[__VIOMMU_GUARD_P_MAX];
	int error = nla_parse_nested(tb, __VIOMMU_GUARD_P_MAX - 1, nest, guard_policy_attributes,
				     extack);

	if (error)
		return error;
	if (set->has_default)
		return refuse(extack, nest, -EINVAL, "A_DEFAULT comes twice");
	if (tb[VIOMMU_GUARD_P_NAME] || tb[VIOMMU_GUARD_P_PATTERN])
		return refuse(extack, nest, -EINVAL,
			      "A_DEFAULT: the default has no name and no pattern");
	policy->counter = guard_counter_claim("", set);
	if (IS_ERR(policy->counter)) {
		policy->counter = NULL;
		return -ENOMEM;
	}
	set->has_default = true;
	error = patterns_parse(policy, nest, extack);
	return error ? error : values_parse(policy, nest, tb, extack);
}

static int set_parse(struct guard_set *set, const struct genl_info *info)
{
	const struct nlattr *attr;
	int left, error = 0;
	u32 i = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) == VIOMMU_GUARD_A_POLICY)
			error = policy_parse(set, &set->policy[i++], attr, info->extack);
		else
			error = default_parse(set, attr, info->extack);
		if (error)
			break;
	}
	return error;
}

struct guard_set *guard_set_parse(const struct genl_info *info)
{
	const struct nlattr *attr;
	struct guard_set *set;
	u32 n = 0;
	int left, error;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		n += nla_type(attr) == VIOMMU_GUARD_A_POLICY;
		if (n > VIOMMU_GUARD_MAX_POLICIES) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "A_POLICY: more than 4096 policies");
			return ERR_PTR(-E2BIG);
		}
	}
	set = guard_set_new(n);
	if (!set)
		return ERR_PTR(-ENOMEM);
	error = set_parse(set, info);
	if (!error)
		return set;
	guard_set_free(set);
	return ERR_PTR(error);
}
