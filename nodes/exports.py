"""Writing values to files that people open with other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Value
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.exporting import WRITERS
from headrace.nodes.support.file_names import file_for, template_problems

__all__ = ["export"]


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    path = str(parameters["path"])
    yield from template_problems(path)
    if Path(path).suffix.lower() not in WRITERS:
        yield f"'path' {path!r} has a suffix that is not known; known are {', '.join(WRITERS)}"


@node(problems_of=_problems)
def export(
    value: Value,
    *,
    path: Annotated[str, Meta(min_length=1, max_length=400)],
    event: Event | None = None,
    run: RunContext | None = None,
) -> Skip | None:
    """Write a value to a file.

    The suffix says how:

    ==================== ====================================================== ==============================
    suffix               holds                                                  with a value per event
    ==================== ====================================================== ==============================
    .csv                 tables, curves, numbers                                rows are appended, with seq_num
    .h5 .hdf5 .nxs       anything numeric, as NeXus ``/entry/data`` (NXdata)    appended along the first axis
    .npy .npz            an array (.npz: also a table)                          needs ``{seq_num}`` in the name
    .tif .tiff           images                                                 needs ``{seq_num}`` in the name
    ==================== ====================================================== ==============================

    A file of which each event would write its own, without ``{seq_num}`` in its name, holds the newest value. Such
    files are written whole or not at all. Every run has a folder of its own, in the folder given by ``--to``.
    Where no folder is given, nothing is kept, and nothing is written either: the events count as filtered.

    Parameters
    ----------
    value
        What to write.
    path
        Name of the file inside the run's folder. ``{uid}``, ``{scan_id}``, ``{stream}``, ``{seq_num:05d}``,
        ``{start.sample_name}``, ``{data.i0}`` are filled in; what is not there is left out.
    event, run
        The event and its run.

    Raises
    ------
    UsageError
        If the template or the suffix is wrong, or there is no run.
    DocumentError
        If the format can't hold the value.

    Notes
    -----
    In a graph file::

        pictures: {type: export, in: mean, path: "images/{start.sample_name}_{seq_num:05d}.tif"}
        table:    {type: export, in: peaks, path: peaks.csv}

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from headrace.engine.model.records import RunContext
    >>> from headrace.nodes import export
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = RunContext({"uid": "5c1f", "sample_name": "Ni 1/2"}, folder=Path(folder))
    ...     export([1.5, 2.5], path="{start.sample_name}.csv", run=run)
    ...     print((Path(folder) / "Ni_1_2.csv").read_text())
    value
    1.5
    2.5
    <BLANKLINE>
    """
    if run is not None and run.folder is None:
        return SKIP
    write = WRITERS.get(Path(path).suffix.lower())
    if write is None:
        problem = f"'path' {path!r} has a suffix that is not known; known are {', '.join(WRITERS)}"
        raise UsageError(problem)
    write(file_for(path, event, run), value, event)
    return None
