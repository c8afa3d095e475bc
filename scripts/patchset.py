# SPDX-License-Identifier: GPL-2.0
"""The repository's side of scripts/apply, dist and series: patches, base and overlay.

The overlay is the new files: arch/, drivers/ and include/ of this repository
have the same path in the tree, kunit/ becomes drivers/xen/p2m/kunit/.  A series is
patches/linux-VERSION.PATCHLEVEL/series, its record of the tree it was made for is the
file "base" beside it.  A series whose patches make the new files is whole.
"""

import contextlib
import fnmatch
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

OVERLAY = {"arch": "arch", "drivers": "drivers", "include": "include",
           "kunit": "drivers/xen/p2m/kunit",
           "Documentation/ABI": "Documentation/ABI"}

# Never overlay, whatever git thinks of them: backups of editors and of patch,
# and what a build leaves behind.
SKIP = ("*~", "*.orig", "*.rej", "*.bak", "*.sw[a-p]", "#*#", ".#*",
        "*.o", "*.ko", "*.a", "*.so", "*.mod", "*.mod.c", "*.cmd",
        "*.order", "*.symvers", "*.pyc", "*.pyo", "__pycache__", ".DS_Store")

IN_STEP = ("bring both in step: scripts/series take, then commit and make refresh "
           "(Documentation/patches.rst)")


# --- refusals ----------------------------------------------------------------

@dataclass(frozen=True)
class Problem:
    """One reason against going on, with what the user can do about it."""
    cause: str
    remedy: str
    file: str | None = None
    patch: str | None = None
    hunk: int | None = None
    line: int | None = None


def describe(problem):
    """One problem for people: where, what, and what to do."""
    where = [f"{what} {value}" for what, value in
             (("file", problem.file), ("patch", problem.patch)) if value]
    where += [f"hunk {problem.hunk} (line {problem.line})"] if problem.hunk else []
    head = ", ".join(where) + ": " if where else ""
    return f"  {head}{problem.cause}\n    remedy: {problem.remedy}\n"


class Stop(Exception):
    """Ends the run without a change to the tree; subclasses say how."""
    status, code, message = "error", 2, "error"

    def __init__(self, *problems, notes=()):
        super().__init__("".join(map(describe, problems)).strip())
        self.problems, self.notes = list(problems), list(notes)


class Refused(Stop):
    """The tree is not one we can work on as it is."""
    status, code, message = "refused", 1, "refused, the tree is as it was"


class Fault(Stop):
    """The repository or the environment is at fault, not the tree."""


def raise_if(problems):
    if problems:
        raise Refused(*problems)


# --- files -------------------------------------------------------------------

def sha256(data):
    """Hex digest of data; None stands for a file that is not there."""
    return None if data is None else hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class State:
    """Content and permission bits of a file; data is None if it is absent."""
    data: bytes | None = None
    mode: int | None = None

    @property
    def sha(self):
        return sha256(self.data)


def state_of(path):
    try:
        return State(path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
    except FileNotFoundError:
        return State()


def safe(rel):
    """Whether rel is a plain path below the tree, fit for our text files."""
    path = PurePosixPath(rel)
    return (bool(rel) and not path.is_absolute() and str(path) == rel
            and ".." not in path.parts and rel.isprintable())


@contextlib.contextmanager
def scratch(states):
    """A temporary directory with copies of just the files in question."""
    with tempfile.TemporaryDirectory(prefix="xen-p2m-apply-") as top:
        for rel, state in states.items():
            if state.data is not None:
                path = Path(top, rel)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(state.data)
                path.chmod(state.mode)
        yield top


# --- git ---------------------------------------------------------------------

def git(where, *words, data=b""):
    """Runs git in where, whatever the caller's variables and settings are and
    whoever owns it: its scripts are being run already."""
    if not shutil.which("git"):
        raise Fault(Problem("the program git is not installed", "apt-get install git"))
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env |= {"LC_ALL": "C", "GIT_CEILING_DIRECTORIES": os.path.realpath(Path(where).parent)}
    return subprocess.run(
        ["git", "-c", f"safe.directory={where}", "-c", "core.autocrlf=false",
         "-c", "apply.ignoreWhitespace=no", *words],
        cwd=where, input=data, env=env, capture_output=True, check=False)


def git_apply(where, patch, *options):
    return git(where, "apply", "--whitespace=nowarn", *options, data=patch)


# --- the series --------------------------------------------------------------

@dataclass(frozen=True)
class Patch:
    name: str
    raw: bytes
    paths: tuple            # the files it changes
    makes: tuple = ()       # those of them that are new


@dataclass(frozen=True)
class Series:
    """The patches of one kernel version."""
    name: str
    dir: Path
    patches: tuple

    @property
    def paths(self):
        return sorted({rel for patch in self.patches for rel in patch.paths})

    def whole(self, overlay):
        """Whether it makes the files of the overlay by itself."""
        return any(rel in overlay for patch in self.patches for rel in patch.makes)

    def last_on(self, rel):
        """The last patch that has to do with a file, or None."""
        return next((p.name for p in reversed(self.patches) if rel in p.paths), None)

    @property
    def digest(self):
        """Tells two states of the series apart."""
        return sha256("".join(f"{p.name}\0{sha256(p.raw)}\n" for p in self.patches).encode())


def read_patch(name, raw):
    """Which files it is about, as git reads it."""
    done = git_apply("/", raw, "--numstat", "--summary")
    if done.returncode:
        what = done.stderr.decode(errors="replace").strip()
    else:
        lines = done.stdout.decode(errors="replace").splitlines()
        paths = [line.split("\t", 2)[2] for line in lines if not line.startswith(" ")]
        odd = [rel for rel in paths if not safe(rel)]
        odd += [line.strip() for line in lines if not re.match(r"\d+\t| create | delete ", line)]
        if not odd:
            makes = [found[1] for line in lines if (found := re.match(r" create mode \d+ (.*)", line))]
            return Patch(name, raw, tuple(dict.fromkeys(paths)), tuple(makes))
        what = "no plain change of a file's lines: " + ", ".join(odd)
    raise Fault(Problem(what, "make the patch anew (quilt refresh)", patch=name))


def load_series(directory):
    """Reads all patches, in series order. Of the options that quilt allows
    behind a name only -p1 means what we do."""
    patches = []
    for line in read(directory / "series").decode().splitlines():
        name, *options = re.sub(r"(^|\s)#.*", "", line).split() or [None]
        if options not in ([], ["-p1"]):
            raise Fault(Problem(f"{directory}/series: options {' '.join(options)} are not "
                                "supported", "make the patch anew as a -p1 patch", patch=name))
        if name:
            patches.append(read_patch(name, read(directory / name, name)))
    if not patches:
        raise Fault(Problem(f"{directory}/series names no patch",
                            "restore the file from the repository's history"))
    return Series(directory.name, directory, tuple(patches))


def read(path, patch=None):
    """A file of the repository; its absence is the repository's fault."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise Fault(Problem(f"{path} cannot be read: {exc.strerror}",
                            "restore it from the repository's history", patch=patch)) from exc


# --- its base ----------------------------------------------------------------

@dataclass(frozen=True)
class Base:
    """The tree the series was made for; files maps path to sha256 or None."""
    fields: dict
    files: dict


def load_base(series):
    """Reads the record and checks that it is about this very series."""
    path, fields, files = series.dir / "base", {}, {}

    def fault(what, file=None):
        return Fault(Problem(f"{path} {what}", "regenerate it: scripts/apply --record --tree "
                             "PRISTINE, with PRISTINE the unpacked source the series is made "
                             "for", file=file))

    if not path.is_file():
        raise fault("is missing")
    for number, line in enumerate(read(path).decode().splitlines(), 1):
        if found := re.fullmatch(r"(?:absent|([0-9a-f]{64}))  (.+)", line):
            files[found[2]] = found[1]
        elif found := re.fullmatch(r"(package|package-version|kernel): (\S+)", line):
            fields[found[1]] = found[2]
        elif line.strip() and not line.startswith("#"):
            raise fault(f"line {number} is neither a field nor 'sha256  path'")
    if set(fields) != {"package", "package-version", "kernel"}:
        raise fault("does not give package, package-version and kernel")
    for rel in sorted(set(files) ^ set(series.paths)):
        raise fault(f"and the series disagree on {rel}: "
                    + ("no patch touches it" if rel in files else "it is not recorded"), rel)
    return Base(fields, files)


def base_text(package, version, kernel, files):
    """What load_base() reads; files maps path to sha256 or None."""
    lines = [f"package: {package}", f"package-version: {version}", f"kernel: {kernel}"]
    return "\n".join(lines + [f"{sha or 'absent'}  {rel}" for rel, sha in files.items()]) + "\n"


# --- the overlay -------------------------------------------------------------

def overlay_sources(repo):
    """Paths of the overlay in the repository, without ignored files."""
    paths = [path for top in OVERLAY for path in (repo / top).rglob("*")
             if path.is_symlink() or not path.is_dir()]
    names = {str(path.relative_to(repo)) for path in paths} - {""}
    names = {name for name in names if not any(
        fnmatch.fnmatchcase(part, pattern) for part in name.split("/") for pattern in SKIP)}
    if names and (repo / ".git").exists():
        done = git(repo, "check-ignore", "-z", "--stdin", data=os.fsencode("\0".join(names)))
        if done.returncode > 1:
            raise Fault(Problem("git check-ignore failed: "
                                + done.stderr.decode(errors="replace").strip(),
                                f"make git work in {repo}"))
        names -= set(os.fsdecode(done.stdout).split("\0"))
    return sorted(names)


def load_overlay(repo):
    """Maps each overlay file's path in the tree to its state there."""
    overlay, origin = {}, {}
    for source in overlay_sources(repo):
        top = next(top for top in OVERLAY if source.startswith(f"{top}/"))
        rel, mode = OVERLAY[top] + source[len(top):], (repo / source).lstat().st_mode
        if not stat.S_ISREG(mode) or not safe(rel):
            raise Fault(Problem("the overlay may only hold regular files with printable names",
                                "replace or remove it", file=source))
        if rel in overlay:
            raise Fault(Problem(f"{origin[rel]} and {source} are both {rel} in the tree",
                                "remove one of them", file=source))
        overlay[rel] = State((repo / source).read_bytes(), 0o755 if mode & 0o100 else 0o644)
        origin[rel] = source
    return overlay


def check_disjoint(series, overlay):
    """A file cannot be both a new file of ours and something to patch."""
    for patch in series.patches:
        for rel in sorted(set(patch.paths) & set(overlay)):
            raise Fault(Problem("the patch touches a file of the overlay", "change the overlay "
                                "file itself and drop it from the patch",
                                file=rel, patch=patch.name))


def beside(series, overlay):
    """The files of the overlay that go in beside the series."""
    if not series.whole(overlay):
        check_disjoint(series, overlay)
        return overlay
    differ = differences(series, overlay)
    if differ:
        raise Fault(*differ)
    return {}


def differences(series, overlay):
    """What keeps the new files of a whole series from being the overlay."""
    made = new_files(series)
    words = {(True, False): "the series does not make this file of the overlay",
             (False, True): "the series makes this file, and the overlay does not have it",
             (True, True): "the series does not end in this file of the overlay"}
    return [Problem(words[rel in overlay, rel in made], IN_STEP, rel, series.last_on(rel))
            for rel in sorted({*overlay, *made}) if overlay.get(rel) != made.get(rel)]


def new_files(series):
    """{path: state} of the files that the series makes, which needs no kernel's source."""
    makes = sorted({rel for patch in series.patches for rel in patch.makes})
    with scratch({}) as top:
        for patch in series.patches:
            only = [f"--include={rel}" for rel in makes if rel in patch.paths]
            done = git_apply(top, patch.raw, *only) if only else None
            if done and done.returncode:
                raise Fault(Problem(done.stderr.decode(errors="replace").strip(),
                                    IN_STEP, patch=patch.name))
        states = {rel: state_of(Path(top, rel)) for rel in makes}
    return {rel: State(now.data, 0o755 if now.mode & 0o100 else 0o644)
            for rel, now in states.items() if now.data is not None}
