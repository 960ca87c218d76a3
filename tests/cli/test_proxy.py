"""``headrace proxy``: where it listens, its keys, what it says, and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.documents.live import LiveSource
from headrace.engine.documents.publish import DocumentPublisher


@contextmanager
def started(headrace: Any, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start a proxy; gives the process and where publishers and listeners come to."""
    process: subprocess.Popen[str] = headrace.start("proxy", *arguments)
    with process:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"publishers come to (\S+), listeners to ([^\s;]+)", said)
        assert found, said
        yield process, found[1], found[2]
        process.kill()


def exchange(inlet: str, outlet: str, rest: str = "/raw") -> None:
    with LiveSource(outlet + rest, connected_within=10) as source, DocumentPublisher(inlet + rest) as publish:
        assert publish.wait_heard(10)
        publish("stop", {"uid": "a"})
        assert list(islice(source, 1)) == [("stop", {"uid": "a"})]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_documents_pass_until_a_signal_ends_it(headrace: Any, signum: int) -> None:
    with started(headrace, "--in", "0", "--out", "127.0.0.1:0") as (process, inlet, outlet):
        exchange(inlet, outlet)
        process.send_signal(signum)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "ended; 1 messages, 0.0 MB" in err
    assert inlet.startswith("zmq://127.0.0.1:")


def test_keys_are_made_and_serve_at_once(headrace: Callable[..., Any], folder: Path) -> None:
    said = headrace("proxy", "--new-keys", "keys")
    assert said.code == 0
    assert "--curve keys/proxy" in said.out
    assert "curve=keys/client" in said.out
    with started(headrace, "--in", "0", "--out", "0", "--curve", "keys/proxy") as (_, inlet, outlet):
        exchange(inlet, outlet, f"/raw?curve={folder}/keys/client")


def test_other_machines_are_warned_of_unless_there_are_keys(headrace: Any) -> None:
    with started(headrace, "--in", "0.0.0.0:0", "--out", "0") as (process, _, _):
        assert process.stderr is not None
        warning = process.stderr.readline()
    assert "takes anything from anyone; --curve DIR" in warning


def test_socket_files_serve(headrace: Any, tmp_path: Path) -> None:
    with started(headrace, "--in", f"{tmp_path}/in", "--out", f"{tmp_path}/out") as (_, inlet, outlet):
        exchange(inlet, outlet, "?prefix=raw")


@pytest.mark.parametrize("place", ["here", "127.0.0.1", "127.0.0.1:99999", "-5", "/"])
def test_a_place_that_is_none_is_refused(cli: Callable[..., Any], place: str) -> None:
    said = cli("proxy", "--in", place)
    assert said.code == 2
    assert "expected PORT, HOST:PORT or the /PATH of a socket file" in said.err.replace("\n", " ").replace("  ", " ")


def test_an_address_in_use_is_unreachable_and_keys_are_never_written_over(
    cli: Callable[..., Any], proxy: tuple[str, str], folder: Path
) -> None:
    said = cli("proxy", "--in", proxy[0], "--out", "0")
    assert (said.code, "another proxy" in said.err) == (3, True)
    assert cli("proxy", "--new-keys", "keys").code == 0
    assert cli("proxy", "--new-keys", "keys").code == 2
    assert cli("proxy", "--in", "0", "--out", "0", "--curve", "nowhere").code == 3
