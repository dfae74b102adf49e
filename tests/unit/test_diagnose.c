// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Diagnosis. One row for each check of vfio_iommu_type1.c that can refuse, in the order of the
 * kernel's source, each made from a request that is fine by changing what that check looks at.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <linux/vfio.h>

#include "core/diagnose.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define TOP UINT64_MAX
#define RW (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

enum host { INTEL39, AMD, AMD40, MERGED, NO_RANGES };

static void host_ranges(struct viommu_evidence *ev, enum host host)
{
	static const struct {
		struct viommu_range r[3];
		size_t count;
	} hosts[] = {
		[INTEL39] = { { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } }, 2 },
		[AMD] = { { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff },
			    { 0x10000000000, TOP } }, 3 },
		[AMD40] = { { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff } }, 2 },
		[MERGED] = { { { 0, 0xbfffffff }, { 0xfef00000, 0x7fffffffff } }, 2 },
		[NO_RANGES] = { .count = 0 },
	};

	assert_int_equal(iova_ranges_init(&ev->ranges, hosts[host].r, hosts[host].count), 0);
	ev->limit_from = hosts[host].count ? VIOMMU_LIMIT_CONTAINER : VIOMMU_LIMIT_UNKNOWN;
}

/* A MAP of 4 KiB with nothing wrong, of a QEMU whose path is not known. */
static struct viommu_evidence fine_map(int err)
{
	struct viommu_evidence ev = {
		.op = VIOMMU_OP_MAP, .err = err, .iova = 0x100000, .size = 0x1000,
		.vaddr = 0x7f0000000000, .dma_flags = RW, .argsz = 32, .has_range = true,
		.pgsize_bitmap = 0x40201000, .backing = VIOMMU_BACKING_RAM,
		.vmm = VIOMMU_VMM_QEMU, .has_dma_avail = true, .dma_avail = 65000,
		.has_memlock = true, .memlock_limit = TOP, .containers = 1,
	};

	host_ranges(&ev, INTEL39);
	return ev;
}

static struct viommu_evidence fine_unmap(int err)
{
	struct viommu_evidence ev = fine_map(err);

	ev.op = VIOMMU_OP_UNMAP;
	ev.vaddr = 0;
	ev.dma_flags = 0;
	ev.argsz = 24;
	return ev;
}

static bool ends_properly(const char *text, size_t size)
{
	const size_t len = strlen(text);

	/* A text that fills its buffer was cut. */
	return len > 0 && len < size - 1 && !strchr(text, '\n') && text[len - 1] != '.' &&
	       !strchr(text, '{') && !strchr(text, '}');
}

static void assert_sound(const struct viommu_diagnosis *d)
{
	assert_true((size_t)d->reason < VIOMMU_NR_REASONS);
	assert_true((size_t)d->severity < VIOMMU_NR_SEVERITIES);
	if (!ends_properly(d->detail, sizeof(d->detail)))
		fail_msg("detail: %s", d->detail);
	assert_true(d->remedy_count <= VIOMMU_MAX_REMEDIES);
	for (size_t i = 0; i < d->remedy_count; i++) {
		const struct viommu_remedy *r = &d->remedies[i];

		if (!ends_properly(r->text, sizeof(r->text)))
			fail_msg("remedy: %s", r->text);
		if (r->option[0] && !ends_properly(r->option, sizeof(r->option)))
			fail_msg("option: %s", r->option);
	}
	assert_int_equal(d->reason == VIOMMU_REASON_UNKNOWN, d->candidate_count > 0);
	assert_int_equal(d->reason == VIOMMU_REASON_UNKNOWN, d->need_count > 0);
	for (size_t i = 0; i < d->candidate_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(d->candidates[i], d->candidates[j]);
}

static struct viommu_diagnosis diagnose(const struct viommu_evidence *ev)
{
	struct viommu_diagnosis d;

	memset(&d, 0xa5, sizeof(d));
	viommu_diagnose(ev, &d);
	assert_sound(&d);
	return d;
}

static const struct viommu_remedy *remedy_with(const struct viommu_diagnosis *d,
					       enum viommu_remedy_for who, const char *option)
{
	for (size_t i = 0; i < d->remedy_count; i++)
		if (d->remedies[i].who == who && strstr(d->remedies[i].option, option))
			return &d->remedies[i];
	return NULL;
}

/* What a row changes in a fine request. 0 and NULL leave it. */
struct change {
	uint64_t iova, size, vaddr, pgsizes;
	uint32_t flags, argsz;
	enum host host;
	enum viommu_backing backing;
	enum viommu_path path;
	enum viommu_vmm vmm;
	bool (*more)(struct viommu_evidence *ev);
};

static void apply(struct viommu_evidence *ev, const struct change *c)
{
	ev->iova = c->iova ? c->iova : ev->iova;
	ev->size = c->size ? c->size : ev->size;
	ev->vaddr = c->vaddr ? c->vaddr : ev->vaddr;
	ev->pgsize_bitmap = c->pgsizes ? c->pgsizes : ev->pgsize_bitmap;
	ev->dma_flags = c->flags ? c->flags : ev->dma_flags;
	ev->argsz = c->argsz ? c->argsz : ev->argsz;
	ev->backing = c->backing ? c->backing : ev->backing;
	ev->path = c->path ? c->path : ev->path;
	ev->vmm = c->vmm ? c->vmm : ev->vmm;
	if (c->host)
		host_ranges(ev, c->host);
	if (c->more)
		c->more(ev);
}

#define CHANGE(name, what) \
	static bool name(struct viommu_evidence *ev) { what; return true; }

CHANGE(no_driver, ev->no_driver = true)
CHANGE(no_request, ev->has_range = false)
CHANGE(no_request_no_backing, ev->has_range = false; ev->backing = VIOMMU_BACKING_UNKNOWN)
CHANGE(no_flags, ev->dma_flags = 0)
CHANGE(no_size, ev->size = 0)
CHANGE(from_zero, ev->iova = 0)
CHANGE(no_pgsizes, ev->pgsize_bitmap = 0)
CHANGE(no_pgsizes_odd, ev->pgsize_bitmap = 0; ev->iova += 0x800)
CHANGE(retried, ev->retried = true)
CHANGE(policy_limit, ev->limit_from = VIOMMU_LIMIT_POLICY)
CHANGE(limit_64m, ev->memlock_limit = 64 << 20; ev->memlock_used = 60 << 20)
CHANGE(limit_64m_fits, ev->memlock_limit = 64 << 20; ev->memlock_used = (64 << 20) - 0x1000)
CHANGE(limit_64m_cap, ev->memlock_limit = 64 << 20; ev->memlock_used = 64 << 20;
       ev->cap_ipc_lock = true)
CHANGE(limit_64m_two, ev->memlock_limit = 64 << 20; ev->memlock_used = 64 << 20;
       ev->containers = 2)
CHANGE(no_memlock, ev->has_memlock = false)
CHANGE(used_at_top, ev->memlock_limit = TOP - 1; ev->memlock_used = TOP)
CHANGE(cut, ev->ranges_cut = true)
CHANGE(va_is_iova, ev->vaddr = ev->iova)

struct row {
	const char *check;
	int err;
	enum viommu_reason reason;
	enum viommu_severity severity;
	struct change change;
};

#define R(x) VIOMMU_REASON_##x
#define S(x) VIOMMU_SEVERITY_##x

static void run_rows(const struct row *rows, size_t count,
		     struct viommu_evidence (*fine)(int err))
{
	for (size_t i = 0; i < count; i++) {
		struct viommu_evidence ev = fine(rows[i].err);
		struct viommu_diagnosis d;

		apply(&ev, &rows[i].change);
		d = diagnose(&ev);
		if (d.reason != rows[i].reason || d.severity != rows[i].severity)
			fail_msg("%s: %s, %s: %s", rows[i].check, viommu_reason_name(d.reason),
				 viommu_severity_name(d.severity), d.detail);
	}
}

static void map_request_by_itself(void **state)
{
	static const struct row rows[] = {
		{ "no driver", EINVAL, R(NO_IOMMU_DRIVER), S(WARNING), { .more = no_driver } },
		{ "copy_from_user", EFAULT, R(BAD_REQUEST), S(WARNING), { .more = no_request } },
		{ "argsz", EINVAL, R(BAD_REQUEST), S(WARNING), { .argsz = 31 } },
		{ "flags", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = RW | 8 } },
		{ "flags, high", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = RW | 1u << 31 } },
		{ "no access", EINVAL, R(BAD_REQUEST), S(WARNING), { .more = no_flags } },
		{ "access and VADDR", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = RW | 4 } },
		{ "size 0", EINVAL, R(BAD_REQUEST), S(WARNING), { .more = no_size } },
		{ "iova odd", EINVAL, R(MISALIGNED), S(WARNING), { .iova = 0x100800 } },
		{ "size odd", EINVAL, R(MISALIGNED), S(WARNING), { .size = 0x1001 } },
		{ "vaddr odd", EINVAL, R(MISALIGNED), S(WARNING), { .vaddr = 0x7f0000000001 } },
		{ "64 KiB granule", EINVAL, R(MISALIGNED), S(WARNING),
		  { .iova = 0x101000, .pgsizes = 0x20010000 } },
		{ "64 KiB granule, guest", EINVAL, R(GRANULE), S(SILENT),
		  { .iova = 0x101000, .pgsizes = 0x20010000, .path = VIOMMU_PATH_VIOMMU } },
		{ "odd, guest", EINVAL, R(MISALIGNED), S(SILENT),
		  { .iova = 0x100800, .path = VIOMMU_PATH_VIOMMU } },
		{ "odd, sizes unknown", EINVAL, R(MISALIGNED), S(WARNING),
		  { .more = no_pgsizes_odd } },
		{ "iova wraps", EINVAL, R(ADDRESS_WRAP), S(WARNING),
		  { .iova = TOP - 0xfff, .size = 0x2000 } },
		{ "iova wraps, 7.x", EOVERFLOW, R(ADDRESS_WRAP), S(WARNING),
		  { .iova = TOP - 0xfff, .size = 0x2000 } },
		{ "vaddr wraps", EINVAL, R(ADDRESS_WRAP), S(WARNING),
		  { .vaddr = TOP - 0xfff, .size = 0x2000 } },
		{ "vaddr wraps, 7.x", EOVERFLOW, R(ADDRESS_WRAP), S(WARNING),
		  { .vaddr = TOP - 0xfff, .size = 0x2000 } },
		{ "ends at 2^64: no wrap", EINVAL, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = TOP - 0xfff } },
		{ "VADDR, nothing there", ENOENT, R(BAD_REQUEST), S(WARNING), { .flags = 4 } },
		{ "VADDR, other range", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = 4 } },
	};

	(void)state;
	run_rows(rows, LEN(rows), fine_map);
}

static void map_in_its_container(void **state)
{
	static const struct row rows[] = {
		{ "overlap", EEXIST, R(OVERLAP), S(WARNING), { 0 } },
		{ "overlap before range", EEXIST, R(OVERLAP), S(WARNING),
		  { .iova = 0x8000000000 } },
		{ "overlap, DPDK", EEXIST, R(OVERLAP), S(BENIGN), { .vmm = VIOMMU_VMM_OTHER } },
		{ "overlap, replay", EEXIST, R(OVERLAP), S(WARNING),
		  { .path = VIOMMU_PATH_VIOMMU } },
		{ "overlap, RAM", EEXIST, R(OVERLAP), S(FATAL), { .path = VIOMMU_PATH_REGION } },
		{ "entries", ENOSPC, R(ENTRY_LIMIT), S(WARNING), { 0 } },
		{ "entries before range", ENOSPC, R(ENTRY_LIMIT), S(SILENT),
		  { .iova = 0x8000000000, .path = VIOMMU_PATH_VIOMMU } },
		{ "above", EINVAL, R(ABOVE_HOST_WIDTH), S(WARNING), { .iova = 0x8000000000 } },
		{ "above, straddles", EINVAL, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = 0x7ffffff000, .size = 0x2000 } },
		{ "above, and a hole", EINVAL, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = 0x1000, .size = 0x8000000000 } },
		{ "above, ERANGE", ERANGE, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = 0x8000000000 } },
	};

	(void)state;
	run_rows(rows, LEN(rows), fine_map);
}

static void map_in_a_hole(void **state)
{
	static const struct row rows[] = {
		{ "MSI", EINVAL, R(RESERVED_MSI), S(WARNING), { .iova = 0xfee00000 } },
		{ "MSI, straddles", EINVAL, R(RESERVED_MSI), S(WARNING),
		  { .iova = 0xfedff000, .size = 0x200000 } },
		{ "MSI, ends at the top", EINVAL, R(RESERVED_MSI), S(WARNING),
		  { .iova = 0x1000, .size = 0x7ffffff000 } },
		{ "AMD", EINVAL, R(RESERVED_AMD_HT), S(WARNING),
		  { .iova = 0xfd00000000, .host = AMD } },
		{ "AMD, last page", EINVAL, R(RESERVED_AMD_HT), S(WARNING),
		  { .iova = 0xfffffff000, .host = AMD } },
		{ "AMD, RAM from 4 GiB", EINVAL, R(RESERVED_AMD_HT), S(FATAL),
		  { .iova = 0x100000000, .size = 0xff30000000, .host = AMD,
		    .path = VIOMMU_PATH_REGION } },
		{ "AMD, 40 bits", EINVAL, R(RESERVED_AMD_HT), S(WARNING),
		  { .iova = 0xfd00000000, .host = AMD40 } },
		{ "AMD, 40 bits, above", EINVAL, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = 0x10000000000, .host = AMD40 } },
		{ "firmware", EINVAL, R(RESERVED_REGION), S(WARNING),
		  { .iova = 0xc0000000, .host = MERGED } },
	};

	(void)state;
	run_rows(rows, LEN(rows), fine_map);
}

static void map_of_memory_that_fails(void **state)
{
	static const struct row rows[] = {
		{ "no memory", ENOMEM, R(HOST_MEMORY), S(WARNING), { 0 } },
		{ "memlock", ENOMEM, R(MEMLOCK), S(WARNING),
		  { .size = 0x1000000, .more = limit_64m } },
		{ "memlock, one page over", ENOMEM, R(MEMLOCK), S(WARNING),
		  { .size = 0x2000, .more = limit_64m_fits } },
		{ "memlock, fits", ENOMEM, R(HOST_MEMORY), S(WARNING),
		  { .more = limit_64m_fits } },
		{ "memlock, CAP_IPC_LOCK", ENOMEM, R(HOST_MEMORY), S(WARNING),
		  { .more = limit_64m_cap } },
		{ "memlock, containers", ENOMEM, R(MEMLOCK_PER_CONTAINER), S(WARNING),
		  { .more = limit_64m_two } },
		{ "memlock, containers, DPDK", ENOMEM, R(MEMLOCK), S(WARNING),
		  { .vmm = VIOMMU_VMM_OTHER, .more = limit_64m_two } },
		{ "memlock, BAR", ENOMEM, R(HOST_MEMORY), S(BENIGN),
		  { .backing = VIOMMU_BACKING_VFIO_BAR, .more = limit_64m_two } },
		{ "memlock, sum wraps", ENOMEM, R(MEMLOCK), S(WARNING), { .more = used_at_top } },
		{ "memlock unknown", ENOMEM, R(UNKNOWN), S(WARNING), { .more = no_memlock } },
		{ "no VMA", EFAULT, R(PIN_FAILED), S(WARNING),
		  { .backing = VIOMMU_BACKING_NONE } },
		{ "read-only", EFAULT, R(PIN_FAILED), S(WARNING), { 0 } },
		{ "BAR", EFAULT, R(PIN_FAILED), S(BENIGN), { .backing = VIOMMU_BACKING_VFIO_BAR } },
		{ "device memory", EFAULT, R(PIN_FAILED), S(WARNING),
		  { .backing = VIOMMU_BACKING_DEVICE } },
		{ "file", EOPNOTSUPP, R(PIN_FAILED), S(WARNING), { 0 } },
		{ "unmovable", EAGAIN, R(PIN_FAILED), S(WARNING), { 0 } },
		{ "poison", EHWPOISON, R(PIN_FAILED), S(WARNING), { 0 } },
		{ "killed", EINTR, R(PIN_FAILED), S(WARNING), { 0 } },
		{ "no mm", ENODEV, R(PIN_FAILED), S(WARNING), { 0 } },
		{ "iommu_map ERANGE", ERANGE, R(IOMMU_DRIVER), S(WARNING), { 0 } },
		{ "iommu_map EOVERFLOW", EOVERFLOW, R(IOMMU_DRIVER), S(WARNING), { 0 } },
		{ "iommu_map EADDRINUSE", EADDRINUSE, R(IOMMU_DRIVER), S(WARNING), { 0 } },
		{ "iommu_map ENXIO", ENXIO, R(IOMMU_DRIVER), S(WARNING), { 0 } },
		{ "iommu_map EIO", EIO, R(IOMMU_DRIVER), S(WARNING), { 0 } },
	};

	(void)state;
	run_rows(rows, LEN(rows), fine_map);
}

static void map_refused_otherwise(void **state)
{
	static const struct row rows[] = {
		{ "busy, retried", EBUSY, R(BUSY_RETRY), S(BENIGN), { .more = retried } },
		{ "busy", EBUSY, R(UNKNOWN), S(WARNING), { 0 } },
		{ "EPERM", EPERM, R(POLICY), S(WARNING), { 0 } },
		{ "EACCES", EACCES, R(POLICY), S(WARNING), { 0 } },
		{ "policy's limit, ERANGE", ERANGE, R(POLICY), S(WARNING),
		  { .iova = 0x8000000000, .more = policy_limit } },
		{ "policy's limit, EINVAL", EINVAL, R(POLICY), S(WARNING),
		  { .iova = 0x8000000000, .more = policy_limit } },
		{ "inside", EINVAL, R(UNKNOWN), S(WARNING), { 0 } },
		{ "inside, sizes unknown", EINVAL, R(UNKNOWN), S(WARNING),
		  { .more = no_pgsizes } },
		{ "ranges cut", EINVAL, R(UNKNOWN), S(WARNING),
		  { .iova = 0x8000000000, .more = cut } },
		{ "no ranges", EINVAL, R(UNKNOWN), S(WARNING),
		  { .iova = 0x8000000000, .host = NO_RANGES } },
		{ "errno not known", 0, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = 0x8000000000 } },
		{ "never seen", EXDEV, R(UNKNOWN), S(WARNING), { 0 } },
		{ "process addresses", EINVAL, R(USERSPACE_VA), S(WARNING),
		  { .iova = 0x7f0000000000, .vmm = VIOMMU_VMM_OTHER, .more = va_is_iova } },
		{ "process addresses, QEMU", EINVAL, R(ABOVE_HOST_WIDTH), S(WARNING),
		  { .iova = 0x7f0000000000, .more = va_is_iova } },
	};

	(void)state;
	run_rows(rows, LEN(rows), fine_map);
}

static void each_check_of_unmap_has_its_reason(void **state)
{
	static const struct row rows[] = {
		{ "copy", EFAULT, R(BAD_REQUEST), S(WARNING), { 0 } },
		{ "no driver", EINVAL, R(NO_IOMMU_DRIVER), S(WARNING), { .more = no_driver } },
		{ "argsz", EINVAL, R(BAD_REQUEST), S(WARNING), { .argsz = 23 } },
		{ "flags", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = 8 } },
		{ "bitmap of all", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = 1 | 2 } },
		{ "bitmap and VADDR", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = 1 | 4 } },
		{ "all, with a range", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = 2 } },
		{ "size 0", EINVAL, R(BAD_REQUEST), S(WARNING), { .more = no_size } },
		{ "odd", EINVAL, R(MISALIGNED), S(WARNING), { .iova = 0x100800 } },
		{ "wraps", EINVAL, R(ADDRESS_WRAP), S(WARNING),
		  { .iova = TOP - 0xfff, .size = 0x2000 } },
		{ "wraps, 7.x", EOVERFLOW, R(ADDRESS_WRAP), S(WARNING),
		  { .iova = TOP - 0xfff, .size = 0x2000 } },
		{ "VADDR, mediated", EBUSY, R(BAD_REQUEST), S(WARNING), { .flags = 4 } },
		{ "VADDR, twice", EINVAL, R(BAD_REQUEST), S(WARNING), { .flags = 4 } },
		{ "bisects", EINVAL, R(OVERLAP), S(WARNING), { 0 } },
		{ "bisects, above", EINVAL, R(OVERLAP), S(WARNING), { .iova = 0x8000000000 } },
		{ "bitmap", EINVAL, R(UNKNOWN), S(WARNING), { .flags = 1 } },
		{ "sizes unknown", EINVAL, R(UNKNOWN), S(WARNING), { .more = no_pgsizes } },
		{ "request unknown", EINVAL, R(UNKNOWN), S(WARNING), { .more = no_request } },
	};

	(void)state;
	run_rows(rows, LEN(rows), fine_unmap);
}

static struct viommu_evidence new_attach(int err)
{
	struct viommu_evidence ev = {
		.op = VIOMMU_OP_ATTACH, .err = err, .vmm = VIOMMU_VMM_QEMU,
	};

	return ev;
}

static void each_check_of_attach_has_its_reason(void **state)
{
	static const struct row rows[] = {
		{ "interrupts", EPERM, R(GROUP_INELIGIBLE), S(FATAL), { 0 } },
		{ "conflict", EINVAL, R(GROUP_INELIGIBLE), S(FATAL), { 0 } },
		{ "conflict, QEMU tries again", EINVAL, R(GROUP_INELIGIBLE), S(WARNING),
		  { .host = AMD } },
		{ "conflict, other", EINVAL, R(GROUP_INELIGIBLE), S(FATAL),
		  { .host = AMD, .vmm = VIOMMU_VMM_OTHER } },
		{ "busy", EBUSY, R(GROUP_INELIGIBLE), S(FATAL), { 0 } },
		{ "no memory", ENOMEM, R(UNKNOWN), S(FATAL), { 0 } },
		{ "domain", EIO, R(IOMMU_DRIVER), S(FATAL), { 0 } },
		{ "replay, pin", EFAULT, R(PIN_FAILED), S(FATAL), { 0 } },
		{ "replay, driver", ERANGE, R(IOMMU_DRIVER), S(FATAL), { 0 } },
		{ "never seen", EXDEV, R(UNKNOWN), S(FATAL), { 0 } },
	};
	struct viommu_evidence ev = new_attach(ENOMEM);

	(void)state;
	run_rows(rows, LEN(rows), new_attach);
	ev.has_memlock = true;
	ev.memlock_limit = TOP;
	assert_int_equal(diagnose(&ev).reason, R(HOST_MEMORY));
	ev.memlock_limit = 64 << 20;
	assert_int_equal(diagnose(&ev).reason, R(UNKNOWN));
	ev.cap_ipc_lock = true;
	assert_int_equal(diagnose(&ev).reason, R(HOST_MEMORY));
}

static void severity_needs_path_and_backing(void **state)
{
	static const struct {
		enum viommu_path path;
		enum viommu_backing backing;
		enum viommu_reason reason;
		enum viommu_severity severity;
		const char *words;
	} rows[] = {
		{ VIOMMU_PATH_UNKNOWN, VIOMMU_BACKING_UNKNOWN, R(ABOVE_HOST_WIDTH), S(WARNING),
		  "not known" },
		{ VIOMMU_PATH_UNKNOWN, VIOMMU_BACKING_RAM, R(ABOVE_HOST_WIDTH), S(WARNING),
		  "whether the guest or the VMM asked is not known" },
		{ VIOMMU_PATH_UNKNOWN, VIOMMU_BACKING_VFIO_BAR, R(BAR_ABOVE_HOST_WIDTH), S(BENIGN),
		  "peer-to-peer" },
		{ VIOMMU_PATH_UNKNOWN, VIOMMU_BACKING_DEVICE, R(ABOVE_HOST_WIDTH), S(WARNING),
		  "not known" },
		{ VIOMMU_PATH_REGION, VIOMMU_BACKING_UNKNOWN, R(ABOVE_HOST_WIDTH), S(WARNING),
		  "what memory lies behind it is not known" },
		{ VIOMMU_PATH_REGION, VIOMMU_BACKING_RAM, R(RAM_ABOVE_HOST_WIDTH), S(FATAL),
		  "does not start" },
		{ VIOMMU_PATH_REGION, VIOMMU_BACKING_VFIO_BAR, R(BAR_ABOVE_HOST_WIDTH), S(BENIGN),
		  "peer-to-peer" },
		{ VIOMMU_PATH_REGION, VIOMMU_BACKING_DEVICE, R(ABOVE_HOST_WIDTH), S(WARNING),
		  "device memory" },
		{ VIOMMU_PATH_VIOMMU, VIOMMU_BACKING_UNKNOWN, R(ABOVE_HOST_WIDTH), S(SILENT),
		  "not told" },
		{ VIOMMU_PATH_VIOMMU, VIOMMU_BACKING_RAM, R(ABOVE_HOST_WIDTH), S(SILENT),
		  "not told" },
		{ VIOMMU_PATH_VIOMMU, VIOMMU_BACKING_VFIO_BAR, R(BAR_ABOVE_HOST_WIDTH), S(SILENT),
		  "not told" },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct viommu_evidence ev = fine_map(EINVAL);
		struct viommu_diagnosis d;

		ev.iova = 0x8000000000;
		ev.path = rows[i].path;
		ev.backing = rows[i].backing;
		d = diagnose(&ev);
		assert_int_equal(d.reason, rows[i].reason);
		assert_int_equal(d.severity, rows[i].severity);
		assert_non_null(strstr(d.detail, rows[i].words));
	}
}

static void details_have_the_numbers(void **state)
{
	struct viommu_evidence ev = fine_map(EINVAL);
	struct viommu_diagnosis d;

	(void)state;
	ev.iova = 0x8000000000;
	d = diagnose(&ev);
	assert_non_null(strstr(d.detail, "IOVA 0x8000000000-0x8000000fff needs 40 bits, the host "
					 "translates 39 (last usable 0x7fffffffff)"));
	ev.iova = 0xfee01000;
	d = diagnose(&ev);
	assert_non_null(strstr(d.detail, "0xfee01000-0xfee01fff meets the interrupt (MSI) window "
					 "0xfee00000-0xfeefffff"));
	ev = fine_map(ENOMEM);
	limit_64m_two(&ev);
	d = diagnose(&ev);
	assert_non_null(strstr(d.detail, "needs 4 KiB of locked memory; the process has 64 MiB "
					 "and may have 64 MiB"));
	assert_non_null(strstr(d.detail, "its 2 containers each count"));
	ev = fine_map(EINVAL);
	ev.iova = TOP - 0xfff;
	ev.size = 0x2000;
	d = diagnose(&ev);
	assert_non_null(strstr(d.detail, "IOVA 0xfffffffffffff000 with size 0x2000 ends beyond"));
	ev = fine_map(EINVAL);
	ev.dma_flags = RW | VFIO_DMA_MAP_FLAG_VADDR;
	assert_non_null(strstr(diagnose(&ev).detail, "sets an access together with flag VADDR"));
	ev = new_attach(EPERM);
	assert_non_null(strstr(diagnose(&ev).detail, "interrupt remapping"));
	ev = fine_map(EFAULT);
	ev.backing = VIOMMU_BACKING_NONE;
	assert_non_null(strstr(diagnose(&ev).detail, "0x7f0000000000"));
	assert_non_null(strstr(diagnose(&ev).detail, "nothing is mapped there"));
}

static void remedies_are_literal(void **state)
{
	static const struct {
		int err;
		struct change change;
		enum viommu_remedy_for who;
		const char *option;
	} rows[] = {
		{ EINVAL, { .iova = 0x8000000000 }, VIOMMU_FOR_QEMU,
		  "-device virtio-iommu-pci,aw-bits=39" },
		{ EINVAL, { .iova = 0x8000000000 }, VIOMMU_FOR_QEMU,
		  "-device intel-iommu,caching-mode=on,intremap=on,aw-bits=39" },
		{ EINVAL, { .iova = 0x8000000000 }, VIOMMU_FOR_LIBVIRT,
		  "<qemu:arg value='virtio-iommu-pci.aw-bits=39'/></qemu:commandline>" },
		{ EINVAL, { .iova = 0x8000000000 }, VIOMMU_FOR_PROXMOX,
		  "args: -global virtio-iommu-pci.aw-bits=39" },
		{ EINVAL, { .iova = 0x8000000000, .path = VIOMMU_PATH_VIOMMU }, VIOMMU_FOR_QEMU,
		  "-device pcie-root-port,id=rp1,chassis=1" },
		{ EINVAL, { .iova = 0x8000000000, .vmm = VIOMMU_VMM_OTHER }, VIOMMU_FOR_HOST,
		  "--platform iommu_address_width=39" },
		{ EINVAL, { .iova = 0xfd00000000, .host = AMD }, VIOMMU_FOR_QEMU,
		  "-device virtio-iommu-pci,aw-bits=39" },
		{ EINVAL, { .iova = 0x8000000000, .path = VIOMMU_PATH_REGION }, VIOMMU_FOR_QEMU,
		  "-cpu host,host-phys-bits-limit=39" },
		{ EINVAL, { .iova = 0x8000000000, .backing = VIOMMU_BACKING_VFIO_BAR },
		  VIOMMU_FOR_LIBVIRT, "<maxphysaddr mode='passthrough' limit='39'/></cpu>" },
		{ ENOSPC, { 0 }, VIOMMU_FOR_KERNEL, "options vfio_iommu_type1 dma_entry_limit=" },
		{ ENOMEM, { .size = 8ULL << 30, .more = limit_64m }, VIOMMU_FOR_LIBVIRT,
		  "<memtune><hard_limit unit='KiB'>10485760</hard_limit></memtune>" },
		{ ENOMEM, { .size = 8ULL << 30, .more = limit_64m }, VIOMMU_FOR_HOST,
		  "LimitMEMLOCK=10485760K" },
	};
	struct viommu_evidence ev = new_attach(EPERM);
	struct viommu_diagnosis d = diagnose(&ev);

	(void)state;
	assert_non_null(remedy_with(&d, VIOMMU_FOR_KERNEL,
				    "options vfio_iommu_type1 allow_unsafe_interrupts=1"));
	for (size_t i = 0; i < LEN(rows); i++) {
		ev = fine_map(rows[i].err);
		apply(&ev, &rows[i].change);
		d = diagnose(&ev);
		if (!remedy_with(&d, rows[i].who, rows[i].option))
			fail_msg("no %s", rows[i].option);
	}
}

/* intel-iommu takes 39 and 48 only, and nothing wider than the host. */
static void intel_option_is_one_that_qemu_takes(void **state)
{
	static const struct {
		unsigned int host, want;
	} rows[] = {
		{ 32, 0 }, { 38, 0 }, { 39, 39 }, { 42, 39 }, { 47, 39 }, { 48, 48 }, { 57, 48 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct viommu_range r = { 0, (1ULL << rows[i].host) - 1 };
		struct viommu_evidence ev = fine_map(EINVAL);
		struct viommu_diagnosis d;
		char want[64];

		assert_int_equal(iova_ranges_init(&ev.ranges, &r, 1), 0);
		ev.iova = 1ULL << 60;
		d = diagnose(&ev);
		snprintf(want, sizeof(want), "intremap=on,aw-bits=%u", rows[i].want);
		assert_int_equal(!!remedy_with(&d, VIOMMU_FOR_QEMU, "intel-iommu"), !!rows[i].want);
		assert_int_equal(!!remedy_with(&d, VIOMMU_FOR_QEMU, want), !!rows[i].want);
	}
}

static void unknown_names_candidates_and_needs(void **state)
{
	static const struct {
		int err;
		struct change change;
		enum viommu_reason first;
		const char *need;
	} rows[] = {
		{ EINVAL, { .iova = 0x8000000000, .host = NO_RANGES }, R(ABOVE_HOST_WIDTH),
		  "usable IOVA ranges of the container" },
		{ EINVAL, { .iova = 0xfd00000000, .host = NO_RANGES }, R(RESERVED_AMD_HT),
		  "reserved_regions of the device's IOMMU group" },
		{ EINVAL, { .iova = 0xfee00000, .host = NO_RANGES }, R(RESERVED_MSI),
		  "usable IOVA ranges of the container" },
		{ EINVAL, { .iova = 0x40000000, .host = NO_RANGES }, R(RESERVED_REGION),
		  "usable IOVA ranges of the container" },
		{ EINVAL, { .more = from_zero, .host = NO_RANGES }, R(RESERVED_REGION),
		  "usable IOVA ranges of the container" },
		{ EINVAL, { .iova = 0x382800000000, .host = NO_RANGES,
			    .backing = VIOMMU_BACKING_VFIO_BAR }, R(BAR_ABOVE_HOST_WIDTH),
		  "usable IOVA ranges of the container" },
		{ EINVAL, { .iova = 0x382800000000, .host = NO_RANGES,
			    .path = VIOMMU_PATH_REGION }, R(RAM_ABOVE_HOST_WIDTH),
		  "usable IOVA ranges of the container" },
		{ EINVAL, { .more = no_request }, R(ABOVE_HOST_WIDTH),
		  "IOVA and size of the request" },
		{ EINVAL, { .more = no_request_no_backing }, R(BAR_ABOVE_HOST_WIDTH),
		  "IOVA and size of the request" },
		{ EINVAL, { .more = no_request_no_backing, .path = VIOMMU_PATH_VIOMMU },
		  R(ABOVE_HOST_WIDTH), "IOVA and size of the request" },
		{ EINVAL, { .more = no_pgsizes }, R(MISALIGNED),
		  "IOMMU page sizes of the container" },
		{ ENOMEM, { .more = no_memlock }, R(MEMLOCK),
		  "RLIMIT_MEMLOCK, CAP_IPC_LOCK and locked memory of the process" },
		{ EBUSY, { 0 }, R(BUSY_RETRY), "whether the same range was mapped right after" },
		{ ERANGE, { .host = NO_RANGES }, R(ABOVE_HOST_WIDTH),
		  "usable IOVA ranges of the container" },
		{ 0, { 0 }, R(ABOVE_HOST_WIDTH), "error number of the call" },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct viommu_evidence ev = fine_map(rows[i].err);
		struct viommu_diagnosis d;
		bool needed = false;

		apply(&ev, &rows[i].change);
		if (!rows[i].err)
			ev.has_range = false;
		d = diagnose(&ev);
		assert_int_equal(d.reason, R(UNKNOWN));
		if (d.candidates[0] != rows[i].first)
			fail_msg("row %zu: %s", i, viommu_reason_name(d.candidates[0]));
		for (size_t j = 0; j < d.need_count; j++)
			needed |= !strcmp(d.needs[j], rows[i].need);
		assert_true(needed);
	}
}

static void nothing_known_is_an_answer(void **state)
{
	const struct viommu_evidence ev = { .op = VIOMMU_OP_MAP };

	(void)state;
	assert_int_equal(diagnose(&ev).reason, R(UNKNOWN));
}

/* Whatever the evidence: an answer that is sound, fits, and does not tell DPDK about QEMU. */
static void any_evidence_has_a_sound_answer(void **state)
{
	static const uint64_t iovas[] = {
		0, 0x1000, 0x800, 0xfee00000, 0xfd00000000, 0x8000000000, TOP - 0xfff, TOP,
	};
	static const uint64_t sizes[] = { 0, 1, 0x1000, 0x2000, 1ULL << 40, TOP };

	(void)state;
	for (int op = VIOMMU_OP_MAP; op <= VIOMMU_OP_ATTACH; op++)
	for (int err = 0; err < 140; err++)
	for (size_t n = 0; n < LEN(iovas) * LEN(sizes) * 5 * 3; n++) {
		const size_t path = n / (LEN(iovas) * LEN(sizes) * 5);
		struct viommu_evidence ev = fine_map(err);
		struct viommu_diagnosis d;

		ev.op = (enum viommu_op)op;
		ev.iova = iovas[n % LEN(iovas)];
		ev.size = sizes[n / LEN(iovas) % LEN(sizes)];
		ev.backing = (enum viommu_backing)(n / (LEN(iovas) * LEN(sizes)) % 5);
		ev.path = (enum viommu_path)path;
		ev.vmm = (enum viommu_vmm)((n + (size_t)err) % 3);
		host_ranges(&ev, (enum host)((n / 3 + (size_t)err) % 5));
		ev.memlock_limit = n & 1 ? TOP : 65536;
		ev.memlock_used = n & 2 ? TOP : 65536;
		ev.containers = n & 4 ? UINT32_MAX : 1;
		d = diagnose(&ev);
		for (size_t i = 0; ev.vmm == VIOMMU_VMM_OTHER && i < d.remedy_count; i++)
			assert_true(d.remedies[i].who == VIOMMU_FOR_HOST ||
				    d.remedies[i].who == VIOMMU_FOR_KERNEL ||
				    d.remedies[i].who == VIOMMU_FOR_GUEST);
	}
}

static void recommended_option_is_complete_or_empty(void **state)
{
	char buf[64] = "x";

	(void)state;
	viommu_recommend_option(39, buf, sizeof(buf));
	assert_string_equal(buf, "-device virtio-iommu-pci,aw-bits=39");
	viommu_recommend_option(0, buf, sizeof(buf));
	assert_string_equal(buf, "");
	viommu_recommend_option(39, buf, 8);
	assert_string_equal(buf, "-device");
	viommu_recommend_option(39, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_request_by_itself),
		cmocka_unit_test(map_in_its_container),
		cmocka_unit_test(map_in_a_hole),
		cmocka_unit_test(map_of_memory_that_fails),
		cmocka_unit_test(map_refused_otherwise),
		cmocka_unit_test(each_check_of_unmap_has_its_reason),
		cmocka_unit_test(each_check_of_attach_has_its_reason),
		cmocka_unit_test(severity_needs_path_and_backing),
		cmocka_unit_test(details_have_the_numbers),
		cmocka_unit_test(remedies_are_literal),
		cmocka_unit_test(intel_option_is_one_that_qemu_takes),
		cmocka_unit_test(unknown_names_candidates_and_needs),
		cmocka_unit_test(nothing_known_is_an_answer),
		cmocka_unit_test(any_evidence_has_a_sound_answer),
		cmocka_unit_test(recommended_option_is_complete_or_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
