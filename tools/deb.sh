#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Build the Debian packages: tools/deb.sh OUT VERSION
# The sources are copied first: debhelper writes beside them and wants debian/ at their top.
# Who builds them maintains them: DEBFULLNAME and DEBEMAIL, as for all of Debian's tools.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
out=$1 version=$2
export MAINTAINER="${DEBFULLNAME:-viommu-trace} <${DEBEMAIL:-root@localhost}>"

# The time of the last change makes two builds of one commit the same.
changelog() {
	local when
	when=$(git -C "$top" log -1 --format=%cD 2>/dev/null || date -R)
	printf 'viommu-trace (%s) unstable; urgency=medium\n\n  * Built from source.\n\n' "$version"
	printf ' -- %s  %s\n' "$MAINTAINER" "$when"
}

copy_sources() {
	rm -rf "$out/src"
	mkdir -p "$out/src"
	cd "$top"
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard -z
	else
		find . -path ./build -prune -o -type f -print0
	fi | tar -c --null --files-from - --ignore-failed-read 2>/dev/null | tar -x -C "$out/src"
	cp -r dist/debian "$out/src/debian"
	awk '/^Maintainer:/ { $0 = "Maintainer: " ENVIRON["MAINTAINER"] } 1' dist/debian/control \
		>"$out/src/debian/control"
	changelog >"$out/src/debian/changelog"
}

mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/*.deb
copy_sources
cd "$out/src"
# Build-Depends are tools/setup.sh's: it takes newer ones than Debian 12 has.
dpkg-buildpackage -d -b -us -uc -rfakeroot >"$out/log" 2>&1 || {
	tail -n 30 "$out/log" >&2
	echo "deb: dpkg-buildpackage failed; all of it is in $out/log" >&2
	exit 1
}
ls "$out"/*.deb
