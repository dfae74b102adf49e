# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# As the case units, with the Debian package installed by dpkg.
# In images of build machines this forbids that packages start and stop services.
rm -f /usr/sbin/policy-rc.d
units_package=$(echo "$PWD"/build/deb/viommu-trace_*.deb)
. tests/vm/cases/units.sh

deb_pids() { echo "$(unit viommud MainPID) $(unit viommud-server MainPID)"; }

deb_upgrade() {
	local before
	systemctl start viommud-server.socket $units
	units_await "upgrade" || return
	before=$(deb_pids)
	check "upgrade: by dpkg" dpkg --force-unsafe-io -i "$units_package"
	units_await "upgrade"
	check "upgrade: both are started anew" test "$before" != "$(deb_pids)"
}

deb_purge() {
	check "purge: by dpkg" dpkg --purge viommu-trace
	check_equal "purge: nothing runs" "inactive;inactive" "$(systemctl is-active $units | paste -sd ';')"
	check "purge: nothing of ours is left in the kernel" bpf_is_clean
	check_equal "purge: no history, no program, no unit" "" \
		"$(ls -d "$daemon_state" /usr/bin/viommu* /lib/systemd/system/viommu* 2> /dev/null)"
	check "purge: the administrator's policies stay" test -e /etc/viommu/policy.d/50-vm.yaml
}

deb_upgrade
deb_purge
