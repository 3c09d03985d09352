"""What every notebook does first and last: set up the run, and record what it measured."""

import importlib.metadata
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from course_utils.tensorflow_settings import hide_retracing_warnings, stop_autotuning

KERAS_FLOOR = "3.13"
PROFILES = ("quick", "full")
_BACKEND_NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


class BandError(AssertionError):
    """A measured value lies outside its band, and ``COURSE_STRICT=1`` asked for an error."""


@dataclass
class _Run:
    """What one run of a notebook measured so far."""

    measures: dict[str, float] = field(default_factory=dict)
    bands: dict[str, tuple[str, float, bool]] = field(default_factory=dict)
    hosted_profile: str = "full"


_run = _Run()


def setup(*, seed, hosted_profile="full"):
    """Prepare a notebook: seeds, backend, GPU memory, plot style; print one line that says so.

    Call it once, in the first code cell. Restart the kernel before calling it with another
    backend or profile.

    Parameters
    ----------
    seed : int
        Seeds Python, NumPy and the backend. ``COURSE_SEED`` in the environment takes its place,
        which is how the course is repeated over seeds without touching a notebook.
    hosted_profile : {"full", "quick"}
        The profile on Colab or Kaggle with a GPU where ``COURSE_PROFILE`` is not set. Quick, where
        the real data cannot be downloaded by themselves.

    Returns
    -------
    int
        The seed in force, for the data that the notebook draws.

    Raises
    ------
    ImportError
        If Keras or its backend is missing, or Keras is older than the course needs.
    ValueError
        If ``COURSE_PROFILE``, ``COURSE_SEED`` or `hosted_profile` is something else than it should.
    """
    if hosted_profile not in PROFILES:
        raise ValueError(
            f"hosted_profile should be one of {', '.join(PROFILES)}. Received: {hosted_profile!r}"
        )
    seed = _seed(seed)
    _run.hosted_profile = hosted_profile
    chosen = profile()
    # These must be in the environment before the backend is imported: later they do nothing.
    # The last two stop TensorFlow and JAX from taking all memory of a GPU at once.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with _without_log_chatter():
        keras = _import_keras()
        backend = keras.backend.backend()
        device = _device(backend)
        _keep_float32(backend)
        if backend == "tensorflow":
            stop_autotuning()
            hide_retracing_warnings()
    keras.utils.set_random_seed(seed)

    from course_utils import plots

    plots.use_style()
    _run.measures.clear()
    _run.bands.clear()
    versions = _versions(backend)
    _record(
        kind="setup",
        profile=chosen,
        backend=backend,
        device=device,
        versions=versions,
        seed=seed,
    )
    print(
        f"{device} | Keras {versions['keras']} on {_BACKEND_NAMES[backend]} {versions[backend]} | "
        f"profile {chosen} ({_profile_reason()}) | seed {seed}"
    )
    return seed


def profile():
    """Return the profile of this run.

    ``COURSE_PROFILE`` decides. Where it is not set the profile is ``"full"`` on Colab or Kaggle
    with a GPU, unless `setup` was told otherwise, and ``"quick"`` everywhere else.

    Returns
    -------
    {"quick", "full"}
        ``"quick"``: drawn data, minutes on two cores, no network. ``"full"``: real data.

    Raises
    ------
    ValueError
        If ``COURSE_PROFILE`` is neither of the two.
    """
    named = os.environ.get("COURSE_PROFILE", "")
    if named and named not in PROFILES:
        raise ValueError(
            f"COURSE_PROFILE should be one of {', '.join(PROFILES)}, or not set at all. "
            f"Received: COURSE_PROFILE={named!r}"
        )
    return named or (_run.hosted_profile if _hosted_with_gpu() else "quick")


def by_profile(*, quick, full):
    """Return the value that belongs to the profile of this run.

    Parameters
    ----------
    quick, full : object
        The value under each profile.

    Returns
    -------
    object
        ``full`` if ``profile() == "full"``, else ``quick``.
    """
    return full if profile() == "full" else quick


def measure(name, value):
    """Record one result of this run under a name, and print it.

    Parameters
    ----------
    name : str
        The name under which the result is reported, such as ``"cnn test accuracy"``.
    value : float
        The result. Measuring a name again replaces its value.

    Raises
    ------
    TypeError
        If the value is not a single number.
    """
    value = _plain(name, value)
    _run.measures[name] = value
    _record(kind="measure", name=name, value=value)
    print(f"{name}: {_number(value)}")


def expect(name, value, *, at_least=None, at_most=None):
    """Record a result and print whether it lies in the band that the course promises.

    Parameters
    ----------
    name : str
        The name of the result; it is recorded as a measure too.
    value : float
        The result.
    at_least, at_most : float, optional
        The bound. Give exactly one of the two. A NaN lies outside of every band.

    Raises
    ------
    BandError
        If the band does not hold and ``COURSE_STRICT`` is 1, as in the course's own tests.
    TypeError
        If the value is not a single number.
    """
    if (at_least is None) == (at_most is None):
        raise ValueError(
            "expect() takes exactly one of at_least= and at_most=. "
            f"Received: at_least={at_least}, at_most={at_most}"
        )
    value = _plain(name, value)
    bound_name, bound = ("at_least", at_least) if at_most is None else ("at_most", at_most)
    holds = bool(value >= bound if bound_name == "at_least" else value <= bound)
    _run.measures[name] = value
    _run.bands[name] = (bound_name, bound, holds)
    _record(kind="measure", name=name, value=value)
    _record(kind="band", name=name, value=value, **{bound_name: bound}, holds=holds)
    promise = f"{bound_name.replace('_', ' ')} {_number(bound)}"
    print(f"{name}: {_number(value)}, expected {promise}: {'holds' if holds else 'DOES NOT HOLD'}")
    if not holds and os.environ.get("COURSE_STRICT") == "1":
        raise BandError(f"{name} should be {promise}. Received: {value}")


class MeasureTable:
    """The results of a run as a table: text in a terminal, Markdown in a notebook.

    Parameters
    ----------
    rows : sequence of (str, str, str, str)
        Name, value, band and whether it holds.
    """

    _HEADER = ("measure", "this run", "the course expects", "result")

    def __init__(self, rows):
        self.rows = tuple(rows)

    def __repr__(self):
        lines = (self._HEADER, *self.rows)
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_markdown_(self):
        lines = (self._HEADER, ("---", "---:", "---", "---"), *self.rows)
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measured():
    """Return everything this run measured, as a table to end a notebook with.

    Returns
    -------
    MeasureTable
        One row for each measure, in the order in which they were first measured.
    """
    rows = []
    for name, value in _run.measures.items():
        bound_name, bound, holds = _run.bands.get(name, ("", 0.0, True))
        promise = f"{bound_name.replace('_', ' ')} {_number(bound)}" if bound_name else ""
        verdict = ("holds" if holds else "does not hold") if bound_name else ""
        rows.append((name, _number(value), promise, verdict))
    return MeasureTable(rows)


def progress(title):
    """Return a Keras callback that reports a training on one line, rewritten after each epoch.

    Parameters
    ----------
    title : str
        What is being trained; the line begins with it.

    Returns
    -------
    keras.callbacks.Callback
        Use it with ``verbose=0``.
    """
    import keras

    class OneLine(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.started = time.perf_counter()
            print(f"\r{title}: epoch 1/{self.params['epochs']} ...", end="", flush=True)

        def on_epoch_end(self, epoch, logs=None):
            shown = (f"{name} {value:.3f}" for name, value in (logs or {}).items())
            seconds = time.perf_counter() - self.started
            line = (
                f"{title}: epoch {epoch + 1}/{self.params['epochs']}",
                f"{seconds:.0f} s",
                *(text for text in shown if not text.startswith("learning_rate")),
            )
            print("\r" + ", ".join(line), end="", flush=True)

        def on_train_end(self, logs=None):
            print()

    return OneLine()


def _seed(seed):
    named = os.environ.get("COURSE_SEED", "")
    if not named:
        return int(seed)
    try:
        return int(named)
    except ValueError:
        raise ValueError(
            f"COURSE_SEED should be a whole number. Received: COURSE_SEED={named!r}"
        ) from None


def _import_keras():
    try:
        import keras
    except ImportError as error:
        wanted = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise ImportError(
            f"Keras with the {wanted} backend could not be imported ({error}). `make lab` in the "
            "course's folder installs both; on Colab and Kaggle they are there already."
        ) from error
    if _release(keras.__version__) < _release(KERAS_FLOOR):
        raise ImportError(
            f"This course needs Keras {KERAS_FLOOR} or newer. Received: Keras {keras.__version__}. "
            f'Run `%pip install -U "keras>={KERAS_FLOOR}"`, restart the kernel and begin again.'
        )
    return keras


@contextmanager
def _without_log_chatter():
    """Hold back the lines of information that TensorFlow's C++ code writes when it loads.

    They are written before any log level is read, straight to file descriptor 2, and would open
    every notebook with a red box. Everything else written there is passed on.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not re.match(rb"I\d{4} |WARNING: All log messages before absl", line):
                    os.write(2, line)


def _release(version):
    """Return the leading numbers of a version, so that 3.9 sorts before 3.13."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _device(backend):
    """Return the name of the device that trains."""
    name = None
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
    elif backend == "jax":
        import jax

        device = jax.devices()[0]
        if device.platform != "cpu":
            name = device.device_kind
    else:
        import torch

        if torch.cuda.is_available():
            name = torch.cuda.get_device_name(0)
        elif torch.backends.mps.is_available():
            name = "Apple GPU"
    return name or f"CPU, {_cores()} core{'s' if _cores() > 1 else ''}"


def _keep_float32(backend):
    """Have 32 bits mean 32 bits on a GPU, too.

    Since NVIDIA's Ampere, most libraries round the factors of products to 10 bits (TensorFloat-32)
    unless told otherwise. Then what this course proves to 1e-5 would hold to 1e-3 only. Mixed
    precision, asked for by name, is not touched.
    """
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(False)
    elif backend == "jax":
        import jax

        jax.config.update("jax_default_matmul_precision", "float32")
    else:
        import torch

        if hasattr(torch.backends, "fp32_precision"):  # from 2.9 on; the older names then warn
            torch.backends.cuda.matmul.fp32_precision = "ieee"
            torch.backends.cudnn.conv.fp32_precision = "ieee"
            torch.backends.cudnn.rnn.fp32_precision = "ieee"
        else:
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _versions(backend):
    backend_package = {
        "tensorflow": ("tensorflow", "tensorflow-cpu"),
        "jax": ("jax",),
        "torch": ("torch",),
    }[backend]
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name, candidates in {
        "course": ("keras-vision-course",),
        "keras": ("keras",),
        backend: backend_package,
        "numpy": ("numpy",),
    }.items():
        for candidate in candidates:
            try:
                found[name] = importlib.metadata.version(candidate)
                break
            except importlib.metadata.PackageNotFoundError:
                found[name] = "unknown"
    return found


def _on_hosted_service():
    return "COLAB_RELEASE_TAG" in os.environ or "KAGGLE_KERNEL_RUN_TYPE" in os.environ


@cache
def _has_nvidia_gpu():
    """Ask the driver, not the backend: the profile is wanted before a backend is imported."""
    if shutil.which("nvidia-smi") is None:
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and "GPU 0" in listed.stdout


def _hosted_with_gpu():
    return _on_hosted_service() and _has_nvidia_gpu()


def _profile_reason():
    other = "quick" if profile() == "full" else "full"
    if os.environ.get("COURSE_PROFILE"):
        return "set by COURSE_PROFILE"
    why = "the default on this service's GPU" if profile() == "full" else "the default"
    return f"{why}; COURSE_PROFILE={other} changes it"


def _plain(name, value):
    """Return a result as a Python number, or say what came instead."""
    try:
        value = value.item() if hasattr(value, "item") else value
        return int(value) if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"The measure {name!r} should be a single number. Received: {value!r}"
        ) from None


def _number(value):
    if isinstance(value, int):
        return f"{value:,}"
    if math.isfinite(value) and abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    return f"{value:.3f}" if abs(value) >= 0.0005 else f"{value:.1g}"


def _record(**entry):
    """Append one line to the file in which a runner collects what a notebook measured."""
    path = os.environ.get("COURSE_RECORD")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
