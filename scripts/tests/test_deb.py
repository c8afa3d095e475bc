#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/deb: for which kernel it makes packages, and for which not."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import Folder

REPO = Path(__file__).resolve().parent.parent.parent

# As far as scripts/deb calls the kernel's own.
CONFIG_TOOL = """
while [ $# -gt 0 ]; do
	case "$1" in
	--file) file=$2; shift 2; continue ;;
	--set-str) sed -i "/^CONFIG_$2=/d" "$file"; echo "CONFIG_$2=\\"$3\\"" >>"$file"; shift 3; continue ;;
	--enable) echo "CONFIG_$2=y" >>"$file" ;;
	--module) echo "CONFIG_$2=m" >>"$file" ;;
	esac
	shift 2
done
"""


class Kernel(unittest.TestCase):
    """Nothing is built here: it is refused before a tree or a package is touched."""

    def refused(self, *arguments):
        with tempfile.TemporaryDirectory() as build:
            environment = {**os.environ, "BUILD": build}
            environment.pop("CONFIG", None)
            done = subprocess.run([REPO / "scripts/deb", "kernel", *arguments], env=environment,
                                  capture_output=True, text=True, check=False)
            made = [path for path in Path(build).rglob("*") if path.is_file()]
        self.assertEqual(2, done.returncode, done.stdout + done.stderr)
        self.assertEqual([], made)
        return done.stderr

    def test_without_a_configuration(self):
        self.assertRegex(self.refused(), r"which host[^$]*CONFIG=/boot/config-")

    def test_the_remedy_has_where_debian_has_its_own(self):
        self.assertRegex(self.refused(), r"install linux-config-[67][^$]*/usr/src/linux-config-[67]\S+\.xz")

    def test_with_an_empty_one(self):
        self.assertRegex(self.refused(""), "which host")

    def test_with_one_that_is_not_there(self):
        self.assertRegex(self.refused("/nonexistent/config"), "/nonexistent/config is not a file")


class Configuration(Folder):
    """What becomes of a host's configuration, with a stand-in for the kernel's tree."""

    def setUp(self):
        super().setUp()
        self.tree = self.folder / "build/tree/linux-6.12"
        self.obj = self.folder / "build/obj/deb-6.12"
        (self.tree / "scripts").mkdir(parents=True)
        self.obj.mkdir(parents=True)
        (self.tree / "Makefile").write_text("olddefconfig:\n\t@:\nkernelrelease:\n\t@echo 6.12.1-xenp2m\n")
        tool = self.tree / "scripts/config"
        tool.write_text("#!/bin/sh\n" + CONFIG_TOOL)
        tool.chmod(0o755)

    def in_deb(self, command):
        return subprocess.run(
            ["bash", "-c", f'. "$0"; {command}', REPO / "scripts/deb"], text=True, capture_output=True, check=False,
            env=os.environ | {"BUILD": str(self.folder / "build"), "LINUX": "6.12",
                              "PATH": f"{self.folder}/bin:{os.environ['PATH']}"})

    def configured(self, text, status=0):
        given = self.folder / "config"
        given.write_text("CONFIG_XEN_PV=y\n" + text)
        done = self.in_deb(f"configure_kernel {given}")
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout if status else (self.obj / ".config").read_text()

    def test_a_distribution_s_key_is_not_in_its_source(self):
        """The .config of Debian's headers has it; make finds no rule for that file."""
        said = self.configured('CONFIG_MODULE_SIG_ALL=y\nCONFIG_MODULE_SIG_KEY="output/signing_key.pem"\n')
        self.assertEqual(re.findall("CONFIG_MODULE_SIG_KEY=.*", said), ['CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"'])

    def test_no_key_is_the_one_that_make_makes(self):
        self.assertIn('CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"', self.configured('CONFIG_MODULE_SIG_KEY=""\n'))

    def test_the_admin_s_own_key_is_kept(self):
        (self.folder / "key.pem").write_text("key")
        for key in (f"{self.folder}/key.pem", "pkcs11:token=x"):
            line = f'CONFIG_MODULE_SIG_KEY="{key}"\n'
            self.assertIn(line, self.configured(line))

    def test_an_own_key_that_is_not_there_is_said(self):
        self.assertIn("/nonexistent/key.pem is not a file",
                      self.configured('CONFIG_MODULE_SIG_KEY="/nonexistent/key.pem"\n', status=1))

    def test_what_audit_reads_is_on_and_certificates_are_none(self):
        said = self.configured('CONFIG_SYSTEM_TRUSTED_KEYS="debian/certs/x.pem"\n')
        for line in ("CONFIG_XEN_P2M_DEBUG_FS=y", "CONFIG_XEN_P2M_AUDIT=m", 'CONFIG_SYSTEM_TRUSTED_KEYS=""'):
            self.assertIn(line, said.splitlines())

    def test_lost_btf_is_an_error(self):
        (self.tree / "Makefile").write_text("olddefconfig:\n\t@sed -i /BTF/d $(O)/.config\n")
        self.assertIn("BTF is lost", self.configured("CONFIG_DEBUG_INFO_BTF=y\n", status=1))

    def announced(self, text, free):
        self.program("df", f"echo Avail; echo {free << 20}")
        self.program("dpkg-query", 'case "$*" in *linux-image-6.12.1-amd64) echo 108957 ;; *) exit 1 ;; esac')
        (self.obj / ".config").write_text(text)
        done = self.in_deb("announce_kernel /boot/config-6.12.1-amd64")
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_names_and_sizes_are_said_first(self):
        said = self.announced("CONFIG_A=m\nCONFIG_B=m\nCONFIG_DEBUG_INFO=y\n", 30)
        for words in ("linux-image-6.12.1-xenp2m and linux-headers-6.12.1-xenp2m, 2 options are modules",
                      "as large as linux-image-6.12.1-amd64: 106 MB", "some 20 GB in ", "30 GB are free\n"):
            self.assertIn(words, said)

    def test_too_little_room_is_said_first(self):
        self.assertIn("that may be too little", self.announced("CONFIG_DEBUG_INFO=y\n", 9))
        self.assertNotIn("that may be too little", self.announced("CONFIG_A=m\n", 9))

    def test_who_signs_is_said(self):
        said = self.announced('CONFIG_MODULE_SIG_ALL=y\nCONFIG_MODULE_SIG_KEY="certs/signing_key.pem"\n', 9)
        self.assertRegex(said, "modules are signed with certs/signing_key.pem, which is made in .*obj/deb-6.12")


if __name__ == "__main__":
    unittest.main()
