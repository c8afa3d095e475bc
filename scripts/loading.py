# SPDX-License-Identifier: GPL-2.0
"""Scripts as modules: they have no suffix, so import does not find them."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent


def load_script(name):
    """scripts/NAME as a module of its own; no bytecode is left beside it."""
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
