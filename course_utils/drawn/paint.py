"""The pencil behind the course's drawn data: papers, shadows, grain and noise.

Pictures are drawn by the hundred in NumPy as planar float32 arrays ``(n, 3, h, w)`` of grey levels,
0 to 255. Shapes are signed distance functions (`course_utils.drawn.shapes`), so one formula yields
an anti-aliased edge at every size, a soft shadow and a lit rim.

The same seed gives the same bytes on every platform and NumPy version. Randomness is PCG64's raw
output turned into numbers here, because NumPy keeps bit generators stable but may change what
``Generator`` makes of them. Pixels see only operations that IEEE 754 rounds correctly (+ - * /
square root, comparisons, floor) and tables; sines and cosines are taken once an object and rounded
to a grid so coarse that the last bit of a maths library cannot matter.
"""

import math
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
_PAINTS = np.array(list(PAINTS.values()), np.float32)

# Two corners of each paper's gradient: light enough for every paint to stand out.
PAPERS = (
    ((254, 247, 230), (246, 226, 192)),  # cream
    ((234, 244, 250), (200, 222, 240)),  # sky
    ((254, 237, 230), (244, 210, 200)),  # blush
    ((236, 247, 232), (204, 230, 206)),  # mint
    ((244, 238, 251), (218, 207, 241)),  # lilac
    ((249, 245, 238), (227, 222, 214)),  # stone
)

# What a full shadow takes from red, green and blue; least from blue, as under a sky.
SHADE = (0.44, 0.42, 0.34)

CHUNK_PIXELS = 98_304  # drawn at once: few enough that float32 layers stay in a core's cache
_TRIG_GRID = 4096.0
_GRAIN_SIDE = 512


class Stream:
    """Random numbers that stay the same on every platform and NumPy version.

    Each row uses up whole 64-bit words, so the first rows do not depend on how many follow.
    """

    def __init__(self, seed, purpose):
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose,)))

    def uniforms(self, rows, *shape):
        """Return float64 ``(rows, *shape)``, uniform in [0, 1) in steps of 2**-53."""
        raw = self._bits.random_raw(rows * math.prod(shape))
        return ((raw >> np.uint64(11)) * 2.0**-53).reshape(rows, *shape)

    def octets(self, rows, columns, *, first=0):
        """Return uint8 ``(rows, columns)``, uniform in 0 to 255, after leaving out `first` rows."""
        words = -(-columns // 8)
        self._bits.advance(first * words)
        raw = self._bits.random_raw(rows * words).astype("<u8", copy=False)
        return raw.view(np.uint8).reshape(rows, 8 * words)[:, :columns]

    def balanced(self, n, classes):
        """Return int64 ``(n,)``: every `classes` labels in turn hold each label once."""
        blocks = -(-n // classes)
        keys = self._bits.random_raw(blocks * classes).reshape(blocks, classes)
        return np.argsort(keys, axis=1, kind="stable").ravel()[:n].astype(np.int64)


def directions(degrees):
    """Return cosines and sines of `degrees`, rounded to multiples of 2**-12."""
    radians = np.deg2rad(degrees)
    return np.rint(np.stack([np.cos(radians), np.sin(radians)]) * _TRIG_GRID) / _TRIG_GRID


def column(values):
    """Return numbers, ``(n,)``, as float32 ``(n, 1, 1)``: one for all pixels of a picture."""
    return np.asarray(values, np.float32)[:, None, None]


def _pixels(side):
    """Return the middles of a row of pixels."""
    return np.arange(side, dtype=np.float32) + np.float32(0.5)


def places(x, y, radius, angle, side):
    """Return where each pixel is from an object's centre, in radii: right, down; its own u, v."""
    cos, sin = directions(angle)
    dx = (_pixels(side) - column(x)) / column(radius)
    dy = (_pixels(side)[:, None] - column(y)) / column(radius)
    u = column(cos) * dx - column(sin) * dy
    v = column(-sin) * dx - column(cos) * dy
    return dx, dy, u, v


def wave(x):
    """Return the triangle wave of period 1 that is 1 at whole numbers and -1 between them."""
    return np.abs(x - np.floor(x) - 0.5) * 4.0 - 1.0


def _stripes(u, v, period):
    return np.clip(0.5 + 0.25 * period * wave(u), 0.0, 1.0)


def _dots(u, v, period):
    u, v = u * 0.80, v * 0.80
    distance = length(u - np.floor(u) - 0.5, v - np.floor(v) - 0.5)
    return np.clip(0.5 + (1.25 * period) * (0.30 - distance), 0.0, 1.0)


def _checks(u, v, period):
    slope = 0.375 * period
    a = np.clip(slope * wave(u * 0.66), -1.0, 1.0)
    b = np.clip(slope * wave(v * 0.66), -1.0, 1.0)
    return 0.5 + 0.5 * a * b


# Each takes u and v in periods, the period in pixels, and returns the printed share of a pixel.
TEXTURES = {"stripes": _stripes, "dots": _dots, "checks": _checks}


class Sprites(NamedTuple):
    """Drawn objects, each on a square patch of its own, ready to be pasted: float32 arrays."""

    rgb: np.ndarray  # (n, 3, side, side): paint under its light, 0 to 255 and highlights above
    alpha: np.ndarray  # (n, side, side): share of a pixel that the object covers
    shadow: np.ndarray  # (n, side, side): share of a pixel's light that its shadow takes away


def _distance(shapes, u, v):
    """Return how far each place is outside of its object's outline, in radii."""
    distance = np.empty_like(u)
    for shape in np.unique(shapes):
        of = shapes == shape
        distance[of] = SHAPES[ALL_SHAPE_NAMES[shape]](u[of], v[of])
    return distance


def _pattern(textures, u, v, radius, phase):
    """Return the printed share of each pixel."""
    period = np.maximum(0.5 * radius, 3.6)
    per_period = column(radius / period)
    printed = np.zeros_like(u)
    for name, formula in TEXTURES.items():
        of = textures == TEXTURE_NAMES.index(name)
        printed[of] = formula(
            u[of] * per_period[of] + column(phase[of, 0]),
            v[of] * per_period[of] + column(phase[of, 1]),
            column(period[of]),
        )
    return printed


def render(*, shape, colour, texture, x, y, radius, angle, phase, fall, side):
    """Draw n objects, each alone on a transparent patch of `side` pixels; return `Sprites`.

    All arrays have a row for each object. `shape`, `colour` and `texture` are indices; `x`, `y` and
    `radius` of the enclosing circle are in pixels of the patch, `angle` in degrees anticlockwise;
    `phase`, ``(n, 2)``, is where in its period the pattern starts, 0 to 1. Shadows go the way of
    `fall`, in degrees clockwise from the right.
    """
    dx, dy, u, v = places(x, y, radius, angle, side)
    # Each shape twice: in its place, and one step along the shadow. The softened edge of the second
    # is the shadow, and the difference of the two distances tells how squarely the nearest edge
    # faces the light.
    cos, sin = directions(angle)
    fall_x, fall_y = directions(fall)
    step = 0.09 + 0.6 / radius
    near = _distance(shape, u, v)
    shifted = _distance(
        shape,
        u - column((cos * fall_x - sin * fall_y) * step),
        v - column((-sin * fall_x - cos * fall_y) * step),
    )
    alpha = np.clip(near * column(-radius) + 0.5, 0.0, 1.0)
    shadow = np.clip(shifted * column(-1.0 / (2.4 * step)) + 0.6, 0.0, 1.0)
    shadow *= shadow

    rim = np.clip(near * 3.6 + 1.0, 0.0, 1.0)
    # gouache is darkest where it dries last, at its edge
    light = ((shifted - near) * column(0.16 / step) - 0.10) * rim
    light += 1.05 - column(0.09 * fall_x) * dx
    light -= column(0.09 * fall_y) * dy

    base, print_ = _PAINTS[colour].transpose(1, 0, 2)[..., None, None]
    rgb = _pattern(texture, u, v, radius, phase)[:, None] * (print_ - base)
    rgb += base
    rgb *= light[:, None]
    return Sprites(rgb, alpha, shadow)


def blend(canvas, sprites):
    """Lay sprites over as many pictures of their size, in place: the shadow, then the paint."""
    for channel, share in enumerate(SHADE):
        layer = canvas[:, channel]
        layer *= 1.0 - share * sprites.shadow
        layer += sprites.alpha * (sprites.rgb[:, channel] - layer)


def windows(pictures, side):
    """Return a writable view of every square window: ``(..., rows, columns, side, side)``."""
    return sliding_window_view(pictures, (side, side), axis=(-2, -1), writeable=True)


def corner(centre, side, room):
    """Return where a patch about `centre` begins, moved so that it lies within the picture."""
    return np.clip(np.floor(centre).astype(np.int64) - side // 2, 0, room - side)


def paste(canvas, sprites, pictures, left, top):
    """Blend each sprite into a picture of its own, in place: so paste objects layer by layer."""
    view = windows(canvas, sprites.alpha.shape[-1])
    patch = view[pictures, :, top, left]
    blend(patch, sprites)
    view[pictures, :, top, left] = patch


def ground(paper, turn, side):
    """Return papers, float32 ``(n, 3, side, side)``, with gradients that `turn`, in degrees."""
    cos, sin = directions(turn)
    along = _pixels(side) / np.float32(side) - 0.5
    share = column(0.7 * cos) * along + column(0.7 * sin) * along[:, None]
    share += 0.5
    start, end = np.array(PAPERS, np.float32)[paper].transpose(1, 0, 2)[..., None, None]
    return share[:, None] * (end - start) + start


def scatter(canvas, marks, number_of_marks, unit):
    """Put the first few of its marks, ``(n, most, 8)`` in [0, 1), on each picture, in place.

    They are dabs, one to two and a half `unit` wide, which is in pixels, and strokes.
    """
    size, side = canvas.shape[-1], math.ceil(10.0 * unit)
    view = windows(canvas, side)
    for layer in range(marks.shape[1]):
        pictures = np.flatnonzero(layer < number_of_marks)
        x, y, width, stretch, turn, blur, colour, strength = marks[pictures, layer].T
        x, y = x * size, y * size
        left, top = corner(x, side, size), corner(y, side, size)
        *_, u, v = places(x - left, y - top, np.ones(len(x)), 180.0 * turn, side)
        half_length = unit * np.maximum(3.0 * stretch - 1.0, 0.0)
        u = np.maximum(np.abs(u) - column(half_length), 0.0)
        cover = length(u, v) - column(unit * (0.5 + 0.7 * width))
        cover *= column(-1.0 / np.maximum(unit * (4.0 * blur - 1.0), 1.0))
        cover = np.clip(cover + 0.5, 0.0, 1.0) * column(0.16 + 0.34 * strength)
        paint = _PAINTS[(colour * len(PAINTS)).astype(np.int64), 0][..., None, None]
        patch = view[pictures, :, top, left]
        patch += cover[:, None] * (paint - patch)
        view[pictures, :, top, left] = patch


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
    """Multiply pictures by a light and the paper's grain, in place.

    `brightness` is the light in the middle; `slope`, ``(n, 2)``, how much more there is on the
    right than on the left, and below than above; `grain`, ``(n, 2)``, 0 to 1, where on the sheet
    the picture was cut out.
    """
    side = canvas.shape[-1]
    along = _pixels(side) / np.float32(side) - 0.5
    top, left = (grain * (_GRAIN_SIDE - side)).astype(np.int64).T
    light = windows(_grain(), side)[top, left] * np.float32(0.022)
    light += column(slope[:, 0]) * along + column(brightness)
    light += column(slope[:, 1]) * along[:, None]
    canvas *= light[:, None]


@cache
def _bell():
    """Return the normal deviate of unit spread for each octet, float32 ``(256,)``."""
    quantiles = np.array([NormalDist().inv_cdf((octet + 0.5) / 256) for octet in range(256)])
    return (np.rint(quantiles * 1.0076 * _TRIG_GRID) / _TRIG_GRID).astype(np.float32)


def develop(canvas, octets, noise):
    """Turn float32 ``(n, 3, h, w)``, which is overwritten, into bytes ``(n, h, w, 3)``.

    The `noise` is a standard deviation in grey levels, its randomness uint8 ``(n, 3 * h * w)``.
    """
    if noise:
        canvas += np.take(_bell() * np.float32(noise), octets).reshape(canvas.shape)
    canvas += 0.5
    np.clip(canvas, 0.0, 255.0, out=canvas)
    return np.stack(list(canvas.astype(np.uint8).swapaxes(0, 1)), axis=-1)


def boxes_of(masks):
    """Return the tight boxes, int64 ``(n, 4)``, of masks ``(n, height, width)``, none empty."""
    columns, rows = masks.any(axis=1), masks.any(axis=2)
    height, width = masks.shape[1:]
    x0, y0 = columns.argmax(axis=1), rows.argmax(axis=1)
    x1, y1 = width - columns[:, ::-1].argmax(axis=1), height - rows[:, ::-1].argmax(axis=1)
    return np.stack([x0, y0, x1, y1], axis=1)
