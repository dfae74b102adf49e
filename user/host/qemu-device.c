// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices of a command line: vIOMMUs, assigned devices, and what they are plugged into. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/qemu-line.h"

/* --------------------------------------------------------------------------- -global */

static void global_add(struct qemu_line *l, const char *driver, const char *property,
		       const char *value)
{
	struct qemu_global *global;

	if (l->global_count == QEMU_MAX_GLOBALS || !driver || !property || !value)
		return;
	global = &l->globals[l->global_count++];
	qemu_copy(global->driver, sizeof(global->driver), driver);
	qemu_copy(global->property, sizeof(global->property), property);
	qemu_copy(global->value, sizeof(global->value), value);
}

void qemu_line_add_global(struct qemu_line *l, const char *value)
{
	const size_t dot = strcspn(value, ".=,");
	const size_t equals = strcspn(value, "=,");
	char driver[48], property[48];

	/* qemu_global_option(): a '.' before the first '=' is the short form, taken literally. */
	if (value[dot] == '.' && value[equals] == '=') {
		if (dot >= sizeof(driver) || equals - dot - 1 >= sizeof(property))
			return;
		snprintf(driver, sizeof(driver), "%.*s", (int)dot, value);
		snprintf(property, sizeof(property), "%.*s", (int)(equals - dot - 1),
			 value + dot + 1);
		global_add(l, driver, property, value + equals + 1);
	} else if (qemu_props_parse(&l->props, value, NULL)) {
		global_add(l, qemu_props_get(&l->props, "driver"),
			   qemu_props_get(&l->props, "property"),
			   qemu_props_get(&l->props, "value"));
	}
}

/* A setting for a kind of device counts for those that are derived from it. */
static bool global_fits(const char *global, const char *driver)
{
	const bool root_port = !strcmp(driver, "pcie-root-port") || !strcmp(driver, "ioh3420");

	return !strcmp(global, driver) || (root_port && !strcmp(global, "pcie-root-port-base"));
}

const char *qemu_line_global(const struct qemu_line *l, const char *driver, const char *property)
{
	for (size_t i = l->global_count; i; i--) {
		const struct qemu_global *global = &l->globals[i - 1];

		if (global_fits(global->driver, driver) && !strcmp(global->property, property))
			return global->value;
	}
	return NULL;
}

/* Of the device that is being read: its own, else that of its kind. */
static const char *property(const struct qemu_line *l, const char *driver, const char *key)
{
	const char *own = qemu_props_get(&l->props, key);

	return own ? own : qemu_line_global(l, driver, key);
}

/* --------------------------------------------------------------------------- vIOMMU */

static const struct {
	const char *driver;
	enum viommu_model model;
} viommus[] = {
	{ "virtio-iommu-pci", VIOMMU_MODEL_VIRTIO },
	{ "virtio-iommu-pci-non-transitional", VIOMMU_MODEL_VIRTIO },
	{ "virtio-iommu-device", VIOMMU_MODEL_VIRTIO },
	{ "virtio-iommu", VIOMMU_MODEL_VIRTIO },
	{ "intel-iommu", VIOMMU_MODEL_INTEL },
	{ "amd-iommu", VIOMMU_MODEL_AMD },
	{ "arm-smmuv3", VIOMMU_MODEL_SMMU },
};

static enum tristate tristate_of(bool value)
{
	return value ? TRI_YES : TRI_NO;
}

/*
 * Until its guest sets them up, intel-iommu and amd-iommu translate nothing. virtio-iommu has a
 * switch since 7.0, on by default; what it was before depended on the guest's driver.
 */
static enum tristate boot_bypass(const struct qemu_line *l, const char *driver)
{
	const struct guest *g = l->g;
	const char *given;

	if (g->model != VIOMMU_MODEL_VIRTIO)
		return TRI_YES;
	given = property(l, driver, "boot-bypass");
	if (!given && g->qemu_version[0] && g->qemu_version[0] < 7)
		return TRI_UNKNOWN;
	return tristate_of(qemu_parse_bool(given, true));
}

static bool viommu_read(struct qemu_line *l, const char *driver)
{
	struct guest *g = l->g;
	uint64_t bits;

	for (size_t i = 0; i < sizeof(viommus) / sizeof(viommus[0]); i++) {
		if (strcmp(driver, viommus[i].driver))
			continue;
		g->model = viommus[i].model;
		g->aw_bits = 0;
		if (qemu_parse_number(property(l, driver, "aw-bits"), 64, &bits))
			g->aw_bits = (unsigned int)bits;
		if (g->model == VIOMMU_MODEL_VIRTIO)
			qemu_copy(g->granule, sizeof(g->granule), property(l, driver, "granule"));
		if (g->model == VIOMMU_MODEL_INTEL)
			g->caching_mode = tristate_of(qemu_parse_bool(
				property(l, driver, "caching-mode"), false));
		g->boot_bypass = boot_bypass(l, driver);
		return true;
	}
	return false;
}

/* --------------------------------------------------------------------------- assigned devices */

/* "1:00.0", "0000:01:00.0", as QEMU takes it: hexadecimal, the domain may be left out. */
static bool address_read(char *address, size_t size, const char *text)
{
	unsigned int domain = 0, bus, slot, function;
	char rest;

	if (text[strspn(text, "0123456789abcdefABCDEF:.")])
		return false;	/* sscanf() would take signs and blanks */
	if (sscanf(text, "%8x:%2x:%2x.%1x%c", &domain, &bus, &slot, &function, &rest) != 4) {
		domain = 0;
		if (sscanf(text, "%2x:%2x.%1x%c", &bus, &slot, &function, &rest) != 3)
			return false;
	}
	if (slot > 31 || function > 7)
		return false;
	snprintf(address, size, "%04x:%02x:%02x.%x", domain, bus, slot, function);
	return true;
}

static void assigned_read(struct qemu_line *l, struct qemu_device *device)
{
	const struct qemu_props *p = &l->props;
	const char *host = qemu_props_get(p, "host");
	const char *sysfs = qemu_props_get(p, "sysfsdev");
	struct guest *g = l->g;
	struct guest_device *d;

	if (g->device_count == GUEST_MAX_DEVICES)
		return;
	device->assigned = (int)g->device_count;
	d = &g->devices[g->device_count++];
	memset(d, 0, sizeof(*d));
	memcpy(d->id, device->id, sizeof(d->id));
	memcpy(d->bus, device->bus, sizeof(d->bus));
	d->iommufd = qemu_props_get(p, "iommufd");
	d->hotplugged = TRI_NO;
	/* A mediated device has a UUID there; what was cut says nothing. */
	if (sysfs && strlen(sysfs) < sizeof(p->prop[0].value) - 1) {
		const char *slash = strrchr(sysfs, '/');

		address_read(d->address, sizeof(d->address), slash ? slash + 1 : sysfs);
	} else if (host) {
		address_read(d->address, sizeof(d->address), host);
	}
	d->group = -1;
	if (l->host && d->address[0])
		d->group = qemu_device_group(d->address, l->host);
}

/* "3", "0x3", "3.1", "0x3.0x1": hexadecimal (set_pci_devfn()). */
static void slot_read(struct qemu_device *device, const char *addr)
{
	unsigned long slot, function = 0;
	char *end;

	device->slot = -1;
	if (!addr || !isxdigit((unsigned char)addr[0]))
		return;
	slot = strtoul(addr, &end, 16);
	if (*end == '.' && isxdigit((unsigned char)end[1]))
		function = strtoul(end + 1, &end, 16);
	if (*end || slot > 31 || function > 7)
		return;
	device->slot = (int)slot;
}

void qemu_line_device(struct qemu_line *l)
{
	const struct qemu_props *p = &l->props;
	const char *driver = qemu_props_get(p, "driver");
	struct qemu_device *device;

	if (!driver || viommu_read(l, driver) || l->device_count == QEMU_MAX_DEVICES)
		return;
	device = &l->devices[l->device_count++];
	memset(device, 0, sizeof(*device));
	qemu_copy(device->driver, sizeof(device->driver), driver);
	qemu_copy(device->id, sizeof(device->id), qemu_props_get(p, "id"));
	qemu_copy(device->bus, sizeof(device->bus), qemu_props_get(p, "bus"));
	slot_read(device, qemu_props_get(p, "addr"));
	device->no_acs = qemu_parse_bool(property(l, driver, "disable-acs"), false);
	device->bypass = qemu_parse_bool(property(l, driver, "bypass-iommu"), false);
	device->assigned = -1;
	if (!strcmp(driver, "vfio-pci") || !strcmp(driver, "vfio-pci-nohotplug"))
		assigned_read(l, device);
}
