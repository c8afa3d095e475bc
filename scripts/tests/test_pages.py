# SPDX-License-Identifier: GPL-2.0
"""Each command on the admin's pages: run here, in a fresh Debian, or looked at.

Commands are in blocks ".. code-block:: sh", and nowhere else. HOW says of each program
how its lines are tested:

  here    run by this test, over files (xen-p2m, and what its output goes through)
  verb    there is such a verb in the Makefile, with such a variable
  chroot  run by scripts/host-page-test, in the order of the page
  host    needs a real host: the syntax is looked at; host-page-test has a stand-in
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import load_script
from test_messages import literals, pattern, without_comments

REPO = Path(__file__).resolve().parent.parent.parent
DOCS = REPO / "Documentation"
TOOL = REPO / "tools/xen-p2m"
PAGES = ("host", "no-boot", "secure-boot", "admin", "troubleshooting", "tool")

HOW = {"xen-p2m": "here", "make": "verb"} \
    | dict.fromkeys(("xl", "journalctl", "grep", "sed"), "here") \
    | dict.fromkeys(("apt-get", "cat", "rm", "update-grub", "entries()", "grub-set-default",
                     "grub-reboot", "grub-editenv", "grub-probe"), "chroot") \
    | dict.fromkeys(("reboot", "modprobe", "mokutil", "systemctl", "cp"), "host")

# What is on the screen last, whatever was wrong.
XEN_LAST_WORDS = ["Hardware Dom0 crashed:", "rebooting machine in 5 seconds.", "'noreboot' set - not rebooting.",
                  "Hardware Dom0 halted: halting machine"]

pages = load_script("page-commands")


def blocks(page):
    return [commands for _, commands in pages.blocks((DOCS / f"{page}.rst").read_text(encoding="utf-8"))]


def lines(commands):
    """Without what is in here documents, and comments."""
    commands = re.sub(r"(<<'END')\n.*?\nEND$", r"\1", commands, flags=re.S | re.M)
    return [re.sub(r"\s+# .*", "", line) for line in commands.splitlines()]


def all_lines(pages_=PAGES):
    return [line for page in pages_ for block in blocks(page) for line in lines(block)]


def readme_lines():
    """Those of its section on a machine; what is built lies in build/ there."""
    text = (REPO / "README.md").read_text(encoding="utf-8").partition("\n## What would it do on my machine?\n")[2]
    return lines("".join(re.findall(r"^    (.*\n)", text.partition("\n## ")[0], re.M)).replace("build/tools/", ""))


def programs(line):
    """The first word of each part of a pipeline, but not of what is quoted."""
    return [part.split()[0] for part in re.split(r" \| ", re.sub(r'"[^"]*"|\{.*\}', "Q", line))]


class Forms(unittest.TestCase):
    def test_how_each_program_is_tested_is_known(self):
        self.assertGreater(len(all_lines()), 30)
        for line in all_lines():
            for program in programs(line):
                self.assertIn(program, HOW, line)

    def test_only_marked_blocks_have_commands(self):
        for page in PAGES:
            text = (DOCS / f"{page}.rst").read_text(encoding="utf-8")
            self.assertNotRegex(text, r"(?m)^(?!\.\.).*::$", page)

    def test_syntax(self):
        for page in PAGES:
            for block in blocks(page):
                done = subprocess.run(["sh", "-n"], input=block, text=True, capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), block)

    def test_verbs(self):
        makefile = (REPO / "Makefile").read_text(encoding="utf-8")
        verbs = [line for line in all_lines() if line.startswith("make ")]
        self.assertTrue(verbs)
        for line in verbs:
            self.assertRegex(makefile, rf"(?m)^{line.split()[1]}:")
            for variable in re.findall(r"([A-Z]+)=", line):
                self.assertRegex(makefile, rf"(?m)^{variable} \?=|\$\((or \$\()?{variable}\)")

    def test_what_a_chroot_runs_is_on_its_page(self):
        for line in all_lines():
            if any(HOW[program] == "chroot" for program in programs(line)):
                self.assertTrue(line in all_lines(("host",)) or line.startswith(("cat /sys", "apt-get ")), line)

    def test_files_that_are_copied_are_there(self):
        for line in all_lines():
            if line.startswith("cp "):
                for name in line.split()[1:-1]:
                    self.assertTrue((REPO / name).is_file(), name)

    def test_a_line_of_another_program_is_noticed(self):
        self.assertEqual(programs("a b | c --d 'e' | f"), ["a", "c", "f"])
        self.assertEqual(programs('g "$(h | i)"'), ["g"])


@unittest.skipUnless(shutil.which("pkg-config") and not subprocess.run(
    ["pkg-config", "--exists", "libcjson"], check=False).returncode, "no libcjson to build the tool")
class Tool(unittest.TestCase):
    """The lines with xen-p2m, run: over a log of Xen, and a system in a folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        build = Path(os.environ.get("BUILD", REPO / "build"))
        subprocess.run(["make", "-s", "-C", TOOL, f"O={build}/tools"], check=True, capture_output=True)
        sys.path.insert(0, str(TOOL / "tests"))
        import test_live  # pylint: disable=import-outside-toplevel,import-error
        test_live.make_root(self.folder / "root")
        self.program("xl", f"cat {TOOL}/tests/logs/m09-host-map.txt; echo xen/p2m: a line")
        self.program("journalctl", "echo xen-p2m: a line")
        (self.folder / "config-old").write_text("CONFIG_PHYSICAL_START=0x1000000\n")
        (self.folder / "dmesg.txt").write_bytes((TOOL / "tests/logs/m09-host-map.txt").read_bytes())
        self.program("xen-p2m", f'case "$1" in audit|report) set -- "$@" --root={self.folder}/root ;; esac\n'
                     f'exec {build}/tools/xen-p2m "$@"')

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def test_each_line(self):
        ran = 0
        for line in all_lines() + readme_lines():
            if all(HOW.get(program) == "here" for program in programs(line)):
                (self.folder / "xen-p2m-report.tar").unlink(missing_ok=True)
                done = subprocess.run(
                    ["bash", "-o", "pipefail", "-c",
                     line.replace("/sys/firmware", f"{self.folder}/root/sys/firmware")
                     .replace("/boot/config-$(uname -r)", "config-old")],
                    cwd=self.folder, text=True, capture_output=True, check=False,
                    env=os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"})
                self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
                ran += 1
        self.assertGreater(ran, 16)
        self.assertEqual((self.folder / "config").read_text(), "CONFIG_PHYSICAL_START=0x4000000\n")


class Messages(unittest.TestCase):
    """What the pages quote is what is said."""

    def test_stock_as_the_tool_knows_it(self):
        text = (TOOL / "stock-rules.c").read_text(encoding="utf-8").partition("stock_last_words(")[2]
        words = set(re.findall(r'"([A-Z][^"]{9,})"', text.partition("\n}\n")[0]))
        self.assertGreater(len(words), 8)
        self.assertEqual(words - literals((DOCS / "no-boot.rst").read_text(encoding="utf-8")), set())

    def test_tool(self):
        """Each message in the tables of the tool is in its sources."""
        page = (DOCS / "troubleshooting.rst").read_text(encoding="utf-8")
        text = "".join(without_comments(path.read_text(encoding="utf-8")) for path in sorted(TOOL.glob("*.c")))
        texts = {"".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', run)).replace('\\"', '"')
                 for run in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s+"(?:[^"\\\n]|\\.)*")*', text)}
        cells = [literal for row in re.split(r"^ +\* - ", page.partition(".. _tool-messages:")[2], flags=re.M)[1:]
                 for literal in literals(re.split(r"^ +- ", row, flags=re.M)[0])]
        self.assertGreater(len(cells), 20)
        for cell in cells:
            self.assertTrue(any(len(said) > 8 and (re.match(pattern(said), cell) or said.split("%")[0] == cell)
                                for said in texts), cell)

    def test_xen(self):
        images = sorted(Path("/boot").glob("xen-*-amd64.gz"))
        if not images:
            self.skipTest("no Xen in /boot")
        image = subprocess.run(["zcat", images[-1]], capture_output=True, check=True).stdout
        section = (DOCS / "no-boot.rst").read_text(encoding="utf-8").partition("\nXen stops\n")[2]
        section = section.partition("\nThe kernel stops, with")[0]
        rows = [literal for row in re.split(r"^ +\* - ", section, flags=re.M)[1:]
                for literal in literals(re.split(r"^ +- ", row, flags=re.M)[0])]
        self.assertGreater(len(rows), 8)
        for message in rows + XEN_LAST_WORDS:
            self.assertIn(re.sub(r"Dom0 (?=crashed|halted)", "Dom%u ", message).encode(), image)

    def test_xen_s_last_words_are_on_the_page(self):
        said = literals((DOCS / "no-boot.rst").read_text(encoding="utf-8"))
        self.assertEqual(set(XEN_LAST_WORDS) - said, set())

    def test_initramfs(self):
        script = Path("/usr/share/initramfs-tools/scripts/local")
        if not script.is_file():
            self.skipTest("no initramfs-tools")
        text = script.read_text(encoding="utf-8")
        page = (DOCS / "no-boot.rst").read_text(encoding="utf-8")
        for message, source in (
                ("``ALERT!  UUID=... does not exist.  Dropping to a shell!``",
                 "ALERT!  ${dev_id} does not exist.  Dropping to a shell!"),
                ("``Gave up waiting for root file system device.``", "Gave up waiting for ${name} device.")):
            self.assertIn(message, page)
            self.assertIn(source, text)


class Units(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_systemd_takes_them(self):
        folder = REPO / "packaging/systemd"
        for kind in ("service", "timer"):
            done = subprocess.run(["systemd-analyze", "verify", f"{folder}/xen-p2m-drift@srv.{kind}"],
                                  text=True, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
