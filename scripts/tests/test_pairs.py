# SPDX-License-Identifier: GPL-2.0
"""The table of scenarios by pair has a row for each scenario, and what results say."""

import json
import unittest
from unittest import mock

from support import REPO, Folder, load_script

pairs = load_script("pairs")
BOOKWORM = {"xen": "4.17", "qemu": "7.2"}


def rows(page):
    return {line.split(", ")[0].strip(): line.split(", ")[1:]
            for line in pairs.TABLE.search(page)[3].splitlines()}


class Table(unittest.TestCase):
    def setUp(self):
        self.page = (REPO / "Documentation/pairs.rst").read_text(encoding="utf-8")

    def test_has_each_scenario_and_pair(self):
        self.assertEqual(sorted(rows(self.page)), sorted(pairs.kernels()))
        heads = pairs.TABLE.search(self.page)[1].split(", ")
        for own in pairs.releases():
            if own["xen"] != "-":
                self.assertIn(pairs.pair_of("", own), heads)
        self.assertEqual({len(cells) for cells in rows(self.page).values()}, {len(heads)})

    def test_what_runs_by_its_name_only_has_a_row(self):
        self.assertEqual(pairs.kernels()["saved-elsewhere"], "patched")

    def test_what_needs_a_newer_qemu_is_skipped_with_7_2(self):
        for name in ("igb-vf", "cxl-memory"):
            self.assertEqual(rows(self.page)[name][0], "skip")

    def test_only_what_was_tried_is_replaced(self):
        page = pairs.updated(self.page, {("plain", "Xen 4.20 QEMU 10.0"): "crash"})
        before, after = rows(self.page), rows(page)
        self.assertEqual(after["plain"][1], "crash")
        before["plain"][1] = "crash"
        self.assertEqual(after, before)

    def test_a_new_scenario_was_not_tried(self):
        known = pairs.kernels() | {"new": "patched"}
        with mock.patch.object(pairs, "kernels", lambda: known):
            self.assertEqual(set(rows(pairs.updated(self.page, {}))["new"]), {"-"})


class Results(Folder):
    def result(self, folder, name, kernel, status, linux="6.12", **more):
        path = self.folder / "scenario" / folder / "result.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"scenario": name, "kernel": kernel, "linux": linux, "status": status} | more))

    def found(self):
        with mock.patch.object(pairs, "BUILD", self.folder):
            return pairs.results(BOOKWORM)

    def test_pairs_by_the_folders_names(self):
        self.result("plain", "plain", "patched", "pass")
        self.result("plain-xen4.20-qemu10", "plain", "patched", "fail")
        self.result("plain-xen4.20", "plain", "patched", "crash")
        self.assertEqual(self.found(), {("plain", "Xen 4.17 QEMU 7.2"): "pass", ("plain", "Xen 4.20 QEMU 10.0"): "fail",
                                        ("plain", "Xen 4.20 QEMU 7.2"): "crash"})

    def test_other_kernels_and_first_runs_do_not_count(self):
        self.result("plain-domu6.1-stock", "plain", "patched", "fail", domu="6.1-stock")
        self.result("plain-stock", "plain", "stock", "pass")
        self.result("7.3-plain", "plain", "patched", "pass", linux="7.3")
        self.result("plain.first", "plain", "patched", "fail")
        self.result("grow-fails-debug", "grow-fails", "debug", "pass")
        self.assertEqual(self.found(), {("grow-fails", "Xen 4.17 QEMU 7.2"): "pass"})


if __name__ == "__main__":
    unittest.main()
