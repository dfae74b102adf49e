// SPDX-License-Identifier: GPL-2.0-or-later
/* What the whole input says about each finding. */
#include <errno.h>
#include <stdlib.h>

#include "log-finish.h"

/* count 0: another finding tells of it. */
static void hide(struct log_finding *f)
{
	f->count = 0;
}

/*
 * x86-64 gives processes addresses below 2^47 from the top down (mmap_base(), at most 2^44 bytes of
 * randomness); arm64 with 48 bits does so below 2^48.
 */
static bool x86_address(uint64_t vaddr)
{
	return vaddr >> 40 >= 0x6f && vaddr >> 40 <= 0x7f;
}

static bool power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

/*
 * Firmware of VMs (OVMF, SeaBIOS) places 64-bit BARs from 7/8 of the guest's physical addresses on
 * upwards, naturally aligned; a guest's kernel takes IOVAs from the top down. The lower half of
 * that window has BARs, then, and what is larger than 1 MiB is no buffer of a driver.
 */
static bool looks_like_bar(const struct viommu_evidence *ev)
{
	const unsigned int bits = iova_bits_needed(ev->iova);
	uint64_t window;

	if (bits < 36 || bits > 52 || ev->size < (1 << 20) || !power_of_two(ev->size) ||
	    (ev->iova & (ev->size - 1)))
		return false;
	window = UINT64_C(7) << (bits - 3);
	return ev->iova >= window && ev->iova - window < UINT64_C(1) << (bits - 4);
}

/* Only firmware of x86 VMs has that window above 1 TiB; Arm's "virt" has one below. */
static bool x86_window(const struct viommu_evidence *ev)
{
	return ev->has_range && ev->iova >> 40 && looks_like_bar(ev);
}

static void guess_bar(struct viommu_evidence *ev)
{
	if (ev->op != VIOMMU_OP_MAP || ev->err != EINVAL || !ev->has_range ||
	    ev->vmm != VIOMMU_VMM_QEMU || ev->path != VIOMMU_PATH_UNKNOWN ||
	    ev->backing != VIOMMU_BACKING_UNKNOWN || !looks_like_bar(ev))
		return;
	ev->backing = VIOMMU_BACKING_VFIO_BAR;
	ev->backing_guessed = true;
}

static void below_bits(struct viommu_evidence *ev, uint64_t bits, enum viommu_limit_from from)
{
	if (!bits || bits > 64)
		return;
	ev->limit_from = from;
	ev->ranges.count = 1;
	ev->ranges.r[0].first = 0;
	ev->ranges.r[0].last = UINT64_MAX >> (64 - bits);
}

static void add_host(struct log_finding *f, const struct log_host *host)
{
	struct viommu_evidence *ev = &f->ev;
	const uint64_t bits = log_host_bits(host);

	ev->x86_host = x86_address(ev->vaddr) || x86_window(ev);
	switch (ev->said) {
	case VIOMMU_SAID_AW_ABOVE_HOST:	/* QEMU asked VFIO (vfio_device_get_aw_bits()) */
		below_bits(ev, ev->said_b, VIOMMU_LIMIT_GET_INFO);
		break;
	case VIOMMU_SAID_WIDTH:
		below_bits(ev, ev->said_b, VIOMMU_LIMIT_REGISTERS);
		break;
	case VIOMMU_SAID_HIGH_DMA:
		ev->said_b = bits;
		below_bits(ev, bits, VIOMMU_LIMIT_REGISTERS);
		if (bits >= ev->said_a)
			hide(f);
		break;
	default:
		log_host_evidence(host, f->group, ev);
	}
}

/* The only limit that the kernel said was exceeded; NULL if there is none, or several. */
static struct log_finding *memlock_find(struct log_incidents *in)
{
	struct log_finding *found = NULL;

	for (size_t i = 0; i < in->count; i++) {
		struct log_finding *f = &in->found[i];

		if (f->ev.said != VIOMMU_SAID_MEMLOCK)
			continue;
		if (found && found->ev.said_a != f->ev.said_a)
			return NULL;
		found = f;
	}
	return found;
}

/* The kernel says why, QEMU says what: the kernel's line is part of the failure. */
static void join_memlock(struct log_incidents *in)
{
	const struct log_finding *const limit = memlock_find(in);
	bool joined = false;

	if (!limit)
		return;
	for (size_t i = 0; i < in->count; i++) {
		struct viommu_evidence *ev = &in->found[i].ev;

		if (ev->op != VIOMMU_OP_MAP || ev->err != ENOMEM ||
		    ev->said != VIOMMU_SAID_NOTHING || ev->api == VIOMMU_API_IOMMUFD)
			continue;
		ev->said = VIOMMU_SAID_MEMLOCK;
		ev->said_a = limit->ev.said_a;
		joined = true;
	}
	for (size_t i = 0; i < in->count && joined; i++) {
		struct log_finding *f = &in->found[i];

		/* The kernel's own lines know neither a VMM nor a range. */
		if (f->ev.said == VIOMMU_SAID_MEMLOCK && f->ev.vmm == VIOMMU_VMM_UNKNOWN &&
		    !f->ev.has_range)
			hide(f);
	}
}

static bool from_kernel(const struct log_finding *f)
{
	return f->ev.said == VIOMMU_SAID_RMRR || f->ev.said == VIOMMU_SAID_NO_INTREMAP;
}

/* A group that did not attach with EPERM, and the one message of the kernel that says why. */
static void join_attach(struct log_incidents *in)
{
	struct log_finding *cause = NULL;
	bool joined = false;

	for (size_t i = 0; i < in->count; i++) {
		if (!from_kernel(&in->found[i]))
			continue;
		if (cause && cause->ev.said != in->found[i].ev.said)
			return;
		cause = &in->found[i];
	}
	for (size_t i = 0; i < in->count && cause; i++) {
		struct viommu_evidence *ev = &in->found[i].ev;

		if (ev->op != VIOMMU_OP_ATTACH || ev->said != VIOMMU_SAID_NOTHING ||
		    (ev->err != EPERM && ev->err != EINVAL))
			continue;
		ev->said = cause->ev.said;
		joined = true;
	}
	for (size_t i = 0; i < in->count && joined; i++)
		if (from_kernel(&in->found[i]) && in->found[i].ev.vmm == VIOMMU_VMM_UNKNOWN)
			hide(&in->found[i]);
}

static bool is_fault_in(const struct log_finding *f, const struct log_finding *map)
{
	return f->type == VIOMMU_EVENT_FAULT && f->ev.has_range && map->ev.op == VIOMMU_OP_MAP &&
	       map->ev.has_range && map->iova_lowest <= f->iova_lowest &&
	       f->iova_highest <= map->iova_highest;
}

/* Where a mapping failed, a device's access fails later: that is no failure of its own. */
static void join_faults(struct log_incidents *in)
{
	for (size_t i = 0; i < in->count; i++) {
		struct log_finding *f = &in->found[i];

		for (size_t j = 0; j < in->count && f->count; j++) {
			struct log_finding *map = &in->found[j];

			if (!map->count || !is_fault_in(f, map))
				continue;
			map->faults += f->count;
			hide(f);
		}
	}
}

static int in_order(const void *a, const void *b)
{
	const struct log_finding *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void incidents_finish(struct log_incidents *in, const struct log_host *host)
{
	size_t kept = 0;

	for (size_t i = 0; i < in->count; i++) {
		add_host(&in->found[i], host);
		guess_bar(&in->found[i].ev);
	}
	join_memlock(in);
	join_attach(in);
	join_faults(in);
	for (size_t i = 0; i < in->count; i++)
		if (in->found[i].count)
			in->found[kept++] = in->found[i];
	in->count = kept;
	qsort(in->found, in->count, sizeof(in->found[0]), in_order);
}
