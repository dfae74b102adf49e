// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/qemu-executable.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "qemu.skel.h"
#include "trace/message.h"

struct target {
	const struct qemu_elf *binary;
	const char *path;
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

static struct bpf_link *notify_attach(const struct qemu_bpf *skel, const struct target *t)
{
	if (t->binary->functions[QEMU_NOTIFY])
		return function_attach(t, skel->progs.notify_one, QEMU_NOTIFY);
	return usdt_attach(t, skel->progs.usdt_notify, QEMU_USDT_NOTIFY);
}

/** 0 if requests are traced now; -errno of the one that cannot be. */
static int requests_attach(struct qemu_executable *e, const struct target *t)
{
	const struct qemu_bpf *skel = e->skel;
	struct bpf_program *const usdts[QEMU_USDTS] = {
		[QEMU_USDT_MAP] = skel->progs.usdt_map,
		[QEMU_USDT_UNMAP] = skel->progs.usdt_unmap,
		[QEMU_USDT_ATTACH] = skel->progs.usdt_attach,
		[QEMU_USDT_DETACH] = skel->progs.usdt_detach,
	};

	if (t->binary->functions[QEMU_PUSH]) {
		e->requests[0] = function_attach(t, skel->progs.queue_push, QEMU_PUSH);
		return e->requests[0] ? 0 : -errno;
	}
	for (size_t i = QEMU_USDT_MAP; i < QEMU_USDTS; i++) {
		e->requests[i] = usdt_attach(t, usdts[i], (enum qemu_usdt)i);
		if (!e->requests[i])
			return -errno;
	}
	return 0;
}

void qemu_executable_unhook_requests(struct qemu_executable *e)
{
	__atomic_store_n(&e->skel->bss->requests[e->index], 0, __ATOMIC_RELAXED);
	for (size_t i = 0; i < QEMU_USDTS; i++) {
		bpf_link__destroy(e->requests[i]);
		e->requests[i] = NULL;
	}
}

/** What this binary cannot give; once for a build. */
static void lack_say(const struct qemu_executable *e, int notify_err, int requests_err)
{
	if (notify_err == -ENOENT)
		sink_say(e->sink, TRACER_WARNING,
			 "%s exports no %s and has no USDT probe %s: whether the guest or QEMU "
			 "itself asked for a map is not known", e->name,
			 qemu_function_name(QEMU_NOTIFY), qemu_usdt_name(QEMU_USDT_NOTIFY));
	else if (notify_err)
		sink_say(e->sink, TRACER_WARNING,
			 "cannot hook %s (%s): whether the guest or QEMU itself asked for a map is "
			 "not known", e->name, strerror(-notify_err));
	if (requests_err == -ENOENT)
		sink_say(e->sink, TRACER_WARNING,
			 "%s exports no %s and has no USDT probes of virtio-iommu: requests of its "
			 "guests are not seen", e->name, qemu_function_name(QEMU_PUSH));
	else if (requests_err)
		sink_say(e->sink, TRACER_WARNING,
			 "cannot hook %s (%s): requests of its guests are not seen", e->name,
			 strerror(-requests_err));
}

/** Since the program was loaded. */
static uint64_t passes_read(const struct qemu_executable *e)
{
	return __atomic_load_n(&e->skel->bss->passes[e->index], __ATOMIC_RELAXED);
}

void qemu_executable_hook(struct qemu_executable *e, const struct qemu_elf *binary,
			  const char *path, bool requests, bool quiet)
{
	const struct target t = { binary, path, e->index };
	int notify_err = 0, requests_err = 0;

	e->passes = passes_read(e);
	e->notify = notify_attach(e->skel, &t);
	if (!e->notify)
		notify_err = -errno;
	if (requests) {
		requests_err = requests_attach(e, &t);
		if (requests_err)
			qemu_executable_unhook_requests(e);
		else
			__atomic_store_n(&e->skel->bss->requests[e->index], 1, __ATOMIC_RELAXED);
	}
	if (!quiet)
		lack_say(e, notify_err, requests_err);
}

void qemu_executable_unhook(struct qemu_executable *e)
{
	qemu_executable_unhook_requests(e);
	bpf_link__destroy(e->notify);
	*e = (struct qemu_executable){ 0 };
}

bool qemu_executable_requests(const struct qemu_executable *e)
{
	for (size_t i = 0; i < QEMU_USDTS; i++)
		if (e->requests[i])
			return true;
	return false;
}

uint64_t qemu_executable_passes(struct qemu_executable *e)
{
	uint64_t before = e->passes;

	e->passes = passes_read(e);
	return e->passes - before;
}
