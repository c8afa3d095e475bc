# SPDX-License-Identifier: GPL-2.0
"""The mutants that scripts/mutate makes of a text, and what it counts."""

import io
import random
import re
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from support import load_script

mutate = load_script("mutate")

FUNCTION = """\
#define LIMIT 7
static const int table[] = { 5 };
static bool f(struct tree *t, int n)
{
	unsigned long pfn = n;	/* if (n) */

	if (n < 3 && t)
		return false;
	lockdep_assert_held(&t->lock);
	WARN_ON(n > 9);
	t->pfn = pfn;
	report(t, "a = 1;");
	return g(t) ? -EINVAL : n;
}
"""


def mutants(text):
    source = mutate.Source("x.c", text)
    return [(m.kind, text[m.start:m.end], m.text) for m in source.mutants()]


class Operators(unittest.TestCase):
    def setUp(self):
        self.found = mutants(FUNCTION)

    def of(self, kind):
        return [(was, now) for k, was, now in self.found if k == kind]

    def test_conditions(self):
        self.assertEqual(self.of("negate"), [("n < 3 && t", "(!(n < 3 && t))"),
                                             ("g(t)", "(!(g(t)))")])
        self.assertEqual(self.of("swap"), [("&&", "||")])
        self.assertEqual(self.of("operand"), [("n < 3", "(!(n < 3))"), ("t", "(!(t))")])
        self.assertEqual(self.of("boundary"), [("<", "<=")])

    def test_constants(self):
        """Neither of directives, nor of tables, nor of what never happens."""
        self.assertEqual(self.of("constant"), [("3", "4"), ("false", "true")])
        self.assertEqual([now for kind, _, now in mutants("int f(void)\n{\n\tx(1UL, 0x1f);\n}\n")
                          if kind == "constant"], ["0UL", "32"])

    def test_statements(self):
        """No declaration, no assertion."""
        self.assertEqual(self.of("delete"), [("t->pfn = pfn;", ";"),
                                             ('report(t, "a = 1;");', ";")])
        jumps = mutants("void f(void)\n{\n\tfor (;;) {\n\t\tif (x)\n\t\t\tbreak;\n\t\t*p = 2;\n\t}\n}\n")
        self.assertIn(("delete", "break;", ";"), jumps)
        self.assertIn(("delete", "*p = 2;", ";"), jumps)

    def test_returns(self):
        self.assertEqual(self.of("return"), [
            ("g(t) ? -EINVAL : n", "0"), ("g(t) ? -EINVAL : n", "(!(g(t) ? -EINVAL : n))")])
        self.assertEqual([now for kind, _, now in mutants("int f(void)\n{\n\treturn -ENOMEM;\n}\n")
                          if kind == "return"], ["0"])

    def test_line_and_what_it_becomes(self):
        source = mutate.Source("x.c", FUNCTION)
        mutant = next(m for m in source.mutants() if m.kind == "boundary")
        self.assertEqual(source.lines(mutant),
                         (7, "if (n < 3 && t)", "if (n <= 3 && t)"))


class AllAtOnce(unittest.TestCase):
    LABELS = """\
int f(int n)
{
again:
	switch (n ? 1 : 2) {
	case 1:
		goto again;
	default:
		break;
	}
out:
	return n;
}
"""

    def test_body_for_each_mutant(self):
        source = mutate.Source("x.c", FUNCTION)
        chosen = dict(enumerate(source.mutants()[:2], 7))
        text = source.with_all(chosen)
        self.assertIn('case 7: { \n# 1 "mutant-7"', text)
        self.assertIn("if ((!(n < 3 && t)))", text)
        self.assertIn('default: { \n# 4 "x.c"', text)
        self.assertEqual(text.count("report(t"), 3)

    def test_labels_are_of_one_body(self):
        source = mutate.Source("x.c", self.LABELS)
        text = source.with_all({1: source.mutants()[0]})
        self.assertEqual(text.count("__label__ again, out;"), 2)

    def test_without_mutants_it_is_as_it_was(self):
        self.assertTrue(mutate.Source("x.c", FUNCTION).with_all({}).endswith(FUNCTION))


class QuickFirst(unittest.TestCase):
    def test_a_tenth_of_the_time(self):
        self.assertEqual(mutate.quick_first({"a": 8.0, "b": 0.5, "c": 0.1}), [["c", "b"], ["a"]])

    def test_one_case(self):
        self.assertEqual(mutate.quick_first({"a": 8.0}), [["a"]])


class Verdict(unittest.TestCase):
    def verdict(self, sample, *results):
        options = SimpleNamespace(sample=sample, least=90.0)
        return [status for status, _, _ in mutate.verdict(dict(results), options)]

    def test_each_file(self):
        """What the compiler refuses is no mutant, and so is an equivalent one."""
        good = ["failed"] * 8 + ["crashed", "survived", "refused"]
        self.assertEqual(self.verdict(None, ("a.c", (good, 5)), ("b.c", (good + ["survived"], 5))),
                         ["pass", "fail"])

    def test_sample_is_judged_as_a_whole(self):
        self.assertEqual(self.verdict(5, ("a.c", (["survived"], 0)), ("b.c", (["failed"] * 9, 0))),
                         ["pass"])

    def test_sample_is_the_same_each_time(self):
        source = mutate.Source("x.c", FUNCTION)
        options = SimpleNamespace(sample=3, seed="20260606")
        first = mutate.choose(source, options)
        random.seed(5)
        self.assertEqual(first, mutate.choose(source, options))
        self.assertEqual(len(first), 3)


CORE = """\
int clamp(int n)
{
	if (n > 5)
		return 5;
	n += 0;
	return n;
}
"""
SUITE = """\
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include "clamp.c"
int main(void)
{
	struct itimerval limit = { .it_value.tv_sec = atoi(getenv("limit")) };
	int bad;

	setitimer(ITIMER_PROF, &limit, NULL);
	bad = clamp(6) != 5 || clamp(2) != 2;
	printf("    # Subtest: clamp\\n    %s 1 clamp\\n", bad ? "not ok" : "ok");
	return bad;
}
"""
MAKEFILE = """\
SUITES	= xen-p2m-clamp-test
top	:= $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../../..)
asan	= -fsanitize=address
$(O)/fast/%: $(top)/kunit/%.c
	mkdir -p $(@D) && gcc $(fast) -I$(top)/drivers/xen/p2m -o $@ $<
$(O)/asan/%: $(top)/kunit/%.c
	mkdir -p $(@D) && gcc $(asan) -I$(top)/drivers/xen/p2m -o $@ $<
"""
EQUIVALENT = """\
[[equivalent]]
file = "clamp.c"
line = "if (n > 5)"
becomes = "if (n >= 5)"
reason = "5 is 5 either way"
"""


class WholeRun(unittest.TestCase):
    """A repository with one file of a core, and a suite that does not see all."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        for name, text in (("drivers/xen/p2m/clamp.c", CORE), ("include/none.h", ""),
                           ("kunit/xen-p2m-clamp-test.c", SUITE),
                           ("tools/testing/p2m/Makefile", MAKEFILE),
                           ("equivalents.toml", EQUIVALENT)):
            (self.top / name).parent.mkdir(parents=True, exist_ok=True)
            (self.top / name).write_text(text)

    def run_script(self, *options):
        """Exit status, and what was said."""
        with mock.patch.multiple(mutate, TOP=self.top, BUILD=self.top / "build",
                                 EQUIVALENTS=self.top / "equivalents.toml"), \
                mock.patch.object(sys, "argv", ["mutate", "--jobs=2", *options]), \
                redirect_stdout(io.StringIO()) as said:
            return mutate.main(), said.getvalue()

    def test_killed_survived_equivalent(self):
        status, said = self.run_script(f"--results={self.top}/results.tsv")
        self.assertEqual(status, 1, said)
        survivors = re.findall(r"survived: clamp.c:(\d+): (\w+)", said)
        # Of the line that does nothing its deletion alone makes no difference.
        self.assertEqual(survivors, [("5", "delete")])
        self.assertIn("clamp.c: 6 of 7 killed", said)
        self.assertIn("1 equivalent", said)
        self.assertRegex((self.top / "results.tsv").read_text(), r"^fail\tmutate/clamp.c\tclamp.c: 6 of 7")

    def test_enough(self):
        self.assertEqual(self.run_script("--least=80")[0], 0)

    def test_killed_ones_are_not_run_again(self):
        killed = self.top / "killed"
        self.run_script(f"--killed={killed}")
        lines = killed.read_text().splitlines()
        self.assertEqual(len(lines), 6)
        killed.write_text("\n".join(line.replace("failed", "crashed") for line in lines))
        _, said = self.run_script(f"--killed={killed}")
        self.assertIn("6 of 7 killed (0 failed, 6 crashed", said)

        (self.top / "drivers/xen/p2m/clamp.c").write_text("\n" + CORE)
        _, said = self.run_script(f"--killed={killed}")
        self.assertIn("6 of 7 killed (6 failed, 0 crashed", said)

    def test_refused_by_the_compiler(self):
        (self.top / "drivers/xen/p2m/clamp.c").write_text(
            CORE.replace("n += 0;", '_Static_assert(sizeof(char[4 - 3]), "");'))
        _, said = self.run_script()
        self.assertRegex(said, r"[1-9] refused")

    def test_endless_loop_is_killed_by_its_cpu_time(self):
        (self.top / "equivalents.toml").unlink()
        (self.top / "drivers/xen/p2m/clamp.c").write_text(
            "int clamp(int n)\n{\n\twhile (n > 5)\n\t\tn--;\n\treturn n;\n}\n")
        _, said = self.run_script("--limit=1")
        # Without the decrement there is no end.
        self.assertRegex(said, r"[1-9] hung")

    def test_suite_that_fails_on_the_original(self):
        (self.top / "drivers/xen/p2m/clamp.c").write_text(CORE.replace("n > 5", "n > 9"))
        with self.assertRaisesRegex(mutate.HarnessError, "fails on the original"):
            self.run_script()

    def test_equivalent_that_is_no_mutant(self):
        (self.top / "equivalents.toml").write_text(EQUIVALENT.replace("n >= 5", "n >= 6"))
        with self.assertRaisesRegex(mutate.HarnessError, "that there are not"):
            self.run_script()


class Equivalents(unittest.TestCase):
    def test_each_is_a_mutant_with_a_reason(self):
        if not mutate.EQUIVALENTS.exists():
            self.skipTest("there are none")
        sources = {}
        for name, line, becomes in mutate.known_equivalents():
            if name not in sources:
                source = mutate.sources_of([name])[name]
                sources[name] = {source.lines(m)[1:] for m in source.mutants()}
            self.assertIn((line, becomes), sources[name], name)


if __name__ == "__main__":
    unittest.main()
