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


if __name__ == "__main__":
    unittest.main()
