"""Typical wrong answers to chapter 5, and what each is told."""


def _field(*lines, start="field, jump = 1, 1", result="field"):
    body = "\n".join(f"        {line}" for line in lines)
    return (
        f"def receptive_field(stack):\n    {start}\n"
        f"    for kernel, stride in stack:\n{body}\n    return {result}"
    )


def _step(result):
    return f"def step_uphill(x, gradient, rate):\n    return {result}"


def _above(result):
    return f"def above_chance(accuracy, classes):\n    return {result}"


def _cam(result, weights="gradients.mean(axis=(1, 2), keepdims=True)"):
    return f"def cam(maps, gradients):\n    weights = {weights}\n    return {result}"


def _pointing(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    return f"def pointing_game(maps, masks):\n{body}"


_RMS = "np.sqrt(np.mean(gradient**2))"
_PLACES = "places = maps.reshape(len(maps), -1).argmax(axis=1)"

WRONG = {
    "5.1": [
        (_field("field += kernel - 1"), "right where every stride is 1"),
        (_field("field += kernel", start="field = 0"), "do not simply add up"),
        (_field("field *= kernel"), "do not multiply"),
        (_field("jump *= stride", "field += (kernel - 1) * jump"), "first add, then multiply"),
        (
            _field("field += (kernel - 1) * jump", "jump *= stride", start="field, jump = 0, 1"),
            "Begin with 1",
        ),
        (_field("field += kernel * jump", "jump *= stride"), "adds 2 steps, not 3"),
        (_field("field += (kernel - 1) * stride"), "is 17 pixels. Your function gives 13"),
        ("receptive_field = 12", "without parentheses"),
    ],
    "5.2": [
        (_step(f"np.clip(x - rate * gradient / {_RMS}, 0, 255)"), "walks downhill"),
        (_step("np.clip(x + rate * gradient, 0, 255)"), "raw gradient"),
        (
            _step("np.clip(x + rate * gradient / np.sqrt(np.sum(gradient**2)), 0, 255)"),
            "Take the mean of the squares",
        ),
        (_step("x + rate * gradient / np.mean(gradient**2)"), "The root is missing"),
        (
            _step("np.clip(x + rate * gradient / np.abs(gradient).max(), 0, 255)"),
            "a single wild pixel",
        ),
        (_step("np.clip(x + rate * np.sign(gradient), 0, 255)"), "The sign alone"),
        (_step(f"np.clip(rate * gradient / {_RMS}, 0, 255)"), "should move by between"),
        (_step(f"rate * gradient / {_RMS}"), "the step alone"),
        (_step(f"x + rate * gradient / {_RMS}"), "clip it"),
        (_step(f"np.clip(x, 5, 250) + rate * gradient / {_RMS}"), "from -"),
        (_step("gradient.mean()"), "A picture of the same shape"),
    ],
    "5.3": [
        (_above("accuracy - 1 / classes"), "a perfect probe should reach 1"),
        (_above("accuracy * classes"), "how many times better"),
        (_above("accuracy * classes - 1"), "You divide by chance"),
        (_above("(accuracy - 1 / classes) / accuracy"), "You divide by the accuracy"),
        (_above("accuracy - classes"), "one in as many as there are classes"),
        (_above("accuracy - 1 / classes / (1 - 1 / classes)"), "in parentheses"),
        (
            _above("max(0, (accuracy - 1 / classes) / (1 - 1 / classes))"),
            "An accuracy of 0.05 among 12 classes is -0.0364",
        ),
        (
            _above("100 * (accuracy - 1 / classes) / (1 - 1 / classes)"),
            "An accuracy of 0.7 among 4 classes is 0.6000",
        ),
    ],
    "5.4": [
        (_cam("(weights * maps).sum(axis=-1)"), "Negative places are still there"),
        (_cam("np.maximum((gradients * maps).sum(axis=-1), 0)"), "multiplied place by place"),
        (_cam("np.maximum(weights * maps, 0).sum(axis=-1)"), "negative channels are removed"),
        (_cam("(np.maximum(weights, 0) * maps).sum(axis=-1)"), "Only channels with a positive"),
        (_cam("np.abs((weights * maps).sum(axis=-1))"), "Absolute values"),
        (
            _cam("np.maximum((weights * maps).sum(axis=-1), 0)", "gradients.mean(axis=(0, 1, 2))"),
            "averaged over the pictures as well",
        ),
        (
            _cam(
                "np.maximum((weights * gradients).sum(axis=-1), 0)",
                "maps.mean(axis=(1, 2), keepdims=True)",
            ),
            "The roles are exchanged",
        ),
        (_cam("maps.sum(axis=-1)"), "The gradients are not used"),
        (_cam("np.maximum(weights * maps, 0)"), "one for each channel"),
        (_cam("np.maximum((weights * maps).sum(axis=(1, 2)), 0)"), "should give maps of shape"),
        (_cam("np.maximum((weights**2 * maps).sum(axis=-1), 0)"), "Yours has"),
    ],
    "5.5": [
        (_pointing(_PLACES, "return masks.reshape(-1)[places].mean()"), "a mask of its own"),
        (
            _pointing("return masks[np.unravel_index(maps.argmax(), maps.shape)].mean()"),
            "find one peak for each map",
        ),
        (
            _pointing(
                _PLACES,
                "return masks.reshape(len(masks), -1)[np.arange(len(masks)), places].sum()",
            ),
            "the number of hits",
        ),
        (
            _pointing(
                "places = maps.reshape(len(maps), -1).argmin(axis=1)",
                "return masks.reshape(len(masks), -1)[np.arange(len(masks)), places].mean()",
            ),
            "not for the smallest",
        ),
        (
            _pointing(
                "positive = np.maximum(maps, 0)",
                "return np.mean((positive * masks).sum((1, 2)) / positive.sum((1, 2)))",
            ),
            "the share of the mass",
        ),
        (_pointing("return 0.5"), "of the peaks lie in their masks"),
    ],
}
