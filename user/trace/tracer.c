// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/tracer.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "trace/kernel.h"
#include "trace/message.h"
#include "trace/type1.h"
#include "trace/uevent.h"

struct tracer {
	struct tracer_opts opts;
	struct tracer_sink sink;
	int epoll_fd;
	int uevent_fd;
	bool attached;
	unsigned int budget;		/* records that may still be handed on */
	struct type1 type1;		/* valid if attached */
	struct ring_buffer *ring;	/* valid if attached */
};

/** Records in one go. --all on a busy VM fills the ring faster than lines can be written. */
#define POLL_BUDGET 256

/* What an epoll event is about. */
enum { READY_RECORDS, READY_MODULES };

/* libbpf calls these with its own format strings. */
__attribute__((format(printf, 2, 0)))
static int print_nothing(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

__attribute__((format(printf, 2, 0)))
static int print_to_stderr(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, args);
}

static int machine_check(const struct tracer_sink *sink)
{
	char missing[128], release[128];

	if (kernel_missing_capabilities(missing, sizeof(missing))) {
		sink_say(sink, TRACER_ERROR,
			 "tracing the kernel needs %s, which this process lacks: run it as root",
			 missing);
		return -EPERM;
	}
	if (!kernel_has_btf()) {
		kernel_release(release, sizeof(release));
		sink_say(sink, TRACER_ERROR,
			 "kernel %s has no type information (/sys/kernel/btf/vmlinux): run a "
			 "kernel built with CONFIG_DEBUG_INFO_BTF, as distributions build theirs",
			 release);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int epoll_watch(const struct tracer *t, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/** How long the kernel's record of a type must be; 0 if we do not know the type. */
static size_t record_size(const struct viommu_rec *rec)
{
	switch (rec->type) {
	case VIOMMU_REC_PROCESS:
		return sizeof(struct viommu_rec_process);
	case VIOMMU_REC_MAP:
	case VIOMMU_REC_UNMAP:
		return rec->result ? sizeof(struct viommu_rec_failure) :
				     sizeof(struct viommu_rec_dma);
	case VIOMMU_REC_ATTACH:
	case VIOMMU_REC_DETACH:
		return sizeof(struct viommu_rec_group);
	default:
		return 0;
	}
}

/** A negative return ends draining, with this record taken. */
static int record_take(void *ctx, void *data, size_t size)
{
	struct tracer *t = ctx;
	const struct viommu_rec *rec = data;

	if (size >= sizeof(*rec) && record_size(rec) && size >= record_size(rec))
		t->sink.record(t->sink.ctx, rec, size);
	return --t->budget ? 0 : -EAGAIN;
}

/** Hand on what is in the ring, at most a budget of it. 0; 1: there may be more; -errno. */
static int ring_consume(struct tracer *t)
{
	int n;

	t->budget = POLL_BUDGET;
	n = ring_buffer__consume(t->ring);
	if (n == -EAGAIN)
		return 1;
	return n < 0 ? n : 0;
}

/** Hand on all of it; nothing may write any more. */
static int ring_drain(struct tracer *t)
{
	int ret;

	do {
		ret = ring_consume(t);
	} while (ret > 0);
	return ret;
}

static int tracer_attach(struct tracer *t)
{
	int err = type1_init(&t->type1, &t->opts, &t->sink);

	if (err)
		goto fail;
	t->ring = ring_buffer__new(type1_ring_fd(&t->type1), record_take, t, NULL);
	if (!t->ring) {
		err = -errno;
		goto fail;
	}
	err = epoll_watch(t, ring_buffer__epoll_fd(t->ring), READY_RECORDS);
	if (err)
		goto fail;
	t->attached = true;
	tracer_enumerate(t);
	return 0;
fail:
	ring_buffer__free(t->ring);
	t->ring = NULL;
	type1_fini(&t->type1);
	return err;
}

/** Attach as soon as the module is live; -errno only if it is and we cannot. */
static int tracer_try_attach(struct tracer *t)
{
	if (t->attached || !kernel_module_live(KERNEL_TYPE1_MODULE))
		return 0;
	return tracer_attach(t);
}

int tracer_new(struct tracer **out, const struct tracer_opts *opts, const struct tracer_sink *sink)
{
	struct tracer *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->sink = *sink;
	t->epoll_fd = -1;
	t->uevent_fd = -1;
	libbpf_set_print(opts->verbose ? print_to_stderr : print_nothing);
	err = machine_check(sink);
	if (err)
		goto fail;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* Before the first look at the module, so that its arrival cannot fall in between. */
	t->uevent_fd = uevent_open();
	err = t->epoll_fd < 0 ? -errno : t->uevent_fd < 0 ? t->uevent_fd :
	      epoll_watch(t, t->uevent_fd, READY_MODULES);
	if (err) {
		sink_say(sink, TRACER_ERROR, "cannot listen to the kernel's events: %s",
			 strerror(-err));
		goto fail;
	}
	err = tracer_try_attach(t);
	if (err)
		goto fail;
	if (!t->attached)
		sink_say(sink, TRACER_INFO, "the module %s is not loaded: waiting for it",
			 KERNEL_TYPE1_MODULE);
	*out = t;
	return 0;
fail:
	tracer_free(t);
	return err;
}

void tracer_free(struct tracer *t)
{
	if (!t)
		return;
	if (t->attached) {
		ring_buffer__free(t->ring);
		type1_fini(&t->type1);
	}
	if (t->uevent_fd >= 0)
		close(t->uevent_fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	free(t);
}

int tracer_fd(const struct tracer *t)
{
	return t->epoll_fd;
}

/**
 * kprobes do not hold the module, and never fire again for one that was unloaded, also when it is
 * loaded anew. (Trampolines do hold it: rmmod says that it is in use.)
 */
static void tracer_detach(struct tracer *t)
{
	if (!t->attached || t->type1.trampolines)
		return;
	ring_drain(t);
	t->sink.detaching(t->sink.ctx);
	ring_buffer__free(t->ring);
	t->ring = NULL;
	type1_fini(&t->type1);
	t->attached = false;
	sink_say(&t->sink, TRACER_INFO, "the module %s was unloaded: waiting for it",
		 KERNEL_TYPE1_MODULE);
}

static int modules_changed(struct tracer *t)
{
	unsigned int changes;
	int err = uevent_drain(t->uevent_fd, KERNEL_TYPE1_MODULE, &changes);

	if (err && err != -ENOBUFS)
		return err;
	if (err || (changes & UEVENT_REMOVED))
		tracer_detach(t);
	if (t->attached)
		return 0;
	err = tracer_try_attach(t);
	if (t->attached)
		sink_say(&t->sink, TRACER_INFO, "the module %s is loaded now: attached by %s",
			 KERNEL_TYPE1_MODULE, tracer_hooks_name(t));
	return err;
}

int tracer_poll(struct tracer *t, int timeout_ms)
{
	struct epoll_event events[2];
	int n = epoll_wait(t->epoll_fd, events, 2, timeout_ms);
	int err = n < 0 ? -errno : 0;

	for (int i = 0; i < n && !err; i++)
		if (events[i].data.u32 == READY_MODULES)
			err = modules_changed(t);
	/* Also when nothing is ready: under --all not every record wakes us. */
	if (!err && t->attached)
		err = ring_consume(t);
	return err;
}

int tracer_finish(struct tracer *t)
{
	if (!t->attached)
		return 0;
	type1_unhook(&t->type1);
	tracer_enumerate(t);
	return ring_drain(t);
}

bool tracer_attached(const struct tracer *t)
{
	return t->attached;
}

const char *tracer_hooks_name(const struct tracer *t)
{
	if (!t->attached)
		return "none";
	return t->type1.trampolines ? "fentry" : "kprobe";
}

bool tracer_container_snapshot(const struct tracer *t, uint32_t slot, struct viommu_container *out)
{
	if (!t->attached || slot >= VIOMMU_MAX_CONTAINERS ||
	    t->type1.containers.table[slot].state == VIOMMU_CONTAINER_FREE)
		return false;
	containers_snapshot(&t->type1.containers, slot, out);
	return true;
}

struct viommu_container *tracer_container(const struct tracer *t, uint32_t slot, uint64_t id)
{
	return t->attached ? containers_find(&t->type1.containers, slot, id) : NULL;
}

int tracer_container_recycle(struct tracer *t, uint32_t slot)
{
	return containers_recycle(&t->type1.containers, slot);
}

int tracer_enumerate(struct tracer *t)
{
	return t->attached ? type1_enumerate(&t->type1) : 0;
}

void tracer_losses(const struct tracer *t, bool at_end, uint64_t lost[VIOMMU_NR_LOST])
{
	memset(lost, 0, VIOMMU_NR_LOST * sizeof(*lost));
	if (t->attached)
		type1_losses(&t->type1, at_end, lost);
}
