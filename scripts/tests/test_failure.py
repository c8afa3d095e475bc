# SPDX-License-Identifier: GPL-2.0
"""What a failed step tells: the first fault in its log, however far from the end it is."""

import os
import subprocess
import unittest

from support import SCRIPTS, Folder

KTAP = """
    # seed=0x1
    ok 1 test_before
    # seed=0x2
    # xen-p2m-tree-test.c:77: EXPECT_EQ (1, 2)
    not ok 2 test_random
"""


class Failure(Folder):
    def verify(self, text):
        (self.folder / "text").write_text(text)
        done = subprocess.run(
            ["bash", "-c", f'. {SCRIPTS}/lib.sh; logs=$1; results=$1/results; '
             'verify "suites" suites.log "read it" sh -c "cat $1/text; exit 1"; echo went on',
             "test", str(self.folder)], text=True, capture_output=True, check=True, env=os.environ)
        self.assertTrue(done.stdout.endswith("went on\n"))
        return (self.folder / "results").read_text(), done.stdout

    def test_fault_far_from_the_end(self):
        row, shown = self.verify(KTAP + "    ok 3 test_after\n" * 100)
        self.assertEqual(row, f"fail\tsuites\tsee {self.folder}/suites.log: "
                              "xen-p2m-tree-test.c:77: EXPECT_EQ (1, 2) (seed=0x2)\n")
        self.assertIn("    | " + "    not ok 2 test_random", shown)
        self.assertEqual(shown.count("test_after"), 14 + 25)

    def test_fault_near_the_end_is_shown_once(self):
        self.assertEqual(self.verify(KTAP)[1].count("not ok 2"), 1)

    def test_other_kinds(self):
        for line in ("WARNING: ThreadSanitizer: data race (pid=1)", "x.c:3:4: error: no such thing",
                     "==12==ERROR: AddressSanitizer: heap-use-after-free",
                     "tree.c:12:3: runtime error: shift", "make: *** [Makefile:5: check] Error 1"):
            self.assertIn(line, self.verify(f"first\n{line}\n")[0])

    def test_fuzzer_shows_what_it_tries(self):
        tried = '#1241\tNEW    cov: 956 MS: 1 ManualDict- DE: "(XEN) *** Building a PV Dom0 ***"-\n'
        row, shown = self.verify(tried + "broken promise: no gaps\n" + "frame\n" * 40)
        self.assertIn("suites.log: broken promise: no gaps\n", row)
        self.assertIn("    | broken promise", shown)
        self.assertIn("suites.log: \n", self.verify(tried)[0])

    def test_tabs_do_not_part_the_result(self):
        self.assertEqual(self.verify("a.c:1: one\ttwo\n")[0].count("\t"), 2)

    def test_no_line_that_tells(self):
        self.assertIn("suites.log: \n", self.verify("killed\n")[0])


if __name__ == "__main__":
    unittest.main()
