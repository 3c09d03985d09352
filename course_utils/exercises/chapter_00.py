"""Exercises of chapter 0, start here."""

import math

import numpy as np

from course_utils import drawn
from course_utils.exercises.check import Exercise, call, number, reject


def _judge_numbers(answer):
    answer = number(answer)
    reject(answer == 32 * 32, "That is the number of pixels. Each pixel has three numbers.")
    reject(answer == 32 + 32 + 3, "Sizes multiply: there are 32 rows of 32 pixels.")
    reject(answer == 32 * 3, "That is one row of pixels. The picture has 32 rows.")
    reject(
        answer != 32 * 32 * 3,
        f"Received {answer:,.0f}. Multiply the number of pixels by the numbers at each pixel.",
    )


def _judge_star(answer):
    reject(
        callable(answer),
        "This is the function itself. Call it: put its arguments in parentheses after its name.",
    )
    reject(
        not isinstance(answer, np.ndarray) or answer.shape != (32, 32, 3),
        "A picture, an array of the shape (32, 32, 3), is expected. "
        f"Received: {_described(answer)}.",
    )

    def drawn_as(shape="star", colour="blue", texture="stripes", angle=45):
        return np.array_equal(answer, drawn.draw_object(shape, colour, texture, angle=angle))

    reject(drawn_as(angle=0), "Star, colour and stripes are right. Now turn it: angle=45.")
    reject(drawn_as(angle=-45), "It is turned the wrong way round: 45, not -45 degrees.")
    reject(drawn_as(texture="plain"), "Shape, colour and angle are right. The stripes are missing.")
    reject(
        drawn_as(texture="plain", angle=0),
        "Shape and colour are right. The stripes and the angle are missing.",
    )
    reject(
        any(drawn_as(colour=colour) for colour in drawn.COLOUR_NAMES if colour != "blue"),
        "Shape, texture and angle are right. The star should be blue.",
    )
    reject(
        any(drawn_as(shape=shape) for shape in drawn.SHAPE_NAMES if shape != "star"),
        "Colour, texture and angle are right. The shape should be a star.",
    )
    reject(
        not drawn_as(),
        'A picture, but not this one. Expected: shape "star", colour "blue", texture "stripes", '
        "angle 45, and nothing else changed.",
    )


def _described(answer):
    if isinstance(answer, np.ndarray):
        return f"an array of the shape {answer.shape}"
    return f"{type(answer).__name__} {answer!r}"


def _judge_accuracy(function):
    answers, labels = np.array([0, 1, 2, 1]), np.array([0, 1, 1, 1])
    result = call(function, answers, labels)
    reject(
        isinstance(result, (bool, np.bool_)),
        "That asks whether *all* answers are right. Which share of them is?",
    )
    reject(
        np.size(result) == 4,
        "This still has one entry for each answer. Accuracy is one number: their mean.",
    )
    result = number(result)
    reject(result == 3, "That is how many are right. The share is asked for.")
    reject(result == 75, "That is a percentage. A share lies between 0 and 1.")
    reject(result == 0.25, "That is the share of wrong answers.")
    reject(
        result != 0.75,
        "For the answers [0, 1, 2, 1] and the labels [0, 1, 1, 1] the accuracy is 0.75. "
        f"Your function gives {result:g}.",
    )
    answers, labels = np.array([0, 3, 2, 1, 1]), np.array([0, 1, 2, 2, 0])
    result = number(call(function, answers, labels))
    reject(
        not math.isclose(result, 0.4),
        "It is right for one example. For the answers [0, 3, 2, 1, 1] and the labels "
        f"[0, 1, 2, 2, 0] the accuracy is 0.4, and your function gives {result:g}.",
    )


EXERCISES = (
    Exercise(
        "0.1",
        begin="Replace the three dots by a number and run the cell again.",
        hints=(
            "How many pixels are there? How many numbers has each of them?",
            "There are 32 x 32 pixels with three numbers each.",
            "Write 32 * 32 * 3 in place of the dots.",
        ),
        judge=_judge_numbers,
        praise="Three thousand numbers for a picture as small as a thumbnail.",
    ),
    Exercise(
        "0.2",
        begin="Replace the three dots by a call of drawn.draw_object.",
        hints=(
            "Look at the second picture of section 3: shape, colour, texture, angle.",
            'The first three arguments are "star", "blue" and "stripes".',
            'drawn.draw_object("star", "blue", "stripes", angle=45)',
        ),
        judge=_judge_star,
        praise="You will see thousands of its relatives.",
    ),
    Exercise(
        "0.3",
        begin="Replace the dots after return by an expression of answers and labels.",
        hints=(
            "What does answers == labels give for two arrays?",
            "Right answers are True, which counts as 1. Which function averages an array?",
            "np.mean(answers == labels)",
        ),
        judge=_judge_accuracy,
        praise="You will use it in every chapter.",
    ),
)
