"""What a program does that nobody asked for: code run, files touched, programs started, modules imported."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["Guard"]

_RUNS = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "os.startfile",
    "os.kill",
    "os.putenv",
    "os.chdir",
    "pty.spawn",
    "subprocess.Popen",
    "pickle.find_class",
    "ctypes.",
    "code.__new__",
    "function.__new__",
    "builtins.input",
    "builtins.breakpoint",
    "urllib.Request",
    "http.client.",
    "ftplib.",
    "smtplib.",
    "webbrowser.open",
    "winreg.",
    "sqlite3.",
    "tempfile.",
)
_WRITES = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "shutil.",
)
_LOADED_LATE = {"hdf5plugin", "imagecodecs"}


class Guard:
    """Notes what is out of order from `arm` on, by way of Python's audit events. It stops nothing.

    Parameters
    ----------
    readable, writable
        Folders. Python's own, and the project's, may be read too.
    """

    def __init__(self, readable: Iterable[Path], writable: Iterable[Path]) -> None:
        self.found: list[str] = []
        self._writable = _roots(writable)
        own = [sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), str(Path(__file__).parents[2]), "/proc/self"]
        self._readable = (*_roots(map(Path, own)), *_roots(readable), *self._writable, "/dev/null", "/dev/urandom")
        self._modules: set[str] = set()
        self._armed = False

    def arm(self) -> None:
        """Begin."""
        self._modules = {name.partition(".")[0] for name in sys.modules} | set(sys.stdlib_module_names) | _LOADED_LATE
        self._modules -= {"antigravity", "this", "runpy", "webbrowser"}
        self._armed = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._armed or len(self.found) > 1000:
            return
        problem = self._problem(event, arguments)
        if problem:
            self.found.append(f"{event}: {problem}"[:300])

    def _problem(self, event: str, arguments: tuple[Any, ...]) -> str:
        if event == "open":
            return self._opened(*arguments)
        if event == "import":
            return "" if str(arguments[0]).partition(".")[0] in self._modules else str(arguments[0])
        if event == "exec":
            file = getattr(arguments[0], "co_filename", "?")
            return "" if file.startswith(self._readable) or file.startswith("<frozen") else file
        if event in ("os.remove", "os.rmdir") and arguments[1] != -1:
            return ""  # a step of shutil.rmtree, which has told of the whole folder
        if event.startswith(_WRITES):
            places = [one for one in arguments if isinstance(one, str | bytes | os.PathLike)]
            return "; ".join(str(one) for one in places if not self._lies_in(one, self._writable))
        if event == "socket.connect":
            return "" if str(arguments[1]).startswith(("('127.0.0.1'", "('::1'", "/", "''")) else str(arguments[1])
        return repr(arguments) if event.startswith(_RUNS) else ""

    def _opened(self, path: Any, mode: Any, flags: Any) -> str:
        if isinstance(path, int):
            return ""
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        known = self._writable if writes and not str(path) == "/dev/null" else self._readable
        return "" if self._lies_in(path, known) else f"{path!r} ({'written' if writes else 'read'})"

    def _lies_in(self, path: Any, roots: tuple[str, ...]) -> bool:
        real = os.path.realpath(os.fsdecode(path))
        return any(real == root or real.startswith(root + "/") for root in roots)


def _roots(folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(os.path.realpath(folder) for folder in folders)
