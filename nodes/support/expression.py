"""Evaluating an expression of a graph file without running code.

Each part becomes a small function of the names, made from the tables of `expression_words`. So there is nothing to
call that isn't listed, and no value that grows beyond the size of the expression.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from headrace.nodes.support.expression_check import check_expression, parsed, unknown_name
from headrace.nodes.support.expression_words import BINARY, COMPARE, FUNCTIONS, UNARY, ExpressionError, kind_of

__all__ = ["ExpressionError", "compile_expression"]

Compiled: TypeAlias = Callable[[Mapping[str, Any]], Any]


@functools.lru_cache(maxsize=256)
def compile_expression(text: str) -> Compiled:
    """Give the function from names to the value of an expression.

    Raises
    ------
    ExpressionError
        If it can't be read; the function raises it if it can't be evaluated.

    Examples
    --------
    >>> compile_expression("2 * start['n'] + 1")({"start": {"n": 20}})
    41
    """
    problems = check_expression(text)
    if problems:
        problem = f"expression {text[:80]!r}: " + "; ".join(problems)
        raise ExpressionError(problem)
    body = _compiled(parsed(text).body)

    def evaluate(names: Mapping[str, Any]) -> Any:
        try:
            return body(names)
        except ExpressionError as error:
            problem = f"expression {text!r}: {error}"
            raise ExpressionError(problem) from error
        except Exception as error:
            problem = f"expression {text!r} can't be evaluated: {type(error).__name__}: {error}"
            raise ExpressionError(problem) from error

    return evaluate


def _compiled(part: ast.expr) -> Compiled:
    compiler: Callable[[Any], Compiled] = _COMPILERS[type(part)]
    return compiler(part)


def _constant(part: ast.Constant) -> Compiled:
    value: Any = part.value
    return lambda names: value


def _name(part: ast.Name) -> Compiled:
    name = part.id

    def read(names: Mapping[str, Any]) -> Any:
        if name not in names:
            problem = unknown_name(name, names)
            raise ExpressionError(problem)
        return _plain(names[name])

    return read


def _attribute(part: ast.Attribute) -> Compiled:
    container, key = _compiled(part.value), part.attr
    return lambda names: _member(container(names), key)


def _subscript(part: ast.Subscript) -> Compiled:
    container, key = _compiled(part.value), _compiled(part.slice)
    return lambda names: _member(container(names), key(names))


def _member(container: Any, key: Any) -> Any:
    """Give a part of metadata, of a list, or a column of a table; never an attribute of an object."""
    if hasattr(container, "columns") and key in container.columns:
        return container[key].tolist()
    if isinstance(container, Mapping) and key in container:
        return _plain(container[key])
    if isinstance(key, int) and (isinstance(container, list | tuple) or hasattr(container, "shape")):
        return _plain(container[key])
    if isinstance(container, Mapping) or hasattr(container, "columns"):
        problem = unknown_name(str(key), getattr(container, "columns", container))
        raise ExpressionError(problem)
    problem = f"{kind_of(container)} has no part {key!r}"
    raise ExpressionError(problem)


def _plain(value: Any) -> Any:
    """Give numbers of numpy as Python's own."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def _items(part: ast.List | ast.Tuple) -> Compiled:
    items = [_compiled(item) for item in part.elts]
    return lambda names: [item(names) for item in items]


def _binary(part: ast.BinOp) -> Compiled:
    call, left, right = BINARY[type(part.op)], _compiled(part.left), _compiled(part.right)
    return lambda names: call(left(names), right(names))


def _unary(part: ast.UnaryOp) -> Compiled:
    call, operand = UNARY[type(part.op)], _compiled(part.operand)
    return lambda names: call(operand(names))


def _choice(part: ast.IfExp) -> Compiled:
    test, yes, no = _compiled(part.test), _compiled(part.body), _compiled(part.orelse)
    return lambda names: yes(names) if test(names) else no(names)


def _logic(part: ast.BoolOp) -> Compiled:
    values, stop = [_compiled(value) for value in part.values], isinstance(part.op, ast.Or)

    def evaluate(names: Mapping[str, Any]) -> Any:
        result: Any = None
        for value in values:
            result = value(names)
            if bool(result) is stop:
                break
        return result

    return evaluate


def _comparison(part: ast.Compare) -> Compiled:
    first = _compiled(part.left)
    rest = [(COMPARE[type(op)], _compiled(item)) for op, item in zip(part.ops, part.comparators, strict=True)]

    def evaluate(names: Mapping[str, Any]) -> Any:
        left, result = first(names), True
        for call, item in rest:
            right = item(names)
            result, left = call(left, right), right
            if not result:
                break
        return result

    return evaluate


def _call(part: ast.Call) -> Compiled:
    assert isinstance(part.func, ast.Name)  # noqa: S101 - the check has refused all others
    call, arguments = FUNCTIONS[part.func.id], [_compiled(argument) for argument in part.args]
    return lambda names: _plain(call(*[argument(names) for argument in arguments]))


_COMPILERS: Mapping[type[ast.AST], Callable[[Any], Compiled]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _logic,
    ast.Call: _call,
    ast.Compare: _comparison,
    ast.Constant: _constant,
    ast.IfExp: _choice,
    ast.List: _items,
    ast.Name: _name,
    ast.Subscript: _subscript,
    ast.Tuple: _items,
    ast.UnaryOp: _unary,
}
