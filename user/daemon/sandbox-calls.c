// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System calls. The server has a list of what it may do, the collector one of what it may not: what
 * libbpf asks of a kernel differs between kernels, an HTTP server's needs do not.
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sandbox.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* SQLite, GnuTLS, libmicrohttpd and the C library, on listeners and files that may be opened. */
static const int server_calls[] = {
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(access), SCMP_SYS(brk),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fadvise64), SCMP_SYS(fallocate),
	SCMP_SYS(fchmod), SCMP_SYS(fcntl), SCMP_SYS(fdatasync), SCMP_SYS(flock), SCMP_SYS(fstat),
	SCMP_SYS(fstatfs), SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(futex),
	SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(getegid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getpeername), SCMP_SYS(getpid), SCMP_SYS(getppid),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(getuid), SCMP_SYS(lseek),
	SCMP_SYS(lstat), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(msync),
	SCMP_SYS(munmap), SCMP_SYS(nanosleep), SCMP_SYS(newfstatat), SCMP_SYS(open),
	SCMP_SYS(openat), SCMP_SYS(pipe2), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(pselect6), SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev), SCMP_SYS(read), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(readv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
	SCMP_SYS(select), SCMP_SYS(sendfile), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
	SCMP_SYS(set_robust_list), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
	SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4), SCMP_SYS(stat), SCMP_SYS(statfs),
	SCMP_SYS(statx), SCMP_SYS(sysinfo), SCMP_SYS(time), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(uname), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(utimensat), SCMP_SYS(write), SCMP_SYS(writev),
};

/* ioctl()s on sockets and on standard error. */
static const unsigned int server_ioctls[] = { FIONBIO, FIONREAD, TCGETS };

/* Calls that a tracer never needs and that whoever took it over would like. */
static const int collector_refused[] = {
	SCMP_SYS(acct), SCMP_SYS(add_key), SCMP_SYS(adjtimex), SCMP_SYS(chroot),
	SCMP_SYS(clock_adjtime), SCMP_SYS(clock_settime), SCMP_SYS(clone), SCMP_SYS(clone3),
	SCMP_SYS(delete_module), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(finit_module),
	SCMP_SYS(fork), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fsopen),
	SCMP_SYS(init_module), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(io_uring_setup), SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(kexec_file_load),
	SCMP_SYS(kexec_load), SCMP_SYS(keyctl), SCMP_SYS(mount), SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount), SCMP_SYS(open_by_handle_at), SCMP_SYS(open_tree),
	SCMP_SYS(personality), SCMP_SYS(pidfd_getfd), SCMP_SYS(pivot_root),
	SCMP_SYS(process_madvise), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(ptrace), SCMP_SYS(quotactl), SCMP_SYS(reboot), SCMP_SYS(request_key),
	SCMP_SYS(setns), SCMP_SYS(settimeofday), SCMP_SYS(swapoff), SCMP_SYS(swapon),
	SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(userfaultfd), SCMP_SYS(vfork),
};

/* A call that this architecture does not have needs no rule. */
static int rule_add(scmp_filter_ctx ctx, uint32_t action, int call, unsigned int count,
		    const struct scmp_arg_cmp *arguments)
{
	const int err = call < 0 ? 0 : seccomp_rule_add_array(ctx, action, call, count, arguments);

	return err == -EDOM || err == -EEXIST ? 0 : err;
}

static int server_rules(scmp_filter_ctx ctx)
{
	/* Memory never becomes a program. */
	const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	/* Limits are read, not set. */
	const struct scmp_arg_cmp no_limit = SCMP_A2(SCMP_CMP_EQ, 0, 0);
	/* abort() */
	const struct scmp_arg_cmp own = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
	int err = 0;

	for (size_t i = 0; i < COUNT(server_calls) && !err; i++)
		err = rule_add(ctx, SCMP_ACT_ALLOW, server_calls[i], 0, NULL);
	for (size_t i = 0; i < COUNT(server_ioctls) && !err; i++) {
		const struct scmp_arg_cmp which = SCMP_A1(SCMP_CMP_EQ, server_ioctls[i], 0);

		err = rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &which);
	}
	if (!err)
		err = rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_exec);
	if (!err)
		err = rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_exec);
	if (!err)
		err = rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, &no_limit);
	if (!err)
		err = rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &own);
	return err;
}

/* socket() of every family but AF_UNIX and AF_NETLINK. */
static int families_refuse(scmp_filter_ctx ctx)
{
	const uint32_t action = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	const struct scmp_arg_cmp above = SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0);
	int err = rule_add(ctx, action, SCMP_SYS(socket), 1, &above);

	for (unsigned int family = 0; family < AF_NETLINK && !err; family++) {
		const struct scmp_arg_cmp one = SCMP_A0(SCMP_CMP_EQ, family, 0);

		if (family != AF_UNIX)
			err = rule_add(ctx, action, SCMP_SYS(socket), 1, &one);
	}
	return err;
}

static int collector_rules(scmp_filter_ctx ctx)
{
	int err = families_refuse(ctx);

	for (size_t i = 0; i < COUNT(collector_refused) && !err; i++)
		err = rule_add(ctx, SCMP_ACT_ERRNO(EPERM), collector_refused[i], 0, NULL);
	return err;
}

static int filter_load(uint32_t otherwise, int (*rules)(scmp_filter_ctx ctx))
{
	const scmp_filter_ctx ctx = seccomp_init(otherwise);
	int err = ctx ? 0 : -ENOMEM;

	/* no_new_privs is set already; libseccomp would fail if it were refused. */
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	if (!err)
		err = rules(ctx);
	if (!err)
		err = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return err;
}

int sandbox_calls_server(void)
{
	return filter_load(SCMP_ACT_ERRNO(EPERM), server_rules);
}

int sandbox_calls_collector(void)
{
	return filter_load(SCMP_ACT_ALLOW, collector_rules);
}
