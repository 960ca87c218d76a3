"""What a parameter may be: its type, its range, its unit; and the one way to check a value against them.

Constraints stand in the annotation of a keyword-only argument:

    diameter: Annotated[int, Meta(ge=3), Odd, Unit("px")]

`msgspec` does types and ranges; `Odd` and `Unit` are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Meta

from headrace.engine.model.errors import UsageError

__all__ = ["Meta", "Odd", "Unit", "convert", "find_unit", "plain"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a number, such as ``px``, ``mm`` or ``1/angstrom``.

    A graph may give a bare number, taken in this unit, or text with a unit (``"150 um"``), which is converted.
    """

    symbol: str


class Odd:
    """Marks an integer, or each of several, that must be odd."""


def _marks(annotation: Any) -> list[Any]:
    """Give every mark in an annotation, those of union members included."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return [*marks, *_marks(inner)]
    return [mark for part in get_args(annotation) for mark in _marks(part)]


def find_unit(annotation: Any) -> str | None:
    """Give the unit an annotation declares, None if it has none."""
    return next((mark.symbol for mark in _marks(annotation) if isinstance(mark, Unit)), None)


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
    UsageError
        With what was expected, if the value has the wrong type, range or unit.

    Examples
    --------
    >>> convert("0.15 mm", Annotated[float, Unit("um")])
    150.0
    >>> convert(4, Annotated[int, Odd])
    Traceback (most recent call last):
    headrace.engine.model.errors.UsageError: expected an odd number, got 4
    """
    unit = find_unit(annotation)
    value = plain(value)
    if unit is not None and isinstance(value, str):
        value = _to_unit(value, unit)
    try:
        converted = msgspec.convert(value, annotation, strict=True)
    except msgspec.ValidationError as error:
        problem = _reworded(str(error), value)
        raise UsageError(problem) from None
    if any(mark is Odd for mark in _marks(annotation)):
        _refuse_even(converted)
    return converted


def _refuse_even(value: Any) -> None:
    for number in value if isinstance(value, list | tuple) else [value]:
        if isinstance(number, int) and number % 2 == 0:
            problem = f"expected an odd number, got {number}"
            raise UsageError(problem)


def _reworded(text: str, value: Any) -> str:
    """Say what msgspec said in the words of a graph file, with the value that was given."""
    for theirs, ours in (
        ("`array`", "a list"),
        ("`object`", "a mapping"),
        ("`str`", "text"),
        ("`int`", "a whole number"),
        ("`float`", "a number"),
        ("`bool`", "true or false"),
        ("`null`", "null"),
    ):
        text = text.replace(theirs, ours)
    text = text.replace("`", "").removesuffix(".")
    text = text.split(", got")[0]
    return f"{text[:1].lower()}{text[1:]}, got {value!r}"


def _to_unit(text: str, unit: str) -> float | int:
    """Convert text such as ``"150 um"`` to a number in the declared unit."""
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=None)
    try:
        quantity = registry.Quantity(text)
        if text.strip() and quantity.units == registry.Unit(unit):
            number = quantity.magnitude
        else:
            number = quantity.to(unit).magnitude
    except pint.DimensionalityError as error:
        problem = f"expected a number in {unit}, got {text!r}, which is {error.units1 or 'a bare number'}"
        raise UsageError(problem) from None
    except Exception:  # noqa: BLE001 - pint raises tokenizer, attribute and value errors alike on bad text
        problem = f"expected a number in {unit}, got {text!r}, which is no quantity"
        raise UsageError(problem) from None
    if isinstance(number, float) and not isinstance(quantity.magnitude, int):
        return number
    return int(number) if float(number).is_integer() else float(number)
