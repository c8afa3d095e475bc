# SPDX-License-Identifier: GPL-2.0
"""What scripts/scenario makes of logs, and of scenario files."""

import base64
import gzip
import io
import re
import subprocess
import unittest
from contextlib import redirect_stdout
from unittest import mock

from support import SCRIPTS, Folder, load_script

scenario = load_script("scenario")

# Xen's words for a dom0 of 1 GiB, in the order in which they come.
CONSOLE = """\
(XEN)  Init. ramdisk: 000000017ec66000->000000017ffff200\r
(XEN) VIRTUAL MEMORY ARRANGEMENT:\r
(XEN)  Loaded kernel: ffffffff81000000->ffffffff81c20000\r
(XEN)  Phys-Mach map: 0000008000000000->0000008000200000\r
(XEN)  Start info:    ffffffff81c20000->ffffffff81c204b8\r
(XEN)  Page tables:   ffffffff81c21000->ffffffff81c34000\r
(XEN)  Boot stack:    ffffffff81c34000->ffffffff81c35000\r
(XEN)  TOTAL:         ffffffff80000000->ffffffff82000000\r
"""

DMESG = [
    "[    0.000000] Released 3 page(s)",
    "[    0.000000] Xen: [mem 0x0000000000000000-0x000000000009efff] usable",
    "[    0.000000] Xen: [mem 0x000000000009fc00-0x00000000000fffff] reserved",
    "[    0.000000] Xen: [mem 0x0000000000100800-0x00000000001027ff] usable",
    "[    0.000000] Xen: [mem 0x0000000000200000-0x0000000000200fff] ACPI NVS",
    "[    0.000000] Xen: [mem 0x0000000000300000-0x0000000000300fff] type 20",
    "[    0.000000] Remapped 97 page(s)",
    "[    0.000000] Remapped 2 non-RAM page(s)",
]


def guest_scripts(own="*"):
    """What is shared by the guests, and the scripts of this name in all scenarios."""
    return [*(SCRIPTS / "guest").glob("*.sh"), *scenario.SCENARIOS.glob(f"*/{own}.sh")]


def guest_functions(own):
    return [name for path in guest_scripts(own)
            for name in re.findall(r"^(\w+)\(\)", path.read_text(), re.M)]


class Files(unittest.TestCase):
    """The scenarios themselves."""

    def test_each_is_compared_with_its_plan(self):
        for one in map(scenario.load, scenario.all_names()):
            self.assertEqual("report" in one["steps"], scenario.on_xen(one), one["name"])

    def test_all_can_be_loaded(self):
        for name in scenario.all_names():
            with self.subTest(name):
                self.assertTrue(scenario.load(name)["description"])

    def test_a_folder_has_a_declaration_and_what_the_guests_source(self):
        known = {scenario.DECLARATION, "dom0.sh", "domu.sh"}
        for folder in scenario.SCENARIOS.iterdir():
            with self.subTest(folder.name):
                names = {path.name for path in folder.iterdir() if path.suffix not in (".c", ".asl")}
                self.assertIn(scenario.DECLARATION, names)
                self.assertLessEqual(names, known)

    def test_each_step_and_job_is_there_and_has_a_user(self):
        shared = {"step_bench", "step_bench_domu", "step_bench_running", "job_bench", "job_offer"}
        called = {f"step_{step.partition(':')[0]}" for name in scenario.all_names()
                  for step in scenario.load(name)["steps"]}
        for path in guest_scripts():
            called |= {f"job_{job}" for job in
                       re.findall(r"guest_start \S+ \d+ \"?(\w+)", path.read_text())}
        defined = {name for name in guest_functions("*") if re.match("(step|job)_", name)}
        self.assertEqual(called | shared, defined)

    def test_no_guest_has_two_functions_of_a_name(self):
        """Each guest takes in the functions of all scenarios: the last would win."""
        for guest in ("dom0", "domu"):
            names = guest_functions(guest)
            self.assertEqual(sorted(set(names)), sorted(names))

    def test_made_for_a_kernel_and_a_version(self):
        self.assertIn("hotadd-fails", scenario.default_names("debug", "6.12"))
        self.assertNotIn("hotadd-fails", scenario.default_names("debug", "6.1"))
        self.assertNotIn("hotadd-fails", scenario.default_names("patched", "6.12"))
        self.assertIn("plain", scenario.default_names("patched", "6.1"))
        for kernel in ("patched", "stock", "debug", "kcsan"):
            self.assertNotIn("saved-elsewhere", scenario.default_names(kernel, "6.12"))

    def test_what_comes_after_another_can_take_what_that_kept(self):
        for one in map(scenario.load, scenario.all_names()):
            if "after" in one:
                self.assertEqual(one["keep"], scenario.load(one["after"])["keep"], one["name"])

    def test_a_pattern_that_changed_is_seen(self):
        script = scenario.SCENARIOS / "save-restore/domu.sh"
        shared = scenario.TOP / "scripts/guest/lib.sh"
        for word, verdict in (("intact", "pass restored-pattern 64 MiB intact"),
                              ("changed: word 7 is 0, was 1", "fail restored-pattern changed: word 7 is 0, was 1"),
                              ("", "fail restored-pattern ")):
            done = subprocess.run(
                ["bash", "-c", f'. "{shared}"; . "{script}"; check() {{ echo "$*"; }}; '
                 'xenstore-read() { :; }; exec 4>/dev/null 5<&0; pattern_when look restored-pattern 64'],
                input=word, text=True, capture_output=True, check=True)
            self.assertEqual(done.stdout.rstrip("\n"), verdict.rstrip("\n"))

    def test_a_domu_is_where_xen_says(self):
        """Not what its own kernel says it has."""
        script = scenario.SCENARIOS / "save-restore/dom0.sh"
        for mem, verdict in (("129", "pass down 129 MiB"), ("161", "fail down not 129 MiB after 120 s: guest-save")):
            done = subprocess.run(
                ["bash", "-c", f'. "{script}"; check() {{ echo "$*"; }}; wait_for() {{ shift; "$@"; }}; '
                 'xl() { [ "$1" != list ] || printf "Name ID Mem\\nguest-save 2 %s 1\\n" ' + mem + '; }; '
                 'guest_balloon guest-save 129 down'],
                text=True, capture_output=True, check=True)
            self.assertEqual(done.stdout[:len(verdict)], verdict)

    def test_spawn_counts_what_died(self):
        script = scenario.SCENARIOS / "spawn/dom0.sh"
        for counts, verdict in (("20 0\n20 0\n", "pass spawn 0 of 40 "),
                                ("20 0\n20 3\n", "fail spawn 3 of 40 "),
                                ("20 0\nspawn: cannot run x\n", "error spawn 0 of 20 processes died of a signal; spawn: cannot"),
                                ("20 2\na loop ended with 139\n", "fail spawn 2 of 20 "),
                                ("", "error spawn 0 of 0 ")):
            done = subprocess.run(["sh", "-c", f'. "{script}"; spawn_verdict /dev/stdin'],
                                  input=counts, text=True, capture_output=True, check=True)
            self.assertEqual(done.stdout[:len(verdict)], verdict)

    def test_what_is_known_of_stock(self):
        two = scenario.load("replay-two-nvs")
        self.assertEqual(scenario.known_of_stock(two, "6.12"), "crash")
        self.assertEqual(scenario.known_of_stock(two, "7.3"), "pass")
        self.assertEqual(scenario.known_of_stock({"stock": "fail"}, "7.3"), "fail")
        self.assertEqual(scenario.known_of_stock({}, "6.12"), "pass")


class Places(unittest.TestCase):
    """A map names parts of the kernel; those of one kernel would miss another's."""

    def test_where_xen_put_the_initrd_of_two_kernels(self):
        # 6.12 ends at 0x1c20000, see CONSOLE; 7.3 at 0x1887000.
        self.assertEqual(scenario.places.initrd_start(0x1c20000), 0x2000000)
        self.assertEqual(scenario.places.initrd_start(0x1887000), 0x1c00000)

    def test_less_than_512_kib_behind_the_stack(self):
        self.assertEqual(scenario.places.initrd_start(0x1f80000), 0x2400000)

    def test_names_become_addresses(self):
        known = {("kernel", "end"): 0x1c20000, ("initrd", "start"): 0x2000000}
        self.assertEqual(scenario.places.resolve("kernel.end-0x20000-initrd.start+0x10:nvs", known),
                         "0x1c00000-0x2000010:nvs")
        self.assertEqual(scenario.places.resolve("0x1000-0x2000:ram", known), "0x1000-0x2000:ram")

    def test_names_in_steps_and_events(self):
        """QMP takes a number where a place is all there is; a file's name stays one."""
        known = {("kernel", "start"): 0x1000000}
        self.assertEqual(
            scenario.places.resolve_all({"steps": ["live", "aml:kernel.start+0x10"],
                                         "event": [{"val": "kernel.start+0x2000", "size": 1, "file": "{work}/0x1"}]},
                                        known),
            {"steps": ["live", "aml:0x1000010"], "event": [{"val": 0x1002000, "size": 1, "file": "{work}/0x1"}]})

    def test_no_map_has_an_address_of_one_kernel(self):
        """Up to 64 MiB all is the kernel's, the initrd's, or what follows; what is at
        1 MiB and below is the machine's."""
        for name in scenario.all_names():
            for start, end, _ in scenario.load(name).get("firmware", {}).get("map", []):
                for word in (start, end):
                    if not scenario.places.PLACE.search(word):
                        self.assertFalse(0x1000000 <= int(word, 0) < 0x4000000, f"{name}: {word}")


class Tables(Folder):
    """ACPI tables that a scenario brings along."""

    def tables(self):
        wanted = {"name": "replay-aml-nvs", "places": {("kernel", "start"): 0x3000000}}
        emulator = scenario.Emulator(wanted, self.folder)
        self.addCleanup(emulator.stop)
        with mock.patch.dict(scenario.os.environ, PATH=str(self.folder / "bin")):
            return list(emulator.tables())

    def test_have_the_addresses_of_this_kernel(self):
        self.program("iasl", "exit 0")
        self.assertEqual(self.tables(), ["-acpitable", f"file={self.folder}/nvs.aml"])
        text = (self.folder / "nvs.asl").read_text()
        self.assertIn("SystemMemory, 0x3500f42,", text)

    def test_what_the_compiler_says(self):
        self.program("iasl", "echo syntax error; exit 1")
        with self.assertRaisesRegex(scenario.HarnessError, "nvs.asl: syntax error"):
            self.tables()

    def test_without_a_compiler(self):
        with self.assertRaisesRegex(scenario.HarnessError, "acpica-tools"):
            self.tables()


class Pairs(Folder):
    """What depends on the versions of Xen and QEMU, and on the domUs' kernel."""

    def test_cpu_by_version(self):
        two = {"smp": 2}
        self.assertEqual(scenario.cpu(two, (7, 2)), "max,-svm,-xsave,-smap,-smep")
        self.assertEqual(scenario.cpu(two, (10, 0)), "max,-svm,-xsave,-x2apic")
        self.assertEqual(scenario.cpu(two | {"iommu": False}, (11, 1)), "max,-svm,-xsave")
        self.assertEqual(scenario.cpu({}, (11, 1)), "max,-svm,-xsave")

    def test_a_pair_has_a_folder_of_its_own(self):
        with mock.patch.multiple(scenario, XEN="4.20", QEMU="10"):
            self.assertEqual(scenario.work_folder("plain", "stock", "6.1").name,
                             "6.1-plain-stock-xen4.20-qemu10")

    def test_domus_with_a_kernel_of_their_own(self):
        out = self.folder / "out/linux-6.12"
        out.mkdir(parents=True)
        for file in (out / "bzImage", out / "initrd", out.parent / "xen.elf"):
            file.touch()
        with mock.patch.multiple(scenario, DOMU="6.1-stock", BUILD=self.folder):
            self.assertEqual(scenario.work_folder("plain", "stock", "6.12").name,
                             "plain-stock-domu6.1-stock")
            with self.assertRaisesRegex(scenario.HarnessError, "initrd-domu6.1-stock .*DOMU=6.1-stock"):
                scenario.Machine({}, "patched", "6.12", self.folder)
            (out / "initrd-domu6.1-stock").touch()
            machine = scenario.Machine({}, "patched", "6.12", self.folder)
            self.addCleanup(machine.stop)
            self.assertIn("initrd-domu6.1-stock", " ".join(machine.boot_arguments()))

    def test_uefi_and_another_way_to_start_xen(self):
        (self.folder / "both").mkdir()
        for other in ("xen = false\n", "[firmware]\nmap = []\n"):
            (self.folder / "both/scenario.toml").write_text("uefi = true\n" + other)
            with mock.patch.object(scenario, "SCENARIOS", self.folder):
                with self.assertRaisesRegex(scenario.HarnessError, r"no \[firmware\], and no xen = false"):
                    scenario.load("both")

    def test_uefi_reads_all_from_its_disk(self):
        out, ovmf = self.folder / "out/linux-6.12", self.folder / "ovmf"
        out.mkdir(parents=True)
        ovmf.mkdir()
        for file in (out / "bzImage", out / "initrd", out.parent / "xen.elf", out.parent / "xen.efi",
                     ovmf / "OVMF_CODE_4M.fd"):
            file.touch()
        with mock.patch.multiple(scenario, BUILD=self.folder, OVMF=ovmf):
            machine = scenario.Machine({"uefi": True, "xen": "dom0_mem=1G", "steps": ["live", "audit"]},
                                       "patched", "6.12", self.folder)
            self.addCleanup(machine.stop)
            with self.assertRaisesRegex(scenario.HarnessError, "OVMF_VARS_4M.fd is not there; try: scripts/packages"):
                machine.boot_arguments()
            (ovmf / "OVMF_VARS_4M.fd").touch()
            arguments = " ".join(machine.boot_arguments())
        self.assertNotIn("-kernel", arguments)
        self.assertIn(f"fat:rw:{self.folder}/disk,", arguments)
        disk = self.folder / "disk/EFI/BOOT"
        self.assertEqual({file.name for file in disk.iterdir()},
                         {"BOOTX64.EFI", "BOOTX64.cfg", "kernel", "initrd"})
        config = (disk / "BOOTX64.cfg").read_text().splitlines()
        self.assertTrue(config[3].startswith("options=") and config[3].endswith(" dom0_mem=1G"), config)
        self.assertTrue(config[4].startswith("kernel=kernel ") and config[4].endswith("xp2m.steps=live,audit"), config)

    def test_a_domu_with_another_kernel_than_that(self):
        for domu, said, verdict in (("6.1-stock", "6.1.192 stock", "pass"),
                                    ("6.1-stock", "6.12.117 stock", "fail"),
                                    ("6.12-stock", "6.12.117 patched", "fail"),
                                    ("6.12", "6.12.117 stock", "fail"),
                                    ("6.12-debian-amd64-stock", "6.12.117 stock", "pass"),
                                    ("", "7.3.4 patched", "pass"),
                                    ("", "7.3.4 stock", "fail")):
            run = Bare({})
            run.kernel, run.linux = "debug", "7.3"
            run.sections["kernel:domu"] = [said]
            with mock.patch.object(scenario, "DOMU", domu):
                run.check_domu()
            self.assertEqual(run.found(), {"domu-kernel": verdict}, (domu, said))
        run = Bare({"kept": "kept.tar"})
        run.sections["kernel:domu"] = ["6.12.117 stock"]
        run.check_domu()
        self.assertEqual(run.found(), {})

    def test_old_qemu_is_a_skip(self):
        with mock.patch.object(scenario, "qemu_version", return_value=(7, 2)):
            run = Bare({"name": "x", "qemu": 10})
            run.go()
            self.assertEqual(run.status(), scenario.SKIP)
            self.assertFalse(run.booted)
        self.assertIn("QEMU 10", run.checks[0]["detail"])


class Bare(scenario.Run):
    """A run that never was, to be asked what it would make of it."""

    def __init__(self, wanted, dmesg=(), console=""):
        self.scenario = wanted
        self.checks = []
        self.booted = False
        self.sections = {"dmesg:dom0": list(dmesg)}
        self.text = console

    def console(self):
        return self.text

    def found(self):
        return {c["name"]: c["status"] for c in self.checks}


class Verdict(unittest.TestCase):
    """Does the tool say that stock boots where it does, and dies where it does?"""

    agrees = load_script("plan-agrees")

    def fates(self, kernel, last_step, linux="6.12", **wanted):
        run = Bare(wanted)
        run.kernel, run.linux, run.last_step = kernel, linux, last_step
        return run.fates()

    def test_fates(self):
        self.assertEqual(self.fates("stock", "boot"), ["stock 6.12=dies"])
        self.assertEqual(self.fates("stock", "live", "6.1"), ["stock 6.1=boots"])
        # That of a configuration
        self.assertEqual(self.fates("stock", "live", "6.12-debian-amd64"), ["stock 6.12=boots"])
        self.assertEqual(self.fates("patched", "live", stock="crash"),
                         ["this series=boots", "stock 6.12=dies"])
        self.assertEqual(self.fates("debug", "live", stock="fail"),
                         ["this series=boots", "stock 6.12=boots"])
        self.assertEqual(self.fates("patched", "boot", "7.3", stock="crash"), [])

    def test_fate_by_version(self):
        """A stock that dies in one version only, as in replay-two-nvs, is a table."""
        self.assertEqual(self.fates("patched", "live", "6.12-debian-rt", stock={"6.12": "crash"}),
                         ["this series=boots", "stock 6.12=dies"])
        self.assertEqual(self.fates("patched", "live", stock={"6.12": "crash"}),
                         ["this series=boots", "stock 6.12=dies"])
        self.assertEqual(self.fates("patched", "live", stock={"6.1": "crash"}),
                         ["this series=boots", "stock 6.12=boots"])

    def verdict(self, *fates):
        said = {"verdict": "stock 6.12 dies", "kernels": [
            {"kernel": "stock 6.12 (as the log's 6.12.117)", "boots": False, "message": "last words"},
            {"kernel": "this series", "boots": True, "message": None}]}
        with mock.patch.object(self.agrees, "planned_from", return_value=(said, None)):
            return self.agrees.compare_verdict(b"", [fate.split("=") for fate in fates])

    def test_against_the_tool(self):
        self.assertEqual(self.verdict("stock 6.12=dies", "this series=boots")[0], "pass")
        self.assertEqual(self.verdict("stock 6.12=boots"),
                         ("fail", "stock 6.12 boots, the tool says: last words"))
        self.assertEqual(self.verdict("this series=dies"),
                         ("fail", "this series dies, the tool says: boots"))
        self.assertEqual(self.verdict("stock 6.1=boots")[0], "fail")


class Areas(unittest.TestCase):
    def test_initrd_and_list_follow_what_is_mapped(self):
        areas = scenario.dom0_areas(CONSOLE)
        self.assertEqual(areas["kernel"], (0x1000000, 0x1c20000))
        self.assertEqual(areas["start-info"], (0x1c20000, 0x1c204b8))
        self.assertEqual(areas["page-tables"], (0x1c21000, 0x1c34000))
        # start info of this boot: mod_start 0x2000, first_p2m_pfn 0x339a
        self.assertEqual(areas["initrd"], (0x2000000, 0x339a000))
        self.assertEqual(areas["p2m-list"], (0x339a000, 0x359a000))

    def test_no_areas_without_all_lines(self):
        self.assertEqual(scenario.dom0_areas("(XEN) Panic on CPU 0"), {})

    def aim(self, where, console=CONSOLE):
        run = Bare({"firmware": {"map": where}, "expect": {"over": ["kernel"]}}, (), console)
        run.check_aim()
        return run.found()["over-kernel"]

    def test_aim(self):
        self.assertEqual(self.aim([["0x1c1f000", "0x1c30000", "nvs"]]), "pass")
        self.assertEqual(self.aim([["0x1c20000", "0x1c30000", "nvs"]]), "error")
        self.assertEqual(self.aim([["0xff0000", "0x1000000", "nvs"]]), "error")
        self.assertEqual(self.aim([["0x1100000", "0x1200000", "ram"]]), "error")
        self.assertEqual(self.aim([["0x1100000", "0x1200000", "nvs"]], ""), "error")


class Layout(unittest.TestCase):
    def layout(self, **wanted):
        run = Bare({"expect": wanted}, DMESG)
        run.compare_expectations()
        return run.found()

    def test_registered_map(self):
        e820 = scenario.registered_e820(DMESG)
        self.assertEqual(e820, ["0x0-0x9f000:ram", "0x9fc00-0x100000:reserved",
                                "0x100800-0x102800:ram", "0x200000-0x201000:nvs",
                                "0x300000-0x301000:type-20"])
        self.assertEqual(scenario.ram_pages(e820), 0x9f + 1)
        self.assertIsNone(scenario.ram_pages([]))

    def test_registered_map_in_the_words_of_7_3(self):
        self.assertEqual(scenario.registered_e820([
            "[    0.000000] Xen: [mem 0x0000000000000000-0x000000000009efff]  System RAM",
            "[    0.000000] Xen: [gap 0x000000000009f000-0x000000000009fbff]",
            "[    0.000000] Xen: [mem 0x000000000009fc00-0x00000000000fffff]  device reserved",
            "[    0.000000] Xen: [mem 0x0000000000200000-0x0000000000200fff]  ACPI NVS",
        ]), ["0x0-0x9f000:ram", "0x9fc00-0x100000:reserved", "0x200000-0x201000:nvs"])

    def test_a_domu_reads_its_map_in_old_and_new_words(self):
        script = scenario.SCENARIOS / "domu-holes/domu.sh"
        for ram, unusable, other in ((" usable", " unusable", " reserved"),
                                     ("  System RAM", "  unusable", "  device reserved")):
            log = "".join(f"[    0.000000] Xen: [mem 0x{n}000-0x{n}fff]{words}\n"
                          for n, words in enumerate((ram, other, unusable)))
            done = subprocess.run(["sh", "-c", f'dmesg() {{ cat; }}; . "{script}"; domu_map'],
                                  input=log, text=True, capture_output=True, check=True)
            self.assertEqual(done.stdout, "0000 0fff\n2000 2fff\n", ram)

    def test_numbers(self):
        self.assertEqual(self.layout(remapped=[97, 97], released=[0, 3], ram=[160, 160]),
                         {"remapped": "pass", "released": "pass", "ram": "pass"})
        self.assertEqual(self.layout(remapped=[98, 99], released=[0, 2], ram=[0, 159]),
                         {"remapped": "fail", "released": "fail", "ram": "fail"})

    def test_entries_and_lines(self):
        self.assertEqual(self.layout(e820=["0x200000-0x201000:nvs"], log=["non-RAM"]),
                         {"e820-0x200000-0x201000:nvs": "pass", "log": "pass"})
        self.assertEqual(self.layout(e820=["0x200000-0x201000:acpi"], log=["^non-RAM"]),
                         {"e820-0x200000-0x201000:acpi": "fail", "log": "fail"})

    def test_nothing_said_is_a_failure(self):
        run = Bare({"expect": {"remapped": [0, 9], "domu": {"ram": [0, 9]}}})
        run.compare_expectations()
        self.assertEqual(run.found(), {"remapped": "fail", "domu-ram": "fail"})


DIED = "[   20.1] xl[77]: segfault at 10 ip 00007f sp 00007f error 4\r\n"


class Scripted(scenario.Run):
    """Runs that come to what the test has for them, one after the other."""

    wanted = []

    def __init__(self, *args):
        super().__init__(*args)
        self.status_wanted, self.text = self.wanted.pop(0)

    def go(self):
        (self.work / "console.log").write_text(self.text)
        self.check(self.status_wanted, "live", "detail")

    def finish(self):
        pass


class Flaky(Folder):
    """A scenario that failed as a process was killed runs once more, and it counts; some run
    after another one."""

    def run_twice(self, *wanted, name="plain"):
        Scripted.wanted = list(wanted)
        with mock.patch.multiple(scenario, Run=Scripted, BUILD=self.folder), \
                redirect_stdout(io.StringIO()) as said:
            run = scenario.run_one(scenario.load(name), "patched", "6.12", False)
        return run.result(), said.getvalue()

    def test_second_run_passes(self):
        result, said = self.run_twice(("fail", DIED), ("pass", ""))
        self.assertEqual(result["status"], "flaky")
        self.assertEqual(result["first"]["checks"][0]["status"], "fail")
        self.assertIn("segfault at 10", result["first"]["died"])
        self.assertRegex(said, r"(?s)fail  plain.*plain\.first/.*flaky plain")
        self.assertEqual((self.folder / "scenario/plain.first/console.log").read_text(),
                         DIED.replace("\r\n", "\n"))

    def test_second_run_fails(self):
        result, said = self.run_twice(("fail", DIED), ("crash", ""))
        self.assertEqual(result["status"], "crash")
        self.assertRegex(said, r"(?s)fail  plain.*crash plain")

    def test_no_second_run(self):
        """Neither without a process that died, nor where the first one passed."""
        for status, console in (("fail", "all well"), ("pass", DIED)):
            result, _ = self.run_twice((status, console))
            self.assertEqual(result["status"], status)
            self.assertNotIn("first", result)

    def test_what_counts_the_dead_does_not_run_again(self):
        result, _ = self.run_twice(("fail", DIED), name="spawn")
        self.assertEqual(result["status"], "fail")

    def saved_elsewhere(self, kernel, before):
        """The order of the runs and their results, the first as given."""
        order = []

        class Ordered(Scripted):
            def go(self):
                order.append((self.scenario["name"], self.kernel, self.scenario.get("kept")))
                super().go()

        Scripted.wanted = [(before, ""), ("pass", "")]
        with mock.patch.multiple(scenario, Run=Ordered, BUILD=self.folder), \
                mock.patch.object(scenario.subprocess, "run"), redirect_stdout(io.StringIO()):
            run = scenario.run_one(scenario.load("saved-elsewhere"), kernel, "6.12", False)
        return order, run.result()

    def test_comes_after_the_run_on_the_other_kernel(self):
        for kernel, other, suffix in (("patched", "stock", "-stock"), ("stock", "patched", ""),
                                      ("debug", "stock", "-stock")):
            order, result = self.saved_elsewhere(kernel, "pass")
            kept = self.folder.resolve() / f"scenario/save-kept{suffix}/kept.tar"
            self.assertEqual(order, [("save-kept", other, None), ("saved-elsewhere", kernel, kept)])
            self.assertEqual(result["status"], "pass")

    def test_what_comes_after_a_failure_is_not_run(self):
        order, result = self.saved_elsewhere("patched", "crash")
        self.assertEqual([name for name, *_ in order], ["save-kept"])
        self.assertEqual((result["scenario"], result["status"]), ("saved-elsewhere", "crash"))
        self.assertIn("save-kept (stock)", result["checks"][0]["detail"])

    def results(self, flaky, of):
        first = {"status": "fail", "died": "xl died",
                 "checks": [{"status": "fail", "name": "live", "detail": "3 of 10"}]}
        return [{"scenario": f"s{i}", "kernel": "patched", "checks": [],
                 "status": "flaky" if i < flaky else "pass", "first": first}
                for i in range(of)]

    def test_share(self):
        self.assertIsNone(scenario.too_flaky(self.results(1, 1)))
        self.assertIsNone(scenario.too_flaky(self.results(3, 30)))
        self.assertIn("4 of 30", scenario.too_flaky(self.results(4, 30)))
        self.assertIn("2 of 10", scenario.too_flaky(self.results(2, 10)))

    def test_skipped_beside_passed_is_no_skip(self):
        def status(*words):
            return scenario.exit_status([{"scenario": word, "kernel": "patched", "status": word} for word in words])

        self.assertEqual(status("skip", "skip"), 77)
        self.assertEqual(status("pass", "skip"), 0)
        self.assertEqual(status("skip", "flaky"), 0)
        self.assertEqual(status("pass", "skip", "fail"), 1)
        self.assertEqual(status("flaky", "flaky", "skip"), 1)

    def test_results_file(self):
        path = self.folder / "results.tsv"
        scenario.write_results(path, self.results(2, 2))
        share, first, _ = path.read_text().splitlines()
        self.assertRegex(share, r"^fail\tflaky-share\t2 of 2 .*: s0 s1$")
        self.assertEqual(first, "flaky\ts0/first-run\tfail live: 3 of 10; xl died")


class Channel(unittest.TestCase):
    """Long sections come packed, as the line is slow."""

    def pack(self, text):
        return "@zip " + base64.b64encode(gzip.compress(text)).decode()

    def test_plain_line(self):
        self.assertEqual(scenario.unpacked("@step live"), ["@step live"])
        self.assertEqual(scenario.unpacked(""), [""])

    def test_packed_section(self):
        lines = scenario.unpacked(self.pack(b"@begin a\nx\x85y\r\n\xff\n@end a\n"))
        self.assertEqual(lines, ["@begin a", "x\ufffdy", "\ufffd", "@end a"])

    def test_spoilt(self):
        whole = self.pack(b"@begin a\n@end a\n")
        for line in (whole[:-8], whole[:-3], "@zip !", "@zip AAAA"):
            status = scenario.unpacked(line)[0]
            self.assertTrue(status.startswith("@check error channel "), status)


class Section(unittest.TestCase):
    """What a guest says of a command ends where its section ends."""

    def said(self, command):
        lib = SCRIPTS / "guest/lib.sh"
        done = subprocess.run(["bash", "-c", f"exec 3>&1; . {lib}; section x {command}"], text=True,
                              capture_output=True, check=True)
        return done.stdout

    def test_last_line_without_its_end(self):
        self.assertEqual(self.said("printf 'a\nb'"), "@begin x\na\nb\n@end x\n")

    def test_whole_lines_and_none(self):
        self.assertEqual(self.said("echo a"), "@begin x\na\n@end x\n")
        self.assertEqual(self.said("true"), "@begin x\n@end x\n")


class Kept(Folder):
    """Files that dom0 leaves for the host, and for a later boot."""

    def setUp(self):
        super().setUp()
        self.program = self.folder / "bar"
        subprocess.run(["gcc", "-Wall", "-Werror", "-o", self.program, SCRIPTS / "guest/bar.c"], check=True)
        # As sysfs has the device
        (self.folder / "enable").write_text("0")
        self.bar = self.folder / "resource2"
        self.bar.write_bytes(bytes(1 << 20))
        (self.folder / "out").mkdir()

    def guest(self, command):
        lib = SCRIPTS / "guest"
        script = (f'exec 3>&1; . {lib}/lib.sh; . {lib}/pci.sh; PATH=$PATH:{self.folder}; '
                  f'cd {self.folder}; {command}')
        return subprocess.run(["bash", "-c", script], env={"KEPT": str(self.folder), "PATH": "/usr/bin:/bin"},
                              text=True, capture_output=True, check=False)

    def test_comes_back_in_the_next_boot(self):
        (self.folder / "saved").write_bytes(b"\x7fELF" * 50000)
        (self.folder / "said").write_text("words")
        done = self.guest("keep save saved said && take_kept restore out")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual((self.folder / "out/saved").read_bytes(), b"\x7fELF" * 50000)
        # The host takes it for the tar that it is.
        names = subprocess.run(["tar", "-tf", self.bar], text=True, capture_output=True, check=True)
        self.assertEqual(names.stdout, "saved\nsaid\n")
        self.assertEqual((self.folder / "enable").read_text(), "1\n")

    def test_what_is_too_large_or_not_there(self):
        (self.folder / "large").write_bytes(bytes(1 << 20))
        for command, says in (("keep save large", "larger than the 1048576 bytes"),
                              ("keep save nothing", "not kept: "),
                              ("rm resource2; keep save enable", "no key keep"),
                              ("rm resource2; take_kept restore out", "no key keep")):
            done = self.guest(command)
            self.assertNotEqual(done.returncode, 0, command)
            self.assertRegex(done.stdout, rf"^@check error (save|restore) .*{says}", command)

    def test_a_device_of_the_machine(self):
        words = list(scenario.Emulator({"keep": "256M"}, self.folder).devices())
        self.assertIn(f"memory-backend-file,id=kept,size=256M,share=on,mem-path={self.folder}/kept.tar", words)
        self.assertIn("ivshmem-plain,memdev=kept,addr=1e.0", words)
        self.assertRegex((SCRIPTS / "guest/pci.sh").read_text(), r"0000:00:1e\.0")
        self.assertEqual(list(scenario.Emulator({}, self.folder).devices()), [])

    def test_a_run_begins_with_that_of_another(self):
        path = self.folder / "kept.tar"
        path.write_bytes(b"saved")
        one = {"name": "plain", "keep": "256M"}
        with mock.patch.object(scenario, "BUILD", self.folder):
            run = scenario.Run(one | {"kept": scenario.kept_before(one, path)}, "stock", "6.12")
            self.assertEqual((run.work / "kept.tar").read_bytes(), b"saved")
            for wanted, file in (({"name": "plain"}, path), (one, self.folder / "no")):
                with self.assertRaises(scenario.HarnessError):
                    scenario.kept_before(wanted, file)
            with self.assertRaisesRegex(scenario.HarnessError, "would be removed"):
                scenario.Run(one | {"kept": scenario.kept_before(one, run.work / "kept.tar")}, "stock", "6.12")


class ConsoleChannel(Folder):
    """A guest may have no port of its own that works: it speaks on the console then."""

    def test_what_it_says_between_other_lines(self):
        with mock.patch.object(scenario, "BUILD", self.folder):
            run = scenario.Run({"name": "plain", "dom0": "xp2m.channel=hvc0"}, "patched", "6.12")
        console = run.work / "console.log"
        console.write_bytes(b"(XEN) up\n[    1.0] x\r\n@step live\n@check pass li")
        machine = mock.Mock()

        def poll():
            """It says the rest and ends while it is looked at."""
            if machine.process.poll.call_count == 2:
                with open(console, "ab") as file:
                    file.write(b"ve 9 cases\r\n@verdict done\r\n")
            return None if machine.process.poll.call_count < 2 else 0

        machine.process.poll.side_effect = poll
        with mock.patch.object(scenario.time, "sleep"):
            run.follow(machine, None)
        self.assertEqual(run.checks, [{"status": "pass", "name": "live", "detail": "9 cases"}])
        self.assertEqual((run.last_step, run.done), ("live", True))


class Hung(Folder):
    """A guest is hung when it is silent, not when the machine is slow."""

    def setUp(self):
        super().setUp()
        with mock.patch.multiple(scenario, BUILD=self.folder), self.at(0):
            self.run_ = scenario.Run({"name": "plain", "limit": 100}, "patched", "6.12")

    def at(self, now):
        return mock.patch.object(scenario.time, "monotonic", return_value=now)

    def test_silence(self):
        for now, hung in ((99, False), (101, True)):
            with self.at(now):
                self.assertEqual(self.run_.hung(), hung)

    def test_console_that_grows(self):
        console = self.run_.work / "console.log"
        for now, text, hung in ((90, "a", False), (180, "ab", False), (279, "ab", False), (281, "ab", True)):
            console.write_text(text)
            with self.at(now):
                self.assertEqual(self.run_.hung(), hung, now)

    def test_talks_for_ever(self):
        with self.at(401):
            self.run_.heard = 400
            self.assertTrue(self.run_.hung())


if __name__ == "__main__":
    unittest.main()
