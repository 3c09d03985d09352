"""The loaders, on small files of the original layout, and on the original files where staged."""

import gzip
import hashlib
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_files import encoded, place, plain, stage, tar_of

from course_utils import data
from course_utils.data import DataError, ImageDataset, read_idx, sources


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

    def test_length_text_and_part(self):
        assert len(self.make()) == 4
        assert repr(self.make()) == "ImageDataset(4 images of 2 x 2 x 1, 2 classes)"
        taken = self.make().take([2, 0])
        np.testing.assert_array_equal(taken.images, self.images[[2, 0]])
        assert taken.labels.tolist() == [1, 0]

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
        small = {
            part: stage(lab, record, gzip.compress(idx(arrays[part])))
            for part, record in sources.FASHION_MNIST.items()
        }
        monkeypatch.setattr(sources, "FASHION_MNIST", small)
        train, test = data.load_fashion_mnist()
        np.testing.assert_array_equal(train.images[..., 0], arrays["train images"])
        np.testing.assert_array_equal(test.images[..., 0], arrays["test images"])
        np.testing.assert_array_equal(train.labels, arrays["train labels"])
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


def test_cifar10(lab, monkeypatch):
    """An archive of six batches of four rows."""
    rng = np.random.default_rng(0)
    files, labels, images = {}, [], []
    for name in (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"):
        labels.append(rng.integers(0, 10, 4))
        images.append(rng.integers(0, 256, (4, 32, 32, 3)).astype(np.uint8))
        files[f"cifar-10-batches-bin/{name}"] = b"".join(
            # written pixel plane by pixel plane, unlike the loader, which transposes
            bytes([label]) + b"".join(image[:, :, plane].tobytes() for plane in range(3))
            for label, image in zip(labels[-1], images[-1], strict=True)
        )
    monkeypatch.setattr(sources, "CIFAR10", stage(lab, sources.CIFAR10, tar_of(files)))
    train, test = data.load_cifar10()
    np.testing.assert_array_equal(train.images, np.concatenate(images[:5]))
    np.testing.assert_array_equal(train.labels, np.concatenate(labels[:5]))
    np.testing.assert_array_equal(test.images, images[5])
    assert test.class_names[6] == "frog"
    assert "test part, 4 colour images" in test.DESCR


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
        """Six photographs, archived and recorded; returns the files."""
        files = {
            f"flower_photos/{name}": encoded(plain(colour, (40, 30)), "JPEG", quality=95)
            for name, colour in PHOTOGRAPHS.items()
        }
        files["flower_photos/LICENSE.txt"] = LICENCE.encode()
        record = stage(lab, sources.FLOWERS, tar_of(files))
        contents = replace(record.contents, count=len(PHOTOGRAPHS))
        monkeypatch.setattr(sources, "FLOWERS", replace(record, contents=contents))
        return files

    @pytest.fixture
    def unpacked(self, lab, small):
        """The same, as a folder and without the archive; returns the folder."""
        (lab / "flower_photos.tgz").unlink()
        place(lab, small)
        return lab / "flower_photos"

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

    def test_staged_folder(self, unpacked):
        self.check(data.load_flowers(size=16), sorted(PHOTOGRAPHS))

    def test_staged_subset(self, unpacked):
        some = ["daisy/2_b.jpg", "roses/4_d_m.jpg"]
        for name in PHOTOGRAPHS.keys() - some:
            (unpacked / name).unlink()
        with (
            pytest.raises(DataError, match=r"2 files match \*/\*.jpg, not the 6 recorded"),
            pytest.warns(UserWarning, match="passed over"),
        ):
            data.load_flowers(size=16)
        rows = [f"{some[0]},Jo - Ann 1,https://example.org/1/,CC BY 2.0"]
        rows.append(f"{some[1]},Jo - Ann 3,https://example.org/3/,CC BY 2.0")
        table = "\n".join(["path,author,url,licence", *rows])
        (unpacked / "ATTRIBUTION.csv").write_text(table, encoding="utf-8")
        with pytest.warns(UserWarning, match=r"is not the original: 2 of the 6 photographs"):
            flowers = data.load_flowers(size=16)
        self.check(flowers, some)
        assert "2 of the 6 photographs, those that ATTRIBUTION.csv lists" in flowers.DESCR

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("LICENSE.txt", LICENCE.rpartition("tulips")[0], "1 without, first tulips"),
            ("LICENSE.txt", "", "6 without"),
            ("ATTRIBUTION.csv", "path,who", "must be a table with the columns path, author and"),
            ("roses/4_d_m.jpg", "<html>", "must be a photograph. Received: fake: a web page"),
        ],
    )
    def test_faults_of_a_staged_folder(self, unpacked, name, content, words):
        (unpacked / name).write_text(content, encoding="utf-8")
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
        own = tmp_path / "checkout/data/weights/forger.keras"
        place(tmp_path / "checkout", {"pyproject.toml": b""})
        place(own.parent, {own.name: b"weights"})
        record = sources.own_weights()["forger"]
        record = replace(record, size=7, sha256=hashlib.sha256(b"weights").hexdigest())
        monkeypatch.setattr(sources, "own_weights", lambda: {"forger": record})
        monkeypatch.setattr("course_utils.data.fetch.CHECKOUT", tmp_path / "checkout")
        assert data.weights_path("forger") == own
        own.write_bytes(b"altered")
        with (
            pytest.raises(DataError, match="its sha256 is not the recorded one"),
            pytest.warns(UserWarning, match="passed over"),
        ):
            data.weights_path("forger")
