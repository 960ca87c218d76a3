"""What a graph says of the runs it takes: ``when`` and ``intake``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.faults import Fault
from headrace.engine.model.intake import intake_problems
from headrace.engine.model.places import VALUE
from headrace.engine.model.when import when_problems

__all__ = ["check_runs"]

Problems = Iterable[tuple[tuple[str, ...], str, str]]


def check_runs(subject: Subject) -> Iterator[Fault]:
    """Find conditions that can't be understood, and wrong policies and limits."""
    yield from _faults(subject, "HR150", "when", when_problems(subject.graph.when))
    yield from _faults(subject, "HR151", "intake", intake_problems(subject.graph.intake))


def _faults(subject: Subject, code: str, key: str, problems: Problems) -> Iterator[Fault]:
    for path, message, expected in problems:
        yield replace(subject.fault(code, message, key, *path, VALUE, expected=expected), node=None)
