"""Exercises of chapter 6, detection."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, Wrong, call, number, reject, reject_known

_RECALLS = np.linspace(0, 1, 101)  # at which a curve of precision is read


def _iou(function, a, b):
    try:
        return number(call(function, list(a), list(b)))
    except TypeError:  # boxes may be subtracted as arrays, too
        return number(call(function, np.array(a), np.array(b)))


def _judge_overlap(function):
    answer = _iou(function, (1, 4, 7, 14), (3, 6, 12, 15))  # 60 and 81 pixels, they share 4 x 8
    mistakes = {
        "This is the intersection alone, in pixels. Divide it by the area of the union.": [32],
        "The sum of the two areas counts what they share twice. Subtract it once.": [32 / 141],
        "You divide by the area of one box. Both count: divide by the area that they cover "
        "together.": [32 / 60, 32 / 81],
        "You divide by the smallest box around the two, which holds corners that neither covers. "
        "Add their areas, and subtract what they share.": [32 / 121],
        "Python divides before it adds: put the union in parentheses.": [32 / 60 + 81 - 32],
        "Minimum and maximum are exchanged. What both cover begins at the *larger* of the two left "
        "edges and ends at the *smaller* of the two right edges.": [121 / 20],
        "You add 1 to each side, as if the numbers were those of pixels. Here they are edges: a "
        "box from 1 to 7 is 6 wide.": [45 / 132],
        "You read a box as x, y, width and height. The last two numbers are edges as well, so the "
        "width is x1 - x0.": [60 / 218],
        "x and y are mixed up. The order is x0, y0, x1, y1: places 0 and 2 are x, and places 1 "
        "and 3 are y.": [2 / 28, 11 / 130, 11 / 100],
        "You give 0 for two boxes that share 32 pixels. In Python, // throws away what is behind "
        "the point; write /.": [0],
    }
    reject_known(answer, mistakes)
    square = (0, 0, 4, 4)
    for other in ((6, 1, 10, 5), (1, 7, 4, 9)):  # apart in one direction
        answer = _iou(function, square, other)
        apart = f"{square} and {other} do not touch, and yours is {answer:.3f}. "
        reject(
            answer < 0,
            f"{apart}A shared width or height below 0 means that nothing is shared: take the "
            "maximum with 0.",
        )
        reject(
            answer > 0,
            f"{apart}A negative width or height has to become 0. With its sign removed it counts.",
        )
    for other in ((7, 9, 10, 12), (-4, 5, -1, 6)):
        reject(
            _iou(function, square, other) != 0,
            f"{square} and {other} are apart in both directions, and the product of two negative "
            "numbers is positive. Take the maximum with 0 of each side, before you multiply.",
        )
    for a, b, expected in (
        (square, (2, 0, 6, 4), 8 / 24),
        ((2, 0, 6, 4), square, 8 / 24),
        (square, (4, 0, 9, 4), 0),  # they share an edge
        (square, (4, 4, 8, 8), 0),  # and a corner
        ((0, 0, 10, 8), (2, 3, 4, 7), 8 / 80),  # nested
        ((3, 5, 9, 6), (3, 5, 9, 6), 1),
        ((0.5, 0.25, 3.0, 1.25), (1.5, 0.75, 4.5, 2.25), 0.75 / 6.25),
    ):
        answer = _iou(function, a, b)
        reject(
            not math.isclose(answer, expected, rel_tol=1e-6, abs_tol=1e-9),
            f"The IoU of {a} and {b} is {expected:.4f}. Your function gives {answer:.4f}.",
        )


def _four(function, *arguments):
    answer = call(function, *arguments)
    reject(
        not isinstance(answer, (tuple, list, np.ndarray)) or len(answer) != 4,
        f"Four numbers are expected, x0, y0, x1 and y1. Received: {answer!r}.",
    )
    return np.array([number(part) for part in answer])


def _judge_box(function):
    row, column, left, top, right, bottom = 3, 9, 7, 5, 11, 2
    answer = _four(function, row, column, left, top, right, bottom, 8)

    def box(x, y):
        return x - left, y - top, x + right, y + bottom

    x, y = 8 * 9.5, 8 * 3.5
    x0, y0, x1, y1 = box(x, y)
    mistakes = {
        "The distances are counted from the middle of the cell, and you count them from its "
        "corner. The middle lies half a cell further.": [box(8 * 9, 8 * 3)],
        "You add half a pixel. The middle is half a *cell* behind the edge: add the half before "
        "you multiply by the stride.": [box(8 * 9 + 0.5, 8 * 3 + 0.5)],
        "Row and column count cells, the distances count pixels. One cell is `stride` pixels "
        "wide.": [box(9.5, 3.5), box(9, 3)],
        "Only cells of 4 pixels come out right. Use `stride`.": [box(4 * 9.5, 4 * 3.5)],
        "Row and column are exchanged. Columns are counted from left to right, along x, and rows "
        "downwards, along y.": [box(y, x), box(8 * 3, 8 * 9)],
        "The box is inside out. x grows to the right and y grows downwards: from the middle, which "
        "edges lie at smaller numbers?": [(x + left, y + top, x - right, y - bottom)],
        "All four distances are added. The left and the top edge lie before the middle: subtract "
        "theirs.": [(x + left, y + top, x1, y1)],
        "The last two numbers are width and height. A box is written with four edges: return the "
        "right and the bottom edge.": [(x0, y0, 18, 7), (x, y, 18, 7)],
        "The four numbers are right, but their order is not. Asked for is the left edge, the top, "
        "the right, the bottom.": [(x0, x1, y0, y1), (y0, x0, y1, x1)],
    }
    reject_known(answer, mistakes)
    for cell in (
        (7, 5, 12, 10, 8, 6, 4),
        (0, 0, 1.5, 0.25, 3, 2.75, 4),
        (row, column, left, top, right, bottom, 8),
        (2, 1, 4, 3, 2, 1, 5),
    ):
        answer = _four(function, *cell)
        row, column, left, top, right, bottom, stride = cell
        expected = box(stride * (column + 0.5), stride * (row + 0.5))
        reject(
            not np.allclose(answer, expected),
            f"Row {row}, column {column} and the distances {cell[2:6]} at a stride of {stride} "
            f"make the box {expected}. Your function gives {tuple(answer.tolist())}.",
        )


def _payments(function, p, yes):
    try:
        answer = call(function, p.copy(), yes.copy())
    except (TypeError, ValueError) as error:
        reject(
            "boolean" in str(error),
            "NumPy does not put a minus before true and false. Put it before the whole, or let "
            "np.where(yes, ..., ...) choose.",
        )
        reject(
            "truth value" in str(error),
            "`if` decides once, and here are many questions, each with an answer of its own. "
            "np.where(yes, ..., ...) decides for each.",
        )
        raise
    answer = np.asarray(answer, dtype=float)
    reject(
        answer.ndim == 0,
        "One number for each question is expected, and you return a single one. Leave out the sum "
        "or the mean: that comes later.",
    )
    reject(
        answer.shape != p.shape,
        f"{p.size} questions of shape {p.shape} are expected to pay as many numbers, in the same "
        f"places. Received: shape {answer.shape}.",
    )
    return answer


def _judge_focal_loss(function):
    p = np.array([0.9, 0.2, 0.6, 0.05, 0.7, 0.4])
    yes = np.array([True, False, False, True, True, False])
    right = np.where(yes, p, 1 - p)
    expected = -((1 - right) ** 2) * np.log(right)
    answer = _payments(function, p, yes)
    mistakes = {
        "The sign is missing: the logarithm of a probability is negative, and a mistake should "
        "cost something.": [-expected],
        "This is plain cross-entropy. Multiply what each question pays by the square of how wrong "
        "its answer is.": [-np.log(right)],
        "The factor is there, but it is not squared.": [-(1 - right) * np.log(right)],
        "Every question is treated as if its answer were yes. Where it is no, the probability of "
        "the right answer is 1 - p.": [-((1 - p) ** 2) * np.log(p)],
        "The factor grows with how *right* the answer is, so that easy questions would pay most. "
        "Square one minus the probability of the right answer.": [-(right**2) * np.log(right)],
        "Yes and no are exchanged: an answer that is sure and right pays most. Where is p the "
        "probability of the right answer?": [-(right**2) * np.log(1 - right)],
        "The logarithm is right, but the factor is that of a yes everywhere. For a no, p itself "
        "says how wrong the answer is.": [-((1 - p) ** 2) * np.log(right)],
        "Only the questions with the answer yes pay. A no that is answered with yes has to cost "
        "something, too.": [expected * yes],
        "Only the questions with the answer no pay. A yes that is missed has to cost something, "
        "too.": [expected * ~yes],
        "The numbers are right, but not in the places of their questions. With np.where each "
        "stays where it is.": [np.concatenate([expected[yes], expected[~yes]])],
    }
    reject_known(answer, mistakes)
    rng = np.random.default_rng(6)
    extreme = np.array([1e-4, 1e-4, 1 - 1e-4, 1 - 1e-4])
    cases = (
        (p, yes),
        (extreme, np.array([True, False, True, False])),
        (np.array([0.3, 0.8]), np.array([False, False])),
        (rng.uniform(0.01, 0.99, (3, 4, 2)), rng.random((3, 4, 2)) < 0.3),
    )
    for p, yes in cases:
        answer = _payments(function, p, yes)
        right = np.where(yes, p, 1 - p)
        expected = -((1 - right) ** 2) * np.log(right)
        differs = ~np.isclose(answer, expected, rtol=1e-3, atol=1e-9)
        worst = np.unravel_index(differs.argmax(), p.shape)
        reject(
            differs.any(),
            f"Where p is {p[worst]:.4g} and the right answer is {'yes' if yes[worst] else 'no'}, "
            f"a question should pay {expected[worst]:.4g}. Yours pays {answer[worst]:.4g}.",
        )


def _kept(function, overlaps, scores, most):
    answer = call(function, overlaps.copy(), scores.copy(), most)
    reject(
        not isinstance(answer, (list, tuple, np.ndarray)),
        "A list of box numbers is expected: its order says which box is surest. "
        f"Received: {type(answer).__name__}.",
    )
    try:
        array = np.asarray(answer)
    except ValueError:  # parts of different lengths
        array = np.zeros((0, 0))
    reject(array.ndim != 1, f"A flat list of box numbers is expected. Received: {answer!r}.")
    reject(
        array.dtype == bool,
        "You return true or false for each box. Return the numbers of those to keep.",
    )
    return array.tolist()


def _judge_suppression(function):
    scores = np.array([0.9, 0.4, 0.8, 0.7, 0.3, 0.6])
    pairs = {(0, 3): 0.6, (3, 5): 0.7, (0, 5): 0.2, (1, 2): 0.8, (4, 5): 0.5, (2, 4): 0.3}
    overlaps = np.eye(6)
    for (i, j), value in pairs.items():
        overlaps[i, j] = overlaps[j, i] = value
    mistakes = {
        "Nothing is kept. Each box overlaps itself by 1, so compare it only with those that were "
        "kept before it. The surest has none before it and always stays.": [[]],
        "These are scores. Return the numbers of these boxes.": [scores[[0, 2, 5, 4]]],
        "The boxes are taken as they come. Begin with the surest.": [[0, 1, 4, 5]],
        "The least sure box goes first. np.argsort sorts upwards: use -scores.": [[4, 1, 5, 0]],
        "A box that was dropped drops another one. Compare each box with those that were "
        "*kept*, and only with them.": [[0, 2, 4]],
        "A box that overlaps a kept one by exactly `most` is dropped. It should go if it overlaps "
        "by *more* than that.": [[0, 2, 5]],
        "Each box is compared with the surest of all, and with no other. Compare it with every box "
        "that was kept so far.": [[0, 2, 5, 1, 4]],
        "Each box is compared with the one before it, and with no other. Compare it with every box "
        "that was kept so far.": [[0, 2, 3, 1, 4]],
        "The order is right, but nothing is dropped.": [[0, 2, 3, 5, 1, 4]],
        "Of two boxes that overlap, both are dropped. The surer one should stay.": [[4]],
        "These are places in the sorted order. Return the boxes' own numbers.": [[0, 1, 3, 5]],
        "The boxes are right, but the surest should come first.": [[0, 2, 4, 5], [4, 5, 2, 0]],
    }
    reject_known(_kept(function, overlaps, scores, 0.5), mistakes)
    rng = np.random.default_rng(6)
    many = np.triu(np.round(rng.uniform(0, 0.9, (7, 7)), 2) * (rng.random((7, 7)) < 0.5), 1)
    cases = (
        (np.eye(2), np.array([0.2, 0.7]), 0.5),
        (np.array([[1, 0.6], [0.6, 1]]), np.array([0.7, 0.8]), 0.7),
        (np.array([[1, 0.25], [0.25, 1]]), np.array([0.7, 0.8]), 0.25),
        (overlaps, scores, 0.5),
        (np.eye(1), np.array([0.5]), 0.5),
        (many + many.T + np.eye(7), rng.permutation(7) / 10 + 0.2, 0.4),
    )
    for table, scores, most in cases:
        answer = _kept(function, table, scores, most)
        expected = []
        for box in np.argsort(-scores).tolist():
            if (table[box, expected] <= most).all():
                expected.append(box)
        shared = [f"{i} and {j} by {table[i, j]:g}" for i, j in np.argwhere(np.triu(table, 1))]
        reject(
            answer != expected,
            f"The scores are {scores.round(2).tolist()}, the overlaps "
            f"{', '.join(shared) or 'all 0'}, and `most` is {most}. {expected} should be kept, in "
            f"this order. Your function gives {answer}.",
        )
    try:
        answer = _kept(function, np.zeros((0, 0)), np.zeros(0), 0.5)
    except (LookupError, ValueError) as error:
        raise Wrong(
            "In some pictures there is no box at all, and then an empty list is expected. Your "
            f"function raises {type(error).__name__}: {error}."
        ) from None
    reject(answer != [], f"Where there is no box, none can be kept. Your function gives {answer}.")


def _ap(function, hits, wanted):
    try:
        with np.errstate(all="ignore"):  # a division by 0 is told below, in words
            return number(call(function, hits.copy(), wanted))
    except (ValueError, LookupError, ArithmeticError) as error:
        reject(
            len(hits) == 0,
            "With no box at all the AP is 0: no recall above 0 is reached. Your function raises "
            f"{type(error).__name__}: {error}.",
        )
        reject(
            "empty" in str(error) or "zero-size" in str(error),
            "Some recalls are never reached, and then there is nothing to take the largest of. "
            "Such a recall counts as 0: .max(initial=0) does that.",
        )
        raise


def _best(recall, precision):
    return [precision[recall >= r].max(initial=0) for r in _RECALLS]


def _judge_average_precision(function):
    hits, wanted = np.array([False, True, True, True, False, True]), 7
    so_far = np.cumsum(hits)
    recall, precision = so_far / wanted, so_far / np.arange(1, 7)
    best = _best(recall, precision)
    answer = _ap(function, hits, wanted)
    reject(
        not math.isfinite(answer),
        "Somewhere you divide by 0. After the first box one box has been drawn: count from 1, "
        "np.arange(1, len(hits) + 1).",
    )
    first = [precision[recall >= r][:1].sum() for r in _RECALLS]
    before = [precision[recall <= r].max() for r in _RECALLS]
    beyond = np.maximum.accumulate(precision[::-1])[::-1]
    mistakes = {
        "This averages the precision at the hits, as search engines are judged. Here each of 101 "
        "recalls counts, with the best precision that is reached there or "
        "beyond.": [precision[hits].mean(), precision[hits].sum() / wanted],
        "You take the precision at the first place that reaches the recall. A later place may be "
        "better: take the largest there *or beyond*.": [np.mean(first)],
        "You look for the best precision *up to* each recall. Look at the places that reach it, "
        "there and beyond.": [np.mean(before)],
        "You average only over the recalls that are reached. Those that are never reached count "
        "with 0: missed objects should cost something.": [np.mean(best[: np.count_nonzero(best)])],
        "You divide by the number of boxes to get the recall. Recall asks how many of the true "
        "objects are found: divide by wanted.": [np.mean(_best(so_far / 6, precision))],
        "You divide by the number of hits to get the recall, so that it always ends at 1. Objects "
        "that no box found are missed: divide by wanted.": [np.mean(_best(so_far / 4, precision))],
        "You divide by wanted to get the precision. Precision asks how many of the boxes drawn so "
        "far are hits.": [np.mean(_best(recall, recall))],
        "This is the precision after the last box. AP sums up all of the curve.": [precision[-1]],
        "You average over the boxes. Average over the 101 recalls.": [precision.mean()],
        "You read the curve at 11 recalls. Read it at 101.": [np.mean(best[::10])],
        "Very close: this is the area under the curve. COCO reads the curve at 101 recalls and "
        "takes the mean.": [np.sum(np.diff(recall, prepend=0) * beyond)],
    }
    reject_known(answer, mistakes)
    everything = np.ones(7, bool)
    reject(
        math.isclose(_ap(function, everything, 7), 100 / 101),
        "Only hits, and nothing missed: this should be 1. Yours loses one recall of 101, the last. "
        "Take the precision where the recall is at *least* r, with >=.",
    )
    late = np.array([False, False, False, True, True, False, True, True, False, True, False, True])
    nothing = np.zeros(0, bool)
    for hits, wanted in (
        (np.array([True, False, True]), 3),
        (everything, 7),
        (np.zeros(4, bool), 3),
        (nothing, 3),
        (np.array([False, True, True, True, False, True]), 7),
        (late, 6),
        (late, 13),
    ):
        answer = _ap(function, hits, wanted)
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        expected = np.mean(_best(np.cumsum(hits) / wanted, precision))
        reject(
            not math.isclose(answer, expected, rel_tol=1e-6, abs_tol=1e-9),
            f"With hits {hits.astype(int).tolist()} and {wanted} objects, AP is {expected:.4f}. "
            f"Your function gives {answer:.4f}.",
        )


EXERCISES = (
    Exercise(
        "6.1",
        begin="Replace the dots after return: the shared area, divided by all that the two cover.",
        hints=(
            "Work out the width and the height of what the boxes share. Where does it begin, where "
            "does it end?",
            "It begins at the larger of the two left edges and ends at the smaller of the two "
            "right edges. If it ends before it begins, it is 0 wide. The height goes alike.",
            "width = max(0, min(a[2], b[2]) - max(a[0], b[0])), the height with 3 and 1; then "
            "width * height / (area_a + area_b - width * height).",
        ),
        judge=_judge_overlap,
        praise="One number now says how well any box fits, also one that misses.",
    ),
    Exercise(
        "6.2",
        begin="Replace the dots after return by four expressions; begin with the cell's middle.",
        hints=(
            "Where is the middle of the cell, in pixels? Follow the worked example backwards.",
            "x = stride * (column + 0.5), and y likewise from the row.",
            "x - left, y - top, x + right, y + bottom",
        ),
        judge=_judge_box,
        praise="Any cell can answer for a box of any size, at any stride.",
    ),
    Exercise(
        "6.3",
        begin="Replace the dots after return by an expression of p and yes; np.log is the "
        "logarithm.",
        hints=(
            "What probability does the network give to the right answer? For a yes it is p. And "
            "for a no?",
            "right = np.where(yes, p, 1 - p) makes one formula of both halves.",
            "-((1 - right) ** 2) * np.log(right)",
        ),
        judge=_judge_focal_loss,
        praise="Thousands of easy answers no longer outweigh the few that matter.",
    ),
    Exercise(
        "6.4",
        begin="Replace the dots after return: go through the boxes, the surest first, with a list "
        "of those kept.",
        hints=(
            "Begin with an empty list and go through the boxes, the surest first: "
            "np.argsort(-scores).",
            "A box joins the list if it overlaps none of the boxes in the list by more than most.",
            "if all(overlaps[box, other] <= most for other in kept): kept.append(box)",
        ),
        judge=_judge_suppression,
        praise="Each group of duplicates keeps its surest box, and a dropped box drops nothing.",
    ),
    Exercise(
        "6.5",
        begin="Replace the dots after return: recall and precision after each box, then the best "
        "precision for each of 101 recalls.",
        hints=(
            "First two arrays, one entry a box: the recall and the precision after that box.",
            "np.cumsum(hits) / wanted is the recall; for the precision, divide by 1, 2, 3, ...",
            "np.mean([precision[recall >= r].max(initial=0) for r in np.linspace(0, 1, 101)])",
        ),
        judge=_judge_average_precision,
        praise="It contains no threshold: only the order of the boxes counts.",
    ),
)
