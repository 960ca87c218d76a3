"""Units of parameters: reading ``"150 um"`` and giving it in the unit that a node type declares.

A table of its own, and no units library: those take half a second to import and bring scipy with them, and a graph
must be checked in an instant. A pixel is a dimension of its own, so that a length is refused where pixels are meant.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from headrace.engine.model.constraints import ConstraintError

__all__ = ["known_units", "to_unit"]

_PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "c": -2, "k": 3, "M": 6, "G": 9}
_LONG_PREFIXES = {"femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "centi": -2, "kilo": 3, "mega": 6}

# symbol, long name, dimension, factor to the dimension's base unit; the first of a dimension is its base
_SCALED = (
    ("m", "meter", "length", Fraction(1)),
    ("s", "second", "time", Fraction(1)),
    ("eV", "electronvolt", "energy", Fraction(1)),
    ("K", "kelvin", "temperature", Fraction(1)),
    ("A", "ampere", "current", Fraction(1)),
    ("V", "volt", "voltage", Fraction(1)),
    ("Pa", "pascal", "pressure", Fraction(1)),
    ("Hz", "hertz", "1/time", Fraction(1)),
    ("rad", "radian", "angle", Fraction(1)),
    ("g", "gram", "mass", Fraction(1)),
)
_PLAIN = (
    (("px", "pixel", "pixels"), "pixel", Fraction(1)),
    (("Å", "Å", "angstrom", "angstroms"), "length", Fraction(1, 10**10)),
    (("min", "minute", "minutes"), "time", Fraction(60)),
    (("h", "hour", "hours"), "time", Fraction(3600)),
    (("deg", "degree", "degrees", "°"), "angle", Fraction(math.pi) / 180),
    (("bar",), "pressure", Fraction(10**5)),
    (("count", "counts"), "count", Fraction(1)),
    (("photon", "photons"), "photon", Fraction(1)),
    (("frame", "frames"), "frame", Fraction(1)),
    (("percent", "%"), "", Fraction(1, 100)),
    (("micron", "microns"), "length", Fraction(1, 10**6)),
)
_HIGHEST_POWER = 12
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_FACTOR = re.compile(r"\s*(?:(\*\*?|/|\^|·)?\s*(?:([A-Za-zµμÅÅ°%]+)|([+-]?\d+)))")


@dataclass(frozen=True, slots=True)
class _Measure:
    """A unit worked out: its factor to base units, and the powers of its dimensions."""

    factor: Fraction
    powers: tuple[tuple[str, int], ...]


def _powers(dimension: str) -> dict[str, int]:
    if not dimension:
        return {}
    return {"time": -1} if dimension == "1/time" else {dimension: 1}


@functools.cache
def known_units() -> tuple[str, ...]:
    """Give every unit word that is understood, for hints."""
    return tuple(_table())


@functools.cache
def _table() -> dict[str, tuple[Fraction, str]]:
    table = {}
    for symbol, name, dimension, factor in _SCALED:
        for prefix, power in (*_PREFIXES.items(), ("", 0)):
            table[prefix + symbol] = (factor * Fraction(10) ** power, dimension)
        for prefix, power in (*_LONG_PREFIXES.items(), ("", 0)):
            table[prefix + name] = table[prefix + name + "s"] = (factor * Fraction(10) ** power, dimension)
    for words, dimension, factor in _PLAIN:
        table.update(dict.fromkeys(words, (factor, dimension)))
    return table


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Give operator and operand in turn; an operator that is left out multiplies."""
    position = 0
    while position < len(text.rstrip()):
        found = _FACTOR.match(text, position)
        if found is None:
            raise KeyError(text[position:].strip())
        yield (found[1] or "*").replace("^", "**").replace("·", "*"), found[2] or found[3]
        position = found.end()


@functools.lru_cache(maxsize=256)
def _measure(text: str) -> _Measure:
    """Work a unit out. Raises `KeyError` with the word that is no unit."""
    factor, powers = Fraction(1), dict[str, int]()
    terms: list[tuple[str, int]] = []
    for operator, operand in _tokens(text):
        if operator == "**":
            if not terms or not re.fullmatch(r"[+-]?\d", operand):
                raise KeyError(operand)
            terms[-1] = (terms[-1][0], terms[-1][1] * int(operand))
            if abs(terms[-1][1]) > _HIGHEST_POWER:
                raise KeyError(operand)
        else:
            terms.append((operand, -1 if operator == "/" else 1))
    for word, power in terms:
        if word == "1":
            continue
        scale, dimension = _table()[word]
        factor *= scale**power
        for base, one in _powers(dimension).items():
            powers[base] = powers.get(base, 0) + one * power
    return _Measure(factor, tuple(sorted((base, power) for base, power in powers.items() if power)))


def to_unit(text: str, unit: str) -> float | int:
    """Give a quantity written as text as a number in a unit.

    Raises
    ------
    ConstraintError
        If the text is no quantity, or one of another kind.

    Examples
    --------
    >>> to_unit("150 um", "mm"), to_unit("15", "px"), to_unit("2 1/nm", "1/angstrom")
    (0.15, 15, 0.2)
    >>> to_unit("15 mm", "px")
    Traceback (most recent call last):
    headrace.engine.model.constraints.ConstraintError: expected a number in px, got '15 mm', which is a length
    """
    found = _NUMBER.fullmatch(text)
    expected = f"a number in {unit}"
    if found is None:
        raise ConstraintError(expected, f"{text!r}, which is no quantity", "unit")
    number, symbol = found[1], found[2]
    if symbol in ("", unit):
        return _scaled(number, Fraction(1))
    try:
        given, wanted = _measure(symbol), _measure(unit)
    except KeyError as error:
        raise ConstraintError(expected, f"{text!r}: {error.args[0]!r} is no known unit", "unit") from None
    if given.powers != wanted.powers:
        raise ConstraintError(expected, f"{text!r}, which is {_kind(given)}", "unit")
    return _scaled(number, given.factor / wanted.factor)


def _scaled(number: str, ratio: Fraction) -> float | int:
    """Multiply exactly, so that 150 um are 0.15 mm; a number with a huge exponent is taken as a float."""
    exponent = number.lower().partition("e")[2] or "0"
    if len(number) > 40 or len(exponent) > 4:
        return float(number) * float(ratio)
    exact = Fraction(number) * ratio
    written_whole = re.fullmatch(r"[+-]?\d+", number) is not None
    try:
        return int(exact) if exact.denominator == 1 and written_whole else float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _kind(measure: _Measure) -> str:
    if not measure.powers:
        return "a bare number"
    text = " ".join(f"{base}^{power}" if power != 1 else base for base, power in measure.powers)
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
