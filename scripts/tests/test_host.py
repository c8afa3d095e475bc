# SPDX-License-Identifier: GPL-2.0
"""A host that is booted from its packages: its scenarios and their steps, when it is dead."""

import re
import shutil
import subprocess
import threading
import unittest
from unittest import mock

from support import SCRIPTS, Folder, load_script

boots = load_script("host-boots")
HOSTS = SCRIPTS / "host.d"


def steps():
    return {step.partition(":")[0] for host in map(boots.load, boots.all_names())
            for step in host["steps"] + host.get("domu", [])}


def functions(*paths):
    return [name for path in paths for name in re.findall(r"^(\w+)\(\)", path.read_text(), re.M)]


def in_host(command, folder, **given):
    """A function of the host's, with stand-ins in the folder; its words"""
    done = subprocess.run(
        ["bash", "-c", f"check() {{ echo \"$@\"; }}; section() {{ :; }}; . {HOSTS}/host.sh; {command}"], text=True,
        capture_output=True, check=False,
        env={"PATH": f"{folder}/bin:/usr/bin:/bin", "here": str(folder), "state": str(folder), **given})
    return done.stdout + done.stderr


class Files(unittest.TestCase):
    def test_all_can_be_loaded(self):
        self.assertTrue(boots.all_names())
        for name in boots.all_names():
            self.assertTrue(boots.load(name)["description"])

    def test_each_step_is_there_and_has_a_user(self):
        own = {name for name in functions(*HOSTS.glob("*.sh")) if name.startswith("step_")}
        guests = set(functions(SCRIPTS / "guest/steps.sh"))
        self.assertLessEqual(own, {f"step_{step}" for step in steps()})
        self.assertLessEqual({f"step_{step}" for step in steps()}, own | guests)
        self.assertFalse(own & guests)

    def test_the_page_has_the_sections(self):
        titles = {title for title, _ in load_script("page-commands").blocks(boots.PAGE.read_text(encoding="utf-8"))}
        taken = {step.partition(":")[2] for name in boots.all_names() for step in boots.load(name)["steps"]
                 if step.startswith("page:")}
        self.assertTrue(taken)
        self.assertLessEqual(taken, titles)


class Folders(Folder):
    def make_packages(self):
        for name in ("deb/linux-image-1-xenp2m_1_amd64.deb", f"host-{boots.SUITE}/deb/xen-p2m_1_amd64.deb"):
            path = self.folder / name
            path.parent.mkdir(parents=True)
            path.write_text("")

    def test_what_is_handed_in(self):
        with mock.patch.object(boots, "BUILD", self.folder):
            with self.assertRaisesRegex(boots.HarnessError, "packages of kernel and tool: none"):
                boots.packages()
            self.make_packages()
            disk = boots.hand_in({"steps": ["up:stock", "words:stock"], "domu": ["card"]}, self.folder)
        said = subprocess.run(["debugfs", "-R", "cat steps", disk], text=True, capture_output=True, check=True)
        self.assertEqual(said.stdout, "up:stock\nwords:stock\n")
        said = subprocess.run(["debugfs", "-R", "cat commands", disk], text=True, capture_output=True, check=True)
        self.assertIn("\nsection 'Try once'\n", said.stdout)
        said = subprocess.run(["debugfs", "-R", "cat domu-steps", disk], text=True, capture_output=True, check=True)
        self.assertEqual(said.stdout, "card\n")
        for folder, names in (("", ("lib.sh", "steps.sh", "host.sh", "passthrough.sh", "run", "traffic")),
                              ("build/deb", ("linux-image-1-xenp2m_1_amd64.deb", "xen-p2m_1_amd64.deb"))):
            said = subprocess.run(["debugfs", "-R", f"ls -p {folder}", disk], text=True, capture_output=True, check=True)
            for name in names:
                self.assertIn(f"/{name}/", said.stdout)

    def test_an_unknown_key_is_named(self):
        (self.folder / "a.toml").write_text('description = "a"\nstep = []\n')
        with mock.patch.object(boots, "HOSTS", self.folder):
            with self.assertRaisesRegex(boots.HarnessError, "unknown key step"):
                boots.load("a")
            with self.assertRaisesRegex(boots.HarnessError, "there are: a"):
                boots.load("b")


class Steps(Folder):
    def setUp(self):
        super().setUp()
        shutil.copy(HOSTS / "run", self.folder)
        (self.folder / "lib.sh").write_text('open_channel() { exec 3>&1; }\nsay() { echo "$*" >&3; }\n'
                                            'check() { say "@check $*"; }\n')
        (self.folder / "steps.sh").write_text("")
        (self.folder / "host.sh").write_text('step_a() { cat; check pass "a-$1"; }\nstep_down() { touch "$GOING_DOWN"; }\n')
        self.program("systemctl", 'echo "$*"\n')

    def boot(self, *steps):
        """What is said after the first line"""
        (self.folder / "steps").write_text("".join(f"{step}\n" for step in steps))
        down = self.folder / "down"
        down.unlink(missing_ok=True)
        done = subprocess.run(["bash", self.folder / "run"], text=True, capture_output=True, check=True,
                              env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "STATE": f"{self.folder}/state",
                                   "GOING_DOWN": str(down)})
        return done.stdout.splitlines()[1:]

    def test_all_are_taken_and_one_that_is_not_there_is_said(self):
        self.assertEqual(self.boot("a:one", "b", "a:two three"), [
            "@step a:one", "@check pass a-one", "@step b", "@check error b no such step",
            "@step a:two three", "@check pass a-two three", "@verdict done"])

    def test_after_a_reboot_comes_the_next(self):
        self.assertEqual(self.boot("a:one", "down", "a:two"), ["@step a:one", "@check pass a-one", "@step down", "reboot"])
        self.assertEqual(self.boot("a:one", "down", "a:two"), ["@step a:two", "@check pass a-two", "@verdict done"])


class Words(Folder):
    """What of a boot's warnings is new or about us"""

    def words(self, kernel, journal, ring=""):
        self.program("journalctl", f"cat <<'END'\n{journal}\nEND\n")
        self.program("xl", f"cat <<'END'\n{ring}\nEND\n")
        return in_host(f"step_words {kernel}", self.folder).split("\n")[0]

    def test_what_stock_has_is_known_whatever_its_numbers(self):
        self.assertEqual(self.words("stock", "irq event 25", "(XEN) Failed to convert f5a00-f5b99\n(XEN) fine"),
                         "pass words-stock 2 kinds of warnings, none about us")
        self.assertEqual(self.words("ours", "irq event 26", "(XEN) Failed to convert f5b00-f5b99"),
                         "pass words-ours 2 kinds of warnings, none about us")
        self.assertEqual(self.words("ours", "irq event 26\nanother 1"),
                         "fail words-ours 1 that stock has not, or about us: another N")
        self.assertEqual(self.words("ours", "bpf-restrict-fs: Failed to load BPF object: No such process"),
                         "pass words-ours 0 kinds of warnings, none about us")
        self.assertIn("Xen BUG at N", self.words("ours", "", "(XEN) Xen BUG at 12"))

    def test_what_is_about_us_is_never_known(self):
        for line in ("xen/p2m: no memory for the P2M", "xen:balloon: Unable to reserve", "WARNING: CPU: 0 PID: 1"):
            self.assertRegex(self.words("stock", line), "^fail words-stock 1 ")
            self.assertRegex(self.words("ours", line), "^fail words-ours 1 ")


class Page(Folder):
    def setUp(self):
        super().setUp()
        (self.folder / "build").mkdir()
        (self.folder / "commands").write_text(
            "section 'Try once'\nentries() { echo x; }\nreboot\nsection Keep\nentries >&2\nls build >&2\nsection Watch\nls | false\n")

    def test_a_section_with_what_was_defined_before(self):
        self.assertEqual(in_host("commands_of Keep", self.folder), "entries() { echo x; }\nentries >&2\nls build >&2\n")
        self.assertEqual(in_host("commands_of 'Try once'", self.folder), "entries() { echo x; }\nreboot\n")

    def test_it_is_run_to_its_end(self):
        self.assertEqual(in_host("step_page Keep", self.folder), "pass page-Keep 3 lines\n")
        # Either of the two commands may be traced last.
        self.assertRegex(in_host("step_page Watch", self.folder), r"^fail page-Watch \+ (ls|false)\n$")
        self.assertFalse((self.folder / "checkout").exists())

    def test_what_grub_would_boot(self):
        self.program("grub-editenv", "echo saved_entry=xen-gnulinux-6.12.1-xenp2m-advanced-1\n")
        (self.folder / "grub.cfg").write_text("menuentry 'xen-gnulinux-6.12.1-xenp2m-advanced-1' {\n")
        given = {"grub_cfg": f"{self.folder}/grub.cfg"}
        for wanted, good in (("ours:nothing", True), ("stock:nothing", False), ("ours:ours", False)):
            self.assertRegex(in_host(f"step_grub {wanted}", self.folder, **given), "^pass" if good else "^fail", wanted)
        (self.folder / "grub.cfg").write_text("")
        self.assertRegex(in_host("step_grub ours:nothing", self.folder, **given), "^fail")


class Domu(Folder):
    """What xl is told, and what comes of a domU's words"""

    def config(self):
        return in_host(f". {HOSTS}/domu.sh; uname() {{ echo 6.12.1-xenp2m; }}; domu_config /dev/sdb1", self.folder)

    def test_config(self):
        (self.folder / "domu.more").write_text("e820_host=1\n")
        said = self.config().splitlines()
        self.assertIn('kernel="/boot/vmlinuz-6.12.1-xenp2m"', said)
        self.assertIn('disk=["phy:/dev/sdb1,xvda1,w", "file:/run/domu.img,xvdb,r"]', said)
        self.assertEqual(said[-1], "e820_host=1")

    def test_another_disk(self):
        (self.folder / "domu.more").write_text("")
        (self.folder / "domu.disks").write_text('"file:/run/served.img,xvdc,w"\n')
        self.assertIn('"file:/run/domu.img,xvdb,r", "file:/run/served.img,xvdc,w"]', self.config())

    def test_traffic_that_fails_is_a_failure(self):
        (self.folder / "traffic").write_text("#!/bin/sh\necho 64 MiB, not the same\nexit 1\n")
        (self.folder / "traffic").chmod(0o755)
        self.assertEqual(in_host(f". {HOSTS}/domu.sh; over_the_wire domu-card env", self.folder),
                         "fail domu-card 64 MiB, not the same\n")

    def test_disk_that_has_something_else(self):
        (self.folder / "traffic").write_text("#!/bin/sh\nyes | head -c 67108864\n")
        (self.folder / "traffic").chmod(0o755)
        self.program("dd", "yes n | head -c 67108864\n")
        self.assertRegex(in_host(f". {HOSTS}/domu.sh; same_as_data domu-disk xvdc", self.folder), "^fail domu-disk .*differ")
        self.program("dd", "yes | head -c 67108864\n")
        self.assertEqual(in_host(f". {HOSTS}/domu.sh; same_as_data domu-disk xvdc", self.folder), "pass domu-disk 64 MiB read\n")


class Traffic(unittest.TestCase):
    """What goes over the wire, without a wire"""

    def setUp(self):
        self.traffic = load_script("host.d/traffic")

    def serve(self, handler):
        server = self.traffic.socketserver.TCPServer(("127.0.0.1", 0), handler)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.handle_request).start()
        with mock.patch.object(self.traffic, "COUNT", 2), mock.patch("builtins.print"):
            return self.traffic.use("127.0.0.1", server.server_address[1])

    def test_there_and_back(self):
        self.assertEqual(self.serve(self.traffic.Echo), 0)

    def test_one_bit_is_noticed(self):
        traffic = self.traffic

        class Spoils(traffic.Echo):
            def handle(self):
                for chunk in traffic.received(self.request):
                    self.request.sendall(bytes([chunk[0] ^ 1]) + chunk[1:])
        self.assertEqual(self.serve(Spoils), 1)

    def test_it_is_always_the_same(self):
        self.assertEqual(next(self.traffic.data()), next(self.traffic.data()))


class Death(unittest.TestCase):
    def death(self, console, **host):
        run = boots.Run.__new__(boots.Run)
        run.scenario = host
        with mock.patch.object(boots.Run, "console", return_value=console):
            return run.death()

    def test_a_reboot_is_none(self):
        self.assertIsNone(self.death("(XEN) Hardware Dom0 shutdown: rebooting machine\n"))

    def test_a_crash_is_one_unless_it_is_what_is_tried(self):
        line = "(XEN) Hardware Dom0 crashed: rebooting machine in 5 seconds."
        self.assertEqual(self.death(line), line)
        self.assertIsNone(self.death(line, survives=["Dom0 crashed: rebooting"]))


class Qemu(Folder):
    """It is silent, but for a wire between two cards."""

    def verdict(self, said):
        (self.folder / "qemu.log").write_text(said)
        run = boots.Run.__new__(boots.Run)
        run.work = self.folder
        with mock.patch.object(boots.Run, "check") as check:
            run.look_at_qemu()
        return check.call_args.args

    def test_a_wire_is_no_news(self):
        self.assertEqual(self.verdict("qemu-system-x86_64: warning: hub 0 is not connected to host network\n"),
                         ("pass", "qemu", ""))

    def test_anything_else_is(self):
        self.assertEqual(self.verdict("qemu-system-x86_64: warning: hub 0 is not connected to host network\nno\n"),
                         ("fail", "qemu", "no"))


if __name__ == "__main__":
    unittest.main()
