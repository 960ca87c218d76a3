"""Dead letters as text for a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

__all__ = ["listed", "retried", "shown"]


def listed(letters: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Give letters as a table, each with its error below it: there it has room on any terminal."""
    if not letters:
        yield Text("no dead letters")
        return
    rows = [("letter", "when", "node", "on", "inputs"), *map(_row, letters)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    yield Text(lines[0], style="dim")
    for line, letter in zip(lines[1:], letters, strict=True):
        yield Text(line)
        yield Text(f"  {letter['error']}", style="red")


def _row(letter: Mapping[str, Any]) -> tuple[str, ...]:
    when = time.strftime("%m-%d %H:%M:%S", time.localtime(letter["kept_at"]))
    kept = f"{letter['bytes'] / 1e6:.1f} MB" if letter["file"] else "-"
    return letter["id"], when, letter["node"], letter["place"], kept


def shown(letter: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Give all about one letter."""
    head = Text(f"{letter['id']}: ")
    head.append(f"{letter['node']} ({letter['node_type'] or '?'})", style="bold")
    head.append(f" of graph {letter['graph']} failed on {letter['place']}, revision {letter['revision']}")
    yield head
    yield Text(letter["error"], style="red")
    if letter["trace"]:
        yield Text(letter["trace"].rstrip())
    if letter["parameters"]:
        yield Text("parameters", style="dim")
        yield from (Text(f"  {name}: {value!r}") for name, value in letter["parameters"].items())
    if letter["inputs"] or letter["looks"]:
        yield Text("inputs", style="dim")
    yield from (Text(f"  {port}: {_looked(look)}") for port, look in letter["looks"].items())
    unseen = {port: what for port, what in letter["inputs"].items() if port not in letter["looks"]}
    yield from (Text(f"  {port}: {what}") for port, what in unseen.items())
    for what, why in letter["left_out"].items():
        yield Text(f"  not kept: {what}: {why}", style="yellow")


def _looked(look: Mapping[str, Any]) -> str:
    """Write what a value looks like on a line; columns of a table on lines of their own."""
    text = str(look["what"])
    if "least" in look:
        mean = "" if look.get("mean") is None else f", mean {look['mean']:.6g}"
        text += f", from {look['least']:.6g} to {look['most']:.6g}{mean}"
    text += "".join(f", {look[key]} {key}" for key in ("nan", "infinite") if look.get(key))
    columns = look.get("columns", {})
    return text + "".join(f"\n    {name}: {_looked(column)}" for name, column in columns.items())


def retried(came: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Give what came of a letter that was run again."""
    head = Text(f"{came['letter']}: ")
    head.append("it works now" if came["success"] else "it fails again", style="green" if came["success"] else "red")
    head.append(f", in {came['seconds']:.3f} s")
    yield head
    yield from (Text(f"  {name}: {what}") for name, what in came["outputs"].items())
    if came["error"]:
        yield Text(came["error"], style="red")
        yield Text(came["trace"].rstrip())
    yield from (Text(f"  {remark}", style="dim") for remark in came["remarks"])
