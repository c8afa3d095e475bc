# SPDX-License-Identifier: GPL-2.0
"""Calls between the files of the tool, and of the core in it, go one way."""

import graphlib
import subprocess
import unittest
from pathlib import Path

import tool
from test_answer import CHECK


def calls(folder):
    """For each object the objects that it takes symbols from."""
    defined, wanted = {}, {}
    for path in sorted(folder.glob("*.o")):
        if not path.stem.startswith("core-") and not (tool.HERE.parent / f"{path.stem}.c").exists():
            continue        # of a file that is gone
        lines = subprocess.run(["nm", "-P", path], text=True, capture_output=True,
                               check=True).stdout.splitlines()
        symbols = [line.split()[:2] for line in lines]
        # What stands in for the kernel is below all.
        defined.update((name, path.stem) for name, kind in symbols
                       if kind in "TDBR" and not name.startswith("stub_"))
        wanted[path.stem] = [name for name, kind in symbols if kind == "U"]

    return {file: {defined[name] for name in names if name in defined}
            for file, names in wanted.items()}


class Calls(unittest.TestCase):
    def test_no_circle(self):
        for program, entry in ((tool.TOOL, "main"), (CHECK, "fuzz")):
            graph = calls(Path(program).parent)
            self.assertIn("machine", graph[entry])
            graphlib.TopologicalSorter(graph).prepare()

    def test_a_circle_is_noticed(self):
        with self.assertRaises(graphlib.CycleError):
            graphlib.TopologicalSorter({"read": {"machine"}, "machine": {"read"}}).prepare()


if __name__ == "__main__":
    unittest.main()
