/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies: how far a VM's DMA may reach, who it is meant for, and what refuses. Read from files
 * (viommu-policy(5)) or from the kernel. Memory is allocated for sets only.
 */
#ifndef VIOMMU_CORE_POLICY_H
#define VIOMMU_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <viommu/guard.h>

/** Bytes of a policy file that are read; longer ones are refused. */
#define POLICY_FILE_MAX (1u << 20)
/** Bytes of the name in `vm:`, NUL included. */
#define POLICY_VM_LEN 256
/** Of a policy's limit: everything is allowed. */
#define POLICY_NO_LIMIT UINT64_MAX

/** Where in a file something stands; line 0: nowhere. */
struct policy_mark {
	unsigned int line;	/**< from 1 */
	unsigned int column;	/**< characters, from 1 */
};

/** One rule, or the default. */
struct policy {
	char name[VIOMMU_GUARD_NAME_LEN];	/**< empty: the default */
	char vm[POLICY_VM_LEN];			/**< as written in `vm:`; empty: not by VM */
	/** What the kernel compares cgroup paths with; none: it applies to bound processes only. */
	char pattern[VIOMMU_GUARD_MAX_PATTERNS][VIOMMU_GUARD_PATTERN_LEN];
	size_t pattern_count;
	uint64_t max_iova;			/**< last IOVA allowed */
	enum viommu_guard_mode mode;
	uint32_t error;				/**< ERANGE, EPERM or EINVAL, positive */
	char message[VIOMMU_GUARD_MESSAGE_LEN];
	char file[VIOMMU_GUARD_FILE_LEN];	/**< where it is from; cut if longer */

	struct policy_mark at;			/**< of its name, in the file */
	struct policy_mark match_at;		/**< of what it matches */
	struct policy_mark limit_at;

	uint64_t denials;			/**< from the kernel */
	uint64_t audits;			/**< from the kernel */
	uint32_t containers;			/**< from the kernel */
};

/** Policies in order of precedence. */
struct policy_set {
	struct policy *policies;	/**< owned */
	size_t count;			/**< at most VIOMMU_GUARD_MAX_POLICIES */
	size_t room;
	bool has_default;
	struct policy fallback;		/**< valid if has_default */
};

enum policy_note_kind {
	POLICY_ERROR,		/**< the file cannot be used */
	POLICY_WARNING,		/**< it can, but that is hardly meant */
};

/** Something to tell a person about a file. Texts are the listener's until it returns. */
struct policy_note {
	enum policy_note_kind kind;
	const char *file;
	struct policy_mark at;		/**< line 0: of the file as a whole */
	const char *text;		/**< may hold bytes of the file: clean it before printing */
};

/** Who is told. */
struct policy_listener {
	void (*tell)(void *ctx, const struct policy_note *note);
	void *ctx;
};

void policy_set_init(struct policy_set *set);
void policy_set_fini(struct policy_set *set);

/** A zeroed policy at the end of the set; NULL: no memory, or the set is full. */
struct policy *policy_set_add(struct policy_set *set);

/** The policy of that name; NULL: none. */
const struct policy *policy_set_find(const struct policy_set *set, const char *name);

/**
 * Read the len bytes of a file and append its policies to the set. Every mistake is told, not only
 * the first, until what follows could not be understood. name is for the notes and for
 * policy.file. 0; -EINVAL after errors, which leaves the set as it was; -ENOMEM.
 */
int policy_parse(struct policy_set *set, const char *name, const char *text, size_t len,
		 const struct policy_listener *listener);

/**
 * Look at a whole set, of one or of several files: a name that is used twice gets a number after
 * it ("a.2"), since counters and bindings go by name; rules that an earlier one leaves nothing to
 * do are told.
 */
void policy_set_check(struct policy_set *set, const struct policy_listener *listener);

/** What two policies do is the same; places, files and counters do not count. */
bool policy_same(const struct policy *a, const struct policy *b);

/** "enforce", "audit"; NULL if out of range. */
const char *policy_mode_name(enum viommu_guard_mode mode);
/** "ERANGE", "EPERM", "EINVAL"; NULL if it is another. */
const char *policy_errno_name(uint32_t error);

/** Is it a name that the kernel takes: letters, digits and . _ -, not empty, not too long? */
bool policy_name_valid(const char *name);

#endif
