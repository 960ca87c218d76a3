"""Look a msgpack body over before anything is built from it.

The decoder makes room for as many items as an array claims to have, so that a few bytes could ask for
gigabytes. This walk steps from value to value without making any, and sees that each claim is covered by
bytes that came.
"""

from __future__ import annotations

from headrace.engine.documents.wire_refusal import MAX_DEPTH, MAX_VALUES, RefusalError

__all__ = ["ARRAY", "COMPLEX", "OUTSIDE", "check_structure"]

ARRAY = 1
"""Code of our msgpack extension for arrays."""

COMPLEX = 2
"""Code of our msgpack extension for complex numbers."""

OUTSIDE = 3
"""Code of our msgpack extension for arrays whose values come in a frame of their own."""

_ATOM, _LIST, _MAP, _EXTENSION, _NOTHING = range(5)


def _forms() -> list[tuple[int, int, int]]:
    """Tabulate, for each first byte, kind of value, its fixed count, and the width of a count after it."""
    forms = [(_ATOM, 0, 0)] * 256  # small integers, nil, truth values
    for count in range(16):
        forms[0x80 + count] = (_MAP, count, 0)
        forms[0x90 + count] = (_LIST, count, 0)
    for count in range(32):
        forms[0xA0 + count] = (_ATOM, count, 0)
    forms[0xC1] = (_NOTHING, 0, 0)
    for step, width in enumerate((1, 2, 4)):
        forms[0xC4 + step] = forms[0xD9 + step] = (_ATOM, 0, width)
        forms[0xC7 + step] = (_EXTENSION, 0, width)
    for step, width in enumerate((2, 4)):
        forms[0xDC + step] = (_LIST, 0, width)
        forms[0xDE + step] = (_MAP, 0, width)
    for step, size in enumerate((4, 8, 1, 2, 4, 8, 1, 2, 4, 8)):  # floats, unsigned, signed
        forms[0xCA + step] = (_ATOM, size, 0)
    for step in range(5):
        forms[0xD4 + step] = (_EXTENSION, 1 << step, 0)
    return forms


_FORMS = _forms()


def check_structure(body: bytes | memoryview, *, trailing: bool = False, outside: bool = False) -> None:
    """See that a body is one complete msgpack value of plain data.

    Parameters
    ----------
    body
        The bytes.
    trailing
        Whether more bytes may follow the value.
    outside
        Whether values of arrays may be elsewhere.

    Raises
    ------
    RefusalError
        If it is cut off, followed by more, too deep or too long, or has extensions or keys that are not ours.
    IndexError
        If it ends where a value should begin.
    """
    at, size = 0, len(body)
    left, keyed = 1, False  # values still to come in the innermost container; whether it is a map
    outer: list[tuple[int, bool]] = []
    for _ in range(MAX_VALUES):
        while not left:
            if not outer:
                _check_end(at, size, trailing)
                return
            left, keyed = outer.pop()
        kind, count, width = _FORMS[body[at]]
        at += 1 + width
        count += int.from_bytes(body[at - width : at], "big") if width else 0
        left -= 1
        if kind == _ATOM:
            at += count
            continue
        _check_kind(kind, is_key=keyed and left % 2 == 1, depth=len(outer))
        if kind == _EXTENSION:
            _check_extension(body[at], outside)
            at += 1 + count
            continue
        outer.append((left, keyed))
        left, keyed = count * (2 if kind == _MAP else 1), kind == _MAP
        if left > size - at:
            text = "a list or map in it claims more items than there are bytes"
            raise RefusalError(text, "size")
    text = f"it holds more than {MAX_VALUES} values"
    raise RefusalError(text, "size")


def _check_kind(kind: int, *, is_key: bool, depth: int) -> None:
    if kind == _NOTHING:
        text = "it has the byte 0xc1, which msgpack never uses"
        raise RefusalError(text, "malformed")
    if is_key:
        text = "a key in it is neither a text nor a number"
        raise RefusalError(text, "value")
    if depth >= MAX_DEPTH:
        text = f"it is nested more than {MAX_DEPTH} levels deep"
        raise RefusalError(text, "depth")


def _check_extension(code: int, outside: bool) -> None:
    if code not in (ARRAY, COMPLEX) and not (outside and code == OUTSIDE):
        text = f"it has a msgpack extension of type {code}, which is not ours"
        raise RefusalError(text, "name")


def _check_end(at: int, size: int, trailing: bool) -> None:
    if at > size or (at < size and not trailing):
        text = "it is cut off" if at > size else f"{size - at} bytes follow its end"
        raise RefusalError(text, "malformed")
