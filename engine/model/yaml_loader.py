"""From YAML text to plain data with places: safe, bounded, and never raising for what a file holds.

Stands on the parse events of ruamel.yaml, so that nothing is built before it is counted: neither deep nesting nor
aliases of aliases can grow. Where the text breaks off, what came before is kept, so that it can still be drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headrace.engine.model.faults import Fault, Location
from headrace.engine.model.yaml_scalars import resolve
from headrace.engine.model.yaml_tree import Entry, Item, Loaded, Scalar

__all__ = ["LIMITS", "Limits", "load"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a graph file may have, so that a hostile one costs nothing.

    Attributes
    ----------
    size
        Bytes of text.
    depth
        Mappings and lists within each other.
    values
        Keys and values, those repeated by aliases counted each time.
    aliases
        Uses of ``*name``.
    """

    size: int = 1024 * 1024
    depth: int = 16
    values: int = 20_000
    aliases: int = 64


LIMITS = Limits()
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}
_HINTS = {
    "'\\t'": "indent with spaces; YAML has no tabs",
    "mapping values": "put text with ': ' in quotes, and check the indentation",
    "expected ':'": "a key needs ': ' after it, with a space",
    "expected ','": "close the bracket, or separate the values with commas",
    "block end": "check the indentation",
    "end of stream": "close the quote or bracket",
}


def load(text: str, file: str, limits: Limits = LIMITS) -> Loaded:
    """Load one YAML document.

    Parameters
    ----------
    text
        The YAML text.
    file
        Its name, for the places.
    limits
        What it may have.

    Examples
    --------
    >>> load("graph: mine", "mine.yaml").root.plain()
    {'graph': 'mine'}
    """
    size = len(text.encode("utf-8", "replace"))
    if size > limits.size:
        expected = f"at most {limits.size} bytes"
        return Loaded(None, [Fault("HR105", f"the file has {size} bytes", Location(file, 1), expected=expected)])
    composer = _Composer(text.removeprefix("\ufeff"), file, limits)
    return Loaded(composer.document(), composer.faults)


class _Composer:
    """Composes items from events; after a fault that ends the text, every container just ends."""

    def __init__(self, text: str, file: str, limits: Limits) -> None:
        self.faults: list[Fault] = []
        self._file, self._limits, self._text = file, limits, text
        self._events = self._parse(text)
        self._anchors: dict[str, tuple[Item, int] | None] = {}
        self._count = self._aliases = 0
        self._ended = False

    def _parse(self, text: str) -> Iterator[Any]:
        from ruamel.yaml import YAML

        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except Exception as error:
            self.faults.append(_syntax_fault(error, text, self._file))

    def _next(self) -> Any:
        return None if self._ended else next(self._events, None)

    def _at(self, event: Any) -> Location:
        return Location(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _fault(self, code: str, message: str, where: Location, path: tuple[str, ...], **more: str) -> None:
        node = path[1] if len(path) > 1 and path[0] == "nodes" else None
        self.faults.append(Fault(code, message, where, node, **more))

    def _end(self, code: str, message: str, event: Any, **more: str) -> None:
        self._fault(code, message, self._at(event), (), **more)
        self._ended = True

    def document(self) -> Item | None:
        """Give the root of the one document, None if there is none."""
        root = None
        while (event := self._next()) is not None:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if root is not None:
                    hint = "one graph to a file; take out the '---'"
                    self._end("HR104", "a second document begins here", event, hint=hint)
                    break
                self._directives(event)
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                root = self._item(event, ())
        return root

    def _directives(self, event: Any) -> None:
        if event.tags or event.version not in (None, (1, 2)):
            self._fault("HR107", "a directive (%YAML, %TAG)", self._at(event), (), hint="take it out")

    def _item(self, event: Any, path: tuple[str, ...]) -> Item:
        self._count += 1
        if self._count > self._limits.values:
            self._end("HR105", "the file has too many values", event, expected=f"at most {self._limits.values}")
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event, path)
        before, anchor = self._count, event.anchor
        if anchor:
            self._anchors[anchor] = None
        item = self._scalar(event, path) if kind == "ScalarEvent" else self._container(event, path)
        if anchor:
            self._anchors[anchor] = (item, self._count - before)
        return item

    def _alias(self, event: Any, path: tuple[str, ...]) -> Item:
        where, found = self._at(event), self._anchors.get(event.anchor)
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            self._end("HR106", "too many aliases", event, expected=f"at most {self._limits.aliases}")
        if found is None:
            within = event.anchor in self._anchors
            why = "stands within what it repeats" if within else "has no anchor before it"
            self._fault("HR106", f"the alias '*{event.anchor}' {why}", where, path)
            return Item(where, None)
        self._count += found[1]
        return Item(where, found[0].value)

    def _container(self, event: Any, path: tuple[str, ...]) -> Item:
        is_mapping = type(event).__name__ == "MappingStartEvent"
        if event.tag is not None and event.tag != _CORE + ("map" if is_mapping else "seq"):
            self._refuse_tag(event, path)
        if len(path) >= self._limits.depth:
            self._end("HR105", "the file is nested too deeply", event, expected=f"at most {self._limits.depth} levels")
        return Item(self._at(event), self._mapping(path) if is_mapping else self._list(path))

    def _list(self, path: tuple[str, ...]) -> list[Item]:
        items: list[Item] = []
        while (event := self._next()) is not None and type(event).__name__ != "SequenceEndEvent":
            items.append(self._item(event, (*path, str(len(items)))))
        return items

    def _mapping(self, path: tuple[str, ...]) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while (event := self._next()) is not None and type(event).__name__ != "MappingEndEvent":
            where = self._at(event)
            key = self._key(event, path)
            follower = self._next()
            if follower is None:
                break
            item = self._item(follower, (*path, key or "?"))
            if key is None or self._ended:
                continue
            if key in entries:
                self._twice(key, where, entries[key].where, path)
            else:
                entries[key] = Entry(where, item)
        return entries

    def _key(self, event: Any, path: tuple[str, ...]) -> str | None:
        """Give a key, or None for one that can't be one."""
        item = self._item(event, (*path, "?"))
        if event.__class__.__name__ == "ScalarEvent" and event.value == "<<" and event.implicit[0]:
            hint = "write the keys out, or extend another graph with 'extends'"
            self._fault("HR126", "the merge key '<<'", item.where, path, hint=hint)
            return None
        if isinstance(item.value, str) or self._ended:
            return item.value if isinstance(item.value, str) else None
        scalar = not isinstance(item.value, list | dict)
        hint = f"write it in quotes: '{event.value[:60]}'" if scalar and hasattr(event, "value") else ""
        self._fault("HR108", f"a key must be text, got {item.described()}", item.where, path, hint=hint)
        return str(getattr(event, "value", "")) or None

    def _twice(self, key: str, where: Location, first: Location, path: tuple[str, ...]) -> None:
        hint = f"it stands at {first.line}:{first.column} already; take one out"
        if path == ("nodes",):
            self._fault("HR202", f"two nodes are named {key!r}", where, (*path, key), hint=hint)
        elif len(path) == 3 and path[0] == "nodes" and path[2] == "in":
            self._fault("HR402", f"{path[1]}: input {key!r} is connected twice", where, path, hint=hint)
        else:
            self._fault("HR109", f"the key {key!r} is given twice", where, path, hint=hint)

    def _scalar(self, event: Any, path: tuple[str, ...]) -> Item:
        where, tag = self._at(event), event.tag
        if tag is None:
            return Item(where, resolve(event.value) if event.implicit[0] else event.value)
        word = "str" if tag == "!" else tag.removeprefix(_CORE)
        value: Scalar = event.value if word == "str" else resolve(event.value)
        if word not in _SCALAR_TAGS or type(value) not in _SCALAR_TAGS[word]:
            self._refuse_tag(event, path)
            return Item(where, event.value)
        return Item(where, float(value) if word == "float" and isinstance(value, int) else value)

    def _refuse_tag(self, event: Any, path: tuple[str, ...]) -> None:
        tag = event.tag.replace(_CORE, "!!")[:60]
        self._fault("HR107", f"the tag {tag!r}", self._at(event), path, expected="plain data", hint="take it out")


def _syntax_fault(error: Any, text: str, file: str) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    if mark is None and isinstance(position, int):
        where = _position(text, position, file)
        return Fault("HR102", f"the character #x{ord(text[position]):04x} is not allowed in YAML", where)
    where = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file, 1)
    problem = str(getattr(error, "problem", None) or error).strip().splitlines()[0]
    problem = problem.replace("('", "'").replace("',)", "'")
    context = str(getattr(error, "context", None) or "").strip()
    whole = f"{problem} {context}".strip()
    hint = next((hint for sign, hint in _HINTS.items() if sign in whole), "")
    began = getattr(error, "context_mark", None)
    if mark is not None and began is not None and began.line != mark.line:
        hint = "; ".join(text for text in (hint, f"it begins at {began.line + 1}:{began.column + 1}") if text)
    return Fault("HR101", f"syntax error: {whole}", where, hint=hint)


def _position(text: str, position: int, file: str) -> Location:
    before = text[:position]
    return Location(file, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
