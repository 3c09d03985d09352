"""The set-up, run on a project of two tiny packages, without a network."""

import argparse
import ast
import hashlib
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

import bootstrap
import pip
import pytest

SCRIPT = Path(bootstrap.__file__)
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
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return Path(archive.filename)


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
        """Return what the environment imports under `name`, "" if it cannot."""
        command = [self.venv / "bin" / "python", "-c", f"import {name}; print({name}.VERSION)"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
def stalled():
    """Return a function that starts a set-up, and returns once its pip waits for a mute server."""
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)

        def start(project, **variables):
            address = f"http://127.0.0.1:{server.getsockname()[1]}/"
            process = project.start(PIP_FIND_LINKS=address, **variables)
            connections.append(server.accept())
            return process

        yield start


@pytest.fixture(scope="module")
def quick_python(tmp_path_factory):
    """Options that name a Python which copies a virtual environment in place of making it."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder / "made", symlinks=True)
    (packages,) = (folder / "made").glob("lib/*/site-packages")
    shutil.copytree(Path(pip.__file__).parent, packages / "pip")  # quicker than with_pip=True
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
    """Return a project set up where variables and settings of pip's own name other places."""
    folder = tmp_path_factory.mktemp("bootstrap")
    project = Project(folder / "a course", quick_python)
    (wheel,) = project.wheels.glob("seeing-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "elsewhere")
    beside = dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), str(folder / "beside"))
    settings = folder / "pip.conf"
    places = [f"{name} = {folder / 'beside'}\n" for name in ("target", "prefix", "root")]
    settings.write_text("[install]\nuser = true\n" + "".join(places))
    beside |= {"PYTHONPATH": str(folder / "elsewhere"), "PIP_CONFIG_FILE": str(settings)}
    status, output = project.set_up(PIP_DRY_RUN="1", **beside)
    assert status == 0, output
    return project


@pytest.fixture
def ready(shared):
    """Return a project with a complete environment, for tests that leave one."""
    status, output = shared.set_up()
    assert status == 0, output
    return shared


def test_nothing_of_pip_or_python_leads_out_of_the_environment(shared):
    assert shared.module_version("seeing") == shared.locked
    assert shared.module_version("tiny_course") == "1.0"
    assert not (shared.root.parent / "beside").exists()


def test_second_run_does_nothing_and_a_changed_project_reinstalls_only_itself(ready):
    before = ready.stamp.stat().st_mtime_ns
    assert ready.set_up() == (0, "")
    assert ready.stamp.stat().st_mtime_ns == before, "written again"
    witness = ready.venv / "witness"
    witness.touch()
    with (ready.root / "pyproject.toml").open("a") as file:
        file.write('\n[project.urls]\nRepository = "https://example.org/elsewhere"\n')
    status, output = ready.set_up()
    assert status == 0, output
    assert witness.exists(), "the whole environment was built again"
    assert ready.set_up() == (0, "")


def test_torch_is_added_when_asked_for_and_a_failed_download_costs_nothing_else(ready):
    assert not ready.module_version("torch")
    status, output = ready.set_up("--torch", PIP_FIND_LINKS=str(ready.root))
    assert status == 1
    assert "Adding PyTorch failed" in output
    assert ready.set_up() == (0, "")

    status, output = ready.set_up("--torch")
    assert status == 0, output
    assert "It is large" in output
    assert ready.module_version("torch") == "1.0"
    assert ready.set_up("--torch") == ready.set_up() == (0, "")


def test_changed_lock_rebuilds_and_what_was_there_is_kept_until_then(ready, stalled, tmp_path):
    old, witness = ready.locked, ready.venv / "witness"
    witness.touch()
    ready.lock("2.0")
    busy = tmp_path / "ps"
    busy.write_text(f'#!/bin/sh\necho "{ready.venv}/bin/python -m ipykernel_launcher -f x.json"\n')
    busy.chmod(0o755)
    killed = stalled(ready, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    os.killpg(killed.pid, signal.SIGKILL)
    output, _ = killed.communicate(timeout=PATIENCE)
    assert ".venv is out of date: kept aside until a new one is complete" in output
    assert "Notebooks are running in .venv" in output
    assert not ready.stamp.exists()

    ready.lock("2.0", sha256="0" * 64)
    status, output = ready.set_up()
    assert status == 1
    for words in (
        "Installing the packages failed",
        "DO NOT MATCH THE HASHES",
        "PIP_PROXY",
        ".venv is again as it was",
    ):
        assert words in output
    assert "Notebooks are running" not in output
    assert witness.exists()
    assert ready.module_version("seeing") == old

    ready.lock("2.0")
    status, output = ready.set_up()
    assert status == 0, output
    assert not witness.exists()
    assert not ready.venv.with_name(".venv-before").exists()
    assert ready.module_version("seeing") == "2.0"


def test_interrupted_set_up_leaves_nothing(project, stalled):
    process = stalled(project)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "interrupted" in output
    assert "Traceback" not in output
    assert not project.venv.exists()


def test_killed_set_up_is_not_trusted_and_its_pip_is_waited_for(project, stalled):
    killed = stalled(project)
    killed.kill()
    killed.wait(PATIENCE)
    project.stamp.write_text('{"environment": "12')  # as a full disk may leave it
    second = project.start()
    assert "Another set-up is at work" in second.stdout.readline()
    time.sleep(0.5)
    assert second.poll() is None
    os.killpg(killed.pid, signal.SIGKILL)  # the orphaned pip
    output, _ = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, output
    assert "Removing .venv: it is incomplete." in output
    assert project.module_version("seeing") == "1.0"
    killed.stdout.close()


@pytest.mark.parametrize(
    ("named", "versions", "chosen"),
    [
        (None, {"python3": (3, 14), "python3.11": (3, 11), "python3.12": (3, 12)}, "python3.12"),
        (None, {"python3": (3, 11), "python3.13": (3, 13)}, "python3"),
        ("mine", {"python3": (3, 14), "mine": (3, 12)}, "mine"),
    ],
)
def test_python_is_the_named_one_or_its_own_or_the_newest(monkeypatch, named, versions, chosen):
    monkeypatch.setattr(bootstrap, "probe", versions.get)
    monkeypatch.setattr(sys, "_base_executable", "python3")
    monkeypatch.setattr(shutil, "which", versions.__contains__)
    options = argparse.Namespace(python=named)
    assert bootstrap.choose_python(options) == (chosen, versions[chosen])


@pytest.mark.parametrize(
    ("body", "received"), [("echo 3 9", "is Python 3.9"), ("exit 1", "does not run or lacks venv")]
)
def test_a_python_that_will_not_do_is_told(tmp_path, body, received):
    program = tmp_path / "python-of-mine"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    with pytest.raises(bootstrap.SetupError, match=f"python-of-mine, which {received}") as error:
        bootstrap.choose_python(argparse.Namespace(python=str(program)))
    assert "needs Python 3.11, 3.12 or 3.13" in str(error.value)


def test_an_old_python_can_read_the_script():
    assert ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7)).body


@pytest.mark.parametrize(("listed", "variant"), [("GPU 0: NVIDIA T4", "gpu"), (None, "cpu")])
def test_variant_follows_the_nvidia_driver(monkeypatch, listed, variant):
    monkeypatch.setattr(bootstrap, "output_of", lambda *_: listed)
    monkeypatch.delenv("COURSE_VARIANT", raising=False)
    assert bootstrap.choose_variant() == variant
    monkeypatch.setenv("COURSE_VARIANT", "cpu")
    assert bootstrap.choose_variant() == "cpu"
    monkeypatch.setenv("COURSE_VARIANT", "tpu")
    with pytest.raises(bootstrap.SetupError, match=r"cpu or gpu\. Received: 'tpu'"):
        bootstrap.choose_variant()


def test_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "build" / "setup.log")
    (tmp_path / "build").touch()
    assert bootstrap.main([]) == 1
    message = capsys.readouterr().err
    assert "Set-up stopped.\nReceived: " in message
    assert str(tmp_path / "build") in message


def test_environment_belongs_to_its_folder_python_and_variant():
    cases = [("/a/.venv", (3, 11), "cpu"), ("/b/.venv", (3, 11), "cpu")]
    cases += [("/a/.venv", (3, 12), "cpu"), ("/a/.venv", (3, 11), "gpu")]
    digests = {bootstrap.environment_digest(*case) for case in cases}
    assert len(digests) == len(cases)


@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
def test_macs(monkeypatch, capsys, machine):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap, "missing", lambda *_: [])
    assert bootstrap.main([]) == (machine == "x86_64")
    assert ("Macs with Intel" in capsys.readouterr().err) == (machine == "x86_64")
