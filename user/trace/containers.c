// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/containers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TABLE_SIZE (VIOMMU_MAX_CONTAINERS * sizeof(struct viommu_container))

/** Attempts to copy ranges between two changes of them; changes are attaches, so rare. */
#define SNAPSHOT_TRIES 100

static size_t losses_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int free_push(int fd, uint32_t slot)
{
	return bpf_map_update_elem(fd, NULL, &slot, BPF_ANY) ? -errno : 0;
}

int containers_init(struct containers *c, int table_fd, int losses_fd, int free_fd)
{
	void *mem;
	int err;

	*c = (struct containers){ .free_fd = free_fd };
	mem = mmap(NULL, TABLE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, table_fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	c->table = mem;
	mem = mmap(NULL, losses_size(), PROT_READ, MAP_SHARED, losses_fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	c->losses = mem;
	for (uint32_t slot = 0; slot < VIOMMU_MAX_CONTAINERS; slot++) {
		err = free_push(free_fd, slot);
		if (err)
			return err;
	}
	return 0;
}

void containers_fini(struct containers *c)
{
	if (c->table)
		munmap(c->table, TABLE_SIZE);
	if (c->losses)
		munmap(c->losses, losses_size());
	*c = (struct containers){ .free_fd = -1 };
}

void containers_snapshot(const struct containers *c, uint32_t slot, struct viommu_container *out)
{
	const struct viommu_container *live = &c->table[slot];

	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		uint32_t seq = __atomic_load_n(&live->range_seq, __ATOMIC_ACQUIRE);

		memcpy(out, live, sizeof(*out));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) && seq == __atomic_load_n(&live->range_seq, __ATOMIC_RELAXED))
			return;
	}
	out->range_count = 0;	/* never whole: not known */
}

struct viommu_container *containers_find(const struct containers *c, uint32_t slot, uint64_t id)
{
	if (slot >= VIOMMU_MAX_CONTAINERS || !id || c->table[slot].id != id)
		return NULL;
	return &c->table[slot];
}

int containers_recycle(struct containers *c, uint32_t slot)
{
	memset(&c->table[slot], 0, sizeof(c->table[slot]));
	return free_push(c->free_fd, slot);
}
