"""Typical wrong answers to chapter 4, and what each is told."""


def _one_cycle(value):
    return (
        "def one_cycle(step, steps, peak, warm_up=0.2):\n"
        f"    done = step / steps\n    return {value}"
    )


def _normalise(value):
    return f"def batch_normalise(x, epsilon=1e-3):\n    return {value}"


def _better(value):
    return f"def clearly_better(a, b):\n    return {value}"


WRONG = {
    "4.1": [
        (
            "def layers_until(factor, limit):\n    return math.log(limit) / math.log(factor)",
            "a whole number",
        ),
        (
            "def layers_until(factor, limit):\n"
            "    return math.floor(math.log(limit) / math.log(factor))",
            "One more is needed",
        ),
        (
            "def layers_until(factor, limit):\n"
            "    return math.ceil(math.log(limit) / math.log(factor))",
            "exactly 0.25",
        ),
        (
            "def layers_until(factor, limit):\n"
            "    return math.floor(math.log(limit) / -math.log(factor))",
            "Is a sign lost",
        ),
        ("def layers_until(factor, limit):\n    return 1", "multiply, do not subtract"),
        ("def layers_until(factor, limit):\n    return 3", "Your function gives 3"),
        ("layers_until = 20", "without parentheses"),
    ],
    "4.2": [
        (_normalise("(x - x.mean()) / np.sqrt(x.var() + epsilon)"), "Each channel has its own"),
        (
            _normalise(
                "(x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) "
                "+ epsilon)"
            ),
            "over the images of the batch",
        ),
        (_normalise("(x - x.mean(0)) / np.sqrt(x.var(0) + epsilon)"), "over all places"),
        (_normalise("(x - x.mean((0, 1))) / np.sqrt(x.var((0, 1)) + epsilon)"), "over the width"),
        (
            _normalise("(x - x.mean((0, 1, 2))) / (x.var((0, 1, 2)) + epsilon)"),
            "has a root",
        ),
        (_normalise("x - x.mean((0, 1, 2))"), "Now divide"),
        (
            _normalise("x - x.mean((0, 1, 2)) / np.sqrt(x.var((0, 1, 2)) + epsilon)"),
            "in parentheses",
        ),
        (
            _normalise("(x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2), ddof=1) + epsilon)"),
            "divides by n - 1",
        ),
        (
            _normalise("(x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-5)"),
            "Take the one that the function is given",
        ),
        (
            _normalise("(x - x.mean((0, 1, 2))) / (x.std((0, 1, 2)) + epsilon)"),
            "under the root",
        ),
        (_normalise("x.mean(axis=(0, 1, 2))"), "should have the shape of x"),
        (_normalise("x / np.sqrt(x.var((0, 1, 2)) + epsilon)"), "differ from the formula"),
        (_normalise("(x - x.mean((1, 2))) / x.std((1, 2))"), "raised ValueError"),
    ],
    "4.3": [
        (
            _one_cycle("peak * min(step / warm_up, (1 - step) / (1 - warm_up))"),
            "Divide step by steps",
        ),
        (_one_cycle("peak * done"), "rises during all steps"),
        (_one_cycle("peak * (1 - done)"), "rise from 0 first"),
        (
            _one_cycle("peak * (done / warm_up if done < warm_up else 1 - done)"),
            "only 0.8 of its peak",
        ),
        (_one_cycle("min(done / warm_up, (1 - done) / (1 - warm_up))"), "Multiply by peak"),
        (_one_cycle("peak * min(done / warm_up, 1)"), "stays at its peak"),
        (
            _one_cycle("peak * min(done / 0.2, (1 - done) / 0.8)"),
            "a warm-up of 0.5",
        ),
        (
            _one_cycle("peak * max(done / warm_up, (1 - done) / (1 - warm_up))"),
            "take the smaller one",
        ),
    ],
    "4.4": [
        ('may_be_mirrored = {"digits", "flowers", "arrows", "shapes"}', "Two of the four"),
        ('may_be_mirrored = {"digits", "flowers", "shapes"}', "Is it still a digit"),
        ('may_be_mirrored = {"flowers", "arrows", "shapes"}', "which way does it point"),
        ('may_be_mirrored = {"flowers"}', "each still has its name"),
        ('may_be_mirrored = {"shapes"}', "no left and right"),
        ('may_be_mirrored = {"hearts", "flowers"}', "Only these names"),
        ('may_be_mirrored = "flowers"', "A set of names is expected"),
    ],
    "4.5": [
        (_better("bool(np.mean(a) > np.mean(b))"), "vary far more than that"),
        (
            _better(
                "bool(np.mean(a) - np.mean(b) > 2 * np.sqrt(np.var(a) / len(a) "
                "+ np.var(b) / len(b)))"
            ),
            "Is it ddof=1",
        ),
        (
            _better(
                "bool(np.mean(a) - np.mean(b) > 2 * np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1)))"
            ),
            "Divide each variance",
        ),
        (
            _better(
                "bool(np.mean(a) - np.mean(b) > 2 * (np.std(a, ddof=1) / len(a) ** 0.5 "
                "+ np.std(b, ddof=1) / len(b) ** 0.5))"
            ),
            "are the squares added",
        ),
        (
            _better(
                "bool(np.mean(a) - np.mean(b) > 2 * np.sqrt((np.var(a, ddof=1) "
                "+ np.var(b, ddof=1)) / len(a)))"
            ),
            "its own number",
        ),
        (_better("bool(min(a) > max(b))"), "Compare means, not the least"),
        (_better("bool(np.mean(a) < np.mean(b))"), "a has to be the higher"),
        (_better("np.mean(a) - np.mean(b)"), "True or False is expected"),
    ],
}
