"""Making a result again from its provenance alone, and comparing it with what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.result import Result
from headrace.engine.jobs.destinations import Destination
from headrace.engine.jobs.progress import Finished
from headrace.engine.jobs.replay import replay
from headrace.engine.jobs.sources import Readable, stored_runs
from headrace.engine.model.errors import UsageError

__all__ = ["Difference", "Rerun", "rerun"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose data are not what they were.

    Attributes
    ----------
    stream, field
        The field.
    what
        ``other data``, ``missing`` (it was there before) or ``new``.
    """

    stream: str
    field: str
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Rerun:
    """A result that was made again.

    Attributes
    ----------
    result
        The new one.
    compared
        How many fields were compared.
    differences
        The fields that are not what they were.
    reasons
        What is not as it was when the former result was made: code, versions, data.
    finished
        How it went.
    """

    result: Result
    compared: int
    differences: tuple[Difference, ...]
    reasons: tuple[str, ...]
    finished: Finished

    @property
    def same(self) -> bool:
        """Whether every field is what it was, bit for bit."""
        return not self.differences


def rerun(
    result: Readable,
    to: Destination | Iterable[Destination] | None = None,
    *,
    raw: str | Path | None = None,
    trust: bool = False,
    lookup: str | Path | None = None,
    assets: AssetSettings | None = None,
) -> Rerun:
    """Make a result again: the same graph with the same changes on the same run, all of it computed.

    Parameters
    ----------
    result
        A result run.
    to
        Where the new one goes besides.
    raw
        Where its raw run is, if it is not where it was.
    trust
        Whether to run the Python files that the graph names.
    lookup
        A store in which other runs (darks) are looked up.
    assets
        Where data files are.

    Raises
    ------
    UsageError
        If it is no result run, or one without hashes.
    NotReachableError
        If the raw run is not there.
    """
    runs = stored_runs(result, assets)
    if len(runs) != 1:
        problem = f"expected one result run, found {len(runs)}; name one, as STORE/UID or STORE/-1"
        raise UsageError(problem)
    former = runs[0]
    hashes = _hashes(former)
    about = former.start["headrace"]
    events = about.get("replay", {}).get("events")
    again = replay(
        former,
        to=to,
        events=tuple(events) if events else None,
        raw=raw,
        cache=None,
        trust=trust,
        lookup=lookup,
        assets=assets,
    )
    differences = tuple(_differences(hashes, _hashes(again.result)))
    reasons = tuple(_reasons(former, again.result))
    return Rerun(again.result, len(hashes), differences, reasons, again.finished)


def _hashes(result: Any) -> dict[tuple[str, str], str]:
    about = (result.stop or {}).get("headrace", {})
    if "graph" not in result.start.get("headrace", {}) or "hashes" not in about:
        what = "is no result of a graph" if "headrace" not in result.start else "holds no hashes: it never ended"
        problem = f"run {str(result.start['uid'])[:8]} {what}, so there is nothing to compare"
        raise UsageError(problem)
    return {(stream, field): found for stream, field, found in about["hashes"]}


def _differences(before: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], str]) -> Iterator[Difference]:
    for place in {**before, **now}:
        if place not in now:
            yield Difference(*place, "missing")
        elif place not in before:
            yield Difference(*place, "new")
        elif before[place] != now[place]:
            yield Difference(*place, "other data")


def _reasons(former: Any, result: Any) -> Iterator[str]:
    """Say what is not as it was."""
    before, now = former.start["headrace"], result.start["headrace"]
    for package, version in now.get("versions", {}).items():
        was = before.get("versions", {}).get(package)
        if was != version:
            yield f"{package} was {was or 'not there'}, and is {version}"
    for package in before.get("versions", {}).keys() - now.get("versions", {}).keys():
        yield f"{package} was {before['versions'][package]}, and is not there"
    code = now.get("code", {})
    for kind in sorted(kind for kind, was in before.get("code", {}).items() if code.get(kind) != was):
        yield f"the code of {kind} is another one"
    yield from _of_data(former, result)


def _of_data(former: Any, result: Any) -> Iterator[str]:
    passed_on = {key for key in former.start if key not in ("uid", "time", "headrace")}
    changed = sorted(key for key in passed_on if _plain(former.start[key]) != _plain(result.start.get(key)))
    if changed:
        yield f"the raw run says otherwise of {', '.join(changed)}"
    before, now = (run.stop["headrace"] for run in (former, result))
    for key, text in (("events", "events"), ("lost", "lost events"), ("failures", "failures")):
        if _plain(before.get(key)) != _plain(now.get(key)):
            yield f"there were {_said(before.get(key))} {text}, and are {_said(now.get(key))}"


def _said(counted: Any) -> str:
    if isinstance(counted, list):
        return " and ".join(f"{number} {stream}" for stream, number in counted) or "no"
    return str(counted)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value
