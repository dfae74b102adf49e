// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of remedies. Options were tried on QEMU 10; where an option needs a version, the text
 * says which. reserved-regions of virtio-iommu is not among them: x86's q35 machine sets that
 * property itself and aborts if it is set twice (hw/core/qdev-properties.c set_prop_array).
 */
#include <errno.h>

#include "remedy_table.h"

#define ROW(reason, err, when, who, text, option) \
	{ VIOMMU_REASON_##reason, err, when, VIOMMU_FOR_##who, text, option, VIOMMU_SAID_NOTHING }

/* For a cause that a message named. */
#define SAID(reason, said, who, text, option) \
	{ VIOMMU_REASON_##reason, 0, 0, VIOMMU_FOR_##who, text, option, VIOMMU_SAID_##said }

/* A vIOMMU's width, for the reasons that a narrower one avoids. */
#define ROWS_AW_BITS(reason, when) \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_BITS, QEMU, \
	    "Give virtio-iommu the host's width (QEMU 9.0 or newer) and start the VM anew", \
	    "-device virtio-iommu-pci,aw-bits={bits}"), \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_INTEL, QEMU, \
	    "If the VM has an intel-iommu (39 or 48 bits only), give it this width", \
	    "-device intel-iommu,caching-mode=on,intremap=on,aw-bits={intel}"), \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_BITS, LIBVIRT, \
	    "Add this to the domain's XML, with " \
	    "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' in its first tag", \
	    "<qemu:commandline><qemu:arg value='-global'/>" \
	    "<qemu:arg value='virtio-iommu-pci.aw-bits={bits}'/></qemu:commandline>"), \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_BITS, PROXMOX, \
	    "Add this line to /etc/pve/qemu-server/VMID.conf (viommu=virtio in its machine line)", \
	    "args: -global virtio-iommu-pci.aw-bits={bits}"), \
	ROW(reason, 0, (when) | WHEN_OTHER | WHEN_BITS, HOST, \
	    "Give the VMM's virtual IOMMU the host's width (here: cloud-hypervisor 44 or newer)", \
	    "--platform iommu_address_width={bits}")

/* Where memory and BARs of a VM lie, for the reasons that this decides. */
#define ROWS_PHYS_BITS(reason, when) \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_REGION | WHEN_HOST_BITS, QEMU, \
	    "Limit the guest's physical addresses to what the host translates", \
	    "-cpu host,host-phys-bits-limit={host}"), \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_REGION | WHEN_HOST_BITS, LIBVIRT, \
	    "Limit the guest's physical addresses (libvirt 9.3 or newer)", \
	    "<cpu mode='host-passthrough'>" \
	    "<maxphysaddr mode='passthrough' limit='{host}'/></cpu>"), \
	ROW(reason, 0, (when) | WHEN_QEMU | WHEN_REGION | WHEN_HOST_BITS, PROXMOX, \
	    "Add this line to /etc/pve/qemu-server/VMID.conf (it replaces the VM's cpu line)", \
	    "args: -cpu host,host-phys-bits-limit={host}")

#define ROW_PINNABLE(err) \
	ROW(PIN_FAILED, err, WHEN_NO_BAR, HOST, \
	    "Back the VM with memory that can be pinned: anonymous, memfd or huge pages, not a " \
	    "file on disk or DAX, and mapped writable", NULL)

/* Where it is not known how much is needed. */
#define ROWS_MEMLOCK_OFF(reason, when) \
	ROW(reason, 0, when, HOST, \
	    "Take the limit away in the systemd unit that starts the program", \
	    "LimitMEMLOCK=infinity"), \
	ROW(reason, 0, when, HOST, \
	    "Take the limit away in the shell that starts the program", "ulimit -l unlimited")

#define FIND_WIDTH "viommuctl recommend --host"

#define DMESG "dmesg | grep -iE 'vfio|dmar|amd-vi|smmu|iommu'"

const struct remedy_row remedy_rows[] = {
	SAID(NO_IOMMU_DRIVER, NO_TYPE1, KERNEL,
	     "Load VFIO's IOMMU driver", "modprobe vfio_iommu_type1"),
	ROW(NO_IOMMU_DRIVER, 0, WHEN_UNSAID, HOST,
	    "The program must attach a group and call VFIO_SET_IOMMU before it maps", NULL),
	ROW(BAD_REQUEST, 0, WHEN_REQUEST, GUEST,
	    "The guest's driver and its vIOMMU do not agree on what is attached: report this line to "
	    "the authors of both", NULL),
	ROW(BAD_REQUEST, 0, WHEN_CALL, HOST,
	    "This is an error in the program that called: report it to its authors", NULL),

	ROW(MISALIGNED, 0, WHEN_QEMU | WHEN_VIOMMU | WHEN_MAP, QEMU,
	    "Let the vIOMMU offer the host's page size (QEMU 9.0 or newer)",
	    "-device virtio-iommu-pci,granule=host"),
	ROW(MISALIGNED, 0, 0, HOST,
	    "The program must use multiples of the host's IOMMU page size", NULL),
	SAID(GRANULE, GUEST_GRANULE, GUEST,
	     "Give the guest a kernel with pages as large as the granule, if that is 64 KiB at most",
	     NULL),
	SAID(GRANULE, GUEST_GRANULE, QEMU,
	     "Or, on a host with 4 KiB pages only: let the vIOMMU offer these (QEMU 9.0 or newer)",
	     "-device virtio-iommu-pci,granule=4k"),
	SAID(GRANULE, PAGE_MASK, QEMU,
	     "Let the vIOMMU offer the host's page size (QEMU 9.0 or newer)",
	     "-device virtio-iommu-pci,granule=host"),
	SAID(GRANULE, FROZEN_GRANULE, QEMU,
	     "Start the VM with the device: when it is plugged later, the granule is settled", NULL),
	SAID(GRANULE, FROZEN_GRANULE, QEMU,
	     "Let the vIOMMU offer the host's page size (QEMU 9.0 or newer)",
	     "-device virtio-iommu-pci,granule=host"),
	ROW(GRANULE, 0, WHEN_QEMU | WHEN_UNSAID, QEMU,
	    "Let the vIOMMU offer the host's page size (QEMU 9.0 or newer)",
	    "-device virtio-iommu-pci,granule=host"),
	ROW(GRANULE, 0, WHEN_UNSAID, GUEST,
	    "The guest's kernel must not have pages smaller than the host's IOMMU can map", NULL),
	ROWS_AW_BITS(ADDRESS_WRAP, WHEN_GUEST),
	ROW(ADDRESS_WRAP, 0, 0, HOST,
	    "The program must not map ranges that end beyond 2^64", NULL),

	SAID(AW_BITS_REFUSED, AW_VALUES, QEMU,
	     "Give intel-iommu one of these widths, and not more than the host has", FIND_WIDTH),
	SAID(AW_BITS_REFUSED, AW_RANGE, QEMU,
	     "Give virtio-iommu the host's width", FIND_WIDTH),
	ROW(AW_BITS_REFUSED, 0, WHEN_INTEL, QEMU,
	    "Give intel-iommu a width that the host has (it takes 39 and 48 only)",
	    "-device intel-iommu,caching-mode=on,intremap=on,aw-bits={intel}"),
	ROW(AW_BITS_REFUSED, 0, WHEN_INTEL, LIBVIRT,
	    "The same in the VM's XML (libvirt 6.5 or newer)",
	    "<iommu model='intel'><driver caching_mode='on' intremap='on' aw_bits='{intel}'/></iommu>"),
	ROW(AW_BITS_REFUSED, 0, WHEN_INTEL, PROXMOX,
	    "Add this line to /etc/pve/qemu-server/VMID.conf",
	    "args: -global intel-iommu.aw-bits={intel}"),
	ROW(AW_BITS_REFUSED, 0, WHEN_BITS, QEMU,
	    "Or use virtio-iommu, which takes any width from 32 to 64 (QEMU 9.0 or newer)",
	    "-device virtio-iommu-pci,aw-bits={bits}"),

	ROWS_AW_BITS(ABOVE_HOST_WIDTH, WHEN_VIOMMU),
	ROW(ABOVE_HOST_WIDTH, 0, WHEN_QEMU | WHEN_GUEST, QEMU,
	    "Or give each assigned device a root port (bus=rp1) with ACS: alone in its guest group it is "
	    "told of the host's limit (by QEMU 9.1 or newer; by 8.2 if it was not hotplugged)",
	    "-device pcie-root-port,id=rp1,chassis=1"),
	ROW(ABOVE_HOST_WIDTH, 0, WHEN_QEMU | WHEN_VIOMMU | WHEN_NO_BITS, HOST,
	    "Find out how many bits the host translates: the VM's vIOMMU must not have more "
	    "(aw-bits)", FIND_WIDTH),
	ROW(ABOVE_HOST_WIDTH, 0, WHEN_QEMU | WHEN_REGION | WHEN_HOST_BITS, QEMU,
	    "If the VM has no vIOMMU: keep memory, its hotplug maximum and BARs below {host} bits",
	    "-cpu host,host-phys-bits-limit={host}"),
	ROW(ABOVE_HOST_WIDTH, 0, WHEN_OTHER | WHEN_HOST_BITS, HOST,
	    "A userspace driver must use IOVAs below {host} bits; DPDK does so in this mode",
	    "--iova-mode=pa"),

	ROWS_AW_BITS(BAR_ABOVE_HOST_WIDTH, WHEN_GUEST),
	ROW(BAR_ABOVE_HOST_WIDTH, 0, WHEN_QEMU | WHEN_REGION, HOST,
	    "Nothing needs to be done unless devices of the VM access each other's memory", NULL),
	ROWS_PHYS_BITS(BAR_ABOVE_HOST_WIDTH, 0),
	ROW(BAR_ABOVE_HOST_WIDTH, 0, WHEN_OTHER, HOST,
	    "cloud-hypervisor stops if a BAR cannot be mapped: turn peer-to-peer DMA off",
	    "--platform vfio_p2p_dma=off"),

	ROWS_PHYS_BITS(RAM_ABOVE_HOST_WIDTH, 0),
	ROW(RAM_ABOVE_HOST_WIDTH, 0, WHEN_QEMU | WHEN_NO_BITS, HOST,
	    "Find out how many bits the host translates, and limit the guest's physical addresses "
	    "to that (host-phys-bits-limit)", "viommuctl host"),
	ROW(RAM_ABOVE_HOST_WIDTH, 0, WHEN_QEMU | WHEN_HOST_BITS, QEMU,
	    "Give the VM less memory, and a lower maximum of hotplugged memory: its addresses must "
	    "end below {host} bits; aw-bits does not change them", NULL),
	ROW(RAM_ABOVE_HOST_WIDTH, 0, WHEN_OTHER | WHEN_HOST_BITS, HOST,
	    "Give the VM less memory: its addresses must end below {host} bits", NULL),

	SAID(IOVA_MODE, IOVA_MODE_PA, HOST,
	     "Use physical addresses as IOVA", "--iova-mode=pa"),
	SAID(IOVA_MODE, IOVA_MODE_PA, HOST,
	     "Or bind the device to vfio-pci, with the host's IOMMU on: it takes both modes",
	     "dpdk-devbind.py --bind=vfio-pci"),
	SAID(IOVA_MODE, IOVA_MODE_VA, HOST,
	     "Use process addresses as IOVA, which needs vfio-pci and the host's IOMMU on",
	     "--iova-mode=va"),
	SAID(IOVA_MODE, IOVA_MODE_VA, HOST,
	     "Or run the program as root (CAP_SYS_ADMIN): only then it sees physical addresses", NULL),

	ROW(USERSPACE_VA, 0, 0, HOST,
	    "DPDK: use physical addresses as IOVA", "--iova-mode=pa"),
	ROW(USERSPACE_VA, 0, 0, HOST,
	    "DPDK and SPDK: or place the memory lower in the process",
	    "--base-virtaddr=0x100000000"),
	ROW(USERSPACE_VA, 0, 0, HOST,
	    "If this host is itself a VM: give its vIOMMU 48 bits or more, where its host has them",
	    NULL),

	ROWS_AW_BITS(RESERVED_AMD_HT, WHEN_VIOMMU),
	ROW(RESERVED_AMD_HT, 0, WHEN_QEMU | WHEN_REGION, QEMU,
	    "Machine types 7.1 and newer move memory above the hole; the guest's physical "
	    "addresses need more than 40 bits", "-machine q35 -cpu host"),
	ROW(RESERVED_AMD_HT, 0, WHEN_REGION, HOST,
	    "Or give the VM less: memory, its hotplug maximum and the 64-bit PCI window must end "
	    "below 0xfd00000000 (1012 GiB)", NULL),

	ROW(RESERVED_MSI, 0, WHEN_QEMU | WHEN_VIOMMU, QEMU,
	    "Machine types q35 and virt announce their window to the guest: use one of them, with "
	    "virtio-iommu as a PCI device", "-device virtio-iommu-pci"),
	ROW(RESERVED_MSI, 0, WHEN_REGION, HOST,
	    "Keep the VM's memory out of the window: end it below, or use a machine type that "
	    "leaves a gap there", NULL),
	ROW(RESERVED_MSI, 0, WHEN_OTHER, HOST,
	    "A userspace driver must leave the window out of its IOVAs", NULL),

	ROW(RESERVED_REGION, 0, WHEN_QEMU | WHEN_VIOMMU, QEMU,
	    "QEMU 9.1 and newer tell the guest of the range, if the device is alone in its guest "
	    "IOMMU group: give each device a root port", "-device pcie-root-port,id=rp1"),
	ROW(RESERVED_REGION, 0, 0, HOST,
	    "See which device reserves the range; another slot, or a firmware setting, may free it",
	    "cat /sys/kernel/iommu_groups/*/reserved_regions"),

	SAID(GROUP_INELIGIBLE, CACHING_MODE, QEMU,
	     "Turn it on", "-device intel-iommu,caching-mode=on,intremap=on"),
	SAID(GROUP_INELIGIBLE, CACHING_MODE, LIBVIRT,
	     "The same in the VM's XML",
	     "<iommu model='intel'><driver caching_mode='on' intremap='on'/></iommu>"),
	SAID(GROUP_INELIGIBLE, NO_NOTIFIER, QEMU,
	     "Use virtio-iommu as vIOMMU", "-device virtio-iommu-pci"),
	SAID(GROUP_INELIGIBLE, ALIASED, QEMU,
	     "Put the device on a PCIe root port of its own", "-device pcie-root-port,id=rp1"),
	SAID(GROUP_INELIGIBLE, SPACES, QEMU,
	     "Put all devices of the group behind one PCIe-to-PCI bridge: then they share an "
	     "address space", "-device pcie-pci-bridge,id=br1"),
	SAID(GROUP_INELIGIBLE, SPACES, HOST, "Or assign one device of the group only", NULL),
	SAID(GROUP_INELIGIBLE, NOT_VIABLE, HOST,
	     "Bind every device of the group to vfio-pci",
	     "ls -l /sys/kernel/iommu_groups/*/devices/*/driver"),
	SAID(GROUP_INELIGIBLE, NO_GROUP, KERNEL,
	     "Turn on VT-d or AMD-Vi in the firmware; on Intel, add this to the kernel's command "
	     "line", "intel_iommu=on"),
	SAID(GROUP_INELIGIBLE, RMRR, HOST,
	     "Look in the firmware, or at its maker, for a setting that frees the device or its slot "
	     "(of HP servers: conrep), or use another slot", NULL),
	SAID(GROUP_INELIGIBLE, RMRR, HOST, "See which ranges the firmware keeps",
	     "cat /sys/kernel/iommu_groups/*/reserved_regions"),
	ROW(GROUP_INELIGIBLE, EPERM, WHEN_UNSAID, HOST,
	    "See which it is", "dmesg | grep -iE 'interrupt remapping|RMRR|1:1'"),
	ROW(GROUP_INELIGIBLE, EPERM, WHEN_INTREMAP, HOST,
	    "Turn on interrupt remapping: VT-d or AMD-Vi and x2APIC in the firmware, and no "
	    "intremap=off on the kernel's command line", NULL),
	ROW(GROUP_INELIGIBLE, EPERM, WHEN_INTREMAP, KERNEL,
	    "Only if all guests are trusted (a device can then forge interrupts): allow it "
	    "without, in /etc/modprobe.d/vfio.conf",
	    "options vfio_iommu_type1 allow_unsafe_interrupts=1"),
	ROW(GROUP_INELIGIBLE, EINVAL, WHEN_UNSAID, HOST,
	    "See whether firmware reserves memory for the device",
	    "dmesg | grep -iE 'RMRR|1:1 IOMMU mapping|ineligible'"),
	ROW(GROUP_INELIGIBLE, EINVAL, WHEN_UNSAID, HOST,
	    "Compare its reserved ranges with what is mapped; start the VM with the device "
	    "instead of plugging it later", "cat /sys/kernel/iommu_groups/*/reserved_regions"),
	ROW(GROUP_INELIGIBLE, EBUSY, 0, HOST,
	    "Bind every device of the group to vfio-pci, and end other users of the group",
	    "ls -l /sys/kernel/iommu_groups/*/devices/*/driver"),

	ROW(MEMLOCK, 0, WHEN_QEMU | WHEN_KIB, LIBVIRT,
	    "Raise the limit to at least the VM's memory and 1 GiB",
	    "<memtune><hard_limit unit='KiB'>{kib}</hard_limit></memtune>"),
	ROW(MEMLOCK, 0, WHEN_KIB, HOST,
	    "Raise the limit in the systemd unit that starts the program", "LimitMEMLOCK={kib}K"),
	ROW(MEMLOCK, 0, WHEN_KIB, HOST,
	    "Raise the limit in the shell that starts the program", "ulimit -l {kib}"),
	ROW(MEMLOCK, 0, WHEN_QEMU | WHEN_NO_KIB, LIBVIRT,
	    "Set hard_limit in memtune to at least the VM's memory and 1 GiB, for each assigned "
	    "device if the VM has a vIOMMU (libvirt 8.7 and newer do so by themselves)", NULL),
	ROWS_MEMLOCK_OFF(MEMLOCK, WHEN_NO_KIB),
	ROW(MEMLOCK_PER_CONTAINER, 0, WHEN_NO_KIB, LIBVIRT,
	    "Set hard_limit in memtune to the VM's memory times its assigned devices, and 1 GiB "
	    "(libvirt 8.7 and newer do so by themselves)", NULL),
	ROWS_MEMLOCK_OFF(MEMLOCK_PER_CONTAINER, WHEN_NO_KIB),
	ROWS_MEMLOCK_OFF(MEMLOCK_IOMMUFD, 0),
	ROW(MEMLOCK_PER_CONTAINER, 0, WHEN_KIB, LIBVIRT,
	    "Raise the limit to the VM's memory times its assigned devices, and 1 GiB (libvirt 8.7 "
	    "and newer do so by themselves)",
	    "<memtune><hard_limit unit='KiB'>{kib}</hard_limit></memtune>"),
	ROW(MEMLOCK_PER_CONTAINER, 0, WHEN_KIB, HOST,
	    "Raise the limit in the systemd unit that starts QEMU, by the same rule",
	    "LimitMEMLOCK={kib}K"),
	ROW(MEMLOCK_PER_CONTAINER, 0, 0, QEMU,
	    "Or let the devices share a container: without a vIOMMU in the VM they do", NULL),

	ROW(PFNMAP_IOMMUFD, 0, 0, HOST,
	    "Nothing needs to be done unless devices of the VM access each other's memory", NULL),
	ROW(PFNMAP_IOMMUFD, 0, WHEN_QEMU, QEMU,
	    "If they do: use the devices through a VFIO container and not through iommufd (no "
	    "iommufd= in -device vfio-pci)", NULL),
	ROW(PFNMAP_IOMMUFD, 0, 0, KERNEL,
	    "Or use Linux 6.19 or newer with a VMM that maps BARs as dma-buf", NULL),

	ROW(PIN_FAILED, 0, WHEN_BAR, HOST,
	    "Nothing needs to be done unless devices access each other's memory", NULL),
	ROW_PINNABLE(EFAULT),
	ROW_PINNABLE(EOPNOTSUPP),
	ROW(PIN_FAILED, EAGAIN, WHEN_NO_BAR, HOST,
	    "Back the VM with huge pages that are reserved at boot, outside of CMA and movable "
	    "memory (hugetlb_cma, movablecore)", NULL),
	ROW(PIN_FAILED, EHWPOISON, 0, HOST,
	    "Look for the memory error, and replace the module",
	    "dmesg | grep -iE 'mce|memory failure|hardware error'"),
	ROW(HOST_MEMORY, 0, 0, HOST,
	    "Free memory on the host, or raise the limit of the VM's memory cgroup",
	    "dmesg | grep -iE 'out of memory|oom|allocation failure'"),

	ROW(ENTRY_LIMIT, 0, 0, KERNEL,
	    "Raise the limit in /etc/modprobe.d/vfio.conf; it holds for new containers",
	    "options vfio_iommu_type1 dma_entry_limit=1048576"),
	ROW(ENTRY_LIMIT, 0, 0, HOST,
	    "The same until the next boot, then start the VM anew",
	    "echo 1048576 > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit"),
	ROW(ENTRY_LIMIT, 0, WHEN_QEMU, GUEST,
	    "Or let the guest map larger pieces: huge pages in its drivers, a larger block-size of "
	    "virtio-mem", NULL),
	ROW(ENTRY_LIMIT, 0, WHEN_OTHER, HOST,
	    "Or map larger pieces: 1 GiB huge pages", NULL),

	ROW(OVERLAP, 0, WHEN_MAP | WHEN_QEMU, HOST,
	    "If the VM's devices work, ignore it; if not, report it to QEMU's developers", NULL),
	ROW(OVERLAP, 0, WHEN_UNMAP, HOST,
	    "The program must unmap whole mappings: report it to its authors", NULL),

	ROW(OVERLAP, 0, WHEN_REQUEST, GUEST,
	    "A driver of the guest maps or unmaps what it does not own: report this line with the "
	    "device's name to its authors", NULL),

	ROW(IOMMU_DRIVER, 0, 0, HOST, "See what the IOMMU's driver says", DMESG),
	ROW(POLICY, 0, 0, HOST,
	    "Ask who set the policy on this host whether it fits this VM", NULL),
	ROWS_AW_BITS(POLICY, WHEN_VIOMMU | WHEN_ABOVE),

	SAID(UNKNOWN, HIGH_DMA, HOST,
	     "Compare it with what the host translates: a vIOMMU with more bits makes the next "
	     "mappings fail", "viommuctl host"),
	ROW(UNKNOWN, EINVAL, WHEN_MAP, HOST,
	    "Compare the IOVA with the reserved ranges of the device's group",
	    "cat /sys/kernel/iommu_groups/*/reserved_regions"),
	ROW(UNKNOWN, ENOMEM, 0, HOST,
	    "See whether the limit of locked memory was reached",
	    "dmesg | grep RLIMIT_MEMLOCK"),
	ROW(UNKNOWN, 0, 0, HOST, "See what the kernel says", DMESG),
};

const size_t remedy_row_count = sizeof(remedy_rows) / sizeof(remedy_rows[0]);
