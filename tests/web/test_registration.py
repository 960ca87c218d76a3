"""Finding services: by their files, and only those that are ours and alive."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from headrace.engine.jobs.monitor import Monitor
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.web.client import TOKEN, Client, find
from headrace.engine.web.handler import Handler
from headrace.engine.web.registration import Registration, folder, registered, services
from headrace.engine.web.server import ControlServer


class Change(Handler):
    """Changes something."""

    def post(self) -> None:
        """Say that it did."""
        self.answer({"changed": True})


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADRACE_STATE", str(tmp_path / "state"))
    monkeypatch.delenv(TOKEN, raising=False)
    return folder()


Start = Callable[..., ControlServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Give a function that starts a registered server for graphs of some names."""
    opened = []

    def begin(*graphs: str, source: str = "zmq://localhost:5578/raw") -> ControlServer:
        server = ControlServer(Monitor([]), more=[(r"/api/change", Change)])
        server.start()
        registration = registered(Registration.of(server.address, server.token, graphs, source))
        registration.__enter__()
        opened.append((server, registration))
        return server

    yield begin
    for server, registration in opened:
        registration.__exit__(None, None, None)
        server.close()


def _leave(state: Path, registration: Registration, name: str = "1-1.json", mode: int = 0o600) -> Path:
    state.mkdir(parents=True, exist_ok=True)
    path = state / name
    path.write_text(json.dumps(asdict(registration)))
    path.chmod(mode)
    return path


def test_the_only_service_is_found_and_changed_without_being_named(start: Start, state: Path) -> None:
    server = start("mapping")
    client = find()
    assert client.address == server.address
    assert client.get("/api/status")["phase"] == "waiting"
    assert client.post("/api/change", {}) == {"changed": True}
    [file] = state.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_of_several_is_named_by_address_graph_source_or_process(start: Start) -> None:
    one, other = start("mapping", source="zmq://a:1/raw"), start("reduction", source="zmq://b:2/raw")
    with pytest.raises(UsageError, match=r"several services run.*--at(.|\n)*mapping(.|\n)*reduction"):
        find()
    assert find("mapp").address == one.address
    assert find("b:2/raw").address == other.address
    for at in (other.address, other.address.removeprefix("http://"), other.address.replace("127.0.0.1", "localhost")):
        assert find(at).post("/api/change") == {"changed": True}
    with pytest.raises(UsageError, match="several"):
        find(str(os.getpid()))
    with pytest.raises(NotReachableError, match=r"no service is called 'nonsense'; there run:(.|\n)*mapping"):
        find("nonsense")


def test_nothing_runs_is_said_with_what_to_do() -> None:
    with pytest.raises(NotReachableError, match=r"no headrace service of this user runs.*headrace run GRAPH"):
        find()
    with pytest.raises(NotReachableError, match=r"no headrace service answers at http://127\.0\.0\.1:9"):
        find("127.0.0.1:9").get("/api/status")


def test_files_of_dead_processes_are_passed_over_and_removed(state: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    us = Registration.of("http://127.0.0.1:1", "t", ["g"], "s")
    dead = _leave(state, replace(us, pid=ended.pid), "dead.json")
    reborn = _leave(state, replace(us, born="1"), "reborn.json")  # another process has its number now
    assert services() == []
    assert not dead.exists()
    assert not reborn.exists()


def test_files_that_are_not_ours_alone_or_make_no_sense_are_passed_over(state: Path) -> None:
    us = Registration.of("http://127.0.0.1:1", "t", ["g"], "s")
    _leave(state, us, "open.json", 0o644)
    _leave(state, replace(us, host="elsewhere"), "elsewhere.json")
    linked = _leave(state.parent, us, "target.json")
    (state / "link.json").symlink_to(linked)
    for name, text in (("empty.json", ""), ("list.json", "[]"), ("odd.json", '{"pid": 1}'), ("cut.json", '{"pid":')):
        (state / name).write_text(text)
        (state / name).chmod(0o600)
    assert services() == []


def test_a_wrong_or_missing_token_is_said(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start("mapping")
    with pytest.raises(UsageError, match=r"wants its token, and none is known.*HEADRACE_TOKEN"):
        Client(server.address).post("/api/change")
    with pytest.raises(UsageError, match="another one than was given"):
        Client(server.address, "wrong").post("/api/change")
    assert Client(server.address, server.token).post("/api/change") == {"changed": True}
    with ControlServer(Monitor([]), more=[(r"/api/change", Change)], token="told") as hidden:
        monkeypatch.setenv(TOKEN, "told")
        assert find(hidden.address).post("/api/change") == {"changed": True}


def test_a_folder_that_can_not_be_written_is_said_and_the_work_goes_on(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state.parent.mkdir(parents=True)
    state.write_text("a file in the way")
    with registered(Registration.of("http://127.0.0.1:1", "t", ["g"], "s")):
        pass
    assert "won't find this service by themselves" in caplog.text


def test_what_is_no_address_is_refused() -> None:
    for address in ("file:///etc/passwd", "ftp://x", "127.0.0.1:80"):
        with pytest.raises(UsageError, match="no address of a service"):
            Client(address)
