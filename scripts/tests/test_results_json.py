# SPDX-License-Identifier: GPL-2.0
"""scripts/results-json on made-up results."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "results-json"


class ResultsJson(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        (self.build / "results").mkdir()

    def run_script(self, **files):
        for name, text in files.items():
            (self.build / f"results/{name}.tsv").write_text(text, encoding="utf-8")
        return subprocess.run([SCRIPT], env=os.environ | {"BUILD": str(self.build)},
                              capture_output=True, text=True, check=False)

    def test_groups_and_counts(self):
        done = self.run_script(a="pass\tplain/live\t10 cases\nfail\tplain/dmesg\toops\n",
                               b="skip\tx\t\nerror\ty\nflaky\tz/first-run\tfail\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        top = json.loads((self.build / "results.json").read_text())
        self.assertEqual(top["misc"], {"tests": 5, "passed": 1, "failed": 1, "skipped": 1,
                                       "crashed": 0, "errors": 1, "flaky": 1})
        plain = top["sub_groups"][0]["sub_groups"][0]
        self.assertEqual(plain["name"], "plain")
        self.assertEqual(plain["test_cases"], [
            {"name": "live", "status": "PASS", "log_excerpt": "10 cases"},
            {"name": "dmesg", "status": "FAIL", "log_excerpt": "oops"}])

    def test_no_results(self):
        self.assertEqual(self.run_script().returncode, 2)

    def test_line_that_is_no_result(self):
        done = self.run_script(a="passed\tx\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("a.tsv line 1", done.stderr)


if __name__ == "__main__":
    unittest.main()
