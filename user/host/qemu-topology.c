// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IOMMU groups that a Linux guest will make of QEMU's PCI devices (pci_device_group() in
 * drivers/iommu/iommu.c, pci_acs_enabled() in drivers/pci/pci.c). A group's reserved ranges are
 * those of its first device, so that an assigned device should be alone in its own.
 */
#include <stdio.h>
#include <string.h>

#include "host/qemu-line.h"

/* Bridges that a path may lead through; a guest has no more buses than 256. */
#define PATH_MAX_BRIDGES 256

/* What a device does to the groups of those behind it. */
enum bridge {
	BRIDGE_NONE,		/* no bridge */
	BRIDGE_ISOLATES,	/* a port with ACS, or one that needs none */
	BRIDGE_JOINS,		/* all behind it are in its own group */
	BRIDGE_ROOT,		/* a root bus of its own */
};

/*
 * Only pcie-root-port has ACS (hw/pci-bridge/gen_pcie_root_port.c), and cxl-rp, its copy; ioh3420
 * and xio3130-downstream have none. An upstream port needs none.
 */
static enum bridge bridge_of(const struct qemu_device *d)
{
	static const struct {
		const char *driver;
		enum bridge bridge;
	} bridges[] = {
		{ "pcie-root-port", BRIDGE_ISOLATES }, { "cxl-rp", BRIDGE_ISOLATES },
		{ "x3130-upstream", BRIDGE_ISOLATES }, { "cxl-upstream", BRIDGE_ISOLATES },
		{ "ioh3420", BRIDGE_JOINS }, { "xio3130-downstream", BRIDGE_JOINS },
		{ "cxl-downstream", BRIDGE_JOINS }, { "pcie-pci-bridge", BRIDGE_JOINS },
		{ "pci-bridge", BRIDGE_JOINS }, { "pci-bridge-seat", BRIDGE_JOINS },
		{ "i82801b11-bridge", BRIDGE_JOINS },
		{ "dec-21154-p2p-bridge", BRIDGE_JOINS },
		/* Devices on a pxb sit behind a pci-bridge that it makes itself. */
		{ "pxb", BRIDGE_JOINS },
		{ "pxb-pcie", BRIDGE_ROOT }, { "pxb-cxl", BRIDGE_ROOT },
	};

	for (size_t i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++)
		if (!strcmp(d->driver, bridges[i].driver))
			return bridges[i].bridge == BRIDGE_ISOLATES && d->no_acs ? BRIDGE_JOINS :
			       bridges[i].bridge;
	return BRIDGE_NONE;
}

/* The bus that the machine itself brings. */
static bool is_root_bus(const char *bus)
{
	return !bus[0] || !strcmp(bus, "pcie.0") || !strcmp(bus, "pci.0") || !strcmp(bus, "pci");
}

/* The device whose secondary bus this is; a bridge's bus has its id, or its id and ".0". */
static const struct qemu_device *bus_owner(const struct qemu_line *l, const char *bus)
{
	for (size_t i = 0; i < l->device_count; i++) {
		const struct qemu_device *d = &l->devices[i];
		const size_t len = strlen(d->id);

		if (len && !strncmp(d->id, bus, len) && (!bus[len] || !strcmp(bus + len, ".0")) &&
		    bridge_of(d) != BRIDGE_NONE)
			return d;
	}
	return NULL;
}

/*
 * May each port on the way to the root isolate? *root is the pxb whose root bus it is, NULL: the
 * machine's own.
 */
static enum tristate path_isolates(const struct qemu_line *l, const struct qemu_device *d,
				   const struct qemu_device **root)
{
	enum tristate answer = TRI_YES;

	*root = NULL;
	for (int i = 0; i < PATH_MAX_BRIDGES; i++) {
		if (is_root_bus(d->bus))
			return answer;
		d = bus_owner(l, d->bus);
		if (!d)
			return TRI_UNKNOWN;
		if (bridge_of(d) == BRIDGE_ROOT) {
			*root = d;
			return answer;
		}
		if (bridge_of(d) == BRIDGE_JOINS)
			answer = TRI_NO;
	}
	return TRI_UNKNOWN;
}

static bool same_bus(const struct qemu_device *a, const struct qemu_device *b)
{
	return !strcmp(a->bus, b->bus) || (is_root_bus(a->bus) && is_root_bus(b->bus));
}

/*
 * Functions of one slot share a group unless they have ACS (get_pci_function_alias_group()). QEMU's
 * own have none; whether an assigned one shows the guest its ACS, the command line does not tell.
 */
static enum tristate slot_isolates(const struct qemu_line *l, const struct qemu_device *d)
{
	enum tristate answer = TRI_YES;

	for (size_t i = 0; i < l->device_count && d->slot >= 0; i++) {
		const struct qemu_device *other = &l->devices[i];

		if (other == d || other->slot != d->slot || !same_bus(other, d))
			continue;
		if (other->assigned < 0)
			return TRI_NO;
		answer = TRI_UNKNOWN;
	}
	return answer;
}

static enum tristate both(enum tristate a, enum tristate b)
{
	if (a == TRI_NO || b == TRI_NO)
		return TRI_NO;
	return a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_YES;
}

/* hw_compat_3_1: root ports of machine types up to 3.1 have no ACS. */
static void old_machine_apply(struct qemu_line *l)
{
	const char *dash = strrchr(l->g->machine, '-');
	unsigned int major, minor;

	if (!dash || sscanf(dash + 1, "%3u.%3u", &major, &minor) != 2 || major > 3 ||
	    (major == 3 && minor > 1))
		return;
	for (size_t i = 0; i < l->device_count; i++)
		if (strstr(l->devices[i].driver, "root-port"))
			l->devices[i].no_acs = true;
}

void qemu_line_topology(struct qemu_line *l)
{
	old_machine_apply(l);
	for (size_t i = 0; i < l->device_count; i++) {
		const struct qemu_device *d = &l->devices[i], *root;
		struct guest_device *assigned;
		enum tristate path;

		if (d->assigned < 0)
			continue;
		assigned = &l->g->devices[d->assigned];
		path = path_isolates(l, d, &root);
		assigned->singleton = both(path, slot_isolates(l, d));
		assigned->bypasses = path == TRI_UNKNOWN ? TRI_UNKNOWN :
				     (root ? root->bypass : l->bypass) ? TRI_YES : TRI_NO;
	}
}
