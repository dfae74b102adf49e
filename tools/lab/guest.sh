# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced inside the lab VM: get devices ready for VFIO.

# lab_vfio_modules [PARAMETER=VALUE...]: the VFIO modules; the parameters are vfio_iommu_type1's.
# An IOMMU without interrupt remapping needs VFIO's consent to unsafe interrupts.
lab_vfio_modules() {
	case ${LAB_IOMMU:-} in
	amd | virtio*) modprobe vfio_iommu_type1 allow_unsafe_interrupts=1 "$@" ;;
	*) modprobe vfio_iommu_type1 "$@" ;;
	esac
	modprobe vfio-pci
}

# lab_bdf PCI-ID|BDF: the BDFs of the devices with this vendor:device id (1234:11e8), or the BDF
# itself with its PCI domain.
lab_bdf() {
	case $1 in
	????:??:??.?) echo "$1" ;;
	??:??.?) echo "0000:$1" ;;
	????:????)
		for lab_dev in /sys/bus/pci/devices/*; do
			[ "$(cat "$lab_dev/vendor"):$(cat "$lab_dev/device")" != "0x${1%:*}:0x${1#*:}" ] ||
				basename "$lab_dev"
		done ;;
	*) echo "lab_bdf: '$1' is no PCI id and no BDF" >&2; return 1 ;;
	esac
}

# lab_group BDF: its IOMMU group's number.
lab_group() {
	lab_link=$(readlink "/sys/bus/pci/devices/$(lab_bdf "$1")/iommu_group") ||
		{ echo "lab_group: $1 is in no IOMMU group" >&2; return 1; }
	basename "$lab_link"
}

lab_bind_one() {
	lab_dev=/sys/bus/pci/devices/$1
	[ -d "$lab_dev" ] || { echo "lab_bind: there is no device $1" >&2; return 1; }
	[ ! -e "$lab_dev/driver" ] || echo "$1" > "$lab_dev/driver/unbind"
	echo vfio-pci > "$lab_dev/driver_override"
	echo "$1" > /sys/bus/pci/drivers_probe
	[ "$(basename "$(readlink "$lab_dev/driver")")" = vfio-pci ] ||
		{ echo "lab_bind: vfio-pci did not take $1" >&2; return 1; }
	echo "$1 $(lab_group "$1")"
}

# lab_bind PCI-ID|BDF: give it (of an id: every such device) to vfio-pci; prints "BDF GROUP" of each.
lab_bind() {
	lab_found=$(lab_bdf "$1") || return 1
	[ -n "$lab_found" ] || { echo "lab_bind: no device $1" >&2; return 1; }
	for lab_each in $lab_found; do
		lab_bind_one "$lab_each" || return 1
	done
}
