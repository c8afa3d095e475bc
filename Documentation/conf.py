# SPDX-License-Identifier: GPL-2.0
"""Sphinx settings: make docs builds build/docs with them."""

project = "xen-p2m"
root_doc = "index"
exclude_patterns = ["build"]

# The examples are terminal output and formats of our own.
highlight_language = "none"

html_theme = "alabaster"
html_theme_options = {
    "description": "The memory map of Linux under Xen PV",
    "page_width": "1080px",
    "sidebar_width": "240px",
    "fixed_sidebar": True,
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_show_copyright = False
html_show_sourcelink = False
