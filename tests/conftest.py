"""How the tests run: off the network, in an environment of their own, notebooks as a learner would.

Every code cell of a notebook is a test. The notebook runs as in a report, and nbval compares what
its cells show with what is stored: of pictures that there are as many, of all else the text.
"""

import os
import shutil
import sys
import tempfile
from functools import cached_property
from pathlib import Path

import chapters
import kernels
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

TESTS = Path(__file__).resolve().parent
NO_NETWORK = TESTS / "no_network"
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
    def pytest_runtest_call(item):
        """Fail a test that reaches for the network, even if its code hides the error."""
        outcome = yield
        attempts = take_network_attempts()
        if attempts:
            pytest.fail("Reached for the network:\n" + "\n".join(attempts), pytrace=False)
        return outcome

    pytest_runtest_setup = pytest_runtest_call


def take_network_attempts():
    """Read and forget what was tried so far, a list of str."""
    log = Path(os.environ[network_guard.LOG_VARIABLE])
    if not log.exists():
        return []
    lines = log.read_text(encoding="utf-8").splitlines()
    log.unlink()
    return lines


@pytest.fixture
def network_attempts():
    """Let a test of the guard itself read what was tried, so that it does not fail of it."""
    return take_network_attempts


@pytest.fixture(scope="session")
def test_kernel_environment():
    """Environment of a kernel as in the tests of the notebooks, a dict."""
    return _kernel_environment()


def _kernel_environment():
    return kernels.kernel_environment(
        "quick",
        os.environ["KERAS_BACKEND"],
        COURSE_DATA_DIR=None,
        COURSE_OFFLINE="1",
        COURSE_STRICT="1",
        PYTHONPATH=str(NO_NETWORK),
    )


class Notebook(IPyNbFile):
    """A notebook, whose code cells are tests."""

    def setup(self):
        """Have texts compared without where in memory things lie, which some objects show."""
        self.sanitize_patterns[r"\b0x[0-9a-f]{6,}\b"] = "0x..."

    @cached_property
    def outcome(self):
        """What running a copy of the notebook shows, and why it did not reach its end, or None."""
        run, timeout = chapters.read(self.path), self.config.option.nbval_cell_timeout
        folder, environment = self.path.parent, _kernel_environment()
        return run, kernels.execute(run, folder, environment, timeout=timeout).failure

    def collect(self):
        """Yield the code cells, named by their ids."""
        for item in super().collect():
            yield Cell.from_parent(
                self,
                name=item.cell.get("id", item.name),
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )


class Cell(IPyNbCell):
    """A code cell: it runs, and shows what the notebook says that it shows."""

    def runtest(self):
        """Judge what the cell shows; the first one to be judged has the whole notebook run."""
        run, failure = self.parent.outcome
        if failure and failure.cell in ("", self.name):
            self.raise_cell_error(failure.error, failure.details)
        names = [cell.id for cell in run.cells]
        if failure and names.index(failure.cell) < names.index(self.name):
            pytest.skip(f"cell {failure.cell} of this notebook failed")
        if self.cell.source.strip() and self.cell.execution_count is None:
            self.raise_cell_error("No output is stored to compare with: run `make outputs`")
        outputs = run.cells[names.index(self.name)].outputs
        if self.options["check"] and not self.compare_outputs(outputs, self.cell.outputs):
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
