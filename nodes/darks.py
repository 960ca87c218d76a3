"""Dark frames: found, averaged, held for the run, and never silently zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from headrace.engine.model.errors import DocumentError, HeadraceError, UsageError
from headrace.engine.model.node import source_node
from headrace.engine.model.ports import Frame
from headrace.engine.model.records import Event, RecordedRun, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.arrays import sum_of_frames
from headrace.nodes.support.image_files import read_images
from headrace.nodes.support.lookup import MISSING, find, not_there

__all__ = ["dark"]


class _NoDarkError(DocumentError):
    """A dark that is not there, for which `missing` says what to do."""


class Dark:
    """Find the dark frame of a run and hold it for its events.

    Where it comes from is declared, one of:

    * `key`: the start document holds, under this key, the uid of the dark run (``sc_dk_field_uid``);
    * `uid`: the dark run itself;
    * `file`: a file with the dark.

    and, alone or on top of one of those, `stream`: a stream of the run itself (``dark``) whose events are darks.
    Each of them replaces the dark that was held before, from then on, for the events recorded after it. So
    ``key`` with ``stream`` means: the dark run, until a dark is taken in the run itself.

    The dark is the mean over all frames of all events of the dark run's stream `run_stream`, in float64; `index`
    picks one event instead. A dark taken in the run itself is the mean over the frames of its one event.

    If there is no dark, `missing` says what happens. A field that is misspelt, or a file that is broken, is an
    error in any case.

    Parameters
    ----------
    field
        Field that holds the frames, in the dark run and in `stream`. Needed unless the dark comes from a file.
    key
        Key in the start document (a dotted path) under which the uid of the dark run stands.
    uid
        Uid of the dark run.
    run_stream
        Stream of the dark run in which its frames are.
    stream
        Stream of the run itself whose events are darks.
    file
        Path of a ``.npy``, ``.npz``, ``.tif``, ``.tiff`` or HDF5 file, from the working directory; ``path:name``
        picks an array in a ``.npz`` or HDF5 file.
    index
        Which event of the dark run, counted from 0, or from the end if negative; null: the mean over all. In a
        stack from a file: which frame along the first axis. With `stream`: which of its events is the dark (-1
        or null: always the newest).
    missing
        If there is no dark: ``error`` (the events that need it fail), ``skip`` (they are left out), ``zero``
        (a frame of shape (1, 1) that stands for zero everywhere).

    Raises
    ------
    UsageError
        If no origin is declared, or two of `key`, `uid` and `file`, or `field` is missing.

    Notes
    -----
    In a graph file::

        dark:  {type: dark, key: sc_dk_field_uid, field: image, missing: error}
        clean: {type: dark_subtract, in: {frame: mean, dark: dark}}

    A dark stream in the same run, as in total scattering pipelines, with a fallback::

        dark: {type: dark, key: sc_dk_field_uid, stream: dark, field: image, missing: skip}

    Examples
    --------
    >>> from headrace.engine.model.records import Event, EventKey
    >>> from headrace.nodes import dark
    >>> held = dark.node_type.target(field="image", stream="dark", missing="skip")
    >>> held.begin(), held.missing()
    (SKIP, SKIP)
    >>> frames = [[[1, 2]], [[3, 4]]]
    >>> held.update(event=Event(EventKey("5c1f", "dark", 1), 0.0, {"image": frames})).tolist()
    [[2.0, 3.0]]
    """

    def __init__(
        self,
        *,
        field: str | None = None,
        key: str | None = None,
        uid: str | None = None,
        run_stream: str = "primary",
        stream: str | None = None,
        file: str | None = None,
        index: int | None = None,
        missing: Literal["error", "skip", "zero"] = "error",
        run: RunContext | None = None,
    ) -> None:
        self._field, self._key, self._uid, self._run_stream = field, key, uid, run_stream
        self._stream, self._file, self._index, self._policy = stream, file, index, missing
        self._run = run
        self._why = ""
        origin = {"field": field, "key": key, "uid": uid, "file": file, "stream": stream, "index": index}
        problem = "; ".join(_problems(origin))
        if problem:
            raise UsageError(problem)

    def begin(self) -> Frame | Skip:
        """Find the dark that is known when the run starts.

        Returns
        -------
        The dark, or `SKIP` if none is known yet (or ever, with ``missing: skip``).

        Raises
        ------
        HeadraceError
            If there is none, none is to come, and ``missing`` is ``error``; or if it can't be read.
        """
        try:
            return self._find()
        except _NoDarkError as error:
            self._why = str(error)
            if self._policy == "error" and self._stream is None:
                raise
        return np.zeros((1, 1)) if self._policy == "zero" else SKIP

    def update(self, *, event: Event) -> Frame | Skip:
        """Take an event of `stream` as the dark from now on; `SKIP` if `index` picks another one."""
        if self._index not in (None, -1, event.key.seq_num - 1):
            return SKIP
        total, count = self._frames(event)
        found: Frame = total / count
        return found

    def missing(self) -> Skip:
        """Say what becomes of an event for which there is no dark.

        Raises
        ------
        DocumentError
            If ``missing`` is ``error``; the text says what was looked for.
        """
        if self._policy == "skip":
            return SKIP
        problem = self._why or self._advice("no dark has come")
        raise DocumentError(problem)

    def _find(self) -> Frame:
        if self._file is not None:
            return self._from_file(self._file)
        if self._key is not None or self._uid is not None:
            return self._from_run(self._uid if self._uid is not None else self._named_uid())
        raise _NoDarkError(self._advice(f"no event of stream {self._stream!r} has come before this one"))

    def _advice(self, problem: str) -> str:
        return f"{problem}; record a dark, name another origin, or set 'missing' to 'skip' or 'zero'"

    def _from_file(self, file: str) -> Frame:
        frames = read_images(file)
        if self._index is not None and frames.ndim > 2:
            if not -len(frames) <= self._index < len(frames):
                problem = f"dark: {file} has {len(frames)} frames, so there is no index {self._index}"
                raise UsageError(problem)
            frames = frames[self._index]
        total, count = sum_of_frames(frames, file)
        return total / count

    def _context(self) -> RunContext:
        if self._run is None:
            problem = "dark: a dark run is found through the run that needs it; give run=RunContext(...)"
            raise UsageError(problem)
        return self._run

    def _named_uid(self) -> str:
        value = find(self._context().start, str(self._key))
        if value is MISSING or value in (None, ""):
            problem = self._advice(f"the start document names no dark run under {self._key!r}")
            raise _NoDarkError(problem)
        if not isinstance(value, str):
            problem = f"the start document has {value!r} under {self._key!r}; expected the uid of a dark run"
            raise DocumentError(problem)
        return value

    def _from_run(self, uid: str) -> Frame:
        origin = f" (named under {self._key!r} in the start document)" if self._key else ""
        run = self._context().find_run(uid)
        if run is None:
            problem = f"dark run {uid!r}{origin} is not known; give the store that holds it as a source"
            raise _NoDarkError(self._advice(problem))
        events = self._chosen(run, f"dark run {uid!r}{origin}")
        total, count = self._frames(events[0])
        for event in events[1:]:
            more, number = self._frames(event)
            total, count = self._added(total, more), count + number
        mean: Frame = total / count
        return mean

    def _chosen(self, run: RecordedRun, what: str) -> list[Event]:
        events = list(run.events(self._run_stream))
        if not events:
            problem = self._advice(f"{what} has no event in stream {self._run_stream!r}")
            raise _NoDarkError(problem)
        if self._index is None:
            return events
        if not -len(events) <= self._index < len(events):
            problem = self._advice(f"{what} has {len(events)} events, so there is no index {self._index}")
            raise _NoDarkError(problem)
        return [events[self._index]]

    def _added(self, total: Any, more: Any) -> Any:
        if total.shape != more.shape:
            shapes = f"{total.shape} and {more.shape}"
            problem = f"dark: events of the dark run have frames of shapes {shapes}; pick one by 'index'"
            raise HeadraceError(problem)
        return total + more

    def _frames(self, event: Event) -> tuple[Any, int]:
        field = str(self._field)
        if field not in event.data:
            raise not_there(field, f"stream {event.key.stream!r} of run {event.key.run!r}", event.data)
        return sum_of_frames(event.data[field], field)


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Say which parameters don't go together."""
    given = [name for name in ("key", "uid", "file") if parameters[name] is not None]
    stream, index = parameters["stream"], parameters["index"]
    if len(given) > 1:
        yield f"dark: {' and '.join(given)} both say where it comes from; give one of key, uid and file"
    elif not given and stream is None:
        yield "dark: where does it come from? Give one of key, uid, file, or stream"
    elif parameters["field"] is None and (parameters["file"] is None or stream is not None):
        yield "dark: give 'field', the field that holds the dark frames"
    elif stream is not None and index is not None and index < -1:
        yield f"dark: index {index} of a stream is not known while it runs; give -1, null or from 0 up"


dark = source_node(Dark, held=True, problems_of=_problems)
