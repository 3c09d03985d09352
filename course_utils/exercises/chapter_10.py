"""Exercises of chapter 10, fine-tuning."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, call, number, reject


def _judge_running_mean(function):
    answer = number(call(function, 8.0, 2.0, 0.9, 3))
    kept = 0.9**3

    def gave(expected):
        return math.isclose(answer, expected, abs_tol=1e-9)

    reject(
        gave(0.9 * 8 + 0.1 * 2),
        "This is the mean after one batch. Each further batch moves it again.",
    )
    reject(
        gave((1 - kept) * 8 + kept * 2),
        "The roles of old and new are exchanged: what is left of the old mean gets less with every "
        "batch.",
    )
    reject(
        gave(0.1**3 * 8 + (1 - 0.1**3) * 2),
        "Here momentum is the share of the old mean that a batch leaves, as in Keras. In PyTorch "
        "the same word stands for the share that comes in.",
    )
    reject(
        gave(8 + 3 * 0.1 * (2 - 8)),
        "You take the same step three times. But each step is a share of the distance that is "
        "still left, so the steps get smaller.",
    )
    reject(
        gave(kept * 8),
        "The old mean fades as it should, but nothing of the new one comes in.",
    )
    reject(
        gave(kept * 8 + 0.1 * 2),
        "Of the new mean only the share of one batch has come in. All that is lost of the old mean "
        "is filled by the new one.",
    )
    for old, new, momentum, steps in (
        (8.0, 2.0, 0.9, 3),
        (8.0, 2.0, 0.9, 0),
        (-1.0, 3.0, 0.5, 7),
        (0.0, 1.0, 0.99, 100),
    ):
        answer = number(call(function, old, new, momentum, steps))
        kept = momentum**steps
        expected = kept * old + (1 - kept) * new
        reject(
            not math.isclose(answer, expected, abs_tol=1e-9),
            f"From {old:g}, after {steps} batches of mean {new:g} at a momentum of {momentum:g}, "
            f"the running mean is {expected:.4f}. Your function gives {answer:.4f}.",
        )


def _judge_spring(function):
    w = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    start = np.array([[0.0, 2.5, -1.0], [1.5, -1.0, 1.0]])
    answer = np.asarray(call(function, w.copy(), start.copy(), 0.4), dtype=float)
    penalty = 0.2 * np.sum((w - start) ** 2)
    reject(
        answer.size == 1 and math.isclose(float(answer.reshape(())), penalty),
        "This is the penalty. Asked for is its gradient: one number for each weight.",
    )
    reject(
        answer.shape != w.shape,
        f"One number for each weight is expected, shape {w.shape}. Received: {answer.shape}.",
    )

    def gave(expected):
        return np.allclose(answer, expected, atol=1e-9)

    reject(
        gave(0.4 * (start - w)),
        "The sign is the other way round. Gradient descent subtracts this, so a weight above its "
        "start would be pushed further up.",
    )
    reject(
        gave(0.4 * w),
        "This is ordinary weight decay: it pulls towards zero, not towards the start.",
    )
    reject(
        gave(w - start),
        "Where is alpha? It says how strong the spring is.",
    )
    reject(
        gave(2 * 0.4 * (w - start)),
        "Twice too much: the square gives a factor of 2, and the half in front of the sum takes it "
        "away.",
    )
    reject(
        gave(0.2 * (w - start)),
        "Half too much is gone: the square gives a factor of 2, which cancels the half.",
    )
    reject(
        gave(0.2 * (w - start) ** 2) or gave(0.4 * (w - start) ** 2),
        "This is still the penalty, weight by weight. Differentiate it: the square goes.",
    )
    reject(
        gave(0.4 * np.sign(w - start)),
        "A constant pull belongs to a penalty of absolute values. With squares it grows with the "
        "distance.",
    )
    expected = 0.4 * (w - start)
    reject(
        not gave(expected),
        f"A weight of 3 that started at 1 should get {expected[1, 2]:g} at alpha 0.4. Your "
        f"function gives {answer[1, 2]:g}.",
    )


def _judge_rates(function):
    answer = call(function, 0.09, 3, 3.0)
    reject(
        np.ndim(answer) != 1,
        f"A list with one rate for each stage is expected. Received: {answer!r}.",
    )
    answer = [number(rate) for rate in answer]
    reject(
        len(answer) != 3,
        f"For three stages three rates are expected. Received: {len(answer)}.",
    )

    def gave(*expected):
        return np.allclose(answer, expected, rtol=1e-9)

    reject(
        gave(0.09, 0.03, 0.01),
        "The order is the other way round: the earliest stage comes first, and it is the slowest.",
    )
    reject(
        gave(0.01 / 3, 0.01, 0.03),
        "The last stage itself should have the rate top. You divide once too often.",
    )
    reject(
        gave(0.81, 0.27, 0.09),
        "The earliest stage is the fastest here. Divide by fade, do not multiply.",
    )
    reject(
        gave(0.09, 0.27, 0.81),
        "These rates grow beyond top. The last stage has the rate top, all others less.",
    )
    reject(
        gave(0.03, 0.03, 0.09) or gave(0.03, 0.03, 0.03),
        "All early stages get the same rate. Each should be slower than the next.",
    )
    reject(
        gave(0.09 / 6, 0.09 / 3, 0.09) or gave(0.03, 0.06, 0.09),
        "These rates fall in a straight line or like one over the depth. Each stage divides the "
        "rate of the next: use a power of fade.",
    )
    for top, stages, fade in ((0.09, 3, 3.0), (0.01, 5, 2.6), (1.0, 1, 2.0)):
        answer = np.asarray(call(function, top, stages, fade), dtype=float)
        expected = [top / fade ** (stages - 1 - stage) for stage in range(stages)]
        reject(
            answer.shape != (stages,) or not np.allclose(answer, expected, rtol=1e-9),
            f"With top {top:g}, {stages} stages and fade {fade:g} the rates are "
            f"{np.round(expected, 5).tolist()}. Your function gives {answer.round(5).tolist()}.",
        )
    default = np.asarray(call(function, 1.0, 2), dtype=float)
    reject(
        not np.allclose(default, [1 / 2.6, 1]),
        "Called without fade, the function should divide by 2.6.",
    )


def _judge_cka(function):
    draw = np.random.default_rng(10)
    x = draw.normal(size=(40, 6)) * [3, 2, 1, 1, 1, 1] + 2.0
    y = x[:, :4] @ draw.normal(size=(4, 5)) + draw.normal(size=(40, 5)) - 3.0
    answer = number(call(function, x.copy(), y.copy()))

    def centred(a, axis=0):
        return a - a.mean(axis=axis, keepdims=True)

    def cosine(one, other):
        return np.sum(one * other) / (np.linalg.norm(one) * np.linalg.norm(other))

    def gave(expected):
        return math.isclose(answer, expected, rel_tol=1e-6)

    a, b = centred(x), centred(y)
    expected = cosine(a @ a.T, b @ b.T)
    reject(
        gave(cosine(x @ x.T, y @ y.T)),
        "The means are still in. Take away the mean of every column first.",
    )
    reject(
        gave(cosine(centred(x, 1) @ centred(x, 1).T, centred(y, 1) @ centred(y, 1).T)),
        "You took the mean of each row away, that is of each picture. Take that of each column: "
        "axis 0.",
    )
    reject(
        gave(cosine(x - x.mean(), y - y.mean()) if x.shape == y.shape else np.nan)
        or gave(cosine((x - x.mean()) @ (x - x.mean()).T, (y - y.mean()) @ (y - y.mean()).T)),
        "You took one mean away from everything. Every column has a mean of its own: axis 0.",
    )
    reject(
        gave(np.sum((a @ a.T) * (b @ b.T))),
        "This is the numerator. Divide by the norms of the two matrices.",
    )
    reject(
        gave(np.sqrt(expected)),
        "This is the square root of CKA.",
    )
    reject(
        gave(expected**2),
        "This is the square of CKA.",
    )
    reject(
        gave(np.sum((a @ a.T) * (b @ b.T)) / np.sum((a @ a.T) ** 2)),
        "You divide by the norm of one matrix twice. Each of the two has its own.",
    )
    reject(
        answer > 1 + 1e-6,
        f"CKA is a cosine and never above 1. Yours is {answer:.3f}. Check the denominator: the "
        "norms of the n x n matrices, not of the features.",
    )
    turn, _ = np.linalg.qr(draw.normal(size=(6, 6)))
    for name, other, true in (
        ("two related sets of features", y, expected),
        ("a set of features and itself", x, 1.0),
        ("a set of features and itself, turned", x @ turn, 1.0),
        ("a set of features and itself, tenfold", 10 * x, 1.0),
    ):
        answer = number(call(function, x.copy(), other.copy()))
        reject(
            not math.isclose(answer, true, abs_tol=1e-6),
            f"For {name} CKA is {true:.4f}. Your function gives {answer:.4f}.",
        )


def _judge_choose(function):
    new = {"one": 0.96, "two": 0.95, "three": 0.90, "four": 0.955}
    lost = {"one": 0.50, "two": 0.03, "three": 0.00, "four": 0.20}
    answer = call(function, dict(new), dict(lost), 0.02)
    reject(
        not isinstance(answer, str),
        f"The name of a way is expected. Received: {answer!r}.",
    )
    reject(
        answer == "one",
        "This is the best on the new task, whatever it loses. Others are within the margin and "
        "lose less.",
    )
    reject(
        answer == "three",
        "This loses least of all, but it lies further than the margin below the best on the new "
        "task. First keep those within the margin.",
    )
    reject(
        answer == "four",
        "Of three that are within the margin this is neither the best nor the one that loses "
        "least. Compare what they lost.",
    )
    reject(
        answer not in new,
        f"The name should be one of {', '.join(new)}. Received: {answer!r}.",
    )
    cases = (
        ({"a": 0.9, "b": 0.8, "c": 0.7}, {"a": 0.4, "b": 0.1, "c": 0.0}, 0.0, "a"),
        ({"a": 0.5, "b": 0.75}, {"a": 0.0, "b": 0.1}, 0.25, "a"),
        ({"a": 0.9, "b": 0.895}, {"a": 0.01, "b": -0.02}, 0.01, "b"),
        ({"a": 0.30, "b": 0.29}, {"a": 0.9, "b": 0.8}, 0.02, "b"),
    )
    for new, lost, margin, expected in cases:
        answer = call(function, dict(new), dict(lost), margin)
        reject(
            answer != expected,
            f"With new = {new}, lost = {lost} and a margin of {margin:g} the rule chooses "
            f"{expected!r}. Yours chooses {answer!r}.",
        )


EXERCISES = (
    Exercise(
        "10.1",
        begin="Replace the dots after return: how much of the old mean is left after all steps?",
        hints=(
            "One batch leaves the share momentum of the old mean. What do two leave?",
            "After several batches momentum**steps of the old mean is left; the rest is new.",
            "kept = momentum**steps, then kept * old + (1 - kept) * new",
        ),
        judge=_judge_running_mean,
        praise="At a momentum of 0.9, seven batches are enough to lose half of the old mean.",
    ),
    Exercise(
        "10.2",
        begin="Replace the dots after return: differentiate the penalty with respect to one "
        "weight.",
        hints=(
            "Only one term of the sum depends on a given weight.",
            "The derivative of (w - start)**2 is 2 * (w - start), and there is a half in front.",
            "alpha * (w - start)",
        ),
        judge=_judge_spring,
        praise="One line in an optimiser turns gradient descent into L2-SP.",
    ),
    Exercise(
        "10.3",
        begin="Replace the dots after return by a list: divide top by a power of fade.",
        hints=(
            "How many stages lie between a stage and the last one? That is the power.",
            "Stage number stage, counted from 0, has stages - 1 - stage stages behind it.",
            "[top / fade ** (stages - 1 - stage) for stage in range(stages)]",
        ),
        judge=_judge_rates,
        praise="The optimiser below does the same with the number of stages above a weight.",
    ),
    Exercise(
        "10.4",
        begin="Replace the dots after return: take away the column means, build the two n x n "
        "matrices, compare them.",
        hints=(
            "x - x.mean(axis=0) takes away the mean of every column.",
            "x @ x.T is n x n. The product of two matrices as if they were vectors is "
            "(one * other).sum(), and np.linalg.norm(one) is the length.",
            "(one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other))",
        ),
        judge=_judge_cka,
        praise="It gives 1 for a rotated copy, although every single number has changed.",
    ),
    Exercise(
        "10.5",
        begin="Replace the dots after return: keep the ways within the margin of the best, then "
        "compare what they lost.",
        hints=(
            "Two steps: who is good enough on the new task? And of those, who lost least?",
            "good = [name for name in new if new[name] >= max(new.values()) - margin]",
            "min(good, key=lost.get)",
        ),
        judge=_judge_choose,
        praise="A rule that is written down can be fixed before the test pictures are opened.",
    ),
)
