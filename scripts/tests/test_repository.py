# SPDX-License-Identifier: GPL-2.0
"""What is in the repository is written by hand, or made by a verb that says so."""

import subprocess
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent


def git(*words):
    return subprocess.run(["git", "-C", REPO, *words], text=True, capture_output=True,
                          check=False)


@unittest.skipIf(git("rev-parse", "--git-dir").returncode, "no git repository")
class Tracked(unittest.TestCase):
    def test_no_build_output(self):
        """Whether make takes it for up to date depends on the order in which git writes files."""
        built = [name for name in git("ls-files").stdout.splitlines()
                 if "build" in Path(name).parts[:-1] or name.endswith((".o", ".ko"))]
        self.assertEqual(built, [])

    def test_each_build_folder_is_ignored(self):
        for folder in ("build", "tools/xen-p2m/build", "tools/testing/p2m/build"):
            self.assertEqual(git("check-ignore", f"{folder}/file").stdout.strip(),
                             f"{folder}/file")


if __name__ == "__main__":
    unittest.main()
