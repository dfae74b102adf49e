// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the two processes can do no more, tried on this machine: each case in a child,
 * which gives up
 * what the real one gives up. Changing users needs root; without it that part is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/sandbox.h"

/**
 * A folder of the test, which the server may write to, and a file beside it that it may
 * not read.
 */
struct place {
	char state[64];
	char config[96];
	char secret[96];
};

static int place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	int fd;

	strcpy(p->state, "/tmp/viommu-sandbox-XXXXXX");
	if (!mkdtemp(p->state))
		return -1;
	chmod(p->state, 0777);
	snprintf(p->config, sizeof(p->config), "%s.yaml", p->state);
	snprintf(p->secret, sizeof(p->secret), "%s.secret", p->state);
	fd = open(p->config, O_CREAT | O_WRONLY, 0644);
	close(fd);
	fd = open(p->secret, O_CREAT | O_WRONLY, 0644);
	close(fd);
	*state = p;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *p = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/file", p->state);
	unlink(path);
	unlink(p->config);
	unlink(p->secret);
	rmdir(p->state);
	free(p);
	return 0;
}

/* Exit code of a child that runs fn. */
static int in_child(int (*fn)(const struct place *), const struct place *p)
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		/* Nothing that the sandbox would refuse, such as writing to a report. */
		_exit(fn(p));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int server_enter(const struct place *p)
{
	const char *readable[] = { p->config, "/no/such/file" };
	const struct sandbox_paths paths = { p->state, readable, 2 };
	char why[256];

	/* nobody is there on every machine; viommu may not be. */
	if (!geteuid() && sandbox_become("nobody", why, sizeof(why)))
		return -1;
	return sandbox_server(&paths, why, sizeof(why));
}

static bool refused(int ret)
{
	return ret < 0 && (errno == EPERM || errno == EACCES || errno == EAFNOSUPPORT);
}

/* Each number names a line that failed. */
#define EXPECT(what) do { if (!(what)) return __LINE__ % 200; } while (0)

static int server_refused(const struct place *p)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };
	char *const argv[] = { "/bin/true", NULL };
	/* What could be left open of before; connect() is refused on it, too. */
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const int ret = server_enter(p);

	EXPECT(ret >= 0);
	EXPECT(geteuid());
	EXPECT(refused(socket(AF_INET, SOCK_STREAM, 0)));
	EXPECT(refused(socket(AF_INET6, SOCK_DGRAM, 0)));
	EXPECT(refused(socket(AF_UNIX, SOCK_STREAM, 0)));
	EXPECT(refused(socket(AF_NETLINK, SOCK_RAW, 0)));
	EXPECT(refused(connect(fd, (const struct sockaddr *)&address, sizeof(address))));
	EXPECT(refused(bind(fd, (const struct sockaddr *)&address, sizeof(address))));
	EXPECT(refused((int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr))));
	EXPECT(refused((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
	EXPECT(refused(execve(argv[0], argv, NULL)));
	EXPECT(refused((int)syscall(SYS_execveat, AT_FDCWD, argv[0], argv, NULL, 0)));
	EXPECT(refused((int)syscall(SYS_fork)));
	EXPECT(refused((int)syscall(SYS_io_uring_setup, 1, NULL)));
	EXPECT(refused(kill(getppid(), 0)));
	EXPECT(refused(setuid(0)));
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED && errno == EPERM);
	/* Files: only where the kernel has Landlock. */
	if (ret == 1)
		return 0;
	EXPECT(refused(open("/proc/1/status", O_RDONLY)));
	EXPECT(refused(open("/etc/passwd", O_RDONLY)));
	EXPECT(refused(open(p->secret, O_RDONLY)));
	EXPECT(refused(open("/tmp", O_RDONLY | O_DIRECTORY)));
	EXPECT(refused(open(p->config, O_WRONLY)));
	return 0;
}

static int server_allowed(const struct place *p)
{
	char path[128], text[4];
	int fds[2], fd;

	EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	EXPECT(server_enter(p) >= 0);
	snprintf(path, sizeof(path), "%s/file", p->state);
	fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
	EXPECT(fd >= 0);
	EXPECT(write(fd, "abc", 3) == 3);
	EXPECT(pread(fd, text, 3, 0) == 3);
	EXPECT(!fdatasync(fd) && !ftruncate(fd, 1));
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	EXPECT(!close(fd) && !unlink(path));
	EXPECT(open(p->config, O_RDONLY) >= 0);
	EXPECT(send(fds[0], "x", 1, MSG_NOSIGNAL) == 1 && recv(fds[1], text, 1, 0) == 1);
	EXPECT(malloc(1 << 22) && getpid() > 0);
	return 0;
}

static int server_privileges(const struct place *p)
{
	EXPECT(server_enter(p) >= 0);
	/* prctl() itself is refused: so what it was set to cannot be taken back. */
	EXPECT(refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)));
	EXPECT(refused(prctl(PR_CAPBSET_READ, 21, 0, 0, 0)));
	return 0;
}

static int collector_refused(const struct place *p)
{
	char *const argv[] = { "/bin/true", NULL };
	char why[256];

	(void)p;
	EXPECT(!sandbox_collector(why, sizeof(why)));
	EXPECT(refused(socket(AF_INET, SOCK_STREAM, 0)));
	EXPECT(refused(socket(AF_INET6, SOCK_STREAM, 0)));
	EXPECT(refused(socket(AF_PACKET, SOCK_RAW, 0)));
	EXPECT(refused(socket(AF_VSOCK, SOCK_STREAM, 0)));
	EXPECT(refused(socket(AF_UNSPEC, SOCK_STREAM, 0)));
	EXPECT(refused((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
	EXPECT(refused(execve(argv[0], argv, NULL)));
	EXPECT(refused((int)syscall(SYS_fork)));
	EXPECT(refused((int)syscall(SYS_init_module, "", 0, "")));
	EXPECT(refused((int)syscall(SYS_io_uring_setup, 1, NULL)));
	EXPECT(socket(AF_UNIX, SOCK_SEQPACKET, 0) >= 0);
	EXPECT(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT) >= 0);
	EXPECT(open("/proc/1/status", O_RDONLY) >= 0);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	/* CAP_NET_RAW, CAP_SYS_MODULE, CAP_SETUID; CAP_BPF stays where it was. */
	EXPECT(geteuid() || !prctl(PR_CAPBSET_READ, 13, 0, 0, 0));
	EXPECT(geteuid() || !prctl(PR_CAPBSET_READ, 16, 0, 0, 0));
	EXPECT(geteuid() || refused(setuid(1)));
	EXPECT(geteuid() || prctl(PR_CAPBSET_READ, 39, 0, 0, 0));
	return 0;
}

static void test_server_refused(void **state)
{
	assert_int_equal(in_child(server_refused, *state), 0);
}

static void test_server_allowed(void **state)
{
	assert_int_equal(in_child(server_allowed, *state), 0);
}

static void test_server_privileges(void **state)
{
	assert_int_equal(in_child(server_privileges, *state), 0);
}

static void test_collector(void **state)
{
	assert_int_equal(in_child(collector_refused, *state), 0);
}

static int user_missing(const struct place *p)
{
	char why[256];

	(void)p;
	EXPECT(sandbox_become("viommu-no-such-user", why, sizeof(why)) < 0);
	EXPECT(strstr(why, "there is no user 'viommu-no-such-user'"));
	EXPECT(sandbox_become("root", why, sizeof(why)) < 0);
	EXPECT(strstr(why, "is root"));
	return 0;
}

static void test_user(void **state)
{
	assert_int_equal(in_child(user_missing, *state), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_server_refused), TEST(test_server_allowed), TEST(test_server_privileges),
		TEST(test_collector), TEST(test_user),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
