"""Port types: what flows along an edge of a graph.

A node type's signature names them: ``def average(frames: Stack) -> Frame``. To a type checker they are the
values themselves (arrays, tables, numbers), so a node function is an ordinary typed function, and the wiring of
a Python graph is checked in the editor. At run time they carry a `PortType`, which the graph check compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

__all__ = [
    "PORT_TYPES",
    "Array",
    "Cadence",
    "Frame",
    "Metadata",
    "PortType",
    "Profile",
    "Scalar",
    "Stack",
    "Table",
    "Value",
    "fits",
]


class Cadence(StrEnum):
    """How often a value exists."""

    RUN = "run"
    """Known when a run starts; may be renewed by events of another stream (a dark)."""
    EVENT = "event"
    """One per event of a stream."""
    FINAL = "final"
    """Once, when the run ends."""


@dataclass(frozen=True, slots=True)
class PortType:
    """A kind of value.

    Attributes
    ----------
    name
        The word used in graphs, docs and messages.
    meaning
        One line for people.
    parent
        Name of the wider type it is a case of; None for the widest.
    """

    name: str
    meaning: str
    parent: str | None = None

    def __str__(self) -> str:
        return self.name


PORT_TYPES: Mapping[str, PortType] = {
    kind.name: kind
    for kind in (
        PortType("Value", "anything"),
        PortType("Array", "numbers of any dimension", "Value"),
        PortType("Stack", "images, shape (..., ny, nx): the last two axes are an image", "Array"),
        PortType("Frame", "one image, shape (ny, nx)", "Stack"),
        PortType("Profile", "one curve, shape (n,)", "Array"),
        PortType("Scalar", "one number, truth value or text", "Value"),
        PortType("Table", "rows with named columns", "Value"),
        PortType("Metadata", "names and values, as in a start document", "Value"),
    )
}

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Value: TypeAlias = Any
    Array: TypeAlias = npt.NDArray[Any]
    Stack: TypeAlias = npt.NDArray[Any]
    Frame: TypeAlias = npt.NDArray[Any]
    Profile: TypeAlias = npt.NDArray[Any]
    Scalar: TypeAlias = Any
    Table: TypeAlias = pd.DataFrame
    Metadata: TypeAlias = Mapping[str, Any]
else:
    Value = Annotated[Any, PORT_TYPES["Value"]]
    Array = Annotated[Any, PORT_TYPES["Array"]]
    Stack = Annotated[Any, PORT_TYPES["Stack"]]
    Frame = Annotated[Any, PORT_TYPES["Frame"]]
    Profile = Annotated[Any, PORT_TYPES["Profile"]]
    Scalar = Annotated[Any, PORT_TYPES["Scalar"]]
    Table = Annotated[Any, PORT_TYPES["Table"]]
    Metadata = Annotated[Any, PORT_TYPES["Metadata"]]


def _ancestors(kind: PortType) -> list[str]:
    names = [kind.name]
    while kind.parent is not None:
        kind = PORT_TYPES[kind.parent]
        names.append(kind.name)
    return names


def fits(given: PortType, wanted: PortType) -> bool:
    """Tell whether a value of one port type can go into a port of another.

    A narrower value always fits a wider port. A wider value may turn out to be right (a source's field is only
    known when data comes), so it fits too, and the node refuses it with words if it is not.

    Examples
    --------
    >>> fits(PORT_TYPES["Frame"], PORT_TYPES["Stack"]), fits(PORT_TYPES["Value"], PORT_TYPES["Frame"])
    (True, True)
    >>> fits(PORT_TYPES["Table"], PORT_TYPES["Frame"])
    False
    """
    return wanted.name in _ancestors(given) or given.name in _ancestors(wanted)
