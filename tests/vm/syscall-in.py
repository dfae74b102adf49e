#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make system calls in the name of another process: syscall-in.py PID CALL... (x86-64, as root).

What a sandbox allows is what the kernel answers to the process that is in it. A CALL is one of the
names below with its argument; prints "NAME:ok" or "NAME:ERRNO" of each. The process is stopped
meanwhile and goes on as it was.
"""
import ctypes
import errno
import os
import sys

ATTACH, DETACH, PEEK, POKE, STEP, GETREGS, SETREGS = 16, 17, 1, 4, 9, 12, 13
CALLS = {"socket": 41, "connect": 42, "execve": 59, "openat": 257, "bpf": 321, "close": 3}
AT_FDCWD = (1 << 64) - 100
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
             "fs_base gs_base ds es fs gs").split()


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in REGISTERS]


libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, address=0, data=0):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, address, data)
    if ctypes.get_errno():
        raise OSError(ctypes.get_errno(), "ptrace %d" % request)
    return result & ((1 << 64) - 1)


def call_make(pid, before, number, arguments):
    """The instruction before the place where the process waits in a call is a syscall."""
    registers = Registers.from_buffer_copy(before)
    registers.rip = before.rip - 2
    registers.rax = number
    registers.orig_rax = (1 << 64) - 1
    for name, value in zip(("rdi", "rsi", "rdx", "r10"), arguments):
        setattr(registers, name, value)
    ptrace(SETREGS, pid, 0, ctypes.addressof(registers))
    ptrace(STEP, pid)
    os.waitpid(pid, 0)
    ptrace(GETREGS, pid, 0, ctypes.addressof(registers))
    return ctypes.c_int64(registers.rax).value


def text_write(pid, address, text):
    data = text.encode() + b"\0" * (8 - len(text) % 8)
    for i in range(0, len(data), 8):
        ptrace(POKE, pid, address + i, int.from_bytes(data[i:i + 8], "little"))


def arguments_of(name, argument, buffer):
    return {
        "openat": (AT_FDCWD, buffer, os.O_RDONLY | os.O_CLOEXEC, 0),
        "execve": (buffer, 0, 0, 0),
        "socket": (int(argument) if name == "socket" else 0, 1, 0, 0),
        "connect": (0, buffer, 16, 0),
        "bpf": (0, buffer, 0, 0),
    }[name]


def main():
    pid = int(sys.argv[1])
    before = Registers()
    ptrace(ATTACH, pid)
    os.waitpid(pid, 0)
    ptrace(GETREGS, pid, 0, ctypes.addressof(before))
    if ptrace(PEEK, pid, before.rip - 2) & 0xffff != 0x050f:
        sys.exit("syscall-in.py: the process does not wait in a system call")
    buffer = (before.rsp - 4096) & ~15
    for line in sys.argv[2:]:
        name, _, argument = line.partition(" ")
        text_write(pid, buffer, argument)
        result = call_make(pid, before, CALLS[name], arguments_of(name, argument, buffer))
        print("%s:%s" % (name, "ok" if result >= 0 else errno.errorcode[-result]), flush=True)
        if name in ("openat", "socket") and result >= 0:
            call_make(pid, before, CALLS["close"], (result, 0, 0, 0))
    ptrace(SETREGS, pid, 0, ctypes.addressof(before))
    ptrace(DETACH, pid)


main()
