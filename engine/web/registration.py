"""Finding the services of the same user: each leaves a file that says where it is and what its token is."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Registration", "folder", "registered", "services", "state_folder"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a service is.

    Attributes
    ----------
    pid, born, host
        The process, when it began (as the system counts; empty where it does not say), and its machine.
    address, token
        Where it listens, and what changes need.
    graphs
        Names of its graphs.
    source
        Where its documents come from.
    since
        When it began to listen, in seconds since 1970.
    """

    pid: int
    born: str
    host: str
    address: str
    token: str
    graphs: tuple[str, ...]
    source: str
    since: float

    @classmethod
    def of(cls, address: str, token: str, graphs: Sequence[str], source: str) -> Registration:
        """Give the registration of this process."""
        pid = os.getpid()
        return cls(pid, _born(pid), socket.gethostname(), address, token, tuple(graphs), source, time.time())

    @property
    def alive(self) -> bool:
        """Whether its process still runs; a process of another machine is taken to."""
        if self.host != socket.gethostname():
            return True
        return bool(self.born == _born(self.pid)) and _runs(self.pid)

    @property
    def label(self) -> str:
        """What it is, in a few words."""
        return f"{self.address} ({', '.join(self.graphs)}; {self.source}; process {self.pid})"


def state_folder() -> Path:
    """Give where headrace keeps what it knows of its user: ``$HEADRACE_STATE``, or the user's folder for state."""
    named = os.environ.get("HEADRACE_STATE")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(named) if named else Path(state) / "headrace"


def folder() -> Path:
    """Give the folder of the files."""
    return state_folder() / "running"


@contextmanager
def registered(registration: Registration) -> Iterator[None]:
    """Leave a file as long as the block lasts; where none can be written, say so and go on."""
    path = folder() / f"{registration.pid}-{registration.address.rpartition(':')[2]}.json"
    try:
        _write(path, json.dumps(asdict(registration)))
    except OSError as error:
        _log.warning("other commands won't find this service by themselves (%s); use --at and HEADRACE_TOKEN", error)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()


def _write(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hidden = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        hidden.unlink()
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    hidden.replace(path)


def services() -> list[Registration]:
    """Give the services of this user on this machine that run, the oldest first; files of dead ones are removed."""
    found = []
    for path in sorted(folder().glob("*.json")):
        registration = _read(path)
        if registration is None or registration.host != socket.gethostname():
            continue
        if registration.alive:
            found.append(registration)
        else:
            with suppress(OSError):
                path.unlink()
    return sorted(found, key=lambda one: one.since)


def _read(path: Path) -> Registration | None:
    """Read a file; one that is not ours alone, or makes no sense, is passed over."""
    try:
        about = path.stat(follow_symlinks=False)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
            return None
        given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Registration(**{**given, "graphs": tuple(given["graphs"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _born(pid: int) -> str:
    """Give when a process began, so that another one that got its number later is not taken for it."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
