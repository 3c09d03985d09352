"""Exercises of chapter 7, segmentation."""

import math
import warnings

import numpy as np
from scipy import ndimage

from course_utils.exercises.check import (
    Exercise,
    Wrong,
    call,
    number,
    reject,
    reject_known,
    reject_unequal,
)


def _number(function, first, second, *others):
    """Call the learner's function; one number for all pixels together is expected."""
    try:
        with warnings.catch_warnings(action="ignore"):  # a division by 0 is told below, in words
            answer = call(function, first.copy(), second.copy(), *others)
    except ValueError as error:
        reject(
            "truth value" in str(error),
            "`if`, `and` and a < b < c decide once, and here are many pixels, each with an answer "
            "of its own. Join comparisons with & or |, each in parentheses: (a < b) & (b < c).",
        )
        raise
    reject(
        getattr(answer, "size", 1) != 1,
        "One number for all pixels together is expected. np.sum adds up everything; Python's own "
        "sum leaves one number for each column. Received: shape "
        f"{getattr(answer, 'shape', None)}.",
    )
    return number(answer)


def _iou(true, said, label):
    both = np.array([true == label, said == label])
    return both.all(axis=0).sum() / both.any(axis=0).sum()


def _judge_iou(function):
    true = np.array([[2, 2, 0, 1, 1], [1, 2, 2, 1, 2], [1, 2, 2, 0, 0], [3, 3, 2, 2, 2]])
    said = np.array([[1, 3, 0, 1, 1], [2, 3, 2, 1, 2], [1, 2, 2, 0, 0], [3, 3, 3, 2, 2]])
    answer = _number(function, true.astype("uint8"), said, 2)
    in_truth, in_answer = true == 2, said == 2
    truth, found, shared = in_truth.sum(), in_answer.sum(), (in_truth & in_answer).sum()
    union, right = truth + found - shared, np.mean(true == said)
    of_others = [_iou(true, said, label) for label in (0, 1, 3)]
    mistakes = {
        "This is pixel accuracy: the many pixels of other classes count as well. Count only those "
        "that have the class in the truth or in the answer.": [right, 1 - (union - shared) / 20],
        "This is the intersection alone. Divide it by the number of pixels that have the class in "
        "one or the other.": [shared, shared / 20],
        "You divide by the pixels of the truth, so that an answer of star everywhere would be "
        "perfect. Divide by those in the truth *or* in the answer.": [shared / truth],
        "You divide by the pixels of the answer, so that a single right pixel would be perfect. "
        "Divide by those in the truth *or* in the answer.": [shared / found],
        "This is the Dice coefficient, which comes later. IoU counts what is shared once, and "
        "divides it by the pixels in one or the other.": [2 * shared / (truth + found)],
        "The sum of the two sizes counts what they share twice. Subtract it once, or count the "
        "union with |.": [shared / (truth + found)],
        "You divide by the pixels in exactly one of the two. Those in both belong to the union as "
        "well.": [shared / (union - shared)],
        "Put the union in parentheses: Python divides first.": [shared / truth + found - shared],
        "Above the line you count every pixel that is right, whatever its class. Count those that "
        "have *this* class in both.": [20 * right / union],
        "Python reads & and | before ==. Put each comparison in parentheses: (true == label) & "
        "(said == label).": [np.sum(true & said == 2) / np.sum(true | said == 2)],
        "This is the IoU of another class, or the mean of them all. Asked for is that of "
        "`label`.": [*of_others, np.mean([*of_others, shared / union])],
    }
    reject_known(answer, mistakes)
    for true, said, label in (
        ([[5]], [[5]], 5),
        ([[0, 4]], [[4, 0]], 4),
        ([[0, 1, 1]], [[0, 0, 1]], 0),
        ([[3, 3, 3], [3, 1, 1]], [[1, 3, 3], [3, 3, 3]], 3),  # the star of the text
        ([[[12, 0], [0, 7]], [[7, 12], [12, 0]]], [[[12, 12], [7, 7]], [[7, 0], [12, 0]]], 12),
    ):
        true, said = np.array(true, "uint8"), np.array(said)
        what = f"If true = {true.tolist()} and said = {said.tolist()}, the IoU of class {label}"
        reject_unequal(_number(function, true, said, label), _iou(true, said, label), what)


def _judge_dice(function):
    p = np.array([[0.9, 0.6, 0.3], [0.35, 0.8, 0.25], [0.45, 0.7, 0.05]])
    true = np.array([[1, 1, 1], [0, 1, 0], [1, 0, 0]])
    answer = _number(function, p, true)
    shared, found, truth, hard = np.sum(p * true), np.sum(p), np.sum(true), np.sum((p > 0.5) * true)
    sizes, means = found + truth, np.mean(p) + np.mean(true)
    hard_sizes = np.sum(p > 0.5) + truth
    smooth = [(2 * shared + a, sizes + b) for b in (2, 1, 0.1, 0.01, 0.001) for a in (0, b / 2, b)]
    mistakes = {
        "You make yes or no of each probability. Use p as it is: a probability of 0.7 counts "
        "0.7.": [2 * hard / hard_sizes, 2 * hard / sizes, 2 * shared / hard_sizes],
        "This is the IoU. Dice takes twice what is shared, and divides by the sum of both sizes, "
        "without subtracting.": [shared / (sizes - shared)],
        "The 2 is missing: twice what is shared goes above the line.": [shared / sizes],
        "This is the loss. Asked for is the coefficient, 1 minus it.": [1 - 2 * shared / sizes],
        "You square below the line, as Milletari and others did. Here the sizes are the plain sums "
        "of p and of true.": [2 * shared / (np.sum(p**2) + truth)],
        "You add a small number above or below the line. A loss needs that where a class may be "
        "absent; here Dice is counted without it.": [above / below for above, below in smooth],
        "Both sizes belong below the line: that of what is said, np.sum(p), and that of what is "
        "true.": [2 * shared / found, shared / found, 2 * shared / truth, shared / truth],
        "This is the mean of a fraction for each pixel. Sum over the pixels first, and then divide "
        "once.": [np.mean(2 * p * true / (p + true))],
        "A mean and a sum meet in your fraction, so that the result depends on the number of "
        "pixels. Take np.sum of all three.": [2 * shared / 9 / sizes, 2 * shared / means],
        "You count each pixel as said in full. A pixel with a probability of 0.7 adds 0.7: take "
        "the sum of p.": [2 * shared / (9 + truth), 2 * shared / 18],
    }
    reject_known(answer, mistakes)
    rng = np.random.default_rng(7)
    for p, true in (
        ([0.7], [1]),
        ([0.25, 0.5], [1, 0]),
        ([0.2, 0.3], [0, 0]),
        ([1.0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 1]),  # the 4 and 5 pixels of the text
        (rng.random((2, 2, 3), "float32").round(2), np.eye(3, dtype="float32")[[[0, 1], [1, 2]]]),
    ):
        p, true = np.array(p), np.array(true)
        expected = 2 * np.sum(p * true) / (np.sum(p) + np.sum(true))
        shown = p.astype(float).round(2).tolist()
        what = f"For p = {shown} and true = {true.tolist()}, the Dice coefficient"
        reject_unequal(_number(function, p, true), expected, what)


_WHOLE = (
    "Your result holds whole numbers, because `values` does, and what is behind the point is lost. "
    "np.zeros without a dtype makes an array for fractions."
)


def _enlarged(function, values, kernel):
    height, width = values.shape
    given = values.copy(), kernel.copy()
    try:
        answer = np.asarray(call(function, *given), dtype=float)
    except IndexError as error:
        raise Wrong(
            f"On {height} x {width} values your function raises IndexError: {error}. Height and "
            "width may differ: take both from values.shape."
        ) from None
    except TypeError as error:
        reject("Cannot cast" in str(error), _WHOLE)
        raise
    reject(
        not all(map(np.array_equal, given, (values, kernel))),
        "Your function changes the arrays that it was given. Write into an array of your own.",
    )
    told = {
        (2 * width, 2 * height): "Height and width are exchanged. ",
        (height + 1, width + 1): "Your blocks overlap, as with a stride of 1. ",
    }
    reject(
        answer.shape != (2 * height, 2 * width),
        f"{told.get(answer.shape, '')}From {height} x {width} values {2 * height} x {2 * width} "
        f"are expected. Received: shape {answer.shape}.",
    )
    return answer


def _judge_enlarge(function):
    values = np.array([[2.0, -1.0, 4.0], [3.0, 5.0, 1.5]])
    kernel = np.array([[1.0, 0.5], [-2.0, 0.25]])
    answer = _enlarged(function, values, kernel)
    repeated, kernels = np.kron(values, np.ones((2, 2))), np.tile(kernel, (2, 3))
    turned = [np.kron(values, k) for k in (kernel[::-1, ::-1], kernel[::-1], kernel[:, ::-1])]
    overlapping = np.zeros((4, 6))
    for row, column in np.ndindex(2, 3):
        overlapping[row : row + 2, column : column + 2] = values[row, column] * kernel
    products = values[:, :, None, None] * kernel
    mistakes = {
        "Each block is its value repeated, or the kernel alone. Multiply.": [repeated, kernels],
        "You lay copies of the whole array side by side. Each *value* becomes a block of 2 x 2, "
        "multiplied by the kernel.": [np.tile(values, (2, 2))],
        "Values and kernel are exchanged. Each value becomes a block, so in np.kron the values "
        "come first.": [np.kron(kernel, values)],
        "The kernel is turned or mirrored. Lay it down as it is.": turned,
        "The kernel lies on its side: rows and columns are exchanged.": [np.kron(values, kernel.T)],
        "You add the kernel to each value. Multiply them.": [repeated + kernels],
        "Each value stands alone among zeros. Its block should hold four products, with the "
        "kernel.": [np.kron(values, [[1, 0], [0, 0]])],
        "The blocks lie on each other. The block of a value begins at row 2 * row and column 2 * "
        "column.": [overlapping],
        "The products are right, but not in their places: reshape keeps the order of the axes. "
        "Exchange the two in the middle first: transpose(0, 2, 1, 3).": [products.reshape(4, 6)],
    }
    reject_known(answer, mistakes)
    for values, kernel in (
        ([[2.0]], [[1, 2], [3, 4]]),
        ([[3, 5]], [[0.5, 1], [0.25, 2]]),  # whole numbers, and a kernel of fractions
        ([[1.5], [-2.0], [4.0]], [[0, 1], [-1, 3]]),
        (np.arange(30.0).reshape(5, 6) - 7, [[0.5, -1.25], [2.0, 4.0]]),
    ):
        values, kernel = np.array(values), np.array(kernel)
        answer, expected = _enlarged(function, values, kernel), np.kron(values, kernel)
        differs = ~np.isclose(answer, expected, rtol=1e-4, atol=1e-6)
        row, column = np.unravel_index(differs.argmax(), differs.shape)
        reject(differs.any() and np.array_equal(answer, np.trunc(expected)), _WHOLE)
        reject(
            differs.any(),
            f"With values of shape {values.shape} and the kernel {kernel.tolist()}, row {row}, "
            f"column {column} of the result should be {expected[row, column]:g}. Yours is "
            f"{answer[row, column]:g}.",
        )


def _walks(mask, *steps, wrap=False, on=True):
    """Count the walks that it takes to visit all of a mask, if these steps alone are taken."""
    left, walks = [tuple(place) for place in np.argwhere(mask).tolist()], 0
    while left:
        to_visit, walks = [left.pop(0)], walks + 1
        while to_visit:
            near = np.add(to_visit.pop(), steps)
            near = (near % mask.shape if wrap else near).tolist()
            to_visit += [place for place in left if list(place) in near] if on else []
            left = [place for place in left if list(place) not in near]
    return walks


def _regions(function, mask):
    try:
        answer = call(function, mask.copy())
    except RecursionError:
        height, width = mask.shape
        raise Wrong(
            f"On {height} x {width} pixels your function calls itself more often than Python "
            "allows. Mark a pixel before you visit its neighbours; and keep those to visit in a "
            "list, from which a while loop takes one after the other."
        ) from None
    except (LookupError, ValueError) as error:
        told = f"Your function raises {type(error).__name__}: {error}. "
        reject(not mask.any(), f"{told}A mask without any True has 0 regions.")
        reject(
            "out of" in str(error),
            f"{told}At the edge a pixel has fewer neighbours, and height and width may differ: "
            "look only where 0 <= row < height and 0 <= column < width.",
        )
        raise
    reject(
        isinstance(answer, (tuple, list, set)) or getattr(answer, "size", 1) != 1,
        f"One number is expected. Received: {type(answer).__name__}. (ndimage.label gives the "
        "numbered regions and their number: take the second, [1].)",
    )
    return number(answer)


def _judge_regions(function):
    def mask_of(rows):
        return np.array([[pixel == "1" for pixel in row] for row in rows.split()])

    mask = mask_of("101100001 111100111 011101010 100010010 000111001 101011111")
    answer, expected = _regions(function, mask), ndimage.label(mask)[1]
    up, down, left, right = around = ((-1, 0), (1, 0), (0, -1), (0, 1))
    not_all = ((down, right), (down, left, right), (up, down, right), (up, down, left))
    mistakes = {
        "Pixels that touch only at a corner are joined. A pixel has four neighbours: up, down, "
        "left and right.": [ndimage.label(mask, np.ones((3, 3)))[1]],
        "You count the pixels that are True. Those that touch make one region.": [mask.sum()],
        "Opposite edges of the picture are joined: in Python, row -1 is the last row. Look only at "
        "neighbours inside of the picture.": [_walks(mask, *around, wrap=True)],
        "You count runs in each row, or in each column. Runs that touch from one to the next "
        "belong together.": [_walks(mask, left, right), _walks(mask, up, down)],
        "You do not walk in all four directions. A region that begins in two places, as a U does, "
        "then counts twice.": [_walks(mask, *steps) for steps in not_all],
        "You visit the neighbours of the first pixel, and there you stop. Visit their neighbours "
        "as well, and so on.": [_walks(mask, *around, on=False)],
        "Part of the picture is left out. Height and width may differ, and pixels at the edge "
        "count.": [ndimage.label(p)[1] for p in (mask[:, :6], mask[:-1, :-1], mask[1:-1, 1:-1])],
        "One too many: the background, 0, is no region.": [expected + 1],
        "You find no region. NumPy's True is not Python's own: write `if mask[row, column]`, "
        "without `is True`.": [0],
    }
    reject_known(answer, mistakes)
    small = ("1", "00 00", "10 01", "01 11", "1001", "1 0 1", "111 101 111")
    within, spiral = "11111 10001 10101 10001 11111", "11111 00001 11101 10001 11111"
    for rows in (*small, within, spiral, " ".join(["1" * 64] * 64)):
        mask = mask_of(rows)
        shown = f"with the rows {rows.replace(' ', ', ')}" if len(mask) < 9 else "of 64 x 64 ones"
        what = f"The number of regions in a mask {shown}"
        reject_unequal(_regions(function, mask), ndimage.label(mask)[1], what)


def _in_bins(p, right, place):
    """Return for each bin with a pixel: its share of pixels, the mean of p, the share right."""
    bins = [place == k for k in np.unique(place)]
    return np.array([(here.mean(), p[here].mean(), right[here].mean()) for here in bins]).T


def _ece(p, right, place=None):
    place = np.minimum(10 * p, 9) // 1 if place is None else place
    share, mean_p, mean_right = _in_bins(p, right, place)
    return np.sum(share * np.abs(mean_p - mean_right))


def _calibration(function, p, right):
    try:
        answer = _number(function, p, right)
    except ZeroDivisionError:
        answer = math.nan
    except IndexError as error:
        raise Wrong(
            f"Your function raises IndexError: {error}. There are ten bins, 0 to 9, and a "
            "confidence of exactly 1 belongs to the last."
        ) from None
    reject(
        math.isnan(answer),
        "Somewhere 0 is divided by 0: a bin without a pixel has no mean. Leave it out.",
    )
    return answer


def _judge_calibration_error(function):
    p = np.array([0.34, 0.37, 0.52, 0.53, 0.58, 0.64, 0.76, 0.79, 0.82, 0.93, 0.94, 0.98, 1, 1])
    right = np.array([1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0], bool)
    answer = _calibration(function, p, right)
    n, place, below = len(p), np.minimum(10 * p, 9) // 1, p < 1
    share, mean_p, mean_right = _in_bins(p, right, place)
    gap, expected = np.abs(mean_p - mean_right), _ece(p, right)
    without = _ece(p[below], right[below])
    low, squares, difference = np.unique(place) / 10, share @ gap**2, p.mean() - right.mean()
    mistakes = {
        "A bin that is too sure makes up for one that is too modest. Take the absolute value of "
        "each difference, before you add them up.": [difference, -difference],
        "Every bin counts the same, however few pixels it has. Weigh each difference by the bin's "
        "share of the pixels.": [gap.mean(), gap.sum() / 10, gap.sum()],
        "Each difference is multiplied by a number of pixels. Divide by the number of all pixels, "
        "to make a mean of it.": [n * expected, n * expected / 10, n * expected / len(gap)],
        "A confidence of exactly 1 belongs to the last bin. In yours it is left out, or it has an "
        "eleventh bin of its own.": [without, without * below.mean(), _ece(p, right, 10 * p // 1)],
        "Nothing has to be compared with 0.5: p is the confidence in the class that was named, and "
        "`right` says if that was "
        "right.": [_ece(p, right == (p > 0.5)), _ece(p > 0.5, right, place)],
        "You compare with the middle of a bin, or its edge. Compare the mean confidence of the "
        "pixels in it.": [np.sum(share * abs(low + x - mean_right)) for x in (0, 0.05, 0.1)],
        "You square the differences. Take their absolute values.": [squares, np.sqrt(squares)],
        "This compares pixel by pixel, and a single pixel is right or wrong, never to 70 %. "
        "Compare the two means of each bin.": [abs(p - right).mean(), ((p - right) ** 2).mean()],
        "This is the largest of the differences, known as the maximum calibration error. Asked for "
        "is their mean.": [gap.max()],
        "These are nine bins: np.linspace(0, 1, 10) gives ten edges. For ten bins there have to be "
        "eleven.": [_ece(p, right, np.minimum(9 * p, 8) // 1)],
    }
    reject_known(answer, mistakes)
    rng = np.random.default_rng(7)
    many = (rng.integers(0, 10, 300) + rng.uniform(0.1, 0.9, 300)) / 10  # away from the edges
    for p, right in (
        ([0.75], [True]),
        ([1.0], [False]),
        ([0.95, 1.0], [True, False]),
        ([0.32, 0.38, 0.04], [True, False, False]),
        (many.astype("float32"), rng.random(300) < many**2),
    ):
        p, right = np.array(p), np.array(right)
        shown = f"p = {p.tolist()} and right = {right.tolist()}" if len(p) < 9 else "300 pixels"
        reject_unequal(_calibration(function, p, right), _ece(p, right), f"For {shown} the ECE")


EXERCISES = (
    Exercise(
        "7.1",
        begin="Replace the dots after return by a fraction of two numbers of pixels.",
        hints=(
            "true == label says for each pixel whether it has the class in the truth. You need one "
            "more such array.",
            "Of two such arrays, & is true where both are, | where at least one is. np.sum counts.",
            "np.sum((true == label) & (said == label)) / np.sum((true == label) | (said == label))",
        ),
        judge=_judge_iou,
        praise="An answer of background everywhere gets 0 for every shape.",
    ),
    Exercise(
        "7.2",
        begin="Replace the dots after return: twice what is shared, over the sum of both sizes.",
        hints=(
            "Three sums over all pixels are needed: what is shared, what is said, what is true.",
            "p * true is what each pixel shares. The size of what is said is np.sum(p).",
            "2 * np.sum(p * true) / (np.sum(p) + np.sum(true))",
        ),
        judge=_judge_dice,
        praise="It changes with each probability a little, so its slope can be followed.",
    ),
    Exercise(
        "7.3",
        begin="Replace the dots after return: a block of 2 x 2 for each of the values.",
        hints=(
            "Begin with np.zeros of twice the height and twice the width, and go through all rows "
            "and columns of values.",
            "The block of a value begins at row 2 * row and column 2 * column, and holds "
            "values[row, column] * kernel.",
            "result[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = "
            "values[row, column] * kernel",
        ),
        judge=_judge_enlarge,
        praise="Four trained numbers now decide what each value looks like when it is larger.",
    ),
    Exercise(
        "7.4",
        begin="Replace the dots after return: begin at a pixel, mark all that can be reached from "
        "it, count one, and look for the next.",
        hints=(
            "Keep a set of the pixels that belong to no region yet. Each region begins with one "
            "that you take out of it.",
            "Keep a list of the pixels to visit. Take one out, and put in those of its four "
            "neighbours that are still in the set; take them out of the set at once.",
            "while remaining: regions += 1; to_visit = [remaining.pop()]. Inside of it, while "
            "to_visit: row, column = to_visit.pop(). Remove each near that is in remaining, and "
            "append it.",
        ),
        judge=_judge_regions,
        praise="Corners, holes and spirals are all counted as they should be.",
    ),
    Exercise(
        "7.5",
        begin="Replace the dots after return: how far are confidence and truth apart in each bin?",
        hints=(
            "Which pixels are in bin k? here = (p > k / 10) & (p <= (k + 1) / 10) says it.",
            "In a bin, the difference is np.mean(p[here]) - np.mean(right[here]). It counts by the "
            "bin's share of all pixels, np.mean(here).",
            "if here.any(): total += np.mean(here) * abs(np.mean(p[here]) - np.mean(right[here]))",
        ),
        judge=_judge_calibration_error,
        praise="One number now says how far a network's confidence can be taken at its word.",
    ),
)
