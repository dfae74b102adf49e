#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM: start a real QEMU with a virtio-iommu and assigned devices, and print its pid:
#   tools/lab/qemu-guest.sh NAME [OPTIONS] [-- QEMU-ARGS...]
#   --device BDF[,OPTION...]  a device bound to vfio-pci (lab_bind of guest.sh); may be repeated, the
#                             first is the guest's 00:03.0, the next 00:04.0
#   --aw-bits N               width of the virtio-iommu (64); none: QEMU before 9.0, which has no such
#                             property
#   --qemu DIR                the QEMU unpacked in DIR (tools/lab/qemu.sh), not the installed one
#   --viommu DEVICE           another vIOMMU than that: QEMU's -device
#   --no-viommu               no virtio-iommu: QEMU maps guest memory by itself
#   --mem SIZE                the guest's memory (512M)
#   --dir DIR                 where NAME.sock, NAME.err, NAME.out and NAME.bin go (/tmp); unix
#                             sockets need a file system of the VM itself, so not $LAB_OUT
# The guest's CPU only halts; viommu-drive --socket DIR/NAME.sock is its driver. QEMU's words are in
# DIR/NAME.err. Exit status 1, and these words on stderr, when QEMU ends before it has its socket;
# what fails later, such as a device that QEMU cannot have, shows in NAME.err and ends that pid.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

die() { echo "qemu-guest.sh: $*" >&2; exit "${status:-2}"; }

aw_bits=64 binary=qemu-system-x86_64 share='' viommu='' mem=512M dir=/tmp devices=() extra=()

# Its accelerator is a module; modules of the installed one are not for it.
unpacked_qemu() {
	local modules
	binary=$1/usr/bin/qemu-system-x86_64
	share=$1/usr/share/qemu
	for modules in "$1"/usr/lib/*/qemu; do
		[ ! -d "$modules" ] || export QEMU_MODULE_DIR=$modules
	done
}

parse_options() {
	[ $# -gt 0 ] || die "a NAME for the guest is needed"
	name=$1
	shift
	case $name in
	-* | */* | *,* | '') die "'$name' is no NAME for a guest and its files" ;;
	esac
	while [ $# -gt 0 ]; do
		case $1 in
		--no-viommu) viommu=no; shift; continue ;;
		--) shift; break ;;
		esac
		[ $# -ge 2 ] || die "option '$1' needs a value, and QEMU's arguments come after --"
		case $1 in
		--device) devices+=("$2") ;;
		--aw-bits) aw_bits=$2 ;;
		--qemu) unpacked_qemu "$2" ;;
		--viommu) viommu=$2 ;;
		--mem) mem=$2 ;;
		--dir) dir=$2 ;;
		*) die "unknown option '$1'" ;;
		esac
		shift 2
	done
	extra=("$@")
}

qemu_options() {
	local device slot=3
	local width=,aw-bits=$aw_bits
	[ "$aw_bits" != none ] || width=
	qemu=("$binary" -name "guest=$name,debug-threads=on" -M q35 -m "$mem" -nodefaults
		-display none -accel tcg -bios "$dir/$name.bin"
		-qtest "unix:$dir/$name.sock,server=on,wait=off" -qtest-log none)
	case $viommu in
	no) ;;
	'') qemu+=(-device "virtio-iommu-pci,addr=2$width") ;;
	*) qemu+=(-device "$viommu") ;;
	esac
	[ -z "$share" ] || qemu+=(-L "$share")
	for device in ${devices[@]+"${devices[@]}"}; do
		case $device in
		*,addr=* | *,bus=*) ;;
		*) device="$device,addr=$(printf '0x%x' $slot)"; slot=$((slot + 1)) ;;
		esac
		qemu+=(-device "vfio-pci,host=$device")
	done
	qemu+=(${extra[@]+"${extra[@]}"})
}

wait_for_socket() {
	local tenths=0
	until [ -S "$dir/$name.sock" ]; do
		kill -0 "$1" 2>/dev/null ||
			{ cat "$dir/$name.err" >&2; status=1 die "QEMU ended at its start"; }
		[ $tenths -lt 600 ] || { kill "$1"; status=1 die "QEMU made no socket in 60 s"; }
		sleep 0.1
		tenths=$((tenths + 1))
	done
}

main() {
	parse_options "$@"
	mkdir -p "$dir"
	rm -f "$dir/$name.sock"
	"$here/../halt-bios.sh" "$dir/$name.bin"
	qemu_options
	"${qemu[@]}" < /dev/null > "$dir/$name.out" 2> "$dir/$name.err" &
	wait_for_socket $!
	echo $!
}

main "$@"
