"""What is said when a run has ended: verdict, what each node did, what there is now, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headrace.engine.cli.tally import Kept
from headrace.engine.model.one_line import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from headrace.engine.jobs.progress import Finished
    from headrace.engine.runtime.dead_letters import DeadLetter

__all__ = ["SHOWN_LETTERS", "complaint", "run_title", "summary"]

SHOWN_LETTERS = 3
"""Failures that are spelt out; the others are in the result run."""

_COLOURS = {"success": "green", "abort": "yellow", "fail": "red"}


def run_title(start: Mapping[str, Any]) -> str:
    """Name a run for people.

    Examples
    --------
    >>> run_title({"uid": "5c1f0a2e-9d1c", "scan_id": 12, "plan_name": "grid_scan"})
    'run 5c1f0a2e (scan 12, grid_scan)'
    """
    about = [f"scan {start['scan_id']}" if "scan_id" in start else "", str(start.get("plan_name") or "")]
    named = ", ".join(text for text in about if text)
    return one_line(f"run {str(start['uid'])[:8]}" + (f" ({named})" if named else ""), 200)


def summary(
    finished: Finished,
    kept: Mapping[str, Kept],
    letters: Sequence[DeadLetter],
    nodes: Iterable[RenderableType] | None = None,
) -> Iterator[RenderableType]:
    """Give what is to be printed about a run, part by part.

    Parameters
    ----------
    finished
        The run.
    kept
        Output to what it holds.
    letters
        The first of its dead letters.
    nodes
        What is to be said of the nodes; by default their counts and times.
    """
    yield from _verdict(finished)
    yield ""
    yield from [_nodes(finished)] if nodes is None else nodes
    yield ""
    if kept:
        yield _outputs(kept)
        yield ""
    yield from _failures(finished.summary.failures, letters)
    yield from _places(finished)


def complaint(finished: Finished, letters: Sequence[DeadLetter]) -> Iterator[RenderableType]:
    """Give what is to be said about a run that did not end well; nothing about one that did."""
    if finished.summary.verdict[0] != "success":
        yield from _verdict(finished)
    yield from _failures(finished.summary.failures, letters)
    yield from _problems(finished)


def _verdict(finished: Finished) -> Iterator[RenderableType]:
    from rich.text import Text

    run = finished.summary
    status, reason = run.verdict
    head = Text(f"{run_title(run.run.start)}: {_events(run.events)}, ")
    head.append(status, style=f"bold {_COLOURS.get(status, 'red')}")
    yield head
    if run.first_failure:  # the failures are listed below
        reason = reason.replace(f"; first: {run.first_failure.error}", "")
    if reason:
        yield Text(f"  {reason}")


def _events(events: Mapping[str, int]) -> str:
    """Count the events of each stream, for people.

    Examples
    --------
    >>> _events({"primary": 1}), _events({"primary": 117, "dark": 3}), _events({})
    ('1 event', '117 primary and 3 dark events', 'no events')
    """
    if not events:
        return "no events"
    last = list(events.values())[-1]
    named = " and ".join(f"{number} {stream}" for stream, number in events.items())
    counted = str(last) if list(events) == ["primary"] else named
    return f"{counted} event{'s' * (last != 1)}"


def _table(*columns: str) -> Table:
    """Make a table without frames: the first column is text, the others are numbers."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=bool(number), overflow="fold")
    return table


def _nodes(finished: Finished) -> Table:
    table = _table("node", "in", "out", "filtered", "failed", "time")
    for name, count in finished.summary.counts.items():
        filtered, failed = (str(count[key]) if count[key] else "-" for key in ("filtered", "failed"))
        time = f"{finished.summary.seconds.get(name, 0.0):.3f} s"
        table.add_row(name, str(count["in"]), str(count["out"]), filtered, failed, time, style="red" * (failed != "-"))
    return table


def _outputs(kept: Mapping[str, Kept]) -> Table:
    table = _table("output", "events", "content")
    for name, output in kept.items():
        table.add_row(name, str(output.events), output.content)
    return table


def _failures(number: int, letters: Sequence[DeadLetter]) -> Iterator[RenderableType]:
    from rich.text import Text

    if not number:
        return
    yield Text("failures", style="red")
    for letter in letters[:SHOWN_LETTERS]:
        place = str(letter.event) if letter.event else f"{letter.phase} of the run"
        yield Text(f"  {letter.node} on {place}: {letter.error}")
    more = number - min(len(letters), SHOWN_LETTERS)
    if more:
        yield Text(f"  {more} more, in the stream dead_letters of the result")


def _places(finished: Finished) -> Iterator[RenderableType]:
    from rich.text import Text

    for place in finished.places:
        yield Text(f"result: {place}", overflow="fold")
    yield from _problems(finished)
    if not finished.places and not finished.problems:
        yield Text("result: not kept; name a folder or a proxy with --to to keep it")


def _problems(finished: Finished) -> Iterator[RenderableType]:
    from rich.text import Text

    for problem in finished.problems:
        yield Text(f"not kept: {problem}", style="red", overflow="fold")
