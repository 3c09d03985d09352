"""Pictures of cells: drawn ones in the layout of the set, and the set itself where staged."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_files import encoded, place, plain

from course_utils import data
from course_utils.data import DetectionDataset, sources

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
def drawn(tmp_path, monkeypatch):
    """A set of four plain pictures, staged and recorded; returns its folder."""
    folder = tmp_path / "lab/bccd"
    files = {"LICENSE": b"MIT"}
    for index, (name, (part, things)) in enumerate(DRAWN.items()):
        picture = plain((200, 60 * index, 100), size=(64, 48))
        files[f"JPEGImages/{name}.jpg"] = encoded(picture, "JPEG", quality=95)
        files[f"Annotations/{name}.xml"] = annotation(*things)
        listing = f"ImageSets/Main/{part}.txt"
        files[listing] = files.get(listing, b"") + f"{name}\n".encode()
    place(folder, files)
    names = sources.files_below(folder, sources.BCCD.contents.pattern)
    digest = sources.digest_of(folder, names)
    contents = replace(sources.BCCD.contents, count=len(files) - 1, digest=digest)
    monkeypatch.setattr(sources, "BCCD", replace(sources.BCCD, contents=contents))
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder.parent))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    return folder


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
