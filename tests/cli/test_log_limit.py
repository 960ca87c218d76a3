"""A log stays readable however often the same is said, and nothing that was left out goes uncounted."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.engine.cli.log_limit import LogLimit
from headrace.engine.cli.log_lines import log_lines
from headrace.engine.cli.log_options import LogSettings
from headrace.engine.model.errors import UsageError


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _record(kind: int) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": "line %d", "args": (kind,), "pathname": "a.py", "lineno": kind})


@given(steps=st.lists(st.tuples(st.integers(0, 3), st.floats(0, 30)), max_size=200), most=st.integers(1, 4))
def test_lines_that_pass_and_lines_left_out_add_up(steps: list[tuple[int, float]], most: int) -> None:
    clock = Clock()
    limit = LogLimit(most=most, every=10.0, clock=clock)
    passed = told = 0
    for kind, later in steps:
        clock.now += later
        record = _record(kind)
        if limit.filter(record):
            passed += 1
            found = re.search(r"\((\d+) more like this", record.getMessage())
            told += int(found[1]) if found else 0
    left = sum(number for _, number in limit.left_out())
    assert passed + told + left == len(steps)


def test_lines_about_other_nodes_are_not_left_out() -> None:
    limit = LogLimit(most=1)
    records = [logging.makeLogRecord({"msg": "failed", "lineno": 1, "node": name}) for name in ("a", "b", "a")]
    assert [limit.filter(record) for record in records] == [True, True, False]


def test_what_was_left_out_is_said_at_the_end() -> None:
    said: list[str] = []
    logger = logging.getLogger("headrace.test")
    with log_lines(said.append, quiet=False):
        for number in range(50):
            logger.warning("it failed on %d", number)
    assert said[:5] == [f"it failed on {number}" for number in range(5)]
    assert said[5:] == ["45 more lines like this one were left out: it failed on 0"]


@pytest.mark.parametrize(
    ("quiet", "level", "expected"),
    [(False, None, ["warning", "error"]), (True, None, ["error"]), (True, logging.INFO, ["info", "warning", "error"])],
)
def test_the_level_is_as_asked_for(quiet: bool, level: int | None, expected: list[str]) -> None:
    said: list[str] = []
    logger = logging.getLogger("headrace.test")
    with log_lines(said.append, quiet=quiet, settings=LogSettings(level)):
        for name in ("debug", "info", "warning", "error"):
            getattr(logger, name)(name)
    assert said == expected


def test_json_lines_have_fields_and_errors(tmp_path: Path) -> None:
    logger = logging.getLogger("headrace.test")
    file = tmp_path / "log"
    with log_lines(print, quiet=False, settings=LogSettings(logging.INFO, json=True, file=str(file))):
        logger.info("a\nb", extra={"run": "5c1f", "graph": "g", "node": None})
        for error in (UsageError("so not"), ZeroDivisionError("by zero")):
            try:
                raise error
            except (UsageError, ZeroDivisionError):
                logger.exception("went wrong")
    first, refused, failed = (json.loads(line) for line in file.read_text().splitlines())
    assert (first["message"], first["run"], first["graph"], first["level"]) == ("a\nb", "5c1f", "g", "info")
    assert "node" not in first
    assert (refused["error"], "traceback" in refused) == ("UsageError: so not", False)
    assert failed["error"] == "ZeroDivisionError: by zero"
    assert "Traceback" in failed["traceback"]
