// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/qemu-processes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <viommu/record.h>

/** /proc/PID/stat is about 350 bytes long. */
#define STAT_LEN 1024

bool qemu_file_same(const struct qemu_file *a, const struct qemu_file *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static void file_of(struct qemu_file *file, const struct stat *st)
{
	*file = (struct qemu_file){ .dev = st->st_dev, .ino = st->st_ino };
}

/** Field 22 of proc_pid_stat(5); 0 if there is no such process. comm, field 2, may hold blanks. */
static uint64_t start_read(uint32_t pid)
{
	char path[32], text[STAT_LEN], *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

int qemu_process_open(struct qemu_process *p, uint32_t pid)
{
	char path[32];
	struct stat st;
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	*p = (struct qemu_process){ .pid = pid, .start = start_read(pid) };
	file_of(&p->file, &st);
	if (p->start)
		return fd;
	close(fd);
	return -ESRCH;
}

/** Not so after exit, when the pid was given to another one, or after exec(). */
static bool process_runs(const struct qemu_process *p)
{
	struct qemu_file file;
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/exe", p->pid);
	if (stat(path, &st))
		return false;
	file_of(&file, &st);
	return qemu_file_same(&file, &p->file) && start_read(p->pid) == p->start;
}

static void process_forget(struct qemu_processes *ps, struct qemu_process *p)
{
	bpf_map_delete_elem(ps->hooked_fd, &p->pid);
	p->pid = 0;
}

struct qemu_process *qemu_processes_find(struct qemu_processes *ps, uint32_t pid)
{
	for (size_t i = 0; i < QEMU_PROCESSES_MAX; i++) {
		struct qemu_process *p = &ps->list[i];

		if (p->pid != pid)
			continue;
		if (process_runs(p))
			return p;
		process_forget(ps, p);
		return NULL;
	}
	return NULL;
}

/** From now on BPF knows that maps without a notification are the VMM's own. */
static int process_set_hooked(const struct qemu_processes *ps, const struct qemu_process *p)
{
	struct viommu_hooked hooked = { .start_time = p->start };
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	hooked.since = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return bpf_map_update_elem(ps->hooked_fd, &p->pid, &hooked, BPF_ANY) ? -errno : 0;
}

int qemu_processes_add(struct qemu_processes *ps, const struct qemu_process *p, bool hooked)
{
	int err;

	for (size_t i = 0; i < QEMU_PROCESSES_MAX; i++) {
		if (ps->list[i].pid)
			continue;
		err = hooked ? process_set_hooked(ps, p) : 0;
		if (err)
			return err;
		ps->list[i] = *p;
		return 0;
	}
	return -ENOSPC;
}

void qemu_processes_reap(struct qemu_processes *ps)
{
	for (size_t i = 0; i < QEMU_PROCESSES_MAX; i++)
		if (ps->list[i].pid && !process_runs(&ps->list[i]))
			process_forget(ps, &ps->list[i]);
}

bool qemu_processes_run(const struct qemu_processes *ps, const struct qemu_file *file)
{
	for (size_t i = 0; i < QEMU_PROCESSES_MAX; i++)
		if (ps->list[i].pid && qemu_file_same(&ps->list[i].file, file))
			return true;
	return false;
}

void qemu_processes_clear(struct qemu_processes *ps)
{
	for (size_t i = 0; i < QEMU_PROCESSES_MAX; i++)
		if (ps->list[i].pid)
			process_forget(ps, &ps->list[i]);
}
