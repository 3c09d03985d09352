"""Microscope pictures in which cells are marked, from repositories at a fixed commit."""

from xml.etree import ElementTree

import numpy as np
from PIL import Image

from course_utils._validate import pair, whole
from course_utils.data import sources
from course_utils.data.dataset import DetectionDataset
from course_utils.data.fetch import fetch_folder

# What a kind is called in the set, and here.
BCCD_CLASSES = {"RBC": "red cell", "WBC": "white cell", "Platelets": "platelet"}


def load_bccd(size=(240, 320)):
    """Load BCCD: photographs of stained blood under a microscope, with a box around each cell.

    The boxes are incomplete, and some fields were photographed for two parts: see the data card.

    Parameters
    ----------
    size : pair of int
        Height and width of the images, 1 to 2,048 pixels. The photographs, 480 x 640 pixels, are
        stretched where it is not 3:4, and their boxes with them.

    Returns
    -------
    train, validation, test : DetectionDataset
        205, 87 and 72 images, RGB, as the set itself divides them.

    Raises
    ------
    DataError
        When the set can be had nowhere.
    ValueError
        When `size` is out of range.

    References
    ----------
    github.com/Shenggan/BCCD_Dataset, 2017; pictures and boxes by cosmicad and akshaylamba.
    """
    pair("size", size, 1, 2_048)
    height, width = (whole("size", side, 1, 2_048) for side in size)
    folder = fetch_folder(sources.BCCD)
    return tuple(_bccd_part(folder, part, height, width) for part in ("train", "val", "test"))


def _bccd_part(folder, part, height, width):
    names = (folder / f"ImageSets/Main/{part}.txt").read_text(encoding="utf-8").split()
    images = np.empty((len(names), height, width, 3), np.uint8)
    boxes, labels, clicks = [], [], 0
    for image, name in zip(images, names, strict=True):
        with Image.open(folder / f"JPEGImages/{name}.jpg") as photograph:
            rgb = photograph.convert("RGB")
        image[:] = rgb.resize((width, height), Image.Resampling.BICUBIC)
        kinds, edges = _read_voc(folder / f"Annotations/{name}.xml")
        edges = np.clip(edges, 0, rgb.size * 2)
        drawn = (edges[:, 2:] - edges[:, :2] > 1).all(axis=1)  # a mere click is one pixel wide
        clicks += np.count_nonzero(~drawn)
        scale = np.divide((width, height) * 2, rgb.size * 2)
        boxes.append((edges[drawn] * scale).astype(np.float32))
        labels.append(np.array([list(BCCD_CLASSES).index(kind) for kind in kinds], np.int64)[drawn])
    left_out = f" ({clicks} without an area left out)" if clicks else ""
    return DetectionDataset(
        images=images,
        boxes=tuple(boxes),
        labels=tuple(labels),
        class_names=tuple(BCCD_CLASSES.values()),
        names=np.array(names),
        DESCR=sources.BCCD.describe(
            f"{part} part, {len(names):,} photographs of {height} x {width} pixels, "
            f"{sum(map(len, boxes)):,} boxes{left_out}"
        ),
    )


def _read_voc(path):
    """Read the kinds and the edges x0, y0, x1, y1 of all boxes in a file of Pascal VOC's format."""
    things = ElementTree.parse(path).findall("object")
    sides = ("xmin", "ymin", "xmax", "ymax")
    corners = [[int(thing.findtext(f"bndbox/{side}")) for side in sides] for thing in things]
    # There pixels are counted from 1, and the last one is part of the box.
    edges = np.array(corners, np.int64).reshape(-1, 4) - (1, 1, 0, 0)
    return [thing.findtext("name") for thing in things], edges
