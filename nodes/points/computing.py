"""Arithmetic on what was measured."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from headrace.engine.model.constraints import Expression, Meta
from headrace.engine.model.node import node
from headrace.engine.model.ports import Value
from headrace.engine.model.records import Event, RunContext
from headrace.nodes.support.document_names import DOCUMENT_NAMES, document_names
from headrace.nodes.support.elementwise import check_elementwise, compile_elementwise
from headrace.nodes.support.expression import ExpressionError
from headrace.nodes.support.expression_words import kind_of

__all__ = ["compute"]

_EXPRESSION = Expression(check_elementwise, DOCUMENT_NAMES)


@node(family="points")
def compute(
    *,
    expression: Annotated[str, Meta(min_length=1, max_length=1000), _EXPRESSION],
    unit: str | None = None,
    event: Event | None = None,
    run: RunContext | None = None,
    **names: Value,
) -> Value:
    """Compute a number or an array from others, by an expression.

    Every input is a name of the expression; so are ``start``, ``data``, ``seq_num`` and ``time``, as for `filter`.
    A column of a table is ``peaks.mass``. Arrays are computed element by element. Arithmetic is in float64 by the rules
    of IEEE 754: unsigned integers never wrap, ``1 / 0`` is infinite, ``0 / 0`` and ``log(-1)`` are NaN, and a NaN
    makes what depends on it NaN. (So is a shot without light NaN or infinite, never 0.)

    There is arithmetic (``+ - * / // % **``), comparisons (also chained, ``in``, ``not in``), ``and or not``,
    ``a if b else c``, lists, and these functions:

    =================================== ===============================================
    function                            gives
    =================================== ===============================================
    abs, ceil, floor, round, sign       the function, element by element
    exp, log, log10, sqrt               the function, element by element
    cos, sin, tan                       of an angle in radians, element by element
    isfinite, isnan                     true or false, element by element
    maximum, minimum                    the greater or smaller of several, by element
    max, min                            of several: the same; of one array: one number
    mean, sum                           one number, of all elements of an array
    where(test, yes, no)                yes where the test is true, no elsewhere
    len                                 length of the first axis, rows of a table
    lower, startswith, endswith         of texts, as for `filter`
    =================================== ===============================================

    Nothing else: no methods, no code. Arrays must have the same shape, or one must fit into the other (a frame into a
    stack), so that no result is larger than what went in.

    Parameters
    ----------
    expression
        The expression.
    unit
        Unit of the result, for people; it is recorded with the parameters of the result run and converts nothing.
    event, run
        The event and its run.
    **names
        The inputs.

    Returns
    -------
    Value
        A number, truth value or array. What was computed is float64, a comparison is true or false.

    Raises
    ------
    ExpressionError
        If the expression can't be read, names something that isn't there (with the nearest name), has shapes that
        don't go together, or gives no number.

    Notes
    -----
    In a graph file::

        absorption: {type: compute, in: {pd: diode, i0: monitor}, expression: "-log(pd / i0)"}
        energy:     {type: compute, in: {theta: mono}, expression: "6.19921 / (3.1356 * sin(theta))", unit: keV}
        spots:      {type: compute, in: {peaks: tracks}, expression: "len(peaks)"}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import compute
    >>> compute(expression="(left - right) / (left + right)", left=3, right=1)
    0.5
    >>> compute(expression="image - offset", image=np.array([[5, 2]], dtype="uint8"), offset=3).tolist()
    [[2.0, -1.0]]
    """
    found = compile_elementwise(expression)({**document_names(event, run), **names})
    if isinstance(found, bool | int | float):
        return found
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        problem = f"expression {expression!r} gave {kind_of(found)}; expected a number or an array of numbers"
        raise ExpressionError(problem)
    return found
