"""How the tests run: off the network, in an environment of their own, notebooks as a learner would.

A notebook is executed by the course's own runner, which also makes its stored outputs. Then each
of its code cells is a test: nbval compares what it showed with what is stored.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import chapters
import pytest
from kernels import execute, kernel_environment
from nbval.plugin import IPyNbCell, IPyNbFile

TESTS = Path(__file__).resolve().parent
NO_NETWORK = TESTS / "no_network"
CELL_SECONDS = 300
sys.path.insert(0, str(NO_NETWORK))

import network_guard  # noqa: E402 - found through the path above

_scratch = pytest.StashKey()


def pytest_configure(config):
    """Prepare the environment of this process and of all that it starts."""
    scratch = Path(tempfile.mkdtemp(prefix="course-tests-"))
    config.stash[_scratch] = scratch
    for name in list(os.environ):
        # Neither a learner's settings nor a proxy, behind which a connection would look local.
        # Staged data stay: the loaders' tests read the original files where there are any.
        setting = name.startswith("COURSE_") and name != "COURSE_DATA_DIR"
        if setting or name.lower() in {"http_proxy", "https_proxy", "all_proxy"}:
            del os.environ[name]
    os.environ["KERAS_BACKEND"] = (
        os.environ.get("BACKEND") or os.environ.get("KERAS_BACKEND") or "tensorflow"
    )
    os.environ["COURSE_CACHE_DIR"] = str(scratch / "cache")
    os.environ[network_guard.LOG_VARIABLE] = str(scratch / "network.log")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(NO_NETWORK), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    network_guard.install()
    # Hooks of this file itself would be called for tests/ alone; notebooks lie elsewhere.
    config.pluginmanager.register(CoursePlugin(), "course")


def pytest_unconfigure(config):
    """Remove what the tests left."""
    shutil.rmtree(config.stash[_scratch], ignore_errors=True)


class CoursePlugin:
    """Collects notebooks, and fails tests that reach for the network."""

    @staticmethod
    def pytest_collect_file(file_path, parent):
        """Make every notebook a file of tests."""
        if file_path.suffix == ".ipynb":
            return Notebook.from_parent(parent, path=file_path)
        return None

    @staticmethod
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(item):
        """Fail a test whose preparation reaches for the network."""
        outcome = yield
        _fail_on_attempts()
        return outcome

    @staticmethod
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(item):
        """Fail a test that reaches for the network, even if its code hides the error."""
        outcome = yield
        _fail_on_attempts()
        return outcome


def take_network_attempts():
    """Read and forget what was tried so far, a list of lines."""
    log = Path(os.environ[network_guard.LOG_VARIABLE])
    if not log.exists():
        return []
    lines = log.read_text(encoding="utf-8").splitlines()
    log.unlink()
    return lines


def _fail_on_attempts():
    attempts = take_network_attempts()
    if attempts:
        pytest.fail("Reached for the network:\n" + "\n".join(attempts), pytrace=False)


@pytest.fixture
def network_attempts():
    """Let a test of the guard itself read what was tried, so that it does not fail of it."""
    return take_network_attempts


@pytest.fixture(scope="session")
def test_kernel_environment():
    """Environment of a kernel as in the tests of the notebooks, a dict."""
    return _kernel_environment()


def _kernel_environment():
    return kernel_environment(
        "quick",
        os.environ["KERAS_BACKEND"],
        COURSE_DATA_DIR=None,
        COURSE_OFFLINE="1",
        COURSE_STRICT="1",
        PYTHONPATH=str(NO_NETWORK),
    )


class Notebook(IPyNbFile):
    """A notebook, executed once, whose code cells are tests."""

    def setup(self):
        """Execute the notebook, to its end or to the cell that fails."""
        # Objects without a text of their own show where in memory they lie.
        self.sanitize_patterns[r"\b0x[0-9a-f]{6,}\b"] = "0x..."
        notebook = chapters.read(self.path)
        folder, environment = self.path.parent, _kernel_environment()
        self.failure = execute(notebook, folder, environment, timeout=CELL_SECONDS).failure
        self.executed = {cell.id: cell for cell in notebook.cells}

    def collect(self):
        """Yield the code cells, named by their ids."""
        for item in super().collect():
            yield Cell.from_parent(
                self,
                name=item.cell.id,
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )


class Cell(IPyNbCell):
    """A code cell: it ran, and showed what the notebook says that it shows."""

    def runtest(self):
        """Compare what the cell showed with its stored outputs."""
        failure, order = self.parent.failure, list(self.parent.executed)
        if failure and failure.cell in ("", self.name):
            self.raise_cell_error(failure.error, failure.details)
        if failure and order.index(failure.cell) < order.index(self.name):
            pytest.skip(f"cell {failure.cell} of this notebook failed")
        if self.cell.source.strip() and self.cell.execution_count is None:
            self.raise_cell_error("No output is stored to compare with: run `make outputs`")
        shown = self.parent.executed[self.name].outputs
        if self.options["check"] and not self.compare_outputs(shown, self.cell.outputs):
            self.raise_cell_error("Cell outputs differ", "\n".join(self.comparison_traceback))

    def compare_outputs(self, test, ref, skip_compare=None):
        """Compare texts as nbval does; of pictures, that there are as many as before."""
        now, before = (sum(map(chapters.is_picture, outputs)) for outputs in (test, ref))
        texts = [
            [one for one in outputs if not chapters.is_picture(one)] for outputs in (test, ref)
        ]
        if not super().compare_outputs(*texts, skip_compare):
            return False
        if now != before:
            self.comparison_traceback.append(f"Pictures stored: {before}, pictures now: {now}")
        return now == before

    def reportinfo(self):
        """Where the cell stands."""
        return self.path, 0, f"{self.path.name}::{self.name}"
