# SPDX-License-Identifier: GPL-2.0
"""Real memory maps, and the forms in which machines tell them."""

import io
import json
import pathlib
import tarfile

TOP = pathlib.Path(__file__).resolve().parents[3]
# Those that the kernel's suites have, and all the others
MAPS = (TOP / "kunit/e820-maps.json", TOP / "tools/testing/p2m/e820-maps.json")

# As the resource tree and /sys/firmware/memmap call what dmesg calls otherwise
RESOURCE_NAMES = {
    "usable": "System RAM", "reserved": "Reserved", "ACPI data": "ACPI Tables",
    "ACPI NVS": "ACPI Non-volatile Storage", "unusable": "Unusable memory",
    "persistent (type 7)": "Persistent Memory",
    "persistent (type 12)": "Persistent Memory (legacy)",
    "soft reserved": "Soft Reserved",
}


def machines():
    """All real maps, by name."""
    maps = [machine for path in MAPS for machine in json.loads(path.read_text(encoding="utf-8"))]
    return sorted(maps, key=lambda machine: machine["name"])


def spans(machine):
    """The map as numbers, end exclusive."""
    return [(int(start, 16), int(end, 16), kind) for start, end, kind in machine["e820"]]


def pci_lines(machine):
    """Apertures and BARs as the kernel of today logs them."""
    for start, end in machine.get("windows", []):
        yield (f"pci_bus 0000:00: root bus resource "
               f"[mem {int(start, 16):#010x}-{int(end, 16) - 1:#010x} window]")
    for device, start, end, what in machine.get("bars", []):
        words = what.split()
        if words[0] == "reg":
            yield (f"pci {device}: reg {words[1]}: [mem {int(start, 16):#010x}-"
                   f"{int(end, 16) - 1:#010x}{' ' if words[2:] else ''}{' '.join(words[2:])}]")


def lines(machine, header, form, last=1):
    """The map as lines: first byte, and the last one or the one after it."""
    return [header] + [form.format(start, end - last, kind) for start, end, kind in spans(machine)]


def dmesg_new(machine):
    """dmesg since Linux 3.5: last byte, square brackets."""
    return stamped(lines(machine, "BIOS-provided physical RAM map:",
                         "BIOS-e820: [mem {:#018x}-{:#018x}] {}") + list(pci_lines(machine)))


def dmesg_old(machine):
    """dmesg before that: first byte after it, type in parentheses."""
    return stamped(lines(machine, "BIOS-provided physical RAM map:",
                         " BIOS-e820: {:016x} - {:016x} ({})", last=0))


def stamped(text):
    """As the ring buffer has them."""
    return "".join(f"[    0.{i:06d}] {line}\n" for i, line in enumerate(text)).encode()


def xen_brackets(machine):
    """xl dmesg, Xen 4.14 and later."""
    return "\n".join(lines(machine, "(XEN) Xen-e820 RAM map:",
                           "(XEN)  [{:016x}, {:016x}] ({})") + [""]).encode()


def xen_dashes(machine):
    """xl dmesg of older Xen."""
    return "\n".join(lines(machine, "(XEN) Xen-e820 RAM map:",
                           "(XEN)  {:016x} - {:016x} ({})", last=0) + [""]).encode()


def iomem(machine):
    """/proc/iomem, flat; a type that it has no name for is left out."""
    return "".join(f"{start:08x}-{end - 1:08x} : {RESOURCE_NAMES.get(kind, 'Reserved')}\n"
                   for start, end, kind in spans(machine)).encode()


def memmap(machine):
    """/sys/firmware/memmap in a tar, padded as tar does it with sysfs."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, (start, end, kind) in enumerate(spans(machine)):
            for name, text in (("start", f"{start:#x}\n"), ("end", f"{end - 1:#x}\n"),
                               ("type", f"{RESOURCE_NAMES.get(kind, kind)}\n")):
                content = text.encode().ljust(4096, b"\0")
                info = tarfile.TarInfo(f"sys/firmware/memmap/{number}/{name}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def as_json(machine):
    """Our own format."""
    return json.dumps(machine).encode()


FORMS = {
    "json": as_json, "dmesg": dmesg_new, "dmesg-old": dmesg_old, "xen": xen_brackets,
    "xen-old": xen_dashes, "iomem": iomem, "memmap.tar": memmap,
}
