/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files of a machine: drop-in folders as systemd has them. A file of /etc replaces the one
 * of that name in /run, and that the one in /usr/lib; a link to /dev/null there disables it.
 */
#ifndef VIOMMU_HOST_POLICY_FILES_H
#define VIOMMU_HOST_POLICY_FILES_H

#include <sys/types.h>

#include "core/policy.h"

/** Below each of these: *.yaml, in the order of the file names, whatever the folder. */
#define POLICY_FOLDERS "/etc/viommu/policy.d", "/run/viommu/policy.d", "/usr/lib/viommu/policy.d"

/**
 * Append all policies of the folders below root ("" for this machine) to the set, and look at it as
 * a whole (policy_set_check()). Folders and files have to belong to owner (root: 0) and to be
 * writable by no other. *files: how many were read. 0, also where there is no folder; -EINVAL when
 * a file cannot be used, which was told like all else that is wrong; -ENOMEM.
 */
int policy_files_load(struct policy_set *set, const char *root, uid_t owner, size_t *files,
		      const struct policy_listener *listener);

/** Append one file, of whatever owner; "-" is standard input. Returns as policy_parse(). */
int policy_file_load(struct policy_set *set, const char *path,
		     const struct policy_listener *listener);

#endif
