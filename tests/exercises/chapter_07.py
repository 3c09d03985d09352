"""Typical wrong answers to chapter 7, and what each is told."""


def _iou(result, truth="true == label", answer="said == label"):
    return (
        "def iou(true, said, label):\n"
        f"    in_truth, in_answer = {truth}, {answer}\n    return {result}"
    )


def _dice(result):
    return f"def dice(p, true):\n    shared = np.sum(p * true)\n    return {result}"


def _enlarge(result):
    return f"def enlarge(values, kernel):\n    return {result}"


def _blocks(
    write="= values[row, column] * kernel",
    size="2 * height, 2 * width",
    place="2 * row : 2 * row + 2, 2 * column : 2 * column + 2",
    places="height, width",
    dtype="float",
):
    return (
        "def enlarge(values, kernel):\n    height, width = values.shape\n"
        f"    result = np.zeros(({size}), {dtype})\n    for row, column in np.ndindex({places}):\n"
        f"        result[{place}] {write}\n    return result"
    )


def _flood(
    near="(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)",
    result="regions",
    more="to_visit.append(near)",
    begin="left = {(int(row), int(column)) for row, column in np.argwhere(mask)}",
):
    return (
        f"def count_regions(mask):\n    height, width = mask.shape\n    {begin}\n"
        "    regions = 0\n    while left:\n        to_visit = [min(left)]\n"
        "        left.remove(to_visit[0])\n        regions += 1\n        while to_visit:\n"
        f"            row, column = to_visit.pop()\n            for near in ({near}):\n"
        f"                if near in left:\n                    left.remove(near)\n"
        f"                    {more}\n    return {result}"
    )


def _looked_up(test, limit="row < 0 or column < 0"):
    """Return a recursive answer, which looks neighbours up in the mask."""
    return (
        "def count_regions(mask):\n    height, width = mask.shape\n"
        "    seen = np.zeros((height, width), bool)\n\n"
        "    def visit(row, column):\n"
        f"        if {limit}:\n            return\n        if {test}:\n            return\n"
        "        seen[row, column] = True\n"
        "        for down, right in ((1, 0), (0, 1), (-1, 0), (0, -1)):\n"
        "            visit(row + down, column + right)\n\n    regions = 0\n"
        "    for row, column in np.ndindex(height, width):\n"
        "        if mask[row, column] and not seen[row, column]:\n"
        "            regions += 1\n            visit(row, column)\n    return regions"
    )


def _ece(
    gap="np.mean(here) * abs(np.mean(p[here]) - np.mean(right[here]))",
    result="sum(gaps)",
    lows="np.arange(10) / 10",
    here="(p > low) & (p <= low + 0.1)",
    empty="if here.any()",
):
    return (
        f"def calibration_error(p, right):\n    gaps = []\n    for low in {lows}:\n"
        f"        here = {here}\n        {empty}:\n            gaps.append({gap})\n"
        f"    return {result}"
    )


_NEXT = "row : row + 2, column : column + 2"
_GAP = "abs(np.mean(p[here]) - np.mean(right[here]))"
_FAR = "row >= height or column >= width"
_OUTSIDE = f"row < 0 or column < 0 or {_FAR}"
_DONE = "not mask[row, column] or seen[row, column]"
_IN_BOTH = "np.sum(in_truth & in_answer)"
_UNION = "np.sum(in_truth | in_answer)"
_SIZES = "np.sum(p) + np.sum(true)"

WRONG = {
    "7.1": [
        (_iou("np.mean(true == said)"), "pixel accuracy"),
        (_iou(_IN_BOTH), "the intersection alone"),
        (_iou(f"{_IN_BOTH} / np.sum(in_truth)"), "by the pixels of the truth"),
        (_iou(f"{_IN_BOTH} / np.sum(in_answer)"), "by the pixels of the answer"),
        (_iou(f"2 * {_IN_BOTH} / (np.sum(in_truth) + np.sum(in_answer))"), "Dice coefficient"),
        (_iou(f"{_IN_BOTH} / (np.sum(in_truth) + np.sum(in_answer))"), "Subtract it once"),
        (_iou(f"{_IN_BOTH} / np.sum(in_truth ^ in_answer)"), "in exactly one of the two"),
        (
            _iou(f"{_IN_BOTH} / np.sum(in_truth) + np.sum(in_answer) - {_IN_BOTH}"),
            "Python divides first",
        ),
        (_iou(f"np.sum(true == said) / {_UNION}"), "every pixel that is right"),
        (_iou("np.sum(in_truth and in_answer) / np.sum(in_truth or in_answer)"), "`and`"),
        (_iou("np.sum(true & said == label) / np.sum(true | said == label)"), "& and | before =="),
        (_iou(f"{_IN_BOTH} / {_UNION}", "true == 1", "said == 1"), "of another class"),
        (_iou(f"{_IN_BOTH} / {_UNION}", "true == 2", "said == 2"), "said = [[5]]"),
        (_iou("(in_truth & in_answer) / (in_truth | in_answer)"), "Received: shape (4, 5)"),
        (_iou("sum(in_truth & in_answer) / sum(in_truth | in_answer)"), "Received: shape (5,)"),
    ],
    "7.2": [
        (_dice("2 * np.sum((p > 0.5) * true) / (np.sum(p > 0.5) + np.sum(true))"), "yes or no"),
        (_dice(f"shared / ({_SIZES} - shared)"), "This is the IoU"),
        (_dice(f"shared / ({_SIZES})"), "The 2 is missing"),
        (_dice(f"1 - 2 * shared / ({_SIZES})"), "This is the loss"),
        (_dice("2 * shared / (np.sum(p**2) + np.sum(true**2))"), "You square below the line"),
        (_dice(f"(2 * shared + 1) / ({_SIZES} + 1)"), "a small number"),
        (_dice("2 * shared / np.sum(p)"), "Both sizes belong"),
        (_dice("np.mean(2 * p * true / (p + true))"), "a fraction for each pixel"),
        (_dice(f"2 * np.mean(p * true) / ({_SIZES})"), "A mean and a sum meet"),
        (_dice("2 * shared / (p.size + np.sum(true))"), "as said in full"),
        (_dice("2 * p * true / (p + true)"), "Received: shape (3, 3)"),
        (_dice("2 * sum(p * true) / (sum(p) + sum(true))"), "Received: shape (3,)"),
        (_dice("2 * np.sum(p[p > 0.5 and true == 1])"), "many pixels"),
        (_dice(f"2 * shared / {_SIZES}"), "For p = [0.7] and true = [1]"),
    ],
    "7.3": [
        (_enlarge("values.repeat(2, axis=0).repeat(2, axis=1)"), "alone"),
        (_enlarge("np.tile(values, (2, 2))"), "copies of the whole array"),
        (_enlarge("np.kron(kernel, values)"), "are exchanged"),
        (_enlarge("np.kron(values, kernel[::-1, ::-1])"), "turned or mirrored"),
        (_enlarge("np.kron(values, kernel.T)"), "on its side"),
        (_blocks("= values[row, column] + kernel"), "You add the kernel"),
        (
            "def enlarge(values, kernel):\n    height, width = values.shape\n"
            "    result = np.zeros((2 * height, 2 * width))\n    result[::2, ::2] = values\n"
            "    return result",
            "alone among zeros",
        ),
        (_blocks(place=_NEXT), "lie on each other"),
        (
            _enlarge(
                "(values[:, :, None, None] * kernel).reshape(2 * len(values), 2 * len(values.T))"
            ),
            "transpose(0, 2, 1, 3)",
        ),
        (_enlarge("values[:, :, None, None] * kernel"), "Received: shape (2, 3, 2, 2)"),
        (_enlarge("np.kron(values, kernel)[: len(values), : len(values.T)]"), "shape (2, 3)."),
        (_blocks("+= values[row, column] * kernel", "height + 1, width + 1", _NEXT), "overlap"),
        (_enlarge("np.kron(values, kernel).reshape(6, 4)"), "Height and width are exchanged"),
        (_blocks(places="width, height"), "IndexError"),
        (_blocks(places="height, height"), "row 0, column 2 of the result should be 2."),
        (_blocks(dtype="values.dtype"), "holds whole numbers"),
        (
            _blocks("= np.multiply(kernel, values[row, column], out=kernel)"),
            "changes the arrays",
        ),
    ],
    "7.4": [
        (_flood("*[(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)],"), "a corner"),
        ("def count_regions(mask):\n    return np.sum(mask)", "You count the pixels"),
        (_looked_up(_DONE, _FAR), "row -1 is the last row"),
        (_flood("(row, column - 1), (row, column + 1)"), "You count runs"),
        (_flood("(row + 1, column), (row, column + 1)"), "in all four directions"),
        (_flood(more="pass"), "there you stop"),
        (
            "def count_regions(mask):\n    return len(np.unique(ndimage.label(mask)[0]))",
            "One too many",
        ),
        (
            _flood(
                begin="left = {place for place in np.ndindex(height, width) if mask[place] is True}"
            ),
            "You find no region",
        ),
        ("def count_regions(mask):\n    return ndimage.label(mask)", "Received: tuple"),
        ("def count_regions(mask):\n    return ndimage.label(mask)[0]", "Received: ndarray"),
        (_looked_up(_DONE), "At the edge a pixel has fewer"),
        (
            _looked_up("not mask[row, column]", _OUTSIDE),
            "On 6 x 9 pixels your function calls itself",
        ),
        (_looked_up(_DONE, _OUTSIDE), "On 64 x 64 pixels your function calls itself"),
        (
            "def count_regions(mask):\n    return ndimage.label(mask)[0][mask].max()",
            "A mask without any True",
        ),
        (_flood(result="max(regions, 1)"), "the rows 00, 00 is 0"),
        (
            _flood(begin="left = {place for place in np.ndindex(height, height) if mask[place]}"),
            "is left out",
        ),
    ],
    "7.5": [
        (_ece(result="abs(p.mean() - right.mean())"), "makes up for one"),
        (_ece(_GAP, "np.mean(gaps)"), "Every bin counts the same"),
        (_ece(f"np.sum(here) * {_GAP}"), "by a number of pixels"),
        (_ece(here="(p >= low) & (p < low + 0.1)"), "belongs to the last bin"),
        (_ece("np.mean(here) * abs(low + 0.05 - np.mean(right[here]))"), "the middle of a bin"),
        (_ece(f"np.mean(here) * {_GAP} ** 2"), "You square the differences"),
        (_ece(_GAP, "max(gaps)"), "the maximum calibration error"),
        (_ece(result="np.mean((p - right) ** 2)"), "compares pixel by pixel"),
        (_ece("np.mean(here) * abs(np.mean(p[here] > 0.5) - np.mean(right[here]))"), "with 0.5"),
        (_ece(empty="if True"), "a bin without a pixel has no mean"),
        (
            _ece(
                lows="range(9)",
                here="(p > np.linspace(0, 1, 10)[low]) & (p <= np.linspace(0, 1, 10)[low + 1])",
            ),
            "These are nine bins",
        ),
        (_ece(here="p > low and p <= low + 0.1"), "many pixels"),
        (_ece(result="gaps"), "Received: 6 of them"),
        (
            "def calibration_error(p, right):\n    number = [0] * 10\n    for one in p:\n"
            "        number[int(10 * one)] += 1\n    return sum(number)",
            "IndexError",
        ),
        (_ece(lows="np.arange(5, 10) / 10"), "For p = [0.32, 0.38, 0.04]"),
    ],
}
