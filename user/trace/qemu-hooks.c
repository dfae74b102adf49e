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
#include "trace/qemu-processes.h"
#include "type1.skel.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** Executables hooked at the same time, as bpf/qemu.bpf.c counts them. */
#define MAX_EXECUTABLES ARRAY_SIZE(((struct qemu_bpf__bss *)0)->pushes)

/** Builds whose offer is remembered. */
#define MAX_BUILDS 64

/** Rates are taken over at least this long. */
#define RATE_PERIOD_NS 500000000ULL

/** A file that processes run, and its hooks. Its index is the cookie of its probes. */
struct executable {
	bool used;
	struct qemu_file file;
	struct bpf_link *notify;	/* NULL: who asked for a map cannot be told */
	struct bpf_link *requests[QEMU_USDTS];	/* all NULL: requests are not traced */
	uint64_t pushes;		/* counted at the last look */
	char name[256];			/* its path when it was hooked, for messages */
};

struct qemu_hooks {
	struct qemu_hooks_opts opts;
	struct tracer_sink sink;
	struct qemu_bpf *skel;
	struct executable executables[MAX_EXECUTABLES];
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

/* ------------------------------------------------------------------------------------ attaching */

struct target {
	const struct qemu_elf *binary;
	const char *path;	/* of a descriptor of ours, so that it cannot become another file */
	uint64_t cookie;
};

static struct bpf_link *function_attach(const struct target *t, const struct bpf_program *prog,
					enum qemu_function function)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = t->cookie);

	return bpf_program__attach_uprobe_opts(prog, -1, t->path,
					       t->binary->functions[function], &opts);
}

static struct bpf_link *usdt_attach(const struct target *t, const struct bpf_program *prog,
				    enum qemu_usdt usdt)
{
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = t->cookie);

	if (!(t->binary->usdts & 1U << usdt)) {
		errno = ENOENT;
		return NULL;
	}
	return bpf_program__attach_usdt(prog, -1, t->path, QEMU_USDT_PROVIDER,
					qemu_usdt_name(usdt), &opts);
}

static struct bpf_link *notify_attach(const struct qemu_hooks *q, const struct target *t)
{
	if (t->binary->functions[QEMU_NOTIFY])
		return function_attach(t, q->skel->progs.notify_one, QEMU_NOTIFY);
	return usdt_attach(t, q->skel->progs.usdt_notify, QEMU_USDT_NOTIFY);
}

/** 0 if requests are traced now; -errno of the one that cannot be. */
static int requests_attach(const struct qemu_hooks *q, struct executable *e, const struct target *t)
{
	struct bpf_program *const usdts[QEMU_USDTS] = {
		[QEMU_USDT_MAP] = q->skel->progs.usdt_map,
		[QEMU_USDT_UNMAP] = q->skel->progs.usdt_unmap,
		[QEMU_USDT_ATTACH] = q->skel->progs.usdt_attach,
		[QEMU_USDT_DETACH] = q->skel->progs.usdt_detach,
	};

	if (t->binary->functions[QEMU_PUSH]) {
		e->requests[0] = function_attach(t, q->skel->progs.queue_push, QEMU_PUSH);
		return e->requests[0] ? 0 : -errno;
	}
	for (size_t i = QEMU_USDT_MAP; i < QEMU_USDTS; i++) {
		e->requests[i] = usdt_attach(t, usdts[i], (enum qemu_usdt)i);
		if (!e->requests[i])
			return -errno;
	}
	return 0;
}

static void requests_detach(const struct qemu_hooks *q, struct executable *e)
{
	__atomic_store_n(&q->skel->bss->requests[e - q->executables], 0, __ATOMIC_RELAXED);
	for (size_t i = 0; i < QEMU_USDTS; i++) {
		bpf_link__destroy(e->requests[i]);
		e->requests[i] = NULL;
	}
}

/** What this binary cannot give; once for a build. */
static void lack_say(const struct qemu_hooks *q, const struct executable *e, int notify_err,
		     int requests_err)
{
	if (notify_err == -ENOENT)
		sink_say(&q->sink, TRACER_WARNING,
			 "%s exports no %s and has no USDT probe %s: whether the guest or QEMU "
			 "itself asked for a map is not known", e->name,
			 qemu_function_name(QEMU_NOTIFY), qemu_usdt_name(QEMU_USDT_NOTIFY));
	else if (notify_err)
		sink_say(&q->sink, TRACER_WARNING,
			 "cannot hook %s (%s): whether the guest or QEMU itself asked for a map is "
			 "not known", e->name, strerror(-notify_err));
	if (requests_err == -ENOENT)
		sink_say(&q->sink, TRACER_WARNING,
			 "%s exports no %s and has no USDT probes of virtio-iommu: requests of its "
			 "guests are not seen", e->name, qemu_function_name(QEMU_PUSH));
	else if (requests_err)
		sink_say(&q->sink, TRACER_WARNING,
			 "cannot hook %s (%s): requests of its guests are not seen", e->name,
			 strerror(-requests_err));
}

/** Hook what there is; what there is not, or cannot be hooked, is said unless known. */
static void executable_hook(struct qemu_hooks *q, struct executable *e, const struct target *t,
			    bool known)
{
	int notify_err = 0, requests_err = 0;

	e->pushes = q->skel->bss->pushes[t->cookie];
	e->notify = notify_attach(q, t);
	if (!e->notify)
		notify_err = -errno;
	if (q->opts.requests) {
		requests_err = requests_attach(q, e, t);
		if (requests_err)
			requests_detach(q, e);
		else
			__atomic_store_n(&q->skel->bss->requests[t->cookie], 1, __ATOMIC_RELAXED);
	}
	if (!known)
		lack_say(q, e, notify_err, requests_err);
}

static void executable_unhook(const struct qemu_hooks *q, struct executable *e)
{
	requests_detach(q, e);
	bpf_link__destroy(e->notify);
	*e = (struct executable){ 0 };
}

static struct executable *executable_find(struct qemu_hooks *q, const struct qemu_file *file)
{
	for (size_t i = 0; i < MAX_EXECUTABLES; i++)
		if (q->executables[i].used && qemu_file_same(&q->executables[i].file, file))
			return &q->executables[i];
	return NULL;
}

static struct executable *executable_free(struct qemu_hooks *q)
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
			  struct executable **out)
{
	struct executable *e = executable_free(q);
	struct qemu_elf binary;
	struct target target;
	char path[32];
	bool known;
	int err;

	if (!e)
		return -ENOSPC;
	err = binary_get(q, fd, &binary, &known);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	target = (struct target){ &binary, path, (uint64_t)(e - q->executables) };
	e->used = true;
	e->file = *file;
	name_read(e->name, sizeof(e->name), path);
	executable_hook(q, e, &target, known);
	*out = e;
	return 0;
}

int qemu_hooks_add(struct qemu_hooks *q, uint32_t pid)
{
	struct qemu_process process;
	struct executable *e;
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

static bool requests_hooked(const struct executable *e)
{
	for (size_t i = 0; i < QEMU_USDTS; i++)
		if (e->requests[i])
			return true;
	return false;
}

/** Let go of requests where all devices together are too busy: each of their buffers costs. */
static void rate_look(struct qemu_hooks *q, struct executable *e, uint64_t period_ns)
{
	uint64_t pushes = __atomic_load_n(&q->skel->bss->pushes[e - q->executables],
					  __ATOMIC_RELAXED);
	uint64_t rate = (uint64_t)((double)(pushes - e->pushes) * 1e9 / (double)period_ns);

	e->pushes = pushes;
	if (!q->opts.max_rate || rate <= q->opts.max_rate)
		return;
	requests_detach(q, e);
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
		struct executable *e = &q->executables[i];

		if (!e->used)
			continue;
		if (!qemu_processes_run(&q->processes, &e->file))
			executable_unhook(q, e);
		else if (requests_hooked(e))
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
			executable_unhook(q, &q->executables[i]);
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
