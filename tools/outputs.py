"""Execute notebooks in the quick profile and store their outputs in them: ``make outputs``."""

import argparse
import sys

from chapters import NOTEBOOKS, UnknownChapterError, digest, find_chapters, output_faults, read
from chapters import write as write_notebook
from kernels import execute, kernel_environment
from run import Progress, clock

# What is stored names the language and no machine's version of it.
# As Jupyter itself writes it, so that opening and saving a notebook changes as little as possible.
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
_PASSING_METADATA = ("execution", "ExecuteTime", "collapsed", "scrolled", "outputId")


def normalise(notebook):
    """Take out of an executed notebook what changes from run to run, and note its digest.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place. Cell ids, tags and all other metadata stay.
    """
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    notebook.metadata["language_info"] = dict(LANGUAGE)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.setdefault("course", {})["digest"] = digest(notebook)
    count = 0
    for cell in notebook.cells:
        for key in _PASSING_METADATA:
            cell.metadata.pop(key, None)
        if cell.cell_type != "code":
            continue
        if not cell.source.strip():
            cell.execution_count, cell.outputs = None, []
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def store_outputs(path):
    """Execute one notebook offline and store its outputs, if they are fit to be published.

    Parameters
    ----------
    path : Path
        Untouched unless every cell ran and no output is at fault.

    Returns
    -------
    list of str
        What is wrong; empty when the outputs are stored.
    """
    notebook = read(path)
    progress = Progress(path.stem)
    environment = kernel_environment(
        "quick",
        "tensorflow",
        COURSE_PROFILE=None,  # so that the set-up line reads as a learner will see it
        COURSE_OFFLINE="1",
        COURSE_STRICT="1",
        COURSE_DATA_DIR=None,
        COURSE_SEED=None,
        COURSE_RECORD=None,
    )
    outcome = execute(notebook, path.parent, environment, progress=progress)
    if outcome.failure is not None:
        faults = [f"{outcome.failure}\n{outcome.failure.details}"]
    else:
        normalise(notebook)
        faults = output_faults(notebook)
    if not faults:
        write_notebook(notebook, path)
    progress.end(f"{clock(outcome.seconds)}  {'NOT stored' if faults else 'stored'}")
    return faults


def main(arguments=None, folder=NOTEBOOKS):
    """Store the outputs of the chapters asked for and return the exit status.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line when absent.
    folder : Path
        Where the notebooks lie.

    Returns
    -------
    int
        0 when all are stored, 1 when some are not, 2 when asked for nonsense.
    """
    parser = argparse.ArgumentParser(prog="make outputs", description=__doc__)
    parser.add_argument("--nb", default="", help="chapters: 03, or 00,03; all when absent")
    options = parser.parse_args(arguments)
    try:
        paths = find_chapters(options.nb, folder)
    except UnknownChapterError as error:
        print(f"make outputs: {error}", file=sys.stderr)
        return 2
    status = 0
    for path in paths:
        try:
            faults = store_outputs(path)
        except KeyboardInterrupt:
            print("Interrupted; the kernel is stopped, this notebook unchanged.", file=sys.stderr)
            return 130
        for fault in faults:
            print(f"    {path.name}: {fault}", file=sys.stderr, flush=True)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
