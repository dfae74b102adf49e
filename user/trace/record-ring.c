// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/record-ring.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "trace/watch.h"

/** Records in one go. --all on a busy VM fills the ring faster than lines can be written. */
#define POLL_BUDGET 256

/** How long the kernel's record of a type must be; 0 if we do not know the type. */
static size_t record_size(const struct viommu_rec *rec)
{
	switch (rec->type) {
	case VIOMMU_REC_PROCESS:
		return sizeof(struct viommu_rec_process);
	case VIOMMU_REC_MAP:
	case VIOMMU_REC_UNMAP:
		return rec->result ? sizeof(struct viommu_rec_failure) :
				     sizeof(struct viommu_rec_dma);
	case VIOMMU_REC_ATTACH:
	case VIOMMU_REC_DETACH:
		return sizeof(struct viommu_rec_group);
	case VIOMMU_REC_REQUEST:
		return sizeof(struct viommu_rec_request);
	case VIOMMU_REC_FAULT:
		return sizeof(struct viommu_rec_fault);
	default:
		return 0;
	}
}

/** A negative return ends draining, with this record taken. */
static int record_take(void *ctx, void *data, size_t size)
{
	struct record_ring *r = ctx;
	const struct viommu_rec *rec = data;

	if (size >= sizeof(*rec) && record_size(rec) && size >= record_size(rec))
		r->sink.record(r->sink.ctx, rec, size);
	return --r->budget ? 0 : -EAGAIN;
}

int record_ring_open(struct record_ring *r, int map_fd, const struct tracer_sink *sink,
		     int epoll_fd, uint32_t what)
{
	int err;

	r->sink = *sink;
	r->buffer = ring_buffer__new(map_fd, record_take, r, NULL);
	if (!r->buffer)
		return -errno;
	err = watch_add(epoll_fd, ring_buffer__epoll_fd(r->buffer), what);
	if (err)
		record_ring_close(r);
	return err;
}

void record_ring_close(struct record_ring *r)
{
	ring_buffer__free(r->buffer);
	r->buffer = NULL;
}

int record_ring_consume(struct record_ring *r)
{
	int n;

	r->budget = POLL_BUDGET;
	n = ring_buffer__consume(r->buffer);
	if (n == -EAGAIN)
		return 1;
	return n < 0 ? n : 0;
}

int record_ring_drain(struct record_ring *r)
{
	int ret;

	do {
		ret = record_ring_consume(r);
	} while (ret > 0);
	return ret;
}
