"""Typical wrong answers to chapter 9, and what each is told."""


def _block(middle, outer="2 * channels * wide"):
    return (
        "def block_weights(channels, expansion, window):\n"
        "    wide = expansion * channels\n"
        f"    return {outer} + {middle}"
    )


def _prepare(result):
    return f"def prepare(pictures):\n    means = [103.939, 116.779, 123.68]\n    return {result}"


def _divide(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    return (
        "def for_testing(photograph, share, seed):\n"
        "    rng = np.random.default_rng(seed)\n"
        "    each = np.unique(photograph)\n"
        f"{body}"
    )


def _freeze(condition, after="return model"):
    return (
        "def freeze(model, last):\n"
        "    names = [layer.name for layer in model.layers]\n"
        "    end = names.index(last)\n"
        "    for place, layer in enumerate(model.layers):\n"
        "        norm = isinstance(layer, layers.BatchNormalization)\n"
        f"        layer.trainable = not ({condition})\n"
        f"    {after}"
    )


def _needed(between, never="math.inf", first="return sizes[0]"):
    return (
        "def pictures_needed(sizes, accuracies, target):\n"
        "    if target <= accuracies[0]:\n"
        f"        {first}\n"
        "    for i in range(1, len(sizes)):\n"
        "        if accuracies[i] >= target:\n"
        "            a, b = accuracies[i - 1], accuracies[i]\n"
        "            way = (target - a) / (b - a)\n"
        f"            return {between}\n"
        f"    return {never}"
    )


_LOG = "math.exp(math.log(sizes[i - 1]) + way * math.log(sizes[i] / sizes[i - 1]))"

WRONG = {
    "9.1": [
        (_block("window**2 * wide**2"), "sees one channel"),
        (_block("window * wide"), "has 25 places, not 5"),
        (_block("window**2 * wide", outer="channels * wide"), "is missing"),
        (_block("0"), "has weights, too"),
        (_block("window**2 * channels"), "the *expanded* channels"),
        (_block("window**2 * wide + 2 * wide + channels"), "have no biases"),
        (_block("window**2 * wide + 1"), "the block has 10,512 weights"),
    ],
    "9.2": [
        (_prepare("pictures - np.array(means)"), "still in RGB order"),
        (_prepare("(pictures - np.array(means))[..., ::-1]"), "swap first"),
        (_prepare("pictures - np.array(means[::-1])"), "reverse the last axis as well"),
        (_prepare("pictures[..., ::-1].astype(float)"), "Now subtract"),
        (_prepare("pictures[..., ::-1] + np.array(means)"), "The means are added"),
        (_prepare("pictures[..., ::-1] / 255 - np.array(means)"), "Divided by 255"),
        (
            _prepare("pictures[..., ::-1] - pictures[..., ::-1].mean(axis=(0, 1, 2))"),
            "the mean of *these* pictures",
        ),
        (_prepare("pictures[:, :, ::-1] - np.array(means)"), "Colours are the last axis"),
        (_prepare("pictures[..., ::-1] - np.array(means, 'uint8')"), "cannot hold"),
        (_prepare("pictures[..., ::-1] / 127.5 - 1"), "should become"),
        (_prepare("pictures[..., 0] * 1.0"), "of the same shape"),
    ],
    "9.3": [
        (_divide("return rng.random(len(photograph)) < share"), "rows on both sides"),
        (_divide("return photograph < 0"), "No row is for testing"),
        (_divide("return photograph > 0"), "All rows are for testing"),
        (
            _divide("return ~np.isin(photograph, rng.permutation(each)[: round(share * 30)])"),
            "are exchanged",
        ),
        (
            _divide("return np.isin(photograph, rng.permutation(each)[:4])"),
            "Yours holds out 4",
        ),
        (
            _divide("return np.isin(photograph, each[: round(share * len(each))])"),
            "Every seed holds out the same",
        ),
        (
            _divide(
                "rng = np.random.default_rng()",
                "return np.isin(photograph, rng.permutation(each)[: round(share * len(each))])",
            ),
            "two different divisions",
        ),
        (
            _divide("return np.isin(photograph, rng.permutation(each)[:9])"),
            "A share of 0.5",
        ),
        (_divide("return rng.permutation(each)[:9]"), "One verdict for each"),
        (_divide("return np.isin(photograph, each[:9]).astype(int)"), "True or False"),
    ],
    "9.4": [
        (_freeze("False"), "Every layer is still trainable"),
        (_freeze("True"), "Everything is frozen"),
        (_freeze("norm"), "Only batch normalisation is frozen"),
        (_freeze("place < end or norm"), "up to and *including*"),
        (_freeze("place <= end"), "behind `last` is still trainable"),
        (_freeze("place <= end + 1 or norm"), "should be fine-tuned"),
        (_freeze("norm or place in (3, end)"), "In the test network"),
        (_freeze("norm or place <= 3"), "With last='first'"),
        (_freeze("place <= end or norm", after="return model.layers"), "The model is expected"),
    ],
    "9.5": [
        (_needed("sizes[i - 1] + way * (sizes[i] - sizes[i - 1])"), "over the size itself"),
        (_needed(_LOG.removeprefix("math.exp")), "the logarithm of the answer"),
        (_needed("sizes[i]"), "nearest measured size"),
        (_needed("sizes[i - 1] * (1 + way)"), "is half way: at 100"),
        (_needed("float(" + _LOG + ")", never="sizes[-1]"), "never reaches gets the last size"),
        (_needed(_LOG, never="10 * sizes[-1]"), "is a guess"),
        (_needed(_LOG, first="return 0"), "reached with the first size already"),
        (
            "def pictures_needed(sizes, accuracies, target):\n"
            "    if target > max(accuracies):\n"
            "        return math.inf\n"
            "    order = np.argsort(accuracies)\n"
            "    x = np.interp(target, np.array(accuracies)[order], np.log(sizes)[order])\n"
            "    return math.exp(x)",
            "the curve first arrives at",
        ),
    ],
}
