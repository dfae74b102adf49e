// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/type1.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trace/kernel.h"
#include "trace/message.h"
#include "trace/programs.h"
#include "type1.skel.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum hook_kind { HOOK_TRAMPOLINE, HOOK_KPROBE };

/** What is lost when a program cannot be attached. The first is what we exist for. */
enum hook_group { HOOKS_CALLS, HOOKS_GROUPS, HOOKS_LIFE, NR_HOOK_GROUPS };

static const char *const group_purpose[NR_HOOK_GROUPS] = {
	[HOOKS_CALLS] = "MAP and UNMAP calls",
	[HOOKS_GROUPS] = "groups that join or leave a container",
	[HOOKS_LIFE] = "containers that are opened or released",
};

static const char *const functions[] = {
	"vfio_iommu_type1_ioctl",
	"vfio_iommu_type1_attach_group",
	"vfio_iommu_type1_detach_group",
	"vfio_iommu_type1_open",
	"vfio_iommu_type1_release",
};

/** Every hook: program, how it is attached, which of functions[] it needs. */
static const struct hook {
	const char *program;
	enum hook_kind kind;
	enum hook_group group;
	size_t function;
	bool for_latency;	/* needed only to measure time */
} hooks[] = {
	{ "fentry_ioctl", HOOK_TRAMPOLINE, HOOKS_CALLS, 0, true },
	{ "fexit_ioctl", HOOK_TRAMPOLINE, HOOKS_CALLS, 0, false },
	{ "fexit_attach", HOOK_TRAMPOLINE, HOOKS_GROUPS, 1, false },
	{ "fexit_detach", HOOK_TRAMPOLINE, HOOKS_GROUPS, 2, false },
	{ "fexit_open", HOOK_TRAMPOLINE, HOOKS_LIFE, 3, false },
	{ "fentry_release", HOOK_TRAMPOLINE, HOOKS_LIFE, 4, false },
	{ "kprobe_ioctl", HOOK_KPROBE, HOOKS_CALLS, 0, false },
	{ "kretprobe_ioctl", HOOK_KPROBE, HOOKS_CALLS, 0, false },
	{ "kprobe_attach", HOOK_KPROBE, HOOKS_GROUPS, 1, false },
	{ "kretprobe_attach", HOOK_KPROBE, HOOKS_GROUPS, 1, false },
	{ "kprobe_detach", HOOK_KPROBE, HOOKS_GROUPS, 2, false },
	{ "kretprobe_detach", HOOK_KPROBE, HOOKS_GROUPS, 2, false },
	{ "kretprobe_open", HOOK_KPROBE, HOOKS_LIFE, 3, false },
	{ "kprobe_release", HOOK_KPROBE, HOOKS_LIFE, 4, false },
};

/** One way of loading the object; tried in turn until the kernel takes one. */
struct attempt {
	bool trampolines;
	bool enumerates;
};

static struct bpf_program *program_find(const struct type1 *t, const char *name)
{
	return bpf_object__find_program_by_name(t->skel->obj, name);
}

/** Which of the table's hooks this attempt wants. present: see kernel_find_functions(). */
static bool hook_wanted(const struct hook *hook, const struct type1 *t,
			const struct tracer_opts *opts, const bool *present)
{
	if ((hook->kind == HOOK_TRAMPOLINE) != t->trampolines)
		return false;
	return present[hook->function] && (opts->latency || !hook->for_latency);
}

static int skeleton_open(struct type1 *t, const struct tracer_opts *opts,
			 const struct attempt *attempt, const bool *present)
{
	int err;

	t->trampolines = attempt->trampolines;
	t->enumerates = attempt->enumerates;
	t->skel = type1_bpf__open();
	if (!t->skel)
		return -errno;
	if (t->skel->rodata->record_version != VIOMMU_RECORD_VERSION)
		return -EPROTO;
	t->skel->rodata->opt_all = opts->all;
	t->skel->rodata->opt_latency = opts->latency;
	t->skel->rodata->opt_entries = opts->entries;
	err = bpf_map__set_max_entries(t->skel->maps.records, opts->ring_size);
	for (size_t i = 0; !err && i < ARRAY_SIZE(hooks); i++)
		err = bpf_program__set_autoload(program_find(t, hooks[i].program),
						hook_wanted(&hooks[i], t, opts, present));
	if (!err)
		err = bpf_program__set_autoload(t->skel->progs.enumerate, t->enumerates);
	return err;
}

static void skeleton_close(struct type1 *t)
{
	type1_bpf__destroy(t->skel);
	t->skel = NULL;
}

/** Load by the first attempt that the kernel takes. */
static int skeleton_load(struct type1 *t, const struct tracer_opts *opts, const bool *present,
			 const struct attempt *attempts, size_t count)
{
	int err = -EOPNOTSUPP;

	for (size_t i = 0; i < count; i++) {
		err = skeleton_open(t, opts, &attempts[i], present);
		if (!err)
			err = type1_bpf__load(t->skel);
		if (!err)
			return 0;
		skeleton_close(t);
	}
	return err;
}

static void missing_functions_say(const bool *present, const struct tracer_sink *sink)
{
	bool said[NR_HOOK_GROUPS] = { false };

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		const struct hook *hook = &hooks[i];

		if (present[hook->function] || said[hook->group])
			continue;
		said[hook->group] = true;
		sink_say(sink, hook->group == HOOKS_CALLS ? TRACER_ERROR : TRACER_WARNING,
			 "this kernel has no function %s: %s are not seen",
			 functions[hook->function], group_purpose[hook->group]);
	}
}

/**
 * Trampolines are tried only where no task can be preempted in one, see type1.bpf.c. Module type
 * information may be missing while the rest works: then kprobes, without old containers.
 */
static size_t attempts_plan(struct attempt *plan, const struct tracer_opts *opts)
{
	bool fentry = opts->hooks == TRACER_HOOKS_FENTRY ||
		      (opts->hooks == TRACER_HOOKS_AUTO &&
		       kernel_preempt_model() == KERNEL_PREEMPT_NO);
	size_t count = 0;

	if (fentry) {
		plan[count++] = (struct attempt){ .trampolines = true, .enumerates = true };
		plan[count++] = (struct attempt){ .trampolines = true, .enumerates = false };
	}
	if (opts->hooks != TRACER_HOOKS_FENTRY) {
		plan[count++] = (struct attempt){ .trampolines = false, .enumerates = true };
		plan[count++] = (struct attempt){ .trampolines = false, .enumerates = false };
	}
	return count;
}

static int type1_load(struct type1 *t, const struct tracer_opts *opts,
		      const struct tracer_sink *sink)
{
	bool present[ARRAY_SIZE(functions)];
	struct attempt plan[4];
	size_t count = attempts_plan(plan, opts);
	int err;

	/* The symbol table is long: look only if the kernel does not take the programs. */
	memset(present, true, sizeof(present));
	err = skeleton_load(t, opts, present, plan, 1);
	if (err && kernel_find_functions(KERNEL_TYPE1_MODULE, functions, present,
					 ARRAY_SIZE(functions)) == 0) {
		missing_functions_say(present, sink);
		if (!present[0])
			return -EOPNOTSUPP;
		err = skeleton_load(t, opts, present, plan, count);
	}
	if (err) {
		sink_say(sink, TRACER_ERROR,
			 "the kernel does not take the programs (%s); -v shows what it says",
			 strerror(-err));
		return err;
	}
	if (opts->hooks == TRACER_HOOKS_AUTO && plan[0].trampolines && !t->trampolines)
		sink_say(sink, TRACER_WARNING,
			 "no trampolines for modules in this kernel: kprobes are used, at some cost");
	if (!t->enumerates)
		sink_say(sink, TRACER_WARNING,
			 "containers that are open already are seen only from their next call on");
	return 0;
}

static int hooks_attach(struct type1 *t, const struct tracer_sink *sink)
{
	/* Backwards: release and open first, MAP and UNMAP last, so that no call is counted for a
	 * container whose end would not be seen.
	 */
	for (size_t i = ARRAY_SIZE(hooks); i-- > 0;) {
		const struct hook *hook = &hooks[i];
		int err = programs_attach(t->skel->skeleton, hook->program);

		if (!err)
			continue;
		sink_say(sink, hook->group == HOOKS_CALLS ? TRACER_ERROR : TRACER_WARNING,
			 "cannot hook %s (%s): %s are not seen", functions[hook->function],
			 strerror(-err), group_purpose[hook->group]);
		if (hook->group == HOOKS_CALLS)
			return err;
	}
	return 0;
}

int type1_init(struct type1 *t, const struct tracer_opts *opts, const struct tracer_sink *sink)
{
	int err;

	memset(t, 0, sizeof(*t));
	if (!kernel_module_has_btf(KERNEL_TYPE1_MODULE)) {
		sink_say(sink, TRACER_ERROR,
			 "there is no type information (BTF) of the module %s: the kernel was built "
			 "without CONFIG_DEBUG_INFO_BTF_MODULES, or the module's does not match",
			 KERNEL_TYPE1_MODULE);
		return -EOPNOTSUPP;
	}
	err = type1_load(t, opts, sink);
	if (err)
		return err;
	err = containers_init(&t->containers, bpf_map__fd(t->skel->maps.containers),
			      bpf_map__fd(t->skel->maps.losses),
			      bpf_map__fd(t->skel->maps.free_slots));
	if (err) {
		sink_say(sink, TRACER_ERROR, "cannot map the tables of the BPF programs: %s",
			 strerror(-err));
		return err;
	}
	t->ring_fd = bpf_map__fd(t->skel->maps.records);
	return hooks_attach(t, sink);
}

int type1_adopt(struct type1 *t, const struct tracer_maps *maps)
{
	memset(t, 0, sizeof(*t));
	t->ring_fd = maps->records_fd;
	return containers_init(&t->containers, maps->containers_fd, maps->losses_fd,
			       maps->free_slots_fd);
}

void type1_walk_programs(const struct type1 *t, tracer_program_fn fn, void *ctx)
{
	if (t->skel)
		programs_walk(t->skel->skeleton, fn, ctx);
}

void type1_unhook(struct type1 *t)
{
	if (t->skel)
		programs_unhook(t->skel->skeleton);
}

void type1_fini(struct type1 *t)
{
	containers_fini(&t->containers);
	skeleton_close(t);
}

int type1_ring_fd(const struct type1 *t)
{
	return t->ring_fd;
}

int type1_enumerate(struct type1 *t)
{
	struct bpf_link *link;
	char unused[64];
	ssize_t n;
	int fd;

	if (!t->enumerates)
		return -EOPNOTSUPP;
	link = bpf_program__attach_iter(t->skel->progs.enumerate, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		bpf_link__destroy(link);
		return fd;
	}
	do {	/* the program writes nothing: reading is what runs it */
		n = read(fd, unused, sizeof(unused));
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	close(fd);
	bpf_link__destroy(link);
	return n < 0 ? -EIO : 0;
}

void type1_losses(const struct type1 *t, bool at_end, uint64_t lost[VIOMMU_NR_LOST])
{
	uint64_t misses;

	for (size_t i = 0; i < VIOMMU_NR_LOST; i++)
		lost[i] = __atomic_load_n(&t->containers.losses[i], __ATOMIC_RELAXED);
	if (at_end)
		lost[VIOMMU_LOST_RETURN] += __atomic_load_n(
			&t->containers.losses[VIOMMU_CALLS_OPEN], __ATOMIC_RELAXED);
	if (!t->skel)
		return;
	if (t->trampolines) {
		lost[VIOMMU_LOST_SKIPPED] = program_misses(t->skel->progs.fexit_ioctl);
		return;
	}
	/* A kprobe program is skipped where another BPF program or bpf(2) holds the CPU
	 * (trace_call_bpf()). One half of a call skipped is a return missed already; what is above
	 * that are calls of which both were.
	 */
	misses = program_misses(t->skel->progs.kprobe_ioctl) +
		 program_misses(t->skel->progs.kretprobe_ioctl);
	if (misses > lost[VIOMMU_LOST_RETURN])
		lost[VIOMMU_LOST_SKIPPED] = misses - lost[VIOMMU_LOST_RETURN];
}
