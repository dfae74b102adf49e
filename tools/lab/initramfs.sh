#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Print the path of the lab VM's initramfs for an unpacked kernel, building it when it is not there:
#   tools/lab/initramfs.sh 6.1|6.12|7
# It holds busybox, tools/lab/init and the modules that reach the build machine's file system; it is
# kept in build/lab under the ABI and a hash of what goes into it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
modules='virtio_pci virtio_console 9pnet_virtio 9p overlay'
# Where it is the VM's own IOMMU, every other device waits for it. Linux 6.1 has none for x86.
optional=virtio_iommu

# The files of the modules in the order of insertion; what is built in is left out.
module_files() {
	local module
	{
		for module in $modules; do
			modprobe -d "$1" -S "$2" --show-depends "$module"
		done
		modprobe -q -d "$1" -S "$2" --show-depends "$optional" || true
	} | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

copy_modules() {
	local file name
	module_files "$1" "$2" | while read -r file; do
		name=$(basename "$file" .xz)
		case $file in
		*.xz) xz -d -c "$file" > "$3/modules/$name" ;;
		*) cp "$file" "$3/modules/$name" ;;
		esac
		echo "$name" >> "$3/modules/order"
	done
}

build() {
	local kernel=$1 abi=$2 image=$3 work
	work=$(mktemp -d)
	mkdir -p "$work/bin" "$work/modules"
	cp /bin/busybox "$work/bin/busybox"
	cp "$here/init" "$work/init"
	chmod 755 "$work/init"
	copy_modules "$kernel" "$abi" "$work"
	(cd "$work" && find . | cpio --quiet -o -H newc -R 0:0) > "$image.$$"
	mv "$image.$$" "$image"
	# Older ones are of no use, but a VM may just be starting from one.
	find "$top/build/lab" -name "initramfs-$abi-*" -mmin +60 -delete
	rm -rf "$work"
}

main() {
	local kernel=$top/build/kernels/$1 abi hash image
	abi=$(cat "$kernel/release")
	hash=$(cat "$here/init" "$here/initramfs.sh" | sha256sum | cut -c 1-12)
	image=$top/build/lab/initramfs-$abi-$hash.cpio
	mkdir -p "$top/build/lab"
	[ -s "$image" ] || build "$kernel" "$abi" "$image"
	echo "$image"
}

main "$@"
