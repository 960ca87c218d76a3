"""trackpy's linker, one image at a time, with all its state in one place.

trackpy counts particles in a class attribute, shared by all linkers of the process, and numbers competing new
particles by their place in memory. Both would make results depend on what else runs. Here points and tracks are
counted by the linker that they belong to, and points hash by their number, so sets of them have a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from trackpy.linking.linking import Linker
from trackpy.linking.utils import SubnetOversizeException

__all__ = ["IncrementalLinker", "SubnetOversizeException"]


class _Track:
    """A particle: one number, shared by its points."""

    __slots__ = ("id",)

    def __init__(self, number: int) -> None:
        self.id = number


class _Point:
    """A peak as trackpy's linker sees it."""

    __slots__ = ("extra_data", "forward_cands", "pos", "subnet", "t", "track", "uuid")

    def __init__(self, number: int, t: int, pos: npt.NDArray[np.float64]) -> None:
        self.uuid = number
        self.t = t
        self.pos = pos
        self.track: _Track | None = None
        self.forward_cands: list[Any] = []
        self.subnet: int | None = None
        self.extra_data: dict[str, Any] = {}

    def __hash__(self) -> int:
        return self.uuid


class IncrementalLinker(Linker):  # type: ignore[misc]
    """A linker that can be fed for ever, fails for one image only, and knows nothing of others.

    Parameters
    ----------
    search_range, **settings
        As for ``trackpy.link``.

    Notes
    -----
    Not thread-safe by itself; different linkers may run in different threads.
    """

    hash: Any
    ndim: Any
    mem_set: set[_Point]
    mem_history: list[set[_Point]]

    def __init__(self, search_range: Any, **settings: Any) -> None:
        super().__init__(search_range, **settings)
        self._points = 0
        self._tracks = 0

    def advance(self, coords: npt.NDArray[np.float64], t: int) -> list[int]:
        """Link one more image and give the particle of each point.

        Raises
        ------
        SubnetOversizeException
            If particles are too dense. The linker is then as it was before.
        """
        if self.hash is None:
            self.init_level(coords, t)
        else:
            self._guarded(coords, t)
        return [point.track.id for point in self.hash.points]

    def succeed(self, other: IncrementalLinker) -> None:
        """Go on where another linker is, with settings of one's own: its particles, and the points it remembers."""
        self._points, self._tracks, self.ndim = other._points, other._tracks, other.ndim
        if other.hash is None:
            return
        missing = self.memory - len(other.mem_history)
        kept = other.mem_history[max(0, -missing) :]
        forgotten = set().union(*other.mem_history[: max(0, -missing)])
        self.mem_set = other.mem_set - forgotten
        self.mem_history = [set() for _ in range(max(0, missing))] + kept
        points = list(other.hash.points)
        self.hash = self.hash_cls(points, ndim=self.ndim, to_eucl=self.to_eucl, dist_func=self.dist_func)

    def _guarded(self, coords: npt.NDArray[np.float64], t: int) -> None:
        # Until links are applied, a level changes nothing but these; so they are all there is to put back.
        previous, points, size = self.hash, self._points, len(self.hash.points)
        try:
            self.next_level(coords, t)
        except Exception:
            del previous.points[size:]
            previous._clean = False  # noqa: SLF001
            self.hash, self._points = previous, points
            raise

    def init_level(self, coords: npt.NDArray[np.float64], t: int, extra_data: Any = None) -> None:
        """Start a particle for each point of the first image."""
        self.ndim = coords.shape[1]
        self.mem_set = set()
        self.mem_history = [set() for _ in range(self.memory)]
        self.update_hash(coords, t)
        for point in self.hash.points:
            self._start(point)

    def update_hash(self, coords: npt.NDArray[np.float64], t: int, extra_data: Any = None) -> Any:
        """Take the points of a new image, and give the last image's with the remembered ones."""
        previous = self.hash
        for point in sorted(self.mem_set, key=lambda point: point.uuid):
            previous.add_point(point)
        first, self._points = self._points, self._points + len(coords)
        points = [_Point(first + row, t, position) for row, position in enumerate(coords)]
        self.hash = self.hash_cls(points, ndim=self.ndim, to_eucl=self.to_eucl, dist_func=self.dist_func)
        return previous

    def apply_links(self, spl: Iterable[_Point | None], dpl: Iterable[_Point | None]) -> None:
        """Continue the particle of each source point in its destination; start and remember the others."""
        lost: set[_Point] = set()
        for source, destination in zip(spl, dpl, strict=True):
            if source is None and destination is not None:
                self._start(destination)
            elif source is not None and destination is not None:
                destination.track = source.track
                self.mem_set.discard(source)
            elif source is not None:
                lost.add(source)
            if source is not None:
                source.forward_cands = []
        if self.memory > 0:
            self._remember(lost)

    def _start(self, point: _Point) -> None:
        point.track = _Track(self._tracks)
        self._tracks += 1

    def _remember(self, lost: set[_Point]) -> None:
        """Remember the points lost in this image, and forget those lost too long ago."""
        fresh = lost - self.mem_set
        self.mem_history.append(fresh)
        self.mem_set -= self.mem_history.pop(0)
        self.mem_set |= fresh
