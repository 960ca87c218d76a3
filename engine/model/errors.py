"""The errors that headrace raises on purpose: one base, few children."""

from __future__ import annotations

__all__ = ["DocumentError", "HeadraceError", "NotReachableError", "UsageError"]


class HeadraceError(Exception):
    """Base of every error that headrace raises on purpose.

    Its text says what is wrong, where, what was expected and what to do.
    """


class UsageError(HeadraceError, ValueError):
    """A call, an address or a parameter that makes no sense as it was given."""


class NotReachableError(HeadraceError):
    """A source or destination that is not there or can't be opened."""


class DocumentError(HeadraceError):
    """A document, message or data file that can't be understood."""
