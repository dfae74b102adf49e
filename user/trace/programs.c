// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/programs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

int programs_attach(struct bpf_object_skeleton *skel, const char *name)
{
	for (int i = 0; i < skel->prog_cnt; i++) {
		struct bpf_link *link;

		if (strcmp(skel->progs[i].name, name) != 0)
			continue;
		if (!bpf_program__autoload(*skel->progs[i].prog))
			return 0;
		link = bpf_program__attach(*skel->progs[i].prog);
		if (!link)
			return -errno;
		*skel->progs[i].link = link;
		return 0;
	}
	return -ENOENT;
}

void programs_unhook(struct bpf_object_skeleton *skel)
{
	for (int i = 0; i < skel->prog_cnt; i++) {
		struct bpf_link **link = skel->progs[i].link;

		bpf_link__destroy(*link);
		*link = NULL;
	}
}

void programs_walk(const struct bpf_object_skeleton *skel,
		   void (*fn)(void *ctx, const char *program, bool attached), void *ctx)
{
	for (int i = 0; i < skel->prog_cnt; i++) {
		const struct bpf_program *prog = *skel->progs[i].prog;
		const enum bpf_attach_type type = bpf_program__expected_attach_type(prog);

		if (bpf_program__autoload(prog) && type != BPF_TRACE_ITER)
			fn(ctx, skel->progs[i].name, *skel->progs[i].link);
	}
}

uint64_t program_misses(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (!bpf_program__autoload(prog) ||
	    bpf_prog_get_info_by_fd(bpf_program__fd(prog), &info, &size))
		return 0;
	return info.recursion_misses;
}
