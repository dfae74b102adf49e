# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A kernel without a virtio-iommu driver: who asks for the guest's side is told.
none_said() { "$trace_bin" --source guest --duration 1 2>&1 | grep -q 'has no virtio-iommu driver'; }

check_fails "guest: no driver in this kernel: exit status" 3 "$trace_bin" --source guest --duration 1
check "guest: no driver in this kernel: says so" none_said
