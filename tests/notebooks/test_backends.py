"""A chapter runs unchanged on another backend than the one that the session tests."""

import json
import os
import subprocess
import sys

import pytest
from chapters import ROOT


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ["KERAS_BACKEND"] == "jax", reason="the whole session runs on JAX already"
)
def test_chapter_3_meets_its_bands_on_jax(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); from pathlib import Path; "
        "import run; sys.exit(run.main(['--nb', '03', '--profile', 'quick', '--backend', 'jax'], "
        f"build=Path({str(tmp_path)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "COURSE_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "run-quick-jax.json").read_text(encoding="utf-8"))
    assert result["backend"] == "jax"
    assert "jax" in result["versions"]
    chapter = result["chapters"]["03_first_cnn"]
    assert chapter["ok"], chapter["error"]
    bands = {band["name"]: band["holds"] for band in chapter["bands"]}
    assert {"cnn test accuracy", "cnn minus dense"} <= bands.keys()
    assert all(bands.values()), bands
