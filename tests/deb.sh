#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages have all that is made to be installed, where it belongs, and what is in them runs:
# tests/deb.sh FOLDER-OF-PACKAGES
set -u
cd "$(dirname "$0")/.." || exit 1
debs=$1
. tests/lib.sh
trace=$(echo "$debs"/viommu-trace_*.deb)
guard=$(echo "$debs"/viommu-guard-dkms_*.deb)

# Unpacked with dpkg's own extraction; installed into a root folder the scripts would need a system.
unpacks() { dpkg-deb -x "$trace" "$work/root" && dpkg-deb -x "$guard" "$work/root"; }

# Each file of dist/ is somewhere in the packages, compressed or not, by its own name; completions
# by that of their program.
all_of_dist() {
	local file name missing=0
	find "$work/root" -type f -printf '%f\n' | sed 's/\.gz$//' >"$work/have"
	for file in $(git ls-files -co --exclude-standard dist 2>/dev/null || find dist -type f) ${PLANT:-}; do
		case $file in
		dist/debian/* | dist/images/*) continue ;;
		esac
		[ -e "$file" ] || [ "$file" = "${PLANT:-}" ] || continue
		name=$(basename "$file" .bash)
		[ "$file" != dist/sysusers.d/viommu.conf ] && [ "$file" != dist/tmpfiles.d/viommu.conf ] ||
			{ [ -s "$work/root/usr/lib/${file#dist/}" ] || { echo "no $file"; missing=1; }; continue; }
		grep -qx "$name" "$work/have" || { echo "no $file"; missing=1; }
	done
	[ "$(wc -l <"$work/have")" -gt 20 ] && [ "$missing" -eq 0 ]
}

a_missing_file_is_seen() { ! PLANT=dist/prometheus/forgotten.yml all_of_dist; }

# What make install gives is what the package has, but for debhelper's compression and documents.
same_as_install() {
	dpkg-deb -c "$trace" | awk '$1 !~ /^d/ { print $6 }' | sed 's,^\./,,; s/\.gz$//' |
		grep -v '^usr/share/doc/' | sort >"$work/packed"
	(cd "$debs/src" && make -s O=build DESTDIR="$work/installed" PREFIX=/usr \
		UNITDIR=/lib/systemd/system install) || return 1
	(cd "$work/installed" && find . ! -type d | sed 's,^\./,,' | sort) >"$work/installs"
	diff "$work/installs" "$work/packed"
}

programs_run() {
	local program
	for program in viommu-trace viommuctl viommud; do
		"$work/root/usr/bin/$program" --version || return 1
	done
}

# A server among them: position-independent, nothing writable after the start that need not be.
programs_are_hardened() {
	local program
	for program in "$work"/root/usr/bin/*; do
		readelf -d "$program" | grep -q 'BIND_NOW' && readelf -d "$program" | grep -q 'PIE' &&
			readelf -W --dyn-syms "$program" | grep -q '__stack_chk_fail' ||
			{ echo "$program is not"; return 1; }
	done
}

# Units start what is in the package.
units_find_programs() {
	local program found=0
	for program in $(sed -n 's/^Exec[A-Za-z]*=[-+]*\(\/[^ ]*viommu[^ ]*\).*/\1/p' \
		"$work"/root/lib/systemd/system/*.service); do
		[ -x "$work/root$program" ] || { echo "no $program"; return 1; }
		found=$((found + 1))
	done
	[ "$found" -ge 2 ]
}

manuals_are_shown() {
	local page pages=0
	for page in "$work"/root/usr/share/man/man?/*.gz; do
		zcat "$page" | mandoc -Tascii >"$work/page" && [ -s "$work/page" ] || return 1
		pages=$((pages + 1))
	done
	[ "$pages" -ge 4 ]
}

# Owned by root, nothing that others may write, nothing set-uid.
modes_are_right() {
	dpkg-deb -c "$trace" >"$work/list" && dpkg-deb -c "$guard" >>"$work/list" || return 1
	! awk '$2 != "root/root" || ($1 !~ /^l/ && $1 ~ /^.....w|^........w|s|t/) { print; bad = 1 }
		END { exit bad }' "$work/list" && return 1
	return 0
}

# Each library that a program is linked with is of a package that is asked for.
depends_are_named() {
	local library package found=0
	for library in $(readelf -d "$work"/root/usr/bin/* | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u); do
		package=$(dpkg -S "*/$library" | sed -n "s/^\([^ :]*\):$(dpkg --print-architecture):.*/\1/p" |
			head -n 1)
		[ -n "$package" ] && dpkg-deb -f "$trace" Depends | grep -qE "(^| )$package( |,|\$)" ||
			{ echo "no ${package:-package of} $library"; return 1; }
		found=$((found + 1))
	done
	[ "$found" -ge 10 ]
}

# Who maintains a package can be told when it is built.
maintainer_is_named() {
	local maintainer
	maintainer=$(dpkg-deb -f "$trace" Maintainer)
	[ "$maintainer" = "${DEBFULLNAME:-viommu-trace} <${DEBEMAIL:-root@localhost}>" ] &&
		[ "$maintainer" = "$(dpkg-deb -f "$guard" Maintainer)" ]
}

# The scripts of the packages make the user, and give the module to DKMS.
scripts_are_there() {
	dpkg-deb -e "$trace" "$work/trace" && dpkg-deb -e "$guard" "$work/guard" &&
		grep -q 'systemd-sysusers' "$work/trace/postinst" &&
		grep -q 'systemd-tmpfiles' "$work/trace/postinst" &&
		grep -q 'dkms' "$work/guard/postinst" && grep -q 'dkms' "$work/guard/prerm"
}

# What runs does so after an upgrade, by the new program, and not when the package is gone.
upgrade_restarts() {
	! grep -qs 'deb-systemd-invoke stop' "$work/trace/preinst" &&
		grep -q '_dh_action=restart' "$work/trace/postinst" &&
		grep -q 'deb-systemd-invoke stop.*viommud.service' "$work/trace/prerm"
}

purge_removes_the_history() {
	sh -n "$work/trace/postrm" && grep -q 'rm -rf /var/lib/viommu$' "$work/trace/postrm"
}

# DKMS gets all that the module is built from: it is built from nothing else, for a lab kernel.
module_sources_suffice() {
	local src kernel
	src=$(echo "$work"/root/usr/src/viommu-guard-*)
	[ -s "$src/dkms.conf" ] && [ "$(echo "$src" | sed 's/.*-//')" = "$(dpkg-deb -f "$guard" Version)" ] ||
		return 1
	kernel=$(tools/lab/headers.sh 6.12) || return 1
	make -s -C "$kernel" M="$src" CONFIG_DEBUG_INFO_BTF_MODULES= modules && [ -s "$src/viommu_guard.ko" ]
}

test_that 'packages unpack' unpacks
test_that 'all of dist/ is in them' all_of_dist
test_that 'a file that is missing is noticed' a_missing_file_is_seen
test_that 'files are those of make install' same_as_install
test_that 'programs run' programs_run
test_that 'programs are hardened' programs_are_hardened
test_that 'units start what is there' units_find_programs
test_that 'manuals are shown' manuals_are_shown
test_that 'owners and modes' modes_are_right
test_that 'libraries are named' depends_are_named
test_that 'maintainer' maintainer_is_named
test_that 'scripts' scripts_are_there
test_that 'an upgrade starts anew what runs' upgrade_restarts
test_that 'purge' purge_removes_the_history
test_that 'the module builds from its package' module_sources_suffice
test_done deb
