"""Leaving events out by an expression, which can do nothing else."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import filter as passing
from headrace.nodes.support.expression import ExpressionError
from headrace.nodes.support.expression_check import check_expression, names_in

EVENT = Event(EventKey("run", "primary", 5), 12.5, {"i0": np.float64(0.25), "image": np.zeros((2, 2)), "q": [1, 2]})
RUN = RunContext({"uid": "run", "sample_name": "Ni", "scan id": 7, "keys": 3, "extents": [[0, 1]], "flag": True})
PEAKS = pd.DataFrame({"mass": [5.0, 50.0], "y": [1.0, 2.0]})


def _passes(where: str, value: Any = "frame", **names: Any) -> bool:
    found = passing(value, where=where, event=EVENT, run=RUN, **names)
    assert found is value or found is SKIP
    return found is not SKIP


@pytest.mark.parametrize(
    "where",
    [
        "data.i0 > 0.1",
        "data['i0'] == 0.25",
        "start.sample_name == 'Ni' and seq_num == 5",
        "start['scan id'] in [5, 7] and time < 13",
        "start.keys == 3",  # a key, not a method of mappings
        "start.extents[0][1] == 1",
        "'sample_name' in start and 'other' not in start",
        "not start.flag or monitor >= 3",
        "0 < monitor <= 3 < 4",
        "(monitor > 2) & (monitor < 4) | False",
        "abs(-monitor) + 2 ** 3 - 7 // 2 * 1 % 5 / 2 == 9.5",
        "(1 if monitor > 100 else 2) == 2",
        "isfinite(monitor) and not isnan(monitor)",
        "max(data.q) == 2 and min(1, 2) == 1 and len(data.q) == 2 and data.q[1] == 2",
        "round(sqrt(10), 2) == 3.16 and round(exp(log(monitor))) == 3",
        "lower(start.sample_name) == 'ni' and startswith(start.sample_name, 'N') and endswith('abc', 'c')",
        "small == 2 and yes == True and nothing == None",
        " monitor\n > 0 ",
    ],
)
def test_a_true_expression_lets_the_value_pass(where: str) -> None:
    names = {"monitor": np.int32(3), "small": np.uint8(2), "yes": np.bool_(True), "nothing": None}
    assert _passes(where, **names)
    assert not _passes(f"not ({where.strip()})", **names)


@pytest.mark.parametrize("where", ["i0 > 0", "i0 < 0", "i0 == i0", "0 < i0 < 1"])
def test_a_comparison_with_nan_is_false(where: str) -> None:
    assert not _passes(where, i0=float("nan"))


def test_a_table_or_a_number_that_passes_can_be_asked_about() -> None:
    assert _passes("len(value) == 2 and max(value.mass) > 10 and value['y'][0] == 1", value=PEAKS)
    assert _passes("value > 2", value=3)


def test_an_event_without_documents_is_filtered_by_its_inputs_alone() -> None:
    assert passing(1, where="i0 > 0", i0=1) == 1
    with pytest.raises(ExpressionError, match="unknown name 'start'; there are i0, value"):
        passing(1, where="start.x > 0", i0=1)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("monitr > 0", "unknown name 'monitr'; there are .*did you mean 'monitor'"),
        ("start.sample_nam == 'Ni'", "unknown name 'sample_nam'.*did you mean 'sample_name'"),
        ("data.i1 > 0", "unknown name 'i1'"),
        ("value.mas > 0", "unknown name 'mas'.*did you mean 'mass'"),
        ("monitor.real > 0", "int has no part 'real'"),
        ("data.q[7] > 0", "IndexError"),
        ("monitor / 0 > 1", "ZeroDivisionError"),
        ("monitor < 'a'", "TypeError"),
        ("data.image > 0", r"'>' compares single values, not an array of shape \(2, 2\)"),
        ("len(monitor) > 0", "TypeError"),
        ("monitor", "gave 3; expected true or false: write a comparison"),
        ("'yes'", "expected true or false"),
        ("start", "expected true or false"),
        ("value + 1 > 0", r"'\+' works on numbers, not on a table"),
    ],
)
def test_an_expression_that_can_not_be_evaluated_says_why(where: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        _passes(where, value=PEAKS, monitor=3)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("", "can't be read"),
        ("a >", "can't be read: invalid syntax"),
        ("a = 1", "can't be read"),
        ("import os", "can't be read"),
        ("a; b", "can't be read"),
        ("a is None", "write =="),
        ("~a", "write not"),
        ("start.get('x')", "values have no methods"),
        ("abss(a)", "unknown function abss.*did you mean 'abs'"),
        ("max(a, key=abs)", "no named arguments"),
        ("abs > 1", "abs is a function; call it"),
        ("a" + " + a" * 300, "at most 1000"),
        ("a" + " + a" * 100, "nested more than"),
    ],
)
def test_a_faulty_expression_is_found_without_values(where: str, words: str) -> None:
    problems = "; ".join(check_expression(where))
    assert problems
    with pytest.raises(ExpressionError, match=words):
        raise ExpressionError(problems)
    with pytest.raises(ExpressionError):
        passing(1, where=where, a=1)


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "start.__class__",
    "start['__class__']",
    "value.__init__.__globals__",
    "data.i0.__class__.__mro__",
    "(lambda: 1)()",
    "[x for x in [1]] == [1]",
    "{x: 1 for x in [1]}",
    "(x for x in data.q)",
    "f'{start}'",
    "f'{start:>1000000000}'",
    "'%1000000000d' % 1",
    "'{0.__class__}'.format(1)",
    "'a' * 10 ** 9",
    "10 ** 9 * 'a'",
    "[0] * 10 ** 9",
    "9 ** 9 ** 9 ** 9 > 1",
    "1 << 10 ** 9",
    "round(7, -10 ** 9) == 0 and 10 ** 400 > 1",
    "abs(*[1])",
    "max(**start)",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "getattr(start, 'keys')",
    "type(start)",
    "data.image.tofile('x')",
    "data.image.T",
    "value.to_pickle('x')",
    "value.eval('1')",
    "(y := 1) == 1",
    "await a",
    "print('x')",
    "b'abc' == 1",
    "1j == 1",
    "... == 1",
    "_.x",
    "start._x",
    "len.__self__",
    "abs(abs)",
    "(" * 400 + "1" + ")" * 400,
    "-" * 900 + "1 == 1",
    "not " * 240 + "True",
    "a[" * 300 + "0" + "]" * 300,
    "'\x00' == 1",
    "1 if 1 else " * 80 + "1",
    "9999999999 ** 9999999999 > 1",
]


@pytest.mark.parametrize("where", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_expression_is_refused_at_once_and_does_nothing(where: str) -> None:
    began = time.perf_counter()
    with pytest.raises(ExpressionError):
        _passes(where, value=PEAKS, a=1)
    assert time.perf_counter() - began < 0.5


def test_products_of_whole_numbers_stay_small() -> None:
    with pytest.raises(ExpressionError, match="OverflowError"):
        _passes("large * large > 0", large=10**900)
    assert _passes("large * 10 > large", large=10**900)


def test_an_objects_attributes_are_never_read() -> None:
    class Trap:
        def __getattr__(self, name: str) -> Any:
            if name in ("columns", "shape", "item", "dtype"):
                raise AttributeError(name)
            pytest.fail(f"read {name}")

    with pytest.raises(ExpressionError, match="Trap has no part 'secret'"):
        passing(1, where="trap.secret > 0", trap=Trap())


def test_the_names_of_an_expression_are_known_before_it_runs() -> None:
    assert names_in("abs(i0) > start.limit and max(data.q) < cap") == {"i0", "start", "data", "cap"}
    assert check_expression("i0 > limit", names=["i0", "limits"]) == [
        "unknown name 'limit'; there are i0, limits; did you mean 'limits'?"
    ]
