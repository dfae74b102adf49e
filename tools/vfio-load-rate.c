// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-load: many maps and unmaps by threads. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vfio-load.h"

#define SECOND_NS 1000000000ULL

/* One thread's share; nothing of it is shared while the threads run. */
struct worker {
	pthread_t thread;
	/* Asked once: a system call in each pair would be measured with it. */
	pid_t tid;
	const struct load_vfio *vfio;
	const struct load_rate *rate;
	/* Pair `first`, first + rate->threads, ... are this thread's. */
	uint64_t first;
	uint64_t vaddr;
	/* ops is NULL where nothing is recorded. */
	struct load_log log;
	struct load_counts counts;
};

void load_counts_add(struct load_counts *sum, const struct load_counts *more)
{
	sum->map_calls += more->map_calls;
	sum->maps += more->maps;
	sum->unmap_calls += more->unmap_calls;
	sum->unmaps += more->unmaps;
	sum->bytes += more->bytes;
	if (more->highest_mapped > sum->highest_mapped)
		sum->highest_mapped = more->highest_mapped;
	if (more->highest_refused > sum->highest_refused)
		sum->highest_refused = more->highest_refused;
	for (size_t i = 0; i < LOAD_ERRNO_MAX; i++)
		sum->failures[i] += more->failures[i];
}

static void log_op(struct load_log *log, const struct load_op *op)
{
	if (log->n_ops < log->room)
		log->ops[log->n_ops++] = *op;
}

static void do_pair(struct worker *worker, uint64_t index)
{
	const struct load_rate *rate = worker->rate;
	const bool fails = rate->fail_every && (index + 1) % rate->fail_every == 0;
	struct load_op op = { .verb = LOAD_MAP, .flags = 3, .size = rate->size,
			      .vaddr = worker->vaddr, .backing = LOAD_RAM,
			      .tid = worker->tid };

	op.iova = fails ? rate->fail_iova + index / rate->fail_every * rate->size :
			  rate->base + worker->first * rate->size;
	load_vfio_map(worker->vfio, &op, &worker->counts);
	log_op(&worker->log, &op);
	if (op.result < 0)
		return;
	op.verb = LOAD_UNMAP;
	op.flags = 0;
	load_vfio_unmap(worker->vfio, &op, &worker->counts);
	log_op(&worker->log, &op);
}

/* Sleep until the pair's time, so that a slow pair does not lower the rate. */
static void wait_turn(const struct timespec *start, uint64_t turn, uint64_t per_second)
{
	const uint64_t ns = (uint64_t)start->tv_nsec + turn % per_second * SECOND_NS / per_second;
	const struct timespec until = {
		.tv_sec = start->tv_sec + (time_t)(turn / per_second + ns / SECOND_NS),
		.tv_nsec = (long)(ns % SECOND_NS),
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	const struct load_rate *rate = worker->rate;
	struct timespec start;
	uint64_t turn = 0;

	worker->tid = gettid();
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t i = worker->first; i < rate->pairs; i += rate->threads, turn++) {
		if (rate->per_second)
			wait_turn(&start, turn, rate->per_second);
		do_pair(worker, i);
	}
	return NULL;
}

/* Memory that is there already, so that the first map costs what the others do. */
static int worker_init(struct worker *worker, bool record)
{
	const struct load_rate *rate = worker->rate;
	void *memory = mmap(NULL, rate->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	worker->vaddr = (uintptr_t)memory;
	if (!record)
		return 0;
	worker->log.room = 2 * (rate->pairs / rate->threads + 1);
	worker->log.ops = calloc(worker->log.room, sizeof(*worker->log.ops));
	return worker->log.ops ? 0 : -ENOMEM;
}

static void worker_fini(struct worker *worker)
{
	if (worker->vaddr)
		munmap((void *)(uintptr_t)worker->vaddr, worker->rate->size);
	free(worker->log.ops);
}

static int workers_start(struct worker *workers, unsigned int n, unsigned int *started)
{
	for (*started = 0; *started < n; (*started)++) {
		struct worker *worker = &workers[*started];
		const int result = pthread_create(&worker->thread, NULL, work, worker);

		if (result)
			return -result;
	}
	return 0;
}

static int workers_join_logs(struct load_log *log, const struct worker *workers, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		log->room += workers[i].log.n_ops;
	log->ops = calloc(log->room + 1, sizeof(*log->ops));
	if (!log->ops)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		for (size_t k = 0; k < workers[i].log.n_ops; k++)
			log_op(log, &workers[i].log.ops[k]);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

int load_rate_run(const struct load_vfio *vfio, const struct load_rate *rate,
		  struct load_counts *counts, struct load_log *log)
{
	struct worker *workers = calloc(rate->threads, sizeof(*workers));
	unsigned int started = 0;
	uint64_t start;
	int result = 0;

	if (!workers)
		return -ENOMEM;
	for (unsigned int i = 0; i < rate->threads && !result; i++) {
		workers[i].vfio = vfio;
		workers[i].rate = rate;
		workers[i].first = i;
		result = worker_init(&workers[i], log != NULL);
	}
	start = now_ns();
	if (!result)
		result = workers_start(workers, rate->threads, &started);
	for (unsigned int i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		load_counts_add(counts, &workers[i].counts);
	}
	counts->elapsed_ns += now_ns() - start;
	if (!result && log)
		result = workers_join_logs(log, workers, rate->threads);
	for (unsigned int i = 0; i < rate->threads; i++)
		if (workers[i].rate)
			worker_fini(&workers[i]);
	free(workers);
	return result;
}
