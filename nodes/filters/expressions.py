"""Leaving events out by an expression."""

from __future__ import annotations

from typing import Annotated

from headrace.engine.model.constraints import Expression, Meta
from headrace.engine.model.node import node
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.document_names import DOCUMENT_NAMES, document_names
from headrace.nodes.support.expression import ExpressionError, compile_expression
from headrace.nodes.support.expression_check import check_expression

_WHERE = Expression(check_expression, DOCUMENT_NAMES)

__all__ = ["filter"]


@node(family="filters")
def filter(
    value: Value,
    *,
    where: Annotated[str, Meta(min_length=1, max_length=1000), _WHERE],
    event: Event | None = None,
    run: RunContext | None = None,
    **names: Scalar,
) -> Value | Skip:
    """Let a value pass if an expression is true; otherwise leave the event out.

    An event that is left out is absent for everything downstream of this node, and for nothing else. It is
    counted as filtered.

    The expression knows these names:

    ===================== ============================================================================
    name                  is
    ===================== ============================================================================
    any other input       the scalar that is connected under that name (``in: {value: x, i0: monitor}``)
    ``value``             what passes, if it is a number or text; of a table ``value.mass`` (a column), ``len(value)``
    ``start``             the start document: ``start.sample_name``, ``start['sample_name']``, ``'x' in start``
    ``data``              the event's own fields: ``data.i0``
    ``seq_num``, ``time`` the event's number in its stream, and when it was recorded (seconds since 1970)
    ===================== ============================================================================

    There are comparisons (``< <= == != >= >``, chained, ``in``, ``not in``), ``and or not``, ``a if b else c``,
    arithmetic on numbers (``+ - * / // % **``, powers in floats), lists, and the functions abs, exp, isfinite,
    isnan, len, log, max, min, round, sqrt, lower, startswith, endswith. Nothing else: no methods, no code. The
    result must be true or false. A comparison with NaN is false, so such events are left out.

    Parameters
    ----------
    value
        What passes; it is handed on as it is.
    where
        The expression.
    event, run
        The event and its run.
    **names
        Further inputs for the expression.

    Returns
    -------
    Value or SKIP
        The value itself, or nothing for this event.

    Raises
    ------
    ExpressionError
        If the expression can't be read, names something that isn't there (with the nearest name), or gives
        neither true nor false.

    Notes
    -----
    In a graph file::

        lit: {type: filter, in: {value: clean, i0: monitor}, where: "i0 > 0.01 and start.sample_name != 'empty'"}

    Examples
    --------
    >>> from headrace.nodes import filter
    >>> filter("a frame", where="0.1 < i0 <= limit", i0=0.5, limit=1), filter(-1, where="value > 0")
    ('a frame', SKIP)
    """
    evaluate = compile_expression(where)
    passes = evaluate({**document_names(event, run), "value": value, **names})
    if not isinstance(passes, bool):
        problem = f"expression {where!r} gave {passes!r}; expected true or false: write a comparison, such as '… > 0'"
        raise ExpressionError(problem)
    return value if passes else SKIP
