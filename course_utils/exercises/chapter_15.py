"""Exercises of chapter 15, captions."""

import numpy as np
from scipy.special import softmax

from course_utils.exercises.check import Exercise, Wrong, call, number, reject


def _two(answer, what):
    """Return the parts of a pair, or say that it is none."""
    reject(
        not isinstance(answer, (tuple, list)) or len(answer) != 2,
        f"Two things are expected, {what}, with a comma between them. "
        f"Received: {type(answer).__name__}.",
    )
    return answer


def _judge_teacher_forcing(function):
    rows = np.array([[1, 5, 6, 2, 0], [1, 7, 5, 6, 2]], np.int32)
    inputs, answers = _two(call(function, rows.copy()), "inputs and answers")
    inputs, answers = np.asarray(inputs), np.asarray(answers)
    before, after = rows[:, :-1], rows[:, 1:]

    def same(x, y):
        return np.array_equal(inputs, x) and np.array_equal(answers, y)

    reject(
        same(rows, rows) or same(before, before) or same(after, after),
        "Input and answer are the same word. A decoder that repeats its input would be perfect: "
        "the answer is the word *after* the one that went in.",
    )
    reject(
        same(after, before),
        "The two are the wrong way round: the decoder would learn to say the word *before*. Inputs "
        "are all words but the last, answers all but the first.",
    )
    reject(
        inputs.shape == rows.shape or answers.shape == rows.shape,
        "Arrays of shape (n, length - 1) are expected. The last word has no word after it, so it "
        f"is no input, and nothing comes before the first. Received: {inputs.shape} and "
        f"{answers.shape}.",
    )
    reject(
        inputs.shape[0] != len(rows) or answers.shape[0] != len(rows),
        "A caption is lost: you cut along the first axis, that of the captions. Words are along "
        "the second: rows[:, ...].",
    )
    reject(
        same(rows[:, :-2], rows[:, 2:]),
        "The answer is two words ahead. It should be the very next one.",
    )
    reject(
        not same(before, after),
        f"For the row {rows[0].tolist()} the input should be {before[0].tolist()} and the answer "
        f"{after[0].tolist()}. Yours are {np.ravel(inputs[:1]).tolist()} and "
        f"{np.ravel(answers[:1]).tolist()}.",
    )


def _judge_attend(function):
    rng = np.random.default_rng(15)
    query = rng.normal(size=4)
    keys = rng.normal(size=(6, 4))
    values = rng.normal(size=(6, 3))
    v = rng.normal(size=4)
    weights, read = _two(
        call(function, query.copy(), keys.copy(), values.copy(), v.copy()), "weights and read"
    )
    weights, read = np.asarray(weights, dtype=float), np.asarray(read, dtype=float)
    scores = np.tanh(query + keys) @ v
    expected = softmax(scores)

    def same(other):
        return weights.shape == np.shape(other) and np.allclose(weights, other, atol=1e-6)

    reject(
        weights.shape == (3,) and read.shape == (6,),
        "The two are the wrong way round: return the weights first, then what is read.",
    )
    reject(
        same(scores),
        "These are scores, not weights: they do not add up to 1. Softmax is missing.",
    )
    reject(
        same(np.exp(scores)) or same(np.exp(scores - scores.max())),
        "The exponentials are right, but weights add up to 1: divide by their sum.",
    )
    reject(
        same(softmax((query + keys) @ v)),
        "The tanh is missing. Without it the query adds the same number to every score, and "
        "softmax does not notice that: the map would be the same for every word.",
    )
    reject(
        same(softmax(keys @ query)) or same(softmax(keys @ query / 2)),
        "That is dot-product attention. Additive attention adds query and key, takes the tanh, "
        "and multiplies by v.",
    )
    reject(
        same(softmax(np.tanh(query + keys).sum(axis=1))),
        "v is not used. It says how much each of the d comparisons counts.",
    )
    reject(
        weights.shape == keys.shape,
        "One weight for each cell is expected, and you have one for each number of a key. Sum "
        "over d, the last axis: @ v does that.",
    )
    reject(
        not same(expected),
        f"{len(keys)} weights are expected, here {np.round(expected, 3).tolist()}. "
        f"Yours: {np.round(np.ravel(weights)[:6], 3).tolist()}.",
    )
    reject(
        read.shape == values.shape,
        "The values are weighted, but not added up: one row for each cell is left. What is read "
        "is their sum.",
    )
    reject(
        read.shape == (3,) and np.allclose(read, values.mean(axis=0)),
        "That is the plain mean of the values. The weights should say how much each counts.",
    )
    reject(
        read.shape == (3,) and np.allclose(read, values[expected.argmax()]),
        "You read the cell with the largest weight alone. All cells are read, each in "
        "proportion to its weight.",
    )
    reject(
        read.shape == (3,) and np.allclose(read, expected @ values / len(values)),
        "The weights add up to 1 already, so do not divide by the number of cells as well.",
    )
    reject(
        read.shape != (3,) or not np.allclose(read, expected @ values, atol=1e-6),
        f"The weights are right. What is read should be {np.round(expected @ values, 3).tolist()}, "
        f"the sum of weight times value. Yours: {np.round(np.ravel(read)[:6], 3).tolist()}.",
    )


def _judge_causal_mask(function):
    answer = call(function, 4)
    mask = np.asarray(answer)
    reject(
        mask.shape != (4, 4),
        f"For 4 words a mask of shape (4, 4) is expected. Received: shape {mask.shape}.",
    )
    low = np.tril(np.ones((4, 4), bool))
    reject(
        mask.dtype.kind == "f" and not np.isfinite(mask).all(),
        "Minus infinity is added to the scores later. Here, write True where a word may look and "
        "False where it may not.",
    )
    truth = mask.astype(bool)
    reject(
        truth.all(),
        "Every word may look at every other word, the answer included: that is no mask.",
    )
    reject(
        np.array_equal(truth, low.T),
        "It is the other way round: here each word sees only itself and what comes *after* it. "
        "Rows look, columns are looked at.",
    )
    reject(
        np.array_equal(truth, np.tril(low, -1)),
        "The diagonal is missing. A word may look at itself, because it is an input. Otherwise the "
        "first word would have nothing at all to look at.",
    )
    reject(
        np.array_equal(truth, ~low) or np.array_equal(truth, ~np.tril(low, -1)),
        "True and False are swapped: True should stand where looking is *allowed*.",
    )
    reject(
        np.array_equal(truth, np.tril(np.ones((4, 4), bool), 1)),
        "That lets each word look one word ahead, and the word one ahead is exactly the answer.",
    )
    reject(
        np.array_equal(truth, np.eye(4, dtype=bool)),
        "Each word sees itself alone and nothing of the caption before it. It may look at all "
        "earlier words as well.",
    )
    wrong = np.argwhere(truth != low)
    if len(wrong):
        row, column = wrong[0].tolist()
        raise Wrong(
            f"Row {row}, column {column} should be {bool(low[row, column])}: word {row} "
            f"{'may' if low[row, column] else 'may not'} look at word {column}."
        )
    reject(
        mask.dtype != bool,
        f"The numbers are right, but a boolean array is expected. Received: {mask.dtype}.",
    )
    for length in (1, 7):
        mask = np.asarray(call(function, length))
        reject(
            not np.array_equal(mask, np.tril(np.ones((length, length), bool))),
            f"For 4 words it is right, for {length} it is not: use `length`.",
        )


def _judge_clipped_precision(function):
    caption = ["a", "a", "red", "red", "star"]
    reference = ["a", "red", "star", "left", "of", "a", "ring"]
    answer = number(call(function, list(caption), list(reference)))
    reject(
        np.isclose(answer, 1.0),
        "Every word of the test caption occurs in the reference, but one of them too often: "
        "'red' is there twice and in the reference once. Count a word at most that often.",
    )
    reject(
        np.isclose(answer, 4.0) or np.isclose(answer, 5.0),
        "That is a number of words. Divide it by the number of words of the caption.",
    )
    reject(
        np.isclose(answer, 4 / 7),
        "You divide by the length of the reference: that is recall. The share is of the words of "
        "the caption.",
    )
    reject(
        np.isclose(answer, 3 / 5),
        "You count each word once, however often it occurs. 'a' occurs twice in both, so it counts "
        "twice.",
    )
    reject(
        not np.isclose(answer, 4 / 5),
        f"For {' '.join(caption)!r} against {' '.join(reference)!r} four of five words are right, "
        f"0.8. Your function gives {answer:g}.",
    )
    for caption, reference, expected in (
        ("a a a a", "a red star", 0.25),
        ("a blue ring", "a red star", 1 / 3),
        ("a red star", "a red star", 1.0),
        ("the the", "a red star", 0.0),
    ):
        answer = number(call(function, caption.split(), reference.split()))
        reject(
            not np.isclose(answer, expected),
            f"For {caption!r} against {reference!r} the share is {expected:.3g}. "
            f"Your function gives {answer:.3g}.",
        )


def _judge_best_extensions(function):
    # Chosen so that each typical mistake gives another answer.
    totals = np.log([0.64, 0.26, 0.10])
    log_p = np.log([[0.35, 0.36, 0.29], [0.33, 0.26, 0.41], [0.53, 0.03, 0.44]])
    answer = call(function, totals.copy(), log_p.copy(), 3)
    try:
        found = [tuple(int(part) for part in pair) for pair in answer]
    except (TypeError, ValueError):
        found = [()]
    reject(
        any(len(pair) != 2 for pair in found),
        "A list of pairs (beam, word) is expected, such as [(0, 1), (1, 2)]. "
        f"Received: {answer!r}.",
    )
    reject(
        len(found) != 3,
        f"A width of 3 asks for three extensions of all together. Received: {len(found)}.",
    )
    every = totals[:, None] + log_p
    alone = _best(np.zeros(3), log_p, 3)
    product = _best_of(totals[:, None] * log_p, 3)
    reject(found == alone, "You look at the next word alone. Add the total of its beam to it.")
    reject(
        found == product,
        "You multiply logarithms. Probabilities are multiplied, so their logarithms are *added*.",
    )
    reject(
        found == _best_of(-every, 3),
        "These are the worst extensions. argsort begins with the smallest: change the sign.",
    )
    reject(
        found == [(word, beam) for beam, word in _best_of(every, 3)],
        "Beam and word are swapped in each pair.",
    )
    reject(
        sorted(beam for beam, _ in found) == [0, 1, 2],
        "You take the best word of each beam. All extensions compete together: here the first "
        "beam takes every place.",
    )
    right = _best_of(every, 3)
    reject(
        sorted(found) == sorted(right) and found != right,
        "The right extensions, in the wrong order: the best one comes first.",
    )
    reject(
        found != right,
        f"The best three are {right}. Your function gives {found}.",
    )
    rng = np.random.default_rng(15)
    totals, log_p = np.log(rng.dirichlet([1] * 4)), np.log(rng.dirichlet([1] * 9, size=4))
    found = [tuple(int(part) for part in pair) for pair in function(totals, log_p, 4)]
    right = _best(totals, log_p, 4)
    reject(
        found != right,
        f"That is right for 3 beams and 3 words. For 4 beams and 9 words the best are {right}, "
        f"and your function gives {found}.",
    )


def _best(totals, log_p, width):
    return _best_of(totals[:, None] + log_p, width)


def _best_of(scores, width):
    best = np.argsort(-scores, axis=None, kind="stable")[:width]
    return [divmod(int(place), scores.shape[1]) for place in best]


EXERCISES = (
    Exercise(
        "15.1",
        begin="`rows` has a row for each caption, and words lie along the second axis: "
        "rows[:, ...]. Which word cannot be an input, and which cannot be an answer?",
        hints=(
            "Write down the row <start> a star <end>. Under each word write the one that should be "
            "said next. One place stays empty.",
            "Inputs are all columns but the last, rows[:, :-1]. Answers are the same columns one "
            "place further on.",
        ),
        judge=_judge_teacher_forcing,
        praise="A single shift turns a caption into as many exercises as it has words, and one "
        "for <end>.",
    ),
    Exercise(
        "15.2",
        begin="Begin with the scores, one for each cell: np.tanh(query + keys) has a row for each "
        "cell. Then multiply by v.",
        hints=(
            "scores = np.tanh(query + keys) @ v. The weights are the softmax of the scores.",
            "weights = np.exp(scores); weights = weights / weights.sum(); read = weights @ values.",
        ),
        judge=_judge_attend,
        praise="Attention is a soft choice: if one score is far ahead, nearly all that is read "
        "comes from that one cell.",
    ),
    Exercise(
        "15.3",
        begin="Draw it for three words. Row 0 may look at column 0 alone, row 1 at columns 0 and "
        "1 ...",
        hints=(
            "Word i may look at word j if j <= i. The mask is a triangle with its diagonal.",
            "np.tril keeps the lower triangle of an array: of np.ones((length, length), bool).",
        ),
        judge=_judge_causal_mask,
        praise="With this mask all words of a caption can be trained at once, and none of them "
        "sees its answer.",
    ),
    Exercise(
        "15.4",
        begin="For one word: how often is it in the caption, how often in the reference? "
        "caption.count(word) counts.",
        hints=(
            "Go through the *different* words of the caption, set(caption), and add up the smaller "
            "one of two counts for each.",
            "sum(min(caption.count(w), reference.count(w)) for w in set(caption)), divided by "
            "len(caption).",
        ),
        judge=_judge_clipped_precision,
        praise="Repeating a safe word earns nothing now. Saying words that every caption has still "
        "does; remember that when you meet the blind rival.",
    ),
    Exercise(
        "15.5",
        begin="Make a table of all sums first, a row for each beam and a column for each word: "
        "totals[:, None] + log_p.",
        hints=(
            "Flatten the table and negate it: np.argsort then begins with the best place.",
            "divmod(place, number of words) gives back row and column: (beam, word).",
        ),
        judge=_judge_best_extensions,
        praise="With a width of 1, this is greedy search.",
    ),
)
