#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/series: patches to commits and back, on a tree of a few files."""

import contextlib
import io
import subprocess
from pathlib import Path
from unittest import mock

from support import REPO, Folder, load_script

series = load_script("series")
patchset, Fault = series.patchset, series.Fault

AUTHOR = "A B <a@b>"
MAKEFILE = "VERSION = 9\nPATCHLEVEL = 9\nSUBLEVEL = 1\nEXTRAVERSION =\n"
OLD = "".join(f"line {n}\n" for n in range(20))
NEW = "drivers/xen/p2m/core.c"


def patch(subject, diff):
    return f"From: {AUTHOR}\nSubject: [PATCH] {subject}\nPatch-mainline: {subject}?\n\nWhy.\n---\n{diff}"


class Tree(Folder):
    """A repository with a whole series of two parts, and the tree that it is pushed to."""

    def setUp(self):
        super().setUp()
        self.repo = self.folder / "repo"
        self.tree = self.folder / "build/tree/linux-9.9"
        self.series = self.repo / "patches/linux-9.9"
        change = (f"--- a/arch/old.c\n+++ b/arch/old.c\n@@ -1,4 +1,4 @@\n line 0\n-line 1\n+line one\n"
                  " line 2\n line 3\n")
        self.write(self.repo, {
            NEW: "core\n",
            "patches/linux-9.9/0001-x86-xen-mend.patch": patch("x86/xen: mend", change),
            "patches/linux-9.9/0002-xen-p2m-add.patch": patch(
                "xen/p2m: add", series.dist.diff({}, {NEW: patchset.State(b"core\n", 0o644)}).decode()),
            "patches/linux-9.9/series": "# fixes: A\n0001-x86-xen-mend.patch\n# core: B\n0002-xen-p2m-add.patch\n"})
        self.write(self.tree, {"Makefile": MAKEFILE, "Kbuild": "", "Kconfig": "", "arch/old.c": OLD,
                               "drivers/x": "x\n", "include/x": "x\n", ".debian-version": "9.9.1-1\n",
                               ".gitignore": "/*\n"})
        for name, value in (("TOP", self.repo), ("BUILD", self.folder / "build"), ("LINUX", "9.9")):
            changed = mock.patch.object(series, name, value)
            changed.start()
            self.addCleanup(changed.stop)

    @staticmethod
    def write(top, files):
        for rel, text in files.items():
            (top / rel).parent.mkdir(parents=True, exist_ok=True)
            (top / rel).write_text(text)

    def git(self, *words):
        return subprocess.run(["git", "-c", "user.name=A B", "-c", "user.email=a@b", *words], cwd=self.tree,
                              text=True, capture_output=True, check=True).stdout

    def call(self, verb):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            return getattr(series, verb)(), out.getvalue()

    def patches(self):
        return [path.name for path in sorted(self.series.glob("*.patch"))]

    def test_push_makes_a_commit_a_patch_and_a_branch_a_part(self):
        self.call("push")
        self.assertEqual(self.git("log", "--format=%s", "--reverse", "base.."), "x86/xen: mend\nxen/p2m: add\n")
        self.assertEqual(self.git("log", "-1", "--format=%s", "fixes"), "x86/xen: mend\n")
        self.assertEqual(self.git("branch", "--show-current"), "core\n")
        self.assertEqual((self.tree / NEW).read_text(), "core\n")

    def test_push_again_leaves_files_alone(self):
        self.call("push")
        before = (self.tree / NEW).stat().st_mtime_ns
        head = self.git("rev-parse", "HEAD")
        self.call("push")
        self.assertEqual(self.git("rev-parse", "HEAD"), head)
        self.assertEqual((self.tree / NEW).stat().st_mtime_ns, before)

    def test_refresh_of_what_was_pushed_changes_nothing_but_looks(self):
        self.call("push")
        self.call("refresh")
        names = self.patches()
        texts = [(self.series / name).read_text() for name in names]
        self.assertEqual(names, ["0001-x86-xen-mend.patch", "0002-xen-p2m-add.patch"])
        self.assertIn("Patch-mainline: x86/xen: mend?\n", texts[0])
        self.call("push")
        self.call("refresh")
        self.assertEqual([(self.series / name).read_text() for name in names], texts)

    def test_refresh_writes_patches_base_and_overlay(self):
        self.call("push")
        (self.tree / NEW).write_text("core, better\n")
        self.git("commit", "-q", "-a", "--amend", "-m", "xen/p2m: add it\n\nWhy.")
        self.write(self.tree, {"include/xen/more.h": "more\n"})
        self.git("add", "-f", "include/xen/more.h")
        self.git("commit", "-q", "-m", "xen/p2m: add more\n\nWhy.")
        self.assertEqual(self.call("refresh")[0], 0)
        self.assertEqual(self.patches(), ["0001-x86-xen-mend.patch", "0002-xen-p2m-add-it.patch",
                                          "0003-xen-p2m-add-more.patch"])
        self.assertEqual((self.repo / NEW).read_text(), "core, better\n")
        self.assertEqual((self.repo / "include/xen/more.h").read_text(), "more\n")
        self.assertIn(f"absent  {NEW}\n", (self.series / "base").read_text())
        self.assertEqual(self.call("check")[0], 0)

    def test_new_file_in_no_commit(self):
        self.call("push")
        self.write(self.tree, {"drivers/xen/p2m/forgotten.c": "x\n"})
        with self.assertRaisesRegex(Fault, "forgotten.c: in no commit"):
            series.refresh()

    def test_change_in_no_commit(self):
        self.call("push")
        (self.tree / NEW).write_text("edited\n")
        with self.assertRaisesRegex(Fault, "changes in no commit"):
            series.refresh()

    def test_push_does_not_lose_commits(self):
        self.call("push")
        (self.tree / NEW).write_text("edited\n")
        self.git("commit", "-q", "-a", "-m", "x86/xen: more")
        with self.assertRaisesRegex(Fault, "commits that the patches do not have"):
            series.push()

    def test_check_names_what_differs(self):
        (self.repo / NEW).write_text("other\n")
        self.write(self.repo, {"include/xen/only.h": "x\n"})
        status, said = self.call("check")
        self.assertEqual(status, 1)
        self.assertRegex(said, f"{NEW}, patch 0002-xen-p2m-add.patch: the series does not end in")
        self.assertIn("include/xen/only.h: the series does not make", said)

    def test_take_brings_the_overlay_into_the_tree(self):
        self.call("push")
        (self.repo / NEW).write_text("other\n")
        self.call("take")
        self.assertIn(NEW, self.git("status", "--porcelain"))
        self.git("commit", "-q", "-a", "--amend", "--no-edit")
        self.call("refresh")
        self.assertEqual(self.call("check")[0], 0)

    def test_series_of_the_repository_end_in_the_overlay(self):
        overlay = patchset.load_overlay(REPO)
        whole = [found for folder in sorted((REPO / "patches").glob("linux-*"))
                 if (found := patchset.load_series(Path(folder))).whole(overlay)]
        self.assertEqual([found.name for found in whole], ["linux-7.3"])
        self.assertEqual(patchset.differences(whole[0], overlay), [])


if __name__ == "__main__":
    import unittest
    unittest.main()
