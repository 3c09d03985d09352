"""The tables of README and model card say what notebooks, results and records say."""

import json

import gather_results
import pytest

NAME = "03_first_cnn"


@pytest.fixture
def folders(tmp_path):
    """Folders of what was run and of results."""
    return tmp_path / "build", tmp_path / "results"


def write(build, seed, accuracy, name=NAME, versions="3.15.1", **changes):
    """Write what a run with a seed measured, and return its file."""
    chapter = {
        "code": "0123abcd",
        "seconds": 50.0,
        "peak_mb": 1000,
        "ok": True,
        "error": None,
        "measures": {"accuracy": accuracy, "parameters": 1234},
        "bands": [{"name": "accuracy", "value": accuracy, "at_least": 0.8, "holds": True}],
    }
    report = {
        "profile": "quick",
        "backend": "tensorflow",
        "device": "CPU, 2 cores",
        "versions": {"python": "3.12.1", "keras": versions, "tensorflow": "2.21.0"},
        "chapters": {name: chapter | changes},
    }
    build.mkdir(exist_ok=True)
    file = build / f"run-quick-tensorflow-seed{seed}.json"
    file.write_text(json.dumps(report))
    return file


def stored(folders):
    """Store what was run, and return the chapters of the one file of results."""
    (path,) = gather_results.store(*folders)
    assert path.name == "quick-cpu-2-cores-tensorflow.json"
    return json.loads(path.read_text())["chapters"]


def test_pages_hold_the_current_tables():
    for page, text in gather_results.renewed().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run `make results`"


def test_every_chapter_has_results_of_three_seeds():
    reports = [json.loads(path.read_text()) for path in gather_results.RESULTS.glob("quick-*.json")]
    for notebook in gather_results.find_chapters():
        seeds = [
            len(report["chapters"].get(notebook.stem, {}).get("seeds", ())) for report in reports
        ]
        assert max(seeds, default=0) >= 3, f"{notebook.stem}: make run SEEDS='0 1 2', make results"


def test_seeds_are_gathered_and_a_band_that_one_misses_is_marked(folders):
    for seed, accuracy in ((0, 0.9), (10, 0.85), (2, 0.95)):
        write(folders[0], seed, accuracy)
    chapter = stored(folders)[NAME]
    assert chapter["seeds"] == [0, 2, 10]
    assert chapter["measures"]["accuracy"] == [0.9, 0.95, 0.85]
    assert chapter["bands"] == [{"name": "accuracy", "at_least": 0.8}]
    row = "| 03_first_cnn | accuracy | 0.900 | 0.850 to 0.950 | at least 0.800 | 3 | 50 |"
    assert row in gather_results.results_table(folders[1])
    write(folders[0], 1, 0.75)
    stored(folders)
    assert "| at least 0.800, **missed** | 4 |" in gather_results.results_table(folders[1])


def test_a_chapter_keeps_its_results_until_it_is_run_with_other_code_or_versions(folders):
    first = write(folders[0], 0, 0.9)
    write(folders[0], 2, 0.8)
    stored(folders)
    first.unlink()
    write(folders[0], 1, 0.7)
    write(folders[0], 2, 0.85)
    chapter = stored(folders)[NAME]
    assert chapter["seeds"] == [0, 1, 2]
    assert chapter["measures"]["accuracy"] == [0.9, 0.7, 0.85]
    assert chapter["seconds"] == [50.0] * 3

    write(folders[0], 2, 0.9, name="04_other")
    write(folders[0], 1, 0.7, code="4567cdef")
    chapters = stored(folders)
    assert set(chapters) == {NAME, "04_other"}
    assert chapters[NAME]["seeds"] == [1]
    for seed in (1, 2):
        write(folders[0], seed, 0.9, name="04_other", versions="3.16.0")
    assert set(stored(folders)) == {"04_other"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "4567cdef"}, r"the same code of 03_first_cnn\. .*seed1"),
        ({"versions": "3.16.0"}, "the same versions"),
        ({"ok": False, "error": "it broke"}, "03_first_cnn failed: it broke"),
    ],
)
def test_runs_that_failed_or_do_not_belong_together_are_refused(folders, changes, words):
    write(folders[0], 0, 0.9)
    write(folders[0], 1, 0.9, **changes)
    with pytest.raises(SystemExit, match=words):
        gather_results.store(*folders)
    assert not folders[1].exists()


def test_missing_marks_are_told():
    with pytest.raises(ValueError, match="marks"):
        gather_results.with_tables("no marks", {"chapters": ""})
