#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""scripts/lab collect, with a tool that says what a test wants"""

import json
import os
import subprocess
import unittest

from support import SCRIPTS, Folder, load_script

collect = load_script("lab-collect")

PLAN = {"input": {"written_by": {"release": "6.12.117", "xen": "4.17.7"}, "nr_pages": 262144,
                  "e820": [{"start": "0x0", "end": "0x9f000", "type": "usable"},
                           {"start": "0x9f000", "end": "0x100000", "type": "reserved"},
                           {"start": "0x100000", "end": "0x80000000", "type": "usable"}]},
        "moves": [{"nr": 97}, {"nr": 3}], "cost": {"p2m_pages": 517}, "error": None,
        "verdict": "stock boots here, so does this series"}
# Reads the file: one "no" in it is no input, one "finding" a finding.
TOOL = """#!/bin/sh
grep -q no "$3" && { echo "xen-p2m: $3: no memory map; paste more" >&2; exit 2; }
[ "$1" = plan ] && { cat "$(dirname "$0")/plan.json"; exit 0; }
grep -q log "$3" && exit 2
grep -q finding "$3" && { echo '{"findings": [1]}'; exit 1; }
echo '{"findings": []}'
"""
LAVA = """- {job: 7, suite: lava, name: job, result: pass}
- {job: 7, suite: 0_xen-p2m, name: live, result: pass}
- {job: 7, suite: 0_xen-p2m, name: kunit, result: fail}
"""


class Collect(Folder):
    def setUp(self):
        super().setUp()
        self.tool = self.folder / "tool" / "xen-p2m"
        self.tool.parent.mkdir()
        self.tool.write_text(TOOL)
        self.tool.chmod(0o755)
        self.plan(PLAN)
        self.hosts = self.folder / "hosts"
        self.hosts.mkdir()

    def plan(self, values):
        (self.tool.parent / "plan.json").write_text(json.dumps(values))

    def host(self, name, text=""):
        path = self.hosts / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run_script(self, *options):
        return subprocess.run([SCRIPTS / "lab", "collect", *options, self.hosts], text=True, capture_output=True,
                              check=False, env={**os.environ, "TOOL": str(self.tool)})

    def rows(self):
        done = self.run_script("--json")
        return done.returncode, json.loads(done.stdout)

    def test_report(self):
        self.host("a.tar.gz", "report")
        status, (row,) = self.rows()
        self.assertEqual(status, 0)
        self.assertEqual(row, {"host": "a", "well": True, "kernel": "6.12.117", "xen": "4.17.7", "ram": "2.0 GiB",
                               "memory": "1.0 GiB", "entries": 3, "moved": 100, "p2m": 517, "findings": 0,
                               "verdict": PLAN["verdict"]})

    def test_finding_is_not_well(self):
        self.host("a.tar", "finding")
        self.host("b.tar", "report")
        status, rows = self.rows()
        self.assertEqual((status, [row["well"] for row in rows]), (1, [False, True]))

    def test_no_plan_is_not_well(self):
        self.plan({**PLAN, "error": "full", "cost": None})
        self.host("a.tar")
        status, (row,) = self.rows()
        self.assertEqual((status, row["well"], row["p2m"]), (1, False, None))

    def test_log_has_no_findings_to_tell(self):
        self.host("a.log", "log")
        done = self.run_script()
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("findings", done.stdout)

    def test_file_that_cannot_be_read(self):
        self.host("a.log", "no")
        self.host("b.log", "log")
        done = self.run_script()
        self.assertEqual(done.returncode, 2)
        self.assertIn("hosts/a.log: no memory map; paste more", done.stderr)
        self.assertEqual(done.stdout.splitlines()[1].split()[0], "b")

    def test_tool_that_dies_without_a_word(self):
        self.tool.write_text("#!/bin/sh\nkill -9 $$\n")
        self.host("a.log", "log")
        done = self.run_script()
        self.assertEqual(done.returncode, 2)
        self.assertIn("hosts/a.log: xen-p2m plan ended with status -9", done.stderr)

    def test_lava_and_report_are_one_row(self):
        self.host("a.yaml", LAVA)
        self.host("a.tar", "report")
        status, (row,) = self.rows()
        self.assertEqual((status, row["passed"], row["failed"], row["moved"]), (1, 1, 1, 100))

    def test_lava_without_results(self):
        for text in ("", "- {job: 7}\n", "{a\n", "7\n"):
            self.host("a.yaml", text)
            done = self.run_script()
            self.assertEqual(done.returncode, 2, text)
            self.assertIn("a.yaml: no results: ", done.stderr)

    def test_results_json(self):
        misc = {"passed": 5, "failed": 0, "errors": 0}
        self.host("b/results.json", json.dumps({"misc": misc}))
        status, (row,) = self.rows()
        self.assertEqual((status, row["host"], row["passed"], row["failed"]), (0, "b", 5, 0))
        self.host("b/results.json", json.dumps({"misc": {**misc, "errors": 2}}))
        status, (row,) = self.rows()
        self.assertEqual((status, row["failed"]), (1, 2))

    def test_nothing(self):
        self.assertEqual(self.run_script().returncode, 2)

    def test_terminal_commands_are_not_passed_on(self):
        self.assertEqual(collect.table([{"host": "\x1b[2Ja", "moved": 0}])[1], "?[2Ja  0")

    def test_columns_of_what_there_is(self):
        lines = collect.table([{"host": "a", "moved": 3, "kernel": ""}, {"host": "longer", "xen": "4.20"}])
        self.assertEqual(lines, ["host    Xen   moved", "a       -     3", "longer  4.20  -"])


if __name__ == "__main__":
    unittest.main()
