"""The accumulators' cost per shot, beside what one would write with numpy, in one process.

Shots are images of 512 x 1024 float32, as in the targets: mean, variance, least and greatest of each pixel beside
Welford's recurrence written plainly; a histogram of 256 bins beside ``numpy.histogram``. Rounds are interleaved and
CPU time is taken, so that a busy machine disturbs both alike. Where numba is installed, some loops are compiled
(see ``nodes/support/fused.py``); ``--numpy`` measures without it.

    python bench/accumulators.py [--numpy]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace import nodes
from headrace.nodes.support import fused

ROUNDS = 30
SHOTS = [np.random.default_rng(seed).normal(100, 10, (512, 1024)).astype("float32") for seed in range(6)]
BINS, RANGE = 256, (50.0, 150.0)


class NaiveMoments:
    """Mean, variance, least and greatest as in a textbook."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, np.zeros((512, 1024)), np.zeros((512, 1024))
        self.least, self.greatest = np.full((512, 1024), np.inf), np.full((512, 1024), -np.inf)

    def update(self, shot: Any) -> None:
        self.count += 1
        apart = shot - self.mean
        self.mean = self.mean + apart / self.count
        self.squares = self.squares + apart * (shot - self.mean)
        self.least = np.minimum(self.least, shot)
        self.greatest = np.maximum(self.greatest, shot)


class NaiveHistogram:
    """The sum of what numpy.histogram gives for each shot."""

    def __init__(self, edges: Any, span: Any) -> None:
        self.edges, self.span, self.counts = edges, span, np.zeros(BINS, dtype=np.int64)

    def update(self, shot: Any) -> None:
        self.counts += np.histogram(shot, self.edges, self.span)[0]


def pairs() -> dict[str, tuple[Callable[[Any], None], Callable[[Any], None] | None]]:
    """Name to our update and the naive one, if there is one."""
    edges = np.linspace(*RANGE, BINS + 1)
    sixty_four = {"bins": 64, "range": RANGE}
    top, binned = nodes.top_shots(k=5), nodes.binned(bins=40, range=(0.0, 1.0))
    return {
        "mean + var + min + max": (nodes.statistics().update, NaiveMoments().update),
        "histogram, 256 bins, to numpy with bins and range": (
            nodes.histogram(bins=BINS, range=RANGE).update,
            NaiveHistogram(BINS, RANGE).update,
        ),
        "histogram, 256 bins, to numpy with the same edges": (
            nodes.histogram(bins=BINS, range=RANGE).update,
            NaiveHistogram(edges, None).update,
        ),
        "mean": (nodes.accumulate(how="mean").update, None),
        "exponential mean": (nodes.exponential_mean().update, None),
        "median, P2": (nodes.quantile().update, None),
        "median, histogram, 64 bins": (nodes.quantile(method="histogram", **sixty_four).update, None),
        "binned, 40 bins": (lambda shot: binned.update(shot, float(shot[0, 0]) % 1), None),
        "top 5": (lambda shot: top.update(shot, float(shot[0, 0])), None),
        "last 10": (nodes.last_values(k=10).update, None),
        "reservoir of 10": (nodes.reservoir(k=10).update, None),
    }


def main() -> None:
    if "--numpy" in sys.argv[1:]:
        sys.modules["numba"] = None  # type: ignore[assignment]  # importing it then fails
    compared = pairs()
    spent: dict[tuple[str, int], list[float]] = {}
    for number in range(ROUNDS + 6):  # the first rounds fill markers, bins and windows
        for name, updates in compared.items():
            for side, update in enumerate(updates):
                if update is not None:
                    begin = time.process_time()
                    update(SHOTS[number % len(SHOTS)])
                    spent.setdefault((name, side), []).append((time.process_time() - begin) * 1e3)
    print("with numba" if fused.welford() else "numpy alone")
    print(f"{'CPU ms per shot of 512 x 1024 float32':<52}{'ours':>8}{'numpy':>8}{'ratio':>8}")
    for name, (_, naive) in compared.items():
        ours = statistics.median(spent[name, 0][6:])
        theirs = statistics.median(spent[name, 1][6:]) if naive else None
        print(f"{name:<52}{ours:>8.2f}" + (f"{theirs:>8.2f}{theirs / ours:>8.1f}" if theirs else ""))


if __name__ == "__main__":
    main()
