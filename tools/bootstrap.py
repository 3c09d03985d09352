"""Build the course's Python environment, once: what ``make setup`` runs.

``.venv`` is built from the lock file and trusted only when a stamp, written last of all, says that
it was completed for the lock file, Python and place at hand; anything else is built anew, and what
was complete before stays until the new packages are there. Standard library only, and readable by
Python 3.7, so that a Python that is too old gets a sentence instead of a syntax error.

Usage: python3 tools/bootstrap.py [--python PROGRAM] [--torch | --colab]
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "build" / "setup.log"
VERSIONS = ((3, 11), (3, 12), (3, 13))  # as requires-python in pyproject.toml says
COLAB_VERSION = (3, 13)
LOCKS = {"cpu": "requirements.lock", "gpu": "requirements-gpu.lock"}
COLAB_PINS = "requirements-colab.txt"
STAMP = ".complete"
PROGRESS_SECONDS = 30  # between two progress lines where there is no terminal
TAIL_LINES = 12

PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
NO_PYTHON = """\
The course needs Python 3.11, 3.12 or 3.13, with its modules venv and ensurepip.
Received: {received}.
Install one of them (on Debian and Ubuntu also the package python3-venv), or name one that you have:
    make setup PYTHON=/path/to/python3.12"""
INTEL_MAC = """\
TensorFlow has no build for Macs with Intel processors since version 2.17; the course needs 2.20.
Received: {machine}. Open the notebooks on Colab or Kaggle instead: the buttons are on their first
lines. (On a Mac with Apple silicon, this Python runs under Rosetta: use one built for arm64.)"""
WINDOWS = """\
This set-up is for Linux and macOS. Received: Windows. Run it inside WSL 2, or create the
environment with conda from environment.yml."""
FAILED = """\
{step} failed (exit status {code}). The last lines that it wrote:

{tail}

All of them: {log}
{advice}Nothing half-built is kept in use: the same command tries again. Where packages are reached
through a proxy, a mirror or a certificate of your own, pip's configuration has to say so: see
`python3 -m pip config --help`, or the variables PIP_PROXY, PIP_INDEX_URL and PIP_CERT."""


class SetupError(Exception):
    """A set-up that cannot go on; its text says why and what to do."""


class Progress:
    """Few lines on what goes on, each with the seconds since the start.

    What a step is at is shown again as time passes: every second on a terminal, in one line that
    is overwritten, and at longer intervals elsewhere.
    """

    def __init__(self):
        self._start = time.monotonic()
        self._live = sys.stdout.isatty()
        self._detail = None
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._clock = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self):
        self._clock.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._clock.join()
        if self._live:
            print("\r\033[K", end="", flush=True)

    def step(self, text):
        """Print a line that stays."""
        with self._turn:
            self._detail = None
            print(("\r\033[K" if self._live else "") + self._stamped(text), flush=True)

    def detail(self, text):
        """Set what the present step is at."""
        self._detail = text

    def _stamped(self, text):
        return f"[{time.monotonic() - self._start:4.0f} s] {text}"

    def _repeat(self):
        while not self._ended.wait(1 if self._live else PROGRESS_SECONDS):
            with self._turn:
                if self._detail is None:
                    continue
                line = self._stamped(f"  {self._detail}")
                if self._live:
                    line = line[: shutil.get_terminal_size().columns - 1]
                    print(f"\r\033[K{line}", end="", flush=True)
                else:
                    print(line, flush=True)


def main(arguments=None):
    """Bring the environment up to date and return the exit status."""
    parser = argparse.ArgumentParser(description="Build the course's Python environment, once.")
    parser.add_argument("--python", help="Python to build with; otherwise one is looked for")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--torch", action="store_true", help="add PyTorch to .venv")
    kind.add_argument("--colab", action="store_true", help="build .venv-colab as Colab has it")
    options = parser.parse_args(arguments)
    try:
        set_up(options)
    except SetupError as error:
        print(f"\nSet-up stopped.\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nSet-up stopped.\nReceived: {error}.\n{disk_advice()}", end="", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted: the same command starts it again.", file=sys.stderr)
        return 130
    return 0


def set_up(options):
    """Build whatever is missing from the environment that `options` ask for."""
    if os.name == "nt":
        raise SetupError(WINDOWS)
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise SetupError(INTEL_MAC.format(machine="macOS on x86_64"))
    if sys.version_info[:2] not in VERSIONS:  # go on under one that will do, or say that none will
        program, _ = choose_python(options)
        sys.stdout.flush()
        os.execv(program, [program, __file__, *sys.argv[1:]])
    folder = ROOT / (".venv-colab" if options.colab else ".venv")
    if not missing(folder, read_stamp(folder), options):
        return
    with Progress() as progress, only_one(progress) as lock:
        # Another set-up may have built it while this one waited.
        steps = missing(folder, read_stamp(folder), options)
        if not steps:
            return
        pip = Pip(folder, progress, lock)
        if "environment" in steps:
            build_environment(folder, options, pip)
        if "project" in steps:
            install_project(folder, pip)
        if "torch" in steps:
            add_torch(folder, pip)
        progress.step(f"{folder.name} is ready.")


def missing(folder, stamp, options):
    """List the steps still to do, of "environment", "project" and "torch", in their order.

    A complete environment is kept whatever Python or GPU this run would have chosen, unless the
    learner names another: a graphics driver that comes or goes costs nobody a download.
    """
    every = ["environment", "project", *(["torch"] if options.torch else [])]
    if not stamp:
        return every
    python, variant = stamp["python"], stamp["variant"]
    if options.python and list(probe(options.python) or ()) != python:
        return every
    if not options.colab and os.environ.get("COURSE_VARIANT", variant) != variant:
        return every
    if stamp["environment"] != environment_digest(folder, python, variant):
        return every
    steps = []
    if stamp["project"] != project_digest():
        steps.append("project")
    if options.torch and stamp["torch"] != torch_requirement():
        steps.append("torch")
    return steps


def environment_digest(folder, python, variant):
    """Return the sha256 (hex) of everything that an environment's packages follow from."""
    digest = hashlib.sha256(requirements(variant).read_bytes())
    digest.update(json.dumps([str(folder), list(python), variant]).encode())
    return digest.hexdigest()


def project_digest():
    """Return the sha256 (hex) of what the installed project's metadata is made from."""
    tables = read_pyproject()
    parts = [tables["build-system"], tables["project"], tables.get("tool", {}).get("setuptools")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def requirements(variant):
    """Return the path of the file that pins the packages of "cpu", "gpu" or "colab"."""
    return ROOT / (COLAB_PINS if variant == "colab" else LOCKS[variant])


def torch_requirement():
    """Return the one requirement on PyTorch, such as "torch==2.13.0"."""
    extra = read_pyproject()["project"]["optional-dependencies"]["torch"]
    return next(entry for entry in extra if entry.startswith("torch"))


def read_pyproject():
    """Return pyproject.toml as a dictionary."""
    import tomllib  # from Python 3.11 on: imported once the version is known to be right

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read_stamp(folder):
    """Return what the stamp of a complete environment says, None where `folder` holds none."""
    if not (folder / "bin" / "python").exists():  # a link, to a Python that may have been removed
        return None
    try:
        return json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_stamp(folder, stamp):
    """Write the stamp in one motion, after everything that it vouches for is on the disk."""
    os.sync()
    draft = folder / (STAMP + ".draft")
    draft.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / STAMP)


@contextlib.contextmanager
def only_one(progress):
    """Hold the lock that lets one set-up work at a time; yield its file descriptor.

    The lock belongs to the open file, and pip inherits it: if this process is killed, a pip that
    lives on keeps the next set-up waiting instead of writing into what that one builds.
    """
    import fcntl  # not on Windows, which has been turned away by now

    try:
        LOG.parent.mkdir(exist_ok=True)
        file = open(LOG.parent / "setup.lock", "w", encoding="utf-8")  # noqa: SIM115 - below
    except PermissionError as error:
        raise SetupError(
            f"There is something to set up, but this copy of the course is not yours to write.\n"
            f"Received: {error}.\nAsk whoever put it there to run `make setup`, or clone your own."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            progress.step("Another set-up is at work in this folder: waiting for it to end.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def build_environment(folder, options, pip):
    """Build `folder` from nothing, all but the course's own package."""
    variant = "colab" if options.colab else choose_variant()
    program, version = choose_python(options)
    before = folder.with_name(f"{folder.name}-before")
    if read_stamp(folder):
        pip.progress.step(f"{folder.name} is out of date: kept aside until a new one is complete.")
        remove(before)
        folder.rename(before)
    elif folder.exists():
        pip.progress.step(f"Removing {folder.name}: it is incomplete.")
        remove(folder)
    name = {"cpu": "for the CPU", "gpu": "for an NVIDIA GPU", "colab": "with Colab's versions"}
    pip.progress.step(
        f"Building {folder.name} {name[variant]}, with Python {version[0]}.{version[1]} ({program})"
    )
    if options.colab and version != COLAB_VERSION:
        pip.progress.step("  Colab has Python 3.13, which is not here: this is the closest.")
    pins = requirements(variant)
    hashes = [] if variant == "colab" else ["--require-hashes"]
    with put_back_on_error(before, folder, pip.progress), removed_on_error(folder):
        pip.run("Creating a virtual environment", [program, "-m", "venv", str(folder)])
        pip.progress.step(f"Installing what {pins.name} pins; the first time, it is downloaded.")
        pip("Installing the packages", "install", *hashes, "-r", str(pins))
        stamp = {
            "environment": environment_digest(folder, version, variant),
            "python": list(version),
            "variant": variant,
            "project": None,
            "torch": None,
        }
        write_stamp(folder, stamp)
    # What still uses the old one, such as JupyterLab over a network disk, may hold files of it.
    shutil.rmtree(before, ignore_errors=True)


def install_project(folder, pip):
    """Install the course's own package, editable."""
    stamp = {**read_stamp(folder), "project": None}
    write_stamp(folder, stamp)
    # setuptools is pinned with the rest: with build isolation pip would fetch one that is not.
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    pip("Installing course_utils", "install", *editable)
    write_stamp(folder, {**stamp, "project": project_digest()})


def add_torch(folder, pip):
    """Add PyTorch, leaving every other package at its locked version.

    It is downloaded first and apart, so that a download that fails costs nothing that worked. The
    stamp is away only while packages are being written.
    """
    stamp = read_stamp(folder)
    requirement = torch_requirement()
    pip.progress.step(
        f"Adding {requirement}. It is large: on Linux several GB, unless PIP_EXTRA_INDEX_URL holds"
        " the index of smaller CPU builds that PyTorch's own site names."
    )
    downloads = LOG.parent / "torch"
    pins = LOG.parent / "torch-constraints.txt"
    pins.write_text(constraints(requirements(stamp["variant"])), encoding="utf-8")
    wanted = ["--constraint", str(pins), requirement]
    with contextlib.ExitStack() as stack:
        stack.callback(pins.unlink)
        stack.callback(shutil.rmtree, downloads, ignore_errors=True)
        pip("Downloading PyTorch", "download", "--dest", str(downloads), *wanted)
        (folder / STAMP).unlink()
        local = ["--no-index", "--find-links", str(downloads)]
        with removed_on_error(folder):
            pip("Installing PyTorch", "install", *local, *wanted)
    write_stamp(folder, {**stamp, "torch": requirement})


def constraints(lock):
    """Return the lock file's pins without their hashes, which no package outside it could match."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return "".join(line.rstrip("\\ ") + "\n" for line in lines if re.match(r"[\w.-]+==", line))


def choose_variant():
    """Return "gpu" where an NVIDIA GPU is seen, else "cpu"; COURSE_VARIANT overrules."""
    variant = os.environ.get("COURSE_VARIANT")
    if variant is None:
        return "gpu" if sees_gpu() else "cpu"
    if variant not in LOCKS:
        raise SetupError(f"COURSE_VARIANT should be cpu or gpu. Received: {variant!r}.")
    return variant


def sees_gpu():
    """Tell whether the NVIDIA driver lists a GPU."""
    try:
        run = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0 and run.stdout.startswith("GPU ")


def choose_python(options):
    """Return the Python to build with, as its program and (major, minor).

    In this order: the one that the learner names; for Colab's environment the newest to be found;
    else the one that runs this script, or the newest to be found when that one will not do.
    """
    if options.python:
        version = probe(options.python)
        if version not in VERSIONS:
            raise SetupError(NO_PYTHON.format(received=describe(options.python, version)))
        return options.python, version
    own = getattr(sys, "_base_executable", None) or sys.executable  # never the .venv's own
    newest = [found for version in reversed(VERSIONS) for found in named(*version)]
    tried = []
    for program in [*newest, own] if options.colab else [own, *newest]:
        version = probe(program)
        if version in VERSIONS:
            return program, version
        tried.append(describe(program, version))
    raise SetupError(NO_PYTHON.format(received="; ".join(tried)))


def named(major, minor):
    """List programs that should be Python `major`.`minor`, on the search path or from pyenv."""
    found = [shutil.which(f"python{major}.{minor}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += sorted(map(str, pyenv.glob(f"{major}.{minor}.*/bin/python{major}.{minor}")))
    return [program for program in found if program]


def probe(program):
    """Return the (major, minor) of a Python that can make environments, None for any other."""
    try:
        run = subprocess.run(
            [program, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False
        )
        return tuple(map(int, run.stdout.split())) if run.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def describe(program, version):
    """Say in words what `probe` found."""
    if version is None:
        return f"{program}, which does not run or lacks venv or ensurepip"
    return f"{program}, which is Python {version[0]}.{version[1]}"


class Pip:
    """The pip of one environment, its words written to a log and its progress shown."""

    def __init__(self, folder, progress, lock):
        self.progress = progress
        self._command = [str(folder / "bin" / "python"), "-m", "pip"]
        self._lock = lock
        LOG.write_text("", encoding="utf-8")

    def __call__(self, step, command, *arguments):
        """Run one pip command; raise SetupError when it fails."""
        options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        self.run(step, [*self._command, command, *options, *arguments])

    def run(self, step, command):
        """Run any command in the same way."""
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=(self._lock,),
        )
        lines = []
        try:
            with LOG.open("a", encoding="utf-8") as log:
                for line in process.stdout:
                    log.write(line)
                    lines.append(line.strip())
                    if lines[-1].startswith(("Collecting", "Downloading", "Installing")):
                        self.progress.detail(re.sub(r" \(from .*|: .*", "", lines[-1]))
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if code:
            tail = "\n".join("  " + line for line in lines[-TAIL_LINES:])
            raise SetupError(
                FAILED.format(step=step, code=code, tail=tail, log=LOG, advice=disk_advice())
            )


def disk_advice():
    """Return a line about a disk that is nearly full, or nothing."""
    free = shutil.disk_usage(ROOT).free
    return f"Only {free / 1e9:.1f} GB are free on this disk.\n" if free < 3e9 else ""


@contextlib.contextmanager
def put_back_on_error(before, folder, progress):
    """Put the environment that was there before back in its place when no new one came of it."""
    try:
        yield
    except BaseException:
        if read_stamp(before):  # else a removal of it was cut short
            before.rename(folder)
            progress.step(f"{folder.name} is again as it was.")
            if folder.name == ".venv":
                progress.step("To go on with it: .venv/bin/python tools/lab.py")
        raise


@contextlib.contextmanager
def removed_on_error(folder):
    """Remove an environment that could not be completed."""
    try:
        yield
    except BaseException:
        remove(folder)
        raise


def remove(folder):
    """Remove `folder` if it is there, or say clearly why that could not be done."""
    if not folder.exists():
        return
    try:
        # The stamp goes first: a removal that is cut short must not leave it behind.
        with contextlib.suppress(FileNotFoundError):
            (folder / STAMP).unlink()
        shutil.rmtree(folder)
    except OSError as error:
        raise SetupError(
            f"{folder} could not be removed. Received: {error}.\n"
            "Close the programs that use it (Jupyter, an editor), remove it by hand and try again."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
