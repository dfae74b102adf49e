// SPDX-License-Identifier: GPL-2.0-or-later
/* Open files, limits and binary of a QEMU. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/file.h"
#include "host/qemu-files.h"
#include "host/qemu-line.h"
#include "host/text.h"
#include "host/vm.h"

/* /proc/PID/limits has some 1300 bytes. */
#define LIMITS_MAX 4096

static void number_add(int list[QEMU_MAX_OPEN], size_t *count, int number)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i] == number)
			return;
	if (*count < QEMU_MAX_OPEN)
		list[(*count)++] = number;
}

static int on_fd(void *ctx, int dir, const char *name, size_t stem)
{
	struct qemu_files *f = ctx;
	char target[64];
	const ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);
	int number;
	char rest;

	(void)stem;
	if (len <= 0)
		return 0;
	target[len] = '\0';
	if (!strcmp(target, "/dev/vfio/vfio"))
		f->containers++;
	else if (!strcmp(target, "/dev/iommu"))
		f->iommufd = true;
	else if (sscanf(target, "/dev/vfio/%9d%c", &number, &rest) == 1 ||
		 sscanf(target, "/dev/vfio/noiommu-%9d%c", &number, &rest) == 1)
		number_add(f->groups, &f->group_count, number);
	else if (sscanf(target, "/dev/vfio/devices/vfio%9d%c", &number, &rest) == 1)
		number_add(f->cdevs, &f->cdev_count, number);
	return 0;
}

void qemu_files_read(struct qemu_files *f, int proc)
{
	memset(f, 0, sizeof(*f));
	f->known = host_dir_walk(host_dir_open_at(proc, "fd", HOST_TRUSTED), "", on_fd, f) >= 0;
}

void qemu_limits_read(struct guest *g, int proc)
{
	static const char name[] = "Max locked memory";
	char text[LIMITS_MAX];
	const char *line;
	unsigned long long limit;

	if (host_file_read(proc, "limits", text, sizeof(text)) <= 0)
		return;
	line = strstr(text, name);
	if (!line)
		return;
	line += sizeof(name) - 1;
	line += strspn(line, " ");
	if (!strncmp(line, "unlimited", strlen("unlimited")))
		g->memlock_limit = UINT64_MAX;
	else if (sscanf(line, "%20llu", &limit) == 1)
		g->memlock_limit = limit;
	else
		return;
	g->has_memlock = true;
}

/* Bits of capabilities, as CAP_* number them. */
void qemu_capabilities_read(struct guest *g, int proc)
{
	static const char name[] = "\nCapEff:";
	char text[LIMITS_MAX];
	const char *line;
	unsigned long long caps;

	if (host_file_read(proc, "status", text, sizeof(text)) <= 0)
		return;
	line = strstr(text, name);
	if (line && sscanf(line + sizeof(name) - 1, "%16llx", &caps) == 1)
		g->ipc_lock = caps >> CAP_IPC_LOCK & 1 ? TRI_YES : TRI_NO;
}

/* A user's own file system could keep us waiting for ever. */
void qemu_binary_read(struct guest *g, int proc)
{
	const int fd = host_file_open(proc, "exe", HOST_TRUSTED, NULL);
	struct statfs fs;

	if (fd < 0)
		return;
	if (!fstatfs(fd, &fs) && fs.f_type != FUSE_SUPER_MAGIC)
		qemu_version_read(fd, g->qemu_version, g->qemu_package, sizeof(g->qemu_package));
	close(fd);
}

/* --------------------------------------------------------------------------- plugged, unplugged */

/* Last part of a symbolic link below root; false if it is none. */
static bool link_read(const char *root, const char *path, char *last, size_t size)
{
	char target[512];
	const int dir = host_dir_open(root, ".");
	const ssize_t len = dir < 0 ? -1 : readlinkat(dir, path, target, sizeof(target) - 1);
	const char *slash;

	if (dir >= 0)
		close(dir);
	if (len <= 0)
		return false;
	target[len] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	if (strlen(slash) >= size)
		return false;
	strcpy(last, slash);
	return true;
}

int qemu_device_group(const char *address, const char *root)
{
	char path[96], last[32];
	uint64_t group;

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/iommu_group", address);
	if (!link_read(root, path, last, sizeof(last)) ||
	    !qemu_parse_number(last, INT32_MAX, &group))
		return -1;
	return (int)group;
}

static bool is_vfio_device(const char *address, const char *root)
{
	char path[96], driver[64];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%.19s/driver", address);
	return link_read(root, path, driver, sizeof(driver)) && strstr(driver, "vfio");
}

/* PCI address of /dev/vfio/devices/vfioN; empty if it is not a PCI device. */
static void cdev_address(int number, const char *root, char address[20])
{
	char path[96], last[20];
	unsigned int domain, bus, slot, function;

	address[0] = '\0';
	snprintf(path, sizeof(path), "sys/class/vfio-dev/vfio%d/device", number);
	if (link_read(root, path, last, sizeof(last)) &&
	    sscanf(last, "%8x:%2x:%2x.%1x", &domain, &bus, &slot, &function) == 4)
		strcpy(address, last);
}

/* The device is there although its file tells nothing: a mediated one, or sysfs is gone. */
static bool is_open(const struct guest_device *d, const struct qemu_files *f, const char *root)
{
	if (!d->address[0])
		return true;
	for (size_t i = 0; i < f->cdev_count; i++) {
		char address[20];

		cdev_address(f->cdevs[i], root, address);
		if (!strcmp(address, d->address))
			return true;
	}
	if (d->group < 0)
		return true;
	for (size_t i = 0; i < f->group_count; i++)
		if (f->groups[i] == d->group)
			return true;
	return false;
}

static void device_plugged(struct guest *g, const char *address, int group, bool iommufd)
{
	struct guest_device *d;

	for (size_t i = 0; i < g->device_count; i++)
		if (!strcmp(g->devices[i].address, address))
			return;
	if (g->device_count == GUEST_MAX_DEVICES)
		return;
	d = &g->devices[g->device_count++];
	memset(d, 0, sizeof(*d));
	snprintf(d->address, sizeof(d->address), "%s", address);
	d->group = group;
	d->iommufd = iommufd;
	d->hotplugged = TRI_YES;
}

static bool has_group(const struct guest *g, int group)
{
	for (size_t i = 0; i < g->device_count; i++)
		if (g->devices[i].group == group)
			return true;
	return false;
}

static void group_plugged(struct guest *g, int group, const char *root)
{
	char devices[VIOMMU_MAX_DEVICES][20];
	int count;

	if (has_group(g, group))
		return;
	count = host_group_devices(group, root, devices, VIOMMU_MAX_DEVICES);
	for (int i = 0; i < count; i++)
		if (is_vfio_device(devices[i], root))
			device_plugged(g, devices[i], group, false);
}

void qemu_files_compare(struct guest *g, const struct qemu_files *f, const char *root)
{
	size_t kept = 0;

	if (!f->known)
		return;
	g->open_containers = f->containers;
	for (size_t i = 0; i < g->device_count; i++)
		if (is_open(&g->devices[i], f, root))
			g->devices[kept++] = g->devices[i];
	g->device_count = kept;
	for (size_t i = 0; i < f->group_count; i++)
		group_plugged(g, f->groups[i], root);
	for (size_t i = 0; i < f->cdev_count; i++) {
		char address[20];

		cdev_address(f->cdevs[i], root, address);
		if (address[0])
			device_plugged(g, address, qemu_device_group(address, root), true);
	}
}
