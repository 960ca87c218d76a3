"""For which runs a graph is meant: conditions on the start document, ``when:`` in a graph file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from headrace.engine.model.yaml_tree import shown

__all__ = ["WHEN_VALUE", "matches", "unmet", "when_problems"]

WHEN_VALUE = "text (with * and ? as wildcards), a number, true, false, null, or a list of these"
"""What may stand for a key of the start document."""

_MISSING = object()


def matches(when: Mapping[str, Any], start: Mapping[str, Any]) -> bool:
    """Tell whether a run fits: every condition must.

    Parameters
    ----------
    when
        Key of the start document (dots lead into mappings) to what is accepted: a value, a list of values, or text
        with ``*`` and ``?`` as wildcards. ``"*"`` accepts anything that is there, ``null`` that nothing is. Where
        the start document has a list (``detectors``), one of its items must fit. Upper and lower case differ.
    start
        The start document.

    Examples
    --------
    >>> start = {"plan_name": "grid_scan", "sample": {"name": "Ni foil"}, "detectors": ["dexela"]}
    >>> matches({"plan_name": ["grid_scan", "rel_grid_scan"], "sample.name": "Ni*", "detectors": "dexela"}, start)
    True
    >>> matches({"sample.name": "Cu*"}, start), matches({"dark_frame": None}, start)
    (False, True)
    """
    return next(unmet(when, start), None) is None


def unmet(when: Mapping[str, Any], start: Mapping[str, Any]) -> Iterator[str]:
    """Say which conditions a run does not meet, and what it has instead.

    Examples
    --------
    >>> list(unmet({"plan_name": "grid_scan"}, {"plan_name": "count"}))
    ["plan_name is 'count', not 'grid_scan'"]
    """
    for key, accepted in when.items():
        value = _found(start, key)
        if not _fits(value, accepted):
            has = "missing" if value is _MISSING else shown(value)
            yield f"{key} is {has}, not {shown(accepted)}"


def _found(start: Mapping[str, Any], key: str) -> Any:
    if key in start:
        return start[key]
    found: Any = start
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _MISSING
        found = found[part]
    return found


def _fits(value: Any, accepted: Any) -> bool:
    values = value.tolist() if hasattr(value, "tolist") else value
    values = list(values) if isinstance(values, list | tuple) else [values]
    choices = accepted if isinstance(accepted, list) else [accepted]
    return any(_is(one, choice) for one in values for choice in choices)


def _is(value: Any, accepted: Any) -> bool:
    if accepted is None:
        return value is None or value is _MISSING
    if value is None or value is _MISSING:
        return False
    if accepted == "*":
        return True
    if isinstance(accepted, str) and isinstance(value, str):
        return value == accepted or fnmatchcase(value, _pattern(accepted))
    return bool(isinstance(value, bool) == isinstance(accepted, bool) and value == accepted)


def _pattern(text: str) -> str:
    """Leave only * and ? with a meaning: brackets are part of names."""
    return text.replace("[", "[[]")


def when_problems(when: Any) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Give what is wrong with conditions: the way to the place, what is wrong, what was expected."""
    if not isinstance(when, Mapping):
        yield (), f"'when' is {shown(when)}", "a mapping of keys of the start document to accepted values"
        return
    for key, accepted in when.items():
        if not all(key.split(".")):
            yield (key,), f"'when' has the key {key!r}", "a key of the start document, such as sample.name"
        choices = accepted if isinstance(accepted, list) else [accepted]
        if not choices or not all(one is None or isinstance(one, str | int | float) for one in choices):
            yield (key,), f"'when' wants {key!r} to be {shown(accepted)}", WHEN_VALUE
