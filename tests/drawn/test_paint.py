"""The pencil: shapes stay in their circle, paints stay apart, noise is as strong as asked for."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.drawn import paint, shapes
from course_utils.drawn.words import ADJECTIVES, ALL_SHAPE_NAMES, COLOUR_NAMES, TEXTURE_NAMES

# sRGB to XYZ (IEC 61966-2-1, D65), row by row, and what is left of linear RGB in full deuteranopia
# and protanopia (Machado, Oliveira & Fernandes 2009, severity 1.0).
RGB_TO_XYZ = """
    0.4124564 0.3575761 0.1804375 0.2126729 0.7151522 0.0721750 0.0193339 0.1191920 0.9503041"""
VISIONS = {
    "full": "1 0 0 0 1 0 0 0 1",
    "deuteranopia": """
        0.367322 0.860646 -0.227968 0.280085 0.672501 0.047413 -0.011820 0.042940 0.968881""",
    "protanopia": """
        0.152286 1.052583 -0.204868 0.114503 0.786281 0.099216 -0.003882 -0.048116 1.051998""",
}
PIXELS = np.arange(64) + 0.5 - 32


def matrix(numbers):
    return np.array(numbers.split(), float).reshape(3, 3)


def lab(rgb, vision="full"):
    """Return CIELAB (CIE 1976, D65) of sRGB 0 to 255, as seen with a vision deficiency."""
    encoded = np.asarray(rgb) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(matrix(VISIONS[vision]) @ linear, 0, 1)
    ratio = matrix(RGB_TO_XYZ) @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def coverage(shape, *, side=64, radius=24.0, angle=0.0):
    """Return how much of each pixel a shape in the middle covers."""
    sprites = paint.render(
        shape=np.array([ALL_SHAPE_NAMES.index(shape)]),
        colour=np.zeros(1, int),
        texture=np.zeros(1, int),
        x=np.array([side / 2]),
        y=np.array([side / 2]),
        radius=np.array([radius]),
        angle=np.array([angle]),
        phase=np.zeros((1, 2)),
        fall=np.array([60.0]),
        side=side,
    )
    return sprites.alpha[0]


def test_paints_differ_in_lightness_from_one_another_from_their_print_and_from_paper():
    lightness = np.array([[lab(part)[0] for part in both] for both in paint.PAINTS.values()])
    assert np.diff(lightness[:, 0]).min() >= 7
    assert np.abs(lightness[:, 0] - lightness[:, 1]).min() >= 15
    papers = [lab(np.mean(paper, axis=0))[0] for paper in paint.PAPERS]
    assert min(papers) - lightness[:, 0].max() >= 5


def test_paints_differ_to_every_eye():
    for vision, least in (("full", 35), ("deuteranopia", 15), ("protanopia", 15)):
        seen = [lab(base, vision) for base, _ in paint.PAINTS.values()]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= least


@given(st.sampled_from(ALL_SHAPE_NAMES), st.floats(-180, 180), st.floats(6, 30))
@settings(max_examples=60, deadline=None)
def test_shape_fills_its_circle_and_no_more(shape, angle, radius):
    alpha = coverage(shape, angle=angle, radius=radius)
    assert alpha.min() >= 0
    assert alpha.max() == 1
    distance = np.hypot(*np.meshgrid(PIXELS, PIXELS))
    assert distance[alpha > 0.5].max() <= radius + 0.1
    # The tip of a bolt may be thinner than half a pixel.
    assert distance[alpha > 0.25].max() >= 0.8 * radius - 0.5


@pytest.mark.parametrize("shape", ALL_SHAPE_NAMES)
def test_coverage_is_the_area_under_the_pixel(shape):
    """An anti-aliased edge: the coverage of a pixel is that of the same shape drawn 8 x larger."""
    coarse = coverage(shape, side=32, radius=12.0, angle=17.0)
    fine = coverage(shape, side=256, radius=96.0, angle=17.0)
    mean = fine.reshape(32, 8, 32, 8).mean(axis=(1, 3))
    assert np.abs(coarse - mean).mean() < 0.006
    assert abs(coarse.sum() / mean.sum() - 1) < 0.02


def test_rotation_is_anticlockwise():
    upright = coverage("arrow")
    assert np.abs(coverage("arrow", angle=90.0) - np.rot90(upright)).max() < 0.01


@pytest.mark.parametrize("pair", list(itertools.combinations(ALL_SHAPE_NAMES, 2)), ids="-".join)
def test_no_two_shapes_look_alike_under_any_rotation(pair):
    """Least share of pixels (of the smaller shape) that differ, at the smallest default size."""
    first = coverage(pair[0], side=32, radius=7.2)
    turned = [coverage(pair[1], side=32, radius=7.2, angle=a) for a in range(0, 360, 5)]
    smaller = min(first.sum(), turned[0].sum())
    # wherever the second lies, too: best of nine places
    shifted = [
        np.roll(t, (dy, dx), (0, 1)) for t in turned for dy in (-2, 0, 2) for dx in (-2, 0, 2)
    ]
    assert min(np.abs(first - other).sum() for other in shifted) / smaller > 0.15


def test_noise_has_the_spread_asked_for():
    flat = np.full((4, 3, 64, 64), 128.0, np.float32)
    octets = paint.Stream(3, 0).octets(4, 3 * 64 * 64)
    noisy = paint.develop(flat, octets, 9.0).astype(np.float64)
    assert abs(noisy.mean() - 128) < 0.2
    assert abs(noisy.std() - 9) < 0.2
    assert noisy.shape == (4, 64, 64, 3)


def test_every_word_has_its_line_and_the_order_of_labels():
    assert tuple(shapes.SHAPES) == ALL_SHAPE_NAMES
    assert tuple(paint.PAINTS) == COLOUR_NAMES
    assert tuple(paint.TEXTURES) == TEXTURE_NAMES[1:]
    assert tuple(ADJECTIVES) == TEXTURE_NAMES
