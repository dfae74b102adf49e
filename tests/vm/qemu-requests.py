#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests to a QEMU's virtio-iommu and the host maps made for them, in one form, a line each:
    qemu-requests.py sent FILE          what viommu-drive sent, with the status it was answered
    qemu-requests.py told EVENTS VM     the same as the tracer tells it, in the order of the ids
    qemu-requests.py traced LOG         host maps by request, from QEMU's trace
    qemu-requests.py joined EVENTS VM   the same as the tracer joins them
    qemu-requests.py failed EVENTS VM   requests with pieces that failed: pieces, failed, the first"""
import json
import re
import struct
import sys

NAMES = {1: "attach", 2: "detach", 3: "map", 4: "unmap", 5: "probe"}
WIRE = struct.Struct("<BxxxIQQQI")


def span(first, last):
    return f"{first:#x}-{last:#x}"


def line(name, domain, endpoint, first, last, phys):
    """What makes a request what it is; the rest of the arguments does not matter to it."""
    if name == "probe":
        return f"probe {endpoint:#x}"
    if name in ("attach", "detach"):
        return f"{name} {domain} {endpoint:#x}"
    if name == "map":
        return f"map {domain} {span(first, last)} {phys:#x}"
    if name == "unmap":
        return f"unmap {domain} {span(first, last)}"
    return "other"


def from_raw(data):
    """A request given as bytes; what it lacks counts as 0."""
    kind, domain, first, last, phys, _ = WIRE.unpack(data[:WIRE.size].ljust(WIRE.size, b"\0"))
    endpoint = domain if kind == 5 else first & 0xffffffff
    return line(NAMES.get(kind, "other"), domain, endpoint, first, last, phys)


def sent(path):
    with open(path, encoding="ascii") as requests:
        for r in map(json.loads, requests):
            if "status" not in r:
                continue
            if r["op"] == "raw":
                text = from_raw(bytes.fromhex(r["data"]))
            else:
                text = line(r["op"], r.get("domain"), r.get("endpoint"),
                            int(r.get("virt_start", "0"), 0), int(r.get("virt_end", "0"), 0),
                            int(r.get("phys", "0"), 0))
            yield f"{text} {r['status'].lower()}"


def events_of(path, vm):
    with open(path, encoding="utf-8") as events:
        for e in map(json.loads, events):
            if e.get("vm") == vm:
                for _ in range(e.get("count", 1)):
                    yield e


def endpoint_number(name):
    match = re.fullmatch(r"0000:(\w\w):(\w\w)\.(\d)", str(name))
    if match:
        return int(match[1], 16) << 8 | int(match[2], 16) << 3 | int(match[3])
    return 0 if name in (None, "unknown") else int(str(name), 0)


def range_of(e):
    first = int(e.get("iova", "0"), 0)
    size = int(e.get("size", "1"), 0)
    return first, first + size - 1


def event_line(e):
    first, last = range_of(e)
    return line(e.get("request", "other"), e.get("viommu_domain"),
                endpoint_number(e.get("endpoint")), first, last, int(e.get("phys", "0"), 0))


def number_of(e):
    return int(e["parent"].split("-")[1])


def requests_of(path, vm):
    requests = [e for e in events_of(path, vm) if e["type"] == "request"]
    return sorted(requests, key=number_of)


def told(path, vm):
    number = 0
    for e in requests_of(path, vm):
        number += 1
        yield event_line(e) + f" {e['status']}" + ("" if number_of(e) == number else " id!")


def traced(path):
    request, maps = None, []
    with open(path, encoding="utf-8", errors="replace") as log:
        for text in log:
            match = re.match(r"virtio_iommu_(map|unmap|attach|detach) (.*)", text)
            if match:
                n = {k: int(v, 0) for k, v in re.findall(r"(\w+)=\s*(0x[0-9a-f]+|\d+)", match[2])}
                request = line(match[1], n["domain"], n.get("endpoint"), n.get("virt_start"),
                               n.get("virt_end"), n.get("phys_start"))
            match = re.match(r"vfio_iommu_map_notify iommu (\w+) @ (\w+) - (\w+)", text)
            if match:
                end = span(int(match[2], 0), int(match[3], 0)) if match[1] == "MAP" else match[2]
                maps.append([request, match[1].lower(), end, 0])
            match = re.search(r"dma_map\(\w+, (\w+), \w+, \w+\) = (-\d+)", text)
            if match and maps and maps[-1][2].startswith(match[1] + "-"):
                maps[-1][3] = int(match[2])
    for request, verb, where, result in maps:
        yield f"{request} -> {verb} {where} {result}"


def joined(path, vm):
    lines = {e["parent"]: event_line(e) for e in requests_of(path, vm)}
    for e in events_of(path, vm):
        if e["type"] in ("map", "unmap") and "parent" in e:
            where = span(*range_of(e)) if e["type"] == "map" else e["iova"]
            yield f"{lines.get(e['parent'])} -> {e['type']} {where} {e['result']}"


def failed(path, vm):
    for e in requests_of(path, vm):
        if e.get("failed"):
            yield (f"{event_line(e)} {e['status']} {e['pieces']} {e['failed']} {e['failed_iova']} "
                   f"{e['failed_size']} {e['result']} {e['severity']}")


def main():
    commands = {f.__name__: f for f in (sent, told, traced, joined, failed)}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    for text in commands[sys.argv[1]](*sys.argv[2:]):
        print(text)


main()
