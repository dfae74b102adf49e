#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM: start a real QEMU with a Linux guest (guest-kernel.sh) behind a virtio-iommu,
# and print its pid:
#   tools/lab/guest-linux.sh NAME [OPTIONS] [-- QEMU-ARGS...]
#   --qemu DIR          the QEMU unpacked in DIR (tools/lab/qemu.sh), not the installed one
#   --device BDF[,OPTION...]
#                       a device bound to vfio-pci (lab_bind of guest.sh), in a guest group of
#                       its own; with bus=rp it sits in the root port of --port. May be repeated
#   --port acs|no-acs   a root port of the name rp, for a device of --device or one that is plugged
#                       later; without ACS what is in it shares the port's guest group
#   --viommu OPTIONS    more of virtio-iommu-pci's properties, with a comma before each
#   --accel kvm|tcg     (kvm where there is /dev/kvm: the lab's CPU emulates AMD's SVM)
#   --append "..."      more words for the guest's kernel and its init (guest-init.c)
#   --mem SIZE          the guest's memory (128M)
#   --dir DIR           where NAME.log, NAME.err and NAME.mon go (/tmp)
# What the guest says is in DIR/NAME.log, QEMU's words are in DIR/NAME.err. A command written to
# DIR/NAME.mon.in goes to QEMU's monitor. The guest takes its IOVAs from the top of what it believes
# to have, as it would once it has used up those below 4 GiB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
guest=$(cd "$here/../.." && pwd)/build/kernels/guest

die() { echo "guest-linux.sh: $*" >&2; exit 2; }

binary=qemu-system-x86_64 firmware=qboot.rom share=''
port='' viommu='' accel='' append='' mem=128M dir=/tmp
devices=() extra=()

# Its accelerators are modules; modules of the installed one are not for it.
unpacked_qemu() {
	local modules
	binary=$1/usr/bin/qemu-system-x86_64
	share=$1/usr/share/qemu
	firmware=bios-256k.bin
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
		[ "$1" != -- ] || { shift; break; }
		[ $# -ge 2 ] || die "option '$1' needs a value, and QEMU's arguments come after --"
		case $1 in
		--qemu) unpacked_qemu "$2" ;;
		--device) devices+=("$2") ;;
		--port) port=$2 ;;
		--viommu) viommu=$2 ;;
		--accel) accel=$2 ;;
		--append) append=$2 ;;
		--mem) mem=$2 ;;
		--dir) dir=$2 ;;
		*) die "unknown option '$1'" ;;
		esac
		shift 2
	done
	extra=("$@")
}

# Without what the machine has by itself: each device costs exits to QEMU, and these are what is
# slow under emulation. qboot is firmware that sets up nothing but what Linux needs to start; QEMU
# 7.2 does not come out of it under KVM once it has an assigned device, so it has SeaBIOS.
machine_options() {
	local words="quiet printk.time=1 panic=-1 nokaslr tsc=reliable no_timer_check"
	[ -n "$accel" ] || accel=$([ -e /dev/kvm ] && echo kvm || echo tcg)
	qemu=("$binary" -name "guest=$name,debug-threads=on"
		-M "q35,hpet=off,smm=off,sata=off,smbus=off,vmport=off,usb=off,i8042=off" -m "$mem"
		-accel "$accel" -cpu max -nodefaults -no-user-config -display none -no-reboot
		-bios "$firmware" -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
		-kernel "$guest/vmlinux" -initrd "$guest/initramfs.cpio"
		-append "$words iommu.forcedac=1 $append"
		-chardev "file,id=words,path=$dir/$name.log" -device "virtio-serial-pci,addr=0x1e"
		-device "virtserialport,nr=1,chardev=words"
		-chardev "pipe,id=mon,path=$dir/$name.mon" -mon "chardev=mon,mode=readline")
	[ -z "$share" ] || qemu+=(-L "$share" -L /usr/share/seabios)
}

device_options() {
	local device slot=4
	qemu+=(-device "virtio-iommu-pci,addr=2$viommu")
	case $port in
	acs) qemu+=(-device "pcie-root-port,id=rp,chassis=1,slot=1,addr=3") ;;
	no-acs) qemu+=(-device "pcie-root-port,id=rp,chassis=1,slot=1,addr=3,disable-acs=on") ;;
	'') ;;
	*) die "'$port' is neither acs nor no-acs" ;;
	esac
	for device in ${devices[@]+"${devices[@]}"}; do
		case $device in
		*,addr=* | *,bus=*) ;;
		*) device="$device,addr=$slot"; slot=$((slot + 1)) ;;
		esac
		qemu+=(-device "vfio-pci,host=$device")
	done
	qemu+=(${extra[@]+"${extra[@]}"})
}

main() {
	parse_options "$@"
	[ -s "$guest/vmlinux" ] || die "there is no kernel for the guest: run guest-kernel.sh"
	rm -f "$dir/$name".mon.in "$dir/$name".mon.out
	mkfifo "$dir/$name.mon.in" "$dir/$name.mon.out"
	: > "$dir/$name.log"
	machine_options
	device_options
	"${qemu[@]}" < /dev/null > /dev/null 2> "$dir/$name.err" 9>&- &
	echo $!
}

main "$@"
