"""The formula of each drawn shape: here is the line that draws a star.

Each shape is a signed distance function: positive outside, negative inside, in units of the radius
of the circle that encloses the shape (formulas after Inigo Quilez, "2D distance functions",
2018-2020). It takes u (right) and v (up), float32 arrays of one shape, and returns distances of
that shape. Only operations that IEEE 754 rounds correctly are used; see `course_utils.drawn.paint`.
"""

import numpy as np


def length(x, y):
    """Return the length of the vector (x, y)."""
    return np.sqrt(x * x + y * y)


def _fold_five(u, v):
    """Fold the plane onto one of ten mirror-image wedges of a five-fold figure."""
    x, y = np.abs(u), v
    for kx, ky in ((0.809016994, -0.587785252), (-0.809016994, -0.587785252)):
        twice = 2.0 * np.maximum(kx * x + ky * y, 0.0)
        x, y = x - twice * kx, y - twice * ky
    return np.abs(x), y


def _disc(u, v):
    return length(u, v) - 0.86


def _ring(u, v):
    return np.abs(length(u, v) - 0.69) - 0.22


def _triangle(u, v):
    edges = np.maximum(0.866025404 * np.abs(u) + 0.5 * v, -v) - 0.50
    return np.maximum(edges, length(u, v) - 0.93)


def _square(u, v):
    return np.maximum(np.maximum(np.abs(u), np.abs(v)) - 0.68, length(u, v) - 0.91)


def _star(u, v):
    x, y = _fold_five(u, v)
    # the line from the tip (0, 1.04) to a notch 0.42 from the centre
    edge = 0.943 * x + 0.333 * (y - 1.04)
    return np.maximum(edge, length(u, v) - 0.97)


def _cross(u, v):
    x, y = np.abs(u), np.abs(v)
    return np.maximum(np.maximum(x, y) - 0.90, np.minimum(x, y) - 0.30)


def _crescent(u, v):
    bitten = np.maximum(length(u + 0.06, v) - 0.92, 0.70 - length(u - 0.44, v))
    return np.maximum(bitten, u - 0.50)  # blunts the horns, and their shadow ends with them


def _heart(u, v):
    # a square on its corner and a disc on the middle of each of its upper sides
    x, y, half = np.abs(u), v + 0.20, 0.54
    square = 0.707106781 * (x + np.abs(y)) - half
    return np.minimum(square, length(x - 0.707106781 * half, y - 0.707106781 * half) - half)


def _arrow(u, v):
    x = np.abs(u)
    head = np.maximum(0.733 * x + 0.680 * (v - 0.95), -0.07 - v)
    shaft = np.maximum(x - 0.28, np.abs(v + 0.45) - 0.48)
    return np.minimum(head, shaft)


def _semicircle(u, v):
    return np.maximum(length(u, v + 0.42) - 0.90, -0.42 - v)


def _drop(u, v):
    # a disc, and the cone that touches it and ends in a point above
    x, y, radius = np.abs(u), v + 0.38, 0.58
    lean, upright = 0.4265, 0.9045  # radius / distance to the point, and its cosine
    cone = np.maximum(upright * x + lean * y - radius, lean * x - upright * y)
    return np.minimum(length(x, y) - radius, cone)


def _flower(u, v):
    x, y = _fold_five(u, v)
    middle = length(u, v)
    petals = np.minimum(length(x, y - 0.60) - 0.36, middle - 0.5)
    return np.maximum(petals, 0.20 - middle)


def _leaf(u, v):
    return length(np.abs(u) + 0.72, v) - 1.20


def _house(u, v):
    x = np.abs(u)
    walls = np.maximum(x - 0.56, np.abs(v + 0.31) - 0.47)
    roof = np.maximum(0.669 * x + 0.743 * (v - 0.95), 0.10 - v)
    door = np.maximum(x - 0.19, v + 0.26)
    return np.maximum(np.minimum(walls, roof), -door)


def _bolt(u, v):
    # a triangle and the same turned by 180 degrees, half over it
    def half(x, y):
        left = -0.7954 * (x - 0.30) + 0.6061 * (y - 0.93)
        right = 0.9858 * (x - 0.30) - 0.1680 * (y - 0.93)
        return np.maximum(np.maximum(left, right), -0.12 - y)

    return np.minimum(half(u, v), half(-u, -v))


def _key(u, v):
    bow = np.abs(length(u, v - 0.50) - 0.31) - 0.14
    shaft = np.maximum(np.abs(u) - 0.13, np.abs(v + 0.38) - 0.56)
    bits = np.maximum(np.abs(u - 0.20) - 0.24, np.abs(np.abs(v + 0.60) - 0.20) - 0.10)
    return np.minimum(np.minimum(bow, shaft), bits)


def _bow(u, v):
    x, y = np.abs(u), np.abs(v)
    return np.maximum(x - 0.80, 0.8575 * (y - 0.14) - 0.5145 * (x - 0.10))


def _fish(u, v):
    y = np.abs(v)
    body = length(u - 0.26, y + 0.42) - 0.80
    tail = np.maximum(-0.86 - u, 0.7809 * (y - 0.48) + 0.6247 * (u + 0.86))
    return np.minimum(body, tail)


def _cloud(u, v):
    puffs = np.minimum(length(u + 0.44, v + 0.14) - 0.46, length(u - 0.12, v - 0.24) - 0.56)
    puffs = np.minimum(puffs, length(u - 0.54, v + 0.18) - 0.40)
    return np.maximum(puffs, -0.46 - v)


def _mug(u, v):
    body = np.maximum(np.abs(u + 0.22) - 0.48, np.abs(v) - 0.66)
    handle = np.maximum(np.abs(length(u - 0.36, v) - 0.41) - 0.13, 0.20 - u)
    return np.minimum(body, handle)


_FORMULAS = (
    *(_disc, _ring, _triangle, _square, _star, _cross, _crescent, _heart, _arrow, _semicircle),
    *(_drop, _flower, _leaf, _house, _bolt, _key, _bow, _fish, _cloud, _mug),
)
SHAPES = {formula.__name__[1:]: formula for formula in _FORMULAS}
