"""The words of an expression: every operation and function there is. What is not here can't be said."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any

from headrace.engine.model.errors import UsageError

__all__ = ["BINARY", "COMPARE", "FUNCTIONS", "UNARY", "ExpressionError", "kind_of"]

_MOST_BITS = 4096
_MOST_DIGITS = 15


class ExpressionError(UsageError):
    """An expression that can't be read, or can't be evaluated on the values it was given."""


def kind_of(value: Any) -> str:
    """Say what a value is, for messages."""
    if hasattr(value, "columns"):
        return "a table"
    shape = getattr(value, "shape", ())
    return f"an array of shape {shape}" if shape else type(value).__name__


def _on_numbers(call: Callable[..., Any], word: str) -> Callable[..., Any]:
    """Let an operation work on numbers only: text times a number is a bomb, text % values a formatter."""

    def checked(*values: Any) -> Any:
        for value in values:
            if not isinstance(value, Number):
                problem = f"'{word}' works on numbers, not on {kind_of(value)}"
                raise ExpressionError(problem)
        return call(*values)

    return checked


def _on_scalars(call: Callable[[Any, Any], Any], word: str) -> Callable[[Any, Any], Any]:
    def checked(left: Any, right: Any) -> Any:
        for value in (left, right):
            if getattr(value, "shape", ()):
                problem = f"'{word}' compares single values, not {kind_of(value)}; reduce it first, as by max(…)"
                raise ExpressionError(problem)
        return call(left, right)

    return checked


def _product(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > _MOST_BITS:
        return float(left) * float(right)
    return left * right


def _rounded(value: Any, digits: int = 0) -> float:
    """Round to a few digits only: to minus a billion of them, an integer takes for ever."""
    return round(float(value), max(-_MOST_DIGITS, min(int(digits), _MOST_DIGITS)))


BINARY: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: _on_numbers(operator.add, "+"),
    ast.Sub: _on_numbers(operator.sub, "-"),
    ast.Mult: _on_numbers(_product, "*"),
    ast.Div: _on_numbers(operator.truediv, "/"),
    ast.FloorDiv: _on_numbers(operator.floordiv, "//"),
    ast.Mod: _on_numbers(operator.mod, "%"),
    ast.Pow: _on_numbers(math.pow, "**"),  # in floats: whole-number powers can grow without bound
    ast.BitAnd: _on_numbers(operator.and_, "&"),
    ast.BitOr: _on_numbers(operator.or_, "|"),
}
"""Operations on two values."""

UNARY: Mapping[type[ast.AST], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: _on_numbers(operator.neg, "-"),
    ast.UAdd: _on_numbers(operator.pos, "+"),
}
"""Operations on one value."""

COMPARE: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: _on_scalars(operator.eq, "=="),
    ast.NotEq: _on_scalars(operator.ne, "!="),
    ast.Lt: _on_scalars(operator.lt, "<"),
    ast.LtE: _on_scalars(operator.le, "<="),
    ast.Gt: _on_scalars(operator.gt, ">"),
    ast.GtE: _on_scalars(operator.ge, ">="),
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
"""Comparisons."""

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": _on_numbers(abs, "abs"),
    "endswith": lambda text, end: str(text).endswith(str(end)),
    "exp": _on_numbers(math.exp, "exp"),
    "isfinite": _on_numbers(math.isfinite, "isfinite"),
    "isnan": _on_numbers(math.isnan, "isnan"),
    "len": len,
    "log": _on_numbers(math.log, "log"),
    "lower": lambda text: str(text).lower(),
    "max": max,
    "min": min,
    "round": _on_numbers(_rounded, "round"),
    "sqrt": _on_numbers(math.sqrt, "sqrt"),
    "startswith": lambda text, start: str(text).startswith(str(start)),
}
"""The functions that may be called."""
