"""The README's tables say what the notebooks and the result files say."""

import json

import pytest

import results

REPORT = {
    "profile": "quick",
    "backend": "tensorflow",
    "device": "CPU, 2 cores",
    "versions": {"python": "3.12.1", "keras": "3.15.1", "tensorflow": "2.21.0"},
    "chapters": {
        "03_first_cnn": {
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


def test_readme_holds_the_current_tables():
    text = results.README.read_text(encoding="utf-8")
    assert results.with_tables(text, results.current_tables()) == text, "run `make results`"


def test_every_chapter_has_results_of_three_seeds():
    reports = [json.loads(path.read_text()) for path in results.RESULTS.glob("quick-*.json")]
    for notebook in results.find_chapters():
        seeds = [
            len(report["chapters"].get(notebook.stem, {}).get("seeds", ())) for report in reports
        ]
        assert max(seeds, default=0) >= 3, f"{notebook.stem}: make run SEEDS='0 1 2', make results"


def test_seeds_are_gathered_by_profile_device_and_backend(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    for seed, accuracy in enumerate((0.9, 0.95, 0.85)):
        _write(build, seed, _report(accuracy))
    (path,) = results.store(build, kept)
    assert path.name == "quick-cpu-2-cores-tensorflow.json"
    chapter = json.loads(path.read_text())["chapters"]["03_first_cnn"]
    assert chapter["seeds"] == [0, 1, 2]
    assert chapter["measures"]["accuracy"] == [0.9, 0.95, 0.85]
    assert chapter["bands"] == [{"name": "accuracy", "at_least": 0.8}]
    table = results.results_table(kept)
    assert "| 03_first_cnn | accuracy | 0.900 | 0.850 to 0.950 | at least 0.800 | 3 | 50 |" in table


def test_a_chapter_that_was_not_run_again_keeps_its_results(tmp_path):
    build, kept = tmp_path / "build", tmp_path / "results"
    file = _write(build, 0, _report(0.9))
    results.store(build, kept)
    other = _report(0.9)
    other["chapters"]["04_other"] = other["chapters"].pop("03_first_cnn")
    file.write_text(json.dumps(other))
    (path,) = results.store(build, kept)
    assert set(json.loads(path.read_text())["chapters"]) == {"03_first_cnn", "04_other"}


def test_a_failed_chapter_or_other_versions_are_refused(tmp_path):
    failed = _report(0.9)
    failed["chapters"]["03_first_cnn"] |= {"ok": False, "error": "it broke"}
    with pytest.raises(SystemExit, match="03_first_cnn failed: it broke"):
        results.gather({0: _write(tmp_path, 0, failed)})
    files = {
        0: _write(tmp_path, 0, _report(0.9)),
        1: _write(tmp_path, 1, _report(0.9, device="CPU, 4 cores")),
    }
    with pytest.raises(SystemExit, match="one machine with one set of versions"):
        results.gather(files)


def test_missing_marks_are_told():
    with pytest.raises(ValueError, match="marks"):
        results.with_tables("no marks", {"chapters": ""})
