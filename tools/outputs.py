"""Execute notebooks in the quick profile and store their outputs in them: ``make outputs``."""

import argparse
import sys

from chapters import NOTEBOOKS, digest, find_chapters, output_faults, read, write
from kernels import execute, kernel_environment
from run import Progress, clock

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_PASSING_METADATA = ("execution", "ExecuteTime", "collapsed", "scrolled", "outputId")


def normalise(notebook):
    """Take out of an executed notebook what changes from run to run, and note its digest."""
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata.get("language_info", {}).pop("version", None)
    notebook.metadata.setdefault("course", {})["digest"] = digest(notebook)
    for cell in notebook.cells:
        for key in _PASSING_METADATA:
            cell.metadata.pop(key, None)
        if cell.cell_type == "code" and not cell.source.strip():
            cell.execution_count, cell.outputs = None, []
        for output in cell.get("outputs", []):
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count


def store_outputs(path):
    """Execute one notebook offline and store its outputs, if they are fit to be published.

    Returns what is wrong, a list of texts; then the file is as it was.
    """
    notebook = read(path)
    progress = Progress(path.stem)
    # Without a profile the set-up line reads as a learner will see it.
    unset = dict.fromkeys(f"COURSE_{n}" for n in ("PROFILE", "DATA_DIR", "SEED", "RECORD"))
    fixed = {"COURSE_OFFLINE": "1", "COURSE_STRICT": "1"}
    environment = kernel_environment("quick", "tensorflow", **unset, **fixed)
    outcome = execute(notebook, path.parent, environment, progress=progress)
    if outcome.failure is not None:
        faults = [f"{outcome.failure}\n{outcome.failure.details}"]
    else:
        normalise(notebook)
        faults = output_faults(notebook)
    if not faults:
        write(notebook, path)
    progress.end(f"{clock(outcome.seconds)}  {'NOT stored' if faults else 'stored'}")
    return faults


def main(arguments=None, folder=NOTEBOOKS):
    """Store the outputs of chapters; return 1 when some are not stored, 2 for nonsense, else 0."""
    parser = argparse.ArgumentParser(prog="make outputs", description=__doc__)
    parser.add_argument("--nb", default="", help="chapters: 03, or 00,03; all when absent")
    try:
        paths = find_chapters(parser.parse_args(arguments).nb, folder)
    except ValueError as error:
        parser.error(str(error))
    status = 0
    for path in paths:
        for fault in store_outputs(path):
            print(f"    {path.name}: {fault}", file=sys.stderr, flush=True)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
