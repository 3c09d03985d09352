"""Train the course's own weights again and record them: ``make weights``.

The network is built and trained by the cells of its chapter, so that there is no second copy of
the architecture or the recipe to keep alike.
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from chapters import ROOT, find_chapters, read, write_atomically
from kernels import execute, kernel_environment
from run import Progress, read_record
from tables import MODEL_CARD, renewed

from course_utils.records import record_own_weights

FOLDER = ROOT / "data" / "weights"

# For each file: the chapter, the last of its cells that is needed, the model's name there, and
# the measure to quote on the model card.
TRAINED = {"first_cnn.keras": ("03", "test-all-three", "cnn", "cnn test accuracy")}

# A copy without the optimiser's state is a third of the size, and nobody trains it further.
_SAVE = """
import keras

bare = keras.Model.from_config({model}.get_config())
bare.set_weights({model}.get_weights())
bare.save({path!r})
"""


def train(name, chapter, last_cell, model, measure):
    """Run a chapter up to a cell, save its model under data/weights and record size and hash.

    Parameters
    ----------
    name : str
        Of the file.
    chapter, last_cell, model, measure : str
        See `TRAINED`.

    Returns
    -------
    str
        One line that says what was trained and how good it is.
    """
    (path,) = find_chapters(chapter)
    notebook = read(path)
    last = [cell.id for cell in notebook.cells].index(last_cell)
    notebook.cells = notebook.cells[: last + 1]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        saved, record = Path(scratch, name), Path(scratch, "record.jsonl")
        source = _SAVE.format(model=model, path=str(saved))
        notebook.cells.append(nbformat.v4.new_code_cell(source, id="save-the-weights"))
        environment = kernel_environment(
            "quick", "tensorflow", COURSE_RECORD=str(record), COURSE_SEED=None, COURSE_OFFLINE="1"
        )
        progress = Progress(path.stem)
        outcome = execute(notebook, path.parent, environment, progress=progress)
        progress.end("trained" if outcome.failure is None else "FAILED")
        if outcome.failure is not None:
            raise SystemExit(f"{path.stem} failed, {name} is unchanged.\n{outcome.failure}")
        setup, measures, _ = read_record(record)
        (FOLDER / name).write_bytes(saved.read_bytes())
    versions = setup["versions"]
    source = (
        f"chapter {path.stem}, profile {setup['profile']}, seed {setup['seed']}, "
        f"Keras {versions['keras']} on {setup['backend']} {versions[setup['backend']]}; "
        f"{measure} {measures[measure]:.4f}"
    )
    record_own_weights(FOLDER / name, source)
    return f"{name}: {source}"


def main():
    """Train every file of `TRAINED` and renew the model card."""
    for name, recipe in TRAINED.items():
        print(train(name, *recipe), flush=True)
    write_atomically(MODEL_CARD, renewed()[MODEL_CARD])
    return 0


if __name__ == "__main__":
    sys.exit(main())
