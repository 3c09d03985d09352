"""The tables of README and model card say what notebooks, results and records say."""

import json

import pytest
import tables

REPORT = {
    "profile": "quick",
    "backend": "tensorflow",
    "device": "CPU, 2 cores",
    "versions": {"python": "3.12.1", "keras": "3.15.1", "tensorflow": "2.21.0"},
    "chapters": {
        "03_first_cnn": {
            "code": "0123abcd",
            "seconds": 50.0,
            "peak_mb": 1000,
            "ok": True,
            "error": None,
            "measures": {"accuracy": 0.9, "parameters": 1234},
            "bands": [{"name": "accuracy", "value": 0.9, "at_least": 0.8, "holds": True}],
        }
    },
}


def _report(accuracy, **changes):
    report = json.loads(json.dumps(REPORT)) | changes
    report["chapters"]["03_first_cnn"]["measures"]["accuracy"] = accuracy
    return report


def _write(build, seed, report):
    build.mkdir(exist_ok=True)
    file = build / f"run-quick-tensorflow-seed{seed}.json"
    file.write_text(json.dumps(report))
    return file


def test_pages_hold_the_current_tables():
    for page, text in tables.renewed().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run `make results`"


def test_every_chapter_has_results_of_three_seeds():
    reports = [json.loads(path.read_text()) for path in tables.RESULTS.glob("quick-*.json")]
    for notebook in tables.find_chapters():
        seeds = [
            len(report["chapters"].get(notebook.stem, {}).get("seeds", ())) for report in reports
        ]
        assert max(seeds, default=0) >= 3, f"{notebook.stem}: make run SEEDS='0 1 2', make results"


def test_seeds_are_gathered_by_profile_device_and_backend(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    for seed, accuracy in enumerate((0.9, 0.95, 0.85)):
        _write(build, seed, _report(accuracy))
    (path,) = tables.store(build, kept)
    assert path.name == "quick-cpu-2-cores-tensorflow.json"
    chapter = json.loads(path.read_text())["chapters"]["03_first_cnn"]
    assert chapter["seeds"] == [0, 1, 2]
    assert chapter["measures"]["accuracy"] == [0.9, 0.95, 0.85]
    assert chapter["bands"] == [{"name": "accuracy", "at_least": 0.8}]
    table = tables.results_table(kept)
    assert "| 03_first_cnn | accuracy | 0.900 | 0.850 to 0.950 | at least 0.800 | 3 | 50 |" in table


def test_a_band_that_a_seed_misses_is_marked(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    for seed, accuracy in enumerate((0.9, 0.75)):
        _write(build, seed, _report(accuracy))
    tables.store(build, kept)
    assert "| at least 0.800, **missed** | 2 |" in tables.results_table(kept)


def test_a_chapter_that_was_not_run_again_keeps_its_results(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    file = _write(build, 0, _report(0.9))
    tables.store(build, kept)
    other = _report(0.9)
    other["chapters"]["04_other"] = other["chapters"].pop("03_first_cnn")
    file.write_text(json.dumps(other))
    (path,) = tables.store(build, kept)
    assert set(json.loads(path.read_text())["chapters"]) == {"03_first_cnn", "04_other"}


def test_a_chapter_run_again_with_the_same_code_gains_seeds(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    for seed, accuracy in ((0, 0.9), (2, 0.8)):
        _write(build, seed, _report(accuracy))
    tables.store(build, kept)
    (build / "run-quick-tensorflow-seed0.json").unlink()
    _write(build, 1, _report(0.7))
    _write(build, 2, _report(0.85))
    (path,) = tables.store(build, kept)
    chapter = json.loads(path.read_text())["chapters"]["03_first_cnn"]
    assert chapter["seeds"] == [0, 1, 2]
    assert chapter["measures"]["accuracy"] == [0.9, 0.7, 0.85]
    assert chapter["seconds"] == [50.0] * 3


def test_results_of_other_code_are_not_joined(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    _write(build, 0, _report(0.9))
    tables.store(build, kept)
    changed = _report(0.7)
    changed["chapters"]["03_first_cnn"]["code"] = "4567cdef"
    _write(build, 1, changed)
    with pytest.raises(SystemExit, match=r"03_first_cnn to be run with the same code.*seed1"):
        tables.store(build, kept)
    (build / "run-quick-tensorflow-seed0.json").unlink()
    (path,) = tables.store(build, kept)
    assert json.loads(path.read_text())["chapters"]["03_first_cnn"]["seeds"] == [1]


def test_a_failed_chapter_or_other_versions_are_refused(tmp_path):
    failed = _report(0.9)
    failed["chapters"]["03_first_cnn"] |= {"ok": False, "error": "it broke"}
    with pytest.raises(SystemExit, match="03_first_cnn failed: it broke"):
        tables.gather({0: _write(tmp_path, 0, failed)})
    files = {
        0: _write(tmp_path, 0, _report(0.9)),
        1: _write(tmp_path, 1, _report(0.9, device="CPU, 4 cores")),
    }
    with pytest.raises(SystemExit, match="one machine with one set of versions"):
        tables.gather(files)


def test_missing_marks_are_told():
    with pytest.raises(ValueError, match="marks"):
        tables.with_tables("no marks", {"chapters": ""})
