"""What is told of hostile text, in a log or on a terminal, is one line of plain characters."""

from __future__ import annotations

import logging

import pytest

from headrace.engine.cli.log_format import TextFormat
from headrace.engine.cli.summary import run_title
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.one_line import one_line
from headrace.engine.runtime.dead_letters import error_text

COLOURS = "\x1b[2J\x1b]0;owned\x07red\r\nERROR forged\u202eline\ud800"


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    given = None if error is None else (type(error), error, None)
    return logging.LogRecord("headrace", logging.WARNING, "x.py", 1, "run %s", (message,), given)


def test_a_line_of_the_log_stays_one_line_without_escapes() -> None:
    line = TextFormat("%(levelname)s %(message)s").format(record(COLOURS))
    assert line.isprintable()
    assert line.startswith(r"WARNING run \x1b[2J\x1b]0;owned\x07red\x0d\x0aERROR forged\u202eline\ud800")


@pytest.mark.parametrize("error", [DocumentError(COLOURS), ValueError(COLOURS)])
def test_an_error_in_the_log_has_no_escapes_either(error: Exception) -> None:
    text = TextFormat("%(message)s").format(record("a", error))
    assert text.replace("\n", "").isprintable()


def test_a_long_line_is_cut() -> None:
    assert len(TextFormat("%(message)s").format(record("x" * 1_000_000))) <= 4000
    assert one_line("x" * 5000, 100) == "x" * 99 + "…"


def test_what_a_node_says_of_hostile_values_is_plain_and_short() -> None:
    assert error_text(ValueError(COLOURS)).replace("\n", "").isprintable()
    assert len(error_text(ValueError("x" * 1_000_000))) <= 4000


def test_a_run_is_named_on_a_terminal_in_plain_characters() -> None:
    assert run_title({"uid": "5c1f", "scan_id": COLOURS, "plan_name": COLOURS}).isprintable()


def test_a_log_that_is_rare_is_plain_too(caplog: pytest.LogCaptureFixture) -> None:
    RareLog(logging.getLogger("headrace.test")).warning("kind", "run %s", COLOURS + "x" * 1_000_000)
    [line] = caplog.messages
    assert line.isprintable()
    assert len(line) <= 2000
