"""The course's own weights and the benchmark of the recipe come from cells that are there."""

import ast
import hashlib
import json

import chapters
import pytest
import weights


@pytest.mark.parametrize("name", weights.TRAINED)
def test_a_recipe_names_cells_of_its_chapter_in_their_order(name):
    recipe = weights.TRAINED[name]
    (path,) = chapters.find_chapters(recipe.chapter)
    wanted = recipe.cells.split()
    assert [cell.id for cell in chapters.read(path).cells if cell.id in wanted] == wanted
    source = "\n".join(cell.source for cell in chapters.code_cells(chapters.read(path)))
    assert f'"{recipe.measure}"' in source


def test_a_recipe_with_other_constants_changes_what_the_chapter_defines():
    for recipe in weights.TRAINED.values():
        (path,) = chapters.find_chapters(recipe.chapter)
        (parameters,) = (c for c in chapters.read(path).cells if c.id == "parameters")
        names = {node.id for node in ast.walk(ast.parse(parameters.source)) if _stored(node)}
        others = {node.id for node in ast.walk(ast.parse(recipe.constants)) if _stored(node)}
        assert others <= names


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
    tree = ast.parse((chapters.ROOT / "bench" / "recipe.py").read_text(encoding="utf-8"))
    (cells,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "CELLS"
    )
    (path,) = chapters.find_chapters("04")
    names = chapters.definitions(path, cells)
    network = names["build"]((32, 32, 3), 12, (4, 4, 4))
    assert names["augmented"](network, names["FLIPS"]).output_shape == (None, 12)
    schedule = names["OneCycle"](names["PEAK"], 100)
    assert float(schedule(20)) == pytest.approx(names["PEAK"])
    assert callable(names["train_by_recipe"])
    assert callable(names["accuracy"])


def _stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
