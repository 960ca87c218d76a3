"""Pickles that would run code, by every door that the pickle machine has."""

from __future__ import annotations

import builtins
import codecs
import functools
import importlib
import operator
import os
import pickle
import runpy
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tests.hostile.message import Hostile, Stage, refused

__all__ = ["messages"]


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any, state: Any = None) -> None:
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them; each would make the canary."""
    yield from _calls(str(stage.canary))
    yield from _opcodes(str(stage.canary))


def pickled(value: Any, protocol: int = 4) -> bytes:
    """Put a value deep into an event, as a pickle."""
    return b"raw event " + pickle.dumps({"uid": "a", "data": {"image": [value]}}, protocol=protocol)


def _calls(canary: str) -> Iterator[Hostile]:
    touch = f"touch {canary}"
    code = f"open({canary!r}, 'w').close()"
    calls: dict[str, Any] = {
        "a call of os.system": Calls(os.system, touch),
        "a call of os.popen": Calls(os.popen, touch),
        "a call of subprocess": Calls(subprocess.check_output, ["touch", canary]),
        "a call of eval": Calls(eval, code),
        "a call of exec": Calls(exec, code),
        "a call of open": Calls(open, canary, "w"),
        "a call of os.open": Calls(os.open, canary, os.O_CREAT),
        "a call of os.mkdir": Calls(os.mkdir, canary),
        "a call of shutil.copy": Calls(shutil.copy, "/etc/hostname", canary),
        "a call of __import__": Calls(builtins.__import__, "antigravity"),
        "a call of importlib": Calls(importlib.import_module, "this"),
        "a call of runpy": Calls(runpy.run_path, "/etc/hostname"),
        "a call of getattr": Calls(getattr, "x", "join"),
        "a call of setattr": Calls(setattr, Plain, "x", 1),
        "a call of a partial function": Calls(functools.partial(os.system, touch)),
        "a call of an attribute getter": Calls(operator.attrgetter("system"), "os"),
        "a call of a method caller": Calls(operator.methodcaller("upper"), "x"),
        "a call of map": Calls(map, os.system, [touch]),
        "a call of codecs.decode": Calls(codecs.decode, b"x", "zip"),
        "a call of codecs.encode with a codec of its own": Calls(codecs.encode, "x", "idna"),
        "a call of numpy.load": Calls(np.load, canary),
        "a call of numpy.save": Calls(np.save, canary, [1]),
        "a call of numpy.fromfile": Calls(np.fromfile, "/etc/hostname"),
        "a call of numpy.memmap": Calls(np.memmap, canary, "u1", "w+", 0, (1,)),
        "a call of pickle.loads": Calls(pickle.loads, pickle.dumps(Calls(os.system, touch))),
        "a call of type, which makes classes": Calls(type, "X", (), {}),
        "a call of sys.exit": Calls(sys.exit, 0),
        "a call of os._exit": Calls(os._exit, 0),
        "a call of os.kill": Calls(os.kill, os.getpid(), 0),
        "a call of breakpoint": Calls(breakpoint),
        "a class of another program": Plain(),
        "a module's name space": Calls(types.SimpleNamespace),
    }
    for name, value in calls.items():
        yield refused(name, pickled(value))
    for protocol in (0, 1, 2, 3, 5):
        yield refused(f"a call of os.system in protocol {protocol}", pickled(Calls(os.system, touch), protocol))


class Plain:
    """An innocent class of some other program."""


def _opcodes(canary: str) -> Iterator[Hostile]:
    """Give calls spelt in opcodes that ``pickle.dumps`` does not write."""
    text = f"touch {canary}".encode()
    argument = b"X" + len(text).to_bytes(4, "little") + text
    bodies = {
        "GLOBAL and REDUCE": b"\x80\x02cposix\nsystem\n" + argument + b"\x85R.",
        "GLOBAL of a dotted name": b"\x80\x04cos\npath.os.system\n" + argument + b"\x85R.",
        "STACK_GLOBAL and REDUCE": b"\x80\x04\x8c\x05posix\x8c\x06system\x93" + argument + b"\x85R.",
        "STACK_GLOBAL of a dotted name": b"\x80\x04\x8c\x02os\x8c\x0bpath.os.abc\x93.",
        "STACK_GLOBAL of names that are no text": b"\x80\x04K\x01K\x02\x93.",
        "INST": b"(S'" + text + b"'\nios\nsystem\n.",
        "OBJ": b"\x80\x02(cposix\nsystem\n" + argument + b"o.",
        "NEWOBJ": b"\x80\x02cposix\nsystem\n" + argument + b"\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04cposix\nsystem\n" + argument + b"\x85}\x92.",
        "EXT1": b"\x80\x02\x82\x01.",
        "EXT2": b"\x80\x02\x83\x01\x00.",
        "EXT4": b"\x80\x02\x84\x01\x00\x00\x00.",
        "PERSID": b"P" + text + b"\n.",
        "BINPERSID": b"\x80\x02" + argument + b"Q.",
        "NEXT_BUFFER": b"\x80\x05\x97.",
        "READONLY_BUFFER": b"\x80\x05\x97\x98.",
        "STRING, which old Pythons evaluated": b"S'" + text + b"'\n.",
        "BINSTRING": b"T\x04\x00\x00\x00abcd.",
        "BUILD on a dict": b"\x80\x02}}X\x0c\x00\x00\x00__setstate__" + b"cposix\nsystem\nsb.",
        "BUILD on a name": b"\x80\x02cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.",
        "BUILD with slots": b"\x80\x02cnumpy\ndtype\n}}\x86b.",
        "REDUCE on what is no function": b"\x80\x04\x8c\x06system)R.",
        "REDUCE with arguments that are no tuple": b"\x80\x02ccollections\nOrderedDict\n]R.",
        "OrderedDict filled by a call": b"\x80\x02ccollections\nOrderedDict\n]]K\x01K\x02eaa\x85R.",
        "a name left on the stack": b"\x80\x02cbuiltins\nset\n.",
        "a name as a value": b"\x80\x02}X\x01\x00\x00\x00acbuiltins\nset\ns.",
        "a name as a key": b"\x80\x02}cbuiltins\nset\nK\x01s.",
        "builtins by their old name": b"\x80\x02c__builtin__\neval\n" + argument + b"\x85R.",
        "getattr of builtins": b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93\x8c\x01a\x8c\x01b\x86R.",
        "numpy's own test runner": b"\x80\x04\x8c\x05numpy\x8c\x04test\x93)R.",
        "numpy's reconstruct with another class": (
            b"\x80\x02cnumpy._core.multiarray\n_reconstruct\ncposix\nsystem\nK\x00\x85c_codecs\nencode\n\x87R."
        ),
    }
    for name, body in bodies.items():
        yield refused(f"the opcode door {name}", b"raw event " + body)
