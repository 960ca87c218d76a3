"""``headrace dead-letters``: of stored results, and of a running service over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace import Job
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.web.client import find
from headrace.engine.web.registration import Registration, registered
from headrace.engine.web.server import ControlServer

Cli = Callable[..., Any]

MENDED = "lit.where=seq_num < 100"


@pytest.fixture
def failed(cli: Cli, folder: Path) -> str:
    """Give a result with three failures."""
    assert cli("run", "failing.yaml", "--from", "raw/-1", "--to", "results").code == 1
    return "results/-1"


@pytest.fixture
def service(folder: Path) -> Iterator[Job]:
    """Give a job with three failures beside this process, which the command line finds."""
    with Job(folder / "failing.yaml", to=[folder / "results"]) as job, ControlServer(Monitor([job])) as server:
        job.run_stored("raw/-1")
        with registered(Registration.of(server.address, server.token, ["failing"], "raw")):
            yield job


def test_failures_are_listed(cli: Cli, failed: str) -> None:
    said = cli("dead-letters", "list", failed)
    assert said.code == 0
    assert said.out.count("lit") == 3
    assert "/primary/2" in said.out
    assert said.out.splitlines()[2].startswith("  ExpressionError: ")  # whole, on a line of its own
    listed = json.loads(cli("dead-letters", "list", "results", "--json").out)
    assert [one["number"] for one in listed] == [1, 2, 3]
    assert all(one["file"] for one in listed)


def test_how_much_is_kept_of_inputs_can_be_said(cli: Cli) -> None:
    cli("run", "failing.yaml", "--from", "raw/-1", "--to", "small", "--letter-bytes", "10")
    listed = json.loads(cli("dead-letters", "list", "small", "--json").out)
    assert [one["file"] for one in listed] == ["", "", ""]
    assert cli("run", "failing.yaml", "--from", "raw/-1", "--letter-bytes", "some").code == 2


def test_a_result_without_failures_has_none(cli: Cli) -> None:
    cli("run", "totals.yaml", "--from", "raw/-1", "--to", "good")
    said = cli("dead-letters", "list", "good/-1")
    assert (said.code, said.out) == (0, "no dead letters\n")


def test_one_is_shown_with_traceback_parameters_and_inputs(cli: Cli, failed: str) -> None:
    said = cli("dead-letters", "show", "1", failed)
    assert "lit (filter) of graph failing failed on" in said.out
    assert "ZeroDivisionError" in said.out
    assert "where: '1 / (seq_num % 2) < 10'" in said.out
    assert "value: float64 array (64, 64), from " in said.out
    assert "evaluate(" in said.out
    assert json.loads(cli("dead-letters", "show", "1", failed, "--json").out)["looks"]["value"]["nan"] == 0


def test_one_is_tried_again_as_it_was_and_with_other_parameters(cli: Cli, failed: str, folder: Path) -> None:
    again = cli("dead-letters", "retry", "1", failed)
    assert (again.code, "it fails again" in again.out, "ZeroDivisionError" in again.out) == (1, True, True)
    mended = cli("dead-letters", "retry", "1", failed, "--set", MENDED)
    assert (mended.code, "it works now" in mended.out, "float64 array (64, 64)" in mended.out) == (0, True, True)
    graph = (folder / "failing.yaml").read_text().replace("1 / (seq_num % 2) < 10", "seq_num < 100")
    (folder / "mended.yaml").write_text(graph)
    assert cli("dead-letters", "retry", "1", failed, "--graph", "mended.yaml").code == 0


def test_the_whole_event_is_tried_again_from_the_raw_store(cli: Cli, failed: str) -> None:
    again = cli("dead-letters", "retry", "2", failed, "--from", "raw", "--json")
    assert again.code == 1
    came = json.loads(again.out)
    assert set(came["outputs"]) == {"frames", "mean"}
    mended = cli("dead-letters", "retry", "2", failed, "--from", "raw", "--set", MENDED)
    assert mended.code == 0
    assert "lit: float64 array (64, 64)" in mended.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "9", "results"), 3, "there is no dead letter '9'"),
        (("list", "nowhere/-1"), 3, "there is no store"),
        (("retry", "1", "results", "--set", "lit.were=1"), 2, "no parameter 'were'"),
        (("retry", "1", "results", "--from", "nowhere"), 3, "no folder"),
        (("list",), 3, "no headrace service"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said(
    cli: Cli, failed: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    answer = cli("dead-letters", *arguments)
    assert answer.code == code
    assert said in " ".join(answer.err.split())


def test_those_of_a_running_service_are_listed_shown_and_tried_again(cli: Cli, service: Job) -> None:
    assert cli("dead-letters", "list").out.count("lit") == 3
    assert "float64 array (64, 64), from" in cli("dead-letters", "show", "1").out
    assert cli("dead-letters", "retry", "1").code == 1
    assert cli("dead-letters", "retry", "1", "--set", MENDED).code == 0
    assert cli("dead-letters", "retry", "2", "--from", "raw", "--set", MENDED).code == 0


def test_a_running_service_uses_the_parameters_in_force_now(cli: Cli, service: Job) -> None:
    service.set({"lit.where": "seq_num < 100"})
    assert cli("dead-letters", "retry", "1").code == 0
    then = find().post("/api/dead-letters/1/retry", {"parameters": "then"})
    assert not then["success"]


def test_trying_again_over_http_needs_the_token_and_a_letter(service: Job) -> None:
    address = find().address
    for path, expected in (("/api/dead-letters/1/retry", 401), ("/api/dead-letters/77", 404)):
        request = urllib.request.Request(address + path, data=b"{}" if "retry" in path else None)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == expected
        refused.value.close()


@pytest.mark.parametrize("body", [{"set": 1}, {"set": {"lit.nothing": 1}}, {"parameters": "perhaps"}])
def test_a_retry_that_makes_no_sense_is_refused_over_http(service: Job, body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|no parameter"):
        find().post("/api/dead-letters/1/retry", body)
