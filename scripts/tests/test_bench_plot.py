# SPDX-License-Identifier: GPL-2.0
"""scripts/bench-plot and scripts/bench-sweep on made-up figures; nothing boots."""

import contextlib
import io
import json
import re
import shutil
import unittest
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace
from unittest import mock

from support import SCRIPTS, Folder, load_script

SVG = "{http://www.w3.org/2000/svg}"

plot = load_script("bench-plot")
sweep = load_script("bench-sweep")


def point(panel, kernel, x, setup, **more):
    return {"panel": panel, "key": x, "kernel": kernel, "x": x, "setup": setup, **more}


LIMIT = [point("limit", "stock", 512, 1600000000), point("limit", "stock", 16384, 51200000000),
         point("limit", "patched", 512, 4400000), point("limit", "patched", 16384, 5000000)]
PAGES = [point("pages", "stock", 97, 1600000000), point("pages", "stock", 524417, 2500000000)]


class Figures(Folder):
    def setUp(self):
        super().setUp()
        self.input = self.folder / "bench-sweep.json"
        self.output = self.folder / "bench-plot.svg"

    def write(self, points, **more):
        self.input.write_text(json.dumps({
            "linux": "6.12", "unit": "guest instructions", "panels": sweep.PANELS,
            "points": points, **more}), encoding="utf-8")

    def draw(self, points):
        self.write(points)
        with contextlib.redirect_stdout(io.StringIO()):
            plot.main([f"--input={self.input}", f"--output={self.output}"])
        return ElementTree.fromstring(self.output.read_text(encoding="utf-8"))

    def fails(self):
        """What the script itself says, run as the user does."""
        done = self.run_script("bench-plot", f"--input={self.input}", f"--output={self.output}")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse(self.output.exists())
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr


@unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
class Picture(Figures):
    def words(self, points):
        return "".join(self.draw(points).itertext())

    def test_is_a_picture_with_all_that_was_measured(self):
        root = self.draw(LIMIT + PAGES)
        self.assertEqual(root.tag, f"{SVG}svg")
        words = "".join(root.itertext())
        for title in ("(GiB)", "(pages)", "(extents)", "(guest instructions)", "16384", "not measured"):
            self.assertIn(title, words)
        self.assertEqual((words.count("stock"), words.count("patched")), (4, 2))

    def test_order_of_the_file_does_not_matter(self):
        self.draw(LIMIT + PAGES)
        first = self.output.read_bytes()
        self.draw((LIMIT + PAGES)[::-1])
        self.assertEqual(self.output.read_bytes(), first)

    def test_missing_series_are_left_out(self):
        words = self.words(LIMIT[:2])
        self.assertNotIn("patched", words)
        self.assertIn("not measured", words)

    def test_one_point_alone(self):
        self.assertIn("stock", self.words(LIMIT[:1]))

    def test_boots_that_went_wrong_are_none(self):
        bad = {"panel": "limit", "key": 2048, "kernel": "stock", "problems": ["crash"]}
        self.draw([bad, *LIMIT])
        first = self.output.read_bytes()
        self.draw(LIMIT)
        self.assertEqual(self.output.read_bytes(), first)

    def test_gnuplot_gets_each_point(self):
        """In the order of their sizes, and no other."""
        self.write(LIMIT[::-1])
        top, series = plot.read(self.input)
        lines = list(plot.draw_panel("limit", top["panels"]["limit"], series["limit"], "x"))
        start = lines.index("$data_patched << EOD")
        self.assertEqual(lines[start + 1:start + 4], ["512 4400000", "16384 5000000", "EOD"])

    def test_points_of_several_builds_are_told_of(self):
        top = {"points": [point("limit", "stock", 512, 1, build="a"), point("limit", "stock", 2048, 1, build="b"),
                          point("limit", "patched", 512, 1, build="a")]}
        self.assertEqual([re.sub(r" are.*", "", note) for note in plot.notes(top)],
                         ["note: the points of stock"])


class Errors(Figures):
    def test_not_measured(self):
        said = self.fails()
        self.assertIn("nothing was measured yet", said)
        self.assertIn("try: scripts/bench-sweep --build", said)

    def test_of_something_else(self):
        for text in ("{", "[]", '{"linux": "6.12", "boots": {}}'):
            self.input.write_text(text, encoding="utf-8")
            self.assertIn("is not of scripts/bench-sweep", self.fails())

    def test_no_point(self):
        self.write([{"panel": "limit", "key": 1, "kernel": "stock", "problems": ["crash"]}])
        self.assertIn("no point that was measured", self.fails())

    def test_points_that_are_none(self):
        for bad in (point("limit", "stock", 0, 5), point("limit", "stock", 5, "7"),
                    point("limit", "debug", 5, 7), point("speed", "stock", 5, 7)):
            self.write([*LIMIT, bad])
            self.assertIn("is not of scripts/bench-sweep", self.fails())


class Points(unittest.TestCase):
    """The boots of scripts/bench-sweep."""

    def test_each_has_its_own_name(self):
        points = sweep.all_points(sweep.PANELS)
        names = {p.scenario()["name"] for p in points}
        self.assertEqual(len(names), len(points))
        self.assertEqual({p.panel for p in points}, set(sweep.PANELS))

    def test_keys_are_those_of_scenarios(self):
        known = {"name", "firmware"}
        for path in (SCRIPTS / "bench.d").glob("*/scenario.toml"):
            known |= set(sweep.runner.tomllib.loads(path.read_text(encoding="utf-8")))
        for p in sweep.all_points(sweep.PANELS):
            self.assertLessEqual(set(p.scenario()), known)

    def test_holes(self):
        for number in sweep.HOLES:
            ranges = [(int(start, 16), int(end, 16)) for start, end, _ in sweep.holes(number)]
            self.assertEqual(len(ranges), number)
            self.assertEqual(sum(end - start for start, end in ranges), sweep.HOLE_PAGES * sweep.PAGE)
            self.assertTrue(all(start % sweep.PAGE == 0 for start, _ in ranges))
            ends = [sweep.HOLES_START, *(end for _, end in ranges), sweep.HOLES_END]
            self.assertEqual(ends, sorted(ends))
            # RAM in between, or it would be one hole.
            self.assertTrue(all(end < start for (_, end), (start, _) in zip(ranges, ranges[1:])))

    def test_limits_have_kernels_of_their_own_but_the_plain_one(self):
        config = (SCRIPTS / "config" / "dom0.config").read_text(encoding="utf-8")
        self.assertIn(f"CONFIG_XEN_MEMORY_HOTPLUG_LIMIT={sweep.LIMIT_OF_PLAIN}\n", config)
        self.assertEqual([p.variant for p in sweep.all_points(["limit"])],
                         ["", "-limit2048", "-limit4096", "-limit16384"])


class Sweep(Figures):
    """What is kept, left out and tried again. Boots are made up."""

    def setUp(self):
        super().setUp()
        self.booted = []
        self.said = []
        self.broken = set()
        for target, name, new in ((sweep.bench, "measure", self.measure), (sweep, "build_of", lambda *_: "b1"),
                                  (sweep, "why_not_bootable", self.why_not)):
            patcher = mock.patch.object(target, name, new)
            patcher.start()
            self.addCleanup(patcher.stop)

    def measure(self, scenario, kernel, linux):
        self.booted.append((scenario["name"], kernel, linux))
        if scenario["name"] in self.broken:
            raise sweep.runner.HarnessError("QEMU did not start")
        return {"seconds": 1.5, "logs": "l", "setup": 4000, "remapped": 97, "to_init": 1, "problems": []}

    def why_not(self, p, _kernel, _linux):
        return "no such kernel was built" if p.variant == "-limit4096" else None

    def run_sweep(self, **options):
        figures = sweep.Figures(self.input, "6.12")
        options = SimpleNamespace(**{"kernels": ["stock", "patched"], "linux": "6.12", "again": False, **options})
        return sweep.sweep(sweep.all_points(["limit"]), options, figures, self.said.append)

    def points(self):
        return json.loads(self.input.read_text(encoding="utf-8"))["points"]

    def test_measures_and_says_what_is_not_there(self):
        self.assertEqual(self.run_sweep(), (6, 0, 2))
        self.assertIn(("sweep-limit-2048", "stock", "6.12-limit2048"), self.booted)
        self.assertEqual(len(self.points()), 6)
        self.assertEqual(self.points()[0], {"panel": "limit", "key": 512, "kernel": "patched", "build": "b1",
                                            "seconds": 1.5, "logs": "l", "x": 512, "setup": 4000, "remapped": 97})
        self.assertTrue(any("no such kernel was built; try: scripts/bench-sweep --build" in s for s in self.said))

    def test_what_is_there_is_not_measured_again(self):
        self.run_sweep()
        self.booted.clear()
        self.assertEqual(self.run_sweep(), (0, 6, 2))
        self.assertEqual(self.booted, [])
        self.assertEqual(self.run_sweep(again=True), (6, 0, 2))
        self.assertEqual(len(self.points()), 6)

    def test_a_failure_keeps_the_rest_and_is_tried_again(self):
        self.broken = {"sweep-limit-2048"}
        self.assertEqual(self.run_sweep(), (4, 0, 4))
        self.assertIn({"panel": "limit", "key": 2048, "kernel": "stock", "build": "b1",
                       "problems": ["error harness: QEMU did not start"]}, self.points())
        self.broken = set()
        self.booted.clear()
        self.assertEqual(self.run_sweep(), (2, 4, 2))
        self.assertEqual({name for name, _, _ in self.booted}, {"sweep-limit-2048"})

    def test_a_failure_does_not_take_an_old_figure_away(self):
        self.run_sweep()
        self.broken = {"sweep-limit-512"}
        self.run_sweep(again=True)
        self.assertEqual(sum("setup" in p for p in self.points()), 6)

    def test_another_build_is_told_of(self):
        self.run_sweep()
        with mock.patch.object(sweep, "build_of", lambda *_: "b2"):
            self.run_sweep()
        self.assertTrue(any("of another build" in s for s in self.said))

    def test_files_that_are_not_of_this(self):
        self.write([], linux="6.1")
        with self.assertRaisesRegex(sweep.runner.HarnessError, "of Linux 6.1, not 6.12; try: --output"):
            sweep.Figures(self.input, "6.12")
        self.input.write_text("[", encoding="utf-8")
        with self.assertRaisesRegex(sweep.runner.HarnessError, "damaged"):
            sweep.Figures(self.input, "6.12")

    def test_what_is_measured_can_be_drawn(self):
        self.run_sweep()
        with contextlib.redirect_stdout(io.StringIO()):
            plot.main([f"--input={self.input}", f"--output={self.output}"])
        ElementTree.parse(self.output)


if __name__ == "__main__":
    unittest.main()
