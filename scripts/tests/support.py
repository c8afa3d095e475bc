# SPDX-License-Identifier: GPL-2.0
"""What the tests share: the scripts themselves, as modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from loading import SCRIPTS, load_script  # noqa: E402, F401 pylint: disable=wrong-import-position
