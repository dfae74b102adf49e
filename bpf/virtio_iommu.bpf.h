/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's structures (drivers/iommu/virtio-iommu.c, in that module's BTF) and what it needs of
 * the kernel's: only the members that we read, placed by CO-RE when the programs are loaded; then
 * the requests as the device gets them (include/uapi/linux/virtio_iommu.h), part of the ABI.
 */
#ifndef VIOMMU_VIRTIO_IOMMU_BPF_H
#define VIOMMU_VIRTIO_IOMMU_BPF_H

/* An enum, as the kernel's member is one: CO-RE compares the kinds of both. */
enum iommu_resv_type___k {
	IOMMU_RESV_MSI___k = 3,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct virtio_device_id___k {
	u32 device;
};

struct virtio_device___k {
	struct virtio_device_id___k id;
};

struct virtqueue___k {
	struct virtio_device___k *vdev;
	unsigned int num_max;
};

struct iommu_domain_geometry___k {
	dma_addr_t aperture_start;
	dma_addr_t aperture_end;
};

struct iommu_domain___k {
	struct iommu_domain_geometry___k geometry;
};

struct viommu_dev___k {
	struct virtqueue___k *vqs[2];
	struct list_head requests;
	void *evts;
	struct iommu_domain_geometry___k geometry;
	u64 pgsize_bitmap;
	u32 identity_domain_id;		/* not in 6.12: there each identity domain has its own */
};

struct viommu_domain___k {
	struct iommu_domain___k domain;
	struct viommu_dev___k *viommu;	/* NULL: the driver's one identity domain */
	unsigned int id;
};

struct viommu_endpoint___k {
	struct viommu_dev___k *viommu;
	struct viommu_domain___k *vdomain;
	struct list_head resv_regions;
};

struct viommu_request___k {
	struct list_head list;
	void *writeback;
	unsigned int len;
	char buf[0];
};

struct iommu_resv_region___k {
	struct list_head list;
	phys_addr_t start;
	size_t length;
	enum iommu_resv_type___k type;
};

struct iommu_fwspec___k {
	unsigned int num_ids;
	u32 ids[0];
};

struct dev_iommu___k {
	struct iommu_fwspec___k *fwspec;
	void *priv;
};

struct kobject___k {
	const char *name;
};

struct device___k {
	struct kobject___k kobj;
	struct dev_iommu___k *iommu;
};

#pragma clang attribute pop

#define VIRTIO_ID_IOMMU 23

/** The driver's own window for MSIs where the device names none (viommu_get_resv_regions()). */
#define MSI_IOVA_BASE 0x8000000
#define MSI_IOVA_LENGTH 0x100000

#define VIRTIO_IOMMU_T_ATTACH 1
#define VIRTIO_IOMMU_T_DETACH 2
#define VIRTIO_IOMMU_T_MAP 3
#define VIRTIO_IOMMU_T_UNMAP 4
#define VIRTIO_IOMMU_T_PROBE 5

#define VIRTIO_IOMMU_ATTACH_F_BYPASS 1

#define VIRTIO_IOMMU_S_OK 0
#define VIRTIO_IOMMU_S_IOERR 1

/** What all requests have at their start; the shortest, ATTACH and DETACH, end with it. */
struct wire_head {
	u8 type;
	u8 reserved[3];
	u32 domain;		/* PROBE: endpoint */
	union {
		u64 first;	/* MAP, UNMAP */
		struct {
			u32 endpoint;	/* ATTACH, DETACH */
			u32 flags;	/* ATTACH */
		};
	};
	u64 last;		/* MAP, UNMAP */
};

/** The rest of a MAP. */
struct wire_map {
	u64 phys;
	u32 flags;
} __attribute__((packed));

/** What a request ends with; its first byte is the status. */
#define WIRE_TAIL 4

#define WIRE_PROBE_PROPERTIES 72	/* where they begin in a PROBE */
#define VIRTIO_IOMMU_PROBE_T_MASK 0xfff
#define VIRTIO_IOMMU_PROBE_T_NONE 0
#define VIRTIO_IOMMU_PROBE_T_RESV_MEM 1
#define VIRTIO_IOMMU_RESV_MEM_T_MSI 1

struct wire_property {
	u16 type;
	u16 length;		/* of what follows */
	u8 subtype;		/* this and the following: RESV_MEM */
	u8 reserved[3];
	u64 first;
	u64 last;
};

struct wire_fault {
	u8 reason;
	u8 reserved[3];
	u32 flags;
	u32 endpoint;
	u32 reserved2;
	u64 address;
};

_Static_assert(sizeof(struct wire_head) == 24, "head of a request");
_Static_assert(sizeof(struct wire_map) == 12, "rest of a MAP");
_Static_assert(sizeof(struct wire_property) == 24, "reserved region");
_Static_assert(sizeof(struct wire_fault) == 24, "fault");

#endif
