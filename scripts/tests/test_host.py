# SPDX-License-Identifier: GPL-2.0
"""A host that is booted from its packages: its scenarios and their steps, when it is dead."""

import re
import shutil
import subprocess
import unittest
from unittest import mock

from support import SCRIPTS, Folder, load_script

boots = load_script("host-boots")
HOSTS = SCRIPTS / "host.d"


def steps():
    return {step.partition(":")[0] for name in boots.all_names() for step in boots.load(name)["steps"]}


def functions(*paths):
    return [name for path in paths for name in re.findall(r"^(\w+)\(\)", path.read_text(), re.M)]


class Files(unittest.TestCase):
    def test_all_can_be_loaded(self):
        self.assertTrue(boots.all_names())
        for name in boots.all_names():
            self.assertTrue(boots.load(name)["description"])

    def test_each_step_is_there_and_has_a_user(self):
        own = {name for name in functions(HOSTS / "host.sh") if name.startswith("step_")}
        self.assertEqual(own, {f"step_{step}" for step in steps()})


class Folders(Folder):
    def test_what_is_handed_in(self):
        with mock.patch.object(boots, "BUILD", self.folder):
            disk = boots.hand_in({"steps": ["up:stock", "words:stock"]}, self.folder)
        said = subprocess.run(["debugfs", "-R", "cat steps", disk], text=True, capture_output=True, check=True)
        self.assertEqual(said.stdout, "up:stock\nwords:stock\n")
        said = subprocess.run(["debugfs", "-R", "ls -p", disk], text=True, capture_output=True, check=True)
        for name in ("lib.sh", "host.sh", "run"):
            self.assertIn(f"/{name}/", said.stdout)

    def test_an_unknown_key_is_named(self):
        (self.folder / "a.toml").write_text('description = "a"\nstep = []\n')
        with mock.patch.object(boots, "HOSTS", self.folder):
            with self.assertRaisesRegex(boots.HarnessError, "unknown key step"):
                boots.load("a")
            with self.assertRaisesRegex(boots.HarnessError, "there are: a"):
                boots.load("b")


class Steps(Folder):
    def test_all_are_taken_and_one_that_is_not_there_is_said(self):
        shutil.copy(HOSTS / "run", self.folder)
        (self.folder / "lib.sh").write_text('open_channel() { exec 3>&1; }\nsay() { echo "$*" >&3; }\n'
                                            'check() { say "@check $*"; }\n')
        (self.folder / "host.sh").write_text('step_a() { cat; check pass "a-$1"; }\n')
        (self.folder / "steps").write_text("a:one\nb\na:two\n")
        done = subprocess.run(["bash", self.folder / "run"], text=True, capture_output=True, check=True)
        self.assertEqual(done.stdout.splitlines()[1:], [
            "@step a:one", "@check pass a-one", "@step b", "@check error b no such step",
            "@step a:two", "@check pass a-two", "@verdict done"])


class Words(unittest.TestCase):
    """What of a log is a warning of ours"""

    def test_by_line(self):
        ours = re.search(r"^OURS='(.*)'$", (HOSTS / "host.sh").read_text(), re.M)[1]
        for line, found in (("xen/p2m: no memory for the P2M", True), ("xen:balloon: Unable to reserve", True),
                            ("WARNING: CPU: 0 PID: 1", True), ("i8042: PNP: No PS/2 controller", False)):
            self.assertEqual(bool(re.search(ours, line)), found, line)


if __name__ == "__main__":
    unittest.main()
