"""A small animation for the page: what a network draws, from step to step."""

import io

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from course_utils.plots.describe import count, listing, sentences
from course_utils.plots.display import SCREEN_DPI, alternative_text, to_page
from course_utils.plots.images import check_images, fitting_columns
from course_utils.plots.style import COLOURS, GRID, INK, PAGE_WIDTH

_PAGE = round(SCREEN_DPI * PAGE_WIDTH)
_GAP = 1  # between pictures, in their own pixels
_TEXT, _BAR = 26, 3  # heights in screen pixels of the line above and of the bar of progress
_MOST_COLOURS = 256
_FEW_COLOURS = 200  # leaves room for text and axes in a figure of 256


def animate(frames, *, alt=None, captions=None, seconds=4.0, hold=1.5, columns=None, zoom=None):
    """Show sheets of pictures one after the other, as one animated PNG, and the last one at rest.

    Wherever animated PNGs do not move, as on paper, the last sheet is shown, and so it is for
    readers who have turned animation off. Outside of a notebook the alternative text is printed.

    Parameters
    ----------
    frames : array of shape (k, n, h, w), (k, n, h, w, 1) or (k, n, h, w, 3)
        k sheets of n pictures each. uint8 in 0..255, float in [0, 1], or bool.
    alt : str, optional
        A sentence of at least 20 characters that says what changes, for readers who cannot see it.
        By default the number of sheets and pictures, and the captions.
    captions : sequence of k str, optional
        A line above each sheet; below it a bar shows how far the animation has got.
    seconds : float
        How long one pass takes, without the last sheet's rest.
    hold : float
        Seconds that the last sheet rests before the animation begins again.
    columns : int, optional
        Pictures a row; by default what fits the page with few empty places.
    zoom : int, optional
        Screen pixels for each pixel of a picture; by default 2 where the page has room for it,
        else 1. Large sheets make large notebooks.

    Raises
    ------
    TypeError
        If `alt` is no text.
    ValueError
        If frames, captions or numbers are not as described.
    """
    frames = np.asarray(frames)
    if frames.ndim not in (4, 5) or len(frames) < 2:
        raise ValueError(
            "`frames` must be at least two of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3). "
            f"Received: shape {frames.shape}."
        )
    k, n = frames.shape[:2]
    if captions is not None and len(captions) != k:
        raise ValueError(f"`captions` must have one entry a sheet, {k}. Received: {len(captions)}.")
    for name, value in (("columns", columns), ("zoom", zoom)):
        if value is not None and value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {value}.")
    if seconds <= 0 or hold < 0:
        raise ValueError(
            "`seconds` must be above 0 and `hold` at least 0. "
            f"Received: seconds={seconds}, hold={hold}."
        )
    if alt is None:
        alt = f"An animation of {k} sheets of {count(n, 'picture')}"
        alt = sentences(alt + (f": {listing(captions)}" if captions is not None else ""))
    alt = alternative_text(alt)
    pictures = check_images(frames.reshape(k * n, *frames.shape[2:]))
    pictures = np.rint(255 * pictures).astype(np.uint8)
    if pictures.ndim == 3:
        pictures = np.repeat(pictures[..., np.newaxis], 3, axis=-1)
    width = pictures.shape[2] + _GAP
    if zoom is None:
        zoom = 2 if 2 * width * (columns or 8) <= _PAGE else 1
    columns = min(n, columns or fitting_columns(n, max(1, _PAGE // (width * zoom))))
    sheets = [_sheet(pictures[n * place : n * (place + 1)], columns, zoom) for place in range(k)]
    if captions is not None:
        sheets = [
            _captioned(sheet, str(text), (place + 1) / k)
            for place, (sheet, text) in enumerate(zip(sheets, captions, strict=True))
        ]
    each = 1000 * seconds / k
    durations = [round(each)] * (k - 1) + [round(each + 1000 * hold)]
    png = _animated_png(sheets, durations)
    to_page(png, *sheets[0].size, alt, kind="animation")


def few_colours(pictures, *, most=_FEW_COLOURS):
    """Return the same pictures in a few colours, chosen for all of them together.

    Grainy pictures in many colours make figures several times as large as the same in the colours
    of one palette, which hardly look different. For showing only: measure the pictures themselves.

    Parameters
    ----------
    pictures : array of uint8, shape (..., h, w, 3) or (..., h, w, 1)
        Grey pictures have 256 colours at most, and are returned as they are.
    most : int
        How many colours, 2 to 256.

    Returns
    -------
    ndarray of uint8, shape as given

    Raises
    ------
    ValueError
        If pictures or number are not as described.
    """
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8 or pictures.ndim < 3 or pictures.shape[-1] not in (1, 3):
        raise ValueError(
            "`pictures` must be uint8 of shape (..., h, w, 3) or (..., h, w, 1). "
            f"Received: {pictures.dtype} of shape {pictures.shape}."
        )
    if not 2 <= most <= _MOST_COLOURS:
        raise ValueError(f"`most` must be from 2 to {_MOST_COLOURS}. Received: {most}.")
    if pictures.shape[-1] == 1:
        return pictures
    strip = Image.fromarray(pictures.reshape(-1, pictures.shape[-2], 3))
    few = strip.quantize(most, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return np.asarray(few.convert("RGB")).reshape(pictures.shape)


def _sheet(pictures, columns, zoom):
    """Return pictures side by side, white between them, as an image."""
    n, height, width = pictures.shape[:3]
    rows = -(-n // columns)
    paper = np.full((rows * columns, height + _GAP, width + _GAP, 3), 255, np.uint8)
    paper[:n, :height, :width] = pictures
    paper = paper.reshape(rows, columns, height + _GAP, width + _GAP, 3).swapaxes(1, 2)
    paper = paper.reshape(rows * (height + _GAP), columns * (width + _GAP), 3)
    return Image.fromarray(paper.repeat(zoom, axis=0).repeat(zoom, axis=1))


def _captioned(sheet, text, done):
    """Return the sheet below a line of text and a bar that is filled up to `done`."""
    width, height = sheet.size
    image = Image.new("RGB", (width, height + _TEXT + _BAR + 4), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", 14)
    draw.text((0, 2), text, fill=INK, font=font)
    draw.rectangle((0, _TEXT - 4, width - 1, _TEXT - 4 + _BAR), fill=GRID)
    draw.rectangle(
        (0, _TEXT - 4, max(0, round(done * width) - 1), _TEXT - 4 + _BAR), fill=COLOURS[0]
    )
    image.paste(sheet, (0, _TEXT + _BAR + 4))
    return image


def _animated_png(sheets, durations):
    """Return the bytes of an animated PNG whose picture at rest is the last sheet."""
    # One palette serves all sheets, for the format has room for one.
    strip = Image.fromarray(np.concatenate([np.asarray(sheet) for sheet in sheets]))
    palette = strip.quantize(
        _MOST_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    few = [sheet.quantize(palette=palette, dither=Image.Dither.NONE) for sheet in sheets]
    buffer = io.BytesIO()
    few[-1].save(
        buffer, format="png", save_all=True, default_image=True, append_images=few,
        duration=durations, loop=0, optimize=True,
    )  # fmt: skip
    return buffer.getvalue()
