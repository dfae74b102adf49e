// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/qemu-hooks.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qemu.skel.h"
#include "trace/message.h"
#include "trace/qemu-elf.h"
#include "trace/qemu-executable.h"
#include "trace/qemu-processes.h"
#include "type1.skel.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** Executables hooked at the same time, as bpf/qemu.bpf.c counts them. */
#define MAX_EXECUTABLES ARRAY_SIZE(((struct qemu_bpf__bss *)0)->passes)

/** Builds whose offer is remembered. */
#define MAX_BUILDS 64

/** Rates are taken over at least this long. */
#define RATE_PERIOD_NS 500000000ULL

struct qemu_hooks {
	struct qemu_hooks_opts opts;
	struct tracer_sink sink;
	struct qemu_bpf *skel;
	struct qemu_executable executables[MAX_EXECUTABLES];
	struct qemu_elf builds[MAX_BUILDS];	/* a ring once it is full */
	size_t build_count;
	uint64_t looked_ns;		/* when rates were taken last */
	struct qemu_processes processes;
};

/* ------------------------------------------------------------------------------------- loading */

/** Ring, losses, brackets and hooked processes are those of type1. */
static int maps_share(struct qemu_hooks *q, const struct type1 *type1)
{
	const struct type1_bpf *theirs = type1->skel;
	const struct {
		struct bpf_map *ours;
		const struct bpf_map *theirs;
	} shared[] = {
		{ q->skel->maps.records, theirs->maps.records },
		{ q->skel->maps.losses, theirs->maps.losses },
		{ q->skel->maps.brackets, theirs->maps.brackets },
		{ q->skel->maps.hooked, theirs->maps.hooked },
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shared) && !err; i++)
		err = bpf_map__reuse_fd(shared[i].ours, bpf_map__fd(shared[i].theirs));
	q->processes.hooked_fd = bpf_map__fd(theirs->maps.hooked);
	return err;
}

static int programs_choose(struct qemu_hooks *q)
{
	struct bpf_program *const programs[] = {
		q->skel->progs.queue_push, q->skel->progs.usdt_map, q->skel->progs.usdt_unmap,
		q->skel->progs.usdt_attach, q->skel->progs.usdt_detach,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(programs) && !err; i++)
		err = bpf_program__set_autoload(programs[i], q->opts.requests);
	return err;
}

static int hooks_load(struct qemu_hooks *q, const struct type1 *type1)
{
	int err;

	q->skel = qemu_bpf__open();
	if (!q->skel)
		return -errno;
	if (q->skel->rodata->record_version != VIOMMU_RECORD_VERSION)
		return -EPROTO;
	q->skel->rodata->opt_all = q->opts.all;
	err = maps_share(q, type1);
	if (!err)
		err = programs_choose(q);
	return err ? err : qemu_bpf__load(q->skel);
}

/** Requests need programs that may sleep (Linux 6.0); without them the rest may still do. */
static int hooks_load_any(struct qemu_hooks *q, const struct type1 *type1)
{
	int err = hooks_load(q, type1);

	if (!err || !q->opts.requests)
		return err;
	qemu_bpf__destroy(q->skel);
	q->opts.requests = false;
	err = hooks_load(q, type1);
	if (!err)
		sink_say(&q->sink, TRACER_WARNING,
			 "the kernel does not take the programs for requests (-v shows what it "
			 "says): --requests has no effect");
	return err;
}

int qemu_hooks_new(struct qemu_hooks **out, const struct type1 *type1,
		   const struct qemu_hooks_opts *opts, const struct tracer_sink *sink)
{
	struct qemu_hooks *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	q->opts = *opts;
	q->sink = *sink;
	err = hooks_load_any(q, type1);
	if (err) {
		sink_say(sink, TRACER_WARNING,
			 "the kernel does not take the programs on QEMU (%s; -v shows what it "
			 "says): who asked for a map is not known", strerror(-err));
		qemu_hooks_free(q);
		return err;
	}
	*out = q;
	return 0;
}

/* ------------------------------------------------------------------------- what a binary offers */

static bool build_same(const struct qemu_build *a, const struct qemu_build *b)
{
	return a->len == b->len && memcmp(a->id, b->id, a->len) == 0;
}

/** What the file offers, from memory if this build was met before. *known says whether. */
static int binary_get(struct qemu_hooks *q, int fd, struct qemu_elf *binary, bool *known)
{
	struct qemu_build build;
	int err = qemu_build_read(&build, fd);

	*known = false;
	if (err)
		return err;
	for (size_t i = 0; build.len && i < q->build_count && i < MAX_BUILDS; i++) {
		if (build_same(&q->builds[i].build, &build)) {
			*known = true;
			*binary = q->builds[i];
			return 0;
		}
	}
	err = qemu_elf_read(binary, fd);
	if (!err && build.len)
		q->builds[q->build_count++ % MAX_BUILDS] = *binary;
	return err;
}

/* ---------------------------------------------------------------------------------- executables */

static struct qemu_executable *executable_find(struct qemu_hooks *q, const struct qemu_file *file)
{
	for (size_t i = 0; i < MAX_EXECUTABLES; i++)
		if (q->executables[i].used && qemu_file_same(&q->executables[i].file, file))
			return &q->executables[i];
	return NULL;
}

static struct qemu_executable *executable_free(struct qemu_hooks *q)
{
	for (size_t i = 0; i < MAX_EXECUTABLES; i++)
		if (!q->executables[i].used)
			return &q->executables[i];
	return NULL;
}

/** Path as the kernel has it, with " (deleted)" where that is so. */
static void name_read(char *name, size_t size, const char *path)
{
	ssize_t n = readlink(path, name, size - 1);

	name[n > 0 ? n : 0] = '\0';
}

/** Make an element for the file that fd is of, and hook it. */
static int executable_add(struct qemu_hooks *q, const struct qemu_file *file, int fd,
			  struct qemu_executable **out)
{
	struct qemu_executable *e = executable_free(q);
	struct qemu_elf binary;
	char path[32];
	bool known;
	int err;

	if (!e)
		return -ENOSPC;
	err = binary_get(q, fd, &binary, &known);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*e = (struct qemu_executable){
		.used = true,
		.index = (uint32_t)(e - q->executables),
		.file = *file,
		.skel = q->skel,
		.sink = &q->sink,
	};
	name_read(e->name, sizeof(e->name), path);
	qemu_executable_hook(e, &binary, path, q->opts.requests, known);
	*out = e;
	return 0;
}

int qemu_hooks_add(struct qemu_hooks *q, uint32_t pid)
{
	struct qemu_process process;
	struct qemu_executable *e;
	int fd, err = 0;

	if (qemu_processes_find(&q->processes, pid))
		return 0;
	fd = qemu_process_open(&process, pid);
	if (fd < 0)
		return fd;	/* it is gone, or not ours to look at */
	e = executable_find(q, &process.file);
	if (!e)
		err = executable_add(q, &process.file, fd, &e);
	close(fd);
	if (!err)
		err = qemu_processes_add(&q->processes, &process, e->notify);
	if (err)
		sink_say(&q->sink, TRACER_WARNING,
			 "cannot follow the QEMU with pid %u (%s): whether its guest asked for a map "
			 "is not known", pid, strerror(-err));
	return err;
}

/* --------------------------------------------------------------------------------- now and then */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/** Let go of requests where there are too many, of all devices together: each buffer costs. */
static void rate_look(const struct qemu_hooks *q, struct qemu_executable *e, uint64_t period_ns)
{
	uint64_t rate = (uint64_t)((double)qemu_executable_passes(e) * 1e9 / (double)period_ns);

	if (!q->opts.max_rate || rate <= q->opts.max_rate)
		return;
	qemu_executable_unhook_requests(e);
	sink_say(&q->sink, TRACER_WARNING,
		 "devices of the guests of %s complete %" PRIu64 " buffers a second, more than %" PRIu64
		 ": requests of these guests are not traced any more (maps that fail still are; "
		 "--request-rate sets the limit)", e->name, rate, q->opts.max_rate);
}

void qemu_hooks_tick(struct qemu_hooks *q)
{
	uint64_t now = now_ns(), period = now - q->looked_ns;

	if (period < RATE_PERIOD_NS)
		return;
	q->looked_ns = now;
	qemu_processes_reap(&q->processes);
	for (size_t i = 0; i < MAX_EXECUTABLES; i++) {
		struct qemu_executable *e = &q->executables[i];

		if (!e->used)
			continue;
		if (!qemu_processes_run(&q->processes, &e->file))
			qemu_executable_unhook(e);
		else if (qemu_executable_requests(e))
			rate_look(q, e, period);
	}
}

bool qemu_hooks_active(const struct qemu_hooks *q)
{
	for (size_t i = 0; i < MAX_EXECUTABLES; i++)
		if (q->executables[i].notify)
			return true;
	return false;
}

void qemu_hooks_unhook(struct qemu_hooks *q)
{
	for (size_t i = 0; i < MAX_EXECUTABLES; i++)
		if (q->executables[i].used)
			qemu_executable_unhook(&q->executables[i]);
	qemu_processes_clear(&q->processes);
}

void qemu_hooks_free(struct qemu_hooks *q)
{
	if (!q)
		return;
	if (q->skel)
		qemu_hooks_unhook(q);
	qemu_bpf__destroy(q->skel);
	free(q);
}
