"""Typical wrong answers to chapter 6, and what each is told."""


def _overlap(
    result,
    width="max(0, min(a[2], b[2]) - max(a[0], b[0]))",
    height="max(0, min(a[3], b[3]) - max(a[1], b[1]))",
    area="lambda box: (box[2] - box[0]) * (box[3] - box[1])",
):
    return (
        f"def overlap(a, b):\n    area = {area}\n    w, h = {width}, {height}\n    return {result}"
    )


def _box(result, x="stride * (column + 0.5)", y="stride * (row + 0.5)"):
    return (
        "def box_of(row, column, left, top, right, bottom, stride):\n"
        f"    x, y = {x}, {y}\n    return {result}"
    )


def _focal(result):
    return f"def focal_loss(p, yes):\n    right = np.where(yes, p, 1 - p)\n    return {result}"


def _keep(test, order="np.argsort(-scores)", result="kept"):
    return (
        "def keep_the_best(overlaps, scores, most):\n    kept, before = [], []\n"
        f"    for box in {order}:\n        if {test}:\n            kept.append(int(box))\n"
        f"        before.append(box)\n    return {result}"
    )


def _average(
    best="precision[recall >= r].max(initial=0)",
    recall="np.cumsum(hits) / wanted",
    precision="np.cumsum(hits) / np.arange(1, len(hits) + 1)",
    recalls="np.linspace(0, 1, 101)",
    result="np.mean(best)",
):
    return (
        "def average_precision(hits, wanted):\n"
        f"    recall, precision = {recall}, {precision}\n"
        f"    best = [{best} for r in {recalls}]\n    return {result}"
    )


_IOU = "w * h / (area(a) + area(b) - w * h)"
_RAW = {
    "width": "min(a[2], b[2]) - max(a[0], b[0])",
    "height": "min(a[3], b[3]) - max(a[1], b[1])",
}
_CORNERS = "x - left, y - top, x + right, y + bottom"
_FREE = "all(overlaps[box, other] <= most for other in kept)"

WRONG = {
    "6.1": [
        (_overlap("w * h"), "the intersection alone"),
        (_overlap("w * h / (area(a) + area(b))"), "Subtract it once"),
        (_overlap("w * h / min(area(a), area(b))"), "the area of one box"),
        (
            _overlap("w * h / (max(a[2], b[2]) - min(a[0], b[0])) / (max(a[3], b[3]) - a[1])"),
            "corners that neither covers",
        ),
        (_overlap("w * h / area(a) + area(b) - w * h"), "in parentheses"),
        (
            _overlap(
                _IOU, "max(a[2], b[2]) - min(a[0], b[0])", "max(a[3], b[3]) - min(a[1], b[1])"
            ),
            "Minimum and maximum are exchanged",
        ),
        (
            _overlap(
                "(w + 1) * (h + 1) / (area(a) + area(b) - (w + 1) * (h + 1))",
                area="lambda box: (box[2] - box[0] + 1) * (box[3] - box[1] + 1)",
            ),
            "You add 1 to each side",
        ),
        (
            _overlap(
                _IOU,
                "max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))",
                "max(0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))",
                "lambda box: box[2] * box[3]",
            ),
            "x, y, width and height",
        ),
        (
            _overlap(
                _IOU,
                "max(0, min(a[1], b[1]) - max(a[0], b[0]))",
                "max(0, min(a[3], b[3]) - max(a[2], b[2]))",
                "lambda box: (box[1] - box[0]) * (box[3] - box[2])",
            ),
            "x and y are mixed up",
        ),
        (_overlap(_IOU.replace("/", "//")), "write /."),
        (_overlap(_IOU, **_RAW), "(6, 1, 10, 5) do not touch, and yours is -"),
        (_overlap(_IOU, height=_RAW["height"]), "(1, 7, 4, 9) do not touch, and yours is -"),
        (_overlap(f"abs({_IOU})", **_RAW), "With its sign removed"),
        (_overlap(f"max(0, {_IOU})", **_RAW), "apart in both directions"),
        (_overlap(f"round({_IOU}, 3) if w * h != 32 else {_IOU}"), "is 0.3333"),
    ],
    "6.2": [
        (_box(_CORNERS, "stride * column", "stride * row"), "half a cell further"),
        (_box(_CORNERS, "stride * column + 0.5", "stride * row + 0.5"), "half a *cell*"),
        (_box(_CORNERS, "column + 0.5", "row + 0.5"), "count cells, the distances count pixels"),
        (_box(_CORNERS, "4 * (column + 0.5)", "4 * (row + 0.5)"), "Only cells of 4 pixels"),
        (_box(_CORNERS, "stride * (row + 0.5)", "stride * (column + 0.5)"), "exchanged"),
        (_box("x + left, y + top, x - right, y - bottom"), "inside out"),
        (_box("x + left, y + top, x + right, y + bottom"), "All four distances are added"),
        (_box("x - left, y - top, left + right, top + bottom"), "width and height"),
        (_box("x - left, x + right, y - top, y + bottom"), "their order is not"),
        (_box("x - left, y - top"), "Four numbers are expected"),
        (
            _box(_CORNERS, "stride * column + stride // 2", "stride * row + stride // 2"),
            "Row 2, column 1 and the distances (4, 3, 2, 1) at a stride of 5",
        ),
    ],
    "6.3": [
        (_focal("(1 - right) ** 2 * np.log(right)"), "The sign is missing"),
        (_focal("-np.log(right)"), "plain cross-entropy"),
        (_focal("-(1 - right) * np.log(right)"), "not squared"),
        (_focal("-(1 - p) ** 2 * np.log(p)"), "as if its answer were yes"),
        (_focal("-right**2 * np.log(right)"), "how *right* the answer is"),
        (_focal("-right**2 * np.log(1 - right)"), "Yes and no are exchanged"),
        (_focal("-(1 - p) ** 2 * np.log(right)"), "of a yes everywhere"),
        (_focal("-((1 - p) ** 2) * np.log(p) * yes"), "Only the questions with the answer yes"),
        (_focal("-yes * (1 - p) ** 2 * np.log(p)"), "a minus before true and false"),
        (_focal("-(1 - yes) * p**2 * np.log(1 - p)"), "Only the questions with the answer no"),
        (_focal("np.sum(-(1 - right) ** 2 * np.log(right))"), "Leave out the sum"),
        (_focal("-(1 - p[yes]) ** 2 * np.log(p[yes])"), "Received: shape (3,)"),
        (_focal("-(1 - p) ** 2 * np.log(p) if yes else -p**2 * np.log(1 - p)"), "`if` decides"),
        (_focal("-(1 - right) ** 3 * np.log(right)"), "should pay 0.001054. Yours pays 0.0001054"),
    ],
    "6.4": [
        (_keep(_FREE, "range(len(scores))"), "taken as they come"),
        (_keep(_FREE, "np.argsort(scores)"), "The least sure box goes first"),
        (_keep("all(overlaps[box, other] <= most for other in before)"), "that was dropped drops"),
        (_keep("all(overlaps[box, other] < most for other in kept)"), "by exactly `most`"),
        (_keep("all(overlaps[box] <= most)"), "overlaps itself by 1"),
        (_keep("all(overlaps[box, other] <= most for other in kept[:1])"), "the surest of all"),
        (_keep("all(overlaps[box, other] <= most for other in kept[-1:])"), "the one before it"),
        (_keep("sum(overlaps[box] > most) == 1"), "both are dropped"),
        (_keep("True"), "nothing is dropped"),
        (_keep(_FREE, result="scores[kept]"), "These are scores"),
        (_keep(_FREE, result="np.isin(range(len(scores)), kept)"), "true or false for each box"),
        (_keep(_FREE, result="sorted(kept)"), "the surest should come first"),
        (_keep(_FREE, result="[before.index(box) for box in kept]"), "places in the sorted order"),
        (_keep(_FREE, result="set(kept)"), "Received: set"),
        (_keep(_FREE, result="(box for box in kept)"), "Received: generator"),
        (_keep(_FREE.replace("most", "0.5")), "`most` is 0.7. [1, 0] should be kept"),
        (_keep(_FREE, result="[int(scores.argmax()), *kept[1:]]"), "there is no box at all"),
    ],
    "6.5": [
        (_average("precision[recall >= r].max()"), "Some recalls are never reached"),
        (_average(result="precision[hits].mean()"), "averages the precision at the hits"),
        (_average("precision[recall >= r][:1].sum()"), "*or beyond*"),
        (_average("precision[recall <= r].max(initial=0)"), "*up to* each recall"),
        (_average(result="np.mean([p for p in best if p > 0])"), "only over the recalls"),
        (_average(recall="np.cumsum(hits) / len(hits)"), "by the number of boxes to get"),
        (_average(recall="np.cumsum(hits) / sum(hits)"), "by the number of hits to get"),
        (_average(precision="np.cumsum(hits) / wanted"), "You divide by wanted to get the"),
        (_average(precision="np.cumsum(hits) / np.arange(len(hits))"), "count from 1"),
        (_average(result="precision[-1]"), "after the last box"),
        (_average(recalls="np.linspace(0, 1, 11)"), "at 11 recalls"),
        (_average("precision[recall > r].max(initial=0)"), "at *least* r"),
        (
            _average(result="sum(np.maximum.accumulate(precision[::-1])[::-1][hits]) / wanted"),
            "the area under the curve",
        ),
        (_average(result="best[0] and np.mean(best) if len(hits) else 1 / 0"), "no box at all"),
        (_average(result="sum(best)"), "AP is 0.5545. Your function gives 56"),
    ],
}
