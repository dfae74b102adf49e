// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-load: the operations one after the other, each printed as it is done. */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vfio-load.h"

/* The program's state while it works. */
struct session {
	struct load_vfio vfio;
	/* Where `other` leads. */
	struct load_vfio other;
	struct load_counts counts;
};

static int drop_cap_ipc_lock(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int set_memlock(uint64_t bytes)
{
	const struct rlimit limit = { .rlim_cur = bytes, .rlim_max = bytes };

	return setrlimit(RLIMIT_MEMLOCK, &limit) < 0 ? -errno : 0;
}

static int sleep_ms(uint64_t ms)
{
	const struct timespec time = { .tv_sec = (time_t)(ms / 1000),
				       .tv_nsec = (long)(ms % 1000 * 1000000) };

	return nanosleep(&time, NULL) < 0 ? -errno : 0;
}

/* The parent is of no more use than its descriptors; what it would print comes from the child. */
static int go_on_as_child(void)
{
	const pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (child == 0)
		return 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

static int enter_cgroup(const char *name)
{
	char path[64];
	FILE *procs;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", name);
	procs = fopen(path, "w");
	if (!procs)
		return -errno;
	fprintf(procs, "%d", getpid());
	return fclose(procs) ? -errno : 0;
}

static int wait_stdin(void)
{
	int c;

	do {
		c = getchar();
	} while (c != EOF && c != '\n');
	return 0;
}

/*
 * Huge pages would be contiguous, and pages that are touched one after the other are likely to be:
 * so they are touched in an order in which no two neighbours follow each other.
 */
static void scatter(char *memory, size_t size)
{
	const size_t page = 4096, step = 61;

	madvise(memory, size, MADV_NOHUGEPAGE);
	for (size_t first = 0; first < step; first++)
		for (size_t at = first * page; at < size; at += step * page)
			memory[at] = 1;
}

/*
 * Fill in op->vaddr. The memory is left to the process's end, as what a VM maps is. A size too
 * large for any memory gets a page: the kernel refuses it before it looks behind vaddr.
 */
static int find_vaddr(const struct load_vfio *vfio, struct load_op *op)
{
	const int prot = op->backing == LOAD_RO ? PROT_READ : PROT_READ | PROT_WRITE;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	const size_t size = op->size ? op->size : 1;
	void *memory;

	if (op->backing == LOAD_VADDR)
		return 0;
	if (op->backing == LOAD_BAR) {
		op->vaddr = (uintptr_t)vfio->bar;
		return vfio->bar ? 0 : -ENODEV;
	}
	memory = mmap(NULL, size, prot, flags, -1, 0);
	if (memory == MAP_FAILED)
		memory = mmap(NULL, 1, prot, flags, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	op->vaddr = (uintptr_t)memory;
	if (op->backing == LOAD_SCATTERED)
		scatter(memory, size);
	if (op->backing == LOAD_UNMAPPED)
		munmap(memory, size);
	return 0;
}

static int session_map(struct session *session, struct load_op *op)
{
	const int result = find_vaddr(&session->vfio, op);

	if (result < 0) {
		fprintf(stderr, "vfio-load: no %s to map: %s\n", load_backing_name(op->backing),
			op->backing == LOAD_BAR ? "no device with a BAR was opened (-d)" :
						  strerror(-result));
		return result;
	}
	load_vfio_map(&session->vfio, op, &session->counts);
	return 0;
}

static int do_simple(struct load_vfio *vfio, const struct load_op *op, struct load_info *info)
{
	switch (op->verb) {
	case LOAD_OPEN:
		return load_vfio_open(vfio);
	case LOAD_TAKE:
		return load_vfio_take(vfio, (pid_t)op->number);
	case LOAD_ATTACH:
		return load_vfio_attach(vfio, op->number);
	case LOAD_DETACH:
		return load_vfio_detach(vfio, op->number);
	case LOAD_SET_IOMMU:
		return load_vfio_set_iommu(vfio);
	case LOAD_DEVICE:
		return load_vfio_device(vfio, op->bdf);
	case LOAD_INFO:
		return load_vfio_info(vfio, info);
	case LOAD_SLEEP:
		return sleep_ms(op->number);
	case LOAD_WAIT_STDIN:
		return wait_stdin();
	case LOAD_RLIMIT_MEMLOCK:
		return set_memlock(op->number);
	case LOAD_DROP_CAP_IPC_LOCK:
		return drop_cap_ipc_lock();
	case LOAD_FORK:
		return go_on_as_child();
	case LOAD_CGROUP:
		return enter_cgroup(op->bdf);
	case LOAD_CLOSE:
		load_vfio_close(vfio);
		return 0;
	default:
		return -EINVAL;
	}
}

static void change_container(struct session *session)
{
	const struct load_vfio vfio = session->vfio;

	session->vfio = session->other;
	session->other = vfio;
}

/* Do and print one operation. A refusal by VFIO is a result; an error is what prevents the try. */
static int session_do(struct session *session, struct load_op *op)
{
	struct load_info info;
	int result = 0;

	if (op->verb == LOAD_MAP) {
		result = session_map(session, op);
	} else if (op->verb == LOAD_UNMAP) {
		load_vfio_unmap(&session->vfio, op, &session->counts);
	} else if (op->verb == LOAD_OTHER) {
		op->tid = gettid();
		change_container(session);
	} else {
		op->tid = gettid();
		op->result = do_simple(&session->vfio, op, &info);
	}
	if (result < 0)
		return result;
	return load_json_op(stdout, op, &info);
}

static int session_words(struct session *session, char *const *words, size_t n)
{
	struct load_op op;

	for (size_t used; n > 0; words += used, n -= used) {
		int result;

		used = load_op_parse(&op, words, n);
		if (!used)
			return -EINVAL;
		result = session_do(session, &op);
		if (result < 0)
			return result;
	}
	return 0;
}

static int session_script(struct session *session)
{
	char *line = NULL, *words[64];
	size_t size = 0;
	int result = 0;

	while (!result && getline(&line, &size, stdin) >= 0)
		if (line[0] != '#')
			result = session_words(session, words, load_words_split(line, words, 64));
	free(line);
	return result;
}

static const char *set_up_hint(enum load_verb verb)
{
	switch (verb) {
	case LOAD_OPEN:
		return "is the module vfio loaded?";
	case LOAD_SET_IOMMU:
		return "is vfio_iommu_type1 loaded, and can it isolate interrupts?";
	default:
		return "is every device of the group bound to vfio-pci, and no other program using it?";
	}
}

/* One operation of the set-up, without which the rest makes no sense. */
static int session_need(struct session *session, struct load_op op)
{
	int result = session_do(session, &op);

	if (result < 0 || !op.result)
		return result;
	fprintf(stderr, "vfio-load: '%s' failed: %s (%s)\n", load_verb_name(op.verb),
		strerror(-op.result), set_up_hint(op.verb));
	return op.result;
}

/* In QEMU's order: the IOMMU is chosen once the container has its first group. */
static int session_open(struct session *session, const struct load_options *options)
{
	int result = session_need(session, (struct load_op){ .verb = LOAD_OPEN });

	for (size_t i = 0; !result && i < options->n_groups; i++) {
		result = session_need(session, (struct load_op){ .verb = LOAD_ATTACH,
								 .number = options->groups[i] });
		if (!result && i == 0 && !options->no_iommu)
			result = session_need(session, (struct load_op){ .verb = LOAD_SET_IOMMU });
	}
	for (size_t i = 0; !result && i < options->n_devices; i++) {
		struct load_op op = { .verb = LOAD_DEVICE };

		snprintf(op.bdf, sizeof(op.bdf), "%s", options->devices[i]);
		result = session_need(session, op);
	}
	return result;
}

static int session_rate(struct session *session, const struct load_options *options)
{
	struct load_log log = { 0 };
	int result = load_rate_run(&session->vfio, &options->rate, &session->counts,
				   options->record ? &log : NULL);

	if (result < 0)
		fprintf(stderr, "vfio-load: cannot start the pairs: %s\n", strerror(-result));
	for (size_t i = 0; !result && i < log.n_ops; i++)
		result = load_json_op(stdout, &log.ops[i], NULL);
	free(log.ops);
	return result;
}

static int session_race(struct session *session, const struct load_options *options)
{
	struct load_race_counts counts = { 0 };
	const int result = load_race_run(&session->vfio, &options->rate, options->race, &counts);

	if (result < 0)
		fprintf(stderr, "vfio-load: cannot start the race: %s\n", strerror(-result));
	return result < 0 ? result : load_json_race(stdout, &counts);
}

int load_session_run(const struct load_options *options)
{
	struct session session = { 0 };
	int result;

	load_vfio_init(&session.vfio);
	load_vfio_init(&session.other);
	result = session_open(&session, options);
	if (!result)
		result = session_words(&session, options->words, options->n_words);
	if (!result && options->race)
		result = session_race(&session, options);
	if (!result && options->rate.pairs)
		result = session_rate(&session, options);
	else if (!result && !options->n_words && !options->race)
		result = session_script(&session);
	/* Also after an error: what was done was done. */
	if (load_json_totals(stdout, &session.counts, &session.vfio.other) < 0 && !result) {
		fprintf(stderr, "vfio-load: cannot write to standard output\n");
		result = -EIO;
	}
	load_vfio_close(&session.vfio);
	load_vfio_close(&session.other);
	return result;
}
