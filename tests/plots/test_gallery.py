"""Maps in rows below their pictures: what is drawn where, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils import plots
from course_utils.plots.describe import description

PICTURES = np.zeros((3, 8, 8, 3), np.uint8)
MAPS = np.arange(3 * 2 * 2).reshape(3, 2, 2).astype(float)
MASKS = np.zeros((3, 8, 8), bool)
MASKS[:, 2:6, 4:8] = True


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_row_is_named_once_and_each_panel_holds_its_own_map():
    axes = plots.map_grid({"picture": PICTURES, "layer 1": MAPS}, title="Maps")
    assert axes.shape == (2, 3)
    assert [line[0].get_ylabel() for line in axes] == ["picture", "layer 1"]
    assert not any(ax.get_ylabel() for line in axes for ax in line[1:])
    for ax, expected in zip(axes[1], MAPS, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), expected)
        assert ax.images[0].get_clim() == (expected.min(), expected.max())
    assert axes[0, 0].figure.get_suptitle() == "Maps"


def test_one_range_of_values_makes_maps_comparable():
    axes = plots.map_grid({"gate": MAPS}, value_range=(0, 20))
    assert {ax.images[0].get_clim() for ax in axes.flat} == {(0, 20)}


def test_an_outline_follows_the_edges_of_its_region_on_fine_and_coarse_panels():
    axes = plots.map_grid({"picture": PICTURES, "layer 1": MAPS}, outlines=MASKS)
    for ax in axes.flat:
        (contour,) = ax.collections
        points = contour.get_paths()[0].vertices
        left, top = points.min(axis=0)
        bottom = points[:, 1].max()
        np.testing.assert_allclose([left, top, bottom], [4 / 8, 2 / 8, 6 / 8], atol=0.02)
        assert ax.get_ylim() == (1, 0), "row 0 of a mask is at the top, as that of a picture"


def test_the_figure_says_what_its_rows_are():
    axes = plots.map_grid({"picture": PICTURES, "layer 1": MAPS}, outlines=MASKS, title="Maps")
    told = "Maps. 3 columns; rows: picture, layer 1, with an outline in each column."
    assert description(axes[0, 0].figure) == told


@pytest.mark.parametrize(
    ("rows", "outlines"),
    [({}, None), ({"a": MAPS, "b": MAPS[:2]}, None), ({"a": MAPS}, MASKS[:2])],
    ids=["none", "unequal", "outlines"],
)
def test_rows_that_do_not_fit_each_other_are_refused(rows, outlines):
    with pytest.raises(ValueError, match=r"equally many panels each\. Received: "):
        plots.map_grid(rows, outlines=outlines)
