/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMs of QEMU: what a command line says, and which of them run on this machine. Nothing of a VM is
 * run or asked: its arguments, its open files, its limits and the text in its binary are read.
 */
#ifndef VIOMMU_HOST_QEMU_H
#define VIOMMU_HOST_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/guest.h"
#include "host/vm.h"

/** Bytes of a command line that are looked at; the kernel allows more only with ulimit -s. */
#define QEMU_ARGS_MAX (1u << 20)

/**
 * Fill g from QEMU's arguments, NUL-separated, the program's name first, as QEMU of
 * g->qemu_version (all 0: unknown) reads them. g->vm, pid, qemu_version, memlock and containers
 * stay; all else is set anew. cpu is the host's vendor: under KVM it is the guest's too.
 * host, below which -readconfig files and devices' groups are looked up, is "" for this machine;
 * NULL: nothing is looked up. 0; -EINVAL if there are no arguments; -ENOMEM.
 */
int guest_from_argv(struct guest *g, const char *args, size_t len, enum cpu_vendor cpu,
		    const char *host);

/** VMs, owned by the list. */
struct guest_list {
	struct guest *guests;	/**< by name, then pid */
	size_t count;
	size_t unread;		/**< of them: open files could not be read, for want of root */
};

/**
 * Every QEMU system emulator that runs below root ("" for this machine), with or without assigned
 * devices. Containers are not filled in: see trace/guests.h. 0, or -errno with an empty list.
 */
int guests_running(struct guest_list *list, const char *root);

/**
 * The QEMU that p is, from /proc below root; p names it as for host_vm_identify(). 0; -EINVAL: it
 * is none, or its arguments cannot be read; -ESRCH: it is gone; -ENOMEM.
 */
int guest_of_process(struct guest *g, const struct host_process *p, const char *root);

void guest_list_fini(struct guest_list *list);

/** Has the VM that name (a glob matches) or uuid, or is it "pid:N"? */
bool guest_is(const struct guest *g, const char *name);

/** The VM of that name, uuid or "pid:N"; NULL: none. The first of several. */
struct guest *guest_list_find(const struct guest_list *list, const char *name);

/**
 * Version of the QEMU in an open ELF file, from the text that it prints for --version. Reading it
 * is sound where running it is not: the file is whatever a user called qemu-system-x86_64.
 * package (size > 0) is what stands in parentheses, clean, may be empty.
 * 0; -ENOENT if there is no such text; another -errno.
 */
int qemu_version_read(int fd, unsigned int version[3], char *package, size_t size);

/** Vendor of this machine's CPU, from /proc/cpuinfo below root. */
enum cpu_vendor qemu_host_vendor(const char *root);

#endif
