"""Typical wrong answers to chapter 2, and what each is told."""


def _slide(rows="(image.shape[0] - height) // stride + 1", window=None, tail="output", columns=""):
    columns = columns or rows.replace("[0]", "[1]").replace("height", "width")
    window = window or "image[i * stride : i * stride + height, j * stride : j * stride + width]"
    return (
        "def correlate_stride(image, kernel, stride):\n"
        "    height, width = kernel.shape\n"
        f"    rows, columns = {rows}, {columns}\n"
        "    output = np.zeros((rows, columns))\n"
        "    for i in range(rows):\n"
        "        for j in range(columns):\n"
        f"            window = {window}\n"
        "            place = tuple(slice(0, n) for n in window.shape)\n"
        "            output[i, j] = np.sum(window * kernel[place])\n"
        f"    return {tail}"
    )


WRONG = {
    "2.1": [
        ("one_number = window * kernel", "add them up"),
        ("one_number = np.sum(window * kernel[::-1, ::-1])", "wrong sign"),
        ("one_number = np.sum(window * np.sign(kernel))", "counts twice"),
        ("one_number = np.sum(window @ kernel)", "also what @ gives"),
        ("one_number = np.sum(window * kernel.T)", "on its side"),
        ("one_number = np.mean(window * kernel)", "mean of the products"),
        ("one_number = np.sum(window * np.abs(kernel))", "products are subtracted"),
        ("one_number = 7", "Received 7"),
        ("one_number = '-4'", "without quotation marks"),
    ],
    "2.2": [
        (
            "def correlate_stride(image, kernel, stride):\n"
            "    return correlate_loops(image, kernel)",
            "as many places as with stride 1",
        ),
        (_slide(rows="image.shape[0] // stride"), "image size / stride"),
        (_slide(rows="(image.shape[0] - height) // stride"), "the very beginning"),
        (_slide(rows="-(-(image.shape[0] - height) // stride) + 1"), "8 x 11"),
        (_slide(window="image[i : i + height, j : j + width]"), "side by side"),
        (
            "def correlate_stride(image, kernel, stride):\n"
            "    return correlate_loops(image, kernel[::-1, ::-1])[::stride, ::stride]",
            "turned by 180 degrees",
        ),
        (_slide(tail="output / kernel.size"), "means over the window"),
        (_slide(tail="output + 1"), "at the first place"),
        (
            "def correlate_stride(image, kernel, stride):\n    return correlate_loops",
            "An array of numbers is expected",
        ),
        (
            "def correlate_stride(image, kernel, stride):\n    return np.sum(image)",
            "with rows and columns",
        ),
        ("correlate_stride = 3", "without parentheses"),
    ],
    "2.3": [
        ("my_kernel = SOBEL", "from left to right"),
        ("my_kernel = -SOBEL.T", "Exchange"),
        ("my_kernel = np.ones((3, 3)) / 9", "sum to 1"),
        ("my_kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]", "Your columns sum to 1, -2, 1"),
        ("my_kernel = [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]", "for lines"),
        ("my_kernel = [[-3, -3, -3], [4, 4, 4], [-1, -1, -1]]", "just above"),
        ("my_kernel = [[-1, 1, 0], [1, -1, 0], [0, 0, 0]]", "neither direction"),
        ("my_kernel = [[-1, 0, 0], [0, 0, 0], [0, 0, 1]]", "Your columns sum to -1, 0, 1"),
        ("my_kernel = [-1, 0, 1]", "shape (3,)"),
        ("my_kernel = np.zeros((3, 3))", "zero everywhere"),
        ("my_kernel = 'Sobel'", "Three rows of three numbers are expected: [["),
    ],
    "2.4": [
        ("def max_pool(feature_map, size):\n    return feature_map.max()", "whole map"),
        (
            "def max_pool(feature_map, size):\n"
            "    return sliding_window_view(feature_map, (size, size)).max(axis=(2, 3))",
            "overlap",
        ),
        (
            "def max_pool(feature_map, size):\n    return feature_map[::size, ::size]",
            "as a stride does",
        ),
        (
            "def max_pool(feature_map, size):\n"
            "    rows, columns = (n // size for n in feature_map.shape)\n"
            "    return feature_map.reshape(rows, size, columns, size).mean(axis=(1, 3))",
            "average pooling",
        ),
        (
            "def max_pool(feature_map, size):\n"
            "    rows, columns = (n // size for n in feature_map.shape)\n"
            "    return feature_map.reshape(rows, columns, size, size).max(axis=(2, 3))",
            "mixed",
        ),
        (
            "def max_pool(feature_map, size):\n"
            "    rows, columns = (n // size for n in feature_map.shape)\n"
            "    return feature_map.reshape(rows, size, columns, size).max(axis=(1, 3))",
            "cut them off first",
        ),
        (
            "def max_pool(feature_map, size):\n"
            "    rows, columns = (n // size for n in feature_map.shape)\n"
            "    output = np.zeros((rows, columns))\n"
            "    for i, j in np.ndindex(rows, columns):\n"
            "        for a, b in np.ndindex(size, size):\n"
            "            value = feature_map[i * size + a, j * size + b]\n"
            "            output[i, j] = max(output[i, j], value)\n"
            "    return output",
            "negative maximum",
        ),
        (
            "def max_pool(feature_map, size):\n    return feature_map",
            "Received: shape (4, 4)",
        ),
        (
            "def max_pool(feature_map, size):\n"
            "    rows, columns = (-(-n // size) for n in feature_map.shape)\n"
            "    blocks = np.ndindex(rows, columns)\n"
            "    big = [feature_map[i * size : i * size + size, j * size : j * size + size].max()\n"
            "           for i, j in blocks]\n"
            "    return np.reshape(big, (rows, columns))",
            "whole blocks of size",
        ),
        (
            "def max_pool(feature_map, size):\n"
            "    rows, columns = (n // size for n in feature_map.shape)\n"
            "    whole = feature_map[-rows * size :, -columns * size :]\n"
            "    return whole.reshape(rows, size, columns, size).max(axis=(1, 3))",
            "first block's largest number",
        ),
    ],
    "2.5": [
        (
            "def output_size(n, kernel, stride, padding):\n"
            "    return (n + 2 * padding - kernel) // stride",
            "add 1",
        ),
        (
            "def output_size(n, kernel, stride, padding):\n"
            "    return (n + padding - kernel) // stride + 1",
            "2 * padding",
        ),
        (
            "def output_size(n, kernel, stride, padding):\n"
            "    return (n + 2 * padding - kernel) / stride + 1",
            "// and not /",
        ),
        (
            "def output_size(n, kernel, stride, padding):\n    return n // stride",
            "n / stride",
        ),
        (
            "def output_size(n, kernel, stride, padding):\n    return (n - kernel) // stride + 1",
            "padding is missing",
        ),
        (
            "def output_size(n, kernel, stride, padding):\n"
            "    return -(-(n + 2 * padding - kernel) // stride) + 1",
            "rounds up",
        ),
        (
            "def output_size(n, kernel, stride, padding):\n    return n - kernel + 1",
            "Your function gives 18",
        ),
        ("output_size = 9", "without parentheses"),
    ],
    "2.6": [
        (
            "def receptive_field(stack):\n    return 1 + sum(kernel - 1 for kernel, _ in stack)",
            "if all strides were 1",
        ),
        (
            "def receptive_field(stack):\n"
            "    field, jump = 1, 1\n"
            "    for kernel, stride in stack:\n"
            "        jump *= stride\n"
            "        field += (kernel - 1) * jump\n"
            "    return field",
            "add first",
        ),
        (
            "def receptive_field(stack):\n    return sum(kernel for kernel, _ in stack)",
            "each layer adds kernel - 1",
        ),
        (
            "def receptive_field(stack):\n"
            "    field, jump = 1, 1\n"
            "    for kernel, stride in stack[::-1]:\n"
            "        field += (kernel - 1) * jump\n"
            "        jump *= stride\n"
            "    return field",
            "backwards",
        ),
        (
            "def receptive_field(stack):\n"
            "    field, jump = 0, 1\n"
            "    for kernel, stride in stack:\n"
            "        field += (kernel - 1) * jump\n"
            "        jump *= stride\n"
            "    return field",
            "One pixel is missing",
        ),
        (
            "def receptive_field(stack):\n"
            "    field, jump = 1, 1\n"
            "    for kernel, stride in stack:\n"
            "        field += (kernel - 1) * jump\n"
            "        jump = stride\n"
            "    return field",
            "Strides multiply",
        ),
        (
            "def receptive_field(stack):\n"
            "    field, jump = 1, 1\n"
            "    for kernel, stride in stack:\n"
            "        field += kernel * jump\n"
            "        jump *= stride\n"
            "    return field",
            "Your function gives",
        ),
    ],
}
