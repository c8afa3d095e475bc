#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Count the instructions of each plan of a real map, with callgrind.

    instructions.py PROGRAM DIRECTORY [LIMIT]

Prints the largest numbers. Exit status 1 if one is above LIMIT.
"""

import pathlib
import re
import subprocess
import sys

SHOWN = 10


def count(path):
    """Instructions in one of callgrind's files, 0 if there is no total."""
    found = re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.M)
    return int(found.group(1)) if found else 0


def counted_calls(program, directory, function):
    """Of each call of the function: the words that the program prints of it, and its
    instructions"""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("out*"):
        old.unlink()
    result = subprocess.run(
        ["valgrind", "--quiet", "--tool=callgrind",
         f"--toggle-collect={function}", f"--dump-after={function}",
         f"--callgrind-out-file={directory}/out", program],
        check=True, stdout=subprocess.PIPE, text=True)
    calls = [line.split() for line in result.stdout.splitlines()]
    counts = [count(directory / f"out.{i}") for i in range(1, len(calls) + 1)]
    if not calls or not all(counts):
        sys.exit("callgrind did not count each call")
    return list(zip(calls, counts))


def main():
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else None
    plans = counted_calls(program, directory, "plan_once")
    table = sorted(((number, plan) for plan, number in plans), reverse=True)
    print(f"{'instructions':>12}  entries  kernel  map")
    for number, (name, entries, kernel, ret) in table[:SHOWN]:
        print(f"{number:12}  {entries:>7}  {kernel:>6}  {name}"
              f"{'' if ret == '0' else ' (refused)'}")
    print(f"{len(plans)} plans: {table[0][0]} at most, "
          f"{table[len(table) // 2][0]} in the middle")
    if limit and table[0][0] > limit:
        sys.exit(f"more than {limit}")


if __name__ == "__main__":
    main()
