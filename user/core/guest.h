/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a VM: its QEMU, its vIOMMU, its memory, its devices. Filled by user/host from a
 * running process or a command line, or from a facts file.
 */
#ifndef VIOMMU_CORE_GUEST_H
#define VIOMMU_CORE_GUEST_H

#include "event.h"
#include "machine.h"

enum viommu_model {
	VIOMMU_MODEL_NONE,
	VIOMMU_MODEL_VIRTIO,
	VIOMMU_MODEL_INTEL,
	VIOMMU_MODEL_AMD,
	VIOMMU_MODEL_SMMU,
	NR_VIOMMU_MODELS
};

enum tristate { TRI_UNKNOWN, TRI_NO, TRI_YES };

/** An assigned device. */
struct guest_device {
	char address[20];	/**< on the host; empty if only a cdev or sysfsdev is known */
	char id[64];		/**< QEMU's id=, may be empty */
	char bus[64];		/**< QEMU's bus=, empty: the root bus */
	int group;		/**< on the host, -1 unknown */
	bool iommufd;		/**< through iommufd and not a type1 container */
	enum tristate singleton;/**< alone in its IOMMU group in the guest */
	enum tristate hotplugged;
	enum tristate bypasses;	/**< not behind the vIOMMU (bypass_iommu of its root bus) */
};

#define GUEST_MAX_DEVICES 64
#define GUEST_MAX_CONTAINERS 64

/** What one container of the VM can map, as the kernel says. */
struct guest_container {
	char name[32];		/**< "PID-GROUP" */
	struct iova_ranges ranges;
};

/** A VM. What is 0, empty or TRI_UNKNOWN is not known. */
struct guest {
	struct viommu_vm vm;
	uint32_t pid;
	unsigned int qemu_version[3];	/**< major, minor, micro; all 0: unknown */
	char qemu_package[64];		/**< "Debian 1:10.0.2+ds-2" as --version shows it */
	char arch[16];			/**< of the guest: "x86_64", "aarch64" */
	char machine[64];		/**< as given: "q35", "pc-q35-9.2", "virt" */
	bool cpu_host;			/**< -cpu host */
	bool cpu_amd;			/**< the guest's CPU is an AMD one (1 TiB relocation) */
	enum tristate host_phys_bits;
	unsigned int phys_bits_limit;	/**< host-phys-bits-limit=, or phys-bits= */
	uint64_t memory;		/**< bytes at start */
	uint64_t max_memory;		/**< maxmem, bytes; memory if there is no hotplug */
	unsigned int vcpus;		/**< maxcpus */

	enum viommu_model model;
	unsigned int aw_bits;		/**< as given; 0: the machine's default */
	char granule[8];		/**< as given; empty: default */
	enum tristate boot_bypass;
	enum tristate caching_mode;	/**< intel-iommu */

	uint64_t memlock_limit;		/**< RLIMIT_MEMLOCK, bytes, ~0 none; valid if has_memlock */
	bool has_memlock;
	enum tristate ipc_lock;		/**< it has CAP_IPC_LOCK: no limit counts */
	unsigned int open_containers;	/**< that the process has; 0 unknown or none */
	struct guest_device devices[GUEST_MAX_DEVICES];
	size_t device_count;
	struct guest_container containers[GUEST_MAX_CONTAINERS];
	size_t container_count;
};

/**
 * Width of the vIOMMU: what was given, else the default of this QEMU version and machine type.
 * 0 if that is not known. *why: one sentence with the source.
 */
unsigned int guest_viommu_bits(const struct guest *g, char *why, size_t size);

const char *viommu_model_name(enum viommu_model model);

#endif
