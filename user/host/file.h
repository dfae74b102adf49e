/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded reading of small files below a root folder. Only regular files are opened for reading:
 * a fifo, a socket or a device that stands in a file's place is never touched.
 */
#ifndef VIOMMU_HOST_FILE_H
#define VIOMMU_HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/** Who can write to the folder that a path leads through. */
enum host_trust {
	HOST_TRUSTED,	/**< the system: symbolic links and mounts are followed */
	HOST_USER,	/**< a user: no symbolic link, no ".." out, no other mount (FUSE hangs) */
};

/** Folder of path (relative) below root, "" being "/". A descriptor to close, or -errno. */
int host_dir_open(const char *root, const char *path);

/** Folder of path below the folder dir. A descriptor to close, or -errno. */
int host_dir_open_at(int dir, const char *path, enum host_trust trust);

/** Regular file below dir, for reading; *st (may be NULL) says more. A descriptor or -errno;
 *  -EINVAL if it is no regular file.
 */
int host_file_open(int dir, const char *path, enum host_trust trust, struct stat *st);

/** First size bytes of an open file. Bytes read, or -errno. */
ssize_t host_fd_read(int fd, char *buf, size_t size);

/** First size - 1 bytes of a regular file below dir, NUL-terminated also on error.
 *  Bytes read, or -errno.
 */
ssize_t host_file_read(int dir, const char *path, char *buf, size_t size);

/** When the file was written, on CLOCK_BOOTTIME, ns; negative: before this boot. Wrong by as
 *  much as the wall clock was stepped since then.
 */
int64_t host_file_written(const struct stat *st);

/**
 * Called for an entry of a folder. stem is the length of name without the suffix, > 0. Other than
 * 0 ends the walk.
 */
typedef int (*host_dir_fn)(void *ctx, int dir, const char *name, size_t stem);

/** Entries that a walk looks at; more than any host has VMs. */
#define HOST_DIR_MAX 65536

/**
 * Call fn for each entry whose name ends with suffix, in no order. Takes over dir, which may be
 * an -errno. What fn returned last, 0 if it was not called, or -errno.
 */
int host_dir_walk(int dir, const char *suffix, host_dir_fn fn, void *ctx);

#endif
