"""The identity of a node type's code: what was loaded, with all of the project's own code that it can reach.

It is taken from the functions as they are in memory, not from files, which may have been edited since. A module is
taken whole, with every module of the same project that it imports, at the top or inside a function. Packages from
elsewhere count by their versions, with those of what they need. That is more than the node uses, so a change may be
seen that makes no difference; one that makes a difference is not overlooked.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from headrace.engine.model.node import NodeFunction
from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.lineage_bytecode import imports_of, parts_of
from headrace.engine.runtime.lineage_data import data_of
from headrace.engine.runtime.lineage_glance import Glance
from headrace.engine.runtime.lineage_keys import Key, hashed, unique
from headrace.engine.runtime.lineage_packages import environment, is_foreign, package_versions

__all__ = ["code_key", "code_text"]

_log = logging.getLogger(__name__)


def code_key(kind: NodeType) -> Key:
    """Give the identity of a node type's code.

    Examples
    --------
    >>> from headrace.nodes import average, dark_subtract
    >>> code_key(average.node_type) == code_key(average.node_type) != code_key(dark_subtract.node_type)
    True
    """
    found = _identified(kind)
    return hashed(environment(), *found) if found is not None else unique()


def _identified(kind: NodeType) -> tuple[bytes, ...] | None:
    """Give the identity of the project's own code, and the packages it stands on; None if it can't be told."""
    known = _known(kind.target)
    if not known or not known[0].holds():
        walk = _Walk(kind.target)
        try:
            own = hashed(*walk.parts())
        except Exception as error:  # code can be anything; what can't be told apart is never the same
            _log.warning("the code of %s can't be identified, its values are not kept: %s", kind.name, error)
            return None
        known[:] = [Glance(walk.spaces, walk.vessels), own, frozenset(walk.packages)]
    return (known[1], *package_versions(known[2]))


@functools.cache
def _known(target: Callable[..., Any]) -> list[Any]:
    """Give where the identity of a function's code is remembered, with what would show that it is another now."""
    return []


def code_text(kind: NodeType) -> str:
    """Give the identity of a node type's own code as text, for provenance: versions are told there apart."""
    found = _identified(kind)
    return found[0].hex() if found is not None else ""


class _Walk:
    """All the code that can be reached from one function or class."""

    def __init__(self, target: Callable[..., Any]) -> None:
        self._target = target
        self._project = target.__module__.partition(".")[0]
        self._waiting: list[str] = []
        self._known: set[str] = set()
        self.packages: set[str] = set()
        self.spaces: list[Mapping[str, Any]] = []
        self.vessels: list[Any] = []
        self._seen: dict[int, Any] = {}  # what was described already, held so that its id stays its own

    def parts(self) -> list[bytes]:
        """Give what makes up the identity, in an order that does not depend on the way taken."""
        own = [*self._described(self._target, self._target.__module__, top=True)]
        space = _globals_of(self._target)
        self._reach(self._target.__module__)
        found: dict[str, bytes] = {}
        while self._waiting:
            name = self._waiting.pop()
            here = space if name == self._target.__module__ else None
            found[name] = hashed(*self._module(name, here))
        return [*own, *(part for name in sorted(found) for part in (name.encode(), found[name]))]

    def _reach(self, name: str) -> None:
        """Note that a module is needed."""
        top = name.partition(".")[0]
        if not name or name in self._known or top in sys.stdlib_module_names:
            return
        if name.startswith("headrace.engine"):  # counts by the version of headrace
            return
        if top != self._project and is_foreign(top):
            self.packages.add(top)
            return
        self._known.add(name)
        self._waiting.append(name)

    def _module(self, name: str, space: Mapping[str, Any] | None) -> Iterator[bytes]:
        """Give what a module of the project consists of."""
        if space is None:
            module = _imported(name)
            if module is None:
                yield b"missing"
                return
            space = vars(module)
        self.spaces.append(space)
        for key in sorted(space):
            if key.startswith("__") and key.endswith("__"):
                continue
            yield key.encode()
            if _is_vessel(name, key, space[key]):
                self.vessels.append(space[key])
            else:
                yield from self._described(space[key], name)

    def _described(self, value: Any, home: str, *, top: bool = False, depth: int = 0) -> Iterator[bytes]:
        """Describe an object that stands in a module, a class or a closure."""
        value = value.node_type.target if isinstance(value, NodeFunction) else value
        value = getattr(value, "__wrapped__", getattr(value, "py_func", value)) if callable(value) else value
        if depth > _DEEP or (depth and id(value) in self._seen):
            yield b"seen"
            return
        if isinstance(value, ModuleType):
            self._reach(value.__name__)
        elif isinstance(value, FunctionType):
            yield from self._function(value, home, top=top, depth=depth)
        elif isinstance(value, type):
            yield from self._class(value, home, depth)
        elif isinstance(value, functools.partial):
            for part in (value.func, *value.args, *value.keywords.values()):
                yield from self._described(part, home, depth=depth + 1)
        else:
            yield from self._object(value, home, depth)

    def _function(self, function: FunctionType, home: str, *, top: bool, depth: int) -> Iterator[bytes]:
        yield function.__qualname__.encode()
        if function.__module__ != home:
            self._reach(function.__module__)
            if depth == 0:
                return
        self._seen[id(function)] = function
        yield from parts_of(function.__code__)
        for name in imports_of(function.__code__):
            self._import(name, home)
        # The parameters of a node are in its lineage with the values they have, whether given or default.
        defaults = () if top else (*(function.__defaults__ or ()), *sorted((function.__kwdefaults__ or {}).items()))
        cells = [_content(cell) for cell in function.__closure__ or ()]
        for part in (*defaults, *cells):
            yield from self._described(part, home, depth=depth + 1)

    def _class(self, kind: type, home: str, depth: int) -> Iterator[bytes]:
        yield kind.__qualname__.encode()
        for base in kind.__mro__[1:]:
            self._reach(base.__module__)
        if kind.__module__ != home:
            self._reach(kind.__module__)
            return
        self._seen[id(kind)] = kind
        self.spaces.append(vars(kind))
        for key, member in sorted(vars(kind).items()):
            if key in _DULL:
                continue
            yield key.encode()
            for part in _members(member):
                yield from self._described(part, home, depth=depth + 1)

    def _object(self, value: Any, home: str, depth: int) -> Iterator[bytes]:
        kind = type(value)
        if isinstance(value, dict | list | tuple | set | frozenset):
            yield kind.__name__.encode()
            self._seen[id(value)] = value
            items = value.items() if isinstance(value, dict) else value
            described = [hashed(*self._described(item, home, depth=depth + 1)) for item in items]
            yield from sorted(described) if isinstance(value, set | frozenset) else described
            return
        plain = data_of(value)
        if plain is not None:
            yield plain
            return
        yield f"{kind.__module__}.{kind.__qualname__}".encode()
        self._reach(str(getattr(value, "__module__", "") or kind.__module__))
        inside = getattr(value, "__dict__", None)
        if isinstance(inside, dict) and not is_foreign(kind.__module__.partition(".")[0]):
            self._seen[id(value)] = value
            for key in sorted(inside):
                yield from self._described(inside[key], home, depth=depth + 1)

    def _import(self, name: str, home: str) -> None:
        """Note what an import statement inside a function brings in: a module, or something of it."""
        top = name.partition(".")[0]
        if top != self._project and is_foreign(top):  # not looked for any further, which would load it
            self._reach(top)
            return
        near = [f"{home.rsplit('.', up)[0]}.{name}" for up in range(home.count(".") + 1)]  # as relative imports have it
        for candidate in (name, *near):
            if candidate in sys.modules or _exists(candidate):
                self._reach(candidate)


def _is_vessel(module: str, name: str, value: Any) -> bool:
    """Tell whether something in a module is a private table that was empty at first: it fills while the code works."""
    if not name.startswith("_") or value.__class__ not in (dict, list, set):
        return False
    if not value:
        _vessels(module).setdefault(name, value)
    return _vessels(module).get(name) is value


@functools.cache
def _vessels(module: str) -> dict[str, Any]:
    """Give what was seen empty in a module, by name."""
    return {}


_DEEP = 12
_DULL = frozenset({"__dict__", "__weakref__", "__module__", "__doc__", "__qualname__", "__annotations__"})


def _globals_of(target: Callable[..., Any]) -> Mapping[str, Any] | None:
    """Give the names that a function, or the methods of a class, can see: the module may be loaded anew since."""
    functions = [target, *vars(target).values()] if isinstance(target, type) else [target]
    return next((one.__globals__ for one in functions if isinstance(one, FunctionType)), None)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty
        return None


def _members(member: Any) -> tuple[Any, ...]:
    if isinstance(member, staticmethod | classmethod):
        return (member.__func__,)
    if isinstance(member, property):
        return (member.fget, member.fset)
    if isinstance(member, functools.cached_property):
        return (member.func,)
    return (member,)


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def _imported(name: str) -> ModuleType | None:
    """Give a module of the project; code that is to be called imports it anyway."""
    if name in sys.modules:
        return sys.modules[name]
    try:
        return importlib.import_module(name)
    except Exception:  # whatever a module raises: the node will meet it too
        return None
