# SPDX-License-Identifier: GPL-2.0
"""Documentation/ABI has each debugfs file of the code, and no other."""

import re
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
FOLDER = REPO / "Documentation" / "ABI" / "testing"
DEBUGFS = "/sys/kernel/debug"

# In this order, as the kernel's Documentation/ABI/README has them.
TAGS = ["What", "Date", "KernelVersion", "Contact", "Description", "Users"]

CREATES = r"debugfs_create_(?!dir\b|symlink\b)\w+"


def sources():
    for top in ("arch", "drivers", "include", "kunit"):
        yield from sorted((REPO / top).rglob("*.[ch]"))


# -- what the code has -------------------------------------------------------


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def split_arguments(text):
    """What is between the commas, and how long it is, to the closing parenthesis."""
    parts, depth, start = [], 1, 0
    for at, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if not depth or (char == "," and depth == 1):
            parts.append(text[start:at].strip())
            start = at + 1
        if not depth:
            return parts
    raise ValueError(f"no end: {text[:60]}")


def unquoted(text):
    if not re.fullmatch(r'"[^"]*"', text):
        raise KeyError(text)
    return text[1:-1]


class Folders:
    """Says what folder of debugfs an expression in a file stands for."""

    def __init__(self, text):
        self.text = text

    def function(self, name):
        """What a function has in its body."""
        found = re.search(rf"^[^\n;=]*\b{name}\([^;{{]*\)\n\{{\n(.*?)^\}}", self.text, re.M | re.S)
        return found[1] if found else None

    def path(self, expression, body=""):
        """The path, or a KeyError for what this does not understand."""
        if expression == "NULL":
            return ""
        known = re.fullmatch(r"xen_p2m_debugfs_dir\((.*)\)", expression)
        if known:
            return f"/xen/{unquoted(known[1])}"
        call = re.fullmatch(r"(\w+)\((.*)\)", expression, re.S)
        if not call:
            return self.variable(expression, body)
        if call[2]:
            name, parent = split_arguments(call[2] + ")")
            return f"{self.path(parent, body)}/{unquoted(name)}"
        inside = self.function(call[1])
        if inside is None:
            raise KeyError(expression)
        made = re.search(r"debugfs_create_dir\(.*?\)", inside)[0]
        return self.path(made, inside)

    def variable(self, name, body):
        """Where it is set: in the function, or else anywhere in the file."""
        for text in (body, self.text):
            found = re.search(rf"\b{name} = ([^;]+);", text)
            if found:
                return self.path(found[1], text)
        raise KeyError(name)


def debugfs_files(text):
    """The paths of the files which this source makes."""
    text = without_comments(text)
    folders = Folders(text)
    for call in re.finditer(rf"\b{CREATES}\(", text):
        name, parent = [part for part in split_arguments(text[call.end():])
                        if not re.fullmatch(r"0\d+|S_I\w+", part)][:2]
        start = text.rfind("\n{\n", 0, call.start())
        body = text[start:text.find("\n}", call.start())]
        yield f"{DEBUGFS}{folders.path(parent, body)}/{unquoted(name)}"


# -- what the files have -----------------------------------------------------


def entries(text):
    """Each entry: a list of tag and text."""
    found = []
    for line in text.splitlines():
        tag = re.match(r"(\w+):(.*)", line)
        if tag and tag[1] == "What":
            found.append([])
        if tag:
            found[-1].append((tag[1], tag[2].strip()))
        elif found:
            name, before = found[-1][-1]
            found[-1][-1] = (name, f"{before}\n{line}".strip())
    return found


def all_entries():
    return [entry for path in sorted(FOLDER.iterdir())
            for entry in entries(path.read_text(encoding="utf-8"))]


class Reading(unittest.TestCase):
    """What is made of sources and of files."""

    def test_folders(self):
        self.assertEqual(list(debugfs_files('''
static struct dentry *folder(const char *name, struct dentry *parent)
{
	return debugfs_create_dir(name, parent);
}

static int one(void)
{
	struct dentry *dir;

	dir = folder("b", folder("a", NULL));
	file = debugfs_create_file("c", 0400, dir, NULL, &fops);
	debugfs_create_u32("d", 0400, xen_p2m_debugfs_dir("p2m"), &value);
}

static int two(void)
{
	dir = debugfs_create_dir("e", NULL);
	debugfs_create_file("f", 0400, dir, NULL, &fops);
}
''')), [f"{DEBUGFS}/a/b/c", f"{DEBUGFS}/xen/p2m/d", f"{DEBUGFS}/e/f"])

    def test_entries(self):
        self.assertEqual(entries("What:\t\ta\nDate:\t\tb\n\t\tc: d\n\nWhat:\t\te\n"),
                         [[("What", "a"), ("Date", "b\n\t\tc: d")], [("What", "e")]])


class Files(unittest.TestCase):
    def described(self, below):
        return sorted(entry[0][1] for entry in all_entries() if entry[0][1].startswith(below))

    def test_each_debugfs_file_has_its_entry(self):
        made = sorted(path for source in sources()
                      for path in debugfs_files(source.read_text(encoding="utf-8")))
        self.assertIn(f"{DEBUGFS}/xen/p2m/pci", made)
        self.assertEqual(self.described(DEBUGFS), made)

    def test_nothing_else_is_there(self):
        for entry in all_entries():
            self.assertTrue(entry[0][1].startswith(DEBUGFS + "/"), entry[0][1])

    def test_tags(self):
        for entry in all_entries():
            self.assertEqual([tag for tag, _ in entry], TAGS, entry[0][1])
            self.assertTrue(all(text for _, text in entry), entry[0][1])

    def test_words_of_the_files_are_those_of_the_code(self):
        """Types and states: a new one has to be described."""
        text = {entry[0][1]: dict(entry)["Description"] for entry in all_entries()}
        for path, source, pattern in (
                ("xen/mmu/p2m", "drivers/xen/p2m/debugfs.c", r'\[XEN_P2M_\w+\]\s*= "(\w+)"'),
                ("xen-p2m-audit/p2m", "drivers/xen/p2m/audit/xen-p2m-audit.c", r'\[AUDIT_\w+\]\s*= "(\w+)"'),
                ("xen/p2m/pci", "drivers/xen/p2m/pci.c", r'seq_\w+\(m, "(\w+)')):
            words = re.findall(pattern, (REPO / source).read_text(encoding="utf-8"))
            self.assertGreaterEqual(len(words), 3, path)
            for word in words:
                self.assertRegex(text[f"{DEBUGFS}/{path}"], rf"\b{word}\b")


if __name__ == "__main__":
    unittest.main()
