"""Keeping dead letters with their inputs on disk, in bounded room."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.store_folder import folder_name
from headrace.engine.jobs.letter import INDEX, KeptLetter
from headrace.engine.model.constraints import plain

if TYPE_CHECKING:
    from headrace.engine.runtime.dead_letters import DeadLetter, Given

__all__ = ["LETTERS", "MOST_BYTES", "LetterBox"]

LETTERS = "dead_letters"
"""Name of the folder beside the result runs in which their dead letters are."""
MOST_BYTES = 512 << 20
"""Bytes of inputs that are kept of one result run."""
_MOST_LETTERS = 10_000
"""Letters of one result run that are written down; all are in the stream ``dead_letters`` of the result."""
_RECENT = 500
_SHARE = 0.5  # of the room that the inputs of one node may take
_FOLDERS = 200  # result runs whose letters are kept where there is no store

_log = logging.getLogger(__name__)


class LetterBox:
    """Keeps dead letters.

    Parameters
    ----------
    folder
        Where; None to keep them in memory, without their inputs.
    most_bytes
        Bytes of inputs that are kept of one result run. The first ones are kept: a fault that comes with each event
        looks the same each time. One node may take half of it, so that there is room for another's.
    swept
        Whether old letters are removed when there are those of many result runs: where there is no store of results
        whose owner looks after it.

    Notes
    -----
    One thread takes letters in; any may read `recent`. It never raises: a letter that can't be kept is one with less
    in it.
    """

    def __init__(self, folder: Path | None, most_bytes: int = MOST_BYTES, *, swept: bool = False) -> None:
        self.folder = folder
        self._most = most_bytes
        self._swept = swept
        self._recent: deque[KeptLetter] = deque(maxlen=_RECENT)
        self._numbers: Counter[str] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()

    @classmethod
    def beside(
        cls, stores: Iterable[Path], otherwise: str | Path | None = None, most_bytes: int = MOST_BYTES
    ) -> LetterBox:
        """Give a box in the first store of results; where there is none, in a folder of its own, if one is named."""
        store = next(iter(stores), None)
        if store is not None:
            return cls(store / LETTERS, most_bytes)
        return cls(None if otherwise is None else Path(otherwise), most_bytes, swept=True)

    @property
    def recent(self) -> list[KeptLetter]:
        """The last letters, the oldest first."""
        return list(self._recent)

    def take(self, letter: DeadLetter, result: str) -> KeptLetter:
        """Keep a letter of a result run; its inputs only now, while they are there."""
        self._numbers[result] += 1
        number = self._numbers[result]
        about = _described(letter, result, number)
        folder = self.folder / folder_name(result) if self.folder is not None else None
        if folder is None or number > _MOST_LETTERS:
            why = "no folder to keep them" if folder is None else f"more than {_MOST_LETTERS} failures"
            kept = KeptLetter.from_dict({**about, "left_out": {"inputs": why}}, None)
        else:
            kept = self._write(folder, letter, about)
        self._recent.append(kept)
        return kept

    def forget(self, result: str) -> None:
        """Let go of what is counted of a result run that has ended."""
        self._numbers.pop(result, None)
        for key in [key for key in self._bytes if key[0] == result]:
            del self._bytes[key]

    def _write(self, folder: Path, letter: DeadLetter, about: dict[str, Any]) -> KeptLetter:
        try:
            if about["number"] == 1:
                self._begin(folder, letter)
            about |= self._inputs(folder, letter, about)
            kept = KeptLetter.from_dict(about, folder)
            line = {key: value for key, value in kept.to_dict().items() if key not in ("folder", "id", "place")}
            with (folder / INDEX).open("a", encoding="utf-8") as index:
                index.write(json.dumps(line, default=str) + "\n")
        except Exception as error:  # whatever it is, it must not harm the run
            _log.warning("the inputs of a failed event can't be kept in %s: %s", folder, error)
            return KeptLetter.from_dict({**about, "file": "", "left_out": {"inputs": str(error)}}, None)
        return kept

    def _begin(self, folder: Path, letter: DeadLetter) -> None:
        """Make the folder of a result run, with the graph; remove the oldest where nobody else does."""
        if self._swept and folder.parent.is_dir():
            others = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
            for old in others[: max(0, len(others) - _FOLDERS + 1)]:
                shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700 if self._swept else 0o777)
        (folder / INDEX).unlink(missing_ok=True)  # of the same result run, which was broken off and is made anew
        if letter.given is not None and letter.given.plan is not None:
            (folder / "graph.json").write_text(json.dumps(letter.given.plan.graph.to_dict(), indent=1))

    def _inputs(self, folder: Path, letter: DeadLetter, about: Mapping[str, Any]) -> dict[str, Any]:
        """Write the inputs of a letter into a file, as far as there is room."""
        given = letter.given
        if given is None:
            return {"left_out": {"inputs": "they were not handed over"}}
        from headrace.engine.jobs.letter_inputs import packed

        result, node = about["result"], letter.node
        used = sum(size for (of, _), size in self._bytes.items() if of == result)
        room = min(self._most - used, int(self._most * _SHARE) - self._bytes[result, node])
        data, left_out = packed(letter, given, room)
        if data is None:
            return {"left_out": left_out}
        name = f"{about['number']:06}.inputs"
        hidden = folder / f".{name}.part"
        try:
            hidden.write_bytes(data)
            hidden.replace(folder / name)
        finally:
            with suppress(OSError):
                hidden.unlink()
        self._bytes[result, node] += len(data)
        return {"file": name, "bytes": len(data), "left_out": left_out}


def _described(letter: DeadLetter, result: str, number: int) -> dict[str, Any]:
    given = letter.given
    return {
        "number": number,
        "result": result,
        "kept_at": time.time(),
        **{name: getattr(letter, name) for name in ("graph", "node", "node_type", "run", "phase", "revision")},
        "event": (letter.event.stream, letter.event.seq_num) if letter.event else None,
        "event_time": letter.time,
        "parameters": _parameters(letter.node, given) if given is not None else {},
        "error": letter.error,
        "trace": letter.trace,
        "inputs": dict(letter.inputs),
        "python": _python(given) if given is not None else [],
    }


def _parameters(node: str, given: Given) -> dict[str, Any]:
    values = given.parameters.values.get(node, {}) if given.parameters is not None else {}
    return {name: plain(value) for name, value in values.items()}


def _python(given: Given) -> list[str]:
    """Give the graph's own files of node types, so that they are found from anywhere."""
    graph = given.plan.graph if given.plan is not None else None
    if graph is None or not graph.python:
        return []
    place = graph.where()
    folder = Path(place.file).parent if place else Path()
    return [str((folder / file).absolute()) for file in graph.python]
