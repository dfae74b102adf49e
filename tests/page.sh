#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Show the pages of viommud to a browser: tests/page.sh PATH/TO/test_page [FOLDER FOR PICTURES]
# On a phone and on a desk nothing is wider than the window, whatever a VM's name is. With a folder,
# pictures of the pages, light and dark, are left there to look at.
set -eu
test_page=$1 pictures=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

browse() {
	timeout 120 chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$work/profile" "$@" 2> "$work/chromium.log"
}

# The page in a frame of that width, and a script beside it that measures; pages have none.
frame() {
	python3 - "$1" "$2" <<-'END'
	import html, sys
	page = open(sys.argv[1], encoding="utf-8").read()
	print(f"""<!DOCTYPE html><body><iframe width="{sys.argv[2]}" height="900" style="border:0"
	srcdoc="{html.escape(page)}"></iframe><script>
	onload = () => {{
		const root = document.querySelector("iframe").contentDocument.documentElement;
		document.body.innerHTML = "<p>wide=" + root.scrollWidth + " high=" + root.scrollHeight;
	}};
	</script>""")
	END
}

fits() {
	local page=$1 width=$2 wide
	frame "$page" "$width" > "$work/frame.html"
	wide=$(browse --dump-dom "file://$work/frame.html" | sed -n 's/.*wide=\([0-9]*\) high=[0-9]\{3,\}.*/\1/p')
	if [ -z "$wide" ] || [ "$wide" -gt "$width" ]; then
		echo "$(basename "$page"): ${wide:-not shown, not measured} in a window of $width"
		return 1
	fi
}

picture() {
	local page=$1 name=$2
	shift 2
	browse --screenshot="$pictures/$name.png" "$@" "file://$page" > /dev/null
}

PAGE_OUT=$work "$test_page" > /dev/null 2>&1
status=0
for page in "$work"/{host,vm,hostile}.html; do
	for width in 360 800 1280; do
		fits "$page" "$width" || status=1
	done
	[ -n "$pictures" ] || continue
	name=$(basename "$page" .html)
	picture "$page" "$name-light" --window-size=1100,1800
	picture "$page" "$name-dark" --window-size=1100,1800 --blink-settings=preferredColorScheme=0
	picture "$page" "$name-phone" --window-size=500,2400
done
[ "$status" -ne 0 ] || echo "pages fit: 3 pages, 3 widths"
exit "$status"
