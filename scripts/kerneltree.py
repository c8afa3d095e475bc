# SPDX-License-Identifier: GPL-2.0
"""The kernel source tree that scripts/apply works on: what is in it, and how it is changed.

Either a plan is carried out as a whole, or the tree is as it was.  The first thing in the
tree is the record of what is being applied, so it can be undone if the run is killed.
"""

import base64
import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from patchset import Fault, Problem, Refused, State, Stop, raise_if, safe, sha256, state_of

RECORD = ".xen-p2m-applied"     # in the tree: what was applied, for --reverse
MANIFEST = ".xen-p2m-overlay"   # in the tree: what --overlay-only put there
WORK = ".xen-p2m-work"          # in the tree: the new files, while a run is on
FORMAT = {RECORD: 3, MANIFEST: 2}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PRISTINE = "move it away, or use a freshly unpacked tree"
UNPACK = "unpack the source again"


class Tree:
    """The kernel source tree, addressed by paths relative to its top."""

    def __init__(self, given):
        self.given, self.root = str(given), Path(os.path.realpath(given))

    def command(self, *options):
        """How the user would call this script again on this tree."""
        return " ".join(["scripts/apply", *options, "--tree", shlex.quote(self.given)])

    def path(self, rel):
        return self.root / rel

    def state(self, rel):
        return state_of(self.path(rel))

    def obstacle(self, rel):
        """Why rel cannot be a plain file of this tree, or None. A link would
        have us change a file elsewhere."""
        for part in (*reversed(PurePosixPath(rel).parents[:-1]), rel):
            path, last = self.path(part), part == rel
            if path.is_symlink():
                what = "a symbolic link"
            elif path.exists() and not (path.is_file() if last else path.is_dir()):
                what = f"not a {'regular file' if last else 'directory'}"
            else:
                continue
            name = "this path" if last else f"{part}, which leads to it,"
            return Problem(f"{name} is {what}", PRISTINE, file=rel)
        return None

    def refuse_obstacles(self, paths):
        raise_if([problem for rel in paths if (problem := self.obstacle(rel))])

    def missing_dirs(self, paths):
        """Directories that have to be made for paths, parents first."""
        return sorted({str(parent) for rel in paths for parent in PurePosixPath(rel).parents
                       if not self.path(parent).is_dir()})

    def refuse_unwritable(self, paths):
        """Names each directory that a change of paths has to write."""
        dirs = {next(str(parent) for parent in PurePosixPath(rel).parents
                     if self.path(parent).is_dir()) for rel in paths}
        raise_if([Problem("the directory is not writable", "run scripts/apply as the owner of "
                          "the tree, or give yourself write permission", file=rel)
                  for rel in sorted(dirs) if not os.access(self.path(rel), os.W_OK | os.X_OK)])

    def emptied(self, dirs, removed):
        """Those of dirs that hold nothing but removed files, innermost first."""
        def left(top):
            return {str(path.relative_to(self.root)) for path in self.path(top).rglob("*")}
        return [rel for rel in sorted(dirs, reverse=True)
                if self.path(rel).is_dir() and left(rel) <= {*removed, *dirs}]

    def remove_dirs(self, dirs):
        """Those that are empty, innermost first."""
        for rel in dirs:
            with contextlib.suppress(OSError):
                self.path(rel).rmdir()


def kernel_version(tree):
    """Version of the kernel tree, from the top Makefile; refuses non-trees."""
    needed = ("Makefile", "Kbuild", "Kconfig", "arch", "drivers", "include")
    missing = [name for name in needed if not tree.path(name).exists()]
    remedy = ("give --tree the top directory of an unpacked kernel source, "
              "e.g. of the linux-source package")
    if missing:
        raise Refused(Problem(f"{tree.given} is not a kernel source tree: it "
                              f"has no {', '.join(missing)}", remedy))
    found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(\S*)",
                            tree.path("Makefile").read_text(errors="replace"), re.M))
    numbers = [found.get(key, "") for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if not all(map(str.isdigit, numbers)):
        raise Refused(Problem(f"{tree.given}/Makefile does not give VERSION, PATCHLEVEL and "
                              "SUBLEVEL as a kernel's does", remedy))
    return ".".join(numbers) + found.get("EXTRAVERSION", "")


# --- changing it -------------------------------------------------------------

class Interrupted(BaseException):
    """A signal arrived; not an Exception, so nothing swallows it."""


def on_signal(number, _frame):
    raise Interrupted(signal.Signals(number).name)


@contextlib.contextmanager
def undisturbed():
    """Holds signals back until the change is complete; then there is nothing left to stop."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        while signal.sigtimedwait(SIGNALS, 0):
            pass
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@dataclass
class Plan:
    """Files before and after the change, in its order, and directories to remove."""
    before: dict
    after: dict
    rmdirs: list = field(default_factory=list)

    @property
    def todo(self):
        return [rel for rel in self.after if self.after[rel] != self.before[rel]]

    def back(self, tree):
        """The plan that undoes what has been done of this one. Modes are not compared: not
        all file systems keep them."""
        done = {rel: now for rel in reversed(self.todo)
                if (now := tree.state(rel)).data == self.after[rel].data}
        return Plan(done, {rel: self.before[rel] for rel in done})


def change(tree, plan):
    """All of the plan or nothing."""
    made = tree.missing_dirs(rel for rel in plan.todo if plan.after[rel].data is not None)
    with undisturbed():
        try:
            carry_out(tree, plan)
        except Exception as exc:
            take_back(tree, plan, made, exc)
            if isinstance(exc, OSError):
                raise Refused(file_problem(exc, tree)) from exc
            raise
        finally:
            shutil.rmtree(tree.path(WORK), ignore_errors=True)


def take_back(tree, plan, made, why):
    try:
        carry_out(tree, plan.back(tree))
        tree.remove_dirs(reversed(made))
    except (OSError, Stop) as exc:
        raise Fault(Problem(f"the change failed ({why}) and so did undoing it: {exc}",
                            "clear the cause (permissions, space on the disk) and run "
                            "scripts/apply again")) from why


def file_problem(exc, tree):
    """An OSError, in terms of the tree."""
    name = exc.filename2 or exc.filename
    if in_tree(exc, tree):
        name = os.path.relpath(name, tree.root)
    return Problem(f"cannot be read or written: {exc.strerror}",
                   "clear the cause (permissions, space on the disk) and run scripts/apply again",
                   file=name and str(name))


def in_tree(exc, tree):
    return Path(str(exc.filename)).is_relative_to(tree.root)


def carry_out(tree, plan):
    """All new contents are in WORK before the first file changes, so a full disk is
    met before."""
    if not plan.todo:
        return
    work = tree.path(WORK)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for number, rel in enumerate(plan.todo):
        target, before, after = tree.path(rel), plan.before[rel], plan.after[rel]
        if tree.state(rel) != before:
            raise Refused(Problem("the file changed while scripts/apply was at work", "run it "
                                  "again when nothing else writes to the tree", file=rel))
        if after.data is not None:
            new = work / str(number)
            new.write_bytes(after.data)
            same_owner(new, target if before.data is not None else target.parent)
            new.chmod(after.mode)
    for number, rel in enumerate(plan.todo):
        if rel == plan.todo[-1]:    # the record, which names them until they are gone
            tree.remove_dirs(plan.rmdirs)
        if plan.after[rel].data is None:
            os.unlink(tree.path(rel))
            continue
        for parent in tree.missing_dirs([rel]):
            tree.path(parent).mkdir()
            same_owner(tree.path(parent), tree.path(parent).parent)
        os.replace(work / str(number), tree.path(rel))


def same_owner(new, near):
    """Root must not leave files in the tree that its owner cannot build with or
    remove; for others there is nothing to do."""
    while not near.exists():
        near = near.parent
    with contextlib.suppress(OSError):
        os.chown(new, near.stat().st_uid, near.stat().st_gid)


@contextlib.contextmanager
def locked(tree, shared):
    """Keeps two runs off the same tree, where the file system can lock."""
    handle = os.open(tree.root, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            try:
                fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise Refused(Problem("another scripts/apply works on this tree",
                                      "wait until it has ended")) from exc
        yield
    finally:
        os.close(handle)


# --- records in it -----------------------------------------------------------

def load_record(tree, name):
    """RECORD or MANIFEST, checked since we act on its paths; None without one.
    Files of RECORD are [{path, before, after: sha256, ...}], of MANIFEST {path: sha256}."""
    tree.refuse_obstacles([name])
    data = tree.state(name).data
    if data is None:
        return None
    try:
        record = json.loads(data)
        if record["format"] != FORMAT[name]:
            raise ValueError(f"format {record['format']}")
        files, good = record["files"], True
        if name == RECORD:
            wanted = {"path", "after", "before", "mode", "original"}
            good = ({"series", "base", "kernel"} <= set(record)
                    and all(wanted <= set(entry) for entry in files))
            files = [entry["path"] for entry in files]
        if not good or not all(map(safe, [*record["directories"], *files])):
            raise ValueError("the record is damaged")
        return record
    except (ValueError, KeyError, TypeError) as exc:
        raise Refused(Problem(f"not a file this scripts/apply wrote: {exc!r}",
                              f"{UNPACK}, or use the version of this repository that patched "
                              "the tree", file=name)) from exc


def make_record(name, directories, files, **more):
    text = {"what": "written by scripts/apply of xen-p2m, for what it does next",
            "format": FORMAT[name], **more, "directories": directories, "files": files}
    return State((json.dumps(text, indent=1) + "\n").encode(), 0o644)


def packed(data):
    """Bytes as JSON has them."""
    return data and base64.b85encode(zlib.compress(data)).decode()


def original(entry):
    """The file as it was, if the record still has it."""
    with contextlib.suppress(ValueError, TypeError, AttributeError, zlib.error):
        kept = entry["original"]
        data = kept and zlib.decompress(base64.b85decode(kept))
        if sha256(data) == entry["before"]:
            return State(data, entry["mode"])
    raise Refused(Problem(f"the original kept in {RECORD} does not give back the file as it was",
                          UNPACK, file=entry["path"]))


def quilt_applied(tree):
    """Names of the patches that quilt has applied in the tree."""
    with contextlib.suppress(OSError):
        return tree.path(".pc/applied-patches").read_text().split()
    return []
