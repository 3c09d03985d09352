"""Typical wrong answers to chapter 0, and what each is told."""

WRONG = {
    "0.1": [
        ("numbers_in_a_picture = 32 * 32", "number of pixels"),
        ("numbers_in_a_picture = 32 + 32 + 3", "Sizes multiply"),
        ("numbers_in_a_picture = 32 * 3", "one row of pixels"),
        ("numbers_in_a_picture = 32 * 32 * 4", "Received 4,096"),
        ("numbers_in_a_picture = (32, 32, 3)", "Received: 3 of them"),
        ('numbers_in_a_picture = "3072"', "without quotation marks"),
    ],
    "0.2": [
        ('star = drawn.draw_object("star", "blue", "stripes")', "Now turn it"),
        ('star = drawn.draw_object("star", "blue", angle=45)', "stripes are missing"),
        ('star = drawn.draw_object("star", "blue")', "stripes and the angle"),
        ('star = drawn.draw_object("star", "red", "stripes", angle=45)', "should be blue"),
        ('star = drawn.draw_object("heart", "blue", "stripes", angle=45)', "should be a star"),
        ('star = drawn.draw_object("star", "blue", "stripes", angle=-45)', "wrong way round"),
        ("star = drawn.draw_object", "the function itself"),
        ('star = "a blue star"', "Received: str"),
        (
            'star = drawn.draw_object("star", "blue", "stripes", angle=45, scale=0.5)',
            "nothing else changed",
        ),
    ],
    "0.3": [
        ("def accuracy(answers, labels):\n    return answers == labels", "one entry for each"),
        ("def accuracy(answers, labels):\n    return np.sum(answers == labels)", "share is asked"),
        (
            "def accuracy(answers, labels):\n    return 100 * np.mean(answers == labels)",
            "a percentage",
        ),
        ("def accuracy(answers, labels):\n    return np.mean(answers != labels)", "wrong answers"),
        ("def accuracy(answers, labels):\n    return np.mean(answers)", "Your function gives 1"),
        (
            "def accuracy(answers, labels):\n    return 0.75",
            "and your function gives 0.75",
        ),
        (
            "def accuracy(answers, labels):\n    return np.sum(answers == labels) / 4",
            "and your function gives 0.5",
        ),
        (
            "def accuracy(answers, labels):\n    return np.array_equal(answers, labels)",
            "whether *all* answers are right",
        ),
    ],
}
