# SPDX-License-Identifier: GPL-2.0
"""What scripts in Python share: where things lie, how a fault is told, and each other."""

import os
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
TOP = SCRIPTS.parent
BUILD = Path(os.environ.get("BUILD", TOP / "build"))
LINUX = os.environ.get("LINUX", "6.12")


class Fault(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, cause, remedy):
        super().__init__(f"{cause}\n  try: {remedy}")


def columns(rows):
    """A line a row of words, its columns as wide as what is in them."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def load_script(name):
    """scripts/NAME as a module of its own: it has no suffix, so import does not find it. No
    bytecode is left beside it."""
    loader = SourceFileLoader("xen_p2m_" + name.replace("-", "_"), str(SCRIPTS / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    # dataclasses look for it there.
    sys.modules[loader.name] = module
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module
