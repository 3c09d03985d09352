"""Exercises of chapter 8, faces."""

import math
import warnings

import numpy as np

from course_utils.exercises.check import (
    Exercise,
    Wrong,
    call,
    number,
    reject,
    reject_known,
    reject_unequal,
)


def _call(function, *arguments, keep=False):
    """Call the learner's function with copies, which have to stay as they were if `keep` is set."""
    given = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is told below, in words
            answer = call(function, *given)
    except (TypeError, ValueError) as error:
        reject(
            "truth value" in str(error),
            "`if`, `and`, `not` and `max` decide once, and here are many numbers. A comparison of "
            "an array gives True or False for each, and x[x > y] takes those where it is True; "
            "len says how many they are, and ~ turns True into False.",
        )
        raise
    reject(
        keep and not all(map(np.array_equal, given, arguments)),
        "Your function changes an array that it was given, and whoever gave it may still need it. "
        "x /= y, x -= y and x[k] = ... write into the old array; x / y, x * y and x.copy() make a "
        "new one.",
    )
    return answer


def _shown(array):
    return array.tolist() if array.size < 9 else f"an array of shape {array.shape}"


def _lengths(vectors):
    return np.linalg.norm(vectors, axis=1, keepdims=True)


def _cosines(function, a, b):
    n, m = len(a), len(b)
    try:
        answer = np.asarray(_call(function, a, b, keep=True), dtype=float)
    except ValueError as error:
        told = f"Your function raises ValueError: {error}. "
        reject(
            "broadcast" in str(error) and (f"({n},)" in str(error) or f"({m},)" in str(error)),
            f"{told}np.linalg.norm gives a flat array of lengths. With keepdims=True they stay in "
            "a column, each beside its embedding.",
        )
        reject(
            "broadcast" in str(error) or "mismatch" in str(error) or "aligned" in str(error),
            f"{told}*Each* of a meets each of b, and n and m may differ. A product of matrices "
            "does that, if the second is turned: a @ b.T.",
        )
        raise
    told = {
        (m, n): "This is each of b with each of a; exchange the two. ",
        (min(n, m),): "You compare the first with the first, the second with the second, and so "
        "on. Compare each with each. ",
        (n, m, a.shape[1]): "You multiply number by number; the products have to be added up, over "
        "the last axis. ",
    }
    reject(
        answer.shape != (n, m),
        f"{told.get(answer.shape, '')}From shapes {a.shape} and {b.shape} an array of shape "
        f"{n, m} is expected. Received: shape {answer.shape}.",
    )
    return answer


def _judge_cosines(function):
    a = np.array([[3, -1, 2, 0.5], [0.5, 2, -1, 1]])
    b = np.array([[1, 0, 2, -2], [-1, 3, 0.5, 1], [2, 2, -1, 0.25]])
    answer = _cosines(function, a, b)
    dot, of_a, of_b = a @ b.T, _lengths(a), _lengths(b).T
    expected = dot / (of_a * of_b)
    distances = np.linalg.norm(a[:, None] - b, axis=-1)
    columns = [x / np.linalg.norm(x, axis=0) for x in (a, b)]
    centred = [x - x.mean(axis=1, keepdims=True) for x in (a, b)]
    centred = [x / _lengths(x) for x in centred]
    mistakes = {
        "These are the products alone, and long embeddings make them large. Divide each embedding "
        "by its length first.": [dot],
        "Only one of the two is divided by its lengths. Neither a nor b needs to have length 1: "
        "divide both.": [dot / of_a, dot / of_b],
        "You divide by lengths that are taken down the columns. An embedding is a *row*: axis=1, "
        "with keepdims=True.": [columns[0] @ columns[1].T],
        "np.linalg.norm without an axis gives one length for the whole array. Each row has its "
        "own: axis=1, with keepdims=True.": [dot / np.linalg.norm(a) / np.linalg.norm(b)],
        "These are distances: 0 for the same place. A cosine is 1 for the same direction, however "
        "long the embeddings are.": [distances, distances**2, np.sqrt(2 - 2 * expected)],
        "You divide by the squares of the lengths. A length is the *root* of a sum of squares, as "
        "np.linalg.norm gives it.": [dot / (of_a * of_b) ** 2],
        "This is 1 minus the cosine, known as the cosine distance. Asked for is the cosine "
        "itself.": [1 - expected],
        "You subtract the mean of each embedding first. Pixels needed that; embeddings are "
        "compared as they are.": [centred[0] @ centred[1].T],
    }
    reject_known(answer, mistakes)
    rng = np.random.default_rng(8)
    for a, b in (
        ([[3.0, 4.0]], [[4.0, 3.0]]),
        ([[2.0], [-0.5]], [[5.0]]),
        ([[1.0, 2.0], [0.0, 5.0]], [[300.0, 600.0], [-0.001, 0.0]]),
        (rng.normal(0, 3, (3, 3)), rng.normal(0, 3, (3, 3))),
        (rng.normal(0, 9, (7, 64)).astype("float32"), rng.normal(1, 1, (5, 64)).astype("float32")),
    ):
        a, b = np.array(a), np.array(b)
        answer, expected = _cosines(function, a, b), a @ b.T / (_lengths(a) * _lengths(b).T)
        for i, j in np.ndindex(expected.shape):
            what = f"With a = {_shown(a)} and b = {_shown(b)}, the cosine in row {i}, column {j}"
            reject_unequal(answer[i, j], expected[i, j], what, abs_tol=1e-5)


def _errors(scores, same, threshold):
    match = scores >= threshold
    return np.array([np.mean(match[~same]), np.mean(~match[same])])


def _rates(function, scores, same, threshold):
    answer = _call(function, scores, same, threshold)
    parts = answer if isinstance(answer, (tuple, list, np.ndarray)) else [answer]
    if len(parts) == 1:
        both, wrong = _errors(scores, same, threshold), np.mean((scores >= threshold) != same)
        reject(
            np.isclose(number(answer), [both.sum(), both.mean(), wrong]).any(),
            "You make one number of the two errors, and it no longer says of which kind they are. "
            "Return both rates, with a comma between them.",
        )
    reject(len(parts) != 2, f"Return two numbers, with a comma between. Received: {len(parts)}.")
    return np.array([number(rate) for rate in parts])


def _judge_two_rates(function):
    scores = [0.75, 0.25, 0.5, -0.25, 0.875, 0.375, 0.5, 0.125]
    scores = np.array([*scores, 0.625, 0.4375, 0.25, 0.75, 0, 0.625, 0.9375, 0.375])
    same = np.array([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1], bool)
    answer = _rates(function, scores, same, 0.5)
    match = scores >= 0.5
    rates, strict = _errors(scores, same, 0.5), _errors(scores, same, 0.51)  # strict: > for >=
    wrong, called = np.array([sum(match & ~same), sum(~match & same)]), [sum(match), sum(~match)]
    people = np.array([sum(~same), sum(same)])  # pairs of different people, pairs of one person
    mistakes = {
        "Both rates are right, but in the other order: the false match rate comes first, the false "
        "non-match rate second.": [rates[::-1]],
        "A score that is exactly `threshold` is a match: write >= for a match, and < for none.": [
            strict,
            (rates[0], strict[1]),
            (strict[0], rates[1]),
        ],
        "You divide by the number of all pairs. Only two *different* people can be taken for one: "
        "divide by the number of their pairs, and the second by that of the "
        "others.": [wrong / len(same)],
        "You ask what share of the *matches* is false. Ask it the other way round: of the pairs of "
        "different people, what share is matched?": [
            wrong / called,
            (wrong[0] / called[0], rates[1]),
        ],
        "The first is right, and the second is the share of the pairs of one person that *do* "
        "match. Asked for are those that do not.": [(rates[0], 1 - rates[1])],
        "These are the shares of pairs that are decided rightly, as if a low score were a match. "
        "A match is a score of at least `threshold`, and asked for are the "
        "errors.": [1 - rates, 1 - strict],
        "These are numbers of pairs. Divide the first by the number of pairs of different people, "
        "the second by that of pairs of one person.": [wrong],
        "You look for false matches among the pairs of one person. Only two different people can "
        "be taken for one.": [1 - rates[::-1]],
        "The denominators are exchanged. Divide the false matches by the number of pairs of "
        "different people, the false non-matches by the other.": [wrong / people[::-1]],
    }
    reject_known(answer, mistakes)
    rng = np.random.default_rng(8)
    for scores, same, threshold in (
        ([0.5, 0.5], [True, False], 0.5),
        ([0.9, 0.2], [True, False], 0.5),
        ([0.1, 0.7, 0.3], [True, False, True], 0.6),
        ([0.1, -0.7, 0.3], [True, False, False], -0.5),
        ([-0.25, -0.5, 0.0], [True, True, False], 0.75),
        (rng.integers(-8, 9, 90) / 8, rng.random(90) < 0.1, 0.25),
        ((rng.integers(-8, 9, 90) / 8).astype("float32"), rng.random(90) < 0.9, -0.125),
    ):
        scores, same = np.array(scores), np.array(same)
        answer, rates = _rates(function, scores, same, threshold), _errors(scores, same, threshold)
        what = f"For scores = {_shown(scores)}, same = {_shown(same)} and threshold = {threshold}"
        for kind, one, other in zip(("match", "non-match"), answer, rates, strict=True):
            reject_unequal(one, other, f"{what}, the false {kind} rate")


def _triplet(function, positive, negatives, margin):
    try:
        return number(_call(function, positive, negatives, margin))
    except (ValueError, LookupError) as error:
        reject(
            not (negatives > positive).any(),
            f"With the positive at {positive} and negatives at {negatives.tolist()}, none is "
            f"farther, and your function raises {type(error).__name__}: {error}. Ask first if "
            "there is one, and take the farthest if not.",
        )
        raise


def _judge_triplet(function):
    negatives = np.array([0.9, 0.45, 1.6, 0.6, 0.1, 0.7])
    answer = _triplet(function, 0.5, negatives, 1.25)
    losses, roots = 1.75 - negatives, math.sqrt(0.5) - math.sqrt(0.6)
    mistakes = {
        "You take the nearest of all negatives. It may be a picture that cannot be told: look only "
        "at those *farther* than the positive.": [1.75 - 0.1],
        "You take the farthest negative, the easiest of all. That is only for an anchor whose "
        "negatives are all nearer than the positive.": [1.75 - 1.6],
        "You take the mean of negatives. Take a single one: of those farther than the positive, "
        "the nearest.": [losses.mean(), 1.75 - np.mean([0.6, 0.7, 0.9, 1.6])],
        "You add up the losses of many negatives. Choose a single one, the semi-hard one, and "
        "return its loss.": [losses.sum(), sum(losses[negatives > 0.5])],
        "The signs are exchanged: your loss grows as the negative moves away. The positive comes "
        "with plus, the negative with minus.": [0.6 - 0.5 + 1.25],
        "The margin is missing, or is subtracted. Add it: the negative should be farther than the "
        "positive by at least that much.": [0, 0.5 - 0.6],
        "The distances are squared already. Take them as they are.": [1.14, roots + 1.25],
        "You take the negative whose distance is closest to that of the positive, on either side. "
        "It has to be *farther* than the positive.": [1.75 - 0.45],
        "You take the first or the last of those that are farther, as they come. Take the nearest "
        "of them: .min().": [1.75 - 0.9, 1.75 - 0.7],
    }
    reject_known(answer, mistakes)
    reject(
        _triplet(function, 0.5, np.array([0.3, 0.9, 1.4]), 0.2) < 0,
        "A negative that is farther by more than the margin has nothing to teach, and its loss is "
        "0. Yours falls below: take max(0, ...).",
    )
    answer = _triplet(function, 0.8, np.array([0.3, 0.6, 0.1, 0.4]), 0.25)
    told = "The positive is at 0.8, the negatives at 0.3, 0.6, 0.1 and 0.4: none is farther. "
    mistakes = {
        f"{told}You return 0, as if there were nothing to learn. Take the farthest of them.": [0],
        f"{told}You take the nearest then. Take the farthest there is.": [0.8 - 0.1 + 0.25],
    }
    reject_known(answer, mistakes)
    reject(
        math.isclose(_triplet(function, 0.5, np.array([0.5, 0.625]), 0.25), 0.25),
        "A negative that is exactly as far as the positive is not *farther*: write > and not >=.",
    )
    rng = np.random.default_rng(8)
    for positive, negatives, margin in (
        (0.5, [0.3, 0.6, 1.4], 0.2),  # of the text
        (0.8, [0.3, 0.6, 0.1, 0.4], 0.25),
        (0.5, [0.5], 0.25),
        (0.25, [1.5], 0.5),
        (1.5, rng.integers(0, 16, 112) / 4, 0.5),
        (0.25, (rng.integers(1, 16, 112) / 4).astype("float32"), 1),
    ):
        negatives = np.array(negatives)
        farther = negatives[negatives > positive]
        chosen = farther.min() if len(farther) else negatives.max()
        what = f"With positive = {positive}, negatives = {_shown(negatives)} and margin = {margin}"
        answer = _triplet(function, positive, negatives, margin)
        reject_unequal(
            answer, max(0, positive - chosen + margin), f"{what}, the loss", abs_tol=1e-5
        )


def _cost(logits, label, below=None):
    return np.log(np.sum(np.exp(logits if below is None else below))) - logits[label]


def _judge_margin_loss(function):
    cosines, label, margin, scale = np.array([0.3, 0.6, -0.2, 0.5, 0.1]), 3, 0.35, 8
    answer = number(_call(function, cosines, label, margin, scale, keep=True))
    units, others = np.eye(5), (0, 1, 2, 4)
    push, plain = scale * margin * units[label], scale * cosines
    logits = plain - push
    expected, angle = _cost(logits, label), np.arccos(cosines)
    moved = [plain - scale * margin * units[k] for k in others]
    turned = [np.where(units[label], np.cos(angle + by), cosines) for by in (margin, -margin)]
    mistakes = {
        "You add the margin, or take it from the other people, and so make the task easier. "
        "Subtract it from the right cosine.": [_cost(plain + push, label)],
        "This is the loss without a margin. Subtract it from the right cosine alone: if all lose "
        "as much, a softmax does not notice.": [_cost(plain, label)],
        "You subtract the margin after the scale, where it hardly counts. Subtract it from the "
        "cosine, and then multiply.": [_cost(plain - push / scale, label)],
        "The scale is missing. Multiply all cosines by it, once the margin is subtracted from the "
        "right one.": [_cost(logits / scale, label)],
        "The margin is multiplied by the scale twice. Subtract it from the cosine before the "
        "scale, or scale * margin from the logit.": [_cost(plain - scale * push, label)],
        "Your logarithm has another base. Take the natural one, which NumPy and Python simply call "
        "log.": [expected / math.log(10), expected / math.log(2)],
        "This is a probability. Asked for is what it costs, which is minus its natural logarithm: "
        "-np.log.": [math.exp(-expected), 1 - math.exp(-expected)],
        "The sign is missing: the logarithm of a probability is negative, and a mistake should "
        "cost something.": [-expected],
        "This is about another person. The right one is number `label`, which need not be the "
        "first, nor the likeliest.": [
            *(_cost(logits, k) for k in others),
            *(_cost(each, k) for each in moved for k in (label, *others)),
        ],
        "You add the margin to the angle. That is ArcFace, a good loss as well; here the margin is "
        "subtracted from the cosine itself.": [_cost(scale * each, label) for each in turned],
        "The right person's logit counts above the fraction and in the sum below it, and the "
        "margin has to be in both.": [_cost(logits, label, plain), _cost(plain, label, logits)],
    }
    reject_known(answer, mistakes)
    rng = np.random.default_rng(8)
    for cosines, label, margin, scale in (
        ([0.5, 0.25], 0, 0, 1),
        ([0.75], 0, 0.25, 16),
        ([0.9, -0.9, 0.1], 2, 0.5, 4),
        ([1.0, 0.95, -0.5], 0, 0.35, 64),
        ([-0.75, 0.875, 0.5], 0, 0.35, 64),
        (rng.uniform(-0.5, 0.9, 400).astype("float32"), 399, 0.1, 8),
    ):
        cosines = np.array(cosines)
        expected = _cost(scale * (cosines - margin * np.eye(len(cosines))[label]), label)
        answer = number(_call(function, cosines, label, margin, scale, keep=True))
        what = f"With cosines = {_shown(cosines)}, label {label}, margin {margin} and scale {scale}"
        reject_unequal(answer, expected, f"{what}, the loss", abs_tol=1e-5)


def _judge_false_share(function):
    answer = number(_call(function, 600, 150, 0.8, 0.1))
    right, false, alarms = 120, 45, 165
    mistakes = {
        "This is the share of *right* alarms. Asked for is that of the false ones, which have to "
        "go above the line.": [right / alarms, 120 / 180],
        "This is the share of the others who raise an alarm, `false_alarm` itself. Divide the "
        "false alarms by all *alarms*.": [0.1],
        "Those on the list are among the passers, but cannot raise a false alarm. Subtract them: "
        "passers - listed.": [60 / 180],
        "These are alarms, not yet a share. Divide the false ones by all alarms, right and false "
        "together.": [alarms, false, right],
        "You divide by all who walk by. Asked for is the share of the *alarms* that are false: "
        "divide by all alarms.": [false / 600, alarms / 600],
        "You count everyone on the list as found, or multiply all by `found`. The right alarms, "
        "and only they, are listed * found.": [45 / 195, 60 / 210, 36 / 165],
        "You divide by the right alarms alone, and that may exceed 1. Divide the false ones by all "
        "alarms, right and false together.": [false / right, 60 / right],
        "You count the listed people who are *not* found: they raise no alarm. The right alarms "
        "are listed * found.": [45 / 75],
        "You compare two probabilities, as if as many people were on the list as not. Multiply "
        "each by the people whom it concerns.": [0.1 / 0.9, 0.8 / 0.9],
        "This is a percentage. A share lies between 0 and 1, so leave out the factor of 100, "
        "please.": [100 * false / alarms],
    }
    reject_known(answer, mistakes)
    for passers, listed, found, false_alarm in (
        (100_000, 10, 0.9, 0.001),  # of the text
        (1_000, 5, 0.8, 0),
        (1_000, 0, 0.9, 0.01),
        (50, 50, 0.7, 0.5),
        (5_000, 20, 0, 0.25),
        (2_000, 3, 0.5, 0.00025),
    ):
        what = (
            f"With {passers:,} passers, {listed} listed, found {found}, false_alarm {false_alarm}"
        )
        right, false = listed * found, (passers - listed) * false_alarm
        try:
            answer = number(_call(function, passers, listed, found, false_alarm))
        except ZeroDivisionError:
            raise Wrong(
                f"{what} you divide by 0. Divide by *all* alarms: there is at least one."
            ) from None
        reject_unequal(answer, false / (right + false), f"{what}, the share of false alarms")


EXERCISES = (
    Exercise(
        "8.1",
        begin="Replace the dots after return: divide each embedding by its length, then multiply "
        "each of a with each of b.",
        hints=(
            "If all embeddings had length 1, the cosine of two would be the sum of the products of "
            "their numbers. How do you give them length 1?",
            "np.linalg.norm(a, axis=1, keepdims=True) holds the length of each row, in a column. A "
            "product of matrices, with @, takes each row with each column.",
            "Divide a and b by their lengths, each into a new array, and return a @ b.T.",
        ),
        judge=_judge_cosines,
        praise="A picture now meets a whole list of people in a single product.",
    ),
    Exercise(
        "8.2",
        begin="Replace the dots after return by two shares, with a comma between them.",
        hints=(
            "match = scores >= threshold says for each pair whether it is called a match. Which of "
            "the pairs can be a false match at all?",
            "match[~same] holds the decisions on the pairs of different people, match[same] those "
            "on the pairs of one person. np.mean of True and False is a share.",
            "np.mean(match[~same]), np.mean(~match[same])",
        ),
        judge=_judge_two_rates,
        praise="Each kind of error is now counted among those to whom it can happen.",
    ),
    Exercise(
        "8.3",
        begin="Replace the dots after return: choose a negative first, then work out the loss.",
        hints=(
            "Which negatives are farther than the positive? There may be none.",
            "farther = negatives[negatives > positive] holds them. Take its .min() if it is not "
            "empty, which len(farther) tells, else negatives.max().",
            "max(0, positive - chosen + margin)",
        ),
        judge=_judge_triplet,
        praise="Each anchor now learns from a negative that is neither too easy nor hopeless.",
    ),
    Exercise(
        "8.4",
        begin="Replace the dots after return: a logit for each person, a softmax, a logarithm.",
        hints=(
            "logits = scale * cosines is a new array, in which the right one may be changed.",
            "A margin on the cosine is scale * margin on the logit: logits[label] -= scale * "
            "margin. The probability is np.exp(logits[label]) / np.sum(np.exp(logits)).",
            "np.log(np.sum(np.exp(logits))) - logits[label]",
        ),
        judge=_judge_margin_loss,
        praise="To be nearer to the right person is no longer enough; it has to be by a margin.",
    ),
    Exercise(
        "8.5",
        begin="Replace the dots after return: how many alarms are right, and how many are false?",
        hints=(
            "Work out two numbers of alarms: those of people on the list, and those of all others.",
            "listed * found alarms are right. The others are passers - listed people.",
            "With false = (passers - listed) * false_alarm: false / (listed * found + false)",
        ),
        judge=_judge_false_share,
        praise="Hardly anybody is on the list, and that decides how many alarms are false.",
    ),
)
