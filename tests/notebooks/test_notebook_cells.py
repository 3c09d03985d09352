"""What tests/conftest.py makes of nbval, on small notebooks run by a pytest of their own."""

import os
import re
import subprocess
import sys
import time

import notebook_factory as factory
import pytest
from chapters import ROOT
from nbformat.v4 import new_output

HIDDEN_REACH = """import contextlib, socket
with contextlib.suppress(Exception):
    socket.create_connection(('192.0.2.1', 80), timeout=1)"""


def run_pytest(folder, *arguments):
    """Run pytest on a folder; return the outcomes by ``file::cell``, and the report."""
    search = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "tools")])
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
    command += ["--rootdir", str(folder), "-p", "conftest", "-p", "no:cacheprovider"]
    command += ["-p", "no:hypothesispytest", "-v", "-rs", "--color=no"]
    done = subprocess.run(
        [*command, *arguments, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search},
    )
    report = done.stdout + done.stderr
    outcomes = re.findall(
        r"^(\S+?::)(?:ipynb::)?(\S+) (PASSED|FAILED|SKIPPED|ERROR)", report, re.MULTILINE
    )
    assert outcomes, report
    return {name.replace(".ipynb", "") + cell: end for name, cell, end in outcomes}, report


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with the notebooks that one run of pytest goes through."""
    folder = tmp_path_factory.mktemp("cells")
    factory.write(
        folder / "01_compared.ipynb",
        factory.code("same", "print(1)", "1\n"),
        factory.code("ignored", "print(2)", "3\n", tags=["nbval-ignore-output"]),
        factory.code("address", "print('<x at 0x7f12345678>')", "<x at 0x7f00000000>\n"),
        factory.code("other", "print(2)", "3\n"),
    )
    factory.write(
        folder / "02_raises.ipynb",
        factory.code("first", "print(1)", "1\n"),
        factory.code("boom", "import sys\nsys.__stderr__.write('a hint')\n1 / 0", ""),
        factory.code("rest", "open('reached', 'w')", ""),
    )
    factory.write(
        folder / "03_dies.ipynb",
        factory.code("die", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ""),
        factory.code("rest", "1", ""),
    )
    show = (
        "from IPython.display import display\n"
        'html = \'<img alt="accuracy now" src="data:image/png;base64,aGVsbG8=">\'\n'
        "display({'text/html': html, 'text/plain': 'accuracy now'}, raw=True)"
    )
    image = new_output(
        "display_data",
        data={"text/html": '<img alt="accuracy then" src="data:image/png;base64,YQ==">'},
    )
    images = [factory.code(name, show, "") for name in ("another-image", "one-more-stored")]
    images[0].outputs = [image]
    images[1].outputs = [image, image]
    factory.write(folder / "04_shows.ipynb", *images)
    factory.write(folder / "05_stripped.ipynb", factory.code("stripped", "print(1)"))
    expected = {
        "COURSE_PROFILE": "quick",
        "COURSE_OFFLINE": "1",
        "COURSE_STRICT": "1",
        "KERAS_BACKEND": os.environ["KERAS_BACKEND"],
    }
    factory.write(
        folder / "06_environment.ipynb",
        factory.code(
            "environment",
            "import os, sys\n"
            f"assert sys.executable == {sys.executable!r}\n"
            f"assert {expected!r}.items() <= os.environ.items()\n"
            "assert 'COURSE_DATA_DIR' not in os.environ\n"
            "assert 'course-tests-' in os.environ['COURSE_CACHE_DIR']",
            "",
        ),
    )
    factory.write(folder / "07_reaches.ipynb", factory.code("reach", HIDDEN_REACH, ""))
    body = HIDDEN_REACH.replace("\n", "\n    ")
    (folder / "test_reach.py").write_text(f"def test_reach():\n    {body}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def result(folder):
    """Outcomes by cell, and the report, of one run of pytest over the folder."""
    return run_pytest(folder)


def outcomes_of(result, name):
    return {
        key.split("::")[1]: outcome
        for key, outcome in result[0].items()
        if key.split("::")[0].endswith(name)
    }


@pytest.mark.parametrize(
    ("name", "outcomes", "said"),
    [
        ("01_compared", "same ignored address -other", "Cell outputs differ"),
        ("02_raises", "first -boom ~rest", "ZeroDivisionError"),
        ("03_dies", "-die ~rest", "The kernel died (signal 9). It was running cell die"),
        ("04_shows", "another-image -one-more-stored", "Pictures stored: 2, pictures now: 1"),
        ("05_stripped", "-stripped", "run `make outputs`"),
        ("06_environment", "environment", ""),
    ],
)
def test_cells_pass_fail_or_are_skipped_and_the_report_says_why(result, name, outcomes, said):
    signs = {"-": "FAILED", "~": "SKIPPED"}
    expected = {cell.lstrip("-~"): signs.get(cell[0], "PASSED") for cell in outcomes.split()}
    assert outcomes_of(result, name) == expected, result[1]
    assert said in result[1]


def test_after_a_failed_cell_nothing_runs(result, folder):
    assert "cell boom of this notebook failed" in result[1]
    assert "standard error ended in:\na hint" in result[1]
    assert not (folder / "reached").exists()


def test_a_cell_or_test_that_hides_its_reach_for_the_network_fails(result):
    assert outcomes_of(result, "07_reaches") == {"reach": "FAILED"}
    assert outcomes_of(result, "test_reach.py") == {"test_reach": "FAILED"}
    assert result[1].count("Reached for the network:") == 2


def test_a_cell_that_never_ends_fails_and_a_kernel_dead_meanwhile_is_not_waited_for(tmp_path):
    factory.write(tmp_path / "01_long.ipynb", factory.code("long", "while True: pass", ""))
    outcomes, report = run_pytest(tmp_path, "--nbval-cell-timeout=2")
    assert list(outcomes.values()) == ["FAILED"]
    assert "Timeout of 2 seconds exceeded" in report
    factory.write(
        tmp_path / "01_long.ipynb",
        factory.code(
            "die",
            "import os, signal, threading, time\n"
            "threading.Timer(1, os.kill, (os.getpid(), signal.SIGKILL)).start()\n"
            "time.sleep(200)",
            "",
        ),
    )
    start = time.monotonic()
    outcomes, _ = run_pytest(tmp_path)
    assert list(outcomes.values()) == ["FAILED"]
    assert time.monotonic() - start < 100, "not at the time-out of the cell, 300 s"
