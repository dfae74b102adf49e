// SPDX-License-Identifier: GPL-2.0-or-later
/* Users and capabilities; and what goes with them. */
#include "daemon/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/**
 * BPF, PERFMON: load and attach. SYS_ADMIN: type information of modules (BPF_BTF_GET_FD_BY_ID), the
 * guard's netlink family. SYS_PTRACE, DAC_READ_SEARCH: /proc and files of VMs of other users.
 * SYSLOG: what the kernel's log says of the IOMMUs (dmesg_restrict).
 */
static const cap_value_t collector_keeps[] = {
	CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYSLOG,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int sandbox_become(const char *user, char *why, size_t size)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (!pw) {
		snprintf(why, size, "there is no user '%s' on this machine to run the server as: make "
			 "it with 'systemd-sysusers' or 'useradd --system --user-group %s'", user, user);
		return errno ? -errno : -ENOENT;
	}
	if (!pw->pw_uid) {
		snprintf(why, size, "user '%s' is root: the server has to have a user of its own",
			 user);
		return -EPERM;
	}
	/* While we may: what a setuid program or a file's capabilities could give back. */
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		cap_drop_bound(cap);
	if (!initgroups(user, pw->pw_gid) && !setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) &&
	    !setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return 0;
	snprintf(why, size, "cannot become user '%s': %s", user, strerror(errno));
	return -errno;
}

/* Only what is in keep is left, also for programs that are run. */
static int capabilities_keep(const cap_value_t *keep, size_t count)
{
	cap_t have = cap_get_proc(), want = cap_init();
	int err = have && want ? 0 : -ENOMEM;

	for (cap_value_t cap = 0; !err && cap < cap_max_bits(); cap++) {
		bool kept = false;
		cap_flag_value_t has = CAP_CLEAR;

		for (size_t i = 0; i < count; i++)
			kept |= keep[i] == cap;
		cap_get_flag(have, cap, CAP_PERMITTED, &has);
		if (kept && has == CAP_SET) {
			cap_set_flag(want, CAP_PERMITTED, 1, &cap, CAP_SET);
			cap_set_flag(want, CAP_EFFECTIVE, 1, &cap, CAP_SET);
		}
		/* Without CAP_SETPCAP the bounding set stays; no_new_privs makes up for it. */
		if (!kept && cap_drop_bound(cap) && errno != EPERM && errno != EINVAL)
			err = -errno;
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!err && cap_set_proc(want))
		err = -errno;
	cap_free(have);
	cap_free(want);
	return err;
}

static int privileges_fix(const cap_value_t *keep, size_t count)
{
	int err = capabilities_keep(keep, count);

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err;
}

static int failed(const char *what, int err, char *why, size_t size)
{
	snprintf(why, size, "cannot %s: %s", what, strerror(-err));
	return err;
}

int sandbox_server(const struct sandbox_paths *paths, char *why, size_t size)
{
	int err = privileges_fix(NULL, 0);
	int files;

	why[0] = '\0';
	/* Its memory holds TLS keys: no core dump, no ptrace() by its own user. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err = err ? err : -errno;
	if (err)
		return failed("give up privileges", err, why, size);
	files = sandbox_files(paths);
	if (files && files != -EOPNOTSUPP)
		return failed("restrict access to files", files, why, size);
	err = sandbox_calls_server();
	if (err)
		return failed("restrict system calls", err, why, size);
	if (files)
		snprintf(why, size, "this kernel has no Landlock: which files the server may open is "
			 "up to their modes alone");
	return files ? 1 : 0;
}

int sandbox_collector(char *why, size_t size)
{
	int err = privileges_fix(collector_keeps, COUNT(collector_keeps));

	why[0] = '\0';
	if (err)
		return failed("give up privileges", err, why, size);
	err = sandbox_calls_collector();
	return err ? failed("restrict system calls", err, why, size) : 0;
}
