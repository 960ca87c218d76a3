"""Messages that are no frames: wrong form, wrong names, wrong number of parts."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

from tests.hostile.message import Hostile, Stage, refused

from headrace.engine.documents.packing import packb

__all__ = ["messages"]

_DOC = packb({"uid": "a"})


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them; all are sent where the service listens."""
    yield from _forms()
    yield from _names()
    yield from _bodies()
    yield from _parts()


def _forms() -> Iterator[Hostile]:
    yield refused("a prefix with a space after it and nothing else", b"raw ")
    yield refused("a prefix and two spaces", b"raw  ")
    yield refused("a name and no body", b"raw start")
    yield refused("a name, a space and an empty body", b"raw start ")
    yield refused("a document in the place of the name", b"raw " + _DOC)
    yield refused("a frame of spaces only", b"raw " + b" " * 10_000)
    yield refused("a frame of zero bytes", b"raw " + b"\0" * 10_000)
    yield refused("a tab where a space belongs", b"raw start\t" + _DOC)
    yield refused("a line end where a space belongs", b"raw start\n" + _DOC)
    yield refused("text in two lines that looks like a request", b"raw GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    yield refused("a space that comes only after a megabyte", b"raw " + b"s" * (1 << 20) + b" " + _DOC)
    yield refused("two frames in one", b"raw start " + _DOC + b"raw start " + _DOC)


def _names() -> Iterator[Hostile]:
    yield refused("a document of a kind that nobody knows", b"raw sart " + _DOC)
    yield refused("a name in capitals", b"raw START " + _DOC)
    yield refused("a name with an invisible letter in it", "raw sta\u200brt ".encode() + _DOC)
    yield refused("a name that looks the same in Cyrillic", "raw st\u0430rt ".encode() + _DOC)
    yield refused("a name that is no UTF-8", b"raw \xff\xfe\xfd " + _DOC)
    yield refused("a name with zero bytes in it", b"raw start\0 " + _DOC)
    yield refused("a name of a thousand letters", b"raw " + b"start" * 200 + b" " + _DOC)
    yield refused("a name that is an attribute of Python", b"raw __class__ " + _DOC)
    yield refused("a name that is the words of an enumeration", b"raw DocumentNames.start " + _DOC)
    yield refused("a name with colours of a terminal", b"raw \x1b[31mstart\x1b[0m " + _DOC)


def _bodies() -> Iterator[Hostile]:
    yield refused("a body that is text", b"raw start hello world")
    yield refused("a body that is JSON", b'raw start {"uid": "a", "time": 0}')
    yield refused("a body that is a Python script", b"raw start import os; os.system('touch never')")
    yield refused("a body that is a gzip file", b"raw start \x1f\x8b\x08\x00" + b"\0" * 100)
    yield refused("a body that is an HDF5 file", b"raw start \x89HDF\r\n\x1a\n" + b"\0" * 100)
    yield refused("a body that is a numpy file", b"raw start \x93NUMPY\x01\x00v\x00{'descr': '|O'}")
    yield refused("a body that is a marshalled code object", b"raw start \xe3" + b"\0" * 60)
    yield refused("a body that is a list", b"raw event " + packb([{"uid": "a"}]))
    yield refused("a body that is a pickled list", b"raw event " + pickle.dumps([{"uid": "a"}]))
    yield refused("a body that is a number", b"raw event " + pickle.dumps(7))
    yield refused("a body that is nothing", b"raw event " + pickle.dumps(None))
    yield refused("a body of a single byte that begins a pickle and is more", b"raw event \x80\x04")


def _parts() -> Iterator[Hostile]:
    whole = b"raw start " + _DOC
    yield refused("a sound frame in two parts", [b"raw start ", _DOC])
    yield refused("prefix, name and body in a part each", [b"raw ", b"start ", _DOC])
    yield refused("a sound frame with an empty part behind it", [whole, b""])
    yield refused("a sound frame with another sound frame behind it", [whole, whole])
    yield refused("five thousand empty parts", [b"raw start ", *[b""] * 5000])
    yield refused("five thousand sound frames as parts of one message", [whole] * 5000)
    yield refused("a first part that is only the prefix", [b"raw ", b"start", b"x" * 1000])
