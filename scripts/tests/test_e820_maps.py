# SPDX-License-Identifier: GPL-2.0
"""scripts/e820-maps on small folders."""

import json
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "e820-maps"


class E820Maps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, **machine):
        (self.folder / name).write_text(json.dumps(machine), encoding="utf-8")

    def run_script(self):
        return subprocess.run([SCRIPT, self.folder], capture_output=True, text=True, check=False)

    def test_types_and_sizes(self):
        self.write("1-a.json", e820=[
            ["0x0", "0x9fc00", "usable"], ["0x9fc00", "0xa0000", "reserved"],
            ["0x100000", "0x101000", "ACPI data"], ["0x101000", "0x102000", "ACPI NVS"],
            ["0x102000", "0x103000", "unusable"], ["0x103000", "0x104000", "type 20"],
            ["0x104000", "0x105000", "persistent (type 7)"],
            ["0x105000", "0x106000", "soft reserved"]])
        out = self.run_script()
        self.assertEqual(out.returncode, 0, out.stderr)
        text = " ".join(out.stdout.split())
        for entry in ("{ 0x0, 0x9fc00, 1 },", "{ 0x9fc00, 0x400, 2 },", "{ 0x100000, 0x1000, 3 },",
                      "{ 0x101000, 0x1000, 4 },", "{ 0x102000, 0x1000, 5 },",
                      "{ 0x103000, 0x1000, 20 },", "{ 0x104000, 0x1000, 7 },",
                      "{ 0x105000, 0x1000, 0xefffffff },"):
            self.assertIn(entry, text)
        self.assertIn('{ "1-a", 0, 8, 0, -1, -1 },', text)

    def test_second_map_starts_behind_the_first(self):
        self.write("1.json", e820=[["0x0", "0x1000", "usable"], ["0x1000", "0x2000", "usable"]])
        self.write("2 x (y).json", e820=[["0x0", "0x1000", "usable"]], complete=True,
                   last_pfn=["0x1"], xen={"remapped_pages": 3, "released_pages": 0})
        text = " ".join(self.run_script().stdout.split())
        self.assertIn('{ "2-x-y", 2, 1, 0x1, 3, 0 },', text)

    def test_lines_fit(self):
        self.write("1.json", e820=[[hex(i << 12), hex((i + 1) << 12), "usable"] for i in range(99)])
        for line in self.run_script().stdout.splitlines():
            self.assertLessEqual(len(line.expandtabs(8)), 80)

    def test_refuses_what_it_does_not_know(self):
        for entry in (["0x0", "0x1000", "funny"], ["0x1000", "0x1000", "usable"]):
            self.write("1.json", e820=[entry])
            self.assertNotEqual(self.run_script().returncode, 0)


if __name__ == "__main__":
    unittest.main()
