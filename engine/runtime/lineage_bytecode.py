"""Compiled code, as far as it says what a function does: not where it stands, nor its docstring."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType

__all__ = ["imports_of", "parts_of"]

_IMPORT, _FROM, _LOAD, _EXTENDED = (
    dis.opmap[name] for name in ("IMPORT_NAME", "IMPORT_FROM", "LOAD_CONST", "EXTENDED_ARG")
)


def parts_of(code: CodeType) -> Iterator[bytes]:
    """Give what makes code what it is, that of the functions inside it included.

    Examples
    --------
    >>> one, other = (lambda x: x + 1), (lambda x: x + 2)
    >>> list(parts_of(one.__code__)) == list(parts_of(other.__code__))
    False
    """
    yield repr((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)).encode()
    yield code.co_code + code.co_exceptiontable
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)).encode()
    for number, constant in enumerate(code.co_consts):
        if isinstance(constant, CodeType):
            yield from parts_of(constant)
        elif number or _loads_first(code):  # else it is the docstring, or stands where one could be
            yield _constant(constant)


def _constant(constant: object) -> bytes:
    if isinstance(constant, frozenset):
        return repr(sorted(map(repr, constant))).encode()
    return f"{type(constant).__name__} {constant!r}".encode("utf-8", "surrogatepass")


def _loads_first(code: CodeType) -> bool:
    """Tell whether code uses its first constant."""
    pairs = zip(code.co_code[::2], code.co_code[1::2], strict=True)
    return any(operation == _LOAD and not argument for operation, argument in pairs)


def imports_of(code: CodeType) -> Iterator[str]:
    """Give the modules that code imports, and the names that it takes from them, joined.

    Examples
    --------
    >>> def work():
    ...     from os import path
    >>> list(imports_of(work.__code__))
    ['os', 'os.path']
    """
    base, extended = "", 0
    for at in range(0, len(code.co_code), 2):
        operation, argument = code.co_code[at], code.co_code[at + 1] | extended
        extended = argument << 8 if operation == _EXTENDED else 0
        if operation == _IMPORT:
            base = code.co_names[argument]
            yield base
        elif operation == _FROM and base:
            yield f"{base}.{code.co_names[argument]}"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imports_of(constant)
