"""One thread at a time where numba compiles: two that compile at once can fail, each for a reason of the other's.

numba compiles a function when it is first called with arguments of some types. Its own lock covers the compiler, not
what is looked up on the way there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

__all__ = ["compiling", "one_at_a_time"]

one_at_a_time = threading.RLock()
"""Held while something is or may be compiled."""
_compiled: set[Hashable] = set()


@contextmanager
def compiling(what: Hashable) -> Iterator[Callable[[], None]]:
    """Let one thread in at a time, until the body says that what it needs is compiled.

    Parameters
    ----------
    what
        The function, and the types that it is called with.

    Yields
    ------
    :
        Call it where the compiled function has been run.

    Examples
    --------
    >>> with compiling("an example") as is_compiled:
    ...     is_compiled()
    """
    if what in _compiled:
        yield _nothing
        return
    with one_at_a_time:
        yield lambda: _compiled.add(what)


def _nothing() -> None:
    """Do nothing: it was compiled already."""
