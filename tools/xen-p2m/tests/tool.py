# SPDX-License-Identifier: GPL-2.0
"""How the tests run xen-p2m."""

import json
import os
import pathlib
import subprocess
import unittest

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
LOGS = HERE / "logs"
TOOL = os.environ.get("XEN_P2M", str(TOP / "build/tools/asan/xen-p2m"))
# Without sanitizers, for many runs of one kind
FAST = os.environ.get("XEN_P2M_FAST", TOOL)


def run(*args, text=b"", program=TOOL):
    """The outcome of a run with @text as standard input."""
    if isinstance(text, str):
        text = text.encode()
    done = subprocess.run([program, *map(str, args)], input=text, capture_output=True,
                          check=False, timeout=120)
    done.out = done.stdout.decode()
    done.err = done.stderr.decode()
    assert done.returncode in (0, 1, 2), f"{args}: status {done.returncode}: {done.err}"
    return done


def plan(*args, text=b"", program=TOOL):
    """What plan --json says, as an object, and the exit status."""
    done = run("plan", "--json", *args, text=text, program=program)
    assert done.out, f"{args}: nothing printed: {done.err}"
    return json.loads(done.out), done.returncode


def read_log(name):
    """One of the logs."""
    return (LOGS / name).read_text(encoding="utf-8")


def xen_map(*regions):
    """The lines of a map in Xen's log; RAM if a region has no type."""
    return "(XEN) Xen-e820 RAM map:\n" + "".join(
        f"(XEN)  [{start:016x}, {last:016x}] ({kind[0] if kind else 'usable'})\n"
        for start, last, *kind in regions)


def validator():
    """Of all that is printed as JSON."""
    schema = TOP / "Documentation/xen-p2m.schema.json"
    return jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))


class Case(unittest.TestCase):
    """What tests of several files ask for."""

    def refused(self, message, *args, text=b""):
        """Status 2, nothing on standard output, and a message like this."""
        done = run(*args, text=text)
        self.assertEqual((done.returncode, done.out), (2, ""), (args, done.err))
        self.assertRegex(done.err, message)

    def refused_text(self, text, message, *args):
        self.refused(message, "plan", *args, text=text)
