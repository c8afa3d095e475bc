#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/configs: what it takes for a warning of ours, a boot, a table."""

import json
import subprocess
import unittest
from unittest import mock

from support import Folder, load_script

configs = load_script("configs")

GOOD = {"about": "DEBUG_FS=n", "patched": {"links": True, "warnings": [],
                                           "boots": {"plain": {"status": "pass", "why": "9 checks"}}}}
BROKEN = {"about": "XEN_PV=n", "patched": {"links": False, "why": "undefined reference to `a'"},
          "stock": {"links": True}}


class Variants(Folder):
    def test_heads(self):
        for name in configs.all_names():
            variant = configs.Variant(name)
            self.assertTrue(variant.about, name)
            self.assertLessEqual(set(variant.boots), set(configs.runner.all_names()), name)

    def test_quick_ones_are_there(self):
        self.assertLessEqual(set(configs.QUICK), set(configs.all_names()))

    def test_a_result_depends_on_its_own_fragments(self):
        plain, debian = configs.Variant("smp-n"), configs.Variant("debian-rt")
        for name, of_plain, of_debian in (("dom0.config", True, True), (f"dom0-{configs.LINUX}.config", True, True),
                                          ("dom0-5.10.config", False, False), ("debug.config", False, False),
                                          ("debian.config", False, True), ("debian.modules", False, True)):
            self.assertEqual(configs.concerns(name, plain), of_plain, name)
            self.assertEqual(configs.concerns(name, debian), of_debian, name)

    def test_key_with_a_digit(self):
        self.assertIn("xp2m.channel=hvc0", configs.Variant("debian-rt").keys["dom0"])

    def test_options_of_a_boot(self):
        with mock.patch.object(configs, "run", return_value=True) as run, \
                mock.patch.object(configs, "verdict"):
            configs.boot(configs.Variant("debian-rt"), "patched")
        self.assertIn("--xen=dom0_max_vcpus=1", run.call_args.args)
        self.assertIn("rcupdate.rcu_normal=1", " ".join(map(str, run.call_args.args)))

    def test_unknown_key(self):
        path = self.folder / "x.config"
        path.write_text("# X\n# boot: plain\n")
        with self.assertRaisesRegex(configs.HarnessError, "unknown key boot"):
            configs.Variant("tiny").read(path)

    def test_no_such(self):
        with self.assertRaisesRegex(configs.HarnessError, "no .*/nothing.config"):
            configs.Variant("nothing")


class Strictly(Folder):
    """compile_strictly() makes objects anew: each that is linked, once."""

    def test_header_of_the_same_name(self):
        files = {"arch/x86/xen/memory-apply.c", "arch/x86/xen/memory-apply.h", "arch/x86/entry/entry_64.S"}
        self.assertEqual({"arch/x86/xen/memory-apply.o", "arch/x86/entry/entry_64.o"},
                         configs.sources_to_objects(files))

    def test_object_of_another_configuration(self):
        for name in ("a.o", "b.o", "stale.o"):
            (self.folder / name).write_text(name)
        subprocess.run(["ar", "cr", "vmlinux.a", "a.o"], cwd=self.folder, check=True)
        (self.folder / "modules.order").write_text("m.o\n")
        (self.folder / "m.mod").write_text("b.o\nnot-built.o\n")
        self.assertEqual({"a.o", "b.o"}, configs.objects_in(self.folder))


class Warnings(unittest.TestCase):
    def found(self, *lines):
        return configs.warnings_in("\n".join(lines))

    def test_ours(self):
        file = min(file for file in configs.our_files() if file.startswith("drivers/xen/p2m/"))
        self.assertEqual([f"{file}:7: unused variable 'x'"], self.found(
            f"../../tree/linux-6.12/{file}:7:3: warning: unused variable 'x'"))

    def test_file_that_a_patch_changes(self):
        self.assertEqual(1, len(self.found("/a/b/arch/x86/xen/setup.c:9:1: warning: no previous prototype")))

    def test_suite(self):
        self.assertEqual(1, len(self.found("drivers/xen/p2m/kunit/xen-p2m-tree-test.c:1:1: error: no")))

    def test_not_ours(self):
        self.assertEqual([], self.found("drivers/xen/pvcalls-back.c:7:3: warning: unused variable 'x'",
                                        "kernel/fork.c:7:3: warning: unused variable 'x'"))

    def test_of_the_linker(self):
        ours = "WARNING: modpost: vmlinux: section mismatch in reference: xen_p2m_x -> y (section: .init.text)"
        self.assertEqual([ours], self.found(ours, "vmlinux.o: warning: objtool: do_one+0x3: no"))


class Verdict(Folder):
    def verdict(self, *checks, without=()):
        variant = configs.Variant("tiny")
        variant.name, variant.without = "x", list(without)
        work = self.folder / "scenario" / f"{configs.LINUX}-x-plain"
        if checks:
            work.mkdir(parents=True, exist_ok=True)
            (work / "result.json").write_text(json.dumps({"checks": [
                {"name": name, "status": status, "detail": "why"} for name, status in checks]}))
        with mock.patch.object(configs.runner, "BUILD", self.folder):
            return configs.verdict(variant, "patched", "plain")

    def test_passes(self):
        self.assertEqual({"status": "pass", "why": "1 checks"}, self.verdict(("live", "pass"), ("dmesg", "skip")))

    def test_fails(self):
        self.assertEqual({"status": "fail", "why": "live: why"}, self.verdict(("p2m", "pass"), ("live", "fail")))

    def test_crash_is_the_news(self):
        self.assertEqual("crash", self.verdict(("live", "fail"), ("alive", "crash"))["status"])

    def test_what_it_cannot_show(self):
        self.assertEqual("pass", self.verdict(("live", "pass"), ("audit", "fail"), without=["audit"])["status"])

    def test_nothing_left(self):
        self.assertEqual("error", self.verdict()["status"])

    def test_no_check_passed(self):
        self.assertEqual("error", self.verdict(("dmesg", "skip"))["status"])


class Table(Folder):
    def test_good(self):
        self.assertTrue(configs.is_good(GOOD))

    def test_bad(self):
        self.assertFalse(configs.is_good(BROKEN))
        self.assertFalse(configs.is_good({**GOOD, "patched": {**GOOD["patched"], "warnings": ["w"]}}))
        crash = {"plain": {"status": "crash", "why": "it died"}}
        crashed = {**GOOD, "patched": {**GOOD["patched"], "boots": crash}}
        self.assertFalse(configs.is_good(crashed))
        self.assertTrue(configs.is_good({**crashed, "judged": False}))

    def test_boot_that_is_not_judged_is_shown(self):
        _, row = configs.rows({"debug-fs-n": {**GOOD, "judged": False}})
        self.assertEqual("pass: plain (not judged)", row[3])

    def test_rows(self):
        _, good, broken = configs.rows({"debug-fs-n": GOOD, "xen-pv-n": BROKEN})
        self.assertEqual(["debug-fs-n: DEBUG_FS=n", "yes", "0", "pass: plain", "", ""], good)
        self.assertEqual(["no: undefined reference to `a'", "", "", "yes", ""], broken[1:])

    def test_results(self):
        path = self.folder / "results"
        configs.write_results(path, {"debug-fs-n": GOOD, "xen-pv-n": BROKEN})
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        self.assertEqual([("pass", "configs: debug-fs-n/links"), ("pass", "configs: debug-fs-n/warnings"),
                          ("pass", "configs: debug-fs-n/plain"), ("fail", "configs: xen-pv-n/links")],
                         [tuple(line[:2]) for line in lines])

    def test_page_has_its_marks(self):
        page = configs.PAGE.read_text()
        self.assertEqual((1, 1), (page.count(configs.BEGIN), page.count(configs.END)))
        self.assertLess(page.index(configs.BEGIN), page.index(configs.END))

    def test_page_has_each_configuration(self):
        """The table is of a whole run, so a new configuration wants a new run."""
        page = configs.PAGE.read_text()
        rows = [f"   * - {name}: {configs.Variant(name).about}\n" for name in configs.all_names()]
        self.assertEqual([], [row for row in rows if row not in page])


if __name__ == "__main__":
    unittest.main()
