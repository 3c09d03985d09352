"""Exercises of chapter 5, seeing inside a network."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, call, number, reject


def _judge_receptive_field(function):
    layers = [(3, 1), (3, 2), (5, 1), (3, 1)]
    answer = number(call(function, list(layers)))
    reject(
        answer == 1 + 2 + 2 + 4 + 2,
        "This is right where every stride is 1. A step of a later layer spans as many pixels as "
        "the strides before it multiply to: keep a jump, and multiply it on the way.",
    )
    reject(
        answer == 3 + 3 + 5 + 3,
        "Kernels do not simply add up: neighbouring windows overlap. The first pixel counts once, "
        "and each layer adds kernel - 1 steps.",
    )
    reject(
        answer == 3 * 3 * 5 * 3,
        "Kernels do not multiply: neighbouring windows overlap. Each layer adds to the field.",
    )
    reject(
        answer == 1 + 2 + 4 + 8 + 4,
        "The jump is multiplied by the stride too early. A layer's own stride spreads the steps of "
        "the layers after it, not its own window: first add, then multiply.",
    )
    reject(
        answer == 2 + 2 + 8 + 4,
        "Begin with 1, not with 0: with no layer at all, a unit sees its own pixel.",
    )
    reject(
        answer == 1 + 3 + 3 + 10 + 6,
        "A window of 3 adds 2 steps, not 3: it is the step from its first to its last place.",
    )
    for stack in (layers, [(5, 1)], [], [(3, 2), (3, 2), (5, 1)], [(7, 2), (3, 2), (1, 1), (3, 1)]):
        answer = number(call(function, list(stack)))
        expected, jump = 1, 1
        for kernel, stride in stack:
            expected += (kernel - 1) * jump
            jump *= stride
        reject(
            answer != expected,
            f"For the layers {stack} the receptive field is {expected} pixels. "
            f"Your function gives {answer:g}.",
        )


def _picture(function, x, gradient, rate):
    answer = call(function, x.copy(), gradient.copy(), rate)
    answer = np.asarray(answer, dtype=float)
    reject(
        answer.shape != x.shape,
        f"A picture of the same shape is expected, {x.shape}. Received: shape {answer.shape}.",
    )
    return answer


def _judge_step(function):
    x = np.full((4, 4, 3), 100.0)
    gradient = np.linspace(-3, 5, 48).reshape(x.shape)
    rate = 6.0
    root = math.sqrt(np.mean(gradient**2))
    step = rate * gradient / root
    answer = _picture(function, x, gradient, rate)
    reject(
        np.allclose(answer, x - step),
        "That walks downhill: the score falls. To make it larger, add the step.",
    )
    reject(
        np.allclose(answer, x + rate * gradient),
        "The raw gradient is used. Deep units have tiny gradients and would not move: divide by "
        "the root of the mean square first.",
    )
    reject(
        np.allclose(answer, x + rate * gradient / np.linalg.norm(gradient)),
        "You divided by the root of the *sum* of squares. Then a larger picture would move less "
        "at each pixel. Take the mean of the squares.",
    )
    reject(
        np.allclose(answer, x + rate * gradient / np.mean(gradient**2)),
        "The root is missing: the mean of the squares has to go under it.",
    )
    reject(
        np.allclose(answer, x + rate * gradient / np.abs(gradient).max()),
        "You divided by the largest entry, so that a single wild pixel would stop all others. "
        "Divide by the root of the mean square.",
    )
    reject(
        np.allclose(answer, x + rate * np.sign(gradient)),
        "The sign alone moves every pixel by the same amount. Keep the proportions of the gradient "
        "and divide it by the root of the mean square.",
    )
    reject(
        np.allclose(answer, step),
        "This is the step alone. Add it to the picture.",
    )
    reject(
        not np.allclose(answer, np.clip(x + step, 0, 255), atol=1e-3),
        f"With a rate of {rate:g}, the pixels of the test picture should move by between "
        f"{step.min():.2f} and {step.max():.2f}. Yours move by between {(answer - x).min():.2f} "
        f"and {(answer - x).max():.2f}.",
    )
    edges = np.where(np.arange(48).reshape(x.shape) % 2 == 0, 2.0, 253.0)
    answer = _picture(function, edges, gradient, rate)
    reject(
        answer.min() < 0 or answer.max() > 255,
        f"A picture has values from 0 to 255. Yours goes from {answer.min():.1f} to "
        f"{answer.max():.1f}: clip it.",
    )
    reject(
        not np.allclose(answer, np.clip(edges + step, 0, 255), atol=1e-3),
        "The step is right, but near black and white the result is not: clip to 0 and 255, "
        "after the step.",
    )


def _judge_above_chance(function):
    answer = number(call(function, 0.7, 4))
    reject(
        math.isclose(answer, 0.7 - 0.25),
        "Chance is subtracted, but a perfect probe should reach 1. Divide by what is left to gain.",
    )
    reject(
        math.isclose(answer, 0.7 / 0.25),
        "That says how many times better than chance. With few classes it can never grow large: "
        "subtract chance, then divide by what is left to gain.",
    )
    reject(
        math.isclose(answer, (0.7 - 0.25) / 0.25),
        "You divide by chance. Divide by the distance from chance to a perfect probe.",
    )
    reject(
        math.isclose(answer, (0.7 - 0.25) / 0.7),
        "You divide by the accuracy. Divide by the distance from chance to a perfect probe.",
    )
    reject(
        answer < 0,
        "Chance is one in as many as there are classes, 1 / classes.",
    )
    reject(
        math.isclose(answer, 0.7 - 0.25 / 1 - 0.25) or math.isclose(answer, 0.7 - 0.25 / 0.75),
        "Python divides before it subtracts: put both differences in parentheses.",
    )
    for accuracy, classes in ((0.7, 4), (1.0, 12), (0.125, 8), (0.05, 12)):
        answer = number(call(function, accuracy, classes))
        expected = (accuracy - 1 / classes) / (1 - 1 / classes)
        reject(
            not math.isclose(answer, expected, abs_tol=1e-9),
            f"An accuracy of {accuracy} among {classes} classes is {expected:.4f} of the way from "
            f"chance to perfect. Your function gives {answer:.4f}.",
        )


def _maps(function, activations, gradients):
    answer = call(function, activations.copy(), gradients.copy())
    answer = np.asarray(answer, dtype=float)
    expected = activations.shape[:3]
    reject(
        answer.shape == activations.shape,
        "One map for each picture is expected, and you return one for each channel. "
        "Sum over the channels, the last axis.",
    )
    reject(
        answer.shape != expected,
        f"Activations of shape {activations.shape} should give maps of shape {expected}. "
        f"Received: shape {answer.shape}.",
    )
    return answer


def _judge_grad_cam(function):
    rng = np.random.default_rng(5)
    activations = rng.normal(0.5, 1, (2, 3, 4, 5))
    gradients = rng.normal(0, 1, (2, 3, 4, 5))
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    total = (activations * weights).sum(axis=-1)
    expected = np.maximum(total, 0)
    answer = _maps(function, activations, gradients)

    def same(other):
        # Whoever averages over the channels gets the same map, scaled.
        return np.allclose(answer, other, atol=1e-6)

    reject(
        same(total),
        "Negative places are still there. They are evidence against the class: set them to zero.",
    )
    reject(
        same(np.maximum((activations * gradients).sum(axis=-1), 0)),
        "You multiplied place by place. Grad-CAM gives a channel one weight: the mean of its "
        "gradient over all places.",
    )
    reject(
        same(np.maximum(activations * weights, 0).sum(axis=-1)),
        "The negative channels are removed before the sum, where they should weigh against the "
        "class. First sum over the channels, then set negative places to zero.",
    )
    reject(
        same((activations * np.maximum(weights, 0)).sum(axis=-1)),
        "Only channels with a positive weight take part. All should; negative *places* go, after "
        "the sum.",
    )
    reject(
        same(np.abs(total)),
        "Absolute values turn evidence against the class into evidence for it. Use a maximum "
        "with zero.",
    )
    whole = gradients.mean(axis=(0, 1, 2))
    reject(
        same(np.maximum((activations * whole).sum(axis=-1), 0)),
        "The gradient is averaged over the pictures as well. Each picture has weights of its own: "
        "average over axes 1 and 2.",
    )
    reject(
        same(np.maximum((gradients * activations.mean(axis=(1, 2), keepdims=True)).sum(-1), 0)),
        "The roles are exchanged: the gradients are averaged, the activations keep their places.",
    )
    reject(
        same(activations.sum(axis=-1)) or same(np.maximum(activations.sum(axis=-1), 0)),
        "The gradients are not used. Without them the map is the same for every class.",
    )
    peak = np.unravel_index(expected.argmax(), expected.shape)
    reject(
        not (same(expected) or same(expected / 5) or same(expected * 12)),
        f"In the test, picture {peak[0]} should have {expected[peak]:.3f} in row {peak[1]}, column "
        f"{peak[2]}, its peak. Yours has {answer[peak]:.3f} there.",
    )


def _judge_pointing(function):
    maps = np.zeros((4, 3, 3))
    masks = np.zeros((4, 3, 3), bool)
    maps[0, 0, 2], masks[0, 0, 2] = 5, True  # a hit
    maps[1, 2, 0], masks[1, 2, 0] = 7, True  # a hit
    maps[2, 0, 1], masks[2, 1, 1] = 2, True  # a miss
    maps[3, 1, 0], masks[3, 0, 0] = 3, True  # a miss, in the right column
    masks[3, 2, 0] = True
    maps[2, 1, 1] = 1
    maps[:, 2, 2] = -9
    answer = number(call(function, maps.copy(), masks.copy()))
    reject(answer == 2, "This is the number of hits. Divide by the number of pictures.")
    reject(
        math.isclose(answer, 1.0) or answer > 1,
        f"Two of the four test maps have their peak in the mask, which is 0.5. Your function gives "
        f"{answer:g}: find one peak for each map, then look it up in the mask of the same picture.",
    )
    reject(
        answer == 0,
        "No hit at all: look for the largest value, not for the smallest, and read the mask at the "
        "same row and column.",
    )
    share = (np.maximum(maps, 0) * masks).sum((1, 2)) / np.maximum(maps, 0).sum((1, 2))
    reject(
        math.isclose(answer, share.mean()),
        "This is the share of the mass in the mask. The pointing game asks only for the peak.",
    )
    reject(
        math.isclose(answer, 0.25),
        "Each picture has a peak and a mask of its own. Look up picture i's peak in picture i's "
        "mask: index with np.arange(len(masks)) as well.",
    )
    rng = np.random.default_rng(6)
    others, where = rng.normal(size=(50, 6, 8)), rng.random((50, 6, 8)) < 0.4
    for some, truth in ((maps, masks), (others, where)):
        answer = number(call(function, some.copy(), truth.copy()))
        places = some.reshape(len(some), -1).argmax(axis=1)
        expected = truth.reshape(len(some), -1)[np.arange(len(some)), places].mean()
        reject(
            not math.isclose(answer, expected, abs_tol=1e-9),
            f"For {len(some)} maps of {some.shape[1]} x {some.shape[2]} places, {expected:.2f} of "
            f"the peaks lie in their masks. Your function gives {answer:.2f}.",
        )


EXERCISES = (
    Exercise(
        "5.1",
        begin="Replace the dots after return: go through the layers with a field and a jump.",
        hints=(
            "Keep two numbers while you go through the list: the field and the jump, both 1 at "
            "first.",
            "A layer adds (kernel - 1) jumps to the field. Only afterwards its stride multiplies "
            "the jump.",
            "for kernel, stride in stack: field += (kernel - 1) * jump; jump *= stride",
        ),
        judge=_judge_receptive_field,
        praise="Compare it with the measured sizes: nobody had to train anything for them.",
    ),
    Exercise(
        "5.2",
        begin="Replace the dots after return: scale the gradient, add it to x, clip.",
        hints=(
            "Three things in this order: scale the gradient, take the step, clip the result.",
            "The root of the mean square is np.sqrt(np.mean(gradient**2)).",
            "np.clip(x + rate * gradient / np.sqrt(np.mean(gradient**2)), 0, 255)",
        ),
        judge=_judge_step,
        praise="The same step works for a first filter and for a class score.",
    ),
    Exercise(
        "5.3",
        begin="Replace the dots after return by an expression of accuracy and classes.",
        hints=(
            "What accuracy does a blind guess have among so many classes? That should become 0.",
            "Subtract chance; then divide by what a perfect probe has left after subtracting it.",
            "(accuracy - 1 / classes) / (1 - 1 / classes)",
        ),
        judge=_judge_above_chance,
        praise="Now 4 textures and 12 shapes can share an axis.",
    ),
    Exercise(
        "5.4",
        begin="Replace the dots after return: weights first, then the weighted sum, then the "
        "maximum with zero.",
        hints=(
            "Where the formula has one w for each channel, you need one number for each picture "
            "and channel: average the gradients over height and width.",
            "gradients.mean(axis=(1, 2), keepdims=True) has the shape (pictures, 1, 1, channels), "
            "so that it can be multiplied with the maps.",
            "np.maximum((weights * maps).sum(axis=-1), 0)",
        ),
        judge=_judge_grad_cam,
        praise="That is all there is to it: one average, one weighted sum, one maximum.",
    ),
    Exercise(
        "5.5",
        begin="Replace the dots after return: find each map's peak, and look it up in its mask.",
        hints=(
            "One picture at a time: where is the largest value of its map, and is its mask true "
            "there?",
            "maps.reshape(len(maps), -1) makes a list of each map; argmax(axis=1) then gives one "
            "place a picture.",
            "masks.reshape(len(masks), -1)[np.arange(len(masks)), places].mean()",
        ),
        judge=_judge_pointing,
        praise="A score that a random point and the centre of the picture can play as well.",
    ),
)
