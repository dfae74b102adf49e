/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The endpoint table, and how a request finds its element: by the endpoint that it names, or by
 * what is attached to the domain that it names. Numbers are those of one virtio-iommu; a guest may
 * have several.
 */
#ifndef VIOMMU_ENDPOINTS_BPF_H
#define VIOMMU_ENDPOINTS_BPF_H

#include "arith.bpf.h"
#include "records.bpf.h"
#include "virtio_iommu.bpf.h"

/** Numbers that one device may have behind its virtio-iommu: PCI aliases. */
#define MAX_DEVICE_IDS 4

_Static_assert(!(VIOMMU_MAX_ENDPOINTS & (VIOMMU_MAX_ENDPOINTS - 1)), "power of two");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VIOMMU_MAX_ENDPOINTS);
	__type(key, u32);
	__type(value, struct viommu_endpoint);
} endpoints SEC(".maps");

/** A number of one virtio-iommu. */
struct viommu_number {
	u64 viommu;	/* struct viommu_dev */
	u64 number;
};

/** Endpoint -> index in endpoints. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VIOMMU_MAX_ENDPOINTS);
	__type(key, struct viommu_number);
	__type(value, u32);
} endpoint_slots SEC(".maps");

/** A domain that is in use. */
struct domain {
	u32 slot;	/* element that its requests count for */
	u32 members;	/* endpoints attached; 0: known by its requests only */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VIOMMU_MAX_ENDPOINTS);
	__type(key, struct viommu_number);
	__type(value, struct domain);
} domains SEC(".maps");

/** Elements are taken in order and never given back: endpoints are slots of a bus. Set by user
 *  space before the first, where elements are left from the time before the module was unloaded.
 */
__u32 endpoints_used;

/** The struct viommu_dev that an element belongs to; 0: to one of before. */
static u64 endpoint_viommus[VIOMMU_MAX_ENDPOINTS];

/** A fresh element; NULL and a counted loss if there is none left. */
static __always_inline struct viommu_endpoint *endpoint_new(u64 viommu, u32 endpoint)
{
	u32 slot = *(volatile u32 *)&endpoints_used;
	struct viommu_endpoint *e;

	if (slot < VIOMMU_MAX_ENDPOINTS)
		slot = __sync_fetch_and_add(&endpoints_used, 1);
	e = bpf_map_lookup_elem(&endpoints, &slot);
	if (!e) {
		loss_count(VIOMMU_LOST_CONTAINER);
		return NULL;
	}
	endpoint_viommus[bounded(slot, VIOMMU_MAX_ENDPOINTS)] = viommu;
	e->slot = slot;
	e->endpoint = endpoint;
	e->id = slot + 1;
	return e;
}

static __always_inline struct viommu_endpoint *endpoint_find(u64 viommu, u32 endpoint)
{
	struct viommu_number key = { .viommu = viommu, .number = endpoint };
	u32 *slot = bpf_map_lookup_elem(&endpoint_slots, &key);

	return slot ? bpf_map_lookup_elem(&endpoints, slot) : NULL;
}

/** The element that this endpoint had before the module was unloaded. */
static __noinline struct viommu_endpoint *endpoint_again(u64 viommu, u32 endpoint)
{
	for (u32 i = 0; i < VIOMMU_MAX_ENDPOINTS && i < endpoints_used; i++) {
		u32 slot = i;
		struct viommu_endpoint *e = bpf_map_lookup_elem(&endpoints, &slot);

		if (!e || e->endpoint != endpoint || endpoint_viommus[i])
			continue;
		endpoint_viommus[i] = viommu;
		return e;
	}
	return NULL;
}

static __noinline struct viommu_endpoint *endpoint_get(u64 viommu, u32 endpoint)
{
	struct viommu_number key = { .viommu = viommu, .number = endpoint };
	struct viommu_endpoint *e = endpoint_find(viommu, endpoint);
	u32 slot;

	if (e)
		return e;
	e = endpoint_again(viommu, endpoint);
	if (!e)
		e = endpoint_new(viommu, endpoint);
	if (!e)
		return NULL;
	slot = e->slot;
	if (bpf_map_update_elem(&endpoint_slots, &key, &slot, BPF_NOEXIST)) {
		e->id = 0;	/* another CPU was faster; an element is wasted, once */
		return endpoint_find(viommu, endpoint);
	}
	return e;
}

/** Another endpoint that is attached to the domain: its element from now on. */
static __noinline void domain_pass_on(struct domain *d, u64 viommu, u32 domain)
{
	if (!d)
		return;
	for (u32 i = 0; i < VIOMMU_MAX_ENDPOINTS; i++) {
		u32 slot = i;
		struct viommu_endpoint *e = bpf_map_lookup_elem(&endpoints, &slot);

		if (!e || !e->id)
			return;
		if (e->attached && e->domain == domain && endpoint_viommus[i] == viommu) {
			d->slot = i;
			return;
		}
	}
}

static __noinline void endpoint_detach(struct viommu_endpoint *e, u64 viommu)
{
	struct viommu_number key = { .viommu = viommu };
	struct domain *d;

	if (!e || !e->attached)
		return;
	e->attached = 0;
	key.number = e->domain;
	d = bpf_map_lookup_elem(&domains, &key);
	if (!d)
		return;
	if (d->members <= 1) {
		bpf_map_delete_elem(&domains, &key);
		return;
	}
	d->members--;
	if (d->slot == e->slot)
		domain_pass_on(d, viommu, e->domain);
}

/** As the device does it: whoever is attached to another domain leaves that. */
static __noinline void endpoint_attach(struct viommu_endpoint *e, u64 viommu, u32 domain)
{
	struct viommu_number key = { .viommu = viommu, .number = domain };
	struct domain fresh = { .members = 1 };
	struct domain *d;

	if (!e || (e->attached && e->domain == domain))
		return;
	endpoint_detach(e, viommu);
	e->domain = domain;
	e->attached = 1;
	d = bpf_map_lookup_elem(&domains, &key);
	if (d && d->members) {
		d->members++;
		return;
	}
	fresh.slot = e->slot;
	bpf_map_update_elem(&domains, &key, &fresh, BPF_ANY);
}

/**
 * The element that a request to a domain counts for. *alone: it is of the only endpoint attached.
 * A domain of which nothing is known yet gets an element of its own.
 */
static __noinline struct viommu_endpoint *domain_endpoint(u64 viommu, u32 domain, bool *alone)
{
	struct viommu_number key = { .viommu = viommu, .number = domain };
	struct domain *d = bpf_map_lookup_elem(&domains, &key);
	struct domain fresh = {};
	struct viommu_endpoint *e;

	if (alone)
		*alone = d && d->members == 1;
	if (d)
		return bpf_map_lookup_elem(&endpoints, &d->slot);
	e = endpoint_new(viommu, VIOMMU_NO_ENDPOINT);
	if (!e)
		return NULL;
	e->domain = domain;
	fresh.slot = e->slot;
	bpf_map_update_elem(&domains, &key, &fresh, BPF_ANY);
	return e;
}

/* ---------------------------------------------------------------- what is known of an endpoint */

/** Between these two, readers see that reserved[] changes. */
static __always_inline void reserved_begin(struct viommu_endpoint *e)
{
	__sync_fetch_and_add(&e->reserved_seq, 1);
	e->reserved_count = 0;
	e->reserved_msi = 0;
}

static __always_inline void reserved_add(struct viommu_endpoint *e, u64 first, u64 last, bool msi)
{
	u32 i = bounded(e->reserved_count, 32);

	if (i >= VIOMMU_MAX_RESERVED)
		return;
	e->reserved[i].first = first;
	e->reserved[i].last = last;
	if (msi)
		e->reserved_msi |= 1u << i;
	e->reserved_count = i + 1;
}

/** Without a window for MSIs from the device the driver takes one itself. */
static __always_inline void reserved_end(struct viommu_endpoint *e)
{
	if (!e->reserved_msi)
		reserved_add(e, MSI_IOVA_BASE, MSI_IOVA_BASE + MSI_IOVA_LENGTH - 1, true);
	e->reserved_known = 1;
	__sync_fetch_and_add(&e->reserved_seq, 1);
}

/** From the driver's list of what PROBE told it. */
static __noinline void reserved_read(struct viommu_endpoint *e, u64 vdev)
{
	struct viommu_endpoint___k *k = (void *)vdev;
	struct list_head *head, *pos;

	if (!e)
		return;
	head = __builtin_preserve_access_index(&k->resv_regions);
	pos = BPF_CORE_READ(head, next);
	reserved_begin(e);
	for (int n = 0; n < VIOMMU_MAX_RESERVED && pos && pos != head; n++) {
		struct iommu_resv_region___k *region =
			core_container_of(pos, struct iommu_resv_region___k, list);
		u64 first = BPF_CORE_READ(region, start);

		reserved_add(e, first, first + BPF_CORE_READ(region, length) - 1,
			     BPF_CORE_READ(region, type) == IOMMU_RESV_MSI___k);
		pos = BPF_CORE_READ(region, list.next);
	}
	reserved_end(e);
}

/** From the answer to a PROBE, before the driver has read it. buf: the request, of len bytes. */
static __noinline void reserved_probed(struct viommu_endpoint *e, u64 buf, u32 len)
{
	u32 at = WIRE_PROBE_PROPERTIES;

	if (!e || len < WIRE_PROBE_PROPERTIES + WIRE_TAIL)
		return;
	reserved_begin(e);
	for (int n = 0; n < VIOMMU_MAX_RESERVED; n++) {
		struct wire_property p = {};

		if (at + sizeof(p) > len - WIRE_TAIL ||
		    bpf_probe_read_kernel(&p, sizeof(p), (void *)(buf + at)))
			break;
		p.type &= VIRTIO_IOMMU_PROBE_T_MASK;
		if (p.type == VIRTIO_IOMMU_PROBE_T_NONE)
			break;
		if (p.type == VIRTIO_IOMMU_PROBE_T_RESV_MEM)
			reserved_add(e, p.first, p.last, p.subtype == VIRTIO_IOMMU_RESV_MEM_T_MSI);
		at += p.length + 4;
	}
	reserved_end(e);
}

static __always_inline void input_read(struct viommu_endpoint *e, u64 viommu)
{
	struct viommu_dev___k *k = (void *)viommu;

	e->input.first = BPF_CORE_READ(k, geometry.aperture_start);
	e->input.last = BPF_CORE_READ(k, geometry.aperture_end);
	e->pgsize_bitmap = BPF_CORE_READ(k, pgsize_bitmap);
}

/** The number of the domain that all endpoints in identity share, where there is such a one. */
static __noinline u32 identity_domain(u64 viommu)
{
	struct viommu_dev___k *k = (void *)viommu;

	if (bpf_core_field_exists(k->identity_domain_id))
		return BPF_CORE_READ(k, identity_domain_id);
	return 0;
}

/** The domain that the driver says an endpoint is in. */
static __always_inline void domain_read(struct viommu_endpoint *e, u64 viommu, u64 vdomain)
{
	struct viommu_domain___k *d = (void *)vdomain;
	u32 id = BPF_CORE_READ(d, id);

	if (!BPF_CORE_READ(d, viommu))
		id = identity_domain(viommu);
	e->aperture.first = BPF_CORE_READ(d, domain.geometry.aperture_start);
	e->aperture.last = BPF_CORE_READ(d, domain.geometry.aperture_end);
	endpoint_attach(e, viommu, id);
}

/**
 * All that the kernel knows of a device behind a virtio-iommu: its numbers, name, reserved regions,
 * the domain that it is in. Returns its struct viommu_dev.
 */
static __noinline u64 device_read(u64 dev)
{
	struct device___k *k = (void *)dev;
	struct iommu_fwspec___k *fwspec = BPF_CORE_READ(k, iommu, fwspec);
	struct viommu_endpoint___k *vdev = BPF_CORE_READ(k, iommu, priv);
	u64 viommu = (u64)BPF_CORE_READ(vdev, viommu);
	u64 vdomain = (u64)BPF_CORE_READ(vdev, vdomain);
	u32 count = BPF_CORE_READ(fwspec, num_ids);

	if (!viommu)
		return 0;
	for (u32 i = 0; i < MAX_DEVICE_IDS && i < count; i++) {
		struct viommu_endpoint *e = endpoint_get(viommu, BPF_CORE_READ(fwspec, ids[i]));

		if (!e)
			break;
		bpf_probe_read_kernel_str(e->device, sizeof(e->device),
					  BPF_CORE_READ(k, kobj.name));
		input_read(e, viommu);
		reserved_read(e, (u64)vdev);
		if (vdomain)
			domain_read(e, viommu, vdomain);
	}
	return viommu;
}

#endif
