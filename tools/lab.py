"""Open the course in JupyterLab, on copies of the chapters: ``make lab`` and ``make handout``.

The chapters in notebooks/ hold what a run of the course printed and drew, for those who read them
on the web. Whoever is asked to predict should not have seen it, and what a learner writes should
not stand in the way of the next version. So each chapter is copied once, without outputs, and a
copy is never overwritten.
"""

import argparse
import os
import re
import sys
from pathlib import Path

from chapters import NOTEBOOKS, ROOT, find_chapters, read, stored_digest, tags, write
from kernels import absolute_paths

_BUTTON = re.compile(r"^\[!\[Open in .*\n*", re.MULTILINE)
SETTINGS = ROOT / "tools" / "jupyterlab"


def copy_chapters(folder, source=NOTEBOOKS, *, solutions=True):
    """Copy the chapters that a folder lacks, without their outputs.

    Parameters
    ----------
    folder : Path
        Where the copies go; it is made if need be.
    source : Path, optional
        Where the chapters lie.
    solutions : bool, optional
        Whether the copies hold the cells tagged solution.

    Returns
    -------
    copied, outdated : list of str
        Names of the chapters that were copied, and of copies older than the code of their chapter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied, outdated = [], []
    for path in find_chapters(folder=source):
        chapter, copy = read(path), folder / path.name
        if copy.exists():
            if _made_from(copy) not in (stored_digest(chapter), None):
                outdated.append(path.name)
            continue
        if not solutions:
            chapter.cells = [cell for cell in chapter.cells if "solution" not in tags(cell)]
        for cell in chapter.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        # The buttons are for those who have no copy; without a network they are broken pictures.
        chapter.cells[0].source = _BUTTON.sub("", chapter.cells[0].source)
        write(chapter, copy)
        copied.append(path.name)
    return copied, outdated


def _made_from(path):
    """Return the fingerprint of the code that a copy was made from, None where it tells none."""
    try:
        return stored_digest(read(path))
    except Exception:  # nbformat raises many kinds; a learner's broken file is JupyterLab's to show
        return None


def provide(folder):
    """Copy what a folder for work lacks, and say so."""
    copied, outdated = copy_chapters(folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"no permission to write into {folder}")
    if copied:
        print(f"Copied {len(copied)} chapters to {folder}, without outputs.")
    for name in outdated:
        print(f"{name}: its code has changed since your copy. Rename yours to get the new one.")


def hand_out(folder):
    """Write all chapters without outputs and solutions into a folder that has none, and say so."""
    there = [path.name for path in folder.glob("[0-9][0-9]_*.ipynb")]
    if there:
        raise FileExistsError(f"{folder} holds chapters already, such as {there[0]}")
    copied, _ = copy_chapters(folder, solutions=False)
    print(f"Wrote {len(copied)} chapters to {folder}, without outputs and solutions.")


def open_jupyterlab(folder, options):
    """Become JupyterLab in a folder, with options of its own."""
    os.environ.update(absolute_paths(os.environ))
    # Otherwise a kernel named python3 in the learner's home wins where .venv is somebody else's.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    sys.stdout.flush()
    settings = f"--LabApp.app_settings_dir={SETTINGS}"
    start = str(folder / "00_start_here.ipynb")
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", settings, *options, start])


def main(arguments=None):
    """Copy the chapters, then open them unless they are a handout; return the exit status."""
    parser = argparse.ArgumentParser(prog="make lab", allow_abbrev=False, add_help=False)
    parser.add_argument("--work", default="")
    parser.add_argument("--handout", default="")
    options, for_jupyter = parser.parse_known_args(arguments)
    named = os.path.expanduser(options.handout or options.work) or ROOT / "work"
    folder = Path(named).resolve()
    try:
        if options.handout:
            hand_out(folder)
        elif folder != NOTEBOOKS:
            provide(folder)
    except OSError as error:
        name = "make handout OUT=" if options.handout else "make lab WORK="
        print(
            f"Expected a folder that can be written. Received: {error}.\n"
            f"Name another: {name}$HOME/course",
            file=sys.stderr,
        )
        return 1
    if not options.handout:
        open_jupyterlab(folder, for_jupyter)
    return 0


if __name__ == "__main__":
    sys.exit(main())
