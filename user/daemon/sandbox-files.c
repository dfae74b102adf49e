// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock. Its structures and numbers are the kernel's interface, but headers of Linux
 * 6.1 know the
 * first versions only, and no C library has the calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/sandbox.h"

/** LANDLOCK_ACCESS_FS_*, include/uapi/linux/landlock.h. */
#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_REG (1ULL << 8)
#define FS_VERSION_1 ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)		/**< version 2 */
#define FS_TRUNCATE (1ULL << 14)	/**< version 3 */
#define FS_IOCTL_DEV (1ULL << 15)	/**< version 5 */
/** LANDLOCK_ACCESS_NET_BIND_TCP and _CONNECT_TCP, version 4. */
#define NET_TCP 3ULL
/** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and _SIGNAL, version 6. */
#define SCOPES 3ULL

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

/** struct landlock_ruleset_attr; each version reads as much of it as it knows. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/** struct landlock_path_beneath_attr. */
struct rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static int version_get(void)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return version < 0 ? -errno : (int)version;
}

static struct ruleset ruleset_of(int version, size_t *size)
{
	struct ruleset set = { .fs = FS_VERSION_1 };

	*size = sizeof(set.fs);
	if (version >= 2)
		set.fs |= FS_REFER;
	if (version >= 3)
		set.fs |= FS_TRUNCATE;
	if (version >= 4) {
		set.net = NET_TCP;
		*size = sizeof(set.fs) + sizeof(set.net);
	}
	if (version >= 5)
		set.fs |= FS_IOCTL_DEV;
	if (version >= 6) {
		set.scoped = SCOPES;
		*size = sizeof(set);
	}
	return set;
}

static int rule_add(int ruleset, const char *path, uint64_t allowed)
{
	struct rule rule = { .allowed = allowed };
	struct stat st;
	int err = 0;

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return -errno;
	/* Rights of folders are refused for a file. */
	if (!fstat(rule.parent, &st) && !S_ISDIR(st.st_mode))
		rule.allowed &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0))
		err = -errno;
	close(rule.parent);
	return err;
}

int sandbox_files(const struct sandbox_paths *paths)
{
	const int version = version_get();
	struct ruleset set;
	size_t size;
	int fd, err;

	/* Not built, or not among the kernel's lsm=. */
	if (version == -ENOSYS || version == -EOPNOTSUPP)
		return -EOPNOTSUPP;
	if (version < 0)
		return version;
	set = ruleset_of(version, &size);
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return -errno;
	err = rule_add(fd, paths->writable, set.fs & (FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE |
						     FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE));
	for (size_t i = 0; i < paths->readable_count && !err; i++) {
		err = rule_add(fd, paths->readable[i], FS_READ_FILE | FS_READ_DIR);
		if (err == -ENOENT || err == -EACCES)
			err = 0;
	}
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0))
		err = -errno;
	close(fd);
	return err;
}
