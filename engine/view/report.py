"""A result as one self-contained page: the graph with what each node did, where it comes from, counts, pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from headrace.engine.view.folding import fold, foldable
from headrace.engine.view.graph_page import SCRIPT, graph_panes
from headrace.engine.view.page import image, page, paragraph, table
from headrace.engine.view.pictures import figures
from headrace.engine.view.printable import cut, printable
from headrace.engine.view.recorded import recorded
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.results import Drawable
from headrace.engine.view.svg_text import element
from headrace.engine.view.tally import duration

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reportable", "to_report"]

_MOST_LETTERS = 50
_MOST_EVENTS = 10
_ABOUT = ("sample_name", "plan_name", "scan_id", "num_points", "motors", "shape", "extents", "detectors", "operator")


class Reportable(Drawable, Protocol):
    """A result of a graph, to report on."""

    @property
    def uid(self) -> str:
        """Unique id of the run."""

    @property
    def dead_letters(self) -> pd.DataFrame:
        """The failures."""


def to_report(result: Reportable, *, dots: int = 100) -> str:
    """Write a page about a result. Nothing in it is fetched from elsewhere; it can be sent to anyone, or printed.

    Parameters
    ----------
    result
        The result of a graph.
    dots
        Dots per inch of the pictures.
    """
    rendered = recorded(result.start, result.stop)
    name = str(result.start.get("analysis_stage") or "run")
    parts = [
        element("h1", escape(f"{name}: run {result.uid[:8]}")),
        *_verdict(result),
        *(_section("Where it comes from", [table(_provenance(result))])),
        *(_section("Graph", graph_panes(rendered, fold(rendered) if foldable(rendered) else None)) if rendered else ()),
        *(_section("What each node did", _counts(rendered)) if rendered else ()),
        *_section("Results", [_streams(result)]),
        *_section("Failures", _letters(result.dead_letters)),
        *_section("Pictures", _pictures(result, dots)),
        *_section("Parameters", _parameters(result)),
        *_section("Versions", [table(sorted(_mapping(_about(result).get("versions")).items()))]),
    ]
    return page(f"{name} {result.uid[:8]}", parts, script=SCRIPT)


def _section(heading: str, parts: Iterable[str]) -> Iterator[str]:
    """Give a part of the page; nothing if there is nothing in it."""
    filled = [part for part in parts if part]
    if filled:
        yield element("h2", escape(heading))
        yield from (f'<div class="wide">{part}</div>' if part.startswith("<table") else part for part in filled)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _about(result: Reportable) -> Mapping[str, Any]:
    return _mapping(result.start.get("headrace"))


def _verdict(result: Reportable) -> Iterator[str]:
    stop = result.stop
    status = str(stop.get("exit_status", "")) if stop else "not ended"
    reason = str(stop.get("reason") or "") if stop else ""
    yield paragraph(f"{status}: {reason}" if reason else status, "good" if status == "success" else "wrong")
    done = _mapping((stop or {}).get("headrace"))
    said = []
    for word in ("events", "lost", "repeated", "dropped_before", "notes"):
        pairs = [pair for pair in done.get(word) or () if isinstance(pair, list | tuple) and len(pair) == 2]
        if pairs:
            said.append(f"{word.replace('_', ' ')}: {', '.join(f'{number} {what}' for what, number in pairs)}")
    yield paragraph("; ".join(said), "soft")


def _provenance(result: Reportable) -> Iterator[tuple[str, str]]:
    start, stop, about = result.start, result.stop or {}, _about(result)
    yield "result", result.uid
    yield "made of", str(start.get("raw_uid", ""))
    yield "graph", f"{_mapping(about.get('graph')).get('description') or start.get('analysis_stage', '')}"
    yield "SHA-256 of the graph", str(about.get("graph_sha256", ""))
    for word, doc in (("began", start), ("ended", stop)):
        if isinstance(doc.get("time"), int | float):
            yield word, datetime.fromtimestamp(doc["time"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield from ((key, _plain(start[key])) for key in _ABOUT if start.get(key) not in (None, "", []))


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return cut(printable(text), 400)


def _counts(rendered: Rendered) -> Iterator[str]:
    rows: list[tuple[object, ...]] = []
    for node in rendered.nodes:
        if tally := node.tally:
            p95 = "" if tally.p95 is None else duration(tally.p95)
            numbers = (tally.given, tally.out, tally.filtered, tally.failed)
            rows.append((node.name, node.type, *numbers, duration(tally.seconds), f"{100 * tally.share:.1f} %", p95))
    head = ["node", "type", "in", "out", "filtered", "failed", "time", "share", "p95"]
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    yield table(rows, head, numbers=range(2, len(head)))


def _streams(result: Reportable) -> str:
    counts = _mapping((result.stop or {}).get("num_events"))
    rows = []
    for name in result.streams:
        about = result.outputs.get(name, {})
        rows.append((name, *(str(about.get(key, "")) for key in ("node", "port_type", "cadence")), counts.get(name, 0)))
    return table(rows, ("result", "node", "port type", "given", "events"), numbers=(4,))


def _letters(letters: pd.DataFrame) -> Iterator[str]:
    """List the failures: those of one node with one error together, with the full text of the first."""
    alike: dict[tuple[str, str], list[Mapping[Any, Any]]] = {}
    for letter in letters.to_dict("records"):
        alike.setdefault((str(letter.get("node", "")), str(letter.get("error", ""))), []).append(letter)
    for (node, error), same in list(alike.items())[:_MOST_LETTERS]:
        numbers = [str(letter.get("raw_seq_num", "")) for letter in same]
        some = ", ".join(numbers[:_MOST_EVENTS]) + (
            f" and {len(same) - _MOST_EVENTS} more" * (len(same) > _MOST_EVENTS)
        )
        head = f"{node}, event{'s' * (len(same) > 1)} {some}: {error}"
        text = element("pre", escape(str(same[0].get("text", ""))))
        yield f'<details><summary class="wrong">{escape(printable(head))}</summary>{text}</details>'
    if len(alike) > _MOST_LETTERS:
        yield paragraph(f"And {len(alike) - _MOST_LETTERS} other kinds of failure.", "soft")


def _parameters(result: Reportable) -> Iterator[str]:
    rows = [
        (node, name, _plain(value))
        for node, values in _mapping(_about(result).get("parameters")).items()
        for name, value in _mapping(values).items()
    ]
    yield table(rows, ("node", "parameter", "value"))
    done = _mapping((result.stop or {}).get("headrace"))
    revisions = [one for one in done.get("revisions") or () if isinstance(one, Mapping)]
    if len(revisions) > 1 or any(one.get("changes") for one in revisions):
        yield paragraph("Changed while it ran; the table above is the first revision:")
        head = ("revision", "from event", "author", "changes")
        yield table((_revision(one) for one in revisions), head, numbers=(0,))


def _revision(one: Mapping[str, Any]) -> tuple[str, ...]:
    pairs = [pair for pair in one.get("changes") or () if isinstance(pair, list | tuple) and len(pair) == 2]
    changes = ", ".join(f"{key} = {_plain(value)}" for key, value in pairs)
    first = one.get("first_event")
    event = f"{first[0]} {first[1]}" if isinstance(first, list | tuple) and len(first) == 2 else ""
    undone = f"undoes {one['undoes']}" if one.get("undoes") is not None else ""
    return str(one.get("revision", "")), event, str(one.get("author") or ""), changes or undone or "as started"


def _pictures(result: Reportable, dots: int) -> Iterator[str]:
    drawn = []
    for name, figure in figures(result):
        paper = io.BytesIO()
        figure.savefig(paper, format="png", dpi=dots)
        caption = element("figcaption", escape(name), class_="soft")
        drawn.append(element("figure", image(paper.getvalue(), name) + caption))
    yield element("div", "".join(drawn), class_="pictures") if drawn else ""
