"""The least and the greatest, place by place."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from headrace.nodes.support.accumulator import EmptyError, NanPolicy, check_same_shape, taken

__all__ = ["Maximum", "Minimum"]


class _Extreme:
    """Keeps the dtype of what is pushed; of several, the one that holds them all."""

    mergeable: ClassVar[bool] = True
    _spreading: np.ufunc
    _omitting: np.ufunc
    _state: Any

    def __init__(self, nan: NanPolicy = "propagate") -> None:
        self._nan = nan
        self._choose = self._omitting if nan == "omit" else self._spreading
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._state is None

    def push(self, value: Any) -> None:
        """Take a value in."""
        array = taken(value, None if self._state is None else self._state.shape, self._nan)
        self._take(array)

    def _take(self, array: Any) -> None:
        if self._state is None:
            self._state = np.array(array)
        elif self._state.dtype == array.dtype:
            self._choose(self._state, array, out=self._state)
        else:
            self._state = np.asarray(self._choose(self._state, array))

    def value(self) -> Any:
        """Give the extreme, in the dtype of the values."""
        if self._state is None:
            problem = "there is no least and no greatest of nothing"
            raise EmptyError(problem)
        return self._state.copy()[()]

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        if other._state is None:
            return
        if self._state is not None:
            check_same_shape(self._state.shape, other._state.shape)
        self._take(other._state)

    def clear(self) -> None:
        """Forget everything."""
        self._state = None


class Minimum(_Extreme):
    """The least of what was pushed; a NaN makes it NaN, with ``nan="omit"`` only if there is nothing else."""

    _spreading, _omitting = np.minimum, np.fmin


class Maximum(_Extreme):
    """The greatest of what was pushed; a NaN makes it NaN, with ``nan="omit"`` only if there is nothing else."""

    _spreading, _omitting = np.maximum, np.fmax
