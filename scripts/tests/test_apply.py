#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/apply, on small made-up trees and series.

Run: python3 -m unittest discover -s scripts/tests -p test_apply.py
"""

import contextlib
import difflib
import fcntl
import hashlib
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import REPO, SCRIPTS, Folder, load_script

SCRIPT = SCRIPTS / "apply"
NOBODY = 65534

apply = load_script("apply")

MAKEFILE = """# SPDX-License-Identifier: GPL-2.0
VERSION = {0}
PATCHLEVEL = {1}
SUBLEVEL = {2}
EXTRAVERSION =
NAME = Baby Opossum Posse
"""
P2M, SETUP, XEN_MK = "arch/x86/xen/p2m.c", "arch/x86/xen/setup.c", "drivers/xen/Makefile"


def numbered(word, lines=60):
    """A file whose lines are all different, so that hunks fit in one place."""
    return "".join(f"{word} line {n};\n" for n in range(1, lines + 1))


STOCK = {
    "Kbuild": "# Kbuild\n", "Kconfig": "# Kconfig\n",
    P2M: numbered("p2m"), SETUP: numbered("setup"), XEN_MK: numbered("obj", 20),
    "include/xen/page.h": numbered("page", 10), "scripts/tool.sh": "#!/bin/sh\n",
}


def swap(text, **by_line):
    """text with lines replaced: swap(t, n5="new") changes line 5."""
    lines = text.splitlines(keepends=True)
    for key, new in by_line.items():
        lines[int(key[1:]) - 1] = new + "\n"
    return "".join(lines)


def diff(path, old, new):
    """A -p1 diff of one file; None stands for a file that does not exist."""
    names = ["/dev/null" if text is None else f"{side}/{path}\t"
             for side, text in (("a", old), ("b", new))]
    lines = difflib.unified_diff((old or "").splitlines(keepends=True),
                                 (new or "").splitlines(keepends=True), *names)
    return "".join(line if line.endswith("\n") else
                   line + "\n\\ No newline at end of file\n" for line in lines)


def snapshot(top):
    """Kind, mode and content of everything below top."""
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = Path(where, name)
            info = path.lstat()
            what = (os.readlink(path) if path.is_symlink() else
                    hashlib.sha256(path.read_bytes()).hexdigest()
                    if path.is_file() else "")
            found[str(path.relative_to(top))] = (stat.filemode(info.st_mode), what)
    return found


def write(top, rel, text, mode=0o644):
    path = Path(top, rel)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


class Bench(Folder):
    """A repository with a series of three patches and an overlay, and a tree
    that the series fits."""

    def setUp(self):
        super().setUp()
        self.tmp = self.folder
        self.tmp.chmod(0o755)
        self.repo, self.tree = self.tmp / "repo", self.tmp / "tree"
        self.make_tree()
        self.make_repo()
        self.before = snapshot(self.tree)

    def make_tree(self, version=(6, 12, 117)):
        for rel, text in STOCK.items():
            write(self.tree, rel, text, 0o755 if rel.endswith(".sh") else 0o644)
        write(self.tree, "Makefile", MAKEFILE.format(*version))

    def make_repo(self):
        self.p1 = swap(STOCK[P2M], n10="p2m ten", n50="p2m fifty")
        self.p2 = swap(self.p1, n30="p2m thirty")
        self.patches = {
            "0001-first.patch": diff(P2M, STOCK[P2M], self.p1),
            "0002-second.patch": diff(P2M, self.p1, self.p2) + diff(
                XEN_MK, STOCK[XEN_MK], STOCK[XEN_MK] + "obj-y += p2m/\n"),
            "0003-third.patch": "Subject: third\n\n---\n" + diff(
                SETUP, STOCK[SETUP], swap(STOCK[SETUP], n20="setup twenty"))}
        self.overlay = {"drivers/xen/p2m/core.c": "core\n",
                        "drivers/xen/p2m/lib/deep.c": "deep\n",
                        "include/xen/p2m.h": "header\n", "kunit/test.c": "kunit\n"}
        for rel, text in self.overlay.items():
            write(self.repo, rel, text)
        self.write_series()

    def write_series(self, patches=None, name="linux-6.12", version="6.12.117-1"):
        patches = self.patches if patches is None else patches
        directory = f"patches/{name}"
        for patch, text in patches.items():
            write(self.repo, f"{directory}/{patch}", text)
        write(self.repo, f"{directory}/series", "# series\n" + "".join(
            f"{patch}\n" for patch in patches))
        self.ok("--record", "--package-version", version)

    def call(self, *options, tree=None):
        """Runs the script in this process; keeps its JSON in self.result."""
        out, err = io.StringIO(), io.StringIO()
        code = apply.main(["--tree", str(tree or self.tree), "--json", *options],
                          self.repo, out, err)
        self.result = json.loads(out.getvalue())
        self.assertEqual(code, self.result["exit"])
        return code

    def text(self, *options):
        """Status and what people get to read."""
        out, err = io.StringIO(), io.StringIO()
        code = apply.main(["--tree", str(self.tree), *options], self.repo, out, err)
        return code, out.getvalue() + err.getvalue()

    def ok(self, *options):
        self.assertEqual(self.call(*options), 0, self.result)
        return self.result

    def refused(self, *options, code=1, **expected):
        """Runs it, expects that nothing changes and that some problem has the
        expected fields (cause and remedy: a part of the text)."""
        was = snapshot(self.tree)
        self.assertEqual(self.call(*options), code, self.result)
        self.assertEqual(snapshot(self.tree), was)
        for problem in self.result["problems"]:
            self.assertTrue(problem["cause"] and problem["remedy"], problem)
        self.assertTrue(any(self.matches(p, expected)
                            for p in self.result["problems"]), self.result)

    @staticmethod
    def matches(problem, expected):
        return all(value in problem[key] if key in ("cause", "remedy")
                   else problem[key] == value for key, value in expected.items())

    def assert_pristine(self):
        self.assertEqual(snapshot(self.tree), self.before)

    def back(self):
        self.ok("--reverse")
        self.assert_pristine()

    def there_and_back(self):
        self.ok()
        self.back()

    def ok_from_here(self):
        """What the tree is now --reverse has to restore."""
        self.before = snapshot(self.tree)
        self.ok()

    def read(self, rel):
        return (self.tree / rel).read_text()

    def edit(self, rel, **by_line):
        (self.tree / rel).write_text(swap(self.read(rel), **by_line))

    def by_hand(self, *names):
        """Puts patches in as a user would, without scripts/apply."""
        for name in names:
            subprocess.run(["patch", "-s", "-p1", "-d", self.tree], check=True,
                           input=self.patches[name].encode())

    def release(self, sublevel):
        write(self.tree, "Makefile", MAKEFILE.format(6, 12, sublevel))


class RoundTrip(Bench):
    def test_apply_and_reverse(self):
        self.ok()
        self.assertEqual(self.result["status"], "applied")
        self.assertEqual(self.read(P2M), self.p2)
        self.assertIn("setup twenty\n", self.read(SETUP))
        self.assertTrue(self.read(XEN_MK).endswith("obj-y += p2m/\n"))
        self.assertEqual(self.read("drivers/xen/p2m/kunit/test.c"), "kunit\n")
        new = set(snapshot(self.tree)) - set(self.before)
        self.assertEqual(new, {
            ".xen-p2m-applied", "drivers/xen/p2m", "drivers/xen/p2m/core.c",
            "drivers/xen/p2m/lib", "drivers/xen/p2m/lib/deep.c", "include/xen/p2m.h",
            "drivers/xen/p2m/kunit", "drivers/xen/p2m/kunit/test.c"})
        self.back()

    def test_check_writes_nothing(self):
        self.assertEqual(self.ok("--check")["status"], "would-apply")
        self.assert_pristine()
        self.ok()
        applied = snapshot(self.tree)
        self.assertEqual(self.ok("--check", "--reverse")["status"], "would-reverse")
        self.assertEqual(snapshot(self.tree), applied)

    def test_twice_in_a_row(self):
        for _ in range(2):
            self.there_and_back()

    def test_record_has_what_it_should(self):
        self.ok()
        record = json.loads(self.read(".xen-p2m-applied"))
        files = {entry["path"]: entry for entry in record["files"]}
        self.assertEqual({rel for rel, entry in files.items() if entry["before"]},
                         {P2M, SETUP, XEN_MK})
        self.assertEqual(files[P2M]["before"],
                         hashlib.sha256(STOCK[P2M].encode()).hexdigest())
        self.assertEqual(files[P2M]["after"],
                         hashlib.sha256(self.p2.encode()).hexdigest())
        self.assertEqual(record["base"]["package-version"], "6.12.117-1")
        self.assertIn("drivers/xen/p2m/kunit", record["directories"])
        self.assertNotIn(str(self.tmp), self.read(".xen-p2m-applied"))

    def test_modes_are_kept(self):
        (self.tree / P2M).chmod(0o755)
        (self.tree / SETUP).chmod(0o444)
        (self.repo / "drivers/xen/p2m/core.c").chmod(0o755)
        self.ok_from_here()
        modes = {rel: stat.S_IMODE((self.tree / rel).stat().st_mode)
                 for rel in (P2M, SETUP, "drivers/xen/p2m/core.c")}
        self.assertEqual(list(modes.values()), [0o755, 0o444, 0o755])
        self.back()

    def test_series_that_makes_and_deletes_files(self):
        page = "include/xen/page.h"
        self.write_series(self.patches | {
            "0004-made.patch": diff("arch/x86/xen/made/x.c", None, "made\n"),
            "0005-gone.patch": diff(page, STOCK[page], None)})
        base = (self.repo / "patches/linux-6.12/base").read_text()
        self.assertIn("\nabsent  arch/x86/xen/made/x.c\n", base)
        self.ok()
        self.assertEqual(self.read("arch/x86/xen/made/x.c"), "made\n")
        self.assertFalse((self.tree / page).exists())
        self.ok("--reverse")
        self.assertNotIn(page, set(self.before) - set(snapshot(self.tree)))
        self.assert_pristine()

    def test_file_that_a_patch_empties_goes_away(self):
        """As quilt has it, which runs patch with -E."""
        page = "include/xen/page.h"
        self.write_series(self.patches | {
            "0004-emptied.patch": diff(page, STOCK[page], "")})
        self.ok()
        self.assertFalse((self.tree / page).exists())
        self.back()

    def test_odd_contents(self):
        """Bytes that are no UTF-8, CR LF, no newline at the end."""
        odd = {"arch/latin": b"a\nb \xe9\xff\nc\n", "arch/crlf": b"a\r\nb\r\nc\r\n",
               "arch/noeol": b"a\nb\nc"}
        patch = b""
        for rel, text in odd.items():
            write(self.tree, rel, text)
            patch += diff(rel, text.decode("latin-1"), text.replace(
                b"a", b"A").decode("latin-1")).encode("latin-1")
        self.write_series(self.patches | {"0004-odd.patch": patch})
        self.ok_from_here()
        self.assertEqual((self.tree / "arch/latin").read_bytes(), b"A\nb \xe9\xff\nc\n")
        self.assertEqual((self.tree / "arch/crlf").read_bytes(), b"A\r\nb\r\nc\r\n")
        self.assertEqual((self.tree / "arch/noeol").read_bytes(), b"A\nb\nc")
        self.back()

    def test_paths_with_spaces(self):
        rel = "arch/a dir/the file.c"
        write(self.tree, rel, numbered("s"))
        write(self.repo, "drivers/xen/p2m/with space.c", "space\n")
        self.write_series(self.patches | {"0004-space.patch": diff(
            rel, numbered("s"), swap(numbered("s"), n5="five"))})
        self.tree = self.tree.rename(self.tmp / "a tree")
        self.ok_from_here()
        self.assertIn("five\n", self.read(rel))
        self.assertEqual(self.read("drivers/xen/p2m/with space.c"), "space\n")
        self.back()

    def test_removed_line_that_looks_like_a_header(self):
        rel, text = "arch/x.sql", "-- a/comment\n++ b\nx\n"
        write(self.tree, rel, text)
        self.write_series(self.patches | {
            "0004-sql.patch": diff(rel, text, "x\n") + "-- \n2.39.5\n"})
        self.ok_from_here()
        self.assertEqual(self.read(rel), "x\n")
        self.back()

    def test_hard_linked_tree_is_not_written_through(self):
        subprocess.run(["cp", "-al", self.tree, self.tmp / "twin"], check=True)
        self.ok()
        self.assertEqual(snapshot(self.tmp / "twin"), self.before)

    def test_reverse_does_not_need_the_series_of_the_repository(self):
        self.ok()
        shutil.rmtree(self.repo / "patches")
        shutil.rmtree(self.repo / "drivers")
        self.back()

    def test_overlay_file_that_was_there_before_stays(self):
        write(self.tree, "include/xen/p2m.h", "header\n")
        self.before = snapshot(self.tree)
        self.there_and_back()

    def test_build_results_keep_their_directory(self):
        self.ok()
        write(self.tree, "drivers/xen/p2m/lib/deep.o", "object")
        self.ok("--check", "--reverse")
        self.assertTrue(any("drivers/xen/p2m/lib is kept" in note
                            for note in self.result["notes"]), self.result)
        self.ok("--reverse")
        (self.tree / "drivers/xen/p2m/lib/deep.o").unlink()
        (self.tree / "drivers/xen/p2m/lib").rmdir()
        (self.tree / "drivers/xen/p2m").rmdir()
        self.assert_pristine()


class Versions(Bench):
    def test_series_is_chosen_by_the_makefile(self):
        old = {"0001-old.patch": diff(SETUP, STOCK[SETUP], swap(STOCK[SETUP],
                                                               n3="for 6.1"))}
        write(self.tree, "Makefile", MAKEFILE.format(6, 1, 140))
        self.write_series(old, "linux-6.1", "6.1.140-1")
        base = (self.repo / "patches/linux-6.1/base").read_text()
        self.assertTrue(base.startswith("package: linux-source-6.1\n"
                                        "package-version: 6.1.140-1\n"
                                        "kernel: 6.1.140\n"), base)
        self.ok_from_here()
        self.assertEqual(self.result["series"], "linux-6.1")
        self.assertIn("for 6.1\n", self.read(SETUP))
        self.assertEqual(self.read(P2M), STOCK[P2M])
        self.back()

    def test_no_series_for_the_version(self):
        write(self.tree, "Makefile", MAKEFILE.format(5, 10, 3))
        self.refused(cause="no series patches/linux-5.10 (there is: linux-6.12)")

    def test_series_option(self):
        write(self.tree, "Makefile", MAKEFILE.format(5, 10, 3))
        self.ok("--series", str(self.repo / "patches/linux-6.12"))
        self.assertEqual(self.read(P2M), self.p2)
        self.assertEqual(self.result["notes"], [
            "made for 6.12.117, this is 5.10.3: 0 of 3 touched files differ, "
            "all hunks apply without fuzz"])

    def test_series_option_without_series(self):
        self.refused("--series", str(self.tmp), code=2, cause="series cannot be read: No such file")

    def test_not_a_kernel_tree(self):
        (self.tree / "Kbuild").unlink()
        self.refused(cause="is not a kernel source tree: it has no Kbuild")
        self.refused("--overlay-only", cause="is not a kernel source tree")

    def test_makefile_of_something_else(self):
        write(self.tree, "Makefile", "all:\n\ttrue\n")
        self.refused(cause="does not give VERSION, PATCHLEVEL and SUBLEVEL")

    def test_no_directory(self):
        self.assertEqual(self.call(tree=self.tmp / "nowhere"), 1)

    def test_point_release_with_offsets(self):
        self.release(121)
        (self.tree / P2M).write_text("added upstream\n" + STOCK[P2M])
        self.before = snapshot(self.tree)
        for options in (["--check"], []):
            self.ok(*options)
            self.assertTrue(self.result["notes"][0].startswith(
                "made for 6.12.117, this is 6.12.121: 1 of 3 touched files differ, "
                "all hunks apply without fuzz"), self.result)
            self.assertIn("(3 hunks with an offset)", self.result["notes"][0])
            self.assertIn(P2M, self.result["notes"][1])
        self.assertEqual(self.read(P2M), "added upstream\n" + self.p2)
        self.back()

    def test_same_release_says_nothing(self):
        self.assertEqual(self.ok("--check")["notes"], [])


class Refusals(Bench):
    def test_drifted_hunk(self):
        self.release(121)
        self.edit(P2M, n50="changed upstream")
        self.refused(file=P2M, patch="0001-first.patch", hunk=2, line=47,
                     cause="@@ -47,7 +47,7 @@", remedy="made for 6.12.117 and this is "
                     "6.12.121")
        self.assertEqual(len(self.result["problems"]), 1)
        self.refused("--check", file=P2M, hunk=2)

    def test_drifted_hunk_as_people_see_it(self):
        self.edit(P2M, n50="changed")
        code, text = self.text()
        self.assertEqual(code, 1)
        for part in (f"file {P2M}, patch 0001-first.patch, hunk 2 (line 47): ",
                     "remedy: ", "the tree is as it was"):
            self.assertIn(part, text)

    def test_dirty_tree(self):
        self.edit(SETUP, n20="my edit")
        self.refused(file=SETUP, patch="0003-third.patch", hunk=1,
                     remedy="the file is not that of linux-source-6.12 6.12.117-1")

    def test_dirty_tree_that_applies(self):
        self.edit(SETUP, n55="my edit")
        self.ok_from_here()
        self.assertTrue(self.result["notes"][0].startswith(
            "made for 6.12.117-1, this is also 6.12.117: 1 of 3 "), self.result)
        self.back()

    def test_fuzz_is_refused(self):
        self.edit(SETUP, n17="context changed")
        twin = self.tmp / "twin"
        shutil.copytree(self.tree, twin)
        fuzzy = subprocess.run(["patch", "-p1", "-d", twin], capture_output=True,
                               input=self.patches["0003-third.patch"].encode())
        self.assertIn(b"with fuzz", fuzzy.stdout)     # patch by itself takes it
        self.assertEqual(fuzzy.returncode, 0)
        self.refused(file=SETUP, patch="0003-third.patch", hunk=1,
                     cause="it would only go in with fuzz")

    def test_all_failing_files_of_a_patch_are_named(self):
        self.edit(P2M, n30="x")
        self.edit(XEN_MK, n20="x")
        self.refused(file=P2M, patch="0002-second.patch")
        self.refused(file=XEN_MK, patch="0002-second.patch")

    def test_touched_file_is_missing(self):
        (self.tree / SETUP).unlink()
        self.refused(file=SETUP, patch="0003-third.patch", cause="the file is missing")

    def test_created_file_is_there_already(self):
        self.write_series(self.patches | {
            "0004-made.patch": diff("arch/made.c", None, "made\n")})
        write(self.tree, "arch/made.c", "other\n")
        self.refused(file="arch/made.c", patch="0004-made.patch",
                     cause="it is there already")

    def test_series_at_fault(self):
        """The tree is as recorded, so the patch must be wrong: status 2."""
        write(self.repo, "patches/linux-6.12/0003-third.patch",
              self.patches["0003-third.patch"].replace("setup line 19", "setup 19"))
        self.refused(code=2, file=SETUP, patch="0003-third.patch",
                     remedy="the file is as recorded in base")

    def test_overlay_conflict(self):
        write(self.tree, "include/xen/p2m.h", "someone else's\n")
        self.refused(file="include/xen/p2m.h", cause="other content")

    def test_overlay_conflict_and_drift_are_both_named(self):
        write(self.tree, "include/xen/p2m.h", "someone else's\n")
        self.edit(SETUP, n20="my edit")
        self.refused(file="include/xen/p2m.h")
        self.refused(file=SETUP, hunk=1)

    def test_partially_patched_from_the_start(self):
        self.by_hand("0001-first.patch", "0002-second.patch")
        self.refused(patch="0001-first.patch", cause="partially patched",
                     remedy="patch -R")
        self.refused(patch="0002-second.patch",
                     cause="this patch is in, but not 0003-third.patch")

    def test_partially_patched_in_the_middle(self):
        self.by_hand("0003-third.patch")
        self.refused(patch="0003-third.patch", cause="partially patched: this patch "
                     "is in, but not 0001-first.patch, 0002-second.patch")
        self.assertEqual(len(self.result["problems"]), 1)

    def test_half_of_a_patch_is_in(self):
        write(self.tree, XEN_MK, STOCK[XEN_MK] + "obj-y += p2m/\n")
        self.refused(file=XEN_MK, patch="0002-second.patch",
                     cause="already holds the change of this patch")

    def test_patched_by_hand_without_overlay(self):
        self.by_hand(*self.patches)
        self.refused(file="include/xen/p2m.h", cause="this overlay file is missing",
                     remedy="--overlay-only")

    def test_already_applied_by_hand(self):
        self.by_hand(*self.patches)
        self.ok("--overlay-only")
        self.refused(code=3, cause="not put there by scripts/apply")

    def test_already_applied(self):
        self.ok()
        self.refused(code=3, cause="already applied")
        self.refused("--check", code=3, cause="already applied")
        self.assertEqual(self.result["status"], "already-applied")
        self.edit(P2M, n1="my edit")
        self.refused(code=3, cause="already applied")
        self.assertEqual(self.result["notes"], [
            f"{P2M} was edited after scripts/apply put it there"])

    def test_applied_but_one_file_put_back(self):
        self.ok()
        write(self.tree, SETUP, STOCK[SETUP])
        self.refused(file=SETUP, cause="partially patched", remedy="--reverse")

    def test_applied_from_another_state_of_the_series(self):
        self.ok()
        write(self.repo, "patches/linux-6.12/0003-third.patch",
              "Reworded.\n" + self.patches["0003-third.patch"])
        self.refused(cause="another state of series", remedy="--reverse")

    def test_applied_with_another_overlay(self):
        self.ok()
        write(self.repo, "drivers/xen/p2m/core.c", "core 2\n")
        self.refused(file="drivers/xen/p2m/core.c", cause="changed in the repository")

    def test_quilt_managed(self):
        self.by_hand("0001-first.patch")
        write(self.tree, ".pc/applied-patches", "0001-first.patch\n")
        for options in ([], ["--check"], ["--reverse"]):
            self.refused(*options, cause="this tree is managed by quilt; use quilt "
                         "pop -a (quilt has 1 of the 3 patches")

    def test_quilt_with_patches_of_others(self):
        write(self.tree, ".pc/applied-patches", "other.patch\n")
        self.ok("--check")

    def test_real_quilt(self):
        if not shutil.which("quilt"):
            self.skipTest("quilt is not installed")
        env = os.environ | {"QUILT_PATCHES": str(self.repo / "patches/linux-6.12")}

        def quilt(*words):
            subprocess.run(["quilt", "--quiltrc", "-", *words], cwd=self.tree, env=env, check=True,
                           capture_output=True)
        quilt("push", "-a")
        self.assertEqual(self.read(P2M), self.p2)
        self.refused(cause="this tree is managed by quilt")
        quilt("pop", "-a")
        self.ok()

    def test_symlinked_file(self):
        (self.tree / SETUP).rename(self.tmp / "outside.c")
        (self.tree / SETUP).symlink_to(self.tmp / "outside.c")
        self.refused(file=SETUP, cause="symbolic link")
        self.assertEqual((self.tmp / "outside.c").read_text(), STOCK[SETUP])

    def test_symlinked_directory(self):
        (self.tree / "drivers/xen").rename(self.tmp / "outside")
        (self.tree / "drivers/xen").symlink_to(self.tmp / "outside")
        outside = snapshot(self.tmp / "outside")
        self.refused(file=XEN_MK, cause="drivers/xen, which leads to it, is a "
                     "symbolic link")
        self.refused("--overlay-only", file="drivers/xen/p2m/core.c",
                     cause="symbolic link")
        self.assertEqual(snapshot(self.tmp / "outside"), outside)

    def test_symlink_in_place_of_an_overlay_file(self):
        (self.tree / "include/xen/p2m.h").symlink_to("page.h")
        self.refused(file="include/xen/p2m.h", cause="symbolic link")

    def test_symlink_to_the_tree_is_fine(self):
        (self.tmp / "link").symlink_to(self.tree)
        self.assertEqual(self.call(tree=self.tmp / "link"), 0)
        self.assertEqual(self.read(P2M), self.p2)

    def test_directory_in_place_of_a_file(self):
        (self.tree / SETUP).unlink()
        (self.tree / SETUP).mkdir()
        self.refused(file=SETUP, cause="not a regular file")

    def test_file_in_place_of_a_directory(self):
        write(self.tree, "drivers/xen/p2m", "a file\n")
        self.refused(file="drivers/xen/p2m/core.c", cause="not a directory")

    def test_two_equal_places(self):
        """With the offset of the point release, patch -R would find the other
        one nearer."""
        block = "{\n\tone();\n\ttwo();\n\tthree();\n\tX\n\tfour();\n\tfive();\n}\n"
        old, new = block.replace("X", "old();"), block.replace("X", "new();")
        rel, filler = "arch/twice.c", numbered("f", 50)
        write(self.tree, rel, old + filler)
        self.write_series({"0001-a.patch": diff(rel, old + filler, new + filler)})
        write(self.tree, rel, new + filler[:40] + "\n" + old + filler)
        self.ok_from_here()
        self.assertEqual(self.read(rel), new + filler[:40] + "\n" + new + filler)
        self.back()


class ReverseRefusals(Bench):
    def setUp(self):
        super().setUp()
        self.pristine = dict(self.before)

    def test_edited_touched_file(self):
        self.ok()
        self.edit(SETUP, n1="my edit")
        self.refused("--reverse", file=SETUP, cause="edited after", remedy="undo it")
        self.refused("--check", "--reverse", file=SETUP)
        self.assertEqual(len(self.result["problems"]), 1)

    def test_edited_overlay_file(self):
        self.ok()
        write(self.tree, "drivers/xen/p2m/core.c", "my edit\n")
        self.refused("--reverse", file="drivers/xen/p2m/core.c", cause="edited after")

    def test_deleted_touched_file(self):
        self.ok()
        (self.tree / SETUP).unlink()
        self.refused("--reverse", file=SETUP, cause="edited after")

    def test_deleted_overlay_file_is_no_obstacle(self):
        self.ok()
        (self.tree / "drivers/xen/p2m/core.c").unlink()
        self.back()

    def test_file_put_back_by_hand_is_no_obstacle(self):
        self.ok()
        write(self.tree, SETUP, STOCK[SETUP])
        self.back()

    def test_unpatched_tree(self):
        self.refused("--reverse", cause="nothing to take out")

    def test_patched_by_hand(self):
        self.by_hand("0001-first.patch")
        self.refused("--reverse", patch="0001-first.patch",
                     cause="scripts/apply did not put it there", remedy="patch -R")

    def test_damaged_record(self):
        self.ok()
        good = self.read(".xen-p2m-applied")
        for bad in ("", "{}", good.replace(P2M, "../outside"),
                    good.replace('"format": 3', '"format": 99'),
                    good.replace('"original": "c', '"original": "d')):
            self.assertNotEqual(bad, good)
            write(self.tree, ".xen-p2m-applied", bad)
            self.refused("--reverse")
        write(self.tree, ".xen-p2m-applied", good)
        self.back()

    def test_wrong_before(self):
        """The result is compared with the recorded sha256, not trusted."""
        self.ok()
        path = self.tree / ".xen-p2m-applied"
        record = json.loads(path.read_text())
        record["files"][0]["before"] = "0" * 64
        path.write_text(json.dumps(record))
        self.refused("--reverse", file=record["files"][0]["path"],
                     cause="does not give back the file")

    def test_symlinked_record(self):
        (self.tree / ".xen-p2m-applied").symlink_to("Makefile")
        self.refused("--reverse", file=".xen-p2m-applied", cause="symbolic link")


class Failures(Bench):
    """What goes wrong while the tree is being changed."""

    @contextlib.contextmanager
    def failing(self, name, number, action):
        """The number'th call of os.NAME on the tree does action instead."""
        real, calls = getattr(os, name), []

        def wrapper(*args, **kwargs):
            if str(args[0]).startswith(str(self.tree)):
                calls.append(args)
                if len(calls) == number:
                    return action(*args)
            return real(*args, **kwargs)
        with mock.patch.object(apply.os, name, wrapper):
            yield calls

    @staticmethod
    def no_space(*args):
        raise OSError(28, "No space left on device", str(args[-1]))

    def times(self):
        return {rel: (self.tree / rel).stat().st_mtime_ns for rel in STOCK}

    def every_call(self, name, *options):
        """Lets each call of os.NAME fail in turn; returns how many there were."""
        was, times, number = snapshot(self.tree), self.times(), 0
        while True:
            number += 1
            with self.failing(name, number, self.no_space) as calls:
                code = self.call(*options)
            if len(calls) < number:
                return number - 1
            self.assertEqual(code, 1, (number, self.result))
            self.assertIn("No space left", self.result["problems"][0]["cause"])
            self.assertEqual(snapshot(self.tree), was, f"call {number}")
            self.assertEqual(self.times(), times, "the very files are back")

    def test_apply_rolls_back_at_every_rename(self):
        # three touched files, four overlay files, the record
        self.assertEqual(self.every_call("replace"), 8)

    def test_reverse_rolls_back_at_every_rename(self):
        self.ok()
        applied = snapshot(self.tree)
        self.assertEqual(self.every_call("replace", "--reverse"), 3)
        self.assertNotEqual(snapshot(self.tree), applied)
        self.assert_pristine()

    def test_reverse_rolls_back_at_a_removal(self):
        self.ok()
        was, real = snapshot(self.tree), os.unlink
        for rel in ("include/xen/p2m.h", "drivers/xen/p2m/core.c", ".xen-p2m-applied"):
            def wrapper(path, *args, bad=self.tree / rel, **kwargs):
                if str(path) == str(bad):
                    self.no_space(path)
                return real(path, *args, **kwargs)
            with mock.patch.object(apply.os, "unlink", wrapper):
                self.refused("--reverse", file=rel, cause="No space left")
            self.assertEqual(snapshot(self.tree), was)

    def test_mkdir_fails(self):
        for number in (1, 2, 3):
            with self.failing("mkdir", number, self.no_space) as calls:
                self.refused()
            self.assertGreaterEqual(len(calls), number)

    def test_write_fails(self):
        for number in (1, 3, 6):
            calls = []

            def wrapper(path, data, real=Path.write_bytes):
                if path.is_relative_to(self.tree):
                    calls.append(path)
                    if len(calls) == number:
                        real(path, data[:5])
                        self.no_space(path)
                return real(path, data)
            with mock.patch.object(apply.Path, "write_bytes", wrapper):
                self.refused(cause="No space left on device")
            self.assertEqual(len(calls), number)

    def test_no_hard_links(self):
        """File systems without them: the originals are copied instead."""
        def refuse(*_):
            raise OSError(1, "Operation not permitted")
        with mock.patch.object(apply.os, "link", refuse):
            self.assertEqual(self.every_call("replace"), 8)
            self.back()

    def test_rollback_fails_too(self):
        """The journal stays, and the next run repairs the tree."""
        real, calls = os.replace, []

        def wrapper(*args):
            calls.append(args)
            if len(calls) >= 3:
                self.no_space(*args)
            return real(*args)
        with mock.patch.object(apply.os, "replace", wrapper):
            self.assertEqual(self.call(), 2)
        self.assertIn("so did undoing it", self.result["problems"][0]["cause"])
        self.assertIn("run scripts/apply again", self.result["problems"][0]["remedy"])
        self.assertNotEqual(snapshot(self.tree), self.before)
        self.refused("--check", cause="cut off", remedy="--reverse")
        self.back()

    def child(self, action, number, *options, name="replace"):
        """Runs the script in a child in which one call does action; returns
        the child's exit status."""
        pid = os.fork()
        if pid:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        code = 99
        try:
            signal.signal(signal.SIGTERM, apply.on_signal)
            with self.failing(name, number, action):
                code = apply.main(["--tree", str(self.tree), *options], self.repo,
                                  io.StringIO(), io.StringIO())
        finally:
            os._exit(code)

    def killed(self, number, *options, name="replace"):
        """A run that dies in the number'th call of os.NAME."""
        self.assertEqual(self.child(lambda *_: os._exit(77), number, *options, name=name), 77)

    def test_killed_at_every_rename(self):
        for number in range(1, 9):
            self.killed(number)
            self.assertNotEqual(snapshot(self.tree), self.before)
            for options in ([], ["--reverse"], ["--overlay-only"]):
                self.refused("--check", *options, cause="cut off", remedy="--reverse")
            self.back()

    def test_killed_then_any_run(self):
        """What had begun is undone first."""
        for options in ([], ["--overlay-only"]):
            self.killed(5)
            self.assertIn("was undone", self.ok(*options)["notes"][0])
            self.ok("--reverse", *options)
            self.assert_pristine()

    def test_killed_and_then_edited(self):
        self.killed(3)
        self.edit(P2M, n1="my edit")
        self.refused(file=P2M, cause="edited after", remedy="0.old")
        (self.tree / P2M).unlink()
        self.back()

    def test_reverse_killed(self):
        for name, number in (("replace", 1), ("replace", 3), ("unlink", 2),
                             ("rmdir", 2)):
            self.ok()
            self.killed(number, "--reverse", name=name)
            self.back()

    def test_signal_rolls_back(self):
        def kill(*args):
            os.kill(os.getpid(), signal.SIGTERM)
        for number in (1, 4, 8):
            self.assertEqual(self.child(kill, number), 2)
            self.assert_pristine()

    def test_signal_when_the_change_is_in(self):
        """Too late to go back: the run ends as if there had been none."""
        def sweep(*args, real=shutil.rmtree, **how):
            os.kill(os.getpid(), signal.SIGTERM)
            real(*args, **how)
        with mock.patch.object(apply, "finish", lambda work, real=apply.finish: (
                mock.patch.object(apply.shutil, "rmtree", sweep).start(), real(work))):
            self.assertEqual(self.child(None, 0), 0)
        self.assertFalse((self.tree / ".xen-p2m-work").exists())
        self.refused(code=3, cause="already applied")
        self.back()

    def test_signals_are_heard_again(self):
        """Those who import this and what they start inherit the mask."""
        self.ok()
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, ()), set())

    def test_what_is_not_of_the_tree_is_an_error(self):
        with mock.patch.object(tempfile, "tempdir", str(self.tmp / "nowhere")):
            self.refused(code=2, cause="No such file")

    def test_our_temporary_names_are_taken(self):
        """Left by a run that was killed; one is a second name of the file."""
        write(self.tree, ".xen-p2m-work/1.new", "half of it")
        os.link(self.tree / SETUP, self.tree / ".xen-p2m-work/1.old")
        self.ok()
        self.assertIn("setup twenty\n", self.read(SETUP))
        self.back()

    def test_file_changes_meanwhile(self):
        def late_edit(tree, plan, real=apply.stage):
            self.edit(SETUP, n1="edited by another program")
            real(tree, plan)
        with mock.patch.object(apply, "stage", late_edit):
            self.assertEqual(self.call(), 1)
        self.assertIn("changed while", self.result["problems"][0]["cause"])
        self.assertEqual(self.result["problems"][0]["file"], SETUP)
        write(self.tree, SETUP, STOCK[SETUP])
        self.assert_pristine()

    def test_another_run_on_the_tree(self):
        handle = os.open(self.tree, os.O_RDONLY)
        self.addCleanup(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self.refused(cause="another scripts/apply")

    def as_user(self, *options):
        """Runs the script itself as a user who is not root."""
        shutil.copytree(SCRIPT.parent, self.repo / "scripts", dirs_exist_ok=True)
        extra = {}
        if os.geteuid() == 0:
            for path in [self.tree, *self.tree.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
            extra = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return subprocess.run([self.repo / "scripts/apply", "--tree", self.tree,
                               *options], capture_output=True, text=True, cwd="/",
                              check=False, **extra)

    def test_unwritable_directory(self):
        where = self.tree / Path(SETUP).parent
        where.chmod(0o555)
        self.addCleanup(where.chmod, 0o755)
        self.before = snapshot(self.tree)
        for options in (["--check"], []):
            done = self.as_user(*options)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn("file arch/x86/xen: the directory is not writable",
                          done.stderr)
            self.assert_pristine()
        where.chmod(0o755)
        done = self.as_user()
        self.assertEqual(done.returncode, 0, done)
        where.chmod(0o555)
        was = snapshot(self.tree)
        self.assertEqual(self.as_user("--reverse").returncode, 1)
        self.assertEqual(snapshot(self.tree), was)

    def test_unreadable_file(self):
        (self.tree / SETUP).chmod(0)
        done = self.as_user()
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"file {SETUP}: cannot be read", done.stderr)

    def test_root_leaves_the_files_to_their_owner(self):
        if os.geteuid():
            self.skipTest("needs root")
        self.as_user("--check")
        self.ok()
        owners = {(self.tree / rel).stat().st_uid for rel in
                  (P2M, "drivers/xen/p2m", "drivers/xen/p2m/core.c")}
        self.assertEqual(owners, {NOBODY})

    def test_internal_error_is_status_2(self):
        with mock.patch.object(apply, "plan_apply", side_effect=TypeError("bug")):
            out, err = io.StringIO(), io.StringIO()
            code = apply.main(["--tree", str(self.tree)], self.repo, out, err)
        self.assertEqual(code, 2)
        self.assertIn("internal error", err.getvalue())

    def test_git_is_not_installed(self):
        with mock.patch.dict(os.environ, PATH=str(self.tmp)):
            self.refused(code=2, cause="git is not installed")


class Repository(Bench):
    """Faults of the repository's own files: status 2."""

    def damage(self, text, **expected):
        write(self.repo, "patches/linux-6.12/0003-third.patch", text)
        self.refused(code=2, patch="0003-third.patch", **expected)

    def test_damaged_patches(self):
        good = self.patches["0003-third.patch"]
        self.damage("".join(good.splitlines(keepends=True)[:-2]), cause="corrupt patch")
        self.damage("only text\n", cause="No valid patches")
        self.damage(good.replace("b/arch", "b/../arch"), cause="no plain change of a file's lines: ../arch")
        self.damage("diff --git a/x b/y\nrename from x\nrename to y\n" + good,
                    cause="rename x =>")
        self.damage("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
                    "diff --git a/y b/y\n" + good, cause="mode change")

    def test_series_names_a_missing_patch(self):
        (self.repo / "patches/linux-6.12/0002-second.patch").unlink()
        self.refused(code=2, patch="0002-second.patch", cause="cannot be read")

    def test_series_entries(self):
        path = self.repo / "patches/linux-6.12/series"
        path.write_text(path.read_text().replace(".patch\n", ".patch -p1 # why\n"))
        self.ok("--check")
        path.write_text(path.read_text().replace("-p1", "-p0"))
        self.refused(code=2, cause="options -p0 are not supported")
        path.write_text("# nothing\n")
        self.refused(code=2, cause="names no patch")

    def test_base_is_missing_or_out_of_date(self):
        path = self.repo / "patches/linux-6.12/base"
        good = path.read_text()
        path.unlink()
        self.refused(code=2, cause="base is missing", remedy="--record")
        path.write_text("".join(line for line in good.splitlines(True)
                                if SETUP not in line))
        self.refused(code=2, file=SETUP, cause="it is not recorded")
        path.write_text(good + "0" * 64 + "  kernel/other.c\n")
        self.refused(code=2, file="kernel/other.c", cause="no patch touches it")
        path.write_text(good + "garbage\n")
        self.refused(code=2, cause="line 7 is neither")
        path.write_text(good.replace("kernel: ", "# "))
        self.refused(code=2, cause="does not give")

    def test_patch_touches_an_overlay_file(self):
        rel = "include/xen/p2m.h"
        write(self.repo, "patches/linux-6.12/0004-own.patch", diff(rel, None, "x\n"))
        with open(self.repo / "patches/linux-6.12/series", "a") as series:
            series.write("0004-own.patch\n")
        with open(self.repo / "patches/linux-6.12/base", "a") as base:
            base.write(f"absent  {rel}\n")
        self.refused(code=2, file=rel, patch="0004-own.patch", cause="overlay")

    def test_two_overlay_files_for_one_path(self):
        write(self.repo, "drivers/xen/p2m/kunit/test.c", "twin\n")
        self.refused(code=2, cause="are both drivers/xen/p2m/kunit/test.c")

    def test_overlay_symlink(self):
        (self.repo / "include/link.h").symlink_to("xen/p2m.h")
        self.refused(code=2, file="include/link.h", cause="regular files")

    LITTER = ("drivers/xen/p2m/core.c~", "drivers/xen/p2m/.core.c.swp",
              "drivers/xen/p2m/core.o", "drivers/xen/p2m/core.c.orig",
              "drivers/xen/p2m/core.c.rej", "kunit/__pycache__/x.pyc",
              "kunit/y.pyc", "drivers/xen/p2m/.core.o.cmd", "kunit/#test.c#")

    def overlay_of(self):
        return set(apply.load_overlay(self.repo))

    def test_litter_is_no_overlay(self):
        wanted = self.overlay_of()
        for rel in self.LITTER:
            write(self.repo, rel, "litter")
        self.assertEqual(self.overlay_of(), wanted)

    def test_git_decides(self):
        wanted = self.overlay_of()
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org",
               "-C", str(self.repo)]
        subprocess.run([*git, "init", "-q"], check=True)
        write(self.repo, ".gitignore", "*.log\n/drivers/generated/\n")
        subprocess.run([*git, "add", "-A"], check=True)
        for rel in (*self.LITTER, "drivers/x.log", "drivers/generated/x.c"):
            write(self.repo, rel, "litter")
        self.assertEqual(self.overlay_of(), wanted)
        write(self.repo, "drivers/xen/p2m/untracked.c", "new\n")
        self.assertEqual(self.overlay_of(), wanted | {"drivers/xen/p2m/untracked.c"})
        (self.repo / "drivers/xen/p2m/core.c").unlink()
        self.assertNotIn("drivers/xen/p2m/core.c", self.overlay_of())

    def test_git_variables_of_the_caller_do_not_mislead(self):
        wanted = self.overlay_of()
        subprocess.run(["git", "init", "-q", self.repo], check=True)
        with mock.patch.dict(os.environ, GIT_DIR=str(self.tmp / "elsewhere"),
                             GIT_INDEX_FILE=str(self.tmp / "index")):
            self.assertEqual(self.overlay_of(), wanted)


class Record(Bench):
    def base(self):
        return (self.repo / "patches/linux-6.12/base").read_text()

    def test_content(self):
        digest = {rel: hashlib.sha256(STOCK[rel].encode()).hexdigest()
                  for rel in (P2M, SETUP, XEN_MK)}
        self.assertEqual(self.base(), (
            "package: linux-source-6.12\npackage-version: 6.12.117-1\n"
            f"kernel: 6.12.117\n{digest[P2M]}  {P2M}\n{digest[SETUP]}  {SETUP}\n"
            f"{digest[XEN_MK]}  {XEN_MK}\n"))
        self.assert_pristine()

    def refuses(self, *options, code=1, **expected):
        was = self.base()
        self.refused("--record", "--package-version", "6.12.117-1", *options,
                     code=code, **expected)
        self.assertEqual(self.base(), was)

    def test_version_is_of_another_kernel(self):
        self.release(11)
        self.refuses(cause="the tree is Linux 6.12.11, but linux-source-6.12 is "
                     "6.12.117-1")

    def test_not_pristine(self):
        self.by_hand("0001-first.patch")
        self.refuses(patch="0001-first.patch", cause="partially patched")
        self.by_hand("0002-second.patch", "0003-third.patch")
        self.refuses(cause="all patches are in")

    def test_applied(self):
        self.ok()
        self.refuses(cause="patched by scripts/apply")

    def test_series_does_not_apply(self):
        self.edit(SETUP, n20="other")
        self.refuses(file=SETUP, patch="0003-third.patch", hunk=1)

    def test_dpkg_is_asked(self):
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        with mock.patch.dict(os.environ, PATH=path):
            self.program("dpkg-query", '[ "$4" = linux-source-6.12 ] && printf 6.12.117-9\n')
            self.ok("--record")
            self.assertIn("package-version: 6.12.117-9\n", self.base())
            self.program("dpkg-query", "echo no such package >&2\nexit 1\n")
            self.refused("--record", code=2, cause="no such package",
                         remedy="--package-version")


class OverlayOnly(Bench):
    FILES = {"drivers/xen/p2m/core.c", "drivers/xen/p2m/lib/deep.c",
             "include/xen/p2m.h", "drivers/xen/p2m/kunit/test.c"}

    def stamps(self):
        """Identity and time of each file, to see what was written."""
        return {rel: (info.st_ino, info.st_mtime_ns, info.st_ctime_ns)
                for rel in snapshot(self.tree)
                if not (self.tree / rel).is_dir()
                for info in [(self.tree / rel).stat()]}

    def changed(self, *options):
        """Files that a run wrote, made or removed."""
        was = self.stamps()
        self.ok("--overlay-only", *options)
        now = self.stamps()
        return {rel for rel in was.keys() | now.keys()
                if was.get(rel) != now.get(rel)}

    def test_sync(self):
        self.assertEqual(self.changed(), self.FILES | {".xen-p2m-overlay"})
        self.assertEqual(self.read(P2M), STOCK[P2M])
        self.assertEqual(self.read("drivers/xen/p2m/kunit/test.c"), "kunit\n")
        self.assertEqual(self.changed(), set())
        write(self.repo, "drivers/xen/p2m/core.c", "core 2\n")
        os.utime(self.repo / "include/xen/p2m.h")       # touched, not changed
        self.assertEqual(self.changed("--check"), set())
        self.assertEqual(self.result["status"], "would-sync")
        self.assertEqual(self.changed(), {"drivers/xen/p2m/core.c",
                                          ".xen-p2m-overlay"})
        self.assertEqual(self.read("drivers/xen/p2m/core.c"), "core 2\n")
        self.ok("--overlay-only", "--check")
        self.assertEqual(self.result["status"], "in-sync")

    def test_vanished_file(self):
        self.ok("--overlay-only")
        (self.repo / "drivers/xen/p2m/lib/deep.c").unlink()
        self.assertEqual(self.changed(), {"drivers/xen/p2m/lib/deep.c",
                                          ".xen-p2m-overlay"})
        self.assertFalse((self.tree / "drivers/xen/p2m/lib").exists())
        self.assertEqual(self.changed(), set())

    def test_vanished_file_leaves_build_results(self):
        self.ok("--overlay-only")
        write(self.tree, "drivers/xen/p2m/lib/deep.o", "object")
        (self.repo / "drivers/xen/p2m/lib/deep.c").unlink()
        self.ok("--overlay-only")
        self.assertEqual(os.listdir(self.tree / "drivers/xen/p2m/lib"), ["deep.o"])

    def test_reverse(self):
        self.ok("--overlay-only")
        self.ok("--overlay-only", "--reverse")
        self.assert_pristine()
        self.ok("--overlay-only", "--reverse")
        self.assert_pristine()

    def test_file_deleted_in_the_tree_comes_back(self):
        self.ok("--overlay-only")
        (self.tree / "include/xen/p2m.h").unlink()
        self.assertEqual(self.changed(), {"include/xen/p2m.h"})

    def test_edit_in_the_tree_is_not_lost(self):
        self.ok("--overlay-only")
        write(self.tree, "drivers/xen/p2m/core.c", "my edit\n")
        for options in ([], ["--check"], ["--reverse"]):
            self.refused("--overlay-only", *options, file="drivers/xen/p2m/core.c",
                         cause="edited in the tree")
        write(self.repo, "drivers/xen/p2m/core.c", "my edit\n")
        self.assertEqual(self.changed(), {".xen-p2m-overlay"})
        (self.repo / "drivers/xen/p2m/core.c").unlink()
        write(self.tree, "drivers/xen/p2m/core.c", "edited again\n")
        self.refused("--overlay-only", file="drivers/xen/p2m/core.c")

    def test_foreign_file(self):
        write(self.tree, "include/xen/p2m.h", "someone else's\n")
        self.refused("--overlay-only", file="include/xen/p2m.h", cause="other content")

    def test_beside_quilt(self):
        write(self.tree, ".pc/applied-patches", "0001-first.patch\n")
        self.assertEqual(self.changed(), self.FILES | {".xen-p2m-overlay"})

    def test_does_not_need_base_or_sound_patches(self):
        """quilt users sync in the middle of their work on the series."""
        (self.repo / "patches/linux-6.12/base").unlink()
        write(self.repo, "patches/linux-6.12/0001-first.patch", "being edited")
        self.ok("--overlay-only")

    def test_tree_with_everything_applied(self):
        self.ok()
        self.refused("--overlay-only", file=".xen-p2m-applied", remedy="--reverse")

    def test_then_everything(self):
        """A full apply on a synced tree, and back to the synced tree."""
        self.ok("--overlay-only")
        synced = snapshot(self.tree)
        self.ok()
        self.ok("--reverse")
        self.assertEqual(snapshot(self.tree), synced)

    def test_stale_sync_then_everything(self):
        self.ok("--overlay-only")
        write(self.repo, "drivers/xen/p2m/core.c", "core 2\n")
        self.refused(file="drivers/xen/p2m/core.c", remedy="--overlay-only")

    def test_failure_is_undone(self):
        self.ok("--overlay-only")
        for rel in self.overlay:
            write(self.repo, rel, "all new\n")
        was, real, calls = snapshot(self.tree), os.replace, []

        def wrapper(*args):
            calls.append(args)
            if len(calls) == 3:
                raise OSError(28, "No space left on device", str(args[1]))
            return real(*args)
        with mock.patch.object(apply.os, "replace", wrapper):
            self.assertEqual(self.call("--overlay-only"), 1)
        self.assertEqual(snapshot(self.tree), was)

    def test_mode_follows(self):
        self.ok("--overlay-only")
        (self.repo / "include/xen/p2m.h").chmod(0o755)
        self.assertEqual(self.changed(), {"include/xen/p2m.h"})
        self.assertTrue(os.access(self.tree / "include/xen/p2m.h", os.X_OK))

    def test_damaged_manifest(self):
        self.ok("--overlay-only")
        text = self.read(".xen-p2m-overlay")
        for bad in ("{", text.replace("include/xen/p2m.h", "../../x"),
                    text.replace('"format": 2', '"format": 1')):
            self.assertNotEqual(bad, text)
            write(self.tree, ".xen-p2m-overlay", bad)
            self.refused("--overlay-only", file=".xen-p2m-overlay")


class CommandLine(Bench):
    def run_script(self, *options):
        return subprocess.run([SCRIPT, *options], capture_output=True, text=True,
                              check=False, cwd=self.tmp)

    def test_usage_errors(self):
        for options in ([], ["--tree", "x", "--record", "--check"], ["--nonsense"],
                        ["--tree", "x", "--package-version", "1"]):
            done = self.run_script(*options)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("usage:", done.stderr)

    def test_refusal_goes_to_stderr(self):
        done = self.run_script("--tree", ".", "--check")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertIn("is not a kernel source tree", done.stderr)

    def test_script_in_its_repository(self):
        shutil.copytree(SCRIPT.parent, self.repo / "scripts")
        command = [self.repo / "scripts/apply", "--tree", "tree"]
        done = subprocess.run(command, cwd=self.tmp, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        self.assertEqual(done.stdout, "tree: applied linux-6.12 (3 patches, 3 files) "
                         "and 4 overlay files\n")
        done = subprocess.run([*command, "--json"], cwd=self.tmp, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(json.loads(done.stdout)["status"], "already-applied")

    def test_json_fields(self):
        result = self.ok("--check")
        self.assertEqual(
            {key: result[key] for key in ("action", "status", "exit", "kernel",
                                          "series", "base", "problems", "notes")},
            {"action": "check-apply", "status": "would-apply", "exit": 0,
             "kernel": "6.12.117", "series": "linux-6.12", "problems": [],
             "notes": [], "base": {"package": "linux-source-6.12", "kernel": "6.12.117",
                                   "package-version": "6.12.117-1"}})
        self.assertIn("drivers/xen/p2m/kunit/test.c", result["changed"])
        self.assertIn(P2M, result["changed"])

    def test_no_temporary_directory_is_left(self):
        own = self.tmp / "tmpdir"
        own.mkdir()
        with mock.patch.object(tempfile, "tempdir", str(own)):
            self.ok()
            self.ok("--reverse")
            self.edit(SETUP, n20="x")
            self.refused()
        self.assertEqual(os.listdir(own), [])


def real_series():
    """Series of this repository whose source package is installed."""
    found = []
    for series in sorted(REPO.glob("patches/linux-*/series")):
        version = series.parent.name.removeprefix("linux-")
        tarball = Path(f"/usr/src/linux-source-{version}.tar.xz")
        if tarball.is_file():
            found.append((series.parent, tarball))
    return found


@unittest.skipUnless(real_series(), "no series or no linux-source tarball")
class RealSeries(unittest.TestCase):
    """This repository's series and overlay on the distribution's files."""

    def call(self, *options):
        out, err = io.StringIO(), io.StringIO()
        code = apply.main(["--json", *options], REPO, out, err)
        return code, json.loads(out.getvalue())

    def extract(self, directory, tarball, tree):
        """Only the files that matter, and only up to the last of them."""
        series = apply.load_series(directory)
        base = apply.load_base(series)
        wanted = {"Makefile", "Kbuild", "Kconfig", *(rel for rel, sha in base.files.items() if sha)}
        top = tarball.name.removesuffix(".tar.xz")
        subprocess.run(["tar", "-xJf", tarball, "-C", tree, "--strip-components=1",
                        "--occurrence=1", *(f"{top}/{rel}" for rel in sorted(wanted))],
                       check=True)
        for name in ("arch", "drivers", "include"):
            (tree / name).mkdir(exist_ok=True)

    def test_round_trip(self):
        for directory, tarball in real_series():
            with self.subTest(directory.name), tempfile.TemporaryDirectory() as tmp:
                tree = Path(tmp, "tree")
                tree.mkdir()
                self.extract(directory, tarball, tree)
                self.round_trip(directory, tree)

    def round_trip(self, directory, tree):
        before = snapshot(tree)
        code, result = self.call("--tree", str(tree))
        self.assertEqual(code, 0, result)
        if result["kernel"] == result["base"]["kernel"]:
            self.assertEqual(result["notes"], [], "base is not that of the tarball")
        base = apply.load_base(apply.load_series(directory))
        self.assertLessEqual(set(base.files), set(result["changed"] + result["removed"]))
        self.assertEqual(self.call("--tree", str(tree))[0], 3)
        code, result = self.call("--tree", str(tree), "--reverse")
        self.assertEqual(code, 0, result)
        self.assertEqual(snapshot(tree), before)


if __name__ == "__main__":
    unittest.main()
