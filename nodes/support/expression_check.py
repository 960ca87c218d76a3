"""Reading an expression and saying what is wrong with it, before there are any values.

An expression is parsed, but never compiled to Python. Each part of it must be in the tables of `expression_words`:
there are no methods, no attributes of Python objects, no text arithmetic, no loops.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from headrace.engine.model.faults import nearest
from headrace.nodes.support.expression_words import BINARY, COMPARE, FUNCTIONS, UNARY, ExpressionError

__all__ = ["check_expression", "names_in", "parsed", "unknown_name"]

_LONGEST = 1000
_DEEPEST = 40

_ADVICE = {
    ast.Is: "'is' is not used here; write ==",
    ast.IsNot: "'is not' is not used here; write !=",
    ast.Invert: "'~' is not used here; write not (…)",
}
_PARTS = (
    *(ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call),
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.List, ast.Tuple, ast.Load),
    *BINARY,
    *UNARY,
    *COMPARE,
)


def check_expression(
    text: str,
    names: Iterable[str] | None = None,
    functions: Collection[str] = tuple(FUNCTIONS),
    *,
    namesakes: bool = False,
) -> list[str]:
    """Give what is wrong with an expression; an empty list if nothing is.

    Parameters
    ----------
    text
        The expression.
    names
        The names that there will be; None: don't check them.
    functions
        The functions that there are.
    namesakes
        Whether a value may have the name of a function, as a column ``mean`` has.

    Examples
    --------
    >>> check_expression("i0 > 0.1 and start.sample_name != 'empty'")
    []
    >>> check_expression("monitr > 0.1", names=["monitor", "start"])
    ["unknown name 'monitr'; there are monitor, start; did you mean 'monitor'?"]
    >>> check_expression("start.keys()")[0][:22]
    'values have no methods'
    """
    try:
        tree = parsed(text)
    except ExpressionError as error:
        return [str(error)]
    problems = _problems(tree, functions)
    if not namesakes:
        problems += _uncalled(tree, functions)
    known = None if names is None else list(names)
    if known is not None:
        problems += [unknown_name(name, known) for name in sorted(names_in(text)) if name not in known]
    return problems


def names_in(text: str) -> set[str]:
    """Give the names that an expression uses, functions left out.

    Raises
    ------
    ExpressionError
        If it can't be read.

    Examples
    --------
    >>> sorted(names_in("abs(i0) > start.limit"))
    ['i0', 'start']
    """
    tree = parsed(text)
    functions = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
    return {part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and id(part) not in functions}


def parsed(text: str) -> ast.Expression:
    """Give the parts of an expression.

    Raises
    ------
    ExpressionError
        If it can't be read, is too long or too deep.
    """
    if len(text) > _LONGEST:
        problem = f"it has {len(text)} characters; at most {_LONGEST} are read"
        raise ExpressionError(problem)
    try:
        tree = ast.parse(text.replace("\n", " ").strip(), mode="eval")
    except SyntaxError as error:
        problem = f"it can't be read: {error.msg} (at character {error.offset})"
        raise ExpressionError(problem) from None
    except (ValueError, RecursionError, MemoryError):
        problem = "it can't be read: it is nested too deeply, or holds null characters"
        raise ExpressionError(problem) from None
    if _depth(tree) > _DEEPEST:
        problem = f"it is nested more than {_DEEPEST} deep"
        raise ExpressionError(problem)
    return tree


def _depth(tree: ast.AST) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for part in level for child in ast.iter_child_nodes(part)]
    return deepest


def _problems(tree: ast.Expression, functions: Collection[str]) -> list[str]:
    """Give a line for each part that there is no word for."""
    found = [_problem(part, functions) for part in ast.walk(tree)]
    return [text for text in found if text]


def _uncalled(tree: ast.Expression, functions: Collection[str]) -> list[str]:
    """Give a line for each function that is not called."""
    called = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
    return [
        f"{part.id} is a function; call it, as in {part.id}(…)"
        for part in ast.walk(tree)
        if isinstance(part, ast.Name) and part.id in functions and id(part) not in called
    ]


def _problem(part: ast.AST, functions: Collection[str]) -> str:
    if isinstance(part, ast.Call):
        return _call_problem(part, functions)
    if isinstance(part, ast.Constant) and not isinstance(part.value, bool | int | float | str | None):
        return f"{part.value!r} is no number, text, True, False or None"
    if isinstance(part, ast.Attribute) and part.attr.startswith("_"):
        return f"'.{part.attr}': names that begin with an underscore are not read; write ['{part.attr}']"
    if isinstance(part, ast.Name) and part.id.startswith("__"):
        return f"'{part.id}': names that begin with two underscores are not read"
    if isinstance(part, _PARTS):
        return ""
    if isinstance(part, ast.keyword):
        return "functions take no named arguments"
    return _ADVICE.get(type(part), f"{type(part).__name__} is not part of an expression")


def _call_problem(call: ast.Call, functions: Collection[str]) -> str:
    listed = ", ".join(sorted(functions))
    if not isinstance(call.func, ast.Name):
        return f"values have no methods; the functions are {listed}"
    if call.func.id in functions:
        return ""
    hint = nearest(call.func.id, functions)
    return f"unknown function {call.func.id}(…); there are {listed}" + (f"; {hint}" if hint else "")


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Say that a name isn't there: what there is, and the nearest of it."""
    known = sorted(map(str, known))
    hint = nearest(name, known)
    listed = ", ".join(known[:30]) or "none"
    return f"unknown name {name!r}; there are {listed}" + (f"; {hint}" if hint else "")
