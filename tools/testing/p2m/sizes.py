#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Count with callgrind how work on the P2M grows with the size of a host.

    sizes.py PROGRAM DIRECTORY

Prints a table, and draws DIRECTORY/sizes.svg. Exit status 1 if something grows faster
than it may.
"""

import math
import pathlib
import subprocess
import sys

from instructions import counted_calls

# Of each sweep: what its size is, and the power of the size that it may grow with.
SWEEPS = {
    "plan-host": ("plan: GiB of the host", 0),
    "plan-e820": ("plan: entries of the E820 map", 2),
    "execute-ranges": ("execution: ranges with 65536 pages to move", 0.2),
    "execute-pages": ("execution: pages to move", 1),
    "adopt": ("tree: GiB of dom0", 1),
    "claim": ("identity: BARs of 16 MiB", 1),
    "hotplug": ("tree: hot-plugs of 128 MiB", 1),
}
# What does not depend on the size at all may still vary by so much in the power.
SLACK = 0.02


def power(points):
    """By which power of the size it grew in the last step"""
    (size, _, count), (next_size, _, next_count) = points[-2:]
    return math.log(next_count / count) / math.log(next_size / size)


def draw(sweeps, path):
    lines = ["set terminal svg size 860,520 font 'sans-serif,11' background rgb 'white'",
             "set logscale xy", "set format xy '%.0s %c'", "set key outside right top",
             "set grid", "set xlabel 'size'", "set ylabel 'instructions'"]
    for name, points in sweeps.items():
        lines += [f"${name.replace('-', '_')} << EOD", *(f"{x} {y}" for x, _, y in points), "EOD"]
    lines.append("plot " + ", ".join(f"${name.replace('-', '_')} with linespoints lw 2 title '{SWEEPS[name][0]}'"
                                     for name in sweeps))
    path.write_text(subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True,
                                   stdout=subprocess.PIPE, check=True).stdout)


def main():
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    sweeps, bad = {}, []
    for (name, size, pages), count in counted_calls(program, directory, "counted"):
        sweeps.setdefault(name, []).append((int(size), int(pages), count))
    print(f"{'size':>8}  {'instructions':>14}  {'pages':>8}  what the size is")
    for name, points in sweeps.items():
        what, may = SWEEPS[name]
        for size, pages, count in points:
            print(f"{size:8}  {count:14}  {pages:8}  {what}")
        if power(points) > may + SLACK:
            bad.append(f"{what}: grows with the power {power(points):.2f} of it, may with {may}")
    draw(sweeps, directory / "sizes.svg")
    if bad:
        sys.exit("\n".join(bad))


if __name__ == "__main__":
    main()
