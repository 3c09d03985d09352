"""Typical wrong answers to chapter 11, and what each is told."""


def _best(result):
    return f"def best_discriminator(p_real, p_fake):\n    return {result}"


def _losses(discriminator, generator):
    return (
        "def losses_of(real, fake):\n    softplus = lambda s: np.logaddexp(0, s)\n"
        f"    return {discriminator}, {generator}"
    )


def _frechet(result):
    return f"def frechet(a, b):\n    return {result}"


def _covered(result):
    return (
        "def covered(labels, classes):\n    counts = np.bincount(labels, minlength=classes)\n"
        f"    return {result}"
    )


def _writes(result):
    return f"def writes(kernel, stride):\n    return {result}"


_D = "softplus(-real).mean() + softplus(fake).mean()"
_G = "softplus(-fake).mean()"
_MEANS = "(a.mean() - b.mean())"

WRONG = {
    "11.1": [
        (_best("p_fake / (p_real + p_fake)"), "share of *fakes*"),
        (_best("p_real"), "A density is no probability"),
        (_best("p_real / np.where(p_fake > 0, p_fake, 1e-300)"), "three of four numbers are real"),
        (_best("p_real - p_fake"), "can be negative"),
        (_best("p_real / np.sum(p_real + p_fake)"), "Each place is judged by itself"),
        (_best("(p_real > p_fake) * 1.0"), "how sure it is"),
        (_best("0.5"), "One value for each place"),
    ],
    "11.2": [
        (_losses(_G, _D), "in the other order"),
        (
            _losses("softplus(-real).sum() + softplus(fake).sum()", _G),
            "You summed over the pictures",
        ),
        (
            _losses("softplus(real).mean() + softplus(-fake).mean()", _G),
            "rewarded for being wrong",
        ),
        (_losses("softplus(-real).mean()", _G), "has two terms"),
        (_losses(f"({_D}) / 2", _G), "averaged"),
        (_losses(_D, "-softplus(fake).mean()"), "*saturating*"),
        (_losses(_D, "softplus(fake).mean()"), "to be caught"),
        (_losses(_D, f"{_G} + softplus(-real).mean()"), "no part in the real pictures"),
        (_losses(_D, "softplus(-fake)"), "a single number"),
        (_losses("real.mean() - fake.mean()", _G), "the discriminator's loss is"),
        (_losses(_D, "-fake.mean()"), "the generator's loss is"),
        ("def losses_of(real, fake):\n    return 0.5", "Two numbers are expected"),
    ],
    "11.3": [
        (_frechet(f"{_MEANS} ** 2"), "The means alone"),
        (_frechet(f"{_MEANS} ** 2 + (a.var() - b.var()) ** 2"), "their roots"),
        (_frechet(f"{_MEANS} ** 2 + a.var() + b.var()"), "the overlap is missing"),
        (_frechet(f"np.hypot({_MEANS}, a.std() - b.std())"), "without the root"),
        (_frechet(f"abs({_MEANS}) + abs(a.std() - b.std())"), "Square both differences"),
        (_frechet(f"{_MEANS} ** 2 - (a.std() - b.std()) ** 2"), "Both differences count"),
        (_frechet("np.mean((np.median(a) - np.median(b)) ** 2) + 1"), "the distance is"),
    ],
    "11.4": [
        (_covered("np.sum(counts > 0)"), "there at all"),
        (_covered("np.sum(counts >= len(labels) / 4)"), "A quarter of *all* pictures"),
        (_covered("np.sum(counts > len(labels) / classes / 4)"), "exactly is covered"),
        (_covered("np.sum(counts >= len(labels) / classes)"), "A whole even share"),
        (_covered("classes"), "without any picture"),
        (_covered("3"), "are covered. Your function gives 3"),
    ],
    "11.5": [
        (_writes("[kernel / stride] * stride"), "That is the mean"),
        (_writes("[kernel // stride] * stride"), "Rounded down"),
        (_writes("[kernel] * stride"), "with its whole kernel"),
        (_writes("kernel // stride"), "A list is expected"),
        (_writes("[1] * kernel"), "a count for each place of the kernel"),
        (_writes("[2, 1]"), "With kernel 4 and stride 2"),
    ],
}
