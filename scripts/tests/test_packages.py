# SPDX-License-Identifier: GPL-2.0
"""Which packages a verb asks for, by release and pair; and what happens without apt."""

import os
import re
import subprocess
import unittest

from support import SCRIPTS, Folder


def in_lib(command, **env):
    return subprocess.run(["bash", "-c", f". {SCRIPTS}/lib.sh; {command}"], text=True,
                          capture_output=True, check=False, env=os.environ | env)


# A version that this machine does not have.
OTHER_XEN = "4.17" if in_lib("echo $debian").stdout == "trixie\n" else "4.20"


def packages(verb, **env):
    done = subprocess.run([SCRIPTS / "packages", "--print", verb], text=True,
                          capture_output=True, check=True, env=os.environ | env)
    return done.stdout.split()


class Releases(unittest.TestCase):
    """Of a suite by a version, and of a version by a suite."""

    def test_a_version_by_its_first_number(self):
        for version in ("10", "10.0"):
            self.assertEqual(in_lib(f"suites qemu {version}").stdout, "trixie\n")
        self.assertEqual(in_lib("suites qemu 1").stdout, "")

    def test_what_the_machine_has_needs_no_chroot(self):
        self.assertEqual(in_lib("debian=trixie; chroot_for xen 4.20").stdout, "")
        self.assertEqual(in_lib("debian=trixie; chroot_for qemu").stdout, "")
        self.assertEqual(in_lib("debian=trixie; chroot_for xen 4.17").stdout, "bookworm\n")
        self.assertEqual(in_lib("debian=bookworm; chroot_for xen 4.20").stdout, "trixie\n")

    def test_unknown_version_is_refused_with_those_there_are(self):
        done = in_lib("chroot_for qemu 9")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no suite with QEMU=9", done.stderr)
        self.assertRegex(done.stderr, r"7\.2 10\.0 11\.1")


class Verbs(unittest.TestCase):
    """Each gets what it needs, and no more."""

    def test_each_verb_that_the_makefile_asks_for_is_known(self):
        text = (SCRIPTS.parent / "Makefile").read_text(encoding="utf-8")
        for verb in re.findall(r": packages-([a-z0-9-]+)$", text, re.M):
            with self.subTest(verb):
                self.assertTrue(packages(verb))

    def test_each_verb_asks_for_packages_itself_or_by_its_script(self):
        """make scenarios, install and modules did neither, so they failed on a fresh Debian."""
        text = (SCRIPTS.parent / "Makefile").read_text(encoding="utf-8")
        verbs = re.search(r"^\.PHONY: (.*)$", text, re.M)[1].split()
        for verb in set(verbs) - {"help", "clean", "packages", "refresh"}:
            rule = re.search(rf"^{verb}:(?! [A-Z]+ =)(.*)\n((?:\t.*\n)*)", text, re.M)
            script = re.search(r"scripts/([\w-]+)", rule[2])[1]
            with self.subTest(verb):
                self.assertTrue("packages-" in rule[1] or "scripts/packages" in (SCRIPTS / script).read_text())

    def test_debian_s_configuration_signs_modules(self):
        """make runs openssl for the key, and nothing else brings it on a fresh Debian."""
        for verb in ("deb-kernel", "configs"):
            self.assertIn("openssl", packages(verb))

    def test_dpkg_buildpackage_asks_for_build_essential(self):
        """make deb-tool failed on a fresh Debian 13: unmet build dependencies."""
        for verb in ("deb-tool", "deb-kernel"):
            self.assertIn("build-essential", packages(verb))

    def test_a_host_s_kernel_is_in_debian_s_configuration(self):
        """make host made the kernel from a file that nothing had installed."""
        self.assertTrue({"linux-config-6.12", "openssl"} <= set(packages("host", LINUX="6.12")))

    def test_the_tool_needs_neither_a_kernel_nor_a_machine(self):
        found = packages("tools")
        self.assertIn("gcc", found)
        self.assertFalse([p for p in found if re.match("linux-source|qemu|xen-|clang|python3-sphinx", p)])

    def test_a_scenario_may_have_tables_to_compile(self):
        for verb, wanted in (("scenario", True), ("test", True), ("boot", False)):
            self.assertEqual("acpica-tools" in packages(verb), wanted, verb)

    def test_a_chroot_is_there_instead_of_the_machines_own(self):
        found = packages("scenario", XEN=OTHER_XEN, QEMU="11.1")
        self.assertIn("mmdebstrap", found)
        self.assertFalse([p for p in found if re.match("qemu|xen-hypervisor|xen-utils", p)])


class Elsewhere(Folder):
    """A machine without apt, or one whose apt has not all."""

    TOOLS = ("bash", "awk", "dirname", "date", "nproc", "head", "sort", "grep", "sed", "mkdir", "tr", "tail")

    def run_packages(self, verb, **programs):
        """On a PATH with little on it but these; the lines of what apt-get was told."""
        for name, script in programs.items():
            self.program(name.replace("_", "-"), script)
        for name in self.TOOLS:
            (self.folder / "bin" / name).symlink_to(f"/usr/bin/{name}")
        log = self.folder / "told"
        log.touch()
        done = self.run_script("packages", verb, PATH=str(self.folder / "bin"), TOLD=str(log))
        return done, log.read_text(encoding="utf-8").splitlines()

    def run_with_apt(self, verb, lacks):
        """apt-cache answers for 6.12 if it is asked for 6.1, as that of Debian 13."""
        return self.run_packages(
            verb, id="echo 0", dpkg_query="exit 1", apt_get='echo "$*" >>"$TOLD"',
            apt_cache=f'case "$2" in {lacks}) echo "$2:\n  Candidate: (none)" ;; '
            '*-6.1) echo "${2}2:\n  Candidate: 1" ;; *) echo "$2:\n  Candidate: 1" ;; esac')

    def test_without_apt_the_packages_are_named(self):
        done, _ = self.run_packages("tools")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, "no apt here.*libcjson-dev")

    def test_what_may_be_missing_is_skipped_with_a_word(self):
        done, told = self.run_with_apt("lab", "lava-common")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("lava-common is skipped", done.stdout)
        self.assertNotIn("lava-common", told[-1])
        self.assertIn("python3", told[-1])

    def test_another_kernel_is_not_taken_for_the_one_that_is_missing(self):
        done, told = self.run_with_apt("test", "lava-common")
        self.assertIn("linux-source-6.1 is skipped", done.stdout)
        self.assertNotIn("linux-source-6.1", told[-1].split())

    def test_what_may_not_be_missing_is_named(self):
        done, told = self.run_with_apt("tools", "libcjson-dev")
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt has no package libcjson-dev", done.stderr)
        self.assertEqual(told, ["update"])


if __name__ == "__main__":
    unittest.main()
