/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command line of QEMU on its way to a struct guest: what the files qemu-*.c share. */
#ifndef VIOMMU_HOST_QEMU_LINE_H
#define VIOMMU_HOST_QEMU_LINE_H

#include "host/qemu-args.h"
#include "host/qemu.h"

/** Devices and settings that are looked at; libvirt's largest VMs have some 200. */
#define QEMU_MAX_DEVICES 1024
#define QEMU_MAX_GLOBALS 256

/** A -device that is a vIOMMU, a bridge, a root bus, or sits in a slot. */
struct qemu_device {
	char driver[48];
	char id[64];		/**< may be empty */
	char bus[64];		/**< empty: the root bus */
	int slot;		/**< -1: QEMU takes a free one */
	bool no_acs;		/**< disable-acs=on, or by the machine's age */
	bool bypass;		/**< of a pxb: bypass_iommu=on */
	int assigned;		/**< index in guest.devices, -1: not an assigned device */
};

/** A property for every device of a kind: -global. */
struct qemu_global {
	char driver[48];
	char property[48];
	char value[64];
};

/** The whole line. */
struct qemu_line {
	struct guest *g;
	enum cpu_vendor host_cpu;
	const char *host;		/**< see guest_from_argv() */
	bool kvm;			/**< else TCG */
	bool bypass;			/**< default_bus_bypass_iommu=on */
	char backend[64];		/**< machine's memory-backend */
	uint64_t backend_size;		/**< of that object, bytes */
	unsigned int cpus;		/**< -smp, 0 not given */
	unsigned int maxcpus;
	unsigned int topology;		/**< product of sockets, cores, threads ...; 0 not given */
	unsigned int phys_bits;		/**< -cpu phys-bits=, 0 not given */
	unsigned int phys_limit;	/**< -cpu host-phys-bits-limit=, 0 not given */
	char vendor[16];		/**< -cpu vendor= */
	char cpu[64];			/**< -cpu model; empty: QEMU's default */
	struct qemu_props props;	/**< of the option that is being read */
	struct qemu_device *devices;	/**< QEMU_MAX_DEVICES */
	size_t device_count;
	struct qemu_global *globals;	/**< QEMU_MAX_GLOBALS */
	size_t global_count;
};

/** qemu-cmdline.c: one option; value as on the command line. */
void qemu_line_option(struct qemu_line *l, const char *option, const char *value);

/** qemu-device.c: l->props are those of a -device. */
void qemu_line_device(struct qemu_line *l);

/** qemu-device.c: value of a property of this kind of device set by -global; NULL: none. */
const char *qemu_line_global(const struct qemu_line *l, const char *driver, const char *property);

/** qemu-device.c: -global, "driver.property=value" or driver=,property=,value=. */
void qemu_line_add_global(struct qemu_line *l, const char *value);

/** qemu-topology.c: is each assigned device alone in its guest group, and behind the vIOMMU? */
void qemu_line_topology(struct qemu_line *l);

/** qemu-config.c: read a file of -readconfig. */
void qemu_line_config(struct qemu_line *l, const char *path);

/** Copy text, clean; empty if it is NULL or does not fit: half a name is another's. */
void qemu_copy(char *dst, size_t size, const char *text);

/** IOMMU group of a PCI device below root; -1 unknown. */
int qemu_device_group(const char *address, const char *root);

#endif
