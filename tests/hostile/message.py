"""A hostile message: what it is, in a sentence, and the frames that a sender would put on the wire."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zmq

from headrace.engine.documents.packing import packb

__all__ = [
    "NORMAL",
    "Fate",
    "Hostile",
    "Pair",
    "Stage",
    "beginning",
    "documents",
    "event",
    "framed",
    "refused",
    "send",
    "stop",
    "uid_of",
]

Pair = tuple[str, Any]
Fate = Literal["refused", "passed over", "failed", "taken"]
"""What becomes of it: no document at all (``refused``), a document that makes no sense (``passed over``), one on which
nodes fail (``failed``), or one that is odd and can be used (``taken``)."""

NORMAL: dict[str, Any] = {
    "x": {"dtype": "number", "shape": [], "source": "h"},
    "image": {"dtype": "array", "shape": [12, 16], "source": "h", "dtype_numpy": "<u2"},
}
"""The data keys of a run that is like the good ones."""

_SPACE = uuid.UUID("8f0a8d9e-52a6-4b1c-8a35-3d1f4a9b7c11")


@dataclass(frozen=True)
class Stage:
    """Where it happens: folders, and what must not happen to them.

    Attributes
    ----------
    allowed
        A folder with data files, from which documents may have files read.
    outside
        A folder beside it with a secret, from which nothing may be read.
    canary
        A file that code in a message tries to make.
    salt
        Makes the uids of this round differ from those of another one.
    """

    allowed: Path
    outside: Path
    canary: Path
    salt: str = ""


@dataclass(frozen=True)
class Hostile:
    """Some messages that belong together.

    Attributes
    ----------
    name
        What it is, in a sentence.
    messages
        The frames of each message.
    fate
        What becomes of the last of them.
    """

    name: str
    messages: tuple[tuple[bytes, ...], ...] = field(repr=False)
    fate: Fate

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return sum(len(frame) for message in self.messages for frame in message)


def uid_of(stage: Stage, name: str) -> str:
    """Give a uid that is always the same for a name."""
    return str(uuid.uuid5(_SPACE, stage.salt + name))


def framed(name: str, doc: object, *, prefix: bytes = b"raw", form: str = "pickle") -> tuple[bytes, ...]:
    """Write a document as bluesky's publisher would, or in msgpack."""
    body = pickle.dumps(doc) if form == "pickle" else packb(doc)
    return (b" ".join((prefix, name.encode(), body)),)


def refused(name: str, *messages: bytes | Sequence[bytes]) -> Hostile:
    """Give messages that are no documents, each as one frame or several."""
    whole = tuple((message,) if isinstance(message, bytes) else tuple(message) for message in messages)
    return Hostile(name, whole, "refused")


def documents(name: str, pairs: Iterable[Pair], fate: Fate, form: str = "pickle") -> Hostile:
    """Give documents that can be decoded."""
    return Hostile(name, tuple(framed(kind, doc, form=form) for kind, doc in pairs), fate)


def beginning(
    stage: Stage, name: str, start: Mapping[str, Any] | None = None, keys: Mapping[str, Any] | None = None
) -> tuple[str, list[Pair]]:
    """Begin a run of its own: its uid, its start document and the descriptor ``UID/d`` of its primary stream."""
    uid = uid_of(stage, name)
    described = NORMAL if keys is None else dict(keys)
    descriptor = {"uid": f"{uid}/d", "run_start": uid, "name": "primary", "time": 1.0, "data_keys": described}
    return uid, [("start", {"uid": uid, "time": 1.0, **(start or {})}), ("descriptor", descriptor)]


def event(uid: str, seq_num: Any = 1, data: Any = None, **other: Any) -> Pair:
    """Give an event of such a run."""
    given = {"x": 1.0, "image": np.ones((12, 16), "<u2")} if data is None else data
    stamps = dict.fromkeys(given, 1.0) if isinstance(given, dict) else {}
    whole = {"uid": f"{uid}/{seq_num!r:.20}", "time": 2.0, "descriptor": f"{uid}/d", "timestamps": stamps, "filled": {}}
    return "event", {**whole, "seq_num": seq_num, "data": given, **other}


def stop(uid: str, **other: Any) -> Pair:
    """Give the stop document of such a run."""
    return "stop", {"uid": f"{uid}/s", "run_start": uid, "time": 3.0, "exit_status": "success", **other}


def send(socket: zmq.Socket[bytes], message: Sequence[bytes]) -> None:
    """Put one message on the wire."""
    socket.send_multipart(list(message))
