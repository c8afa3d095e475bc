# SPDX-License-Identifier: GPL-2.0
"""When scripts/same-p2m takes two P2Ms for the same."""

import json
import unittest
from unittest.mock import patch

from support import Folder, load_script

same_p2m = load_script("same-p2m")


def xen_says(pages, initrd):
    return [f"(XEN)  Dom0 alloc.:   0000000276000000->0000000278000000 ({pages} pages to be allocated)",
            f"(XEN)  Init. ramdisk: {initrd:016x}->000000027ffffe00"]


class SameP2m(Folder):
    """Two runs made of files."""

    def compare(self, stock, patched):
        same_p2m.runner.BUILD = self.folder
        for kernel, (types, log) in (("stock", stock), ("patched", patched)):
            path = same_p2m.sections_file("x", kernel)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"p2m:types": types, "xldmesg": log}), encoding="utf-8")
        return same_p2m.compare("x")[0]

    def test_equal(self):
        run = (["0x0-0x9f mfn", "0x9f-0x100 identity"], xen_says(100, 0x27ea4a000))
        self.assertEqual(self.compare(run, run), "pass")

    def test_one_page_more_of_ram(self):
        stock = ["0x0-0x100 mfn", "0x100-0x200 missing"]
        patched = ["0x0-0x101 mfn", "0x101-0x200 missing"]
        log = xen_says(100, 0x27ea4a000)
        self.assertEqual(self.compare((stock, log), (patched, log)), "fail")
        self.assertEqual(self.compare((stock, log), (patched, xen_says(101, 0x27ea4a000))), "pass")
        self.assertEqual(self.compare((stock, log), (patched, xen_says(100, 0x27ea49000))), "pass")
        self.assertEqual(self.compare((stock, log), (stock, xen_says(101, 0x27ea4a000))), "fail")

    def test_runs_of_another_linux_are_not_taken(self):
        for linux, name in (("6.1", "6.1-x-stock"), ("6.12", "x-stock")):
            with patch.object(same_p2m, "LINUX", linux):
                self.assertEqual(same_p2m.sections_file("x", "stock").parent.name, name)

    def test_nothing_to_compare(self):
        run = (["0x0-0x9f mfn"], [])
        self.assertEqual(self.compare(([], []), run), "error")


if __name__ == "__main__":
    unittest.main()
