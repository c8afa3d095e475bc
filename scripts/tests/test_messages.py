# SPDX-License-Identifier: GPL-2.0
"""Documentation/troubleshooting.rst has each message of the kernel's side, and no other.

The messages are read from the sources: the texts of all calls that print, the
words that go into them, and what the series adds to files that upstream has.
"""

import re
import unittest
from collections import Counter
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
PAGE = REPO / "Documentation" / "troubleshooting.rst"

# What prints, and what makes a text that is printed later.
PRINTS = (r"pr_(?:emerg|alert|crit|err|warn|notice|info|debug|cont)(?:_once|_ratelimited)?|"
          r"(?:dev|pci)_(?:emerg|alert|crit|err|warn|notice|info|dbg)(?:_once)?|"
          r"printk(?:_once)?|panic|WARN(?:_ONCE)?|xen_raw_printk|xen_raw_console_write|"
          r"sn?printf|scnprintf")
SILENT = r"WARN_ON(?:_ONCE)?|BUG_ON|BUG"
# Files all of whose texts are words of messages.
WORDS = ("layout-text.c", "identity-text.c")
# Its texts are put together to one line, so each is a part of a message.
PARTS = ("apply.c",)

STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CONVERSION = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?(?:hh|ll|[hlzL])?[diuxXscp]")
# What the page has for a value: N, A, REASON, or three dots.
STAND_IN = r"(?:[A-Z][A-Z0-9]*|\.\.\.)"


def without_comments(text):
    """C without comments, its lines where they were."""
    def blank(match):
        return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|//[^\n]*', blank, text, flags=re.S)


def arguments(text, start):
    """What is in the parentheses that open in front of start."""
    depth, at = 1, start
    while depth and at < len(text):
        string = STRING.match(text, at)
        depth += {"(": 1, ")": -1}.get(text[at], 0) if not string else 0
        at = string.end() if string else at + 1
    return text[start:at - 1]


def unescaped(text):
    return text.replace("\\n", "").replace("\\t", " ").replace('\\"', '"').replace("\\\\", "\\")


def first_text(text, macros):
    """The first string in it: literals in a row, and macros that are literals."""
    piece = r'(?:"(?:[^"\\\n]|\\.)*"' + "".join(rf"|\b{name}\b" for name in macros) + ")"
    run = re.search(rf"{piece}(?:\s+{piece})*", text)
    if not run:
        return None
    found = "".join(macros.get(word, word[1:-1]) for word in re.findall(piece, run[0]))
    return unescaped(found)


def function_at(text, at):
    """The function that this is in: the last line before that begins one."""
    names = re.findall(r"^\w[^\n;={]*?\b(\w+)\([^;]*$", text[:at].rpartition("\n}")[2], re.M)
    return names[0] if names else "?"


def messages_in(text):
    """All texts that are printed; of what has none, the line of its warning."""
    text = without_comments(text)
    macros = {name: value for name, value in re.findall(r'#define\s+(\w+)\s+"(.*)"$', text, re.M)}
    for call in re.finditer(rf"(?<!\w)(?:{PRINTS})\s*\(", text):
        found = first_text(arguments(text, call.end()), macros)
        if found:
            yield found
    for call in re.finditer(rf"(?<!\w)(?:{SILENT})\s*\(", text):
        yield f"WARNING: %s {function_at(text, call.start())}"
    # Why something was not measured.
    for reason in re.findall(r'why_not\s*=[^;]*;', text):
        yield from map(unescaped, STRING.findall(reason))
    for entry in re.findall(r'\{\s*"[a-z-]+",\s*\w+,\s*\w+,\s*"([^"]*)"\s*\}', text):
        yield unescaped(entry)


def words_in(text):
    """All texts that are not part of what messages_in() reads."""
    text = re.sub(r"^\s*#.*$", "", without_comments(text), flags=re.M)
    calls = [(c.start(), c.end() + len(arguments(text, c.end())))
             for c in re.finditer(rf"(?<!\w)(?:{PRINTS})\s*\(", text)]
    for literal in re.finditer(r'"(?:[^"\\\n]|\\.)*"(?:\s+"(?:[^"\\\n]|\\.)*")*', text):
        if not any(start <= literal.start() < end for start, end in calls):
            yield unescaped("".join(STRING.findall(literal[0])))


def overlay():
    """The kernel's side: what is built into a kernel, and the modules."""
    for top in ("arch", "drivers", "include", "tools/testing/break"):
        yield from sorted(path for path in (REPO / top).rglob("*.[ch]")
                          if path.name != "seam-generic.h")


def messages_of_overlay():
    for path in overlay():
        text = path.read_text(encoding="utf-8")
        found = list(messages_in(text))
        if path.name in WORDS:
            found += words_in(text)
        for message in found:
            yield message, path.name


def hunks(patch):
    """Of each hunk: the lines as they are before, and as they are after."""
    for hunk in re.split(r"^@@[^\n]*\n", patch, flags=re.M)[1:]:
        lines = re.split(r"^--- ", hunk, flags=re.M)[0].splitlines()
        yield ("\n".join(line[1:] for line in lines if line[:1] in " -"),
               "\n".join(line[1:] for line in lines if line[:1] in " +"))


def messages_of_series(patches):
    """What the patches add and no later one takes away again."""
    left = Counter()
    for patch in patches:
        change = Counter()
        for before, after in hunks(patch):
            change.update(messages_in(after))
            change.subtract(messages_in(before))
        for message, number in change.items():
            left[message] = max(0, left[message] + number)
    return sorted(message for message, number in left.items() if number)


def of_other_files(patch):
    """A patch without what it does to files of ours, which overlay() has."""
    pieces = re.split(r"^(?=--- \S+\n\+\+\+ )", patch, flags=re.M)
    names = [re.match(r"--- \S+\n\+\+\+ (?:b/)?(\S+)", piece) for piece in pieces]
    return "".join(piece for piece, name in zip(pieces, names)
                   if not name or not (REPO / name[1].replace("drivers/xen/p2m/kunit/", "kunit/")).exists())


def all_series():
    """The texts of the patches, for each kernel there is a series for."""
    for path in sorted((REPO / "patches").glob("linux-*/series")):
        yield [of_other_files((path.parent / name).read_text(encoding="utf-8"))
               for name in path.read_text(encoding="utf-8").splitlines()
               if name and not name.startswith("#")]


def says_something(message):
    """Not a mere frame for other texts, such as "xen/p2m: %s"."""
    return re.search(r"[A-Za-z]", CONVERSION.sub("", re.sub(r"^(?!Hint: )[\w/-]+: ", "", message)))


def all_messages():
    """Each message, and the file it is from."""
    found = list(messages_of_overlay())
    found += [(message, "the series") for patches in all_series()
              for message in messages_of_series(patches)]
    return sorted({(" ".join(message.split()), where) for message, where in found
                   if says_something(message)})


def pattern(message, where=""):
    """How the page writes it: with a stand-in for each value."""
    body = STAND_IN.join(re.escape(piece.replace("%%", "%")) for piece in CONVERSION.split(message))
    return body if where not in PARTS else rf".*{body}.*"


def literals(text):
    """What is between double back quotes."""
    return {" ".join(found.split()) for found in re.findall(r"``(.+?)``", text, re.S)}


def has(said, message, where=""):
    """Is it there, as a whole? In front may be whose message it is."""
    wanted = re.compile(rf"(?:.*: )?{pattern(message, where)}")
    return any(wanted.fullmatch(literal) for literal in said)


def missing(page, messages):
    said = literals(page)
    return [f"{where}: {message}" for message, where in messages if not has(said, message, where)]


def first_cells(page):
    """What the tables of messages have in front: each is to be a message."""
    part = page.partition(".. _kernel-messages:")[2].partition(".. _tool-messages:")[0]
    for row in re.split(r"^ +\* - ", part, flags=re.M)[1:]:
        cell = re.split(r"^ +- ", row, flags=re.M)[0]
        yield from literals(cell)


def not_a_message(page, messages):
    return [cell for cell in first_cells(page)
            if not any(has({cell}, message, where) for message, where in messages)]


class Sources(unittest.TestCase):
    """What is taken for a message."""

    def test_calls(self):
        self.assertEqual(list(messages_in('''
            #define MEM "[mem %#llx]"
            /* pr_err("no"); */
            pr_err("a %s "
                   "b\\n", x);
            dev_warn(dev, "c: %s\\n", d(1, ")"));
            snprintf(buf, size, "d " MEM, e);
            xen_raw_console_write(line);
        ''')), ["a %s b", "c: %s", "d [mem %#llx]"])

    def test_warnings_without_words_are_known_by_their_function(self):
        self.assertEqual(list(messages_in(
            "static int one(void)\n{\n}\n\nvoid __init two(struct x *s,\n\t\t int b)\n{\n"
            "\tif (three(s))\n\t\tWARN_ON(s);\n}\n")), ["WARNING: %s two"])

    def test_words(self):
        self.assertEqual(list(words_in('#include "a.h"\nx = { [A] =\n\t"b c" };\n'
                                       'pr_info("no");\nreturn y ? "d" : "e";\n')),
                         ["b c", "d", "e"])

    def test_series_forgets_what_a_later_patch_removes(self):
        add = '--- a/x\n+++ b/x\n@@ -1,1 +1,3 @@\n old\n+pr_err("one\\n");\n+pr_err("two\\n");\n'
        remove = '--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n-pr_err("one\\n");\n-pr_err("stock\\n");\n'
        self.assertEqual(messages_of_series([add]), ["one", "two"])
        self.assertEqual(messages_of_series([add, remove]), ["two"])

    def test_some_of_each_source_are_found(self):
        messages = dict(all_messages())
        for message, where in (
                ("Failed to pin a page of the P2M", "p2m-seam.c"),
                ("Too many %s: no room for [mem %#018llx-%#018llx]", "layout-text.c"),
                ("moves of pages", "layout-text.c"),
                ("set aside for pages of other domains", "identity-text.c"),
                ("no unused MMIO, try map_base=", "xen-p2m-bench.c"),
                ("no shared identity leaf", "xen-p2m-bench.c"),
                ("WARNING: %s xen_p2m_flush", "p2m-seam.c"),
                ("DMA buffer of %d pages leaked: Xen gave memory for %lu only", "the series")):
            self.assertEqual(messages.get(message), where)


class Matching(unittest.TestCase):
    def test_stand_ins(self):
        said = literals("``xen-p2m: N of A-B is REASON`` and ``a  b\n  c``")
        self.assertTrue(has(said, "%lu of %#llx-%#llx is %s"))
        self.assertTrue(has(said, "a b c"))
        self.assertFalse(has(said, "%lu of %#llx-%#llx"))
        self.assertFalse(has(said, "b c"))
        self.assertTrue(has({"x: requested N, lost N"}, ": requested %lu, lost %lu", "apply.c"))


class Page(unittest.TestCase):
    def setUp(self):
        self.page = PAGE.read_text(encoding="utf-8")
        self.messages = all_messages()

    def test_has_each_message(self):
        self.assertEqual(missing(self.page, self.messages), [])

    def test_tables_have_nothing_else(self):
        self.assertEqual(not_a_message(self.page, self.messages), [])
        self.assertGreater(len(list(first_cells(self.page))), 50)

    def test_removing_one_is_noticed(self):
        for message, where in self.messages:
            wanted = re.compile(rf"(?:.*: )?{pattern(message, where)}")
            page = re.sub(r"``(.+?)``", lambda literal: "gone" if wanted.fullmatch(
                " ".join(literal[1].split())) else literal[0], self.page, flags=re.S)
            self.assertIn(f"{where}: {message}", missing(page, self.messages))

    def test_a_changed_message_is_noticed(self):
        found = missing(self.page, [("Failed to pin two pages of the P2M", "x")])
        self.assertEqual(len(found), 1)

    def test_prefixes_of_the_modules(self):
        for path in overlay():
            text = path.read_text(encoding="utf-8")
            for prefix in re.findall(r'#define pr_fmt\(fmt\) "(.*: )" fmt', text):
                self.assertTrue(f"``{prefix}" in self.page or "\tpr_" not in text, prefix)


if __name__ == "__main__":
    unittest.main()
