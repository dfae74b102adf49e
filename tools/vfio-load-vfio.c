// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-load: the VFIO calls themselves. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "vfio-load.h"

#define PAGE 4096UL

static int call(int fd, unsigned long request, void *arg)
{
	const int result = ioctl(fd, request, arg);

	return result < 0 ? -errno : result;
}

static int call_number(int fd, unsigned long request, unsigned long arg)
{
	const int result = ioctl(fd, request, arg);

	return result < 0 ? -errno : result;
}

void load_vfio_init(struct load_vfio *vfio)
{
	memset(vfio, 0, sizeof(*vfio));
	vfio->container = -1;
}

void load_vfio_close(struct load_vfio *vfio)
{
	if (vfio->bar)
		munmap(vfio->bar, vfio->bar_size);
	vfio->bar = NULL;
	while (vfio->n_devices > 0)
		close(vfio->devices[--vfio->n_devices]);
	while (vfio->n_groups > 0)
		close(vfio->groups[--vfio->n_groups].fd);
	if (vfio->container >= 0)
		close(vfio->container);
	vfio->container = -1;
}

int load_vfio_open(struct load_vfio *vfio)
{
	int result;

	if (vfio->container >= 0)
		return -EALREADY;
	vfio->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		return -errno;
	vfio->other.get_api_version++;
	result = call(vfio->container, VFIO_GET_API_VERSION, NULL);
	if (result != VFIO_API_VERSION)
		return -EPROTO;
	/* The answer depends on vfio_iommu_type1 being loaded; set-iommu will tell. */
	vfio->other.check_extension++;
	call_number(vfio->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU);
	return 0;
}

/* Number of a descriptor of the process that is a container; -ENOENT: it has none. */
static int find_container(pid_t process)
{
	char path[64], target[64];

	for (int fd = 0; fd < 1024; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", process, fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		if (!strcmp(target, "/dev/vfio/vfio"))
			return fd;
	}
	return -ENOENT;
}

int load_vfio_take(struct load_vfio *vfio, pid_t process)
{
	const int number = find_container(process);
	int pidfd, result = 0;

	if (vfio->container >= 0)
		return -EALREADY;
	if (number < 0)
		return number;
	pidfd = pidfd_open(process, 0);
	if (pidfd < 0)
		return -errno;
	vfio->container = pidfd_getfd(pidfd, number, 0);
	if (vfio->container < 0)
		result = -errno;
	close(pidfd);
	return result;
}

int load_vfio_attach(struct load_vfio *vfio, uint64_t group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];
	int fd, result;

	if (vfio->n_groups == LOAD_GROUPS_MAX)
		return -ENOSPC;
	snprintf(path, sizeof(path), "/dev/vfio/%llu", (unsigned long long)group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = call(fd, VFIO_GROUP_GET_STATUS, &status);
	/* VFIO itself answers EPERM here: a device of the group has another driver. */
	if (!result && !(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		result = -EPERM;
	if (!result)
		result = call(fd, VFIO_GROUP_SET_CONTAINER, &vfio->container);
	if (result < 0) {
		close(fd);
		return result;
	}
	vfio->groups[vfio->n_groups++] = (struct load_group){ .fd = fd, .id = group };
	return 0;
}

int load_vfio_detach(struct load_vfio *vfio, uint64_t group)
{
	for (size_t i = 0; i < vfio->n_groups; i++) {
		int result;

		if (vfio->groups[i].id != group)
			continue;
		result = call(vfio->groups[i].fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
		if (result < 0)
			return result;
		close(vfio->groups[i].fd);
		vfio->groups[i] = vfio->groups[--vfio->n_groups];
		return 0;
	}
	return -ENOENT;
}

int load_vfio_set_iommu(struct load_vfio *vfio)
{
	vfio->other.set_iommu++;
	return call_number(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
}

/* A BAR can be pinned only while the device answers to memory accesses. */
static int enable_memory(int device)
{
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t command;
	off_t at;
	int result = call(device, VFIO_DEVICE_GET_REGION_INFO, &config);

	if (result < 0)
		return result;
	at = (off_t)config.offset + PCI_COMMAND;
	if (pread(device, &command, sizeof(command), at) != (ssize_t)sizeof(command))
		return -EIO;
	command |= PCI_COMMAND_MEMORY;
	if (pwrite(device, &command, sizeof(command), at) != (ssize_t)sizeof(command))
		return -EIO;
	return 0;
}

/* 0 also when the device has no BAR that can be mapped. */
static int map_bar(struct load_vfio *vfio, int device)
{
	for (unsigned int i = 0; i < VFIO_PCI_ROM_REGION_INDEX; i++) {
		struct vfio_region_info region = { .argsz = sizeof(region), .index = i };
		void *bar;

		if (call(device, VFIO_DEVICE_GET_REGION_INFO, &region) < 0 || region.size == 0 ||
		    !(region.flags & VFIO_REGION_INFO_FLAG_MMAP))
			continue;
		bar = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, device,
			   (off_t)region.offset);
		if (bar == MAP_FAILED)
			return -errno;
		if (vfio->bar)
			munmap(vfio->bar, vfio->bar_size);
		vfio->bar = bar;
		vfio->bar_size = region.size;
		return enable_memory(device);
	}
	return 0;
}

int load_device_group(const char *bdf, uint64_t *group)
{
	char path[96], link[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return -errno;
	link[length] = '\0';
	return load_number_parse(basename(link), group) ? 0 : -EINVAL;
}

int load_vfio_device(struct load_vfio *vfio, const char *bdf)
{
	uint64_t group;
	int result = load_device_group(bdf, &group);

	if (result < 0)
		return result;
	if (vfio->n_devices == LOAD_DEVICES_MAX)
		return -ENOSPC;
	for (size_t i = 0; i < vfio->n_groups; i++) {
		char name[LOAD_BDF_SIZE];

		if (vfio->groups[i].id != group)
			continue;
		snprintf(name, sizeof(name), "%s", bdf);
		result = call(vfio->groups[i].fd, VFIO_GROUP_GET_DEVICE_FD, name);
		if (result < 0)
			return result;
		vfio->devices[vfio->n_devices++] = result;
		return map_bar(vfio, result);
	}
	return -ENOENT;
}

static void info_read_caps(struct load_info *info, const char *buffer, size_t size, size_t at)
{
	/* A chain that goes backwards would never end. */
	for (size_t next; at >= sizeof(struct vfio_iommu_type1_info) &&
			  at + sizeof(struct vfio_info_cap_header) <= size; at = next) {
		const struct vfio_info_cap_header *header = (const void *)(buffer + at);

		if (header->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
			const struct vfio_iommu_type1_info_cap_iova_range *cap =
				(const void *)header;

			for (size_t i = 0; i < cap->nr_iovas && info->n_ranges < 32; i++)
				info->ranges[info->n_ranges++] = (struct load_range){
					cap->iova_ranges[i].start, cap->iova_ranges[i].end };
		} else if (header->id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL) {
			const struct vfio_iommu_type1_info_dma_avail *cap = (const void *)header;

			info->has_avail = true;
			info->avail = cap->avail;
		}
		next = header->next > at ? header->next : size;
	}
}

int load_vfio_info(struct load_vfio *vfio, struct load_info *info)
{
	union {
		struct vfio_iommu_type1_info head;
		char bytes[PAGE];
	} answer = { .head = { .argsz = sizeof(answer) } };
	int result;

	memset(info, 0, sizeof(*info));
	vfio->other.get_info++;
	result = call(vfio->container, VFIO_IOMMU_GET_INFO, &answer);
	if (result < 0)
		return result;
	info->page_sizes = answer.head.iova_pgsizes;
	if (answer.head.flags & VFIO_IOMMU_INFO_CAPS)
		info_read_caps(info, answer.bytes, sizeof(answer), answer.head.cap_offset);
	return 0;
}

static uint64_t last_byte(const struct load_op *op)
{
	const uint64_t last = op->iova + op->size - (op->size > 0);

	return last < op->iova ? UINT64_MAX : last;
}

static void count_failure(struct load_counts *counts, int result)
{
	if (result > -LOAD_ERRNO_MAX)
		counts->failures[-result]++;
}

void load_vfio_map(const struct load_vfio *vfio, struct load_op *op, struct load_counts *counts)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = op->argsz ? op->argsz : (uint32_t)sizeof(map), .flags = op->flags,
		.vaddr = op->vaddr, .iova = op->iova, .size = op->size,
	};
	const uint64_t last = last_byte(op);

	if (!op->tid)
		op->tid = gettid();
	op->result = call(vfio->container, VFIO_IOMMU_MAP_DMA, &map);
	counts->map_calls++;
	if (op->result < 0) {
		count_failure(counts, op->result);
		if (last > counts->highest_refused)
			counts->highest_refused = last;
		return;
	}
	counts->maps++;
	counts->bytes += op->size;
	if (last > counts->highest_mapped)
		counts->highest_mapped = last;
}

void load_vfio_unmap(const struct load_vfio *vfio, struct load_op *op, struct load_counts *counts)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = op->argsz ? op->argsz : (uint32_t)sizeof(unmap), .flags = op->flags,
		.iova = op->iova, .size = op->size,
	};

	if (!op->tid)
		op->tid = gettid();
	op->result = call(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	counts->unmap_calls++;
	if (op->result < 0) {
		count_failure(counts, op->result);
		return;
	}
	counts->unmaps++;
	op->unmapped = unmap.size;
}
