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
	char cgroup[VIOMMU_CGROUP_LEN];	/**< path from the root, "/a.slice/..."; empty unknown */
};

/** Set p from a record of the tracer. -EINVAL, and p empty, if lengths are out of bounds. */
int host_process_from_record(struct host_process *p, const struct viommu_rec_process *rec);

/**
 * Read p->pid from /proc below root ("" for the machine itself; tests give a folder).
 * If p->start_time is set and /proc says otherwise, the pid is another process's now: -ESRCH.
 * /proc counts start times in clock ticks (mostly 10 ms), so that is what is compared; a start
 * time that was 0 is set to its tick. Members that cannot be read stay as they were, empty in a
 * zeroed p; only a vanished process is an error (-ESRCH, and p is as it was). On a host of
 * cgroup version 1 the path is that of systemd's hierarchy, else of any.
 */
int host_process_read(struct host_process *p, const char *root);

/** Are a and b one process: equal pid and, if both are known, start time (to a clock tick)? */
bool host_process_same(const struct host_process *a, const struct host_process *b);

/** Is the process that p describes still there (pid and start time)? A zombie is not. What
 *  cannot be read counts as there.
 */
bool host_process_alive(const struct host_process *p, const char *root);

/**
 * Name the VM: libvirt's status XML whose pid matches, pid files (libvirt, Proxmox), -name, -uuid
 * and -id of QEMU's command line, the cgroup's scope, else "pid:N" with the comm as manager
 * ("qemu" for a QEMU without a name). Always gives an answer. Files of /run count only if they
 * were written after p started, or agree with its command line. Arguments that p lacks are read
 * from /proc.
 */
void host_vm_identify(struct viommu_vm *vm, const struct host_process *p, const char *root);

/**
 * Does a VM match what the user asked for with --vm: equal to the name or the uuid, or a shell
 * glob (fnmatch) of the name? A UUID may be in either case.
 */
bool host_vm_match(const struct viommu_vm *vm, const char *pattern);

/**
 * PCI addresses of an IOMMU group, ascending; the lowest max of them. Number of addresses in
 * devices (never above max), or -errno: -ENOENT if there is no such group. Devices that are not
 * PCI are left out.
 */
int host_group_devices(int group, const char *root, char devices[][20], size_t max);

#endif
