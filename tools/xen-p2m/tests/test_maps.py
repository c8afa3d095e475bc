# SPDX-License-Identifier: GPL-2.0
"""plan over all real maps: against what is recorded, and against a second opinion.

XEN_P2M_GOLDEN=write records anew; look at the difference before it is kept.
"""

import concurrent.futures
import hashlib
import json
import os
import unittest

import forms
import tool

PAGE = 4096
GOLDEN = tool.HERE / "golden.tsv"
HEADER = "# name\toptions\tstatus\tmoved\treleased\textra\tP2M pages\tof all\n"
# One for each map in turn
OPTIONS = ("--dom0-mem=1G,max:1G", "--dom0-mem=2G", "--dom0-mem=max:4G",
           "--dom0-mem=768M,max:3G", "--dom0-mem=-512M,max:8G")


def whole_pages(start, end):
    return range(-(-start // PAGE), end // PAGE)


def ram(machine):
    """Whole pages of RAM as ranges; dom0's own pages may be unusable ones."""
    return [whole_pages(start, end) for start, end, kind in forms.spans(machine)
            if kind in ("usable", "unusable")]


def digest(result):
    """All that was decided, in a few letters."""
    what = {key: result[key] for key in
            ("e820", "extents", "moves", "extra", "nonram_moves", "pci", "error")}
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def row(machine, options, result, status):
    """A line of what is recorded."""
    numbers = (status, sum(move["nr"] for move in result["moves"]), result["released"],
               sum(extra["nr"] for extra in result["extra"]), result["cost"]["p2m_pages"])
    return "\t".join((machine["name"], options, *map(str, numbers), digest(result))) + "\n"


def in_ranges(ranges, pfn, end):
    """Does any of the ranges reach into [pfn, end)?"""
    return any(r.start < end and r.stop > pfn for r in ranges if len(r))


class Maps(unittest.TestCase):
    """Each map once, with the options of its turn."""

    @classmethod
    def setUpClass(cls):
        cls.machines = forms.machines()
        jobs = [(machine, OPTIONS[i % len(OPTIONS)])
                for i, machine in enumerate(cls.machines)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(
                lambda job: tool.plan(job[1], text=forms.as_json(job[0]), program=tool.FAST), jobs))
        cls.runs = [(machine, options, result, status) for (machine, options), (result, status)
                    in zip(jobs, results)]

    def planned(self):
        """Those with a plan in which no region moves."""
        return [(machine, result) for machine, _, result, status in self.runs
                if not status and not result["nonram_moves"]]

    def test_as_recorded(self):
        rows = [row(*run) for run in self.runs]
        if os.environ.get("XEN_P2M_GOLDEN") == "write":
            GOLDEN.write_text(HEADER + "".join(rows), encoding="utf-8")
        recorded = GOLDEN.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
        self.assertEqual(len(rows), len(recorded))
        for new, old in zip(rows, recorded):
            self.assertEqual(new, old, "see it with xen-p2m plan")

    def test_form_is_that_of_the_schema(self):
        validator = tool.validator()
        for machine, _, result, _ in self.runs:
            with self.subTest(machine["name"]):
                validator.validate(result)

    def test_schema_refuses(self):
        validator = tool.validator()
        for change in ({"released": "0x1"}, {"moves": [{"from": 1, "to": "0x1", "nr": 1}]},
                       {"more": 1}, {"extents": [{"pfn": "0x0", "nr": 1, "type": "x", "mfn": None}]}):
            self.assertFalse(validator.is_valid({**self.runs[0][2], **change}), change)

    def test_no_page_is_lost(self):
        for machine, _, result, status in self.runs:
            with self.subTest(machine["name"]):
                if status:
                    self.assertIsNotNone(result["error"])
                    continue
                mapped = sum(extent["nr"] for extent in result["extents"]
                             if extent["type"] == "mfn" and extent["mfn"] is None)
                self.assertEqual(result["input"]["nr_pages"], mapped + result["released"])

    def test_ranges_follow_each_other(self):
        for machine, _, result, status in self.runs:
            with self.subTest(machine["name"]):
                pfn = 0
                for extent in result["extents"]:
                    self.assertEqual(int(extent["pfn"], 16), pfn)
                    self.assertGreater(extent["nr"], 0)
                    pfn += extent["nr"]
                self.assertEqual(pfn % (1 << 18), 0)
                self.assertGreaterEqual(pfn, 0 if status else result["input"]["nr_pages"])

    def test_ram_has_pages_and_all_else_is_identity(self):
        """By the map alone: no RAM is 1:1 up to the end of what is used, no hole has a page."""
        for machine, result in self.planned():
            with self.subTest(machine["name"]):
                memory = ram(machine)
                for extent in result["extents"]:
                    pfn = int(extent["pfn"], 16)
                    if extent["type"] == "identity":
                        self.assertEqual(int(extent["mfn"], 16), pfn)
                        continue
                    inside = sum(max(0, min(r.stop, pfn + extent["nr"]) - max(r.start, pfn))
                                 for r in memory if len(r))
                    self.assertEqual(inside, extent["nr"], extent)

    def test_moves_leave_holes_for_ram(self):
        for machine, result in self.planned():
            with self.subTest(machine["name"]):
                memory = ram(machine)
                nr_pages = result["input"]["nr_pages"]
                holes = nr_pages - sum(max(0, min(r.stop, nr_pages) - r.start)
                                       for r in memory if r.start < min(r.stop, nr_pages))
                moved = sum(move["nr"] for move in result["moves"])
                self.assertEqual(holes, moved + result["released"])
                for move in result["moves"]:
                    start = int(move["from"], 16)
                    self.assertFalse(in_ranges(memory, start, start + move["nr"]), move)
                    self.assertGreaterEqual(int(move["to"], 16), nr_pages)

    def test_pci_verdicts(self):
        """Identity where no RAM of the map is below the end of memory in use."""
        for machine, result in self.planned():
            with self.subTest(machine["name"]):
                others = [range(int(e["pfn"], 16), int(e["pfn"], 16) + e["nr"])
                          for e in result["extents"] if e["type"] != "identity"]
                for pci in result["pci"]:
                    pfn = int(pci["pfn"], 16)
                    self.assertEqual(pci["verdict"] == "identity",
                                     not in_ranges(others, pfn, pfn + pci["nr"]), pci)

    def test_under_sanitizers(self):
        for machine, options, result, status in self.runs[::23]:
            with self.subTest(machine["name"]):
                self.assertEqual(tool.plan(options, text=forms.as_json(machine)), (result, status))

    def test_output_is_input(self):
        for machine, options, result, status in self.runs[::11]:
            with self.subTest(machine["name"]):
                again, status_again = tool.plan(options, text=json.dumps(result), program=tool.FAST)
                self.assertEqual((digest_without_pci(again), status_again),
                                 (digest_without_pci(result), status))
                self.assertEqual([(p["pfn"], p["nr"], p["verdict"]) for p in again["pci"]],
                                 [(p["pfn"], p["nr"], p["verdict"]) for p in result["pci"]])


def digest_without_pci(result):
    """What was decided; names of BARs are put together when they are read."""
    return digest({**result, "pci": []})


class Forms(unittest.TestCase):
    """The same map leads to the same plan in whatever form it comes."""

    # What each form cannot say
    FLAT = {"iomem": ("type 20", "type 16", "type 9")}

    def test_all_forms(self):
        jobs = []
        for machine in forms.machines()[::9]:
            # Without its front it is refused in all forms but JSON.
            if forms.spans(machine)[0][0] >= PAGE:
                continue
            machine = {**machine, "bars": [], "windows": []}
            for name, write in forms.FORMS.items():
                plain = machine
                # Of its own /proc/iomem a domU is known, and planned as one.
                if name == "iomem" and "domU" in machine["name"]:
                    continue
                if any(kind in self.FLAT.get(name, ()) for _, _, kind in machine["e820"]):
                    continue
                jobs.append((machine["name"], name, write(plain)))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(
                lambda job: tool.plan("--dom0-mem=1G", text=job[2], program=tool.FAST), jobs))
        expected = {}
        for (name, form, _), (result, _) in zip(jobs, results):
            with self.subTest(f"{name} as {form}"):
                self.assertEqual(digest(result), expected.setdefault(name, digest(result)))

    def test_pci_in_logs(self):
        for machine in forms.machines()[::40]:
            with self.subTest(machine["name"]):
                result, _ = tool.plan("--dom0-mem=1G", text=forms.dmesg_new(machine))
                logged = {(pci["pfn"], pci["nr"]) for pci in result["pci"]}
                want = {(hex(int(s, 16) // PAGE),
                         (int(e, 16) - 1) // PAGE + 1 - int(s, 16) // PAGE)
                        for s, e in machine["windows"] if int(s, 16)}
                self.assertLessEqual(want, logged)


class RealKernels(unittest.TestCase):
    """What kernels on real machines have said they did."""

    def test_pages_that_had_to_go(self):
        """Kernels of today moved them, older ones could only release them."""
        seen = 0
        for machine in forms.machines():
            xen = machine.get("xen", {})
            said = xen.get("remapped_pages", xen.get("released_pages"))
            # 001 had a dom0_mem= which is not known; a domU's ISA range is RAM to Xen.
            if (said is None or not machine["complete"] or "dom0" not in machine["name"] or
                    machine["name"].startswith("001")):
                continue
            pages = sum(len(whole_pages(s, e)) for s, e, kind in forms.spans(machine)
                        if kind == "usable")
            options = [f"--nr-pages={pages}"]
            if "remapped_pages" not in xen:
                options = ["--dom0-mem=max:4G"]
            with self.subTest(machine["name"]):
                result, _ = tool.plan(*options, text=forms.as_json(machine))
                self.assertEqual(sum(move["nr"] for move in result["moves"]), said)
                seen += 1
        self.assertEqual(seen, 2)


class Picture(unittest.TestCase):
    """The picture in the README is what the tool draws of one of the maps."""

    def test_readme(self):
        machine = next(m for m in forms.machines() if m["name"] == "128-vm")
        done = tool.run("draw", "--dom0-mem=3G,max:4G", text=forms.as_json(machine))
        picture = tool.TOP / "Documentation/plan.svg"
        if os.environ.get("XEN_P2M_GOLDEN") == "write":
            picture.write_text(done.out, encoding="utf-8")
        self.assertEqual(done.out, picture.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
