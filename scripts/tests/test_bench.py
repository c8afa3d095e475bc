# SPDX-License-Identifier: GPL-2.0
"""scripts/bench: the guard, on made-up figures; nothing boots."""

import json
import unittest
from unittest import mock

from support import Folder, load_script

bench = load_script("bench")

NAME = "Linux 6.12, Xen 4.17, gcc 12"


def rows(**figures):
    return [{"key": key, "patched": value} for key, value in figures.items()]


class Guard(Folder):
    def setUp(self):
        super().setUp()
        self.recorded = self.folder / "recorded.json"
        self.results = self.folder / "bench.tsv"
        for name, value in (("RECORDED", self.recorded), ("measured_with", lambda linux: NAME),
                            ("TOP", self.folder)):
            patch = mock.patch.object(bench, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def guard(self, recorded, **figures):
        self.recorded.write_text(json.dumps(recorded))
        with mock.patch("builtins.print"):
            good = bench.guard(rows(**figures), "6.12", self.results)
        return good, [line.split("\t")[:2] for line in self.results.read_text().splitlines()]

    def test_what_did_not_grow_passes(self):
        self.assertEqual(self.guard({NAME: {"setup": 1000, "lookup": 6}}, setup=1029, lookup=5),
                         (True, [["pass", "bench/setup"], ["pass", "bench/lookup"]]))

    def test_what_grew_by_more_than_3_percent_fails(self):
        self.assertEqual(self.guard({NAME: {"setup": 1000}}, setup=1031), (False, [["fail", "bench/setup"]]))

    def test_one_instruction_of_a_lookup_is_more(self):
        self.assertEqual(self.guard({NAME: {"lookup": 6.0}}, lookup=7.0), (False, [["fail", "bench/lookup"]]))

    def test_what_was_not_measured_is_an_error(self):
        self.assertEqual(self.guard({NAME: {"setup": 1000}}, setup=None), (False, [["error", "bench/setup"]]))

    def test_other_versions_are_skipped(self):
        self.assertEqual(self.guard({"Linux 6.1": {"setup": 1000}}, setup=5000), (True, [["skip", "bench/recorded"]]))

    def test_record_keeps_other_versions(self):
        self.recorded.write_text(json.dumps({"Linux 6.1": {"setup": 7}}))
        bench.record(rows(setup=1000, limit=None), "6.12")
        self.assertEqual(json.loads(self.recorded.read_text()), {"Linux 6.1": {"setup": 7}, NAME: {"setup": 1000}})


class Boots(unittest.TestCase):
    def test_only_wanted_boots(self):
        found = {"problems": [], "logs": ""}
        with mock.patch.object(bench, "measure", return_value=found), \
                mock.patch.object(bench.runner, "load", side_effect=lambda name: name):
            boots = bench.boot_all(["patched"], "6.12", ["max"], lambda text: None)
        self.assertEqual(boots, {"patched": {"max": found}})


class Rows(unittest.TestCase):
    def boot(self, **operations):
        return {"running": {"operations": operations}}

    def row(self, key, stock, patched):
        kinds = {"stock": self.boot(**{key: stock}), "patched": self.boot(**{key: patched})}
        return next(bench.with_ratio(row) for row in bench.value_rows(kinds) if row["key"] == key)

    def test_each_operation_is_of_a_boot(self):
        self.assertLessEqual({key for _, _, key in bench.OPERATIONS}, {key for key, _, _ in bench.BOOTS})

    def test_each_bar_is_of_a_row(self):
        self.assertLessEqual(set(bench.BARS), {row["key"] for row in bench.value_rows({})})

    def test_keys_are_unique(self):
        keys = [row["key"] for row in bench.value_rows({})]
        self.assertEqual(len(set(keys)), len(keys))

    def test_the_bar_is_a_share_of_stock(self):
        self.assertEqual(self.row("bar-map", 1000.0, 600.0)["bar"], 600.0)
        self.assertFalse(bench.is_above_bar(self.row("bar-map", 1000.0, 600.0)))
        self.assertTrue(bench.is_above_bar(self.row("bar-map", 1000.0, 601.0)))

    def test_no_bar_without_stock(self):
        self.assertIsNone(self.row("bar-map", None, 601.0)["bar"])
        self.assertFalse(bench.is_above_bar(self.row("bar-map", None, 601.0)))
        self.assertFalse(bench.is_above_bar(self.row("lookup-ram", 6.0, 7.0)))

    def test_figures_of_the_programs(self):
        """As scripts/guest/costs.c prints them"""
        found = bench.read_operations(["grants-32-map 104585.0 ticks", "balloon-up - no"])
        self.assertEqual(found, {"operations": {"grants-32-map": 104585.0}, "units": {"grants-32-map": "ticks"},
                                 "absent": {"balloon-up": "no"}})


if __name__ == "__main__":
    unittest.main()
