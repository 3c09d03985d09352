"""Pictures of cells: drawn ones in the layout of the set, and the set itself where staged."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_files import encoded, place, plain
from PIL import Image, ImageDraw

from course_utils import data
from course_utils.data import DetectionDataset, SegmentationDataset, sources

THING = (
    "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>"
    "</bndbox></object>"
)


def annotation(*things):
    text = "".join(THING.format(*thing) for thing in things)
    return f"<annotation><folder>JPEGImages</folder>{text}</annotation>".encode()


DRAWN = {  # pictures of 64 x 48 pixels, by name: their part, and what is boxed in them
    "B_1": ("train", [("WBC", 1, 1, 64, 48), ("RBC", 11, 21, 30, 40), ("RBC", 9, 9, 9, 9)]),
    "B_0": ("train", [("Platelets", 60, 3, 70, 8)]),  # beyond the edge at the right
    "B_2": ("val", []),
    "B_3": ("test", [("RBC", 1, 1, 2, 2)]),
}


@pytest.fixture
def stage_set(tmp_path, monkeypatch):
    """Return what stages files as the set of a record, which then counts them."""

    def stage(which, files):
        record = getattr(sources, which)
        folder = tmp_path / "lab" / record.contents.name
        place(folder, files)
        names = sources.files_below(folder, record.contents.pattern)
        digest = sources.digest_of(folder, names)
        contents = replace(record.contents, count=len(names), digest=digest)
        monkeypatch.setattr(sources, which, replace(record, contents=contents))
        monkeypatch.setenv("COURSE_DATA_DIR", str(folder.parent))
        monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("COURSE_OFFLINE", "1")
        return folder

    return stage


@pytest.fixture
def drawn(stage_set):
    """A set of four plain pictures, staged and recorded; returns its folder."""
    files = {"LICENSE": b"MIT"}
    for index, (name, (part, things)) in enumerate(DRAWN.items()):
        picture = plain((200, 60 * index, 100), size=(64, 48))
        files[f"JPEGImages/{name}.jpg"] = encoded(picture, "JPEG", quality=95)
        files[f"Annotations/{name}.xml"] = annotation(*things)
        listing = f"ImageSets/Main/{part}.txt"
        files[listing] = files.get(listing, b"") + f"{name}\n".encode()
    return stage_set("BCCD", files)


class TestBccd:
    def test_drawn_set(self, drawn):
        train, validation, test = data.load_bccd(size=(24, 64))
        assert train.images.shape == (2, 24, 64, 3)
        assert [part.names.tolist() for part in (train, validation, test)] == [
            *(["B_1", "B_0"], ["B_2"], ["B_3"])
        ]
        for image, green in zip(train.images, (0, 60), strict=True):
            assert np.abs(image.mean((0, 1)) - (200, green, 100)).max() < 4
        # Half as high, as wide as before; the click is left out, the last box cut off.
        assert [boxes.tolist() for boxes in train.boxes] == [
            [[0, 0, 64, 24], [10, 10, 30, 20]],
            [[59, 1, 64, 4]],
        ]
        assert [labels.tolist() for labels in train.labels] == [[1, 0], [2]]
        assert train.class_names == ("red cell", "white cell", "platelet")
        assert "train part, 2 photographs of 24 x 64 pixels, 3 boxes (1 without" in train.DESCR
        assert "without" not in test.DESCR
        assert validation.boxes[0].shape == (0, 4)
        assert repr(train) == "DetectionDataset(2 images of 24 x 64 x 3, 3 boxes of 3 classes)"
        taken = train.take([1])
        assert (taken.boxes[0].tolist(), taken.names.tolist()) == ([[59, 1, 64, 4]], ["B_0"])

    @pytest.mark.parametrize("size", [0, 240, (240,), (0, 320), (240.5, 320)])
    def test_wrong_size(self, size):
        with pytest.raises(ValueError, match="`size` must be a "):
            data.load_bccd(size)

    @pytest.mark.skipif(
        not Path(os.environ.get("COURSE_DATA_DIR", "nowhere"), "bccd").is_dir(),
        reason="COURSE_DATA_DIR does not hold bccd",
    )
    def test_original_set(self, monkeypatch):
        monkeypatch.setenv("COURSE_OFFLINE", "1")
        counts = [np.bincount(np.concatenate(part.labels)).tolist() for part in data.load_bccd()]
        assert counts == [[2_381, 214, 209], [967, 87, 83], [805, 71, 69]]


class TestDetectionDataset:
    good = np.array([[0, 0, 6, 4]], np.float32)

    @pytest.mark.parametrize(
        ("boxes", "label", "words"),
        [
            (good, 0, None),
            (good.astype(np.float64), 0, "`boxes` must be float32"),
            (good[0], 0, "`boxes` must be float32"),
            (np.repeat(good, 2, axis=0), 0, "`boxes` must be float32"),
            (good + 1, 0, r"an area within 6 x 4 pixels.*Received: \[1.0, 1.0, 7.0, 5.0\]"),
            (good * 0, 0, "an area within"),
            (good, 1, "`labels` be from 0 to 0.*label 1"),
        ],
    )
    def test_parts_that_do_not_fit(self, boxes, label, words):
        parts = (np.zeros((1, 4, 6, 3), np.uint8), (boxes,), (np.array([label], np.int64),))
        if words is None:
            assert len(DetectionDataset(*parts, ("cell",), np.array(["a"]), "one")) == 1
            return
        with pytest.raises(ValueError, match=words):
            DetectionDataset(*parts, ("cell",), np.array(["a"]), "one")


def nuclei_files(name, rgb, *boxes):
    """Draw a picture as RGBA, and a mask for each box x0, y0, x1, y1, its edges included."""
    picture = Image.fromarray(rgb)
    files = {f"stage1_train/{name}/images/{name}.png": encoded(picture.convert("RGBA"))}
    for index, box in enumerate(boxes):
        mask = Image.new("L", picture.size)
        ImageDraw.Draw(mask).rectangle(box, fill=255)
        files[f"stage1_train/{name}/masks/{index}.png"] = encoded(mask)
    return files


@pytest.fixture
def nuclei(stage_set):
    """Six pictures: two quarters of one field, one of each other kind, one beyond the cut."""
    noise = np.random.default_rng(0)
    # From pixel to pixel the field changes little, so its two parts continue each other.
    row = np.cumsum(noise.integers(-2, 3, (60, 1)), axis=0) + 60
    field = np.repeat(np.repeat(row, 112, axis=1)[..., None], 3, axis=2).astype(np.uint8)
    pink = np.full((64, 80, 3), (220, 120, 180), np.uint8)
    pale = np.full((64, 80, 3), 230, np.uint8)
    pale[:20] = 90
    dark = noise.integers(0, 60, (60, 56, 1)).astype(np.uint8).repeat(3, axis=2)
    return stage_set(
        "NUCLEI",
        nuclei_files("a", field[:, :56], (0, 0, 19, 19), (10, 10, 29, 29), (0, 0, 1, 1))
        | nuclei_files("f", field[:, 56:], (55, 0, 55, 59))
        | nuclei_files("b", pink, (40, 30, 43, 31), (0, 0, 15, 15), (24, 16, 24, 16))
        | nuclei_files("c", pale, (24, 17, 55, 46))
        | nuclei_files("d", dark)
        | nuclei_files("e", np.zeros((64, 64, 3), np.uint8), (16, 16, 16, 16))
        | {"README.rst": b"CC0"},
    )


class TestNuclei:
    def test_drawn_set(self, nuclei):
        found = data.load_nuclei(size=32)
        assert found.images.shape == (6, 32, 32, 3)
        assert found.instances.shape == (6, 32, 32)
        assert found.names.tolist() == list("abcdef")
        assert [found.kind_names[kind] for kind in found.kinds] == [
            *("fluorescence", "stained tissue", "bright field"),
            *["fluorescence"] * 3,
        ]
        assert found.fields.tolist() == [0, 1, 2, 3, 4, 0]
        assert found.sizes[:3].tolist() == [[56, 60], [80, 64], [80, 64]]
        assert (found.images[1] == (220, 120, 180)).all()
        assert (found.images[2, :4] == 90).all()  # 20 rows, of which the cut removes 16
        assert (found.images[2, 4:] == 230).all()
        # Cut from pixel 12, 14: the second nucleus gets what the first left, the third is gone.
        first, second = np.zeros((2, 32, 32), bool)
        first[:6, :8] = second[:16, :18] = True
        assert (found.instances[0] == np.where(first, 1, second * 2)).all()
        # The second nucleus of b is cut away, so the third is the second; a pixel of it stays.
        assert np.bincount(found.instances[1].ravel()).tolist() == [1_015, 8, 1]
        assert found.instances[1, 14, 16] == 1
        assert found.instances.max(axis=(1, 2)).tolist() == [2, 2, 1, 0, 1, 0]
        assert found.DESCR.startswith(
            "Nuclei of the 2018 Data Science Bowl, 6 pictures cut to 32 x 32 pixels, 6 nuclei in"
        )
        things = "things outlined in 3 kinds of picture)"
        assert repr(found) == f"SegmentationDataset(6 images of 32 x 32 x 3, 6 {things}"
        taken = found.take(found.kinds == 1)
        assert repr(taken) == f"SegmentationDataset(1 images of 32 x 32 x 3, 2 {things}"
        assert (taken.names.tolist(), taken.sizes.tolist()) == (["b"], [[80, 64]])

    @pytest.mark.parametrize("size", [15, 257, 64.0, (64, 64)])
    def test_wrong_size(self, size):
        with pytest.raises(ValueError, match="`size` must be a whole number from 16 to 256"):
            data.load_nuclei(size)

    def test_instances_that_do_not_fit(self):
        images, number = np.zeros((1, 4, 6, 3), np.uint8), np.zeros(1, np.int64)
        for instances in (np.zeros((1, 4, 6), np.int64), np.zeros((1, 6, 4), np.uint16)):
            with pytest.raises(ValueError, match="`instances` must be uint16 of shape"):
                SegmentationDataset(images, instances, number, (), number, number, number, "")

    @pytest.mark.skipif(
        not Path(os.environ.get("COURSE_DATA_DIR", "nowhere"), "nuclei").is_dir(),
        reason="COURSE_DATA_DIR does not hold nuclei",
    )
    def test_original_set(self, monkeypatch):
        monkeypatch.setenv("COURSE_OFFLINE", "1")
        found = data.load_nuclei()
        assert np.bincount(found.kinds).tolist() == [541, 107, 16]
        assert found.instances.max(axis=(1, 2)).sum() == 17_375
        assert found.fields.max() == 264
