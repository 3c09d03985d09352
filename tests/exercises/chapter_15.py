"""Typical wrong answers to chapter 15, and what each is told."""


def _pairs(result):
    return f"def questions_and_answers(rows):\n    return {result}"


def _attend(scores="np.tanh(query + keys) @ v", weights="p / p.sum()", read="weights @ values"):
    return (
        "def attend_once(query, keys, values, v):\n"
        f"    scores = {scores}\n    p = np.exp(scores)\n"
        f"    weights = {weights}\n    read = {read}\n    return weights, read"
    )


def _mask(result):
    return f"def causal_mask(length):\n    return {result}"


def _precision(result):
    return f"def clipped_precision(caption, reference):\n    return {result}"


def _step(*lines):
    body = "\n".join(f"    {line}" for line in lines)
    return f"def best_extensions(totals, log_p, width):\n{body}"


def _by(scores, pair="divmod(int(p), log_p.shape[1])", sign="-"):
    return _step(
        f"scores = {scores}",
        f"best = np.argsort({sign}scores.ravel())[:width]",
        f"return [{pair} for p in best]",
    )


_ONES = "np.ones((length, length), bool)"
_CLIPPED = "sum(min(caption.count(w), reference.count(w)) for w in set(caption))"
_SUMS = "totals[:, None] + log_p"

WRONG = {
    "15.1": [
        (_pairs("rows, rows"), "Input and answer are the same word"),
        (_pairs("rows[:, 1:], rows[:, :-1]"), "the wrong way round"),
        (_pairs("rows, rows[:, 1:]"), "it is no input"),
        (_pairs("rows[:-1], rows[1:]"), "along the first axis"),
        (_pairs("rows[:, :-2], rows[:, 2:]"), "two words ahead"),
        (_pairs("rows[:, :-1]"), "Two things are expected"),
        (_pairs("rows[:, :-1], rows[:, :-1] + 1"), "the answer [5, 6, 2, 0]"),
        ("questions_and_answers = 3", "without parentheses"),
    ],
    "15.2": [
        (_attend(weights="scores"), "Softmax is missing"),
        (_attend(weights="p"), "divide by their sum"),
        (_attend(scores="(query + keys) @ v"), "The tanh is missing"),
        (_attend(scores="keys @ query"), "dot-product attention"),
        (_attend(scores="np.tanh(query + keys).sum(axis=1)"), "v is not used"),
        (
            _attend(scores="np.tanh(query + keys) * v", read="values.sum(axis=0)"),
            "Sum over d",
        ),
        (_attend(read="weights[:, None] * values"), "not added up"),
        (_attend(read="values.mean(axis=0)"), "the plain mean"),
        (_attend(read="values[weights.argmax()]"), "largest weight alone"),
        (_attend(read="weights @ values / len(values)"), "add up to 1 already"),
        (_attend(scores="np.tanh(query - keys) @ v"), "6 weights are expected"),
        (_attend(read="weights @ values + 1"), "The weights are right"),
        (
            _attend().replace("return weights, read", "return read, weights"),
            "the weights first, then what is read",
        ),
    ],
    "15.3": [
        (_mask(_ONES), "that is no mask"),
        (_mask(f"np.triu({_ONES})"), "Rows look"),
        (_mask(f"np.tril({_ONES}, -1)"), "The diagonal is missing"),
        (_mask(f"~np.tril({_ONES})"), "True and False are swapped"),
        (_mask(f"np.tril({_ONES}, 1)"), "one word ahead"),
        (_mask("np.eye(length, dtype=bool)"), "itself alone"),
        (_mask(f"np.where(np.tril({_ONES}), 0, -np.inf)"), "Minus infinity"),
        (_mask("np.tril(np.ones((length, length)))"), "a boolean array"),
        (_mask("np.tril(np.ones((4, 4), bool))"), "for 1 it is not"),
        (_mask("np.ones(length, bool)"), "of shape (4, 4)"),
        (
            _mask(f"np.tril({_ONES}) & ~np.tril({_ONES}, -3)"),
            "Row 3, column 0 should be True",
        ),
    ],
    "15.4": [
        (_precision("sum(w in reference for w in caption) / len(caption)"), "too often"),
        (_precision(_CLIPPED), "That is a number of words"),
        (_precision(f"{_CLIPPED} / len(reference)"), "that is recall"),
        (
            _precision("len(set(caption) & set(reference)) / len(caption)"),
            "You count each word once",
        ),
        (_precision("caption == reference"), "A number is expected"),
        (_precision("0.8"), "For 'a a a a' against 'a red star'"),
        (_precision(f"1 - {_CLIPPED} / len(caption)"), "Your function gives 0.2"),
    ],
    "15.5": [
        (_by("log_p"), "the next word alone"),
        (_by("totals[:, None] * log_p"), "You multiply logarithms"),
        (_by(_SUMS, sign=""), "the worst extensions"),
        (
            _step("return [(k, int(row.argmax())) for k, row in enumerate(log_p)][:width]"),
            "You take the best word of each beam",
        ),
        (
            _by(_SUMS, pair="divmod(int(p), log_p.shape[1])[::-1]"),
            "Beam and word are swapped",
        ),
        (_by(_SUMS, pair="int(p)"), "A list of pairs"),
        (
            _step(
                f"best = np.argsort(({_SUMS}).ravel())[-width:]",
                "return [divmod(int(p), log_p.shape[1]) for p in best]",
            ),
            "the best one comes first",
        ),
        (
            _step(
                f"best = np.argsort(-({_SUMS}).ravel())",
                "return [divmod(int(p), log_p.shape[1]) for p in best]",
            ),
            "asks for three extensions",
        ),
        (_by(_SUMS, pair="divmod(int(p), 3)"), "right for 3 beams and 3 words"),
    ],
}
