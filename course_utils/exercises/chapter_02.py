"""Exercises of chapter 2, convolution and pooling."""

import numpy as np

from course_utils.exercises.check import Exercise, Wrong, call, number, reject

_WINDOW = np.array([[3, 4, 2], [0, 4, 1], [2, 2, 5]])
_KERNEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])


def _judge_by_hand(answer):
    reject(
        isinstance(answer, np.ndarray) and answer.shape == (3, 3),
        "These are the nine products. The output is a single number: add them up.",
    )
    answer = number(answer)
    reject(
        answer == 4,
        "Right size, wrong sign. Do not turn the kernel: its left column is 1, 2, 1.",
    )
    reject(
        answer == -3,
        "The middle row of the kernel counts twice: its numbers are 2, 0, -2.",
    )
    reject(
        answer == np.sum(_WINDOW @ _KERNEL),
        "Zero would be right for an even window. (It is also what @ gives, added up: multiply "
        "place by place, with *.)",
    )
    reject(
        answer == np.sum(_WINDOW * _KERNEL.T),
        "That kernel lies on its side. Its left column is 1, 2, 1.",
    )
    reject(
        round(answer, 2) == round(-4 / 9, 2), "That is the mean of the products. Asked for: sum."
    )
    reject(
        answer == 5 + 9,
        "The right column of the kernel is negative: its products are subtracted.",
    )
    reject(
        answer != -4,
        f"Received {answer:g}. Multiply the numbers that lie on each other, nine products, and "
        "add them up.",
    )


def _slide(image, kernel, stride):
    """Return the right answer to 2.2."""
    height, width = kernel.shape
    rows = (image.shape[0] - height) // stride + 1
    columns = (image.shape[1] - width) // stride + 1
    output = np.empty((rows, columns))
    for i, j in np.ndindex(rows, columns):
        top, left = i * stride, j * stride
        output[i, j] = np.sum(image[top : top + height, left : left + width] * kernel)
    return output


def _judge_stride(function):
    rng = np.random.default_rng(22)
    image = rng.integers(0, 9, (8, 11)).astype(float)
    kernel = rng.integers(-4, 5, (3, 2)).astype(float)
    shown = "an image of 8 x 11, a kernel of 3 x 2 and stride {{}}, {{}} x {{}} places"
    for stride in (1, 2, 3):
        answer = _array(function, image.copy(), kernel.copy(), stride)
        expected = _slide(image, kernel, stride)
        every = _slide(image, kernel, 1)
        reject(
            answer.shape == every.shape and stride > 1,
            f"With stride {stride} the output has as many places as with stride 1. "
            "How many windows are there, if each begins `stride` places after the one before?",
        )
        reject(
            answer.shape == (image.shape[0] // stride, image.shape[1] // stride),
            "The output has image size / stride places. Part of the windows would hang over the "
            "edge: valid padding leaves fewer.",
        )
        reject(
            answer.shape == (expected.shape[0] - 1, expected.shape[1] - 1),
            "One place is missing on each axis: the window at the very beginning counts as well.",
        )
        reject(
            answer.shape != expected.shape,
            f"For {shown.format(stride, *expected.shape)} are expected. "
            f"Received: {' x '.join(map(str, answer.shape))}.",
        )
        reject(
            stride > 1 and np.array_equal(answer, every[: answer.shape[0], : answer.shape[1]]),
            "The output has the right size, but its windows lie side by side as with stride 1. "
            "Output place i looks at the rows from i * stride on.",
        )
        reject(
            np.array_equal(answer, _slide(image, kernel[::-1, ::-1], stride)),
            "Your kernel is turned by 180 degrees: that is the true convolution. Here, and in "
            "Keras, it lies on the window as it is.",
        )
        reject(
            np.allclose(answer, expected / kernel.size),
            "These are means over the window. Asked for: sums.",
        )
        reject(
            not np.allclose(answer, expected),
            f"The size is right. But at the first place {expected[0, 0]:g} is expected, at the "
            f"last one {expected[-1, -1]:g}, with stride {stride}. Received: "
            f"{answer[0, 0]:g} and {answer[-1, -1]:g}.",
        )


def _judge_design(answer):
    try:
        kernel = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(
            f"Three rows of three numbers are expected: [[1, 2, 3], ...]. Received: {answer!r}."
        ) from None
    reject(
        kernel.shape != (3, 3),
        f"Three rows of three numbers are expected. Received: an array of shape {kernel.shape}.",
    )
    reject(not np.isfinite(kernel).all(), "All nine numbers should be finite.")
    reject(not kernel.any(), "It is zero everywhere: it answers nothing to anything.")
    across, down = kernel.sum(axis=0), kernel.sum(axis=1)
    even = kernel.sum()
    reject(
        not np.isclose(even, 0, atol=1e-9),
        f"Your numbers sum to {even:g}. An even area changes from nowhere to nowhere, and is to "
        "get zero; so they should sum to zero.",
    )
    reject(
        np.allclose(down, 0) and not np.allclose(across, 0),
        "That kernel answers to changes from left to right. You want those from top to bottom: "
        "turn rows into columns.",
    )
    reject(
        not np.allclose(across, 0, atol=1e-9),
        f"Your columns sum to {', '.join(f'{value:g}' for value in across)}. An image that "
        "changes from left to right only has three equal rows in each window; for its answer to "
        "be zero, each column should sum to zero.",
    )
    reject(
        np.allclose(down, 0, atol=1e-9),
        "All rows and all columns sum to zero: it answers to neither direction.",
    )
    reject(
        down[2] - down[0] < 0,
        "It answers with a negative number where it gets brighter from top to bottom. Exchange "
        "the top row and the bottom row.",
    )
    reject(
        np.isclose(down[2], down[0]),
        "The top row and the bottom row weigh the same, so an image that gets slowly brighter "
        "gets zero. That is a kernel for lines and not for edges.",
    )
    reject(
        down[2] < 0 or down[0] > 0,
        f"Your rows sum to {', '.join(f'{value:g}' for value in down)}. A sharp edge just above "
        "the bottom row, or just below the top row, gets a negative number from them.",
    )


def _judge_pool(function):
    maps = np.array([[1.0, 5, 2, 0], [3, 2, 8, 1], [-4, -1, 6, 7], [-2, -3, 9, 4]])
    answer = np.asarray(call(function, maps.copy(), 2), dtype=float)
    reject(
        answer.shape == (), "That is the largest number of the whole map. Take one for each block."
    )
    reject(
        answer.shape == (3, 3),
        "These blocks overlap. The next block begins where the last one ends.",
    )
    reject(
        answer.shape != (2, 2),
        f"A map of 4 x 4 has 2 x 2 blocks of 2 x 2. Received: shape {answer.shape}.",
    )
    blocks = maps.reshape(2, 2, 2, 2)
    reject(
        np.array_equal(answer, blocks.mean(axis=(1, 3))),
        "These are means: average pooling. Asked for is the largest number of each block.",
    )
    reject(
        np.array_equal(answer, maps[::2, ::2]),
        "That keeps the first number of each block, as a stride does. Keep the largest.",
    )
    reject(
        np.array_equal(answer, blocks.max(axis=(2, 3)))
        or np.array_equal(answer, blocks.max(axis=(0, 1))),
        "The shape is right, but numbers of different blocks are mixed. Reshape to (rows, size, "
        "columns, size), and take the maximum over axes 1 and 3.",
    )
    reject(
        np.array_equal(answer, np.maximum(blocks.max(axis=(1, 3)), 0)),
        "A block of negative numbers has a negative maximum. Begin with none of the numbers, "
        "not with zero.",
    )
    rng = np.random.default_rng(24)
    for shape, size in (((4, 4), 2), ((6, 9), 3), ((7, 5), 2), ((5, 8), 3)):
        maps = rng.integers(-50, 50, shape).astype(float)
        rows, columns = shape[0] // size, shape[1] // size
        expected = (
            maps[: rows * size, : columns * size]
            .reshape(rows, size, columns, size)
            .max(axis=(1, 3))
        )
        try:
            answer = np.asarray(call(function, maps.copy(), size), dtype=float)
        except (ValueError, IndexError) as error:
            raise Wrong(
                f"On a map of {shape[0]} x {shape[1]} with size {size} it raised "
                f"{type(error).__name__}. Rows and columns that fill no whole block are dropped: "
                "cut them off first."
            ) from error
        reject(
            answer.shape != expected.shape,
            f"A map of {shape[0]} x {shape[1]} has {rows} x {columns} whole blocks of size "
            f"{size}. Received: shape {answer.shape}.",
        )
        reject(
            not np.array_equal(answer, expected),
            f"The size is right, but on a map of {shape[0]} x {shape[1]} with size {size} the "
            f"first block's largest number is {expected[0, 0]:g}, the last block's "
            f"{expected[-1, -1]:g}. Received: {answer[0, 0]:g} and {answer[-1, -1]:g}.",
        )


def _judge_output_size(function):
    n, kernel, stride, padding = 20, 3, 2, 4
    answer = number(call(function, n, kernel, stride, padding))
    reject(answer == 12, "The window at the very beginning is missing: add 1.")
    reject(answer == 11, "Padding comes on both sides: 2 * padding.")
    reject(answer == 9, "The padding is missing: it makes the image larger on both sides.")
    reject(
        answer == 13.5,
        "Half a place is no place. Only whole steps count: use // and not /.",
    )
    reject(answer == 14, "That rounds up. A step that does not fit is not made.")
    reject(
        answer == n // stride,
        "That is n / stride. Kernel and padding change the number of places, too.",
    )
    for sizes in ((n, kernel, stride, padding), (8, 3, 1, 0), (11, 3, 4, 2), (7, 7, 3, 0)):
        answer = number(call(function, *sizes))
        n, kernel, stride, padding = sizes
        expected = (n + 2 * padding - kernel) // stride + 1
        reject(
            answer != expected,
            f"For n={n}, kernel={kernel}, stride={stride}, padding={padding} there are {expected} "
            f"places. Your function gives {answer:g}.",
        )


def _judge_receptive_field(function):
    stack = [(3, 1), (3, 2), (5, 1), (5, 2)]
    answer = number(call(function, list(stack)))
    reject(
        answer == 1 + sum(kernel - 1 for kernel, _ in stack),
        "Right if all strides were 1. After a stride of 2, neighbours in the map lie two pixels "
        "apart: multiply (kernel - 1) by the jump.",
    )
    reject(
        answer == _field_with_own_stride(stack),
        "The stride of a layer moves the places of *its output* apart. So it counts for the "
        "layers after it: add first, then multiply the jump.",
    )
    reject(
        answer == sum(kernel for kernel, _ in stack),
        "The kernels are added up. Windows of neighbours overlap: each layer adds kernel - 1.",
    )
    reject(
        answer == _field(stack[::-1]),
        "Right for the list read backwards. The first pair is the layer nearest to the image.",
    )
    reject(
        answer == _field(stack) - 1, "One pixel is missing: without any layer a unit sees 1 pixel."
    )
    reject(
        answer == _field_with_last_stride(stack),
        "Strides multiply: after two strides of 2, neighbours lie four pixels apart.",
    )
    for layers in ([(3, 1)], [(3, 1), (3, 1)], stack, [(7, 2), (3, 2), (3, 1), (3, 3)], []):
        answer = number(call(function, list(layers)))
        reject(
            answer != _field(layers),
            f"For {layers} the receptive field is {_field(layers)}. Your function gives "
            f"{answer:g}.",
        )


def _field(stack):
    field, jump = 1, 1
    for kernel, stride in stack:
        field += (kernel - 1) * jump
        jump *= stride
    return field


def _field_with_own_stride(stack):
    field, jump = 1, 1
    for kernel, stride in stack:
        jump *= stride
        field += (kernel - 1) * jump
    return field


def _field_with_last_stride(stack):
    field, jump = 1, 1
    for kernel, stride in stack:
        field += (kernel - 1) * jump
        jump = stride
    return field


def _array(function, *arguments):
    answer = call(function, *arguments)
    try:
        answer = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"An array of numbers is expected. Received: {answer!r}.") from None
    reject(
        answer.ndim != 2,
        f"An array with rows and columns is expected. Received: an array of shape {answer.shape}.",
    )
    return answer


EXERCISES = (
    Exercise(
        "2.1",
        begin="Replace the dots by a number, or by an expression of window and kernel.",
        hints=(
            "Nine products: each number of the window times the number of the kernel on top of it.",
            "Left column: 3 * 1, 0 * 2, 2 * 1. The middle column gives nothing.",
            "np.sum(window * kernel)",
        ),
        judge=_judge_by_hand,
        praise="Negative: in this window the right side outweighs the left.",
    ),
    Exercise(
        "2.2",
        begin="Take the loops of correlate_loops as a model. What changes with a stride?",
        hints=(
            "Two things change: how many places there are, and where each window begins.",
            "The window of output place (i, j) begins at row i * stride, column j * stride.",
            "rows = (image.shape[0] - kernel.shape[0]) // stride + 1, and columns in the same way.",
        ),
        judge=_judge_stride,
        praise="Stride 2 costs a quarter of the work.",
    ),
    Exercise(
        "2.3",
        begin="Replace the dots by [[a, b, c], [d, e, f], [g, h, i]] with nine numbers.",
        hints=(
            "Which kernel of the figure answers to edges of this direction? Mind the sign.",
            "Three equal rows should get zero: each column of the kernel sums to zero.",
            "Negative numbers in the top row, zeros in the middle, positive ones at the bottom.",
        ),
        judge=_judge_design,
        praise="Put it into KERNELS, run the figure again, and see.",
    ),
    Exercise(
        "2.4",
        begin="Return an array with the largest number of each block.",
        hints=(
            "How many whole blocks fit into the height, how many into the width? Cut the rest off.",
            "Two loops over blocks will do, or one reshape to (rows, size, columns, size).",
            "whole.reshape(rows, size, columns, size).max(axis=(1, 3))",
        ),
        judge=_judge_pool,
        praise="And no number in it was learned.",
    ),
    Exercise(
        "2.5",
        begin="Replace the dots after return by the formula above.",
        hints=(
            "How many pixels are there with the padding on both sides?",
            "How many steps fit after the first window? // rounds down.",
            "(n + 2 * padding - kernel) // stride + 1",
        ),
        judge=_judge_output_size,
        praise="Most shape errors that you will ever meet are answered by this line.",
    ),
    Exercise(
        "2.6",
        begin="Keep two numbers, field and jump, and go through the layers in a loop.",
        hints=(
            "Before the first layer both are 1: a pixel sees itself.",
            "Each layer adds (kernel - 1) * jump to the field.",
            "Then, and only then, jump *= stride.",
        ),
        judge=_judge_receptive_field,
        praise="With depth it grows slowly, with strides quickly.",
    ),
)
