#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make QEMU's edu device (docs/specs/edu.rst) read memory: edu-dma.py BDF IOVA...

The device may belong to any driver that leaves it alone. Its addresses have 28 bits."""
import mmap
import os
import struct
import sys
import time

DMA_SOURCE, DMA_DESTINATION, DMA_COUNT, DMA_COMMAND = 0x80, 0x88, 0x90, 0x98
DMA_START = 1
BUFFER = 0x40000            # the device's own
COMMAND, MEMORY, BUS_MASTER = 4, 2, 4


def enable(device):
    """Let it answer and be a bus master."""
    fd = os.open(device + "/config", os.O_RDWR)
    (command,) = struct.unpack("<H", os.pread(fd, 2, COMMAND))
    os.pwrite(fd, struct.pack("<H", command | MEMORY | BUS_MASTER), COMMAND)
    os.close(fd)


def main():
    device = "/sys/bus/pci/devices/" + sys.argv[1]
    enable(device)
    fd = os.open(device + "/resource0", os.O_RDWR | os.O_SYNC)
    bar = mmap.mmap(fd, 4096)

    def write(register, value):
        bar[register:register + 4] = struct.pack("<I", value)

    for iova in sys.argv[2:]:
        write(DMA_SOURCE, int(iova, 0))
        write(DMA_DESTINATION, BUFFER)
        write(DMA_COUNT, 16)
        write(DMA_COMMAND, DMA_START)
        # The device starts 100 ms later, and takes nothing new until it is done.
        while struct.unpack("<I", bar[DMA_COMMAND:DMA_COMMAND + 4])[0] & DMA_START:
            time.sleep(0.02)


main()
