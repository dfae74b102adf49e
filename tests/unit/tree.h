/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A copy of a fixture folder that a test may change; its files are as old as the test. */
#ifndef VIOMMU_TESTS_TREE_H
#define VIOMMU_TESTS_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TREE_DATA "tests/unit/data/host/"

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/** Copy of the fixture (NULL: an empty tree) in a new folder. Freed by tree_free(). */
static inline char *tree_new(const char *fixture)
{
	char *root = strdup("/tmp/viommu-test-XXXXXX");
	char command[PATH_MAX];

	assert_non_null(root);
	assert_non_null(mkdtemp(root));
	if (fixture) {
		snprintf(command, sizeof(command), "cp -r '%s%s/.' '%s'", TREE_DATA, fixture, root);
		assert_int_equal(system(command), 0);
	}
	return root;
}

static inline int tree_remove(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void tree_free(char *root)
{
	nftw(root, tree_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

/** Path of a file of the tree in a buffer of the caller; the folders on the way are made. */
static inline const char *tree_path(char path[PATH_MAX], const char *root, const char *file)
{
	snprintf(path, PATH_MAX, "%s/%s", root, file);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
		*slash = '/';
	}
	return path;
}

static inline void tree_write(const char *root, const char *file, const char *text, size_t len)
{
	char path[PATH_MAX];
	FILE *out = fopen(tree_path(path, root, file), "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static inline void tree_puts(const char *root, const char *file, const char *text)
{
	tree_write(root, file, text, strlen(text));
}

/** The file was last written at boot_ns of CLOCK_BOOTTIME. */
static inline void tree_age(const char *root, const char *file, uint64_t boot_ns)
{
	uint64_t at = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) + boot_ns;
	struct timespec times[2];
	char path[PATH_MAX];

	times[0].tv_sec = times[1].tv_sec = (time_t)(at / 1000000000);
	times[0].tv_nsec = times[1].tv_nsec = (long)(at % 1000000000);
	assert_int_equal(utimensat(AT_FDCWD, tree_path(path, root, file), times, 0), 0);
}

#endif
