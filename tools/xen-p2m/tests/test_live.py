# SPDX-License-Identifier: GPL-2.0
"""dump, audit and report on systems made of files; and reports read back."""

import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import unittest

import tool

IOMEM = """\
00000000-00000fff : Reserved
00001000-0009ffff : System RAM
000a0000-000fffff : Reserved
  000a0000-000bffff : PCI Bus 0000:00
00100000-3fffffff : System RAM
  01000000-01ffffff : Kernel code
  02000000-020fffff : Kernel data
40000000-bfffffff : PCI Bus 0000:00
  40000000-400fffff : PCI Bus 0000:01
    40000000-40000fff : 0000:01:00.0
fec00000-fec003ff : IOAPIC 0
"""
P2M = """\
 [0x0->0x1] identity
 [0x1->0xa0] pfn
 [0xa0->0x100] identity
 [0x100->0x20000] pfn
 [0x20000->0x3fff0] missing
 [0x3fff0->0x40000] pfn
 [0x40000->0x8000000] identity
"""
P2M_FILE = "sys/kernel/debug/xen/mmu/p2m"
PAGES_FILE = "sys/devices/system/xen_memory/xen_memory0/info/current_kb"
PAGES = 0xa0 - 1 + 0x20000 - 0x100 + 0x10
RESOURCE = """\
0x0000000040000000 0x0000000040000fff 0x0000000000040200
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000000000e000 0x000000000000e03f 0x0000000000040101
"""
DMESG = """\
[    0.000000] Linux version 6.12.1 (builder@somewhere) #1 SMP
[    0.000000] Command line: root=UUID=1234-secret console=hvc0 mem=1G password=hunter2
[    0.000000] BIOS-provided physical RAM map:
[    0.000000] Xen: [mem 0x0000000000000000-0x000000000009ffff] usable
[    0.000000] Xen: [mem 0x0000000000100000-0x000000003fffffff] usable
[    1.000000] usb 1-1: SerialNumber: 0123456789
[    1.100000] e1000e 0000:00:1f.6 eth0: (PCI Express:2.5GT/s:Width x1) 00:11:22:33:44:55
"""


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_root(root):
    """A system that is sound, below this folder."""
    write(root, P2M_FILE, P2M)
    write(root, "proc/iomem", IOMEM)
    write(root, PAGES_FILE, f"{PAGES * 4}\n")
    device = "sys/bus/pci/devices/0000:01:00.0/"
    write(root, device + "vendor", "0x8086\n")
    write(root, device + "device", "0x1234\n")
    write(root, device + "class", "0x020000\n")
    write(root, device + "resource", RESOURCE)
    write(root, "proc/version", "Linux version 6.12.1 (builder@somewhere)\n")
    write(root, "dmesg", DMESG)
    for name, text in (("start", "0x0"), ("end", "0x3fffffff"), ("type", "System RAM")):
        write(root, f"sys/firmware/memmap/0/{name}", text + "\n")


class Live(tool.Case):
    """A system in a folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        make_root(self.root)

    def write(self, name, text):
        write(self.root, name, text)

    def p2m(self, old, new):
        """A part of the P2M is another one."""
        self.assertIn(old, P2M)
        self.write(P2M_FILE, P2M.replace(old, new))

    def pages(self, nr):
        """Xen counts so many."""
        self.write(PAGES_FILE, f"{nr * 4}\n")

    def audit(self, *args):
        done = tool.run("audit", "--json", f"--root={self.root}", *args)
        return json.loads(done.out), done.returncode

    def finds(self, *words):
        """One finding, with these words and a remedy; status 1."""
        result, status = self.audit()
        self.assertEqual(status, 1, result)
        self.assertEqual(len(result["findings"]), 1, result)
        for word in words:
            self.assertIn(word, json.dumps(result["findings"][0]))
        self.assertTrue(result["findings"][0]["remedy"])

    def test_dump(self):
        done = tool.run("dump", f"--root={self.root}")
        self.assertEqual((done.out, done.returncode), (P2M.replace("pfn", "mfn"), 0))
        extents = json.loads(tool.run("dump", "--json", f"--root={self.root}").out)["extents"]
        self.assertEqual(extents[1], {"pfn": "0x1", "nr": 0x9f, "type": "mfn"})

    def test_dump_of_nothing(self):
        """Each reason why there is no P2M has a message of its own."""
        def why():
            done = tool.run("dump", f"--root={self.root}")
            self.assertEqual((done.returncode, done.out), (2, ""))
            result, status = self.audit()
            self.assertEqual(status, 2)
            remedy = result["unknown"][0]["remedy"]
            self.assertEqual(done.err, f"xen-p2m: {remedy}\n")
            return remedy

        p2m = self.root / P2M_FILE
        p2m.unlink()
        self.assertIn("no domain of Xen", why())
        self.write("sys/hypervisor/type", "kvm\n")
        self.assertIn("no domain of Xen", why())
        self.write("sys/hypervisor/type", "xen\n")
        self.assertIn("does not show its P2M", why())
        self.write("sys/hypervisor/guest_type", "PVH\n")
        self.assertIn("PVH domain", why())
        self.write("sys/hypervisor/guest_type", "HVM\n")
        self.assertIn("HVM domain", why())
        self.write("sys/hypervisor/guest_type", "PV\n")
        self.write(P2M_FILE, "")
        self.assertIn("cannot be read, or is empty", why())
        shutil.rmtree(self.root / "sys/kernel/debug")
        self.assertIn("mount -t debugfs", why())

    @unittest.skipIf(os.geteuid(), "only root can run it as somebody else")
    def test_dump_by_somebody_else(self):
        self.write("sys/hypervisor/type", "xen\n")
        (self.root / "sys/kernel/debug").chmod(0o700)
        self.root.chmod(0o755)
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "xen-p2m"
            shutil.copy(tool.FAST, program)
            pathlib.Path(folder).chmod(0o755)
            done = subprocess.run([program, "dump", f"--root={self.root}"], user=65534, group=65534,
                                  extra_groups=[], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("run this as root", done.stderr)

    def test_json_has_the_form_of_the_schema(self):
        validator = tool.validator()
        for args in (("audit",), ("audit", "--verbose"), ("dump",)):
            result = json.loads(tool.run(*args, "--json", f"--root={self.root}").out)
            validator.validate(result)
            self.assertEqual((result["command"], result["format_version"]), (args[0], 2))
            self.assertFalse(validator.is_valid({**result, "more": 1}))

    def test_audit_of_what_is_no_report(self):
        self.write("log", "BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
                   "BIOS-e820: [mem 0x0000000000100000-0x000000003fffffff] usable\n")
        done = tool.run("audit", self.root / "log")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"no P2M to look at in {self.root / 'log'}", done.out)
        self.assertIn("xen-p2m plan", done.out)

    def test_sound(self):
        result, status = self.audit()
        self.assertEqual((result["findings"], result["unknown"], status), ([], [], 0))
        self.assertIn("sound", tool.run("audit", f"--root={self.root}").out)

    def test_first_page_is_ram_that_linux_reserves(self):
        """Once it was taken for a moved region, whose page is none of dom0's."""
        self.p2m(" [0x0->0x1] identity\n [0x1->0xa0] pfn", " [0x0->0xa0] pfn")
        self.pages(PAGES + 1)
        self.assertEqual(self.audit()[1], 0)

    def test_ram_in_the_isa_hole_of_a_domu_is_its_own(self):
        """Once it was taken for a moved region, and the domU had pages too many."""
        self.write("proc/iomem", IOMEM.replace("  000a0000-000bffff : PCI Bus 0000:00\n", ""))
        self.p2m(" [0x1->0xa0] pfn\n [0xa0->0x100] identity\n [0x100->0x20000] pfn",
                 " [0x1->0x20000] pfn")
        pages = PAGES + 0x100 - 0xa0
        self.pages(pages)
        result, status = self.audit("--verbose")
        self.assertEqual((result["findings"], result["unknown"], status), ([], [], 0))
        self.assertEqual(result["pages"]["p2m"], pages)

    def test_moved_region_is_none_of_dom0s_pages(self):
        self.write("proc/iomem", IOMEM + "100000000-100000fff : ACPI Non-volatile Storage\n")
        self.p2m("[0x40000->0x8000000] identity",
                 "[0x40000->0x100000] identity\n [0x100000->0x100001] pfn\n [0x100001->0x8000000] identity")
        self.assertEqual(self.audit()[1], 0)

    def test_moved_regions_that_share_a_page(self):
        """Once only whole pages of such regions were taken off the domain's."""
        self.write("proc/iomem", IOMEM + "100000000-1000007ff : ACPI Tables\n"
                   "100000800-1000011ff : ACPI Non-volatile Storage\n")
        self.p2m("[0x40000->0x8000000] identity",
                 "[0x40000->0x100000] identity\n [0x100000->0x100002] pfn\n [0x100002->0x8000000] identity")
        self.assertEqual(self.audit()[1], 0)

    def test_bar_with_a_broken_entry(self):
        self.p2m(" [0x40000->0x8000000] identity",
                 " [0x40000->0x8000000] missing\n [0x8000000->0x8000200] identity")
        result, status = self.audit()
        self.assertEqual(status, 1)
        self.assertTrue(any("0000:01:00.0 BAR 0" in row["what"] for row in result["findings"]))

    def test_one_fault(self):
        """Of an aperture, of a firmware region, and of RAM."""
        for old, new, *words in (
                (" [0x40000->", " [0x40000->0x50000] identity\n [0x50000->0x50001] missing\n"
                 " [0x50001->", "PCI Bus 0000:00", "mixed"),
                (" [0x0->0x1] identity", " [0x0->0x1] missing", "reserved", "missing"),
                (" [0x20000->0x3fff0] missing", " [0x20000->0x3fff0] identity", "RAM is 1:1",
                 "0x20000")):
            with self.subTest(words):
                self.p2m(old, new)
                self.finds(*words)

    def test_page_too_few(self):
        self.pages(PAGES - 1)
        self.finds(str(PAGES), str(PAGES - 1))

    def test_bar_over_ram(self):
        self.write("sys/bus/pci/devices/0000:01:00.0/resource",
                   "0x0000000030000000 0x0000000030000fff 0x0000000000040200\n")
        result, status = self.audit()
        self.assertEqual(status, 1)
        self.assertTrue(any("lies over RAM" in row["what"] for row in result["findings"]))

    def test_stock_shows_identity_as_missing(self):
        self.p2m("[0x40000->0x8000000] identity", "[0x40000->0x8000000] missing")
        result, status = self.audit()
        self.assertEqual((status, result["findings"]), (2, []))
        self.assertIn("xen-p2m-audit", result["unknown"][0]["remedy"])
        self.write("sys/kernel/debug/xen-p2m-audit/p2m",
                   P2M.replace(" [", "").replace("->", "-").replace("]", "").replace("pfn", "mfn"))
        self.assertEqual(self.audit()[1], 0)

    def lines(self, *args):
        """What audit --verbose prints, with single spaces; one string a line."""
        done = tool.run("audit", "--verbose", *(args or (f"--root={self.root}",)))
        return [" ".join(line.split()) for line in done.out.splitlines()], done.returncode

    def test_verbose_prints_all_that_was_looked_at(self):
        lines, status = self.lines()
        self.assertEqual(status, 0)
        self.assertEqual(lines, [
            "Linux version 6.12.1",
            "",
            "Memory map of the machine (from domain-dmesg), and the P2M there",
            "0x000000000000-0x0000000a0000 usable 0x0-0x1 identity",
            "0x1-0xa0 mfn",
            "0x0000000a0000-0x000000100000 gap 0xa0-0x100 identity",
            "0x000000100000-0x000040000000 usable 0x100-0x20000 mfn",
            "0x20000-0x3fff0 missing",
            "0x3fff0-0x40000 mfn",
            "",
            "P2M by ranges; everything above is identity",
            "0x0-0x1 1 pages identity",
            "0x1-0xa0 159 pages mfn",
            "0xa0-0x100 96 pages identity",
            "0x100-0x20000 130816 pages mfn",
            "0x20000-0x3fff0 131056 pages missing",
            "0x3fff0-0x40000 16 pages mfn",
            "0x40000-0x8000000 133955584 pages identity",
            "",
            "Pages",
            f"of the domain in the P2M {PAGES}",
            f"by Xen's count {PAGES}",
            "",
            "PCI apertures and BARs",
            "0x00000a0000-0x00000c0000 PCI Bus 0000:00 1:1",
            "0x0040000000-0x00c0000000 PCI Bus 0000:00 1:1",
            "0x0040000000-0x0040001000 0000:01:00.0 BAR 0 1:1",
            "",
            "sound: apertures, BARs, memory map and pages agree with the P2M",
        ])

    def test_verbose_as_json(self):
        result, status = self.audit("--verbose")
        self.assertEqual((result["findings"], result["unknown"], status), ([], [], 0))
        self.assertEqual(result["map"], [
            {"start": "0x0", "end": "0xa0000", "type": "usable"},
            {"start": "0x100000", "end": "0x40000000", "type": "usable"}])
        dump = json.loads(tool.run("dump", "--json", f"--root={self.root}").out)
        self.assertEqual(result["extents"], dump["extents"])
        self.assertEqual(len(result["extents"]), len(P2M.splitlines()))
        self.assertEqual(result["pages"],
                         {"p2m": PAGES, "xen": PAGES, "remapped": None, "released": None})
        self.assertEqual(result["pci"], [
            {"pfn": "0xa0", "nr": 0x20, "name": "PCI Bus 0000:00", "verdict": "identity"},
            {"pfn": "0x40000", "nr": 0x80000, "name": "PCI Bus 0000:00", "verdict": "identity"},
            {"pfn": "0x40000", "nr": 1, "name": "0000:01:00.0 BAR 0", "verdict": "identity"}])

    def test_verbose_adds_no_findings_and_hides_none(self):
        self.p2m(" [0x40000->", " [0x40000->0x40001] foreign\n [0x40001->")
        plain, status = self.audit()
        verbose, same = self.audit("--verbose")
        self.assertEqual((status, same), (1, 1))
        self.assertEqual(plain, {key: verbose[key] for key in plain})
        self.assertEqual([pci["verdict"] for pci in verbose["pci"]],
                         ["identity", "mixed", "foreign"])
        lines, status = self.lines()
        self.assertEqual(status, 1)
        self.assertIn("0x0040000000-0x0040001000 0000:01:00.0 BAR 0 NOT 1:1: foreign", lines)
        self.assertIn("0x0040000000-0x00c0000000 PCI Bus 0000:00 NOT 1:1: mixed", lines)
        self.assertTrue(any(line.startswith("finding: ") for line in lines))
        self.assertFalse(any(line.startswith("sound") for line in lines))

    def test_verbose_takes_what_is_above_the_p2m_for_identity(self):
        self.p2m(" [0x40000->0x8000000] identity\n", "")
        self.write("dmesg", DMESG.replace("00003fffffff] usable", "0000bfffffff] usable"))
        lines, status = self.lines()
        self.assertEqual(status, 0)
        self.assertIn("0x40000-0xc0000 identity", lines)
        self.assertNotIn("0x40000-0xc0000 524288 pages identity", lines)
        self.assertIn("0x0040000000-0x00c0000000 PCI Bus 0000:00 1:1", lines)

    def test_verbose_tells_pages_remapped_and_released(self):
        self.write("dmesg", DMESG + "[    0.1] Released 3 page(s)\n"
                   "[    0.2] Remapped 97 page(s)\n[    0.2] Remapped 12 non-RAM page(s)\n")
        pages = self.audit("--verbose")[0]["pages"]
        self.assertEqual((pages["remapped"], pages["released"]), (97, 3))
        for lines, _ in (self.lines(), self.lines(self.report())):
            self.assertIn("remapped at boot 97", lines)
            self.assertIn("released at boot 3", lines)

    def test_pages_that_are_no_ram_are_not_the_remapped_ones(self):
        self.write("dmesg", DMESG + "[    0.2] Remapped 12 non-RAM page(s)\n")
        pages = self.audit("--verbose")[0]["pages"]
        self.assertEqual((pages["remapped"], pages["released"]), (None, None))
        lines, _ = self.lines()
        self.assertFalse([line for line in lines if "at boot" in line])

    def test_verbose_of_a_report(self):
        lines, status = self.lines(self.report())
        self.assertEqual(status, 0)
        self.assertIn("Memory map of the machine (from memmap), and the P2M there", lines)
        self.assertIn("0x20000-0x3fff0 131056 pages missing", lines)
        self.assertIn(f"by Xen's count {PAGES}", lines)
        self.assertIn("0x0040000000-0x0040001000 0000:01:00.0 BAR 0 1:1", lines)

    def test_nothing_to_look_at(self):
        for name in (P2M_FILE, "proc/iomem"):
            (self.root / name).unlink()
        self.assertEqual(self.audit()[1], 2)

    def report(self):
        path = self.root / "report.tar"
        done = tool.run("report", f"--root={self.root}", f"--output={path}")
        self.assertEqual(done.returncode, 0, done.err)
        return path

    def reported(self):
        """What is in a report, by name."""
        with tarfile.open(self.report()) as tar:
            return {member.name: tar.extractfile(member).read().decode()
                    for member in tar.getmembers()}

    def test_report_is_read_back(self):
        path = self.report()
        self.assertEqual(tool.run("audit", path).returncode, 0)
        result = json.loads(tool.run("plan", "--json", "--dom0-mem=512M", path).out)
        self.assertEqual(result["input"]["format"], "archive")
        self.assertEqual(result["input"]["source"], "memmap")
        self.assertIn("0000:01:00.0 BAR 0", [pci["name"] for pci in result["pci"]])
        self.assertIn("The P2M as it is", tool.run("draw", path).out)

    # What belongs to somebody, and where it turns up in logs
    PRIVATE = ("alice", "wonderland", "00:11:22:33:44:55", "192.168.7.9", "SN4711", "0123456789",
               "hunter2", "deadbeefcafebabe", "/home/alice", "fe80::1", "deadbeefcafe", "builder")

    def test_report_with_seeded_logs(self):
        """Once the builder, and any line with xen: or Memory: went through."""
        logs = []
        for word in self.PRIVATE:
            logs += [f"Linux version 6.12.1-{word} ({word}@{word}) (gcc {word}) #1 SMP {word}",
                     f"Linux version 6.12.1 {word}",
                     f"Command line: root={word} mem=1G console={word} xen-pciback.hide=({word}) "
                     f"xen{word}=1 pci={word} dom0_mem={word} xen=\"{word}\"",
                     f"xen: {word}", f"Memory: {word}", f"xen/p2m: {word}", f"Xen: {word}",
                     f"Memory: 1K/{word} available", f"e820: {word}", f"xen: Remapped {word} page(s)",
                     f"Xen: [mem 0x0000000000000000-0x000000000009ffff] {word}",
                     f"Xen: [mem 0x0000000000000000-0x000000000009ffff] usable {word}",
                     f"pci 0000:00:1f.2: BAR 0 [mem 0xf0000000-0xf0000fff] {word}",
                     f"pci 0000:00:1f.2: BAR 0 [mem 0xf0000000-0xf0000fff]: can't claim; address "
                     f"conflict with {word} [mem 0xf0000000-0xf0000fff]",
                     f"pci_bus 0000:00: root bus resource [mem 0xf0000000-0xf0000fff] {word}",
                     f"{word} BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable",
                     f"Released 5 page(s) {word}", f"  DMA {word}", f"RAM map: {word}"]
        kernel = "".join(f"[    0.000000] {line}\n" for line in logs)
        xen = "".join(f"(XEN) {line}\n" for line in logs)
        xen += "".join(f"(XEN) Xen version 4.17.3 ({word}@{word}) (gcc {word}) {word}\n"
                       f"(XEN) Xen version 4.17.3-{word}\n"
                       f"(XEN) Built-in command line: {word} com1={word}\n"
                       f"(XEN)  Loaded kernel: {word}\n(d1) {word}\n{word}\n"
                       for word in self.PRIVATE)
        good = ("[    0.000000] Xen: [mem 0x0000000000100000-0x000000003fffffff] usable\n"
                "[    0.000000] Command line: mem=1G xen-pciback.hide=(0000:01:00.0)(02:00.1)\n")
        self.write("dmesg", kernel + good)
        self.write("xl-dmesg", xen + "(XEN) Command line: dom0_mem=1G,max:2G loglvl=all com1=115200\n"
                   "(XEN)  [0000000000000000, 000000000009ffff] (usable)\n")
        self.write("proc/version", logs[0])
        self.write("proc/iomem", IOMEM + "".join(
            f"e000000{i:x}-e000000{i:x} : {word}\n" for i, word in enumerate(self.PRIVATE)))
        self.write("sys/bus/pci/devices/0000:01:00.0/resource",
                   RESOURCE + "".join(word + "\n" for word in self.PRIVATE))
        self.write("sys/firmware/memmap/0/type", "System RAM\nSN4711\n")
        self.write(P2M_FILE, P2M + "".join(
            f" [0x8000000->0x8000001] {word}\n" for word in self.PRIVATE))
        text = "".join(self.reported().values())
        for word in self.PRIVATE:
            self.assertNotIn(word, text)
        for word in ("mem=1G", "Xen: [mem 0x0000000000100000-0x000000003fffffff] usable",
                     "xen-pciback.hide=(0000:01:00.0)(02:00.1)", "dom0_mem=1G,max:2G loglvl=all",
                     "com1=115200", "Linux version 6.12.1\n", "Xen version 4.17.3\n",
                     "[0000000000000000, 000000000009ffff] (usable)", "00100000-3fffffff : System RAM"):
            self.assertIn(word, text)

    def test_report_keeps_the_header_of_each_kind_of_map(self):
        """It tells that the map starts there: those of EFI and of other loaders were lost."""
        for header in ("Xen-e820 RAM map:", "Initial Xen-e820 RAM map:", "EFI RAM map:",
                       "Multiboot-e820 RAM map:", "PVH-e820 RAM map:"):
            self.write("xl-dmesg", f"(XEN) {header}\n")
            self.assertEqual(self.reported()["xen-p2m-report/xl-dmesg"], f"(XEN) {header}\n")
            (self.root / "report.tar").unlink()

    def test_report_does_not_follow_a_link(self):
        (self.root / "report.tar").symlink_to(self.root / "victim")
        self.refused("a symbolic link is not followed", "report", f"--root={self.root}",
                     f"--output={self.root / 'report.tar'}", "--force")
        self.assertFalse((self.root / "victim").exists())

    def test_report_is_for_its_owner_alone(self):
        self.assertEqual(self.report().stat().st_mode & 0o777, 0o600)

    def test_report_does_not_write_over_what_is_there(self):
        self.write("report.tar", "precious")
        command = ("report", f"--root={self.root}", f"--output={self.root / 'report.tar'}")
        self.refused("--force", *command)
        self.assertEqual((self.root / "report.tar").read_text(encoding="utf-8"), "precious")
        self.assertEqual(tool.run(*command, "--force").returncode, 0)
        self.assertTrue(tarfile.is_tarfile(self.root / "report.tar"))

    def test_report_of_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "report.tar"
            self.refused("nothing to report", "report", f"--root={folder}", f"--output={path}")
            self.assertFalse(path.exists())

    def test_report_to_standard_output(self):
        done = tool.run("report", f"--root={self.root}", "--output=-")
        self.assertEqual(tool.run("audit", "-", text=done.stdout).returncode, 0)

    def test_report_keeps_what_is_private(self):
        files = self.reported()
        text = "".join(files.values())
        for word in ("secret", "hunter2", "0123456789", "00:11:22:33:44:55"):
            self.assertNotIn(word, text)
        self.assertIn("mem=1G", text)
        self.assertIn("Xen: [mem", text)
        self.assertIn("xen-p2m-report/memmap/0/start", files)

    def test_audit_under_garbage(self):
        self.write("proc/iomem", "00000000-00000000 : System RAM\n")
        self.refused("as root", "audit", f"--root={self.root}")


if __name__ == "__main__":
    unittest.main()
