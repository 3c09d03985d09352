"""The pencil: shapes stay in their circle, paints stay apart, streams stay the same."""

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


def sprite(shape, colour="navy", texture="plain", *, side=64, radius=24.0, angle=0.0, fall=60.0):
    return paint.render(
        shape=np.array([ALL_SHAPE_NAMES.index(shape)]),
        colour=np.array([COLOUR_NAMES.index(colour)]),
        texture=np.array([TEXTURE_NAMES.index(texture)]),
        x=np.array([side / 2]),
        y=np.array([side / 2]),
        radius=np.array([radius]),
        angle=np.array([angle]),
        phase=np.zeros((1, 2)),
        fall=np.array([fall]),
        side=side,
    )


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
    alpha = sprite(shape, angle=angle, radius=radius).alpha[0]
    assert alpha.min() >= 0
    assert alpha.max() == 1
    distance = np.hypot(*np.meshgrid(PIXELS, PIXELS))
    assert distance[alpha > 0.5].max() <= radius + 0.1
    # The tip of a bolt may be thinner than half a pixel.
    assert distance[alpha > 0.25].max() >= 0.8 * radius - 0.5


@pytest.mark.parametrize("shape", ALL_SHAPE_NAMES)
def test_coverage_is_the_area_under_the_pixel(shape):
    """An anti-aliased edge: the coverage of a pixel is that of the same shape drawn 8 x larger."""
    coarse = sprite(shape, side=32, radius=12.0, angle=17.0).alpha[0]
    fine = sprite(shape, side=256, radius=96.0, angle=17.0).alpha[0]
    mean = fine.reshape(32, 8, 32, 8).mean(axis=(1, 3))
    assert np.abs(coarse - mean).mean() < 0.006
    assert abs(coarse.sum() / mean.sum() - 1) < 0.02


def test_rotation_is_anticlockwise():
    upright = sprite("arrow").alpha[0]
    assert np.abs(sprite("arrow", angle=90.0).alpha[0] - np.rot90(upright)).max() < 0.01


@pytest.mark.parametrize("pair", list(itertools.combinations(ALL_SHAPE_NAMES, 2)), ids="-".join)
def test_no_two_shapes_look_alike_under_any_rotation(pair):
    """Least share of pixels (of the smaller shape) that differ, at the smallest default size."""
    first = sprite(pair[0], side=32, radius=7.2).alpha[0]
    turned = [sprite(pair[1], side=32, radius=7.2, angle=a).alpha[0] for a in range(0, 360, 5)]
    smaller = min(first.sum(), turned[0].sum())
    # wherever the second lies, too: best of nine places
    shifted = [
        np.roll(t, (dy, dx), (0, 1)) for t in turned for dy in (-2, 0, 2) for dx in (-2, 0, 2)
    ]
    assert min(np.abs(first - other).sum() for other in shifted) / smaller > 0.15


def test_shadow_falls_where_it_is_sent():
    for fall, (right, down) in {0.0: (1, 0), 90.0: (0, 1), 180.0: (-1, 0)}.items():
        shadow = sprite("disc", fall=fall).shadow[0].astype(np.float64)
        x, y = (shadow.sum(0) @ PIXELS, shadow.sum(1) @ PIXELS) / shadow.sum()
        assert x * right + y * down > 1
        assert abs(x * down) + abs(y * right) < 0.1


@pytest.mark.parametrize("texture", TEXTURE_NAMES[1:])
def test_textures_show_both_paints_and_turn_with_the_object(texture):
    base, printed = paint.PAINTS["navy"]
    threshold = (base[0] + printed[0]) / 2
    upright, turned = (
        sprite("disc", "navy", texture, angle=a).rgb[0, 0] > threshold for a in (0.0, 90.0)
    )
    inside = sprite("disc", radius=18.0).alpha[0] == 1
    assert 0.15 < upright[inside].mean() < 0.7
    # the light does not turn, so only where there is paint and where there is print
    assert np.mean(np.rot90(upright)[inside] == turned[inside]) > 0.9


def test_paste_blends_patches_in_their_places_and_changes_nothing_else():
    drawn = sprite("disc", "red", side=32, radius=10.0)
    alone = np.full((1, 3, 32, 32), 200.0, np.float32)
    paint.blend(alone, drawn)
    covered = drawn.alpha[0] == 1
    assert np.allclose(alone[0][:, covered], drawn.rgb[0][:, covered], atol=1e-3)
    assert np.all(alone[0][:, (drawn.alpha[0] == 0) & (drawn.shadow[0] == 0)] == 200)
    canvas = np.full((3, 3, 80, 90), 200.0, np.float32)
    expected = canvas.copy()
    expected[2, :, 40:72, 7:39] = expected[0, :, 0:32, 58:90] = alone[0]
    two = paint.Sprites(*(np.repeat(part, 2, axis=0) for part in drawn))
    paint.paste(canvas, two, np.array([2, 0]), np.array([7, 58]), np.array([40, 0]))
    assert np.array_equal(canvas, expected)


@given(st.integers(1, 300), st.integers(1, 12), st.integers(0, 2**64))
def test_balanced_labels(n, classes, seed):
    labels = paint.Stream(seed, 0).balanced(n, classes)
    counts = np.bincount(labels, minlength=classes)
    assert labels.shape == (n,)
    assert counts.max() - counts.min() <= 1
    assert np.array_equal(labels[: n // 2], paint.Stream(seed, 0).balanced(n, classes)[: n // 2])


def test_streams_are_uniform_and_apart_and_those_of_the_published_generator():
    """PCG64 (O'Neill 2014) seeded through SeedSequence; any change here changes every picture."""
    uniforms = paint.Stream(1, 0).uniforms(2000, 10)
    assert uniforms.min() >= 0
    assert uniforms.max() < 1
    assert np.bincount((uniforms.ravel() * 10).astype(int), minlength=10).min() > 1850
    assert not np.intersect1d(uniforms, paint.Stream(1, 1).uniforms(2000, 10)).size
    assert not np.intersect1d(uniforms, paint.Stream(2, 0).uniforms(2000, 10)).size
    octets = paint.Stream(1, 0).octets(100, 800)
    assert np.bincount(octets.ravel(), minlength=256).min() > 220
    first = [0.9429375528828794, 0.3163371523854981, 0.7223425886498254]
    assert paint.Stream(0, 0).uniforms(1, 3)[0].tolist() == first


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
