"""Photographs of any shape become squares of one size, in the same way wherever they are read."""

import numpy as np


def shrink(photograph, size):
    """Let the decoder skip detail that `square` would throw away; of use for JPEG only.

    Parameters
    ----------
    photograph : PIL.Image.Image
        Opened, not yet decoded. Changed in place: its shortest side is still 2 `size` or more
        afterwards if it was before.
    size : int
        Side of the square to come, in pixels.
    """
    photograph.draft("RGB", (2 * size, 2 * size))


def square(photograph, size):
    """Resize the shortest side to `size` and cut the longer one evenly at both ends.

    Parameters
    ----------
    photograph : PIL.Image.Image
        In mode RGB.
    size : int
        Side of the square in pixels.

    Returns
    -------
    numpy.ndarray of uint8, shape (size, size, 3)
        RGB, 0 to 255.
    """
    from PIL import Image, ImageOps  # comes with matplotlib; only photographs need it

    return np.asarray(ImageOps.fit(photograph, (size, size), Image.Resampling.BICUBIC))


def fault(error):
    """Say in a few words what a decoder found wrong with a file.

    Parameters
    ----------
    error : Exception
        What Pillow raised.

    Returns
    -------
    str
        On one line.
    """
    words = str(error).split("\n")[0]
    return "cut short" if "truncated" in words else words or type(error).__name__
