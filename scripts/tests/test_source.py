# SPDX-License-Identifier: GPL-2.0
"""scripts/source: a kernel that this Debian does not have, with an apt made for it."""

import unittest
from pathlib import Path

from support import Folder

PACKAGE = "linux-source-5.9"
NEWEST, OLDER = "5.9.2-1~bpo1+1", "5.9~rc1-1"


class Source(Folder):
    def setUp(self):
        super().setUp()
        self.deb(PACKAGE, NEWEST, lambda folder:
                 (folder / f"{PACKAGE}.tar.xz").write_text("a tree\n", encoding="utf-8"))
        self.program("apt-cache", f"""
[ "$1 $2" = "madison {PACKAGE}" ] || exit 0
echo " {PACKAGE} | {NEWEST} | http://m trixie-backports/main amd64 Packages"
echo " {PACKAGE} | {OLDER} | http://m experimental/main amd64 Packages"
""")
        self.program("apt-get", f"""
echo "$*" >>{self.folder}/told
[ "$1" != download ] || cp {self.folder}/{PACKAGE}.deb .
""")

    def test_newest_is_unpacked_once_and_not_installed(self):
        for _ in range(2):
            done = self.run_script("source", LINUX="5.9")
            self.assertEqual(done.returncode, 0, done.stderr)
            version, tarball = done.stdout.split()
            self.assertEqual(version, NEWEST)
            self.assertEqual(Path(tarball).read_text(encoding="utf-8"), "a tree\n")
        told = (self.folder / "told").read_text(encoding="utf-8").splitlines()
        self.assertEqual([line.split()[0] for line in told], ["update", "download"])
        self.assertIn(f"{PACKAGE}={NEWEST}", told[1])
        for line in told:
            self.assertIn(f"Dir::State::lists={self.folder}/build/apt/lists", line)

    def test_lists_of_fewer_suites_are_fetched_anew(self):
        """A build folder of an earlier version knew neither security archive."""
        self.run_script("source", LINUX="5.8")
        apt = self.folder / "build/apt"
        for suite in ("bookworm-backports", "trixie-security", "bookworm-security", "sid"):
            self.assertIn(f" {suite} main", (apt / "sources.list").read_text(encoding="utf-8"))
        (apt / "fetched").write_text("", encoding="utf-8")
        self.run_script("source", LINUX="5.8")
        told = (self.folder / "told").read_text(encoding="utf-8").splitlines()
        self.assertEqual([line.split()[0] for line in told], ["update", "update"])

    def test_a_kernel_that_nobody_has(self):
        done = self.run_script("source", LINUX="5.8")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no suite has linux-source-5.8", done.stderr)


if __name__ == "__main__":
    unittest.main()
