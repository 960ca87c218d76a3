"""File names from templates over metadata, which can't lead out of their folder."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headrace.engine.model.errors import UsageError
from headrace.engine.model.records import Event, RunContext
from headrace.nodes.support.lookup import MISSING, find

__all__ = ["file_for", "template_problems"]

_KNOWN = "{uid}, {scan_id}, {stream}, {seq_num}, {start.KEY}, {data.FIELD}"
_EVENT_NAMES = frozenset({"seq_num", "stream"})
_RUN_NAMES = frozenset({"uid", "scan_id"})


def template_problems(template: str) -> list[str]:
    """Say what is wrong with a template, before any run."""
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
    except ValueError as error:
        return [f"'path' {template!r} is no template: {error}"]
    problems = [
        f"'path' has {{{field}}}; known are {_KNOWN}"
        for field in fields
        if field not in _EVENT_NAMES | _RUN_NAMES and field.split(".")[0] not in ("start", "data")
    ]
    if Path(template).is_absolute() or ".." in Path(template).parts:
        problems.append(f"'path' {template!r} leaves the folder of the run; give a path inside it")
    return problems


def file_for(template: str, event: Event | None, run: RunContext | None) -> Path:
    """Give the file that a template names for an event of a run, its folder made.

    ``{uid}`` (its first eight letters), ``{scan_id}``, ``{stream}``, ``{seq_num}`` (also ``{seq_num:05d}``),
    ``{start.sample_name}`` and ``{data.i0}`` are filled in. What is not there is left out, and the bare separators
    around it with it. Letters that don't belong into file names become underscores.

    Raises
    ------
    UsageError
        If the run has no folder, or the template is wrong.
    """
    problems = template_problems(template)
    if problems:
        raise UsageError("; ".join(problems))
    if run is None or run.folder is None:
        problem = f"nobody said where files go: run with a folder as destination (--to FOLDER) to write {template!r}"
        raise UsageError(problem)
    parts = [_tidied(_filled(part, event, run)) for part in Path(template).parts]
    path = run.folder.joinpath(*(part for part in parts if part))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _filled(template: str, event: Event | None, run: RunContext) -> str:
    out: list[str] = []
    for text, field, spec, _ in string.Formatter().parse(template):
        out.append(text)
        if field is not None:
            out.append(_safe(_value(field, event, run), spec or ""))
    return "".join(out)


def _value(field: str, event: Event | None, run: RunContext) -> Any:
    head, _, rest = field.partition(".")
    if head == "start":
        return find(run.start, rest)
    if head == "data":
        return find(event.data, rest) if event else MISSING
    if event is not None and field in _EVENT_NAMES:
        return event.key.seq_num if field == "seq_num" else event.key.stream
    return {"uid": run.uid[:8], "scan_id": run.start.get("scan_id", MISSING)}.get(field, MISSING)


def _safe(value: Any, spec: str) -> str:
    if value is MISSING or isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return ""
    try:
        text = format(value, spec)
    except (TypeError, ValueError):
        text = str(value)
    return re.sub(r"[^\w.+-]", "_", text)[:100]


def _tidied(name: str) -> str:
    """Take out separators that a missing part has left bare, and leading dots."""
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, suffix) if dot else (name, "")
    stem = re.sub(r"([_-])[_-]+", r"\1", stem).strip("_-").lstrip(".")
    return f"{stem or 'file'}{dot}{suffix}" if name else ""
