"""The files of the page: what came from elsewhere is unchanged, and nothing of it asks for more."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from headrace.engine.jobs.monitor import Monitor
from headrace.engine.web.page import POLICY, assets
from headrace.engine.web.server import ControlServer

VENDOR = files("headrace.engine.web") / "assets" / "vendor"


def packages() -> list[dict[str, Any]]:
    return list(json.loads((VENDOR / "manifest.json").read_text())["packages"])


@pytest.fixture(scope="module")
def server() -> Iterator[ControlServer]:
    with ControlServer(Monitor([])) as running:
        yield running


@pytest.mark.parametrize("package", packages(), ids=lambda package: package["name"])
def test_a_vendored_file_is_the_one_that_was_published(package: dict[str, Any]) -> None:
    for name, digest in package["files"].items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    assert "Permission is hereby granted" in (VENDOR / package["licence_text"]).read_text()
    assert package["version"] in package["source"]


def test_every_vendored_file_is_in_the_manifest() -> None:
    named = {"manifest.json"} | {name for one in packages() for name in (*one["files"], one["licence_text"])}
    assert {item.name for item in VENDOR.iterdir()} == named


def test_the_page_brings_no_script_of_its_own_and_no_address_of_anybody_else() -> None:
    own = {path: item.read_text() for path, item in assets().items() if not path.startswith("vendor/")}
    for path, text in own.items():
        assert not re.search(r"https?://(?!www\.w3\.org)", text), path
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", own["index.html"])


def test_a_browser_may_run_our_scripts_only(server: ControlServer) -> None:
    with urlopen(server.address + "/") as answer:
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY


@pytest.mark.parametrize(
    "path", ["/assets/../page.py", "/assets/..%2fpage.py", "/assets//etc/passwd", "/assets/vendor", "/assets/"]
)
def test_only_files_of_the_page_can_be_had(server: ControlServer, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(server.address + path)
    with refused.value:
        assert refused.value.code == 404


def test_a_page_from_elsewhere_gets_no_live_values(server: ControlServer) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = {**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "http://elsewhere.example"}
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{server.address}/api/look/0/live", headers=headers))
    with refused.value:
        assert refused.value.code == 403
