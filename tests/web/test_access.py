"""Who is answered and who is not: a real server, asked by hand over a real socket."""

from __future__ import annotations

import errno
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from headrace.engine.jobs.monitor import Monitor
from headrace.engine.model.errors import NotReachableError
from headrace.engine.web.access import Access
from headrace.engine.web.handler import Handler
from headrace.engine.web.server import ControlServer

Ask = Callable[..., tuple[int, dict[str, str], bytes]]


class Change(Handler):
    """Changes something."""

    def post(self) -> None:
        """Say what came."""
        self.answer(self.body())


class Broken(Handler):
    """Goes wrong."""

    def get(self) -> None:
        """Fail."""
        msg = "a secret of the inside"
        raise RuntimeError(msg)


@pytest.fixture
def server() -> Iterator[ControlServer]:
    with ControlServer(Monitor([]), more=[(r"/api/change", Change), (r"/api/broken", Broken)]) as server:
        yield server


@pytest.fixture
def ask(server: ControlServer) -> Ask:
    """Give a function that sends a request as it is and gives status, headers and body of the answer."""

    def send(text: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        place = server.address.removeprefix("http://")
        given = {
            "Host": place,
            "Connection": "close",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if body:
            given.setdefault("Content-Length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        with closing(_connect(server)) as connection:
            connection.sendall(f"{text} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)
            return _read(connection)

    return send


def _connect(server: ControlServer) -> socket.socket:
    host, _, port = server.address.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def _read(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    with connection.makefile("rb") as file:
        answer = file.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def test_the_status_is_answered_and_allows_a_browser_nothing(ask: Ask) -> None:
    status, headers, body = ask("GET /api/status")
    assert (status, json.loads(body)["phase"]) == (200, "waiting")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Server"] == "headrace"
    assert not any(name.startswith("Access-Control-") for name in headers)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "evil.example#localhost",
        "localhost/",
        "127.0.0.1:80:80",
        "192.168.0.7",
        "[::ffff:192.168.0.7]",
        "0.0.0.0",
        " ",
    ],
)
def test_a_host_that_is_not_ours_gets_nothing_so_that_no_name_can_be_led_to_us(ask: Ask, host: str) -> None:
    status, _, body = ask("GET /api/status", Host=host)
    assert status in (400, 403)
    assert b"phase" not in body


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1:1", "[::1]:7", "127.0.0.1"])
def test_a_loopback_host_with_any_port_is_answered_as_through_a_tunnel(ask: Ask, host: str) -> None:
    assert ask("GET /api/status", Host=host)[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "file://", "http://127.0.0.1"])
def test_a_page_of_another_origin_gets_nothing_not_even_with_the_token(
    ask: Ask, server: ControlServer, origin: str
) -> None:
    assert ask("GET /api/status", Origin=origin)[0] == 403
    token = {"Authorization": f"Bearer {server.token}", "Content_Type": "application/json"}
    assert ask("POST /api/change", b"{}", Origin=origin, **token)[0] == 403


def test_a_page_of_ours_is_answered(ask: Ask, server: ControlServer) -> None:
    assert ask("GET /api/status", Origin=server.address)[0] == 200


@pytest.mark.parametrize(("mode", "expected"), [("no-cors", 403), ("cors", 403), ("navigate", 200)])
def test_another_site_may_lead_here_but_not_fetch(ask: Ask, mode: str, expected: int) -> None:
    assert ask("GET /api/status", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode=mode)[0] == expected


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {}", "{}", "Bearer {}x", "Bearer \xff"]
)
def test_a_change_without_the_token_is_refused(ask: Ask, server: ControlServer, token: str) -> None:
    status, _, body = ask("POST /api/change", b"{}", Authorization=token.format(server.token))
    assert status == 401
    assert server.token.encode() not in body


def test_a_change_with_the_token_is_made(ask: Ask, server: ControlServer) -> None:
    headers = {"Authorization": f"Bearer {server.token}", "Content_Type": "application/json"}
    status, _, body = ask("POST /api/change", b'{"a": 1}', **headers)
    assert (status, json.loads(body)) == (200, {"a": 1})


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b'{"a": 1}', "text/plain", 415),
        (b'{"a": 1}', "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe\x00", "application/json", 400),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    ask: Ask, server: ControlServer, body: bytes, kind: str, expected: int
) -> None:
    status, _, said = ask("POST /api/change", body, Authorization=f"Bearer {server.token}", Content_Type=kind)
    assert status == expected
    assert json.loads(said)["error"]


def test_a_huge_body_is_not_taken(ask: Ask, server: ControlServer) -> None:
    for body, length in ((b"x" * 100, str(1 << 40)), (b"x" * (3 << 20), "")):
        try:
            status = ask("POST /api/change", body, Authorization=f"Bearer {server.token}", Content_Length=length)[0]
        except (ConnectionError, IndexError):  # cut off while it is still being sent, or without an answer
            continue
        assert status in (400, 413)
    assert ask("GET /api/status")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/api/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/dead-letters/..%2f..%2fetc%2fpasswd",
        "/api/dead-letters/../status",
        "//etc/passwd",
        "/api/status/",
        "/api/status%00",
        "/nothing",
    ],
)
def test_a_path_that_leads_nowhere_leads_nowhere(ask: Ask, path: str) -> None:
    status, _, body = ask(f"GET {path}")
    assert status == 404
    assert b"root:" not in body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused(ask: Ask, server: ControlServer, method: str) -> None:
    assert ask(f"{method} /api/status")[0] in (400, 401, 405)
    assert ask(f"{method} /api/status", Authorization=f"Bearer {server.token}")[0] in (400, 405)


def test_what_goes_wrong_inside_stays_inside(ask: Ask, server: ControlServer, caplog: pytest.LogCaptureFixture) -> None:
    status, _, body = ask("GET /api/broken")
    assert status == 500
    assert b"secret" not in body
    assert b"Traceback" not in body
    assert "a secret of the inside" in caplog.text


def test_slow_and_silent_clients_keep_nobody_from_an_answer(ask: Ask, server: ControlServer) -> None:
    slow = [_connect(server) for _ in range(100)]
    for number, connection in enumerate(slow):
        if number % 2:
            connection.sendall(b"POST /api/change HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    try:
        assert ask("GET /api/status")[0] == 200
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n", b"\0" * 70_000]
)
def test_what_is_no_http_at_all_harms_nothing(ask: Ask, server: ControlServer, garbage: bytes) -> None:
    with closing(_connect(server)) as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)
        except OSError as error:  # it may hang up at any moment, also before our end is shut
            if not isinstance(error, ConnectionError) and error.errno != errno.ENOTCONN:
                raise
    assert ask("GET /api/status")[0] == 200


def test_a_port_that_is_taken_is_said(server: ControlServer) -> None:
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(NotReachableError, match="is the port in use"):
        ControlServer(Monitor([]), port=port).start()


def test_a_server_that_is_closed_is_gone_at_once(server: ControlServer) -> None:
    began = time.monotonic()
    with closing(_connect(server)):
        server.close()
    with pytest.raises(OSError, match=r"."):
        _connect(server)
    assert time.monotonic() >= began


def test_a_server_that_others_can_reach_answers_to_its_addresses_but_no_strange_names() -> None:
    access = Access("0.0.0.0", "token", ["beamline.example"])
    seen: dict[str, Any] = {}
    for host in ("10.0.0.7:80", "beamline.example", socket.gethostname(), "localhost", "evil.example"):
        seen[host] = access.refusal("GET", {"Host": host}) is None
    assert [host for host, answered in seen.items() if not answered] == ["evil.example"]
