"""The animation: every sheet, in order, at its time; at rest the last; small, and described."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from course_utils import plots

ALT = "Four sheets of squares that grow lighter from one to the next."
SHADES = np.array([0, 80, 160, 240], "uint8")
FRAMES = np.broadcast_to(SHADES[:, None, None, None, None], (4, 6, 8, 10, 3))


@pytest.fixture
def shell():
    """Let figures be shown, as in a notebook."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(frames, **options):
    """Return the animated PNG that was emitted, its number of bytes, and its attributes."""
    with capture_output() as captured:
        plots.animate(frames, **{"alt": ALT, **options})
    assert captured.stdout == ""
    (output,) = captured.outputs
    html = output.data["text/html"]
    png = b64decode(re.search('src="data:image/png;base64,(.*?)"', html).group(1))
    attributes = dict(re.findall(r'(alt|width|height)="(.*?)"', html))
    return Image.open(io.BytesIO(png)), len(png), attributes


def sheets(animation):
    """Return the picture at rest, then those that move, and how long each of these is shown."""
    pictures, durations = [], []
    for place in range(animation.n_frames):
        animation.seek(place)
        pictures.append(np.asarray(animation.convert("RGB")))
        durations.append(animation.info.get("duration"))
    return pictures[0], pictures[1:], durations[1:]


@pytest.mark.usefixtures("shell")
def test_all_sheets_come_in_order_and_the_last_one_rests():
    animation, _, _ = shown(FRAMES, seconds=2, hold=3, columns=3, zoom=1)
    rest, moving, durations = sheets(animation)
    assert [picture[0, 0, 0] for picture in moving] == SHADES.tolist()
    np.testing.assert_array_equal(rest, moving[-1])
    assert durations == [500, 500, 500, 3500]
    assert animation.info["loop"] == 0


@pytest.mark.usefixtures("shell")
def test_pictures_stand_row_by_row_and_every_pixel_is_an_equal_square():
    random = np.random.default_rng(0).integers(0, 2, (2, 5, 4, 6)).astype(bool)
    animation, _, metadata = shown(random, columns=3, zoom=3)
    _, moving, _ = sheets(animation)
    assert moving[0].shape == (2 * 5 * 3, 3 * 7 * 3, 3)
    assert (metadata["width"], metadata["height"]) == ("63", "30")
    for frame, sheet in zip(random, moving, strict=True):
        small = sheet[::3, ::3, 0]
        np.testing.assert_array_equal(small.repeat(3, 0).repeat(3, 1), sheet[..., 0])
        for place, picture in enumerate(frame):
            top, left = 5 * (place // 3), 7 * (place % 3)
            np.testing.assert_array_equal(small[top : top + 4, left : left + 6] == 255, picture)
        assert (small[5:, 14:] == 255).all(), "a place without a picture is paper"


@pytest.mark.usefixtures("shell")
def test_captions_stand_above_and_a_bar_fills():
    plain = shown(FRAMES, zoom=2)[0]
    animation, _, metadata = shown(FRAMES, zoom=2, captions=["step 1", "2", "3", "step 4"])
    _, moving, _ = sheets(animation)
    head = moving[0].shape[0] - plain.size[1]
    assert head > 20
    assert int(metadata["height"]) == moving[0].shape[0]
    blue = [np.mean(picture[head - 9, :, 0] < 100) for picture in moving]
    np.testing.assert_allclose(blue, [0.25, 0.5, 0.75, 1], atol=0.01)
    text = [picture[: head - 10] for picture in moving]
    assert all((one < 100).any() for one in text)
    assert not np.array_equal(text[0], text[3])


@pytest.mark.usefixtures("shell")
def test_the_default_fills_the_page_and_no_more():
    for n, size, width in ((1, 8, 18), (24, 32, 8 * 66), (60, 28, 12 * 58), (3, 900, 901)):
        assert shown(np.zeros((2, n, size, size)))[2]["width"] == str(width)


@pytest.mark.usefixtures("shell")
def test_a_sheet_of_colour_pictures_stays_small_and_near_its_colours():
    ramp = np.linspace(0, 1, 32)
    one = np.stack(
        [np.broadcast_to(ramp, (32, 32)), np.full((32, 32), 0.5), ramp[::-1, None] * np.ones(32)],
        -1,
    )
    frames = np.stack([np.stack([one * share] * 24) for share in np.linspace(0.3, 1, 16)])
    animation, size, _ = shown(frames)
    assert size < 500_000
    _, moving, _ = sheets(animation)
    first = np.stack(moving)[:, :64:2, :64:2] / 255
    assert np.abs(first - frames[:, 0]).mean() < 0.03


@pytest.mark.usefixtures("shell")
def test_alternative_text_goes_with_it():
    assert shown(FRAMES, alt=ALT.replace(" ", "\n  "))[2]["alt"] == ALT
    told = shown(FRAMES, captions=["step 1", "2", "3", "step 9"], alt=None)[2]["alt"]
    assert told == "An animation of 4 sheets of 6 pictures: step 1, 2, 3, step 9."


def test_outside_of_a_notebook_the_text_is_printed(capsys):
    plots.animate(FRAMES, alt=ALT)
    assert capsys.readouterr().out == f"[animation] {ALT}\n"


@pytest.mark.parametrize(
    ("frames", "options", "message"),
    [
        (FRAMES[0, ..., 0], {}, "`frames` must be at least two"),
        (FRAMES[:1], {}, "`frames` must be at least two"),
        (np.zeros((4, 8, 8)), {}, "`frames` must be at least two"),
        (FRAMES * 1.0, {}, r"in \[0, 1\]"),
        (FRAMES, {"captions": ["a"]}, "one entry a sheet, 4. Received: 1"),
        (FRAMES, {"columns": 0}, "`columns` must be at least 1"),
        (FRAMES, {"zoom": 0}, "`zoom` must be at least 1"),
        (FRAMES, {"seconds": 0}, "`seconds` must be above 0"),
        (FRAMES, {"hold": -1}, "`hold` at least 0"),
        (FRAMES, {"alt": "short"}, "at least 20 characters"),
    ],
)
def test_what_is_refused(frames, options, message):
    with pytest.raises(ValueError, match=message):
        plots.animate(frames, **{"alt": ALT, **options})


def test_alternative_text_is_text():
    with pytest.raises(TypeError, match="`alt` must be a str"):
        plots.animate(FRAMES, alt=3)


def test_few_colours_are_few_and_near():
    many = np.random.default_rng(0).integers(0, 256, (3, 4, 16, 16, 3)).astype("uint8")
    few = plots.few_colours(many, most=64)
    assert few.shape == many.shape
    assert few.dtype == np.uint8
    assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 64
    assert np.abs(few.astype(int) - many).mean() < 30
    np.testing.assert_array_equal(plots.few_colours(few, most=64), few)


def test_grey_pictures_keep_their_greys():
    grey = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 1)).astype("uint8")
    np.testing.assert_array_equal(plots.few_colours(grey), grey)


@pytest.mark.usefixtures("shell")
def test_a_grid_of_few_colours_makes_a_small_figure():
    # Grain on a few colours, as a generator leaves it.
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 40, (12, 32, 32, 3)) + 200 * rng.integers(0, 2, (12, 1, 1, 3))
    sizes = []
    for pictures in (grain.astype("uint8"), plots.few_colours(grain.astype("uint8"))):
        with capture_output() as captured:
            plots.show(plots.image_grid(pictures, columns=6, size=0.35), alt=ALT)
        sizes.append(len(captured.outputs[0].data["text/html"]))
    assert sizes[1] < sizes[0] / 2


@pytest.mark.parametrize(
    ("pictures", "most", "message"),
    [
        (np.zeros((2, 8, 8, 3)), 8, "uint8 of shape"),
        (np.zeros((8, 8), "uint8"), 8, "uint8 of shape"),
        (np.zeros((2, 8, 8, 3), "uint8"), 1, "`most` must be from 2 to 256"),
        (np.zeros((2, 8, 8, 3), "uint8"), 257, "`most` must be from 2 to 256"),
    ],
)
def test_what_few_colours_refuses(pictures, most, message):
    with pytest.raises(ValueError, match=message):
        plots.few_colours(pictures, most=most)
