#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/deb: for which kernel it makes packages, and for which not."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent


class Kernel(unittest.TestCase):
    """Nothing is built here: it is refused before a tree or a package is touched."""

    def refused(self, *arguments):
        with tempfile.TemporaryDirectory() as build:
            environment = {**os.environ, "BUILD": build}
            environment.pop("CONFIG", None)
            done = subprocess.run([REPO / "scripts/deb", "kernel", *arguments], env=environment,
                                  capture_output=True, text=True, check=False)
            made = [path for path in Path(build).rglob("*") if path.is_file()]
        self.assertEqual(2, done.returncode, done.stdout + done.stderr)
        self.assertEqual([], made)
        return done.stderr

    def test_without_a_configuration(self):
        self.assertRegex(self.refused(), r"which host[^$]*CONFIG=/boot/config-")

    def test_the_remedy_has_where_debian_has_its_own(self):
        self.assertRegex(self.refused(), r"install linux-config-6[^$]*/usr/src/linux-config-6\S+\.xz")

    def test_with_an_empty_one(self):
        self.assertRegex(self.refused(""), "which host")

    def test_with_one_that_is_not_there(self):
        self.assertRegex(self.refused("/nonexistent/config"), "/nonexistent/config is not a file")


if __name__ == "__main__":
    unittest.main()
