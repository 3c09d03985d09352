"""What tests/conftest.py makes of notebooks, on small ones run by a pytest of their own."""

import os
import re
import subprocess
import sys

import notebook_factory as factory
import pytest
from chapters import ROOT
from nbformat.v4 import new_output

HIDDEN_REACH = """import contextlib, socket
with contextlib.suppress(Exception):
    socket.create_connection(('192.0.2.1', 80), timeout=1)"""
SHOW = """from IPython.display import display
html = '<img alt="accuracy now" src="data:image/png;base64,aGVsbG8=">'
display({'text/html': html, 'text/plain': 'accuracy now'}, raw=True)"""
IMAGE = new_output("display_data", data={"text/html": '<img alt="accuracy then" src="data:,YQ">'})
PROMISED = {
    "COURSE_PROFILE": "quick",
    "COURSE_OFFLINE": "1",
    "COURSE_STRICT": "1",
    "KERAS_BACKEND": os.environ["KERAS_BACKEND"],
}
ENVIRONMENT = f"""import os, sys
assert sys.executable == {sys.executable!r}
assert {PROMISED!r}.items() <= os.environ.items()
assert 'COURSE_DATA_DIR' not in os.environ
assert 'course-tests-' in os.environ['COURSE_CACHE_DIR']"""


def showing(name, *outputs):
    """Make a cell that shows one picture and has some stored."""
    cell = factory.code(name, SHOW, "")
    cell.outputs = list(outputs)
    return cell


NOTEBOOKS = {
    "compared": [
        factory.code("same", "print(1)", "1\n"),
        factory.code("ignored", "print(2)", "3\n", tags=["nbval-ignore-output"]),
        factory.code("address", "print('<x at 0x7f12345678>')", "<x at 0x7f00000000>\n"),
        factory.code("other", "print(2)", "3\n"),
    ],
    "raises": [
        factory.code("first", "print(1)", "1\n"),
        factory.code("boom", "1 / 0", ""),
        factory.code("rest", "open('reached', 'w')", ""),
    ],
    "dies": [
        factory.code("die", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ""),
        factory.code("rest", "1", ""),
    ],
    "floods": [
        factory.code("flood", "for i in range(12_000): display(i)", "", ["nbval-ignore-output"]),
        factory.code("after", "print(1)", "1\n"),
    ],
    "shows": [
        showing("another", IMAGE),
        showing("one-more-stored", IMAGE, IMAGE),
        factory.code("stripped", "print(1)"),
        factory.code("environment", ENVIRONMENT, ""),
    ],
    "reaches": [factory.code("reach", HIDDEN_REACH, "")],
}
OUTCOMES = {
    "compared": {"same": "PASSED", "ignored": "PASSED", "address": "PASSED", "other": "FAILED"},
    "raises": {"first": "PASSED", "boom": "FAILED", "rest": "SKIPPED"},
    "dies": {"die": "FAILED", "rest": "SKIPPED"},
    "floods": {"flood": "PASSED", "after": "PASSED"},
    "shows": {
        "another": "PASSED",
        "one-more-stored": "FAILED",
        "stripped": "FAILED",
        "environment": "PASSED",
    },
    "reaches": {"reach": "ERROR"},  # found when all of the notebook has run
    "test_reach.py": {"test_reach": "FAILED"},
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Outcomes by file and cell, and the report, of one run of pytest over all of them."""
    folder = tmp_path_factory.mktemp("cells")
    for name, cells in NOTEBOOKS.items():
        factory.write(folder / f"{name}.ipynb", *cells)
    body = HIDDEN_REACH.replace("\n", "\n    ")
    (folder / "test_reach.py").write_text(f"def test_reach():\n    {body}\n", encoding="utf-8")
    search = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "tools")])
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-v", "-rs"]
    command += ["--rootdir", str(folder), "-p", "conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-p", "no:hypothesispytest", "--color=no", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search},
    )
    assert not (folder / "reached").exists(), "a cell ran after one that failed"
    report = done.stdout + done.stderr
    outcomes = {}
    ended = r"(?m)^(\S+?)(?:\.ipynb)?::(?:ipynb::)?(\S+) (PASSED|FAILED|SKIPPED|ERROR)"
    for name, cell, outcome in re.findall(ended, report):
        outcomes.setdefault(name, {})[cell] = outcome
    return outcomes, report


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_notebook_comes_to(result, name):
    assert result[0].get(name) == OUTCOMES[name], result[1]


@pytest.mark.parametrize(
    "words",
    [
        "Cell outputs differ",
        "cell boom of this notebook failed",
        "ZeroDivisionError",
        "the kernel was killed (signal 9)",
        "Pictures stored: 2, pictures now: 1",
        "run `make outputs`",
    ],
)
def test_a_fault_is_explained(result, words):
    assert words in result[1]


def test_every_hidden_reach_for_the_network_is_told(result):
    assert result[1].count("Reached for the network:") == 2
