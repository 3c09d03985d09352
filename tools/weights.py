"""Train the course's own weights again and record them: ``make weights``.

The network is built and trained by the cells of its chapter, so that there is no second copy of
the architecture or the recipe to keep alike.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from chapters import ROOT, find_chapters, read, write_atomically
from kernels import execute, kernel_environment
from run import Progress
from tables import MODEL_CARD, renewed

from course_utils.data.sources import record_own_weights
from course_utils.measures import read_record

FOLDER = ROOT / "data" / "weights"


@dataclass(frozen=True)
class Recipe:
    """How a chapter trains a network.

    Parameters
    ----------
    chapter : str
        Its number.
    model, measure : str
        The model's name in the notebook, and the measure to quote on the model card.
    cells : tuple of str
        The code cells that are needed, in the order of the notebook.
    constants : str
        Assignments that stand in for some of the cell of parameters; quoted on the card, too.
    """

    chapter: str
    model: str
    measure: str
    cells: tuple[str, ...]
    constants: str = ""


TRAINED = {
    "backbone.keras": Recipe(
        "04",
        "backbone",
        "backbone test accuracy",
        (
            "set-up",
            "imports",
            "parameters",
            "build-the-network",
            "train-functions",
            "one-cycle-schedule",
            "augment",
            "draw-many",
            "recipe-function",
            "train-the-backbone",
        ),
        "RECIPE_IMAGES, RECIPE_BATCH = 60_000, 128",
    ),
    "first_cnn.keras": Recipe(
        "03",
        "cnn",
        "cnn test accuracy",
        (
            "set-up",
            "imports",
            "parameters",
            "load-the-data",
            "build-the-cnn-code",
            "build-the-dense-code",
            "training-function",
            "train-all-three",
            "test-all-three",
        ),
    ),
    "forger.keras": Recipe(
        "11",
        "gan.generator",
        "Fréchet distance over floor, last epoch",
        (
            "set-up",
            "imports",
            "parameters",
            "drawing-functions",
            "load-the-data",
            "build-the-generator",
            "build-the-discriminator",
            "two-losses",
            "gan-class",
            "build-the-gan",
            "training-tools",
            "two-paces",
            "train-the-gan",
            "open-the-eye",
            "measure-the-distance",
        ),
        "EPOCHS = 45",
    ),
}

# A copy without the optimiser's state is a third of the size, and nobody trains it further.
_SAVE = """
import keras

bare = keras.Model.from_config({model}.get_config())
bare.set_weights({model}.get_weights())
bare.save({path!r})
"""


def train(name, recipe):
    """Run some cells of a chapter, save its model under data/weights and record size and hash.

    Parameters
    ----------
    name : str
        Of the file.
    recipe : Recipe

    Returns
    -------
    str
        One line that says what was trained and how good it is.
    """
    (path,) = find_chapters(recipe.chapter)
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells if cell.id in recipe.cells]
    if tuple(cell.id for cell in notebook.cells) != recipe.cells:
        raise SystemExit(
            f"Expected {path.name} to have the cells {recipe.cells}, in this order. "
            f"Received: {tuple(cell.id for cell in notebook.cells)}"
        )
    if recipe.constants:
        place = recipe.cells.index("parameters") + 1
        notebook.cells.insert(
            place, nbformat.v4.new_code_cell(recipe.constants, id="other-constants")
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        saved, record = Path(scratch, name), Path(scratch, "record.jsonl")
        source = _SAVE.format(model=recipe.model, path=str(saved))
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
    constants = f"{recipe.constants}, " if recipe.constants else ""
    source = (
        f"chapter {path.stem}, profile {setup['profile']}, {constants}seed {setup['seed']}, "
        f"Keras {versions['keras']} on {setup['backend']} {versions[setup['backend']]}; "
        f"{recipe.measure} {measures[recipe.measure]:.4f}"
    )
    record_own_weights(FOLDER / name, source)
    return f"{name}: {source}"


def main():
    """Train the files named on the command line, or all, and renew the model card."""
    for name in sys.argv[1:] or TRAINED:
        if name not in TRAINED:
            raise SystemExit(f"Expected names of {', '.join(TRAINED)}. Received: {name}")
        print(train(name, TRAINED[name]), flush=True)
    write_atomically(MODEL_CARD, renewed()[MODEL_CARD])
    return 0


if __name__ == "__main__":
    sys.exit(main())
