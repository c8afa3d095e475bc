# SPDX-License-Identifier: GPL-2.0
"""What the tests share: the scripts themselves, as modules, and a folder to work in."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from loading import SCRIPTS, load_script  # noqa: E402, F401 pylint: disable=wrong-import-position

REPO = SCRIPTS.parent


class Folder(unittest.TestCase):
    """Each test has a folder of its own, with programs that the scripts find first."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()

    def program(self, name, text):
        """A shell script of this name for PATH."""
        path = self.folder / "bin" / name
        path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
        path.chmod(0o755)

    def deb(self, name, version, fill):
        """NAME.deb, with the files that fill(usr/src) makes."""
        root = self.folder / name
        (root / "DEBIAN").mkdir(parents=True)
        (root / "usr/src").mkdir(parents=True)
        (root / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: A <a@b>\nDescription: test\n")
        fill(root / "usr/src")
        subprocess.run(["dpkg-deb", "-b", root, self.folder / f"{name}.deb"], check=True,
                       capture_output=True)

    def run_script(self, name, *options, **env):
        """With build/ in the folder."""
        env = {"BUILD": str(self.folder / "build"),
               "PATH": f"{self.folder}/bin:{os.environ['PATH']}", **env}
        return subprocess.run([SCRIPTS / name, *options], text=True, capture_output=True,
                              check=False, env=os.environ | env)
