// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/guest-hooks.h"

#include <errno.h>
#include <string.h>

#include "trace/message.h"
#include "trace/programs.h"
#include "virtio_iommu.skel.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** Every hook, and what is not seen when it cannot be attached; needed: what we exist for. */
static const struct {
	const char *function;
	const char *trampoline;
	const char *kprobe, *kretprobe;	/* NULL: none */
	const char *purpose;
	bool needed;
} hooks[] = {
	/* In this order, so that no request is counted as made whose answer is not seen. */
	{ "virtqueue_get_buf", "fexit_get_buf", "kprobe_get_buf", "kretprobe_get_buf",
	  "answers to requests", true },
	{ "viommu_get_resv_regions", "fentry_regions", "kprobe_regions", NULL,
	  "names and reserved regions of devices", false },
	{ "viommu_attach_dev", "fentry_attach", "kprobe_attach", NULL,
	  "names of devices that come later", false },
	{ "__viommu_add_req", "fexit_add_req", "kprobe_add_req", "kretprobe_add_req",
	  "requests", true },
};

static int program_choose(const struct guest_hooks *h, const char *name, bool wanted)
{
	struct bpf_program *prog;

	if (!name)
		return 0;
	prog = bpf_object__find_program_by_name(h->skel->obj, name);
	return prog ? bpf_program__set_autoload(prog, wanted) : -ENOENT;
}

static int skeleton_load(struct guest_hooks *h, const struct tracer_opts *opts, bool trampolines)
{
	int err = 0;

	h->skel = virtio_iommu_bpf__open();
	if (!h->skel)
		return -errno;
	if (h->skel->rodata->record_version != VIOMMU_RECORD_VERSION)
		return -EPROTO;
	h->trampolines = trampolines;
	h->skel->rodata->opt_all = opts->all;
	h->skel->rodata->opt_latency = opts->latency;
	err = bpf_map__set_max_entries(h->skel->maps.records, opts->ring_size);
	for (size_t i = 0; !err && i < ARRAY_SIZE(hooks); i++) {
		err = program_choose(h, hooks[i].trampoline, trampolines);
		if (!err)
			err = program_choose(h, hooks[i].kprobe, !trampolines);
		if (!err)
			err = program_choose(h, hooks[i].kretprobe, !trampolines);
	}
	return err ? err : virtio_iommu_bpf__load(h->skel);
}

void guest_hooks_close(struct guest_hooks *h)
{
	virtio_iommu_bpf__destroy(h->skel);
	h->skel = NULL;
}

/** Trampolines on every kernel, see virtio_iommu.bpf.c. 0 or -errno (said). */
int guest_hooks_load(struct guest_hooks *h, const struct tracer_opts *opts,
		     const struct tracer_sink *sink)
{
	int err = -EOPNOTSUPP;

	if (opts->hooks != TRACER_HOOKS_KPROBE) {
		err = skeleton_load(h, opts, true);
		if (err)
			guest_hooks_close(h);
	}
	if (err && opts->hooks != TRACER_HOOKS_FENTRY) {
		err = skeleton_load(h, opts, false);
		if (err)
			guest_hooks_close(h);
		else if (opts->hooks == TRACER_HOOKS_AUTO)
			sink_say(sink, TRACER_WARNING,
				 "no trampolines for modules in this kernel: kprobes are used for "
				 "the virtio-iommu, at some cost");
	}
	if (err)
		sink_say(sink, TRACER_ERROR,
			 "the kernel does not take the programs for its virtio-iommu (%s); -v "
			 "shows what it says",
			 strerror(-err));
	return err;
}

static int hook_attach(struct guest_hooks *h, size_t i)
{
	int err;

	if (h->trampolines)
		return programs_attach(h->skel->skeleton, hooks[i].trampoline);
	/* The return first: a call that is entered before is then not waited for. */
	err = hooks[i].kretprobe ? programs_attach(h->skel->skeleton, hooks[i].kretprobe) : 0;
	return err ? err : programs_attach(h->skel->skeleton, hooks[i].kprobe);
}

int guest_hooks_attach(struct guest_hooks *h, const struct tracer_sink *sink)
{
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		int err = hook_attach(h, i);

		if (!err)
			continue;
		sink_say(sink, hooks[i].needed ? TRACER_ERROR : TRACER_WARNING,
			 "cannot hook %s (%s): %s are not seen", hooks[i].function,
			 strerror(-err), hooks[i].purpose);
		if (hooks[i].needed)
			return err;
	}
	return 0;
}

uint64_t guest_hooks_skipped(const struct guest_hooks *h)
{
	const struct virtio_iommu_bpf *skel = h->skel;
	uint64_t orphans = __atomic_load_n(&skel->bss->orphans, __ATOMIC_RELAXED);
	uint64_t misses = h->trampolines ? program_misses(skel->progs.fexit_add_req) :
					   program_misses(skel->progs.kprobe_add_req) +
						   program_misses(skel->progs.kretprobe_add_req);

	return misses > orphans ? misses - orphans : 0;
}
