// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio-load: maps whose request another thread rewrites while the kernel reads it. What was mapped
 * in the end is read back by unmapping, which tells how many bytes there were.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vfio-load.h"

#define PAGE 4096ULL
/* Apart by so much, the threads' ranges never meet. */
#define STRIDE (16 * PAGE)

/* One caller and the one who disturbs it. */
struct racer {
	pthread_t caller;
	pthread_t writer;
	const struct load_vfio *vfio;
	/* Three requests: below the limit, above it, across it. */
	uint64_t iova[3];
	uint64_t size[3];
	uint64_t calls;
	/* Volatile: what the writer writes is meant to be seen half way. */
	volatile struct vfio_iommu_type1_dma_map request;
	atomic_bool done;
	struct load_race_counts counts;
};

static void request_set(struct racer *racer, unsigned int which)
{
	racer->request.iova = racer->iova[which];
	racer->request.size = racer->size[which];
}

static void *disturb(void *arg)
{
	struct racer *racer = arg;

	for (unsigned int i = 0; !atomic_load_explicit(&racer->done, memory_order_relaxed); i++)
		request_set(racer, i % 3);
	return NULL;
}

/* Bytes that were mapped there. */
static uint64_t take_back(const struct racer *racer, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = iova,
						    .size = size };

	return ioctl(racer->vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap) < 0 ? 0 : unmap.size;
}

/* Two pages at each place: a request may have been read as one's IOVA with another's size. */
static void take_all_back(struct racer *racer)
{
	const uint64_t below = take_back(racer, racer->iova[0], 2 * PAGE);
	const uint64_t above = take_back(racer, racer->iova[1], 2 * PAGE);
	const uint64_t across = racer->iova[2] == racer->iova[1] ? 0 :
				take_back(racer, racer->iova[2], 2 * PAGE);

	if (above || across > PAGE)
		racer->counts.above++;
	if (!below && !above && !across)
		racer->counts.elsewhere++;
}

static void *call_map(void *arg)
{
	struct racer *racer = arg;

	for (uint64_t i = 0; i < racer->calls; i++) {
		racer->counts.calls++;
		if (ioctl(racer->vfio->container, VFIO_IOMMU_MAP_DMA, &racer->request) < 0) {
			racer->counts.refused++;
			continue;
		}
		racer->counts.maps++;
		take_all_back(racer);
	}
	atomic_store(&racer->done, true);
	return NULL;
}

static int racer_init(struct racer *racer, const struct load_vfio *vfio, uint64_t base,
		      uint64_t limit, uint64_t calls, unsigned int index)
{
	void *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	racer->vfio = vfio;
	racer->calls = calls;
	racer->iova[0] = base + index * STRIDE;
	racer->iova[1] = limit + 1 + (index + 1) * STRIDE;
	/* Only one thread can be at the limit itself. */
	racer->iova[2] = index ? racer->iova[1] : limit + 1 - PAGE;
	racer->size[0] = PAGE;
	racer->size[1] = PAGE;
	racer->size[2] = 2 * PAGE;
	racer->request.argsz = sizeof(racer->request);
	racer->request.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	racer->request.vaddr = (uintptr_t)memory;
	request_set(racer, 0);
	return 0;
}

/*
 * Whether anything is mapped from @first on. A mapping that reaches across it is an error of UNMAP,
 * and as bad.
 */
static bool anything_above(const struct load_vfio *vfio, uint64_t first)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = first, .size = UINT64_MAX - first + 1 - PAGE,
	};

	return ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap) < 0 || unmap.size > 0;
}

static void counts_add(struct load_race_counts *sum, const struct load_race_counts *more)
{
	sum->calls += more->calls;
	sum->maps += more->maps;
	sum->refused += more->refused;
	sum->elsewhere += more->elsewhere;
	sum->above += more->above;
}

int load_race_run(const struct load_vfio *vfio, const struct load_rate *rate, uint64_t calls,
		  struct load_race_counts *counts)
{
	struct racer *racers = calloc(rate->threads, sizeof(*racers));
	unsigned int started = 0;
	int result = racers ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < rate->threads && !result; i++)
		result = racer_init(&racers[i], vfio, rate->base, rate->fail_iova - 1,
				    calls / rate->threads, i);
	for (; started < rate->threads && !result; started++) {
		result = -pthread_create(&racers[started].writer, NULL, disturb, &racers[started]);
		if (!result)
			result = -pthread_create(&racers[started].caller, NULL, call_map,
						 &racers[started]);
		if (result)
			break;
	}
	for (unsigned int i = 0; i < started; i++) {
		pthread_join(racers[i].caller, NULL);
		pthread_join(racers[i].writer, NULL);
		counts_add(counts, &racers[i].counts);
	}
	if (!result && anything_above(vfio, rate->fail_iova))
		counts->above++;
	free(racers);
	return result;
}
