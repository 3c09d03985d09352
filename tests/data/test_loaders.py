"""The loaders, on small files of the original layout, and on the original files where staged."""

import gzip
import hashlib
import io
import os
import struct
import tarfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image

from course_utils import data
from course_utils.data import DataError, ImageDataset, read_idx, sources

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """An empty COURSE_DATA_DIR; no network."""
    folder = tmp_path / "lab"
    folder.mkdir()
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    return folder


def idx(array):
    """Write an array in idx format."""
    array = np.asarray(array, np.uint8)
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def stage(lab, record, content):
    """Put a file where a record expects it; return the record of that content."""
    path = lab / record.relative
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return replace(record, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def tar_of(files):
    """Make a tar.gz archive of a dict of contents by name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class TestIdx:
    @pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 28, 28)])
    @pytest.mark.parametrize("compress", [gzip.compress, bytes])
    def test_what_is_written_is_read(self, tmp_path, shape, compress):
        array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
        path = tmp_path / "array"
        path.write_bytes(compress(idx(array)))
        read = read_idx(path)
        assert read.dtype == np.uint8
        assert read.flags.writeable
        np.testing.assert_array_equal(read, array)

    @pytest.mark.parametrize(
        ("content", "received"),
        [
            (b"", "nothing"),
            (b"<html>", "3c 68 74 6d"),
            (bytes([0, 0, 0x0D, 1]) + bytes(8), "00 00 0d 01"),
        ],
    )
    def test_another_file(self, tmp_path, content, received):
        path = tmp_path / "array"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"unsigned bytes, .* Received: {received}"):
            read_idx(path)


class TestImageDataset:
    images = np.arange(4 * 2 * 2, dtype=np.uint8).reshape(4, 2, 2, 1)
    labels = np.array([0, 1, 1, 0])

    def make(self, **change):
        parts = {"images": self.images, "labels": self.labels, "class_names": ("a", "b")}
        return ImageDataset(**{**parts, "DESCR": "four", **change})

    def test_length_and_text(self):
        assert len(self.make()) == 4
        assert repr(self.make()) == "ImageDataset(4 images of 2 x 2 x 1, 2 classes)"

    @pytest.mark.parametrize("which", [[2, 0], slice(1, 3), np.array([True, False, False, True])])
    def test_take(self, which):
        taken = self.make().take(which)
        np.testing.assert_array_equal(taken.images, self.images[which])
        np.testing.assert_array_equal(taken.labels, self.labels[which])
        assert taken.class_names == ("a", "b")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"images": images / 255}, "`images` must be uint8"),
            ({"images": images[..., 0]}, "`images` must be uint8"),
            ({"labels": labels[:3]}, "one an image"),
            ({"labels": labels.astype(np.int32)}, "`labels` must be int64"),
            ({"labels": labels - 1}, "Received: -1 to 0"),
            ({"labels": labels + 1}, "Received: 1 to 2"),
        ],
    )
    def test_parts_that_do_not_fit(self, change, words):
        with pytest.raises(ValueError, match=words):
            self.make(**change)


class TestFashionMnist:
    def test_small_files(self, lab, monkeypatch):
        rng = np.random.default_rng(0)
        arrays = {
            "train images": rng.integers(0, 256, (20, 28, 28)),
            "train labels": np.arange(20) % 10,
            "test images": rng.integers(0, 256, (10, 28, 28)),
            "test labels": np.arange(10),
        }
        small = {}
        for part, record in sources.FASHION_MNIST.items():
            small[part] = stage(lab, record, gzip.compress(idx(arrays[part])))
        monkeypatch.setattr(sources, "FASHION_MNIST", MappingProxyType(small))
        train, test = data.load_fashion_mnist()
        assert (len(train), len(test)) == (20, 10)
        np.testing.assert_array_equal(train.images[..., 0], arrays["train images"])
        np.testing.assert_array_equal(test.images[..., 0], arrays["test images"])
        np.testing.assert_array_equal(train.labels, arrays["train labels"])
        assert train.labels.dtype == np.int64
        assert train.class_names[9] == "Ankle boot"
        assert "MIT" in test.DESCR
        assert "test part, 10 grey images" in test.DESCR

    @pytest.mark.skipif(
        not Path(os.environ.get("COURSE_DATA_DIR", "nowhere"), "fashion-mnist").is_dir(),
        reason="COURSE_DATA_DIR does not hold fashion-mnist",
    )
    def test_original_files(self, monkeypatch):
        monkeypatch.setenv("COURSE_OFFLINE", "1")
        train, test = data.load_fashion_mnist()
        assert train.images.shape == (60_000, 28, 28, 1)
        assert test.images.shape == (10_000, 28, 28, 1)
        assert np.bincount(train.labels).tolist() == [6_000] * 10
        assert np.bincount(test.labels).tolist() == [1_000] * 10
        # The published mean and deviation of the training pixels.
        assert train.images.mean() / 255 == pytest.approx(0.2860, abs=1e-4)
        assert train.images.std() / 255 == pytest.approx(0.3530, abs=1e-4)


class TestCifar10:
    @pytest.fixture
    def small(self, lab, monkeypatch):
        """An archive of six batches of four rows; returns the images as rows of (label, image)."""
        rng = np.random.default_rng(0)
        batches = {}
        for name in (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"):
            labels = rng.integers(0, 10, 4)
            images = rng.integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
            batches[name] = (labels, images)
        files = {
            f"cifar-10-batches-bin/{name}": b"".join(
                # written pixel plane by pixel plane, unlike the loader, which transposes
                bytes([label]) + b"".join(image[:, :, plane].tobytes() for plane in range(3))
                for label, image in zip(*batch, strict=True)
            )
            for name, batch in batches.items()
        }
        files["cifar-10-batches-bin/batches.meta.txt"] = b"airplane\n"
        record = stage(lab, sources.CIFAR10, tar_of(files))
        monkeypatch.setattr(sources, "CIFAR10", record)
        return batches

    def test_small_archive(self, small):
        train, test = data.load_cifar10()
        assert train.images.shape == (20, 32, 32, 3)
        np.testing.assert_array_equal(
            train.images, np.concatenate([small[f"data_batch_{n}.bin"][1] for n in range(1, 6)])
        )
        np.testing.assert_array_equal(
            train.labels, np.concatenate([small[f"data_batch_{n}.bin"][0] for n in range(1, 6)])
        )
        np.testing.assert_array_equal(test.images, small["test_batch.bin"][1])
        assert test.class_names[6] == "frog"
        assert "test part, 4 colour images" in test.DESCR


def jpeg(colour, size=(40, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


PHOTOGRAPHS = {
    "daisy/1_a_n.jpg": (250, 250, 250),
    "daisy/2_b.jpg": (200, 200, 200),
    "dandelion/3_c.jpg": (250, 250, 0),
    "roses/4_d_m.jpg": (250, 0, 0),
    "sunflowers/5_e.jpg": (200, 150, 0),
    "tulips/6_f.jpg": (0, 0, 250),
}
LICENCE = "A few words.\n" + "".join(
    f"{name} CC-BY https://example.org/{index}/ - by Jo - Ann {index}\n"
    if index == 3
    else f"{name} CC-BY by Jo - Ann {index} - https://example.org/{index}/\n"
    for index, name in enumerate(PHOTOGRAPHS)
)


class TestFlowers:
    @pytest.fixture
    def small(self, lab, monkeypatch):
        """An archive of six photographs; returns the files."""
        files = {name: jpeg(colour) for name, colour in PHOTOGRAPHS.items()}
        files["LICENSE.txt"] = LICENCE.encode()
        archive = tar_of({f"flower_photos/{name}": content for name, content in files.items()})
        record = stage(lab, sources.FLOWERS, archive)
        contents = replace(
            record.contents,
            count=len(PHOTOGRAPHS),
            names_sha256=sources.names_digest(PHOTOGRAPHS),
        )
        monkeypatch.setattr(sources, "FLOWERS", replace(record, contents=contents))
        return files

    def place(self, lab, files):
        for name, content in files.items():
            path = lab / "flower_photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def check(self, flowers, names):
        assert flowers.names.tolist() == names
        for image, label, name in zip(flowers.images, flowers.labels, names, strict=True):
            assert flowers.class_names[label] == name.split("/")[0]
            assert np.abs(image.mean((0, 1)) - PHOTOGRAPHS[name]).max() < 4
        who = [list(PHOTOGRAPHS).index(name) for name in names]
        assert flowers.photographers.tolist() == [f"Jo - Ann {index}" for index in who]
        assert flowers.sources.tolist() == [f"https://example.org/{index}/" for index in who]

    def test_small_archive(self, small):
        flowers = data.load_flowers(size=16)
        assert flowers.images.shape == (6, 16, 16, 3)
        assert flowers.images.dtype == np.uint8
        self.check(flowers, sorted(PHOTOGRAPHS))
        assert "all 6 photographs, cut to 16 x 16" in flowers.DESCR
        assert "CC BY 2.0" in flowers.DESCR
        self.check(flowers.take([4, 1]), ["sunflowers/5_e.jpg", "daisy/2_b.jpg"])

    def test_staged_folder(self, lab, small):
        (lab / "flower_photos.tgz").unlink()
        self.place(lab, small)
        self.check(data.load_flowers(size=16), sorted(PHOTOGRAPHS))

    def test_staged_subset_that_says_so(self, lab, small):
        (lab / "flower_photos.tgz").unlink()
        some = ["daisy/2_b.jpg", "roses/4_d_m.jpg"]
        self.place(lab, {name: jpeg(PHOTOGRAPHS[name], (24, 18)) for name in some})
        rows = [
            f"{name},Jo - Ann {list(PHOTOGRAPHS).index(name)},"
            f"https://example.org/{list(PHOTOGRAPHS).index(name)}/,CC BY 2.0\n"
            for name in some
        ]
        (lab / "flower_photos/ATTRIBUTION.csv").write_text(
            "path,author,url,licence\n" + "".join(rows), encoding="utf-8"
        )
        with pytest.warns(UserWarning, match=r"is not the original: 2 of the 6 photographs"):
            flowers = data.load_flowers(size=16)
        self.check(flowers, some)
        assert "2 of the 6 photographs, those that ATTRIBUTION.csv lists" in flowers.DESCR

    def test_staged_subset_that_does_not(self, lab, small):
        (lab / "flower_photos.tgz").unlink()
        self.place(lab, {name: small[name] for name in list(PHOTOGRAPHS)[:3]})
        with (
            pytest.raises(DataError, match=r"3 files match \*/\*.jpg where 6 are recorded"),
            pytest.warns(UserWarning, match="passed over"),
        ):
            data.load_flowers(size=16)

    @pytest.mark.parametrize(
        ("listed", "words"), [(True, "1 without, first tulips"), (False, "6 without")]
    )
    def test_uncredited(self, lab, small, listed, words):
        (lab / "flower_photos.tgz").unlink()
        self.place(lab, small)
        licence = lab / "flower_photos/LICENSE.txt"
        if listed:
            licence.write_text("".join(LICENCE.splitlines(keepends=True)[:-1]), encoding="utf-8")
        else:
            licence.unlink()
        with pytest.raises(ValueError, match=words):
            data.load_flowers(size=16)


class TestWeights:
    def test_unknown_name(self):
        with pytest.raises(ValueError, match=r"one of \[.*'squeezenet'.*\]. Received: 'secnod'"):
            data.weights_path("secnod")

    def test_squeezenet(self, lab, monkeypatch):
        record = stage(lab, sources.SQUEEZENET, b"weights")
        monkeypatch.setattr(sources, "SQUEEZENET", record)
        assert data.weights_path("squeezenet") == lab / "weights" / record.name

    def test_own_weights_of_a_checkout_need_no_network(self, lab, tmp_path, monkeypatch):
        own = tmp_path / "checkout/data/weights/tiny.keras"
        own.parent.mkdir(parents=True)
        own.write_bytes(b"weights")
        (tmp_path / "checkout/pyproject.toml").touch()
        listing = tmp_path / "weights.json"
        sources.record_own_weights(own, "a test", listing)
        entry = sources.own_weights(listing)
        monkeypatch.setattr(sources, "own_weights", lambda: entry)
        monkeypatch.setattr("course_utils.data.fetch.CHECKOUT", tmp_path / "checkout")
        assert data.weights_path("tiny") == own
        own.write_bytes(b"altered")
        with (
            pytest.raises(DataError, match="its sha256 is not the recorded one"),
            pytest.warns(UserWarning, match="passed over"),
        ):
            data.weights_path("tiny")
