/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an executable file offers for hooking a QEMU: functions that it exports, USDT probes. */
#ifndef VIOMMU_TRACE_QEMU_ELF_H
#define VIOMMU_TRACE_QEMU_ELF_H

#include <stddef.h>
#include <stdint.h>

/** Provider of QEMU's USDT probes. */
#define QEMU_USDT_PROVIDER "qemu"

/** Functions whose entry is hooked. */
enum qemu_function {
	QEMU_NOTIFY,	/**< memory_region_notify_iommu_one(): a vIOMMU tells VFIO of a range */
	QEMU_PUSH,	/**< virtqueue_push(): a device has answered */
	QEMU_FUNCTIONS
};

/** USDT probes, named as QEMU's trace events. */
enum qemu_usdt {
	QEMU_USDT_NOTIFY,	/**< vfio_iommu_map_notify */
	QEMU_USDT_MAP,		/**< virtio_iommu_map; the first of the requests */
	QEMU_USDT_UNMAP,
	QEMU_USDT_ATTACH,
	QEMU_USDT_DETACH,
	QEMU_USDTS
};

/** The linker's identification of a build. */
struct qemu_build {
	size_t len;		/**< bytes of id; 0: the file has none */
	uint8_t id[32];
};

struct qemu_elf {
	struct qemu_build build;
	uint64_t functions[QEMU_FUNCTIONS];	/**< offset in the file; 0: not exported */
	unsigned int usdts;			/**< bits 1 << enum qemu_usdt */
};

/** "memory_region_notify_iommu_one" */
const char *qemu_function_name(enum qemu_function function);

/** "vfio_iommu_map_notify" */
const char *qemu_usdt_name(enum qemu_usdt usdt);

/** Read the build id only. 0; -ENOEXEC: this is no ELF file of 64 bits; -errno. */
int qemu_build_read(struct qemu_build *build, int fd);

/** Read all; as qemu_build_read(). A file that offers nothing is no error. */
int qemu_elf_read(struct qemu_elf *binary, int fd);

#endif
