"""Keeping trackpy's remarks on ordinary images from the user, safely also when several threads work."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

__all__ = ["quiet"]

# Each of these is an ordinary event in a scan (an image without a peak, a narrow image, a chosen option), and is
# visible in the result or in the graph. They are matched by text and module, so that nothing else is hidden.
_REMARKS: tuple[tuple[str, str], ...] = (
    ("Image is completely black", r"trackpy\.find"),
    ("Image contains no local maxima", r"trackpy\.find"),
    ("All local maxima were in the margins", r"trackpy\.find"),
    ("No maxima survived mass- and size-based filtering", r"trackpy\.feature"),
    ("I am interpreting the image as", r"trackpy\.feature"),
    ("The invert argument will be deprecated", r"trackpy\.feature"),
    # pandas 3.1 to whoever calls it as trackpy 0.7 does; nothing that a user of headrace could change
    ("The inplace keyword in", r"trackpy\."),
)


class _Shared:
    """How many threads are inside, and what the last one to leave must undo."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.undo = contextlib.ExitStack()


_shared = _Shared()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out trackpy's remarks while the body runs.

    Python's warning filters belong to the whole process. So the first thread that enters sets them and the last
    one that leaves puts them back; entering and leaving in each thread by itself would put back stale filters.
    """
    with _shared.lock:
        if _shared.inside == 0:
            _shared.undo.enter_context(warnings.catch_warnings())
            for text, module in _REMARKS:
                warnings.filterwarnings("ignore", message=text, module=module)
        _shared.inside += 1
    try:
        yield
    finally:
        with _shared.lock:
            _shared.inside -= 1
            if _shared.inside == 0:
                _shared.undo.close()
