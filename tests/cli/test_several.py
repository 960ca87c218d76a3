"""Several graphs at once on the command line, and the options of a live source."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bluesky.callbacks.zmq import Publisher

from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.jobs.run import open_run

OTHER = """\
headrace: 1
graph: brightest
when: {sample_name: "nothing*"}
intake: {policy: latest}
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  keep:   {type: sink, in: [mean]}
"""


@pytest.fixture
def two(folder: Path) -> tuple[str, str]:
    (folder / "other.yaml").write_text(OTHER)
    (folder / "all.yaml").write_text(OTHER.replace('when: {sample_name: "nothing*"}\n', "").replace("brightest", "all"))
    return "totals.yaml", "all.yaml"


def graphs_in(results: Path) -> list[str]:
    return sorted(open_run(run).start["analysis_stage"] for run in results.iterdir())


def test_several_graphs_on_a_stored_run_give_a_result_each(
    cli: Callable[..., Any], two: tuple[str, str], folder: Path
) -> None:
    said = cli("run", *two, "--from", "raw/-1", "--to", "results")
    assert said.code == 0, said
    assert "graph totals" in said.out
    assert "graph all" in said.out
    assert graphs_in(folder / "results") == ["all", "totals"]


def test_settings_go_to_the_graphs_that_have_the_node_or_to_the_one_named(
    cli: Callable[..., Any], two: tuple[str, str], folder: Path
) -> None:
    arguments = ("--set", "total.how=sum", "--set", "all:mean.axis=-3", "--set", "mean.weights=null")
    assert cli("run", *two, "--from", "raw/-1", *arguments).code == 2  # the node type has no such parameters
    assert cli("run", *two, "--from", "raw/-1", "--to", "results", "--set", "total.how=sum").code == 0
    said = cli("run", *two, "--from", "raw/-1", "--set", "nobody.x=1")
    assert (said.code, "none of the graphs has a node 'nobody'" in said.err) == (2, True)
    said = cli("run", *two, "--from", "raw/-1", "--set", "toals:mean.x=1")
    assert (said.code, "did you mean 'totals'?" in said.err) == (2, True)


def test_a_store_in_which_no_run_fits_gives_nothing_and_says_why(cli: Callable[..., Any], two: tuple[str, str]) -> None:
    said = cli("run", "other.yaml", "--from", "raw")
    assert said.code == 0
    assert "graph 'brightest' is not meant for run" in said.err
    assert "not 'nothing*'): passed by" in said.err


def test_options_of_a_live_source_are_refused_for_a_store(cli: Callable[..., Any]) -> None:
    for option in (["--intake", "latest"], ["--run-timeout", "5"], ["--repair-from", "raw"]):
        said = cli("run", "totals.yaml", "--from", "raw", *option)
        assert said.code == 2
        assert f"{option[0]} is for live sources" in said.err


def test_spilling_without_a_journal_is_refused_with_words(cli: Callable[..., Any]) -> None:
    said = cli("run", "totals.yaml", "--from", "zmq://127.0.0.1:9/raw", "--intake", "spill")
    assert said.code == 2
    assert "give --journal DIR, or another policy" in said.err


def test_two_graphs_live_and_a_repair(
    headrace: Any, proxy: tuple[str, str], two: tuple[str, str], folder: Path
) -> None:
    source = f"zmq://{proxy[1]}/raw"
    arguments = ("--to", "results", "--repair-from", "raw", "--intake", "drop_oldest", "--runs", "1")
    publisher = Publisher(proxy[0], prefix=b"raw")
    with headrace.start("run", *two, "--from", source, *arguments) as process:
        assert process.stderr is not None
        assert "waiting for runs on" in process.stderr.readline()
        time.sleep(0.5)
        documents = list(simulate_crystal_rod((2, 3), size=64, frames=2))  # those of the store
        for name, doc in [*documents[:8], *documents[9:]]:
            publisher(name, dict(doc))
        out, err = process.communicate(timeout=60)
    publisher.close()
    assert process.returncode == 0, err
    assert graphs_in(folder / "results") == ["all", "all", "totals", "totals"]
    assert "5 events, fail" in out
    assert out.count("6 events, success") == 2
    assert "in place of result" in err


def test_a_signal_ends_a_service_of_two_graphs_in_order(
    headrace: Any, proxy: tuple[str, str], two: tuple[str, str]
) -> None:
    with headrace.start("run", two[0], "other.yaml", "--from", f"zmq://{proxy[1]}/raw") as process:
        assert process.stderr is not None
        assert "waiting for runs on" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False)
