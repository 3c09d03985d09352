"""Execute a notebook in a fresh kernel of the running interpreter, and leave no process behind."""

import asyncio
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import ipykernel.kernelspec
import psutil
from chapters import without_colours
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

BACKENDS = ("tensorflow", "jax", "torch")
PROFILES = ("quick", "full")

# Kernels answer these with a clean end, so that a stopped run leaves no process.
_STOP_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_SAMPLE_SECONDS = 0.5
_STDERR_LINES = 20

_log = logging.getLogger("course.nbclient")
_log.addHandler(logging.NullHandler())
_log.propagate = False


class RunningInterpreter(KernelSpecManager):
    """Kernel specifications that know one kernel: the interpreter that runs this code.

    A specification named python3 in a user's own folder would otherwise win, and the notebooks
    would run in some other environment.
    """

    def get_kernel_spec(self, kernel_name):
        """Return the specification of the kernel, whatever its name."""
        return self.kernel_spec_class(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not reach its end.

    Attributes
    ----------
    cell : str
        Id of the cell, or "" when the kernel did not start.
    error : str
        Name of the exception and its message.
    details : str
        Last lines of the traceback, or of what the kernel wrote to its standard error.
    """

    cell: str
    error: str
    details: str

    def __str__(self):
        return f"cell {self.cell}: {self.error}" if self.cell else self.error


@dataclass(frozen=True)
class Execution:
    """What executing a notebook took.

    Attributes
    ----------
    seconds : float
        From the start of the kernel to the last cell's end.
    peak_mb : float
        Largest resident memory of the kernel and its children, in 2**20 bytes.
    failure : Failure or None
    """

    seconds: float
    peak_mb: float
    failure: Failure | None


def absolute_paths(environment):
    """Return the folders of data that an environment names relative to where a command was typed.

    Parameters
    ----------
    environment : mapping of str to str

    Returns
    -------
    dict of str to str
        Those variables that name a folder, made absolute: a kernel runs in the notebook's folder.
    """
    return {
        name: os.path.abspath(os.path.expanduser(environment[name]))
        for name in ("COURSE_DATA_DIR", "COURSE_CACHE_DIR")
        if environment.get(name)
    }


def kernel_environment(profile, backend, **extra):
    """Make the environment variables of a kernel.

    Parameters
    ----------
    profile, backend : str
    **extra : str or None
        Further variables; one that is None is taken away.

    Returns
    -------
    dict of str to str
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        # ipykernel stops capturing a library's messages when it believes to be in a test;
        # MPLBACKEND would replace the backend that shows figures in a notebook.
        if not name.startswith("PYTEST_") and name != "MPLBACKEND"
    }
    environment.update(absolute_paths(environment))
    environment["COURSE_PROFILE"] = profile
    environment["KERAS_BACKEND"] = backend
    # The debugger's remarks on frozen modules are none of the learner's business.
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    for name, value in extra.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def execute(notebook, folder, environment, *, progress=None, timeout=None):
    """Execute a notebook; outputs are put into the object, no file is written.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place, up to and including the cell that fails.
    folder : Path
        Working folder of the kernel.
    environment : dict of str to str
        Of the kernel, see `kernel_environment`.
    progress : callable, optional
        Called as ``progress(seconds, position, total, cell_id)`` when a cell starts and about
        twice a second; position counts code cells from 1, and is 0 while the kernel starts.
    timeout : float, optional
        Seconds that a cell may take; no limit when absent.

    Returns
    -------
    Execution

    Raises
    ------
    KeyboardInterrupt, SystemExit
        When interrupted or told to end, after the kernel and its children are gone.
    """
    return asyncio.run(
        _Run(notebook, Path(folder), environment, progress or _no_progress, timeout).run()
    )


def end_processes(processes):
    """Kill processes and wait until they are gone.

    Parameters
    ----------
    processes : iterable of psutil.Process
        Some may have ended already.
    """
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def _no_progress(seconds, position, total, cell_id):
    pass


class _Run:
    """One execution of one notebook."""

    def __init__(self, notebook, folder, environment, progress, timeout):
        self.notebook = notebook
        self.folder = folder
        self.environment = environment
        self.progress = progress
        self.timeout = timeout
        self.started = time.monotonic()
        self.position = 0
        self.total = sum(_holds_code(cell) for cell in notebook.cells)
        self.cell_id = ""
        self.manager = None
        self.client = None
        self.stopped_by = None
        self.processes = set()
        self.peak = 0
        self.seconds = 0.0

    async def run(self):
        with tempfile.TemporaryDirectory(prefix="course-kernel-") as scratch:
            # A learner's own IPython start-up files are not part of the course.
            self.environment = {**self.environment, "IPYTHONDIR": str(Path(scratch, "ipython"))}
            with self._stop_signals(asyncio.current_task()):
                failure = await self._run(Path(scratch, "stderr"))
        return Execution(self.seconds, round(self.peak / 2**20), failure)

    async def _run(self, stderr):
        ticker = asyncio.ensure_future(self._tick())
        graceful = False
        try:
            await self._start(stderr)
            for index, cell in enumerate(self.notebook.cells):
                if _holds_code(cell):
                    self.position += 1
                    self.cell_id = cell.get("id", str(index))
                    self._report()
                    await self.client.async_execute_cell(cell, index, execution_count=self.position)
            graceful = True
            return None
        except CellExecutionError as error:
            return self._failure(f"{error.ename}: {error.evalue}", error.traceback)
        except CellTimeoutError:
            return self._failure(f"TimeoutError: the cell took longer than {self.timeout:g} s")
        except (DeadKernelError, RuntimeError) as error:
            # nbclient reports its own cancelling as a dead kernel.
            if self.stopped_by is not None:
                self._end()
            return self._failure(await self._cause_of_death(error), _tail(stderr))
        except asyncio.CancelledError:
            if self.stopped_by is None:
                raise
            self._end()
        finally:
            self.seconds = round(time.monotonic() - self.started, 1)
            ticker.cancel()
            await self._stop(graceful)

    def _failure(self, error, details=""):
        return Failure(self.cell_id, without_colours(error), without_colours(details).rstrip())

    def _end(self):
        if self.stopped_by == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.stopped_by)

    async def _start(self, stderr):
        self.manager = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=RunningInterpreter()
        )
        self.client = NotebookClient(
            self.notebook,
            km=self.manager,
            timeout=self.timeout,
            iopub_timeout=30,
            startup_timeout=120,
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            # A cell tagged so may fail in nbclient; in this course none may.
            force_raise_errors=True,
            log=_log,
        )
        with open(stderr, "wb") as file:
            await self.manager.start_kernel(
                cwd=str(self.folder),
                env=self.environment,
                stderr=file,
                extra_arguments=["--HistoryManager.hist_file=:memory:"],
            )
        await self.client.async_start_new_kernel_client()

    async def _tick(self):
        while True:
            self._sample()
            self._report()
            await asyncio.sleep(_SAMPLE_SECONDS)

    def _report(self):
        self.progress(time.monotonic() - self.started, self.position, self.total, self.cell_id)

    def _sample(self):
        """Note the kernel's processes and their memory, now."""
        provisioner = self.manager and self.manager.provisioner
        pid = getattr(provisioner, "pid", None)
        if not pid:
            return
        with suppress(psutil.Error):
            kernel = psutil.Process(pid)
            tree = [kernel, *kernel.children(recursive=True)]
            self.processes.update(tree)
            resident = 0
            for process in tree:
                with suppress(psutil.Error):
                    resident += process.memory_info().rss
            # Samples miss short peaks of the kernel itself; Linux keeps its high-water mark.
            self.peak = max(self.peak, resident, _high_water(pid))

    async def _cause_of_death(self, error):
        provisioner = self.manager and self.manager.provisioner
        code = await provisioner.poll() if provisioner and provisioner.has_process else None
        if code is None:
            return f"{type(error).__name__}: {error}"
        if code == -signal.SIGKILL:
            return "DeadKernelError: the kernel was killed (signal 9); is the memory exhausted?"
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return f"DeadKernelError: the kernel died ({how})"

    async def _stop(self, graceful):
        """End the kernel and all that it started."""
        self._sample()
        if self.manager is not None:
            with suppress(RuntimeError):
                if self.manager.has_kernel:
                    await self.manager.shutdown_kernel(now=not graceful)
            await ensure_async(self.manager.cleanup_resources())
            if self.client is not None and self.client.kc is not None:
                self.client.kc.stop_channels()
        end_processes(self.processes)

    @contextmanager
    def _stop_signals(self, task):
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            yield
            return

        def stop(number):
            if self.stopped_by is None:
                self.stopped_by = number
                task.cancel()

        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, stop, number)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)


def _holds_code(cell):
    return cell.cell_type == "code" and bool(cell.source.strip())


def _high_water(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _tail(path):
    if not path.exists():
        return ""
    lines = [
        line
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        # ipykernel's own remarks, on the transport for example, explain no failure.
        if not line.startswith("[IPKernelApp]")
    ]
    return "\n".join(lines[-_STDERR_LINES:])
