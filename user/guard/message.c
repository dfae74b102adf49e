// SPDX-License-Identifier: GPL-2.0-or-later
/* One table a structure: which attribute goes into which member. */
#include <string.h>

#include <libmnl/libmnl.h>

#include "guard/message.h"

enum form { NUMBER, SIGNED, STRING, NEST };

/** An attribute and its member. */
struct field {
	uint16_t type;
	enum form form;
	size_t offset;
	size_t size;			/**< of the member */
	const struct field *inner;	/**< NEST: its attributes, of the same object */
	size_t inner_count;
};

#define FIELD(object, kind, attribute, member) \
	{ attribute, kind, offsetof(struct object, member), sizeof(((struct object *)0)->member), \
	  NULL, 0 }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MISSED(n) \
	{ (n) + 1, NUMBER, offsetof(struct guard_status, missed) + (n) * sizeof(uint64_t), \
	  sizeof(uint64_t), NULL, 0 }

static const struct field missed_fields[] = {
	MISSED(VIOMMU_GUARD_MISSED_ATTACH), MISSED(VIOMMU_GUARD_MISSED_ERRNO),
	MISSED(VIOMMU_GUARD_MISSED_COUNT), MISSED(VIOMMU_GUARD_MISSED_TABLE),
	MISSED(VIOMMU_GUARD_MISSED_EVENT),
};

static const struct field status_fields[] = {
	FIELD(guard_status, NUMBER, VIOMMU_GUARD_S_ARMED, armed),
	FIELD(guard_status, STRING, VIOMMU_GUARD_S_REASON, reason),
	FIELD(guard_status, NUMBER, VIOMMU_GUARD_S_POLICIES, policies),
	FIELD(guard_status, NUMBER, VIOMMU_GUARD_S_CONTAINERS, containers),
	FIELD(guard_status, NUMBER, VIOMMU_GUARD_S_CAPPED, capped),
	{ VIOMMU_GUARD_S_MISSED, NEST, 0, 0, missed_fields, COUNT(missed_fields) },
};

static const struct field container_fields[] = {
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_PID, pid),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_START_TIME, start_time),
	FIELD(guard_container, STRING, VIOMMU_GUARD_C_COMM, comm),
	FIELD(guard_container, STRING, VIOMMU_GUARD_C_CGROUP, cgroup),
	FIELD(guard_container, SIGNED, VIOMMU_GUARD_C_GROUP, group),
	FIELD(guard_container, STRING, VIOMMU_GUARD_C_POLICY, policy),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_STATE, state),
	FIELD(guard_container, STRING, VIOMMU_GUARD_C_REASON, reason),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_LIMIT, limit),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_HOST_LIMIT, host_limit),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_DENIALS, denials),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_AUDITS, audits),
	FIELD(guard_container, NUMBER, VIOMMU_GUARD_C_VIOLATIONS, violations),
};

static const struct field denial_fields[] = {
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_TIME, time),
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_PID, pid),
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_TID, tid),
	FIELD(guard_denial, STRING, VIOMMU_GUARD_D_COMM, comm),
	FIELD(guard_denial, STRING, VIOMMU_GUARD_D_CGROUP, cgroup),
	FIELD(guard_denial, SIGNED, VIOMMU_GUARD_D_GROUP, group),
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_IOVA, iova),
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_SIZE, size),
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_LIMIT, limit),
	FIELD(guard_denial, STRING, VIOMMU_GUARD_D_POLICY, policy),
	FIELD(guard_denial, STRING, VIOMMU_GUARD_D_FILE, file),
	FIELD(guard_denial, STRING, VIOMMU_GUARD_D_MESSAGE, message),
	FIELD(guard_denial, NUMBER, VIOMMU_GUARD_D_ERRNO, error),
};

static const struct field policy_fields[] = {
	FIELD(policy, STRING, VIOMMU_GUARD_P_NAME, name),
	FIELD(policy, NUMBER, VIOMMU_GUARD_P_MAX_IOVA, max_iova),
	FIELD(policy, NUMBER, VIOMMU_GUARD_P_MODE, mode),
	FIELD(policy, NUMBER, VIOMMU_GUARD_P_ERRNO, error),
	FIELD(policy, STRING, VIOMMU_GUARD_P_MESSAGE, message),
	FIELD(policy, STRING, VIOMMU_GUARD_P_FILE, file),
	FIELD(policy, NUMBER, VIOMMU_GUARD_P_DENIALS, denials),
	FIELD(policy, NUMBER, VIOMMU_GUARD_P_AUDITS, audits),
	FIELD(policy, NUMBER, VIOMMU_GUARD_P_CONTAINERS, containers),
};

const char *guard_state_name(uint8_t state)
{
	static const char *const names[] = { "none", "capped", "checked", "pending", "audited",
					     "not_enforced" };

	return state < COUNT(names) ? names[state] : NULL;
}

const char *guard_missed_name(unsigned int missed)
{
	static const char *const names[VIOMMU_GUARD_NR_MISSED] = { "attach", "errno", "count",
								   "table", "event" };

	return missed < VIOMMU_GUARD_NR_MISSED ? names[missed] : NULL;
}

/* A number of 1, 2, 4 or 8 bytes into a member of another size; too large is not taken. */
static void number_take(void *member, size_t size, const struct nlattr *attr)
{
	const size_t len = mnl_attr_get_payload_len(attr);
	uint64_t value;

	if (len == sizeof(uint8_t))
		value = mnl_attr_get_u8(attr);
	else if (len == sizeof(uint16_t))
		value = mnl_attr_get_u16(attr);
	else if (len == sizeof(uint32_t))
		value = mnl_attr_get_u32(attr);
	else if (len == sizeof(uint64_t))
		value = mnl_attr_get_u64(attr);
	else
		return;
	if (size == sizeof(uint64_t))
		memcpy(member, &value, size);
	else if (size == sizeof(uint32_t) && value <= UINT32_MAX)
		memcpy(member, &(uint32_t){ (uint32_t)value }, size);
	else if (size == sizeof(uint8_t) && value <= UINT8_MAX)
		memcpy(member, &(uint8_t){ (uint8_t)value }, size);
}

const struct nlattr *guard_attribute_next(const void *attributes, size_t len,
					  const struct nlattr *attr)
{
	const char *end = (const char *)attributes + len;

	attr = attr ? mnl_attr_next(attr) : attributes;
	return mnl_attr_ok(attr, (int)(end - (const char *)attr)) ? attr : NULL;
}

static void field_take(void *object, const struct field *field, const struct nlattr *attr);

static void fields_take(void *object, const struct field *fields, size_t count, const void *payload,
			size_t len)
{
	const struct nlattr *attr = NULL;

	while ((attr = guard_attribute_next(payload, len, attr)))
		for (size_t i = 0; i < count; i++)
			if (fields[i].type == mnl_attr_get_type(attr))
				field_take(object, &fields[i], attr);
}

static void field_take(void *object, const struct field *field, const struct nlattr *attr)
{
	char *member = (char *)object + field->offset;
	const size_t len = mnl_attr_get_payload_len(attr);

	switch (field->form) {
	case NUMBER:
		number_take(member, field->size, attr);
		break;
	case SIGNED:
		if (len == field->size)
			memcpy(member, mnl_attr_get_payload(attr), len);
		break;
	case STRING:
		/* A text that is cut short would be taken for another. */
		if (len && len <= field->size && memchr(mnl_attr_get_payload(attr), '\0', len))
			memcpy(member, mnl_attr_get_payload(attr), len);
		break;
	case NEST:
		fields_take(object, field->inner, field->inner_count, mnl_attr_get_payload(attr),
			    len);
		break;
	}
}

/* The first attribute of that type; NULL: there is none. */
static const struct nlattr *attribute_find(const void *payload, size_t len, uint16_t type)
{
	const struct nlattr *attr = guard_attribute_next(payload, len, NULL);

	while (attr && mnl_attr_get_type(attr) != type)
		attr = guard_attribute_next(payload, len, attr);
	return attr;
}

static bool nest_take(void *object, const struct field *fields, size_t count, const void *payload,
		      size_t len, uint16_t type)
{
	const struct nlattr *nest = attribute_find(payload, len, type);

	if (nest)
		fields_take(object, fields, count, mnl_attr_get_payload(nest),
			    mnl_attr_get_payload_len(nest));
	return nest;
}

bool guard_read_generation(uint64_t *generation, const void *attributes, size_t len)
{
	const struct nlattr *attr = attribute_find(attributes, len, VIOMMU_GUARD_A_GENERATION);

	*generation = 0;
	if (attr)
		number_take(generation, sizeof(*generation), attr);
	return attr;
}

bool guard_read_status(struct guard_status *out, const void *attributes, size_t len)
{
	memset(out, 0, sizeof(*out));
	guard_read_generation(&out->generation, attributes, len);
	return nest_take(out, status_fields, COUNT(status_fields), attributes, len,
			 VIOMMU_GUARD_A_STATUS);
}

bool guard_read_container(struct guard_container *out, const void *attributes, size_t len)
{
	memset(out, 0, sizeof(*out));
	out->group = -1;
	out->limit = POLICY_NO_LIMIT;
	out->host_limit = POLICY_NO_LIMIT;
	return nest_take(out, container_fields, COUNT(container_fields), attributes, len,
			 VIOMMU_GUARD_A_CONTAINER);
}

bool guard_read_denial(struct guard_denial *out, const void *attributes, size_t len)
{
	memset(out, 0, sizeof(*out));
	out->group = -1;
	return nest_take(out, denial_fields, COUNT(denial_fields), attributes, len,
			 VIOMMU_GUARD_A_DENIAL);
}

static void patterns_take(struct policy *p, const void *payload, size_t len)
{
	const struct nlattr *attr = NULL;

	while ((attr = guard_attribute_next(payload, len, attr))) {
		const struct field next = { .type = VIOMMU_GUARD_P_PATTERN, .form = STRING,
					    .size = sizeof(p->pattern[0]) };

		if (mnl_attr_get_type(attr) != VIOMMU_GUARD_P_PATTERN ||
		    p->pattern_count == VIOMMU_GUARD_MAX_PATTERNS)
			continue;
		field_take(p->pattern[p->pattern_count], &next, attr);
		p->pattern_count += p->pattern[p->pattern_count][0] != '\0';
	}
}

bool guard_read_policy(struct policy *out, bool *is_default, const void *attributes, size_t len)
{
	const struct nlattr *nest = attribute_find(attributes, len, VIOMMU_GUARD_A_POLICY);

	memset(out, 0, sizeof(*out));
	*is_default = !nest;
	if (!nest)
		nest = attribute_find(attributes, len, VIOMMU_GUARD_A_DEFAULT);
	if (!nest)
		return false;
	fields_take(out, policy_fields, COUNT(policy_fields), mnl_attr_get_payload(nest),
		    mnl_attr_get_payload_len(nest));
	patterns_take(out, mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest));
	return true;
}

static size_t policy_size(const struct policy *p)
{
	/* Numbers, and the head and rounding of each attribute. */
	size_t size = (8 + p->pattern_count) * 2 * sizeof(struct nlattr) + 32;

	for (size_t i = 0; i < p->pattern_count; i++)
		size += strlen(p->pattern[i]) + 1;
	return size + strlen(p->name) + strlen(p->message) + strlen(p->file) + 3;
}

size_t guard_set_size(const struct policy_set *set)
{
	size_t size = set->has_default ? policy_size(&set->fallback) : 0;

	for (size_t i = 0; i < set->count; i++)
		size += policy_size(&set->policies[i]);
	return size;
}

static void policy_put(struct nlmsghdr *message, uint16_t type, const struct policy *p)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	if (type == VIOMMU_GUARD_A_POLICY)
		mnl_attr_put_strz(message, VIOMMU_GUARD_P_NAME, p->name);
	for (size_t i = 0; i < p->pattern_count; i++)
		mnl_attr_put_strz(message, VIOMMU_GUARD_P_PATTERN, p->pattern[i]);
	mnl_attr_put_u64(message, VIOMMU_GUARD_P_MAX_IOVA, p->max_iova);
	mnl_attr_put_u8(message, VIOMMU_GUARD_P_MODE, (uint8_t)p->mode);
	mnl_attr_put_u32(message, VIOMMU_GUARD_P_ERRNO, p->error);
	if (p->message[0])
		mnl_attr_put_strz(message, VIOMMU_GUARD_P_MESSAGE, p->message);
	if (p->file[0])
		mnl_attr_put_strz(message, VIOMMU_GUARD_P_FILE, p->file);
	mnl_attr_nest_end(message, nest);
}

void guard_put_set(struct nlmsghdr *message, const struct policy_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		policy_put(message, VIOMMU_GUARD_A_POLICY, &set->policies[i]);
	if (set->has_default)
		policy_put(message, VIOMMU_GUARD_A_DEFAULT, &set->fallback);
}
