#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/dist: where files of the overlay go, and what is refused."""

import os
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

from support import load_script

REPO = Path(__file__).resolve().parent.parent.parent


dist = load_script("dist")
NewFile = dist.patchset.State


def part(name, *files, before=""):
    return dist.Part(name, f"xen/p2m: {name}", "Why.", before, files)


def series(*names):
    """A series of patches with just a head."""
    text = b"From: A B <a@b>\nSubject: [PATCH] x: y\n\nWhy.\n---\n"
    patches = tuple(dist.patchset.Patch(name, text, ()) for name in names)
    return dist.patchset.Series("linux-9.9", Path("."), patches)


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


class Whole(unittest.TestCase):
    """A series that makes the overlay's files stays as it is."""

    def setUp(self):
        self.overlay = {"drivers/xen/p2m/Makefile": NewFile(b"obj-y += kunit/\nobj-y += a.o\n", 0o644),
                        "drivers/xen/p2m/kunit/t.c": NewFile(b"t\n", 0o644)}
        makes = tuple(self.overlay)
        text = b"From: A B <a@b>\nSubject: [PATCH] x: y\n\nWhy.\n---\n"
        text += dist.diff({}, self.overlay)
        self.series = dist.patchset.Series("linux-9.9", Path("."), (
            dist.patchset.Patch("0001-a.patch", text, makes, makes),))

    def test_patches_are_those_of_the_series(self):
        changes, notes = dist.fold(self.series, self.overlay, ())
        self.assertEqual([(c.name, c.text) for c in changes], [("a", self.series.patches[0].raw)])
        self.assertEqual(notes, [])

    def test_what_is_left_out_goes_in_a_last_patch(self):
        left = {"drivers/xen/p2m/Makefile": NewFile(b"obj-y += a.o\n", 0o644)}
        changes = dist.fold_whole(self.series, self.overlay, left)
        with tempfile.TemporaryDirectory() as folder:
            for change in changes:
                dist.run("patch", "-p1", "-F0", "-E", "-d", folder, data=change.text)
            self.assertFalse(Path(folder, "drivers/xen/p2m/kunit/t.c").exists())
            self.assertEqual(Path(folder, "drivers/xen/p2m/Makefile").read_bytes(), b"obj-y += a.o\n")

    def test_parts(self):
        found = dist.parts_of("# one: A\na.patch\nb.patch\n\n# two: B\nc.patch\n")
        self.assertEqual([(name, patches) for name, _, patches in found],
                         [("one", ["a.patch", "b.patch"]), ("two", ["c.patch"])])
        with self.assertRaisesRegex(dist.Fault, "in no part"):
            dist.parts_of("a.patch\n# one: A\n")


class Texts(unittest.TestCase):
    def test_diff_of_a_new_file_is_one_for_patch(self):
        for data, mode in ((b"one\n", 0o644), (b"one\ntwo\n", 0o755), (b"no end", 0o644)):
            new = NewFile(data, mode)
            with self.subTest(data=data), tempfile.TemporaryDirectory() as folder:
                dist.run("patch", "-p1", "-F0", "-d", folder,
                         data=dist.diff({}, {"a/b.c": new}))
                written = Path(folder, "a/b.c")
                self.assertEqual(written.read_bytes(), data)
                self.assertEqual(written.stat().st_mode & 0o777, mode)

    def test_empty_file(self):
        with self.assertRaisesRegex(dist.Fault, "is empty"):
            dist.overlay_patch(part("x"), {"arch/x86/a.c": NewFile(b"", 0o644)}, "A B <a@b>")

    def test_message_is_without_the_tags_of_quilt(self):
        author, words = dist.message(
            b"From: A B <a@b>\nSubject: [PATCH] x86/xen: a subject\n on two lines\n"
            b"Patch-mainline: no\n\nBody.\n\nSigned-off-by: A B <a@b>\n---\n f | 1 +\n")
        self.assertEqual(author, "A B <a@b>")
        self.assertEqual(words, "x86/xen: a subject on two lines\n\n"
                         "Body.\n\nSigned-off-by: A B <a@b>\n")

    def test_split_file_of_the_repository_names_all_of_the_overlay(self):
        overlay = dist.patchset.load_overlay(REPO)
        found = dist.assign(overlay, dist.load_split(REPO / dist.SPLIT))
        # scripts/check is lenient to a patch with trace events: nothing else is in it.
        for part_, files in found.items():
            kinds = {rel.startswith("include/trace/") for rel in files}
            self.assertEqual(len(kinds), 1, part_.name)


class LeftOut(unittest.TestCase):
    """What --without takes away, of the overlay as it is."""

    def left(self, *words):
        return dist.leave_out(dist.patchset.load_overlay(REPO), words)

    def test_suites(self):
        left = self.left("suites")
        self.assertEqual([rel for rel in left if "/kunit/" in rel], [])
        for name in ("Makefile", "Kconfig"):
            text = left[f"{dist.HOME}/{name}"].data.decode()
            self.assertNotRegex(text, "(?i)kunit")
            self.assertIn("XEN_P2M_BENCH", text)

    def test_nothing_refers_to_them(self):
        """Neither in what is left of the overlay nor in a series."""
        left = self.left("suites")
        texts = [new.data.decode() for rel, new in left.items() if rel.endswith(("Makefile", "Kconfig"))]
        overlay = dist.patchset.load_overlay(REPO)
        for folder in (REPO / "patches").glob("linux-*"):
            found = dist.patchset.load_series(folder)
            if not found.whole(overlay):
                texts += [patch.raw.decode() for patch in found.patches]
        for text in texts:
            self.assertNotRegex(text, r"(?m)^\+?.*(kunit/|XEN_P2M_\w*KUNIT)")

    def test_patch_of_which_nothing_is_left_goes(self):
        parts = dist.load_split(REPO / dist.SPLIT)
        full, _ = dist.fold(series("1-a.patch"), dist.patchset.load_overlay(REPO), parts)
        less, _ = dist.fold(series("1-a.patch"), dist.patchset.load_overlay(REPO), parts, ["suites"])
        self.assertLess(len(less), len(full))
        self.assertFalse([change.name for change in less if b"b/drivers/xen/p2m/kunit/" in change.text])

    def test_word_that_is_none(self):
        done = subprocess.run([REPO / "scripts/dist", "--release"], env=os.environ | {"WITHOUT": "tests"},
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no tests", done.stderr)


class Release(unittest.TestCase):
    def make(self, folder, *more):
        subprocess.run([REPO / "scripts/dist", "--release", "--out", folder, *more], check=True,
                       capture_output=True, env=os.environ | {"XEN_P2M_VERSION": "9.9"})
        return next(Path(folder).glob("*.tar.xz"))

    def test_twice_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            first, second = self.make(one), self.make(two)
            self.assertEqual(first.read_bytes(), second.read_bytes())
            subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=one, check=True)
            with tarfile.open(first) as tar:
                names = tar.getnames()
                self.assertEqual(tar.extractfile("xen-p2m-9.9/.version").read(), b"9.9\n")
                # Of a whole series its parts, too, which are one after the other what it is.
                top = "xen-p2m-9.9/dist/linux-7.3"
                parts = [f"{top}/{part}.series" for part, *_ in dist.parts_of(
                    (REPO / "patches/linux-7.3/series").read_text())]
                self.assertEqual(len(parts), 5)
                self.assertEqual(b"".join(tar.extractfile(part).read() for part in parts),
                                 tar.extractfile(f"{top}/series").read())
            for kernel in (REPO / "patches").glob("linux-*"):
                self.assertIn(f"xen-p2m-9.9/dist/{kernel.name}/series", names)
            # From an unpacked release the same release can be made.
            with tarfile.open(first) as tar:
                tar.extractall(two, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(two)
            again = Path(two) / "again"
            subprocess.run([Path(two) / "xen-p2m-9.9/scripts/dist", "--release", "--out", again], check=True,
                           capture_output=True,
                           env=os.environ | {"SOURCE_DATE_EPOCH": str(dist.release_date())})
            self.assertEqual(first.read_bytes(), next(again.glob("*.tar.xz")).read_bytes())

    def test_version_is_that_of_news(self):
        heading = next(line for line in (REPO / "NEWS").read_text().splitlines() if line[:1].isdigit())
        self.assertTrue(dist.version().startswith(heading.split()[0]))
        self.assertEqual("~git" in dist.version(), "not released yet" in heading)


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
