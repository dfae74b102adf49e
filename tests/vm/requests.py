#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests to a virtio-iommu in one form, a line each, in their order:
    requests.py qemu LOG      what QEMU accepted, from its trace
    requests.py trace EVENTS  what the tracer in the guest told of, status ok"""
import json
import re
import sys

PROPERTY = re.compile(r"virtio_iommu_(\w+) (.*)")
READ, WRITE = 1, 2      # VIRTIO_IOMMU_MAP_F_*


def numbers(text):
    """domain=6 virt_start=0x0: the numbers by name."""
    return {name: int(value, 0) for name, value in re.findall(r"(\w+)=\s*(0x[0-9a-f]+|\d+)", text)}


def qemu_line(kind, n):
    if kind == "map":
        size = n["virt_end"] - n["virt_start"] + 1
        prot = ("r" if n["flags"] & READ else "") + ("w" if n["flags"] & WRITE else "")
        return (f"map {n['domain']} {n['virt_start']:#x} {size:#x} {n['phys_start']:#x} "
                f"{prot or '-'}")
    if kind == "unmap":
        return f"unmap {n['domain']} {n['virt_start']:#x} {n['virt_end'] - n['virt_start'] + 1:#x}"
    if kind == "fill_resv_property":    # the devices of the lab have one each
        return f"probe {n['dev']:#x}"
    return f"{kind} {n['domain']} {n['endpoint']:#x}"


def from_qemu(path):
    with open(path, encoding="ascii") as log:
        for line in log:
            match = PROPERTY.search(line)
            if match:
                yield qemu_line(match[1], numbers(match[2]))


def endpoint_number(name):
    """A PCI device's number is its bus, device and function."""
    match = re.fullmatch(r"0000:(\w\w):(\w\w)\.(\d)", name)
    if not match:
        return int(name, 0)
    return int(match[1], 16) << 8 | int(match[2], 16) << 3 | int(match[3])


def trace_line(event):
    kind = event["request"]
    if kind == "map":
        return (f"map {event['viommu_domain']} {event['iova']} {event['size']} {event['phys']} "
                f"{event['prot']}")
    if kind == "unmap":
        return f"unmap {event['viommu_domain']} {event['iova']} {event['size']}"
    number = endpoint_number(event["endpoint"])
    if kind == "probe":
        return f"probe {number:#x}"
    return f"{kind} {event['viommu_domain']} {number:#x}"


def from_trace(path):
    with open(path, encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            if event["type"] == "request" and event["status"] == "ok":
                yield from [trace_line(event)] * event["count"]


for found in {"qemu": from_qemu, "trace": from_trace}[sys.argv[1]](sys.argv[2]):
    print(found)
