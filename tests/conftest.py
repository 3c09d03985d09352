"""How the tests run: off the network, in an environment of their own, notebooks as a learner would.

Every code cell of a notebook is a test, run by nbval in one kernel per notebook. What nbval does
not do by itself is done here: a dead kernel is noticed within a second, after a failed cell the
rest of its notebook is skipped, what the kernel wrote to its standard error is shown, a cell whose
figure has vanished fails.
"""

import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty

import chapters
import pytest
from jupyter_client.manager import KernelManager
from kernels import RunningInterpreter, kernel_environment
from nbval.kernel import RunningKernel
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


def _kernel_environment():
    """Environment of a kernel as in the tests of the notebooks, a dict."""
    return kernel_environment(
        "quick",
        os.environ["KERAS_BACKEND"],
        COURSE_DATA_DIR=None,
        COURSE_OFFLINE="1",
        COURSE_STRICT="1",
        PYTHONPATH=str(NO_NETWORK),
    )


test_kernel_environment = pytest.fixture(
    _kernel_environment, scope="session", name="test_kernel_environment"
)


class KernelDiedError(Exception):
    """The kernel ended while a cell was running."""


class Kernel(RunningKernel):
    """Kernel of the interpreter that runs the tests, in the folder of the notebook."""

    def __init__(self, folder, environment):
        self._scratch = Path(tempfile.mkdtemp(prefix="course-kernel-"))
        self.km = KernelManager(kernel_name="python3", kernel_spec_manager=RunningInterpreter())
        with open(self._scratch / "stderr", "wb") as stderr:
            self.km.start_kernel(
                cwd=str(folder),
                env={**environment, "IPYTHONDIR": str(self._scratch / "ipython")},
                stderr=stderr,
                extra_arguments=["--HistoryManager.hist_file=:memory:"],
            )
        self.kc = self.km.client()
        self.kc.start_channels()
        try:
            self.kc.wait_for_ready(timeout=120)
            self._ensure_iopub_up()
        except BaseException:
            self.stop()
            raise

    def get_message(self, stream, timeout=None):
        """Next message; that the kernel died meanwhile is noticed within a second."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            left = max(0, deadline - time.monotonic())
            try:
                return super().get_message(stream, timeout=min(left, 1))
            except Empty:
                if not self.is_alive():
                    code = self.km.provisioner and self.km.provisioner.process.returncode
                    signalled = code is not None and code < 0
                    how = f"signal {-code}" if signalled else f"exit status {code}"
                    raise KernelDiedError(f"The kernel died ({how}).") from None
                if left <= 1:
                    raise

    def standard_error(self, lines=30):
        """Last lines that the kernel wrote to its standard error, as text."""
        path = self._scratch / "stderr"
        if not path.exists():
            return ""
        text = path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(
            [line for line in text.splitlines() if not line.startswith("[IPKernelApp]")][-lines:]
        )

    def stop(self):
        """End the kernel and all that it started; harmless when it is dead already."""
        if not hasattr(self, "km"):
            return
        self.kc.stop_channels()
        with suppress(RuntimeError):
            self.km.shutdown_kernel(now=True)  # and with it the whole group of its processes
        self.km.cleanup_resources()
        shutil.rmtree(self._scratch, ignore_errors=True)
        del self.km


class Notebook(IPyNbFile):
    """A notebook, whose code cells are tests."""

    failed_cell = None

    def setup(self):
        """Start the kernel."""
        # Objects without a text of their own show where in memory they lie.
        self.sanitize_patterns[r"\b0x[0-9a-f]{6,}\b"] = "0x..."
        self.kernel = Kernel(self.path.parent, _kernel_environment())

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

    def teardown(self):
        """End the kernel, dead or alive."""
        if self.kernel is not None:
            self.kernel.stop()


class Cell(IPyNbCell):
    """A code cell: it runs, and shows what the notebook says that it shows."""

    kernel_said = ""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        # On a busy machine an output may take longer than nbval's five seconds.
        self.output_timeout = 30

    def setup(self):
        """Skip the cell if one before it failed: what it needs is not there."""
        if self.parent.failed_cell:
            pytest.skip(f"cell {self.parent.failed_cell} of this notebook failed")

    def runtest(self):
        """Run the cell and compare its outputs."""
        try:
            super().runtest()
            if self.cell.source.strip() and self.cell.execution_count is None:
                self.raise_cell_error("No output is stored to compare with: run `make outputs`")
        except pytest.skip.Exception:
            raise
        except BaseException:
            self.parent.failed_cell = self.name
            self.kernel_said = self.parent.kernel.standard_error()
            raise

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

    def repr_failure(self, excinfo):
        """Say what went wrong, with the kernel's standard error."""
        if isinstance(excinfo.value, KernelDiedError):
            text = f"{excinfo.value} It was running cell {self.name}:\n{self.cell.source}"
        else:
            text = super().repr_failure(excinfo)
        if self.kernel_said:
            text += f"\nThe kernel's standard error ended in:\n{self.kernel_said}"
        return text

    def reportinfo(self):
        """Where the cell stands."""
        return self.path, 0, f"{self.path.name}::{self.name}"
