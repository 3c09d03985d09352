"""Figures: where pixels land, what is printed, what is refused, and the alternative text."""

import itertools
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import seaborn as sns
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from course_utils import plots
from course_utils.plots.describe import description
from course_utils.plots.style import as_text, contrast, readable_on

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype("uint8")
RUN = {"accuracy": [0.5, 0.7, 0.8], "val_accuracy": [0.52, 0.68, 0.71], "loss": [1, 0.8, 0.6]}
FITTED = SimpleNamespace(history=RUN)  # as far as what Keras' fit returns matters
NAMES = ("disc", "square", "star")
PICTURES = np.zeros((3, 8, 8, 3), np.uint8)
MAPS = np.arange(3 * 2 * 2).reshape(3, 2, 2).astype(float)
MASKS = np.zeros((3, 8, 8), bool)
MASKS[:, 2:6, 4:8] = True
LAYERS = [
    ("input", (32, 32, 3), 0),
    ("conv", (32, 32, 16), 448),
    ("pool", (16, 16, 16), 0),
    ("flatten", (4096,), 0),
    ("dense", (10,), 40970),
]
TIMES = "\N{MULTIPLICATION SIGN}"


def grid(images=PICTURE[None], **options):
    return plots.image_grid(images, **options)


def boxes(drawn, **options):
    return plots.boxes(PICTURE, drawn, **options)


def confusion(true, predicted, **options):
    return plots.confusion_matrix(true, predicted, class_names=NAMES, **options)


def bars(values, **options):
    return plots.bars(values, label="accuracy", **options)


def animate(frames, captions):
    plots.animate(frames, captions=captions, columns=3)


def curves(values, x=(1, 2), **options):
    return plots.curves(values, x, label="accuracy", x_label="images", **options)


DRAWN = [
    (lambda **to: plots.history(RUN, **to),
     "One. Learning curves, accuracy over 3 epochs. training 0.5 to 0.8, validation 0.52 to 0.71."),
    (lambda **to: plots.history({"CNN": FITTED, "dense": RUN}, **to),
     "Two. Learning curves, accuracy over 3 epochs. CNN: training 0.5 to 0.8, validation 0.52 to "
     "0.71; dense: training 0.5 to 0.8, validation 0.52 to 0.71."),
    (lambda **to: boxes([[2, 3, 9, 12]], labels=["disc"], **to),
     "Box. A picture of 32 by 24 pixels with 1 box: disc from x 2, y 3 to x 9, y 12."),
    (lambda **to: plots.masks(PICTURE, PICTURE[..., 0] > 200, **to),
     "Mask. A picture of 32 by 24 pixels with 1 region: region on 22.0% of it."),
    (lambda **to: plots.heat_map(PICTURE, PICTURE[::8, ::8, 0], label="heat", **to),
     "Heat. A map of heat over a picture, from 24 to 217, highest 12% from the left and 17% from "
     "the top."),
    (lambda **to: bars({"CNN": [0.91, 0.93], "dense": 0.8}, control={"a": 0.1, "lot": 0.11}, **to),
     "Bars. Bars of accuracy: CNN 0.920 (0.910 to 0.930); dense 0.800. Longest: CNN. Lines at "
     "a 0.1, lot 0.11."),
    (lambda **to: curves({"CNN": [[0.8, 0.9, 0.7], [0.7, 0.9, 0.9]], "dense": [0.3, 0.5, 0.6]},
                         [10, 50, 500], log_x=True, control={"chance": 0.1}, **to),
     "Curves. Curves of accuracy over images: CNN from 0.75 at 10 to 0.8 at 500, highest 0.9 at "
     "50; dense from 0.3 at 10 to 0.6 at 500. Lines: chance at 0.1."),
]  # fmt: skip
DRAWN_ON_OWN_FIGURE = [
    (lambda **to: confusion([0, 0, 1, 2], [0, 1, 1, 0], **to),
     "Four. Confusion matrix of 3 classes and 4 images: 50% right, from star with 0% to square "
     "with 100%. Most frequent: star taken for disc, 100%."),
    (lambda **to: grid(np.stack([PICTURE] * 7), titles=["a", "T-shirt/top", "c\nd", *"efgh"], **to),
     "Seven. 7 pictures of 32 by 24 pixels in 2 rows: a, T-shirt/top, c d, e, f, g, h."),
    (lambda **to: plots.map_grid({"picture": PICTURES, "layer 1": MAPS}, outlines=MASKS, **to),
     "Maps. 3 columns; rows: picture, layer 1, with an outline in each column."),
    (lambda **to: plots.shape_flow(LAYERS[-3:], **to),
     f"Flow. Layers and their outputs: pool 16 {TIMES} 16 {TIMES} 16; flatten 4096; dense 10 with "
     "40,970 parameters; 40,970 parameters in all."),
]  # fmt: skip

ONES = np.ones((24, 32))
FRAMES = np.ones((4, 6, 8, 8))
REFUSED = [
    (lambda: grid(np.ones((2, 8, 8, 3)) * 255), r"values from 255 to 255\. Divide by 255"),
    (lambda: grid(np.linspace(-1, 1, 128).reshape(2, 8, 8)), r"values from -1 to 1\. Rescale"),
    (lambda: grid(np.full((2, 8, 8), np.nan)), "values from nan to nan"),
    (lambda: grid(np.ones((2, 3, 8, 8))), "channels first"),
    (lambda: grid(np.ones((8, 8, 3))), r"single image: use images\[None\]"),
    (lambda: grid(np.ones((2, 8, 8, 4))), r"Received: shape \(2, 8, 8, 4\)"),
    (lambda: grid(np.ones((0, 8, 8))), "no pixel"),
    (lambda: grid(np.ones((2, 8, 8), "int64")), "dtype int64"),
    (lambda: grid([np.ones((8, 8)), np.ones((8, 7))]), "several shapes"),
    (lambda: grid(titles=["a", "b"]), r"`titles`.*each image, 1\. Received: 2"),
    (lambda: boxes([[9, 9, 4, 4]]), r"x0 < x1.*Received: \[9\.0, 9\.0, 4\.0, 4\.0\]"),
    (lambda: boxes([1, 2, 3, 4]), r"\(k, 4\)\. Received: shape \(4,\)"),
    (lambda: boxes([[1, 2, 3, 4]], labels=["a", "b"]), r"each box, 1\. Received: 2"),
    (lambda: plots.boxes(PICTURE[None], []), r"one image.*Received: shape \(1, 24, 32, 3\)"),
    (lambda: plots.masks(PICTURE, ONES), r"float64 of shape.*mask > 0\.5"),
    (lambda: plots.masks(PICTURE, -ONES.astype(int)), "region numbers from 0"),
    (lambda: plots.heat_map(PICTURE, np.ones((2, 4, 4))), r"Received: shape \(2, 4, 4\)"),
    (lambda: plots.heat_map(PICTURE, np.full((4, 4), np.inf)), "16 values that are NaN or"),
    (lambda: plots.map_grid({"a": MAPS}, outlines=MASKS[:2]), r"equally many panels each\. Rec"),
    (lambda: plots.history({"CNN": RUN}, metric="acc"),
     r"of 'CNN': \['accuracy', .*\]\. Received: 'acc'"),
    (lambda: plots.history({"CNN": FITTED, "dense": {}}), "of 'dense'.*did not finish: run its"),
    (lambda: confusion([0, 1], np.ones((2, 3))), r"`y_pred`.*np\.argmax"),
    (lambda: confusion([0, 3], [0, 1]), r"from 0 to 2.*Received: \[3\]"),
    (lambda: bars({}), "at least one"),
    (lambda: bars({"a": np.nan}), r"Received: \[\[nan\]\]"),
    (lambda: bars({"a": 1, "b": 2}, colours=["red"]), r"each name, 2\. Received: 1"),
    (lambda: bars({"ViT": 1}, colours={"CNN": "red"}), r"'ViT'\. Received: \['CNN'"),
    (lambda: curves({"a": [1, 2, 3]}), "2 numbers a run, for 'a'"),
    (lambda: plots.shape_flow([("conv", (None, 8, 8, 3), 1)]), "without the batch"),
    (lambda: plots.shape_flow(LAYERS, faces=[None]), r"each layer, 5\. Received: 1"),
    (lambda: animate(FRAMES[:, 0], "abcd"), r"Received: shape \(32, 8\)"),
    (lambda: animate(FRAMES * 255.0, "abcd"), r"in \[0, 1\]"),
    (lambda: animate(FRAMES, "a"), "each sheet, 4. Received: 1"),
    (lambda: plots.show(bars({"a": 1}), alt="a" + " " * 30), r"`alt` must be .*Received: 'a'"),
    (lambda: plots.show(plt.figure()), r"`alt` must be .*Received: ''"),
]  # fmt: skip


@pytest.mark.parametrize(("draw", "told"), DRAWN + DRAWN_ON_OWN_FIGURE)
def test_draws_titled_axes_that_tell_what_they_show_in_texts_that_do_not_touch(draw, told):
    title = told.partition(".")[0]
    axes = np.ravel(np.asarray(draw(title=title), dtype=object))
    assert all(isinstance(ax, mpl.axes.Axes) for ax in axes)
    figure = axes[0].figure
    assert description(figure) == told
    figure.draw_without_rendering()
    texts = [
        text
        for text in figure.findobj(mpl.text.Text)
        if text.get_visible() and text.get_text().strip()
        and (text.axes is None or text.axes.get_visible())
    ]  # fmt: skip
    assert title in [text.get_text() for text in texts]
    for a, b in itertools.combinations(texts, 2):
        box, other = a.get_window_extent(), b.get_window_extent()
        width = min(box.x1, other.x1) - max(box.x0, other.x0)
        height = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert width < 1 or height < 1, (a.get_text(), b.get_text())


@pytest.mark.parametrize(("draw", "message"), REFUSED)
def test_says_what_is_wrong(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


@pytest.mark.parametrize("draw", [draw for draw, _ in DRAWN])
def test_draws_on_the_axes_it_is_given(draw):
    _, (left, right) = plt.subplots(1, 2, layout="none")
    assert draw(ax=right) is right
    assert right.has_data()
    assert not left.has_data()
    assert len(plt.get_fignums()) == 1


def test_figures_by_hand_tell_titles_labels_and_legends_beside_what_the_course_drew():
    figure, (left, middle, right, unused) = plt.subplots(1, 4)
    figure.suptitle("Three panels?")
    left.plot([1, 2], label="CNN")
    left.set(title="Speed", xlabel="batch", ylabel="seconds")
    bars({"a": 1, "b": -5}, ax=middle)
    middle.set_title("Set later")
    figure.colorbar(right.imshow(np.eye(2)), ax=right, label="likeness")
    right.text(0, 0, "a note\non it")
    unused.set_visible(False)
    assert description(figure) == (
        "Three panels? Speed. seconds over batch: CNN. Set later. Bars of accuracy: a 1.0; b "
        "\N{MINUS SIGN}5.0. Longest: b. a note on it. Colours: likeness."
    )


def test_show_emits_one_picture_with_alternative_text(shown):
    alt = 'Is 3 < 4 & "so" on? A figure > of a test.'
    page = shown(plots.show, plots.history(RUN), alt=alt.replace(" ", "\n  "))
    assert page.alt == alt
    assert page.image.size == (2 * page.size[0], 2 * page.size[1])
    assert plt.get_fignums() == []
    assert (page.pixels[[0, -1]] == 255).all(), "something touches the edge, or is not opaque white"


@pytest.mark.parametrize("wrap", [lambda a: a[0, 0].figure, lambda a: a, lambda a: a[0, 0], list])
def test_show_takes_figure_axes_and_arrays_of_axes(shown, wrap):
    assert shown(plots.show, wrap(grid())).size


def test_the_rendered_page_carries_the_alternative_text():
    source = """
import course_utils as cu
cu.plots.use_style()
cu.plots.show(cu.plots.bars({"a": 1, "b <i>": [2, 3]}, label="value", title='"Bars" & more'))"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    html, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    told = '"Bars" & more. Bars of value: a 1.0; b <i> 2.5 (2.0 to 3.0).'
    (image,) = BeautifulSoup(html, "html.parser").find_all("img")
    assert image["alt"].startswith(told)


def test_show_outside_ipython_prints_the_alternative_text(capsys):
    plots.show(bars({"a": 1}), alt="A figure drawn by a test.")
    assert capsys.readouterr().out == "[figure] A figure drawn by a test.\n"
    assert plt.get_fignums() == []


@pytest.mark.parametrize("thing", [None, [], "figure", np.zeros((3, 3))])
def test_show_refuses_what_is_no_figure(thing):
    with pytest.raises(TypeError, match="Figure, Axes or array of Axes"):
        plots.show(thing)


@pytest.mark.parametrize("side", [3, 8, 28, 32, 33])
def test_grid_draws_every_pixel_as_an_equal_square(shown, side):
    random = np.random.default_rng(side)
    pixels = random.integers(0, 2, (side, side)).astype(bool)
    colours = np.where(pixels[..., None], np.uint8([255, 0, 0]), np.uint8([0, 0, 255]))
    image = shown(plots.show, grid(colours[None], titles=["noise"], title="One")).pixels
    coloured = (image == [255, 0, 0]).all(-1) | (image == [0, 0, 255]).all(-1)
    rows, columns = np.flatnonzero(coloured.any(1)), np.flatnonzero(coloured.any(0))
    drawn = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixel = len(rows) // side
    assert pixel > 1
    assert pixel % 2 == 0
    np.testing.assert_array_equal(drawn, np.kron(colours, np.ones((pixel, pixel, 1))))


@pytest.mark.parametrize("n", [1, 5, 7, 13, 26])
def test_grid_drops_no_image_and_fits_the_page(n):
    axes = grid(np.stack([PICTURE] * n))
    assert sum(ax.get_visible() for ax in axes.flat) == n
    assert axes.shape[1] * (axes.shape[0] - 1) < n
    assert axes[0, 0].figure.get_figwidth() <= 8


def test_titles_stand_six_in_a_row_at_most_unless_told_and_many_are_told_in_part():
    pictures = np.stack([PICTURE] * 30)
    axes = grid(pictures, titles=range(30))
    assert axes.shape == (5, 6)
    assert description(axes[0, 0].figure).endswith("22, 23, and 6 more.")
    assert grid(pictures, titles=range(30), columns=10).shape == (3, 10)


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 5, 4, 1), (2, 5, 4, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", bool])
def test_grid_accepts(shape, dtype):
    assert grid(np.ones(shape, dtype)).shape == (1, 2)


def test_grid_marks_what_it_is_told_to():
    titles = ["right", "wrong", "", " "]
    axes = grid(np.stack([PICTURE] * 4), titles=titles, title_colours=[None, "#d55e00", None, None])
    assert [ax.get_title() for ax in axes.flat] == titles
    assert [ax.spines["top"].get_visible() for ax in axes.flat] == [False, True, False, False]
    assert to_hex(axes[0, 1].title.get_color()) == "#d55e00"
    assert description(axes[0, 1].figure).endswith(": right, wrong. Marked: number 2.")


def test_grid_stretches_contrast_only_as_it_is_told():
    for side, options, seen in ((4, {}, 0.5), (3, {"value_range": (-1, 1)}, 0.75)):
        (ax,) = grid(np.full((1, side, side), 0.5), **options).flat
        assert ax.images[0].get_clim() == (0, 1)
        np.testing.assert_array_equal(ax.images[0].get_array(), np.full((side, side), seen))


def _runs(flags):
    """Return the centres of runs of True."""
    padded = np.diff(np.pad(flags.astype(int), 1))
    return (np.flatnonzero(padded == 1) + np.flatnonzero(padded == -1)) / 2


@pytest.mark.parametrize("ours", [True, False], ids=["own figure", "given axes"])
def test_boxes_lie_on_pixel_edges(shown, ours):
    ax = None if ours else plt.subplots(1, 2)[1][0]
    image = np.zeros((20, 30, 3), "uint8")
    image[:, :1] = image[:, -1:] = image[:1] = image[-1:] = [0, 255, 0]
    axes = plots.boxes(image, [[5, 7, 19, 16]], colours=["#ff0000"], ax=ax)
    drawn = shown(plots.show, axes).pixels
    green = (drawn == [0, 255, 0]).all(-1)
    rows, columns = np.flatnonzero(green.any(1)), np.flatnonzero(green.any(0))
    top, left = rows[0], columns[0]
    scale = np.array([(columns[-1] + 1 - left) / 30, (rows[-1] + 1 - top) / 20])
    assert scale[0] > 4
    red = (drawn[..., 0] > 200) & (drawn[..., 1] < 80)
    across = _runs(red[int(top + 11.5 * scale[1])])
    down = _runs(red[:, int(left + 12.5 * scale[0])])
    # imshow's own coordinates would put the lines half an image pixel off.
    np.testing.assert_allclose((across - left) / scale[0], [5, 19], atol=0.2)
    np.testing.assert_allclose((down - top) / scale[1], [7, 16], atol=0.2)
    assert len(boxes([]).patches) == 0


def test_a_region_of_one_pixel_is_outlined_by_its_four_edges():
    numbers = np.zeros((24, 32), int)
    numbers[2, 3] = 3
    ax = plots.masks(PICTURE, numbers)
    four = {((3, 2), (4, 2)), ((3, 3), (4, 3)), ((3, 2), (3, 3)), ((4, 2), (4, 3))}
    for lines in ax.collections:
        assert {tuple(map(tuple, segment.tolist())) for segment in lines.get_segments()} == four
    assert to_hex(ax.collections[1].get_color()[0]) == plots.COLOURS[2]
    tint = ax.images[-1]
    assert tuple(tint.get_extent()) == (0, 32, 24, 0)
    np.testing.assert_array_equal(tint.get_array()[..., 3] > 0, numbers > 0)


def test_heat_map_covers_the_image_and_states_its_scale():
    heat = np.float32([[2, 3], [4, 10]])
    ax = plots.heat_map(PICTURE, heat, label="Grad-CAM")
    drawn = ax.images[-1]
    np.testing.assert_array_equal(drawn.get_array(), heat)
    assert tuple(drawn.get_extent()) == (0, 32, 24, 0)
    (scale,) = [other for other in ax.figure.axes if other is not ax]
    assert scale.get_ylabel() == "Grad-CAM"
    assert scale.get_ylim() == (2, 10)
    assert plots.heat_map(PICTURE, np.eye(2), colour_bar=False).figure.axes[1:] == []


def test_each_row_of_maps_is_named_once_and_each_panel_holds_its_own_map_and_outline():
    axes = plots.map_grid({"picture": PICTURES, "layer 1": MAPS}, outlines=MASKS)
    assert [ax.get_ylabel() for ax in axes.flat] == ["picture", "", "", "layer 1", "", ""]
    for ax, expected in zip(axes[1], MAPS, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), expected)
        assert ax.images[0].get_clim() == (expected.min(), expected.max())
    for ax in axes.flat:
        points = ax.collections[0].get_paths()[0].vertices
        np.testing.assert_allclose(points.min(axis=0), [4 / 8, 2 / 8], atol=0.02)
        np.testing.assert_allclose(points[:, 1].max(), 6 / 8, atol=0.02)
        assert ax.get_ylim() == (1, 0), "row 0 of a mask is at the top, as that of a picture"
    axes = plots.map_grid({"gate": MAPS}, value_range=(0, 20))
    assert {ax.images[0].get_clim() for ax in axes.flat} == {(0, 20)}


def test_history_of_one_run():
    ax = plots.history(FITTED)
    curves = [line for line in ax.lines if line.get_linestyle() != "None"]
    assert [line.get_linestyle() for line in curves] == ["--", "-"]
    for line, values in zip(curves, (RUN["accuracy"], RUN["val_accuracy"]), strict=True):
        assert list(line.get_xdata()) == [1, 2, 3]
        assert list(line.get_ydata()) == values
    assert {text.get_text() for text in ax.texts} == {"training", "validation"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "accuracy")


def test_history_of_several_runs_names_each_once_even_after_one_epoch():
    ax = plots.history({"CNN": FITTED, "dense": {"accuracy": [0.25]}})
    assert sorted(text.get_text() for text in ax.texts) == ["CNN", "dense"]
    assert [text.get_text() for text in ax.get_legend().texts] == ["validation", "training"]
    marked = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert marked == [0.8, 0.71, 0.25]


def _cells(ax):
    return {tuple(np.int64(text.get_position())): text.get_text() for text in ax.texts}


def test_confusion_matrix_prints_shares_of_each_true_class():
    ax = confusion([0] * 4 + [1] * 300 + [2], [0, 0, 0, 1] + [1] * 299 + [2] + [2])
    assert _cells(ax) == {(0, 0): "75", (1, 0): "25", (1, 1): "100", (2, 1): "<1", (2, 2): "100"}
    assert [label.get_text() for label in ax.get_yticklabels()] == list(NAMES)
    assert "true class" in ax.get_ylabel()
    assert "predicted class" in ax.get_xlabel()


def test_confusion_matrix_fits_a_laptop():
    ax = plots.confusion_matrix(range(20), range(20), class_names=["a long name"] * 20)
    assert ax.figure.get_figwidth() <= 7.5


@pytest.mark.filterwarnings("error")
def test_confusion_matrix_survives_a_class_without_examples_and_no_error():
    assert _cells(confusion([0, 1], [1, 1]))[0, 0] == "0"
    assert _cells(confusion([0, 2], [0, 2])) == {(0, 0): "100", (1, 1): "", (2, 2): "100"}


def test_bars_start_at_zero_and_end_at_the_mean():
    ax = bars({"CNN": [0.9, 0.8, 1.0], "dense": 0.7}, control={"chance": 0.1})
    assert [(bar.get_x(), round(bar.get_width(), 9)) for bar in ax.patches] == [(0, 0.9), (0, 0.7)]
    assert ax.get_xlim()[0] == 0
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert sorted(points.get_xdata()) == [0.8, 0.9, 1.0]
    assert ax.lines[-1].get_xdata()[0] == 0.1
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["0.900", "0.800 to 1.000", "0.700", "chance 0.1"]
    assert ax.get_xlabel() == "accuracy"


def test_curves_are_means_in_a_band_from_least_to_greatest():
    several = [[0.8, 0.6], [0.6, 0.8], [0.7, 1.0]]
    ax = curves({"CNN": several, "dense": [0.3, 0.5]}, [2, 10], control={"chance": 0.1})
    cnn, dense, chance = ax.lines
    np.testing.assert_allclose(cnn.get_xydata(), [[2, 0.7], [10, 0.8]])
    np.testing.assert_allclose(dense.get_xydata(), [[2, 0.3], [10, 0.5]])
    assert set(chance.get_ydata()) == {0.1}
    (band,) = ax.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert {(2, 0.6), (2, 0.8), (10, 0.6), (10, 1.0)} == corners
    assert {text.get_text() for text in ax.texts} == {"CNN", "dense", "chance"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("images", "accuracy")


@pytest.mark.parametrize(("x", "log_x"), [(["pixel", "4 px"], False), ([10, 1000], True)])
def test_curves_stand_over_names_or_powers(x, log_x):
    ax = curves({"a": [1, 2]}, x, log_x=log_x)
    assert [text.get_text() for text in ax.get_xticklabels()] == [str(place) for place in x]


@pytest.mark.parametrize("log_y", [False, True])
def test_names_stand_where_curves_end_on_either_scale(log_y):
    ax = curves({"a": [1, 10], "b": [1, 1000]}, log_y=log_y)
    for text, end in zip(ax.texts, (10, 1000), strict=True):
        _, on_page = ax.transAxes.inverted().transform(ax.transData.transform((2, end)))
        assert text.get_position()[1] == pytest.approx(on_page, abs=1e-6)


def test_faces_and_parameter_bars_are_to_scale_and_numbers_are_written():
    ax = plots.shape_flow(LAYERS)
    faces = [patch.get_extents() for patch in ax.patches[2::4]]
    area = [face.width * face.height for face in faces]
    assert area[1] == pytest.approx(area[0])
    assert area[2] == pytest.approx(area[0] / 4)
    heights = np.array([bar.get_height() for bar in ax.patches[3::4]])
    parameters = np.array([n for _, _, n in LAYERS])
    np.testing.assert_allclose(heights / heights.max(), parameters / parameters.max())
    long = plots.shape_flow([(f"conv {i}", (32, 32, 16), 100) for i in range(9)])
    assert long.figure.get_figwidth() < 10, "a long network fits the page too"
    texts = {text.get_text() for text in ax.texts}
    assert {"conv", "448", "40,970", "4096", "41,418 in all", f"32 {TIMES} 32 {TIMES} 16"} <= texts


def test_colours_are_seaborns():
    assert list(plots.COLOURS) == sns.color_palette("colorblind").as_hex()


def test_words_read_well_in_any_colour_of_the_course_by_the_standard_of_contrast():
    # the grey that is known to just pass on white
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.005)
    for colour in plots.COLOURS:
        assert contrast(as_text(colour), "white") >= 4.5
        assert contrast(readable_on(colour), colour) >= 3.9


def test_a_learners_own_settings_of_matplotlib_change_nothing():
    own = {"image.origin": "lower", "text.usetex": True, "font.size": 30, "axes.grid": True}
    drawn, backend = [], mpl.get_backend()
    for settings in ({}, own):
        mpl.rcParams.update(settings)
        plots.use_style()
        axes = grid(np.linspace(0, 1, 64).reshape(1, 8, 8), titles=["a_b"], title="$x$")
        axes[0, 0].figure.canvas.draw()
        drawn.append(np.asarray(axes[0, 0].figure.canvas.buffer_rgba()))
    np.testing.assert_array_equal(*drawn)
    assert mpl.get_backend() == backend


@pytest.mark.parametrize("colours", [{"CNN": "#ff0000", "dense": "#0000ff"}, ["#0000ff"]])
def test_one_colour_for_one_thing(colours):
    drawn = [
        bars({"dense": 1}, colours=colours).patches[0].get_facecolor(),
        curves({"dense": [1, 2]}, colours=colours).lines[0].get_color(),
    ]
    assert [to_hex(colour) for colour in drawn] == ["#0000ff"] * 2
