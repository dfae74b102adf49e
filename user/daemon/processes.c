// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/processes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/guest.h"
#include "host/qemu.h"

struct processes {
	struct process_known *list;
	size_t count, room;
	int epoll_fd;
	struct host_process process;	/* too large for the stack */
	struct guest guest;		/* too large for the stack */
};

struct processes *processes_new(void)
{
	struct processes *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ps->epoll_fd >= 0)
		return ps;
	free(ps);
	return NULL;
}

static void watch_end(struct process_known *k)
{
	/* The one descriptor of it: closing takes it out of the epoll set too. */
	if (k->pidfd >= 0)
		close(k->pidfd);
	k->pidfd = -1;
}

void processes_free(struct processes *ps)
{
	if (!ps)
		return;
	for (size_t i = 0; i < ps->count; i++)
		watch_end(&ps->list[i]);
	close(ps->epoll_fd);
	free(ps->list);
	free(ps);
}

int processes_fd(const struct processes *ps)
{
	return ps->epoll_fd;
}

/* We are short of something, which says nothing of the process. */
static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM;
}

/*
 * A descriptor that becomes readable at its end costs nothing until then; /proc would. The kernel
 * looks for the process (pidfd_open() in kernel/pid.c) before it looks for a descriptor: without
 * one, each further try tells whether the process is there.
 */
static void watch_begin(struct processes *ps, struct process_known *k)
{
	const struct host_process same = { .pid = k->p.pid, .start_time = k->p.start_time };
	struct epoll_event event = { .events = EPOLLIN };

	k->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)k->p.pid, 0);
	if (k->pidfd < 0) {
		k->ended = !is_shortage(errno);
		return;
	}
	/* The number may be another process's by now. */
	k->ended = !host_process_alive(&same, "");
	event.data.fd = k->pidfd;
	if (k->ended || epoll_ctl(ps->epoll_fd, EPOLL_CTL_ADD, k->pidfd, &event))
		watch_end(k);
}

static struct process_known *find_watched(struct processes *ps, int pidfd)
{
	for (size_t i = 0; i < ps->count; i++)
		if (ps->list[i].pidfd == pidfd)
			return &ps->list[i];
	return NULL;
}

void processes_poll(struct processes *ps)
{
	struct epoll_event events[64];
	const int n = epoll_wait(ps->epoll_fd, events, 64, 0);

	for (int i = 0; i < n; i++) {
		struct process_known *k = find_watched(ps, events[i].data.fd);

		if (k) {
			k->ended = true;
			watch_end(k);
		}
	}
	for (size_t i = 0; i < ps->count; i++)
		if (ps->list[i].pidfd < 0 && !ps->list[i].ended)
			watch_begin(ps, &ps->list[i]);
}

static void viommu_learn(struct processes *ps, struct ledger_process *p,
			 const struct viommu_rec_process *rec)
{
	struct guest *g = &ps->guest;
	struct host_process *process = &ps->process;
	char why[256];
	bool whole = true;
	int err;

	memset(process, 0, sizeof(*process));
	if (!rec || host_process_from_record(process, rec)) {
		process->pid = p->pid;
		process->start_time = p->start_time;
		err = host_process_read(process, "");
	}
	err = guest_of_process(g, process, "");
	if (err && rec && rec->argv_len <= sizeof(rec->argv)) {
		memset(g, 0, sizeof(*g));
		err = guest_from_argv(g, rec->argv, rec->argv_len, qemu_host_vendor(""), "");
		/* What was cut off may name one. */
		whole = rec->argv_len < sizeof(rec->argv);
	}
	if (err || (g->model == VIOMMU_MODEL_NONE && !whole))
		return;
	snprintf(p->viommu, sizeof(p->viommu), "%s", viommu_model_name(g->model));
	p->viommu_bits = guest_viommu_bits(g, why, sizeof(why));
}

static struct process_known *process_add(struct processes *ps)
{
	if (ps->count == LEDGER_MAX_PROCESSES)
		return NULL;
	if (ps->count == ps->room) {
		const size_t room = ps->room ? 2 * ps->room : 16;
		struct process_known *more = realloc(ps->list, room * sizeof(*more));

		if (!more)
			return NULL;
		ps->list = more;
		ps->room = room;
	}
	return &ps->list[ps->count++];
}

struct process_known *processes_learn(struct processes *ps, const struct owner *owner,
				      const struct viommu_rec_process *rec)
{
	struct process_known *k = processes_find(ps, owner->tgid, owner->start_time);

	if (k) {
		/* A later record may name the VM better. */
		if (memcmp(&k->p.vm, &owner->vm, sizeof(owner->vm)) != 0) {
			k->p.vm = owner->vm;
			k->told = false;
		}
		return k;
	}
	k = process_add(ps);
	if (!k)
		return NULL;
	memset(k, 0, sizeof(*k));
	k->p.pid = owner->tgid;
	k->p.start_time = owner->start_time;
	k->p.vm = owner->vm;
	watch_begin(ps, k);
	if (owner->vm.vmm == VIOMMU_VMM_QEMU)
		viommu_learn(ps, &k->p, rec);
	return k;
}

struct process_known *processes_find(struct processes *ps, uint32_t pid, uint64_t start_time)
{
	for (size_t i = 0; i < ps->count; i++)
		if (ps->list[i].p.pid == pid && ps->list[i].p.start_time == start_time)
			return &ps->list[i];
	return NULL;
}

size_t processes_count(const struct processes *ps)
{
	return ps->count;
}

struct process_known *processes_at(struct processes *ps, size_t i)
{
	return &ps->list[i];
}

void processes_remove(struct processes *ps, size_t i)
{
	watch_end(&ps->list[i]);
	ps->list[i] = ps->list[--ps->count];
}
