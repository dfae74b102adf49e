// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libvirt leaves in /run while a VM runs. Files outlive their VM when libvirt itself is not
 * running then, so each one must be shown to be of this very process (host_source_fits()).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/process.h"
#include "host/source.h"

/* Pieces that a status file is read in: mostly one says that it is another VM's. */
#define PIECE_LEN 16384

/** A search through a folder. */
struct search {
	struct viommu_vm *vm;
	const struct host_process *p;
	const struct host_cmdline *cmd;
	enum host_trust trust;
	uid_t owner;			/**< HOST_USER: only files of this user count */
};

/* The UUID decides if both are known, else the name. */
static bool same_vm(const struct host_cmdline *cmd, const struct viommu_vm *vm)
{
	if (cmd->uuid[0] && vm->uuid[0])
		return !strcmp(cmd->uuid, vm->uuid);
	return cmd->name[0] && !strcmp(cmd->name, vm->name);
}

/* 1: the file is of this pid, and name and uuid are in vm; 0 or -errno: it is not. */
static int status_read(int fd, uint32_t pid, struct viommu_vm *vm)
{
	struct host_status *s = host_status_new(pid);
	char piece[PIECE_LEN];
	int ret = -ENOMEM;
	ssize_t n;

	if (!s)
		return ret;
	do {
		n = host_fd_read(fd, piece, sizeof(piece));
		ret = n > 0 ? host_status_feed(s, piece, (size_t)n) : (int)n;
	} while (n > 0 && !ret);
	if (ret > 0)
		host_status_vm(s, vm);
	host_status_free(s);
	return ret;
}

static int on_status(void *ctx, int dir, const char *name, size_t stem)
{
	const struct search *search = ctx;
	struct viommu_vm vm = { .name = "" };
	bool found = false;
	struct stat st;
	int fd;

	(void)stem;
	fd = host_file_open(dir, name, search->trust, &st);
	if (fd < 0)
		return 0;
	/* A user may write what he likes, but only of processes that are his own. */
	if (search->trust != HOST_USER || st.st_uid == search->owner)
		found = status_read(fd, search->p->pid, &vm) > 0;
	close(fd);
	if (!found || !host_source_fits(&st, search->p, same_vm(search->cmd, &vm)))
		return 0;
	memcpy(search->vm->name, vm.name, sizeof(vm.name));
	memcpy(search->vm->uuid, vm.uuid, sizeof(vm.uuid));
	return 1;
}

/* The folder of a user's own VMs (qemu:///session). Only that of the process's user is looked
 * at, and nothing in it leads elsewhere.
 */
static int session_open(const struct host_process *p, const char *root, uid_t *owner)
{
	char path[64];
	int top, dir;
	int ret = host_process_owner(p, root, owner);

	if (ret)
		return ret;
	snprintf(path, sizeof(path), "run/user/%u", (unsigned int)*owner);
	top = host_dir_open(root, path);
	if (top < 0)
		return top;
	dir = host_dir_open_at(top, "libvirt/qemu/run", HOST_USER);
	close(top);
	return dir;
}

bool host_libvirt_status(struct viommu_vm *vm, const struct host_process *p,
			 const struct host_cmdline *cmd, const char *root)
{
	struct search search = { .vm = vm, .p = p, .cmd = cmd };

	if (host_dir_walk(host_dir_open(root, "run/libvirt/qemu"), ".xml", on_status, &search) > 0)
		return true;
	search.trust = HOST_USER;
	return host_dir_walk(session_open(p, root, &search.owner), ".xml", on_status,
			     &search) > 0;
}

static int on_pidfile(void *ctx, int dir, const char *name, size_t stem)
{
	const struct search *search = ctx;
	struct viommu_vm vm = { .name = "" };
	struct stat st;

	if (!host_pidfile_is(dir, name, search->p->pid, &st))
		return 0;
	if (!host_text_clean(vm.name, sizeof(vm.name), name, stem))
		return 0;
	if (!host_source_fits(&st, search->p, same_vm(search->cmd, &vm)))
		return 0;
	memcpy(search->vm->name, vm.name, sizeof(vm.name));
	return 1;
}

bool host_libvirt_pidfile(struct viommu_vm *vm, const struct host_process *p,
			  const struct host_cmdline *cmd, const char *root)
{
	struct search search = { .vm = vm, .p = p, .cmd = cmd };

	return host_dir_walk(host_dir_open(root, "run/libvirt/qemu"), ".pid", on_pidfile,
			     &search) > 0;
}
