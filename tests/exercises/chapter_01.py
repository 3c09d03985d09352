"""Typical wrong answers to chapter 1, and what each is told."""

WRONG = {
    "1.1": [
        (
            "def to_channels_last(images):\n"
            "    n, c, h, w = images.shape\n"
            "    return images.reshape(n, h, w, c)",
            "the picture is torn",
        ),
        ("def to_channels_last(images):\n    return images.swapaxes(1, 3)", "lies on its side"),
        (
            "def to_channels_last(images):\n    return np.moveaxis(images, 1, -1)[::-1]",
            "other places",
        ),
        (
            "def to_channels_last(images):\n    np.moveaxis(images, 1, -1)\n    return images",
            "does not change yours",
        ),
        ("def to_channels_last(images):\n    return images.swapaxes(-1, -2)", "axis 1"),
        ("def to_channels_last(images):\n    return images.T", "has the shape (5, 4, 3, 2)"),
        ("def to_channels_last(images):\n    return np.moveaxis(images, -1, 1)", "the way back"),
        ("def to_channels_last(images):\n    return np.moveaxis(images, 0, -1)", "axis 0"),
        (
            "def to_channels_last(images):\n    return np.moveaxis(images, 1, -1)[..., ::-1]",
            "red and blue",
        ),
        ("def to_channels_last(images):\n    return 'nhwc'", "is expected"),
        ("to_channels_last = np.zeros((2, 4, 5, 3))", "The function itself"),
    ],
    "1.2": [
        (
            "def brighten(image, amount):\n    return np.clip(image + amount, 0, 255)",
            "something wrapped",
        ),
        (
            "def brighten(image, amount):\n"
            "    return np.clip(image.astype('int8') + amount, 0, 255).astype('uint8')",
            "int8 ends at 127",
        ),
        (
            "def brighten(image, amount):\n    return image.astype('float32') + amount",
            "goes above 255",
        ),
        (
            "def brighten(image, amount):\n"
            "    return np.clip(image.astype('float32') + amount, 0, 255)",
            "the type is float32",
        ),
        (
            "def brighten(image, amount):\n"
            "    return np.clip((image.astype(float) + amount) / 255, 0, 1)",
            "in 0 to 1",
        ),
        (
            "def brighten(image, amount):\n"
            "    return np.minimum(image.astype('uint16') + amount, 255).astype('uint8')",
            "cannot be negative",
        ),
        (
            "def brighten(image, amount):\n"
            "    return np.minimum(image.astype('int16') + amount, 255).astype('uint8')",
            "limit at the other end",
        ),
        (
            "def brighten(image, amount):\n"
            "    image[:] = np.clip(image.astype(int) + amount, 0, 255)\n"
            "    return image",
            "Work on a copy",
        ),
        (
            "def brighten(image, amount):\n"
            "    return np.clip(image.astype(int) * amount, 0, 255).astype('uint8')",
            "makes 0 and 255",
        ),
    ],
    "1.3": [
        ("def shrink(image, factor):\n    return image[::factor, ::factor]", "keeps one pixel"),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    return image[: h // factor, : w // factor]",
            "cuts off the rest",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(h // factor, factor, w // factor, factor, c)\n"
            "    return blocks.max(axis=(1, 3))",
            "the largest number",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(factor, h // factor, factor, w // factor, c)\n"
            "    return blocks.mean(axis=(0, 2))",
            "pixels from far apart",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(h // factor, factor, w // factor, factor, c)\n"
            "    return blocks.sum(axis=(1, 3))",
            "the sum of each block",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(h // factor, factor, w // factor, factor, c)\n"
            "    return blocks.sum(axis=(1, 3)) / factor",
            "You divided by factor",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(h // factor, factor, w // factor, factor, c)\n"
            "    return blocks.mean(axis=(1, 3, 4))",
            "The channels are gone",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(h // factor, w // factor, factor, factor, c)\n"
            "    return blocks.mean(axis=(2, 3))",
            "The first block should have the mean",
        ),
        (
            "def shrink(image, factor):\n"
            "    h, w, c = image.shape\n"
            "    blocks = image.reshape(h // factor, factor, w // factor, factor, c)\n"
            "    return blocks.mean(axis=1)",
            "Yours has the shape",
        ),
        (
            "def shrink(image, factor):\n"
            "    wide = image.astype(float)\n"
            "    rows = (wide[::2] + wide[1::2]) / 2\n"
            "    return (rows[:, ::2] + rows[:, 1::2]) / 2",
            "not for factor=3",
        ),
    ],
    "1.4": [
        ("def equal_rate(rate, factor):\n    return rate / factor", "one of two effects"),
        ("def equal_rate(rate, factor):\n    return rate * factor", "the rate has to fall"),
        ("def equal_rate(rate, factor):\n    return rate * factor**2", "the direction is not"),
        ("def equal_rate(rate, factor):\n    return rate", "With the same rate"),
        ("def equal_rate(rate, factor):\n    return rate / factor**0.5", "not a square root"),
        ("def equal_rate(rate, factor):\n    return rate / (2 * factor)", "gives 0.025"),
        ("def equal_rate(rate, factor):\n    return 'smaller'", "without quotation marks"),
    ],
    "1.5": [
        (
            "def split_by_object(object_of, share, dice):\n"
            "    return dice.random(len(object_of)) < share",
            "lie on both sides",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = np.unique(object_of)\n"
            "    return dice.choice(names, size=round(share * len(names)), replace=False)",
            "np.isin makes them",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = np.unique(object_of)\n"
            "    return np.isin(object_of, names[:round(share * len(names))])",
            "Draw lots with `dice`",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = np.random.default_rng(0).permutation(np.unique(object_of))\n"
            "    return np.isin(object_of, names[:round(share * len(names))])",
            "Two different `dice`",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = np.random.permutation(np.unique(object_of))\n"
            "    return np.isin(object_of, names[:round(share * len(names))])",
            "The same `dice`",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = np.unique(object_of)\n"
            "    chosen = dice.choice(names, size=round(share * len(names)))\n"
            "    return np.isin(object_of, chosen)",
            "No object can be drawn twice",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = dice.permutation(np.unique(object_of))\n"
            "    return ~np.isin(object_of, names[:round(share * len(names))])",
            "the other way round",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    chosen = dice.choice(np.unique(object_of), size=5, replace=False)\n"
            "    return np.isin(object_of, chosen)",
            "Yours has 5 in the test",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    many = len(np.unique(object_of))\n"
            "    return dice.permutation(many)[object_of] < share * many",
            "they are names",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    names = np.unique(object_of)\n"
            "    chosen = dice.choice(names, size=int(share * len(names)), replace=False)\n"
            "    return np.isin(object_of, chosen)",
            "int cuts off",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    chosen = dice.choice(np.unique(object_of), size=10, replace=False)\n"
            "    return np.isin(object_of, chosen).astype(int)",
            "of type bool",
        ),
        (
            "def split_by_object(object_of, share, dice):\n"
            "    return np.zeros(len(object_of), bool)",
            "on one side",
        ),
    ],
    "1.6": [
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    top, left = middle + dy, middle + dx\n"
            "    return canvas[top : top + side, left : left + side]",
            "moves the wrong way",
        ),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    top, left = middle - dx, middle - dy\n"
            "    return canvas[top : top + side, left : left + side]",
            "dx and dy have changed places. The first",
        ),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    top, left = middle + dx, middle + dy\n"
            "    return canvas[top : top + side, left : left + side]",
            "Two things at once",
        ),
        (
            "def move(canvas, dx, dy, side):\n    return canvas[dy : dy + side, dx : dx + side]",
            "should lie in the middle",
        ),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    window = canvas[middle : middle + side, middle : middle + side]\n"
            "    return np.roll(window, (dy, dx), axis=(0, 1))",
            "np.roll brings in",
        ),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    top, left = middle - dy, middle + dx\n"
            "    return canvas[top : top + side, left : left + side]",
            "dy is right",
        ),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    top, left = middle + dy, middle - dx\n"
            "    return canvas[top : top + side, left : left + side]",
            "dx is right",
        ),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    return canvas[middle : middle + side, middle : middle + side]",
            "do not move anything",
        ),
        ("def move(canvas, dx, dy, side):\n    return canvas", "Yours has the shape (12, 12, 2)"),
        (
            "def move(canvas, dx, dy, side):\n"
            "    middle = (len(canvas) - side) // 2\n"
            "    top, left = middle - 2 * dy, middle - dx\n"
            "    return canvas[top : top + side, left : left + side]",
            "top left pixel",
        ),
    ],
}
