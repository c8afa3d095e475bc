#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/parts: when a kernel with a part of the series is worse than stock."""

import subprocess
import unittest

from support import load_script

parts = load_script("parts")


def checks(**statuses):
    return {name: {"name": name, "status": status, "detail": "why"} for name, status in statuses.items()}


class Worse(unittest.TestCase):
    def test_what_fails_on_stock_may_fail(self):
        self.assertEqual([], parts.worse(checks(live="fail", audit="pass"), checks(live="fail", audit="pass")))

    def test_what_passes_on_stock_must_pass(self):
        self.assertEqual(["audit: why"], parts.worse(checks(audit="pass"), checks(audit="fail")))

    def test_no_part_may_die_even_if_stock_does(self):
        self.assertEqual(["alive: why"], parts.worse(checks(alive="crash"), checks(alive="crash")))
        self.assertEqual(["harness: why"], parts.worse(checks(), checks(harness="error")))

    def test_skipped_is_not_worse(self):
        self.assertEqual([], parts.worse(checks(audit="pass"), checks(audit="skip")))


class Arguments(unittest.TestCase):
    def test_series_without_parts(self):
        done = subprocess.run([parts.TOP / "scripts/parts"], capture_output=True, text=True, check=False,
                              env={"LINUX": "6.12", "PATH": "/usr/bin:/bin"})
        self.assertEqual((2, "error: linux-6.12 has no parts; LINUX=7.3\n"), (done.returncode, done.stderr))

    def test_unknown_part(self):
        done = subprocess.run([parts.TOP / "scripts/parts", "trees"], capture_output=True, text=True, check=False,
                              env={"LINUX": "7.3", "PATH": "/usr/bin:/bin"})
        self.assertEqual(2, done.returncode)
        self.assertIn("no part trees; there are: fixes, ", done.stderr)


if __name__ == "__main__":
    unittest.main()
