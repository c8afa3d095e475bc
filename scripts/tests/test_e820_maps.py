# SPDX-License-Identifier: GPL-2.0
"""kunit/e820-maps.awk on small files, with each awk that there is."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = TOP / "kunit/e820-maps.awk"
REAL = (TOP / "kunit/e820-maps.json", TOP / "tools/testing/p2m/e820-maps.json")
AWKS = [[name] for name in ("awk", "mawk", "gawk") if shutil.which(name)]
if shutil.which("busybox"):
    AWKS.append(["busybox", "awk"])


class Named(unittest.TestCase):
    def test_map_that_a_suite_names_is_in_the_kernel(self):
        """UML has the maps of kunit/ only, userland all of them."""
        suites = "".join(path.read_text("utf-8") for path in (TOP / "kunit").glob("*.c"))
        names = [machine["name"] for machine in json.loads(REAL[0].read_text("utf-8"))]
        wanted = re.findall(r'load_named\(test, f, "([^"]+)"', suites)
        self.assertTrue(wanted)
        for prefix in wanted:
            self.assertTrue([name for name in names if name.startswith(prefix)], prefix)


class E820Maps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "maps.json"

    def run_script(self, *machines):
        self.file.write_text(",\n".join(json.dumps(machine) for machine in machines),
                             encoding="utf-8")
        return subprocess.run([*AWKS[0], "-f", SCRIPT, self.file], capture_output=True, text=True,
                              check=False)

    def test_types_and_sizes(self):
        out = self.run_script({"name": "1-a", "e820": [
            ["0x0", "0x9fc00", "usable"], ["0x9fc00", "0xa0000", "reserved"],
            ["0x100000", "0x101000", "ACPI data"], ["0x101000", "0x102000", "ACPI NVS"],
            ["0x102000", "0x103000", "unusable"], ["0x103000", "0x104000", "type 20"],
            ["0x104000", "0x105000", "persistent (type 7)"],
            ["0x105000", "0x106000", "soft reserved"]]})
        self.assertEqual(out.returncode, 0, out.stderr)
        for entry in ("{ 0x0, 0x9fc00 - 0x0, 1 },", "{ 0x9fc00, 0xa0000 - 0x9fc00, 2 },",
                      "{ 0x100000, 0x101000 - 0x100000, 3 },",
                      "{ 0x101000, 0x102000 - 0x101000, 4 },",
                      "{ 0x102000, 0x103000 - 0x102000, 5 },",
                      "{ 0x103000, 0x104000 - 0x103000, 20 },",
                      "{ 0x104000, 0x105000 - 0x104000, 7 },",
                      "{ 0x105000, 0x106000 - 0x105000, 0xefffffff },"):
            self.assertIn(entry, out.stdout)
        self.assertIn('{ "1-a", 0, 8, 0, -1, -1 },', out.stdout)

    def test_second_map_starts_behind_the_first(self):
        one = ["0x0", "0x1000", "usable"]
        out = self.run_script(
            {"name": "1", "e820": [one, ["0x1000", "0x2000", "usable"]]},
            {"name": "2", "complete": True, "last_pfn": ["0x1"],
             "xen": {"remapped_pages": 3, "released_pages": 0}, "e820": [one]},
            {"name": "3", "complete": False, "last_pfn": ["0x1"], "e820": [one]})
        self.assertIn('{ "2", 2, 1, 0x1, 3, 0 },', out.stdout)
        self.assertIn('{ "3", 3, 1, 0, -1, -1 },', out.stdout)

    def test_bars_and_windows_are_no_entries(self):
        out = self.run_script({"name": "1", "e820": [["0x0", "0x1000", "usable"]],
                               "windows": [["0xa0000", "0xc0000"]],
                               "bars": [["0000:00:02.0", "0xf7800000", "0xf7c00000", "reg 0x10"]]})
        self.assertIn('{ "1", 0, 1, 0, -1, -1 },', out.stdout)

    def test_refuses_what_it_does_not_know(self):
        for entry in (["0x0", "0x1000", "funny"], ["0x1000", "0x1000", "usable"],
                      ["0x10000", "0x9000", "usable"]):
            out = self.run_script({"name": "1", "e820": [entry]})
            self.assertNotEqual(out.returncode, 0)
            self.assertIn("maps.json:1: ", out.stderr)

    def test_all_awks_make_the_same_of_the_real_maps(self):
        made = {subprocess.run([*awk, "-f", SCRIPT, *REAL], capture_output=True, text=True,
                               check=True).stdout for awk in AWKS}
        self.assertEqual(len(made), 1)
        machines = [machine for path in REAL for machine in json.loads(path.read_text("utf-8"))]
        entries = sum(len(machine["e820"]) for machine in machines)
        text = made.pop()
        self.assertEqual(text.count("\t{ 0x"), entries)
        self.assertEqual(text.count('\t{ "'), len(machines))
        self.assertEqual(len({machine["name"] for machine in machines}), len(machines))


if __name__ == "__main__":
    unittest.main()
