# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# As the case units, with the Debian package installed by dpkg.
units_package=$(echo "$PWD"/build/deb/viommu-trace_*.deb)
. tests/vm/cases/units.sh
