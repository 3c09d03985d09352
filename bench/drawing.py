"""Measure how many objects and scenes a second one core draws, with all their labels.

Counts CPU seconds of this process, so that a busy machine does not spoil the figure. Exits with 1
when a rate is under its bar.
"""

import os
import statistics
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # before NumPy is loaded
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from course_utils.drawn.objects import make_objects  # noqa: E402
from course_utils.drawn.scenes import make_scenes  # noqa: E402

RUNS = 7


def rate(draw, n):
    """Return the median and the least number drawn per CPU second of `draw(n, seed)`."""
    draw(n // 4, 0)  # tables are built and memory is obtained once
    rates = []
    for run in range(RUNS):
        began = time.process_time()
        draw(n, run)
        rates.append(n / (time.process_time() - began))
    return statistics.median(rates), min(rates)


def main():
    """Print a line for each kind of drawing; return whether every bar holds."""
    cases = [
        ("objects, 32 x 32", lambda n, seed: make_objects(n, seed=seed), 6000, 10_000),
        ("scenes, 64 x 64", lambda n, seed: make_scenes(n, seed=seed), 1500, 2_000),
    ]
    print(f"{'drawn on one core':<20}{'median/s':>10}{'worst/s':>10}{'bar/s':>10}  holds")
    all_hold = True
    for name, draw, n, bar in cases:
        median, worst = rate(draw, n)
        all_hold &= median >= bar
        verdict = "yes" if median >= bar else "NO"
        print(f"{name:<20}{median:>10,.0f}{worst:>10,.0f}{bar:>10,}  {verdict}")
    return all_hold


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
