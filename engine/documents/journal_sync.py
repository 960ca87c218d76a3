"""When what was written to a journal is put on the disk itself."""

from __future__ import annotations

import logging
import threading
from typing import Literal, TypeAlias, get_args

from headrace.engine.documents.journal_file import SegmentFile
from headrace.engine.model.errors import UsageError

__all__ = ["SYNCS", "Sync", "Syncing"]

Sync: TypeAlias = Literal["never", "second", "always"]
"""Left to the system, asked for once a second, or after each record."""

SYNCS: tuple[Sync, ...] = get_args(Sync)

_log = logging.getLogger(__name__)


class Syncing:
    """Asks the system to write to the disk itself, as often as was agreed.

    Once a second is done by a thread of its own, so that a slow disk does not hold up whoever writes.

    Parameters
    ----------
    how
        How often.
    """

    def __init__(self, how: Sync) -> None:
        if how not in SYNCS:
            problem = f"a journal can't be synced {how!r}; expected one of {', '.join(SYNCS)}"
            raise UsageError(problem)
        self._how = how
        self._dirty: SegmentFile | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if how == "second":
            self._thread = threading.Thread(target=self._each_second, name="journal to disk", daemon=True)
            self._thread.start()

    def written(self, file: SegmentFile) -> None:
        """Take note that a file was written to."""
        if self._how == "always":
            file.sync()
        elif self._how == "second":
            self._dirty = file

    def finish(self, file: SegmentFile) -> None:
        """See to a file that will be closed."""
        if self._how == "second":
            with self._lock:  # not while it is being synced
                self._dirty = None
                file.sync()

    def _each_second(self) -> None:
        while not self._ended.wait(1.0):
            with self._lock:
                file, self._dirty = self._dirty, None
                try:
                    if file is not None:
                        file.sync()
                except OSError as error:
                    _log.warning("%s can't be put on the disk: %s", file and file.path, error)

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
