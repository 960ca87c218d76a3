"""Dead letters of results: finding them, looking into them, and running them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from headrace.engine.documents.store_folder import DOCUMENTS, folder_name
from headrace.engine.jobs.letter import INDEX, KeptLetter
from headrace.engine.jobs.letter_box import LETTERS
from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["dead_letters", "find_letter"]


def dead_letters(result: str | Path) -> list[KeptLetter]:
    """Give the dead letters of a result run, or of all result runs of a store; the oldest first.

    Parameters
    ----------
    result
        ``STORE/UID`` (the beginning of a uid is enough), ``STORE/-1`` for the newest, ``STORE`` for all; or a folder
        of letters.

    Returns
    -------
    The letters. What of their inputs was kept is read when it is asked for.

    Raises
    ------
    NotReachableError
        If there is no such result.

    Examples
    --------
    >>> import tempfile
    >>> from headrace.engine.documents.store_writer import FolderStoreWriter
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dead_letters(folder)
    []
    """
    path = Path(result)
    if (path / INDEX).is_file():
        return list(_read(path))
    if (path / DOCUMENTS).is_file():
        return _of_result(path.parent, path.name)
    if path.is_dir():
        folders = sorted((path / LETTERS).glob(f"*/{INDEX}")) or sorted(path.glob(f"*/{INDEX}"))
        letters = [letter for index in folders for letter in _read(index.parent)]
        return sorted(letters, key=lambda letter: letter.kept_at)
    store, which = path.parent, path.name
    if not store.is_dir():
        problem = f"there is no store {store}; expected STORE, STORE/UID or STORE/-1"
        raise NotReachableError(problem)
    begun = sorted((store / LETTERS).glob(f"{which}*/{INDEX}")) if which.isalnum() or "-" in which[1:] else []
    if len(begun) == 1:  # also of a result run that is under way, which the store doesn't list yet
        return list(_read(begun[0].parent))
    from headrace.engine.documents.store import FolderStore

    return _of_result(store, folder_name(FolderStore(store).find(which).uid))


def find_letter(letters: list[KeptLetter], which: str) -> KeptLetter:
    """Give one of several letters.

    Parameters
    ----------
    letters
        The letters.
    which
        Its number in its result run; or its id, such as ``5c1f0a2e-3``.

    Raises
    ------
    NotReachableError
        If there is none.
    UsageError
        If there are several.
    """
    fitting = [letter for letter in letters if which in (letter.id, str(letter.number))]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(letter.id for letter in fitting[:10])
        problem = f"several dead letters have the number {which}: {ids}; name one of these"
        raise UsageError(problem)
    shown = ", ".join(letter.id for letter in letters[-10:])
    problem = f"there is no dead letter {which!r}" + (f"; there are {shown}" if shown else ": there is none at all")
    raise NotReachableError(problem)


def _of_result(store: Path, name: str) -> list[KeptLetter]:
    """Give the letters of a stored result: those that were kept, else what its documents say of them."""
    folder = store / LETTERS / name
    return list(_read(folder)) if (folder / INDEX).is_file() else list(_from_documents(store / name))


def _read(folder: Path) -> Iterator[KeptLetter]:
    """Read an index; a line that was cut off, since the process was killed, is passed over."""
    with (folder / INDEX).open(encoding="utf-8") as index:
        for line in index:
            try:
                yield KeptLetter.from_dict(json.loads(line), folder)
            except (ValueError, TypeError, KeyError, IndexError):
                continue


def _from_documents(folder: Path) -> Iterator[KeptLetter]:
    """Give what the stream ``dead_letters`` of a result says."""
    from headrace.engine.documents.address import open_run
    from headrace.engine.model.records import DEAD_LETTERS

    run = open_run(folder)
    for number, event in enumerate(run.events(DEAD_LETTERS), 1):
        data = event.data
        stream, seq_num = str(data["raw_stream"]), int(data["raw_seq_num"])
        yield KeptLetter(
            number=number,
            result=run.uid,
            kept_at=event.time,
            graph=str(run.start.get("analysis_stage", "")),
            node=str(data["node"]),
            node_type="",
            run=str(run.start.get("raw_uid", "")),
            event=(stream, seq_num) if stream else None,
            event_time=event.time,
            phase=str(data["phase"]),
            revision=int(data["revision"]),
            error=str(data["error"]),
            trace=str(data["text"]),
            left_out={"inputs": "the result has none with it"},
        )
