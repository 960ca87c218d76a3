"""What a graph wants done with documents that come faster than it works: ``intake:`` in a graph file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest
from headrace.engine.model.yaml_tree import shown

__all__ = ["BYTES_TEXT", "POLICIES", "IntakeRule", "Policy", "intake_problems", "intake_rule", "read_bytes"]

Policy: TypeAlias = Literal["block", "drop_oldest", "latest", "spill"]
"""What is done when too much waits."""

POLICIES: tuple[Policy, ...] = get_args(Policy)

BYTES_TEXT = r"^ *[0-9]+(\.[0-9]+)? *([kMGT]i?B|B)? *$"
"""How a number of bytes may be written as text."""

_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_FACTORS.update({"ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40})


@dataclass(frozen=True, slots=True)
class IntakeRule:
    """What is done with documents that come faster than they are worked on.

    Attributes
    ----------
    policy
        ``block`` lets them wait outside: in 0MQ, and when that is full too, the proxy drops them. ``drop_oldest``
        gives up the oldest events that wait. ``latest`` keeps only the newest event of each stream waiting.
        ``spill`` puts them on the disk. Only events are ever given up, never other documents.
    max_documents, max_bytes
        How much may wait in memory.

    Examples
    --------
    >>> IntakeRule("drop_oldest", max_bytes=2_000_000_000)
    IntakeRule(policy='drop_oldest', max_documents=10000, max_bytes=2000000000)
    """

    policy: Policy = "block"
    max_documents: int = 10_000
    max_bytes: int = 2**30


def read_bytes(given: Any) -> int:
    """Read a number of bytes: a whole number, or text such as ``2 GB`` or ``512 MiB``.

    Raises
    ------
    UsageError
        If it is neither, or not at least 1.

    Examples
    --------
    >>> read_bytes("2 GB"), read_bytes("0.5 GiB"), read_bytes(1000)
    (2000000000, 536870912, 1000)
    """
    if isinstance(given, str) and re.match(BYTES_TEXT, given):
        number, prefix = re.findall(r"([0-9.]+) *([kMGT]i?)?", given)[0]
        given = int(float(number) * _FACTORS[prefix])
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        problem = f"{shown(given)} is no number of bytes; expected for example 2 GB, 512 MiB or 1000000"
        raise UsageError(problem)
    return given


def intake_rule(intake: Mapping[str, Any]) -> IntakeRule:
    """Give the rule that a graph's ``intake`` says, with defaults for what it leaves out.

    Raises
    ------
    UsageError
        If something in it is wrong; the graph check says so before.

    Examples
    --------
    >>> intake_rule({"policy": "latest", "max_bytes": "1 MB"})
    IntakeRule(policy='latest', max_documents=10000, max_bytes=1000000)
    """
    for _, problem, expected in intake_problems(intake):
        message = f"{problem}; expected {expected}"
        raise UsageError(message)
    given = dict(intake)
    if "max_bytes" in given:
        given["max_bytes"] = read_bytes(given["max_bytes"])
    return IntakeRule(**given)


def intake_problems(intake: Any) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Give what is wrong with an ``intake``: the way to the place, what is wrong, what was expected."""
    if not isinstance(intake, Mapping):
        yield (), f"'intake' is {shown(intake)}", "a mapping, such as {policy: drop_oldest}"
        return
    for key, value in intake.items():
        problem = f"{key!r} of 'intake' is {shown(value)}"
        if key not in _KEYS:
            hint = nearest(key, _KEYS)
            yield (key,), f"'intake' has the unknown key {key!r}" + (f", {hint}" if hint else ""), ", ".join(_KEYS)
        elif key == "policy" and value not in POLICIES:
            yield (key,), problem, ", ".join(POLICIES)
        elif key == "max_documents" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            yield (key,), problem, "a whole number, at least 1"
        elif key == "max_bytes" and not _is_bytes(value):
            yield (key,), problem, "for example 2 GB, 512 MiB or 1000000"


_KEYS = ("policy", "max_documents", "max_bytes")


def _is_bytes(value: Any) -> bool:
    try:
        read_bytes(value)
    except UsageError:
        return False
    return True
