// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/endpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** Attempts to copy reserved regions between two changes of them; changes are PROBEs, so rare. */
#define SNAPSHOT_TRIES 100

static size_t page_round(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static size_t table_size(void)
{
	return page_round(VIOMMU_MAX_ENDPOINTS * sizeof(struct viommu_endpoint));
}

int endpoints_init(struct endpoints *e)
{
	*e = (struct endpoints){ 0 };
	e->kept = calloc(VIOMMU_MAX_ENDPOINTS, sizeof(*e->kept));
	return e->kept ? 0 : -ENOMEM;
}

static void endpoints_unmap(struct endpoints *e)
{
	if (e->table)
		munmap(e->table, table_size());
	if (e->losses)
		munmap(e->losses, page_round(1));
	e->table = NULL;
	e->losses = NULL;
}

void endpoints_fini(struct endpoints *e)
{
	endpoints_unmap(e);
	free(e->kept);
	e->kept = NULL;
}

int endpoints_map(struct endpoints *e, int table_fd, int losses_fd, uint32_t *used)
{
	void *mem = mmap(NULL, table_size(), PROT_READ | PROT_WRITE, MAP_SHARED, table_fd, 0);

	if (mem == MAP_FAILED)
		return -errno;
	e->table = mem;
	mem = mmap(NULL, page_round(1), PROT_READ, MAP_SHARED, losses_fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	e->losses = mem;
	for (uint32_t slot = 0; slot < VIOMMU_MAX_ENDPOINTS; slot++) {
		e->table[slot] = e->kept[slot];
		if (e->kept[slot].id)
			*used = slot + 1;
	}
	return 0;
}

void endpoints_keep(struct endpoints *e)
{
	for (uint32_t slot = 0; e->table && slot < VIOMMU_MAX_ENDPOINTS; slot++) {
		e->kept[slot] = e->table[slot];
		e->kept[slot].attached = 0;
		e->kept[slot].reserved_seq = 0;
	}
	endpoints_unmap(e);
}

bool endpoints_snapshot(const struct endpoints *e, uint32_t slot, struct viommu_endpoint *out)
{
	const struct viommu_endpoint *live = e->table ? e->table : e->kept;

	if (slot >= VIOMMU_MAX_ENDPOINTS || !live[slot].id)
		return false;
	live += slot;
	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		uint32_t seq = __atomic_load_n(&live->reserved_seq, __ATOMIC_ACQUIRE);

		memcpy(out, live, sizeof(*out));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) && seq == __atomic_load_n(&live->reserved_seq, __ATOMIC_RELAXED))
			return true;
	}
	out->reserved_count = 0;	/* never whole: not known */
	out->reserved_known = 0;
	return true;
}

uint64_t endpoints_lost(const struct endpoints *e, size_t element)
{
	return e->losses ? __atomic_load_n(&e->losses[element], __ATOMIC_RELAXED) : 0;
}
