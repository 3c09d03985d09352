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

from chapters import NOTEBOOKS, ROOT, find_chapters, read, tags, write
from kernels import absolute_paths

_BUTTON = re.compile(r"^\[!\[Open in .*\n+", re.MULTILINE)
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
        made_from = chapter.metadata.get("course", {}).get("digest")
        if copy.exists():
            if _made_from(copy) not in (made_from, None):
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
        return read(path).metadata.get("course", {}).get("digest")
    except Exception:  # nbformat raises many kinds; a learner's broken file is JupyterLab's to show
        return None


def provide(folder, *, solutions):
    """Copy what a folder lacks and say so; return whether that could be done."""
    try:
        copied, outdated = copy_chapters(folder, solutions=solutions)
    except OSError as error:
        print(
            f"Expected a folder that you may write in. Received: {error}.\n"
            "Name one of your own: make lab WORK=$HOME/course",
            file=sys.stderr,
        )
        return False
    if copied:
        print(f"Copied {len(copied)} chapters to {folder}, without outputs.")
    for name in outdated:
        print(f"{name}: its code has changed since your copy. Rename yours to get the new one.")
    return True


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
    """Copy what is missing, then open it unless it is a handout; return the exit status."""
    parser = argparse.ArgumentParser(
        description="Open the course on copies of its chapters.", allow_abbrev=False
    )
    parser.add_argument("--work", default="", help="folder of the copies (default: work)")
    parser.add_argument("--handout", default="", help="write copies without solutions, no more")
    options, for_jupyter = parser.parse_known_args(arguments)
    folder = Path(options.handout or options.work or ROOT / "work").expanduser().resolve()
    if folder != NOTEBOOKS and not provide(folder, solutions=not options.handout):
        return 1
    if not options.handout:
        open_jupyterlab(folder, for_jupyter)
    return 0


if __name__ == "__main__":
    sys.exit(main())
