# SPDX-License-Identifier: GPL-2.0
"""scripts/drift with an apt and a package made for it."""

import io
import json
import os
import stat
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent

MAKEFILE = "VERSION = {0}\nPATCHLEVEL = {1}\nSUBLEVEL = 7\nEXTRAVERSION =\n"


class Drift(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def package(self, kernel):
        """A linux-source package whose tree holds the skeleton only."""
        name = f"linux-source-{kernel}"
        root = self.folder / name
        (root / "DEBIAN").mkdir(parents=True)
        (root / "usr/src").mkdir(parents=True)
        (root / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {kernel}.7-1\nArchitecture: all\n"
            "Maintainer: A <a@b>\nDescription: test\n")
        with tarfile.open(root / f"usr/src/{name}.tar.xz", "w:xz") as tar:
            for rel, text in (("Makefile", MAKEFILE.format(*kernel.split("."))),
                              ("Kbuild", "\n"), ("Kconfig", "\n")):
                info = tarfile.TarInfo(f"{name}/{rel}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        subprocess.run(["dpkg-deb", "-b", root, self.folder / f"{name}.deb"], check=True,
                       capture_output=True)
        return f"{name} | {kernel}.7-1 | http://m bookworm/main amd64 Packages"

    def run_script(self, *kernels, newer=()):
        """With an apt that offers these; and those, too, if it has a source list given."""
        lines = {kernel: self.package(kernel) for kernel in (*kernels, *newer)}
        shown = "".join(f"[ -z '{'x' if k in newer else ''}' ] || [ -n \"$own\" ] && echo 'linux-source-{k} - x'\n"
                        for k in lines)
        self.program("apt-cache", 'case "$*" in *Dir::Etc::sourcelist=*) own=1 ;; esac\n'
                     f'case "$1" in search)\n{shown}:;;\nmadison) case "$2" in\n'
                     + "".join(f"linux-source-{k}) echo '{line}' ;;\n" for k, line in lines.items())
                     + "esac ;; esac\n")
        self.program("apt-get", 'for word; do case "$word" in linux-source*) '
                     f'cp "{self.folder}/${{word%%=*}}.deb" . ;; esac; done\n')
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run([REPO / "scripts/drift"], capture_output=True, text=True, check=False,
                              env=os.environ | {"BUILD": str(self.folder / "build"), "PATH": path})

    def rows(self):
        return json.loads((self.folder / "build/drift.json").read_text())

    def test_kernel_without_a_series_is_no_failure(self):
        done = self.run_script("5.1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["result"] for row in self.rows()], ["no-series"])
        self.assertRegex(done.stdout, r"linux-source-5\.1 +5\.1\.7-1 +bookworm")

    def test_kernels_of_newer_suites_are_looked_at_and_each_once(self):
        done = self.run_script("5.1", newer=("5.9", "5.10"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["kernel"] for row in self.rows()], ["5.1.7", "5.9.7", "5.10.7"])

    def test_kernel_that_does_not_take_the_series_fails(self):
        done = self.run_script("6.12")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.rows()[0]["result"], "refused")
        self.assertIn("the file is missing", done.stdout)


if __name__ == "__main__":
    unittest.main()
