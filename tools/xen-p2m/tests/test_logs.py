# SPDX-License-Identifier: GPL-2.0
"""Logs as people paste them, in logs/: each with the answer that is right."""

import json
import re
import unittest

import tool
from tool import LOGS, read_log, xen_map

GIB = 1 << 18


def places(result):
    """What lies where, as numbers."""
    return {name: (int(area["start"], 16), int(area["end"], 16))
            for name, area in result["input"]["areas"].items() if area}


class Answers(tool.Case):
    """plan of a log."""

    def plan(self, name, *args):
        return tool.plan(*args, LOGS / name)

    def entries(self, result):
        return [(entry["start"], entry["end"], entry["type"]) for entry in result["input"]["e820"]]

    def pci(self, result):
        return [(pci["name"], int(pci["pfn"], 16), pci["nr"]) for pci in result["pci"]]

    def answer(self, name, *args, nr=None, nr_e820=None, status=0, warned=(), source=None,
               moved=None):
        """A plan with these numbers and with warnings like these, and no other of reading."""
        result, got = self.plan(name, *args)
        self.assertIn(got, (0, 1) if status is None else (status,))
        if nr is not None:
            self.assertEqual(result["input"]["nr_pages"], nr)
        if nr_e820 is not None:
            self.assertEqual(len(result["input"]["e820"]), nr_e820)
        if source:
            self.assertEqual(result["input"]["source"], source)
        if moved is not None:
            self.assertEqual(sum(move["nr"] for move in result["moves"]), moved)
        for text in warned:
            self.assertTrue([w for w in result["warnings"] if text in w],
                            f"{text!r} in {result['warnings']}")
        if not warned:
            self.assertFalse([w for w in result["warnings"]
                              if "understood" in w or "guest" in w or "last one" in w])
        return result

    def refused_log(self, name, message, *args):
        self.refused(message, "plan", *args, LOGS / name)


class Maps(Answers):
    """Where the map is, in what form, and that it is whole."""

    def test_kaslr_of_bare_metal(self):
        result = self.answer("m01-iomem-kaslr.txt", "--dom0-mem=1G,max:1G", nr=GIB, source="iomem")
        self.assertEqual(places(result)["kernel"], (0x1000000, 0x3400000))
        self.assertEqual(result["verdict"], "stock 6.1 dies here; stock 6.12 and 7.3 boot, "
                         "this series boots")
        self.assertIn("kernel at 0x1000000-0x3400000", result["input"]["assumed"][0])
        self.assertEqual([(move["from"], move["type"]) for move in result["nonram_moves"]],
                         [("0x2000000", "ACPI NVS")])

    def test_types_of_new_kernels(self):
        for name in ("m21-619.txt", "m21b.txt"):
            result = self.answer(name, nr_e820=2)
            self.assertEqual({entry[2] for entry in self.entries(result)}, {"usable"})

    def test_types_of_old_xen(self):
        result = self.answer("r04-xen-types.txt", nr_e820=6, source="xen-dmesg")
        self.assertIn(("0xdfe9e000", "0xdfea0000", "type 9"), self.entries(result))

    def test_other_names_of_maps(self):
        self.answer("m19-user.txt", nr_e820=2, source="user-dmesg")
        self.answer("m19b-e801.txt", nr_e820=2, source="dmesg")
        self.answer("r10-efi-map.txt", nr_e820=2, source="xen-dmesg")

    def test_xenlinux(self):
        self.answer("m34-xenlinux-bios.txt", nr_e820=3, source="dmesg", nr=491430)

    def test_dressed_up(self):
        """Colours, odd spaces, HTML, ends of lines, UTF-16, quotes, dashes."""
        self.answer("m04b-ansi-xen.txt", nr_e820=2, source="domain-dmesg")
        for name in ("m05b-html.txt", "m05c-nbsp.txt", "m05f-cr.txt", "m05h-utf16.txt"):
            result = self.answer(name, nr_e820=2, source="xen-dmesg")
            self.assertEqual(self.entries(result)[1], ("0x100000", "0xc0000000", "usable"))
        self.answer("m05g-bom.json", nr_e820=2, source="json")
        self.answer("m18b.txt", nr_e820=2, source="iomem")
        self.answer("r27-terminal-dashes.txt", nr_e820=2)
        result = self.answer("m18-iomem-quoted.txt", nr_e820=2)
        self.assertEqual(places(result)["kernel"], (0x1000000, 0x2000000))
        self.assertEqual(self.pci(result), [("PCI Bus 0000:00", 0xc0000, 0x20000)])

    def test_quoted_printable(self):
        self.refused_log("m05-qp.txt", r"m05-qp.txt:3: .*quopri -d")

    def test_in_other_wrappings(self):
        self.answer("r03-journal-host.txt", nr_e820=4, source="domain-dmesg", moved=96)
        self.answer("r12-memmap-grepped.txt", nr_e820=2, source="memmap")
        self.answer("r13-dmesg.json", nr_e820=2, source="dmesg")

    def test_front_lost(self):
        self.refused_log("m11-front-lost.txt", r":2: the front .*0x100000.*conring_size=.*memmap")
        self.refused_log("r25-front-piece.txt", r":2: the front .*0xf0000.*log_buf_len=.*memmap")

    def test_end_lost(self):
        for name, line in (("m12-end-lost.txt", 4), ("m12b-end-lost.txt", 4), ("m12c.txt", 4),
                           ("m12d.txt", 3), ("m12e.txt", 3)):
            self.refused_log(name, rf"{name}:{line}: .*cut off")

    def test_end_lost_without_an_end_of_line(self):
        for name in ("m12-end-lost.txt", "m12b-end-lost.txt", "m12c.txt", "m12d.txt", "m12e.txt"):
            text = (LOGS / name).read_bytes().rstrip(b"\n")
            for size in range(text.rindex(b"\n") + 2, len(text)):
                self.refused_text(text[:size], r"<stdin>:\d")

    def test_lines_lost(self):
        self.refused_log("r14-left-out.txt", r":4: .*left out")
        self.refused_log("r15-lines-lost.txt", r":2: .*lost: it has 2097792 KiB .*counts 4193916")
        self.refused_log("r16-last-pfn.txt", r":2: the end .*0x240000000")
        self.refused_log("r26-wrapped-mail.txt", r":2: .*two addresses")

    def test_left_out_by_hand(self):
        """Once some words for it were known, and all else between entries was not seen."""
        lines = read_log("r04-xen-types.txt").splitlines()
        nr = next(i for i, line in enumerate(lines) if "(usable)" in line)
        kernel = ("[    0.0] BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable",
                  "[    0.0] BIOS-e820: [mem 0x0000000000100000-0x00000000bfffffff] usable")
        plain = [line[10:] for line in kernel]
        for words in ("[snip]", "<...>", "--More--", "[ ... ]", "(...)", "~~~", "-- 8< --", "etc.",
                      "[truncated]", "\u2026"):
            for head, tail in ((lines[:nr + 1], lines[nr + 1:]), (kernel[:1], kernel[1:]),
                               (plain[:1], plain[1:])):
                text = "\n".join((*head, words, *tail)) + "\n"
                if head == plain[:1] and words in ("~~~", "etc."):
                    continue
                self.refused_text(text, "entries of the memory map are left out|without a type")

    def test_two_hosts(self):
        """Once the first one was forgotten without a word."""
        def one(last):
            return xen_map((0, 0x9ffff), (0x100000, last)) + "(XEN) end\n"

        for first, second, said in ((0xbfffffff, 0x7fffffff, True), (0x7fffffff, 0x7fffffff, False)):
            result, _ = tool.plan(text=one(first) + "Host B:\n" + one(second))
            self.assertEqual(result["input"]["e820"][1]["end"], "0x80000000")
            self.assertEqual("differ, from lines 2 and 7 on: the last one counts"
                             in " ".join(result["warnings"]), said)
        # What Xen made of the firmware's map is the same host's.
        result, _ = tool.plan(text="(XEN) Initial " + one(0xbfffffff)[6:] + one(0x7fffffff))
        self.assertNotIn("differ", " ".join(result["warnings"]))

    def test_two_boots_of_a_guest(self):
        """With no host there is nothing that could be the host's."""
        guest = read_log("r06-claim-ram.txt")
        result, _ = tool.plan(text=guest + guest.replace("f9ffffff", "e9ffffff"))
        self.assertIn("another guest, or of a boot before", " ".join(result["warnings"]))

    def test_broken_by_a_mail(self):
        """The type is on the next line; anything else there is no type."""
        result = self.answer("r33-wrapped-types.txt", nr_e820=4)
        self.assertEqual(self.entries(result)[2], ("0x100000", "0x20000000", "usable"))
        log = read_log("r33-wrapped-types.txt")
        for text in (log.replace("reserved\n", "resrvd\n"), log[:log.rindex("usable")]):
            self.refused_text(text, ":[46]: memory map entry without a type")

    def test_last_pfn_of_the_boot_before(self):
        """The end of its log is still in the ring: with more memory, on bare metal."""
        log = read_log("r03-journal-host.txt")
        _, status = tool.plan(text="last_pfn = 0x240000 max_arch_pfn = 0x400000000\n" + log)
        self.assertEqual(status, 0)

    def test_may_be_half(self):
        """A log that ends with its map is taken, but not silently."""
        log = read_log("r04-xen-types.txt")
        for text, said in ((log, False), (log[:log.index("(XEN) [    0.003]")], True),
                           (log[:log.index("(XEN) [    0.003]")] + "\n\n", True)):
            result, status = tool.plan(text=text)
            self.assertEqual(status, 0)
            self.assertEqual("may be incomplete" in " ".join(result["warnings"]), said)

    def test_unknown_form(self):
        self.refused_text("hello\n 0000000000000000 - 00000000000a0000 (usable)\n",
                          r"<stdin>:2: no memory map in it; 1 lines look like one")

    def test_not_understood(self):
        self.answer("r24-not-understood.txt", nr_e820=2,
                    warned=("2 lines looked like memory or PCI",))


class Boots(Answers):
    """Several boots, hosts and guests in one text."""

    def test_same_map_twice(self):
        self.answer("m03-two-boots-grepped.txt", nr_e820=2)

    def test_last_boot_of_xen(self):
        result = self.answer("m26-two-boots-xen.txt", nr=384000)
        self.assertIn("kernel at", result["input"]["assumed"][0])
        result = self.answer("r11-ring-of-two-boots.txt", nr_e820=2, nr=491427)
        self.assertIn("kernel at", " ".join(result["input"]["assumed"]))

    def test_consoles_of_guests(self):
        result = self.answer("m02-hvm-guest-header.txt", nr=GIB, nr_e820=3,
                             warned=("guest (HVM4, HVM domU)",))
        self.assertEqual(self.entries(result)[2][1], "0x240000000")
        result = self.answer("m02b-d4.txt", nr=GIB, nr_e820=3, moved=96, warned=("guest (d4",))
        self.assertEqual((result["pci"], result["released"], result["input"]["mem_limit"]),
                         ([], 0, "0x0"))
        self.answer("r02-hvmloader-items.txt", nr=GIB, nr_e820=2)
        log = read_log("m02b-d4.txt").replace("(d4)", "(d0)")
        self.assertEqual(len(tool.plan(text=log)[0]["pci"]), 2)
        self.answer("r28-nested-shim.txt", nr=GIB, nr_e820=2)

    def test_dom0_and_domu(self):
        result = self.answer("m31-dom0-and-domu.txt", nr_e820=4, warned=("from line 6 on",),
                             status=1)
        self.assertEqual(result["pci"], [])
        guest, = result["guests"]
        self.assertEqual((guest["line"], guest["plan"]["input"]["nr_pages"]), (6, 131072))
        self.assertRegex(result["verdict"], "; guest \\(line 6\\): 1 finding on PCI$")
        self.assertRegex(guest["plan"]["verdict"], "this series; 1 finding on PCI$")
        self.assertIn("lies over RAM", guest["plan"]["findings"][0]["what"])
        result = self.answer("m31-dom0-and-domu.txt", "--domu", nr=131072, nr_e820=2,
                             status=1)
        self.assertIn("lies over RAM", result["findings"][0]["what"])
        self.assertEqual(self.pci(result), [("0000:00:00.4 BAR 0", 0x10004, 4)])

    def test_host_and_domu(self):
        result = self.answer("r18-host-and-domu.txt", nr=GIB, nr_e820=3, source="xen-dmesg",
                             warned=("from line 6 on there is the log of a guest (PV domU)",))
        self.assertEqual(result["pci"], [])
        self.assertNotIn("guest", result["verdict"])
        self.assertEqual(self.pci(result["guests"][0]["plan"]),
                         [("0000:00:00.0 BAR 0", 0xd0000, 16)])
        result = self.answer("r18-host-and-domu.txt", "--domu", nr=131072)
        self.assertNotIn("guests", result)
        self.assertEqual(self.pci(result), [("0000:00:00.0 BAR 0", 0xd0000, 16)])

    def test_guest_follows_the_host(self):
        done = tool.run("plan", LOGS / "m31-dom0-and-domu.txt")
        self.assertRegex(done.out.splitlines()[0], r"^Verdict: .*; guest \(line 6\): 1 finding")
        host, guest = done.out.split("\nGuest, by the log from line 6 on\n")
        self.assertIn("pages of dom0 ", host)
        self.assertIn("pages of the domU ", guest)
        self.assertIn("Hint: set e820_host=1", guest)

    def test_host_with_nothing_but_ram(self):
        """A dom0's map is as flat as that of such a host: no sign of a guest."""
        text = (xen_map((0, 0x9ffff), (0x100000, 0xbfffffff)) +
                "Xen: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
                "Xen: [mem 0x00000000000a0000-0x00000000000fffff] reserved\n"
                "Xen: [mem 0x0000000000100000-0x000000003fffffff] usable\n"
                "Released 0 page(s)\n")
        result, _ = tool.plan(text=text)
        self.assertFalse([w for w in result["warnings"] if "guest" in w])

    def test_bare_metal_and_dom0(self):
        result = self.answer("r17-bare-and-dom0.txt", nr_e820=3, source="dmesg")
        self.assertEqual(self.pci(result), [("0000:02:00.0 BAR 0", 0x90000, 16)])

    def test_iomem_of_both(self):
        self.answer("r29-iomem-of-both.txt", nr_e820=5, warned=("from line 8 on",))
        self.answer("r29-iomem-of-both.txt", "--domu", nr=131072, nr_e820=2)
        result = self.answer("r30-iomem-of-domu.txt", nr=131072, moved=0)
        self.assertEqual(result["input"]["domain"], "domU")

    def test_same_boot_twice(self):
        """What only the first copy has is not lost; what the second one changes counts."""
        result = self.answer("r31-same-boot-twice.txt", nr_e820=2)
        self.assertEqual(self.pci(result), [("0000:02:00.0 BAR 0", 0x90000, 16),
                                            ("0000:03:00.0 BAR 0", 0x92000, 16)])

    def test_map_has_changed(self):
        result = self.answer("r32-bios-was-changed.txt", nr_e820=2,
                             warned=("differ, from lines 2 and 6 on: the last one counts",))
        self.assertEqual(self.entries(result)[1][1], "0xc0000000")
        self.assertEqual(self.pci(result), [("0000:02:00.0 BAR 0", 0xd0000, 16)])

    def test_nothing_says_whose(self):
        self.refused_log("r19-two-domains-unknown.txt", ":1: .*two domains.* line 4")

    def test_what_does_not_apply(self):
        self.refused_log("m30-pvh.txt", "PVH dom0.* no P2M.*--dom0-mem=")
        self.refused_log("r21-pvh-dom0-linux.txt", "PVH dom0")
        self.refused_log("r20-hvm-guest.txt", "HVM domU")
        self.answer("m30-pvh.txt", "--dom0-mem=1G", nr=GIB, nr_e820=2)


class Happened(Answers):
    """Of stock kernels the logs say whether they came through their memory set-up."""

    DIED = r"conflicts with E820 map|sparse_init"
    WENT_ON = r"(Released|Remapped|Set) \d+ page|can't claim"

    def test_dies_or_boots(self):
        seen = {True: 0, False: 0}
        for path in sorted(LOGS.iterdir()):
            text = path.read_bytes().decode(errors="replace")
            died = bool(re.search(self.DIED, text))
            went_on = not died and bool(re.search(self.WENT_ON, text))
            if not went_on and not died:
                continue
            with self.subTest(path.name):
                result, _ = self.plan(path.name)
                stock = result["kernels"][:3]
                # If it does not say which kernel it is of, one of them did so.
                rows = [row for row in stock if "the log's" in row["kernel"]] or stock
                self.assertIn(went_on, [row["boots"] for row in rows])
                for row in rows:
                    self.assertTrue(row["boots"] or re.search(self.DIED, row["message"]))
                for number in result["log"]["numbers"]:
                    if number["what"] in ("pages moved", "pages released"):
                        self.assertEqual(number["log"], number["planned"])
            seen[went_on] += 1
        self.assertGreaterEqual(seen[True], 8)
        self.assertGreaterEqual(seen[False], 2)

    def test_firmware_regions_below_16_mib(self):
        """A distribution moved its kernel to 2 MiB, over the NVS regions of OVMF."""
        result = self.answer("r36-efi-died.txt", nr=1 << 19, nr_e820=14, moved=96)
        self.assertEqual([row["boots"] for row in result["kernels"]], [False, False, True, True])
        self.assertIn("0x0000000000800000", result["kernels"][0]["where"])
        self.assertIn("0x000000000080b000", result["kernels"][1]["where"])

    def test_ram_sliver(self):
        """The map that a stock kernel prints before it dies of it is not yet merged, and
        has an entry that ends before it starts. A border like that elsewhere is a fault."""
        result = self.answer("r37-ram-sliver-died.txt", nr=262144, warned=("line 47: RAM without a whole page",))
        self.assertEqual([row["boots"] for row in result["kernels"]], [False, False, False, True])
        text = read_log("r37-ram-sliver-died.txt")
        for line in ("Xen: [mem 0x0000000040001000-0x000000003fffefff] usable",
                     "Xen: [mem 0x0000000040001000-0x000000003fffffff] reserved",
                     "Xen: [mem 0x0000000040001800-0x00000000400017ff] usable"):
            bad = text.replace("Xen: [mem 0x0000000040001000-0x000000003fffffff] usable", line)
            self.assertNotEqual(bad, text)
            self.refused_text(bad, ":47: memory map entry ends at")


class Kernels(Answers):
    """What kind of kernel wrote it, and the form of what is said."""

    def test_kinds(self):
        for name, kind, release, xen in (
                ("r17-bare-and-dom0.txt", "PV dom0", "6.1.0-18-amd64", ""),
                ("r01-dom0-3x.txt", "PV dom0", "3.17.0", ""),
                ("r03-journal-host.txt", "PV dom0", "6.1.0-18-amd64", ""),
                ("m34-xenlinux-bios.txt", "PV dom0", "", ""),
                ("m13-32bit-dom0.txt", "PV dom0", "", ""),
                ("r06-claim-ram.txt", "PV domU", "4.1.13", ""),
                ("r05-xl-info.txt", "unknown", "4.19.0+1", "4.13.4-9.24.1"),
                ("r04-xen-types.txt", "unknown", "", "4.4.1")):
            with self.subTest(name):
                result, _ = self.plan(name)
                self.assertEqual(result["input"]["written_by"],
                                 {"kind": kind, "release": release, "xen": xen})
        text = tool.run("plan", LOGS / "r17-bare-and-dom0.txt").out
        self.assertIn("  written by: PV dom0, Linux 6.1.0-18-amd64\n", text)
        self.assertNotIn("someone", text)
        bare = read_log("r17-bare-and-dom0.txt").splitlines()[:8]
        result, _ = tool.plan(text="\n".join(bare) + "\n")
        self.assertEqual(result["input"]["written_by"]["kind"], "bare metal")

    def test_form_is_that_of_the_schema(self):
        validator = tool.validator()
        seen = 0
        for path in LOGS.iterdir():
            done = tool.run("plan", "--json", path)
            if done.out:
                with self.subTest(path.name):
                    validator.validate(json.loads(done.out))
                    seen += 1
        self.assertGreater(seen, 45)


class Domains(Answers):
    """PV guests, by their own logs."""

    def test_isa_range_is_ram(self):
        self.answer("m25-domu-isa.txt", "--domu", nr=131072, moved=0)
        self.answer("m25-domu-isa.txt", nr=131072, moved=0)

    def test_guest_is_found_out(self):
        result = self.answer("r09-guest-console.txt", nr=131072, moved=0)
        self.assertEqual(result["input"]["domain"], "domU")
        self.assertIn("a PV domU", result["input"]["assumed"][0])

    def test_conflicts(self):
        result = self.answer("r06-claim-ram.txt", nr=1024000, status=1,
                             warned=("could not claim it, for there is System RAM",))
        self.assertEqual(self.pci(result), [("0000:00:00.0 BAR 2", 0xb2100, 1)])
        self.assertIn("set e820_host=1", result["findings"][0]["remedy"])
        result = self.answer("r07-claim-unusable.txt", nr=131072, status=1,
                             warned=("there is Unusable memory",))
        self.assertIn("e820_host=1 is set", result["findings"][0]["remedy"])

    def test_no_window(self):
        """Harmless: the kernel places it elsewhere, and says so."""
        result = self.answer("r08-no-window-quoted.txt", nr_e820=2)
        self.assertEqual(self.pci(result), [("0000:01:00.0 ROM", 0xb4040, 32)])
        self.assertFalse([w for w in result["warnings"] if "claim" in w])

    def test_conflict_broken_by_a_mail(self):
        self.answer("r34-wrapped-claim.txt", nr_e820=2, status=1,
                    warned=("BAR 0 at 0x90004000-0x90008000: the kernel could not claim it, for "
                            "there is System RAM",))

    def test_conflict_that_is_over(self):
        log = read_log("r06-claim-ram.txt")
        result, _ = tool.plan(text=log + "[    3.0] pci 0000:00:00.0: BAR 2: assigned "
                              "[mem 0xfb100000-0xfb100fff 64bit]\n")
        self.assertFalse([w for w in result["warnings"] if "claim" in w])

    def test_bar_that_is_cut_off(self):
        for line in ("pci 0000:2d:00.0: VF(n) BAR0 space: [mem", "pci 0000:2d:00.0: reg 0x10: [mem",
                     "pci 0000:2d:00.0: BAR 6: assigned [mem", "pci 0000:2d:00.0: BAR 0 [mem 0x9000"):
            self.refused_text(read_log("m03-two-boots-grepped.txt") +
                              f"{line}\n0x00000000-0x000fffff 64bit]\n", ":5: PCI range")

    def test_memory_that_was_added(self):
        self.answer("r23-iomem-dom0-grown.txt", warned=(
            "0x100000000-0x180000000 (System RAM)", "0xfd00000000-0xfd00040000 (Xen scratch)"))


class Pci(Answers):
    """BARs and apertures in all wordings."""

    def test_driver_moves_bars(self):
        result = self.answer("m06-amdgpu-resize.txt", nr_e820=4)
        self.assertEqual(self.pci(result), [("0000:0d:00.0 BAR 0", 0x380000000, 0x200000),
                                            ("0000:0d:00.0 BAR 2", 0x380200000, 0x200)])

    def test_words(self):
        result = self.answer("m07-bar-words.txt", nr_e820=4, warned=("there is Reserved",))
        self.assertEqual(self.pci(result), [
            ("0000:0e:00.0 BAR 0", 0xd0000, 0x10000), ("0000:10:00.0 VF BAR 0", 0xc8000, 0x20),
            ("0000:11:00.0 VF BAR 0", 0xc9000, 0x20), ("aperture", 0x440000, 0x7bc0000),
            ("aperture", 0xc0000, 0x20000), ("0000:13:00.0 BAR 0", 0xcb000, 0x10)])

    def test_ports_are_no_memory(self):
        self.assertEqual(self.pci(self.answer("m32-ioport.txt", nr_e820=2)),
                         [("0000:00:03.0 BAR 0", 0xf0000, 0x20)])

    def test_resource_of_a_bus(self):
        self.assertEqual(self.pci(self.answer("m33.txt", nr_e820=2)),
                         [("aperture", 0x80000, 0x7fe00)])

    def test_lspci(self):
        self.assertEqual(self.pci(self.answer("m08-lspci.txt", nr_e820=4)),
                         [("0000:0d:00.0 BAR 0", 0x380000000, 0x200000),
                          ("0000:0d:00.0 at 0xfb800000", 0xfb800, 0x80)])
        self.assertEqual(self.pci(self.answer("r22-lspci-all.txt", nr_e820=2)),
                         [("0000:01:00.0 BAR 0", 0xf7d20, 32), ("0000:01:00.0 BAR 3", 0xf7d44, 4),
                          ("0000:01:00.0 ROM", 0xf7d00, 16),
                          ("0000:02:00.0 at 0xf7e00000", 0xf7e00, 1)])

    def test_hosts_map_for_a_domu(self):
        result = self.answer("m09-host-map.txt", "--domu", "--e820-host", "--nr-pages=262144",
                             nr_e820=4, status=None)
        self.assertIn(("0x40000000", "0xfee00000", "unusable"), self.entries(result))
        self.assertEqual(self.pci(result), [("0000:00:14.0 BAR 0", 0xb2100, 16)])

    def test_virtual_function_in_a_hole(self):
        result = self.answer("m10-vf-hole.txt", "--domu", nr_e820=7, status=None)
        self.assertEqual(self.pci(result), [("0000:00:00.4 BAR 0", 0x90004, 4),
                                            ("0000:00:00.4 BAR 3", 0x90024, 4)])


class Dom0Mem(Answers):
    """dom0_mem= as Xen reads it."""

    def test_several_options(self):
        for name in ("m14-dom0mem-twice.txt", "m14b.txt"):
            result = self.answer(name, nr=GIB)
            self.assertEqual(result["input"]["max_pages"], 4 * GIB)

    def test_size_and_part(self):
        result = self.answer("m15-dom0mem-plus.txt", nr=131072 + (0x7ff00 + 0xa0) // 10)
        self.assertEqual(result["input"]["max_pages"], 4 * GIB)

    def test_invalid_ones(self):
        self.answer("m15c.txt", nr=2 * GIB, warned=("Xen calls dom0_mem=2048M, invalid",))
        all_pages = 0x180000 - 0x60
        self.answer("m15b-quoted.txt", nr=all_pages - 32768, warned=("in quotes",))

    def test_built_in(self):
        self.answer("m29-builtin.txt", nr=131072)

    def test_xl_info(self):
        result = self.answer("r05-xl-info.txt", nr=274432, source="iomem")
        self.assertEqual(result["input"]["max_pages"], 2 * GIB)

    def test_what_looks_like_xl_info(self):
        """Only the name as a whole counts."""
        log = read_log("m03-two-boots-grepped.txt")
        plain = tool.plan(text=log)[0]["input"]["nr_pages"]
        for name in ("", "x", "xen", "xen_commandline2", "a xen_commandline"):
            result, _ = tool.plan(text=f"{name} : dom0_mem=1G\n" + log)
            self.assertEqual(result["input"]["nr_pages"], plain, name)

    def test_forms(self):
        """SIZE, -SIZE, N%, min: and max:, against Xen's rules by hand."""
        ram = 0x80000 - 0x60
        text = xen_map((0, 0x9ffff), (0x100000, 0x7fffffff))
        for option, pages in (
                ("1G", GIB), ("1048576", GIB), ("0x100000", GIB), ("1048576K", GIB), ("-1G", ram - GIB),
                ("50%", ram // 2), ("-25%", ram - ram // 4), ("-512M+10%", ram - 131072 - ram // 10),
                ("max:1G", GIB), ("min:1G", ram - ram // 16 if ram // 16 < 32768 else ram - 32768),
                ("max:8G", ram - min(ram // 16, 32768)), ("512M,min:1G", GIB),
                ("4G", ram), ("min:3G", ram), ("2G,min:1G,max:512M", 131072),
                ("max:512M,1G", 131072), ("-8G", ram)):
            with self.subTest(option):
                result, _ = tool.plan(f"--dom0-mem={option}", text=text)
                self.assertEqual(result["input"]["nr_pages"], pages)
                result, _ = tool.plan(text=f"(XEN) Command line: a=b dom0_mem={option} c\n" + text)
                self.assertEqual(result["input"]["nr_pages"], pages)
        for option in ("100%", "1G+", "10%+1G", "1G+1G", "1G max", ",1G", "1X", "min:", "--1G"):
            with self.subTest(option):
                self.refused_text(text, "is not what dom0_mem= takes", f"--dom0-mem={option}")


class Dom0Build(Answers):
    """Places in dom0, as Xen's builder chooses them."""

    # By logs of Xen 4.1 to 4.20: end of the kernel, initrd as it is mapped, P2M list as it is
    # mapped, start info, page tables, first allocation; those mapped are 0 for most
    SEEN = (
        (0x3a00000, 0, 0, 0x3a00000, (0x3a01000, 0x3a22000), 64),
        (0x2a2c000, 0, 0, 0x2a2c000, (0x2a2d000, 0x2a46000), 64),
        (0x205f000, 0x4670e00, 0x55e4b58, 0x55e5000, (0x55e6000, 0x5615000), 64),
        (0x1e42000, 0x4451800, 0x48056f0, 0x4806000, (0x4807000, 0x4830000), 64),
        (0x26de000, 0, 0, 0x26de000, (0x26df000, 0x26f6000), 64),
        (0x1c16000, 0, 0, 0x1c16000, (0x1c17000, 0x1c2a000), 32),
        (0x5000000, 0, 0, 0x5000000, (0x5001000, 0x502e000), 128),
        (0x3e26000, 0, 0, 0x3e26000, (0x3e27000, 0x3e4a000), 64),
        (0x323d000, 0, 0, 0x323d000, (0x323e000, 0x325b000), 64),
        (0x4800000, 0, 0, 0x4800000, (0x4801000, 0x482a000), 128),
        (0x7600000, 0, 0, 0x7600000, (0x7601000, 0x7640000), 128),
    )

    MAP = (xen_map((0, 0x9ffff), (0x100000, 0x1ffffffff)) +
           "(XEN)  Dom0 kernel: 64-bit, PAE, lsb, paddr 0x1000000 -> 0x2000000\n")
    BASE = 0xffffffff80000000

    def log(self, kernel, initrd, p2m, size=0x1400000):
        """What Xen says of what it loads, but not of where it puts the rest."""
        text = (self.MAP + "(XEN) PHYSICAL MEMORY ARRANGEMENT:\n"
                f"(XEN)  Init. ramdisk: 00000001e0000000->{0x1e0000000 + size:016x}\n"
                "(XEN) VIRTUAL MEMORY ARRANGEMENT:\n"
                f"(XEN)  Loaded kernel: ffffffff81000000->{self.BASE + kernel:016x}\n")
        if initrd:
            start = -(-kernel // 4096) * 4096
            text += f"(XEN)  Init. ramdisk: {self.BASE + start:016x}->{self.BASE + initrd:016x}\n"
        if not p2m:
            return text + "(XEN)  Phys-Mach map: 0000008000000000->0000008000200000\n"
        start = -(-initrd // 4096) * 4096
        return text + f"(XEN)  Phys-Mach map: {self.BASE + start:016x}->{self.BASE + p2m:016x}\n"

    def test_seen(self):
        for kernel, initrd, p2m, start_info, tables, mib in self.SEEN:
            with self.subTest(hex(kernel)):
                result, _ = tool.plan(text=self.log(kernel, initrd, p2m))
                got = places(result)
                self.assertEqual(got["start_info"][0], start_info)
                self.assertEqual(got["page_tables"], tables)
                if initrd:
                    self.assertEqual(got["initrd"], (-(-kernel // 4096) * 4096, initrd))
                    self.assertEqual(got["p2m_list"][1], p2m)
                    continue
                self.assertEqual(got["initrd"], (mib << 20, (mib << 20) + 0x1400000))
                # 2 MiB of list in one page, with one page table each of two levels
                self.assertEqual(got["p2m_list"],
                                 ((mib << 20) + 0x1400000, (mib << 20) + 0x1400000 + 0x202000))

    def test_other_sizes(self):
        """Only the size of the list depends on the memory, if it has an address of its own."""
        for size, frames in (("512M", 256 + 3), ("1G", 512 + 2), ("3G", 1536 + 2),
                             ("1234M", 617 + 3), ("8G", 4096 + 3)):
            result, _ = tool.plan(f"--dom0-mem={size},max:{size}", text=self.log(0x3a00000, 0, 0))
            got = places(result)
            self.assertEqual(got["page_tables"], (0x3a01000, 0x3a22000))
            self.assertEqual(got["initrd"], (0x4000000, 0x5400000))
            self.assertEqual(got["p2m_list"], (0x5400000, 0x5400000 + frames * 4096), size)
            self.assertTrue([a for a in result["input"]["assumed"] if a.startswith("initrd at")])
            self.assertTrue([a for a in result["input"]["assumed"] if a.startswith("P2M list at")])

    def test_list_that_is_mapped(self):
        result, _ = tool.plan("--dom0-mem=1G", text=self.log(0x205f000, 0x4670e00, 0x55e4b58))
        self.assertEqual(places(result)["p2m_list"], (0x4671000, 0x4871000))
        self.assertEqual(places(result)["start_info"][0], 0x4871000)

    def test_never_where_the_log_has_it(self):
        for size in ("512M", "2G", "3G", "8G"):
            result = self.answer("m35-other-dom0-mem.txt", f"--dom0-mem={size},max:{size}")
            self.assertEqual(places(result)["initrd"], (0x4000000, 0x5fff000))
            self.assertEqual(places(result)["p2m_list"][0], 0x5fff000)

    def test_initrd_that_the_kernel_moved(self):
        """Its log says where Xen had put it: after the first allocation."""
        result = self.answer("r35-initrd-moved.txt")
        self.assertEqual(places(result)["initrd"], (0x8000000, 0x10b5a725))
        self.assertEqual(places(result)["p2m_list"][0], 0x10b5b000)

    def test_32_bit(self):
        result = self.answer("m13-32bit-dom0.txt", nr=192512, warned=("32-bit",))
        self.assertEqual(places(result)["kernel"][0], 0x1000000)

    def test_too_little(self):
        result, status = tool.plan("--dom0-mem=64M", text=self.log(0x3a00000, 0, 0))
        self.assertEqual(status, 1)
        self.assertTrue([w for w in result["warnings"] if "Xen does not start dom0" in w])

    def test_old_dom0(self):
        """What kernels of 3.x say of each range adds up; the plan moves as many pages."""
        self.answer("r01-dom0-3x.txt", moved=115, source="domain-dmesg")


if __name__ == "__main__":
    unittest.main()
