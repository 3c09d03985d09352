"""The profile, the set-up line, and how results are recorded."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import keras
import pytest

import course_utils as cu
from course_utils import measures, session
from course_utils.backend import hide_retracing_warnings, stop_autotuning

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """Give each test an environment that says nothing, and no results."""
    for name in ("COURSE_PROFILE", "COURSE_STRICT", "COURSE_SEED", "COURSE_RECORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(measures, "_rows", {})


COLAB, KAGGLE = {"COLAB_RELEASE_TAG": "any"}, {"KAGGLE_KERNEL_RUN_TYPE": "any"}


@pytest.mark.parametrize(
    ("environment", "gpu", "expected"),
    [
        ({}, True, "quick (the default; COURSE_PROFILE=full changes it)"),
        ({"COURSE_PROFILE": "full"}, False, "full (set by COURSE_PROFILE)"),
        (COLAB, True, "full (the default on this service's GPU; COURSE_PROFILE=quick"),
        (KAGGLE, True, "full (the default on this service's GPU; COURSE_PROFILE=quick"),
        (KAGGLE, False, "quick (the default; COURSE_PROFILE=full changes it)"),
        ({**COLAB, "COURSE_PROFILE": "quick"}, True, "quick (set by COURSE_PROFILE)"),
    ],
)
def test_profile(monkeypatch, capsys, environment, gpu, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "_has_nvidia_gpu", lambda: gpu)
    cu.setup(seed=1)
    assert f"profile {expected}" in capsys.readouterr().out
    assert cu.by_profile(quick="quick", full="full") == cu.profile() == expected.split()[0]


def test_an_unknown_profile_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    with pytest.raises(ValueError, match=r"COURSE_PROFILE.*quick, full\. Received: 'fast'"):
        cu.profile()


def test_setup_line_names_device_backend_profile_and_seed(capsys):
    cu.setup(seed=5)
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert keras.__version__ in line
    assert line.endswith("seed 5\n")
    first = keras.ops.convert_to_numpy(keras.random.normal((4,)))
    cu.setup(seed=5)
    assert (keras.ops.convert_to_numpy(keras.random.normal((4,))) == first).all()


def test_setup_keeps_products_in_32_bits_on_any_gpu():
    cu.setup(seed=5)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        assert not tf.config.experimental.tensor_float_32_execution_enabled()
    elif backend == "jax":
        import jax

        assert jax.config.jax_default_matmul_precision == "float32"
    else:
        import torch

        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"


@pytest.mark.parametrize(
    ("named", "seed"), [("20231234567", 1234567), ("-1", 1), (" 7 ", 7), ("0", 0)]
)
def test_course_seed_is_any_whole_number_in_place_of_the_notebooks(monkeypatch, named, seed):
    monkeypatch.setenv("COURSE_SEED", named)
    assert cu.setup(seed=5) == seed
    monkeypatch.setenv("COURSE_SEED", "eleven")
    with pytest.raises(ValueError, match=r"whole number.*'eleven'"):
        cu.setup(seed=5)


def test_other_settings_of_keras_are_told_and_not_used(monkeypatch, tmp_path, capsys):
    asked = {"image_data_format": "channels_first", "floatx": "float64", "backend": "theano"}
    (tmp_path / "keras.json").write_text(json.dumps(asked))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float64")
    cu.setup(seed=1)
    assert keras.config.image_data_format() == "channels_last"
    assert keras.config.floatx() == "float32"
    said = capsys.readouterr().out
    assert "asks for image_data_format channels_first, floatx float64, backend theano" in said
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert "theano" not in session._ignored_settings(), "the variable outranks the file"


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"floatx": "float32"}', "{}"])
def test_ordinary_settings_of_keras_are_not_spoken_of(monkeypatch, tmp_path, content):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if content is not None:
        (tmp_path / "keras.json").write_text(content)
    assert session._ignored_settings() == ""


def test_unknown_backend_is_told_before_keras_is_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "pytorch")
    with pytest.raises(ValueError, match=r"tensorflow, jax, torch.*'pytorch'"):
        cu.setup(seed=1)


@pytest.mark.parametrize("path", ["keras.py", "tensorflow/__init__.py"])
def test_own_file_that_hides_a_package_is_named(monkeypatch, tmp_path, path):
    monkeypatch.chdir(tmp_path)
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).touch()
    with pytest.raises(ImportError, match=f"Your own {path} .* hides the package"):
        cu.setup(seed=1)


@pytest.mark.slow
def test_setting_that_keras_itself_refuses_leads_to_its_file(tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "int3"}')
    done = _python("import course_utils as cu; cu.setup(seed=1)", KERAS_HOME=str(tmp_path))
    assert "keras.json, where it exists: if the message is about a setting" in done.stderr


def test_too_old_a_keras_says_what_to_do(monkeypatch):
    monkeypatch.setattr(keras, "__version__", "3.9.2")
    with pytest.raises(
        ImportError, match=r"needs Keras 3\.13.*Received: Keras 3\.9\.2.*pip install"
    ):
        cu.setup(seed=0)


def test_keras_floor_is_the_one_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (floor,) = [r for r in project["optional-dependencies"]["cpu"] if r.startswith("keras")]
    assert floor == f"keras>={session.KERAS_FLOOR}"


def test_results_are_recorded_line_by_line(monkeypatch, tmp_path):
    record = tmp_path / "record.jsonl"
    monkeypatch.setenv("COURSE_RECORD", str(record))
    cu.setup(seed=0)
    cu.measure("parameters", 1234)
    cu.expect("accuracy", 0.9, at_least=0.8)
    cu.expect("loss", 0.9, at_most=0.8)
    entries = [json.loads(line) for line in record.read_text().splitlines()]
    assert entries[0]["kind"] == "setup"
    assert entries[0]["versions"]["keras"] == keras.__version__
    assert entries[1:] == [
        {"kind": "measure", "name": "parameters", "value": 1234},
        {"kind": "measure", "name": "accuracy", "value": 0.9},
        {"kind": "band", "name": "accuracy", "value": 0.9, "at_least": 0.8, "holds": True},
        {"kind": "measure", "name": "loss", "value": 0.9},
        {"kind": "band", "name": "loss", "value": 0.9, "at_most": 0.8, "holds": False},
    ]


def test_half_a_line_of_record_is_passed_over(tmp_path):
    record = tmp_path / "record.jsonl"
    record.write_text(
        '{"kind": "measure", "name": "loss", "value": 0.5}\n'
        '{"kind": "band", "name": "accuracy", "value": 0.8, "at_least": 0.9, "holds": false}\n'
        '{"kind": "band", "name": "accuracy", "value": 0.95, "at_least": 0.9, "holds": true}\n'
        '{"kind": "measure", "na'
    )
    setup, measured, bands = measures.read_record(record)
    assert setup == {}
    assert measured == {"loss": 0.5, "accuracy": 0.95}
    assert bands == [{"name": "accuracy", "value": 0.95, "at_least": 0.9, "holds": True}]
    assert measures.read_record(tmp_path / "absent") == ({}, {}, [])


def test_band_at_its_bound_holds_and_nan_does_not():
    cu.expect("a", 0.5, at_least=0.5)
    cu.expect("b", 0.5, at_most=0.5)
    cu.expect("c", float("nan"), at_least=0.5)
    cu.expect("d", float("nan"), at_most=0.5)
    assert [row[-1] for row in cu.measured().rows] == ["holds"] * 2 + ["does not hold"] * 2


def test_broken_band_says_what_to_do_and_raises_only_when_strict(monkeypatch, capsys):
    cu.expect("accuracy", 0.5, at_least=0.9)
    said = capsys.readouterr().out
    assert "DOES NOT HOLD" in said
    assert "restart the kernel and run all cells" in said
    cu.expect("accuracy", 0.95, at_least=0.9)
    assert capsys.readouterr().out == "accuracy: 0.950, expected at least 0.900: holds\n"
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(
        measures.BandError, match=r"accuracy should be at least 0.900. Received: 0.5"
    ):
        cu.expect("accuracy", 0.5, at_least=0.9)


@pytest.mark.parametrize("bounds", [{}, {"at_least": 0, "at_most": 1}])
def test_band_takes_exactly_one_bound(bounds):
    with pytest.raises(ValueError, match="exactly one of `at_least` and `at_most` must be given"):
        cu.expect("a", 0.5, **bounds)


def test_measure_takes_one_number():
    cu.measure("a", keras.ops.convert_to_numpy(keras.ops.ones(())) / 2)
    assert cu.measured().others == [("a", "0.500")]
    with pytest.raises(TypeError, match="single number"):
        cu.measure("a", [1, 2])


def test_table_lists_each_measure_once_and_those_with_a_band_first():
    cu.measure("parameters", 1234)
    cu.measure("parameters", 12345)
    cu.expect("accuracy", 0.5, at_least=0.9)
    cu.expect("time", 12.5, at_most=20, unit="s")
    table = cu.measured()
    assert table.rows == [
        ("accuracy", "0.500", "at least 0.900", "more", "does not hold"),
        ("time", "12.500 s", "at most 20 s", "less", "holds"),
    ]
    assert table.others == [("parameters", "12,345")]
    shown = table._repr_markdown_()
    assert "| accuracy | 0.500 | at least 0.900 | more | does not hold |" in shown
    assert shown.index("time") < shown.index("<details>") < shown.index("| parameters | 12,345 |")
    assert "parameters  12,345" in repr(table)


def test_progress_rewrites_one_line(capsys):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    data = keras.ops.ones((4, 2)), keras.ops.ones((4, 1))
    model.fit(*data, epochs=3, verbose=0, callbacks=[cu.progress("line")])
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert printed.startswith("\rline: epoch 1/3 ...")
    assert printed.count("\r") == 4
    assert "line: epoch 3/3" in printed


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's pipelines")
def test_pipelines_are_not_tuned_unless_they_ask_for_it(monkeypatch):
    import tensorflow as tf

    seen, begin = [], tf.data.Dataset.__iter__
    monkeypatch.setattr(
        tf.data.Dataset, "__iter__", lambda data: seen.append(data.options()) or begin(data)
    )
    stop_autotuning.__wrapped__()
    data = tf.data.Dataset.range(3)
    wanted = tf.data.Options()
    wanted.autotune.enabled = True
    list(data)
    list(data.with_options(wanted))
    assert [options.autotune.enabled for options in seen] == [False, True]

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(keras.ops.ones((4, 2)), keras.ops.ones((4, 1)), epochs=2, verbose=0)
    assert len(seen) >= 4
    assert all(options.autotune.enabled is False for options in seen[2:])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's log")
def test_many_models_predict_without_a_warning_and_others_are_heard(caplog):
    import tensorflow as tf

    hide_retracing_warnings()
    for _ in range(8):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.predict_on_batch(keras.ops.ones((4, 2)))
    tf.get_logger().warning("something else")
    assert [record.getMessage() for record in caplog.records] == ["something else"]


def test_importing_the_package_loads_no_framework():
    done = _python(
        "import sys, course_utils; "
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'seaborn', 'sklearn', 'scipy', 'pooch'}; "
        "loaded = heavy & set(sys.modules); "
        "sys.exit(repr(loaded) if loaded else 0)"
    )
    assert done.returncode == 0, done.stderr


def _python(code, **variables):
    command, environment = [sys.executable, "-c", code], {**os.environ, **variables}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
