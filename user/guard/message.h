/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What viommu_guard and we tell each other (viommu/guard.h), as structures. Messages may hold
 * anything: attributes that are cut, of a wrong size or not known leave their member as it was.
 */
#ifndef VIOMMU_GUARD_MESSAGE_H
#define VIOMMU_GUARD_MESSAGE_H

#include <linux/netlink.h>

#include "core/policy.h"

#define GUARD_REASON_LEN 256
#define GUARD_COMM_LEN 16
#define GUARD_CGROUP_LEN 4096

/** A_GENERATION and A_STATUS. */
struct guard_status {
	uint64_t generation;		/**< of the set of policies; 0: none was given yet */
	uint8_t armed;			/**< vfio_iommu_type1 is loaded, and its probes are set */
	char reason[GUARD_REASON_LEN];	/**< why enforcement is not complete; empty: it is */
	uint32_t policies;
	uint32_t containers;		/**< known */
	uint32_t capped;		/**< of these; the module cannot be unloaded */
	uint64_t missed[VIOMMU_GUARD_NR_MISSED];
};

/** A_CONTAINER. Text is what the kernel has: clean it before printing. */
struct guard_container {
	uint32_t pid;
	uint64_t start_time;		/**< CLOCK_BOOTTIME ns */
	char comm[GUARD_COMM_LEN];
	char cgroup[GUARD_CGROUP_LEN];
	int32_t group;			/**< -1 unknown */
	char policy[VIOMMU_GUARD_NAME_LEN];	/**< empty: the default, or none */
	uint8_t state;			/**< enum viommu_guard_state, unless it is out of range */
	char reason[GUARD_REASON_LEN];
	uint64_t limit;			/**< POLICY_NO_LIMIT: none */
	uint64_t host_limit;		/**< POLICY_NO_LIMIT: unknown */
	uint64_t denials;
	uint64_t audits;
	uint64_t violations;
};

/** A_DENIAL. */
struct guard_denial {
	uint64_t time;			/**< CLOCK_BOOTTIME ns */
	uint32_t pid;
	uint32_t tid;
	char comm[GUARD_COMM_LEN];
	char cgroup[GUARD_CGROUP_LEN];
	int32_t group;			/**< -1 unknown */
	uint64_t iova;
	uint64_t size;
	uint64_t limit;
	char policy[VIOMMU_GUARD_NAME_LEN];	/**< empty: the default */
	char file[VIOMMU_GUARD_FILE_LEN];
	char message[VIOMMU_GUARD_MESSAGE_LEN];
	uint32_t error;			/**< what the VMM was given; 0: audit, it was not refused */
};

struct nlattr;

/**
 * The attribute after attr, the first one if that is NULL, of len bytes of attributes; NULL: no
 * whole one is left.
 */
const struct nlattr *guard_attribute_next(const void *attributes, size_t len,
					  const struct nlattr *attr);

/** Name of a state as in JSON ("capped"); NULL if out of range. */
const char *guard_state_name(uint8_t state);
/** Name of a counter of what went unseen ("attach"); NULL if out of range. */
const char *guard_missed_name(unsigned int missed);

/**
 * The len bytes of attributes after the generic netlink header. True if there was the attribute
 * that makes such a message; out is zeroed, and filled with what could be read.
 */
bool guard_read_status(struct guard_status *out, const void *attributes, size_t len);
bool guard_read_container(struct guard_container *out, const void *attributes, size_t len);
bool guard_read_denial(struct guard_denial *out, const void *attributes, size_t len);
/** *is_default: it is the default, and has no name. */
bool guard_read_policy(struct policy *out, bool *is_default, const void *attributes, size_t len);
bool guard_read_generation(uint64_t *generation, const void *attributes, size_t len);

/** Bytes that guard_put_set() may add. */
size_t guard_set_size(const struct policy_set *set);
/** Add the attributes of VIOMMU_GUARD_CMD_SET to a message that has room for them. */
void guard_put_set(struct nlmsghdr *message, const struct policy_set *set);

#endif
