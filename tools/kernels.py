"""Execute a notebook in a fresh kernel of the running interpreter, and leave no process behind."""

import asyncio
import importlib.util
import logging
import os
import signal
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import ipykernel.kernelspec
from chapters import code_cells, without_colours
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from course_utils._validate import one_of
from course_utils.backend import check_name
from course_utils.session import PROFILES

OUTSIDE = ("PYTHONPATH", "PYTHONHOME")
"""Variables by which Python finds packages of another place before those of the environment."""

# What getrusage says on Linux begins with the size of the runner.
_PEAK = """import resource, sys
_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
_peak *= 1 if sys.platform == "darwin" else 1024
if sys.platform == "linux":
    with open("/proc/self/status") as status:
        _peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))"""

_log = logging.getLogger("course.nbclient")
_log.addHandler(logging.NullHandler())
_log.propagate = False


class RunningInterpreter(KernelSpecManager):
    """Knows one kernel, the interpreter that runs this code, whatever kernels a user has."""

    def get_kernel_spec(self, kernel_name):
        """Return the specification of the kernel, whatever its name."""
        return self.kernel_spec_class(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not reach its end: in the cell with an id, "" when no kernel started.

    `details` are the traceback, or what the kernel wrote to its standard error.
    """

    cell: str
    error: str
    details: str

    def __str__(self):
        return f"cell {self.cell}: {self.error}" if self.cell else self.error


@dataclass(frozen=True)
class Execution:
    """What executing a notebook took, from the kernel's start to the last cell's end.

    `peak_mb` is the largest resident memory that the kernel reports of itself, in 2**20 bytes, 0
    when it did not get so far.
    """

    seconds: float
    peak_mb: int
    failure: Failure | None


def check_settings(profile, backend):
    """Raise a ValueError unless a run can have these settings; None and "" are the default's."""
    if profile:
        one_of("PROFILE", profile, PROFILES)
    if backend:
        check_name("BACKEND", backend)
        if importlib.util.find_spec(backend) is None:
            advice = f"`make setup BACKEND={backend}` adds it."
            raise ValueError(f"The {backend} backend is not installed. {advice}")


def absolute_paths(environment):
    """Return those variables that name a folder of data, made absolute.

    A relative one means the folder where a command was typed, and a kernel runs in the notebook's.
    """
    return {
        name: os.path.abspath(os.path.expanduser(environment[name]))
        for name in ("COURSE_DATA_DIR", "COURSE_CACHE_DIR")
        if environment.get(name)
    }


def kernel_environment(profile, backend, **extra):
    """Return the environment variables of a kernel, changed by `extra`: None takes one away."""
    # ipykernel stops capturing a library's messages when it believes to be in a test; MPLBACKEND
    # would replace the backend that shows figures in a notebook.
    unwanted = ("MPLBACKEND", *OUTSIDE, *(name for name in os.environ if "PYTEST_" in name))
    environment = {**os.environ, **dict.fromkeys(unwanted)}
    environment.update(absolute_paths(os.environ), COURSE_PROFILE=profile, KERAS_BACKEND=backend)
    # The debugger's remarks on frozen modules are none of the learner's business.
    environment.update({"PYDEVD_DISABLE_FILE_VALIDATION": "1"} | extra)
    return {name: value for name, value in environment.items() if value is not None}


def execute(notebook, folder, environment, *, progress=None, timeout=None):
    """Execute a notebook in a folder, put the outputs into the object, return an `Execution`.

    ``progress(seconds, position, total, cell_id)`` is called about twice a second; position counts
    code cells from 1, and is 0 while the kernel starts. `timeout` is how many seconds a cell may
    take. When interrupted or told to end, it raises KeyboardInterrupt or SystemExit after the
    kernel and its children are gone.
    """
    try:
        return asyncio.run(_Run(notebook, progress, timeout).run(folder, environment))
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None


class _Run:
    """One execution of one notebook."""

    def __init__(self, notebook, progress, timeout):
        self.notebook = notebook
        self.progress = progress
        self.total = len(code_cells(notebook))
        self.position, self.cell_id = 0, ""
        self.started = time.monotonic()
        self.manager = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=RunningInterpreter()
        )
        self.client = NotebookClient(
            notebook,
            km=self.manager,
            timeout=timeout,
            iopub_timeout=30,
            startup_timeout=120,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            # A cell tagged so may fail in nbclient; in this course none may.
            force_raise_errors=True,
            on_cell_execute=self.begin,
            log=_log,
        )

    async def run(self, folder, environment):
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):  # asyncio sees to SIGINT by itself
            loop.add_signal_handler(number, task.cancel)
        ticker = asyncio.ensure_future(self.tick())
        with tempfile.TemporaryDirectory(prefix="course-kernel-") as scratch:
            stderr = Path(scratch, "stderr")
            # A learner's own IPython start-up files are not part of the course.
            environment = {**environment, "IPYTHONDIR": str(Path(scratch, "ipython"))}
            peak, failure, whole = 0, None, False
            try:
                with open(stderr, "wb") as file:
                    await self.client.async_start_new_kernel(
                        cwd=str(folder), env=environment, stderr=file
                    )
                await self.client.async_start_new_kernel_client()
                for index, cell in enumerate(self.notebook.cells):
                    count = self.client.code_cells_executed + 1
                    await self.client.async_execute_cell(cell, index, execution_count=count)
                peak, whole = await self.peak(), True
            except CellExecutionError as error:
                failure = self.failure(f"{error.ename}: {error.evalue}", error.traceback)
            except CellTimeoutError:
                seconds = self.client.timeout
                failure = self.failure(f"TimeoutError: the cell took longer than {seconds:g} s")
            except (DeadKernelError, RuntimeError) as error:
                if task.cancelling():  # which nbclient takes for a dead kernel
                    raise asyncio.CancelledError from None
                failure = self.failure(await self.cause_of_death(error), _said(stderr))
            finally:
                seconds = time.monotonic() - self.started
                ticker.cancel()
                await self.stop(graceful=whole)
        return Execution(round(seconds, 1), round(peak / 2**20), failure)

    def begin(self, cell, cell_index):
        """Note the cell that starts; nbclient calls this."""
        self.position += 1
        self.cell_id = cell.id

    async def tick(self):
        while self.progress:
            seconds = time.monotonic() - self.started
            self.progress(seconds, self.position, self.total, self.cell_id)
            await asyncio.sleep(0.5)

    async def peak(self):
        """Ask the kernel for its largest resident memory, in bytes."""
        asked = {"silent": True, "user_expressions": {"peak": "_peak"}, "reply": True}
        reply = await self.client.kc.execute(_PEAK, **asked, timeout=60)
        return int(reply["content"]["user_expressions"]["peak"]["data"]["text/plain"])

    def failure(self, error, details=""):
        return Failure(self.cell_id, without_colours(error), without_colours(details).rstrip())

    async def cause_of_death(self, error):
        provisioner = self.manager.provisioner
        code = await provisioner.poll() if provisioner and provisioner.has_process else None
        if code is None:
            return f"{type(error).__name__}: {error}"
        if code == -9:
            return "DeadKernelError: the kernel was killed (signal 9); is the memory exhausted?"
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return f"DeadKernelError: the kernel died ({how})"

    async def stop(self, graceful):
        """End the kernel and all that it started: they are one process group."""
        group = getattr(self.manager.provisioner, "pgid", None)
        with suppress(RuntimeError):  # where none was started
            await self.manager.shutdown_kernel(now=not graceful)
        await ensure_async(self.manager.cleanup_resources())
        if self.client.kc is not None:
            self.client.kc.stop_channels()
        if group:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def _said(stderr):
    """Return what a kernel wrote to its standard error, without ipykernel's own remarks."""
    text = stderr.read_text(encoding="utf-8", errors="replace") if stderr.exists() else ""
    return "\n".join(line for line in text.splitlines() if not line.startswith("[IPKernelApp]"))
