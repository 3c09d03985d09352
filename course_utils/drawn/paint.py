"""The pencil behind the course's drawn data: shapes, papers, shadows, grain and noise.

Pictures are drawn by the hundred in NumPy as planar ``float32`` arrays ``(n, 3, h, w)`` of grey
levels, 0 to 255. Shapes are signed distance functions (`course_utils.drawn.shapes`), so one formula
yields an anti-aliased edge at every size, a soft shadow and a lit rim.

The same seed gives the same bytes on every platform and NumPy version. Randomness is PCG64's raw
output turned into numbers here, because NumPy keeps bit generators stable but may change what
``Generator`` makes of them. Pixels see only operations that IEEE 754 rounds correctly (+ - * /
square root, comparisons, floor) and tables; sines and cosines are taken once an object and rounded
to a grid so coarse that the last bit of a maths library cannot matter.
"""

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.lib.stride_tricks import as_strided

from course_utils.drawn.shapes import SHAPES, length
from course_utils.drawn.words import ALL_SHAPE_NAMES, TEXTURE_NAMES

# Eight gouaches, dark to light: each differs from the next by at least 7 in CIELAB lightness, so
# that they read in grey and with colour-vision deficiency. (name, paint, paint of its pattern)
PAINTS = {
    "navy": ((24, 36, 82), (128, 152, 206)),
    "purple": ((116, 44, 128), (212, 158, 216)),
    "green": ((12, 106, 80), (134, 204, 156)),
    "red": ((208, 52, 46), (248, 164, 136)),
    "blue": ((50, 140, 210), (170, 214, 242)),
    "orange": ((236, 126, 32), (176, 72, 18)),
    "pink": ((238, 150, 172), (182, 66, 110)),
    "yellow": ((244, 196, 48), (194, 122, 22)),
}

# Two corners of each paper's gradient: light enough for every paint to stand out.
PAPERS = (
    ((254, 247, 230), (246, 226, 192)),  # cream
    ((234, 244, 250), (200, 222, 240)),  # sky
    ((254, 237, 230), (244, 210, 200)),  # blush
    ((236, 247, 232), (204, 230, 206)),  # mint
    ((244, 238, 251), (218, 207, 241)),  # lilac
    ((249, 245, 238), (227, 222, 214)),  # stone
)

_TRIG_GRID = 4096.0
_FEW_PIXELS = 8_192  # a formula's intermediate results for so many pixels stay in a core's cache
_GRAIN_SIDE = 512


class Stream:
    """Random numbers that stay the same on every platform and NumPy version.

    Each row of what is drawn uses up a whole number of 64-bit words, so the first rows do not
    depend on how many follow.

    Parameters
    ----------
    seed : int
        Not negative.
    purpose : int
        Streams of one seed and different purposes are independent.
    """

    def __init__(self, seed, purpose):
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose,)))

    def uniforms(self, rows, columns):
        """Return float64 ``(rows, columns)``, uniform in [0, 1) in steps of 2**-53."""
        raw = self._bits.random_raw(rows * columns)
        return ((raw >> np.uint64(11)) * 2.0**-53).reshape(rows, columns)

    def octets(self, rows, columns):
        """Return uint8 ``(rows, columns)``, uniform in 0 to 255; `columns` a multiple of 8."""
        raw = self._bits.random_raw(rows * columns // 8).astype("<u8", copy=False)
        return raw.view(np.uint8).reshape(rows, columns)

    def balanced(self, n, classes):
        """Return int64 ``(n,)``: shuffled labels, as balanced as can be.

        Every run of `classes` labels from a multiple of `classes` on holds each label once.
        """
        blocks = -(-n // classes)
        keys = self._bits.random_raw(blocks * classes).reshape(blocks, classes)
        return np.argsort(keys, axis=1, kind="stable").ravel()[:n].astype(np.int64)


def directions(degrees):
    """Return cosines and sines of `degrees`, rounded to multiples of 2**-12.

    Parameters
    ----------
    degrees : ndarray of float64

    Returns
    -------
    tuple of ndarray of float64
    """
    radians = np.deg2rad(degrees)
    return (
        np.rint(np.cos(radians) * _TRIG_GRID) / _TRIG_GRID,
        np.rint(np.sin(radians) * _TRIG_GRID) / _TRIG_GRID,
    )


# --- Textures -----------------------------------------------------------------------------------
# Each takes u and v in periods and the period in pixels, and returns the printed share of a pixel.


def _wave(x):
    """Return the triangle wave of period 1 that is 1 at whole numbers and -1 between them."""
    return np.abs(x - np.floor(x) - 0.5) * 4.0 - 1.0


def _stripes(u, v, period):
    return np.clip(0.5 + 0.25 * period * _wave(u), 0.0, 1.0)


def _dots(u, v, period):
    u, v = u * 0.80, v * 0.80
    distance = length(u - np.floor(u) - 0.5, v - np.floor(v) - 0.5)
    return np.clip(0.5 + (1.25 * period) * (0.30 - distance), 0.0, 1.0)


def _checks(u, v, period):
    slope = 0.375 * period
    a = np.clip(slope * _wave(u * 0.66), -1.0, 1.0)
    b = np.clip(slope * _wave(v * 0.66), -1.0, 1.0)
    return 0.5 + 0.5 * a * b


TEXTURES = {"stripes": _stripes, "dots": _dots, "checks": _checks}
PLAIN = 0


# --- Sprites ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sprites:
    """Drawn objects, each on a square patch of its own, ready to be pasted.

    Attributes
    ----------
    rgb : ndarray of float32, shape (n, 3, side, side)
        Paint under its light, about 0 to 255 (highlights may exceed it).
    alpha : ndarray of float32, shape (n, side, side)
        Share of each pixel that the object covers, 0 to 1.
    shadow : ndarray of float32, shape (n, side, side)
        Share of the light that the object's shadow takes away, 0 to 1.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    shadow: np.ndarray


def _column(values):
    return np.asarray(values, np.float32)[:, None, None]


def _runs(values, longest=1 << 30):
    """Yield (value, slice) for each run of equal neighbours, cut up where it is too long."""
    edges = np.flatnonzero(np.diff(values)) + 1
    starts = [0, *edges.tolist()]
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        for first in range(start, end, longest):
            yield int(values[start]), slice(first, min(first + longest, end))


def drawing_order(shapes, textures):
    """Return the order, int64 ``(n,)``, in which `render` is fastest: by shape, then texture."""
    return np.argsort(shapes * len(TEXTURE_NAMES) + textures, kind="stable")


def render(shapes, colours, textures, *, x, y, radius, angle, phase, fall, side):
    """Draw n objects, each alone on a transparent patch.

    Parameters
    ----------
    shapes, colours, textures : ndarray of int64, shape (n,)
        Indices into `ALL_SHAPE_NAMES`, `COLOUR_NAMES` and `TEXTURE_NAMES`. Fast where neighbours
        are alike: see `drawing_order`.
    x, y : ndarray of float64, shape (n,)
        Centre of the enclosing circle in the patch, pixels from its left and upper edge.
    radius : ndarray of float64, shape (n,)
        Radius of the enclosing circle, pixels.
    angle : ndarray of float64, shape (n,)
        Degrees, anticlockwise.
    phase : ndarray of float64, shape (n, 2)
        Where in its period the pattern starts, 0 to 1.
    fall : ndarray of float64, shape (n,)
        Direction in which shadows fall: degrees, clockwise from the right (90: straight down).
    side : int
        Height and width of a patch, pixels.

    Returns
    -------
    Sprites
    """
    cos, sin = directions(angle)
    fall_x, fall_y = directions(fall)
    pixels = np.arange(side, dtype=np.float32) + np.float32(0.5)
    dx = (pixels[None, None, :] - _column(x)) / _column(radius)
    dy = (pixels[None, :, None] - _column(y)) / _column(radius)

    # Each shape twice: in its place, and one step along the shadow. The softened edge of the second
    # is the shadow, and the difference of the two distances tells how squarely the nearest edge
    # faces the light.
    step = 0.09 + 0.6 / radius
    u = np.empty((len(shapes), 2, side, side), np.float32)
    v = np.empty_like(u)
    np.subtract(_column(cos) * dx, _column(sin) * dy, out=u[:, 0])
    np.subtract(_column(-sin) * dx, _column(cos) * dy, out=v[:, 0])
    np.subtract(u[:, 0], _column((cos * fall_x - sin * fall_y) * step), out=u[:, 1])
    np.subtract(v[:, 0], _column((-sin * fall_x - cos * fall_y) * step), out=v[:, 1])
    distance = np.empty_like(u)
    few = max(1, _FEW_PIXELS // side**2)
    for shape, run in _runs(shapes, few):
        distance[run] = SHAPES[ALL_SHAPE_NAMES[shape]](u[run], v[run])
    near, shifted = distance[:, 0], distance[:, 1]

    alpha = near * _column(-radius)
    alpha += 0.5
    np.clip(alpha, 0.0, 1.0, out=alpha)
    shadow = shifted * _column(-1.0 / (2.4 * step))
    shadow += 0.6
    np.clip(shadow, 0.0, 1.0, out=shadow)
    shadow *= shadow

    rim = near * 3.6
    rim += 1.0
    np.clip(rim, 0.0, 1.0, out=rim)
    light = shifted - near
    light *= _column(0.16 / step)
    light -= 0.10  # gouache is darkest where it dries last, at its edge
    light *= rim
    light += 1.05 - _column(0.09 * fall_x) * dx
    light -= _column(0.09 * fall_y) * dy

    pattern = np.zeros_like(light)
    period = np.maximum(0.5 * radius, 3.6)
    per_period = _column(radius / period)
    for texture, run in _runs(textures, 2 * few):
        if texture != PLAIN:
            pattern[run] = TEXTURES[TEXTURE_NAMES[texture]](
                u[run, 0] * per_period[run] + _column(phase[run, 0]),
                v[run, 0] * per_period[run] + _column(phase[run, 1]),
                _column(period[run]),
            )

    paints = np.array(list(PAINTS.values()), np.float32)[colours]
    base, print_ = paints[:, 0, :, None, None], paints[:, 1, :, None, None]
    rgb = pattern[:, None] * (print_ - base)
    rgb += base
    rgb *= light[:, None]
    return Sprites(rgb, alpha, shadow)


def blend(canvas, sprites, shade=(0.44, 0.42, 0.34)):
    """Lay sprites over pictures of the same size, in place: first the shadow, then the paint.

    Parameters
    ----------
    canvas : ndarray of float32, shape (n, 3, side, side)
    sprites : Sprites
        n of them, of that side.
    shade : tuple of float
        What a full shadow takes from red, green and blue; least from blue, as under a sky.
    """
    for channel, share in enumerate(shade):
        layer = canvas[:, channel]
        layer *= 1.0 - share * sprites.shadow
        layer += sprites.alpha * (sprites.rgb[:, channel] - layer)


def windows(pictures, side):
    """Return a writable view of every square window: ``(n, ..., rows, columns, side, side)``.

    ``windows(canvas, side)[i, :, top, left]`` with index arrays `i`, `top` and `left` reads (or
    sets) one window of each picture.
    """
    *lead, height, width = pictures.shape
    *steps, down, right = pictures.strides
    return as_strided(
        pictures,
        (*lead, height - side + 1, width - side + 1, side, side),
        (*steps, down, right, down, right),
    )


def corner(centre, side, room):
    """Return where a patch about `centre` begins, moved so that it lies within the picture.

    Parameters
    ----------
    centre : ndarray of float64
        Pixels from the picture's edge.
    side, room : int
        Lengths of the patch and of the picture, pixels.

    Returns
    -------
    ndarray of int64
    """
    return np.clip(np.floor(centre).astype(np.int64) - side // 2, 0, room - side)


def paste(canvas, sprites, pictures, left, top):
    """Blend each sprite into one picture at a place, in place.

    Parameters
    ----------
    canvas : ndarray of float32, shape (n, 3, height, width)
    sprites : Sprites
        m of them, on patches that lie inside the pictures: see `corner`.
    pictures : ndarray of int64, shape (m,)
        Which picture each sprite goes to: all different, so paste objects layer by layer.
    left, top : ndarray of int64, shape (m,)
        Pixel of the canvas that the patch's first column and row fall on.
    """
    view = windows(canvas, sprites.alpha.shape[-1])
    patch = view[pictures, :, top, left]
    blend(patch, sprites)
    view[pictures, :, top, left] = patch


# --- Ground, marks, light, grain, noise ----------------------------------------------------------


def ground(paper, turn, side):
    """Return papers with a gentle gradient, float32 ``(n, 3, side, side)``.

    Parameters
    ----------
    paper : ndarray of int64, shape (n,)
        Indices into `PAPERS`.
    turn : ndarray of float64, shape (n,)
        Direction of the gradient, degrees.
    side : int
        Height and width, pixels.
    """
    cos, sin = directions(turn)
    along = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) - 0.5
    blend_in = _column(0.7 * cos) * along[None, None, :] + _column(0.7 * sin) * along[None, :, None]
    blend_in += 0.5
    corners = np.array(PAPERS, np.float32)[paper]
    picture = blend_in[:, None] * (corners[:, 1] - corners[:, 0])[:, :, None, None]
    picture += corners[:, 0][:, :, None, None]
    return picture


def _marks(colours, strength, *, x, y, radius, half_length, angle, blur, side):
    """Draw n distractors without shadow: dabs and strokes with round ends, sharp or blurred.

    Returns their paint, float32 ``(n, 3, 1, 1)``, and opacity, ``(n, side, side)``. Lengths in
    pixels: half the width, half the length without its ends, width of the edge.
    """
    cos, sin = directions(angle)
    pixels = np.arange(side, dtype=np.float32) + np.float32(0.5)
    dx = pixels[None, None, :] - _column(x)
    dy = pixels[None, :, None] - _column(y)
    u = _column(cos) * dx - _column(sin) * dy
    v = _column(sin) * dx + _column(cos) * dy
    u = np.maximum(np.abs(u) - _column(half_length), 0.0)
    cover = length(u, v) - _column(radius)
    cover *= _column(-1.0 / blur)
    cover += 0.5
    np.clip(cover, 0.0, 1.0, out=cover)
    cover *= _column(strength)
    paint = np.array([base for base, _ in PAINTS.values()], np.float32)[colours]
    return paint[:, :, None, None], cover


def _stain(canvas, paint, cover, layers, pictures, left, top):
    """Blend marks into pictures layer by layer, in place; at most one of a layer a picture."""
    view = windows(canvas, cover.shape[-1])
    for _, run in _runs(layers):
        place = pictures[run], slice(None), top[run], left[run]
        patch = view[place]
        patch += cover[run, None] * (paint[run] - patch)
        view[place] = patch


def scatter(canvas, marks, number_of_marks, unit):
    """Put the first few of its marks on each picture, in place.

    Parameters
    ----------
    canvas : ndarray of float32, shape (n, 3, size, size)
    marks : ndarray of float64, shape (n, most, 8)
        Uniform in [0, 1).
    number_of_marks : ndarray of int64, shape (n,)
    unit : float
        Size of the marks: a dab is one to two and a half of these wide. Pixels.
    """
    size = canvas.shape[-1]
    side = math.ceil(10.0 * unit)
    layers, pictures = np.nonzero(np.arange(marks.shape[1])[:, None] < number_of_marks)
    x, y, width, length, turn, blur, colour, strength = marks[pictures, layers].T
    x, y = x * size, y * size
    left, top = corner(x, side, size), corner(y, side, size)
    paint, cover = _marks(
        (colour * len(PAINTS)).astype(np.int64),
        0.16 + 0.34 * strength,
        x=x - left,
        y=y - top,
        radius=unit * (0.5 + 0.7 * width),
        half_length=unit * np.maximum(3.0 * length - 1.0, 0.0),
        angle=180.0 * turn,
        blur=np.maximum(unit * (4.0 * blur - 1.0), 1.0),
        side=side,
    )
    _stain(canvas, paint, cover, layers, pictures, left, top)


@cache
def _grain():
    """Return the tooth of the paper, float32 (512, 512) around 0, about -1 to 1."""
    octets = Stream(20, 0).octets(_GRAIN_SIDE, _GRAIN_SIDE).astype(np.int64)

    def blurred(field, reach):
        for axis in (0, 1):
            field = sum(np.roll(field, step, axis) for step in range(-reach, reach + 1))
        return field

    fine = blurred(octets, 1) / 9.0
    cloudy = blurred(blurred(np.roll(octets, 101, 0), 4), 4) / 6561.0
    return ((fine - 127.5) / 80.0 + (cloudy - 127.5) / 20.0).astype(np.float32)


def illuminate(canvas, brightness, slope, grain):
    """Multiply pictures by a sloping light and the paper's grain, in place.

    Parameters
    ----------
    canvas : ndarray of float32, shape (n, 3, side, side)
    brightness : ndarray of float64, shape (n,)
        Light in the middle; 1 leaves it as it is.
    slope : ndarray of float64, shape (n, 2)
        How much brighter the right edge is than the left, and the lower than the upper.
    grain : ndarray of float64, shape (n, 2)
        Where on the sheet the picture was cut out, each 0 to 1.
    """
    side = canvas.shape[-1]
    along = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) - 0.5
    corner = (grain * (_GRAIN_SIDE - side)).astype(np.int64)
    light = windows(_grain(), side)[corner[:, 0], corner[:, 1]] * np.float32(0.022)
    light += _column(slope[:, 0]) * along[None, None, :] + _column(brightness)
    light += _column(slope[:, 1]) * along[None, :, None]
    canvas *= light[:, None]


@cache
def _bell():
    """Return normal deviates of unit spread for two octets at a time, float32 ``(65536, 2)``."""
    normal = NormalDist()
    quantiles = np.array([normal.inv_cdf((i + 0.5) / 256) for i in range(256)])
    quantiles = np.rint(quantiles * 1.0076 * _TRIG_GRID) / _TRIG_GRID
    pairs = np.arange(65536)
    return quantiles[np.stack([pairs & 255, pairs >> 8], axis=1)].astype(np.float32)


def develop(canvas, octets, noise):
    """Add noise and turn pictures into bytes.

    Parameters
    ----------
    canvas : ndarray of float32, shape (n, 3, height, width)
        Overwritten.
    octets : ndarray of uint8, shape (n, at least 3 * height * width), or None
        Randomness of the noise, a byte a value; rows contiguous, of even length. None: no noise.
    noise : float
        Standard deviation, grey levels.

    Returns
    -------
    ndarray of uint8, shape (n, height, width, 3)
    """
    if octets is not None:
        # one look-up for two values, moved as the 8 bytes that they are
        table = (_bell() * np.float32(noise)).view(np.uint64)[:, 0]
        deviates = np.take(table, octets.view("<u2")).view(np.float32)
        canvas += deviates[:, : canvas[0].size].reshape(canvas.shape)
    canvas += 0.5
    np.clip(canvas, 0.0, 255.0, out=canvas)
    levels = canvas.astype(np.uint8)
    images = np.empty((len(canvas), *canvas.shape[2:], 3), np.uint8)
    for channel in range(3):  # much faster than a transposed copy, whose inner loop is 3 long
        images[..., channel] = levels[:, channel]
    return images


def boxes_of(masks):
    """Return the tight boxes of masks, none of them empty.

    Parameters
    ----------
    masks : ndarray of bool, shape (n, height, width)

    Returns
    -------
    ndarray of int64, shape (n, 4)
        x0, y0, x1, y1: pixel edges, half-open.
    """
    columns, rows = masks.any(axis=1), masks.any(axis=2)
    height, width = masks.shape[1:]
    return np.stack(
        [
            columns.argmax(axis=1),
            rows.argmax(axis=1),
            width - columns[:, ::-1].argmax(axis=1),
            height - rows[:, ::-1].argmax(axis=1),
        ],
        axis=1,
    ).astype(np.int64)
