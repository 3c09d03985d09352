"""Loaders of the course's real data sets, in the manner of ``sklearn.datasets``.

Each loader fetches what is missing (see `course_utils.data.fetch`), checks it, and returns arrays.
"""

import csv
import gzip
import re
import warnings

import numpy as np

from course_utils._validate import whole
from course_utils.data import sources
from course_utils.data.dataset import ImageDataset, PhotoDataset
from course_utils.data.fetch import fetch, fetch_folder
from course_utils.data.photograph import UnreadablePhotoError, read_photographs

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
FLOWER_CLASSES = ("daisy", "dandelion", "roses", "sunflowers", "tulips")


def read_idx(path):
    """Read an array in the idx format of the MNIST family.

    Parameters
    ----------
    path : pathlib.Path
        An idx file of unsigned bytes, gzip-compressed or not.

    Returns
    -------
    numpy.ndarray of uint8
        Writable; of the shape that the file's header says.

    Raises
    ------
    ValueError
        When the file holds something else.

    References
    ----------
    Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, 1998: the format
    is two zero bytes, the type (8 for unsigned bytes), the number of axes, each axis's length as a
    big-endian 32-bit integer, then the values in row-major order.
    """
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    if content[:3] != b"\x00\x00\x08":
        raise ValueError(
            f"{path.name} must begin as an idx file of unsigned bytes, with 00 00 08. "
            f"Received: {content[:4].hex(' ') or 'nothing'}"
        )
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()


def load_fashion_mnist():
    """Load Fashion-MNIST: 70,000 grey pictures of clothes in ten classes.

    Returns
    -------
    train, test : ImageDataset
        60,000 and 10,000 images of shape (28, 28, 1), white on black.

    Raises
    ------
    DataError
        When a file can be had nowhere.
    """
    arrays = {part: read_idx(fetch(record)) for part, record in sources.FASHION_MNIST.items()}
    return tuple(
        ImageDataset(
            images=arrays[f"{part} images"][..., np.newaxis],
            labels=arrays[f"{part} labels"].astype(np.int64),
            class_names=FASHION_CLASSES,
            DESCR=sources.FASHION_MNIST[f"{part} images"].describe(
                f"{part} part, {len(arrays[f'{part} images']):,} grey images of 28 x 28 pixels",
            ),
        )
        for part in ("train", "test")
    )


def load_cifar10():
    """Load CIFAR-10: 60,000 colour pictures of animals and vehicles in ten classes.

    Returns
    -------
    train, test : ImageDataset
        50,000 and 10,000 images of shape (32, 32, 3), RGB.

    Raises
    ------
    DataError
        When the archive can be had nowhere.
    """
    folder = fetch_folder(sources.CIFAR10)
    batches = sorted(folder.glob("data_batch_*.bin"))
    return (
        _cifar10_part("train", batches),
        _cifar10_part("test", [folder / "test_batch.bin"]),
    )


def _cifar10_part(part, batches):
    # A row: the label, then 32 x 32 red values, then green, then blue.
    rows = np.concatenate([np.fromfile(batch, np.uint8).reshape(-1, 3_073) for batch in batches])
    planes = rows[:, 1:].reshape(-1, 3, 32, 32)
    return ImageDataset(
        images=np.ascontiguousarray(planes.transpose(0, 2, 3, 1)),
        labels=rows[:, 0].astype(np.int64),
        class_names=CIFAR10_CLASSES,
        DESCR=sources.CIFAR10.describe(
            f"{part} part, {len(rows):,} colour images of 32 x 32 pixels"
        ),
    )


def load_flowers(size=128):
    """Load the flowers: photographs of five kinds of flower, by a thousand photographers.

    A folder staged in ``COURSE_DATA_DIR`` may hold fewer or smaller photographs than the original
    if its ``ATTRIBUTION.csv`` lists them; a warning and `DESCR` then say how many there are.

    Parameters
    ----------
    size : int
        Side of the square images. The shortest side of a photograph is resized to it, and what is
        left of the longer side is cut off evenly at both ends.

    Returns
    -------
    PhotoDataset
        Images of shape (size, size, 3), RGB, ordered by class and file name: shuffle and split
        them before use.

    Raises
    ------
    DataError
        When the archive can be had nowhere.
    ValueError
        When a photograph is credited to nobody, or `size` is out of range.
    """
    size = whole("size", size, 1, 2_048)
    folder = fetch_folder(sources.FLOWERS)
    contents = sources.FLOWERS.contents
    names = sources.files_below(folder, contents.pattern)
    credits = _credits(folder, contents.manifest)
    uncredited = [name for name in names if name not in credits]
    if uncredited:
        raise ValueError(
            "the licence asks for each photographer's name: every photograph must be credited. "
            f"Received: {len(uncredited)} without, first {uncredited[0]}"
        )
    kinds = [name.split("/")[0] for name in names]
    # Not turned: the set was looked at and sorted as its pixels are stored.
    images, outcomes = read_photographs([folder / name for name in names], size, upright=False)
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, UnreadablePhotoError):
            raise ValueError(f"{folder / name} must be a photograph. Received: {outcome}")
    how_many = "all" if len(names) == contents.count else f"{len(names):,} of the"
    origin = ""
    if contents.described(folder):
        origin = f", those that {contents.manifest} lists"
        warnings.warn(
            f"{folder} is not the original: {how_many} {contents.count:,} photographs{origin}",
            stacklevel=2,
        )
    return PhotoDataset(
        images=images,
        labels=np.array([FLOWER_CLASSES.index(kind) for kind in kinds], np.int64),
        class_names=FLOWER_CLASSES,
        DESCR=sources.FLOWERS.describe(
            f"{how_many} {contents.count:,} photographs{origin}, cut to {size} x {size} pixels",
        ),
        names=np.array(names),
        photographers=np.array([credits[name][0] for name in names]),
        sources=np.array([credits[name][1] for name in names]),
    )


def _credits(folder, manifest):
    """Read who took each photograph: {path: (photographer, address)}."""
    if (folder / manifest).is_file():
        with open(folder / manifest, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if not {"path", "author", "url"} <= set(rows.fieldnames or ()):
                raise ValueError(
                    f"{manifest} must be a table with the columns path, author and url. "
                    f"Received: {rows.fieldnames}"
                )
            return {row["path"]: (row["author"], row["url"]) for row in rows}
    licence = folder / "LICENSE.txt"
    text = licence.read_text(encoding="utf-8") if licence.is_file() else ""
    # A few lines of the original have name and address the other way round.
    credit = r"^(\S+\.jpg) CC-BY (?:by (.+) - (https?://\S+)|(https?://\S+) - by (.+))$"
    return {
        match[1]: (match[2] or match[5], match[3] or match[4])
        for match in re.finditer(credit, text, re.MULTILINE)
    }


def weights_path(name):
    """Get a file of trained weights.

    Parameters
    ----------
    name : str
        "squeezenet", or the name of one of the course's own files without its suffix, such as
        "first_cnn", "forger".

    Returns
    -------
    pathlib.Path
        A file of the recorded size and sha256.

    Raises
    ------
    ValueError
        When there is no record of that name.
    DataError
        When the file can be had nowhere.
    """
    known = {**sources.own_weights(), "squeezenet": sources.SQUEEZENET}
    if name not in known:
        raise ValueError(f"name must be one of {sorted(known)}. Received: {name!r}")
    return fetch(known[name])
