// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/** SYS_ADMIN: libbpf finds module types by walking BTF ids (BPF_BTF_GET_NEXT_ID). */
static const struct {
	cap_value_t value;
	const char *name;
} needed_capabilities[] = {
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_PERFMON, "CAP_PERFMON" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

int kernel_missing_capabilities(char *buf, size_t size)
{
	cap_t caps = cap_get_proc();
	size_t used = 0;
	int missing = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(needed_capabilities); i++) {
		cap_flag_value_t have = CAP_CLEAR;

		if (caps)
			cap_get_flag(caps, needed_capabilities[i].value, CAP_EFFECTIVE, &have);
		if (have == CAP_SET)
			continue;
		missing++;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 needed_capabilities[i].name);
	}
	if (caps)
		cap_free(caps);
	return missing;
}

bool kernel_has_btf(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

bool kernel_module_has_btf(const char *module)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	return access(path, R_OK) == 0;
}

/** First line of a file without its newline. 0 or -errno. */
static int line_read(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

bool kernel_module_live(const char *module)
{
	char path[128], state[32];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (access(path, F_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	/* A driver that is built in has no initstate. */
	return line_read(AT_FDCWD, path, state, sizeof(state)) || strcmp(state, "live") == 0;
}

bool kernel_module_exists(const char *module)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_list *found = NULL;
	bool exists;

	if (!ctx)
		return true;	/* not known: then it may come */
	exists = kmod_module_new_from_lookup(ctx, module, &found) >= 0 && found;
	kmod_module_unref_list(found);
	kmod_unref(ctx);
	return exists;
}

void kernel_release(char *buf, size_t size)
{
	struct utsname name;

	snprintf(buf, size, "%s", uname(&name) == 0 ? name.release : "unknown");
}

/**
 * debugfs without a mount point: a file system that only we can see and that is gone with its file
 * descriptor. Most hosts have debugfs mounted, but that is not ours to rely on or to change.
 */
static int debugfs_open(void)
{
	int fs, mount = -1;

	fs = fsopen("debugfs", FSOPEN_CLOEXEC);
	/* viommud's collector may not mount anything. */
	if (fs < 0 && errno == EPERM)
		mount = open("/sys/kernel/debug", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fs < 0)
		return mount < 0 ? -errno : mount;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return mount < 0 ? -errno : mount;
}

/** "none voluntary (full) lazy": the one in parentheses is in force (sched_dynamic_show()). */
static enum kernel_preempt preempt_from_debugfs(void)
{
	char line[128];
	char *mode;
	int dir = debugfs_open();
	int err;

	if (dir < 0)
		return KERNEL_PREEMPT_UNKNOWN;
	err = line_read(dir, "sched/preempt", line, sizeof(line));
	close(dir);
	mode = err ? NULL : strchr(line, '(');
	if (!mode)
		return KERNEL_PREEMPT_UNKNOWN;
	if (strncmp(mode, "(none)", 6) == 0 || strncmp(mode, "(voluntary)", 11) == 0)
		return KERNEL_PREEMPT_NO;
	return KERNEL_PREEMPT_YES;
}

enum kernel_preempt kernel_preempt_model(void)
{
	struct utsname name;

	if (uname(&name) != 0)
		return KERNEL_PREEMPT_UNKNOWN;
	/* init/Makefile puts the model that the kernel was built with into its version. */
	if (strstr(name.version, "PREEMPT_DYNAMIC"))
		return preempt_from_debugfs();
	if (strstr(name.version, "PREEMPT"))
		return KERNEL_PREEMPT_YES;
	return KERNEL_PREEMPT_NO;
}

int kernel_find_functions(const char *module, const char *const functions[], bool present[],
			  size_t count)
{
	char line[512], symbol[256], owner[128];
	FILE *f = fopen("/proc/kallsyms", "re");
	bool any = false;

	memset(present, 0, count * sizeof(*present));
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		int n = sscanf(line, "%*s %*s %255s [%127[^]]]", symbol, owner);

		if (n < 1 || (n == 2 && strcmp(owner, module) != 0))
			continue;
		any = true;
		for (size_t i = 0; i < count; i++)
			present[i] |= strcmp(symbol, functions[i]) == 0;
	}
	fclose(f);
	/* What systemd's ProtectKernelTunables leaves of it is an empty file. */
	return any ? 0 : -ENODATA;
}
