"""What is in a scene and where: decided here, drawn and looked at in `scenes`.

Scenes come in blocks that share streams of random numbers, a row a scene.
"""

from dataclasses import dataclass

import numpy as np

from course_utils.drawn.paint import Stream

# Of layouts, before anything is drawn: in picture widths, and in sums of two radii.
_PLAN_GAP, _STEEPER, _NEAREST = 0.10, 0.06, 0.46
_CROWDED = 0.75  # share of scenes whose objects seek one another's company
# How often an object takes the shape, and the colour, of one before it: something to count and
# something to tell apart.
_REPEAT_SHAPE, _REPEAT_COLOUR = 0.35, 0.25

_BLOCK_PIXELS = 960 * 64**2  # of the scenes that share streams; changing it changes the pictures
_STREAMS_A_BLOCK = 4096
_CANDIDATES = 12  # layouts tried at once
_PATIENCE = 6


@dataclass(frozen=True)
class Settings:
    """Arguments of `scenes.make_scenes`, checked; what may be drawn as indices of `words`."""

    seed: int
    size: int
    objects: tuple[int, int]
    scale: tuple[float, float]
    rotation: float
    light: float
    clutter: int
    noise: float
    shape_ids: np.ndarray
    colour_ids: np.ndarray
    texture_ids: np.ndarray

    @property
    def block(self):
        """Scenes that share streams of random numbers: fewer where they take more memory."""
        return _BLOCK_PIXELS // self.size**2 // 60 * 60

    @property
    def side(self):
        """Pixels across a patch that holds any object and all but a trace of its shadow."""
        return int(1.08 * self.size * self.scale[1]) + 2 | 1  # odd: about the centre of a pixel


@dataclass(frozen=True)
class Plan:
    """What is decided about the scenes of a block before their layout: a row a scene."""

    exists: np.ndarray  # bool (rows, most)
    labels: np.ndarray  # int64 (rows, most); so are colours, textures and depth
    colours: np.ndarray
    textures: np.ndarray
    depth: np.ndarray
    angle: np.ndarray  # degrees, (rows, most)
    phase: np.ndarray  # of the textures, (rows, most, 2)
    look: np.ndarray  # (rows, 10) in [0, 1): makes the paper, the light, the number of marks
    marks: np.ndarray  # (rows, clutter, 8) in [0, 1)
    octets: np.ndarray | None  # uint8 (rows, bytes): randomness of the noise


def _stream(settings, block, use):
    """Return the stream for one use in one block; attempts at a layout are uses 8, 9, ..."""
    return Stream(settings.seed, (block + 1) * _STREAMS_A_BLOCK + use)


def make_plan(settings, block, rows):
    """Return the `Plan` of the first scenes of a block."""
    fewest, most = settings.objects
    counts = fewest + _stream(settings, block, 0).balanced(rows, most - fewest + 1)
    exists = np.arange(most) < counts[:, None]
    draw = _stream(settings, block, 1).uniforms(rows, most, 9)
    labels, colours = _pairs(draw[..., :4], len(settings.shape_ids), len(settings.colour_ids))
    keys = np.where(exists, draw[..., 8], 2.0)
    noise = _stream(settings, block, 4)
    return Plan(
        exists=exists,
        labels=labels,
        colours=colours,
        textures=(draw[..., 4] * len(settings.texture_ids)).astype(np.int64),
        depth=keys.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable"),
        angle=settings.rotation * (2.0 * draw[..., 5] - 1.0),
        phase=draw[..., 6:8],
        look=_stream(settings, block, 2).uniforms(rows, 10),
        marks=_stream(settings, block, 3).uniforms(rows, settings.clutter, 8),
        octets=noise.octets(rows, 3 * settings.size**2) if settings.noise else None,
    )


def _pairs(draw, n_shapes, n_colours):
    """Return a shape and a colour for each object, int64 ``(2, rows, most)``, no pair twice."""
    rows, most, _ = draw.shape
    taken = np.zeros((rows, n_shapes, n_colours), bool)
    pairs = np.empty((2, rows, most), np.int64)
    every = np.arange(rows)
    for k in range(most):
        free = ~taken
        shape = _pick(free.any(axis=2), taken.any(axis=2), _REPEAT_SHAPE, draw[:, k, :2])
        colour = _pick(free[every, shape], taken.any(axis=1), _REPEAT_COLOUR, draw[:, k, 2:])
        taken[every, shape, colour] = True
        pairs[:, :, k] = shape, colour
    return pairs


def _pick(allowed, used, share, draw):
    """Return an allowed index for each row; in that share of rows, one used before, if there is."""
    again = allowed & used & (draw[:, :1] < share)
    allowed = np.where(again.any(axis=1)[:, None], again, allowed)
    rank = np.cumsum(allowed, axis=1)
    return (rank > np.floor(draw[:, 1] * rank[:, -1])[:, None]).argmax(axis=1)


def propose_layouts(settings, block, plan, scenes, attempt):
    """Return x, y and radius in pixels, ``(scenes, most)``, and which layouts are worth drawing.

    Each attempt, 0, 1, ..., proposes others, of smaller objects. What a scene gets depends on its
    own row of the streams alone.
    """
    rows, most = plan.exists.shape
    draw = _stream(settings, block, 8 + attempt).uniforms(rows, _CANDIDATES, most, 3)[scenes]
    exists, colours = plan.exists[scenes], plan.colours[scenes]
    size, (smallest, largest) = settings.size, settings.scale
    counts = exists.sum(axis=1)
    alone = np.clip((4.0 - counts) / 5.0, 0.0, 0.5)[:, None, None]  # few objects are large ones
    share = alone + (1.0 - alone) * (draw[..., 0] * (_PATIENCE / (_PATIENCE + attempt)))
    radius = 0.5 * size * (smallest + (largest - smallest) * share)
    low, high = 0.5 + radius, size - 0.5 - radius
    # the first and the last may touch the picture's edges, and neighbours keep a gap
    start = low[..., :1]
    span = high[np.arange(len(scenes)), :, counts - 1][..., None] - start
    gap = _PLAN_GAP * size / span
    along = np.sort(np.where(exists[:, None], draw[..., 1], 1.0), axis=2)
    along = along * (1.0 - gap * (counts - 1)[:, None, None]) + gap * np.arange(most)
    x = np.clip(start + span * along, low, high)
    y = low + (high - low) * draw[..., 2]

    i, j = np.triu_indices(most, 1)
    dx, dy = x[..., j] - x[..., i], y[..., j] - y[..., i]
    # two of one colour do not touch: they would look like one
    reach = np.where(colours[:, i] == colours[:, j], 0.90, _NEAREST)[:, None]
    apart = np.sqrt(dx * dx + dy * dy) / (radius[..., i] + radius[..., j])
    fine = (dx >= 0.99 * _PLAN_GAP * size) & (apart >= reach)
    fine &= (j > i + 1) | (np.abs(np.abs(dy) - dx) >= _STEEPER * size)
    absent = ~exists[:, None, j]
    fits = (fine | absent).all(axis=2)
    # in a crowded scene the candidate with the closest pair is taken, otherwise the first
    nearest = np.where(absent, 2.0, apart).min(axis=2, initial=2.0)
    crowded = plan.look[scenes, 9] < _CROWDED
    rank = np.where(crowded[:, None], nearest, np.arange(_CANDIDATES))
    best = np.arange(len(scenes)), np.where(fits, rank, np.inf).argmin(axis=1)
    return x[best], y[best], radius[best], fits[best]
