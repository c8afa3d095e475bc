# SPDX-License-Identifier: GPL-2.0
"""Would stock boot, and this series? Against what they did in the boot scenarios."""

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import tomllib
import unittest

import forms
import tool

sys.path.append(str(tool.TOP / "scripts"))
import places  # pylint: disable=wrong-import-position

SCENARIOS = tool.TOP / "scripts/scenarios"
CHECK = os.environ.get("XEN_P2M_CHECK", str(tool.TOP / "build/tools/files/xen-p2m-check"))
GIB = 1 << 30
TYPES = {"nvs": "ACPI NVS", "acpi": "ACPI data", "20": "type 20"}
KERNEL = (0x1000000, 0x1c00000)
INITRD = (0x2000000, 0x3300000)
MAP = ("BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
       "BIOS-e820: [mem 0x0000000000100000-0x00000000bfffffff] usable\n"
       "BIOS-e820: [mem 0x00000000feffc000-0x00000000feffffff] reserved\n"
       "BIOS-e820: [mem 0x0000000100000000-0x000000023fffffff] usable\n")


def kernels(result):
    """The rows of kernels by name, without what follows in brackets."""
    return {re.sub(r" \(.*", "", row["kernel"]): row for row in result["kernels"]}


def address(text):
    """Where kernel and initrd lie is known when it is booted: "kernel.end-0x1000"."""
    parts = {"kernel": KERNEL, "loaded": KERNEL, "initrd": INITRD}
    known = {(part, side): area[side == "end"]
             for part, area in parts.items() for side in ("start", "end")}
    return int(places.resolve(text, known), 16)


def qemu_map(scenario):
    """RAM and regions as QEMU's firmware tells them, and what the scenario replays."""
    memory = int(scenario.get("memory", "4G").rstrip("G")) * GIB
    low = 3 * GIB if "below-4g=3G" in scenario.get("machine", "") else 2 * GIB
    low = min(low, memory)
    regions = [(0, 0x9fc00, "usable"), (0x9fc00, 0xa0000, "reserved"),
               (0xf0000, 0x100000, "reserved"), (0x100000, low - 0x20000, "usable"),
               (low - 0x20000, low, "reserved"), (0xfeffc000, 0xff000000, "reserved"),
               (0xfffc0000, 4 * GIB, "reserved")]
    if memory > low:
        regions.append((4 * GIB, 4 * GIB + memory - low, "usable"))
    for start, end, kind in scenario.get("firmware", {}).get("map", []):
        start, end = address(start), address(end)
        rest = []
        for first, last, old in regions:
            rest += [(first, min(last, start), old), (max(first, end), last, old)]
        regions = [r for r in rest if r[0] < r[1]]
        if kind != "hole":
            regions.append((start, end, TYPES.get(kind, kind)))
    return sorted(regions)


def logs(scenario):
    """What Xen and dom0 say of such a machine at boot."""
    regions = qemu_map(scenario)
    pages = sum(max(0, end // 4096 - -(-start // 4096))
                for start, end, kind in regions if kind == "usable") - 0x8000
    size = re.search(r"dom0_mem=(\d+)([MGK])", scenario.get("xen", ""))
    if size:
        pages = int(size[1]) * {"K": 1, "M": 1 << 10, "G": 1 << 20}[size[2]] // 4
    base = 0xffffffff80000000
    start_info = base + KERNEL[1]
    lines = [f"(XEN) Command line: {scenario.get('xen', '')}",
             tool.xen_map(*((start, end - 1, kind) for start, end, kind in regions)).rstrip(),
             "(XEN) *** Building a PV Dom0 ***", "(XEN) VIRTUAL MEMORY ARRANGEMENT:",
              f"(XEN)  Loaded kernel: {base + KERNEL[0]:016x}->{base + KERNEL[1]:016x}",
              f"(XEN)  Phys-Mach map: 0000008000000000->{0x8000000000 + pages * 8:016x}",
              f"(XEN)  Start info:    {start_info:016x}->{start_info + 0x4b8:016x}",
              f"(XEN)  Page tables:   {start_info + 0x1000:016x}->{start_info + 0x14000:016x}",
              "[    0.000000] Linux version 6.12.117",
              f"[    0.000000] Command line: {scenario.get('dom0', '')} console=hvc0"]
    return "\n".join(lines) + "\n"


class Scenarios(unittest.TestCase):
    """Each scenario says what stock is known to do there."""

    @staticmethod
    def name(path):
        return path.stem if path.parent == SCENARIOS else path.parent.name

    @staticmethod
    def dies(scenario, linux):
        """As scripts/scenario reads it: of all versions alike, or by version."""
        known = scenario.get("stock", "pass")
        return "crash" == (known if isinstance(known, str) else known.get(linux))

    def test_stock_boots_or_dies(self):
        died = set()
        for path in sorted(SCENARIOS.rglob("*.toml")):
            scenario = tomllib.loads(path.read_text(encoding="utf-8"))
            if "description" not in scenario or scenario.get("xen") is False:
                continue
            name = self.name(path)
            with self.subTest(name):
                result, _ = tool.plan(f"--initrd={INITRD[0]:#x}-{INITRD[1]:#x}",
                                      text=logs(scenario))
                rows = kernels(result)
                for linux in ("6.1", "6.12", "7.3"):
                    row = rows[f"stock {linux}"]
                    self.assertEqual(row["boots"], not self.dies(scenario, linux), row)
                self.assertTrue(rows["this series"]["boots"])
                if not rows["stock 6.12"]["boots"]:
                    died.add(name)
                    self.assertTrue(rows["stock 6.12"]["message"] and rows["stock 6.12"]["todo"])
        self.assertLessEqual({"replay-two-nvs", "replay-mixed-regions", "replay-partial-page",
                              "replay-ram-sliver", "replay-unaligned", "mem-2g-of-4g",
                              "mem-2g-of-8g"}, died)

    def test_missing_tail_of_the_last_leaf(self):
        """In the scenario unaligned-dom0-mem 271 PFNs are missing on stock."""
        result, _ = tool.plan(text=logs({"memory": "4G", "xen": "dom0_mem=1000001K,max:1000001K"}))
        for name, row in kernels(result).items():
            self.assertEqual(any(text.startswith("271 PFNs") for text in row["loses"]),
                             name != "this series", row)

    def test_stock_s_table_is_full(self):
        """RAM that ends in the page it starts in kills stock; but what its E820 table has
        no room for is ignored. It takes an entry for each page that is left over."""
        for left, boots in ((100, False), (3100, False), (3300, True)):
            text = ("BIOS-e820: [mem 0x0000000000000000-0x000000000fffffff] usable\n"
                    "BIOS-e820: [mem 0x0000000010000000-0x0000000010000484] ACPI data\n"
                    f"BIOS-e820: [mem 0x0000000010000485-{0x1040058c + (left << 12):#018x}] usable\n")
            rows = kernels(tool.plan("--dom0-mem=256M,max:260M", text=text)[0])
            for linux in ("6.1", "6.12", "7.3"):
                self.assertEqual(rows[f"stock {linux}"]["boots"], boots, (left, rows))


class Verdict(unittest.TestCase):
    """The first line, and what is under it."""

    NVS = MAP.replace(
        "0x0000000000100000-0x00000000bfffffff] usable",
        "0x0000000000100000-0x00000000018fffff] usable\n"
        "BIOS-e820: [mem 0x0000000001900000-0x0000000001900fff] ACPI NVS\n"
        "BIOS-e820: [mem 0x0000000001901000-0x00000000019fffff] usable\n"
        "BIOS-e820: [mem 0x0000000001a00000-0x0000000001a00fff] ACPI NVS\n"
        "BIOS-e820: [mem 0x0000000001a01000-0x00000000bfffffff] usable")

    def first(self, text, *args):
        return tool.run("plan", *args, text=text).out.splitlines()[0]

    def test_first_line(self):
        self.assertEqual(self.first(MAP, "--dom0-mem=1G,max:1G"),
                         "Verdict: stock boots here, so does this series")
        self.assertEqual(self.first(self.NVS, "--dom0-mem=1G"), "Verdict: stock 6.1 and 6.12 die "
                         "here; stock 7.3 boots, this series boots")
        self.assertEqual(self.first(MAP, "--dom0-mem=1G", "--kernel=0xbff00000-0xc0100000")[:39],
                         "Verdict: this series does not boot here")

    def test_words_of_stock(self):
        rows = kernels(tool.plan("--dom0-mem=1G", text=self.NVS)[0])
        self.assertEqual(rows["stock 6.12"]["message"],
                         "Xen hypervisor allocated kernel memory conflicts with E820 map")
        self.assertIn("[mem 0x0000000001a00000-0x0000000001a00fff] ACPI NVS",
                      rows["stock 6.12"]["where"])
        self.assertIn("0x0000000001900000", rows["stock 6.1"]["where"])

    def test_kernel_of_the_log(self):
        for release, name in (("5.15.0", "6.1"), ("6.9.1", "6.1"), ("6.10.2", "6.12"),
                              ("7.0.1", "6.12"), ("7.1.0", "7.3"), ("8.0.0", "7.3")):
            text = f"[    0.000000] Linux version {release} (a@b) #1\n" + MAP
            names = [row["kernel"] for row in tool.plan("--dom0-mem=1G", text=text)[0]["kernels"]]
            self.assertIn(f"stock {name} (as the log's {release})", names)
            self.assertEqual(sum("the log's" in name for name in names), 1)

    def test_no_boot_is_status_1_and_stock_that_dies_is_0(self):
        self.assertEqual(tool.plan("--dom0-mem=1G", text=self.NVS)[1], 0)
        self.assertEqual(tool.plan("--dom0-mem=1G", "--kernel=0xbff00000-0xc0100000",
                                   text=MAP)[1], 1)

    def test_what_the_log_says(self):
        xen = tool.xen_map((0, 0x9ffff), (0x100000, 0xbfffffff), (0x100000000, 0x23fffffff),
                           (0xfeffc000, 0xfeffffff, "reserved"))
        text = ("(XEN) Command line: dom0_mem=1G,max:1G\n" + xen +
                "(XEN) VIRTUAL MEMORY ARRANGEMENT:\n"
                "(XEN)  Loaded kernel: ffffffff81000000->ffffffff82c00000\n"
                "(XEN)  Phys-Mach map: 0000008000000000->0000008000200000\n"
                "[    0.000000] Linux version 6.12.1 (a@b) #1\n"
                "[    0.000000] BIOS-provided physical RAM map:\n"
                "[    0.000000] Xen: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
                "[    0.000000] Xen: [mem 0x00000000000a0000-0x00000000000fffff] reserved\n"
                "[    0.000000] Xen: [mem 0x0000000000100000-0x000000004005ffff] usable\n"
                "[    0.000000] Xen: [mem 0x00000000feffc000-0x00000000feffffff] reserved\n"
                "[    0.000000] Released 0 page(s)\n[    1.000000] Remapped 96 page(s)\n")
        log = tool.plan(text=text)[0]["log"]
        numbers = {row["what"]: (row["log"], row["planned"]) for row in log["numbers"]}
        self.assertEqual(numbers["pages moved"], (96, 96))
        self.assertEqual(numbers["pages released"], (0, 0))
        self.assertEqual(numbers["pages of RAM in the map"], (0x40000, 0x40000))
        self.assertIsNone(log["map_differs"])
        self.assertIn("96, planned 96: agrees", tool.run("plan", text=text).out)

        other = text.replace("Remapped 96", "Remapped 90").replace("4005ffff", "4004ffff")
        shown = tool.run("plan", text=other).out
        self.assertIn("90, planned 96: differs by -6", shown)
        self.assertIn("differs by -16", shown)
        self.assertIn("0x100000-0x40050000, planned is RAM at 0x100000-0x40060000", tool.plan(text=other)[0]["log"]["map_differs"])
        # Of another amount of memory it says nothing.
        self.assertEqual(tool.plan("--dom0-mem=2G", text=text)[0]["log"]["numbers"], [])


class Findings(unittest.TestCase):
    """BARs over RAM, over unusable ranges, over memory that may be added later."""

    BAR = "pci 0000:01:00.0: BAR 0 [mem {:#x}-{:#x}]\n"

    def over(self, start, *args, text=MAP):
        text += self.BAR.format(start, start + 0xfff)
        result, status = tool.plan(*args, text=text)
        self.assertEqual(status, 1 if result["findings"] else 0)
        if not result["findings"]:
            return None
        self.assertRegex(tool.run("plan", *args, text=text).out.splitlines()[0], "1 finding on PCI$")
        finding, = result["findings"]
        self.assertEqual(finding["start"], hex(start))
        return finding["what"].partition("lies over ")[2], finding["remedy"]

    def test_dom0(self):
        self.assertEqual(self.over(0x30000000, "--dom0-mem=1G,max:1G")[0], "RAM")
        what, remedy = self.over(0x50000000, "--dom0-mem=1G,max:4G")
        self.assertEqual(what, "memory that may be added later")
        self.assertIn("dom0_mem=SIZE,max:SIZE", remedy)
        self.assertEqual(self.over(0x50000000, "--dom0-mem=1G,max:1G")[0],
                         "memory that may be added later")
        self.assertIsNone(self.over(0xc0000000, "--dom0-mem=1G"))

    def test_domu(self):
        flat = "Xen: [mem 0x0000000000000000-0x000000003fffffff] usable\n"
        for start in (0x30000000, 0x3f000000):
            what, remedy = self.over(start, "--domu", text=flat)
            self.assertEqual(what, "RAM")
            self.assertIn("set e820_host=1", remedy)
        self.assertIsNone(self.over(0x50000000, "--domu", text=flat))
        what, remedy = self.over(0x34000000, "--domu", "--nr-pages=131072", text=flat)
        self.assertEqual(what, "memory that may be added later")
        self.assertIn("set e820_host=1", remedy)

    def test_domu_with_the_hosts_map(self):
        args = ("--domu", "--e820-host", "--nr-pages=262144")
        what, remedy = self.over(0xb2100000, *args)
        self.assertEqual(what, "a range that the map marks as unusable")
        self.assertIn("e820_host=1 is set", remedy)
        self.assertEqual(self.over(0x100001000, *args)[0], "memory that may be added later")
        self.assertEqual(self.over(0x10000000, *args)[0], "RAM")
        self.assertIsNone(self.over(0xf8000000 + 0x7000000, *args))

    def test_danger_of_stock_is_none_of_this_series(self):
        text = "Xen: [mem 0x0000000000000000-0x000000003fffffff] usable\n" \
               "Xen: [mem 0x0000000080000000-0x00000000800fffff] reserved\n"
        rows = kernels(tool.plan("--domu", text=text + self.BAR.format(0x90000000, 0x90000fff))[0])
        self.assertIn("0000:01:00.0 BAR 0", " ".join(rows["stock 6.12"]["loses"]))
        self.assertEqual(rows["this series"]["loses"], [])
        # In dom0 devices are there first.
        rows = kernels(tool.plan("--dom0-mem=512M", text=text + self.BAR.format(0x90000000, 0x90000fff))[0])
        self.assertEqual(rows["stock 6.12"]["loses"], [])
        rows = kernels(tool.plan("--domu", text=text + self.BAR.format(0x80000000, 0x80000fff))[0])
        self.assertEqual(rows["stock 6.12"]["loses"], [])

    def test_where_memory_may_be_added(self):
        result, _ = tool.plan("--dom0-mem=1G,max:2G", text=MAP)
        added = [(int(row["pfn"], 16), row["nr"], row["ram"]) for row in result["may_be_added"]]
        self.assertEqual([(start, start + nr, ram) for start, nr, ram in added],
                         [(0x88000, 0xc0000, True), (0x100000, 0x240000, True),
                          (0x240000, 0x8000000, False)])
        self.assertEqual(sum(row["nr"] for row in result["extra"]), 0x40000)

    def test_relocations(self):
        args = ("--dom0-mem=1G", "--initrd=0xfef00000-0xff0fffff", "--nr-pages=1048576")
        result, _ = tool.plan(*args[1:], text=MAP)
        row, = result["relocations"]
        self.assertEqual((row["area"], row["from"], row["size"]),
                         ("initrd", "0xfef00000", hex(0x1fffff)))
        self.assertIn(f"copy initrd 0xfef00000-0xff0fffff to {row['to']}",
                      tool.run("plan", *args[1:], text=MAP).out)


class Size(unittest.TestCase):
    """By ranges it does not matter how large a machine is."""

    def test_host_of_16_tib(self):
        """Once it took a leaf for each 2 MiB: 3 GiB for 1.5 TiB of dom0."""
        tib = 1 << 40
        text = json.dumps({"e820": [
            ["0x0", "0xa0000", "usable"], ["0x100000", "0x80000000", "usable"],
            ["0x80000000", "0x90000000", "reserved"], ["0x100000000", hex(tib - (12 << 30)), "usable"],
            [hex(tib - (12 << 30)), hex(tib), "reserved"], [hex(tib), hex(16 * tib), "usable"]]})
        limit = 64 << 20

        def small():
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CPU, (1, 1))

        done = subprocess.run([tool.FAST, "plan", "--json", "--dom0-mem=12T,max:12T"],
                              input=text.encode(), capture_output=True, check=False,
                              preexec_fn=small)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["input"]["nr_pages"], 12 * tib // 4096)
        self.assertEqual(sum(move["nr"] for move in result["moves"]),
                         (2 * GIB + (12 << 30) + 0x60000) // 4096)

    def test_leaves_for_growth(self):
        """A domU has the leaves of its extra memory from the start, dom0 has not."""
        flat = "Xen: [mem 0x0000000000000000-0x000000007fffffff] usable\n"
        for args, leaves, mids in ((("--domu", "--nr-pages=262144"), 1024, 2),
                                   (("--domu", "--nr-pages=524288"), 1024, 2),
                                   (("--dom0-mem=1G",), 513, 2)):
            text = flat if "--domu" in args else MAP
            cost = tool.plan(*args, text=text)[0]["cost"]
            self.assertEqual((cost["leaves"], cost["mids"]), (leaves, mids), args)

    def test_same_as_page_by_page(self):
        """The fuzzer's checks over real maps, the kernel's executor and tree among them."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([tool.HERE / "seeds", folder], check=True)
            # With regions that move
            for i in range(8):
                (pathlib.Path(folder) / f"nvs-{i}").write_text(Verdict.NVS + f"{i}\n",
                                                              encoding="utf-8")
            files = sorted(os.listdir(folder))
            done = subprocess.run([CHECK, *files], cwd=folder, capture_output=True, text=True,
                                  check=False)
        self.assertEqual((done.returncode, done.stdout), (0, f"{len(files)} files\n"), done.stderr)
        self.assertGreater(len(files), 7 * len(forms.machines()) // 8)


if __name__ == "__main__":
    unittest.main()
