// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VMM with QEMU's USDT probes and none of its exported functions, as QEMUs built with
 * --enable-trace-backends=dtrace and stripped have them. It takes requests from its standard input,
 *   attach DOMAIN ENDPOINT | map DOMAIN IOVA SIZE | unmap DOMAIN IOVA SIZE | own IOVA SIZE
 * and carries them out on a real VFIO container with the group that its last argument names; "own"
 * is a map that no guest asked for. Each prints its name and what VFIO returned.
 *
 * NO_PROBES leaves the probes out. LIAR adds functions with the names of QEMU's, which are called
 * with what is no structure of QEMU's, and partly no address.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* Probes are passed only while someone has raised their semaphore, as in QEMU. */
#define _SDT_HAS_SEMAPHORES 1
#define SEMAPHORE(name) \
	__extension__ unsigned short qemu_##name##_semaphore __attribute__((section(".probes")))
SEMAPHORE(vfio_iommu_map_notify);
SEMAPHORE(virtio_iommu_map);
SEMAPHORE(virtio_iommu_unmap);
SEMAPHORE(virtio_iommu_attach);
SEMAPHORE(virtio_iommu_detach);
#include <sys/sdt.h>

#ifdef NO_PROBES	/* a build without tracing */
#undef DTRACE_PROBE2
#undef DTRACE_PROBE3
#undef DTRACE_PROBE5
#define DTRACE_PROBE2(provider, name, a, b) ((void)(a), (void)(b))
#define DTRACE_PROBE3(provider, name, a, b, c) ((void)(a), (void)(b), (void)(c))
#define DTRACE_PROBE5(provider, name, a, b, c, d, e) \
	((void)(a), (void)(b), (void)(c), (void)(d), (void)(e))
#endif

#ifdef LIAR
__attribute__((noinline))
void memory_region_notify_iommu_one(const void *notifier, const void *event)
{
	__asm__ volatile("" : : "r"(notifier), "r"(event));
}

__attribute__((noinline))
void virtqueue_push(const void *queue, const void *element, unsigned int n)
{
	__asm__ volatile("" : : "r"(queue), "r"(element), "r"(n));
}

static void functions_call(const void *memory)
{
	const void *const nonsense[] = {
		NULL, (void *)1, (void *)-8, (void *)0x4141414141414141, memory, &memory,
	};

	for (int i = 0; i < 36; i++) {
		memory_region_notify_iommu_one(nonsense[i / 6], nonsense[i % 6]);
		virtqueue_push(nonsense[i / 6], nonsense[i % 6], ~0u);
	}
}
#endif

#define MEMORY (16UL << 20)

struct vmm {
	int container;
	void *memory;
};

static int container_open(struct vmm *v, const char *group_number)
{
	char path[32];
	int group;

	snprintf(path, sizeof(path), "/dev/vfio/%s", group_number);
	v->container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	v->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (v->container < 0 || group < 0 || v->memory == MAP_FAILED ||
	    ioctl(group, VFIO_GROUP_SET_CONTAINER, &v->container) ||
	    ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
}

static int dma_map(const struct vmm *v, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)v->memory,
		.iova = iova,
		.size = size,
	};

	return ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int dma_unmap(const struct vmm *v, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	return ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

/* vfio_iommu_map_notify(), hw/vfio/listener.c */
static int map_notify(const struct vmm *v, const char *op, uint64_t iova, uint64_t size)
{
	if (qemu_vfio_iommu_map_notify_semaphore)
		DTRACE_PROBE3(qemu, vfio_iommu_map_notify, op, iova, iova + size - 1);
	return op[0] == 'M' ? dma_map(v, iova, size) : dma_unmap(v, iova, size);
}

static int request_run(const struct vmm *v, const char *verb, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t phys = 0x100000, last = b + c - 1;
	const uint32_t domain = (uint32_t)a, endpoint = (uint32_t)b, flags = 3;

#ifdef LIAR
	functions_call(v->memory);
#endif
	if (strcmp(verb, "own") == 0)
		return dma_map(v, a, b);
	if (strcmp(verb, "attach") == 0) {
		if (qemu_virtio_iommu_attach_semaphore)
			DTRACE_PROBE2(qemu, virtio_iommu_attach, domain, endpoint);
		return 0;
	}
	if (strcmp(verb, "detach") == 0) {
		if (qemu_virtio_iommu_detach_semaphore)
			DTRACE_PROBE2(qemu, virtio_iommu_detach, domain, endpoint);
		return 0;
	}
	if (strcmp(verb, "map") == 0) {
		if (qemu_virtio_iommu_map_semaphore)
			DTRACE_PROBE5(qemu, virtio_iommu_map, domain, b, last, phys, flags);
		return map_notify(v, "MAP", b, c);
	}
	if (qemu_virtio_iommu_unmap_semaphore)
		DTRACE_PROBE3(qemu, virtio_iommu_unmap, domain, b, last);
	return map_notify(v, "UNMAP", b, c);
}

int main(int argc, char **argv)
{
	struct vmm v;
	char line[128], verb[16];
	uint64_t a, b, c;

	if (argc < 2 || container_open(&v, argv[argc - 1])) {
		perror("usdt-vmm");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		c = 0;
		if (sscanf(line, "%15s %lli %lli %lli", verb, (long long *)&a, (long long *)&b,
			   (long long *)&c) < 3)
			return 2;
		printf("%s %d\n", verb, request_run(&v, verb, a, b, c));
		fflush(stdout);
	}
	return 0;
}
