// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The messages, from the sources of QEMU 2.x to 11 (hw/vfio, hw/virtio/virtio-iommu.c,
 * backends/iommufd.c, hw/i386/{intel,amd}_iommu.c), Linux (drivers/vfio, drivers/iommu), DPDK
 * (lib/eal/linux/eal_vfio.c, lib/eal/common), SPDK (lib/env_dpdk/memory.c), rust-vmm's vfio-ioctls
 * (cloud-hypervisor) and crosvm. Of patterns with one head the first that fits is taken.
 */
#include <errno.h>
#include <string.h>

#include "log-pattern.h"

#define P(k, t, ...) { .kind = LOG_##k, .text = t, __VA_ARGS__ }
#define SAY(sym, t, ...) P(SAID, t, .said = VIOMMU_SAID_##sym, __VA_ARGS__)

/* "= -22" of QEMU: the number is right; the text behind it was %m of another error up to 7.2. */
const struct log_pattern log_patterns[] = {
	P(MAP, "warning: vfio_container_dma_map(%p, %i, %z, %v) = %e",
	  .flags = LOG_CONTINUES | LOG_QEMU | LOG_RAM_DEVICE),
	P(MAP, "vfio_container_dma_map(%p, %i, %z, %v) = %e", .flags = LOG_CONTINUES | LOG_QEMU),
	P(MAP, "vfio_dma_map(%p, %i, %z, %v) = %e", .flags = LOG_CONTINUES | LOG_QEMU),
	P(MAP, "vfio_container_dma_map(..., %i, %z, ...) = %e", .flags = LOG_QEMU),
	P(MAP, "vfio_dma_map(..., %i, %z, ...) = %e", .flags = LOG_QEMU),
	P(MAP, "vfio_container_dma_map(...) = %e", .flags = LOG_QEMU),
	P(MAP, "vfio_dma_map(...) = %e", .flags = LOG_QEMU),
	P(MAP, "iommufd_backend_map_dma iommufd=%p ioas=%p iova=%i size=%z addr=%v readonly=%p (-1)",
	  .flags = LOG_QEMU | LOG_IOMMUFD),
	P(MAP_USER, "qemu_vfio_dma_map(%p, %s) failed: VFIO_MAP_DMA failed: %m", .flags = LOG_QEMU),
	P(MAP_USER, "qemu_vfio_dma_map(%p, %s) failed: %m", .flags = LOG_QEMU),
	P(MAP_BARE, "VFIO_MAP_DMA failed: %m", .flags = LOG_QEMU | LOG_TYPE1),
	P(MAP_BARE, "VFIO_MAP_DMA: %m", .flags = LOG_QEMU | LOG_TYPE1),
	P(MAP_BARE, "VFIO_MAP_DMA failures", .flags = LOG_TYPE1),
	P(MAP_BARE, "vfio_iommu_iova_dma_valid() check returns false", .err = EINVAL),
	P(MAP_BARE, "IOMMU_IOAS_MAP failed: %m", .flags = LOG_QEMU | LOG_IOMMUFD),
	P(UNMAP, "vfio_container_dma_unmap(%p, %i, %z) = %e", .flags = LOG_CONTINUES | LOG_QEMU),
	P(UNMAP, "vfio_dma_unmap(%p, %i, %z) = %e", .flags = LOG_CONTINUES | LOG_QEMU),
	P(UNMAP, "VFIO_UNMAP_DMA failed: %m", .flags = LOG_QEMU),
	P(UNMAP, "VFIO_UNMAP_DMA: %m", .flags = LOG_QEMU),
	P(UNMAP, "IOMMU_IOAS_UNMAP failed: %m", .flags = LOG_QEMU | LOG_IOMMUFD),
	P(MAP_BARE, "can't map guest IOVA region %i..%l", .flags = LOG_QEMU),

	P(IN_ATTACH, "failed to setup container for group %g", .flags = LOG_QEMU),
	P(IN_ATTACH, "memory listener initialization failed", .flags = LOG_QEMU),
	P(IN_REGION, "Region %w: vfio_", .flags = LOG_QEMU),
	P(TO_BAR, "PCI peer-to-peer transactions on BARs are not supported"),
	P(TO_FATAL, "vfio: DMA mapping failed, unable to continue"),
	P(TO_PLACE, "offset_within_address_space: %i"),
	P(TO_PLACE, "Memory region name: %w"),
	P(TO_PLACE, "Memory region size: %z"),

	P(ATTACH_FAILED, "failed to set iommu for container: %m", .flags = LOG_QEMU),
	P(ATTACH_FAILED, "error attach %s to id=%p: %m", .flags = LOG_QEMU | LOG_IOMMUFD),
	P(ATTACH_FAILED, "failed to open /dev/vfio/%g: Device or resource busy", .err = EBUSY),
	P(ATTACH_FAILED, "error opening /dev/vfio/%g: Device or resource busy", .err = EBUSY),

	SAY(AW_ABOVE_HOST, "aw-bits %a host aw-bits %b", .flags = LOG_QEMU),
	SAY(AW_RANGE, "aw-bits must be within [%a,%b]", .flags = LOG_QEMU),
	SAY(AW_VALUES, "supported values for aw-bits are: %a, %b", .flags = LOG_QEMU),
	SAY(AW_VALUES, "supported value for aw-bits is: %a", .flags = LOG_QEMU),
	SAY(CACHING_MODE, "Device assignment is not allowed without enabling caching-mode=on",
	    .flags = LOG_QEMU),
	SAY(CACHING_MODE, "We need to set caching-mode=on for intel-iommu to enable device assignment",
	    .flags = LOG_QEMU),
	SAY(CACHING_MODE, "We need to set caching-mode=1 for intel-iommu to enable device assignment",
	    .flags = LOG_QEMU),
	SAY(NO_NOTIFIER, "requires iommu MAP notifier which is not currently supported",
	    .flags = LOG_QEMU),
	SAY(NO_NOTIFIER, "requires iommu notifier which is not currently supported",
	    .flags = LOG_QEMU),
	SAY(ALIASED, "virtio-iommu does not support aliased BDF", .flags = LOG_QEMU),
	SAY(SPACES, "group %a used in multiple address spaces", .flags = LOG_QEMU),
	SAY(NOT_VIABLE, "group %a is not viable", .flags = LOG_QEMU),
	SAY(NOT_VIABLE, "VFIO group is not viable"),
	SAY(NOT_VIABLE, "group is inviable", .flags = LOG_OTHER),
	SAY(NO_GROUP, "no iommu_group found", .flags = LOG_QEMU),
	SAY(NO_TYPE1, "No available IOMMU models", .flags = LOG_QEMU),
	SAY(PAGE_MASK, "reports a page size mask %a incompatible with currently supported mask %b",
	    .flags = LOG_QEMU),
	SAY(PAGE_MASK, "virtio-iommu page mask %b is incompatible with mask %a", .flags = LOG_QEMU),
	SAY(FROZEN_GRANULE, "does not support frozen granule %a", .flags = LOG_QEMU),
	SAY(GUEST_GRANULE, "granule %a larger than system page size %b"),
	SAY(UNALIGNED, "received unaligned region %s iova=%a offset_within_region=%p "
		       "qemu_real_host_page_size=%b", .flags = LOG_QEMU),
	SAY(RESERVED_LATE, "new host reserved regions after probe",
	    .flags = LOG_QEMU),
	SAY(RESERVED_CONFLICT, "Conflicting host reserved ranges set!", .flags = LOG_QEMU),
	SAY(ENTRIES, "possibly running out of DMA mappings. %s Maximum possible DMA mappings: %a",
	    .flags = LOG_QEMU),

	SAY(MEMLOCK, "RLIMIT_MEMLOCK (%a) exceeded", .err = ENOMEM),
	SAY(WIDTH, "iommu width (%b) is not sufficient for the mapped address (%a)"),
	SAY(RMRR, "Device is ineligible for IOMMU domain attach due to platform RMRR"),
	SAY(RMRR, "Firmware has requested this device have a 1:1 IOMMU mapping"),
	SAY(NO_INTREMAP, "No interrupt remapping support.", .err = EPERM),
	SAY(NO_INTREMAP, "No interrupt remapping for this platform", .err = EPERM),
	SAY(HIGH_DMA, ": Using %a-bit DMA addresses"),

	P(FAULT, "Request device [%s] fault addr %i"),
	P(FAULT, "IO_PAGE_FAULT %s address=%i"),
	P(FAULT, "Unhandled context fault: fsr=%p, iova=%i"),
	P(FAULT, "event: F_TRANSLATION client: %s sid: %p ssid: %p iova: %i"),
	P(FAULT, "event: F_ADDR_SIZE client: %s sid: %p ssid: %p iova: %i"),
	P(FAULT, "event 0x10 received:"),
	P(FAULT, "event 0x11 received:"),
	P(FAULT, "fault from EP %p at %i"),
	P(FAULT, "virtio_iommu_translate no mapping for %i"),
	P(FAULT, "detected translation failure (dev=%s, iova=%i)"),
	P(TO_MGAW, "Access beyond MGAW"),

	P(MAP_USER, "Cannot set up DMA remapping, error %m", .flags = LOG_OTHER),
	P(MAP_USER, "DMA remapping failed, error %m", .flags = LOG_OTHER),
	P(MAP_USER, "Cannot set up DMA mapping, error %m", .flags = LOG_OTHER),
	P(MAP_USER, "IommuDmaMap(Error(%m", .flags = LOG_OTHER),
	P(MAP_USER, "failed to add guest memory map into iommu table: %s(os error %m",
	  .flags = LOG_OTHER),
	P(MAP_USER, "vfio mapping error", .flags = LOG_OTHER),
	SAY(IOVA_MODE_PA, "Expecting 'PA' IOVA mode but current mode is", .flags = LOG_OTHER),
	SAY(IOVA_MODE_VA, "Expecting 'VA' IOVA mode but current mode is", .flags = LOG_OTHER),
	SAY(IOVA_MODE_VA, "Cannot use IOVA as 'PA' since physical addresses are not available",
	    .flags = LOG_OTHER),
	SAY(DMA_MASK, "IOVA exceeding limits of current DMA mask", .flags = LOG_OTHER),

	P(OF_VIOMMU, "virtio_iommu_map domain=%p virt_start=%i virt_end=%l"),
	P(OF_VIOMMU, "virtio_iommu_notify_map mr=%s virt_start=%i virt_end=%l"),
	P(OF_VIOMMU, "vfio_iommu_map_notify iommu map @ %i - %l"),
	P(OF_REGION, "host-resv-reg[%p] = [%i,%l]"),
	P(OF_QEMU, "qemu version: %a"),
	P(OF_QEMU, "QEMU emulator version %a"),
	P(OF_START, "starting up libvirt version:"),
	P(OF_MODEL, "-device intel-iommu"),
	P(OF_MODEL, "-device virtio-iommu"),
	P(OF_MODEL, "-device amd-iommu"),
	P(OF_MODEL, "\"driver\":\"intel-iommu\""),
	P(OF_MODEL, "\"driver\":\"virtio-iommu"),
	P(OF_MODEL, "\"driver\":\"amd-iommu\""),
	P(OF_DEVICE, "-device vfio-pci,"),
	P(OF_DEVICE, "\"driver\":\"vfio-pci\""),
	P(OF_IOMMUFD, "\"qom-type\":\"iommufd\""),
	P(OF_IOMMUFD, "-object iommufd"),
	P(OF_IOMMUFD, "IOMMUFD is providing /dev/vfio/vfio"),
	P(OF_VM, "-name guest=%w,"),
	P(OF_VM, "(vm='%w')"),
	P(OF_REGION, " msi", .flags = LOG_LISTED),
	P(OF_REGION, " reserved", .flags = LOG_LISTED),
	P(OF_REGION, " direct", .flags = LOG_LISTED),
	P(OF_REGION, " direct-relaxable", .flags = LOG_LISTED | LOG_RELAXABLE),
	P(OF_GUEST, "Hypervisor detected: "),
	P(OF_GUEST, "DMI: QEMU "),
	P(OF_GUEST, "virtio_iommu virtio%p: input address: "),
	P(OF_HOST, "DMAR: "),
	P(OF_HOST, "AMD-Vi: "),
	P(OF_HOST, "IVHD"),
	P(OF_HOST, "-bit, oas "),
	P(OF_HOST, "Linux version "),
	P(OF_HOST, "reg_base_addr "),
	P(OF_HOST, "Host address width "),
};

const size_t log_pattern_count = sizeof(log_patterns) / sizeof(log_patterns[0]);

size_t log_pattern_head(const struct log_pattern *p)
{
	return strcspn(p->text, "%");
}
