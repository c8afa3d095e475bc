# SPDX-License-Identifier: GPL-2.0
"""scripts/drift with an apt and a package made for it."""

import io
import json
import tarfile
import unittest

from support import Folder

MAKEFILE = "VERSION = {0}\nPATCHLEVEL = {1}\nSUBLEVEL = 7\nEXTRAVERSION =\n"


class Drift(Folder):
    def package(self, kernel):
        """A linux-source package whose tree holds the skeleton only."""
        name = f"linux-source-{kernel}"

        def fill(folder):
            with tarfile.open(folder / f"{name}.tar.xz", "w:xz") as tar:
                for rel, text in (("Makefile", MAKEFILE.format(*kernel.split("."))),
                                  ("Kbuild", "\n"), ("Kconfig", "\n")):
                    info = tarfile.TarInfo(f"{name}/{rel}")
                    info.size = len(text)
                    tar.addfile(info, io.BytesIO(text.encode()))
        self.deb(name, f"{kernel}.7-1", fill)
        return f"{name} | {kernel}.7-1 | http://m bookworm/main amd64 Packages"

    def run_drift(self, *kernels, newer=()):
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
        return self.run_script("drift")

    def rows(self):
        return json.loads((self.folder / "build/drift.json").read_text())

    def test_kernel_without_a_series_is_no_failure(self):
        done = self.run_drift("5.1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["result"] for row in self.rows()], ["no-series"])
        self.assertRegex(done.stdout, r"linux-source-5\.1 +5\.1\.7-1 +bookworm")

    def test_kernels_of_newer_suites_are_looked_at_and_each_once(self):
        done = self.run_drift("5.1", newer=("5.9", "5.10"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["kernel"] for row in self.rows()], ["5.1.7", "5.9.7", "5.10.7"])

    def test_kernel_that_does_not_take_the_series_fails(self):
        done = self.run_drift("6.12")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.rows()[0]["result"], "refused")
        self.assertIn("the file is missing", done.stdout)


if __name__ == "__main__":
    unittest.main()
