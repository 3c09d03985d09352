"""Exercises of chapter 9, transfer learning."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, call, number, reject


def _judge_block_weights(function):
    channels, expansion, window = 24, 6, 5
    wide = expansion * channels
    answer = number(call(function, channels, expansion, window))
    outer, depthwise = 2 * channels * wide, window * window * wide
    reject(
        answer == outer + window * window * wide * wide,
        "The middle convolution is depthwise: each of its filters sees one channel, not all of "
        "them. That is what makes the block cheap.",
    )
    reject(
        answer == outer + window * wide,
        f"A window of {window} x {window} has {window * window} places, not {window}.",
    )
    reject(
        answer == outer / 2 + depthwise,
        "One of the two 1 x 1 convolutions is missing: one expands, one projects back.",
    )
    reject(
        answer == outer, "The depthwise convolution has weights, too: a window for each channel."
    )
    reject(
        answer == outer + window * window * channels,
        "The depthwise convolution looks at the *expanded* channels: there are expansion times as "
        "many.",
    )
    reject(
        answer == outer + depthwise + 2 * wide + channels,
        "These convolutions have no biases: batch normalisation follows, which has its own.",
    )
    for channels, expansion, window in ((24, 6, 5), (80, 6, 3), (7, 2, 5), (16, 1, 3)):
        answer = number(call(function, channels, expansion, window))
        wide = expansion * channels
        expected = 2 * channels * wide + window * window * wide
        reject(
            answer != expected,
            f"With {channels} channels, expansion {expansion} and a window of {window} x {window}, "
            f"the block has {expected:,} weights. Your function gives {answer:,.0f}.",
        )


_MEANS = np.array([103.939, 116.779, 123.68])  # blue, green, red


def _judge_prepare(function):
    pictures = np.random.default_rng(9).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    answer = np.asarray(call(function, pictures.copy()))
    reject(
        answer.shape != pictures.shape,
        f"Pictures of the same shape are expected, {pictures.shape}. "
        f"Received: shape {answer.shape}.",
    )
    reject(
        not np.issubdtype(answer.dtype, np.floating),
        f"Numbers with a fraction are expected. Received: {answer.dtype}, which cannot hold "
        "-103.939, and wraps round below zero where it is unsigned.",
    )
    rgb = pictures.astype(float)
    bgr = rgb[..., ::-1]

    def same(other):
        return np.allclose(answer, other, atol=0.01)

    reject(same(rgb - _MEANS), "The means are subtracted, but the colours are still in RGB order.")
    reject(
        same((rgb - _MEANS)[..., ::-1]),
        "You subtracted first and swapped then, so that red lost the mean of blue. The means are "
        "in the order B, G, R: swap first.",
    )
    reject(
        same(rgb - _MEANS[::-1]),
        "Each colour lost its own mean, but the order is still RGB: reverse the last axis as well.",
    )
    reject(same(bgr), "The swap is right. Now subtract the three means.")
    reject(
        same(bgr + _MEANS),
        "The means are added. Subtract them, so that an average picture becomes zero.",
    )
    reject(
        same(bgr / 255 - _MEANS) or same((bgr - _MEANS) / 255),
        "Divided by 255, all pictures look nearly alike to this network: it was trained on whole "
        "steps of grey, from about -124 to 151.",
    )
    reject(
        same(bgr - bgr.mean(axis=(0, 1, 2))),
        "You subtracted the mean of *these* pictures. The network was trained with the mean of "
        "ImageNet; a picture's numbers must not depend on which others are beside it.",
    )
    reject(
        same(rgb[:, :, ::-1] - _MEANS) or same(rgb[::-1] - _MEANS) or same(rgb[:, ::-1] - _MEANS),
        "The pictures are mirrored, or their order is reversed, in place of the colours. Colours "
        "are the last axis: [..., ::-1].",
    )
    wrong = np.abs(answer - (bgr - _MEANS))
    reject(
        wrong.max() > 0.01,
        f"The first pixel is {pictures[0, 0, 0].tolist()} in RGB and should become "
        f"{np.round(bgr[0, 0, 0] - _MEANS, 3).tolist()}. "
        f"Yours is {np.round(answer[0, 0, 0], 3).tolist()}.",
    )


def _rows(function, photograph, share, seed):
    answer = np.asarray(call(function, photograph.copy(), share, seed))
    reject(
        answer.shape != photograph.shape,
        f"One verdict for each of the {len(photograph)} rows is expected. "
        f"Received: shape {answer.shape}.",
    )
    reject(
        answer.dtype != bool,
        f"True or False for each row is expected. Received: {answer.dtype}. np.isin makes them.",
    )
    return answer


def _judge_for_testing(function):
    # A third of the photographs has many copies, so that a share of rows is another share.
    counts = np.array([2, 2, 12] * 10)
    photograph = np.repeat(np.arange(30) * 7 + 100, counts)
    photograph = photograph[np.random.default_rng(3).permutation(len(photograph))]
    held_out = _rows(function, photograph, 0.3, 0)
    sides = set(photograph[held_out]) & set(photograph[~held_out])
    reject(
        bool(sides),
        f"{len(sides)} of the 30 test photographs have rows on both sides. Draw among the "
        "photographs, not among the rows, and let every row follow its photograph.",
    )
    reject(not held_out.any(), "No row is for testing. True means test.")
    reject(held_out.all(), "All rows are for testing; nothing is left to learn from.")
    drawn = len(set(photograph[held_out]))
    reject(
        drawn == 21,
        "True and False are exchanged: the share is what is held out for testing, True.",
    )
    reject(
        not 8 <= drawn <= 10,
        f"A share of 0.3 of 30 photographs is 9. Yours holds out {drawn}.",
    )
    others = [_rows(function, photograph, 0.3, seed) for seed in range(1, 6)]
    reject(
        all(np.array_equal(held_out, other) for other in others),
        "Every seed holds out the same photographs. Draw with np.random.default_rng(seed): a "
        "folder is often sorted, by day or by camera.",
    )
    reject(
        not np.array_equal(held_out, _rows(function, photograph, 0.3, 0)),
        "The same seed gave two different divisions. Use np.random.default_rng(seed) and nothing "
        "else that is random.",
    )
    half = len(set(photograph[_rows(function, photograph, 0.5, 4)]))
    reject(not 14 <= half <= 16, f"A share of 0.5 of 30 photographs is 15. Yours is {half}.")


def _little_network():
    import keras
    from keras import layers

    pixels = keras.Input((8, 8, 3))
    x = layers.Conv2D(2, 3, name="first")(pixels)
    x = layers.BatchNormalization(name="first_norm")(x)
    x = layers.Conv2D(2, 3, name="second")(x)
    x = layers.Conv2D(2, 3, name="third")(x)
    x = layers.BatchNormalization(name="third_norm")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(pixels, layers.Dense(2, name="head")(x))


def _judge_freeze(function):
    model = call(function, _little_network(), "second")
    reject(
        not hasattr(model, "layers") or not hasattr(model, "trainable_variables"),
        f"The model is expected back. Received: {type(model).__name__}.",
    )
    state = {layer.name: layer.trainable for layer in model.layers if layer.weights}
    frozen = {name for name, trainable in state.items() if not trainable}
    reject(not frozen, "Every layer is still trainable. Set layer.trainable = False on some.")
    reject(
        frozen == set(state),
        "Everything is frozen, the head as well, so nothing would be learned. Set `trainable` "
        "layer by layer, not on the whole model.",
    )
    reject(
        frozen == {"first_norm", "third_norm"},
        "Only batch normalisation is frozen. The early layers, up to `last`, should be, too.",
    )
    reject(
        "second" not in frozen,
        "The layer named `last` itself is still trainable: freeze up to and *including* it.",
    )
    reject(
        "third_norm" not in frozen,
        "A batch normalisation behind `last` is still trainable: it would replace the stored "
        "means and variances. Freeze each one, wherever it is.",
    )
    reject(
        "third" in frozen,
        "A layer behind `last` is frozen that is no batch normalisation: it should be fine-tuned.",
    )
    expected = {"first", "first_norm", "second", "third_norm"}
    reject(
        frozen != expected,
        f"In the test network, {sorted(expected)} should be frozen. Yours freezes "
        f"{sorted(frozen)}.",
    )
    again = call(function, _little_network(), "first")
    frozen = {layer.name for layer in again.layers if layer.weights and not layer.trainable}
    reject(
        frozen != {"first", "first_norm", "third_norm"},
        f"With last='first', the frozen layers should be first, first_norm and third_norm. Yours "
        f"are {sorted(frozen)}.",
    )


def _judge_pictures_needed(function):
    sizes, accuracies = [10, 50, 200], [0.3, 0.7, 0.9]
    answer = number(call(function, list(sizes), list(accuracies), 0.8))
    reject(
        math.isclose(answer, 125),
        "You went along the straight line over the size itself. Over its logarithm the middle "
        "between 50 and 200 is 100.",
    )
    reject(
        math.isclose(answer, math.log(100)) or math.isclose(answer, math.log10(100)),
        "That is the logarithm of the answer. Turn it back: math.exp undoes math.log, and 10 ** "
        "undoes math.log10.",
    )
    reject(
        answer in (50, 200),
        "That is the nearest measured size. Read between the points, along the straight line.",
    )
    reject(
        not math.isclose(answer, 100, rel_tol=1e-6),
        f"Between 50 pictures (0.7) and 200 (0.9), a target of 0.8 is half way: at 100, because "
        f"100 is twice 50 and half of 200. Your function gives {answer:g}.",
    )
    answer = number(call(function, list(sizes), list(accuracies), 0.95))
    reject(
        answer == 200,
        "A target that the curve never reaches gets the last size, as np.interp does it. That "
        "would claim a success that nobody measured: return math.inf.",
    )
    reject(
        not math.isinf(answer),
        f"0.95 is above all that was measured; the answer is math.inf. Yours is {answer:g}: "
        "a curve that is prolonged beyond its last point is a guess.",
    )
    answer = number(call(function, list(sizes), list(accuracies), 0.2))
    reject(
        not math.isclose(answer, 10),
        f"A target of 0.2 is reached with the first size already, 10. Your function gives "
        f"{answer:g}.",
    )
    for sizes, accuracies, target, expected in (
        ([10, 50, 200], [0.3, 0.7, 0.9], 0.9, 200),
        ([1, 10, 100, 1000], [0.2, 0.5, 0.4, 0.8], 0.45, 10 ** (0.25 / 0.3)),
        ([10, 1000], [0.5, 0.9], 0.6, 10**1.5),
    ):
        answer = number(call(function, list(sizes), list(accuracies), target))
        reject(
            not math.isclose(answer, expected, rel_tol=1e-6),
            f"For sizes {sizes}, accuracies {accuracies} and the target {target}, the curve first "
            f"arrives at {expected:.2f} pictures. Your function gives {answer:.2f}.",
        )


EXERCISES = (
    Exercise(
        "9.1",
        begin="Replace the dots after return: add up the weights of three convolutions.",
        hints=(
            "There are three convolutions. What does each see, and how many filters has it?",
            "A 1 x 1 convolution has a weight for each pair of a channel that it sees and a "
            "filter. A depthwise one has a window for each channel, and mixes none.",
            "wide = expansion * channels, then channels * wide + window * window * wide + wide * "
            "channels",
        ),
        judge=_judge_block_weights,
        praise="Sixteen such blocks, a stem and a head are all of EfficientNet-Lite0.",
    ),
    Exercise(
        "9.2",
        begin="Replace the dots after return: reverse the colours, then subtract the three means.",
        hints=(
            "Two steps, and no division. Which axis holds the colours?",
            "pictures[..., ::-1] is BGR. Three numbers subtracted from the last axis are "
            "subtracted colour by colour.",
            "pictures[..., ::-1] - np.array([103.939, 116.779, 123.68])",
        ),
        judge=_judge_prepare,
        praise="Better still inside the model, where nobody can forget it.",
    ),
    Exercise(
        "9.3",
        begin="Replace the dots after return: draw photographs, then mark their rows.",
        hints=(
            "First make a list in which each photograph stands once: np.unique(photograph).",
            "Shuffle this list with the generator's permutation, and take the first part of it.",
            "np.isin(photograph, drawn) is True for all rows of the photographs drawn.",
        ),
        judge=_judge_for_testing,
        praise="No photograph is on both sides now, however many copies it has.",
    ),
    Exercise(
        "9.4",
        begin="Replace the dots after return: set layer.trainable for every layer, return the "
        "model.",
        hints=(
            "Go through model.layers; they are in the order of computation.",
            "Two reasons to freeze a layer: it is not behind `last`, or isinstance(layer, "
            "layers.BatchNormalization).",
            "names = [layer.name for layer in model.layers] and names.index(last) tell where "
            "`last` is; enumerate tells where you are.",
        ),
        judge=_judge_freeze,
        praise="The layers behind the cut may learn, and the stored statistics stay.",
    ),
    Exercise(
        "9.5",
        begin="Replace the dots after return: find the piece of the curve that reaches the target.",
        hints=(
            "Three cases: reached at the first size, reached between two sizes, never reached.",
            "In the second case, find how far between the two accuracies the target lies, and go "
            "as far between the two logarithms of the sizes.",
            "math.exp(low + way * (high - low)), where low and high are logarithms of sizes and "
            "way = (target - a) / (b - a)",
        ),
        judge=_judge_pictures_needed,
        praise="Now a gain in accuracy has a price in pictures.",
    ),
)
