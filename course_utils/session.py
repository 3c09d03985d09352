"""What every notebook does first: set up the run, and choose its profile."""

import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from course_utils import backend, measures
from course_utils._validate import one_of

KERAS_FLOOR = "3.13"
PROFILES = ("quick", "full")
SEEDS = 10_000_000
"""A seed of more digits, such as a student's number, is taken by its last seven."""

# Packages that a learner's own file beside the notebook would hide.
_PACKAGES = (
    *("keras", "tensorflow", "jax", "torch"),
    *("numpy", "scipy", "sklearn", "matplotlib", "PIL"),
)


def setup(*, seed):
    """Prepare a notebook: seeds, backend, GPU memory, plot style; print one line that says so.

    Call it once, in the first code cell. Restart the kernel before calling it with another
    backend or profile.

    Parameters
    ----------
    seed : int
        Seeds Python, NumPy and the backend. ``COURSE_SEED`` in the environment takes its place,
        which is how the course is repeated over seeds without touching a notebook. Any whole
        number will do, also a negative one or a student's number: the sign and all but the last
        seven digits are dropped.

    Returns
    -------
    int
        The seed in force, for the data that the notebook draws.

    Raises
    ------
    ImportError
        If Keras or its backend is missing, hidden by a file of that name, or too old.
    ValueError
        If a variable of the environment is something else than it should.
    """
    seed = abs(check_seed("COURSE_SEED", os.environ.get("COURSE_SEED") or seed)) % SEEDS
    chosen = profile()
    # These must be in the environment before the backend is imported: later they do nothing.
    # The last two stop TensorFlow and JAX from taking all memory of a GPU at once.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    _refuse_hidden_packages()
    ignored = _ignored_settings()
    os.environ["KERAS_BACKEND"] = _backend_name()
    backend.keep_freed_memory()
    with backend.without_log_chatter():
        keras = _import_keras()
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        keras.config.set_epsilon(1e-7)
        name = keras.backend.backend()
        device = backend.device(name)
        backend.keep_float32(name)
        if name == "tensorflow":
            backend.stop_autotuning()
            backend.hide_retracing_warnings()
        elif name == "jax":
            backend.compile_less()
            if os.environ.get("COURSE_COMPILED") != "0":
                from course_utils.data.fetch import DataFolders

                backend.keep_compiled(DataFolders.from_environment().cache / "compiled")
        else:
            backend.forget_gradients()
    keras.utils.set_random_seed(seed)

    from course_utils import plots

    plots.use_style()
    versions = _versions(name)
    measures.begin(profile=chosen, backend=name, device=device, versions=versions, seed=seed)
    print(
        f"{device} | Keras {versions['keras']} on {backend.NAMES[name]} {versions[name]} | "
        f"profile {chosen} ({_profile_reason()}) | seed {seed}"
    )
    if ignored:
        print(ignored)
    return seed


def profile():
    """Return the profile of this run, "quick" or "full".

    ``"quick"``: drawn data, minutes on two cores, no network. ``"full"``: real data.
    ``COURSE_PROFILE`` decides. Where it is not set the profile is ``"full"`` on Colab or Kaggle
    with a GPU, and ``"quick"`` everywhere else.
    """
    named = os.environ.get("COURSE_PROFILE", "")
    if named:
        one_of("COURSE_PROFILE", named, PROFILES)
    return named or ("full" if _hosted_with_gpu() else "quick")


def by_profile(*, quick, full):
    """Return `full` if ``profile() == "full"``, else `quick`."""
    return full if profile() == "full" else quick


def check_seed(setting, text):
    """Return a seed as a whole number, or raise ValueError."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(
            f"{setting} must be a whole number, such as 7. Received: {text!r}"
        ) from None


def _refuse_hidden_packages():
    """Say which file of the learner's own hides a package, before Python imports that file."""
    for name in _PACKAGES:
        for path in (Path(f"{name}.py"), Path(name, "__init__.py")):
            if path.exists():
                raise ImportError(
                    f"Your own {path} in {Path.cwd()} hides the package {name}: Python takes it in "
                    "its place. Give it another name, restart the kernel and run this cell again."
                )


def _ignored_settings():
    """Say what Keras' own file of settings asks for and this course does not do; "" if nothing."""
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    path = os.path.join(home, "keras.json")
    try:
        settings = dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ""
    needed = {"image_data_format": "channels_last", "floatx": "float32"}
    if not os.environ.get("KERAS_BACKEND"):
        needed["backend"] = "tensorflow"
    asked = {name: settings.get(name, value) for name, value in needed.items()}
    if asked == needed:
        return ""
    others = [f"{name} {value}" for name, value in asked.items() if value != needed[name]]
    return (
        f"{path} asks for {', '.join(others)}. This course needs {', '.join(needed.values())}, "
        "and uses that; the file is unchanged."
    )


def _backend_name():
    """Return the backend asked for, or say which there are."""
    if "keras" in sys.modules:  # chosen already, for good
        return sys.modules["keras"].backend.backend()
    name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    backend.check_name("KERAS_BACKEND", name)
    return name


def _import_keras():
    try:
        import keras
    except Exception as error:  # Keras raises many kinds, for settings of its own as well
        raise ImportError(
            f"Keras with the {os.environ['KERAS_BACKEND']} backend could not be imported "
            f"({type(error).__name__}: {error}). `make lab` in the course's folder installs Keras "
            "and TensorFlow; on Colab and Kaggle they are there already. Another backend that you "
            "have is chosen by KERAS_BACKEND. Keras also reads ~/.keras/keras.json, where it "
            "exists: if the message is about a setting, rename that file."
        ) from error
    if _release(keras.__version__) < _release(KERAS_FLOOR):
        raise ImportError(
            f"This course needs Keras {KERAS_FLOOR} or newer. Received: Keras {keras.__version__}. "
            f'Run `%pip install -U "keras>={KERAS_FLOOR}"`, restart the kernel and begin again.'
        )
    return keras


def _release(version):
    """Return the leading numbers of a version, so that 3.9 sorts before 3.13."""
    return tuple(int(part) for part in re.match(r"[\d.]*\d", version)[0].split("."))


def _versions(backend):
    modules = {name: sys.modules[name].__version__ for name in ("keras", backend, "numpy")}
    try:
        course = importlib.metadata.version("keras-vision-course")
    except importlib.metadata.PackageNotFoundError:  # used from a checkout by PYTHONPATH
        course = "unknown"
    return {"python": platform.python_version(), **modules, "course": course}


@cache
def _has_nvidia_gpu():
    """Ask the driver, not the backend: the profile is wanted before a backend is imported."""
    if shutil.which("nvidia-smi") is None:
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and "GPU 0" in listed.stdout


def _hosted_with_gpu():
    hosted = "COLAB_RELEASE_TAG" in os.environ or "KAGGLE_KERNEL_RUN_TYPE" in os.environ
    return hosted and _has_nvidia_gpu()


def _profile_reason():
    other = "quick" if profile() == "full" else "full"
    if os.environ.get("COURSE_PROFILE"):
        return "set by COURSE_PROFILE"
    why = "the default on this service's GPU" if profile() == "full" else "the default"
    return f"{why}; COURSE_PROFILE={other} changes it"
