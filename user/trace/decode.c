// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/decode.h"

#include <string.h>

static const struct {
	enum viommu_event_type type;
	enum viommu_op op;
} rec_types[] = {
	[VIOMMU_REC_MAP] = { VIOMMU_EVENT_MAP, VIOMMU_OP_MAP },
	[VIOMMU_REC_UNMAP] = { VIOMMU_EVENT_UNMAP, VIOMMU_OP_UNMAP },
	[VIOMMU_REC_ATTACH] = { VIOMMU_EVENT_ATTACH, VIOMMU_OP_ATTACH },
	[VIOMMU_REC_DETACH] = { VIOMMU_EVENT_DETACH, VIOMMU_OP_ATTACH },
};

/** A list that is cut, or was torn while it was read, is not known. */
static void ranges_decode(struct viommu_evidence *ev, const struct viommu_state *s, uint32_t flags)
{
	if (!(flags & VIOMMU_F_RANGES) || (flags & VIOMMU_F_RANGES_CUT) ||
	    iova_ranges_init(&ev->ranges, s->ranges, s->range_count))
		return;
	ev->limit_from = VIOMMU_LIMIT_CONTAINER;
}

static void state_decode(struct viommu_evidence *ev, const struct viommu_state *s, uint32_t flags)
{
	ranges_decode(ev, s, flags);
	if (flags & VIOMMU_F_PGSIZES)
		ev->pgsize_bitmap = s->pgsize_bitmap;
	if (flags & VIOMMU_F_DMA_AVAIL) {
		ev->has_dma_avail = true;
		ev->dma_avail = s->dma_avail;
	}
	if (flags & VIOMMU_F_MEMLOCK) {
		ev->has_memlock = true;
		ev->cap_ipc_lock = s->cap_ipc_lock;
		ev->memlock_limit = s->memlock_limit;
		ev->memlock_used = s->memlock_used;
	}
	if (s->backing < VIOMMU_NR_BACKING)
		ev->backing = (enum viommu_backing)s->backing;
}

static void dma_decode(struct viommu_event *e, const struct viommu_rec_dma *d)
{
	e->ev.has_range = !(d->h.flags & VIOMMU_F_NO_REQUEST);
	e->ev.iova = d->iova;
	e->ev.size = d->size;
	e->ev.vaddr = d->vaddr;
	e->ev.dma_flags = d->dma_flags;
	e->ev.argsz = d->argsz;
	e->ev.retried = d->h.flags & VIOMMU_F_RETRIED;
	e->iova_lowest = d->iova;
	e->iova_highest = iova_last(d->iova, d->size, &e->iova_highest) ? e->iova_highest : d->iova;
}

void event_decode(struct viommu_event *e, const struct viommu_rec *rec, int64_t boot_offset)
{
	memset(e, 0, sizeof(*e));
	e->type = rec_types[rec->type].type;
	e->ts = rec->ts + (uint64_t)boot_offset;
	e->ts_last = e->ts;
	e->pid = rec->tgid;
	e->tid = rec->tid;
	memcpy(e->comm, rec->comm, sizeof(e->comm));
	e->comm[sizeof(e->comm) - 1] = '\0';
	e->container_id = rec->container;
	e->group = -1;
	e->result = rec->result;
	e->count = 1;
	e->ev.op = rec_types[rec->type].op;
	e->ev.err = -rec->result;

	if (rec->type == VIOMMU_REC_ATTACH || rec->type == VIOMMU_REC_DETACH) {
		const struct viommu_rec_group *g = (const void *)rec;

		e->group = g->group;
		state_decode(&e->ev, &g->s, rec->flags);
		return;
	}
	dma_decode(e, (const void *)rec);
	if (rec->result)
		state_decode(&e->ev, &((const struct viommu_rec_failure *)rec)->s, rec->flags);
}
