#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/dist: where files of the overlay go, and what is refused."""

import tempfile
import unittest
from pathlib import Path

from support import load_script

REPO = Path(__file__).resolve().parent.parent.parent


dist = load_script("dist")
NewFile = dist.apply.State


def part(name, *files, before=""):
    return dist.Part(name, f"xen/p2m: {name}", "Why.", before, files)


def series(*names):
    """A series of patches with just a head."""
    text = b"From: A B <a@b>\nSubject: [PATCH] x: y\n\nWhy.\n---\n"
    patches = tuple(dist.apply.Patch(name, text, ()) for name in names)
    return dist.apply.Series("linux-9.9", Path("."), patches)


class Assign(unittest.TestCase):
    overlay = {"arch/x86/xen/a.c": NewFile(b"a\n", 0o644),
               "drivers/xen/p2m/kunit/t.c": NewFile(b"t\n", 0o644)}

    def test_file_that_no_patch_names(self):
        with self.assertRaisesRegex(dist.Fault, r"(?s)overlay-split.*kunit/t\.c.*try: add"):
            dist.assign(self.overlay, [part("one", "arch/x86/xen/*")])

    def test_patch_without_a_file(self):
        parts = [part("one", "arch/x86/xen/*", "kunit/*"), part("two", "include/*")]
        with self.assertRaisesRegex(dist.Fault, "no file .* two"):
            dist.assign(self.overlay, parts)

    def test_star_stays_in_its_folder(self):
        with self.assertRaisesRegex(dist.Fault, "no patch"):
            dist.assign(self.overlay, [part("one", "arch/*", "kunit/*")])

    def test_first_patch_gets_the_file(self):
        first, second = part("one", "kunit/t.c"), part("two", "kunit/*", "arch/x86/xen/*")
        found = dist.assign(self.overlay, [first, second])
        self.assertEqual(list(found[first]), ["drivers/xen/p2m/kunit/t.c"])
        self.assertEqual(list(found[second]), ["arch/x86/xen/a.c"])


class Fold(unittest.TestCase):
    overlay = Assign.overlay

    def order(self, *parts, patches=("0001-a.patch", "0002-b.patch")):
        changes, notes = dist.fold(series(*patches), self.overlay, parts)
        return [change.name for change in changes], notes

    def test_in_front_of_the_patch_that_builds_it(self):
        names, notes = self.order(part("x", "arch/x86/xen/*", before="*-b.patch"),
                                  part("k", "kunit/*"))
        self.assertEqual(names, ["k", "a", "x", "b"])
        self.assertEqual(notes, [])

    def test_series_without_that_patch(self):
        names, notes = self.order(part("x", "arch/x86/xen/*", "kunit/*", before="*-c.patch"))
        self.assertEqual(names, ["x", "a", "b"])
        self.assertIn("has no patch *-c.patch", notes[0])


class Texts(unittest.TestCase):
    def test_diff_of_a_new_file_is_one_for_patch(self):
        for data, mode in ((b"one\n", 0o644), (b"one\ntwo\n", 0o755), (b"no end", 0o644)):
            new = NewFile(data, mode)
            with self.subTest(data=data), tempfile.TemporaryDirectory() as folder:
                dist.run("patch", "-p1", "-F0", "-d", folder,
                         data=dist.new_file_diff("a/b.c", new))
                written = Path(folder, "a/b.c")
                self.assertEqual(written.read_bytes(), data)
                self.assertEqual(written.stat().st_mode & 0o777, mode)

    def test_empty_file(self):
        with self.assertRaisesRegex(dist.Fault, "is empty"):
            dist.new_file_diff("arch/x86/a.c", NewFile(b"", 0o644))

    def test_message_is_without_the_tags_of_quilt(self):
        author, words = dist.message(
            b"From: A B <a@b>\nSubject: [PATCH] x86/xen: a subject\n on two lines\n"
            b"Patch-mainline: no\n\nBody.\n\nSigned-off-by: A B <a@b>\n---\n f | 1 +\n")
        self.assertEqual(author, "A B <a@b>")
        self.assertEqual(words, "x86/xen: a subject on two lines\n\n"
                         "Body.\n\nSigned-off-by: A B <a@b>\n")

    def test_split_file_of_the_repository_names_all_of_the_overlay(self):
        overlay = dist.apply.load_overlay(REPO)
        found = dist.assign(overlay, dist.load_split(REPO / dist.SPLIT))
        # scripts/check is lenient to a patch with trace events: nothing else is in it.
        for part_, files in found.items():
            kinds = {rel.startswith("include/trace/") for rel in files}
            self.assertEqual(len(kinds), 1, part_.name)


class Compare(unittest.TestCase):
    def test_what_differs_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            one, two = Path(folder, "one"), Path(folder, "two")
            for tree in (one, two):
                (tree / ".pc").mkdir(parents=True)
                for name in ("same", "content", "mode"):
                    (tree / name).write_text("x\n")
            (one / "more").write_text("x\n")
            (two / "content").write_text("y\n")
            (two / "mode").chmod(0o755)
            (one / ".pc/trace").write_text("x\n")
            lines = dist.compare_trees(one, two)
        self.assertEqual([line.split(":")[0] for line in lines], ["more", "content", "mode"])


if __name__ == "__main__":
    unittest.main()
