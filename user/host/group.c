// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices of an IOMMU group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/file.h"
#include "host/vm.h"

/** The addresses found so far, ascending by key. */
struct list {
	char (*devices)[20];
	size_t max;
	size_t count;
};

/* Hexadecimal number of min to max digits at *s, in lower case as sysfs writes it; moves *s. */
static bool hex_read(const char **s, size_t min, size_t max, uint64_t *n)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = strspn(*s, digits);

	if (len < min || len > max)
		return false;
	for (*n = 0; len; len--, (*s)++)
		*n = *n << 4 | (uint64_t)(strchr(digits, **s) - digits);
	return true;
}

/* Address "0000:00:02.0" as a number that sorts; the domain of VMD has five digits or more. */
static bool pci_key(const char *name, uint64_t *key)
{
	static const struct {
		size_t min, max;
		char end;
		unsigned int bits;
	} fields[] = { { 4, 8, ':', 32 }, { 2, 2, ':', 8 }, { 2, 2, '.', 8 }, { 1, 1, '\0', 4 } };

	*key = 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint64_t n;

		if (!hex_read(&name, fields[i].min, fields[i].max, &n) || *name != fields[i].end)
			return false;
		*key = *key << fields[i].bits | n;
		name++;
	}
	return true;
}

static int on_device(void *ctx, int dir, const char *name, size_t stem)
{
	struct list *list = ctx;
	size_t at = list->count;
	uint64_t key, other;

	(void)dir;
	if (stem >= sizeof(list->devices[0]) || !pci_key(name, &key))
		return 0;
	while (at && pci_key(list->devices[at - 1], &other) && other > key)
		at--;
	if (at >= list->max)
		return 0;
	if (list->count < list->max)
		list->count++;
	memmove(list->devices[at + 1 < list->max ? at + 1 : at], list->devices[at],
		(list->count - 1 - at) * sizeof(list->devices[0]));
	memcpy(list->devices[at], name, stem + 1);
	return 0;
}

int host_group_devices(int group, const char *root, char devices[][20], size_t max)
{
	struct list list = { .devices = devices, .max = max < INT32_MAX ? max : INT32_MAX };
	char path[64];
	int ret;

	if (group < 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices", group);
	ret = host_dir_walk(host_dir_open(root, path), "", on_device, &list);
	return ret < 0 ? ret : (int)list.count;
}
