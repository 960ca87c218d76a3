"""Values against what a parameter may be: types, ranges, units."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.engine.model.constraints import ConstraintError, Meta, Odd, Unit, convert
from headrace.engine.model.type_text import parameter_schema, type_text
from headrace.engine.model.units import known_units

Diameter = Annotated[
    Annotated[int, Meta(ge=3)] | tuple[Annotated[int, Meta(ge=3)], Annotated[int, Meta(ge=3)]], Odd, Unit("px")
]


@pytest.mark.parametrize(
    ("value", "annotation", "violation", "message"),
    [
        ("x", int, "type", "expected a whole number, got 'x'"),
        (True, int, "type", "expected a whole number, got True"),
        (2.5, int, "type", "expected a whole number, got 2.5"),
        (2, Annotated[int, Meta(ge=3)], "range", "expected a whole number >= 3, got 2"),
        (0.5, Annotated[float, Meta(ge=1.05)], "range", "expected a number >= 1.05, got 0.5"),
        (float("nan"), Annotated[float, Meta(ge=0)], "range", "expected a number >= 0, got nan"),
        ("a", int | None, "type", "expected a whole number or null, got 'a'"),
        ("men", Literal["mean", "sum"], "choice", "expected one of mean, sum, got 'men'"),
        ([1, "b"], list[int], "type", "expected a whole number at item [1], got [1, 'b']"),
        ([1, 2, 3], tuple[int, int], "range", "expected a list of length 2, got [1, 2, 3]"),
        (4, Diameter, "range", "expected an odd number, got 4"),
        ([5, 6], Diameter, "range", "expected an odd number, got 6"),
        (1, Diameter, "range", "expected a whole number >= 3, got 1"),
        ("15 mm", Diameter, "unit", "expected a number in px, got '15 mm', which is a length"),
        ("15 foo", Diameter, "unit", "expected a number in px, got '15 foo': 'foo' is no known unit"),
        ("wide", Diameter, "unit", "expected a number in px, got 'wide', which is no quantity"),
        ("15.5 px", Diameter, "type", "expected a whole number or a list, got 15.5"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected(
    value: Any, annotation: Any, violation: str, message: str
) -> None:
    with pytest.raises(ConstraintError) as caught:
        convert(value, annotation)
    assert (caught.value.violation, str(caught.value)) == (violation, message)


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("150 um", "mm", 0.15),
        ("150 µm", "mm", 0.15),
        ("0.15 mm", "um", 150.0),
        ("15", "px", 15),
        ("15 pixels", "px", 15),
        (15, "px", 15),
        ("12.4 keV", "eV", 12400.0),
        ("2 1/nm", "1/angstrom", 0.2),
        ("1 Å", "nm", 0.1),
        ("90 deg", "rad", 1.5707963267948966),
        ("3 m/s", "mm/s", 3000),
        ("5 mm**2", "um^2", 5_000_000),
        ("50 %", "percent", 50),
        ("10 s", "s", 10),
        (["1 mm", 2], "um", [1000.0, 2.0]),
        ("1e999999999 mm", "um", float("inf")),
    ],
)
def test_text_with_a_unit_is_converted(value: Any, unit: str, number: Any) -> None:
    annotation = Annotated[list[float] | float, Unit(unit)]
    assert convert(value, annotation) == number


@given(st.text(max_size=30), st.sampled_from(["px", "mm", "1/angstrom"]))
def test_any_text_is_a_number_or_refused_with_words(text: str, unit: str) -> None:
    try:
        number = convert(text, Annotated[float, Unit(unit)])
    except ConstraintError:
        return
    assert isinstance(number, float)


@given(st.floats(-1e6, 1e6), st.sampled_from(["mm", "um", "m", "angstrom"]))
def test_converting_there_and_back_is_the_same(number: float, unit: str) -> None:
    there = convert(f"{number!r} m", Annotated[float, Unit(unit)])
    assert convert(f"{there!r} {unit}", Annotated[float, Unit("m")]) == pytest.approx(number)


def test_every_known_unit_converts_to_itself() -> None:
    for unit in known_units():
        assert convert(f"3 {unit}", Annotated[float, Unit(unit)]) == 3


def test_a_type_is_said_in_words_and_as_schema() -> None:
    assert type_text(Diameter) == "whole number >= 3, or list of (whole number >= 3, whole number >= 3), odd, in px"
    schema, definitions = parameter_schema(Diameter)
    assert definitions == {}
    assert schema["anyOf"][0] == {"type": "integer", "minimum": 3, "not": {"multipleOf": 2}}
