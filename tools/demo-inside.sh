#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of the demo that runs inside the lab VM; see demo.sh.
set -eu
. tools/lab/guest.sh
export PATH=$PWD/build:$PWD/build/tools:$PATH

attached() { grep -q 'attached by' /tmp/trace.err; }

wait_for() {
	local i
	for i in $(seq 600); do
		if "$@"; then return 0; fi
		sleep 0.1
	done
	echo 'demo: gave up waiting' >&2
	return 1
}

# What a guest does that believes in 64 bits: a few maps low, then from the top down.
guest_requests() {
	cat <<-'EOF'
	attach 1 00:03.0
	map 1 0x10000000 0x200000 0x100000
	map 1 0x7ffffff000 0x1000 0x400000
	map 1 0x8000000000 0x1000 0x500000
	maps 1 0xffff00000000 0x10000 0x4000 8 0x600000
	map 1 0xfffffffffffff000 0x1000 0x700000
	EOF
}

echo "demo: this host is $(uname -r); its device goes to vfio-pci"
lab_vfio_modules
read -r device group < <(lab_bind 1234:11e8)
echo
echo '# viommu-trace --vm guest1'
viommu-trace -v --vm guest1 > >(grep --line-buffered '') 2> /tmp/trace.err &
tracer=$!
wait_for attached
echo "demo: starting QEMU as guest1: virtio-iommu of 64 bits, device $device (group $group)"
qemu=$(tools/lab/qemu-guest.sh guest1 --device "$device" --aw-bits 64)
guest_requests | viommu-drive --socket /tmp/guest1.sock --wait 30 > /tmp/requests
sleep 2.5
echo
echo "demo: what the guest was told: $(jq -r .status /tmp/requests | sort | uniq -c | xargs)"
echo 'demo: what QEMU wrote to its log:'
grep -m 3 'dma_map' /tmp/guest1.err | sed 's/^/    /'
echo '    ...'
echo
echo '# Ctrl-C'
kill -INT "$tracer"
wait "$tracer"
kill "$qemu"
