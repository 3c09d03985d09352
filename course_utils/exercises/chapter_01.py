"""Exercises of chapter 1, images as numbers."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, Wrong, call, number, reject


def _array(answer, shape, what):
    """Return an answer as an array of numbers of the shape that is expected, or reject it."""
    try:
        array = np.asarray(answer)
    except ValueError:  # lists of several lengths
        raise Wrong(f"{what} is expected. Received: {answer!r}.") from None
    reject(array.dtype.kind not in "biuf", f"{what} is expected. Received: {answer!r}.")
    reject(
        array.shape != shape,
        f"{what} of shape {shape} is expected. Yours has the shape {array.shape}.",
    )
    return array


def _judge_channels_last(function):
    n, c, h, w = 2, 3, 4, 5
    images = np.arange(n * c * h * w).reshape(n, c, h, w)
    answer = np.asarray(call(function, images))
    reject(
        answer.shape == (n, w, h, c) and np.array_equal(answer, images.swapaxes(1, 3)),
        "The channels are last, but height and width have changed places: every picture lies on "
        "its side. Swapping two axes moves both of them.",
    )
    reject(
        answer.shape == images.shape,
        "The shape is still (n, c, h, w). NumPy returns a changed array; it does not change yours.",
    )
    reject(
        answer.shape == (n, c, w, h),
        "Axis -1 was swapped with axis -2. It is axis 1 that has to go to the end.",
    )
    reject(
        answer.shape == (n, w, c, h),
        "This takes the last axis to place 1: the way back. Axis 1 has to go to the end.",
    )
    reject(
        answer.shape == (c, h, w, n),
        "This takes axis 0, which counts the images, to the end. The channels are axis 1.",
    )
    answer = _array(answer, (n, h, w, c), "An array")
    reject(
        np.array_equal(answer, images.reshape(n, h, w, c)),
        "The shape is right, the picture is torn: reshape keeps the numbers in their old order. "
        "An axis has to be moved.",
    )
    expected = np.moveaxis(images, 1, -1)
    reject(
        np.array_equal(answer, expected[..., ::-1]),
        "The channels are last, but in reverse: red and blue have changed places.",
    )
    reject(
        not np.array_equal(answer, expected),
        "The shape is right, but some numbers are in other places: image i, row y, column x, "
        "channel c should be images[i, c, y, x].",
    )


def _judge_brighten(function):
    image = np.arange(0, 256, dtype=np.uint8).reshape(8, 32, 1)
    given = image.copy()
    answer = np.asarray(call(function, given, 100))
    wrapped = image + np.uint8(100)
    reject(
        not np.array_equal(given, image),
        "Your function changed the image it was given. Work on a copy: astype makes one.",
    )
    reject(
        answer.shape == image.shape and np.array_equal(answer, wrapped),
        "Bright pixels came out dark: something wrapped. Add in a wider type than bytes, and clip "
        "before you go back to uint8.",
    )
    reject(
        answer.shape == image.shape and answer.dtype.kind in "iu" and (answer < image // 2).any(),
        "Bright pixels came out dark: the type in which you add has too little room. int8 ends at "
        "127; int16 has enough.",
    )
    exact = image.astype(float) + 100
    reject(
        answer.shape == image.shape and np.array_equal(answer, exact),
        "The sum is right, but it goes above 255. Clip it.",
    )
    reject(
        answer.shape == image.shape and np.array_equal(answer, np.clip(exact / 255, 0, 1)),
        "The answer is in 0 to 1. The range should stay 0 to 255.",
    )
    answer = _array(answer, image.shape, "An image")
    clipped = np.clip(exact, 0, 255)
    reject(
        np.array_equal(answer, clipped) and answer.dtype != np.uint8,
        f"The numbers are right, but the type is {answer.dtype}. Go back to uint8 at the end.",
    )
    reject(
        not np.array_equal(answer, clipped),
        "With amount=100 the numbers are not as expected: 0 should become 100, and all from 155 "
        f"on 255. Your function makes {int(answer.flat[0])} and {int(answer.flat[155])} of these.",
    )
    try:
        darker = np.asarray(call(function, image.copy(), -100))
    except OverflowError:
        raise Wrong(
            "amount=100 works. But with amount=-100 your function raised OverflowError: a byte "
            "cannot be negative. Use a type with a sign before you add."
        ) from None
    reject(
        darker.shape == image.shape
        and not np.array_equal(darker, np.clip(image.astype(int) - 100, 0, 255)),
        "amount=100 works. With amount=-100 it does not: there is a limit at the other end, too, "
        "and the type in which you add needs a sign.",
    )
    reject(
        darker.dtype != np.uint8, f"With amount=-100 the type is {darker.dtype} instead of uint8."
    )


def _judge_shrink(function):
    h, w, c, factor = 4, 6, 3, 2
    image = np.random.default_rng(0).integers(0, 256, (h, w, c)).astype(np.uint8)
    blocks = image.reshape(h // factor, factor, w // factor, factor, c).astype(float)
    expected = blocks.mean(axis=(1, 3))
    answer = np.asarray(call(function, image.copy(), factor))
    reject(
        answer.shape == expected.shape[:2],
        "The channels are gone. Average over the two places inside a block, not over the colours.",
    )
    answer = _array(answer, expected.shape, "An image")
    for dy in range(factor):
        for dx in range(factor):
            reject(
                np.array_equal(answer, image[dy::factor, dx::factor]),
                "This keeps one pixel of each block and drops the others: that is what makes "
                "false patterns. Average all of them.",
            )
    reject(
        np.array_equal(answer, image[: h // factor, : w // factor]),
        "This keeps the top left corner and cuts off the rest. All pixels have to take part.",
    )
    reject(
        np.array_equal(answer, blocks.max(axis=(1, 3))),
        "This is the largest number of each block. Asked for is the mean.",
    )
    reject(
        np.allclose(answer, blocks.sum(axis=(1, 3))),
        "This is the sum of each block. Divide by the number of its pixels, factor squared.",
    )
    reject(
        np.allclose(answer, blocks.sum(axis=(1, 3)) / factor),
        "Each block has factor x factor pixels. You divided by factor.",
    )
    reject(
        np.allclose(
            answer, image.reshape(factor, h // factor, factor, w // factor, c).mean((0, 2))
        ),
        "The shape is right, but pixels from far apart were averaged. Split each axis as "
        "(h // factor, factor): the block first, then the place inside it.",
    )
    reject(
        np.abs(answer - expected).max() > 1,
        f"The first block should have the mean {expected[0, 0].round(2).tolist()}. "
        f"Yours is {np.round(answer[0, 0].astype(float), 2).tolist()}.",
    )
    thirds = np.asarray(call(function, np.arange(144.0).reshape(12, 12, 1), 3))
    reject(
        thirds.shape != (4, 4, 1) or not math.isclose(float(thirds[0, 0, 0]), 13, abs_tol=1),
        "It works for factor=2, but not for factor=3.",
    )


def _judge_equal_rate(function):
    rate, factor = 0.5, 10
    answer = number(call(function, rate, factor))
    reject(
        math.isclose(answer, rate / factor),
        "That makes up for one of two effects: the step grows with the image by itself. But the "
        "weights are smaller as well, so their steps should be, too.",
    )
    reject(
        math.isclose(answer, rate * factor**2),
        "The square is right, the direction is not: larger images make larger steps by themselves.",
    )
    reject(
        math.isclose(answer, rate * factor),
        "Larger images make larger steps by themselves, so the rate has to fall.",
    )
    reject(
        math.isclose(answer, rate),
        "With the same rate the step is `factor` times as large as before, and it should be "
        "`factor` times as small.",
    )
    reject(
        math.isclose(answer, rate / math.sqrt(factor)),
        "A square is needed here, not a square root.",
    )
    for r, f in ((rate, factor), (0.01, 255), (1.0, 1)):
        answer = number(call(function, r, f))
        reject(
            not math.isclose(answer, r / f**2, rel_tol=1e-6),
            f"For rate={r} and factor={f} the equal rate is {r / f**2:.6g}. "
            f"Your function gives {answer:.6g}.",
        )


def _judge_split(function):
    order = np.random.default_rng(1)
    object_of = order.permutation(np.repeat(np.arange(10, 50), order.integers(1, 9, 40)))
    try:
        answer = np.asarray(call(function, object_of.copy(), 0.25, np.random.default_rng(0)))
    except IndexError:
        raise Wrong(
            "Your function uses the numbers of the objects as positions. But they are names: here "
            "they go from 10 to 49. np.unique lists them."
        ) from None
    reject(
        answer.dtype.kind in "iu" and answer.shape != object_of.shape,
        "These are numbers of pictures or objects. Asked for is one True or False for each "
        "picture; np.isin makes them.",
    )
    answer = _array(answer, object_of.shape, "An array of True and False")
    reject(
        answer.dtype != bool,
        f"True and False are expected, of type bool. Yours is of type {answer.dtype}.",
    )
    reject(not answer.any() or answer.all(), "All pictures are on one side.")
    in_test, in_training = set(object_of[answer]), set(object_of[~answer])
    reject(
        bool(in_test & in_training),
        f"{len(in_test & in_training)} of the 40 objects lie on both sides: that is the leak. "
        "Draw lots among the objects, not among the pictures.",
    )
    reject(
        len(in_test) == 30 and len(in_training) == 10,
        "That is the other way round: True should mean test, and here three quarters are True.",
    )
    reject(
        len(in_test) != 10,
        f"Of 40 objects a share of 0.25 is 10. Yours has {len(in_test)} in the test.",
    )
    reject(
        in_test in (set(range(10, 20)), set(range(40, 50))),
        "No object is on both sides, but it is always the first or last objects that are tested. "
        "Objects are often numbered by class or by date. Draw lots with `dice`.",
    )
    more = call(function, object_of.copy(), 0.24, np.random.default_rng(0))
    reject(
        len(set(object_of[more])) != 10,
        "A share of 0.24 of 40 objects is 9.6, rounded 10. int cuts off; round rounds.",
    )
    again = np.asarray(call(function, object_of.copy(), 0.25, np.random.default_rng(7)))
    reject(
        np.array_equal(again, answer),
        "Two different `dice` give the same split. Draw with the generator that is handed in.",
    )
    again = np.asarray(call(function, object_of.copy(), 0.25, np.random.default_rng(0)))
    reject(
        not np.array_equal(again, answer),
        "The same `dice` gave two different splits. Draw with the generator that is handed in, "
        "not with np.random.",
    )
    counts = {
        len(set(object_of[call(function, object_of.copy(), 0.25, np.random.default_rng(seed))]))
        for seed in range(2, 8)
    }
    reject(
        counts != {10},
        "With other `dice` the number of objects in the test changes. No object can be drawn "
        "twice: dice.choice needs replace=False, or take the first of dice.permutation.",
    )


def _judge_move(function):
    h, side, dx, dy = 12, 6, 2, -1
    canvas = np.arange(h * h * 2).reshape(h, h, 2)
    middle = np.asarray(call(function, canvas.copy(), 0, 0, side))
    middle = _array(middle, (side, side, 2), "With dx = dy = 0, a window")
    reject(
        not np.array_equal(middle, canvas[3:9, 3:9]),
        "With dx = dy = 0 the window should lie in the middle: from (12 - 6) // 2 = 3 on, "
        "for a canvas of 12 and a side of 6.",
    )
    answer = _array(call(function, canvas.copy(), dx, dy, side), (side, side, 2), "A window")

    def window(top, left):
        return canvas[top : top + side, left : left + side]

    reject(
        np.array_equal(answer, middle), "The middle is right, but dx and dy do not move anything."
    )
    reject(
        np.array_equal(answer, window(3 + dy, 3 + dx)),
        "The object moves the wrong way: this moves the window. Step to the left, and everything "
        "you see moves to the right.",
    )
    reject(
        np.array_equal(answer, window(3 - dx, 3 - dy)),
        "dx and dy have changed places. The first axis is rows: that is where dy belongs.",
    )
    reject(
        np.array_equal(answer, window(3 + dx, 3 + dy)),
        "Two things at once: dx and dy have changed places (rows come first), and the window moves "
        "with the object instead of against it.",
    )
    reject(
        np.array_equal(answer, np.roll(middle, (dy, dx), axis=(0, 1))),
        "np.roll brings in on one side what left on the other. Cut another window of the canvas.",
    )
    reject(
        np.array_equal(answer, window(3 - dy, 3 + dx)),
        "dy is right. dx has the wrong sign: this moves the object to the left.",
    )
    reject(
        np.array_equal(answer, window(3 + dy, 3 - dx)),
        "dx is right. dy has the wrong sign: this moves the object the other way, up for down.",
    )
    reject(
        not np.array_equal(answer, window(3 - dy, 3 - dx)),
        "The top left pixel of the window should be canvas[middle - dy, middle - dx].",
    )


EXERCISES = (
    Exercise(
        "1.1",
        begin="Replace the dots after return by one call of a NumPy function on images.",
        hints=(
            "Which axis has to go where? Write down 0, 1, 2, 3 for n, c, h, w first.",
            "Axis 1 goes to the end, and the others close up, in their order.",
            "np.moveaxis(images, from_where, to_where), and -1 is the end.",
        ),
        judge=_judge_channels_last,
        praise="The same numbers, and every picture upright.",
    ),
    Exercise(
        "1.2",
        begin="Replace the dots after return; a line or two before it may help.",
        hints=(
            "In which type can 250 + 100 be written down? And 10 - 100?",
            "Convert first, then add, then clip, then convert back.",
            'image.astype("int16") has room enough; np.clip(..., 0, 255) stops at both ends.',
        ),
        judge=_judge_brighten,
        praise="Nothing wraps, at either end.",
    ),
    Exercise(
        "1.3",
        begin="Split both axes with reshape, then take a mean over two of the five axes.",
        hints=(
            "An axis of length h is h // factor blocks of length factor, one after the other.",
            "image.reshape(h // factor, factor, w // factor, factor, c) has five axes.",
            "Which two of the five count the places inside a block? Give them to mean(axis=...).",
        ),
        judge=_judge_shrink,
        praise="This is average pooling: networks do it, too.",
    ),
    Exercise(
        "1.4",
        begin="Replace the dots after return by an expression of rate and factor.",
        hints=(
            "Take a single number x, a single weight w, and a factor of 10. Follow one step.",
            "The step contains x once, so by itself it becomes `factor` times as large.",
            "The weight is `factor` times as small, and its step should be. From times factor to "
            "divided by factor: what has the rate to be divided by?",
        ),
        judge=_judge_equal_rate,
        praise="Now predict where the curve of 0 to 255 lies.",
    ),
    Exercise(
        "1.5",
        begin="Return one True or False for each picture: whether its object is in the test.",
        hints=(
            "First list the objects, each once. Then draw lots among these.",
            "dice.choice(names, size=..., replace=False) draws without drawing one twice.",
            "np.isin(object_of, chosen) asks of each picture whether its object was drawn.",
        ),
        judge=_judge_split,
        praise="No object is on both sides.",
    ),
    Exercise(
        "1.6",
        begin="Find the window's top row and left column, and return that part of the canvas.",
        hints=(
            "Begin with dx = dy = 0: where does a window in the middle begin?",
            "Look through a window frame at a wall. To see a picture move to the right, which way "
            "do you move the frame?",
            "top = middle - dy, left = middle - dx, with middle = (len(canvas) - side) // 2.",
        ),
        judge=_judge_move,
        praise="The object moves, and not a pixel of it is drawn anew.",
    ),
)
