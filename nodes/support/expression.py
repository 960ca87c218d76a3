"""Evaluating an expression of a graph file without running code.

Each part becomes a small function of the names, made from the tables of `expression_words`. So there is nothing to
call that isn't listed, and no value that grows beyond the size of the expression.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from headrace.nodes.support.expression_check import check_expression, parsed, unknown_name
from headrace.nodes.support.expression_words import BINARY, COMPARE, FUNCTIONS, UNARY, ExpressionError, kind_of

__all__ = ["Compiled", "Compiler", "ExpressionError", "compile_expression"]

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
    return Compiler().compiled(text)


class Compiler:
    """Makes functions of expressions. Another language has other tables, or another sense of a part.

    Attributes
    ----------
    binary, unary, compare, functions
        The words.
    namesakes
        Whether a value may have the name of a function.
    """

    binary: ClassVar[Mapping[type[ast.AST], Callable[[Any, Any], Any]]] = BINARY
    unary: ClassVar[Mapping[type[ast.AST], Callable[[Any], Any]]] = UNARY
    compare: ClassVar[Mapping[type[ast.AST], Callable[[Any, Any], Any]]] = COMPARE
    functions: ClassVar[Mapping[str, Callable[..., Any]]] = FUNCTIONS
    namesakes: ClassVar[bool] = False

    def compiled(self, text: str) -> Compiled:
        """Give the function from names to the value of an expression.

        Raises
        ------
        ExpressionError
            If it can't be read; the function raises it if it can't be evaluated.
        """
        problems = check_expression(text, functions=tuple(self.functions), namesakes=self.namesakes)
        if problems:
            problem = f"expression {text[:80]!r}: " + "; ".join(problems)
            raise ExpressionError(problem)
        return _explained(text, self.part(parsed(text).body))

    def part(self, part: ast.expr) -> Compiled:
        """Give the function of one part. Those that there is no method for were refused by the check."""
        made: Compiled = getattr(self, f"_{type(part).__name__.lower()}")(part)
        return made

    def member(self, container: Any, key: Any) -> Any:
        """Give a part of metadata, of a list, or a column of a table; never an attribute of an object."""
        if hasattr(container, "columns") and key in container.columns:
            return self.column(container[key])
        if isinstance(container, Mapping) and key in container:
            return _plain(container[key])
        if isinstance(key, int) and (isinstance(container, list | tuple) or hasattr(container, "shape")):
            return _plain(container[key])
        if isinstance(container, Mapping) or hasattr(container, "columns"):
            problem = unknown_name(str(key), getattr(container, "columns", container))
            raise ExpressionError(problem)
        problem = f"{kind_of(container)} has no part {key!r}"
        raise ExpressionError(problem)

    def column(self, column: Any) -> Any:
        """Give a column of a table."""
        return column.tolist()

    def _constant(self, part: ast.Constant) -> Compiled:
        value: Any = part.value
        return lambda names: value

    def _name(self, part: ast.Name) -> Compiled:
        name = part.id

        def read(names: Mapping[str, Any]) -> Any:
            if name not in names:
                problem = unknown_name(name, names)
                raise ExpressionError(problem)
            return _plain(names[name])

        return read

    def _attribute(self, part: ast.Attribute) -> Compiled:
        container, key = self.part(part.value), part.attr
        return lambda names: self.member(container(names), key)

    def _subscript(self, part: ast.Subscript) -> Compiled:
        container, key = self.part(part.value), self.part(part.slice)
        return lambda names: self.member(container(names), key(names))

    def _list(self, part: ast.List | ast.Tuple) -> Compiled:
        items = [self.part(item) for item in part.elts]
        return lambda names: [item(names) for item in items]

    _tuple = _list

    def _binop(self, part: ast.BinOp) -> Compiled:
        call, left, right = self.binary[type(part.op)], self.part(part.left), self.part(part.right)
        return lambda names: call(left(names), right(names))

    def _unaryop(self, part: ast.UnaryOp) -> Compiled:
        call, operand = self.unary[type(part.op)], self.part(part.operand)
        return lambda names: call(operand(names))

    def _ifexp(self, part: ast.IfExp) -> Compiled:
        test, yes, no = self.part(part.test), self.part(part.body), self.part(part.orelse)
        return lambda names: yes(names) if test(names) else no(names)

    def _boolop(self, part: ast.BoolOp) -> Compiled:
        values, stop = [self.part(value) for value in part.values], isinstance(part.op, ast.Or)

        def evaluate(names: Mapping[str, Any]) -> Any:
            result: Any = None
            for value in values:
                result = value(names)
                if bool(result) is stop:
                    break
            return result

        return evaluate

    def _compare(self, part: ast.Compare) -> Compiled:
        first = self.part(part.left)
        rest = [(self.compare[type(op)], self.part(item)) for op, item in zip(part.ops, part.comparators, strict=True)]

        def evaluate(names: Mapping[str, Any]) -> Any:
            left, result = first(names), True
            for call, item in rest:
                right = item(names)
                result, left = call(left, right), right
                if not result:
                    break
            return result

        return evaluate

    def _call(self, part: ast.Call) -> Compiled:
        assert isinstance(part.func, ast.Name)  # noqa: S101 - the check has refused all others
        call, arguments = self.functions[part.func.id], [self.part(argument) for argument in part.args]
        return lambda names: _plain(call(*[argument(names) for argument in arguments]))


def _explained(text: str, body: Compiled) -> Compiled:
    """Say of which expression it is what goes wrong."""

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


def _plain(value: Any) -> Any:
    """Give numbers of numpy as Python's own."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
