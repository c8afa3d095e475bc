# SPDX-License-Identifier: GPL-2.0
"""What scripts/dump-agrees reads in a dump, in crash's words and in the domU's."""

import struct
import unittest

from support import SCRIPTS, Folder, load_script

agrees = load_script("dump-agrees")

VTOP = """\
VIRTUAL           PHYSICAL        
ffffc90000000000  2bc1000         

PGD DIRECTORY: ffffffff8182b000
PAGE DIRECTORY: 1395bb067 [machine]
"""
RD = """\
ffffc90000000000:  000000000017e000 000000000017e001   ................
ffffc90000000010:  000000000017e002 000000000017e003   aaaaaaaaaaaaaaaa
"""
PS = """\
      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM
>       0       0   0  ffffffff8180a580  RU   0.0        0        0  [swapper/0]
        1       0   0  ffff888000060000  IN   1.1     2260     1444  sleep
        3       2   0  ffff888000102000  IN   0.0        0        0  [pool_workqueue_]
"""


def elf(path, p2m, pages):
    """A dump as xl makes it, as far as it is read"""
    names = b"\0.shstrtab\0.xen_pages\0.xen_p2m\0"
    table = b"".join(struct.pack("<QQ", *entry) for entry in p2m)
    bodies = [(b".shstrtab", names), (b".xen_pages", pages), (b".xen_p2m", table)]
    at, sections, data = 64 + 64 * 4, [bytes(64)], b""
    for name, body in bodies:
        sections.append(struct.pack("<IIQQQQIIQQ", names.index(name), 1, 0, 0, at + len(data), len(body), 0, 0, 0, 0))
        data += body
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02", 4, 62, 1, 0, 0, 64, 0, 64, 0, 0, 64, 4, 1)
    path.write_bytes(head + b"".join(sections) + data)


class Read(Folder):
    def dump(self, p2m):
        elf(self.folder / "dump", p2m, b"".join(bytes([pfn]) * 4096 for pfn, _ in p2m))
        return agrees.Dump(self.folder / "dump")

    def test_p2m_and_pages(self):
        dump = self.dump([(0, 7), (1, 9), (4, 8)])
        self.assertEqual(dump.mfns, {0: 7, 1: 9, 4: 8})
        self.assertEqual((dump.page(4)[0], dump.page(2)), (4, b""))
        said = [" [0x0->0x2] pfn", " [0x2->0x4] identity", " [0x4->0x5] pfn"]
        self.assertIsNone(agrees.compare_p2m(dump, {"told:p2m": said})[0])
        self.assertIn("the domU has", agrees.compare_p2m(dump, {"told:p2m": said[:2]})[0])

    def test_mfn_that_two_pages_have(self):
        dump = self.dump([(0, 7), (1, 7)])
        self.assertIn("twice", agrees.compare_p2m(dump, {"told:p2m": [" [0x0->0x2] pfn"]})[0])

    def test_page_of_a_process(self):
        said = {"told:held": ["process 40", "memory 0x7f0000000000 0x0", "device 0x7f0000001000 0xfea00000 0x10000ed"]}
        elf(self.folder / "dump", [(0, 7)], b"".join(struct.pack("<Q", agrees.PATTERN + i) for i in range(0, 4096, 8)))
        self.assertIsNone(agrees.compare_page(agrees.Dump(self.folder / "dump"), said)[0])
        self.assertEqual(agrees.compare_page(self.dump([(0, 7)]), said)[0], "other words")
        self.assertEqual(agrees.held(said["told:held"])["device"], (0x7f0000001000, 0xfea00000))

    def test_a_device_is_no_memory(self):
        said = {"told:held": ["device 0x7f0000001000 0xfea00000 0x10000ed"]}
        self.assertIsNone(agrees.compare_device(self.dump([(0, 7)]), said)[0])
        for entry in ((0, 0xfea00), (0xfea00, 7)):
            elf(self.folder / "dump", [entry], bytes(4096))
            self.assertIsNotNone(agrees.compare_device(agrees.Dump(self.folder / "dump"), said)[0])

    def test_list(self):
        dump = self.dump([(pfn, 0x17e000 + pfn) for pfn in range(4)])
        self.assertIsNone(agrees.compare_list(dump, RD)[0])
        self.assertIsNotNone(agrees.compare_list(dump, "")[0])
        self.assertIsNotNone(agrees.compare_list(self.dump([(0, 1), (1, 2), (2, 3), (3, 4)]), RD)[0])


class Symbols(unittest.TestCase):
    """By these names crash tells how a kernel keeps its P2M, see Documentation/testing.rst."""

    OURS = [path for folder in ("arch", "drivers", "include") for path in (SCRIPTS.parent / folder).rglob("*.[ch]")]

    def test_none_of_an_older_kernel(self):
        self.assertGreater(len(self.OURS), 20)
        for path in self.OURS:
            self.assertNotRegex(path.read_text(encoding="utf-8"),
                                r"\b(p2m_mid_missing|p2m_top|phys_to_machine_mapping|end_pfn)\b *(\[.*\])?(=|;)", path)

    def test_the_one_that_leads_to_the_dump_s_list(self):
        self.assertTrue(any("xen_p2m_addr = " in path.read_text(encoding="utf-8") for path in self.OURS))


class Words(unittest.TestCase):
    def test_vtop(self):
        self.assertEqual(agrees.translated(VTOP), 0x2bc1000)
        self.assertIsNone(agrees.translated("VIRTUAL  PHYSICAL\nffffc90000000000  (not mapped)\n"))
        self.assertEqual(agrees.compare_vtop(VTOP, 0x2bc1000), (None, "0x2bc1000"))
        self.assertEqual(agrees.compare_vtop("", 0x1000), ("is 0x1000", "not translated"))

    def test_rd(self):
        self.assertEqual(agrees.words_of(RD), [0x17e000, 0x17e001, 0x17e002, 0x17e003])

    def test_stacks(self):
        lines = ["0xffffc90000201000-0xffffc90000206000   20480 dup_task_struct+0x4e/0x1b0 pages=4 vmalloc",
                 "0xffffc90000000000-0xffffc90000201000 2101248 vmalloc",
                 # Of a kernel with small functions inlined
                 "0xffffc90040208000-0xffffc9004020d000   20480 kernel_clone+0xa4/0x1d6 pages=4 vmalloc",
                 "0xffffc90040200000-0xffffc90040205000   20480 irq_init_percpu_irqstack+0x9b/0xd1 vmap"]
        self.assertEqual(agrees.stacks(lines), [0xffffc90000201000, 0xffffc90040208000])
        good = "ffffc90000201000:  0000000057ac6e9d                    .n.W....\n"
        self.assertIsNone(agrees.compare_stacks([good])[0])
        self.assertIsNotNone(agrees.compare_stacks([good, RD])[0])
        gone = "rd: invalid kernel virtual address: ffffc9004034c000  type: \"64-bit KVADDR\"\n"
        self.assertIsNone(agrees.compare_stacks([good, gone])[0])
        self.assertIsNotNone(agrees.compare_stacks([good] + [gone] * 3)[0])
        self.assertIsNotNone(agrees.compare_stacks([gone])[0])
        self.assertIsNotNone(agrees.compare_stacks([])[0])

    def test_ps(self):
        self.assertEqual(agrees.processes(PS)[3], (2, "pool_workqueue_"))
        threads = [f"{pid} 2 thread{pid}" for pid in range(2, 20)]
        rows = "".join(f"       {pid:2}       2   0  ffff888000060000  IN   0.0        0        0  [thread{pid}]\n"
                       for pid in range(2, 20))
        said = {"told:processes": ["1 0 init", "30 1 sh"] + threads}
        self.assertEqual(agrees.compare_ps(said, PS + rows)[0], None)
        self.assertIsNotNone(agrees.compare_ps(said, PS)[0])
        self.assertEqual(agrees.compare_ps({"told:processes": threads[:3]}, rows)[0], "too few")

    def test_mod(self):
        text = ("     MODULE       NAME                       BASE           SIZE  OBJECT FILE\n"
                "ffffffffa0005000  xen_p2m_live_test    ffffffffa0000000    40960  (not loaded)\n")
        said = {"told:modules": ["xen_p2m_live_test 40960 0 - Live 0xffffffffa0000000"]}
        self.assertIsNone(agrees.compare_mod(said, text)[0])
        self.assertIsNotNone(agrees.compare_mod(said, "")[0])


if __name__ == "__main__":
    unittest.main()
