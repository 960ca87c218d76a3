"""What is to be repaired, kept in a journal, so that it is done after a crash too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal

__all__ = ["RepairNotes"]


class RepairNotes:
    """The notes of some graphs in a journal: runs that are to be analysed again, and those that need it no more.

    Notes have the kind ``repair`` (due: the run, its graphs, whether its beginning was missed) and ``repaired`` (over:
    the run, its graphs, and why).

    Parameters
    ----------
    journal
        The journal.
    graphs
        Names of the graphs; notes of others are left alone.
    """

    def __init__(self, journal: Journal, graphs: Iterable[str]) -> None:
        self._journal = journal
        self._graphs = list(graphs)

    def due(self, run: str, graphs: Iterable[str] | None) -> None:
        """Note that a run is to be analysed again; of one that was missed (None), by whichever graph wants it."""
        about = {"graphs": self._graphs if graphs is None else list(graphs), "missed": graphs is None}
        self._journal.note("repair", {"run": run, **about})

    def over(self, run: str, graphs: Iterable[str] | None, why: str) -> None:
        """Note that a run need not be analysed again any more by some graphs; None for all."""
        names = self._graphs if graphs is None else list(graphs)
        self._journal.note("repaired", {"run": run, "graphs": names, "why": why})

    def left(self) -> Iterator[tuple[str, list[str], bool]]:
        """Give the runs that are to be analysed again, the graphs, and whether their beginning was missed."""
        for run in self._journal.noted("repair"):
            due: dict[str, bool] = {}
            for note in self._journal.notes(run):
                if note.kind == "repair":
                    due |= dict.fromkeys(note.data["graphs"], note.data["missed"])
                elif note.kind == "repaired":
                    due = {name: missed for name, missed in due.items() if name not in note.data["graphs"]}
            if mine := [name for name in self._graphs if name in due]:
                yield run, mine, all(due[name] for name in mine)
