/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes whose executable is hooked: which file each runs, and whether it still does. */
#ifndef VIOMMU_TRACE_QEMU_PROCESSES_H
#define VIOMMU_TRACE_QEMU_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** As many as bpf/bracket.bpf.h has room for in its table of hooked processes. */
#define QEMU_PROCESSES_MAX 1024

/** A file, wherever it was moved to and whatever lies at its path now. */
struct qemu_file {
	dev_t dev;
	ino_t ino;
};

struct qemu_process {
	uint32_t pid;		/**< 0: element is free */
	uint64_t start;		/**< ticks, as in /proc/PID/stat */
	struct qemu_file file;	/**< its executable */
};

struct qemu_processes {
	int hooked_fd;		/**< table of hooked processes, in BPF */
	struct qemu_process list[QEMU_PROCESSES_MAX];
};

bool qemu_file_same(const struct qemu_file *a, const struct qemu_file *b);

/** Open the file that a process runs and say which it is. A descriptor or -errno. */
int qemu_process_open(struct qemu_process *p, uint32_t pid);

/** The entry of a process that is known, runs still, and runs the same file; else NULL. */
struct qemu_process *qemu_processes_find(struct qemu_processes *ps, uint32_t pid);

/** Remember p; hooked: from now on a map that its notifier did not ask for is its own. */
int qemu_processes_add(struct qemu_processes *ps, const struct qemu_process *p, bool hooked);

/** Forget those that are gone. */
void qemu_processes_reap(struct qemu_processes *ps);

/** Some process runs this file. */
bool qemu_processes_run(const struct qemu_processes *ps, const struct qemu_file *file);

/** Forget all of them. */
void qemu_processes_clear(struct qemu_processes *ps);

#endif
