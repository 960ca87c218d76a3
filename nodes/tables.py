"""Tables: choosing rows and columns, and saying where in the scan they were measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Expression, Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Frame, Scalar, Table
from headrace.engine.model.records import Event, RunContext
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.document_names import document_names
from headrace.nodes.support.elementwise import check_elementwise, compile_elementwise
from headrace.nodes.support.expression import ExpressionError
from headrace.nodes.support.expression_words import kind_of
from headrace.nodes.support.labels import as_label
from headrace.nodes.support.lookup import not_there
from headrace.nodes.support.table_columns import as_table, check_columns, numeric_column

__all__ = ["columns", "positions", "select", "top", "window_means"]


def _check_where(text: str, names: Iterable[str] | None) -> list[str]:
    """Check an expression but for its names: columns are known only when a table comes."""
    return check_elementwise(text)


_WHERE = Expression(_check_where)


@node
def select(
    table: Table,
    *,
    where: Annotated[str, Meta(min_length=1, max_length=1000), _WHERE],
    event: Event | None = None,
    run: RunContext | None = None,
    **names: Scalar,
) -> Table:
    """Keep the rows of a table for which an expression is true.

    The columns are names of the expression, as are further inputs, and ``start``, ``data``, ``seq_num`` and ``time`` as
    for `filter`; a column hides a name of the documents. The language is that of `compute`, row by row. A comparison
    with NaN is false, so such rows go. Columns, their dtypes and the order of rows stay as they are, rows are numbered
    from 0. If no row is left, the table is empty, with all its columns; the event is not left out.

    Parameters
    ----------
    table
        The rows to choose from.
    where
        The expression.
    event, run
        The event and its run.
    **names
        Further inputs for the expression.

    Returns
    -------
    Table
        The rows that were kept.

    Raises
    ------
    ExpressionError
        If the expression can't be read, names something that isn't there (with the nearest name), or isn't true or
        false for each row.
    UsageError
        If an input has the name of a column, or the table is none.

    Notes
    -----
    In a graph file::

        round: {type: select, in: peaks, where: "mass > 500 and ecc < 0.4"}
        clear: {type: select, in: {table: peaks, limit: threshold}, where: "signal > 3 * limit"}

    Examples
    --------
    >>> import pandas as pd
    >>> from headrace.nodes import select
    >>> peaks = pd.DataFrame({"mass": [10.0, 900.0, 700.0], "ecc": [0.1, 0.2, 0.9]})
    >>> select(peaks, where="mass > limit and ecc < 0.5", limit=500).to_dict("records")
    [{'mass': 900.0, 'ecc': 0.2}]
    """
    rows = as_table(table, "table")
    of_columns = {str(name): rows[name].to_numpy() for name in rows.columns}
    for name in names:
        if name in of_columns:
            problem = f"select: {name!r} is an input and a column of the table; give the input another name"
            raise UsageError(problem)
    found = compile_elementwise(where)({**document_names(event, run), **names, **of_columns})
    chosen = np.full(len(rows), found) if isinstance(found, bool) else found
    if getattr(chosen, "dtype", None) != np.bool_ or chosen.shape != (len(rows),):
        problem = f"expression {where!r} gave {kind_of(found)}; expected true or false for each of {len(rows)} rows"
        raise ExpressionError(problem)
    return rows[chosen].reset_index(drop=True)


@node
def top(table: Table, *, by: str, number: Annotated[int, Meta(ge=1)], least: bool = False) -> Table:
    """Keep the rows of a table with the greatest values in a column, the greatest first.

    Of equal values the earlier row comes first. Rows with NaN come last. Rows are numbered from 0, and a table of fewer
    rows keeps them all.

    Parameters
    ----------
    table
        The rows to choose from.
    by
        The column.
    number
        How many rows are kept at most.
    least
        Keep those with the least values instead, the least first.

    Returns
    -------
    Table
        The rows that were kept.

    Raises
    ------
    UsageError
        If there is no such column (the text names those that there are), it holds no numbers, or the table is none.

    Notes
    -----
    In a graph file::

        brightest: {type: top, in: peaks, by: mass, number: 20}

    Examples
    --------
    >>> import pandas as pd
    >>> from headrace.nodes import top
    >>> peaks = pd.DataFrame({"mass": [10.0, 900.0, 700.0], "y": [1.0, 2.0, 3.0]})
    >>> top(peaks, by="mass", number=2)["y"].tolist()
    [2.0, 3.0]
    """
    rows = as_table(table, "table")
    values = numeric_column(rows, by, "top")
    order = np.argsort(values if least else -values, kind="stable")[:number]
    return rows.iloc[order].reset_index(drop=True)


@node
def columns(table: Table, *, keep: Annotated[list[str], Meta(min_length=1)]) -> Table:
    """Keep some columns of a table, in the given order.

    Parameters
    ----------
    table
        The table.
    keep
        The columns.

    Returns
    -------
    Table
        All rows, with these columns.

    Raises
    ------
    UsageError
        If there is no such column (the text names those that there are), one is given twice, or the table is none.

    Notes
    -----
    In a graph file::

        places: {type: columns, in: peaks, keep: [y, x, mass, frame]}

    Examples
    --------
    >>> import pandas as pd
    >>> from headrace.nodes import columns
    >>> columns(pd.DataFrame({"y": [1.0], "x": [2.0], "ep": [0.1]}), keep=["x", "y"]).to_dict("records")
    [{'x': 2.0, 'y': 1.0}]
    """
    rows = as_table(table, "table")
    check_columns(rows, keep, "columns")
    if len(set(keep)) < len(keep):
        problem = f"columns: 'keep' names a column twice: {', '.join(keep)}"
        raise UsageError(problem)
    return rows.loc[:, list(keep)].copy()


@node
def positions(
    table: Table,
    *,
    fields: list[str] | None = None,
    prefix: str = "",
    event: Event | None = None,
    run: RunContext | None = None,
) -> Table:
    """Add to each row of a table where in the scan it was measured: motor positions, and the number of the point.

    The columns are those of the table, then one for each motor (with the value that the event recorded, in the motor's
    unit), then ``point`` (int64): the event's number in its stream, counted from 0. A table without rows has all of
    them too.

    Parameters
    ----------
    table
        Rows of one event, such as peaks.
    fields
        Fields of the event. Default: those that the start document says the scan ran along (its
        ``hints.dimensions``, or ``motors``), as far as the event has them.
    prefix
        Is put before the names of the motors' columns: peaks have columns ``y`` and ``x``, and so may a stage.
    event, run
        The event and its run.

    Returns
    -------
    Table
        The same rows with more columns.

    Raises
    ------
    UsageError
        If a column of that name is there already, a position is neither number nor text, or there is no event.
    DocumentError
        If the event lacks one of `fields`; the text names those that it has.

    Notes
    -----
    In a graph file::

        placed: {type: positions, in: peaks, prefix: stage_}

    Examples
    --------
    >>> import pandas as pd
    >>> from headrace.engine.model.records import Event, EventKey, RunContext
    >>> from headrace.nodes import positions
    >>> event = Event(EventKey("5c1f", "primary", 7), 0.0, {"stage": 1.5, "image": None})
    >>> run = RunContext({"uid": "5c1f", "motors": ["stage"]})
    >>> positions(pd.DataFrame({"mass": [10.0]}), event=event, run=run).to_dict("records")
    [{'mass': 10.0, 'stage': 1.5, 'point': 6}]
    """
    rows = as_table(table, "table")
    if event is None:
        problem = "positions are those of an event, and it was called without one"
        raise UsageError(problem)
    start: Mapping[str, Any] = run.start if run is not None else {}
    chosen = [name for name in _scanned(start, event.key.stream) if name in event.data] if fields is None else fields
    added: dict[str, Any] = {}
    for name in chosen:
        if name not in event.data:
            raise not_there(name, f"stream {event.key.stream!r}", event.data)
        label = event.data[name]
        number = not isinstance(as_label(label, name), str) or not isinstance(label, str)
        added[f"{prefix}{name}"] = np.full(len(rows), label, dtype=np.float64 if number else object)
    added["point"] = np.full(len(rows), event.key.seq_num - 1, dtype=np.int64)
    for name in added:
        if name in rows.columns:
            problem = f"positions: the table has a column {name!r} already; give 'prefix', such as 'stage_'"
            raise UsageError(problem)
    return rows.assign(**added)


def _scanned(start: Mapping[str, Any], stream: str) -> list[str]:
    """Give the fields that a scan ran along, the slowest first."""
    hints = start.get("hints")
    dimensions = hints.get("dimensions") if isinstance(hints, Mapping) else None
    if isinstance(dimensions, list | tuple):
        named = [name for names in _dimensions(dimensions, stream) for name in names]
        if named:
            return list(dict.fromkeys(named))
    return [str(name) for name in start.get("motors") or ()]


def _dimensions(dimensions: Iterable[Any], stream: str) -> Iterator[list[str]]:
    """Read dimensions as bluesky writes them, ``[[fields], stream]``; what is written otherwise is passed over."""
    for dimension in dimensions:
        if isinstance(dimension, list | tuple) and len(dimension) == 2 and dimension[1] == stream:
            fields = dimension[0]
            yield [str(name) for name in fields] if isinstance(fields, list | tuple) else [str(fields)]


@node
def window_means(
    frame: Frame, windows: Table, *, half_width: Annotated[int, Meta(ge=0), Unit("px")] | None = None
) -> Table:
    """Measure the mean of an image in a window around each row of a table.

    A window has ``2 dy + 1`` rows around floor(y) and ``2 dx + 1`` columns around floor(x), cut at the edges of the
    image: those of `crystal_windows`. The columns of the table stay; ``mean`` (float64, in the image's counts) and
    ``pixels`` (int64) are added. A NaN in the window makes its mean NaN; so does a window that lies outside, or around
    a position that is NaN.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    windows
        A row per window, with columns ``y``, ``x``, and without `half_width` also ``dy``, ``dx``: such as peaks.
    half_width
        Half width of all windows. Default: each row's ``dy`` and ``dx``.

    Returns
    -------
    Table
        The same rows with two more columns.

    Raises
    ------
    UsageError
        If the frame is no image, or the table lacks a column.

    Notes
    -----
    In a graph file::

        bright: {type: window_means, in: {frame: clean, windows: peaks}, half_width: 3}

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from headrace.nodes import window_means
    >>> windows = pd.DataFrame({"y": [0.0, 2.7], "x": [0.0, 1.0]})
    >>> window_means(np.arange(12).reshape(3, 4), windows, half_width=1)[["mean", "pixels"]].values.tolist()
    [[2.5, 4.0], [7.0, 6.0]]
    """
    image, rows = as_frame(frame, "frame"), as_table(windows, "windows")
    centres = [np.floor(numeric_column(rows, axis, "window_means")) for axis in ("y", "x")]
    halves = [
        np.full(len(rows), float(half_width)) if half_width is not None else numeric_column(rows, axis, "window_means")
        for axis in ("dy", "dx")
    ]
    boxes = np.stack([*(c - h for c, h in zip(centres, halves, strict=True)), *map(np.add, centres, halves)], axis=1)
    found = [_mean(image, box) for box in boxes]
    means, pixels = (np.array([pair[part] for pair in found]) for part in (0, 1))
    return rows.assign(mean=means.astype(np.float64), pixels=pixels.astype(np.int64))


def _mean(image: npt.NDArray[Any], box: npt.NDArray[np.float64]) -> tuple[float, int]:
    """Give the mean and the number of pixels of a window (first row, first column, last row, last column)."""
    if not np.isfinite(box).all():
        return np.nan, 0
    y0, x0, y1, x1 = (int(edge) for edge in box)
    window = image[max(y0, 0) : max(y1 + 1, 0), max(x0, 0) : max(x1 + 1, 0)]
    return (float(window.mean(dtype=np.float64)), window.size) if window.size else (np.nan, 0)
