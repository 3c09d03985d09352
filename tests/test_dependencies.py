"""The files that name packages agree: pyproject, environment.yml, locks, Colab's versions."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {"requirements.lock": ("cpu", "dev"), "requirements-gpu.lock": ("gpu", "dev")}
PYTHONS = ["3.11", "3.12", "3.13"]
PLATFORMS = {  # sys_platform, platform_machine
    "Linux": ("linux", "x86_64"),
    "Linux on ARM": ("linux", "aarch64"),
    "macOS": ("darwin", "arm64"),
    "Windows": ("win32", "AMD64"),
}
MACHINES = list(product(PLATFORMS, PYTHONS))
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
PIN = re.compile(r"(?P<requirement>[A-Za-z0-9][\w.-]*==[^\\]+?) \\")


def parse(entries):
    """Return the requirements of a list of entries, with normal names."""
    found = [Requirement(entry) for entry in entries]
    for requirement in found:
        requirement.name = canonicalize_name(requirement.name)
    return found


def wanted(*extras):
    """Return what pyproject.toml asks for: its dependencies and those of some extras."""
    return parse(
        [*PROJECT["dependencies"], *(entry for extra in extras for entry in EXTRAS[extra])]
    )


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name):
    return parse(line[1] for line in map(PIN.fullmatch, read(name).splitlines()) if line)


def colab():
    lines = read("requirements-colab.txt").splitlines()
    return parse(line for line in lines if line and not line.startswith("#"))


def conda():
    """Return the entries of environment.yml and the comment beside each."""
    listed = read("environment.yml").split("dependencies:")[1]
    entries = re.findall(r"(?m)^ +- ([^#\n]+?) *(?:# (.+))?$", listed)
    return {entry: comment for entry, comment in entries if entry != "pip:"}


def version_of(pin):
    (specifier,) = pin.specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


def machine(platform, python):
    system, processor = PLATFORMS[platform]
    return {
        "sys_platform": system,
        "platform_machine": processor,
        "os_name": "nt" if system == "win32" else "posix",
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


def applies(requirement, environment):
    return requirement.marker is None or requirement.marker.evaluate(environment)


def unmet(requirements, pins, environment):
    """List the requirements that no pin, or a pin of another version, answers on one machine."""
    versions = {pin.name: version_of(pin) for pin in pins if applies(pin, environment)}
    return [
        f"{requirement}, pinned: {versions.get(requirement.name)}"
        for requirement in requirements
        if applies(requirement, environment)
        and not (
            requirement.name in versions
            and requirement.specifier.contains(versions[requirement.name])
        )
    ]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize(("platform", "python"), MACHINES)
def test_lock_meets_pyproject_with_one_version_of_everything(lock, platform, python):
    environment, pins = machine(platform, python), locked(lock)
    assert unmet(wanted(*LOCKS[lock]), pins, environment) == []
    names = [pin.name for pin in pins if applies(pin, environment)]
    assert sorted(names) == sorted(set(names))
    builds = [name for name in names if name in ("tensorflow", "tensorflow-cpu")]
    small = platform in ("Linux", "Windows") and lock == "requirements.lock"
    assert builds == (["tensorflow-cpu"] if small else ["tensorflow"])


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_a_hash_or_a_comment(lock):
    lines = read(lock).splitlines()
    assert len(locked(lock)) > 50
    for before, line in zip(["", *lines], lines, strict=False):
        # A pin ends in a continuation, and what is continued is a hash: no pin is without one.
        assert before.endswith("\\") == bool(HASH.fullmatch(line)), line
        assert line.lstrip().startswith("#") or PIN.fullmatch(line) or HASH.fullmatch(line), line


def test_locks_agree():
    pins = [{pin.name: version_of(pin) for pin in locked(lock)} for lock in LOCKS]
    common = pins[0].keys() & pins[1].keys()
    assert len(common) > 100
    assert {name: pins[0][name] for name in common} == {name: pins[1][name] for name in common}
    assert all(name.startswith("nvidia-") for name in pins[1].keys() - pins[0].keys())
    (torch,) = [entry for entry in parse(EXTRAS["torch"]) if entry.name == "torch"]
    assert version_of(torch)
    assert "torch" not in common, "it is large, and installed only where it is asked for"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_colab_meets_every_floor(platform):
    names = {entry.name for entry in colab()}
    assert {entry.name for entry in wanted("cpu")} <= names
    exact = [pin for pin in colab() if str(pin.specifier).startswith("==")]
    floors = [entry for entry in wanted("cpu", "dev") if entry.name in {pin.name for pin in exact}]
    core = {"numpy", "matplotlib", "seaborn", "scikit-learn", "pooch", "keras", "jax"}
    assert core <= {entry.name for entry in floors}
    assert any(entry.name.startswith("tensorflow") for entry in floors)
    assert unmet(floors, exact, machine(platform, "3.13")) == []


def test_conda_has_the_same_floors_and_names_the_chapters_of_each():
    entries = conda()
    assert "--editable ." in entries
    assert [entry for entry, comment in entries.items() if "chapter" not in comment] == []
    theirs = parse(entry for entry in entries if not entry.startswith(("--", "python>", "pip")))
    described = [
        {(r.name, str(r.specifier), str(r.marker)) for r in requirements}
        for requirements in (theirs, wanted("cpu", "dev"))
    ]
    assert described[0] == described[1]
    (torch,) = [entry for entry in EXTRAS["torch"] if entry.startswith("torch")]
    assert f"# - {torch} " in read("environment.yml")


def test_python_versions_are_the_same_everywhere():
    asked = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{minor}" for minor in range(8, 20) if asked.contains(f"3.{minor}")] == PYTHONS

    (entry,) = [entry for entry in conda() if entry.startswith("python>")]
    assert Requirement(entry).specifier == asked

    classifiers = [c.split(" :: ")[-1] for c in PROJECT["classifiers"] if ":: Python :: 3." in c]
    assert classifiers == PYTHONS

    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    assert ["{}.{}".format(*version) for version in bootstrap.VERSIONS] == PYTHONS


@pytest.mark.parametrize("name", [*LOCKS, "requirements-colab.txt", "environment.yml"])
def test_no_package_index_is_named(name):
    text = read(name)
    assert "://" not in text
    assert not re.search(r"--?(index-url|extra-index-url|find-links|trusted-host|i |f )", text)


def test_citation_has_the_same_version():
    assert f"\nversion: {PROJECT['version']}\n" in read("CITATION.cff")


def test_everything_of_the_package_is_installed(tmp_path):
    """Colab installs a wheel: a file that is left out of it is missed only there."""
    copy = tmp_path / "course"
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "course_utils").rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }
    for name in ours | {"pyproject.toml", "LICENSE"}:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run = subprocess.run(
        [*build, "--wheel-dir", tmp_path, copy], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.startswith("course_utils/")} == ours
