"""The set-up, run on a project of two tiny packages, without a network."""

import argparse
import ast
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import pip
import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "bootstrap.py"
PATIENCE = 300  # seconds; a virtual environment takes a few

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny-course"
version = "1.0"

[project.optional-dependencies]
torch = ["torch==1.0"]
"""
BACKEND = """\
import shutil


def build_editable(folder, config_settings=None, metadata_directory=None):
    shutil.copy("../wheels/tiny_course-1.0-py3-none-any.whl", folder)
    return "tiny_course-1.0-py3-none-any.whl"
"""


def write_wheel(folder, name, version):
    """Write the smallest wheel that pip installs: one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{inner},,\n" for inner in [*files, f"{info}/RECORD"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return path


class Project:
    """A folder with the set-up script and just what it reads."""

    def __init__(self, root, python):
        self.root = root
        self.python = python
        self.venv = root / ".venv"
        self.stamp = self.venv / ".complete"
        self.wheels = root.parent / "wheels"  # pip takes a space in its path for a separator
        for folder in (root / "tools", self.wheels):
            folder.mkdir(parents=True)
        shutil.copy(SCRIPT, root / "tools")
        (root / "backend.py").write_text(BACKEND)
        (root / "pyproject.toml").write_text(PYPROJECT)
        write_wheel(self.wheels, "tiny_course", "1.0")
        write_wheel(self.wheels, "torch", "1.0")
        self.lock("1.0")

    def lock(self, version, sha256=None):
        self.locked = version
        wheel = write_wheel(self.wheels, "seeing", version)
        sha256 = sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest()
        pin = f"seeing=={version} \\\n    --hash=sha256:{sha256}\n"
        (self.root / "requirements.lock").write_text(pin)

    def start(self, *arguments, **variables):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "COURSE_"))}
        offline = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_RETRIES": "0",
            "COURSE_VARIANT": "cpu",
        }
        return subprocess.Popen(
            [sys.executable, "tools/bootstrap.py", *self.python, *arguments],
            cwd=self.root,
            env={**kept, **offline, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Tests started in the background would hand on that Ctrl-C is to be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def set_up(self, *arguments, **variables):
        """Run the set-up; return its exit status and all it printed."""
        process = self.start(*arguments, **variables)
        output, _ = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in output
        return process.returncode, output

    def module_version(self, name):
        """Return what the environment imports under `name`, None if it cannot."""
        run = subprocess.run(
            [self.venv / "bin" / "python", "-c", f"import {name}; print({name}.VERSION)"],
            capture_output=True,
            text=True,
            check=False,
        )
        return run.stdout.strip() or None


@pytest.fixture
def stall():
    """A server on this machine that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def at(server):
    """Return the variable by which pip looks for packages there."""
    return {"PIP_FIND_LINKS": f"http://127.0.0.1:{server.getsockname()[1]}/"}


@pytest.fixture(scope="module")
def quick_python(tmp_path_factory):
    """Options that name a Python which copies a virtual environment in place of making it."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder / "made", symlinks=True)
    (packages,) = (folder / "made").glob("lib/*/site-packages")
    shutil.copytree(Path(pip.__file__).parent, packages / "pip")
    program = folder / "python"
    copies = f'if [ "$2$3" = -mvenv ]; then exec cp -a "{folder}/made" "$4"; fi'
    program.write_text(f'#!/bin/sh\n{copies}\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    return ("--python", str(program))


@pytest.fixture
def project(tmp_path, quick_python):
    return Project(tmp_path / "a course", quick_python)  # a space, as in many a home folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory, quick_python):
    """Return a project for the tests that start from a complete environment and leave one.

    It is set up where variables would have Python find its package elsewhere, and pip put it there.
    """
    folder = tmp_path_factory.mktemp("bootstrap")
    project = Project(folder / "a course", quick_python)
    (wheel,) = project.wheels.glob("seeing-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "elsewhere")
    beside = dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), str(folder / "beside"))
    settings = folder / "pip.conf"
    places = [f"{name} = {folder / 'beside'}\n" for name in ("target", "prefix", "root")]
    settings.write_text("[install]\nuser = true\n" + "".join(places))
    path = str(folder / "elsewhere")
    status, output = project.set_up(
        PYTHONPATH=path, PIP_CONFIG_FILE=str(settings), PIP_DRY_RUN="1", **beside
    )
    assert status == 0, output
    return project


@pytest.fixture
def ready(shared):
    status, output = shared.set_up()
    assert status == 0, output
    return shared


@pytest.fixture
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return a function that puts a small shell program first on the search path."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def write(name, body):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
        return str(tmp_path / name)

    return write


def test_variables_of_pip_and_python_lead_nothing_out_of_the_environment(shared):
    assert shared.module_version("seeing") == shared.locked
    assert shared.module_version("tiny_course") == "1.0"
    assert not (shared.root.parent / "beside").exists()


def test_second_run_does_nothing_and_a_changed_project_reinstalls_only_itself(ready):
    before = ready.stamp.stat().st_mtime_ns
    assert ready.set_up() == (0, "")
    assert ready.stamp.stat().st_mtime_ns == before
    witness = ready.venv / "witness"
    witness.touch()
    with (ready.root / "pyproject.toml").open("a") as file:
        file.write('\n[project.urls]\nRepository = "https://example.org/elsewhere"\n')
    status, output = ready.set_up()
    assert status == 0, output
    assert witness.exists(), "the whole environment was built again"
    assert ready.set_up() == (0, "")


def test_torch_is_added_when_asked_for_and_a_failed_download_costs_nothing_else(ready):
    assert ready.module_version("torch") is None
    text = (ready.root / "pyproject.toml").read_text()
    (ready.root / "pyproject.toml").write_text(text.replace("torch==1.0", "torch==2.0"))
    status, output = ready.set_up("--torch")
    assert status == 1
    assert "Adding PyTorch failed" in output
    assert ready.set_up() == (0, "")
    assert ready.module_version("seeing") == ready.locked

    (ready.root / "pyproject.toml").write_text(text)
    status, output = ready.set_up("--torch")
    assert status == 0, output
    assert "It is large" in output
    assert ready.module_version("torch") == "1.0"
    assert ready.set_up("--torch") == ready.set_up() == (0, "")


def test_unreadable_stamp_is_not_trusted(bootstrap, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / ".complete").write_text('{"environment": "12')
    assert bootstrap.read_stamp(tmp_path) is None
    assert bootstrap.read_stamp(tmp_path / "nowhere") is None


def test_changed_lock_rebuilds_and_what_was_there_is_kept_until_then(ready, stall, program):
    old = ready.locked
    witness = ready.venv / "witness"
    witness.touch()
    ready.lock("2.0")
    program("ps", f'echo "{ready.venv}/bin/python -m ipykernel_launcher -f x.json"')
    killed = ready.start(**at(stall))
    connection, _ = stall.accept()
    os.killpg(killed.pid, signal.SIGKILL)
    output, _ = killed.communicate(timeout=PATIENCE)
    connection.close()
    assert ".venv is out of date: kept aside until a new one is complete" in output
    assert "Notebooks are running in .venv" in output
    assert not ready.stamp.exists()

    ready.lock("2.0", sha256="0" * 64)
    program("ps", "echo bash")
    status, output = ready.set_up()
    assert status == 1
    assert "Installing the packages failed" in output
    assert "DO NOT MATCH THE HASHES" in output
    assert "PIP_PROXY" in output
    assert ".venv is again as it was" in output
    assert "Notebooks are running" not in output
    assert witness.exists()
    assert ready.module_version("seeing") == old

    ready.lock("2.0")
    status, output = ready.set_up()
    assert status == 0, output
    assert not witness.exists()
    assert not ready.venv.with_name(".venv-before").exists()
    assert ready.module_version("seeing") == "2.0"


def test_killed_set_up_is_not_trusted_and_its_pip_is_waited_for(project, stall):
    killed = project.start(**at(stall))
    connection, _ = stall.accept()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(PATIENCE)
    assert project.venv.exists()
    assert not project.stamp.exists()

    second = project.start()
    assert "Another set-up is at work" in second.stdout.readline()
    time.sleep(0.5)
    assert second.poll() is None
    stall.close()
    connection.close()  # the orphaned pip gives up
    output, _ = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, output
    assert "Removing .venv: it is incomplete." in output
    assert project.module_version("seeing") == "1.0"
    killed.stdout.close()


def test_interrupted_set_up_leaves_nothing(project, stall):
    process = project.start(**at(stall))
    connection, _ = stall.accept()
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "interrupted" in output
    assert "Traceback" not in output
    assert not project.venv.exists()
    connection.close()


@pytest.mark.parametrize(
    ("body", "received"),
    [
        ("echo 3 9", "which is Python 3.9"),
        ("echo 3 14", "which is Python 3.14"),
        ("exit 1", "which does not run or lacks venv or ensurepip"),
    ],
)
def test_named_python_of_a_wrong_version(bootstrap, program, body, received):
    options = argparse.Namespace(python=program("python-of-mine", body))
    with pytest.raises(bootstrap.SetupError, match=f"python-of-mine, {received}") as error:
        bootstrap.choose_python(options)
    assert "needs Python 3.11, 3.12 or 3.13" in str(error.value)


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ({"python3": (3, 14), "python3.11": (3, 11), "python3.12": (3, 12)}, "python3.12"),
        ({"python3": (3, 11), "python3.13": (3, 13)}, "python3"),
        ({"python3": (3, 8), "python3.12": None}, None),
    ],
    ids=["another where its own will not do", "its own", "none"],
)
def test_python_is_chosen(bootstrap, monkeypatch, versions, chosen):
    """The first is the one that runs the script."""
    monkeypatch.setattr(bootstrap, "probe", versions.get)
    monkeypatch.setattr(sys, "_base_executable", "python3")
    monkeypatch.setattr(shutil, "which", versions.__contains__)
    options = argparse.Namespace(python=None)
    if chosen:
        assert bootstrap.choose_python(options) == (chosen, versions[chosen])
        return
    with pytest.raises(bootstrap.SetupError, match=r"python3, which is Python 3\.8") as error:
        bootstrap.choose_python(options)
    assert "python3.12, which does not run" in str(error.value)


def test_an_old_python_can_read_the_script():
    assert ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7)).body


@pytest.mark.parametrize(
    ("body", "variant"),
    [("echo 'GPU 0: NVIDIA T4 (UUID: 1)'", "gpu"), ("echo 'No devices found'; exit 6", "cpu")],
)
def test_variant_follows_the_nvidia_driver(bootstrap, program, monkeypatch, body, variant):
    program("nvidia-smi", body)
    monkeypatch.delenv("COURSE_VARIANT", raising=False)
    assert bootstrap.choose_variant() == variant
    monkeypatch.setenv("COURSE_VARIANT", "cpu")
    assert bootstrap.choose_variant() == "cpu"
    monkeypatch.setenv("COURSE_VARIANT", "tpu")
    with pytest.raises(bootstrap.SetupError, match=r"cpu or gpu\. Received: 'tpu'"):
        bootstrap.choose_variant()


def test_folder_that_cannot_be_written_is_told(bootstrap, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "build" / "setup.log")
    (tmp_path / "build").touch()
    assert bootstrap.main([]) == 1
    message = capsys.readouterr().err
    assert "Set-up stopped.\nReceived: " in message
    assert str(tmp_path / "build") in message


def test_environment_belongs_to_its_folder_python_and_variant(bootstrap):
    cases = [("/a/.venv", (3, 11), "cpu"), ("/b/.venv", (3, 11), "cpu")]
    cases += [("/a/.venv", (3, 12), "cpu"), ("/a/.venv", (3, 11), "gpu")]
    digests = {bootstrap.environment_digest(*case) for case in cases}
    assert len(digests) == len(cases)


@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
def test_macs(bootstrap, monkeypatch, capsys, machine):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap, "missing", lambda *_: [])
    assert bootstrap.main([]) == (machine == "x86_64")
    assert ("Macs with Intel" in capsys.readouterr().err) == (machine == "x86_64")
