"""Expressions on arrays: element by element, in float64, and nothing else."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headrace.nodes.support.elementwise import check_elementwise, compile_elementwise
from headrace.nodes.support.expression import ExpressionError

SHOTS = np.array([3, 7, 200], dtype="uint8")
NAMES = {"a": SHOTS, "f": np.array([[1.0, np.nan, 3.0], [0.0, -1.0, 4.0]]), "n": 3, "x": 0.5, "t": "Ni", "yes": True}
PEAKS = pd.DataFrame({"mass": [5.0, 50.0], "name": ["p", "q"]})


def _of(text: str, **more: Any) -> Any:
    return compile_elementwise(text)({**NAMES, **more})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - 5", SHOTS.astype(float) - 5),
        ("-a", -SHOTS.astype(float)),
        ("a * a", SHOTS.astype(float) ** 2),
        ("a ** 0.5 + sqrt(a)", 2 * np.sqrt(SHOTS.astype(float))),
        ("a // 2 + a % 2", SHOTS.astype(float) // 2 + SHOTS.astype(float) % 2),
        ("a / 0", np.full(3, np.inf)),
        ("f + a", NAMES["f"] + SHOTS),
        ("0 < a - 5 <= 195", [False, True, True]),
        ("a > 3 and a < 100 or a == 3", [True, True, False]),
        ("not (a > 3)", [True, False, False]),
        ("(a > 3) & (a < 100) | (a == 3)", [True, True, False]),
        ("a > 5 if n > 2 else a", [False, True, True]),
        ("a if a > 5 else -1", [-1.0, 7.0, 200.0]),
        ("where(a > 5, 1, a)", [3.0, 1.0, 1.0]),
        ("a in [3, 200]", [True, False, True]),
        ("a not in [3, 200]", [False, True, False]),
        ("max(a, 50)", [50.0, 50.0, 200.0]),
        ("minimum(a, 50)", [3.0, 7.0, 50.0]),
        ("isnan(f)", np.isnan(NAMES["f"])),  # type: ignore[call-overload]
        ("round(a / 3, 1)", [1.0, 2.3, 66.7]),
        ("a[1] + f[1][2]", 11.0),
        ("max(a) - min(a) + sum(a) + len(a)", 410.0),
        ("mean(a)", 70.0),
        ("max(f)", np.nan),
        ("max([1, n, 2])", 3.0),
        ("1 / 0", np.inf),
        ("log(-1) + n", np.nan),
        ("n * 2", 6.0),
        ("t == 'Ni' and startswith(lower(t), 'n') and yes", True),
        ("n > 5 and missing > 1", False),
        ("n < 5 or missing > 1", True),
        ("peaks.mass > 10", [False, True]),
        ("peaks.name == 'q' and len(peaks) == 2", [False, True]),
    ],
)
def test_an_expression_is_computed_place_by_place(text: str, expected: Any) -> None:
    found = _of(text, peaks=PEAKS)
    np.testing.assert_array_equal(found, expected)
    if isinstance(found, np.ndarray):
        assert found.dtype in (np.float64, np.bool_)
    else:
        assert type(found) in (float, bool)


@given(
    arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6)), arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6))
)
def test_results_are_those_of_plain_numpy(a: Any, b: Any) -> None:
    with np.errstate(all="ignore"):
        expected = np.where((a > b) & ~(b > 0), a / b, np.abs(a) ** 2 - b)
    found = compile_elementwise("where(a > b and not b > 0, a / b, abs(a) ** 2 - b)")({"a": a, "b": b})
    np.testing.assert_array_equal(found, expected)


def test_a_value_may_have_the_name_of_a_function() -> None:
    assert _of("mean > 1 and mean(a) > 1", mean=2) is True
    assert check_elementwise("mean > 1", ["mean"]) == []
    with pytest.raises(ExpressionError, match="unknown name 'mean'"):
        _of("mean > 1")


def test_inputs_are_not_changed() -> None:
    before = SHOTS.copy()
    _of("-a + a * 2 if max(a) > 3 else a")
    np.testing.assert_array_equal(SHOTS, before)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a and n > 1", "'and' works on what is true or false, .*write a comparison"),
        ("not a", "'not' works on"),
        ("a | 1", r"'\|' works on what is true or false"),
        ("1 if a else 2", "'if' works on what is true or false"),
        ("t + 1", r"'\+' works on numbers and arrays of them, not on str"),
        ("t * 1000000000", r"'\*' works on numbers"),
        ("[0] * 1000000000", r"'\*' works on numbers.*list"),
        ("peaks + 1", "not on a table"),
        ("peaks > 1", "not a table"),
        ("peaks.mas > 1", "unknown name 'mas'.*did you mean 'mass'"),
        ("b > 1", "unknown name 'b'"),
        ("column + row", r"arrays of shapes \(1, 3\), \(3, 1\): one must fit into the other"),
        ("column > row", "one must fit into the other"),
        ("where(column > 0, row, 1)", "one must fit into the other"),
        ("a + two", "ValueError"),
        ("ax(a)", "unknown function ax"),
        ("a.sum()", "no methods"),
        ("a.T", "has no part 'T'"),
        ("c * 2", "works on numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(text: str, words: str) -> None:
    more = {"column": np.ones((3, 1)), "row": np.ones((1, 3)), "two": np.ones(2), "c": np.ones(2, complex)}
    with pytest.raises(ExpressionError, match=words):
        _of(text, peaks=PEAKS, **more)


def test_nothing_grows_or_takes_long() -> None:
    began = time.perf_counter()
    assert _of("9 ** 9 ** 9 ** 9") == np.inf
    assert _of("round(7, -10 ** 9)") == 0
    with pytest.raises(ExpressionError, match="OverflowError"):
        _of("big + 1", big=10**400)
    assert time.perf_counter() - began < 0.5


def test_a_faulty_expression_is_found_without_values() -> None:
    assert check_elementwise("where(i0 > 0, signal / i0, 0)", ["i0", "signal"]) == []
    assert check_elementwise("sqr(i0)") != []
    assert check_elementwise("sqrt(i)", ["i0"]) == ["unknown name 'i'; there are i0; did you mean 'i0'?"]
