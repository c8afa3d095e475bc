#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""scripts/lab on small inventories, and what it reads of a channel."""

import re
import shlex
import subprocess
import unittest

from support import REPO, SCRIPTS, Folder, load_script

CHANNEL = """@hello dom0 6.12.117
@step live
[    6.543210]     ok 1 p2m_m2p_round_trip
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
    python = (SCRIPTS / "lab").read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("#!")
    return not subprocess.run([python, "-c", "import lava_common.schemas"],
                              capture_output=True, check=False).returncode


def a_host(boot):
    return lab.Host("a", "t", boot, (), "dom0_mem=1G", "", "-smp 2", ("live", "kunit"), 5)


with_schema = unittest.skipUnless(has_schema(), "lava-common is not installed")


class Inventory(Folder):
    def jobs(self, text, *options):
        """The script's run on this inventory."""
        (self.folder / "inventory.toml").write_text(text, encoding="utf-8")
        return self.run_script("lab", self.folder / "inventory.toml", "--out",
                               self.folder / "out", *options)

    def refused(self, text, words):
        done = self.jobs('artefacts = "http://h/x"\n' + text, "--no-validate")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, words)

    def test_bad_inventories_are_refused_by_name(self):
        host = '[[host]]\nname = "a"\ndevice-type = "t"\n'
        self.refused(host + 'qemu = "-smp 2"\n', "host a: qemu is of no use with boot = 'ipxe'")
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
        done = self.jobs((REPO / "scripts/lab.d/inventory.toml").read_text())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count(": valid"), 3)

    @with_schema
    def test_schema_refuses_a_broken_job(self):
        """Or the schema would prove nothing."""
        for change, words in ((lambda job: None, ": valid"),
                              (lambda job: job["actions"][1]["boot"].update(method="floppy"),
                               "unknown action type"),
                              (lambda job: job.pop("timeouts"), "required key")):
            job = lab.job(a_host("ipxe"), "http://h/x", "", "", "6.12")
            change(job)
            path = self.folder / "job.yaml"
            path.write_text(lab.definition(job), encoding="utf-8")
            done = self.run_script("lab", "--check", path)
            self.assertIn(words, done.stdout, done.stderr)
            self.assertEqual(done.returncode, int(words != ": valid"))

    def test_both_loaders_load_three_files_in_xens_order(self):
        for boot in ("ipxe", "grub"):
            actions = lab.job(a_host(boot), "http://h/x", "", "", "6.12")["actions"]
            lines = [line for line in actions[1]["boot"]["commands"]
                     if re.match(r"kernel|module|multiboot", line)]
            with self.subTest(boot=boot):
                self.assertRegex(lines[0], r"\{KERNEL\} .*dom0_mem=1G")
                self.assertRegex(lines[1], r"bzImage .*xp2m.channel=hvc0.*xp2m.steps=live,kunit")
                self.assertRegex(lines[2], r"\{RAMDISK\}$")

    def test_qemu_loads_three_files_in_xens_order(self):
        """As LAVA makes a command of the images, and QEMU modules of the command."""
        job = lab.job(a_host("qemu"), "http://h/x", "", "", "6.12")
        images = job["actions"][0]["deploy"]["images"]
        line = " ".join(image["image_arg"] for image in images.values() if image["image_arg"])
        for label, image in images.items():
            line = line.replace(f"{{{label}}}", image["url"])
        options = shlex.split(line)
        self.assertEqual(options[options.index("-kernel") + 1], "http://h/x/xen.elf")
        self.assertIn("dom0_mem=1G", options[options.index("-append") + 1])
        modules = re.split("(?<!,),(?!,)", options[options.index("-initrd") + 1])
        self.assertRegex(modules[0], r"^http://h/x/bzImage .*xp2m.steps=live,,kunit$")
        self.assertEqual(modules[1:], ["http://h/x/initrd"])
        self.assertEqual(job["context"]["extra_options"][-1], "-smp 2")

    def test_qemu_is_the_machine_of_the_scenarios(self):
        scenario = load_script("scenario")
        self.assertIn(f"-cpu {scenario.cpu({}, (7, 2))}", lab.QEMU_OPTIONS)


def results(text):
    return [(lab.FIXUP.get(m["result"], m["result"]), m["test_case_id"])
            for m in re.finditer(lab.PATTERN, text, re.M)]


class Channel(unittest.TestCase):
    def test_results_in_a_channel(self):
        """Each once: the kernel's own line with a time in front is none."""
        for newline in ("\n", "\r\n", "\r\r\n"):
            self.assertEqual(results(CHANNEL.replace("\n", newline)), [
                ("pass", "p2m_m2p_round_trip"), ("fail", "direct_map_agrees"),
                ("fail", "xen-p2m-live"), ("fail", "live"),
                ("fail", "domu"), ("pass", "dmesg")])

    def test_half_a_line_is_no_result(self):
        """Neither its first half, nor its second, which is what LAVA may keep."""
        self.assertEqual(results("\n    ok 1 p2m_m2p"), [])
        self.assertEqual(results("  ok 1 p2m_m2p_round_trip\n"), [])

    def test_kernels_lines_have_a_time(self):
        self.assertIn("printk.time=1", lab.DOM0_OPTIONS.split())

    def test_start_and_end_are_what_dom0_says(self):
        init = (REPO / "scripts/guest/init-dom0").read_text()
        for word in (lab.START, lab.END, "@step"):
            self.assertIn(f'say "{word}', init)


if __name__ == "__main__":
    unittest.main()
