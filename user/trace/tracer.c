// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/tracer.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "trace/guest.h"
#include "trace/kernel.h"
#include "trace/message.h"
#include "trace/qemu-hooks.h"
#include "trace/record-ring.h"
#include "trace/type1.h"
#include "trace/watch.h"

struct tracer {
	struct tracer_opts opts;
	struct tracer_sink sink;
	struct watch watch;
	bool attached;
	struct type1 type1;		/* valid if attached */
	struct record_ring ring;	/* open if attached */
	struct qemu_hooks *qemu;	/* if attached and wanted; shares type1's ring, tables */
	struct guest_tracer *guest;	/* NULL: not wanted, or this is no such guest */
};

/* What an epoll event is about. */
enum { READY_RECORDS, READY_MODULES, READY_GUEST };

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

/** Named by the user, or by default what this machine has. */
static bool source_wanted(const struct tracer *t, enum tracer_source source)
{
	return !t->opts.sources || (t->opts.sources & 1u << source);
}

/** Without it MAP and UNMAP are traced all the same: what is missing was said. */
static void qemu_start(struct tracer *t)
{
	const struct qemu_hooks_opts opts = {
		.requests = t->opts.requests,
		.all = t->opts.all,
		.max_rate = t->opts.max_rate,
	};

	if (source_wanted(t, TRACER_QEMU) && !t->opts.maps)
		qemu_hooks_new(&t->qemu, &t->type1, &opts, &t->sink);
}

static int tracer_attach(struct tracer *t)
{
	int err = t->opts.maps ? type1_adopt(&t->type1, t->opts.maps) :
				 type1_init(&t->type1, &t->opts, &t->sink);

	if (err)
		goto fail;
	err = record_ring_open(&t->ring, type1_ring_fd(&t->type1), &t->sink, t->watch.epoll_fd,
			       READY_RECORDS);
	if (err)
		goto fail;
	t->attached = true;
	qemu_start(t);
	tracer_enumerate(t);
	return 0;
fail:
	type1_fini(&t->type1);
	return err;
}

/** Attach as soon as the module is live; -errno only if it is and we cannot. */
static int tracer_try_attach(struct tracer *t)
{
	if (t->attached || !source_wanted(t, TRACER_HOST) ||
	    (!t->opts.maps && !kernel_module_live(KERNEL_TYPE1_MODULE)))
		return 0;
	return tracer_attach(t);
}

/** By default only where the driver is; who names the source is told what is missing. */
static int guest_try_start(struct tracer *t)
{
	int err;

	if (t->guest || !source_wanted(t, TRACER_GUEST) ||
	    (!t->opts.sources && !guest_device_present()))
		return 0;
	err = guest_tracer_new(&t->guest, &t->opts, &t->sink);
	if (err)
		return err;
	return watch_add(t->watch.epoll_fd, guest_tracer_fd(t->guest), READY_GUEST);
}

static void waiting_say(const struct tracer *t)
{
	if (source_wanted(t, TRACER_HOST) && !tracer_attached(t))
		watch_say(&t->watch, "is not loaded");
}

int tracer_new(struct tracer **out, const struct tracer_opts *opts, const struct tracer_sink *sink)
{
	struct tracer *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->sink = *sink;
	watch_init(&t->watch, KERNEL_TYPE1_MODULE, sink);
	libbpf_set_print(opts->verbose ? print_to_stderr : print_nothing);
	err = machine_check(sink);
	if (!err)
		err = watch_open(&t->watch, READY_MODULES);
	if (!err)
		err = tracer_try_attach(t);
	if (!err)
		err = guest_try_start(t);
	if (err)
		goto fail;
	waiting_say(t);
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
	guest_tracer_free(t->guest);
	qemu_hooks_free(t->qemu);
	if (t->attached) {
		record_ring_close(&t->ring);
		type1_fini(&t->type1);
	}
	watch_close(&t->watch);
	free(t);
}

int tracer_fd(const struct tracer *t)
{
	return t->watch.epoll_fd;
}

/**
 * kprobes do not hold the module, and never fire again for one that was unloaded, also when it is
 * loaded anew. (Trampolines do hold it: rmmod says that it is in use.)
 */
static void tracer_detach(struct tracer *t)
{
	if (!t->attached || t->type1.trampolines || t->opts.maps)
		return;
	if (t->qemu)
		qemu_hooks_unhook(t->qemu);
	record_ring_drain(&t->ring);
	t->sink.detaching(t->sink.ctx);
	qemu_hooks_free(t->qemu);
	t->qemu = NULL;
	record_ring_close(&t->ring);
	type1_fini(&t->type1);
	t->attached = false;
	watch_say(&t->watch, "was unloaded");
}

static int modules_changed(struct tracer *t)
{
	bool gone;
	int err = watch_read(&t->watch, &gone);

	if (err)
		return err;
	if (gone)
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
	struct epoll_event events[3];
	int n = epoll_wait(t->watch.epoll_fd, events, 3, timeout_ms);
	int err = n < 0 ? -errno : 0;
	int more = 0;

	for (int i = 0; i < n && !err; i++)
		if (events[i].data.u32 == READY_MODULES)
			err = modules_changed(t);
	/* Also when nothing is ready: under --all not every record wakes us. */
	if (!err && t->attached)
		err = record_ring_consume(&t->ring);
	if (err >= 0 && t->guest)
		more = guest_tracer_poll(t->guest);
	return err < 0 || !more ? err : more;
}

int tracer_tick(struct tracer *t)
{
	if (t->qemu)
		qemu_hooks_tick(t->qemu);
	return guest_try_start(t);
}

void tracer_walk_programs(const struct tracer *t, tracer_program_fn fn, void *ctx)
{
	if (t->attached)
		type1_walk_programs(&t->type1, fn, ctx);
	if (t->guest)
		guest_tracer_walk_programs(t->guest, fn, ctx);
}

void tracer_follow(struct tracer *t, uint32_t pid)
{
	if (t->qemu)
		qemu_hooks_add(t->qemu, pid);
}

bool tracer_endpoint(const struct tracer *t, uint32_t slot, struct viommu_endpoint *out)
{
	return t->guest && guest_tracer_endpoint(t->guest, slot, out);
}

int tracer_finish(struct tracer *t)
{
	int err = t->guest ? guest_tracer_finish(t->guest) : 0;

	if (!t->attached)
		return err;
	if (t->qemu)
		qemu_hooks_unhook(t->qemu);
	type1_unhook(&t->type1);
	tracer_enumerate(t);
	return record_ring_drain(&t->ring);
}

bool tracer_attached(const struct tracer *t)
{
	return t->attached || (t->guest && guest_tracer_attached(t->guest));
}

const char *tracer_hooks_name(const struct tracer *t)
{
	if (!t->attached)
		return t->guest ? guest_tracer_hooks_name(t->guest) : "none";
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
	uint64_t guest[VIOMMU_NR_LOST] = { 0 };

	memset(lost, 0, VIOMMU_NR_LOST * sizeof(*lost));
	if (t->attached)
		type1_losses(&t->type1, at_end, lost);
	if (t->guest)
		guest_tracer_losses(t->guest, at_end, guest);
	for (size_t i = 0; i < VIOMMU_NR_LOST; i++)
		lost[i] += guest[i];
}
