// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A trampoline on a module's function holds a reference to the module (bpf_trampoline_link_prog()).
 * The kernel lists links and what they are attached to, but not whose they are: that is in the
 * fdinfo of each process.
 */
#include "trace/pins.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/file.h"
#include "host/text.h"

/* Links that are looked at: a machine full of tracers has hundreds. */
#define LINKS_MAX 4096

struct search {
	uint32_t links[LINKS_MAX];	/* ids of links on the module, ascending */
	size_t count;
	size_t owned;			/* of them, with a process */
	struct module_pins *pins;
	uint32_t pid;			/* whose fdinfo is read */
};

/* The type information of that id belongs to the module. */
static bool btf_is(uint32_t id, const char *module)
{
	struct bpf_btf_info info = { 0 };
	__u32 size = sizeof(info);
	char name[64] = "";
	bool same;
	int fd = bpf_btf_get_fd_by_id(id);

	if (fd < 0)
		return false;
	info.name = (uint64_t)(uintptr_t)name;
	info.name_len = sizeof(name);
	same = !bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(name, module);
	close(fd);
	return same;
}

static bool link_is_on(uint32_t id, const char *module)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	const int fd = bpf_link_get_fd_by_id(id);
	int err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !err && info.type == BPF_LINK_TYPE_TRACING && info.tracing.target_obj_id &&
	       btf_is(info.tracing.target_obj_id, module);
}

static int links_find(struct search *s, const char *module)
{
	uint32_t id = 0;

	while (s->count < LINKS_MAX) {
		if (bpf_link_get_next_id(id, &id))
			return errno == ENOENT ? 0 : -errno;
		if (link_is_on(id, module))
			s->links[s->count++] = id;
	}
	return 0;
}

static bool link_wanted(const struct search *s, uint32_t id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->links[i] == id)
			return true;
	return false;
}

static void pin_add(struct search *s, int proc)
{
	struct module_pins *p = s->pins;
	struct module_pin *pin = p->count ? &p->pin[p->count - 1] : NULL;
	char comm[32];
	ssize_t len;

	s->owned++;
	if (!pin || pin->pid != s->pid) {
		if (p->count == PINS_MAX)
			return;
		pin = &p->pin[p->count++];
		*pin = (struct module_pin){ .pid = s->pid };
		len = host_file_read(proc, "../comm", comm, sizeof(comm));
		if (len > 0)
			host_text_clean(pin->comm, sizeof(pin->comm), comm, strcspn(comm, "\n"));
	}
	pin->programs++;
}

static int on_fdinfo(void *ctx, int dir, const char *name, size_t stem)
{
	struct search *s = ctx;
	char text[1024];
	const char *line;
	unsigned int id;

	(void)stem;
	if (host_file_read(dir, name, text, sizeof(text)) <= 0)
		return 0;
	line = strstr(text, "\nlink_id:");
	if (line && sscanf(line, "\nlink_id: %10u", &id) == 1 && link_wanted(s, id))
		pin_add(s, dir);
	return 0;
}

static int on_process(void *ctx, int dir, const char *name, size_t stem)
{
	struct search *s = ctx;
	char path[32];
	int fdinfo;

	s->pid = host_text_number(name, stem);
	if (!s->pid)
		return 0;
	snprintf(path, sizeof(path), "%u/fdinfo", s->pid);
	fdinfo = host_dir_open_at(dir, path, HOST_TRUSTED);
	if (fdinfo >= 0)
		host_dir_walk(fdinfo, "", on_fdinfo, s);
	return 0;
}

static void refcount_read(struct module_pins *p, const char *module)
{
	char path[96], text[32];
	const int root = host_dir_open("", ".");

	if (root < 0)
		return;
	snprintf(path, sizeof(path), "sys/module/%s/refcnt", module);
	if (host_file_read(root, path, text, sizeof(text)) > 0 &&
	    sscanf(text, "%10u", &p->refcount) == 1)
		p->has_refcount = true;
	close(root);
}

int module_pins_read(struct module_pins *p, const char *module)
{
	struct search *s = calloc(1, sizeof(*s));
	int err = s ? 0 : -ENOMEM;

	memset(p, 0, sizeof(*p));
	refcount_read(p, module);
	if (!err) {
		s->pins = p;
		err = links_find(s, module);
	}
	if (!err) {
		p->known = true;
		if (s->count)
			host_dir_walk(host_dir_open("", "proc"), "", on_process, s);
		if (s->count > s->owned && p->count < PINS_MAX)
			p->pin[p->count++] = (struct module_pin){
				.programs = (unsigned int)(s->count - s->owned) };
	}
	free(s);
	return err;
}
