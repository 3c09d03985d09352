"""What the loaders return: images with what is known of each."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from course_utils.data.vocabulary import named_kinds


class _Images:
    """What all data sets share: they are checked, counted, shown and taken from in one way.

    `each` names the fields, arrays or tuples, that have an entry for every image.
    """

    each = ()

    def __post_init__(self):
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                "`images` must be uint8 of shape (n, height, width, channels). "
                f"Received: {self.images.dtype} of shape {self.images.shape}"
            )
        for name in self.each:
            if len(getattr(self, name)) != len(self):
                raise ValueError(
                    f"`{name}` must be {len(self)}, one an image. "
                    f"Received: {len(getattr(self, name))}"
                )

    def __len__(self):
        return len(self.images)

    def __repr__(self):
        _, height, width, channels = self.images.shape
        size = f"{height} x {width} x {channels}"
        return f"{type(self).__name__}({len(self):,} images of {size}, {self._counted()})"

    def take(self, indices):
        """Select images, with all that belongs to them.

        Parameters
        ----------
        indices : slice, or array of int or bool
            Which images, as NumPy indexes them.

        Returns
        -------
        A data set of the same kind; a copy, except for a slice.
        """
        chosen = {"images": self.images[indices]}
        for name in self.each:
            values = getattr(self, name)
            if isinstance(values, tuple):
                chosen[name] = tuple(values[each] for each in np.arange(len(self))[indices].ravel())
            else:
                chosen[name] = values[indices]
        return replace(self, **chosen)


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset(_Images):
    """Images with one label each.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, height, width, channels)
        Pixel values 0 to 255; 1 channel (grey) or 3 (RGB).
    labels : numpy.ndarray of int64, shape (n,)
        Index into `class_names`.
    class_names : tuple of str
        What each label means.
    DESCR : str
        What the set is, who made it, and its licence.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    DESCR: str

    each = ("labels",)

    def __post_init__(self):
        super().__post_init__()
        if self.labels.dtype != np.int64 or self.labels.ndim != 1:
            raise ValueError(
                f"`labels` must be int64 of shape ({len(self)},), one an image. "
                f"Received: {self.labels.dtype} of shape {self.labels.shape}"
            )
        most = len(self.class_names) - 1
        if len(self) and not 0 <= self.labels.min() <= self.labels.max() <= most:
            raise ValueError(
                f"`labels` must be from 0 to {most}. "
                f"Received: {self.labels.min()} to {self.labels.max()}"
            )

    def _counted(self):
        return f"{len(self.class_names)} classes"


@dataclass(frozen=True, eq=False, repr=False)
class PhotoDataset(ImageDataset):
    """Photographs with one label each, and whom to credit.

    Beside what `ImageDataset` has, arrays of str of shape (n,): `names`, the path of each
    photograph in the original set; `photographers`, who took it; `sources`, where they show it.
    """

    names: np.ndarray
    photographers: np.ndarray
    sources: np.ndarray

    each = ("labels", "names", "photographers", "sources")


@dataclass(frozen=True, eq=False, repr=False)
class DetectionDataset(_Images):
    """Images with a box around each thing that was marked in them.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, height, width, channels)
        Pixel values 0 to 255.
    boxes : tuple of n numpy.ndarray of float32, shape (k, 4)
        Edges x0, y0, x1, y1 of the k boxes of an image, in its pixels: 0 <= x0 < x1 <= width,
        where 0 and width are the edges of the image; likewise y. k may be 0.
    labels : tuple of n numpy.ndarray of int64, shape (k,)
        Index into `class_names`, one a box.
    class_names : tuple of str
        What each label means.
    names : numpy.ndarray of str, shape (n,)
        The name of each image in the original set, without suffix.
    DESCR : str
        What the set is, who made it, and its licence.
    """

    images: np.ndarray
    boxes: tuple[np.ndarray, ...]
    labels: tuple[np.ndarray, ...]
    class_names: tuple[str, ...]
    names: np.ndarray
    DESCR: str

    each = ("boxes", "labels", "names")

    def __post_init__(self):
        super().__post_init__()
        height, width = self.images.shape[1:3]
        for boxes, labels in zip(self.boxes, self.labels, strict=True):
            received = (
                f"{boxes.dtype} of shape {boxes.shape}, {labels.dtype} of shape {labels.shape}"
            )
            if received != f"float32 of shape ({len(labels)}, 4), int64 of shape ({len(labels)},)":
                raise ValueError(
                    "`boxes` must be float32 of shape (k, 4), `labels` int64 of shape (k,), "
                    f"a pair for each image. Received: {received}"
                )
            low, high = boxes[:, :2], boxes[:, 2:]
            fits = ((low >= 0) & (low < high) & (high <= (width, height))).all(axis=1)
            fits &= (labels >= 0) & (labels < len(self.class_names))
            if not fits.all():
                raise ValueError(
                    f"`boxes` must have an area within {width} x {height} pixels, and `labels` be "
                    f"from 0 to {len(self.class_names) - 1}. "
                    f"Received: {boxes[~fits][0].tolist()}, label {labels[~fits][0]}"
                )

    def _counted(self):
        return f"{sum(map(len, self.boxes)):,} boxes of {len(self.class_names)} classes"


@dataclass(frozen=True, eq=False, repr=False)
class SegmentationDataset(_Images):
    """Images in which every thing of one class is outlined, pixel by pixel.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, height, width, 3)
        RGB, 0 to 255.
    instances : numpy.ndarray of uint16, shape (n, height, width)
        To which thing a pixel belongs: 0 to none, 1, 2, ... to the first, second, ... of its image.
    kinds : numpy.ndarray of int64, shape (n,)
        Index into `kind_names`: in what way each picture was made.
    kind_names : tuple of str
        What each kind means.
    fields : numpy.ndarray of int64, shape (n,)
        The same number where pictures are likely parts of one larger one: keep them together.
    sizes : numpy.ndarray of int64, shape (n, 2)
        Width and height of each picture in pixels, before it was cut.
    names : numpy.ndarray of str, shape (n,)
        The name of each picture in the original set, without suffix.
    DESCR : str
        What the set is, who made it, and its licence.
    """

    images: np.ndarray
    instances: np.ndarray
    kinds: np.ndarray
    kind_names: tuple[str, ...]
    fields: np.ndarray
    sizes: np.ndarray
    names: np.ndarray
    DESCR: str

    each = ("instances", "kinds", "fields", "sizes", "names")

    def __post_init__(self):
        super().__post_init__()
        received = f"{self.instances.dtype} of shape {self.instances.shape}"
        if received != f"uint16 of shape {self.images.shape[:3]}":
            raise ValueError(
                f"`instances` must be uint16 of shape {self.images.shape[:3]}, a number a pixel. "
                f"Received: {received}"
            )

    def _counted(self):
        things = self.instances.max(axis=(1, 2), initial=0).sum(dtype=np.int64)
        return f"{things:,} things outlined in {len(self.kind_names)} kinds of picture"


@dataclass(frozen=True, eq=False, repr=False)
class CaptionDataset(_Images):
    """Photographs with captions, and under what terms each may be shown.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, size, size, 3)
        RGB, 0 to 255.
    captions : tuple of tuple of str
        Of each photograph, one or more, as people wrote them; only runs of blanks are made one.
    ids : numpy.ndarray of int64, shape (n,)
        The number of each photograph in the original set.
    names : numpy.ndarray of str, shape (n,)
        The name of its file.
    licences : numpy.ndarray of str, shape (n,)
        The name of its licence; "none stated" where the set says nothing.
    sources : numpy.ndarray of str, shape (n,)
        The address where its author showed it, which may be dead; "" where the set says nothing.
    sizes : numpy.ndarray of int64, shape (n, 2)
        Width and height of each photograph in pixels, before it was cut to a square.
    outlines : tuple of dict of str to list
        What people outlined in each photograph, by the name of its kind: for each thing polygons,
        or for a crowd its mask in run lengths, as the set holds them. `mask` draws them.
    left_out : dict of str to str
        Why a file is not among the photographs, by its name. It stays the same in what `take`
        returns.
    DESCR : str
        What the set is, how much of it is there, who made it, and its licence.
    """

    images: np.ndarray
    captions: tuple[tuple[str, ...], ...]
    ids: np.ndarray
    names: np.ndarray
    licences: np.ndarray
    sources: np.ndarray
    sizes: np.ndarray
    outlines: tuple[dict[str, list], ...]
    left_out: dict[str, str]
    DESCR: str

    each = ("captions", "ids", "names", "licences", "sources", "sizes", "outlines")

    def mask(self, index, kind):
        """Draw where a photograph shows things of a kind.

        Parameters
        ----------
        index : int
            Of the photograph.
        kind : str
            Such as "person"; one that was not outlined is nowhere.

        Returns
        -------
        numpy.ndarray of bool, shape (size, size)
            In the square that is left of the photograph.
        """
        width, height = self.sizes[index].tolist()
        marked = Image.new("L", (width, height))
        draw = ImageDraw.Draw(marked)
        for outline in self.outlines[index].get(kind, ()):
            if isinstance(outline, dict):  # run lengths, down the columns, beginning outside
                inside = (np.arange(len(outline["counts"])) % 2 * 255).astype(np.uint8)
                columns = np.repeat(inside, outline["counts"]).reshape(width, height)
                marked.paste(255, mask=Image.fromarray(columns.T))
            else:
                for polygon in outline:
                    draw.polygon(polygon, fill=255)
        side = self.images.shape[1]
        return np.asarray(ImageOps.fit(marked, (side, side), Image.Resampling.NEAREST)) > 0

    def word_masks(self, index):
        """Return what the words of a photograph's first caption name, where it was outlined.

        Parameters
        ----------
        index : int
            Of the photograph.

        Returns
        -------
        dict of int to numpy.ndarray of bool, shape (size, size)
            By the place of the word, see `named_kinds`.
        """
        named = named_kinds(self.captions[index][0])
        return {k: self.mask(index, kind) for k, kind in named if kind in self.outlines[index]}

    def _counted(self):
        return f"{sum(map(len, self.captions)):,} captions"
