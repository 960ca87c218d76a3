"""Keeping things in a row apart while moving each as little as possible from where it wants to be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["spaced"]


def spaced(
    wanted: Sequence[float], widths: Sequence[float], gap: float, weights: Sequence[float] | None = None
) -> list[float]:
    """Give positions in the same order, at least a gap apart, with the least sum of squared moves.

    Once the widths are taken off, this is an isotonic regression, solved by pooling neighbours that are out of
    order.

    Parameters
    ----------
    wanted
        Where the middle of each would like to be.
    widths
        Width of each.
    gap
        Least distance between the sides of neighbours.
    weights
        How strongly each holds to its place.

    Examples
    --------
    >>> spaced([0.0, 0.0], [10.0, 10.0], 2.0)
    [-6.0, 6.0]
    """
    offsets = [0.0]
    for left, right in pairwise(widths):
        offsets.append(offsets[-1] + (left + right) / 2 + gap)
    pools: list[tuple[float, float, int]] = []  # mean place, weight, how many
    for number, place in enumerate(wanted):
        mean, weight, count = place - offsets[number], weights[number] if weights else 1.0, 1
        while pools and pools[-1][0] > mean:
            other, more, many = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, count = weight + more, count + many
        pools.append((mean, weight, count))
    places = [mean for mean, _, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=False)]
