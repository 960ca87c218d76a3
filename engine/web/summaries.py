"""Values in a few bytes each, for the cards of the graph: remade only when there is another value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.runtime.dead_letters import describe
from headrace.engine.web.kinds import as_scalar, clean, kind_of, places_in
from headrace.engine.web.pixels import extent, frame_of
from headrace.engine.web.sight import Seen, Sight, upstream_image

__all__ = ["Summaries", "curve", "sampled"]

_POINTS = 90
_SPOTS = 150
_HISTORY = 60
_ROUGH = 256
_LOOK_BACK = 40  # events among which one with images is looked for


class Summaries:
    """Says of each port what its card shows.

    Parameters
    ----------
    sight
        What is looked at.
    """

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._made: dict[str, tuple[int, dict[str, Any]]] = {}

    def all(self, at: int | None = None) -> dict[str, dict[str, Any]]:
        """Give ``node.port`` to its summary: of the last value, or of one event.

        Parameters
        ----------
        at
            Number of the event; None for the newest value of each port.
        """
        moments = list(self._sight.moments())
        one = self._sight.find(at) if at is not None else None
        found: dict[str, dict[str, Any]] = {}
        for port in self._ports():
            moment = one if at is not None else _newest(moments, port)
            value = moment.get(port) if moment is not None else None
            if value is None and (at is None or self._lasts(port)):
                moment, value = None, self._sight.lasting(port)
            if value is not None:
                found[port] = {**self._summary(port, moment, value), **_history(port, value, moments, moment)}
        self._lay_over(found)
        return found

    def _ports(self) -> list[str]:
        types = self._sight.types
        return [
            f"{node}.{port.name}" for node in self._sight.graph.nodes if node in types for port in types[node].outputs
        ]

    def _lasts(self, port: str) -> bool:
        return self._sight.lasting(port) is not None

    def _summary(self, port: str, moment: Seen | None, value: Any) -> dict[str, Any]:
        stamp = moment.number if moment is not None else -(id(value) % 1_000_000_007)
        known = self._made.get(port)
        if known is None or known[0] != stamp:
            about = {
                "at": stamp,
                "event": str(moment.key) if moment else "",
                "seq": moment.key.seq_num if moment else 0,
            }
            revision = {"revision": moment.revision} if moment else {}
            known = self._made[port] = (stamp, {**about, **revision, **_safely_described(value)})
        return known[1]

    def _lay_over(self, found: Mapping[str, dict[str, Any]]) -> None:
        """Name the image that each table of places, and each number, was made of."""
        all_images = {port: one["kind"] == "image" for port, one in found.items()}
        of_events = {port: is_image and found[port]["at"] > 0 for port, is_image in all_images.items()}
        for port, one in found.items():
            if one["kind"] != "image":  # what is of an event goes on an image of an event: not on a dark, say
                one["over"] = upstream_image(self._sight, port, of_events if one["at"] > 0 else all_images)


def _newest(moments: Sequence[Seen], port: str) -> Seen | None:
    """Give the newest event that has a value: one whose images are kept too, so that all cards are of one event."""
    having = [moment for moment in moments[-_LOOK_BACK:] if moment.has(port)]
    full = [moment for moment in having if moment.full]
    if not having:
        return next((moment for moment in reversed(moments) if moment.has(port)), None)
    return (full or having)[-1]


def _history(port: str, value: Any, moments: Sequence[Seen], until: Seen | None) -> dict[str, Any]:
    if kind_of(value) != "scalar" or until is None:
        return {}
    values = [
        as_scalar(one)
        for moment in moments[-4 * _HISTORY :]
        if moment.number <= until.number and (one := moment.light(port)) is not None
    ]
    return {"spark": [one for one in values[-_HISTORY:] if not isinstance(one, str)]}


def _safely_described(value: Any) -> dict[str, Any]:
    """Describe a value; one that can't be described harms no other card."""
    try:
        return _described(value)
    except Exception as error:
        return {"kind": "text", "what": clean(f"{type(value).__name__}, which can't be shown: {error}")}


def _described(value: Any) -> dict[str, Any]:
    kind = kind_of(value)
    about: dict[str, Any] = {"kind": kind, "what": describe(value)}
    if kind == "image":
        rough = sampled(frame_of(value), _ROUGH)
        least, most = extent(rough)
        about |= {"shape": list(value.shape), "dtype": str(value.dtype), "least": least, "most": most}
    elif kind == "profile":
        flat = value.reshape(-1)
        about |= {"shape": list(value.shape), "dtype": str(value.dtype), "curve": curve(flat, _POINTS)}
    elif kind == "table":
        about |= {"rows": len(value), "columns": [str(name)[:60] for name in list(value.columns)[:40]]}
        places = places_in(value, _SPOTS)
        about |= {"spots": places} if places is not None else {}
    elif kind == "scalar":
        about["value"] = as_scalar(value)
    return {name: clean(one) if name != "spots" else one for name, one in about.items()}


def sampled(image: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    """Give some of an image's rows and columns: quick, and good enough for a range."""
    step = max(1, min(image.shape) // side)
    return image[::step, ::step]


def curve(values: npt.NDArray[Any], points: int) -> list[float | None]:
    """Give a curve with fewer points: the greatest of each few.

    Examples
    --------
    >>> import numpy as np
    >>> curve(np.array([1.0, 5.0, 2.0, np.nan]), 2)
    [5.0, 2.0]
    """
    real = np.abs(values) if values.dtype.kind == "c" else values.astype(np.float64)
    step = max(1, -(-real.size // points))
    padded = np.full(-(-real.size // step) * step, np.nan)
    padded[: real.size] = np.where(np.isfinite(real), real, np.nan)
    greatest = np.fmax.reduce(padded.reshape(-1, step), axis=1)
    return [None if np.isnan(one) else float(f"{one:.5g}") for one in greatest]
