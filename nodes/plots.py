"""Pictures of values while a graph runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node
from headrace.engine.model.ports import Profile, Value
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.exporting import write_whole
from headrace.nodes.support.file_names import file_for, template_problems

__all__ = ["plot"]

_SUFFIXES = (".png", ".svg", ".pdf", ".jpg")


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    path = str(parameters["path"])
    yield from template_problems(path)
    if Path(path).suffix.lower() not in _SUFFIXES:
        yield f"'path' {path!r} must end in one of {', '.join(_SUFFIXES)}"


@node(problems_of=_problems)
def plot(
    value: Value,
    x: Profile | None = None,
    *,
    path: Annotated[str, Meta(min_length=1, max_length=400)],
    kind: Literal["auto", "image", "line", "scatter", "grid", "histogram", "waterfall"] = "auto",
    every: Annotated[int, Meta(ge=1)] = 1,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    log: bool = False,
    event: Event | None = None,
    run: RunContext | None = None,
) -> Skip | None:
    """Draw a value as a picture file.

    For an image its pixels in colour, for a curve a line, for a table its first two columns (or ``x`` and ``y``), for
    a stack its first 36 images side by side; `kind` picks another way. Without ``{seq_num}`` in its name the picture
    is drawn over and over and shows the newest value: open it in a viewer that refreshes. It is replaced whole, so
    that a viewer never sees half a picture. Where no folder is given (``--to``), nothing is drawn.

    To draw a quantity against events, gather it first: with `last_values`, `waterfall` or `to_grid`.

    Parameters
    ----------
    value
        What to draw.
    x
        Where the points of a curve are along the horizontal axis.
    path
        Name of the picture inside the run's folder (.png, .svg, .pdf, .jpg); see `export` for what is filled in.
    kind
        ``image``, ``line``, ``scatter``, ``grid``, ``histogram``, ``waterfall``, or ``auto``: what suits the value.
    every
        Draw only every so many events, by their number; drawing costs some 50 ms.
    title, xlabel, ylabel
        Texts on the picture.
    log
        Whether colours, or the vertical axis, are logarithmic.
    event, run
        The event and its run.

    Raises
    ------
    UsageError
        If the template is wrong, or there is no run.
    DocumentError
        If the kind of picture can't show the value.

    Notes
    -----
    In a graph file::

        look: {type: plot, in: mean, path: mean.png, log: true, every: 10}

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from headrace.engine.model.records import RunContext
    >>> from headrace.nodes import plot
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plot(np.eye(3), path="eye.png", run=RunContext({"uid": "5c1f"}, folder=Path(folder)))
    ...     (Path(folder) / "eye.png").stat().st_size > 1000
    True
    """
    nowhere = run is not None and run.folder is None
    if nowhere or (event is not None and (event.key.seq_num - 1) % every):
        return SKIP
    from matplotlib.figure import Figure

    from headrace.nodes.support.drawing import DRAWERS, guessed_kind

    target = file_for(path, event, run)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = DRAWERS[guessed_kind(value) if kind == "auto" else kind](figure, value, x, log=log)
    figure.suptitle(title if title is not None else _caption(event, run), fontsize=10)
    if axes is not None:
        axes.set(**{name: text for name, text in (("xlabel", xlabel), ("ylabel", ylabel)) if text is not None})
    write_whole(target, lambda part: figure.savefig(part, dpi=120))
    return None


def _caption(event: Event | None, run: RunContext | None) -> str:
    scan = f"scan {run.start['scan_id']}" if run is not None and "scan_id" in run.start else ""
    number = f"event {event.key.seq_num}" if event is not None else ""
    return ", ".join(part for part in (scan, number) if part)
