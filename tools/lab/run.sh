#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boot a lab VM and run a command in it, as root, on the build machine's own files:
#   tools/lab/run.sh [OPTIONS] -- CMD ARGS...
#   --kernel 6.1|6.12|7      the VM's kernel (6.12)
#   --iommu intel39|intel48|amd|virtio|virtio-part|none
#                            the VM's IOMMU (intel39); virtio-part has only what is plugged into
#                            bus=part.port behind it, so its driver can be unloaded
#   --smp N  --mem SIZE      CPUs (2), memory (1G)
#   --append "..."           more words for the kernel's command line
#   --device ARG             a PCI device, QEMU's -device; may be repeated (one edu, at 00:02.0)
#   --qemu "..."             more words for QEMU's command line; %o there is the folder for results
#   --modules "mod ..."      modules to load before the command runs
#   --systemd                systemd is the VM's first process, and the command one of its units
#   --icount                 one CPU that counts instructions: figures repeat exactly
#   --timeout S              give up after so many seconds (120)
#   --out DIR                folder for results, writable in the VM as $LAB_OUT (a temporary one)
#   --expect-splat           the run is right only if the kernel log shows a splat
# The command sees the build machine's root file system; what it writes outside $LAB_OUT is lost.
# Its output appears here as it comes; the kernel's goes to DIR/console.log.
# Exit status: the command's; 123 the kernel log shows a splat (or, with --expect-splat, none);
# 124 timeout; 125 the VM cannot start, panicked or vanished.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

die() { echo "run.sh: $*" >&2; exit 125; }

kernel=6.12 iommu=intel39 smp=2 mem=1G append='' modules='' icount=no systemd='' timeout=120 out=''
expect='' more='' devices=() temporary=''

parse_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--icount) icount=yes; shift; continue ;;
		--systemd) systemd="lab.systemd=yes fstab=no systemd.show_status=no"; shift; continue ;;
		--expect-splat) expect=$1; shift; continue ;;
		--) shift; break ;;
		esac
		[ $# -ge 2 ] || die "option '$1' needs a value, and the command comes after --"
		case $1 in
		--kernel) kernel=$2 ;;
		--iommu) iommu=$2 ;;
		--smp) smp=$2 ;;
		--mem) mem=$2 ;;
		--append) append=$2 ;;
		--device) devices+=("$2") ;;
		--qemu) more=$2 ;;
		--modules) modules=$2 ;;
		--timeout) timeout=$2 ;;
		--out) out=$2 ;;
		*) die "unknown option '$1'" ;;
		esac
		shift 2
	done
	[ $# -gt 0 ] || die "no command given"
	[ ${#devices[@]} -gt 0 ] || devices=(edu)
	command=("$@")
}

prepare_out() {
	if [ -z "$out" ]; then
		mkdir -p "$top/build/lab"
		# Those of runs that failed stay for a day.
		find "$top/build/lab" -maxdepth 1 -name 'run.*' -mmin +1440 -exec rm -rf {} +
		out=$(mktemp -d "$top/build/lab/run.XXXXXX")
		temporary=$out
	fi
	mkdir -p "$out"
	out=$(cd "$out" && pwd)
	case $out$top in
	*[[:space:],]*) die "neither '$out' nor '$top' may have a space or a comma in its name" ;;
	esac
	(cd "$out" && rm -f .stdin .status .status.new .command console.log dmesg.log qemu.log tainted)
}

# What runs in the VM; %q keeps every word as it is.
write_command() {
	{
		echo "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root"
		printf 'export LAB_KERNEL=%q LAB_IOMMU=%q LAB_OUT=%q\n' "$kernel" "$iommu" "$out"
		printf 'cd %q\n' "$top"
		[ -z "$modules" ] || echo "modprobe -a $modules || exit"
		printf 'exec'
		printf ' %q' "${command[@]}"
		echo
	} > "$out/.command"
}

# The lab's own devices sit in high slots, so that --device starts at 00:02.0.
iommu_options() {
	case $iommu in
	intel39 | intel48)
		qemu+=(-cpu max -device "intel-iommu,intremap=on,caching-mode=on,aw-bits=${iommu#intel}")
		append="intel_iommu=on $append" ;;
	amd) qemu+=(-cpu EPYC -device "amd-iommu,intremap=off") ;;
	virtio | virtio-part)
		[ "$kernel" != 6.1 ] || die "kernel 6.1 has no virtio-iommu driver"
		qemu+=(-cpu max -device "virtio-iommu-pci,aw-bits=64,addr=0x1b")
		[ "$iommu" = virtio ] || qemu+=(-machine "default-bus-bypass-iommu=on") ;;
	none) qemu+=(-cpu max) ;;
	*) die "unknown IOMMU '$iommu'" ;;
	esac
}

accel_options() {
	if [ "$icount" = yes ]; then
		qemu+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -smp 1)
	else
		qemu+=(-accel "tcg,thread=multi" -smp "$smp")
	fi
}

qemu_options() {
	local device boot=$top/build/kernels/$kernel slot=2
	qemu=(qemu-system-x86_64 -name lab -M "q35,kernel-irqchip=split" -m "$mem"
		-no-user-config -nodefaults -display none -no-reboot -serial "file:$out/console.log")
	iommu_options
	accel_options
	qemu+=(-kernel "$boot/vmlinux" -initrd "$(bash "$here/initramfs.sh" "$kernel")"
		-append "console=ttyS0 panic=-1 no_timer_check lab.top=$top lab.out=$out lab.kernel=$kernel $systemd $append"
		-fsdev "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"
		-device "virtio-9p-pci,fsdev=root,mount_tag=root,addr=0x18"
		-fsdev "local,id=out,path=$out,security_model=none"
		-device "virtio-9p-pci,fsdev=out,mount_tag=out,addr=0x19"
		-chardev "stdio,id=output,signal=off"
		-device "virtio-serial-pci,addr=0x1a" -device "virtserialport,chardev=output")
	# After the lab's own devices, which would choose it for their bus.
	[ "$iommu" != virtio-part ] || qemu+=(-device "pxb-pcie,id=part,bus_nr=16,addr=0x1c"
		-device "pcie-root-port,id=part.port,bus=part,chassis=1,slot=1")
	read -r -a more <<< "${more//%o/$out}"
	qemu+=("${more[@]}")
	for device in "${devices[@]}"; do
		case $device in
		*addr=*) ;;
		*) device="$device,addr=$(printf '0x%x' $slot)"; slot=$((slot + 1)) ;;
		esac
		qemu+=(-device "$device")
	done
}

# Whatever ends this script, even SIGKILL, ends the VM: the kernel passes it on.
# QEMU's standard input never ends, since at its end QEMU would also close the output.
boot() {
	mkfifo "$out/.stdin"
	exec 3<> "$out/.stdin"
	rm "$out/.stdin"
	setpriv --pdeathsig TERM timeout -k 2 "$timeout" setpriv --pdeathsig KILL "${qemu[@]}" \
		<&3 2> "$out/qemu.log" &
	vm=$!
	trap 'kill "$vm" 2>/dev/null; wait "$vm" 2>/dev/null; exit 130' INT TERM HUP
	vm_status=0
	wait "$vm" || vm_status=$?
	trap - INT TERM HUP
}

tell_death() {
	echo "run.sh: $1; the ends of $out/console.log and qemu.log:" >&2
	tail -q -n 15 "$out/console.log" "$out/qemu.log" >&2 || true
}

check_log() {
	# shellcheck disable=SC2086 # $expect is one option or none
	"$here/logcheck.sh" $expect "$out/console.log" "$(cat "$out/tainted" 2>/dev/null || echo 0)"
}

# Why there is no status from the command.
explain_death() {
	if [ "$vm_status" -eq 124 ] || [ "$vm_status" -eq 137 ]; then
		tell_death "timeout: the VM was not done after $timeout s"
		return 124
	fi
	# A panic can be what is expected.
	[ -z "$expect" ] || return 0
	if grep -q -a 'Kernel panic - not syncing' "$out/console.log" 2>/dev/null; then
		tell_death "the VM's kernel panicked"
	else
		tell_death "the VM ended before its command did"
	fi
	return 125
}

result() {
	local status=0 log_status=0
	if [ -s "$out/.status" ]; then
		status=$(cat "$out/.status")
	else
		explain_death || status=$?
	fi
	check_log || log_status=123
	[ "$status" -ne 0 ] || status=$log_status
	[ "$status" -ne 0 ] || [ -z "$temporary" ] || rm -rf "$temporary"
	return "$status"
}

main() {
	parse_options "$@"
	bash "$here/kernel.sh" "$kernel" >&2 || die "no kernel '$kernel'"
	prepare_out
	write_command
	qemu_options
	boot
	result
}

# In braces: bash reads all of it before it runs, so that editing this file harms no run.
{ main "$@"; exit; }
