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

CAPTIONS = ["step 1", "2", "3", "step 4"]
ALT = "An animation of 4 sheets of 6 pictures: step 1, 2, 3, step 4."
HEAD = 33  # pixels of a caption and its bar
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
        plots.animate(frames, captions=CAPTIONS[: len(frames)], **options)
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
def test_all_sheets_come_in_order_with_their_words_and_the_last_one_rests():
    animation, _, attributes = shown(FRAMES, seconds=2, columns=3)
    assert attributes["alt"] == ALT
    rest, moving, durations = sheets(animation)
    assert [picture[HEAD, 0, 0] for picture in moving] == SHADES.tolist()
    np.testing.assert_array_equal(rest, moving[-1])
    assert durations == [500, 500, 500, 2000]
    assert animation.info["loop"] == 0
    bar = [np.mean(picture[HEAD - 9, :, 0] < 100) for picture in moving]
    np.testing.assert_allclose(bar, [0.25, 0.5, 0.75, 1], atol=0.02)
    caption = [picture[: HEAD - 11] for picture in moving]
    assert all((one < 100).any() for one in caption)
    assert not np.array_equal(caption[0], caption[3])


@pytest.mark.usefixtures("shell")
def test_pictures_stand_row_by_row_and_every_pixel_is_an_equal_square():
    random = np.random.default_rng(0).integers(0, 2, (2, 5, 4, 6)).astype(bool)
    animation, _, attributes = shown(random, columns=3)
    _, moving, _ = sheets(animation)
    assert (attributes["width"], attributes["height"]) == (str(2 * 3 * 7), str(HEAD + 2 * 2 * 5))
    for frame, sheet in zip(random, moving, strict=True):
        small = sheet[HEAD::2, ::2, 0]
        np.testing.assert_array_equal(small.repeat(2, 0).repeat(2, 1), sheet[HEAD:, :, 0])
        for place, picture in enumerate(frame):
            top, left = 5 * (place // 3), 7 * (place % 3)
            np.testing.assert_array_equal(small[top : top + 4, left : left + 6] > 128, picture)
        assert (small[5:, 14:] > 250).all(), "a place without a picture is paper"


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
    frames = np.stack([np.stack([one * share] * 24) for share in np.linspace(0.3, 1, 4)])
    animation, size, _ = shown(frames)
    assert size < 125_000
    _, moving, _ = sheets(animation)
    first = np.stack(moving)[:, HEAD : HEAD + 64 : 2, :64:2] / 255
    assert np.abs(first - frames[:, 0]).mean() < 0.03


def test_outside_of_a_notebook_the_text_is_printed(capsys):
    plots.animate(FRAMES, captions=CAPTIONS)
    assert capsys.readouterr().out == f"[animation] {ALT}\n"


@pytest.mark.parametrize(
    ("frames", "captions", "message"),
    [
        (FRAMES[:1], CAPTIONS[:1], "`frames` must be at least two"),
        (np.zeros((4, 8, 8)), CAPTIONS, "`frames` must be at least two"),
        (FRAMES * 1.0, CAPTIONS, r"in \[0, 1\]"),
        (FRAMES, ["a"], "each sheet, 4. Received: 1"),
    ],
)
def test_what_is_refused(frames, captions, message):
    with pytest.raises(ValueError, match=message):
        plots.animate(frames, captions=captions)


def test_few_colours_are_few_and_near():
    many = np.random.default_rng(0).integers(0, 256, (3, 4, 16, 16, 3)).astype("uint8")
    few = plots.few_colours(many)
    assert few.shape == many.shape
    assert few.dtype == np.uint8
    assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 200
    assert np.abs(few.astype(int) - many).mean() < 30
    np.testing.assert_array_equal(plots.few_colours(few), few)
    np.testing.assert_array_equal(plots.few_colours(many[..., :1]), many[..., :1])


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


@pytest.mark.parametrize("pictures", [np.zeros((2, 8, 8, 3)), np.zeros((8, 8), "uint8")])
def test_what_few_colours_refuses(pictures):
    with pytest.raises(ValueError, match="uint8 of shape"):
        plots.few_colours(pictures)
