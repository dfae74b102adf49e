# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced: apt with the machine's own sources plus other suites of the same archive; the package
# lists lie in a folder of our own ($apt_state, set by whoever sources this), so that neither the
# machine's apt configuration nor its package lists are touched. No mirror is named anywhere: the
# one that this machine is configured with is used.

# The archive (not the security one) that apt is configured with.
apt_mirror() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk '$2 == "bookworm" { print $1; exit }'
}

# apt_private TOOL ARGS...: apt-get or apt-cache on the private lists.
apt_private() {
	apt_tool=$1
	shift
	"$apt_tool" -o Dir::Etc::SourceParts="$apt_state/sources" -o Dir::State::Lists="$apt_state/lists" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}

# apt_private_init SUITE...: the machine's sources plus these suites; reads their lists.
apt_private_init() {
	apt_uri=$(apt_mirror)
	[ -n "$apt_uri" ] || { echo "apt has no 'bookworm' source; this needs Debian 12" >&2; return 1; }
	mkdir -p "$apt_state/sources" "$apt_state/lists/partial"
	if [ -d /etc/apt/sources.list.d ]; then
		find /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) \
			-exec cp {} "$apt_state/sources/" \;
	fi
	cat > "$apt_state/sources/viommu-extra.sources" <<-EOT
	Types: deb
	URIs: $apt_uri
	Suites: $*
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	EOT
	apt_private apt-get -qq update
}
