"""The records: what they say of themselves, and how folders are held against them."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest
from data_files import place

from course_utils.data import sources
from course_utils.data.fetch import DataFolders
from course_utils.data.sources import FolderContents

ROOT = Path(__file__).resolve().parents[2]
ALL = [
    *sources.FASHION_MNIST.values(),
    sources.CIFAR10,
    sources.FLOWERS,
    *sources.COCO.values(),
    sources.BCCD,
    sources.NUCLEI,
    sources.SQUEEZENET,
]


@pytest.mark.parametrize("record", ALL, ids=lambda record: record.name)
def test_record_is_complete_and_on_its_card(record):
    digest = record.sha256 or record.contents.digest
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert re.fullmatch(r"[\w.-]+", record.name)
    assert record.urls
    # An archive packed on demand is named by its commit, which `inside` tells.
    end = record.name
    if not record.sha256:
        end = re.search("[0-9a-f]{40}", record.contents.inside).group() + r"(\.zip)?"
    assert all(re.fullmatch(f"https?://.*/{end}", url) for url in record.urls)
    assert record.licence
    assert record.source
    card = (ROOT / "data/README.md").read_text(encoding="utf-8")
    for fact in (record.name, f"{record.size:,}", digest):
        assert fact in card


def test_fashion_mnist_takes_as_many_bytes_as_published():
    sizes = [record.size for record in sources.FASHION_MNIST.values()]
    assert sum(sizes) == 30_878_645


class TestFolderContents:
    files = dict.fromkeys(("x/1.jpg", "x/2.jpg", "y/3.jpg"), b"0123456789")
    contents = FolderContents("set", "*/*.jpg", 3, manifest="ATTRIBUTION.csv")

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({}, None),
            (
                {"x/2.jpg": None},
                "2 files match */*.jpg, not the 3 recorded, and no ATTRIBUTION.csv",
            ),
            ({"x/2.jpg": b""}, "x/2.jpg is empty"),
            # What a table describes may differ.
            ({"x/2.jpg": None, "y/3.jpg": b"small", "ATTRIBUTION.csv": b"path"}, None),
            ({"x/2.jpg": b"", "ATTRIBUTION.csv": b"path"}, "x/2.jpg is empty"),
            ({**dict.fromkeys(files), "ATTRIBUTION.csv": b"path"}, "no file matches */*.jpg"),
        ],
    )
    def test_problem(self, tmp_path, change, problem):
        files = {**self.files, **change}
        place(tmp_path, {name: content for name, content in files.items() if content is not None})
        found = self.contents.problem(tmp_path)
        assert (found is None) if problem is None else found.startswith(problem)
        assert self.contents.described(tmp_path) == ("ATTRIBUTION.csv" in change)


class TestDigest:
    def test_is_that_of_the_lines_of_sha256sum(self, tmp_path):
        place(tmp_path, {"b/2.txt": b"two", "a.xml": b"one", "b/.DS_Store": b"", "LICENSE": b"MIT"})
        names = sources.files_below(tmp_path, "*.xml b/*.txt")
        lines = (
            "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a.xml\n"
            "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  b/2.txt\n"
        )
        digest = hashlib.sha256(lines.encode()).hexdigest()
        assert sources.digest_of(tmp_path, names) == digest
        contents = FolderContents("set", "*.xml b/*.txt", 2, digest=digest)
        assert contents.problem(tmp_path) is None
        place(tmp_path, {"a.xml": b"One"})
        assert contents.problem(tmp_path).startswith("the sha256 over its 2 files is not the")


class TestOwnWeights:
    def test_records(self, tmp_path):
        listing = tmp_path / "weights.json"
        entry = {"size": 11, "sha256": "0" * 64, "source": "a test, seed 0"}
        listing.write_text(json.dumps({"first.keras": entry, "second.keras": entry}))
        own = sources.own_weights(listing)
        assert list(own) == ["first", "second"]
        first = own["first"]
        assert first.relative == "weights/first.keras"
        assert (first.size, first.sha256, first.source) == tuple(entry.values())

    def test_address_is_the_repositorys(self):
        with open(ROOT / "pyproject.toml", "rb") as file:
            address = tomllib.load(file)["project"]["urls"]["Repository"]
        assert address == sources.ADDRESS
        path = address.removeprefix("https://github.com/")
        assert sources.own_weights()["forger"].urls[-1] == (
            f"https://raw.githubusercontent.com/{path}/main/data/weights/forger.keras"
        )

    def test_installed_package_asks_for_its_own_commit_first(self, monkeypatch):
        class Installed:
            def read_text(self, name):
                assert name == "direct_url.json"
                return json.dumps({"vcs_info": {"vcs": "git", "commit_id": "c0ffee"}})

        monkeypatch.setattr(sources.importlib.metadata, "distribution", lambda name: Installed())
        urls = sources.own_weights()["forger"].urls
        assert [url.split("/")[-4] for url in urls] == ["c0ffee", "main"]

    def test_committed_weights_are_those_recorded(self):
        files = {path.name: path for path in (ROOT / "data/weights").glob("*.keras")}
        recorded = {record.name: record for record in sources.own_weights().values()}
        assert files.keys() == recorded.keys()
        for name, path in files.items():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == recorded[name].sha256

    def test_listing_travels_with_the_package(self):
        with open(ROOT / "pyproject.toml", "rb") as file:
            shipped = tomllib.load(file)["tool"]["setuptools"]["package-data"]["course_utils.data"]
        assert any(sources.OWN_WEIGHTS.match(pattern) for pattern in shipped)


class TestPlaces:
    @pytest.fixture(autouse=True)
    def _clean(self, monkeypatch):
        for name in ("COURSE_DATA_DIR", "COURSE_CACHE_DIR", "COURSE_OFFLINE"):
            monkeypatch.delenv(name, raising=False)

    def test_of_a_checkout(self):
        folders = DataFolders.from_environment()
        assert folders == DataFolders(cache=ROOT / "data/cache", own=ROOT / "data")

    def test_of_an_installed_package(self, monkeypatch, tmp_path):
        monkeypatch.setattr("course_utils.data.fetch.CHECKOUT", tmp_path)
        monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
        folders = DataFolders.from_environment()
        assert folders == DataFolders(cache=tmp_path / "keras-vision-course")

    @pytest.mark.parametrize(("value", "offline"), [("", False), ("0", False), ("1", True)])
    def test_named_by_the_environment(self, monkeypatch, tmp_path, value, offline):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.setenv("COURSE_DATA_DIR", "~/lab")
        monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("COURSE_OFFLINE", value)
        assert DataFolders.from_environment() == DataFolders(
            tmp_path / "cache", data_dir=tmp_path / "lab", own=ROOT / "data", offline=offline
        )

    def test_order_of_staged_folders(self, tmp_path):
        folders = DataFolders(cache=tmp_path, data_dir=tmp_path / "lab", own=tmp_path / "own")
        places = folders.staged("set", "f")
        assert [path.relative_to(tmp_path).as_posix() for path in places] == [
            *("lab/set/f", "lab/f"),
            *("own/set/f", "own/f"),
        ]
        assert folders.staged("", "f") == [tmp_path / "lab/f", tmp_path / "own/f"]
