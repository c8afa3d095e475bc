# SPDX-License-Identifier: GPL-2.0
"""scripts/results-json on made-up results."""

import json
import unittest

from support import Folder


class ResultsJson(Folder):
    def results(self, **files):
        """The script's run on these files of results."""
        (self.folder / "build/results").mkdir(parents=True)
        for name, text in files.items():
            (self.folder / f"build/results/{name}.tsv").write_text(text, encoding="utf-8")
        return self.run_script("results-json")

    def test_groups_and_counts(self):
        done = self.results(a="pass\tplain/live\t10 cases\nfail\tplain/dmesg\toops\n",
                               b="skip\tx\t\nerror\ty\nflaky\tz/first-run\tfail\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        top = json.loads((self.folder / "build/results.json").read_text())
        self.assertEqual(top["misc"], {"tests": 5, "passed": 1, "failed": 1, "skipped": 1,
                                       "crashed": 0, "errors": 1, "flaky": 1})
        plain = top["sub_groups"][0]["sub_groups"][0]
        self.assertEqual(plain["name"], "plain")
        self.assertEqual(plain["test_cases"], [
            {"name": "live", "status": "PASS", "log_excerpt": "10 cases"},
            {"name": "dmesg", "status": "FAIL", "log_excerpt": "oops"}])

    def test_no_results(self):
        self.assertEqual(self.results().returncode, 2)

    def test_line_that_is_no_result(self):
        done = self.results(a="passed\tx\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("a.tsv line 1", done.stderr)


if __name__ == "__main__":
    unittest.main()
