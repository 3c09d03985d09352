"""Exercises of chapter 4, training well."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, call, number, reject


def _judge_layers_until(function):
    answer = number(call(function, 0.5, 0.2))
    reject(
        answer == 2,
        "After two layers 0.25 is left, which is not yet less than 0.2. One more is needed.",
    )
    reject(
        math.isclose(answer, math.log(0.2) / math.log(0.5), rel_tol=1e-6),
        "That is where the limit is reached exactly. A number of layers is a whole number.",
    )
    reject(
        answer < 0,
        "Both logarithms are negative, so their quotient is positive. Is a sign lost?",
    )
    reject(
        answer == 1,
        "One layer leaves 0.5. The factor applies again in each layer: multiply, do not subtract.",
    )
    for factor, limit in ((0.5, 0.2), (0.9, 0.001), (0.5, 0.25)):
        answer = number(call(function, factor, limit))
        expected, left = 0, 1.0
        while left >= limit:
            expected, left = expected + 1, left * factor
        reject(
            (factor, limit) == (0.5, 0.25) and answer == 2,
            "With a factor of 0.5, exactly 0.25 is left after two layers. Asked for is less.",
        )
        reject(
            answer != expected,
            f"With a factor of {factor} less than {limit} is left after {expected} layers. "
            f"Your function gives {answer:g}.",
        )


def _judge_batch_normalise(function):
    draw = np.random.default_rng(4)
    x = draw.normal(size=(6, 5, 4, 3)) * [1.0, 5.0, 0.05] + [0.0, 100.0, 3.0]
    x[..., 0] += draw.normal(size=(6, 1, 1)) * 3  # images differ, so that it matters over what
    answer = np.asarray(call(function, x.copy(), 1e-3))
    reject(
        answer.shape != x.shape,
        f"The answer should have the shape of x, {x.shape}. Received: {answer.shape}.",
    )

    def normalised(axis, *, power=0.5, epsilon=1e-3, ddof=0):
        mean, variance = x.mean(axis, keepdims=True), x.var(axis, keepdims=True, ddof=ddof)
        return (x - mean) / (variance + epsilon) ** power

    everything_but_channels = (0, 1, 2)
    reject(
        np.allclose(answer, normalised(None)),
        "One mean and one variance for all channels together. Each channel has its own.",
    )
    reject(
        np.allclose(answer, normalised((1, 2))),
        "Each image is normalised on its own here. The mean goes over the images of the batch, "
        "too.",
    )
    reject(
        np.allclose(answer, normalised(0)),
        "A mean for each place of the image. The mean goes over all places, too.",
    )
    reject(
        np.allclose(answer, normalised((0, 1))),
        "A mean for each column of the image. The mean goes over the width, axis 2, too.",
    )
    reject(
        np.allclose(answer, normalised(everything_but_channels, power=1)),
        "Divided by the variance. The formula has a root.",
    )
    deviation = np.sqrt(x.var(everything_but_channels) + 1e-3)
    reject(
        np.allclose(answer, x - x.mean(everything_but_channels) / deviation),
        "Only the mean is divided here. Put x minus its mean in parentheses, and divide that.",
    )
    reject(
        np.allclose(answer, normalised(everything_but_channels, ddof=1)),
        "Nearly: this variance divides by n - 1. Leave ddof out; batch normalisation divides by n.",
    )
    reject(
        np.allclose(answer, normalised(everything_but_channels, epsilon=1e-5)),
        "Nearly: epsilon is 0.00001 here. Take the one that the function is given.",
    )
    reject(
        np.allclose(answer, x - x.mean(everything_but_channels)),
        "The mean is subtracted. Now divide by the standard deviation.",
    )
    expected = normalised(everything_but_channels)
    without = normalised(everything_but_channels, epsilon=0)
    added_later = (x - x.mean(everything_but_channels)) / (x.std(everything_but_channels) + 1e-3)
    reject(
        np.allclose(answer, without) or np.allclose(answer, added_later),
        "Nearly: epsilon is added to the variance, under the root.",
    )
    reject(
        not np.allclose(answer, expected, rtol=1e-4, atol=1e-5),
        "The values differ from the formula. In each channel the mean should be 0 and the standard "
        f"deviation {_rounded(expected.std(everything_but_channels))}. Received: means "
        f"{_rounded(answer.mean(everything_but_channels))}, standard deviations "
        f"{_rounded(answer.std(everything_but_channels))}.",
    )


def _rounded(values):
    return np.round(values, 4).tolist()


def _judge_one_cycle(function):
    def at(step, warm_up=0.2):
        return number(call(function, step, 100, 0.5, warm_up))

    reject(
        math.isclose(at(10), 0.5 * min(10 / 0.2, (1 - 10) / 0.8), rel_tol=1e-6),
        "step counts the steps, and warm_up is a share of them. Divide step by steps first.",
    )
    reject(
        math.isclose(at(20), 1.0 * 0.5 * 20 / 100, rel_tol=1e-6) and at(100) > 0.4,
        "The rate rises during all steps. It should turn at warm_up * steps.",
    )
    reject(
        math.isclose(at(0), 0.5, rel_tol=1e-6),
        "At step 0 the rate is the peak already. It has to rise from 0 first.",
    )
    reject(
        math.isclose(at(20), 0.5 * 0.8, rel_tol=1e-6),
        "At the end of the warm-up the rate is only 0.8 of its peak. The falling line has to begin "
        "at the peak: (1 - done) is 1 at step 0, not at the end of the warm-up.",
    )
    reject(
        math.isclose(at(20), 1.0, rel_tol=1e-6),
        "At the end of the warm-up the rate should be peak, 0.5 here. Received: 1. "
        "Multiply by peak.",
    )
    reject(
        at(0) > 0.5 and at(100) > 0.5,
        "At its two ends the rate is above the peak. Of two straight lines, take the smaller one.",
    )
    reject(
        at(100) > 0.4,
        "After the warm-up the rate stays at its peak. It has to fall to 0 at the last step.",
    )
    for step, warm_up in ((0, 0.2), (10, 0.2), (20, 0.2), (60, 0.2), (100, 0.2), (25, 0.5)):
        done = step / 100
        expected = 0.5 * min(done / warm_up, (1 - done) / (1 - warm_up))
        answer = at(step, warm_up)
        reject(
            not math.isclose(answer, expected, rel_tol=1e-6, abs_tol=1e-9),
            f"With 100 steps, a peak of 0.5 and a warm-up of {warm_up}, the rate at step {step} "
            f"is {expected:.4g}. Your function gives {answer:.4g}.",
        )


def _judge_mirrored(answer):
    reject(
        isinstance(answer, str) or not isinstance(answer, set | frozenset | list | tuple),
        f'A set of names is expected, such as {{"digits", "arrows"}}. Received: {answer!r}.',
    )
    answer = set(answer)
    tasks = {"digits", "flowers", "arrows", "shapes"}
    reject(
        not answer <= tasks,
        f"Only these names stand for a task: {sorted(tasks)}. Received: {sorted(map(str, answer))}",
    )
    reject(
        answer == tasks,
        "Two of the four are spoilt by a mirror. What does a 2 look like in it?",
    )
    reject("digits" in answer, "Write a 2, a 3 or a 7 and mirror it. Is it still a digit?")
    reject(
        "arrows" in answer,
        "Mirror a left arrow. Its label still says left; which way does it point?",
    )
    reject(
        "flowers" not in answer,
        "A flower has no left and right that would tell its kind.",
    )
    reject(
        "shapes" not in answer,
        "Look at the six shapes: mirrored, each still has its name - the arrow too, whichever way "
        "it points.",
    )


def _judge_clearly_better(function):
    def verdict(a, b):
        answer = call(function, np.array(a), np.array(b))
        reject(
            not isinstance(answer, bool | np.bool_),
            f"True or False is expected. Received: {answer!r}.",
        )
        return bool(answer)

    reject(
        verdict([0.5, 0.5, 0.5], [0.9, 0.91, 0.9]),
        "For 0.5, 0.5, 0.5 against 0.9, 0.91, 0.9 your function says True. a has to be the higher.",
    )
    reject(
        verdict([0.60, 0.80, 0.70], [0.59, 0.79, 0.69]),
        "0.60, 0.80, 0.70 has the higher mean than 0.59, 0.79, 0.69, but the seeds vary far more "
        "than that. Compare the difference with twice its standard error.",
    )
    reject(
        verdict([0.7, 0.74, 0.78], [0.7, 0.7, 0.7]),
        "0.70, 0.74, 0.78 against three times 0.70: with ddof=1 twice the standard error is 0.046 "
        "and the difference 0.04, so the answer is False. Is it ddof=1, is there a root, and is it "
        "2 times the error?",
    )
    reject(
        not verdict([0.74, 0.78, 0.82], [0.7, 0.72, 0.68]),
        "0.74, 0.78, 0.82 is clearly better than 0.70, 0.72, 0.68: the difference is 0.08 and "
        "twice its standard error 0.052. Divide each variance by its number of seeds, and do not "
        "ask that every seed wins by far.",
    )
    reject(
        not verdict([0.70, 0.90, 0.92, 0.91, 0.90, 0.92], [0.75, 0.74, 0.76, 0.75, 0.74, 0.76]),
        "One bad seed of six does not undo a mean that is higher by 0.125, more than twice the "
        "standard error of 0.035. Compare means, not the least with the greatest.",
    )
    reject(
        not verdict([0.74, 0.78, 0.82], [0.66, 0.70, 0.74]),
        "0.74, 0.78, 0.82 against 0.66, 0.70, 0.74: the difference is 0.08 and twice its standard "
        "error 0.065, so the answer is True. Is it 2 times the error, and are the squares added "
        "before the root?",
    )
    reject(
        verdict([0.74, 0.78, 0.82, 0.78, 0.74, 0.82, 0.78, 0.78], [0.745, 0.765]),
        "Eight seeds about 0.78 against two, 0.745 and 0.765: the difference is 0.025 and twice "
        "its standard error 0.029, so the answer is False. Each variance is divided by its own "
        "number of seeds, here 8 and 2.",
    )


EXERCISES = (
    Exercise(
        "4.1",
        begin="Replace the dots after return; a loop before it is welcome.",
        hints=(
            "Begin with 1.0 and multiply by the factor, once for each layer. When do you stop?",
            "`while left >= limit:` goes on as long as there is not less than the limit.",
            "count, left = 0, 1.0; in the loop: count, left = count + 1, left * factor.",
        ),
        judge=_judge_layers_until,
        praise="A factor only a little below 1 is what makes great depth possible.",
    ),
    Exercise(
        "4.2",
        begin="Replace the dots after return by the formula, with x.mean(...) and x.var(...).",
        hints=(
            "Each channel is normalised on its own, with all its values in the batch.",
            "Average over images, height and width: axis=(0, 1, 2).",
            "(x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + epsilon)",
        ),
        judge=_judge_batch_normalise,
        praise="The next cell compares this formula with the layer of Keras.",
    ),
    Exercise(
        "4.3",
        begin="Replace the dots after return. It helps to compute done = step / steps first.",
        hints=(
            "Two straight lines: one from 0 up to 1 at done = warm_up, one from there to 0 at 1.",
            "The first is done / warm_up. The second is (1 - done) / (1 - warm_up).",
            "Take the smaller of the two with min(...), times peak.",
        ),
        judge=_judge_one_cycle,
        praise="The class below is the same function, in the form that Keras calls at each step.",
    ),
    Exercise(
        "4.4",
        begin='Replace the dots by a set of names, such as {"digits", "arrows"}.',
        hints=(
            "Imagine each picture in a mirror. Would you still give it the same label?",
            "Two tasks are about left and right, or about signs that have a fixed direction.",
            "Flowers and shapes look as natural in a mirror as without.",
        ),
        judge=_judge_mirrored,
        praise="Augmentation says: these two images mean the same. You have to know that.",
    ),
    Exercise(
        "4.5",
        begin="Replace the dots after return by a comparison; np.var(a, ddof=1) is the variance.",
        hints=(
            "First the standard error: two variances, each divided by its number of seeds.",
            "error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))",
            "Return bool(np.mean(a) - np.mean(b) > 2 * error).",
        ),
        judge=_judge_clearly_better,
        praise='Try clearly_better(rows["new"]["all six"], rows["new"]["no cure"]), and others.',
    ),
)
