// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMUs that run on this machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"
#include "host/qemu-files.h"
#include "host/qemu.h"
#include "host/source.h"

/* First part of /proc/cpuinfo: the vendor is in its first lines. */
#define CPUINFO_MAX 4096

struct search {
	struct guest_list *list;
	const char *root;
	enum cpu_vendor cpu;
	char *args;		/* QEMU_ARGS_MAX bytes */
	int err;
};

enum cpu_vendor qemu_host_vendor(const char *root)
{
	const int dir = host_dir_open(root, "proc");
	enum cpu_vendor vendor = CPU_UNKNOWN;
	char text[CPUINFO_MAX] = "";

	if (dir < 0)
		return vendor;
	host_file_read(dir, "cpuinfo", text, sizeof(text));
	close(dir);
	if (strstr(text, "GenuineIntel"))
		vendor = CPU_INTEL;
	else if (strstr(text, "AuthenticAMD"))
		vendor = CPU_AMD;
	else if (strstr(text, "CPU implementer"))
		vendor = CPU_ARM;
	return vendor;
}

static struct guest *list_add(struct guest_list *list)
{
	struct guest *more = realloc(list->guests, (list->count + 1) * sizeof(*more));

	if (!more)
		return NULL;
	list->guests = more;
	memset(&more[list->count], 0, sizeof(*more));
	return &more[list->count++];
}

/* The whole command line, of which host_process_read() keeps the first 4 KiB only. */
static size_t args_read(const struct search *s, int proc)
{
	const int fd = host_file_open(proc, "cmdline", HOST_TRUSTED, NULL);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = host_fd_read(fd, s->args, QEMU_ARGS_MAX);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* Fill g, which is zeroed. -EINVAL: no arguments; -ESRCH: it ended while it was looked at. */
static int guest_read(const struct search *s, struct guest *g, const struct host_process *p,
		      int proc, bool *unread)
{
	struct qemu_files *files = malloc(sizeof(*files));
	int err;

	if (!files)
		return -ENOMEM;
	host_vm_identify(&g->vm, p, s->root);
	g->pid = p->pid;
	qemu_binary_read(g, proc);
	qemu_limits_read(g, proc);
	qemu_capabilities_read(g, proc);
	err = guest_from_argv(g, s->args, args_read(s, proc), s->cpu, s->root);
	qemu_files_read(files, proc);
	qemu_files_compare(g, files, s->root);
	*unread = !files->known;
	free(files);
	return err ? err : host_process_alive(p, s->root) ? 0 : -ESRCH;
}

/* What has ended meanwhile is left out. */
static int guest_add(struct search *s, const struct host_process *p, int proc)
{
	struct guest *g = list_add(s->list);
	bool unread = false;
	int err = g ? guest_read(s, g, p, proc, &unread) : -ENOMEM;

	s->list->unread += unread;
	if (err != -EINVAL && err != -ESRCH)
		return err;
	s->list->count--;
	return 0;
}

static int on_process(void *ctx, int dir, const char *name, size_t stem)
{
	struct search *s = ctx;
	struct host_process p = { .pid = host_text_number(name, stem) };
	struct host_cmdline cmd;
	int proc;

	if (!p.pid || host_process_read(&p, s->root))
		return 0;
	host_cmdline_parse(&cmd, &p);
	if (!cmd.qemu || !cmd.known)
		return 0;
	proc = host_dir_open_at(dir, name, HOST_TRUSTED);
	if (proc < 0)
		return 0;
	s->err = guest_add(s, &p, proc);
	close(proc);
	return s->err;
}

static int process_open(int proc, uint32_t pid)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", pid);
	return host_dir_open_at(proc, name, HOST_TRUSTED);
}

static int by_name(const void *a, const void *b)
{
	const struct guest *left = a, *right = b;
	const int order = strcmp(left->vm.name, right->vm.name);

	return order ? order : (left->pid > right->pid) - (left->pid < right->pid);
}

int guests_running(struct guest_list *list, const char *root)
{
	struct search s = { .list = list, .root = root, .cpu = qemu_host_vendor(root) };
	int err;

	memset(list, 0, sizeof(*list));
	s.args = malloc(QEMU_ARGS_MAX);
	if (!s.args)
		return -ENOMEM;
	err = host_dir_walk(host_dir_open(root, "proc"), "", on_process, &s);
	free(s.args);
	if (err < 0) {
		guest_list_fini(list);
		return err;
	}
	if (list->count)
		qsort(list->guests, list->count, sizeof(*list->guests), by_name);
	return 0;
}

int guest_of_process(struct guest *g, const struct host_process *p, const char *root)
{
	struct search s = { .root = root };
	struct host_cmdline cmd;
	bool unread;
	int dir, proc, err;

	host_cmdline_parse(&cmd, p);
	if (cmd.known && !cmd.qemu)
		return -EINVAL;
	dir = host_dir_open(root, "proc");
	if (dir < 0)
		return dir == -ENOENT ? -ESRCH : dir;
	proc = process_open(dir, p->pid);
	close(dir);
	if (proc < 0)
		return -ESRCH;
	memset(g, 0, sizeof(*g));
	s.cpu = qemu_host_vendor(root);
	s.args = malloc(QEMU_ARGS_MAX);
	err = s.args ? guest_read(&s, g, p, proc, &unread) : -ENOMEM;
	free(s.args);
	close(proc);
	return err;
}

void guest_list_fini(struct guest_list *list)
{
	free(list->guests);
	memset(list, 0, sizeof(*list));
}

bool guest_is(const struct guest *g, const char *name)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "pid:%u", g->pid);
	return host_vm_match(&g->vm, name) || !strcmp(pid, name);
}

struct guest *guest_list_find(const struct guest_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (guest_is(&list->guests[i], name))
			return &list->guests[i];
	return NULL;
}
