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

import kerneltree
import patchset

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
PAGE_H, CORE, HEADER = "include/xen/page.h", "drivers/xen/p2m/core.c", "include/xen/p2m.h"
KUNIT, DEEP = "drivers/xen/p2m/kunit/test.c", "drivers/xen/p2m/lib/deep.c"
RECORD, MANIFEST = ".xen-p2m-applied", ".xen-p2m-overlay"
FIRST, SECOND, THIRD = "0001-first.patch", "0002-second.patch", "0003-third.patch"


def numbered(word, lines=60):
    """A file whose lines are all different, so that hunks fit in one place."""
    return "".join(f"{word} line {n};\n" for n in range(1, lines + 1))


STOCK = {
    "Kbuild": "# Kbuild\n", "Kconfig": "# Kconfig\n",
    P2M: numbered("p2m"), SETUP: numbered("setup"), XEN_MK: numbered("obj", 20),
    PAGE_H: numbered("page", 10), "scripts/tool.sh": "#!/bin/sh\n",
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


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


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
        self.series = self.repo / "patches/linux-6.12"
        self.make_tree()
        self.make_repo()

    def make_tree(self, version=(6, 12, 117)):
        """A fresh one in place of what was there."""
        shutil.rmtree(self.tree, ignore_errors=True)
        for rel, text in STOCK.items():
            write(self.tree, rel, text, 0o755 if rel.endswith(".sh") else 0o644)
        write(self.tree, "Makefile", MAKEFILE.format(*version))
        self.before = snapshot(self.tree)

    def make_repo(self):
        self.p1 = swap(STOCK[P2M], n10="p2m ten", n50="p2m fifty")
        self.p2 = swap(self.p1, n30="p2m thirty")
        self.patches = {
            FIRST: diff(P2M, STOCK[P2M], self.p1),
            SECOND: diff(P2M, self.p1, self.p2) + diff(
                XEN_MK, STOCK[XEN_MK], STOCK[XEN_MK] + "obj-y += p2m/\n"),
            THIRD: "Subject: third\n\n---\n" + diff(
                SETUP, STOCK[SETUP], swap(STOCK[SETUP], n20="setup twenty"))}
        self.overlay = {CORE: "core\n", DEEP: "deep\n", HEADER: "header\n",
                        "kunit/test.c": "kunit\n"}
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

    def refused_each(self, cases, prepare_all=lambda: None):
        """{name: (prepare, what is expected...)}, each on a fresh tree; a tuple of options
        may stand before what is expected of them."""
        for name, (prepare, *wanted) in cases.items():
            with self.subTest(name):
                self.make_tree()
                prepare_all()
                prepare()
                options = ()
                for what in wanted:
                    if isinstance(what, tuple):
                        options = what
                    else:
                        self.refused(*options, **what)

    def assert_pristine(self):
        self.assertEqual(snapshot(self.tree), self.before)

    def back(self):
        self.ok("--reverse")
        self.assert_pristine()

    def ok_from_here(self):
        """What the tree is now --reverse has to restore."""
        self.before = snapshot(self.tree)
        self.ok()

    def read(self, rel):
        return (self.tree / rel).read_text()

    def put(self, rel, text):
        write(self.tree, rel, text)

    def edit(self, rel, **by_line):
        (self.tree / rel).write_text(swap(self.read(rel), **by_line))

    def link(self, rel, to):
        """A link in its place; what was there is outside then."""
        if (self.tree / rel).exists():
            (self.tree / rel).rename(self.tmp / to)
        (self.tree / rel).symlink_to(self.tmp / to)

    def by_hand(self, *names):
        """Puts patches in as a user would, without scripts/apply."""
        for name in names:
            subprocess.run(["patch", "-s", "-p1", "-d", self.tree], check=True,
                           input=self.patches[name].encode())

    def release(self, sublevel):
        self.put("Makefile", MAKEFILE.format(6, 12, sublevel))


class RoundTrip(Bench):
    def test_apply_and_reverse(self):
        """Twice in a row, and --check writes nothing."""
        for _ in range(2):
            self.assertEqual(self.ok("--check")["status"], "would-apply")
            self.assert_pristine()
            self.assertEqual(self.ok()["status"], "applied")
            self.assertEqual(self.read(P2M), self.p2)
            self.assertIn("setup twenty\n", self.read(SETUP))
            self.assertTrue(self.read(XEN_MK).endswith("obj-y += p2m/\n"))
            self.assertEqual(self.read(KUNIT), "kunit\n")
            applied = snapshot(self.tree)
            self.assertEqual(set(applied) - set(self.before), {
                RECORD, "drivers/xen/p2m", CORE, "drivers/xen/p2m/lib", DEEP, HEADER,
                "drivers/xen/p2m/kunit", KUNIT})
            self.assertEqual(self.ok("--check", "--reverse")["status"], "would-reverse")
            self.assertEqual(snapshot(self.tree), applied)
            self.back()

    def test_record_has_what_it_should(self):
        self.ok()
        record = json.loads(self.read(RECORD))
        files = {entry["path"]: entry for entry in record["files"]}
        self.assertEqual({rel for rel, entry in files.items() if entry["before"]},
                         {P2M, SETUP, XEN_MK})
        self.assertEqual((files[P2M]["before"], files[P2M]["after"]),
                         (sha256(STOCK[P2M]), sha256(self.p2)))
        self.assertEqual(record["base"]["package-version"], "6.12.117-1")
        self.assertIn("drivers/xen/p2m/kunit", record["directories"])
        self.assertNotIn(str(self.tmp), self.read(RECORD))

    def test_modes_are_kept(self):
        modes = {self.tree / P2M: 0o755, self.tree / SETUP: 0o444, self.repo / CORE: 0o755}
        for path, mode in modes.items():
            path.chmod(mode)
        self.ok_from_here()
        self.assertEqual([stat.S_IMODE((self.tree / rel).stat().st_mode)
                          for rel in (P2M, SETUP, CORE)], list(modes.values()))
        self.back()

    def test_series_that_makes_and_deletes_files(self):
        """A file that a patch empties goes away, too: quilt runs patch with -E."""
        made, tool = "arch/x86/xen/made/x.c", "scripts/tool.sh"
        self.write_series(self.patches | {
            "0004-made.patch": diff(made, None, "made\n"),
            "0005-gone.patch": diff(PAGE_H, STOCK[PAGE_H], None),
            "0006-emptied.patch": diff(tool, STOCK[tool], "")})
        self.assertIn(f"\nabsent  {made}\n", (self.series / "base").read_text())
        self.ok()
        self.assertEqual(self.read(made), "made\n")
        self.assertFalse((self.tree / PAGE_H).exists())
        self.assertFalse((self.tree / tool).exists())
        self.back()

    def test_odd_names_and_contents(self):
        """Bytes that are no UTF-8, CR LF, no newline at the end, lines that look like a
        diff's header, spaces."""
        odd = {"arch/latin": (b"a\nb \xe9\xff\nc\n", b"A\nb \xe9\xff\nc\n"),
               "arch/crlf": (b"a\r\nb\r\nc\r\n", b"A\r\nb\r\nc\r\n"),
               "arch/noeol": (b"a\nb\nc", b"A\nb\nc"),
               "arch/x.sql": (b"-- a/comment\n++ b\nx\n", b"x\n"),
               "arch/a dir/the file.c": (b"a\nb\n", b"a\nB\n")}
        patch = b""
        for rel, texts in odd.items():
            self.put(rel, texts[0])
            patch += diff(rel, *(text.decode("latin-1") for text in texts)).encode("latin-1")
        self.write_series(self.patches | {"0004-odd.patch": patch + b"-- \n2.39.5\n"})
        write(self.repo, "drivers/xen/p2m/with space.c", "space\n")
        self.tree = self.tree.rename(self.tmp / "a tree")
        self.ok_from_here()
        for rel, (_, new) in odd.items():
            self.assertEqual((self.tree / rel).read_bytes(), new)
        self.assertEqual(self.read("drivers/xen/p2m/with space.c"), "space\n")
        self.back()

    def test_two_equal_places(self):
        """With the offset of the point release, patch -R would find the other
        one nearer."""
        block = "{\n\tone();\n\ttwo();\n\tthree();\n\tX\n\tfour();\n\tfive();\n}\n"
        old, new = block.replace("X", "old();"), block.replace("X", "new();")
        rel, filler = "arch/twice.c", numbered("f", 50)
        self.put(rel, old + filler)
        self.write_series({"0001-a.patch": diff(rel, old + filler, new + filler)})
        self.put(rel, new + filler[:40] + "\n" + old + filler)
        self.ok_from_here()
        self.assertEqual(self.read(rel), new + filler[:40] + "\n" + new + filler)
        self.back()

    def test_hard_linked_tree_is_not_written_through(self):
        subprocess.run(["cp", "-al", self.tree, self.tmp / "twin"], check=True)
        self.ok()
        self.assertEqual(snapshot(self.tmp / "twin"), self.before)

    def test_symlink_to_the_tree_is_fine(self):
        (self.tmp / "link").symlink_to(self.tree)
        self.assertEqual(self.call(tree=self.tmp / "link"), 0)
        self.assertEqual(self.read(P2M), self.p2)

    def test_reverse_does_not_need_the_series_of_the_repository(self):
        self.ok()
        shutil.rmtree(self.repo / "patches")
        shutil.rmtree(self.repo / "drivers")
        self.back()

    def test_overlay_file_that_was_there_before_stays(self):
        self.put(HEADER, "header\n")
        self.ok_from_here()
        self.back()

    def test_what_is_gone_or_put_back_by_hand_is_no_obstacle(self):
        self.ok()
        (self.tree / CORE).unlink()
        self.put(SETUP, STOCK[SETUP])
        self.back()

    def test_build_results_keep_their_directory(self):
        self.ok()
        self.put("drivers/xen/p2m/lib/deep.o", "object")
        for options in (["--check"], []):
            self.ok("--reverse", *options)
            self.assertTrue(any("drivers/xen/p2m/lib is kept" in note
                                for note in self.result["notes"]), self.result)
        shutil.rmtree(self.tree / "drivers/xen/p2m")
        self.assert_pristine()


class Versions(Bench):
    def test_series_is_chosen_by_the_makefile(self):
        old = {"0001-old.patch": diff(SETUP, STOCK[SETUP], swap(STOCK[SETUP], n3="for 6.1"))}
        self.make_tree((6, 1, 140))
        self.write_series(old, "linux-6.1", "6.1.140-1")
        base = (self.repo / "patches/linux-6.1/base").read_text()
        self.assertTrue(base.startswith("package: linux-source-6.1\n"
                                        "package-version: 6.1.140-1\n"
                                        "kernel: 6.1.140\n"), base)
        self.assertEqual(self.ok()["series"], "linux-6.1")
        self.assertIn("for 6.1\n", self.read(SETUP))
        self.assertEqual(self.read(P2M), STOCK[P2M])
        self.back()

    def test_series_option(self):
        self.make_tree((5, 10, 3))
        self.refused(cause="no series patches/linux-5.10 (there is: linux-6.12)")
        self.refused("--series", str(self.tmp), code=2, cause="series cannot be read: No such file")
        self.ok("--series", str(self.series))
        self.assertEqual(self.read(P2M), self.p2)
        self.assertEqual(self.result["notes"], [
            "made for 6.12.117, this is 5.10.3: 0 of 3 touched files differ, "
            "all hunks apply without fuzz"])

    def test_not_a_kernel_tree(self):
        self.refused_each({
            "no Kbuild": ((self.tree / "Kbuild").unlink,
                          {"cause": "is not a kernel source tree: it has no Kbuild"},
                          ("--overlay-only",), {"cause": "is not a kernel source tree"}),
            "another Makefile": (lambda: self.put("Makefile", "all:\n\ttrue\n"),
                                 {"cause": "does not give VERSION, PATCHLEVEL and SUBLEVEL"}),
            "nothing": (lambda: shutil.rmtree(self.tree), {"cause": "is not a directory"})})

    def test_point_release_with_offsets(self):
        self.release(121)
        self.put(P2M, "added upstream\n" + STOCK[P2M])
        self.before = snapshot(self.tree)
        for options in (["--check"], []):
            first, second = self.ok(*options)["notes"]
            self.assertEqual(first, "made for 6.12.117, this is 6.12.121: 1 of 3 touched files "
                             "differ, all hunks apply without fuzz (3 hunks with an offset)")
            self.assertIn(P2M, second)
        self.assertEqual(self.read(P2M), "added upstream\n" + self.p2)
        self.back()

    def test_dirty_tree_that_applies(self):
        self.edit(SETUP, n55="my edit")
        self.ok_from_here()
        self.assertTrue(self.result["notes"][0].startswith(
            "made for 6.12.117-1, this is also 6.12.117: 1 of 3 "), self.result)
        self.back()


class Refusals(Bench):
    def test_drifted_hunk(self):
        self.release(121)
        self.edit(P2M, n50="changed upstream")
        for options in ([], ["--check"]):
            self.refused(*options, file=P2M, patch=FIRST, hunk=2, line=47, cause="@@ -47,7 +47,7 @@",
                         remedy="made for 6.12.117 and this is 6.12.121")
            self.assertEqual(len(self.result["problems"]), 1)

    def test_files_that_do_not_fit(self):
        """Each that fails is named."""
        overlay_conflict = {"file": HEADER, "cause": "other content"}
        mine = {"file": SETUP, "patch": THIRD, "hunk": 1}
        self.refused_each({
            "dirty": (lambda: self.edit(SETUP, n20="my edit"),
                      mine | {"remedy": "the file is not that of linux-source-6.12 6.12.117-1"}),
            "two files": (lambda: (self.edit(P2M, n30="x"), self.edit(XEN_MK, n20="x")),
                          {"file": P2M, "patch": SECOND}, {"file": XEN_MK, "patch": SECOND}),
            "missing": ((self.tree / SETUP).unlink,
                        {"file": SETUP, "patch": THIRD, "cause": "the file is missing"}),
            "half of a patch is in": (
                lambda: self.put(XEN_MK, STOCK[XEN_MK] + "obj-y += p2m/\n"),
                {"file": XEN_MK, "patch": SECOND, "cause": "already holds the change of this patch"}),
            "overlay": (lambda: self.put(HEADER, "someone else's\n"), overlay_conflict),
            "overlay, too": (
                lambda: (self.put(HEADER, "someone else's\n"), self.edit(SETUP, n20="my edit")),
                overlay_conflict, mine)})

    def test_fuzz_is_refused(self):
        self.edit(SETUP, n17="context changed")
        twin = self.tmp / "twin"
        shutil.copytree(self.tree, twin)
        fuzzy = subprocess.run(["patch", "-p1", "-d", twin], capture_output=True,
                               input=self.patches[THIRD].encode())
        self.assertIn(b"with fuzz", fuzzy.stdout)     # patch by itself takes it
        self.assertEqual(fuzzy.returncode, 0)
        self.refused(file=SETUP, patch=THIRD, hunk=1, cause="it would only go in with fuzz")

    def test_created_file_is_there_already(self):
        self.write_series(self.patches | {
            "0004-made.patch": diff("arch/made.c", None, "made\n")})
        self.put("arch/made.c", "other\n")
        self.refused(file="arch/made.c", patch="0004-made.patch",
                     cause="it is there already")

    def test_series_at_fault(self):
        """The tree is as recorded, so the patch must be wrong: status 2."""
        write(self.series, THIRD, self.patches[THIRD].replace("setup line 19", "setup 19"))
        self.refused(code=2, file=SETUP, patch=THIRD, remedy="the file is as recorded in base")

    def test_patched_by_hand(self):
        not_ours = {"cause": "scripts/apply did not put it there", "remedy": "patch -R"}
        self.refused_each({
            "from the start": (
                lambda: self.by_hand(FIRST, SECOND),
                {"patch": FIRST, "cause": "partially patched", "remedy": "patch -R"},
                {"patch": SECOND, "cause": f"this patch is in, but not {THIRD}"},
                ("--reverse",), not_ours | {"patch": FIRST}),
            "in the middle": (
                lambda: self.by_hand(THIRD),
                {"patch": THIRD, "cause": "partially patched: this patch is in, but not "
                 f"{FIRST}, {SECOND}"}),
            "without overlay": (
                lambda: self.by_hand(*self.patches),
                {"file": HEADER, "cause": "this overlay file is missing", "remedy": "--overlay-only"}),
            "with overlay": (
                lambda: (self.by_hand(*self.patches), self.ok("--overlay-only")),
                {"code": 3, "cause": "not put there by scripts/apply"})})

    def test_already_applied(self):
        self.ok()
        for options in ([], ["--check"]):
            self.refused(*options, code=3, cause="already applied")
            self.assertEqual(self.result["status"], "already-applied")
        self.edit(P2M, n1="my edit")
        self.refused(code=3, cause="already applied")
        self.assertEqual(self.result["notes"], [f"{P2M} was edited after scripts/apply put it there"])

    def test_applied_but_one_file_put_back(self):
        partly = {"cause": "partially patched: this file is as it was", "remedy": "--reverse"}
        self.refused_each({
            "touched": (lambda: self.put(SETUP, STOCK[SETUP]), partly | {"file": SETUP}),
            "overlay": ((self.tree / CORE).unlink, partly | {"file": CORE})}, self.ok)

    def test_applied_from_another_state_of_the_repository(self):
        self.ok()
        write(self.repo, CORE, "core 2\n")
        self.refused(file=CORE, cause="changed in the repository")
        write(self.series, THIRD, "Reworded.\n" + self.patches[THIRD])
        self.refused(cause="another state of series", remedy="--reverse")

    def test_quilt_managed(self):
        self.by_hand(FIRST)
        self.put(".pc/applied-patches", f"{FIRST}\n")
        for options in ([], ["--check"], ["--reverse"]):
            self.refused(*options, cause="this tree is managed by quilt; use quilt "
                         "pop -a (quilt has 1 of the 3 patches")

    def test_quilt_with_patches_of_others(self):
        self.put(".pc/applied-patches", "other.patch\n")
        self.ok("--check")

    def test_real_quilt(self):
        if not shutil.which("quilt"):
            self.skipTest("quilt is not installed")
        env = os.environ | {"QUILT_PATCHES": str(self.series)}

        def quilt(*words):
            subprocess.run(["quilt", "--quiltrc", "-", *words], cwd=self.tree, env=env, check=True,
                           capture_output=True)
        quilt("push", "-a")
        self.assertEqual(self.read(P2M), self.p2)
        self.refused(cause="this tree is managed by quilt")
        quilt("pop", "-a")
        self.ok()

    def test_not_plain_files(self):
        """Nothing is written through a link, nor over anything but a file."""
        def in_place_of(rel, make):
            (self.tree / rel).unlink()
            make(self.tree / rel)

        link = {"cause": "symbolic link"}
        self.refused_each({
            "link to a file": (lambda: self.link(SETUP, "outside.c"), link | {"file": SETUP}),
            "link to a directory": (
                lambda: self.link("drivers/xen", "outside"),
                {"file": XEN_MK, "cause": "drivers/xen, which leads to it, is a symbolic link"},
                ("--overlay-only",), link | {"file": CORE}),
            "link in place of an overlay file": (
                lambda: (self.tree / HEADER).symlink_to("page.h"), link | {"file": HEADER}),
            "link in place of the record": (
                lambda: (self.tree / RECORD).symlink_to("Makefile"),
                ("--reverse",), link | {"file": RECORD}),
            "directory": (lambda: in_place_of(SETUP, Path.mkdir),
                          {"file": SETUP, "cause": "not a regular file"}),
            "file": (lambda: self.put("drivers/xen/p2m", "a file\n"),
                     {"file": CORE, "cause": "not a directory"})})
        self.assertEqual((self.tmp / "outside.c").read_text(), STOCK[SETUP])
        self.assertEqual(os.listdir(self.tmp / "outside"), ["Makefile"])


class ReverseRefusals(Bench):
    def test_edited_files(self):
        edited = {"cause": "edited after", "remedy": "undo it"}
        self.refused_each({
            "touched": (lambda: self.edit(SETUP, n1="my edit"), ("--reverse",), edited | {"file": SETUP},
                        ("--check", "--reverse"), {"file": SETUP}),
            "deleted": ((self.tree / SETUP).unlink, ("--reverse",), edited | {"file": SETUP}),
            "overlay": (lambda: self.put(CORE, "my edit\n"), ("--reverse",), edited | {"file": CORE})},
            self.ok)

    def test_unpatched_tree(self):
        self.refused("--reverse", cause="nothing to take out")

    def test_damaged_record(self):
        """What it would restore is compared with its sha256, not trusted."""
        self.ok()
        good = self.read(RECORD)
        for bad in ("", "{}", good.replace(P2M, "../outside"),
                    good.replace('"format": 3', '"format": 99'),
                    good.replace('"original": "c', '"original": "d')):
            self.assertNotEqual(bad, good)
            self.put(RECORD, bad)
            self.refused("--reverse")
        self.put(RECORD, good.replace(sha256(STOCK[P2M]), "0" * 64))
        self.refused("--reverse", file=P2M, cause="does not give back the file")
        self.put(RECORD, good)
        self.back()


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
        with mock.patch.object(os, name, wrapper):
            yield calls

    @staticmethod
    def no_space(*args):
        raise OSError(28, "No space left on device", str(args[-1]))

    def every_call(self, name, *options):
        """Lets each call of os.NAME fail in turn; returns how many there were."""
        was, number = snapshot(self.tree), 0
        while True:
            number += 1
            with self.failing(name, number, self.no_space) as calls:
                code = self.call(*options)
            if len(calls) < number:
                return number - 1
            self.assertEqual(code, 1, (number, self.result))
            self.assertIn("No space left", self.result["problems"][0]["cause"])
            self.assertEqual(snapshot(self.tree), was, f"call {number}")

    def test_failures_are_undone(self):
        # The record, three touched files, four overlay files; lib/, kunit/ and p2m/
        self.assertEqual(self.every_call("mkdir"), 4)
        self.ok("--reverse")
        self.assertEqual(self.every_call("replace"), 8)
        self.assertEqual(self.every_call("unlink", "--reverse"), 5)
        self.assert_pristine()
        self.ok()
        self.assertEqual(self.every_call("replace", "--reverse"), 3)
        self.assert_pristine()

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
            with mock.patch.object(Path, "write_bytes", wrapper):
                self.refused(cause="No space left on device")
            self.assertEqual(len(calls), number)

    def test_rollback_fails_too(self):
        """The record stays, with which --reverse repairs the tree."""
        real, calls = os.replace, []

        def wrapper(*args):
            calls.append(args)
            if len(calls) >= 3:
                self.no_space(*args)
            return real(*args)
        with mock.patch.object(os, "replace", wrapper):
            self.assertEqual(self.call(), 2)
        self.assertIn("so did undoing it", self.result["problems"][0]["cause"])
        self.assertIn("run scripts/apply again", self.result["problems"][0]["remedy"])
        self.assertNotEqual(snapshot(self.tree), self.before)
        self.refused("--check", cause="partially patched", remedy="--reverse")
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

    def test_killed(self):
        """Wherever it was, --reverse takes out what it had put in, and says so before."""
        for number in range(2, 9):
            self.killed(number)
            for options in ([], ["--check"]):
                self.refused(*options, cause="partially patched", remedy="--reverse")
            self.refused("--overlay-only", remedy="--reverse")
            self.back()

    def test_killed_before_the_record(self):
        self.killed(1)
        self.ok()
        self.back()

    def test_killed_and_then_edited(self):
        self.killed(4)
        self.edit(P2M, n1="my edit")
        self.refused("--reverse", file=P2M, cause="edited after")

    def test_reverse_killed(self):
        for name, number in (("replace", 1), ("replace", 3), ("unlink", 2), ("unlink", 5),
                             ("rmdir", 2)):
            self.ok()
            self.killed(number, "--reverse", name=name)
            self.back()

    def test_overlay_only_killed(self):
        """The next one goes on; a directory may stay."""
        for number in range(1, 6):
            self.killed(number, "--overlay-only")
            self.ok("--overlay-only")
            self.assertEqual(self.read(KUNIT), "kunit\n")
            self.ok("--overlay-only", "--reverse")
            shutil.rmtree(self.tree / "drivers/xen/p2m", ignore_errors=True)
            self.assert_pristine()

    def test_signal_waits_for_the_change(self):
        """Then it is too late to go back: the run ends as if there had been none."""
        for number in (1, 4, 8):
            def kill(*args, real=os.replace):
                os.kill(os.getpid(), signal.SIGTERM)
                real(*args)
            self.assertEqual(self.child(kill, number), 0)
            self.assertFalse((self.tree / ".xen-p2m-work").exists())
            self.refused(code=3, cause="already applied")
            self.back()

    def test_signal_before_the_change(self):
        def kill(*_args):
            os.kill(os.getpid(), signal.SIGTERM)
        with mock.patch.object(apply, "load_overlay", kill):
            self.assertEqual(self.child(None, 0), 2)
        self.assert_pristine()

    def test_signals_are_heard_again(self):
        """Those who import this and what they start inherit the mask."""
        self.ok()
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, ()), set())

    def test_what_is_not_of_the_tree_is_an_error(self):
        with mock.patch.object(tempfile, "tempdir", str(self.tmp / "nowhere")):
            self.refused(code=2, cause="No such file")

    def test_our_temporary_names_are_taken(self):
        """Left by a run that was killed; one is a second name of the file."""
        self.put(".xen-p2m-work/1", "half of it")
        os.link(self.tree / SETUP, self.tree / ".xen-p2m-work/2")
        self.ok()
        self.assertIn("setup twenty\n", self.read(SETUP))
        self.back()

    def test_work_folder_is_a_link(self):
        (self.tmp / "elsewhere").mkdir()
        (self.tree / ".xen-p2m-work").symlink_to(self.tmp / "elsewhere")
        self.refused(file=".xen-p2m-work", cause="File exists")

    def test_file_changes_meanwhile(self):
        def late_edit(tree, plan, real=kerneltree.carry_out):
            self.edit(SETUP, n1="edited by another program")
            real(tree, plan)
        with mock.patch.object(kerneltree, "carry_out", late_edit):
            self.assertEqual(self.call(), 1)
        self.assertIn("changed while", self.result["problems"][0]["cause"])
        self.assertEqual(self.result["problems"][0]["file"], SETUP)
        self.put(SETUP, STOCK[SETUP])
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
        self.addCleanup(where.chmod, 0o755)
        for after in ((), ("--reverse",)):
            where.chmod(0o555)
            was = snapshot(self.tree)
            for options in (["--check"], []):
                done = self.as_user(*options, *after)
                self.assertEqual(done.returncode, 1, done)
                self.assertIn("file arch/x86/xen: the directory is not writable", done.stderr)
                self.assertEqual(snapshot(self.tree), was)
            where.chmod(0o755)
            done = self.as_user(*after)
            self.assertEqual(done.returncode, 0, done)

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
        owners = {(self.tree / rel).stat().st_uid for rel in (P2M, "drivers/xen/p2m", CORE)}
        self.assertEqual(owners, {NOBODY})

    def test_internal_error_is_status_2(self):
        with mock.patch.object(apply, "plan_apply", side_effect=TypeError("bug")):
            self.refused(code=2, cause="internal error")
        with mock.patch.object(os, "replace", side_effect=TypeError("bug")):
            self.refused(code=2, cause="internal error")

    def test_git_is_not_installed(self):
        with mock.patch.dict(os.environ, PATH=str(self.tmp)):
            self.refused(code=2, cause="git is not installed")


class Repository(Bench):
    """Faults of the repository's own files: status 2."""

    def test_damaged_patches(self):
        good = self.patches[THIRD]
        for text, cause in (
                ("".join(good.splitlines(keepends=True)[:-2]), "corrupt patch"),
                ("only text\n", "No valid patches"),
                (good.replace("b/arch", "b/../arch"), "no plain change of a file's lines: ../arch"),
                ("diff --git a/x b/y\nrename from x\nrename to y\n" + good, "rename x =>"),
                ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
                 "diff --git a/y b/y\n" + good, "mode change")):
            write(self.series, THIRD, text)
            self.refused(code=2, patch=THIRD, cause=cause)
        (self.series / THIRD).unlink()
        self.refused(code=2, patch=THIRD, cause="cannot be read")

    def test_series_entries(self):
        path = self.series / "series"
        path.write_text(path.read_text().replace(".patch\n", ".patch -p1 # why\n"))
        self.ok("--check")
        path.write_text(path.read_text().replace("-p1", "-p0"))
        self.refused(code=2, cause="options -p0 are not supported")
        path.write_text("# nothing\n")
        self.refused(code=2, cause="names no patch")

    def test_base_is_missing_or_out_of_date(self):
        path = self.series / "base"
        good = path.read_text()
        path.unlink()
        self.refused(code=2, cause="base is missing", remedy="--record")
        for text, expected in (
                ("".join(line for line in good.splitlines(True) if SETUP not in line),
                 {"file": SETUP, "cause": "it is not recorded"}),
                (good + "0" * 64 + "  kernel/other.c\n",
                 {"file": "kernel/other.c", "cause": "no patch touches it"}),
                (good + "garbage\n", {"cause": "line 7 is neither"}),
                (good.replace("kernel: ", "# "), {"cause": "does not give"})):
            path.write_text(text)
            self.refused(code=2, **expected)

    def test_patch_touches_an_overlay_file(self):
        write(self.series, "0004-own.patch", diff(HEADER, None, "x\n"))
        for name, line in (("series", "0004-own.patch\n"), ("base", f"absent  {HEADER}\n")):
            with open(self.series / name, "a") as file:
                file.write(line)
        self.refused(code=2, file=HEADER, patch="0004-own.patch", cause="overlay")

    def test_overlay_that_cannot_be(self):
        write(self.repo, KUNIT, "twin\n")
        self.refused(code=2, cause=f"are both {KUNIT}")
        (self.repo / KUNIT).unlink()
        (self.repo / "include/link.h").symlink_to("xen/p2m.h")
        self.refused(code=2, file="include/link.h", cause="regular files")

    LITTER = ("drivers/xen/p2m/core.c~", "drivers/xen/p2m/.core.c.swp",
              "drivers/xen/p2m/core.o", "drivers/xen/p2m/core.c.orig",
              "drivers/xen/p2m/core.c.rej", "kunit/__pycache__/x.pyc",
              "kunit/y.pyc", "drivers/xen/p2m/.core.o.cmd", "kunit/#test.c#")

    def overlay_of(self):
        return set(patchset.load_overlay(self.repo))

    def test_litter_is_no_overlay(self):
        """git decides, where there is one, whatever variables the caller has."""
        wanted = self.overlay_of()
        for rel in self.LITTER:
            write(self.repo, rel, "litter")
        self.assertEqual(self.overlay_of(), wanted)
        subprocess.run(["git", "init", "-q", self.repo], check=True)
        write(self.repo, ".gitignore", "*.log\n/drivers/generated/\n")
        for rel in ("drivers/x.log", "drivers/generated/x.c"):
            write(self.repo, rel, "litter")
        self.assertEqual(self.overlay_of(), wanted)
        with mock.patch.dict(os.environ, GIT_DIR=str(self.tmp / "elsewhere"),
                             GIT_INDEX_FILE=str(self.tmp / "index")):
            self.assertEqual(self.overlay_of(), wanted)
        write(self.repo, "drivers/xen/p2m/untracked.c", "new\n")
        self.assertEqual(self.overlay_of(), wanted | {"drivers/xen/p2m/untracked.c"})
        subprocess.run(["git", "-C", self.repo, "add", "-A"], check=True)
        (self.repo / CORE).unlink()
        self.assertNotIn(CORE, self.overlay_of())


class Record(Bench):
    def base(self):
        return (self.series / "base").read_text()

    def test_content(self):
        self.assertEqual(self.base(), "package: linux-source-6.12\n"
                         "package-version: 6.12.117-1\nkernel: 6.12.117\n"
                         + "".join(f"{sha256(STOCK[rel])}  {rel}\n" for rel in (P2M, SETUP, XEN_MK)))
        self.assert_pristine()

    def test_not_the_pristine_tree(self):
        was, record = self.base(), ("--record", "--package-version", "6.12.117-1")
        self.refused_each({
            "another kernel": (lambda: self.release(11), record, {
                "cause": "the tree is Linux 6.12.11, but linux-source-6.12 is 6.12.117-1"}),
            "a patch is in": (lambda: self.by_hand(FIRST), record,
                              {"patch": FIRST, "cause": "partially patched"}),
            "all patches are in": (lambda: self.by_hand(*self.patches), record,
                                   {"cause": "all patches are in"}),
            "applied": (self.ok, record, {"cause": "patched by scripts/apply"}),
            "series does not apply": (lambda: self.edit(SETUP, n20="other"), record,
                                      {"file": SETUP, "patch": THIRD, "hunk": 1})})
        self.assertEqual(self.base(), was)

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
    FILES = {CORE, DEEP, HEADER, KUNIT}

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
        self.assertEqual(self.changed(), self.FILES | {MANIFEST})
        self.assertEqual(self.read(P2M), STOCK[P2M])
        self.assertEqual(self.read(KUNIT), "kunit\n")
        self.assertEqual(self.changed(), set())
        write(self.repo, CORE, "core 2\n")
        os.utime(self.repo / HEADER)       # touched, not changed
        self.assertEqual(self.changed("--check"), set())
        self.assertEqual(self.result["status"], "would-sync")
        self.assertEqual(self.changed(), {CORE, MANIFEST})
        self.assertEqual(self.read(CORE), "core 2\n")
        (self.tree / HEADER).unlink()      # comes back
        self.assertEqual(self.changed(), {HEADER})
        (self.repo / HEADER).chmod(0o755)
        self.assertEqual(self.changed(), {HEADER})
        self.assertTrue(os.access(self.tree / HEADER, os.X_OK))
        self.assertEqual(self.ok("--overlay-only", "--check")["status"], "in-sync")
        for _ in range(2):
            self.ok("--overlay-only", "--reverse")
            self.assert_pristine()

    def test_vanished_file(self):
        """Build results keep their directory."""
        for left in ([], ["deep.o"]):
            write(self.repo, DEEP, "deep\n")
            self.ok("--overlay-only")
            for name in left:
                self.put(f"drivers/xen/p2m/lib/{name}", "object")
            (self.repo / DEEP).unlink()
            self.assertEqual(self.changed(), {DEEP, MANIFEST})
            folder = self.tree / "drivers/xen/p2m/lib"
            self.assertEqual(os.listdir(folder) if folder.exists() else [], left)
            self.assertEqual(self.changed(), set())

    def test_edit_in_the_tree_is_not_lost(self):
        self.ok("--overlay-only")
        self.put(CORE, "my edit\n")
        for options in ([], ["--check"], ["--reverse"]):
            self.refused("--overlay-only", *options, file=CORE, cause="edited in the tree")
        write(self.repo, CORE, "my edit\n")
        self.assertEqual(self.changed(), {MANIFEST})
        (self.repo / CORE).unlink()
        self.put(CORE, "edited again\n")
        self.refused("--overlay-only", file=CORE)

    def test_foreign_file(self):
        self.put(HEADER, "someone else's\n")
        self.refused("--overlay-only", file=HEADER, cause="other content")

    def test_beside_quilt(self):
        """quilt users sync in the middle of their work on the series: neither its base
        nor sound patches are needed."""
        self.put(".pc/applied-patches", f"{FIRST}\n")
        (self.series / "base").unlink()
        write(self.series, FIRST, "being edited")
        self.assertEqual(self.changed(), self.FILES | {MANIFEST})

    def test_tree_with_everything_applied(self):
        self.ok()
        self.refused("--overlay-only", file=RECORD, remedy="--reverse")

    def test_then_everything(self):
        """A full apply on a synced tree, and back to the synced tree; not on one that
        is behind."""
        self.ok("--overlay-only")
        self.ok_from_here()
        self.back()
        write(self.repo, CORE, "core 2\n")
        self.refused(file=CORE, remedy="--overlay-only")

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
        with mock.patch.object(os, "replace", wrapper):
            self.assertEqual(self.call("--overlay-only"), 1)
        self.assertEqual(snapshot(self.tree), was)

    def test_damaged_manifest(self):
        self.ok("--overlay-only")
        text = self.read(MANIFEST)
        for bad in ("{", text.replace(HEADER, "../../x"),
                    text.replace('"format": 2', '"format": 1')):
            self.assertNotEqual(bad, text)
            self.put(MANIFEST, bad)
            self.refused("--overlay-only", file=MANIFEST)


class CommandLine(Bench):
    def run_script(self, *options, script=SCRIPT):
        return subprocess.run([script, *options], capture_output=True, text=True,
                              check=False, cwd=self.tmp)

    def test_usage_errors(self):
        for options in ([], ["--tree", "x", "--record", "--check"], ["--nonsense"],
                        ["--tree", "x", "--package-version", "1"]):
            done = self.run_script(*options)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("usage:", done.stderr)

    def test_script_in_its_repository(self):
        """What people get to read, and programs; refusals go to stderr."""
        shutil.copytree(SCRIPT.parent, self.repo / "scripts")
        script = self.repo / "scripts/apply"
        done = self.run_script("--tree", "tree", script=script)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "tree: applied linux-6.12 (3 patches, 3 files) and 4 overlay files\n", ""))
        done = self.run_script("--tree", "tree", "--json", script=script)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(json.loads(done.stdout)["status"], "already-applied")
        self.make_tree()
        self.edit(P2M, n50="changed")
        done = self.run_script("--tree", "tree", script=script)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        for part in (f"file {P2M}, patch {FIRST}, hunk 2 (line 47): ", "remedy: ", "the tree is as it was"):
            self.assertIn(part, done.stderr)

    def test_json_fields(self):
        result = self.ok("--check")
        self.assertEqual(
            {key: result[key] for key in ("action", "status", "exit", "kernel",
                                          "series", "base", "problems", "notes")},
            {"action": "check-apply", "status": "would-apply", "exit": 0,
             "kernel": "6.12.117", "series": "linux-6.12", "problems": [],
             "notes": [], "base": {"package": "linux-source-6.12", "kernel": "6.12.117",
                                   "package-version": "6.12.117-1"}})
        self.assertLess({KUNIT, P2M}, set(result["changed"]))

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
        series = patchset.load_series(directory)
        base = patchset.load_base(series)
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
        base = patchset.load_base(patchset.load_series(directory))
        self.assertLessEqual(set(base.files), set(result["changed"] + result["removed"]))
        self.assertEqual(self.call("--tree", str(tree))[0], 3)
        code, result = self.call("--tree", str(tree), "--reverse")
        self.assertEqual(code, 0, result)
        self.assertEqual(snapshot(tree), before)


if __name__ == "__main__":
    unittest.main()
