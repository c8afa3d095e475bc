# SPDX-License-Identifier: GPL-2.0
"""How the tests run xen-p2m."""

import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
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


def plan(*args, text, program=TOOL):
    """What plan --json says, as an object, and the exit status."""
    done = run("plan", "--json", *args, text=text, program=program)
    assert done.out, f"{args}: nothing printed: {done.err}"
    return json.loads(done.out), done.returncode
