#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What viommud's server allows itself (server_calls) its unit has to allow, too:
tests/units-calls.py UNIT SOURCE"""
import re
import subprocess
import sys


def expand(name):
    """Calls of a set as this systemd has it; a call is a set of one."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True,
                          capture_output=True, text=True).stdout
    words = [line.strip() for line in text.splitlines()[1:] if not line.strip().startswith("#")]
    return set().union(*(expand(word) for word in words if word))


def allowed(unit):
    """As systemd.exec(5) has it: the first line says what the list is, others add or take away."""
    calls = set()
    for value in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        named = set().union(*(expand(word) for word in value.lstrip("~").split()))
        calls = calls - named if value.startswith("~") else calls | named
    return calls


def main():
    unit, source = (open(path, encoding="utf-8").read() for path in sys.argv[1:3])
    table = re.search(r"server_calls\[\] = \{(.*?)\};", source, re.S).group(1)
    needed = set(re.findall(r"SCMP_SYS\((\w+)\)", table))
    missing = needed - allowed(unit)
    if len(needed) < 50 or missing:
        sys.exit(f"{sys.argv[1]}: forbids what the server needs: {' '.join(sorted(missing)) or '?'}")


main()
