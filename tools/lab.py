"""Open the course in JupyterLab, on copies of the chapters: ``make lab`` and ``make handout``.

The chapters in notebooks/ hold what a run of the course printed and drew; whoever is asked to
predict should not have seen it. So each is copied once, without outputs, and copies stay.
"""

import argparse
import os
import re
import sys
from pathlib import Path

from chapters import NOTEBOOKS, ROOT, find_chapters, read, stored_digest, tags, write
from jupyter_server.serverapp import list_running_servers
from kernels import OUTSIDE, absolute_paths, check_settings

from course_utils.session import check_seed

_BUTTON = re.compile(r"^\[!\[Open in .*\n*", re.MULTILINE)
SETTINGS = ROOT / "tools" / "jupyterlab"
OUTDATED = "{}: its code has changed since your copy. Rename yours to get the new one."
FIRST = "/tree/00_start_here.ipynb"


def copy_chapters(folder, source=NOTEBOOKS, *, solutions=True):
    """Copy the chapters that a folder lacks, without their outputs, and say so.

    Copies that are older than their chapter's code are named, and stay.
    """
    if not solutions and list(folder.glob("[0-9][0-9]_*.ipynb")):
        raise FileExistsError(f"{folder} holds chapters already")
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"no permission to write into {folder}")
    copied = 0
    for path in find_chapters(folder=source):
        chapter, copy = read(path), folder / path.name
        if copy.exists():
            if _made_from(copy) not in (stored_digest(chapter), None):
                print(OUTDATED.format(path.name))
            continue
        if not solutions:
            chapter.cells = [cell for cell in chapter.cells if "solution" not in tags(cell)]
        for cell in chapter.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        # The buttons are for those who have no copy; without a network they are broken pictures.
        chapter.cells[0].source = _BUTTON.sub("", chapter.cells[0].source)
        write(chapter, copy)
        copied += 1
    if copied:
        lacks = "outputs" if solutions else "outputs and solutions"
        print(f"Copied {copied} chapters to {folder}, without {lacks}.")


def _made_from(path):
    """Return the fingerprint of the code that a copy was made from, None where it tells none."""
    try:
        return stored_digest(read(path))
    except Exception:  # nbformat raises many kinds; a learner's broken file is JupyterLab's to show
        return None


def running_in(folder):
    """Return the address of a JupyterLab that runs in a folder already, or None."""
    for server in list_running_servers():
        if Path(server["root_dir"]).resolve() == folder:
            return f"{server['url']}lab{FIRST}?token={server['token']}"
    return None


def open_jupyterlab(folder, options):
    """Become JupyterLab in a folder, with options of its own."""
    os.environ.update(absolute_paths(os.environ))
    for name in OUTSIDE:
        os.environ.pop(name, None)
    # Otherwise a kernel named python3 in the learner's home wins where .venv is somebody else's.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in a container
        print("You are root, and so is JupyterLab: what runs in it may change the whole machine.")
        options = ["--allow-root", *options]
    sys.stdout.flush()
    settings = [
        f"--LabApp.app_settings_dir={SETTINGS}",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab{FIRST}",  # of the link that is printed as well
    ]
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *settings, *options])


def main(arguments=None):
    """Copy the chapters, then open them unless they are a handout; return the exit status."""
    parser = argparse.ArgumentParser(prog="make lab", allow_abbrev=False, add_help=False)
    parser.add_argument("--work", default="")
    parser.add_argument("--handout", default="")
    options, for_jupyter = parser.parse_known_args(arguments)
    settings = map(os.environ.get, ("COURSE_PROFILE", "KERAS_BACKEND"))
    named = os.path.expanduser(options.handout or options.work) or ROOT / "work"
    folder = Path(named).resolve()
    try:
        if not options.handout:
            check_settings(*settings)
            check_seed("SEED", os.environ.get("COURSE_SEED") or 0)
        if options.handout or folder != NOTEBOOKS:
            copy_chapters(folder, solutions=not options.handout)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        name = "make handout OUT=" if options.handout else "make lab WORK="
        print(
            f"The folder must be one that can be written. Received: {error}.\n"
            f"Name another: {name}$HOME/course",
            file=sys.stderr,
        )
        return 1
    if options.handout:
        return 0
    if not os.access(os.path.expanduser("~"), os.W_OK):  # where Jupyter keeps settings and state
        print(f"Your home folder cannot be written: JupyterLab takes {folder} in its place.")
        os.environ["HOME"] = str(folder)
    running = running_in(folder)
    if running:
        print(f"JupyterLab is running in {folder} already:\n    {running}")
        print("Ctrl + C twice, where it was started, ends it.")
        return 0
    open_jupyterlab(folder, for_jupyter)
    return 0


if __name__ == "__main__":
    sys.exit(main())
