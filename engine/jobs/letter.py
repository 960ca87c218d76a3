"""A dead letter as it is kept: what failed, and where its inputs are, so that it can be tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from headrace.engine.model.errors import DocumentError

__all__ = ["INDEX", "KeptLetter"]

INDEX = "letters.jsonl"
"""The file with the letters of a result run, one on each line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLetter:
    """A failure of a node, with its inputs where these could be kept.

    Attributes
    ----------
    number, result
        Its number in the result run, from 1; and the result run.
    kept_at
        When it happened, in seconds since 1970.
    graph, node, node_type
        Where it happened.
    run, event
        The raw run; and its event as ``(stream, number)``, None at the start or end of the run.
    event_time
        When the event was recorded.
    phase
        ``begin``, ``event`` or ``end``.
    revision
        Number of the parameter set that was in force.
    parameters
        The node's parameters in it.
    error, trace
        Type and text of the exception, and where it was raised.
    inputs
        Input port to a description of what was in it.
    python
        Files of node types that the graph names.
    file
        File with the inputs, beside the index; empty if they were not kept.
    bytes
        Its size.
    left_out
        What was not kept, and why.
    folder
        The folder of the index; None if the letter is only in memory.
    """

    number: int
    result: str
    kept_at: float
    graph: str
    node: str
    node_type: str
    run: str
    event: tuple[str, int] | None
    event_time: float | None
    phase: str
    revision: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    error: str
    trace: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    python: tuple[str, ...] = ()
    file: str = ""
    bytes: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """A name that no other letter of a service has."""
        return f"{self.result[:8]}-{self.number}"

    @property
    def place(self) -> str:
        """The event, or the phase of the run, in words."""
        return f"{self.run[:8]}/{self.event[0]}/{self.event[1]}" if self.event else f"{self.phase} of {self.run[:8]}"

    def values(self) -> dict[str, Any]:
        """Read the inputs.

        Returns
        -------
        :
            Under ``inputs`` the values by port, and where the node asks for them ``event`` and ``start``.

        Raises
        ------
        DocumentError
            If they were not kept, or their file is damaged or gone.
        """
        from headrace.engine.runtime.cache_codec import decode

        if self.folder is None or not self.file:
            why = "; ".join(f"{what}: {reason}" for what, reason in self.left_out.items()) or "no folder was named"
            problem = f"the inputs of dead letter {self.id} were not kept ({why})"
            raise DocumentError(problem)
        path = self.folder / Path(self.file).name
        try:
            values: dict[str, Any] = decode(path.read_bytes())
        except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
            problem = f"the inputs of dead letter {self.id} can't be read from {path}: {error}"
            raise DocumentError(problem) from error
        return values

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        return {**asdict(self), "folder": str(self.folder) if self.folder else None, "id": self.id, "place": self.place}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any], folder: Path | None) -> KeptLetter:
        """Make it of plain data.

        Raises
        ------
        TypeError
            If something is missing.
        """
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in given.items() if name in known}
        event = values.get("event")
        values["event"] = (str(event[0]), int(event[1])) if event else None
        values["python"] = tuple(values.get("python", ()))
        return cls(**{**values, "folder": folder})
