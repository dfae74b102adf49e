// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/waiting.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

union record {
	struct viommu_rec h;
	struct viommu_rec_failure map;
	struct viommu_rec_request request;
};

struct waiting {
	union record ring[WAITING_MAX];
	size_t first;
	size_t count;
};

struct waiting *waiting_new(void)
{
	return calloc(1, sizeof(struct waiting));
}

void waiting_free(struct waiting *w)
{
	free(w);
}

/* Bytes of a record; 0: it is of a kind that does not wait. */
static size_t record_size(const struct viommu_rec *rec)
{
	if (rec->type == VIOMMU_REC_MAP && rec->result)
		return sizeof(struct viommu_rec_failure);
	return rec->type == VIOMMU_REC_REQUEST ? sizeof(struct viommu_rec_request) : 0;
}

bool waiting_add(struct waiting *w, const struct viommu_rec *rec)
{
	const size_t size = record_size(rec);

	if (!size || w->count == WAITING_MAX)
		return false;
	memcpy(&w->ring[(w->first + w->count++) % WAITING_MAX], rec, size);
	return true;
}

const struct viommu_rec *waiting_first(const struct waiting *w)
{
	return w->count ? &w->ring[w->first].h : NULL;
}

void waiting_drop(struct waiting *w)
{
	w->first = (w->first + 1) % WAITING_MAX;
	/* Few wait at a time, yet of a ring that goes round all would be in memory in the end. */
	if (--w->count == 0)
		w->first = 0;
}

bool waiting_has(const struct waiting *w, uint32_t tid)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->ring[(w->first + i) % WAITING_MAX].h.tid == tid)
			return true;
	return false;
}
