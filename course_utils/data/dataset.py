"""What the loaders return: images with what is known of each."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
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

    Raises
    ------
    ValueError
        When arrays and names do not fit one another.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    DESCR: str

    def __post_init__(self):
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                "images must be uint8 of shape (n, height, width, channels). "
                f"Received: {self.images.dtype} of shape {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be int64 of shape ({len(self.images)},), one an image. "
                f"Received: {self.labels.dtype} of shape {self.labels.shape}"
            )
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(
            self.class_names
        ):
            raise ValueError(
                f"labels must be from 0 to {len(self.class_names) - 1}. "
                f"Received: {self.labels.min()} to {self.labels.max()}"
            )

    def __len__(self):
        return len(self.images)

    def __repr__(self):
        _, height, width, channels = self.images.shape
        return (
            f"{type(self).__name__}({len(self):,} images of {height} x {width} x {channels}, "
            f"{len(self.class_names)} classes)"
        )

    def take(self, indices):
        """Select images.

        Parameters
        ----------
        indices : slice, or array of int or bool
            Which images, as NumPy indexes them.

        Returns
        -------
        ImageDataset
            Of the same kind; a copy, except for a slice.
        """
        return replace(self, images=self.images[indices], labels=self.labels[indices])


@dataclass(frozen=True, eq=False, repr=False)
class PhotoDataset(ImageDataset):
    """Photographs with one label each, and whom to credit.

    Parameters
    ----------
    names : numpy.ndarray of str, shape (n,)
        Path of each photograph in the original set.
    photographers : numpy.ndarray of str, shape (n,)
        Who took it.
    sources : numpy.ndarray of str, shape (n,)
        Where the photographer shows it.
    """

    names: np.ndarray
    photographers: np.ndarray
    sources: np.ndarray

    def take(self, indices):
        """Select photographs; see `ImageDataset.take`."""
        return replace(
            super().take(indices),
            names=self.names[indices],
            photographers=self.photographers[indices],
            sources=self.sources[indices],
        )
