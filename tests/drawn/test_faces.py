"""Faces: the person decides about the features, the seed about everything else."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.drawn import GROUP_NAMES, faces, make_faces, paint

STILL = {"pose": 0, "expression": 0, "glasses": 0, "cover": 0}
DIGEST = "9d3bb5c28426094dc5b729757cb1480b8d43e50e98adfda205172483b35512f1"
PEOPLE = st.lists(st.integers(0, 9_999_999), min_size=1, max_size=40)


def test_pictures_are_those_of_the_first_day():
    hashed = hashlib.sha256()
    for size in (48, 64, 101):
        drawn = make_faces(range(60), seed=size, size=size)
        for part in (drawn.images, np.rint(drawn.landmarks * 1e6).astype("<i8")):
            hashed.update(np.ascontiguousarray(part).tobytes())
    assert hashed.hexdigest() == DIGEST


@given(people=PEOPLE, more=PEOPLE, seed=st.integers(0, 2**70))
@settings(max_examples=15, deadline=None)
def test_first_pictures_do_not_depend_on_who_follows(people, more, seed):
    few, many = make_faces(people, seed=seed), make_faces(people + more, seed=seed)
    assert few.images.shape == (len(people), 64, 64, 3)
    assert few.images.dtype == np.uint8
    assert np.array_equal(few.images, many.images[: len(few)])
    assert np.array_equal(few.landmarks, many.landmarks[: len(few)])
    assert few.people.tolist() == people
    assert few.groups.tolist() == [person % 2 for person in people]


def test_pictures_do_not_depend_on_how_many_are_drawn_at_once(monkeypatch):
    expected = make_faces(range(50), seed=1).images
    monkeypatch.setattr(paint, "CHUNK_PIXELS", 7 * 64**2)
    assert np.array_equal(make_faces(range(50), seed=1).images, expected)


def test_a_person_keeps_the_features_and_another_has_others():
    first, second = (make_faces(range(200), seed=seed, **STILL) for seed in (1, 2))
    assert np.array_equal(first.landmarks, second.landmarks)
    assert not (first.images == second.images).all(axis=(1, 2, 3)).any()  # clothes, paper, light
    assert len(np.unique(first.landmarks.reshape(200, -1), axis=0)) == 200


def test_landmarks_follow_the_pose():
    drawn = make_faces(range(300), seed=3)
    left_eye, right_eye, nose, left_corner, right_corner = drawn.landmarks.swapaxes(0, 1)
    assert (left_eye[:, 0] < right_eye[:, 0]).all()
    assert (left_corner[:, 0] < right_corner[:, 0]).all()
    assert (np.maximum(left_eye, right_eye)[:, 1] < nose[:, 1]).all()
    assert (nose[:, 1] < np.maximum(left_corner, right_corner)[:, 1]).all()
    assert drawn.landmarks.min() > 0
    assert drawn.landmarks.max() < 64


def test_eyes_are_where_the_landmarks_say():
    """Without hair before them, what is painted at an eye differs from the cheek below it."""
    drawn = make_faces(range(200), seed=4, size=128, glasses=0, cover=0, noise=0)
    x, y = np.rint(drawn.landmarks[:, 0] - 0.5).astype(int).T
    rows = np.arange(200)
    eye = drawn.images[rows, y, x].astype(int)
    cheek = drawn.images[rows, y + 14, x].astype(int)
    assert np.mean(np.abs(eye - cheek).sum(axis=1) > 60) > 0.9


def test_the_groups_differ_by_exchanged_colours_and_nothing_else():
    own = paint.Stream(5, 0).uniforms(20, len(faces.TRAITS) + 8)
    draw = paint.Stream(6, 0).uniforms(20, 24)
    now = faces._moment(draw, draw[:, 0] < 0, draw[:, 1] < 0, 1.0, 1.0, 1.0)
    amber, jade = (
        faces._portrait(faces._person(own, np.full(20, group)), now, 64) for group in (0, 1)
    )
    assert np.array_equal(amber[1], jade[1])
    for (x, y), one, other in zip(amber[1][:, 2], amber[0], jade[0], strict=True):
        around = np.s_[:, int(y) - 4 : int(y) + 4, int(x) - 4 : int(x) + 4]  # the nose
        assert np.allclose(one[around], other[[1, 0, 2]][around], atol=1e-3)  # grey levels
        assert np.abs(one[around] - other[around]).max() > 10
    assert GROUP_NAMES == ("amber", "jade")


def test_shares_of_glasses_and_cover():
    drawn = make_faces(range(2_000), seed=7, size=48, glasses=0.1, cover=0.4)
    assert drawn.glasses.mean() == pytest.approx(0.1, abs=0.03)
    assert drawn.covered.mean() == pytest.approx(0.4, abs=0.04)
    bare = make_faces(range(200), seed=7, glasses=0, cover=0)
    assert not bare.glasses.any()
    assert not bare.covered.any()
    same = {"seed": 7, "noise": 0}
    worn = make_faces(range(200), **same, glasses=1, cover=0)
    changed = np.abs(worn.images - make_faces(range(200), **same, glasses=0, cover=0).images)
    assert (changed.any(axis=(1, 2, 3))).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"people": []}, "`people` must hold at least one number"),
        ({"people": [1.5]}, "`people` must be a whole number from 0 to 9999999. Received: 1.5"),
        ({"people": [-1]}, "Received: -1"),
        ({"people": [True]}, "Received: True"),
        ({"seed": -1}, "`seed` must be a whole number at least 0"),
        ({"size": 32}, "`size` must be a whole number from 48 to 128"),
        ({"pose": 2}, "`pose` must be a number from 0 to 1"),
        ({"glasses": "yes"}, "`glasses` must be a number from 0 to 1"),
        ({"noise": 65}, "`noise` must be a number from 0 to 64"),
    ],
    ids=str,
)
def test_wrong_arguments(wrong, said):
    with pytest.raises(ValueError, match=said):
        make_faces(**{"people": [1], "seed": 1} | wrong)
