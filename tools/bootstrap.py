"""Build the course's Python environment, once: what ``make setup`` runs.

``.venv`` is built from the lock file and trusted only when a stamp, written last of all, says that
it was completed for the lock file, Python and place at hand; anything else is built anew, and what
was complete before stays until the new packages are there. Standard library only, and runs under
Python 3.7, so that a Python that is too old finds a newer one or says what to install.
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
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "build" / "setup.log"
VERSIONS = ((3, 11), (3, 12), (3, 13))  # as requires-python in pyproject.toml says
LOCKS = {"cpu": "requirements.lock", "gpu": "requirements-gpu.lock"}
STAMP = ".complete"
# Of pip's settings those that say how packages are reached. None may say where they go.
REACH = re.compile(
    "PIP_((EXTRA_)?INDEX_URL|NO_INDEX|FIND_LINKS|TRUSTED_HOST|PROXY|(CLIENT_)?CERT|RETRIES"
    "|(DEFAULT_)?TIMEOUT|(NO_)?CACHE_DIR|CONFIG_FILE|KEYRING_PROVIDER|USE_\\w+)"
)
# Of what pip says, the lines worth a wait: those about tens of MB, and the last one.
SLOW = re.compile(r"Downloading .*\((\d\d+\.\d MB|.* GB)\)|Installing ")

PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
NO_PYTHON = """\
The course needs Python 3.11, 3.12 or 3.13, with its modules venv and ensurepip.
Received: {received}.
Install one of them (on Debian and Ubuntu also the package python3-venv), or name one that you have:
    make setup PYTHON=/path/to/python3.12"""
INTEL_MAC = """\
TensorFlow has no build for Macs with Intel processors since version 2.17; the course needs 2.20.
Received: macOS on x86_64. Open the notebooks on Colab or Kaggle instead, by the buttons on top of
them. (On a Mac with Apple silicon, this Python runs under Rosetta: use one built for arm64.)"""
WINDOWS = """\
This set-up is for Linux and macOS. Received: Windows. Run it inside WSL 2, or create the
environment with conda from environment.yml."""
FAILED = """\
{step} failed. The last lines that it wrote:

{tail}

All of them: {log}
Nothing half-built is kept in use: the same command tries again. Where packages are reached
through a proxy, a mirror or a certificate of your own, pip's configuration has to say so: see
`python3 -m pip config --help`, or the variables PIP_PROXY, PIP_INDEX_URL and PIP_CERT."""
IN_USE = """\
Notebooks are running in .venv. It is built again now, so save them and, once it is ready,
restart their kernels."""
LARGE = """\
Adding {torch}. It is large: on Linux several GB, unless PIP_EXTRA_INDEX_URL holds the index of
smaller CPU builds that PyTorch's own site names."""


class SetupError(Exception):
    """A set-up that cannot go on; its text says why and what to do."""


def main(arguments=None):
    """Bring the environment up to date and return the exit status."""
    parser = argparse.ArgumentParser(prog="tools/bootstrap.py", description=__doc__)
    parser.add_argument("--python", help="Python to build with; otherwise one is looked for")
    parser.add_argument("--torch", action="store_true", help="add PyTorch")
    try:
        set_up(parser.parse_args(arguments))
    except (SetupError, OSError) as error:
        received = f"Received: {error}." if isinstance(error, OSError) else error
        print(f"\nSet-up stopped.\n{received}", file=sys.stderr)
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
        raise SetupError(INTEL_MAC)
    folder = ROOT / ".venv"
    if not missing(folder, options):
        return
    with only_one() as lock:
        pip = Pip(folder, lock)
        steps = missing(folder, options)  # another set-up may have built it meanwhile
        if "environment" in steps:
            build_environment(folder, options, pip)
        if "project" in steps:
            # setuptools is pinned with the rest: isolated, pip would fetch one that is not.
            editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
            pip("Installing course_utils", *editable)
            write_stamp(folder, project=project_digest())
        if "torch" in steps:
            add_torch(folder, pip)
        if steps:
            pip.say(".venv is ready.")


def missing(folder, options):
    """List the steps still to do, of "environment", "project" and "torch", in their order.

    A complete environment is kept whatever Python or GPU this run would have chosen, unless the
    learner names another: a graphics driver that comes or goes costs nobody a download.
    """
    every = ["environment", "project", *(["torch"] if options.torch else [])]
    stamp = read_stamp(folder)
    if not stamp:
        return every
    python = list(probe(options.python) or ()) if options.python else stamp["python"]
    variant = os.environ.get("COURSE_VARIANT", stamp["variant"])
    if variant not in LOCKS or stamp["environment"] != environment_digest(folder, python, variant):
        return every
    steps = ["project"] if stamp["project"] != project_digest() else []
    return [*steps, "torch"] if options.torch and stamp["torch"] != torch() else steps


def environment_digest(folder, python, variant):
    """Return the sha256 (hex) of everything that an environment's packages follow from."""
    digest = hashlib.sha256((ROOT / LOCKS[variant]).read_bytes())
    digest.update(json.dumps([str(folder), list(python), variant]).encode())
    return digest.hexdigest()


def project_digest():
    """Return the sha256 (hex) of what the installed project's metadata is made from."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def torch():
    """Return the one requirement on PyTorch, such as "torch==2.13.0"."""
    return re.search('"(torch==.+?)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]


def read_stamp(folder):
    """Return what the stamp of a complete environment says, None where `folder` holds none."""
    if not (folder / "bin" / "python").exists():  # a link, to a Python that may have been removed
        return None
    try:
        return json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_stamp(folder, **entries):
    """Write into the stamp, in one motion, what an environment is complete for."""
    stamp = {"project": None, "torch": None, **(read_stamp(folder) or {}), **entries}
    draft = folder / (STAMP + ".draft")
    draft.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / STAMP)


@contextlib.contextmanager
def only_one():
    """Hold the lock that lets one set-up work at a time; yield its file descriptor.

    The lock belongs to the open file, and pip inherits it: if this process is killed, a pip that
    lives on keeps the next set-up waiting instead of writing into what that one builds.
    """
    import fcntl  # not on Windows, which has been turned away by now

    LOG.parent.mkdir(exist_ok=True)
    with open(LOG.parent / "setup.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another set-up is at work in this folder: waiting for it to end.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def build_environment(folder, options, pip):
    """Build `folder` from nothing, all but the course's own package."""
    variant = choose_variant()
    program, version = choose_python(options)
    before = ROOT / ".venv-before"
    if f"{folder}/bin/python -m ipykernel" in (output_of("ps", "-axww", "-o", "args") or ""):
        pip.say(IN_USE)
    if read_stamp(folder):
        pip.say(".venv is out of date: kept aside until a new one is complete.")
        remove(before)
        folder.rename(before)
    elif folder.exists():
        pip.say("Removing .venv: it is incomplete.")
        remove(folder)
    lock, device = LOCKS[variant], "an NVIDIA GPU" if variant == "gpu" else "the CPU"
    pip.say(f"Building .venv for {device}, with Python {version[0]}.{version[1]} ({program})")
    try:
        pip.run("Creating a virtual environment", [program, "-I", "-m", "venv", str(folder)])
        pip.say(f"Installing what {lock} pins; the first time, it is downloaded.")
        pip("Installing the packages", "--require-hashes", "-r", str(ROOT / lock))
        digest = environment_digest(folder, version, variant)
        write_stamp(folder, environment=digest, python=list(version), variant=variant)
    except BaseException:
        remove(folder)
        if read_stamp(before):  # else a removal of it was cut short
            before.rename(folder)
            pip.say(".venv is again as it was. To go on with it: .venv/bin/python tools/lab.py")
        raise
    # What still uses the old one, such as JupyterLab over a network disk, may hold files of it.
    shutil.rmtree(before, ignore_errors=True)


def add_torch(folder, pip):
    """Add PyTorch, leaving every other package at its locked version."""
    pip.say(LARGE.format(torch=torch()))
    # The lock file's pins without their hashes, which no package outside it could match.
    pins = (ROOT / LOCKS[read_stamp(folder)["variant"]]).read_text(encoding="utf-8")
    file = LOG.with_name("torch-constraints.txt")
    file.write_text("\n".join(re.findall(r"(?m)^[\w.-]+==[^\\\n]+", pins)), encoding="utf-8")
    pip("Adding PyTorch", "--constraint", str(file), torch())
    write_stamp(folder, torch=torch())


def choose_variant():
    """Return "gpu" where an NVIDIA GPU is seen, else "cpu"; COURSE_VARIANT overrules."""
    variant = os.environ.get("COURSE_VARIANT")
    if variant is None:
        return "gpu" if (output_of("nvidia-smi", "-L") or "").startswith("GPU ") else "cpu"
    if variant not in LOCKS:
        raise SetupError(f"COURSE_VARIANT should be cpu or gpu. Received: {variant!r}.")
    return variant


def choose_python(options):
    """Return the Python to build with, as its program and (major, minor).

    That is the one that the learner names, or else the one that runs this script, or else the
    newest on the search path.
    """
    own = getattr(sys, "_base_executable", None) or sys.executable  # never the .venv's own
    newest = [f"python{major}.{minor}" for major, minor in reversed(VERSIONS)]
    programs = [options.python] if options.python else [own, *filter(shutil.which, newest)]
    tried = []
    for program in programs:
        version = probe(program)
        if version in VERSIONS:
            return program, version
        known = f"is Python {version[0]}.{version[1]}" if version else None
        tried.append(f"{program}, which {known or 'does not run or lacks venv or ensurepip'}")
    raise SetupError(NO_PYTHON.format(received="; ".join(tried)))


def probe(program):
    """Return the (major, minor) of a Python that can make environments, None for any other."""
    try:
        return tuple(map(int, output_of(program, "-I", "-c", PROBE).split()))
    except (AttributeError, ValueError):
        return None


def output_of(*command):
    """Return what a program prints, None where it fails or is not there."""
    try:
        run = subprocess.run(command, capture_output=True, timeout=60, check=True)
        return run.stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return None


class Pip:
    """The pip of one environment: kept from writing elsewhere, logged, its progress shown."""

    def __init__(self, folder, lock):
        self.folder = folder
        self._lock = lock
        self._start = time.monotonic()
        LOG.write_text("", encoding="utf-8")

    def say(self, text):
        """Print a line with the seconds since the start."""
        print(f"[{time.monotonic() - self._start:4.0f} s] {text}", flush=True)

    def __call__(self, step, *arguments):
        """Run pip install; raise SetupError when it fails."""
        pip = [str(self.folder / "bin" / "python"), "-I", "-u", "-m", "pip", "install"]
        options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        # Outranks pip's files of settings, which may send packages elsewhere.
        place = ["--target=", "--root=/", f"--prefix={self.folder}"]
        self.run(step, [*pip, *options, *place, *arguments])

    def run(self, step, command):
        """Run any command in the same way."""
        lines = []
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "pass_fds": [self._lock]}
        options.update(text=True, errors="replace", cwd=str(ROOT), env=isolated(os.environ))
        process = subprocess.Popen(command, **options)
        with process, LOG.open("a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                lines.append(line.strip())
                if SLOW.match(lines[-1]):
                    self.say(f"  {lines[-1]:.80}")
        if process.returncode:
            tail = "\n".join("  " + line for line in lines[-12:])
            raise SetupError(FAILED.format(step=step, tail=tail, log=LOG))


def isolated(environment):
    """Return an environment by whose variables neither Python nor pip leaves .venv."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("PIP_", "PYTHON")) or REACH.fullmatch(name)
    }
    return {**kept, "PIP_USER": "0"}  # which outranks pip's files of settings


def remove(folder):
    """Remove `folder` if it is there, its stamp first, lest half of it be taken for complete."""
    with contextlib.suppress(FileNotFoundError):
        (folder / STAMP).unlink()
    if folder.exists():
        shutil.rmtree(str(folder))


if __name__ == "__main__":
    sys.exit(main())
