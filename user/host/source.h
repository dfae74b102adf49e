/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places that a VM's name is known from. vm.c asks them in order of trust. */
#ifndef VIOMMU_HOST_SOURCE_H
#define VIOMMU_HOST_SOURCE_H

#include "host/file.h"
#include "host/text.h"
#include "host/vm.h"

/** What a command line says. Text is clean (text.h); empty or 0 is what it does not say. */
struct host_cmdline {
	bool known;			/**< arguments were there to be read */
	bool qemu;			/**< argv[0] or comm is that of a QEMU system emulator */
	char name[VIOMMU_NAME_LEN];	/**< -name */
	char uuid[HOST_UUID_LEN];	/**< -uuid, or -smbios type=1,uuid= */
	uint32_t vmid;			/**< -id, which only Proxmox's QEMU has */
};

/** Read p's comm and arguments, as QEMU reads them. Only a QEMU's arguments are looked at. */
void host_cmdline_parse(struct host_cmdline *cmd, const struct host_process *p);

/** What a cgroup path says: a hint, because libvirt drops characters and cuts at 64. */
struct host_scope {
	const char *manager;		/**< "libvirt", "proxmox"; NULL: the path names no VM */
	char name[VIOMMU_NAME_LEN];	/**< clean text; empty for Proxmox, which has ids only */
	uint32_t vmid;			/**< Proxmox's id, else 0 */
};

/** Read the path of a cgroup ("/machine.slice/..."). */
void host_scope_parse(struct host_scope *scope, const char *cgroup);

/** Name of a Proxmox VM that has none, as Proxmox itself makes it up: "vm8006". */
void host_proxmox_default_name(char name[VIOMMU_NAME_LEN], uint32_t vmid);

/** Reader of libvirt's status XML of one VM. */
struct host_status;

/** The longest status file that is read; real ones have some ten KiB. */
#define HOST_STATUS_MAX (1 << 20)

/** A reader that looks for this pid; NULL if there is no memory. */
struct host_status *host_status_new(uint32_t pid);

/**
 * Read the next piece, up to HOST_STATUS_MAX bytes in all.
 * 1: the file is this pid's, and name and uuid are known; 0: go on; -ENOENT: it is another
 * pid's; -EINVAL: not a status file, not well-formed, with a DTD, or too long. After anything
 * but 0 no more may be fed.
 */
int host_status_feed(struct host_status *s, const char *data, size_t len);

/** Put the name and uuid that were found into vm. Only after host_status_feed() returned 1. */
void host_status_vm(const struct host_status *s, struct viommu_vm *vm);

void host_status_free(struct host_status *s);

/**
 * A file of /run that names p->pid is p's, not left over from an earlier process of that number:
 * it was written after p started. When the clock was stepped since, times say nothing, and what
 * the file and the command line agree on (same_vm) decides.
 */
bool host_source_fits(const struct stat *st, const struct host_process *p, bool same_vm);

/** Does the pid file hold this pid (and nothing else)? If so, *st says more about the file. */
bool host_pidfile_is(int dir, const char *name, uint32_t pid, struct stat *st);

/** Find p in libvirt's status XML, of the system or of the session of p's user. Sets vm's name
 *  and uuid; false leaves it alone.
 */
bool host_libvirt_status(struct viommu_vm *vm, const struct host_process *p,
			 const struct host_cmdline *cmd, const char *root);

/** Find p in libvirt's pid files. Sets vm's name; false leaves it alone. */
bool host_libvirt_pidfile(struct viommu_vm *vm, const struct host_process *p,
			  const struct host_cmdline *cmd, const char *root);

/** Find p in Proxmox's pid files. Sets vm's name; false leaves it alone. */
bool host_proxmox_pidfile(struct viommu_vm *vm, const struct host_process *p,
			  const struct host_cmdline *cmd, const char *root);

#endif
