"""Expressions on whole arrays and columns, element by element.

The language is that of `expression`, with the same refusals, and these differences: arithmetic is in float64, by the
rules of IEEE 754 (1 / 0 is infinite, log(-1) is NaN), so that nothing wraps; ``and``, ``or``, ``not``, chained
comparisons and ``a if b else c`` work element by element. Shapes must be equal, or one must fit into the other, so
that no result is larger than what went in.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.expression import Compiled, Compiler, ExpressionError
from headrace.nodes.support.expression_check import check_expression
from headrace.nodes.support.expression_words import FUNCTIONS, kind_of

__all__ = ["ELEMENTWISE", "check_elementwise", "compile_elementwise"]


def _numbers(value: Any, word: str) -> npt.NDArray[np.float64]:
    """Give a number or an array of numbers in float64; text and tables have no arithmetic."""
    if not isinstance(value, bool | int | float | np.ndarray) or getattr(value, "dtype", np.dtype(float)).kind not in (
        "biuf"
    ):
        problem = f"'{word}' works on numbers and arrays of them, not on {kind_of(value)}"
        raise ExpressionError(problem)
    return np.asarray(value, dtype=np.float64)


def _fitting(values: Iterable[Any], word: str) -> None:
    """Refuse shapes of which none holds the others: their result would be larger than each."""
    shapes = {np.shape(value) for value in values}
    if len(shapes) > 1 and np.broadcast_shapes(*shapes) not in shapes:
        listed = ", ".join(str(shape) for shape in sorted(shapes))
        problem = f"'{word}' on arrays of shapes {listed}: one must fit into the other"
        raise ExpressionError(problem)


def _on_numbers(call: Callable[..., Any], word: str) -> Callable[..., Any]:
    def checked(*values: Any) -> Any:
        arrays = [_numbers(value, word) for value in values]
        _fitting(arrays, word)
        with np.errstate(all="ignore"):
            return _plain(call(*arrays))

    return checked


def _truth(value: Any, word: str) -> npt.NDArray[np.bool_]:
    if not isinstance(value, bool | np.ndarray) or (isinstance(value, np.ndarray) and value.dtype.kind != "b"):
        problem = f"'{word}' works on what is true or false, not on {kind_of(value)}: write a comparison, as '… > 0'"
        raise ExpressionError(problem)
    return np.asarray(value)


def _on_truth(call: Callable[..., Any], word: str) -> Callable[..., Any]:
    def checked(*values: Any) -> Any:
        arrays = [_truth(value, word) for value in values]
        _fitting(arrays, word)
        return _plain(call(*arrays))

    return checked


def _compared(call: Callable[[Any, Any], Any], word: str) -> Callable[[Any, Any], Any]:
    def checked(left: Any, right: Any) -> Any:
        for value in (left, right):
            if hasattr(value, "columns") or isinstance(value, list | tuple | Mapping):
                problem = f"'{word}' compares numbers, texts and arrays of them, not {kind_of(value)}"
                raise ExpressionError(problem)
        _fitting((left, right), word)
        return _plain(np.asarray(call(left, right), dtype=bool))

    return checked


def _among(item: Any, container: Any) -> Any:
    return np.isin(item, container) if isinstance(item, np.ndarray) else item in container


def _chosen(test: Any, yes: Any, no: Any) -> Any:
    if isinstance(test, bool):
        return yes if test else no
    values = [_truth(test, "where"), _numbers(yes, "where"), _numbers(no, "where")]
    _fitting(values, "where")
    return _plain(np.where(*values))


def _extreme(reduce: Callable[[Any], Any], pair: Callable[[Any, Any], Any], word: str) -> Callable[..., Any]:
    """Of one array its extreme, of several values the extreme in each place."""
    together = _on_numbers(lambda *arrays: functools.reduce(pair, arrays), word)

    def found(*values: Any) -> Any:
        values = tuple(np.asarray(value) if isinstance(value, list) else value for value in values)
        return _plain(reduce(_numbers(values[0], word))) if len(values) == 1 else together(*values)

    return found


def _plain(value: Any) -> Any:
    return value.item() if np.ndim(value) == 0 and hasattr(value, "item") else value


def _rounded(value: Any, digits: Any = 0.0) -> Any:
    return np.round(value, int(np.clip(digits, -15, 15)))


_NUMERIC: Mapping[str, Callable[..., Any]] = {
    **{
        word: getattr(np, word)
        for word in ("abs", "ceil", "cos", "exp", "floor", "isfinite", "isnan", "log", "log10", "sign", "sin", "sqrt")
    },
    **{word: getattr(np, word) for word in ("tan", "maximum", "minimum", "mean", "sum")},
    "round": _rounded,
}
ELEMENTWISE: Mapping[str, Callable[..., Any]] = {
    **{word: FUNCTIONS[word] for word in ("endswith", "len", "lower", "startswith")},
    **{word: _on_numbers(call, word) for word, call in _NUMERIC.items()},
    "max": _extreme(np.max, np.maximum, "max"),
    "min": _extreme(np.min, np.minimum, "min"),
    "where": _chosen,
}
"""The functions that may be called. ``mean`` and ``sum`` are over a whole array, as are ``max`` and ``min`` of one."""


class _Elementwise(Compiler):
    binary: ClassVar[Mapping[type[ast.AST], Callable[[Any, Any], Any]]] = {
        ast.Add: _on_numbers(np.add, "+"),
        ast.Sub: _on_numbers(np.subtract, "-"),
        ast.Mult: _on_numbers(np.multiply, "*"),
        ast.Div: _on_numbers(np.divide, "/"),
        ast.FloorDiv: _on_numbers(np.floor_divide, "//"),
        ast.Mod: _on_numbers(np.mod, "%"),
        ast.Pow: _on_numbers(np.power, "**"),
        ast.BitAnd: _on_truth(np.logical_and, "&"),
        ast.BitOr: _on_truth(np.logical_or, "|"),
    }
    unary: ClassVar[Mapping[type[ast.AST], Callable[[Any], Any]]] = {
        ast.Not: _on_truth(np.logical_not, "not"),
        ast.USub: _on_numbers(np.negative, "-"),
        ast.UAdd: _on_numbers(np.positive, "+"),
    }
    compare: ClassVar[Mapping[type[ast.AST], Callable[[Any, Any], Any]]] = {
        **{
            kind: _compared(getattr(np, call), word)
            for kind, call, word in (
                (ast.Lt, "less", "<"),
                (ast.LtE, "less_equal", "<="),
                (ast.Gt, "greater", ">"),
                (ast.GtE, "greater_equal", ">="),
                (ast.Eq, "equal", "=="),
                (ast.NotEq, "not_equal", "!="),
            )
        },
        ast.In: _among,
        ast.NotIn: lambda item, container: _plain(np.logical_not(_among(item, container))),
    }
    functions: ClassVar[Mapping[str, Callable[..., Any]]] = ELEMENTWISE
    namesakes: ClassVar[bool] = True

    def column(self, column: Any) -> Any:
        return column.to_numpy()

    def _boolop(self, part: ast.BoolOp) -> Compiled:
        ends, word = isinstance(part.op, ast.Or), "or" if isinstance(part.op, ast.Or) else "and"
        join = _on_truth(np.logical_or if ends else np.logical_and, word)
        return _joined([self.part(value) for value in part.values], join, ends)

    def _ifexp(self, part: ast.IfExp) -> Compiled:
        test, yes, no = self.part(part.test), self.part(part.body), self.part(part.orelse)

        def evaluate(names: Mapping[str, Any]) -> Any:
            found = _plain(_truth(test(names), "if"))
            if isinstance(found, bool):
                return yes(names) if found else no(names)
            return _chosen(found, yes(names), no(names))

        return evaluate

    def _compare(self, part: ast.Compare) -> Compiled:
        sides = [part.left, *part.comparators]
        pairs = [
            _pair(self.compare[type(op)], self.part(left), self.part(right))
            for op, left, right in zip(part.ops, sides, part.comparators, strict=False)
        ]
        return pairs[0] if len(pairs) == 1 else _joined(pairs, _on_truth(np.logical_and, "and"), ends=False)


def _pair(call: Callable[[Any, Any], Any], left: Compiled, right: Compiled) -> Compiled:
    return lambda names: call(left(names), right(names))


def _joined(values: list[Compiled], join: Callable[[Any, Any], Any], ends: bool) -> Compiled:
    """Join truth values one by one; a single one that decides ends it, so that what follows it need not make sense."""

    def evaluate(names: Mapping[str, Any]) -> Any:
        result: Any = not ends
        for value in values:
            result = join(result, value(names))
            if result is ends:
                break
        return result

    return evaluate


def check_elementwise(text: str, names: Iterable[str] | None = None) -> list[str]:
    """Give what is wrong with an expression on arrays; an empty list if nothing is.

    Examples
    --------
    >>> check_elementwise("where(i0 > 0, signal / i0, 0)", names=["i0", "signal"])
    []
    """
    return check_expression(text, names, tuple(ELEMENTWISE), namesakes=True)


@functools.lru_cache(maxsize=256)
def compile_elementwise(text: str) -> Compiled:
    """Give the function from names to the value of an expression on arrays.

    Raises
    ------
    ExpressionError
        If it can't be read; the function raises it if it can't be evaluated.

    Examples
    --------
    >>> shots = np.array([3, 7, 200], dtype="uint8")
    >>> compile_elementwise("0 < shots - 5 < 100")({"shots": shots}).tolist()
    [False, True, False]
    """
    return _Elementwise().compiled(text)
