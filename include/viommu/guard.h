/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Generic netlink family "viommu_guard": how user space gives the kernel its policies and learns
 * what they did. Every command needs CAP_SYS_ADMIN in the initial user namespace. Strings are
 * NUL-terminated; refusals name the attribute in the extended acknowledgement.
 */
#ifndef VIOMMU_GUARD_H
#define VIOMMU_GUARD_H

#define VIOMMU_GUARD_FAMILY "viommu_guard"
#define VIOMMU_GUARD_VERSION 1
/** Multicast group of VIOMMU_GUARD_CMD_DENIAL. */
#define VIOMMU_GUARD_GROUP "denials"

/** Limits, terminating NULs included. */
#define VIOMMU_GUARD_NAME_LEN 64	/**< of a policy's name */
#define VIOMMU_GUARD_PATTERN_LEN 256	/**< of a cgroup pattern */
#define VIOMMU_GUARD_MESSAGE_LEN 160
#define VIOMMU_GUARD_FILE_LEN 192	/**< of the file a policy came from */
#define VIOMMU_GUARD_MAX_POLICIES 4096
/** Patterns of one policy: `vm:` compiles into several. */
#define VIOMMU_GUARD_MAX_PATTERNS 8

enum viommu_guard_cmd {
	VIOMMU_GUARD_CMD_UNSPEC,
	/**
	 * Replace the whole set at once: VIOMMU_GUARD_A_POLICY in order of precedence, any number
	 * of times, VIOMMU_GUARD_A_DEFAULT at most once. Answer: VIOMMU_GUARD_A_GENERATION. On any
	 * error the set that was there stays. -EEXIST two policies of one name, -E2BIG too many.
	 */
	VIOMMU_GUARD_CMD_SET,
	/** Dump: a message per policy (A_POLICY, then counters), the default last (A_DEFAULT). */
	VIOMMU_GUARD_CMD_GET,
	/** A_GENERATION, A_STATUS. */
	VIOMMU_GUARD_CMD_STATUS,
	/**
	 * Bind the calling process, and what it forks and executes, to the policy A_NAME, which
	 * need not be in the set yet; a binding comes before every pattern. Empty A_NAME: unbind.
	 */
	VIOMMU_GUARD_CMD_BIND,
	/** Dump: a message per container, A_CONTAINER. */
	VIOMMU_GUARD_CMD_CONTAINERS,
	/** From the kernel, to the multicast group: A_DENIAL. */
	VIOMMU_GUARD_CMD_DENIAL,
	__VIOMMU_GUARD_CMD_MAX
};

/** Top-level attributes. */
enum viommu_guard_attr {
	VIOMMU_GUARD_A_UNSPEC,
	VIOMMU_GUARD_A_GENERATION,	/**< u64: of the set, from 1; 0: no set was given yet */
	VIOMMU_GUARD_A_POLICY,		/**< nest of enum viommu_guard_policy_attr */
	VIOMMU_GUARD_A_DEFAULT,		/**< the same without name and patterns */
	VIOMMU_GUARD_A_NAME,		/**< string: of a policy */
	VIOMMU_GUARD_A_STATUS,		/**< nest of enum viommu_guard_status_attr */
	VIOMMU_GUARD_A_CONTAINER,	/**< nest of enum viommu_guard_container_attr */
	VIOMMU_GUARD_A_DENIAL,		/**< nest of enum viommu_guard_denial_attr */
	VIOMMU_GUARD_A_PAD,
	__VIOMMU_GUARD_A_MAX
};

enum viommu_guard_mode {
	VIOMMU_GUARD_ENFORCE = 1,
	VIOMMU_GUARD_AUDIT = 2,		/**< nothing is refused; what would be is told */
};

/** A policy, or the default. */
enum viommu_guard_policy_attr {
	VIOMMU_GUARD_P_UNSPEC,
	VIOMMU_GUARD_P_NAME,		/**< string: [A-Za-z0-9._-]+, unique in the set */
	/**
	 * string, up to VIOMMU_GUARD_MAX_PATTERNS times: pattern of a cgroup path, anchored at the
	 * root ("/machine.slice/machine-qemu\x2d#\x2dguest1.scope"); '*' is any characters but
	 * '/', or none; '#' is a number: all the decimal digits that stand there, at least one, so
	 * it is followed by neither a digit nor '*' nor '#'; every other character is itself, also
	 * '\\'. Without '#' a pattern of libvirt's "qemu-ID-NAME" would need a '*' for the id,
	 * which takes "1-my" too, so that guest1 would be my-guest1. Any ancestor of the process's
	 * cgroup (v2), or that itself, may match. None: only processes that are bound to the name.
	 */
	VIOMMU_GUARD_P_PATTERN,
	VIOMMU_GUARD_P_MAX_IOVA,	/**< u64: last IOVA allowed; ~0: no limit */
	VIOMMU_GUARD_P_MODE,		/**< u8: enum viommu_guard_mode */
	VIOMMU_GUARD_P_ERRNO,		/**< u32: ERANGE (default), EPERM or EINVAL, positive */
	VIOMMU_GUARD_P_MESSAGE,		/**< string: shown with each denial */
	VIOMMU_GUARD_P_FILE,		/**< string: where it is from, for people */
	VIOMMU_GUARD_P_DENIALS,		/**< u64, from the kernel: maps refused */
	VIOMMU_GUARD_P_AUDITS,		/**< u64, from the kernel: maps that would have been */
	VIOMMU_GUARD_P_CONTAINERS,	/**< u32, from the kernel: containers under it now */
	VIOMMU_GUARD_P_PAD,
	__VIOMMU_GUARD_P_MAX
};

/** What can go unseen. Index of the counters in VIOMMU_GUARD_S_MISSED. */
enum viommu_guard_missed {
	VIOMMU_GUARD_MISSED_ATTACH,	/**< an attach was not seen: its container is not capped */
	VIOMMU_GUARD_MISSED_ERRNO,	/**< a refusal kept VFIO's EINVAL */
	VIOMMU_GUARD_MISSED_COUNT,	/**< a refusal of a capped container was not counted */
	VIOMMU_GUARD_MISSED_TABLE,	/**< no memory for a container: it is refused as a whole */
	VIOMMU_GUARD_MISSED_EVENT,	/**< a netlink event could not be sent */
	VIOMMU_GUARD_NR_MISSED
};

enum viommu_guard_status_attr {
	VIOMMU_GUARD_S_UNSPEC,
	VIOMMU_GUARD_S_ARMED,		/**< u8: 1 all probes on a loaded vfio_iommu_type1 are
					 *  set; 0: it is not loaded; they are when it comes */
	VIOMMU_GUARD_S_REASON,		/**< string: why enforcement is not complete; absent: it
					 *  is */
	VIOMMU_GUARD_S_POLICIES,	/**< u32 */
	VIOMMU_GUARD_S_CONTAINERS,	/**< u32: known */
	VIOMMU_GUARD_S_CAPPED,		/**< u32: of these, capped: the module cannot be unloaded */
	VIOMMU_GUARD_S_MISSED,		/**< nest: attribute n + 1 is a u64, counter n of enum
					 *  viommu_guard_missed */
	VIOMMU_GUARD_S_PAD,
	__VIOMMU_GUARD_S_MAX
};

/** How far a container is under its policy. */
enum viommu_guard_state {
	VIOMMU_GUARD_NONE,		/**< no policy applies */
	VIOMMU_GUARD_CAPPED,		/**< VFIO itself refuses: GET_INFO tells the VMM */
	VIOMMU_GUARD_CHECKED,		/**< older than the policy: refused at map time */
	VIOMMU_GUARD_PENDING,		/**< loosened; the cap goes with the last group */
	VIOMMU_GUARD_AUDITED,
	VIOMMU_GUARD_NOT_ENFORCED,	/**< see VIOMMU_GUARD_C_REASON */
};

enum viommu_guard_container_attr {
	VIOMMU_GUARD_C_UNSPEC,
	VIOMMU_GUARD_C_PID,		/**< u32: process that attached its first group */
	VIOMMU_GUARD_C_START_TIME,	/**< u64: of that process, CLOCK_BOOTTIME ns */
	VIOMMU_GUARD_C_COMM,		/**< string */
	VIOMMU_GUARD_C_CGROUP,		/**< string: path of its cgroup when it attached */
	VIOMMU_GUARD_C_GROUP,		/**< s32: IOMMU group attached first; -1 unknown */
	VIOMMU_GUARD_C_POLICY,		/**< string: absent for the default and for none */
	VIOMMU_GUARD_C_STATE,		/**< u8: enum viommu_guard_state */
	VIOMMU_GUARD_C_REASON,		/**< string: of NOT_ENFORCED and PENDING */
	VIOMMU_GUARD_C_LIMIT,		/**< u64: last IOVA that the policy allows */
	VIOMMU_GUARD_C_HOST_LIMIT,	/**< u64: last IOVA of the host's IOMMU; absent: unknown */
	VIOMMU_GUARD_C_DENIALS,		/**< u64 */
	VIOMMU_GUARD_C_AUDITS,		/**< u64 */
	VIOMMU_GUARD_C_VIOLATIONS,	/**< u64: mappings above the limit when it was tightened */
	VIOMMU_GUARD_C_PAD,
	__VIOMMU_GUARD_C_MAX
};

enum viommu_guard_denial_attr {
	VIOMMU_GUARD_D_UNSPEC,
	VIOMMU_GUARD_D_TIME,		/**< u64: CLOCK_BOOTTIME ns */
	VIOMMU_GUARD_D_PID,		/**< u32 */
	VIOMMU_GUARD_D_TID,		/**< u32: with TIME and IOVA it finds the tracer's record */
	VIOMMU_GUARD_D_COMM,		/**< string */
	VIOMMU_GUARD_D_CGROUP,		/**< string */
	VIOMMU_GUARD_D_GROUP,		/**< s32: of the container, attached first; -1 unknown */
	VIOMMU_GUARD_D_IOVA,		/**< u64 */
	VIOMMU_GUARD_D_SIZE,		/**< u64 */
	VIOMMU_GUARD_D_LIMIT,		/**< u64: last IOVA allowed */
	VIOMMU_GUARD_D_POLICY,		/**< string: absent for the default */
	VIOMMU_GUARD_D_FILE,		/**< string */
	VIOMMU_GUARD_D_MESSAGE,		/**< string */
	VIOMMU_GUARD_D_ERRNO,		/**< u32: what the VMM was given; 0: audit */
	VIOMMU_GUARD_D_PAD,
	__VIOMMU_GUARD_D_MAX
};

#endif
