# SPDX-License-Identifier: GPL-2.0
"""Where Xen puts the parts of dom0, worked out before it boots.

A scenario's map names places by them ("kernel.end-0x320000"), as sizes differ
between kernels. What Xen did in the end is in its log, see dom0_areas() of
scripts/scenario; the key "over" has the runner compare.
"""

import re
import struct
import subprocess

PAGE, MIB = 4096, 1 << 20
KERNEL_MAP = 0xffffffff80000000
PLACE = re.compile(r"\b(kernel|loaded|initrd)\.(start|end)(?:([+-])(0x[0-9a-f]+))?")


def kernel_range(vmlinux):
    """First and last byte + 1 of the segments that are loaded, by physical address."""
    with open(vmlinux, "rb") as file:
        header = file.read(64)
        offset, = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(offset)
        table = file.read(size * count)
    ends = []
    for i in range(count):
        kind, _, _, _, start, _, length, _ = struct.unpack_from("<IIQQQQQQ", table, i * size)
        if kind == 1:
            ends.append((start, start + length))
    return min(start for start, _ in ends), max(end for _, end in ends)


def own_end(vmlinux, loaded_end):
    """Where the kernel itself ends. Xen also loads what some configurations have after
    it (.init.scratch, with AMD_MEM_ENCRYPT), which is not in the way of anything."""
    done = subprocess.run(["nm", vmlinux], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    found = re.search(r"^([0-9a-f]{16}) \w _end$", done.stdout, re.M)
    return int(found[1], 16) - KERNEL_MAP if found else loaded_end


def align(value, to):
    """Up to a multiple of it."""
    return -(-value // to) * to


def initrd_start(kernel_end):
    """Behind the kernel: start info, page tables and stack, then at least 512 KiB, up to
    a multiple of 4 MiB (xen/arch/x86/pv/dom0_build.c). The initrd is not mapped."""
    end = align(kernel_end, 4 * MIB)
    while True:
        tables = end // (2 * MIB) + 3
        stack_end = align(kernel_end, PAGE) + (1 + tables + 1) * PAGE
        if stack_end + MIB // 2 <= end:
            return end
        end += 4 * MIB


def places(vmlinux, initrd):
    """{(part, side): address} for this kernel and this initrd."""
    start, end = kernel_range(vmlinux)
    initrd_at = initrd_start(end)
    return {("kernel", "start"): start, ("kernel", "end"): align(own_end(vmlinux, end), PAGE),
            ("loaded", "end"): align(end, PAGE),
            ("initrd", "start"): initrd_at,
            ("initrd", "end"): initrd_at + align(initrd.stat().st_size, PAGE)}


def resolve(text, known):
    """The same, with addresses instead of places."""
    def address(match):
        part, side, sign, offset = match.groups()
        return hex(known[part, side] + int(f"{sign or '+'}{offset or '0'}", 0))
    return PLACE.sub(address, text)


def resolve_all(value, known):
    """The same in all strings of it. One that is a place and nothing else becomes a number."""
    if isinstance(value, dict):
        return {key: resolve_all(part, known) for key, part in value.items()}
    if isinstance(value, list):
        return [resolve_all(part, known) for part in value]
    if not isinstance(value, str):
        return value
    text = resolve(value, known)
    return int(text, 0) if PLACE.fullmatch(value) else text
