"""Typical wrong answers to chapter 14, and what each is told."""


def _look_up(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    return (
        "def look_up(queries, keys, values):\n"
        "    soft = lambda s, axis=-1: np.exp(s - s.max(axis, keepdims=True)) / np.exp(\n"
        "        s - s.max(axis, keepdims=True)).sum(axis, keepdims=True)\n"
        f"    scores, d = queries @ keys.T, keys.shape[1]\n{body}"
    )


def _masked(result):
    return (
        "def masked_weights(scores, allowed):\n"
        "    soft = lambda s, axis=-1: np.exp(s - s.max(axis, keepdims=True)) / np.exp(\n"
        "        s - s.max(axis, keepdims=True)).sum(axis, keepdims=True)\n"
        f"    return {result}"
    )


def _cost(result):
    return f"def attention_cost(n, d):\n    return {result}"


def _patches(result):
    return (
        "def cut_into_patches(picture, side):\n"
        "    h, w = picture.shape[:2]\n"
        "    grid = picture.reshape(h // side, side, w // side, side, 3).swapaxes(1, 2)\n"
        f"    return {result}"
    )


def _rollout(step, start="np.eye(len(attentions[0]))", result="total", order="attentions"):
    return (
        "def rollout(attentions):\n"
        f"    one = np.eye(len(attentions[0]))\n    total = {start}\n"
        f"    for a in {order}:\n        total = {step}\n    return {result}"
    )


WRONG = {
    "14.1": [
        (_look_up("return soft(scores) @ values"), "The scale is missing"),
        (_look_up("return soft(scores / d) @ values"), "You divided by d itself"),
        (_look_up("return soft(scores / np.sqrt(len(keys))) @ values"), "the number of keys"),
        (_look_up("return soft(scores / d**0.5, 0) @ values"), "runs over the queries"),
        (_look_up("return scores / d**0.5 @ values"), "The softmax is missing"),
        (_look_up("return np.exp(scores / d**0.5) @ values"), "not yet divided by their sum"),
        (
            _look_up("w = np.exp(scores / d**0.5)", "return w / w.sum() @ values"),
            "the sum over all queries and keys",
        ),
        (_look_up("return values[scores.argmax(axis=1)]"), "the hard look-up"),
        (
            _look_up(
                "w = np.exp(scores / d**0.5)",
                "return w / w.sum(-1, keepdims=True) @ values",
            ),
            "the exponential overflows",
        ),
        (_look_up("return soft(scores / d**0.5)"), "One value for each query"),
        (_look_up("return soft(scores * d**0.5) @ values"), "the first query should get"),
    ],
    "14.2": [
        (_masked("soft(scores) * allowed"), "no longer adds up to 1"),
        (_masked("soft(scores * allowed)"), "A score of 0 is not a weight of 0"),
        (_masked("soft(np.where(allowed, -1e9, scores))"), "the wrong way round"),
        (_masked("soft(scores + (1 - allowed) * -np.inf)"), "Infinity times zero"),
        (_masked("soft(scores)"), "The mask is not used"),
        (_masked("soft(np.where(allowed, scores, -1e9), 0)"), "Each row should add up to 1"),
        (_masked("np.where(allowed, soft(scores), -1e9)"), "masked after the softmax"),
        (_masked("soft(np.where(allowed, scores, -2))"), "negative enough"),
        (_masked("np.exp(np.where(allowed, scores, -1e9))"), "the second row should be"),
        (_masked("soft(scores)[allowed]"), "A weight for each score"),
    ],
    "14.3": [
        (_patches("picture.reshape(-1, side * side * 3)"), "cuts strips out of rows"),
        (_patches("grid"), "Make a list of rows"),
        (_patches("grid.swapaxes(0, 1).reshape(-1, side * side * 3)"), "go down the columns"),
        (_patches("grid.swapaxes(2, 3).reshape(-1, side * side * 3)"), "across its diagonal"),
        (
            _patches("np.moveaxis(grid, -1, 2).reshape(-1, side * side * 3)"),
            "the channels' axis stays last",
        ),
        (_patches("grid.reshape(-1, side * side, 3)"), "Received: shape (6, 16, 3)"),
        (_patches("grid.reshape(-1, side * side * 3)[::-1]"), "Patch 0 does not hold"),
        (
            "def cut_into_patches(picture, side):\n    h, w = picture.shape[:2]\n"
            "    grid = picture.reshape(h // 4, 4, w // 4, 4, 3).swapaxes(1, 2)\n"
            "    return grid.reshape(-1, 48)",
            "raised ValueError",
        ),
    ],
    "14.4": [
        (_cost("3 * n * d**2 + 2 * n**2 * d"), "A fourth comes at the end"),
        (_cost("4 * n * d**2 + n**2 * d"), "used twice"),
        (_cost("2 * n**2 * d"), "the attention alone"),
        (_cost("4 * n * d**2"), "Now add the scores"),
        (_cost("4 * d**2 + 2 * n**2 * d"), "every one of the n tokens"),
        (_cost("4 * n * d + 2 * n**2"), "You counted the results"),
        (_cost("8 * n * d**2 + 4 * n**2 * d"), "as two"),
        (_cost("n * d"), "3,360 multiply-adds are expected. Your function gives 70"),
    ],
    "14.5": [
        (_rollout("a @ total"), "The path around the attention is missing"),
        (_rollout("total @ (0.5 * a + 0.5 * one)"), "The order is turned round"),
        (_rollout("(a + one) @ total"), "add up to 2"),
        (_rollout("0.5 * a + 0.5 * one"), "the last layer alone"),
        (
            _rollout("total + a", start="0", result="total / len(attentions)"),
            "An average of the layers",
        ),
        (_rollout("(0.5 * a + 0.5 * one) * total", start="1"), "entries are multiplied one by one"),
        (_rollout("a @ total", result="0.5 * total + 0.5 * one"), "added once, at the end"),
        (_rollout("(0.9 * a + 0.1 * one) @ total"), "the first row should be"),
        (_rollout("(0.5 * a + 0.5 * one) @ total", result="total[0, 1:]"), "One matrix of shape"),
    ],
}
