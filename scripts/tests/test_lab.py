#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""scripts/lab on small inventories, and what it reads of a channel."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import load_script

REPO = Path(__file__).resolve().parent.parent.parent
SCRIPT = REPO / "scripts/lab"

CHANNEL = """@hello dom0 6.12.117
@step live
@begin ktap:live
KTAP version 1
    # Subtest: xen-p2m-live
    1..3
    ok 1 p2m_m2p_round_trip
    # not ok is said in a comment
    not ok 2 direct_map_agrees
    ok 3 isa_range # SKIP no hole
# xen-p2m-live: pass:2 fail:1 skip:0 total:3
not ok 1 xen-p2m-live
@end ktap:live
@check fail live not ok 2 direct_map_agrees
@check error domu no such step
@check pass dmesg no oops, no warning
@verdict done
"""


lab = load_script("lab")


def has_schema():
    """Asks the interpreter that scripts/lab runs in."""
    python = SCRIPT.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("#!")
    return not subprocess.run([python, "-c", "import lava_common.schemas"],
                              capture_output=True, check=False).returncode


with_schema = unittest.skipUnless(has_schema(), "lava-common is not installed")


class Inventory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_script(self, text, *options):
        (self.folder / "inventory.toml").write_text(text, encoding="utf-8")
        return subprocess.run(
            [SCRIPT, self.folder / "inventory.toml", "--out", self.folder / "out", *options],
            capture_output=True, text=True, check=False)

    def refused(self, text, words):
        done = self.run_script('artefacts = "http://h/x"\n' + text, "--no-validate")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, words)

    def test_bad_inventories_are_refused_by_name(self):
        host = '[[host]]\nname = "a"\ndevice-type = "t"\n'
        self.refused(host + 'boots = "ipxe"\n', "host a: there is no key 'boots'")
        self.refused(host + 'boot = "floppy"\n', "boot = 'floppy'")
        self.refused(host + 'steps = ["lively"]\n', "no step 'lively'")
        self.refused(host + "tags = [1]\n", "tags = .* is not a list of strings")
        self.refused(host + "minutes = 0\n", "minutes")
        self.refused(host + "minutes = true\n", "is not a number")
        self.refused(host + host, "two of one name")
        self.refused('[[host]]\nname = "a/b"\ndevice-type = "t"\n', "name has to be a word")
        self.refused("", "no ..host")
        self.refused("x = 1\n" + host, "there is no key x")

    @with_schema
    def test_jobs_are_valid_to_lava(self):
        done = self.run_script((REPO / "scripts/lab.d/inventory.toml").read_text())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count(": valid"), 2)

    @with_schema
    def test_schema_refuses_a_broken_job(self):
        """Or the schema would prove nothing."""
        host = lab.Host("a", "t", "ipxe", (), "", "", ("live",), 5)
        for change, words in ((lambda job: None, ": valid"),
                              (lambda job: job["actions"][1]["boot"].update(method="floppy"),
                               "unknown action type"),
                              (lambda job: job.pop("timeouts"), "required key")):
            job = lab.job(host, "http://h/x", "", "", "6.12")
            change(job)
            path = self.folder / "job.yaml"
            path.write_text(lab.yaml(job), encoding="utf-8")
            done = subprocess.run([SCRIPT, "--check", path], capture_output=True, text=True,
                                  check=False)
            self.assertIn(words, done.stdout, done.stderr)
            self.assertEqual(done.returncode, int(words != ": valid"))

    def test_both_loaders_load_three_files_in_xens_order(self):
        for boot in lab.WAYS:
            host = lab.Host("a", "t", boot, (), "dom0_mem=1G", "", ("live", "kunit"), 5)
            actions = lab.job(host, "http://h/x", "", "", "6.12")["actions"]
            lines = [line for line in actions[1]["boot"]["commands"]
                     if re.match(r"kernel|module|multiboot", line)]
            with self.subTest(boot=boot):
                self.assertRegex(lines[0], r"\{KERNEL\} .*dom0_mem=1G")
                self.assertRegex(lines[1], r"bzImage .*xp2m.channel=hvc0.*xp2m.steps=live,kunit")
                self.assertRegex(lines[2], r"\{RAMDISK\}$")


class Channel(unittest.TestCase):
    def test_results_in_a_channel(self):
        text = CHANNEL.replace("\n", "\r\n")
        found = [(lab.FIXUP.get(m["result"], m["result"]), m["test_case_id"])
                 for m in re.finditer(lab.PATTERN, text, re.M)]
        self.assertEqual(found, [
            ("pass", "p2m_m2p_round_trip"), ("fail", "direct_map_agrees"),
            ("fail", "xen-p2m-live"), ("fail", "live"),
            ("fail", "domu"), ("pass", "dmesg")])

    def test_half_a_line_is_no_result(self):
        self.assertIsNone(re.search(lab.PATTERN, "\n    ok 1 p2m_m2p", re.M))

    def test_start_and_end_are_what_dom0_says(self):
        init = (REPO / "scripts/guest/init-dom0").read_text()
        for word in (lab.START, lab.END, "@step"):
            self.assertIn(f'say "{word}', init)


if __name__ == "__main__":
    unittest.main()
