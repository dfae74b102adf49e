#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real VM with the problem, explained by viommu-trace: boots a lab VM that plays a host whose IOMMU
# translates 39 bits, and in it a real QEMU named guest1 with a virtio-iommu of 64 bits and an
# assigned device. `make demo` builds what is needed and runs this.
set -eu
cd "$(dirname "$0")/.."

echo 'demo: fetching a Debian kernel for the lab VM (once)'
tools/lab/kernel.sh 6.12 > /dev/null
echo 'demo: booting a host whose IOMMU translates 39 bits (a VM, emulated: no hardware needed)'
exec tools/lab/run.sh --kernel 6.12 --iommu intel39 --mem 2G --timeout 120 -- tools/demo-inside.sh
