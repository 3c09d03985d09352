"""Train the course's own weights again and record them: ``make weights``.

The network is built and trained by the cells of its chapter, so that there is no second copy of
the architecture or the recipe to keep alike.
"""

import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chapters import ROOT, find_chapters, read, write, write_atomically
from gather_results import MODEL_CARD, renewed
from nbformat.v4 import new_code_cell
from run import run_chapter

from course_utils.data.sources import OWN_WEIGHTS

FOLDER = ROOT / "data" / "weights"


@dataclass(frozen=True)
class Recipe:
    """How a chapter trains a network: by which of its code cells, in their order.

    `measure` is quoted on the model card, and so are `constants`, assignments that stand in for
    some of the cell of parameters.
    """

    chapter: str
    model: str
    measure: str
    cells: str
    constants: str = ""


TRAINED = {
    "backbone.keras": Recipe(
        "04",
        "backbone",
        "backbone test accuracy",
        "set-up imports parameters build-the-pieces build-the-network train-functions "
        "one-cycle-schedule augment draw-many recipe-function train-the-backbone",
        "RECIPE_IMAGES, RECIPE_BATCH = 60_000, 128",
    ),
    "first_cnn.keras": Recipe(
        "03",
        "cnn",
        "cnn test accuracy",
        "set-up imports parameters load-the-data build-the-cnn-code build-the-dense-code "
        "training-function train-all-three test-all-three",
    ),
    "forger.keras": Recipe(
        "11",
        "gan.generator",
        "Fréchet distance over floor, last epoch",
        "set-up imports parameters drawing-functions load-the-data build-the-generator "
        "build-the-discriminator two-losses gan-class build-the-gan training-tools two-paces "
        "train-the-gan open-the-eye measure-the-distance",
        "EPOCHS = 23",
    ),
}

# A copy without the optimiser's state is a third of the size, and nobody trains it further.
_SAVE = """
import keras

bare = keras.Model.from_config({model}.get_config())
bare.set_weights({model}.get_weights())
bare.save("trained.keras")
"""


def train(name, recipe):
    """Run some cells of a chapter, save its model under data/weights, record size and hash.

    Returns one line that says what was trained and how good it is.
    """
    (path,) = find_chapters(recipe.chapter)
    notebook = read(path)
    wanted = recipe.cells.split()
    notebook.cells = [cell for cell in notebook.cells if cell.id in wanted]
    constants = new_code_cell(recipe.constants, id="other-constants")
    notebook.cells.insert(wanted.index("parameters") + 1, constants)
    notebook.cells.append(new_code_cell(_SAVE.format(model=recipe.model), id="save-the-weights"))
    with tempfile.TemporaryDirectory() as scratch:
        derived = Path(scratch, path.name)
        write(notebook, derived)
        chapter, setup = run_chapter(derived, "quick", "tensorflow", Path(scratch))
        if not chapter["ok"]:
            raise SystemExit(f"{path.stem} failed, {name} is unchanged.")
        (FOLDER / name).write_bytes(Path(scratch, "trained.keras").read_bytes())
    versions = setup["versions"]
    constants = f"{recipe.constants}, " if recipe.constants else ""
    source = (
        f"chapter {path.stem}, profile {setup['profile']}, {constants}seed {setup['seed']}, "
        f"Keras {versions['keras']} on {setup['backend']} {versions[setup['backend']]}; "
        f"{recipe.measure} {chapter['measures'][recipe.measure]:.4f}"
    )
    note(FOLDER / name, source)
    return f"{name}: {source}"


def note(path, source, listing=OWN_WEIGHTS):
    """Add or renew size, hash and source of a file of weights in the package's listing."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    entries = json.loads(listing.read_text(encoding="utf-8"))
    entries[path.name] = {"size": len(content), "sha256": digest, "source": source}
    write_atomically(listing, json.dumps(dict(sorted(entries.items())), indent=2) + "\n")


def main():
    """Train the files named on the command line, or all, and renew the model card."""
    for name in sys.argv[1:] or TRAINED:
        print(train(name, TRAINED[name]), flush=True)
    write_atomically(MODEL_CARD, renewed()[MODEL_CARD])


if __name__ == "__main__":
    main()
