"""Typical wrong answers to chapter 8, and what each is told."""


def _cosines(result, a="a / _LENGTH", b="b / _LENGTH"):
    lengths = "np.linalg.norm({}, axis=1, keepdims=True)"
    a, b = (x.replace("_LENGTH", lengths.format(name)) for x, name in ((a, "a"), (b, "b")))
    return f"def cosines(a, b):\n    u, v = {a}, {b}\n    return {result}"


def _rates(result, match="scores >= threshold"):
    return (
        "def two_rates(scores, same, threshold):\n"
        f"    match = {match}\n    false, missed = match & ~same, ~match & same\n"
        f"    return {result}"
    )


def _triplet(
    chosen="farther.min() if len(farther) else negatives.max()",
    result="max(0, positive - chosen + margin)",
    farther="negatives[negatives > positive]",
):
    return (
        "def triplet(positive, negatives, margin):\n"
        f"    farther = {farther}\n    chosen = {chosen}\n    return {result}"
    )


def _margin(
    change="logits[label] -= scale * margin",
    result="np.log(np.sum(np.exp(logits))) - logits[label]",
    logits="scale * cosines",
):
    return (
        "def margin_loss(cosines, label, margin, scale):\n"
        f"    logits = {logits}\n    {change}\n    return {result}"
    )


def _share(result, false="(passers - listed) * false_alarm"):
    return (
        "def false_share(passers, listed, found, false_alarm):\n"
        f"    right, false = listed * found, {false}\n    return {result}"
    )


_EACH = "np.linalg.norm(u[:, None] - v, axis=-1)"
_P = "np.exp(logits) / np.sum(np.exp(logits))"
_RIGHT = "np.mean(match[~same]), np.mean(~match[same])"

WRONG = {
    "8.1": [
        (_cosines("a @ b.T"), "the products alone"),
        (_cosines("u @ b.T"), "Only one of the two"),
        (
            _cosines("u @ v.T", "a / np.linalg.norm(a, axis=0)", "b / np.linalg.norm(b, axis=0)"),
            "down the columns",
        ),
        (_cosines("u @ v.T", "a / np.linalg.norm(a)", "b / np.linalg.norm(b)"), "without an axis"),
        (_cosines(_EACH), "These are distances"),
        (_cosines("u @ v.T", "a / _LENGTH**2", "b / _LENGTH**2"), "the squares of the lengths"),
        (_cosines("1 - u @ v.T"), "1 minus the cosine"),
        (
            "def cosines(a, b):\n    a = a - a.mean(axis=1, keepdims=True)\n"
            "    b = b - b.mean(axis=1, keepdims=True)\n    a = a / np.linalg.norm(a, axis=1, "
            "keepdims=True)\n    return a @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T",
            "You subtract the mean",
        ),
        (_cosines("v @ u.T"), "each of b with each of a"),
        (_cosines("u * v"), "*Each* of a meets each of b, and n and m may differ"),
        (_cosines("u @ v"), "does that, if the second is turned"),
        (_cosines("[np.sum(x * y) for x, y in zip(u, v)]"), "You compare the first with the first"),
        (_cosines("u[:, None] * v"), "over the last axis"),
        (_cosines("u @ v.T", "a / np.linalg.norm(a, axis=1)"), "keepdims=True they stay"),
        (_cosines("np.sum(u @ v.T)"), "an array of shape (2, 3) is expected"),
        (
            "def cosines(a, b):\n    a /= np.linalg.norm(a, axis=1, keepdims=True)\n"
            "    b /= np.linalg.norm(b, axis=1, keepdims=True)\n    return a @ b.T",
            "changes an array that it was given",
        ),
        (_cosines("np.round(u @ v.T)"), "the cosine in row 0, column 0 is"),
        (_cosines("np.maximum(u @ v.T, -0.99)"), "With a = [[2.0], [-0.5]]"),
    ],
    "8.2": [
        (_rates("np.mean(~match[same]), np.mean(match[~same])"), "in the other order"),
        (_rates(_RIGHT, "scores > threshold"), "is exactly `threshold`"),
        (_rates("np.mean(false), np.mean(missed)"), "the number of all pairs"),
        (_rates("np.sum(false) / np.sum(match), np.sum(missed) / np.sum(~match)"), "*matches* is"),
        (_rates("np.mean(match[~same]), np.mean(match[same])"), "that *do* match"),
        (_rates(_RIGHT, "scores < threshold"), "as if a low score were a match"),
        (_rates("np.sum(false), np.sum(missed)"), "These are numbers of pairs"),
        (_rates("np.mean(match[same]), np.mean(~match[~same])"), "among the pairs of one person"),
        (_rates("np.sum(false) / np.sum(same), np.sum(missed) / np.sum(~same)"), "denominators"),
        (_rates("np.mean(false) + np.mean(missed)"), "one number of the two errors"),
        (_rates("np.mean(match[~same])"), "Received: 1"),
        (_rates("np.mean(match[~same]), np.mean(~match[same]), threshold"), "Received: 3"),
        (_rates("match[~same], ~match[same]"), "Received: 9 of them"),
        (_rates("np.mean(match[not same]), np.mean(~match[same])"), "decide once"),
        (_rates("np.mean(match[-same]), np.mean(~match[same])"), "boolean negative"),
        (_rates(_RIGHT, "scores >= 0.5"), "threshold = -0.5, the false match rate is 0.5"),
        (_rates(_RIGHT, "abs(scores) >= threshold"), "Your function gives 1."),
    ],
    "8.3": [
        (_triplet("negatives.min()"), "the nearest of all negatives"),
        (_triplet("negatives.max()"), "the farthest negative, the easiest"),
        (_triplet("negatives.mean()"), "the mean of negatives"),
        (_triplet(result="sum(max(0, positive - n + margin) for n in negatives)"), "You add up"),
        (_triplet(result="max(0, chosen - positive + margin)"), "The signs are exchanged"),
        (_triplet(result="max(0, positive - chosen)"), "The margin is missing"),
        (_triplet(result="max(0, positive**2 - chosen**2 + margin)"), "squared already"),
        (_triplet("negatives[np.argmin(abs(negatives - positive))]"), "on either side"),
        (_triplet("farther[0] if len(farther) else negatives.max()"), "as they come"),
        (_triplet(result="positive - chosen + margin"), "Yours falls below"),
        (
            _triplet(
                "np.inf if len(farther) == 0 else farther.min()",
                farther="negatives[(negatives > positive) & (negatives < positive + margin)]",
            ),
            "You return 0, as if there were nothing to learn",
        ),
        (_triplet("farther.min() if len(farther) else negatives.min()"), "the nearest then"),
        (_triplet("farther.min()"), "your function raises ValueError: zero-size"),
        (_triplet("sorted(farther)[0]"), "your function raises IndexError"),
        (_triplet("farther.min() if farther else negatives.max()"), "len says how many"),
        (_triplet(farther="negatives[negatives >= positive]"), "write > and not >="),
        (_triplet("farther.min() if len(farther) else negatives[-1]"), "With positive = 0.8"),
        (_triplet(result="negatives"), "Received: 6 of them"),
    ],
    "8.4": [
        (_margin("logits[label] += scale * margin"), "make the task easier"),
        (_margin("logits -= scale * margin"), "the loss without a margin"),
        (_margin("logits[label] -= margin"), "after the scale"),
        (_margin("logits[label] -= margin", logits="cosines.copy()"), "The scale is missing"),
        (_margin("logits[label] -= scale * scale * margin"), "by the scale twice"),
        (_margin(result=f"-np.log10({_P})[label]"), "another base"),
        (_margin(result=f"({_P})[label]"), "This is a probability"),
        (_margin(result=f"np.log({_P})[label]"), "The sign is missing"),
        (_margin(result="np.log(np.sum(np.exp(logits))) - logits[0]"), "about another person"),
        (
            _margin(
                "logits[label] = scale * np.cos(np.arccos(cosines[label]) + margin)",
            ),
            "That is ArcFace",
        ),
        (
            _margin("pass", "np.log(np.sum(np.exp(logits))) - logits[label] + scale * margin"),
            "has to be in both",
        ),
        (
            _margin("cosines[label] -= margin; logits = scale * cosines"),
            "changes an array that it was given",
        ),
        (_margin(result=f"-np.log({_P})"), "Received: 5 of them"),
        (_margin(result="logits[label]"), "the loss is"),
        (_margin("logits[label] -= scale * margin if margin < 0.4 else 0"), "margin 0.5"),
    ],
    "8.5": [
        (_share("right / (right + false)"), "the share of *right* alarms"),
        (_share("false_alarm"), "`false_alarm` itself"),
        (_share("false / (right + false)", "passers * false_alarm"), "passers - listed"),
        (_share("right + false"), "not yet a share"),
        (_share("false / passers"), "by all who walk by"),
        (_share("false / (listed + false)"), "everyone on the list as found"),
        (_share("false / right"), "by the right alarms alone"),
        (_share("false / (listed * (1 - found) + false)"), "who are *not* found"),
        (_share("false_alarm / (found + false_alarm)"), "as if as many people"),
        (_share("100 * false / (right + false)"), "a percentage"),
        (_share("1 / (1 + right / false)"), "you divide by 0"),
        (_share("(right, false)"), "Received: 2 of them"),
        (_share("false / (right + round(false))"), "2,000 passers"),
        (_share("false // (right + false)"), "100,000 passers"),
    ],
}
