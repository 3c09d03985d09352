"""Typical wrong answers to chapter 10, and what each is told."""


def _mean(value):
    return f"def running_mean(old, new, momentum, steps):\n    return {value}"


def _spring(value):
    return f"def spring(w, start, alpha):\n    return {value}"


def _rates(value):
    return f"def rates_by_stage(top, stages, fade=2.6):\n    return {value}"


def _cka(value, centre="x - x.mean(axis=0), y - y.mean(axis=0)"):
    return (
        f"def cka(x, y):\n    x, y = {centre}\n    one, other = x @ x.T, y @ y.T\n"
        f"    return {value}"
    )


def _choose(value):
    return (
        "def choose(new, lost, margin):\n"
        "    good = [name for name in new if new[name] >= max(new.values()) - margin]\n"
        f"    return {value}"
    )


_COSINE = "(one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other))"

WRONG = {
    "10.1": [
        (_mean("momentum * old + (1 - momentum) * new"), "after one batch"),
        (_mean("(1 - momentum**steps) * old + momentum**steps * new"), "are exchanged"),
        (_mean("(1 - momentum)**steps * (old - new) + new"), "In PyTorch"),
        (_mean("old + steps * (1 - momentum) * (new - old)"), "the steps get smaller"),
        (_mean("momentum**steps * old"), "nothing of the new one"),
        (_mean("momentum**steps * old + (1 - momentum) * new"), "only the share of one batch"),
        (_mean("new"), "the running mean is 6.3740"),
        (_mean("str(old)"), "without quotation marks"),
    ],
    "10.2": [
        (_spring("alpha / 2 * np.sum((w - start) ** 2)"), "This is the penalty."),
        (_spring("alpha * np.sum(w - start)"), "One number for each weight"),
        (_spring("alpha * (start - w)"), "The sign is the other way round"),
        (_spring("alpha * w"), "ordinary weight decay"),
        (_spring("w - start"), "Where is alpha"),
        (_spring("2 * alpha * (w - start)"), "Twice too much"),
        (_spring("alpha / 2 * (w - start)"), "cancels the half"),
        (_spring("alpha / 2 * (w - start) ** 2"), "still the penalty, weight by weight"),
        (_spring("alpha * np.sign(w - start)"), "absolute values"),
        (_spring("alpha * (w + start)"), "should get 0.8 at alpha 0.4"),
    ],
    "10.3": [
        (_rates("[top / fade**stage for stage in range(stages)]"), "the other way round"),
        (_rates("[top / fade ** (stages - stage) for stage in range(stages)]"), "once too often"),
        (
            _rates("[top * fade ** (stages - 1 - stage) for stage in range(stages)]"),
            "The earliest stage is the fastest",
        ),
        (_rates("[top * fade**stage for stage in range(stages)]"), "grow beyond top"),
        (_rates("[top / fade] * (stages - 1) + [top]"), "the same rate"),
        (
            _rates("[top * (stage + 1) / stages for stage in range(stages)]"),
            "use a power of fade",
        ),
        (_rates("top / fade ** (stages - 1)"), "A list with one rate"),
        (_rates("[top / fade**n for n in range(stages, -1, -1)]"), "Received: 4"),
        (
            _rates("[top / 3 ** (stages - 1 - stage) for stage in range(stages)]"),
            "With top 0.01, 5 stages and fade 2.6",
        ),
    ],
    "10.4": [
        (_cka(_COSINE, "x, y"), "The means are still in"),
        (
            _cka(_COSINE, "x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)"),
            "the mean of each row",
        ),
        (_cka(_COSINE, "x - x.mean(), y - y.mean()"), "one mean away from everything"),
        (_cka("(one * other).sum()"), "This is the numerator"),
        (_cka(f"np.sqrt({_COSINE})"), "the square root of CKA"),
        (_cka(f"({_COSINE}) ** 2"), "the square of CKA"),
        (_cka("(one * other).sum() / np.linalg.norm(one) ** 2"), "one matrix twice"),
        (
            _cka("(one * other).sum() / (np.linalg.norm(x) * np.linalg.norm(y))"),
            "a cosine and never above 1",
        ),
        (_cka("1.0"), "two related sets"),
    ],
    "10.5": [
        (_choose("max(new, key=new.get)"), "the best on the new task, whatever it loses"),
        (_choose("min(lost, key=lost.get)"), "loses least of all"),
        (_choose("sorted(good, key=lost.get)[1]"), "Compare what they lost"),
        (_choose("min(lost[name] for name in good)"), "The name of a way is expected"),
        (
            "def choose(new, lost, margin):\n"
            "    good = [name for name in new if new[name] > max(new.values()) - margin]\n"
            "    return min(good, key=lost.get) if good else 'nobody'",
            "a margin of 0 the rule chooses 'a'",
        ),
        (
            _choose("min(good, key=lambda name: abs(lost[name]))"),
            "a margin of 0.01 the rule chooses 'b'",
        ),
    ],
}
