#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inside the lab VM: make the kernel complain for real, for the test of logcheck.sh.
#   splat.sh hung|panic|taint
# Debian's kernels have no lkdtm. A writer on a frozen file system sleeps without being killable,
# which the kernel reports as a hung task; thawed, everything ends well.
set -eu

hung_task() {
	local image=/tmp/image mount=/tmp/mount
	echo 2 > /proc/sys/kernel/hung_task_timeout_secs
	modprobe -a loop ext4
	truncate -s 8M "$image"
	mkfs.ext4 -q "$image"
	mkdir "$mount"
	mount -o loop "$image" "$mount"
	fsfreeze -f "$mount"
	touch "$mount/file" &
	for _ in $(seq 100); do
		if dmesg | grep -q 'blocked for more than'; then
			break
		fi
		sleep 0.2
	done
	fsfreeze -u "$mount"
	wait
	umount "$mount"
}

case ${1:-} in
hung) hung_task ;;
panic) echo c > /proc/sysrq-trigger ;;
taint) echo 512 > /proc/sys/kernel/tainted ;; # W, which no process can take back
*) echo "usage: splat.sh hung|panic|taint" >&2; exit 2 ;;
esac
