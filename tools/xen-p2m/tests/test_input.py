# SPDX-License-Identifier: GPL-2.0
"""Input that is broken, hostile or in an odd form; and the command line."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import forms
import tool

MAP = ("BIOS-provided physical RAM map:\n"
       "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\n"
       "BIOS-e820: [mem 0x000000000009fc00-0x00000000000fffff] reserved\n"
       "BIOS-e820: [mem 0x0000000000100000-0x00000000bfffffff] usable\n"
       "BIOS-e820: [mem 0x00000000feffc000-0x00000000feffffff] reserved\n"
       "BIOS-e820: [mem 0x0000000100000000-0x000000023fffffff] usable\n")


class Bad(tool.Case):
    """A message with file and line, and status 2."""

    def test_nothing(self):
        self.refused_text("", "no memory map")
        self.refused_text("hello\nworld\n", "no memory map")
        self.refused_text(b"\x00\xff" * 5000, "no memory map")

    def test_truncated_at_each_byte(self):
        """A line that is cut off is an error, wherever it is."""
        start = MAP.rindex("BIOS-e820")
        for size in range(start + 1, len(MAP) - 1):
            self.refused_text(MAP[:size], r"<stdin>:6: ", "--dom0-mem=1G")

    def test_unknown_type(self):
        self.refused_text(MAP.replace("] reserved", "] resrved", 1), r"<stdin>:3: unknown type")

    def test_ends_before_it_starts(self):
        self.refused_text("BIOS-e820: [mem 0x0000000000100000-0x0000000000000fff] usable\n",
                    r"<stdin>:1: .*before it starts")

    def test_wrap_around(self):
        self.refused_text("a\nBIOS-e820: [mem 0x0000000000100000-0xffffffffffffffff] usable\n",
                    r"<stdin>:2: .*end of the address space")

    def test_number_too_large(self):
        self.refused_text("BIOS-e820: [mem 0x0-0x10000000000000000] usable\n",
                    r"<stdin>:1: .*two addresses")

    def test_overlap(self):
        self.refused_text(MAP + "BIOS-e820: [mem 0x0000000200000000-0x00000002ffffffff] usable\n",
                    r"<stdin>:7: .*overlaps .*line 6")

    def test_too_many_entries(self):
        text = "".join(f"BIOS-e820: [mem {i * 8192:#018x}-{i * 8192 + 4095:#018x}] reserved\n"
                       for i in range(1025))
        self.refused_text(text, r"<stdin>:1025: more than 1024")

    def test_hidden_addresses(self):
        self.refused_text("00000000-00000000 : System RAM\n", r"<stdin>:1: .*as root")

    def test_json(self):
        self.refused_text('{"e820": [["0x0",\n"0x1000" "usable"]]}', r"<stdin>:2: not valid JSON")
        self.refused_text('{"e820": [["0x0", "0x1000", "funny"]]}', r"e820\[0\]: unknown type")
        self.refused_text('{"e820": [["0x0", "0x1000", "usable"], [1, 2, "usable"]]}', r"e820\[1\]")
        self.refused_text('{"e820": [["0x0", "0x10000000000000000", "usable"]]}', r"e820\[0\].*64 bits")
        self.refused_text('{"e820": 5}', "no list")
        self.refused_text('{"a\\"]": {"e820": "["},\n "e820": [\n\n["0x0", "0x1000", "usable"],\n'
                    '["0x1000",\n "0x800", "usable"]]}', r"<stdin>: e820\[1\]: ends before")
        self.refused_text('{"e820": [],\n "input": {"e820": [\n["0x0", "0x1000", "usable"],\n'
                    '["0x800", "0x2000", "usable"]]}}', r"<stdin>: e820\[1\]: .*0x800 overlaps the one at 0$")
        self.refused_text('{"e820": [["0x0", "0x1000", "usable"]],\n"bars": [\n["a", "0x5", 7]]}',
                    r"<stdin>: bars\[0\]")
        self.refused_text("{}", "no list")
        self.refused_text("{" * 5000, "JSON")

    def test_archive(self):
        tar = forms.memmap(forms.machines()[0])
        self.refused_text(tar[:1000], "in the middle of a file")
        self.refused_text(tar[:512 * 9] + b"x" * 512, "broken archive|is not there")
        self.refused_text(tar[:512 * 18], "is not there")

    def test_compressed(self):
        self.refused_text(b"\x1f\x8b\x08" + b"x" * 100, "gzip -dc")

    def test_p2m(self):
        self.refused_text(MAP + " [0x0->0x10] pfn\n [0x8->0x20] missing\n", r"<stdin>:8: .*below the end")
        self.refused_text(MAP + " [0x0->0x10] pf\n", r"<stdin>:7: not a range")

    def test_p2m_read_twice(self):
        once = " [0x0->0x9f] pfn\n [0x9f->0x100] identity\n [0x100->0x10000] pfn\n [0x10000->0x40000] identity\n"
        one, two = (tool.plan("--nr-pages=65376", text=MAP + text)[0]
                    for text in (once, " [0x0->0x10] pfn\n" + once))
        two["warnings"].remove("the P2M is there more than once: what starts at line 8 counts")
        self.assertEqual(one, two)

    def test_no_such_file(self):
        self.refused("/nowhere/at/all", "plan", "/nowhere/at/all")

    def test_crashers(self):
        for path in (tool.HERE / "crashers").iterdir():
            with self.subTest(path.name):
                self.assertIn(tool.run("plan", "--nr-pages=10000", path).returncode, (0, 1, 2))

    def test_options(self):
        for args in (["--dom0-mem=1X"], ["--dom0-mem=1G,"], ["--dom0-mem=200%"],
                     ["--dom0-mem=99999999999999999999G"]):
            self.refused_text(MAP, "dom0_mem=", *args)
        for args in (["--nr-pages=-1"], ["--kernel=5"], ["--kernel=2M-1M"], ["--max-mem=x"],
                     ["--domain=70000"], ["--nonsense"], ["a", "b"]):
            self.assertEqual(tool.run("plan", *args, text=MAP).returncode, 2, args)
        self.assertEqual(tool.run("plam", text=MAP).returncode, 2)
        self.assertEqual(tool.run().returncode, 2)
        self.refused_text(MAP, "nr-pages", "--domu", "--e820-host")


class Large(tool.Case):
    def test_many_lines(self):
        done = tool.run("plan", text="nothing of interest\n" * 100000 + MAP)
        self.assertEqual(done.returncode, 0, done.err)

    def test_many_bars(self):
        lines = "".join(f"pci 0000:{i >> 8:02x}:{i >> 3 & 31:02x}.{i & 7}: BAR 0 "
                        f"[mem {0xc0000000 + i * 4096:#010x}-{0xc0000fff + i * 4096:#010x}]\n"
                        for i in range(4097))
        self.refused_text(MAP + lines, r":4103: more than 4096")


class Read(unittest.TestCase):
    """Odd forms that are good all the same."""

    def pci(self, lines):
        result, _ = tool.plan("--dom0-mem=1G", text=MAP + "\n".join(lines) + "\n")
        return [(pci["name"], pci["pfn"], pci["nr"]) for pci in result["pci"]]

    def test_bars_of_all_kernels(self):
        self.assertEqual(self.pci([
            "pci 0000:00:02.0: reg 10 64bit mmio: [0xf0000000-0xf03fffff]",
            "pci 0000:00:02.1: reg 14: [mem 0xf1000000-0xf1000fff]",
            "<6>[    0.4] pci 0000:00:02.2: reg 0x18: [mem 0xf2000000-0xf2ffffff 64bit pref]",
            "[    0.5] pci 0000:00:02.3: BAR 5 [mem 0xf3000000-0xf3000fff]",
            "pci 0000:00:02.4: BAR 0: assigned [mem 0xf4000000-0xf4000fff 64bit]",
            "pci 0000:00:02.5: BAR 0 [mem 0xf5000000-0xf5000fff 64bit]: assigned",
            "pci 0000:00:02.6: VF BAR 0 [mem 0xf6000000-0xf6003fff 64bit]",
            "pci 0000:00:02.7: ROM [mem 0xf7000000-0xf700ffff pref]"]),
            [("0000:00:02.0 BAR 0", "0xf0000", 1024), ("0000:00:02.1 BAR 1", "0xf1000", 1),
             ("0000:00:02.2 BAR 2", "0xf2000", 4096), ("0000:00:02.3 BAR 5", "0xf3000", 1),
             ("0000:00:02.4 BAR 0", "0xf4000", 1), ("0000:00:02.5 BAR 0", "0xf5000", 1),
             ("0000:00:02.6 VF BAR 0", "0xf6000", 4), ("0000:00:02.7 ROM", "0xf7000", 16)])

    def test_not_placed_or_no_memory(self):
        self.assertEqual(self.pci([
            "pci 0000:00:02.0: reg 0x10: [mem 0x00000000-0xffffffff 64bit pref]",
            "pci 0000:00:02.0: reg 0x20: [io  0xe000-0xe03f]",
            "pci 0000:00:02.0: BAR 0 [mem size 0x00100000]",
            "pci 0000:00:1c.0: BAR 14: assigned [mem 0xf0000000-0xf01fffff]",
            "pci 0000:00:1c.0:   bridge window [mem 0xf0000000-0xf01fffff]"]), [])

    def test_last_place_counts(self):
        self.assertEqual(self.pci([
            "pci 0000:01:00.0: BAR 0 [mem 0xf0000000-0xf0000fff]",
            "pci 0000:01:00.0: BAR 0 [mem 0xf8000000-0xf8000fff]: assigned"]),
            [("0000:01:00.0 BAR 0", "0xf8000", 1)])

    def test_bar_over_ram(self):
        result, status = tool.plan("--dom0-mem=1G", text=MAP +
                                   "pci 0000:01:00.0: BAR 0 [mem 0x30000000-0x30000fff]\n")
        self.assertEqual((result["pci"][0]["verdict"], status), ("ram", 1))
        self.assertEqual([f["what"] for f in result["findings"]],
                         ["0000:01:00.0 BAR 0 lies over RAM"])

    def test_xens_log_says_it_all(self):
        text = ("(XEN) [2024-01-01 10:00:00] Command line: console=com1 dom0_mem=512M,max:1G\n"
                "(XEN) [2024-01-01 10:00:00] Initial Xen-e820 RAM map:\n"
                "(XEN) [2024-01-01 10:00:00]  [0000000000000000, 000000000009fbff] (usable)\n"
                "(XEN) [2024-01-01 10:00:00] Xen-e820 RAM map:\n"
                "(XEN) [2024-01-01 10:00:00]  [0000000000000000, 000000000009fbff] (usable)\n"
                "(XEN) [2024-01-01 10:00:00]  [0000000000100000, 00000000bfffffff] (usable)\n"
                "(XEN) PHYSICAL MEMORY ARRANGEMENT:\n"
                "(XEN)  Dom0 alloc.:   00000000b4000000->00000000b8000000 (114688 pages to be allocated)\n"
                "(XEN)  Init. ramdisk: 00000000be000000->00000000bf000001\n"
                "(XEN) VIRTUAL MEMORY ARRANGEMENT:\n"
                "(XEN)  Loaded kernel: ffffffff81000000->ffffffff82c00000\n"
                "(XEN)  Phys-Mach map: 0000008000000000->0000008000100008\n"
                "(XEN)  Start info:    ffffffff82c00000->ffffffff82c004b8\n"
                "(XEN)  Page tables:   ffffffff82c01000->ffffffff82c1c000\n")
        result, _ = tool.plan(text=text)
        self.assertEqual(result["input"]["nr_pages"], 131073)
        self.assertEqual(result["input"]["max_pages"], 262144)
        self.assertEqual(result["input"]["areas"], {
            "kernel": {"start": "0x1000000", "end": "0x2c00000"},
            "start_info": {"start": "0x2c00000", "end": "0x2c004b8"},
            "page_tables": {"start": "0x2c01000", "end": "0x2c1c000"},
            "initrd": {"start": "0x4000000", "end": "0x5000001"},
            "p2m_list": {"start": "0x5001000", "end": "0x5105000"}})
        self.assertEqual(result["input"]["assumed"], [])
        self.assertEqual(len(result["input"]["e820"]), 2)

    def test_mem_option(self):
        result, _ = tool.plan("--dom0-mem=1G", text="Command line: quiet memx=5 mem=2G ro\n" + MAP)
        self.assertEqual(result["input"]["mem_limit"], "0x80000000")
        for words, limit in (("mem=nopentium", 0), ("mem=2G mem=1G mem=3G", 1 << 30),
                             ("mem=2G memmap=1G", 1 << 30), ("memmap=2G,1536M,64M$3G", 1536 << 20),
                             ("memmap=1G@16M memmap=1G#2G memmap=1G$3G memmap=1G!4G memmap=1G%5G-1", 0),
                             ('mem="2G"', 2 << 30), ("mem=2GB", 2 << 30), ("mem=0", 0),
                             ("memmap=exactmap", 0)):
            with self.subTest(words):
                result, _ = tool.plan("--dom0-mem=1G", text=f"Command line: {words} ro\n" + MAP)
                self.assertEqual(result["input"]["mem_limit"], hex(limit))

    def test_mem_option_of_a_long_line(self):
        """The kernel prints a long command line in parts, each with the label."""
        for label in ("Kernel command line: ", "[    0.0] Kernel command line: "):
            with self.subTest(label):
                text = MAP + label + "mem=2G quiet \\\n" + label + "memmap=3G ro \\\n" + label + "x\n"
                result, _ = tool.plan("--dom0-mem=1G", text=text)
                self.assertEqual(result["input"]["mem_limit"], "0x80000000")

    def test_directory(self):
        with tempfile.TemporaryDirectory() as folder:
            for number, (start, end, kind) in enumerate([("0x0", "0x9fbff", "System RAM"),
                                                         ("0x100000", "0x7fffffff", "System RAM")]):
                entry = pathlib.Path(folder) / str(number)
                entry.mkdir()
                for name, text in (("start", start), ("end", end), ("type", kind)):
                    (entry / name).write_text(text + "\n", encoding="utf-8")
            done = tool.run("plan", "--json", "--dom0-mem=1G", folder)
            self.assertEqual(json.loads(done.out)["input"]["e820"][1],
                             {"start": "0x100000", "end": "0x80000000", "type": "usable"})

    def test_no_plan_says_why(self):
        text = MAP + "BIOS-e820: [mem 0x0000000300000000-0x00000003ffffffff] persistent (type 7)\n"
        result, status = tool.plan("--dom0-mem=1G", "--kernel=0xbff00000-0xc0100000", text=text)
        self.assertEqual(status, 1)
        self.assertTrue(result["error"]["cause"] and result["error"]["remedy"])
        self.assertEqual(tool.run("draw", "--dom0-mem=1G", "--kernel=0xbff00000-0xc0100000",
                                  text=text).returncode, 1)

    def test_domu_with_the_hosts_map(self):
        result, status = tool.plan("--domu", "--e820-host", "--nr-pages=1048576", text=MAP)
        self.assertEqual(status, 0)
        entries = [(e["start"], e["end"], e["type"]) for e in result["input"]["e820"]]
        self.assertEqual(entries, [
            ("0x0", "0xfeffc000", "usable"), ("0xfeffc000", "0xff000000", "reserved"),
            ("0x100000000", "0x101104000", "usable")])
        self.assertEqual(sum(m["nr"] for m in result["moves"]), 4096 + 4)

class Draw(unittest.TestCase):
    """The picture is XML, and what is in it stays inside."""

    def draw(self, *args, text):
        done = tool.run("draw", *args, text=text)
        self.assertEqual(done.returncode, 0, done.err)
        return xml.etree.ElementTree.fromstring(done.out)

    def test_all_drawn(self):
        for machine in forms.machines()[::37]:
            with self.subTest(machine["name"]):
                done = tool.run("draw", "--dom0-mem=2G", text=forms.as_json(machine))
                if done.returncode == 1:
                    continue
                self.assertEqual(done.returncode, 0, done.err)
                svg = xml.etree.ElementTree.fromstring(done.out)
                height = float(svg.get("height"))
                rects = [r for r in svg.iter() if r.tag.endswith("}rect") and r.get("x")]
                self.assertGreater(len(rects), 4)
                for rect in rects:
                    self.assertGreaterEqual(float(rect.get("height")), 0)
                    self.assertLessEqual(float(rect.get("y")) + float(rect.get("height")), height)
                self.assertIn("prefers-color-scheme:dark", done.out)

    def test_names_are_escaped(self):
        text = json.dumps({"e820": [["0x0", "0x80000000", "usable"]],
                           "bars": [["<script>&", "0xf0000000", "0xf1000000", "\"<"]]})
        self.draw("--dom0-mem=1G", text=text)

    def test_fits_a_screen(self):
        """Once 50 entries made a picture of three screens."""
        for machine in sorted(forms.machines(), key=lambda m: -len(m["e820"]))[:3]:
            self.assertGreater(len(machine["e820"]), 40)
            svg = self.draw("--dom0-mem=2G", text=forms.as_json(machine))
            self.assertLessEqual(float(svg.get("height")), 900)

    def test_labels_stay_in_their_blocks(self):
        name = "a device with a name"
        text = json.dumps({"e820": [["0x0", "0x80000000", "usable"]],
                           "bars": [[name, "0xf0000000", "0xf1000000", "BAR 0 of many"]]})
        svg = self.draw("--dom0-mem=1G", text=text)
        labels = [t.text for t in svg.iter() if t.tag.endswith("}text") and t.text]
        self.assertLessEqual(max(len(t) for t in labels if t.startswith("a device")), 21)
        self.assertTrue(any(t.text and t.text.startswith(name + " BAR 0") for t in svg.iter()
                            if t.tag.endswith("}title")))
        self.assertTrue(any("Not to scale" in t for t in labels))
        self.assertTrue(any(t.startswith("folded") for t in labels))

    def test_memory_of_the_log_beside_that_asked_for(self):
        text = "(XEN) Command line: dom0_mem=2G,max:2G\n" + tool.xen_map(
            (0, 0x9ffff), (0x100000, 0xbfffffff), (0x100000000, 0x23fffffff))
        def titles(*args):
            return [t.text for t in self.draw(*args, text=text).iter() if t.get("class") == "title"]
        self.assertEqual(titles("--dom0-mem=1G,max:1G"), [
            "memory map (E820)", "log: Xen's P2M, 2 GiB", "log: P2M of Linux, 2 GiB",
            "Xen's P2M, 1 GiB", "P2M of Linux, 1 GiB"])
        self.assertEqual(titles(), ["memory map (E820)", "P2M as Xen makes it", "P2M of Linux"])

    def test_page(self):
        done = tool.run("draw", "--html", "--dom0-mem=1G", text=MAP)
        self.assertEqual(done.returncode, 0, done.err)
        self.assertTrue(done.out.startswith("<!DOCTYPE html>"))
        self.assertIn("<svg", done.out)
        plan = tool.run("plan", "--dom0-mem=1G", text=MAP).out
        self.assertIn(plan.splitlines()[0], done.out)
        self.assertIn("Kernels side by side", done.out.partition("<pre>")[2])

    def test_picture_of_a_dump(self):
        done = tool.run("draw", text=" [0x0->0x100] pfn\n [0x100->0x8000000] identity\n")
        self.assertEqual(done.returncode, 0, done.err)
        self.assertIn("identity", done.out)


class Manners(tool.Case):
    """The command line: what does nothing is refused, and help is at hand."""

    def test_options_that_do_nothing(self):
        for args, words in (
                (("plan", "--domain=1"), "no option of plan"),
                (("plan", "--html"), "no option of plan"),
                (("plan", "--root=/"), "no option of plan"),
                (("draw", "--json"), "no option of draw"),
                (("dump", "--verbose"), "no option of dump"),
                (("report", "--json"), "no option of report"),
                (("audit", "--dom0-mem=1G"), "no option of audit"),
                (("dump", "file"), "dump takes no file"),
                (("report", "file"), "report takes no file"),
                (("plan", "a", "b"), "one file at most"),
                (("plan", "--e820-host"), "say --domu"),
                (("plan", "--domu", "--dom0-mem=1G"), "about dom0"),
                (("plan", "--domu", "--max-mem=1G"), "about dom0"),
                (("plan", "--dom0-mem=1G", "--nr-pages=5000"), "leave out --dom0-mem"),
                (("plan", "--json", "--verbose"), "for text"),
                (("audit", "--domain=1", "--verbose"), "--verbose"),
                (("audit", "--domain=1", "file"), "not of a file"),
                (("dump", "--domain=1", "--root=/x"), "--root"),
                (("audit", "--root=/x", "file"), "not both"),
                (("report", "--output=-", "--force"), "standard output"),
                (("--json", "plan"), "the command comes first"),
                (("help", "plam"), 'no command "plam"')):
            self.refused(words, *args, text=MAP)

    def test_options_for_another_kind_of_domain(self):
        """Once they were taken, for a plan of something that is not there."""
        guest = (tool.HERE / "logs/r06-claim-ram.txt").read_bytes()
        for args, text, words in (
                (("--dom0-mem=1G",), guest, "of a guest: --dom0-mem"),
                (("--max-mem=1G",), guest, "of a guest: --dom0-mem"),
                (("--domu", "--e820-host", "--nr-pages=65536"), guest, "leave out --e820-host"),
                (("--domu",), tool.xen_map((0, 0x3fffffff)), "say --e820-host")):
            self.refused(words, "plan", *args, text=text)
        # Nothing but the flat map says that this is a guest's.
        flat = "Xen: [mem 0x0000000000000000-0x000000003fffffff] usable\n"
        self.assertEqual(tool.plan(text=flat)[0]["input"]["domain"], "domU")
        self.assertEqual(tool.plan("--dom0-mem=512M", text=flat)[0]["input"]["domain"], "dom0")

    def test_options_for_a_plan_of_what_is_drawn(self):
        self.refused("<stdin>: has a P2M, which is drawn", "draw", "--dom0-mem=1G",
                     text=MAP + " [0x0->0x10] pfn\n")

    def test_help_and_version(self):
        self.assertEqual(tool.run("-V").out, tool.run("--version").out)
        self.assertRegex(tool.run("-V").out, r"^xen-p2m \S+$")
        self.assertEqual(tool.run("help").out, tool.run("--help").out)
        for command in ("plan", "draw", "dump", "audit", "report"):
            self.assertIn(f"\n  {command} ", tool.run("-h").out)
            shown = tool.run("help", command).out
            self.assertEqual(tool.run(command, "--help").out, shown)
            self.assertTrue(shown.startswith(f"Usage: xen-p2m {command} "))
        self.assertIn("--dom0-mem=TEXT", tool.run("help", "plan").out)
        self.assertNotIn("--dom0-mem", tool.run("help", "audit").out)

    def test_errors_name_the_file(self):
        with tempfile.NamedTemporaryFile(mode="w", suffix=".txt") as file:
            file.write("nothing\n")
            file.flush()
            for command in ("plan", "draw"):
                self.refused(file.name[-40:], command, file.name)

    def test_standard_input_on_a_terminal_is_announced(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        with subprocess.Popen([tool.TOOL, "plan"], stdin=slave, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            os.close(slave)
            self.assertIn(b"Ctrl-D", process.stderr.readline())
            os.write(master, b"\x04")
            process.communicate(timeout=60)
        self.assertNotIn("Ctrl-D", tool.run("plan", text=MAP).err)


class Documented(unittest.TestCase):
    """Each option is in --help, in the manual page and in the completion."""

    def test_options(self):
        shown = set()
        for command in ("plan", "draw", "dump", "audit", "report"):
            shown |= set(re.findall(r"--[a-z0-9-]+", tool.run("help", command).out))
        manual = (tool.HERE.parent / "xen-p2m.8").read_text(encoding="utf-8").replace("\\-", "-")
        completion = (tool.HERE.parent / "xen-p2m.bash").read_text(encoding="utf-8")
        for option in shown - {"--help", "--version"}:
            self.assertIn(option, manual)
            self.assertIn(option, completion)

    def test_completion(self):
        script = (f"source {tool.HERE.parent / 'xen-p2m.bash'}; compopt() {{ :; }}; "
                  "COMP_WORDS=(xen-p2m plan --d); COMP_CWORD=2; _xen_p2m; echo \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split(), ["--dom0-mem=", "--domu"])


if __name__ == "__main__":
    unittest.main()
