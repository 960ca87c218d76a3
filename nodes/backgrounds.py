"""Backgrounds: the scattering of air and sample holder, found, subtracted with its own dark, never silently zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node, source_node
from headrace.engine.model.ports import Frame, Stack
from headrace.engine.model.records import RecordedRun, Reference, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.files_read import image_file
from headrace.nodes.support.frame_origin import FrameOrigin, NoFrameError, field_sum, origin_problems
from headrace.nodes.support.pixels import as_stack, companion

__all__ = ["background", "background_subtract"]


@node
def background_subtract(
    frame: Stack,
    background: Frame,
    dark: Frame | None = None,
    background_dark: Frame | None = None,
    *,
    scale: Annotated[float, Meta(ge=0)] = 1.0,
    clip: float | None = None,
) -> Stack:
    """Subtract a background from images, each of them without its own dark.

    ``(frame - dark) - scale * (background - background_dark)``, as in the total scattering pipelines at NSLS-II,
    in float64: unsigned integers never wrap. Nothing is clipped unless you say so, so that noise around zero stays
    noise around zero.

    An input that is not connected is not subtracted: leave out `dark` where the frame has none any more, and
    `background_dark` where the background has none (`background` takes it off by itself). NaN in any image stays.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    background
        Image of shape (ny, nx), or (1, 1) for one value everywhere.
    dark, background_dark
        Darks of the frame and of the background, of such a shape too.
    scale
        Factor on the background without its dark, such as a ratio of exposure times or of transmissions.
    clip
        Lowest value of the result, in counts. null: no clipping.

    Returns
    -------
    Stack
        float64, the shape of the frame.

    Raises
    ------
    UsageError
        If the shapes differ, or something is no image.

    Notes
    -----
    In a graph file::

        dark:  {type: dark, key: sc_dk_field_uid, field: image}
        empty: {type: background, key: background_uid, field: image}
        clean: {type: background_subtract, in: {frame: mean, background: empty, dark: dark}, scale: 0.98}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import background_subtract
    >>> frame, empty = np.array([[110, 30]], dtype="uint16"), np.array([[50, 60]], dtype="uint16")
    >>> dark, empty_dark = np.array([[10, 10]]), np.array([[20, 20]])
    >>> background_subtract(frame, empty, dark, empty_dark, scale=0.5).tolist()
    [[85.0, 0.0]]
    """
    images = as_stack(frame, "frame")
    offset = np.array(companion(background, "background", images), dtype=np.float64)
    if background_dark is not None:
        offset = np.subtract(offset, companion(background_dark, "background_dark", images), dtype=np.float64)
    offset *= scale
    if dark is None:
        result: npt.NDArray[np.float64] = np.subtract(images, offset, dtype=np.float64)
    else:
        result = np.subtract(images, companion(dark, "dark", images), dtype=np.float64)
        result -= offset
    if clip is not None:
        np.maximum(result, clip, out=result)
    return result


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Say which parameters don't go together."""
    yield from origin_problems("background", parameters)


def _references(parameters: Mapping[str, Any], run: RunContext) -> Iterator[Reference]:
    """Give the background run of a run, and the dark run of that, as far as they are named by now."""
    named = FrameOrigin("background", None, parameters["key"], parameters["uid"], None, "", None)
    found = named.reference(run, parameters["wait"])
    if found is None:
        return
    yield found
    recorded = run.find_run(found.uid)
    stream = parameters["dark_stream"]
    if recorded is not None and stream is not None and any(True for _ in recorded.events(stream)):
        return  # it has a dark of its own
    own_dark = FrameOrigin("dark", None, parameters["dark_key"], None, None, "", None)
    dark = None if recorded is None else own_dark.reference(RunContext(recorded.start), parameters["wait"])
    if dark is not None:
        yield dark


class Background:
    """Find the background of a run, take its own dark off, and hold it for the run's events.

    Where it comes from is declared, one of:

    * `key`: the start document holds, under this key, the uid of the background run;
    * `uid`: the background run itself;
    * `file`: a file with the background, which is taken as it is.

    It is the mean over all frames of all events of the background run's stream `run_stream`, in float64; `index`
    picks one event instead.

    The background's own dark is found from the background run, by the rule by which `dark` finds that of any run:
    the newest event of the background run's stream `dark_stream`, if it has one; otherwise the dark run named under
    `dark_key` in the background run's start document. Its frames are in the same `field`, in stream ``primary``, and
    all are averaged.

    If a background, or its dark, is not there, `missing` says what happens. A field that is misspelt, or a file
    that is broken, is an error in any case.

    Parameters
    ----------
    field
        Field that holds the frames. Needed unless the background comes from a file.
    key
        Key in the start document (a dotted path) under which the uid of the background run stands.
    uid
        Uid of the background run.
    run_stream
        Stream of the background run in which its frames are.
    file
        Path of a ``.npy``, ``.npz``, ``.tif``, ``.tiff`` or HDF5 file, from the working directory; ``path:name``
        picks an array in a ``.npz`` or HDF5 file.
    index
        Which event of the background run, counted from 0, or from the end if negative; null: the mean over all. In
        a stack from a file: which frame along the first axis.
    dark_key
        Key in the background run's start document under which the uid of its dark run stands. null: none does.
    dark_stream
        Stream of the background run whose events are darks. null: there is none. With neither, no dark is taken
        off.
    missing
        If there is no background, or no dark for it: ``error`` (the events that need it fail), ``skip`` (they are
        left out), ``zero`` (what is missing counts as zero everywhere: a background of shape (1, 1), or no dark).
    wait
        Live: how long events wait for the background run, and the dark run of that, if they are not there yet; counted
        from the start of the run in the time of its events. 0: not at all.

    Raises
    ------
    UsageError
        If no origin is declared, or two of them, or `field` is missing; or background and dark differ in shape.

    Notes
    -----
    In a graph file::

        empty: {type: background, key: background_uid, field: image, missing: error}
        clean: {type: background_subtract, in: {frame: mean, background: empty, dark: dark}}

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from headrace.nodes import background
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/empty.npy", [[[1, 2]], [[3, 4]]])
    ...     background.node_type.target(file=f"{folder}/empty.npy").begin().tolist()
    [[2.0, 3.0]]
    """

    def __init__(
        self,
        *,
        field: str | None = None,
        key: str | None = None,
        uid: str | None = None,
        run_stream: str = "primary",
        file: str | None = None,
        index: int | None = None,
        dark_key: str | None = "sc_dk_field_uid",
        dark_stream: str | None = None,
        missing: Literal["error", "skip", "zero"] = "error",
        wait: Annotated[float, Unit("s"), Meta(ge=0)] = 60.0,
        run: RunContext | None = None,
    ) -> None:
        problems = list(_problems({"key": key, "uid": uid, "file": file, "field": field}))
        if problems:
            raise UsageError(problems[0])
        self._origin = FrameOrigin("background", field, key, uid, file, run_stream, index)
        self._dark = FrameOrigin("dark", field, dark_key, None, None, "primary", None)
        self._dark_stream, self._policy, self._run = dark_stream, missing, run

    def begin(self) -> Frame | Skip:
        """Find the background.

        Returns
        -------
        The background without its dark, or `SKIP` if it is not there and ``missing`` is ``skip``.

        Raises
        ------
        HeadraceError
            If it, or its dark, is not there and ``missing`` is ``error``; or if it can't be read.
        """
        try:
            return self._find()
        except NoFrameError:
            if self._policy == "error":
                raise
        return np.zeros((1, 1)) if self._policy == "zero" else SKIP

    def update(self) -> Frame | Skip:
        """Leave the background in force: no event of the run changes it."""
        return SKIP

    def missing(self) -> Skip:
        """Leave an event out for which there is no background."""
        return SKIP

    def _find(self) -> Frame:
        if self._origin.file is not None:
            return self._origin.of_file()
        recorded = self._origin.recorded(self._run)
        image: npt.NDArray[np.float64] = self._origin.of_run(recorded)
        dark = self._dark_of(recorded)
        if dark is None:
            return image
        if dark.shape != image.shape:
            problem = f"background has shape {image.shape} and its dark has shape {dark.shape}; expected the same shape"
            raise UsageError(problem)
        image -= dark
        return image

    def _dark_of(self, recorded: RecordedRun) -> npt.NDArray[np.float64] | None:
        """Give the dark of the background; None if there shall be none."""
        if self._dark_stream is not None:
            events = list(recorded.events(self._dark_stream))
            if events:
                total, count = field_sum(events[-1], str(self._origin.field))
                return total / count
        if self._dark_stream is None and self._dark.key is None:
            return None
        try:
            return self._named_dark(recorded)
        except NoFrameError as error:
            if self._policy == "zero":
                return None
            problem = f"background run {recorded.start.get('uid')!r} has no dark: {error}"
            raise NoFrameError(problem) from error

    def _named_dark(self, recorded: RecordedRun) -> npt.NDArray[np.float64]:
        if self._dark.key is None:
            problem = self._dark.advice(f"it has no event in stream {self._dark_stream!r}")
            raise NoFrameError(problem)
        finder = None if self._run is None else self._run.find_run
        context = RunContext(recorded.start) if finder is None else RunContext(recorded.start, finder)
        return self._dark.image(context)


background = source_node(Background, held=True, problems_of=_problems, refers_to=_references, files_of=image_file)
