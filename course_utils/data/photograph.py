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


def load_photograph(path, size=224):
    """Read one photograph.

    Parameters
    ----------
    path : str or pathlib.Path
        A JPEG or PNG file.
    size : int
        Side of the square in pixels.

    Returns
    -------
    numpy.ndarray of uint8, shape (size, size, 3)
        RGB, 0 to 255; upright, as the camera was held; the middle of the longer side.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is no photograph that can be read.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as photograph:
            shrink(photograph, size)
            return square(ImageOps.exif_transpose(photograph).convert("RGB"), size)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"path must name a file. Received: {str(path)!r}; there is no such file. In a file "
            "manager, copy its path and put it between quotation marks."
        ) from error
    except OSError as error:
        raise ValueError(
            f"path must name a photograph, JPEG or PNG. Received: {str(path)!r} "
            f"({fault(error)}). Other formats, such as HEIC: export as JPEG."
        ) from error
