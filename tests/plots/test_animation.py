"""The animation: every sheet, in order, at its time; at rest the last; small, and described."""

import numpy as np
import pytest
from PIL import ImageSequence

from course_utils import plots

CAPTIONS = ["step 1", "2", "3", "step 4"]
HEAD = 33  # pixels of a caption and its bar
SHADES = np.array([0, 80, 160, 240], "uint8")
FRAMES = np.broadcast_to(SHADES[:, None, None, None, None], (4, 6, 8, 10, 3))


def sheets(image):
    """Return the picture at rest, then those that move, and how long each of these is shown."""
    frames = [
        (np.asarray(one.convert("RGB")), one.info.get("duration"))
        for one in ImageSequence.Iterator(image)
    ]
    pictures, durations = zip(*frames, strict=True)
    return pictures[0], pictures[1:], list(durations[1:])


def test_all_sheets_come_in_order_with_their_words_and_the_last_one_rests(shown):
    animation = shown(plots.animate, FRAMES, captions=CAPTIONS, seconds=2, columns=3)
    assert animation.alt == "An animation of 4 sheets of 6 pictures: step 1, 2, 3, step 4."
    rest, moving, durations = sheets(animation.image)
    assert [picture[HEAD, 0, 0] for picture in moving] == SHADES.tolist()
    np.testing.assert_array_equal(rest, moving[-1])
    assert durations == [500, 500, 500, 2000]
    assert animation.image.info["loop"] == 0
    bar = [np.mean(picture[HEAD - 9, :, 0] < 100) for picture in moving]
    np.testing.assert_allclose(bar, [0.25, 0.5, 0.75, 1], atol=0.02)
    caption = [picture[: HEAD - 11] for picture in moving]
    assert all((one < 100).any() for one in caption)
    assert not np.array_equal(caption[0], caption[3])


def test_pictures_stand_row_by_row_and_every_pixel_is_an_equal_square(shown):
    random = np.random.default_rng(0).integers(0, 2, (2, 5, 4, 6)).astype(bool)
    animation = shown(plots.animate, random, captions="ab", columns=3)
    assert animation.size == (2 * 3 * 7, HEAD + 2 * 2 * 5)
    for frame, sheet in zip(random, sheets(animation.image)[1], strict=True):
        small = sheet[HEAD::2, ::2, 0]
        np.testing.assert_array_equal(small.repeat(2, 0).repeat(2, 1), sheet[HEAD:, :, 0])
        for place, picture in enumerate(frame):
            top, left = 5 * (place // 3), 7 * (place % 3)
            np.testing.assert_array_equal(small[top : top + 4, left : left + 6] > 128, picture)
        assert (small[5:, 14:] > 250).all(), "a place without a picture is paper"


@pytest.mark.parametrize(("columns", "width"), [(8, 8 * 66), (14, 14 * 33)])
def test_pictures_are_drawn_at_twice_their_size_where_the_page_has_room(shown, columns, width):
    frames = np.zeros((2, 24, 32, 32))
    assert shown(plots.animate, frames, captions="ab", columns=columns).size[0] == width


def test_a_sheet_of_colour_pictures_stays_small_and_near_its_colours(shown):
    ramp = np.broadcast_to(np.linspace(0, 1, 32), (32, 32))
    one = np.stack([ramp, np.full((32, 32), 0.5), ramp[:, ::-1].T], axis=-1)
    frames = np.stack([np.stack([one * share] * 24) for share in np.linspace(0.3, 1, 4)])
    animation = shown(plots.animate, frames, captions="abcd", columns=8)
    assert animation.n_bytes < 125_000
    first = np.stack(sheets(animation.image)[1])[:, HEAD : HEAD + 64 : 2, :64:2] / 255
    assert np.abs(first - frames[:, 0]).mean() < 0.03


def test_few_colours_are_few_and_near():
    many = np.random.default_rng(0).integers(0, 256, (3, 4, 16, 16, 3)).astype("uint8")
    few = plots.few_colours(many)
    assert few.shape == many.shape
    assert few.dtype == np.uint8
    assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 200
    assert np.abs(few.astype(int) - many).mean() < 30
    np.testing.assert_array_equal(plots.few_colours(few), few)
    np.testing.assert_array_equal(plots.few_colours(many[..., :1]), many[..., :1])


def test_a_grid_of_few_colours_makes_a_small_figure(shown):
    # Grain on a few colours, as a generator leaves it.
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 40, (12, 32, 32, 3)) + 200 * rng.integers(0, 2, (12, 1, 1, 3))
    many, few = (
        shown(plots.show, plots.image_grid(pictures, columns=6, size=0.35)).n_bytes
        for pictures in (grain.astype("uint8"), plots.few_colours(grain.astype("uint8")))
    )
    assert few < many / 2
