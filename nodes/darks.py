"""Dark frames: found, averaged, held for the run, and never silently zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.node import source_node
from headrace.engine.model.ports import Frame
from headrace.engine.model.records import Event, Reference, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.files_read import image_file
from headrace.nodes.support.frame_origin import FrameOrigin, NoFrameError, field_sum, origin_problems

__all__ = ["dark"]


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Say which parameters don't go together."""
    yield from origin_problems("dark", parameters)
    stream, index = parameters["stream"], parameters["index"]
    if stream is not None and index is not None and index < -1:
        yield f"dark: index {index} of a stream is not known while it runs; give -1, null or from 0 up"


def _references(parameters: Mapping[str, Any], run: RunContext) -> Iterator[Reference]:
    """Give the dark run of a run, if one is named."""
    named = FrameOrigin("dark", None, parameters["key"], parameters["uid"], None, "", None)
    found = named.reference(run, parameters["wait"])
    if found is not None:
        yield found


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

    Live, a dark run that is named but not known yet is waited for: events are kept back until it has come whole, and
    then go on in order. `wait` says how long. What is kept back is bounded, and the end of the run ends the waiting.

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
        If there is no dark: ``error`` (the run fails and says so), ``skip`` (they are left out), ``zero``
        (a frame of shape (1, 1) that stands for zero everywhere).
    wait
        Live: how long events wait for a dark run that is not there yet, counted from the start of the run in the time
        of its events. 0: not at all.

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
        wait: Annotated[float, Unit("s"), Meta(ge=0)] = 60.0,
        run: RunContext | None = None,
    ) -> None:
        declared = {"key": key, "uid": uid, "file": file, "field": field, "stream": stream, "index": index}
        problems = list(_problems(declared))
        if problems:
            raise UsageError(problems[0])
        self._origin = FrameOrigin("dark", field, key, uid, file, run_stream, index)
        self._stream, self._policy, self._run = stream, missing, run
        self._why = ""

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
        except NoFrameError as error:
            self._why = str(error)
            if self._policy == "error" and self._stream is None:
                raise
        return np.zeros((1, 1)) if self._policy == "zero" else SKIP

    def update(self, *, event: Event) -> Frame | Skip:
        """Take an event of `stream` as the dark from now on; `SKIP` if `index` picks another one."""
        if self._origin.index not in (None, -1, event.key.seq_num - 1):
            return SKIP
        total, count = field_sum(event, str(self._origin.field))
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
        problem = self._why or self._origin.advice("no dark has come")
        raise DocumentError(problem)

    def _find(self) -> Frame:
        if self._origin.key is None and self._origin.uid is None and self._origin.file is None:
            problem = f"no event of stream {self._stream!r} has come before this one"
            raise NoFrameError(self._origin.advice(problem))
        return self._origin.image(self._run)


dark = source_node(Dark, held=True, problems_of=_problems, refers_to=_references, files_of=image_file)
