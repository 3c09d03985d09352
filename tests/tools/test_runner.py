"""`make run` on small notebooks: what it measures, survives, reports and leaves behind."""

import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import chapters
import kernels
import notebook_factory as factory
import psutil
import pytest
import run

SETUP = """import os
from course_utils import measures
ran = {"profile": os.environ["COURSE_PROFILE"], "backend": os.environ["KERAS_BACKEND"]}
measures.begin(**ran, device="a CPU", versions={"keras": "3"})"""
SEED = "measures.measure('seed', int(os.environ.get('COURSE_SEED', 0)))"
WITH_A_CHILD = """import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open({pids!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}\\n')
time.sleep(600)"""


@pytest.fixture(autouse=True)
def default_backend(monkeypatch):
    """Run as without ``BACKEND=``, whatever backend these tests themselves were started for."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "notebooks"


@pytest.fixture
def build(tmp_path):
    return tmp_path / "build"


def report(build, name="run-quick-tensorflow"):
    return json.loads((build / f"{name}.json").read_text(encoding="utf-8"))


def execute(source, folder, **options):
    """Execute a notebook of one cell and return what it took."""
    notebook = factory.notebook(factory.code("train", source))
    environment = kernels.kernel_environment("quick", "tensorflow")
    return kernels.execute(notebook, folder, environment, **options)


def test_results_have_the_promised_form_and_the_notebook_stays(folder, build, monkeypatch, capsys):
    stray = build / "jupyter" / "kernels" / "python3" / "kernel.json"
    stray.parent.mkdir(parents=True)
    stray.write_text('{"argv": ["false"], "display_name": "of the learner", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(build / "jupyter"))
    path = factory.write_code(
        folder / "03_first.ipynb",
        setup=SETUP,
        missed="measures.expect('accuracy', 0.8, at_least=0.9)",
        held="measures.expect('error', 3.0, at_most=4.0)",
        which=f"import sys; assert sys.executable == {sys.executable!r}",
    )
    before = path.read_bytes()
    assert run.main(["--nb", "3", "--profile", "full", "--backend", "jax"], folder, build) == 1
    result = report(build, "run-full-jax")
    chapter = result.pop("chapters")["03_first"]
    ran = {"profile": "full", "backend": "jax", "device": "a CPU", "versions": {"keras": "3"}}
    assert result == ran
    assert 0 < chapter.pop("seconds") < 60
    assert 20 < chapter.pop("peak_mb") < 1000
    assert chapter == {
        "code": chapters.digest(chapters.read(path)),
        "ok": True,
        "error": None,
        "measures": {"accuracy": 0.8, "error": 3.0},
        "bands": [
            {"name": "accuracy", "value": 0.8, "at_least": 0.9, "holds": False},
            {"name": "error", "value": 3.0, "at_most": 4.0, "holds": True},
        ],
    }
    assert path.read_bytes() == before, "make run must not write to notebooks"
    executed = chapters.read(build / "executed" / path.name)
    assert [cell.execution_count for cell in executed.cells] == [1, 2, 3, 4]
    shown = capsys.readouterr().out
    assert "band missed: accuracy" in shown
    assert re.search(r"03 first .* accuracy +0\.800 +at least 0\.900 +MISSED", shown)
    assert re.search(r"error +3\.000 +at most 4\.000 +holds", shown)


def test_a_failing_chapter_and_a_dead_kernel_are_reported_and_the_rest_goes_on(
    folder, build, capsys
):
    factory.write_code(
        folder / "01_raises.ipynb",
        boom="raise ValueError('no such\\ndata')",
        after="open('reached', 'w')",
    )
    die = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    factory.write_code(folder / "02_dies.ipynb", die=die)
    # The last chapter sees what was kept of those before it, as after a crash of the runner.
    kept = str(build / "run-quick-tensorflow.json")
    read = f"import json\nkept = len(json.load(open({kept!r}))['chapters'])"
    measure = "measures.measure('kept', kept)"
    factory.write_code(folder / "03_goes_on.ipynb", setup=SETUP, read=read, measure=measure)
    assert run.main([], folder, build) == 1
    found = report(build)["chapters"]
    assert found["01_raises"]["error"] == "cell boom: ValueError: no such\ndata"
    assert "cell die: DeadKernelError" in found["02_dies"]["error"]
    assert "signal 9" in found["02_dies"]["error"]
    assert found["02_dies"]["seconds"] < 20, "a dead kernel is noticed at once"
    assert found["03_goes_on"]["ok"]
    assert found["03_goes_on"]["measures"] == {"kept": 2}
    assert not (folder / "reached").exists(), "cells after a failed one must not run"
    shown = capsys.readouterr().out
    assert "cell boom: ValueError: no such" in shown
    assert "----> 1 raise ValueError" in shown
    assert re.search(r"^01 raises .*FAILED in cell boom", shown, re.MULTILINE)


def test_seeds_are_passed_on_and_kept_apart(folder, build):
    factory.write_code(folder / "03_first.ipynb", setup=SETUP, seed=SEED)
    assert run.main(["--seeds", "-4 20231234567"], folder, build) == 0, "any whole number will do"
    for seed in (-4, 20231234567):
        result = report(build, f"run-quick-tensorflow-seed{seed}")
        assert result["chapters"]["03_first"]["measures"] == {"seed": seed}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nb", "42"], ["00, 03", "Received: '42'"]),
        (["--profile", "slow"], ["quick, full", "Received: 'slow'"]),
        (["--seeds", "one"], ["whole number", "Received: 'one'"]),
        (["--backend", "pytorch"], ["Received: 'pytorch'", "Write BACKEND=torch."]),
        (["--backend", "torch"], ["torch backend is not installed", "make setup BACKEND=torch"]),
    ],
)
def test_nonsense_is_answered_clearly(folder, build, monkeypatch, capsys, arguments, words):
    for name in ("00_start", "03_first"):
        factory.write_code(folder / f"{name}.ipynb", nothing="1")
    monkeypatch.setattr(kernels.importlib.util, "find_spec", {"tensorflow": "is there"}.get)
    with pytest.raises(SystemExit) as stop:
        run.main(arguments, folder, build)
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert all(word in message for word in words)
    assert not build.exists()


def test_chapters_are_found_by_number_list_and_name(folder):
    for name in ("00_start", "03_first", "11_dcgan"):
        factory.write_code(folder / f"{name}.ipynb", nothing="1")

    def found(selection):
        return [path.stem for path in chapters.find_chapters(selection, folder)]

    assert found("") == found(None) == ["00_start", "03_first", "11_dcgan"]
    assert found("11, 0") == ["00_start", "11_dcgan"]
    assert found("3") == found("03_first") == found("03_first.ipynb") == ["03_first"]


def test_the_line_on_a_terminal_ticks_during_a_long_cell(tmp_path):
    screen = io.StringIO()
    screen.isatty = lambda: True
    progress = run.Progress("03_first_cnn", screen)
    execute("import time; time.sleep(2.2)", tmp_path, progress=progress)
    progress.end("ok")
    ticks = re.findall(r"\r\x1b\[2K03 first_cnn  (\d+:\d\d)  cell 1/1 train", screen.getvalue())
    assert len(set(ticks)) >= 2
    assert "\n" not in screen.getvalue()[:-1], "one line, which changes in place"
    assert screen.getvalue().endswith("\r\x1b[2K03 first_cnn  ok\n")


def test_away_from_a_terminal_there_is_a_line_now_and_then(monkeypatch):
    monkeypatch.setattr(run, "_HEARTBEAT_SECONDS", 0.2)
    stream = io.StringIO()
    progress = run.Progress("03_first_cnn", stream)
    progress(1, 2, 9, "early")
    time.sleep(0.25)
    progress(61, 3, 9, "train")
    progress(62, 4, 9, "soon-after")
    progress.end("01:02  ok")
    assert stream.getvalue().splitlines() == [
        "03 first_cnn  starts",
        "03 first_cnn  01:01  cell 3/9 train",
        "03 first_cnn  01:02  ok",
    ]


def test_peak_memory_is_what_the_kernel_says_of_itself(tmp_path):
    outcome = execute("len(bytearray(400 * 2**20))", tmp_path)
    assert outcome.failure is None
    assert 420 < outcome.peak_mb < 900


def test_a_cell_that_takes_too_long_fails(tmp_path):
    outcome = execute("while True: pass", tmp_path, timeout=1)
    assert str(outcome.failure) == "cell train: TimeoutError: the cell took longer than 1 s"


def test_the_environment_of_a_kernel(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_DATA_DIR", "shared/data")
    taken_away = ("MPLBACKEND", "COURSE_SEED", "PYTHONPATH")
    for name in taken_away:
        monkeypatch.setenv(name, "something")
    environment = kernels.kernel_environment("full", "jax", COURSE_SEED=None, COURSE_STRICT="1")
    assert not {*taken_away, "PYTEST_CURRENT_TEST"} & set(environment)
    expected = {"COURSE_PROFILE": "full", "KERAS_BACKEND": "jax", "COURSE_STRICT": "1"}
    # The kernel works in notebooks/, where a relative folder would be another one.
    expected["COURSE_DATA_DIR"] = str(tmp_path / "shared" / "data")
    assert expected.items() <= environment.items()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_no_process_and_keeps_what_it_measured(
    folder, build, tmp_path, number, status
):
    pids = tmp_path / "pids"
    factory.write_code(folder / "01_done.ipynb", setup=SETUP)
    factory.write_code(folder / "03_first.ipynb", long=WITH_A_CHILD.format(pids=str(pids)))
    tools = str(chapters.ROOT / "tools")
    program = (
        f"import sys; sys.path.insert(0, {tools!r}); import run; from pathlib import Path; "
        f"sys.exit(run.main([], Path({str(folder)!r}), Path({str(build)!r})))"
    )
    runner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not (pids.exists() and pids.read_text().endswith("\n")):
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.05)
        children = [psutil.Process(int(pid)) for pid in pids.read_text().split()]
        runner.send_signal(number)
        output, _ = runner.communicate(timeout=30)
    finally:
        runner.kill()
    assert runner.returncode == status, output
    for child in children:
        # Where nothing collects orphans, one that was killed stays listed as a zombie.
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert "03 first  stopped" in output
    assert list(report(build)["chapters"]) == ["01_done"]


def test_files_are_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file.json"
    chapters.write_atomically(path, "old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        chapters.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["file.json"]
