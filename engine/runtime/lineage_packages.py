"""The packages that code stands on, by version, and the machine it runs on."""

from __future__ import annotations

import functools
import platform
import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path

from headrace.engine.runtime.lineage_keys import Key, hashed

__all__ = ["environment", "is_foreign", "package_versions", "processor", "version_of"]

FORMAT = b"headrace lineage 1"
"""Changes when keys are made in another way, so that older ones are not found."""

_ACCELERATORS = ("numba", "llvmlite", "numexpr", "bottleneck", "mkl", "opencv-python", "intel-openmp")
"""Packages that others use if they are there, and that may change the last bits of a result."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


@functools.cache
def environment() -> Key:
    """Give what counts for every node: the version of headrace and of Python, and the kind of machine."""
    parts = (platform.machine(), platform.system(), processor(), f"{sys.version_info[0]}.{sys.version_info[1]}")
    return hashed(FORMAT, version_of("headrace").encode(), *(part.encode() for part in parts))


def processor() -> str:
    """Name the processor: libraries choose other instructions on another one, which may change the last bit."""
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        return platform.processor()


@functools.cache
def is_foreign(top: str) -> bool:
    """Tell whether a top-level module belongs to an installed package, and not to the user's own project."""
    if top in sys.stdlib_module_names:
        return True
    try:
        spec = sys.modules[top].__spec__ if top in sys.modules else find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return False
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec is not None else []
    return any(part in ("site-packages", "dist-packages") for place in places for part in Path(place).parts)


@functools.cache
def package_versions(tops: frozenset[str]) -> tuple[bytes, ...]:
    """Give name and version of packages, named by a top-level module, and of all that these need."""
    found: dict[str, str] = {}
    for top in sorted(tops):
        for name in _distributions(top):
            _collect(name, found)
    if found:
        found |= {name: version_of(name) for name in _ACCELERATORS}
    return tuple(f"{name} {version}".encode() for name, version in sorted(found.items()))


@functools.cache
def version_of(package: str) -> str:
    """Give the version of an installed package; empty if it is not installed."""
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return ""


def _distributions(top: str) -> Iterable[str]:
    """Give the packages that a top-level module comes from: most often it is called as the module is."""
    return [top] if version_of(top) else _all_distributions().get(top, [top])


@functools.cache
def _all_distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _collect(name: str, found: dict[str, str]) -> None:
    folded = name.lower().replace("_", "-")
    if folded in found:
        return
    found[folded] = version_of(name)
    if not found[folded]:
        return
    for needed in distribution(name).requires or ():
        wanted = _NAME.match(needed)
        if wanted is not None and "extra ==" not in needed:
            _collect(wanted.group(), found)
