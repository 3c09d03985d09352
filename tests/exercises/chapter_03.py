"""Typical wrong answers to chapter 3, and what each is told."""

WRONG = {
    "3.1": [
        ("conv_parameters = 64 * 3 * 3 * 32", "the weights alone"),
        ("conv_parameters = 64 * (3 * 3 + 1)", "as deep as its input"),
        ("conv_parameters = 3 * 3 * 32 + 1", "a single filter"),
        ("conv_parameters = 64 * 3 * 3 * 32 + 1", "Each filter has its own"),
        ("conv_parameters = 64 * 32", "Received 2,048"),
        ("conv_parameters = 'many'", "without quotation marks"),
    ],
    "3.2": [
        ("shape_before_average = (48, 48, 40)", "pooling follows each convolution"),
        ("shape_before_average = (40, 6, 6)", "channels last"),
        ("shape_before_average = (24, 24, 40)", "after one pooling"),
        ("shape_before_average = (12, 12, 40)", "after two poolings"),
        ('shape_before_average = ("6", "6", "40")', "without quotation marks"),
        ("shape_before_average = (6, 6, 3)", "one channel per filter"),
        ("shape_before_average = (6, 6, 80)", "do not add up"),
        ("shape_before_average = (6, 40)", "Three numbers are expected"),
        ("shape_before_average = (8, 8, 40)", "halves height and width; the channels"),
    ],
    "3.3": [
        (
            "def dense_parameters(inputs, units, classes):\n"
            "    return inputs * units + units * classes",
            "add one bias",
        ),
        (
            "def dense_parameters(inputs, units, classes):\n    return units * (inputs + 1)",
            "hidden layer alone",
        ),
        (
            "def dense_parameters(inputs, units, classes):\n"
            "    return (units + classes) * (inputs + 1)",
            "not the image",
        ),
        (
            "def dense_parameters(inputs, units, classes):\n"
            "    return units * (inputs + 1) + classes * units",
            "output units need theirs",
        ),
        (
            "def dense_parameters(inputs, units, classes):\n"
            "    return inputs * units + (units + 1) * classes",
            "hidden units need theirs",
        ),
        (
            "def dense_parameters(inputs, units, classes):\n"
            "    return inputs * units + 1 + units * classes + 1",
            "for each layer",
        ),
        (
            "def dense_parameters(inputs, units, classes):\n    return inputs * units * classes",
            "Your function gives 3,500",
        ),
        ("dense_parameters = 742", "without parentheses"),
    ],
    "3.4": [
        (
            "def standard_error(accuracy, n):\n    return accuracy * (1 - accuracy) / n",
            "A root is missing",
        ),
        (
            "def standard_error(accuracy, n):\n    return math.sqrt(accuracy * (1 - accuracy)) / n",
            "n belongs under the root",
        ),
        (
            "def standard_error(accuracy, n):\n    return math.sqrt(accuracy * (1 - accuracy))",
            "a single image",
        ),
        (
            "def standard_error(accuracy, n):\n    return math.sqrt(accuracy / n)",
            "always right has no error",
        ),
        (
            "def standard_error(accuracy, n):\n"
            "    return 100 * math.sqrt(accuracy * (1 - accuracy) / n)",
            "the standard error is 0.006.",
        ),
        (
            "def standard_error(accuracy, n):\n"
            "    return math.sqrt(accuracy * (1 - accuracy) / (n - 1))",
            "gives 0.0060012",
        ),
        (
            "def standard_error(accuracy, n):\n    return math.sqrt((accuracy * 1 - accuracy) / n)",
            "in parentheses",
        ),
        (
            "def standard_error(accuracy, n):\n    return (accuracy * (1 - accuracy) / n) ** 1 / 2",
            "Write `** 0.5`",
        ),
        (
            "def standard_error(accuracy, n):\n    return math.sqrt(p * (1 - p) / n)",
            "raised NameError",
        ),
    ],
    "3.5": [
        (
            "def most_confused(counts):\n"
            "    return np.unravel_index(counts.argmax(), counts.shape)",
            "lies on the diagonal",
        ),
        (
            "def most_confused(counts):\n"
            "    mistakes = counts.T.copy()\n"
            "    np.fill_diagonal(mistakes, 0)\n"
            "    return np.unravel_index(mistakes.argmax(), mistakes.shape)",
            "wrong way round",
        ),
        (
            "def most_confused(counts):\n"
            "    np.fill_diagonal(counts, 0)\n"
            "    return np.unravel_index(counts.argmax(), counts.shape)",
            "Work on a copy",
        ),
        (
            "def most_confused(counts):\n"
            "    mistakes = counts.copy()\n"
            "    np.fill_diagonal(mistakes, 0)\n"
            "    return mistakes.argmax()",
            "A pair of class numbers",
        ),
        (
            "def most_confused(counts):\n"
            "    mistakes = counts - np.diag(counts.diagonal())\n"
            "    worst = mistakes.sum(axis=1).argmax()\n"
            "    return worst, mistakes[worst].argmax()",
            "class with the most mistakes",
        ),
        (
            "def most_confused(counts):\n"
            "    shares = counts / counts.sum(axis=1, keepdims=True)\n"
            "    np.fill_diagonal(shares, 0)\n"
            "    return np.unravel_index(shares.argmax(), shares.shape)",
            "Your function gives (3, 0)",
        ),
        ("def most_confused(counts):\n    return 1, 2", "Your function gives (1, 2)"),
        ("def most_confused(counts):\n    return 0, 2", "Your function gives (0, 2)"),
    ],
}
