/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which VM a process is. What BPF recorded when the process opened its container comes first,
 * because a QEMU that fails at start is gone from /proc in milliseconds; files of the machine
 * (libvirt's status XML, pid files) are asked after that.
 */
#ifndef VIOMMU_HOST_VM_H
#define VIOMMU_HOST_VM_H

#include "core/event.h"

/** What is known of a process. Nothing is trusted: argv and cgroup are the process's own words. */
struct host_process {
	uint32_t pid;
	uint64_t start_time;		/**< CLOCK_BOOTTIME ns; with pid the identity. 0: unknown */
	char comm[VIOMMU_COMM_LEN];
	char argv[VIOMMU_ARGV_LEN];	/**< NUL-separated arguments */
	size_t argv_len;		/**< valid bytes; 0 unknown */
	bool argv_cut;			/**< there was more than VIOMMU_ARGV_LEN */
	char cgroup[VIOMMU_CGROUP_LEN];	/**< path from the root, "/machine.slice/..."; empty unknown */
};

/** Set p from a record of the tracer. -EINVAL if its lengths are out of bounds. */
int host_process_from_record(struct host_process *p, const struct viommu_rec_process *rec);

/**
 * Read p->pid from /proc below root ("" for the machine itself; tests give a folder).
 * If p->start_time is set and /proc says otherwise, the pid is another process's now: -ESRCH.
 * Members that cannot be read stay empty; only a vanished process is an error (-ESRCH).
 */
int host_process_read(struct host_process *p, const char *root);

/** Is the process that p describes still there (pid and start time)? */
bool host_process_alive(const struct host_process *p, const char *root);

/**
 * Name the VM: libvirt's status XML whose pid matches, pid files (libvirt, Proxmox), -name/-uuid/-id
 * of QEMU's command line, the cgroup's scope, else "pid:N" with the comm as manager.
 * Always gives an answer.
 */
void host_vm_identify(struct viommu_vm *vm, const struct host_process *p, const char *root);

/**
 * Does a VM match what the user asked for with --vm: equal to the name or the uuid, or a shell
 * glob (fnmatch) of the name?
 */
bool host_vm_match(const struct viommu_vm *vm, const char *pattern);

/** PCI addresses of an IOMMU group, ascending. Number of devices, or -errno. */
int host_group_devices(int group, const char *root, char devices[][20], size_t max);

#endif
