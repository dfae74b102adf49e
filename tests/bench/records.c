// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * viommud under a load that no host has: VMs that there are not fail to map as fast as this kernel
 * can write records. Collector and server are the real ones, in processes of their own.
 *
 *   records CONFIG VMS FAILURES
 *
 * Says "server PID", "collector PID", "ready"; then the load runs, "attempted N seconds S"; both go
 * on until standard input ends. As root.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/iova.h"
#include "daemon/collector.h"
#include "daemon/server.h"
#include "records.skel.h"

/** Above any pid of a real process. */
#define FIRST_PID 5000000u
/** MAPs that fail in a row before the next VM has its turn. */
#define IN_A_ROW 1000u

/** As in records.bpf.c. */
struct records_args {
	__u32 vm, tgid, count, slot;
};

static void sleep_ms(long ms)
{
	const struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int die(const char *what, int err)
{
	fprintf(stderr, "records: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return EXIT_FAILURE;
}

static int run(int prog, struct records_args *args)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(*args));
	const int err = bpf_prog_test_run_opts(prog, &opts);

	return err ? -errno : (int)opts.retval;
}

/* A VM on a host of 39 bits whose guest uses 48. */
static void templates_fill(struct records_bpf *skel)
{
	static const struct viommu_range ranges[] = {
		{ 0, IOVA_X86_MSI_FIRST - 1 }, { IOVA_X86_MSI_LAST + 1, (1ULL << 39) - 1 },
	};
	struct viommu_rec_failure *f = &skel->bss->failure;
	struct viommu_container *c = &skel->bss->container;

	f->d.h.type = VIOMMU_REC_MAP;
	f->d.h.flags = VIOMMU_F_RANGES | VIOMMU_F_PGSIZES;
	f->d.h.result = -EINVAL;
	f->d.iova = 1ULL << 40;
	f->d.size = 0x1000;
	f->d.argsz = 32;
	f->d.dma_flags = 3;
	f->s.pgsize_bitmap = 0x40201000;
	f->s.range_count = 2;
	memcpy(f->s.ranges, ranges, sizeof(ranges));
	strcpy(f->d.h.comm, "qemu-system-x86");
	c->state = VIOMMU_CONTAINER_LIVE;
	c->range_count = 2;
	memcpy(c->ranges, ranges, sizeof(ranges));
	c->maps = 1000;
	c->map_bytes = 1000 << 12;
	c->highest_mapped = 0xffffff;
	strcpy(c->comm, "qemu-system-x86");
}

static void process_fill(struct viommu_rec_process *p, unsigned int vm)
{
	p->h.type = VIOMMU_REC_PROCESS;
	strcpy(p->h.comm, "qemu-system-x86");
	p->argv_len = (__u32)snprintf(p->argv, sizeof(p->argv), "qemu-system-x86_64|-name|guest=vm%u|"
				      "-machine|q35|-device|virtio-iommu-pci,aw-bits=48|", vm);
	for (size_t i = 0; i < p->argv_len; i++)
		if (p->argv[i] == '|')
			p->argv[i] = '\0';
}

static int load(struct records_bpf *skel, unsigned int vms, unsigned long failures)
{
	struct records_args *all = calloc(vms, sizeof(*all));
	unsigned long done = 0;
	double start;
	int ret = 0;

	for (unsigned int vm = 0; all && vm < vms; vm++) {
		all[vm] = (struct records_args){ .vm = vm, .tgid = FIRST_PID + vm };
		process_fill(&skel->bss->process, vm);
		/* The collector declares elements free when it starts. */
		while ((ret = run(bpf_program__fd(skel->progs.vm_open), &all[vm])) == 1)
			sleep_ms(10);
		if (ret)
			goto out;
		/* A host starts its VMs one after the other. */
		if (vm % 50 == 49)
			sleep_ms(100);
	}
	puts("ready");
	fflush(stdout);
	sleep_ms(3000);
	start = now();
	for (unsigned int vm = 0; all && done < failures && !ret; vm = (vm + 1) % vms) {
		all[vm].count = failures - done < IN_A_ROW ? (__u32)(failures - done) : IN_A_ROW;
		ret = run(bpf_program__fd(skel->progs.vm_fail), &all[vm]);
		done += all[vm].count;
	}
	printf("attempted %lu seconds %.3f\n", done, now() - start);
	fflush(stdout);
out:
	free(all);
	return ret;
}

static pid_t server_fork(const struct config *config, const char *path, int fd, int other)
{
	static struct notify quiet = { .fd = -1 };
	const struct server_opts opts = {
		.config = config, .config_path = path, .config_must_exist = true, .fd = fd,
		.notify = &quiet,
	};
	const pid_t pid = fork();

	if (!pid) {
		close(other);
		_exit(server_run(&opts));
	}
	return pid;
}

static pid_t collector_fork(const struct config *config, const char *path, int fd,
			    const struct records_bpf *skel)
{
	static struct notify quiet = { .fd = -1 };
	const struct tracer_maps maps = {
		.records_fd = bpf_map__fd(skel->maps.records),
		.containers_fd = bpf_map__fd(skel->maps.containers),
		.losses_fd = bpf_map__fd(skel->maps.losses),
		.free_slots_fd = bpf_map__fd(skel->maps.free_slots),
	};
	const struct collector_opts opts = {
		.config = config, .config_path = path, .config_must_exist = true, .fd = fd,
		.notify = &quiet, .maps = &maps,
	};
	const pid_t pid = fork();

	if (!pid)
		_exit(collector_run(&opts));
	return pid;
}

static void note_print(void *ctx, const struct policy_note *note)
{
	(void)ctx;
	fprintf(stderr, "%s:%u: %s\n", note->file, note->at.line, note->text);
}

int main(int argc, char **argv)
{
	const struct policy_listener listener = { note_print, NULL };
	struct records_bpf *skel;
	struct config config;
	pid_t server, collector;
	int fds[2], ret;

	if (argc != 4 || config_load(&config, argv[1], true, &listener))
		return EXIT_FAILURE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		return die("socketpair", errno);
	/* Before there is anything of BPF that it could inherit. */
	server = server_fork(&config, argv[1], fds[1], fds[0]);
	close(fds[1]);
	skel = records_bpf__open_and_load();
	if (!skel)
		return die("the kernel does not take the program", errno);
	collector = collector_fork(&config, argv[1], fds[0], skel);
	close(fds[0]);
	printf("server %d\ncollector %d\n", (int)server, (int)collector);
	fflush(stdout);
	templates_fill(skel);
	ret = load(skel, (unsigned int)strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	if (ret)
		die("BPF_PROG_RUN", ret);
	while (getchar() != EOF)
		;
	kill(collector, SIGTERM);
	waitpid(collector, NULL, 0);
	waitpid(server, NULL, 0);
	records_bpf__destroy(skel);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
