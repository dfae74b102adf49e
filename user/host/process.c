// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What /proc says of a process. The folder of a pid stays bound to its process while it is open:
 * once that is gone, reads fail with ESRCH, whoever has the number now. So one folder is opened
 * and all is read below it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"
#include "host/process.h"
#include "host/text.h"
#include "host/vm.h"

/* /proc/PID/stat: comm of at most 15 bytes and some fifty numbers of at most 20 digits. */
#define STAT_LEN 2048
/* Lines of /proc/PID/cgroup: one for each version 1 hierarchy, of at most a path each. */
#define CGROUP_FILE_LEN 16384

#define NS_PER_SEC 1000000000ULL

/* Parts of /proc/PID/stat, numbered as in proc_pid_stat(5). */
struct stat_fields {
	char comm[VIOMMU_COMM_LEN];	/* 2 */
	char state;			/* 3 */
	uint64_t threads;		/* 20 */
	uint64_t start;			/* 22, clock ticks since boot */
};

/* /proc counts start times in ticks of USER_HZ; the kernel divides and drops the rest
 * (nsec_to_clock_t, kernel/time/time.c).
 */
static uint64_t tick_ns(void)
{
	long hz = sysconf(_SC_CLK_TCK);

	return NS_PER_SEC / (hz > 0 ? (uint64_t)hz : 100);
}

bool host_process_same(const struct host_process *a, const struct host_process *b)
{
	if (a->pid != b->pid)
		return false;
	return !a->start_time || !b->start_time ||
	       a->start_time / tick_ns() == b->start_time / tick_ns();
}

/* comm may hold blanks and parentheses, but nothing after it does: it ends at the last one. */
static int stat_parse(struct stat_fields *f, const char *text)
{
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');
	char *end;

	memset(f, 0, sizeof(*f));
	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return -EINVAL;
	for (size_t i = 0; i < VIOMMU_COMM_LEN - 1 && open + 1 + i < close; i++)
		f->comm[i] = open[1 + i];
	f->state = close[2];
	text = close + 3;
	for (int field = 4; field <= 22; field++) {
		uint64_t n = strtoull(text, &end, 10);

		if (end == text)
			return -EINVAL;
		text = end;
		if (field == 20)
			f->threads = n;
		if (field == 22)
			f->start = n;
	}
	return 0;
}

/* 0; -ESRCH if the process is gone; -EACCES and others if it may be there. */
static int stat_read(struct stat_fields *f, int dir)
{
	char text[STAT_LEN];
	ssize_t n = host_file_read(dir, "stat", text, sizeof(text));

	if (n == -ENOENT || n == -ESRCH)
		return -ESRCH;
	return n < 0 ? (int)n : stat_parse(f, text);
}

/* A descriptor of the folder; -ESRCH if there is no such process. */
static int folder_open(uint32_t pid, const char *root)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "proc/%u", pid);
	fd = host_dir_open(root, path);
	return fd == -ENOENT ? -ESRCH : fd;
}

/* Is the process of this folder the one that started at start (ns, 0 unknown)? */
static int start_check(const struct host_process *p, const struct stat_fields *f)
{
	if (p->start_time && p->start_time / tick_ns() != f->start)
		return -ESRCH;
	return 0;
}

static void cmdline_read(struct host_process *p, int dir)
{
	char buf[VIOMMU_ARGV_LEN + 2];	/* one byte more than fits says that it was cut */
	ssize_t n = host_file_read(dir, "cmdline", buf, sizeof(buf));

	if (n <= 0)
		return;
	p->argv_cut = n > VIOMMU_ARGV_LEN;
	p->argv_len = p->argv_cut ? VIOMMU_ARGV_LEN : (size_t)n;
	memcpy(p->argv, buf, p->argv_len);
}

/* Path of a line "ID:CONTROLLERS:PATH"; NULL if the line is not that hierarchy's or says "/".
 * controllers "" is version 2, NULL any hierarchy.
 */
static const char *cgroup_line(char *line, const char *controllers)
{
	char *name = strchr(line, ':');
	char *path = name ? strchr(name + 1, ':') : NULL;
	size_t len;

	if (!path || path[1] != '/' || !path[2])
		return NULL;
	len = (size_t)(path - name) - 1;
	if (controllers && (strlen(controllers) != len || memcmp(name + 1, controllers, len)))
		return NULL;
	return path + 1;
}

/* On a host of version 1 the path of version 2 is "/": systemd's own hierarchy comes next, then
 * any (libvirt without systemd).
 */
static void cgroup_read(struct host_process *p, int dir)
{
	static const char *const order[] = { "", "name=systemd", NULL };
	static const char removed[] = " (deleted)";
	char text[CGROUP_FILE_LEN], copy[CGROUP_FILE_LEN];

	if (host_file_read(dir, "cgroup", text, sizeof(text)) <= 0)
		return;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		char *rest = copy;
		char *line;

		memcpy(copy, text, sizeof(copy));
		while ((line = strsep(&rest, "\n"))) {
			const char *path = cgroup_line(line, order[i]);
			size_t len = path ? strlen(path) : 0;

			if (host_text_ends(path, len, removed))
				len -= sizeof(removed) - 1;
			if (!len || len >= sizeof(p->cgroup))
				continue;
			memcpy(p->cgroup, path, len);
			p->cgroup[len] = '\0';
			return;
		}
	}
}

int host_process_read(struct host_process *p, const char *root)
{
	int dir = folder_open(p->pid, root);
	struct stat_fields f;
	int ret;

	if (dir == -ESRCH)
		return dir;
	if (dir < 0)
		return 0;
	ret = stat_read(&f, dir);
	if (!ret)
		ret = start_check(p, &f);
	if (ret == -ESRCH)
		goto out;
	if (!ret) {
		memcpy(p->comm, f.comm, sizeof(p->comm));
		if (!p->start_time)
			p->start_time = f.start * tick_ns();
	}
	ret = 0;
	cmdline_read(p, dir);
	cgroup_read(p, dir);
out:
	close(dir);
	return ret;
}

bool host_process_alive(const struct host_process *p, const char *root)
{
	int dir = folder_open(p->pid, root);
	struct stat_fields f;
	int ret;

	if (dir == -ESRCH)
		return false;
	if (dir < 0)
		return true;
	ret = stat_read(&f, dir);
	close(dir);
	if (!ret)
		ret = start_check(p, &f);
	if (ret)
		return ret != -ESRCH;
	/* The first thread may have ended while others run: then the process is still there. */
	return !(f.state == 'X' || (f.state == 'Z' && f.threads <= 1));
}

int host_process_owner(const struct host_process *p, const char *root, uid_t *uid)
{
	int dir = folder_open(p->pid, root);
	struct stat_fields f;
	struct stat st;
	int ret;

	if (dir < 0)
		return dir;
	ret = stat_read(&f, dir);
	if (!ret)
		ret = start_check(p, &f);
	if (!ret && fstat(dir, &st))
		ret = -errno;
	if (!ret)
		*uid = st.st_uid;
	close(dir);
	return ret;
}

/* Names come innermost first; a path starts at the root. An overlong one is left unknown. */
static void cgroup_join(struct host_process *p, const char *names, size_t len)
{
	size_t pos = sizeof(p->cgroup) - 1;
	char path[VIOMMU_CGROUP_LEN];

	path[pos] = '\0';
	while (len) {
		size_t n = strnlen(names, len);
		size_t step = n < len ? n + 1 : n;

		if (n && n + 1 > pos)
			return;
		if (n) {
			pos -= n;
			memcpy(path + pos, names, n);
			path[--pos] = '/';
		}
		names += step;
		len -= step;
	}
	memcpy(p->cgroup, path + pos, sizeof(path) - pos);
}

int host_process_from_record(struct host_process *p, const struct viommu_rec_process *rec)
{
	memset(p, 0, sizeof(*p));
	if (rec->argv_len > sizeof(rec->argv) || rec->cgroup_len > sizeof(rec->cgroup))
		return -EINVAL;
	p->pid = rec->h.tgid;
	p->start_time = rec->h.start_time;
	memcpy(p->comm, rec->h.comm, sizeof(p->comm) - 1);
	p->argv_cut = rec->h.flags & VIOMMU_F_ARGV_CUT;
	if (!(rec->h.flags & VIOMMU_F_ARGV_UNREAD)) {
		memcpy(p->argv, rec->argv, rec->argv_len);
		p->argv_len = rec->argv_len;
	}
	cgroup_join(p, rec->cgroup, rec->cgroup_len);
	return 0;
}
