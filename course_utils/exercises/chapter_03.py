"""Exercises of chapter 3, the first CNN."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, call, number, reject


def _judge_parameters(answer):
    answer = number(answer)
    reject(
        answer == 64 * 3 * 3 * 32,
        "These are the weights alone. Each of the 64 filters has a bias as well.",
    )
    reject(
        answer == 64 * (3 * 3 + 1),
        "A filter is as deep as its input: it sees each of the 9 places through all 32 channels.",
    )
    reject(
        answer in (3 * 3 * 32, 3 * 3 * 32 + 1),
        "This is a single filter. The layer has 64 of them.",
    )
    reject(
        answer == 64 * 3 * 3 * 32 + 1,
        "One bias is counted for the whole layer. Each filter has its own.",
    )
    reject(
        answer != 64 * (3 * 3 * 32 + 1),
        f"Received {answer:,.0f}. Count what one filter sees, add its bias, "
        "and multiply by the number of filters.",
    )


def _judge_shape(answer):
    reject(
        np.ndim(answer) != 1 or len(answer) != 3,
        f"Three numbers are expected: height, width, channels. Received: {answer!r}.",
    )
    answer = tuple(number(part) for part in answer)
    reject(answer == (40, 6, 6), "The numbers are right, but Keras puts the channels last.")
    reject(
        answer[:2] == (48, 48),
        "padding='same' keeps height and width, but pooling follows each convolution.",
    )
    reject(answer[:2] == (24, 24), "That is after one pooling. There are three.")
    reject(answer[:2] == (12, 12), "That is after two poolings. There are three.")
    reject(
        answer[2] == 3, "The convolution makes one channel per filter, not one per input colour."
    )
    reject(
        answer[2] == 16 + 24 + 40,
        "Channels do not add up: each layer reads all channels before it and makes its own.",
    )
    reject(
        answer != (6, 6, 40),
        "Each of the three poolings halves height and width; the channels are those of the last "
        "convolution.",
    )


def _judge_dense_parameters(function):
    inputs, units, classes = 100, 7, 5
    answer = number(call(function, inputs, units, classes))
    reject(
        answer == inputs * units + units * classes,
        "The weights are right. Now add one bias for each unit of both layers.",
    )
    reject(
        answer == inputs * units + units * classes + units,
        "The hidden units have their biases. The output units need theirs, too.",
    )
    reject(
        answer == inputs * units + units * classes + classes,
        "The output units have their biases. The hidden units need theirs, too.",
    )
    reject(
        answer == inputs * units + units * classes + 2,
        "One bias is counted for each layer. Each unit has its own.",
    )
    reject(
        answer == units * (inputs + 1),
        "This is the hidden layer alone. The output layer has parameters as well.",
    )
    reject(
        answer == units * (inputs + 1) + classes * (inputs + 1),
        "What comes into the output layer is the hidden layer, not the image.",
    )
    for sizes in ((inputs, units, classes), (784, 100, 10), (1, 1, 1)):
        answer = number(call(function, *sizes))
        expected = sizes[1] * (sizes[0] + 1) + sizes[2] * (sizes[1] + 1)
        reject(
            answer != expected,
            f"For inputs={sizes[0]}, units={sizes[1]}, classes={sizes[2]} the two layers have "
            f"{expected:,} parameters. Your function gives {answer:,.0f}.",
        )


def _judge_standard_error(function):
    answer = number(call(function, 0.9, 2_500))
    reject(
        math.isclose(answer, 0.9 * 0.1 / 2_500, rel_tol=1e-6),
        "This is the square of the standard error. A root is missing.",
    )
    reject(
        math.isclose(answer, math.sqrt(0.9 * 0.1) / 2_500, rel_tol=1e-6),
        "n belongs under the root.",
    )
    reject(
        math.isclose(answer, math.sqrt(0.9 * 0.1), rel_tol=1e-6),
        "This is the spread of a single image. What happens when n images are averaged?",
    )
    reject(
        math.isclose(answer, math.sqrt(0.9 / 2_500), rel_tol=1e-6),
        "The factor (1 - p) is missing: a network that is always right has no error at all.",
    )
    reject(
        answer == 0,
        "Python multiplies before it subtracts: put 1 - accuracy in parentheses.",
    )
    reject(
        math.isclose(answer, 0.9 * 0.1 / 2_500 / 2, rel_tol=1e-6),
        "`** 1 / 2` is a power of 1, divided by 2. Write `** 0.5`, or use math.sqrt.",
    )
    for accuracy, n in ((0.9, 2_500), (0.5, 100), (1.0, 10)):
        answer = number(call(function, accuracy, n))
        expected = math.sqrt(accuracy * (1 - accuracy) / n)
        reject(
            not math.isclose(answer, expected, rel_tol=1e-6, abs_tol=1e-12),
            f"At an accuracy of {accuracy} on {n:,} images the standard error is {expected:.6g}. "
            f"Your function gives {answer:.6g}.",
        )


def _judge_most_confused(function):
    counts = np.array([[90, 3, 7], [2, 80, 18], [12, 9, 79]])
    given = counts.copy()
    answer = _pair(function, given)
    reject(
        answer[0] == answer[1],
        "That lies on the diagonal, where the right answers are. Mistakes lie off it.",
    )
    reject(
        answer == (2, 1),
        "The pair is the right one, the wrong way round. Rows are the true classes.",
    )
    reject(
        answer == (2, 0),
        "That is the most frequent mistake of the class with the most mistakes. Asked for is the "
        "largest single entry off the diagonal.",
    )
    reject(
        answer == (1, 2) and not np.array_equal(given, counts),
        "The pair is the right one, but your function changed the matrix it was given. "
        "Work on a copy.",
    )
    others = np.array([[40, 0, 6, 0], [0, 5, 0, 0], [0, 0, 5, 0], [4, 0, 0, 1]])
    for matrix, expected in ((counts, (1, 2)), (others, (0, 2))):
        answer = _pair(function, matrix.copy())
        reject(
            answer != expected,
            f"In {matrix.tolist()} the most mistakes are made with true class {expected[0]} "
            f"answered {expected[1]}. Your function gives {answer}.",
        )


def _pair(function, counts):
    answer = call(function, counts)
    reject(
        np.ndim(answer) != 1 or len(answer) != 2,
        f"A pair of class numbers is expected: (true, answered). Received: {answer!r}.",
    )
    return tuple(int(number(part)) for part in answer)


EXERCISES = (
    Exercise(
        "3.1",
        begin="Replace the dots by a number, or by an expression that Python computes.",
        hints=(
            "Think of a single filter first. How many numbers does it see at one place?",
            "It sees 3 x 3 places through 32 channels, and has one weight for each number.",
            "64 filters, each with 3 * 3 * 32 weights and one bias.",
        ),
        judge=_judge_parameters,
        praise="And this holds for an image of any size.",
    ),
    Exercise(
        "3.2",
        begin="Replace each of the three dots by a number: height, width, channels.",
        hints=(
            "Follow one number at a time: first the height, three times through the four steps.",
            "The convolution keeps height and width, the pooling halves them.",
            "48, 24, 12, and once more. How many filters has the last convolution?",
        ),
        judge=_judge_shape,
        praise="Where shrinks, what grows.",
    ),
    Exercise(
        "3.3",
        begin="Replace the dots after return by an expression of inputs, units and classes.",
        hints=(
            "Count the two layers one after the other, and add.",
            "A unit has one weight for each number that comes in, and one bias.",
            "Into the hidden layer come `inputs` numbers; into the output layer come `units`.",
        ),
        judge=_judge_dense_parameters,
        praise="The size of the image enters in full: that is what a dense layer pays.",
    ),
    Exercise(
        "3.4",
        begin="Replace the dots after return by the formula above; math.sqrt is the root.",
        hints=(
            "p is the accuracy, and p (1 - p) is the variance of a single right-or-wrong.",
            "Divide by n first, then take the root of it all.",
            "math.sqrt(accuracy * (1 - accuracy) / n)",
        ),
        judge=_judge_standard_error,
        praise="Keep this function at hand whenever somebody shows you two accuracies.",
    ),
    Exercise(
        "3.5",
        begin="Return two class numbers, the row and the column of the most frequent mistake.",
        hints=(
            "Which entries of the matrix are not mistakes? They have to go first.",
            "np.fill_diagonal writes on the diagonal, in place; so make a copy before.",
            "np.unravel_index(matrix.argmax(), matrix.shape) gives row and column of the largest.",
        ),
        judge=_judge_most_confused,
        praise="Add a cell with most_confused(counts), and compare with your guess.",
    ),
)
