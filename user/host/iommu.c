// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMUs in /sys/class/iommu. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/machine-text.h"
#include "host/facts.h"
#include "host/iommu-parts.h"
#include "host/iommu.h"
#include "host/text.h"

/** Bytes of a register's file, and of the tables' part that is looked at. */
#define TEXT_MAX 64

struct units {
	struct machine *m;
	int err;
};

int iommu_link_name(int dir, const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	const ssize_t n = readlinkat(dir, path, target, sizeof(target) - 1);
	const char *slash;
	size_t len;

	name[0] = '\0';
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	len = strlen(slash);
	if (!len || len >= size)
		return -ERANGE;
	memcpy(name, slash, len + 1);
	return 0;
}

void iommu_text_read(int dir, const char *path, char *text, size_t size)
{
	char raw[256];
	const ssize_t n = host_file_read(dir, path, raw, sizeof(raw));

	text[0] = '\0';
	if (n > 0)
		host_text_clean(text, size, raw, strcspn(raw, "\n"));
}

/* A register's file, whole: the beginning of a longer one is another number. 0 bytes: none. */
static size_t register_read(int dir, const char *name, const char *file, char text[TEXT_MAX])
{
	char path[NAME_MAX + 32];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", name, file);
	n = host_file_read(dir, path, text, TEXT_MAX);
	return n > 0 && n < TEXT_MAX - 1 ? (size_t)n : 0;
}

static bool hex_file_read(int dir, const char *name, const char *file, uint64_t *value)
{
	char text[TEXT_MAX];

	return sysfs_hex_parse(text, register_read(dir, name, file, text), value);
}

static void intel_read(struct machine_unit *u, int dir, const char *name)
{
	uint64_t cap, ecap;

	u->kind = UNIT_INTEL;
	u->has_cap = hex_file_read(dir, name, "intel-iommu/cap", &cap) &&
		     hex_file_read(dir, name, "intel-iommu/ecap", &ecap);
	if (u->has_cap) {
		u->cap = cap;
		u->ecap = ecap;
	}
}

static void amd_read(struct machine_unit *u, int dir, const char *name)
{
	char text[TEXT_MAX];

	u->kind = UNIT_AMD;
	amd_features_parse(u, text, register_read(dir, name, "amd-iommu/features", text));
}

/* Names are those of iommu_device_sysfs_add() in the drivers; virtio-iommu's is a PCI address. */
static void unit_read(struct machine_unit *u, int dir, const char *name)
{
	char path[NAME_MAX + 32], device[TEXT_MAX];

	snprintf(path, sizeof(path), "%s/device", name);
	if (!strncmp(name, "dmar", 4))
		intel_read(u, dir, name);
	else if (!strncmp(name, "ivhd", 4))
		amd_read(u, dir, name);
	else if (!strncmp(name, "smmu", 4))
		u->kind = UNIT_SMMU;
	else if (!iommu_link_name(dir, path, device, sizeof(device)) &&
		 !strncmp(device, "virtio", 6))
		u->kind = UNIT_VIRTIO;
}

static int on_unit(void *ctx, int dir, const char *name, size_t stem)
{
	struct units *units = ctx;
	struct machine_unit *u;

	if (name[0] == '.')
		return 0;
	if (units->m->unit_count >= FACTS_MAX_UNITS)
		return 1;
	u = machine_add_unit(units->m);
	if (!u) {
		units->err = -ENOMEM;
		return -ENOMEM;
	}
	host_text_clean(u->name, sizeof(u->name), name, stem);
	unit_read(u, dir, name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct machine_unit *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

static int units_read(struct machine *m, const char *root)
{
	struct units units = { .m = m };

	host_dir_walk(host_dir_open(root, "sys/class/iommu"), "", on_unit, &units);
	if (m->unit_count)
		qsort(m->units, m->unit_count, sizeof(*m->units), by_name);
	return units.err;
}

/* One table for all IOMMUs; only root may read it. */
static void ivrs_read(struct machine *m, const char *root)
{
	const int dir = host_dir_open(root, "sys/firmware/acpi/tables");
	unsigned int bits = 0;
	char table[TEXT_MAX];
	ssize_t n;

	if (dir < 0)
		return;
	n = host_file_read(dir, "IVRS", table, sizeof(table));
	close(dir);
	if (n > 0)
		bits = ivrs_va_bits((const unsigned char *)table, (size_t)n);
	for (size_t i = 0; i < m->unit_count; i++)
		if (m->units[i].kind == UNIT_AMD)
			m->units[i].ivrs_va_bits = bits;
}

/* The log calls SMMUs and virtio-iommus by their device, sysfs by their address. */
static int logged_read(struct machine *m, const char *root)
{
	char (*devices)[64] = m->unit_count ? calloc(m->unit_count, sizeof(*devices)) : NULL;
	const int dir = host_dir_open(root, "sys/class/iommu");
	char path[NAME_MAX];
	bool wanted = false;
	int err = devices || !m->unit_count ? 0 : -ENOMEM;

	for (size_t i = 0; devices && dir >= 0 && i < m->unit_count; i++) {
		const struct machine_unit *u = &m->units[i];

		if (u->kind != UNIT_SMMU && u->kind != UNIT_VIRTIO)
			continue;
		snprintf(path, sizeof(path), "%s/device", u->name);
		wanted |= !iommu_link_name(dir, path, devices[i], sizeof(devices[i]));
	}
	if (wanted)
		err = iommu_log_read(m, devices, root);
	if (dir >= 0)
		close(dir);
	free(devices);
	return err;
}

int machine_read(struct machine *m, const char *root)
{
	int err = units_read(m, root);

	if (err)
		return err;
	ivrs_read(m, root);
	err = logged_read(m, root);
	if (err)
		return err;
	iommu_settings_read(m, root);
	return iommu_groups_read(m, root);
}
