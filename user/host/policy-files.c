// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds, checks and reads policy files. Whoever can write to one decides on every VM's DMA. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"
#include "host/policy-files.h"

static const char *const folders[] = { POLICY_FOLDERS };

#define FOLDER_COUNT (sizeof(folders) / sizeof(folders[0]))
/** Files in all folders; no host has so many VMs. */
#define FILES_MAX VIOMMU_GUARD_MAX_POLICIES

/** A file that was found. */
struct entry {
	char name[256];
	size_t folder;		/**< index in folders */
};

/** State of one load. */
struct load {
	const char *root;
	uid_t owner;
	const struct policy_listener *listener;
	struct policy_set *set;
	struct entry *entries;
	size_t count;
	size_t folder;		/**< that is walked now */
	bool wrong;		/**< something was told that is an error */
};

static void tell(const struct policy_listener *listener, enum policy_note_kind kind,
		 const char *file, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void tell(const struct policy_listener *listener, enum policy_note_kind kind,
		 const char *file, const char *fmt, ...)
{
	char text[256];
	const struct policy_note note = { kind, file, { 0, 0 }, text };
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	listener->tell(listener->ctx, &note);
}

/* Only the owner may write to it; told if not. */
static bool is_safe(struct load *load, const struct stat *st, const char *path)
{
	if (st->st_uid != load->owner)
		tell(load->listener, POLICY_ERROR, path, "it belongs to user %u: chown root it, after "
		     "a look at what is in it", (unsigned int)st->st_uid);
	else if (st->st_mode & (S_IWGRP | S_IWOTH))
		tell(load->listener, POLICY_ERROR, path, "others than its owner can write to it: chmod "
		     "go-w it, after a look at what is in it");
	else
		return true;
	load->wrong = true;
	return false;
}

static int entry_add(void *ctx, int dir, const char *name, size_t stem)
{
	struct load *load = ctx;
	struct entry *e;

	(void)dir;
	(void)stem;
	if (name[0] == '.')
		return 0;
	for (size_t i = 0; i < load->count; i++)
		if (!strcmp(load->entries[i].name, name))
			return 0;
	if (load->count == FILES_MAX)
		return -E2BIG;
	e = &load->entries[load->count++];
	snprintf(e->name, sizeof(e->name), "%s", name);
	e->folder = load->folder;
	return 0;
}

static int yml_tell(void *ctx, int dir, const char *name, size_t stem)
{
	struct load *load = ctx;
	char path[512];

	(void)dir;
	(void)stem;
	snprintf(path, sizeof(path), "%s/%s", folders[load->folder], name);
	tell(load->listener, POLICY_WARNING, path, "it is not read: its name has to end with .yaml");
	return 0;
}

/* A descriptor of a folder that is safe, with what is above it; -ENOENT: there is none. */
static int folder_open(struct load *load, size_t folder)
{
	const char *path = folders[folder];
	char above[64];
	struct stat st;
	int fd;

	snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
	for (int i = 0; i < 2; i++) {
		const char *part = i ? path : above;

		fd = host_dir_open(load->root, part + 1);
		if (fd == -ENOENT)
			return fd;
		if (fd < 0 || fstat(fd, &st)) {
			tell(load->listener, POLICY_ERROR, part, "cannot be opened: %s",
			     strerror(fd < 0 ? -fd : errno));
			load->wrong = true;
			return fd < 0 ? fd : -errno;
		}
		if (!is_safe(load, &st, part)) {
			close(fd);
			return -EPERM;
		}
		if (!i)
			close(fd);
	}
	return fd;
}

static int folder_list(struct load *load)
{
	int fd = folder_open(load, load->folder), err;

	if (fd < 0)
		return 0;
	err = host_dir_walk(fd, ".yaml", entry_add, load);
	if (err) {
		tell(load->listener, POLICY_ERROR, folders[load->folder], "cannot be read: %s",
		     strerror(-err));
		load->wrong = true;
		return 0;
	}
	fd = folder_open(load, load->folder);
	return fd < 0 ? 0 : host_dir_walk(fd, ".yml", yml_tell, load);
}

/* As policy_parse(). */
static int text_load(struct policy_set *set, int fd, const char *path,
		     const struct policy_listener *listener)
{
	char *text = malloc(POLICY_FILE_MAX + 1);
	ssize_t len;
	int err;

	if (!text)
		return -ENOMEM;
	len = host_fd_read(fd, text, POLICY_FILE_MAX + 1);
	if (len < 0) {
		tell(listener, POLICY_ERROR, path, "cannot be read: %s", strerror((int)-len));
		err = -EINVAL;
	} else {
		err = policy_parse(set, path, text, (size_t)len, listener);
	}
	free(text);
	return err;
}

/* Is the entry a link to /dev/null? Any other link is told. */
static bool is_disabled(struct load *load, int dir, const char *name, const char *path)
{
	char target[64];
	const ssize_t len = readlinkat(dir, name, target, sizeof(target));

	if (len < 0)
		return false;
	if ((size_t)len == strlen("/dev/null") && !memcmp(target, "/dev/null", (size_t)len))
		return true;
	tell(load->listener, POLICY_ERROR, path, "it is a symbolic link, whose target others might "
	     "change: put the file itself here");
	load->wrong = true;
	return true;
}

/* 1: read; 0: passed over, or told; -ENOMEM. */
static int entry_load(struct load *load, const struct entry *e)
{
	int dir = folder_open(load, e->folder), fd, err = 0;
	char path[512];
	struct stat st;

	if (dir < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", folders[e->folder], e->name);
	if (is_disabled(load, dir, e->name, path)) {
		close(dir);
		return 0;
	}
	fd = host_file_open(dir, e->name, HOST_USER, &st);
	close(dir);
	if (fd < 0) {
		tell(load->listener, POLICY_ERROR, path, "cannot be opened: %s",
		     fd == -EINVAL ? "it is no regular file" : strerror(-fd));
		load->wrong = true;
		return 0;
	}
	if (is_safe(load, &st, path))
		err = text_load(load->set, fd, path, load->listener);
	close(fd);
	load->wrong |= err == -EINVAL;
	return err == -ENOMEM ? err : 1;
}

static int entry_compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

int policy_files_load(struct policy_set *set, const char *root, uid_t owner, size_t *files,
		      const struct policy_listener *listener)
{
	struct load load = { .root = root, .owner = owner, .listener = listener, .set = set };
	int err = 0;

	*files = 0;
	load.entries = calloc(FILES_MAX, sizeof(*load.entries));
	if (!load.entries)
		return -ENOMEM;
	for (; load.folder < FOLDER_COUNT && !err; load.folder++)
		err = folder_list(&load);
	qsort(load.entries, load.count, sizeof(*load.entries), entry_compare);
	for (size_t i = 0; i < load.count && err >= 0; i++) {
		err = entry_load(&load, &load.entries[i]);
		*files += err > 0;
	}
	free(load.entries);
	if (err >= 0)
		policy_set_check(set, listener);
	return err < 0 ? err : load.wrong ? -EINVAL : 0;
}

int policy_file_load(struct policy_set *set, const char *path,
		     const struct policy_listener *listener)
{
	const bool standard = !strcmp(path, "-");
	int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0) {
		tell(listener, POLICY_ERROR, path, "cannot be opened: %s", strerror(errno));
		return -EINVAL;
	}
	err = text_load(set, fd, standard ? "standard input" : path, listener);
	close(fd);
	return err;
}
