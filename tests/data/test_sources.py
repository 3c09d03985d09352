"""The records: what they say of themselves, and how folders are held against them."""

import hashlib
import json
import re
import tomllib
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from course_utils.data import sources
from course_utils.data.fetch import DataFolders
from course_utils.data.sources import FolderContents, names_digest

ROOT = Path(__file__).resolve().parents[2]
ALL = [*sources.FASHION_MNIST.values(), sources.CIFAR10, sources.FLOWERS, sources.SQUEEZENET]


@pytest.mark.parametrize("record", ALL, ids=lambda record: record.name)
def test_record_is_complete_and_fixed(record):
    assert re.fullmatch("[0-9a-f]{64}", record.sha256)
    assert re.fullmatch(r"[\w.-]+", record.name)
    assert record.size > 0
    assert all(url.startswith(("http://", "https://")) for url in record.urls)
    assert all(url.endswith(f"/{record.name}") for url in record.urls)
    assert record.licence
    assert record.source
    with pytest.raises(FrozenInstanceError):
        record.size = 1


@pytest.mark.parametrize("record", ALL, ids=lambda record: record.name)
def test_dataset_card_states_size_and_hash(record):
    card = (ROOT / "data/README.md").read_text(encoding="utf-8")
    assert record.name in card
    assert f"{record.size:,}" in card
    assert record.sha256 in card


def test_fashion_mnist_takes_as_many_bytes_as_published():
    sizes = [record.size for record in sources.FASHION_MNIST.values()]
    assert sum(sizes) == 30_878_645


class TestFolderContents:
    names = ("x/1.jpg", "x/2.jpg", "y/3.jpg")
    contents = FolderContents("set", "*/*.jpg", 3, names_digest(names), manifest="ATTRIBUTION.csv")

    @pytest.fixture
    def folder(self, tmp_path):
        for name in self.names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"0123456789")
        return tmp_path

    def list_in_manifest(self, folder, *names):
        text = "".join(f'{name},"Doe, Jo",http://x/{name}\n' for name in names)
        (folder / "ATTRIBUTION.csv").write_text(f"path,author,url\n{text}", encoding="utf-8")

    def test_right(self, folder):
        assert self.contents.problem(folder) is None
        assert not self.contents.described(folder)

    def test_fewer_without_a_word(self, folder):
        (folder / "x/2.jpg").unlink()
        assert "2 files match */*.jpg where 3 are recorded" in self.contents.problem(folder)

    def test_other_names(self, folder):
        (folder / "x/2.jpg").rename(folder / "x/4.jpg")
        assert self.contents.problem(folder) == "the files' names are not those recorded"

    def test_empty_file(self, folder):
        (folder / "x/2.jpg").write_bytes(b"")
        assert self.contents.problem(folder) == "x/2.jpg is empty"
        self.list_in_manifest(folder, *self.names)
        assert self.contents.problem(folder) == "x/2.jpg is empty"

    def test_subset_that_says_so(self, folder):
        (folder / "x/2.jpg").unlink()
        (folder / "y/3.jpg").write_bytes(b"small")
        self.list_in_manifest(folder, "x/1.jpg", "y/3.jpg")
        assert self.contents.problem(folder) is None
        assert self.contents.described(folder)

    def test_described_folder_without_a_file(self, tmp_path):
        self.list_in_manifest(tmp_path)
        assert self.contents.problem(tmp_path) == "no file matches */*.jpg"


class TestOwnWeights:
    @pytest.fixture
    def listing(self, tmp_path):
        listing = tmp_path / "weights.json"
        for name in ("second.keras", "first.keras"):
            (tmp_path / name).write_bytes(name.encode())
            sources.record_own_weights(tmp_path / name, "a test, seed 0", listing)
        return listing

    def test_recorded_and_read_back(self, listing):
        own = sources.own_weights(listing)
        assert list(own) == ["first", "second"]
        assert own["first"].name == "first.keras"
        assert own["first"].size == 11
        assert own["first"].sha256 == hashlib.sha256(b"first.keras").hexdigest()
        assert own["first"].relative == "weights/first.keras"
        assert own["first"].source == "a test, seed 0"

    def test_renewed(self, listing, tmp_path):
        (tmp_path / "first.keras").write_bytes(b"trained again")
        sources.record_own_weights(tmp_path / "first.keras", "a test, seed 1", listing)
        own = sources.own_weights(listing)
        assert len(own) == 2
        assert own["first"].size == 13

    def test_address_is_the_repositorys(self, listing):
        with open(ROOT / "pyproject.toml", "rb") as file:
            address = tomllib.load(file)["project"]["urls"]["Repository"]
        assert sources.repository_address() == address
        path = address.removeprefix("https://github.com/")
        assert sources.own_weights(listing)["first"].urls[-1] == (
            f"https://raw.githubusercontent.com/{path}/main/data/weights/first.keras"
        )

    def test_installed_package_asks_for_its_own_commit_first(self, listing, monkeypatch):
        class Installed:
            def read_text(self, name):
                assert name == "direct_url.json"
                return json.dumps({"vcs_info": {"vcs": "git", "commit_id": "c0ffee"}})

        monkeypatch.setattr(sources.importlib.metadata, "distribution", lambda name: Installed())
        urls = sources.own_weights(listing)["first"].urls
        assert [url.split("/")[-4] for url in urls] == ["c0ffee", "main"]

    def test_committed_weights_are_those_recorded(self):
        found = (path for path in (ROOT / "data/weights").glob("*") if path.is_file())
        files = {path.name: path for path in found if path.name != "README.md"}
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

    def test_named_by_the_environment(self, monkeypatch, tmp_path):
        monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "lab"))
        monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("COURSE_OFFLINE", "1")
        folders = DataFolders.from_environment()
        assert folders.data_dir == tmp_path / "lab"
        assert folders.cache == tmp_path / "cache"
        assert folders.offline

    @pytest.mark.parametrize("value", ["", "0"])
    def test_not_offline(self, monkeypatch, value):
        monkeypatch.setenv("COURSE_OFFLINE", value)
        assert not DataFolders.from_environment().offline

    def test_order_of_staged_folders(self, tmp_path):
        folders = DataFolders(cache=tmp_path, data_dir=tmp_path / "lab", own=tmp_path / "own")
        assert folders.staged("set", "f") == [
            tmp_path / "lab/set/f",
            tmp_path / "lab/f",
            tmp_path / "own/set/f",
            tmp_path / "own/f",
        ]
        assert folders.staged("", "f") == [tmp_path / "lab/f", tmp_path / "own/f"]
