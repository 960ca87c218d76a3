"""What each opcode of a pickled document does, for the opcodes that plain data need.

Understood is what ``pickle.dumps`` writes for plain data and arrays, in protocols 0 to 5. All other opcodes
(instances, persistent ids, extension codes, out-of-band buffers) are refused when they are met. See
``pickletools`` of the standard library for the meaning of each opcode.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from headrace.engine.documents.unpickle_machine import Machine, Step
from headrace.engine.documents.unpickle_names import (
    Builder,
    PendingDtype,
    allowed_name,
    check_key,
    restore_array,
)
from headrace.engine.documents.wire_refusal import RefusalError

__all__ = ["STEPS"]

_LONGEST_NUMBER = 700  # digits or bytes; int() of very long texts is slow
_LONGEST_NAME = 200


def _constant(value: object) -> Step:
    def push(machine: Machine) -> None:
        machine.stack.append(value)

    return push


def _new(kind: Callable[[], object]) -> Step:
    def push(machine: Machine) -> None:
        machine.stack.append(kind())

    return push


def _packed(layout: str) -> Step:
    form = struct.Struct(layout)

    def push(machine: Machine) -> None:
        machine.stack.append(form.unpack_from(machine.body, machine.at)[0])
        machine.at += form.size

    return push


def _text(width: int) -> Step:
    def push(machine: Machine) -> None:
        machine.stack.append(str(machine.take(machine.unsigned(width)), "utf-8", "surrogatepass"))

    return push


def _short_text(machine: Machine) -> None:
    """Do what `_text` does, at once: these are most of a document."""
    body, at = machine.body, machine.at + 1
    end = at + body[machine.at]
    if end > len(body):
        text = "it ends before the text that it announces"
        raise RefusalError(text, "malformed")
    machine.stack.append(str(body[at:end], "utf-8", "surrogatepass"))
    machine.at = end


def _sized(width: int, kind: type[bytes | bytearray]) -> Step:
    def push(machine: Machine) -> None:
        machine.stack.append(machine.content(machine.unsigned(width), kind))

    return push


def _tuple(count: int) -> Step:
    def push(machine: Machine) -> None:
        stack = machine.stack
        if len(stack) < count:
            text = "a tuple in it has too few parts"
            raise RefusalError(text, "malformed")
        stack[-count:] = [tuple(stack[-count:])]

    return push


def _long(width: int) -> Step:
    def push(machine: Machine) -> None:
        size = machine.unsigned(width)
        if size > _LONGEST_NUMBER:
            text = f"it has an integer of {size} bytes"
            raise RefusalError(text, "size")
        machine.stack.append(int.from_bytes(machine.take(size), "little", signed=True))

    return push


def _decimal(machine: Machine) -> None:
    line = machine.line(_LONGEST_NUMBER)
    machine.stack.append(line == b"01" if line in (b"00", b"01") else int(line.removesuffix(b"L")))


def _float_text(machine: Machine) -> None:
    machine.stack.append(float(machine.line(_LONGEST_NUMBER)))


def _raw_text(machine: Machine) -> None:
    machine.stack.append(str(machine.line(len(machine.body)), "raw-unicode-escape"))


def _mark(machine: Machine) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


def _tuple_since_mark(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(items))


def _list_since_mark(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(items)


def _frozenset_since_mark(machine: Machine) -> None:
    items = machine.since_mark()
    for item in items:
        check_key(item)
    machine.stack.append(frozenset(items))


def _dict_since_mark(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append({})
    _fill(machine, items)


def _append(machine: Machine) -> None:
    item = machine.stack.pop()
    _extend(machine, [item])


def _appends(machine: Machine) -> None:
    _extend(machine, machine.since_mark())


def _extend(machine: Machine, items: list[object]) -> None:
    target = machine.stack[-1]
    if type(target) is not list:
        text = f"it appends to a {type(target).__name__}"
        raise RefusalError(text, "malformed")
    target.extend(items)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _fill(machine, [key, value])


def _set_items(machine: Machine) -> None:
    _fill(machine, machine.since_mark())


def _fill(machine: Machine, items: list[object]) -> None:
    target = machine.stack[-1]
    if (type(target) is not dict and type(target) is not OrderedDict) or len(items) % 2:
        text = f"it sets keys of a {type(target).__name__}, or a key without a value"
        raise RefusalError(text, "malformed")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not str:
            check_key(key)
        target[key] = value


def _add_items(machine: Machine) -> None:
    items = machine.since_mark()
    target = machine.stack[-1]
    if type(target) is not set:
        text = f"it adds items to a {type(target).__name__}"
        raise RefusalError(text, "malformed")
    for item in items:
        check_key(item)
        target.add(item)


def _put(width: int) -> Step:
    def put(machine: Machine) -> None:
        index = machine.unsigned(width) if width else int(machine.line(20))
        machine.memo[index] = machine.stack[-1]

    return put


def _get(width: int) -> Step:
    def get(machine: Machine) -> None:
        index = machine.unsigned(width) if width else int(machine.line(20))
        machine.stack.append(machine.memo[index])

    return get


def _global(machine: Machine) -> None:
    module, name = machine.line(_LONGEST_NAME), machine.line(_LONGEST_NAME)
    machine.stack.append(allowed_name(module.decode(), name.decode()))


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(allowed_name(module, name))


def _reduce(machine: Machine) -> None:
    arguments, builder = machine.stack.pop(), machine.stack.pop()
    if not isinstance(builder, Builder) or type(arguments) is not tuple:
        text = f"it calls a {type(builder).__name__}"
        raise RefusalError(text, "malformed")
    machine.charge(arguments)
    machine.stack.append(builder.build(*arguments))


def _build(machine: Machine) -> None:
    state, target = machine.stack.pop(), machine.stack[-1]
    if isinstance(state, tuple):
        machine.charge(state)
    if isinstance(target, PendingDtype):
        target.restore(state)
    elif isinstance(target, np.ndarray):
        restored = restore_array(target, state)
        if restored is not target:
            machine.replace(target, restored)
    else:
        text = f"it sets the state of a {type(target).__name__}"
        raise RefusalError(text, "malformed")


def _protocol(machine: Machine) -> None:
    protocol = machine.unsigned(1)
    if protocol > 5:
        text = f"it is written in pickle protocol {protocol}, newer than 5"
        raise RefusalError(text, "opcode")


def _frame(machine: Machine) -> None:
    machine.take(8)  # only tells how far to read ahead


_INSTRUCTIONS: dict[bytes, Step] = {
    pickle.PROTO: _protocol,
    pickle.FRAME: _frame,
    pickle.MARK: _mark,
    pickle.NONE: _constant(None),
    pickle.NEWTRUE: _constant(True),
    pickle.NEWFALSE: _constant(False),
    pickle.EMPTY_TUPLE: _constant(()),
    pickle.EMPTY_LIST: _new(list),
    pickle.EMPTY_DICT: _new(dict),
    pickle.EMPTY_SET: _new(set),
    pickle.INT: _decimal,
    pickle.LONG: _decimal,
    pickle.FLOAT: _float_text,
    pickle.UNICODE: _raw_text,
    pickle.BININT: _packed("<i"),
    pickle.BININT1: _packed("<B"),
    pickle.BININT2: _packed("<H"),
    pickle.BINFLOAT: _packed(">d"),
    pickle.LONG1: _long(1),
    pickle.LONG4: _long(4),
    pickle.SHORT_BINUNICODE: _short_text,
    pickle.BINUNICODE: _text(4),
    pickle.BINUNICODE8: _text(8),
    pickle.SHORT_BINBYTES: _sized(1, bytes),
    pickle.BINBYTES: _sized(4, bytes),
    pickle.BINBYTES8: _sized(8, bytes),
    pickle.BYTEARRAY8: _sized(8, bytearray),
    pickle.TUPLE: _tuple_since_mark,
    pickle.TUPLE1: _tuple(1),
    pickle.TUPLE2: _tuple(2),
    pickle.TUPLE3: _tuple(3),
    pickle.LIST: _list_since_mark,
    pickle.DICT: _dict_since_mark,
    pickle.FROZENSET: _frozenset_since_mark,
    pickle.APPEND: _append,
    pickle.APPENDS: _appends,
    pickle.SETITEM: _set_item,
    pickle.SETITEMS: _set_items,
    pickle.ADDITEMS: _add_items,
    pickle.PUT: _put(0),
    pickle.BINPUT: _put(1),
    pickle.LONG_BINPUT: _put(4),
    pickle.GET: _get(0),
    pickle.BINGET: _get(1),
    pickle.LONG_BINGET: _get(4),
    pickle.GLOBAL: _global,
    pickle.STACK_GLOBAL: _stack_global,
    pickle.REDUCE: _reduce,
    pickle.BUILD: _build,
}
STEPS: list[Step | None] = [_INSTRUCTIONS.get(bytes([code])) for code in range(256)]
"""What to do at each opcode; None where an opcode is refused."""
