// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first and only process of the Linux guest inside the lab VM: it has the kernel's driver read
 * from the NVMe disks that appear, and says what it saw on port 1 of a virtio console. The words
 * GUEST_* of the kernel's command line are its environment:
 *   GUEST_RESCAN=BDF
 *                   first take this PCI device away and find it again: a disk that the kernel put
 *                   in a group before its root port joins the port's group only then
 *   GUEST_DISKS=N   done when so many disks were read (1)
 *   GUEST_READS=N   reads of 4 KiB from each, each one mapped and unmapped by the driver (64)
 *   GUEST_WAIT=S    or when so many seconds have passed (30); a disk whose DMA fails is none
 * It never ends: QEMU is to be killed.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define PORTS "/sys/class/virtio-ports"
#define BLOCK 4096
#define GROUPS "/sys/kernel/iommu_groups"
#define KLOG_READ_ALL 3

static void say_bytes(const char *text, size_t length)
{
	ssize_t written;

	for (; length; text += written, length -= (size_t)written) {
		written = write(STDOUT_FILENO, text, length);
		if (written <= 0)
			exit(EXIT_FAILURE);
	}
}

__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	char line[512];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (length > 0)
		say_bytes(line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

/* As a console shows it: a line starts with "<6>" only in the kernel's buffer. */
static size_t without_levels(char *text, size_t length)
{
	bool start = true;
	size_t from, to = 0;

	for (from = 0; from < length; from++) {
		if (start && text[from] == '<')
			while (from + 1 < length && text[from++] != '>')
				;
		start = text[from] == '\n';
		text[to++] = text[from];
	}
	return to;
}

/* What the kernel has said since the last call. */
static void say_kernel_log(void)
{
	static char log[256 * 1024];
	static int said;
	int length = klogctl(KLOG_READ_ALL, log, sizeof(log));

	if (length > said)
		say_bytes(log + said, without_levels(log + said, (size_t)(length - said)));
	if (length > 0)
		said = length;
}

static int number_of(const char *name, int otherwise)
{
	const char *text = getenv(name);

	return text ? atoi(text) : otherwise;
}

static double seconds_up(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say_regions(const char *group)
{
	char path[512], text[4096];
	ssize_t length;
	char *line, *rest;
	int fd;

	snprintf(path, sizeof(path), GROUPS "/%s/reserved_regions", group);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (*line)
			say("guest: group %s reserved %s\n", group, line);
}

/* One IOMMU group: its devices, and the regions that its devices' IOVAs keep out of. */
static void say_group(const char *group)
{
	char path[512];
	struct dirent *entry;
	DIR *devices;

	snprintf(path, sizeof(path), GROUPS "/%s/devices", group);
	devices = opendir(path);
	while (devices && (entry = readdir(devices)))
		if (entry->d_name[0] != '.')
			say("guest: group %s device %s\n", group, entry->d_name);
	if (devices)
		closedir(devices);
	say_regions(group);
}

static void say_groups(void)
{
	struct dirent *entry;
	DIR *groups = opendir(GROUPS);

	while (groups && (entry = readdir(groups)))
		if (entry->d_name[0] != '.')
			say_group(entry->d_name);
	if (groups)
		closedir(groups);
}

/* Read past the page cache, so that each read is one of the device. */
static void read_disk(int disk, int reads)
{
	static char buffer[BLOCK] __attribute__((aligned(BLOCK)));
	char path[64];
	int fd, done;

	snprintf(path, sizeof(path), "/dev/nvme%dn1", disk);
	fd = open(path, O_RDONLY | O_DIRECT);
	if (fd < 0) {
		say("guest: disk %s cannot be opened: %s\n", path, strerror(errno));
		return;
	}
	for (done = 0; done < reads; done++)
		if (pread(fd, buffer, BLOCK, (off_t)done * BLOCK) != BLOCK)
			break;
	if (done < reads)
		say("guest: disk %s read %d is an error: %s\n", path, done, strerror(errno));
	else
		say("guest: disk %s all %d reads done\n", path, reads);
	close(fd);
}

static int disk_is_there(int disk)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/nvme%dn1", disk);
	return access(path, F_OK) == 0;
}

static void read_disks(void)
{
	int disks = number_of("GUEST_DISKS", 1), reads = number_of("GUEST_READS", 64), disk = 0;
	double end = seconds_up() + number_of("GUEST_WAIT", 30);

	while (disk < disks && seconds_up() < end) {
		if (disk_is_there(disk))
			read_disk(disk++, reads);
		else
			usleep(100 * 1000);
		say_kernel_log();
	}
}

/* The only port, by its name, which has the number of the virtio device; -1: there is none yet. */
static int find_port(void)
{
	char path[512];
	struct dirent *entry;
	DIR *ports = opendir(PORTS);
	int fd = -1;

	while (ports && fd < 0 && (entry = readdir(ports))) {
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			fd = open(path, O_WRONLY);
	}
	if (ports)
		closedir(ports);
	return fd;
}

/* The port comes some time after its driver. */
static void open_port(void)
{
	int fd;

	while ((fd = find_port()) < 0)
		usleep(10 * 1000);
	dup2(fd, STDOUT_FILENO);
}

static void write_one(const char *path)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		say("guest: %s cannot be written: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void rescan(const char *device)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", device);
	write_one(path);
	write_one("/sys/bus/pci/rescan");
}

int main(void)
{
	double up = seconds_up();

	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	open_port();
	say_kernel_log();
	say("guest: up after %.2f s\n", up);
	if (getenv("GUEST_RESCAN"))
		rescan(getenv("GUEST_RESCAN"));
	say_groups();
	read_disks();
	say_groups();
	say_kernel_log();
	say("guest: done\n");
	for (;;)
		pause();
}
