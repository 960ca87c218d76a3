"""The data of one event: fields in files are read when asked for, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from headrace.engine.documents.arrays import from_document

__all__ = ["LazyData"]


class LazyData(Mapping[str, Any]):
    """Field name to value, in the order of the descriptor wherever the values are stored.

    Parameters
    ----------
    inline
        The values that stand in the event document. Never changed.
    data_keys
        The descriptor's description of the fields.
    outside
        Field name to what reads it, for the fields that are stored elsewhere.

    Notes
    -----
    A value is read or converted anew each time it is asked for, so that an event pins no frame. Who needs it
    twice keeps it.

    Examples
    --------
    >>> data = LazyData({"x": 1}, {}, {"image": lambda: "read from a file"})
    >>> list(data), data["image"]
    (['x', 'image'], 'read from a file')
    """

    __slots__ = ("_data_keys", "_inline", "_outside")

    def __init__(
        self,
        inline: Mapping[str, Any],
        data_keys: Mapping[str, Any],
        outside: Mapping[str, Callable[[], Any]],
    ) -> None:
        self._inline = inline
        self._data_keys = data_keys
        self._outside = outside

    @property
    def inline_bytes(self) -> int:
        """About how many bytes the values take that stand in the event document itself."""
        return sum(int(getattr(value, "nbytes", 64)) for value in self._inline.values())

    def __getitem__(self, key: str) -> Any:
        data_key = self._data_keys.get(key, {})
        if key in self._outside:
            return from_document(self._outside[key](), data_key)
        return from_document(self._inline[key], data_key)

    def __contains__(self, key: object) -> bool:
        return key in self._inline or key in self._outside

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._data_keys if key in self)
        yield from (key for key in self._inline if key not in self._data_keys)
        yield from (key for key in self._outside if key not in self._data_keys and key not in self._inline)

    def __len__(self) -> int:
        return len(self._inline) + sum(key not in self._inline for key in self._outside)

    def __repr__(self) -> str:
        return f"<data of {', '.join(self)}>"
