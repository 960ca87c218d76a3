"""What a parameter may be: its type, its range, its unit; and the one way to check a value against them.

Constraints stand in the annotation of a keyword-only argument:

    diameter: Annotated[int, Meta(ge=3), Odd, Unit("px")]

`msgspec` does types and ranges; `Odd`, `Unit` and `Expression` are ours.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from headrace.engine.model.errors import UsageError

__all__ = [
    "ConstraintError",
    "Expression",
    "Meta",
    "Odd",
    "Unit",
    "Violation",
    "alternatives",
    "choices",
    "convert",
    "find_expression",
    "find_unit",
    "is_odd",
    "plain",
]

Violation: TypeAlias = Literal["type", "range", "choice", "unit"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a number, such as ``px``, ``mm`` or ``1/angstrom``.

    A graph may give a bare number, taken in this unit, or text with a unit (``"150 um"``), which is converted.
    """

    symbol: str


class Odd:
    """Marks an integer, or each of several, that must be odd."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Marks text that is an expression over the node's inputs, such as ``"mass > 100"``.

    The language belongs to whoever evaluates it; the graph check only asks.

    Attributes
    ----------
    check
        Called as ``check(text, names)``: gives what is wrong with the text, one line each. `names` are those that
        there will be; None: don't check them.
    names
        The names that there are besides the node's inputs.
    """

    check: Callable[[str, Iterable[str] | None], list[str]]
    names: tuple[str, ...] = ()


class ConstraintError(UsageError):
    """A value that its parameter can't take.

    Attributes
    ----------
    expected, got
        The two halves of the message.
    violation
        What it violates: ``type``, ``range``, ``choice`` or ``unit``.
    """

    def __init__(self, expected: str, got: str, violation: Violation) -> None:
        self.expected, self.got, self.violation = expected, got, violation
        super().__init__(f"expected {expected}, got {got}")


def _marks(annotation: Any) -> Iterator[Any]:
    """Give every mark in an annotation, those of union members included."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from marks
        yield from _marks(inner)
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _marks(part)


def find_unit(annotation: Any) -> str | None:
    """Give the unit an annotation declares, None if it has none."""
    return next((mark.symbol for mark in _marks(annotation) if isinstance(mark, Unit)), None)


def is_odd(annotation: Any) -> bool:
    """Tell whether an annotation asks for odd numbers."""
    return any(mark is Odd for mark in _marks(annotation))


def find_expression(annotation: Any) -> Expression | None:
    """Give the mark of an expression, None if it isn't one."""
    return next((mark for mark in _marks(annotation) if isinstance(mark, Expression)), None)


def choices(annotation: Any) -> tuple[Any, ...]:
    """Give the values that an annotation lists, nothing if it lists none.

    Examples
    --------
    >>> choices(Literal["error", "skip"] | None)
    ('error', 'skip')
    """
    origin = get_origin(annotation)
    if origin is Literal:
        return get_args(annotation)
    if origin is Annotated:
        return choices(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return tuple(value for part in get_args(annotation) for value in choices(part))
    return ()


def plain(value: Any) -> Any:
    """Give a value as plain data: the form in which a graph holds it, whether it came from YAML or Python.

    Examples
    --------
    >>> plain({"box": (1, 2)})
    {'box': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy numbers and arrays, without importing numpy
        return plain(value.tolist())
    if isinstance(value, str):
        return str(value)
    return value


def convert(value: Any, annotation: Any) -> Any:
    """Check one parameter value and give it in its declared type and unit.

    Raises
    ------
    ConstraintError
        With what was expected, if the value has the wrong type, range or unit.

    Examples
    --------
    >>> convert("0.15 mm", Annotated[float, Unit("um")])
    150.0
    >>> convert(4, Annotated[int, Odd])
    Traceback (most recent call last):
    headrace.engine.model.constraints.ConstraintError: expected an odd number, got 4
    """
    unit = find_unit(annotation)
    value = plain(value)
    if unit is not None:
        value = _in_unit(value, unit)
    converted = _fit(value, alternatives(annotation))
    if is_odd(annotation):
        _refuse_even(converted)
    return converted


def alternatives(annotation: Any) -> list[Any]:
    """Give the members of a union, each with the constraints that stand around the union.

    Each is tried on its own: msgspec 0.22 crashes the interpreter on ``Annotated[int, Meta(ge=3)] |
    tuple[int, int]``, and refuses unions of two kinds of list.

    Examples
    --------
    >>> alternatives(int | None)
    [<class 'int'>, <class 'NoneType'>]
    """
    if get_origin(annotation) in (Union, types.UnionType):
        return [one for part in get_args(annotation) for one in alternatives(part)]
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        limits = [mark for mark in marks if isinstance(mark, Meta)]
        return [Annotated[part, *limits] if limits else part for part in alternatives(inner)]
    return [annotation]


def _fit(value: Any, alternatives: list[Any]) -> Any:
    """Give the value as the first alternative that takes it."""
    violations: list[ConstraintError] = []
    for annotation in alternatives:
        try:
            return msgspec.convert(value, annotation, strict=True)
        except msgspec.ValidationError as error:
            violations.append(_reworded(str(error), value, annotation))
    for one in violations:
        if one.violation == "range":
            raise one
    listed = isinstance(value, str) and any(one.violation == "choice" for one in violations)
    violation: Violation = "choice" if listed else "type"
    expected = list(dict.fromkeys(one.expected for one in violations))
    raise ConstraintError(" or ".join(expected), repr(value), violation)


def _refuse_even(value: Any) -> None:
    for number in value if isinstance(value, list | tuple) else [value]:
        if isinstance(number, int) and number % 2 == 0:
            expected = "an odd number"
            raise ConstraintError(expected, repr(number), "range")


_OUR_WORDS = {
    "array": "a list",
    "object": "a mapping",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
}
_RANGE_SIGNS = (">", "<", "length", "multiple of", "matching regex")


def _reworded(text: str, value: Any, annotation: Any) -> ConstraintError:
    """Say what msgspec said in the words of a graph file, with the value that was given."""
    listed = choices(annotation)
    if listed:
        return ConstraintError("one of " + ", ".join(str(item) for item in listed), repr(value), "choice")
    body, _, place = text.removesuffix(".").partition(" - at ")
    body = re.sub(r"`(\w+)`", lambda found: _OUR_WORDS.get(found[1], found[1]), body.partition(", got")[0])
    expected = re.sub(r"\.0\b", "", body.removeprefix("Expected "))
    if place:
        expected += f" at {place.strip('`').replace('$', 'item ')}"
    violation: Violation = "range" if any(sign in body for sign in _RANGE_SIGNS) else "type"
    return ConstraintError(expected, repr(value), violation)


def _in_unit(value: Any, unit: str) -> Any:
    """Convert text such as ``"150 um"``, or each such text of a list, to a number in the declared unit."""
    from headrace.engine.model.units import to_unit

    if isinstance(value, list):
        return [_in_unit(item, unit) for item in value]
    return to_unit(value, unit) if isinstance(value, str) else value
