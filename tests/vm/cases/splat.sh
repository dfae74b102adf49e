# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Passes, but the kernel complains meanwhile: tests/vm/splat.sh looks what becomes of such a row.

check "splat: the kernel complains and goes on" bash tools/lab/splat.sh hung
