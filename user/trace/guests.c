// SPDX-License-Identifier: GPL-2.0-or-later
/* A tracer that runs for a moment: it finds containers that are older than itself. */
#include "trace/guests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/kernel.h"
#include "trace/tracer.h"

/** What the tracer says goes to the caller, not to the terminal. */
struct said {
	char *text;
	size_t size;
};

static void record_ignore(void *ctx, const struct viommu_rec *rec, size_t size)
{
	(void)ctx;
	(void)rec;
	(void)size;
}

static void detaching_ignore(void *ctx)
{
	(void)ctx;
}

/** The first error is the cause; others follow from it. */
static void message_keep(void *ctx, enum tracer_level level, const char *text)
{
	const struct said *said = ctx;

	if (level == TRACER_ERROR && !said->text[0])
		snprintf(said->text, said->size, "%s", text);
}

static struct guest *guest_of(struct guest *guests, size_t count, uint32_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (guests[i].pid == pid)
			return &guests[i];
	return NULL;
}

static uint64_t failures_of(const struct viommu_container *c)
{
	uint64_t failures = 0;

	for (int i = 0; i < VIOMMU_MAX_ERRNO; i++)
		if (i != EBUSY)
			failures += c->map_failures[i];
	return failures;
}

static int seen_add(struct dma_list *dma, const struct viommu_container *c, const char *name)
{
	struct dma_seen *more = realloc(dma->seen, (dma->count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	dma->seen = more;
	more = &dma->seen[dma->count++];
	*more = (struct dma_seen){
		.pid = c->tgid,
		.maps = c->maps,
		.failures = failures_of(c),
		.highest_mapped = c->highest_mapped,
		.highest_refused = c->highest_refused,
		.has_entries = c->range_count > 0,
		.entries_left = c->dma_avail,
	};
	snprintf(more->name, sizeof(more->name), "%s", name);
	return 0;
}

static int container_take(struct guest *guests, size_t count, const struct viommu_container *c,
			  struct dma_list *dma)
{
	struct guest *g = guest_of(guests, count, c->tgid);
	struct guest_container *gc;

	if (!g || c->state != VIOMMU_CONTAINER_LIVE || g->container_count == GUEST_MAX_CONTAINERS)
		return 0;
	gc = &g->containers[g->container_count++];
	memset(gc, 0, sizeof(*gc));
	if (c->first_group >= 0)
		snprintf(gc->name, sizeof(gc->name), "%u-%d", c->tgid, c->first_group);
	else
		snprintf(gc->name, sizeof(gc->name), "%u", c->tgid);
	/* Ranges that are not as they should be count as not known. */
	if (iova_ranges_init(&gc->ranges, c->ranges, c->range_count))
		gc->ranges.count = 0;
	return seen_add(dma, c, gc->name);
}

static int containers_take(const struct tracer *t, struct guest *guests, size_t count,
			   struct dma_list *dma)
{
	struct viommu_container *c = malloc(sizeof(*c));
	int err = c ? 0 : -ENOMEM;

	for (size_t i = 0; i < count; i++)
		guests[i].container_count = 0;
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS && !err; slot++)
		if (tracer_container_snapshot(t, slot, c))
			err = container_take(guests, count, c, dma);
	free(c);
	return err;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int watch(struct tracer *t, unsigned int seconds)
{
	const int64_t end = now_ms() + 1000LL * seconds;
	int err = 0;

	for (int64_t left = end - now_ms(); left > 0 && !err; left = end - now_ms())
		err = tracer_poll(t, left < 1000 ? (int)left : 1000);
	return err;
}

/** Errors of the tracer that it did not put in words. */
static int why_fill(int err, char *why, size_t size)
{
	if (err && !why[0])
		snprintf(why, size, "the kernel cannot be asked for containers: %s",
			 strerror(-err));
	return err;
}

int guests_ask_kernel(struct guest *guests, size_t count, unsigned int seconds,
		      struct dma_list *dma, char *why, size_t size)
{
	const struct tracer_opts opts = { .ring_size = TRACER_RING_DEFAULT };
	struct said said = { why, size };
	const struct tracer_sink sink = {
		.ctx = &said,
		.record = record_ignore,
		.detaching = detaching_ignore,
		.message = message_keep,
	};
	struct tracer *t = NULL;
	int err;

	memset(dma, 0, sizeof(*dma));
	why[0] = '\0';
	if (!kernel_module_live(KERNEL_TYPE1_MODULE)) {
		snprintf(why, size, "the module %s is not loaded: no VM has a container",
			 KERNEL_TYPE1_MODULE);
		return -ENOENT;
	}
	err = tracer_new(&t, &opts, &sink);
	if (err)
		return why_fill(err, why, size);
	err = watch(t, seconds);
	if (!err)
		err = tracer_enumerate(t);
	if (!err)
		err = containers_take(t, guests, count, dma);
	tracer_free(t);
	return why_fill(err, why, size);
}

void dma_list_fini(struct dma_list *dma)
{
	free(dma->seen);
	memset(dma, 0, sizeof(*dma));
}
