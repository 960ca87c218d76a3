"""Node types for the tests of the model: small ones beside the real catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest

from headrace.engine.model.constraints import Expression, Meta, Odd, Unit
from headrace.engine.model.node import node, node_class
from headrace.engine.model.ports import Frame, Profile, Scalar, Table, Value
from headrace.engine.model.registry import Registry, installed
from headrace.nodes.support.expression_check import check_expression


class Halves(NamedTuple):
    left: Frame
    right: Frame


@node
def split(frame: Frame, *, at: Annotated[int, Meta(ge=0), Unit("px")] = 0) -> Halves:
    """Cut an image in two."""
    return Halves(frame[:, :at], frame[:, at:])


@node
def smooth(frame: Frame, *, width: Annotated[int, Meta(ge=1, le=99), Odd, Unit("px")], wrap: bool = False) -> Frame:
    """Smooth an image."""
    return frame


@node
def ring_sums(frame: Frame, *, wavelength: Annotated[float, Meta(gt=0), Unit("angstrom")]) -> Profile:
    """Integrate an image to a curve."""
    curve: Profile = frame.sum(axis=0)
    return curve


@node
def pick(value: Value, *, where: Annotated[str, Expression(check_expression, ("start",))], **names: Scalar) -> Value:
    """Let a value pass."""
    return value


@node
def look(*, title: str = "", **values: Value) -> None:
    """Show values."""


def _pair(parameters: object) -> list[str]:
    settings = dict(parameters) if isinstance(parameters, dict) else {}
    return ["'low' must be below 'high'"] if settings["low"] >= settings["high"] else []


@node(problems_of=_pair)
def window(value: Scalar, *, low: float = 0, high: float = 1) -> Scalar:
    """Cut a number to a window."""
    return min(max(value, low), high)


@node_class()
class total:
    """Add up tables and count them."""

    def __init__(self, *, start: int = 0) -> None:
        self._count = start

    def update(self, table: Table) -> None:
        self._count += 1

    def value(self) -> Scalar:
        return self._count

    def final(self) -> Scalar:
        return self._count


TYPES: tuple[Any, ...] = (split, smooth, ring_sums, pick, look, window, total)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Give the catalogue with the small node types of these tests."""
    return Registry([*installed().values(), *(function.node_type for function in TYPES)])


@pytest.fixture(scope="session")
def broken() -> Path:
    """Give the folder of broken graph files."""
    return Path(__file__).parent / "broken"
