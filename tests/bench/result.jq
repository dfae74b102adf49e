# SPDX-License-Identifier: GPL-2.0-or-later
# The result from $rows (run.sh), $runs (inside.sh), $kernel and, as inputs, the programs' own
# times. The least of the repeated runs counts: what disturbs one (a timer, a kernel thread) only
# ever adds.
def words: split("\n") | map(select(. != "") | [scan("\\S+")]);
def lengths($row; $size):
	$runs | words | map(select(.[0] == $row and .[1] == $size) | map(tonumber? // .)) |
	group_by(.[2]) | map({ pairs: .[0][2], ns: (map(.[3]) | min) });
def per_pair($row; $size):
	lengths($row; $size) | (.[1].ns - .[0].ns) / (.[1].pairs - .[0].pairs) | round;
def added($base): (. - $base) / $base * 1000 | round / 10;

[inputs] as $programs | per_pair("none"; "4K") as $small | per_pair("none"; "2M") as $large |
{ kernel: $kernel,
  rows: ($rows | words | map(
	.[0] as $row | per_pair($row; "4K") as $n | per_pair($row; "2M") as $m |
	{ row: $row, what: .[2:] | join(" "), target_percent: (.[1] | tonumber? // null),
	  instructions_4k: $n, added_percent_4k: ($n | added($small)),
	  instructions_2m: $m, added_percent_2m: ($m | added($large)),
	  programs: [$programs[] | select(.row == $row) | del(.row)] })) }
