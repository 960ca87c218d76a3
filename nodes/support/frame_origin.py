"""Where a reference image (a dark, a background) comes from: another run, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import DocumentError, HeadraceError, UsageError
from headrace.engine.model.records import Event, RecordedRun, Reference, RunContext
from headrace.nodes.support.arrays import sum_of_frames
from headrace.nodes.support.image_files import read_images
from headrace.nodes.support.lookup import MISSING, find, not_there

__all__ = ["FrameOrigin", "NoFrameError", "field_sum", "origin_problems"]


class NoFrameError(DocumentError):
    """A reference image that is not there, for which the node's ``missing`` says what to do."""


def origin_problems(noun: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the parameters that declare an origin: ``key, uid, file, field`` and maybe ``stream``.

    Examples
    --------
    >>> list(origin_problems("dark", {"key": None, "uid": None, "file": None, "field": "image"}))
    ['dark: where does it come from? Give one of key, uid and file']
    """
    given = [name for name in ("key", "uid", "file") if parameters[name] is not None]
    stream = parameters.get("stream")
    if len(given) > 1:
        yield f"{noun}: {' and '.join(given)} both say where it comes from; give one of key, uid and file"
    elif not given and stream is None:
        origins = "key, uid, file, or stream" if "stream" in parameters else "key, uid and file"
        yield f"{noun}: where does it come from? Give one of {origins}"
    elif parameters["field"] is None and (parameters["file"] is None or stream is not None):
        yield f"{noun}: give 'field', the field that holds the {noun} frames"


def field_sum(event: Event, field: str) -> tuple[npt.NDArray[np.float64], int]:
    """Give the sum over an event's frames, and their number.

    Raises
    ------
    DocumentError
        If the event has no such field.
    """
    if field not in event.data:
        raise not_there(field, f"stream {event.key.stream!r} of run {event.key.run!r}", event.data)
    return sum_of_frames(event.data[field], field)


@dataclass(frozen=True, slots=True)
class FrameOrigin:
    """A reference image: the mean over the frames of a run, or of a file.

    Attributes
    ----------
    noun
        What it is called in messages.
    field
        Field that holds the frames in the run.
    key, uid, file
        Where it comes from: a key of the start document with the uid of the run, that uid itself, or a file.
    run_stream
        Stream of the run in which the frames are.
    index
        Which event of the run (or frame of the file); None: the mean over all.
    """

    noun: str
    field: str | None
    key: str | None
    uid: str | None
    file: str | None
    run_stream: str
    index: int | None

    def advice(self, problem: str) -> str:
        """Say what to do about a reference image that is not there."""
        return f"{problem}; record a {self.noun}, name another origin, or set 'missing' to 'skip' or 'zero'"

    def image(self, context: RunContext | None) -> npt.NDArray[np.float64]:
        """Give the image that belongs to a run.

        Raises
        ------
        NoFrameError
            If it is not there.
        HeadraceError
            If it is there and can't be read.
        """
        return self.of_file() if self.file is not None else self.of_run(self.recorded(context))

    def reference(self, context: RunContext, wait: float) -> Reference | None:
        """Give the run that the frames are in, if one is named, whether it is known or not."""
        named = self.uid if self.uid is not None or self.key is None else find(context.start, self.key)
        return Reference(named, self.noun, wait) if isinstance(named, str) and named else None

    def of_file(self) -> npt.NDArray[np.float64]:
        """Give the mean over the frames of the file, or the one picked by `index`."""
        frames = read_images(str(self.file))
        if self.index is not None and frames.ndim > 2:
            if not -len(frames) <= self.index < len(frames):
                problem = f"{self.noun}: {self.file} has {len(frames)} frames, so there is no index {self.index}"
                raise UsageError(problem)
            frames = frames[self.index]
        total, count = sum_of_frames(frames, str(self.file))
        return total / count

    def recorded(self, context: RunContext | None) -> RecordedRun:
        """Give the run that the frames are in."""
        if context is None:
            problem = f"{self.noun}: a {self.noun} run is found through the run that needs it; give run=RunContext(...)"
            raise UsageError(problem)
        uid = self.uid if self.uid is not None else self._named_uid(context)
        run = context.find_run(uid)
        if run is None:
            problem = f"{self._words(uid)} is not known; give the store that holds it as a source"
            raise NoFrameError(self.advice(problem))
        return run

    def of_run(self, run: RecordedRun) -> npt.NDArray[np.float64]:
        """Give the mean over all frames of the run's events, or of the one picked by `index`."""
        events = self._chosen(run)
        total, count = field_sum(events[0], str(self.field))
        for event in events[1:]:
            more, number = field_sum(event, str(self.field))
            total, count = self._added(total, more), count + number
        return total / count

    def _words(self, uid: Any) -> str:
        named = f" (named under {self.key!r} in the start document)" if self.key else ""
        return f"{self.noun} run {uid!r}{named}"

    def _named_uid(self, context: RunContext) -> str:
        value = find(context.start, str(self.key))
        if value is MISSING or value in (None, ""):
            problem = self.advice(f"the start document names no {self.noun} run under {self.key!r}")
            raise NoFrameError(problem)
        if not isinstance(value, str):
            problem = f"the start document has {value!r} under {self.key!r}; expected the uid of a {self.noun} run"
            raise DocumentError(problem)
        return value

    def _chosen(self, run: RecordedRun) -> list[Event]:
        events, what = list(run.events(self.run_stream)), self._words(run.start.get("uid"))
        if not events:
            problem = self.advice(f"{what} has no event in stream {self.run_stream!r}")
            raise NoFrameError(problem)
        if self.index is None:
            return events
        if not -len(events) <= self.index < len(events):
            problem = self.advice(f"{what} has {len(events)} events, so there is no index {self.index}")
            raise NoFrameError(problem)
        return [events[self.index]]

    def _added(self, total: npt.NDArray[np.float64], more: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if total.shape != more.shape:
            shapes = f"{total.shape} and {more.shape}"
            problem = f"{self.noun}: events of the {self.noun} run have frames of shapes {shapes}; pick one by 'index'"
            raise HeadraceError(problem)
        return total + more
