// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Logs as people have them, and the reason that must come out. Lines are those of public reports,
 * of QEMU 10.0.2 run for this, and of the sources where nobody has reported one.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/command.h"
#include "core/log-explain.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define R(x) VIOMMU_REASON_##x
#define S(x) VIOMMU_SEVERITY_##x
/* No candidate is expected. */
#define NONE VIOMMU_NR_REASONS

static struct log *read_text(const char *text, size_t len)
{
	struct log *log = log_new();

	assert_non_null(log);
	log_file(log, NULL);
	log_feed(log, text, len);
	log_finish(log);
	return log;
}

static struct log *read_log(const char *text)
{
	return read_text(text, strlen(text));
}

static struct viommu_diagnosis diagnose(const struct log *log, size_t index)
{
	struct viommu_diagnosis d;

	assert_true(index < log_count(log));
	viommu_diagnose(&log_at(log, index)->ev, &d);
	return d;
}

/* One input, one finding. first: of the candidates, where the reason is unknown. */
struct row {
	const char *name;
	const char *log;
	enum viommu_reason reason;
	enum viommu_severity severity;
	enum viommu_reason first;
	const char *words;	/* in the detail, or NULL */
};

static void check_row(const struct row *row)
{
	struct log *log = read_log(row->log);
	struct viommu_diagnosis d;

	if (log_count(log) != 1)
		fail_msg("%s: %zu findings", row->name, log_count(log));
	d = diagnose(log, 0);
	if (d.reason != row->reason || d.severity != row->severity)
		fail_msg("%s: %s, %s: %s", row->name, viommu_reason_name(d.reason),
			 viommu_severity_name(d.severity), d.detail);
	if (row->first != NONE && (!d.candidate_count || d.candidates[0] != row->first))
		fail_msg("%s: %s", row->name,
			 d.candidate_count ? viommu_reason_name(d.candidates[0]) : "no candidate");
	if (row->words && !strstr(d.detail, row->words))
		fail_msg("%s: %s", row->name, d.detail);
	if (!d.remedy_count)
		fail_msg("%s: no remedy", row->name);
	assert_int_equal(d.reason == R(UNKNOWN), d.need_count > 0);
	log_free(log);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

static void field_cases_of_bars(void **state)
{
	static const struct row rows[] = {
		{ "bare", "VFIO_MAP_DMA failed: Invalid argument\n",
		  R(UNKNOWN), S(WARNING), R(BAR_ABOVE_HOST_WIDTH), "EINVAL" },
		{ "RTX 5080, macOS",
		  "vfio_container_dma_map(0x59ebfd150440, 0x382800000000, 0x400000000, 0x7d1240000000)"
		  " = -22 (Invalid argument)\n"
		  "0000:01:00.0: PCI peer-to-peer transactions on BARs are not supported.\n"
		  "kvm_set_user_memory_region: KVM_SET_USER_MEMORY_REGION failed, slot=13,\n"
		  "start=0x8508000000000000, size=0x400000000: Invalid argument\n"
		  "shutting down, reason=crashed\n",
		  R(BAR_ABOVE_HOST_WIDTH), S(BENIGN), NONE, "needs 46 bits" },
		{ "QEMU 9, two BARs",
		  "qemu-system-x86_64: VFIO_MAP_DMA failed: Invalid argument\n"
		  "qemu-system-x86_64: vfio_container_dma_map(0x55d4bc5924f0, 0x380000000000, "
		  "0x10000000, 0x7fba00000000) = -22 (Invalid argument)\n"
		  "qemu-system-x86_64: vfio_container_dma_map(0x55d4bc5924f0, 0x380010000000, "
		  "0x2000000, 0x7fba1c000000) = -22 (Invalid argument)\n",
		  R(BAR_ABOVE_HOST_WIDTH), S(WARNING), NONE, "by its place and size" },
		{ "kata 12861",
		  "qemu-system-x86_64: vfio_container_dma_map(0x5555685b7190, 0xe0e00000000, "
		  "0x10000000, 0x714d50000000) = -22 (Invalid argument)\n"
		  "0000:01:00.0: PCI peer-to-peer transactions on BARs are not supported.\n",
		  R(BAR_ABOVE_HOST_WIDTH), S(BENIGN), NONE, "needs 44 bits" },
		{ "kvmfr, Looking Glass 1184",
		  "qemu-system-x86_64: VFIO_MAP_DMA failed: -22 with looking-glass KVMFR\n"
		  "section->offset_within_address_space: 0x382000000000\n"
		  "Memory region name: shmmem-shmem0\n"
		  "Memory region size: 0x10000000\n",
		  R(RAM_ABOVE_HOST_WIDTH), S(FATAL), NONE, "0x382000000000-0x38200fffffff" },
		{ "Grace, cmdqv",
		  "qemu-system-aarch64: warning: IOMMU_IOAS_MAP failed: Bad address, PCI BAR?\n"
		  "qemu-system-aarch64: warning: vfio_container_dma_map(0xaaaea68471b0, 0xc090000, "
		  "0x10000, 0xffffb5c90000) = -14 (Bad address)\n",
		  R(PFNMAP_IOMMUFD), S(WARNING), NONE, "iommufd" },
		{ "kata 12289",
		  "qemu-system-x86_64: vfio_container_dma_map(0x74f9d1ef82d0, 0xc000000000, 0xb90000,"
		  " 0x74f9cc000000) = -14 (Bad address)\n"
		  "0000:18:00.0: PCI peer-to-peer transactions on BARs are not supported.\n",
		  R(UNKNOWN), S(BENIGN), R(PFNMAP_IOMMUFD), "EFAULT" },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

static void field_cases_of_memory(void **state)
{
	static const struct row rows[] = {
		{ "kubevirt 18915",
		  "vfio 0000:xx:00.0: failed to setup container for group N: memory listener "
		  "initialization failed: Region ram-node0: vfio_container_dma_map(...) = -12 "
		  "(Cannot allocate memory)\n",
		  R(UNKNOWN), S(FATAL), R(MEMLOCK), "ENOMEM" },
		{ "ulimit, at run time",
		  "qemu-system-x86_64: VFIO_MAP_DMA: -12\n"
		  "qemu-system-x86_64: vfio_dma_map(0x7fae44695a00, 0xc0000000, 0x40000, "
		  "0x7fab29e00000) = -12 (Cannot allocate memory)\n"
		  "qemu: hardware error: vfio: DMA mapping failed, unable to continue\n",
		  R(UNKNOWN), S(FATAL), R(MEMLOCK), "0xc0000000-0xc003ffff" },
		{ "QEMU's NVMe driver",
		  "qemu-system-aarch64: qemu_vfio_dma_map(0xfffd97e00000, 67108864) failed: "
		  "VFIO_MAP_DMA failed: Cannot allocate memory\n"
		  "qemu-system-aarch64: -device virtio-blk-pci,drive=disk_backend: VFIO_MAP_DMA "
		  "failed: Cannot allocate memory\n",
		  R(UNKNOWN), S(WARNING), R(MEMLOCK), NULL },
		{ "kubevirt 8472",
		  "[  +0.001779] vfio_pin_pages_remote: RLIMIT_MEMLOCK (65536) exceeded\n",
		  R(MEMLOCK), S(WARNING), NONE, "64 KiB" },
		{ "kata 11721",
		  "qemu-kvm: -device vfio-pci,host=0000:18:00.0: warning: "
		  "vfio_register_ram_discard_listener: possibly running out of DMA mappings. E.g., try "
		  "increasing the 'block-size' of virtio-mem devies. Maximum possible DMA mappings: "
		  "65535, Maximum possible memslots: 32764\n"
		  "VFIO_MAP_DMA failed: No space left on device\n",
		  R(ENTRY_LIMIT), S(WARNING), NONE, "dma_entry_limit" },
		{ "OVS-DPDK",
		  "Oct 22 10:39:37 node08ob52 ovs-vswitchd[19179]: ovs|00020|dpdk|ERR|EAL:   cannot set "
		  "up DMA remapping, error 14 (Bad address)\n"
		  "Oct 22 10:39:37 node08ob52 ovs-vswitchd[19179]: ovs|00021|dpdk|ERR|EAL:   "
		  "0000:00:19.0 DMA remapping failed, error 14 (Bad address)\n",
		  R(PIN_FAILED), S(WARNING), NONE, NULL },
		{ "QEMU 10.0.2, limit of 64 KiB",
		  "qemu-system-x86_64: -device vfio-pci,host=0000:00:02.0: vfio 0000:00:02.0: failed to "
		  "setup container for group 1: memory listener initialization failed: Region pc.ram: "
		  "vfio_container_dma_map(0x55ab53bf6e80, 0x0, 0x8000000, 0x7fa568600000) = -12 "
		  "(Cannot allocate memory)\n",
		  R(UNKNOWN), S(FATAL), R(MEMLOCK), "0x0-0x7ffffff" },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

static void field_cases_of_widths_and_modes(void **state)
{
	static const struct row rows[] = {
		{ "Proxmox 6608",
		  "vfio 0000:XX:YY.Z: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39\n",
		  R(AW_BITS_REFUSED), S(FATAL), NONE, "48 bits, the host translates 39" },
		{ "virtio-iommu with 64 bits, prose",
		  "This ends up with VFIO_MAP_DMA failures at qemu level because at kernel level, "
		  "vfio_iommu_iova_dma_valid() check returns false on vfio_map_do_map().\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), NULL },
		{ "SPDK 1188",
		  "EAL:   Expecting 'PA' IOVA mode but current mode is 'VA', not initializing\n"
		  "EAL: Requested device 0000:83:00.0 cannot be used\n",
		  R(IOVA_MODE), S(FATAL), NONE, NULL },
		{ "Launchpad 1869006",
		  "2020-03-25T13:43:39.107524Z qemu-system-aarch64: -device vfio-pci,"
		  "host=0000:29:00.0,id=hostdev0,bus=pci.3,addr=0x0: VFIO_MAP_DMA: -22\n"
		  "2020-03-25T13:43:39.107560Z qemu-system-aarch64: -device vfio-pci,"
		  "host=0000:29:00.0,id=hostdev0,bus=pci.3,addr=0x0: vfio 0000:29:00.0: failed to setup "
		  "container for group 28: memory listener initialization failed: Region "
		  "mach-virt.ram: vfio_dma_map(0x563169753c80, 0x40000000, 0x100000000, "
		  "0x7fb2a3e00000) = -22 (Invalid argument)\n",
		  R(RESERVED_MSI), S(FATAL), NONE, "0xfee00000-0xfeefffff" },
		{ "AMD, 1 TiB, with reserved_regions, a mail in one line",
		  "Example of the failure: > >> > >> qemu-system-x86_64: -device "
		  "vfio-pci,host=0000:41:10.1,bootindex=-1: > >> VFIO_MAP_DMA: -22 > >> "
		  "qemu-system-x86_64: -device vfio-pci,host=0000:41:10.1,bootindex=-1: vfio > >> "
		  "0000:41:10.1: > >> failed to setup container for group 258: memory listener "
		  "initialization > >> failed: > >> Region pc.ram: vfio_dma_map(0x55ba53e7a9d0, "
		  "0x100000000, > >> 0xff30000000, 0x7ed243e00000) = -22 (Invalid argument) > $ grep -h . "
		  "/sys/kernel/iommu_groups/*/reserved_regions | sort -u > > 0x00000000fee00000 "
		  "0x00000000feefffff msi > > 0x000000fd00000000 0x000000ffffffffff reserved > >\n",
		  R(RESERVED_AMD_HT), S(FATAL), NONE, "0xfd00000000-0xffffffffff" },
		{ "the same without: the numbers do not say AMD",
		  "qemu-system-x86_64: vfio 0000:41:10.1: failed to setup container for group 258: "
		  "memory listener initialization failed: Region pc.ram: vfio_dma_map(0x55ba53e7a9d0, "
		  "0x100000000, 0xff30000000, 0x7ed243e00000) = -22 (Invalid argument)\n",
		  R(UNKNOWN), S(FATAL), R(RESERVED_AMD_HT), NULL },
		{ "reserved regions after probe, a mail in two lines",
		  "qemu-system-aarch64: warning: virtio-iommu-memory-region-7-0: Notified about \n"
		  "new host reserved regions after probe\n",
		  R(RESERVED_REGION), S(WARNING), NONE, NULL },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

static void statements_of_qemu(void **state)
{
	static const struct row rows[] = {
		/* Written by QEMU 10.0.2. */
		{ "range", "qemu-system-x86_64: -device virtio-iommu-pci,aw-bits=20: aw-bits must be "
		  "within [32,64]\n", R(AW_BITS_REFUSED), S(FATAL), NONE, "between 32 and 64" },
		{ "values", "qemu-system-x86_64: -device intel-iommu,aw-bits=46: Legacy mode: supported "
		  "values for aw-bits are: 39, 48\n",
		  R(AW_BITS_REFUSED), S(FATAL), NONE, "39 or 48" },
		{ "value", "qemu-system-x86_64: -device intel-iommu,aw-bits=39,x-flts=on,"
		  "x-scalable-mode=on: Scalable mode(flts=on): supported value for aw-bits is: 48\n",
		  R(AW_BITS_REFUSED), S(FATAL), NONE, "must be 48" },
		{ "no group", "qemu-system-x86_64: -device vfio-pci,host=0000:00:03.0: vfio "
		  "0000:00:03.0: no iommu_group found: No such file or directory\n",
		  R(GROUP_INELIGIBLE), S(FATAL), NONE, NULL },
		/* From the sources. */
		{ "caching mode", "qemu-kvm: -device vfio-pci,host=01:00.0: vfio 0000:01:00.0: Failed to "
		  "set vIOMMU: Device assignment is not allowed without enabling caching-mode=on for "
		  "Intel IOMMU.\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, "caching-mode" },
		{ "caching mode, 2.x", "qemu-system-x86_64: We need to set caching-mode=1 for "
		  "intel-iommu to enable device assignment with IOMMU protection.\n",
		  R(GROUP_INELIGIBLE), S(FATAL), NONE, "caching-mode" },
		{ "smmuv3", "qemu-system-aarch64: device 01.00.0 requires iommu MAP notifier which is "
		  "not currently supported\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, NULL },
		{ "spaces", "qemu-system-x86_64: -device vfio-pci,host=1:00.1,bus=pcie.1,addr=0.1: vfio "
		  "0000:01:00.1: group 1 used in multiple address spaces\n",
		  R(GROUP_INELIGIBLE), S(FATAL), NONE, "group 1 " },
		{ "viable", "kvm: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: group 13 is not "
		  "viable\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, "group 13 " },
		{ "models", "qemu-kvm: vfio 0000:01:00.0: failed to setup container for group 9: No "
		  "available IOMMU models\n", R(NO_IOMMU_DRIVER), S(FATAL), NONE, NULL },
		{ "page mask", "qemu-system-aarch64: -device vfio-pci,host=0000:01:00.0: vfio "
		  "0000:01:00.0: Failed to set vIOMMU: virtio-iommu reports a page size mask "
		  "0xffffffffffff0000 incompatible with currently supported mask 0x1000\n",
		  R(GRANULE), S(FATAL), NONE, "0xffffffffffff0000, the vIOMMU 0x1000" },
		{ "page mask, 7.2", "qemu-system-aarch64: virtio-iommu virtio-iommu-memory-region-8-0 "
		  "reports a page size mask 0x20010000 incompatible with currently supported mask "
		  "0x1000\n", R(GRANULE), S(FATAL), NONE, "0x20010000" },
		{ "frozen", "qemu-system-aarch64: virtio-iommu virtio-iommu-memory-region-8-0 does not "
		  "support frozen granule 0x10000\n", R(GRANULE), S(FATAL), NONE, "64 KiB" },
		{ "unaligned", "qemu-system-aarch64: vfio_listener_valid_section received unaligned "
		  "region 0000:01:00.0 BAR 0 iova=0x8000041000 offset_within_region=0x1000 "
		  "qemu_real_host_page_size=0x10000\n",
		  R(MISALIGNED), S(WARNING), NONE, "0x8000041000" },
		{ "conflict", "qemu-system-x86_64: IOMMU mr=virtio-iommu-memory-region-7-0 Conflicting "
		  "host reserved ranges set!\n", R(RESERVED_REGION), S(FATAL), NONE, NULL },
		{ "set iommu", "qemu-system-x86_64: -device vfio-pci,host=01:00.0: vfio 0000:01:00.0: "
		  "failed to setup container for group 1: Failed to set iommu for container: Operation "
		  "not permitted\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, "interrupt remapping" },
		{ "busy", "kvm: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: failed to open "
		  "/dev/vfio/12: Device or resource busy\n",
		  R(GROUP_INELIGIBLE), S(FATAL), NONE, "in use" },
		{ "iommufd attach", "qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0,iommufd=i: "
		  "vfio 0000:01:00.0: [iommufd=23] error attach 0000:01:00.0 (41) to id=3: Invalid "
		  "argument\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, NULL },
		{ "iommufd, no memory", "qemu-system-x86_64: IOMMU_IOAS_MAP failed: Cannot allocate "
		  "memory\n", R(UNKNOWN), S(WARNING), R(MEMLOCK_IOMMUFD), NULL },
		{ "unmap", "qemu-system-x86_64: vfio_container_dma_unmap(0x55d4, 0x380000000000, "
		  "0x10000000) = -22 (Invalid argument)\n", R(UNKNOWN), S(WARNING), R(OVERLAP), NULL },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

static void statements_of_the_kernel(void **state)
{
	static const struct row rows[] = {
		{ "width", "DMAR: intel_iommu_map: iommu width (39) is not sufficient for the mapped "
		  "address (8000000000)\n", R(ABOVE_HOST_WIDTH), S(WARNING), NONE, "needs 40 bits" },
		{ "RMRR", "vfio-pci 0000:01:00.1: Device is ineligible for IOMMU domain attach due to "
		  "platform RMRR requirement.  Contact your platform vendor.\n",
		  R(GROUP_INELIGIBLE), S(FATAL), NONE, "1:1" },
		{ "1:1", "vfio-pci 0000:01:00.1: Firmware has requested this device have a 1:1 IOMMU "
		  "mapping, rejecting configuring the device without a 1:1 mapping. Contact your "
		  "platform vendor.\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, "1:1" },
		{ "interrupts", "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the "
		  "module param \"allow_unsafe_interrupts\" to enable VFIO IOMMU support on this "
		  "platform\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, "interrupt remapping" },
		{ "task", "vfio_pin_page_external: Task qemu-kvm (4242) RLIMIT_MEMLOCK (8388608) "
		  "exceeded\n", R(MEMLOCK), S(WARNING), NONE, "8 MiB" },
		{ "MGAW, now", "DMAR: [DMA Read NO_PASID] Request device [02:00.0] fault addr "
		  "0x40000000000 [fault reason 0x04] Access beyond MGAW\n",
		  R(ABOVE_HOST_WIDTH), S(WARNING), NONE, "0x40000000000, which needs 43 bits" },
		{ "MGAW, old, two lines", "[  154.427700] DMAR: [DMA Read] Request device [01:00.0] "
		  "fault addr ffff90d53fada000 \n[  154.427701] DMAR:[fault reason 04] Access beyond "
		  "MGAW\n", R(ABOVE_HOST_WIDTH), S(WARNING), NONE, "64 bits" },
		{ "DMAR", "DMAR: [DMA Write] Request device [3a:00.0] fault addr fffff000 [fault reason "
		  "05] PTE Write access is not set\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "0xfffff000" },
		{ "AMD", "vfio-pci 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000f "
		  "address=0xfffffffdf8000000 flags=0x0008]\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "0xfffffffdf8000000" },
		{ "AMD, old", "AMD-Vi: Event logged [IO_PAGE_FAULT device=02:00.0 domain=0x0000 "
		  "address=0x00000000fdf80000 flags=0x0008]\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "0xfdf80000" },
		{ "SMMUv2", "arm-smmu 5000000.iommu: Unhandled context fault: fsr=0x402, iova=0x9fe00000,"
		  " fsynr=0x3b0021, cbfrsynra=0x0, cb=3\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "0x9fe00000" },
		{ "SMMUv3", "arm-smmu-v3 arm-smmu-v3.0.auto: event: F_TRANSLATION client: 0000:01:00.0 "
		  "sid: 0x100 ssid: 0x0 iova: 0x8000000000 ipa: 0x0\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "0x8000000000" },
		{ "SMMUv3, old", "arm-smmu-v3 arm-smmu-v3.3.auto: event 0x10 received:\n"
		  "arm-smmu-v3 arm-smmu-v3.3.auto: \t0x0000010000000010\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), NULL },
		{ "virtio-iommu's fault", "virtio_iommu virtio0: page fault from EP 8 at 0xfffffffff000 "
		  "[R]\n", R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "0xfffffffff000" },
		{ "granule", "virtio-pci 0000:00:02.0: granule 0x10000 larger than system page size "
		  "0x1000\n", R(GRANULE), S(FATAL), NONE, "64 KiB, is larger than the guest's pages, 4" },
		{ "notice", "<5>[   68.824598] i915 0000:00:02.0: Using 46-bit DMA addresses\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), "46 bits" },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

static void statements_of_other_programs(void **state)
{
	static const struct row rows[] = {
		{ "DPDK, EINVAL", "EAL: Cannot set up DMA remapping, error 22 (Invalid argument)\n"
		  "EAL: 0000:af:01.0 DMA remapping failed, error 22 (Invalid argument)\n",
		  R(UNKNOWN), S(WARNING), R(USERSPACE_VA), NULL },
		{ "DPDK, ENOMEM", "EAL: Cannot set up DMA remapping, error 12 (Cannot allocate memory)\n",
		  R(UNKNOWN), S(WARNING), R(MEMLOCK), NULL },
		{ "DPDK, mask", "EAL: alloc_pages_on_heap(): couldn't allocate memory due to IOVA "
		  "exceeding limits of current DMA mask\nEAL: alloc_pages_on_heap(): Please try "
		  "initializing EAL with --iova-mode=pa parameter\n",
		  R(USERSPACE_VA), S(FATAL), NONE, NULL },
		{ "DPDK, PA", "EAL: FATAL: Cannot use IOVA as 'PA' since physical addresses are not "
		  "available\n", R(IOVA_MODE), S(FATAL), NONE, NULL },
		{ "DPDK, group", "EAL: 0000:01:00.0 VFIO group is not viable! Not all devices in IOMMU "
		  "group bound to VFIO or unbound\n", R(GROUP_INELIGIBLE), S(FATAL), NONE, NULL },
		{ "SPDK", "memory.c: 741:vtophys_iommu_map_dma: *NOTICE*: Cannot set up DMA mapping, "
		  "error 28, ignored\n", R(ENTRY_LIMIT), S(WARNING), NONE, NULL },
		{ "cloud-hypervisor", "Error booting VM: VmBoot(DeviceManager(VfioDmaMap(IommuDmaMap("
		  "Error(12)))))\n", R(UNKNOWN), S(WARNING), R(MEMLOCK), NULL },
		{ "cloud-hypervisor, EFAULT", "VfioDmaMap(IommuDmaMap(Error(14)))\n",
		  R(PIN_FAILED), S(WARNING), NONE, NULL },
		{ "crosvm", "failed to add guest memory map into iommu table: Invalid argument (os error "
		  "22)\n", R(UNKNOWN), S(WARNING), R(USERSPACE_VA), NULL },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

#define GIOMMU "vfio_container_dma_map(0x5651799bf680, 0x8000000000, 0x1000, 0x7efe9cb00000) = -22 " \
	"(Invalid argument)"

static void whoever_passed_the_line_on(void **state)
{
	static const char *const lines[] = {
		GIOMMU "\n",
		"qemu-system-x86_64: " GIOMMU "\n",
		"2026-11-21T04:20:05.107524Z qemu-system-x86_64: " GIOMMU "\r\n",
		"kvm: " GIOMMU "\n",
		"Nov 21 04:20:05 pve QEMU[4242]: kvm: " GIOMMU "\n",
		"2026-11-21 04:20:05.123+0000: 4242: error : qemuProcessReportLogError:2057 : internal "
		"error: QEMU unexpectedly closed the monitor (vm='guest1'): qemu-kvm: " GIOMMU "\n",
		"\033[0;1;31mqemu-kvm: \033[0m" GIOMMU "\033[0m\n",
		"time=\"2026-11-21T04:20:05Z\" level=warning msg=\"qemu-system-x86_64: " GIOMMU
		"\" name=containerd-shim-v2 pid=4242 sandbox=abc\n",
		"{\"MESSAGE\":\"\\u001b[31mqemu-kvm: " GIOMMU "\\n\",\"PRIORITY\":\"3\"}\n",
		"> > qemu-kvm: " GIOMMU "\n",
		"vfio_dma_map(0x5651799bf680, 0x8000000000, 0x1000, 0x7efe9cb00000) = -22 (Resource "
		"temporarily unavailable)\n",
		"> vfio_container_dma_map(0x5651799bf680,\n> 0x8000000000, 0x1000, 0x7efe9cb00000)\n> = "
		"-22 (Invalid argument)\n",
	};

	(void)state;
	for (size_t i = 0; i < LEN(lines); i++) {
		struct log *log = read_log(lines[i]);
		const struct log_finding *f;

		if (log_count(log) != 1)
			fail_msg("%s: %zu", lines[i], log_count(log));
		f = log_at(log, 0);
		assert_int_equal(f->ev.iova, 0x8000000000);
		assert_int_equal(f->ev.size, 0x1000);
		assert_int_equal(f->ev.vaddr, 0x7efe9cb00000);
		assert_int_equal(f->ev.err, EINVAL);
		assert_int_equal(f->line, 1);
		assert_int_equal(f->count, 1);
		assert_false(f->incomplete);
		log_free(log);
	}
}

/* A host of 39 bits by its registers, then by its reserved ranges. */
static void what_the_input_says_of_the_host_decides(void **state)
{
	static const struct row rows[] = {
		{ "registers behind", GIOMMU "\nDMAR: Host address width 39\n"
		  "DMAR: dmar0: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap f050da\n",
		  R(ABOVE_HOST_WIDTH), S(WARNING), NONE, "the host translates 39" },
		{ "msi", "0x00000000fee00000 0x00000000feefffff msi\n"
		  "vfio_container_dma_map(0xaaaa5651f680, 0xfee00000, 0x1000, 0xfffe9cb00000) = -22 (I)\n",
		  R(RESERVED_MSI), S(WARNING), NONE, "0xfee00000-0xfeefffff" },
		{ "firmware", "/sys/kernel/iommu_groups/19/reserved_regions:0x0000000000000000 "
		  "0x0000000000ffffff direct\n/sys/kernel/iommu_groups/19/reserved_regions:"
		  "0x00000000bdf6e000 0x00000000bdf84fff direct\n"
		  "vfio_container_dma_map(0x565f680, 0xbdf70000, 0x1000, 0x7ffe9cb00000) = -22 (I)\n",
		  R(RESERVED_REGION), S(WARNING), NONE, "0xbdf6e000-0xbdf84fff" },
		{ "relaxable is mapped", "0x00000000bdf6e000 0x00000000bdf84fff direct-relaxable\n"
		  "vfio_container_dma_map(0x565f680, 0xbdf70000, 0x1000, 0x7ffe9cb00000) = -22 (I)\n",
		  R(UNKNOWN), S(WARNING), R(RESERVED_REGION), NULL },
		{ "ranges do not tell the top", "0x0000000008000000 0x00000000080fffff msi\n"
		  "vfio_container_dma_map(0xaaaa5651f680, 0x8000000000, 0x1000, 0xfffe9cb00000) = -22 (I)"
		  "\n", R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), NULL },
		{ "notice above the host", "DMAR: dmar0: reg_base_addr fed91000 ver 1:0 cap "
		  "d2008c40660462 ecap f050da\nnvme 0000:01:00.0: Using 64-bit DMA addresses\n",
		  R(ABOVE_HOST_WIDTH), S(WARNING), NONE, "64 bits, the host translates 39" },
		{ "a guest's own IOMMU is not the host's", "Hypervisor detected: KVM\n"
		  "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c22260286 ecap f00f5a\n"
		  "nvme 0000:01:00.0: Using 64-bit DMA addresses\n",
		  R(UNKNOWN), S(WARNING), R(ABOVE_HOST_WIDTH), NULL },
		{ "a VM that is a host itself", "Hypervisor detected: KVM\n"
		  "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c22260286 ecap f00f5a\n"
		  "VFIO - User Level meta-driver version: 0.3\n" GIOMMU "\n",
		  R(ABOVE_HOST_WIDTH), S(WARNING), NONE, "the host translates 39" },
	};

	(void)state;
	check_rows(rows, LEN(rows));
}

static void regions_count_for_their_group(void **state)
{
	static const char regions[] =
		"/sys/kernel/iommu_groups/1/reserved_regions:0x00000000bdf6e000 0x00000000bdf84fff direct\n"
		"/sys/kernel/iommu_groups/2/reserved_regions:0x00000000fee00000 0x00000000feefffff msi\n";
	static const char line[] = "%svfio 0000:01:00.0: failed to setup container for group %d: memory "
		"listener initialization failed: Region pc.ram: vfio_container_dma_map(0x56, 0x0, "
		"0xc0000000, 0x7ffe9cb00000) = -22 (Invalid argument)\n";
	char text[1024];

	(void)state;
	for (int group = 1; group <= 2; group++) {
		struct log *log;

		snprintf(text, sizeof(text), line, regions, group);
		log = read_log(text);
		assert_int_equal(log_at(log, 0)->group, group);
		assert_int_equal(diagnose(log, 0).reason,
				 group == 1 ? R(RESERVED_REGION) : R(UNKNOWN));
		log_free(log);
	}
}

static void notice_within_the_host_is_no_finding(void **state)
{
	struct log *log = read_log("DMAR: dmar0: reg_base_addr d37fc000 ver 1:0 cap 8d2078c106f0466 "
				   "ecap f020df\nnvme 0000:01:00.0: Using 46-bit DMA addresses\n");

	(void)state;
	assert_int_equal(log_count(log), 0);
	log_free(log);
}

static void kernel_line_explains_what_failed(void **state)
{
	struct log *log = read_log(
		"kernel: vfio_pin_pages_remote: RLIMIT_MEMLOCK (67108864) exceeded\n"
		"qemu-kvm: vfio_container_dma_map(0x56, 0x100000000, 0x80000000, 0x7ffe9cb00000) = -12 "
		"(Cannot allocate memory)\n");
	struct viommu_diagnosis d = diagnose(log, 0);

	(void)state;
	assert_int_equal(log_count(log), 1);
	assert_int_equal(d.reason, R(MEMLOCK));
	assert_non_null(strstr(d.detail, "0x100000000-0x17fffffff"));
	assert_non_null(strstr(d.detail, "64 MiB"));
	log_free(log);
	log = read_log("vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the\n"
		       "qemu-kvm: vfio 0000:01:00.0: failed to setup container for group 1: Failed to "
		       "set iommu for container: Operation not permitted\n");
	assert_int_equal(log_count(log), 1);
	assert_string_equal(log_at(log, 0)->device, "0000:01:00.0");
	assert_int_equal(log_at(log, 0)->ev.said, VIOMMU_SAID_NO_INTREMAP);
	log_free(log);
}

/* libvirt's log has the command line before: a vIOMMU, and two devices. */
static void command_line_is_evidence(void **state)
{
	static const char log_text[] =
		"2026-11-21 04:20:05.123+0000: starting up libvirt version: 9.0.0, package: 4, qemu "
		"version: 10.0.2Debian 1:10.0.2+ds-2, kernel: 6.12.95, hostname: hv1\n"
		"/usr/bin/qemu-system-x86_64 \\\n-name guest=office,debug-threads=on \\\n"
		"-device '{\"driver\":\"intel-iommu\",\"id\":\"iommu0\",\"caching-mode\":true}' \\\n"
		"-device '{\"driver\":\"vfio-pci\",\"host\":\"0000:01:00.0\",\"id\":\"hostdev0\"}' \\\n"
		"-device '{\"driver\":\"vfio-pci\",\"host\":\"0000:02:00.0\",\"id\":\"hostdev1\"}' \\\n"
		"vfio 0000:02:00.0: failed to setup container for group 2: memory listener "
		"initialization failed: Region ram-node0: vfio_container_dma_map(0x56, 0x0, 0xa0000, "
		"0x7ffe9cb00000) = -12 (Cannot allocate memory)\n"
		"qemu-system-x86_64: " GIOMMU "\n";
	struct log *log = read_log(log_text);
	struct viommu_diagnosis d = diagnose(log, 0);

	(void)state;
	assert_int_equal(log_count(log), 2);
	assert_string_equal(log_at(log, 0)->vm, "office");
	assert_int_equal(d.candidates[0], R(MEMLOCK_PER_CONTAINER));
	/* QEMU 10 does not write such a line for itself: the guest asked. */
	d = diagnose(log, 1);
	assert_int_equal(d.reason, R(UNKNOWN));
	assert_int_equal(d.severity, S(SILENT));
	log_free(log);
}

static void traced_request_is_the_guests(void **state)
{
	struct log *log = read_log("virtio_iommu_map domain=1 virt_start=0x7ffffff000 "
				   "virt_end=0x80000fffff phys_start=0x1000 flags=3\n" GIOMMU "\n");

	(void)state;
	assert_int_equal(log_at(log, 0)->ev.path, VIOMMU_PATH_VIOMMU);
	assert_int_equal(diagnose(log, 0).severity, S(SILENT));
	log_free(log);
}

static void repeats_are_counted(void **state)
{
	struct log *log = log_new();
	char line[256];

	(void)state;
	assert_non_null(log);
	log_file(log, "guest1");
	for (int i = 0; i < 5000; i++) {
		const int n = snprintf(line, sizeof(line), "qemu-kvm: vfio_container_dma_map(0x56, "
				       "0x%llx, 0x1000, 0x7efe9cb00000) = -22 (Invalid argument)\n",
				       0xfffffffff000 - 0x1000ULL * (unsigned int)i);

		log_feed(log, line, (size_t)n);
	}
	log_finish(log);
	assert_int_equal(log_count(log), 1);
	assert_int_equal(log_at(log, 0)->count, 5000);
	assert_int_equal(log_at(log, 0)->line, 1);
	assert_int_equal(log_at(log, 0)->last_line, 5000);
	assert_int_equal(log_at(log, 0)->iova_highest, 0xffffffffffff);
	assert_int_equal(log_at(log, 0)->iova_lowest, 0xfffffffff000 - 0x1000ULL * 4999);
	assert_string_equal(log_at(log, 0)->vm, "guest1");
	log_free(log);
}

/* Two VMs that write to one journal at the same time keep their lines apart. */
static void sources_are_kept_apart(void **state)
{
	struct log *log = read_log(
		"Nov 21 04:20:05 pve QEMU[1]: kvm: VFIO_MAP_DMA failed: Invalid argument\n"
		"Nov 21 04:20:05 pve QEMU[2]: kvm: VFIO_MAP_DMA failed: Invalid argument\n"
		"Nov 21 04:20:05 pve QEMU[1]: kvm: vfio_dma_map(0x56, 0xe000000000, 0x1000, 0x7f) = -22 (\n"
		"Nov 21 04:20:05 pve QEMU[2]: kvm: vfio_dma_map(0x56, 0xd000000000, 0x1000, 0x7f) = -22 (\n"
		"Nov 21 04:20:05 pve QEMU[1]: qemu: hardware error: vfio: DMA mapping failed, unable to "
		"continue\n");

	(void)state;
	assert_int_equal(log_count(log), 2);
	assert_int_equal(log_at(log, 0)->ev.iova, 0xe000000000);
	assert_true(log_at(log, 0)->ev.gave_up);
	assert_int_equal(log_at(log, 1)->ev.iova, 0xd000000000);
	assert_false(log_at(log, 1)->ev.gave_up);
	log_free(log);
}

static void fault_at_a_failed_mapping_belongs_to_it(void **state)
{
	struct log *log = read_log(GIOMMU "\nDMAR: [DMA Read NO_PASID] Request device [02:00.0] fault "
				   "addr 0x8000000000 [fault reason 0x06] PTE Read access is not set\n");

	(void)state;
	assert_int_equal(log_count(log), 1);
	assert_int_equal(log_at(log, 0)->faults, 1);
	log_free(log);
}

/* Programs that write to one log at the same time have failures of their own. */
static void programs_are_kept_apart(void **state)
{
	struct log *log = read_log(GIOMMU "\nEAL: Cannot set up DMA remapping, error 22 (Invalid "
				   "argument)\n0000:01:00.0: PCI peer-to-peer transactions on BARs are "
				   "not supported.\n");

	(void)state;
	assert_int_equal(log_count(log), 3);
	assert_int_equal(log_at(log, 0)->ev.vmm, VIOMMU_VMM_QEMU);
	assert_int_equal(log_at(log, 1)->ev.vmm, VIOMMU_VMM_OTHER);
	assert_int_equal(log_at(log, 1)->ev.backing, VIOMMU_BACKING_UNKNOWN);
	log_free(log);
}

/* The end of the file is missing: a failure, but no number of it. */
static void cut_file_gives_no_wrong_number(void **state)
{
	static const char text[] = "qemu-kvm: " GIOMMU;
	const size_t number = strlen("qemu-kvm: vfio_container_dma_map(0x5");

	(void)state;
	for (size_t len = number; len < sizeof(text) - 1; len++) {
		struct log *log = read_text(text, len);
		const struct log_finding *f;

		assert_int_equal(log_count(log), 1);
		f = log_at(log, 0);
		assert_true(!f->ev.err || f->ev.err == EINVAL);
		assert_int_equal(f->incomplete, !f->ev.err);
		assert_int_equal(f->ev.has_range, !f->incomplete);
		if (f->ev.has_range)
			assert_int_equal(f->ev.size, 0x1000);
		log_free(log);
	}
}

static void other_text_is_no_finding(void **state)
{
	static const char *const texts[] = {
		"", "\n", "hello\n", "Could not get region #8 info\n",
		"ret = vfio_dma_map(container, iova, size, vaddr, readonly);\n",
		"error_report(\"vfio_dma_map(%p, 0x%\"HWADDR_PRIx\", \"\n",
		"vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)\n",
		"DMAR: Intel(R) Virtualization Technology for Directed I/O\n",
		"iommu: Default domain type: Translated\n",
		"0x00000000fee00000 0x00000000feefffff msi\n",
		"vhost-vdpa: DMA mapping failed, unable to continue\n",
		"-device virtio-iommu-pci,aw-bits=39\n",
	};

	(void)state;
	for (size_t i = 0; i < LEN(texts); i++) {
		struct log *log = read_log(texts[i]);

		if (log_count(log))
			fail_msg("%s: %s", texts[i],
				 viommu_reason_name(diagnose(log, 0).reason));
		log_free(log);
	}
}

/* A message far inside a line of a megabyte, with NULs around. */
static void long_binary_line_is_read(void **state)
{
	const size_t size = 3 << 20;
	char *text = calloc(1, size);

	(void)state;
	assert_non_null(text);
	for (size_t at = 1; at < size - 256; at += 65521) {
		struct log *log;

		memset(text, 0, size);
		memcpy(text + at, GIOMMU " ", sizeof(GIOMMU));
		log = read_text(text, size);
		assert_int_equal(log_count(log), 1);
		assert_int_equal(log_at(log, 0)->count, 1);
		assert_int_equal(log_at(log, 0)->ev.iova, 0x8000000000);
		assert_int_equal(log_statistics(log)->long_lines, 1);
		log_free(log);
	}
	free(text);
}

/* More kinds than there is room for are counted. */
static void what_has_no_room_is_counted(void **state)
{
	struct log *log = log_new();
	char line[256];

	(void)state;
	assert_non_null(log);
	log_file(log, NULL);
	for (int i = 0; i < LOG_MAX_FINDINGS + 7; i++) {
		const int n = snprintf(line, sizeof(line), "qemu[%d]: VFIO_MAP_DMA: -22\n", i + 1);

		log_feed(log, line, (size_t)n);
	}
	log_finish(log);
	assert_int_equal(log_count(log), LOG_MAX_FINDINGS);
	assert_int_equal(log_statistics(log)->dropped, 7);
	log_free(log);
}

/* Run the command with its output in a file, whose text is given back. */
static int run_command(char *text, size_t size, char **argv)
{
	const int saved = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	FILE *out = tmpfile();
	const int null = open("/dev/null", O_WRONLY);
	int argc = 0, code;
	size_t n;

	assert_non_null(out);
	while (argv[argc])
		argc++;
	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	code = command_explain.run(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved);
	close(saved_err);
	close(null);
	rewind(out);
	n = fread(text, 1, size - 1, out);
	text[n] = '\0';
	fclose(out);
	return code;
}

static void file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void command_has_its_exit_codes(void **state)
{
	char dir[] = "/tmp/explain-XXXXXX", log[64], clean[64], text[16384];
	char name[] = "explain", output[] = "-o", json[] = "json", wrong[] = "yaml", no[] = "/nonexistent";
	char *found[] = { name, log, clean, NULL };
	char *as_json[] = { name, log, output, json, NULL };
	char *nothing[] = { name, clean, NULL };
	char *missing[] = { name, no, log, NULL };
	char *folder[] = { name, dir, NULL };
	char *usage[] = { name, output, wrong, NULL };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(log, sizeof(log), "%s/a.log", dir);
	snprintf(clean, sizeof(clean), "%s/b.log", dir);
	file_write(log, "line one\nqemu-kvm: " GIOMMU "\n");
	file_write(clean, "nothing\n");
	assert_int_equal(run_command(text, sizeof(text), found), EXIT_FOUND);
	assert_non_null(strstr(text, "a.log:2: warning: unknown"));
	assert_non_null(strstr(text, "1 finding in 3 lines"));
	assert_int_equal(run_command(text, sizeof(text), as_json), EXIT_FOUND);
	assert_non_null(strstr(text, "\"iova\":\"0x8000000000\""));
	assert_non_null(strstr(text, "\"line\":2,"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_int_equal(run_command(text, sizeof(text), nothing), EXIT_DONE);
	assert_string_equal(text, "No failure of a DMA mapping found in 1 lines (8 B)\n");
	assert_int_equal(run_command(text, sizeof(text), missing), EXIT_INPUT);
	assert_non_null(strstr(text, "a.log:2: "));
	assert_int_equal(run_command(text, sizeof(text), folder), EXIT_INPUT);
	assert_string_equal(text, "");
	assert_int_equal(run_command(text, sizeof(text), usage), EXIT_USAGE);
	unlink(log);
	unlink(clean);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field_cases_of_bars),
		cmocka_unit_test(field_cases_of_memory),
		cmocka_unit_test(field_cases_of_widths_and_modes),
		cmocka_unit_test(statements_of_qemu),
		cmocka_unit_test(statements_of_the_kernel),
		cmocka_unit_test(statements_of_other_programs),
		cmocka_unit_test(whoever_passed_the_line_on),
		cmocka_unit_test(what_the_input_says_of_the_host_decides),
		cmocka_unit_test(regions_count_for_their_group),
		cmocka_unit_test(notice_within_the_host_is_no_finding),
		cmocka_unit_test(kernel_line_explains_what_failed),
		cmocka_unit_test(command_line_is_evidence),
		cmocka_unit_test(traced_request_is_the_guests),
		cmocka_unit_test(repeats_are_counted),
		cmocka_unit_test(sources_are_kept_apart),
		cmocka_unit_test(fault_at_a_failed_mapping_belongs_to_it),
		cmocka_unit_test(programs_are_kept_apart),
		cmocka_unit_test(cut_file_gives_no_wrong_number),
		cmocka_unit_test(other_text_is_no_finding),
		cmocka_unit_test(long_binary_line_is_read),
		cmocka_unit_test(what_has_no_room_is_counted),
		cmocka_unit_test(command_has_its_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
