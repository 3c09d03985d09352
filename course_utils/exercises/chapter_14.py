"""Exercises of chapter 14, attention."""

import numpy as np
from scipy.special import softmax

from course_utils.exercises.check import Exercise, call, number, reject


def _array(function, *arguments, shape, what):
    """Call the learner's function and demand an array of one shape."""
    copies = [a.copy() if hasattr(a, "copy") else a for a in arguments]
    with np.errstate(all="ignore"):  # what overflows is told below, in words
        answer = np.asarray(call(function, *copies), dtype=float)
    reject(
        answer.shape != shape,
        f"{what} of shape {shape} is expected. Received: shape {answer.shape}.",
    )
    return answer


def _judge_look_up(function):
    rng = np.random.default_rng(141)
    queries, keys = rng.normal(0, 2, (3, 9)), rng.normal(0, 1, (5, 9))
    values = rng.normal(0, 1, (5, 4))
    scores = queries @ keys.T
    answer = _array(function, queries, keys, values, shape=(3, 4), what="One value for each query,")

    def same(weights):
        return np.allclose(answer, weights @ values, atol=1e-6)

    reject(
        same(softmax(scores, axis=-1)),
        "The scale is missing: divide the scores by the root of d, the length of a key, before "
        "the softmax.",
    )
    reject(
        same(softmax(scores / 9, axis=-1)),
        "You divided by d itself. The spread of a sum of d products grows with its root.",
    )
    reject(
        same(softmax(scores / np.sqrt(5), axis=-1)),
        "You divided by the root of the number of keys. d is the length of one key, keys.shape[1].",
    )
    reject(
        same(softmax(scores / 3, axis=0)),
        "The softmax runs over the queries. Each query shares out a weight of 1 over its keys: "
        "over the last axis.",
    )
    reject(
        same(scores / 3),
        "The softmax is missing: the weights of a query should be positive and add up to 1.",
    )
    reject(
        same(np.exp(scores / 3)),
        "The exponentials are not yet divided by their sum. The weights of a query should add up "
        "to 1.",
    )
    reject(
        same(np.exp(scores / 3) / np.exp(scores / 3).sum()),
        "You divided by the sum over all queries and keys. Each query has a sum of its own: "
        "sum(axis=-1, keepdims=True).",
    )
    reject(
        same(np.eye(5)[scores.argmax(axis=1)]),
        "That is the hard look-up: only the best key counts. Let every key count by its softmax.",
    )
    expected = softmax(scores / 3, axis=-1) @ values
    reject(
        not np.allclose(answer, expected, atol=1e-5),
        f"In the test, the first query should get {np.round(expected[0], 3)}. "
        f"Yours gets {np.round(answer[0], 3)}.",
    )
    large = _array(
        function, 1000 * queries, keys, values, shape=(3, 4), what="One value for each query,"
    )
    reject(
        not np.allclose(large, softmax(1000 * scores / 3, axis=-1) @ values, atol=1e-5),
        "Right, but not for large scores: the exponential overflows. Subtract each row's largest "
        "score first, which changes no weight.",
    )


def _judge_masked(function):
    rng = np.random.default_rng(142)
    scores = rng.normal(0, 1, (4, 6))
    allowed = np.array(
        [[1, 1, 1, 1, 1, 1], [1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0], [0, 1, 1, 1, 1, 0]], bool
    )
    answer = _array(function, scores, allowed, shape=(4, 6), what="A weight for each score,")
    gone = np.isnan(answer)
    reversed_mask = "The mask is the wrong way round: True means that a query may look there."
    reject(gone[0].all() and not gone[1:].any(), reversed_mask)
    reject(
        gone.any(),
        "Some weights are NaN. Infinity times zero is not a number: choose with "
        "np.where(allowed, scores, -np.inf) in place of multiplying.",
    )

    def same(other):
        return np.allclose(answer, other, atol=1e-6)

    reject(
        same(softmax(scores, axis=-1) * allowed),
        "Masked keys have weight 0, but now the rest no longer adds up to 1. Mask the scores, "
        "before the softmax.",
    )
    reject(
        same(softmax(scores * allowed, axis=-1)),
        "A score of 0 is not a weight of 0: its exponential is 1. A masked score has to be minus "
        "infinity, or very negative.",
    )
    reject(
        same(softmax(np.where(allowed, -1e9, scores), axis=-1)),
        reversed_mask,
    )
    reject(same(softmax(scores, axis=-1)), "The mask is not used.")
    reject(
        same(softmax(np.where(allowed, scores, -1e9), axis=0)),
        "The softmax runs over the queries, axis 0. Each row should add up to 1.",
    )
    reject(
        same(np.where(allowed, softmax(scores, axis=-1), -1e9)),
        "You masked after the softmax: a weight of minus infinity makes no sense. First the mask, "
        "then the softmax.",
    )
    expected = softmax(np.where(allowed, scores, -np.inf), axis=-1)
    reject(
        np.allclose(answer.sum(axis=1), 1) and np.abs(answer[~allowed]).max() > 1e-6,
        f"Keys that are not allowed still get a weight of up to {answer[~allowed].max():.3f}. Is "
        "the masked score negative enough?",
    )
    reject(
        not np.allclose(answer, expected, atol=1e-5),
        f"In the test, the second row should be {np.round(expected[1], 3)}. "
        f"Yours is {np.round(answer[1], 3)}.",
    )


def _judge_patches(function):
    picture = np.arange(8 * 12 * 3).reshape(8, 12, 3)
    side = 4
    cut = [
        picture[top : top + side, left : left + side]
        for top in range(0, 8, side)
        for left in range(0, 12, side)
    ]
    expected = np.array([patch.ravel() for patch in cut])
    answer = np.asarray(call(function, picture.copy(), side))
    reject(
        answer.shape == (2, 3, 4, 4, 3),
        "The patches are right in rows and columns. Make a list of rows of them: "
        "reshape(-1, side * side * 3).",
    )
    reject(
        answer.shape != expected.shape,
        f"A picture of 8 x 12 pixels has 6 patches of 4 x 4 x 3 numbers: shape {expected.shape}. "
        f"Received: shape {answer.shape}.",
    )
    reject(
        np.array_equal(answer, picture.reshape(-1, side * side * 3)),
        "The shape is right, the pixels are not: reshape alone cuts strips out of rows. Split "
        "height and width into two axes each, then bring the two inner axes together.",
    )
    columns_first = np.array([patch.ravel() for patch in cut[::3] + cut[1::3] + cut[2::3]])
    reject(
        np.array_equal(answer, columns_first),
        "The patches go down the columns. They should go along the rows, as one reads.",
    )
    turned = np.array([patch.swapaxes(0, 1).ravel() for patch in cut])
    reject(
        np.array_equal(answer, turned),
        "The patches are right, but each is mirrored across its diagonal: inside a patch, rows "
        "come before columns.",
    )
    colours_first = np.array([np.moveaxis(patch, -1, 0).ravel() for patch in cut])
    reject(
        np.array_equal(answer, colours_first),
        "Inside a patch the three colours of a pixel should stay side by side: the channels' axis "
        "stays last.",
    )
    first = np.flatnonzero((answer != expected).any(axis=1))
    reject(
        first.size > 0,
        f"Patch {first[0] if first.size else 0} does not hold the pixels of its square.",
    )
    other = np.arange(6 * 6 * 3).reshape(6, 6, 3)
    answer = np.asarray(call(function, other.copy(), 2))
    expected = other.reshape(3, 2, 3, 2, 3).swapaxes(1, 2).reshape(9, 12)
    reject(
        answer.shape != expected.shape or not np.array_equal(answer, expected),
        "Right for patches of 4 pixels, but not for patches of 2. Use side.",
    )


def _judge_cost(function):
    n, d = 10, 7
    answer = number(call(function, n, d))
    reject(
        answer == 3 * n * d**2 + 2 * n**2 * d,
        "Queries, keys and values are three products. A fourth comes at the end: the output is "
        "multiplied by a matrix, too.",
    )
    reject(
        answer == 4 * n * d**2 + n**2 * d,
        "The n x n table is used twice: once to make the scores, once to add up the values.",
    )
    reject(
        answer == 2 * n**2 * d,
        "That is the attention alone. The four matrices that make queries, keys, values and output "
        "are multiplied as well.",
    )
    reject(
        answer == 4 * n * d**2,
        "These are the four matrices. Now add the scores, and the sum over the values.",
    )
    reject(
        answer == 4 * n**2 * d + 2 * n**2 * d,
        "A token is d numbers and the matrix is d x d: one token costs d * d, and there are n of "
        "them.",
    )
    reject(
        answer == 4 * d**2 + 2 * n**2 * d,
        "The four matrices are applied to every one of the n tokens.",
    )
    reject(
        answer == 4 * n * d + 2 * n**2,
        "You counted the results. Each of these numbers is a sum of d products (or of n).",
    )
    reject(
        answer == 2 * (4 * n * d**2 + 2 * n**2 * d),
        "You counted a multiplication and its addition as two. Here they are one multiply-add.",
    )
    for n, d in ((10, 7), (37, 48), (1, 5), (1000, 3)):
        answer = number(call(function, n, d))
        expected = 4 * n * d**2 + 2 * n**2 * d
        reject(
            answer != expected,
            f"For {n} tokens of {d} numbers, {expected:,} multiply-adds are expected. Your "
            f"function gives {answer:,.0f}.",
        )


def _judge_rollout(function):
    rng = np.random.default_rng(145)
    layers = [rng.dirichlet(np.full(5, 0.5), 5) for _ in range(3)]
    one = np.eye(5)
    answer = _array(function, list(layers), shape=(5, 5), what="One matrix")

    def product(matrices, first=None):
        total = one if first is None else first
        for matrix in matrices:
            total = matrix @ total
        return total

    def same(other):
        return np.allclose(answer, other, atol=1e-6)

    half = [0.5 * a + 0.5 * one for a in layers]
    reject(
        same(product(layers)),
        "The path around the attention is missing: half of each matrix should be the identity.",
    )
    reject(
        same(product(half[::-1])),
        "The order is turned round. A later layer looks at what the earlier ones have mixed: it "
        "multiplies from the left.",
    )
    reject(
        same(product([a + one for a in layers])),
        "The rows of a + identity add up to 2, and to 8 after three layers. Take half of each.",
    )
    reject(
        same(half[-1]),
        "That is the last layer alone. Multiply the layers.",
    )
    reject(
        same(np.mean(half, axis=0)) or same(np.mean(layers, axis=0)),
        "An average of the layers forgets that one layer looks at the output of the other: "
        "multiply.",
    )
    reject(
        same(np.prod(half, axis=0)),
        "With * the entries are multiplied one by one. Weights along paths need the product of "
        "matrices, @.",
    )
    reject(
        same(0.5 * product(layers) + 0.5 * one),
        "The identity is added once, at the end. Every layer has a path around it.",
    )
    expected = product(half)
    reject(
        not np.allclose(answer, expected, atol=1e-6),
        f"In the test, the first row should be {np.round(expected[0], 3)}. "
        f"Yours is {np.round(answer[0], 3)}.",
    )
    answer = _array(function, layers[:1], shape=(5, 5), what="One matrix")
    reject(
        not np.allclose(answer, half[0], atol=1e-6),
        "Right for three layers, but not for one. Loop over the list, whatever its length.",
    )


EXERCISES = (
    Exercise(
        "14.1",
        begin="Replace the dots after return: scores, scale, softmax, weighted sum.",
        hints=(
            "Three steps: a score for each pair of query and key; weights for each query; a sum of "
            "the values with these weights.",
            "All scores at once are queries @ keys.T, divided by np.sqrt(keys.shape[1]).",
            "powers = np.exp(scores - scores.max(axis=-1, keepdims=True)); the weights are powers "
            "/ powers.sum(axis=-1, keepdims=True); return weights @ values",
        ),
        judge=_judge_look_up,
        praise="Four lines, and the heart of every transformer.",
    ),
    Exercise(
        "14.2",
        begin="Replace the dots after return: hide the scores that are not allowed, then softmax.",
        hints=(
            "Which score gives a weight of 0 after the exponential?",
            "np.where(allowed, scores, -np.inf) keeps what is allowed and hides the rest.",
            "After that, the softmax of the first exercise over the last axis.",
        ),
        judge=_judge_masked,
        praise="Hidden keys get nothing, and the rest share the whole.",
    ),
    Exercise(
        "14.3",
        begin="Replace the dots after return: split, swap, flatten.",
        hints=(
            "Reshape height into (rows, side) and width into (columns, side): five axes with the "
            "colours.",
            "The axes are then rows, side, columns, side, colours. Swap the second and the third.",
            "picture.reshape(h // side, side, w // side, side, 3).swapaxes(1, 2)"
            ".reshape(-1, side * side * 3)",
        ),
        judge=_judge_patches,
        praise="A picture has become a sentence of patches.",
    ),
    Exercise(
        "14.4",
        begin="Replace the dots after return by an expression of n and d.",
        hints=(
            "A product of an (a x b) and a (b x c) matrix costs a * b * c multiply-adds. Which "
            "products are there?",
            "Four of (n x d) by (d x d): queries, keys, values, output. One of (n x d) by (d x n): "
            "the scores. One more with the values.",
            "4 * n * d**2 + 2 * n**2 * d",
        ),
        judge=_judge_cost,
        praise="Twice the side of a picture is four times the tokens, and sixteen times the second "
        "term.",
    ),
    Exercise(
        "14.5",
        begin="Replace the dots after return: start with the identity, multiply layer by layer.",
        hints=(
            "Keep one matrix, at first np.eye(n): each token comes from itself.",
            "For each layer, mix: half of its attention and half of the identity.",
            "for a in attentions: total = (0.5 * a + 0.5 * np.eye(len(a))) @ total",
        ),
        judge=_judge_rollout,
        praise="Each row says how much of each patch may have flowed into a token.",
    ),
)
