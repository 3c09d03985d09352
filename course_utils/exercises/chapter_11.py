"""Exercises of chapter 11, a DCGAN."""

import math

import numpy as np

from course_utils.exercises.check import Exercise, Wrong, call, number, reject


def _judge_best_discriminator(function):
    real = np.array([0.1, 0.6, 0.3, 0.0, 0.2])
    fake = np.array([0.3, 0.2, 0.3, 0.5, 0.0])
    answer = np.asarray(call(function, real.copy(), fake.copy()), dtype=float)
    reject(
        answer.shape != real.shape,
        f"One value for each place is expected, shape {real.shape}. "
        f"Received: shape {answer.shape}.",
    )
    both = real + fake

    def same(other):
        return np.allclose(answer, other, equal_nan=True)

    reject(
        same(fake / both),
        "That is the share of *fakes* at each place. The discriminator answers for the real ones.",
    )
    reject(
        same(real),
        "A density is no probability that an answer is right. How many of the numbers that are "
        "found at a place are real? Divide by all that are found there.",
    )
    with np.errstate(divide="ignore"):
        ratio, log_ratio = real / fake, np.log(real / fake)
    reject(
        same(ratio),
        "You divide by the fakes alone: that ratio grows beyond 1. Divide by real and fake "
        "together.",
    )
    reject(
        same(log_ratio),
        "That is the best *score*, before the sigmoid. Asked for is the probability.",
    )
    reject(
        same(real - fake) or same((real - fake) / both),
        "A difference can be negative; a probability cannot. Take the share of the real ones.",
    )
    reject(
        same(real / both.sum()) or same(real / both / (real / both).sum()),
        "Each place is judged by itself: divide by the sum of the two densities at that place, not "
        "by a sum over places.",
    )
    reject(
        same((real > fake) * 1.0) or same((real >= fake) * 1.0),
        "That names the likelier of the two. The discriminator also says how sure it is.",
    )
    reject(
        not same(real / both),
        f"Where the densities are {real[1]} and {fake[1]}, three of four numbers are real: 0.75. "
        f"Your function gives {answer[1]:.3f}.",
    )


def _softplus(x):
    return np.logaddexp(0, x)


def _judge_losses(function):
    real, fake = np.array([2.0, -1.0, 0.5]), np.array([-3.0, 0.4, 1.5, -0.7])
    answer = call(function, real.copy(), fake.copy())
    reject(
        not isinstance(answer, tuple | list) or len(answer) != 2,
        "Two numbers are expected: the discriminator's loss and the generator's.",
    )
    for part in answer:
        reject(
            np.size(part) > 1,
            "Each loss is a single number. Take the mean over the pictures.",
        )
    mine, other = (number(part) for part in answer)
    on_real, on_fake = _softplus(-real).mean(), _softplus(fake).mean()
    fooling = _softplus(-fake).mean()

    def near(one, two):
        return math.isclose(one, two, rel_tol=1e-4, abs_tol=1e-4)

    reject(
        near(mine, _softplus(-real).sum() + _softplus(fake).sum()),
        "You summed over the pictures. With the mean, the loss does not grow with the batch.",
    )
    reject(
        near(mine, fooling) and near(other, on_real + on_fake),
        "The two losses are there, in the other order: first the discriminator's.",
    )
    reject(
        near(mine, _softplus(real).mean() + _softplus(-fake).mean()),
        "The discriminator is rewarded for being wrong: softplus(-s) is small where a score s is "
        "large, as it should be for *real* pictures.",
    )
    reject(
        near(mine, on_real) or near(mine, on_fake),
        "The discriminator's loss has two terms: one for the real pictures and one for the fakes.",
    )
    reject(
        near(mine, (on_real + on_fake) / 2),
        "The two terms are averaged. That would do, but the notebook adds them: then an undecided "
        "discriminator has a loss of 2 log 2.",
    )
    reject(
        not near(mine, on_real + on_fake),
        f"For real scores {real.tolist()} and fake scores {fake.tolist()} the discriminator's loss "
        f"is {on_real + on_fake:.4f}. Yours is {mine:.4f}.",
    )
    reject(
        near(other, -on_fake),
        "That is the *saturating* loss, minus the discriminator's own term. It is right in theory, "
        "but where the discriminator is sure its gradient vanishes; section 7 measures it. Ask "
        "for the fakes to be called real: softplus(-fake).",
    )
    reject(
        near(other, on_fake),
        "This is the discriminator's term for fakes: it would teach the generator to be caught.",
    )
    reject(
        near(other, fooling + on_real) or near(other, fooling + _softplus(real).mean()),
        "The generator has no part in the real pictures: its loss needs the fake scores alone.",
    )
    reject(
        not near(other, fooling),
        f"For fake scores {fake.tolist()} the generator's loss is {fooling:.4f}. "
        f"Yours is {other:.4f}.",
    )


def _judge_frechet(function):
    cases = (
        (np.array([0.0, 2.0, 4.0, 6.0]), np.array([10.0, 11.0, 12.0, 13.0, 14.0])),
        (np.array([1.0, 3.0]), np.array([-3.0, -1.0, 1.0, 3.0])),
        (np.array([1.0, 2.0, 5.0]), np.array([1.0, 2.0, 5.0])),
    )
    a, b = cases[0]
    answer = number(call(function, a.copy(), b.copy()))
    shift, spread = a.mean() - b.mean(), a.std() - b.std()

    def near(other):
        return math.isclose(answer, other, rel_tol=1e-6, abs_tol=1e-9)

    reject(
        near(shift**2),
        "The means alone cannot tell a set of equal numbers from a spread of them. Add the squared "
        "difference of the standard deviations.",
    )
    reject(
        near(shift**2 + (a.var() - b.var()) ** 2),
        "You took the difference of the variances. Under the square stand the standard deviations, "
        "their roots.",
    )
    reject(
        near(shift**2 + a.var() + b.var()),
        "The term with the overlap is missing: two equal sets would not have the distance 0.",
    )
    reject(
        near(math.hypot(shift, spread)),
        "That is its root. FID is reported without the root, in squared units.",
    )
    reject(
        near(abs(shift) + abs(spread)),
        "Square both differences before you add them.",
    )
    reject(
        near(shift**2 - spread**2),
        "Both differences count as distance: add their squares.",
    )
    for a, b in cases:
        answer = number(call(function, a.copy(), b.copy()))
        shift, spread = a.mean() - b.mean(), a.std() - b.std()
        expected = shift**2 + spread**2
        sample = shift**2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
        reject(
            not near(expected) and not near(sample),
            f"For {a.tolist()} and {b.tolist()} the distance is {expected:.4f}. "
            f"Your function gives {answer:.4f}.",
        )


def _judge_covered(function):
    seen = np.repeat([0, 1, 2, 3], [60, 23, 14, 3])
    answer = number(call(function, seen.copy(), 5))
    reject(
        answer == 4,
        "You counted every class that is there at all. One lucky picture in a hundred covers "
        "nothing: ask for a quarter of an even share, here 5 of 100.",
    )
    reject(
        answer == 1,
        "A quarter of *all* pictures is asked of each class: then never more than four classes "
        "could be covered. A quarter of an even share is 1 / (4 * classes).",
    )
    reject(
        answer == 2,
        "A whole even share is asked of each class. Samples are never quite even: a quarter of it "
        "is enough.",
    )
    reject(
        answer == 5,
        "A class without any picture is counted too. Compare its count with the bar.",
    )
    for counts in ((60, 23, 14, 3, 0), (5, 95, 0, 0, 0), (0, 0, 100), (1, 1, 1, 1, 1, 1, 1, 93)):
        seen = np.repeat(np.arange(len(counts)), counts)
        answer = number(call(function, seen.copy(), len(counts)))
        bar = sum(counts) / (4 * len(counts))
        expected = sum(count >= bar for count in counts)
        reject(
            answer == sum(count > bar for count in counts) and answer != expected,
            f"With {counts} pictures the bar is {bar:g}. *At least* a quarter: who reaches the bar "
            "exactly is covered.",
        )
        reject(
            answer != expected,
            f"With {counts} pictures of the classes the bar is {bar:g}, and {expected} are "
            f"covered. Your function gives {answer:g}.",
        )


def _judge_writes(function):
    cases = ((3, 2), (4, 2), (5, 2), (2, 2), (5, 3), (6, 3), (3, 1), (2, 3))
    answers = []
    for kernel, stride in cases:
        answer = np.asarray(call(function, kernel, stride))
        reject(
            answer.shape == (),
            "A list is expected: one count for each of the places that repeat, as many as the "
            "stride.",
        )
        expected = [len(range(place, kernel, stride)) for place in range(stride)]
        answers.append((kernel, stride, sorted(answer.ravel().tolist()), sorted(expected)))
    kernel, stride, answer, expected = answers[0]
    reject(
        len(answer) == kernel and len(answer) != stride,
        "You give a count for each place of the kernel. The pattern repeats every `stride` places "
        "of the *output*: count for each of these.",
    )
    reject(
        answer == [kernel / stride] * stride,
        "That is the mean, and right where the stride divides the kernel. Places get whole "
        "numbers: with kernel 3 and stride 2, one place is written twice and its neighbour once.",
    )
    reject(
        answer == [kernel // stride] * stride,
        "Rounded down, the places come out equal, and the checkerboard is gone from your count "
        "alone. With kernel 3 and stride 2, one place is written twice and its neighbour once.",
    )
    reject(
        sum(answer) == stride * kernel or answer == [kernel] * stride,
        "Neighbouring inputs write `stride` places apart, so that not every input reaches a place "
        "with its whole kernel. The counts of one period add up to the kernel.",
    )
    for kernel, stride, answer, expected in answers:
        if answer != expected:
            raise Wrong(
                f"With kernel {kernel} and stride {stride} the counts, sorted, are {expected}. "
                f"Your function gives {answer}."
            )


EXERCISES = (
    Exercise(
        number="11.1",
        begin="Replace the dots after return: of all numbers at a place, which share is real?",
        hints=(
            "Imagine a thousand real and a thousand generated numbers. Near one place you find 60 "
            "real and 20 generated ones. How sure can anybody be that a number found there is "
            "real?",
            "Real ones over all: divide the first density by the sum of the two.",
            "return p_real / (p_real + p_fake)",
        ),
        judge=_judge_best_discriminator,
        praise="No discriminator can do better. Where both densities are equal it says one half: "
        "when the generator has won, even the best discriminator can only guess.",
    ),
    Exercise(
        number="11.2",
        begin="Replace the two dots after return: the discriminator's loss, then the generator's.",
        hints=(
            "np.logaddexp(0, s) is softplus, log(1 + exp(s)): large where the score s is large. "
            "Which scores should be small?",
            "The discriminator wants large scores for real pictures, so its first term is the mean "
            "of softplus(-real); and small ones for fakes. The generator wants large scores for "
            "its fakes.",
            "discriminator = softplus(-real).mean() + softplus(fake).mean(); "
            "generator = softplus(-fake).mean()",
        ),
        judge=_judge_losses,
        praise="At a score of 0 each of the three terms is log 2, about 0.693.",
    ),
    Exercise(
        number="11.3",
        begin="Replace the dots after return: two squared differences, added.",
        hints=(
            "A bell has two numbers: where it is, and how wide. How far apart are the two bells in "
            "each?",
            "a.mean() and a.std() are those numbers. Square the difference of the means, and the "
            "difference of the standard deviations.",
            "return (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2",
        ),
        judge=_judge_frechet,
        praise="With many features the second term becomes one of covariance matrices; the idea "
        "stays.",
    ),
    Exercise(
        number="11.4",
        begin="Replace the dots after return: count the pictures of each class first.",
        hints=(
            "np.bincount(labels, minlength=classes) counts how often each class occurs, and keeps "
            "a zero for classes that never do.",
            "An even share is len(labels) / classes. How many counts reach a quarter of it?",
            "return np.sum(np.bincount(labels, minlength=classes) >= len(labels) / classes / 4)",
        ),
        judge=_judge_covered,
        praise="Coverage tells what a mean over pictures cannot: which of them are missing.",
    ),
    Exercise(
        number="11.5",
        begin="Replace the dots after return with a list of `stride` counts.",
        hints=(
            "Draw it: the input at place i writes to the outputs stride * i, stride * i + 1, ..., "
            "stride * i + kernel - 1. Take kernel 3 and stride 2 and count.",
            "An output at place p of the period is reached through the kernel's entries p, "
            "p + stride, p + 2 * stride, ... as long as they are smaller than kernel.",
            "return [len(range(place, kernel, stride)) for place in range(stride)]",
        ),
        judge=_judge_writes,
        praise="The counts are equal only if the stride divides the kernel: so take kernel 4 with "
        "stride 2, not 3 or 5.",
    ),
)
