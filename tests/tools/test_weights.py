"""The course's own weights and the benchmark of the recipe come from cells that are there."""

import ast
import hashlib
import json
import re

import chapters
import pytest
import weights


@pytest.mark.parametrize("name", weights.TRAINED)
def test_a_recipe_names_cells_of_its_chapter_in_their_order(name):
    recipe = weights.TRAINED[name]
    (path,) = chapters.find_chapters(recipe.chapter)
    sources = {cell.id: cell.source for cell in chapters.code_cells(chapters.read(path))}
    wanted = recipe.cells.split()
    assert [cell for cell in sources if cell in wanted] == wanted
    assert any(f'"{recipe.measure}"' in source for source in sources.values())
    constants, parameters = map(chapters.names_of, (recipe.constants, sources["parameters"]))
    assert constants[1] <= parameters[1], "other constants change what the chapter defines"


def test_a_file_is_noted_anew_and_the_others_stay(tmp_path):
    listing = tmp_path / "weights.json"
    listing.write_text('{"second.keras": {"size": 1}, "first.keras": {"size": 2}}')
    (tmp_path / "first.keras").write_bytes(b"trained again")
    weights.note(tmp_path / "first.keras", "a test, seed 1", listing)
    noted = json.loads(listing.read_text(encoding="utf-8"))
    assert list(noted) == ["first.keras", "second.keras"]
    assert noted["second.keras"] == {"size": 1}
    digest = hashlib.sha256(b"trained again").hexdigest()
    assert noted["first.keras"] == {"size": 13, "sha256": digest, "source": "a test, seed 1"}


def test_the_benchmark_trains_by_the_chapters_own_cells():
    source = (chapters.ROOT / "bench" / "recipe.py").read_text(encoding="utf-8")
    cells = re.search(r"(?ms)^CELLS = (\(.*?^\))", source)[1]
    (path,) = chapters.find_chapters("04")
    names = chapters.definitions(path, ast.literal_eval(cells))
    network = names["build"]((32, 32, 3), 12, (4, 4, 4))
    assert names["augmented"](network, names["FLIPS"]).output_shape == (None, 12)
    assert {"OneCycle", "PEAK", "train_by_recipe", "accuracy"} <= set(names)
