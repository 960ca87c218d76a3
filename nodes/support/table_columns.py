"""Asking a table for its columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_table", "check_columns", "numeric_column"]


def as_table(value: Any, what: str) -> pd.DataFrame:
    """Give a table, or refuse what is none.

    Raises
    ------
    UsageError
        If it has no columns.
    """
    if not hasattr(value, "columns"):
        problem = f"{what} is {type(value).__name__}; expected a table"
        raise UsageError(problem)
    table: pd.DataFrame = value
    return table


def check_columns(table: Any, names: Iterable[str], who: str) -> None:
    """Refuse columns that aren't there.

    Raises
    ------
    UsageError
        Names the first one that is missing, those that there are, and the nearest.

    Examples
    --------
    >>> import pandas as pd
    >>> check_columns(pd.DataFrame({"mass": [1.0]}), ["mas"], "top")
    Traceback (most recent call last):
    headrace.engine.model.errors.UsageError: top: the table has no column 'mas'; it has mass; did you mean 'mass'?
    """
    known = [str(column) for column in table.columns]
    for name in names:
        if name not in known:
            problem = f"{who}: the table has no column {name!r}; it has {', '.join(known) or 'none'}"
            hint = nearest(name, known)
            raise UsageError(f"{problem}; {hint}" if hint else problem)


def numeric_column(table: Any, name: str, who: str) -> npt.NDArray[np.float64]:
    """Give a column of numbers in float64.

    Raises
    ------
    UsageError
        If it isn't there, or holds no numbers.
    """
    check_columns(table, [name], who)
    column = table[name].to_numpy()
    if column.dtype.kind not in "biuf":
        problem = f"{who}: column {name!r} holds {column.dtype}; expected numbers"
        raise UsageError(problem)
    return np.asarray(column, dtype=np.float64)
