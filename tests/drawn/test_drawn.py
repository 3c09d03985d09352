"""What objects, scenes and questions share: a seed's bytes never change, and arguments are checked.

A digest that differs means that every learner's pictures change: raise the version and say so, or
find what is not portable.
"""

import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.drawn import draw_object, make_objects, make_questions, make_scenes, paint
from course_utils.drawn.words import ALL_SHAPE_NAMES, COLOUR_NAMES, NEW_SHAPE_NAMES, TEXTURE_NAMES

MAKERS = pytest.mark.parametrize("make", [make_objects, make_scenes])
PLAIN = {"rotation": 0, "light": 0, "clutter": 0, "noise": 0}
NOISY = {"noise": 12.5, "clutter": 20}
DOTTED = {"shapes": ("star", "heart"), "textures": ("dots",)}
CROWD = {"objects": (4, 5), "textures": ("dots",)}
CASES = {
    "objects": (make_objects, {"n": 300, "seed": 0}),
    "objects, other seed": (make_objects, {"n": 300, "seed": 2**70 + 1}),
    "objects, centred": (make_objects, {"n": 50, "seed": 3, "shift": 0, **PLAIN}),
    "objects, odd size": (make_objects, {"n": 30, "seed": 4, "size": 27, **NOISY}),
    "objects, large": (make_objects, {"n": 20, "seed": 5, "size": 128, **DOTTED}),
    "new shapes": (make_objects, {"n": 60, "seed": 6, "rotation": 180, "shapes": NEW_SHAPE_NAMES}),
    "scenes": (make_scenes, {"n": 60, "seed": 0}),
    "scenes, other seed": (make_scenes, {"n": 60, "seed": 2**70 + 1}),
    "scenes, tidy": (make_scenes, {"n": 20, "seed": 3, **PLAIN}),
    "scenes, odd size": (make_scenes, {"n": 10, "seed": 4, "size": 77, **NOISY}),
    "scenes, large": (make_scenes, {"n": 6, "seed": 5, "size": 256, **CROWD}),
}
DIGESTS = {
    "objects": "bb05d1138d91e862d2b74164838a3bfa1420d4ec0b7995465a132ba8760a888d",
    "objects, other seed": "3ab72a9c877010c800cf01963d75eb9cea94191be86d94a4a0d67d0411009122",
    "objects, centred": "154b26621a21bf1424cd52e9103fdafce2b7b68d7c83862e3c7cec145b6def93",
    "objects, odd size": "82af53fd826b23f51187979c5fa583b03bcf697cb658cfb4a1f94baab2d5a90f",
    "objects, large": "62ce3079cbc63759afef7b7d1fe9d5b123b7935cb778df865ffc9af208654c26",
    "new shapes": "d3aa505d49d53d32007b06506b04d02f85ee9388314c9340e1e07a60756ab1b2",
    "scenes": "af258aafff755b52922b0cb2fc88841c366d25b17992ca0865fb0fd9d0667610",
    "scenes, other seed": "e7d6aac6f0a826311a1836c6f014892c8cc0ba04d1099b95fed1d73bf8096d8b",
    "scenes, tidy": "1b6a293dfeb1ecf73081b5a08874b326b8a22071999e34242fa4415dcd59abcc",
    "scenes, odd size": "641b05cd40b50d53343617891b57ae9fc5f0b7044cec0cde97abf5acf8e6e012",
    "scenes, large": "9d1dafb43b34e09aed4d73b23517237c419e8b854d5dcad445656059e9347927",
}


def arrays_of(data):
    return {name: part for name, part in vars(data).items() if isinstance(part, np.ndarray)}


def hashed(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("name", CASES)
def test_pictures_are_those_of_the_first_day(name):
    make, arguments = CASES[name]
    data = make(**arguments)
    arrays = (np.ascontiguousarray(array) for array in arrays_of(data).values())
    little = (array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    captions = "\n".join(getattr(data, "captions", ()))
    assert hashed(*little, captions.encode()) == DIGESTS[name]


def test_single_objects_are_those_of_the_first_day():
    kinds = (("star", "red", "dots"), ("house", "navy", "plain"), ("disc", "yellow", "checks"))
    few = hashed(*(draw_object(*kind, angle=20, size=40).tobytes() for kind in kinds))
    assert few == "2ad352627d2ff38a635410ef8577b725ef22f7397415c7e00e5f672deaef5cc8"
    how = {"angle": 33, "scale": 0.55, "centre": (0.3, 0.9), "size": 50}
    kinds = itertools.product(ALL_SHAPE_NAMES, COLOUR_NAMES, TEXTURE_NAMES)
    every = hashed(*(draw_object(*kind, **how).tobytes() for kind in kinds))
    assert every == "2c094783b5eebdc79d24b0492b6b03de6feb575a761a45fd4d61b01cb33cc991"


def test_questions_are_those_of_the_first_day():
    asked = make_questions(make_scenes(60, seed=4), seed=5)
    lines = "\n".join(f"{t}|{a}" for t, a in zip(asked.texts, asked.answers, strict=True))
    digest = hashed(lines.encode())
    assert digest == "44cb83662d3214cedb58f611471b34c91ea0a455ba25db6d10b75aa0b91ab9f7"
    asked = make_questions(make_scenes(200, seed=8), seed=9, per_scene=6)
    said = repr((asked.texts, asked.answers, asked.kinds)).encode()
    digest = hashed(said, *(part.astype("<i8").tobytes() for part in (asked.scenes, asked.objects)))
    assert digest == "c29b998f14e2dd586dba495f341056687ae0325c9367c8b493f391b0141dd7cf"


@MAKERS
@given(n=st.integers(1, 70), more=st.integers(0, 70), size=st.sampled_from([64, 90, 128, 200]))
@settings(max_examples=10, deadline=None)
def test_first_pictures_do_not_depend_on_how_many_follow(make, n, more, size):
    """At 200 pixels a block is 60 scenes; of objects several chunks are drawn at every size."""
    size = min(size, 128) if make is make_objects else size
    few, many = make(n, seed=5, size=size), make(n + more, seed=5, size=size)
    for name, array in arrays_of(few).items():
        assert np.array_equal(array, arrays_of(many)[name][:n]), name


@MAKERS
def test_pictures_depend_on_the_seed_alone_and_not_on_how_many_are_drawn_at_once(make, monkeypatch):
    first, second = make(200, seed=1).images, make(200, seed=2).images
    assert not any((image == second).all(axis=(1, 2, 3)).any() for image in first)
    monkeypatch.setattr(paint, "CHUNK_PIXELS", 7 * 64**2)
    assert np.array_equal(make(200, seed=1).images, first)


@MAKERS
def test_chosen_names(make):
    how = {"shapes": ["star", "disc"], "colours": ("red", "pink"), "textures": ["dots"]}
    how |= {"objects": (3, 4)} if make is make_scenes else {}
    data = make(60, seed=1, **how)
    assert data.class_names == ("star", "disc")
    assert data.colour_names == ("red", "pink")
    assert data.texture_names == ("dots",)
    for labels, classes in ((data.labels, 2), (data.colours, 2), (data.textures, 1)):
        assert set(labels[labels >= 0]) == set(range(classes))
    assert make is make_objects or set(data.counts) == {3, 4}


BOTH = {
    "n": (0, 2.5),
    "seed": (-1, None),
    "rotation": (181, "90"),
    "light": (-0.1, float("nan")),
    "clutter": (21, 2.0),
    "noise": (65,),
    "shapes": ((), "star", ("star", "star"), ("teapot",)),
    "colours": (("mauve",),),
    "textures": (["dots", "tartan"],),
}
WRONG = {
    make_objects: {
        **BOTH,
        "size": (23, 129),
        "scale": (0.5, (0.6, 0.5), ("small", "large"), (0.1, 0.5)),
        "shift": (1.5, True),
    },
    make_scenes: {
        **BOTH,
        "size": (63, 257),
        "scale": ((0.2, 0.4), (0.4, 0.6), (0.3, float("nan"))),
        "objects": (3, (-1, 3), (0, 0), (2, 6), (3, 2), (1.0, 2), (True, 2)),
    },
}


@MAKERS
def test_errors_say_what_was_expected_and_received(make):
    for name, values in WRONG[make].items():
        for value in values:
            with pytest.raises(ValueError, match=f"`{name}` must be .*Received: ") as caught:
                make(**{"n": 10, "seed": 0, name: value})
            assert str(caught.value).endswith(repr(value))
