/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Patterns of cgroup paths. Pure: this file also compiles in user space, where its tests run.
 */
#ifndef VIOMMU_GUARD_MATCH_H
#define VIOMMU_GUARD_MATCH_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/* A pattern has at most 256 bytes, so no deeper group can be named. */
#define GUARD_PATH_DEPTH_MAX 128

/**
 * struct guard_path - a cgroup path and where its components end
 * @text: the path, "/" or "/a/b"; not copied
 * @depth: number of components, at most GUARD_PATH_DEPTH_MAX; 0 for the root
 * @end: @end[i] is the length of the path of the ancestor of depth i + 1
 */
struct guard_path {
	const char *text;
	unsigned int depth;
	unsigned short end[GUARD_PATH_DEPTH_MAX];
};

/** guard_path_init() - find the components of @text, which must outlive @path. */
void guard_path_init(struct guard_path *path, const char *text);

/** guard_pattern_error() - what is wrong with a pattern, for people; NULL: nothing. */
const char *guard_pattern_error(const char *pattern);

/** guard_pattern_depth() - number of components of a valid pattern, 0 for "/". */
unsigned int guard_pattern_depth(const char *pattern);

/**
 * guard_pattern_match() - does the pattern name the group or one of its ancestors?
 * @pattern: a valid pattern: anchored at the root, '*' is any characters but '/', '#' all the
 *	decimal digits that stand there, at least one, all else itself
 * @depth: guard_pattern_depth() of it: only the ancestor of just that depth can match
 * @path: of the group
 */
bool guard_pattern_match(const char *pattern, unsigned int depth, const struct guard_path *path);

#endif
