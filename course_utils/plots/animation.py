"""A small animation for the page: what a network draws, from step to step."""

import io

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from course_utils.plots.describe import count, listing, sentences
from course_utils.plots.display import SCREEN_DPI, to_page
from course_utils.plots.images import check_images
from course_utils.plots.style import COLOURS, GRID, INK, PAGE_WIDTH, one_each

_PAGE = round(SCREEN_DPI * PAGE_WIDTH)
_GAP = 1  # between pictures, in their own pixels
_BAR, _HEAD = (22, 25), 33  # screen pixels: rows of the bar below the caption, height of both
_REST = 1500  # milliseconds that the last sheet rests before the animation begins again
_PALETTE = {"method": Image.Quantize.MEDIANCUT, "dither": Image.Dither.NONE}


def animate(frames, *, captions, columns, seconds=4.0):
    """Show sheets of pictures one after the other, as one animated PNG, and the last one at rest.

    Wherever animated PNGs do not move, as on paper, the last sheet is shown, and so it is for
    readers who have turned animation off. The alternative text holds the captions.

    Parameters
    ----------
    frames : array of shape (k, n, h, w), (k, n, h, w, 1) or (k, n, h, w, 3)
        k sheets of n pictures each. uint8 in 0..255, float in [0, 1], or bool.
    captions : sequence of k str
        A line above each sheet; below it a bar shows how far the animation has got.
    columns : int
        Pictures a row.
    seconds : float
        How long one pass takes, without the last sheet's rest.
    """
    frames = np.asarray(frames)
    k, n = frames.shape[:2]
    captions = one_each("captions", captions, "sheet", k)
    pictures = np.rint(255 * check_images(frames.reshape(k * n, *frames.shape[2:])))
    pictures = pictures.astype(np.uint8)
    width = pictures.shape[2] + _GAP
    zoom = 2 if 2 * width * columns <= _PAGE else 1
    sheets = [
        _sheet(pictures[n * place : n * (place + 1)], columns, zoom, str(text), (place + 1) / k)
        for place, text in enumerate(captions)
    ]
    durations = [round(1000 * seconds / k)] * k
    durations[-1] += _REST
    alt = sentences(f"An animation of {k} sheets of {count(n, 'picture')}: {listing(captions)}")
    to_page(_animated_png(sheets, durations), *sheets[0].size, alt, kind="animation")


def few_colours(pictures):
    """Return the same pictures in 200 colours, chosen for all of them together.

    Grainy pictures in many colours make figures several times as large as the same in the colours
    of one palette, which hardly look different. For showing only: measure the pictures themselves.

    Parameters
    ----------
    pictures : array of uint8, shape (..., h, w, 3) or (..., h, w, 1)
        Grey pictures have 256 colours at most, and are returned as they are.

    Returns
    -------
    ndarray of uint8, shape as given
    """
    if pictures.shape[-1] == 1:
        return pictures
    strip = Image.fromarray(pictures.reshape(-1, pictures.shape[-2], 3))
    few = strip.quantize(200, **_PALETTE)  # leaves room for text and axes in a figure of 256
    return np.asarray(few.convert("RGB")).reshape(pictures.shape)


def _sheet(pictures, columns, zoom, caption, done):
    """Return a caption, a bar that is filled up to `done`, and pictures side by side below."""
    n, height, width = pictures.shape[:3]
    size = zoom * np.array([width + _GAP, height + _GAP])
    rows = -(-n // columns)
    sheet = Image.new("RGB", (columns * size[0], _HEAD + rows * size[1]), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", 14)
    draw.text((0, 2), caption, fill=INK, font=font)
    for colour, share in ((GRID, 1), (COLOURS[0], done)):
        end = max(0, round(share * sheet.width) - 1)
        draw.rectangle((0, _BAR[0], end, _BAR[1]), fill=colour)
    for place, picture in enumerate(pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)):
        row, column = divmod(place, columns)
        sheet.paste(Image.fromarray(picture), (column * size[0], _HEAD + row * size[1]))
    return sheet


def _animated_png(sheets, durations):
    """Return the bytes of an animated PNG whose picture at rest is the last sheet."""
    # One palette serves all sheets, for the format has room for one.
    palette = Image.fromarray(np.concatenate(sheets)).quantize(256, **_PALETTE)
    few = [sheet.quantize(palette=palette, dither=Image.Dither.NONE) for sheet in sheets]
    buffer = io.BytesIO()
    few[-1].save(
        buffer, format="png", save_all=True, default_image=True, append_images=few,
        duration=durations, loop=0, optimize=True,
    )  # fmt: skip
    return buffer.getvalue()
