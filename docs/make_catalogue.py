"""Write docs/reference/catalogue.md from the node types themselves: python docs/make_catalogue.py."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from headrace.engine.model.constraints import Meta, Odd, Unit
from headrace.engine.model.node_type import InputPort, NodeType, OutputPort, Parameter
from headrace.engine.model.registry import installed

__all__ = ["CATALOGUE", "catalogue"]

CATALOGUE = Path(__file__).parent / "reference" / "catalogue.md"

_WORDS = {"int": "whole number", "float": "number", "str": "text", "bool": "true or false", "NoneType": "null"}
_ORDER = [
    "sources",
    "darks",
    "frames",
    "filters",
    "peaks",
    "maps",
    "windows",
    "accumulators",
    "plots",
    "exports",
    "sinks",
]
_SECTIONS = ("Returns", "Raises", "Notes", "Examples", "Yields")


def catalogue() -> str:
    """Give the page."""
    own = [kind for kind in installed().values() if kind.target.__module__.startswith("headrace.nodes.")]
    families = sorted({kind.family for kind in own}, key=_rank)
    parts = [
        "# Catalogue of node types",
        "",
        "Made by `docs/make_catalogue.py` from the node types themselves; don't edit it by hand. "
        "`headrace nodes TYPE` says the same on the command line.",
        "",
        "| node type | what it does |",
        "|---|---|",
    ]
    own.sort(key=lambda kind: (kind.target.__module__, inspect.getsourcelines(kind.target)[1]))
    ordered = [kind for family in families for kind in own if kind.family == family]
    parts += [f"| [`{kind.name}`](#{kind.name}) | {_first_line(kind)} |" for kind in ordered]
    for kind in ordered:
        parts += ["", *_entry(kind)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _rank(family: str) -> tuple[float, str]:
    """Families in the order in which data passes through them; new ones stand before the sinks."""
    return (_ORDER.index(family) if family in _ORDER else len(_ORDER) - 1.5, family)


def _first_line(kind: NodeType) -> str:
    return _inline(inspect.cleandoc(kind.doc).split("\n\n")[0].replace("\n", " "))


def _entry(kind: NodeType) -> Iterator[str]:
    text, sections = _split(inspect.cleandoc(kind.doc))
    yield f"## {kind.name}"
    yield ""
    yield _about(kind)
    yield ""
    yield from _markdown(text)
    if kind.inputs or kind.outputs:
        yield from ("", "| port | type | when |", "|---|---|---|")
        yield from map(_input, kind.inputs)
        yield from (_output(kind, number, port) for number, port in enumerate(kind.outputs))
    texts = _texts(sections.get("Parameters", []))
    if kind.parameters:
        yield from ("", "| parameter | value | default | meaning |", "|---|---|---|---|")
        for parameter in kind.parameters.values():
            yield _parameter(parameter, texts.get(parameter.name, ""))
        yield from _on_change(kind)
    for title in _SECTIONS[1:4]:
        if title in sections:
            yield from ("", f"**{title}**", "")
            body = sections[title]
            yield from _definitions(body) if title == "Raises" else _markdown(body)


def _about(kind: NodeType) -> str:
    what = "source" if kind.is_source else "sink" if kind.keeps else "stateful" if kind.stateful else "stateless"
    held = ", held for events of other streams" if kind.held else ""
    return f"*{what}{held}; family {kind.family}*"


def _input(port: InputPort) -> str:
    name = "any name" if port.variadic else f"`{port.name}`"
    need = "" if port.required or port.variadic else ", optional"
    return f"| in: {name} | {_kinds(port)} | {'any number of these' if port.variadic else 'each event' + need} |"


def _output(kind: NodeType, number: int, port: OutputPort) -> str:
    when = {"event": "each event", "run": "once per run, may be renewed", "final": "at the end of the run"}
    cadence = when.get(str(port.cadence), "as often as its inputs")
    if kind.is_source and port.cadence is None:
        cadence = "once per run, may be renewed" if kind.held else "each event, or once per run"
    first = " (the first)" if number == 0 and len(kind.outputs) > 1 else ""
    return f"| out: `{port.name}`{first} | {_kinds(port)} | {cadence} |"


def _kinds(port: InputPort | OutputPort) -> str:
    return " or ".join(one.name for one in port.types)


def _parameter(parameter: Parameter, text: str) -> str:
    default = "required" if parameter.required else f"`{_yaml(parameter.default)}`"
    return f"| `{parameter.name}` | {_cell(_type(parameter.annotation))} | {default} | {_cell(_inline(text))} |"


_CHANGES = {
    "keep": "keeps what was collected",
    "reset": "begins anew",
    "refuse": "is refused while a run is under way",
}


def _on_change(kind: NodeType) -> Iterator[str]:
    """Say what becomes of the state of a class when a parameter changes in a run."""
    if not kind.stateful:
        return
    said = []
    for word, meaning in _CHANGES.items():
        names = [f"`{name}`" for name, parameter in kind.parameters.items() if parameter.on_change == word]
        if names:
            said.append(f"a change of {', '.join(names)} {meaning}")
    yield from ("", f"*While it runs: {'; '.join(said)}.*")


def _yaml(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        marks = [_mark(mark) for mark in arguments[1:]]
        return ", ".join([_type(arguments[0]), *(mark for mark in marks if mark)])
    if origin is Literal:
        return " \\| ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(map(_type, arguments))
    if origin is list:
        return f"list of ({_type(arguments[0])})"
    if origin is tuple:
        return f"[{'; '.join(map(_type, arguments))}]"
    return _WORDS.get(getattr(annotation, "__name__", ""), str(annotation))


def _mark(mark: Any) -> str:
    if isinstance(mark, Unit):
        return mark.symbol
    if mark is Odd:
        return "odd"
    if isinstance(mark, Meta):
        signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
        limits = {sign: getattr(mark, key) for key, sign in signs.items()}
        return ", ".join(f"{sign} {limit:g}" for sign, limit in limits.items() if limit is not None)
    return ""


# From a NumPy-style docstring to Markdown


def _split(doc: str) -> tuple[list[str], dict[str, list[str]]]:
    """Give the text before the first section, and the sections."""
    lines, text, sections = doc.splitlines(), list[str](), dict[str, list[str]]()
    here = text
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if below and set(below) == {"-"} and len(below) == len(line):
            here = sections[line] = []
        elif not (line and set(line) == {"-"}):
            here.append(line)
    return text, sections


def _texts(lines: list[str]) -> dict[str, str]:
    """Give the text of each name; names may share one (``shape, snaking``)."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in lines:
        if line and not line.startswith(" "):
            names = [name.strip("* ") for name in line.partition(":")[0].split(",")]
        elif line:
            for name in names:
                found.setdefault(name, []).append(line.strip())
    return {name: " ".join(text) for name, text in found.items()}


def _definitions(lines: list[str]) -> Iterator[str]:
    for name, text in _texts(lines).items():
        yield f"- `{name}`: {_inline(text)}"


def _markdown(lines: list[str]) -> Iterator[str]:
    """Turn literal blocks, doctests and simple tables into fences and tables."""
    lines = [*"\n".join(lines).strip("\n").splitlines(), ""]
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("===") and set(line) <= {"=", " "}:
            number = yield from _table(lines, number)
        elif line.startswith(">>>"):
            number = yield from _fence(lines, number, "pycon", lambda text: bool(text))
        elif line.endswith("::"):
            yield line[:-1]
            yield ""
            number = yield from _fence(lines, number + 2, "yaml", lambda text: not text or text.startswith("    "))
        else:
            yield _inline(line)
            number += 1


def _fence(lines: list[str], number: int, language: str, inside: Any) -> Any:
    block = []
    while number < len(lines) and inside(lines[number]):
        block.append(lines[number])
        number += 1
    yield f"```{language}"
    yield inspect.cleandoc("\n".join(block)) if language == "yaml" else "\n".join(block)
    yield "```"
    return number


def _table(lines: list[str], number: int) -> Any:
    """Turn a simple table of reStructuredText, whose columns stand under the signs =, into one of Markdown."""
    starts = [found.start() for found in re.finditer("=+", lines[number])]
    rows: list[list[str]] = []
    number += 1
    while number < len(lines) and lines[number]:
        if not lines[number].startswith("==="):
            ends = [*starts[1:], None]
            cells = [lines[number][start:end].strip() for start, end in zip(starts, ends, strict=True)]
            if cells[0] or not rows:
                rows.append(cells)
            else:  # a row that goes on
                rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
        number += 1
    head, *body = [[_cell(_inline(cell)) for cell in row] for row in rows]
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in body:
        yield f"| {' | '.join(row)} |"
    return number


def _inline(text: str) -> str:
    text = re.sub(r"``(.+?)``", r"`\1`", text)
    text = re.sub(r" \[(\d)\]_", "", text)
    return re.sub(r"^\.\. \[\d\] ", "Reference: ", text).replace("\\*", "*")


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", "\\\\|", text)


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
    print(f"wrote {CATALOGUE}")
