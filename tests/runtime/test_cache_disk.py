"""The cache on disk: what comes out is what went in, whole, or it does not come out."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from headrace.engine.runtime.cache_disk import DiskStore, open_store
from headrace.engine.runtime.cache_memory import MemoryStore


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def value(number: int, size: int = 1000) -> bytes:
    """Bytes that say themselves whether they are whole."""
    return number.to_bytes(8, "big") * (size // 8)


def found(store: DiskStore | MemoryStore, numbers: range) -> dict[int, bytes]:
    with store.reading() as look:
        pairs = {number: look.get(key(number)) for number in numbers}
        return {number: bytes(data) for number, data in pairs.items() if data is not None}


def test_what_was_put_is_found_at_once_and_after_it_was_written(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for number in range(50):
        store.put(key(number), value(number), 1e6)
    expected = {number: value(number) for number in range(50)}
    assert found(store, range(60)) == expected
    store.flush()
    assert found(store, range(60)) == expected
    assert store.stats().entries == 50


def test_the_same_folder_gives_the_same_store(tmp_path: Path) -> None:
    assert open_store(tmp_path) is open_store(f"{tmp_path}/")


def test_a_look_sees_what_was_there_when_it_began_until_its_end(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.put(key(1), value(1), 1e6)
    store.flush()
    with store.reading() as look:
        data = look.get(key(1))
        store.clear()
        for number in range(100, 400):
            store.put(key(number), value(number), 1e6)
        store.flush()
        assert data is not None
        assert bytes(data) == value(1)
    assert found(store, range(3)) == {}


def test_it_stays_within_its_bytes_and_keeps_what_is_dear_to_compute(tmp_path: Path) -> None:
    store = open_store(tmp_path, 100_000)
    for number in range(500):
        store.put(key(number), value(number), 1e9 if number % 10 == 0 else 1e3)
        if number % 50 == 0:
            store.flush()
    store.flush()
    assert store.stats().bytes <= 100_000
    dear = range(0, 500, 10)
    assert found(store, range(500)).keys() >= set(dear)


def test_what_is_asked_for_outlives_what_is_not(tmp_path: Path) -> None:
    store = open_store(tmp_path, 100_000)
    for number in range(20):
        store.put(key(number), value(number), 1e6 + 1e4 * number)
    store.flush()
    for number in range(100, 1000):
        store.put(key(number), value(number), 1e6 + number)
        if number % 20 == 0:
            store.touch([key(13)])
            store.flush()
    store.flush()
    assert set(found(store, range(20))) == {13}


def test_a_value_that_is_larger_than_a_quarter_of_it_is_not_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path, 100_000)
    store.put(key(1), value(1, 80_000), 1e12)
    store.flush()
    assert found(store, range(3)) == {}
    assert store.stats().dropped == 1


def test_a_damaged_value_is_as_good_as_none_and_can_be_put_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inside = open_in_another_program(tmp_path, "store.put(key(1), value(1), 1e6); store.put(key(2), value(2), 1e6)")
    assert inside.returncode == 0, inside.stderr
    path = tmp_path / "data.mdb"
    whole = path.read_bytes()
    at = whole.index(value(1)[:64])
    path.write_bytes(whole[: at + 100] + b"\xff" + whole[at + 101 :])
    store = open_store(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert found(store, range(4)) == {2: value(2)}
    assert "damaged" in caplog.text
    assert store.stats().damaged == 1
    store.flush()
    store.put(key(1), value(1), 1e6)
    store.flush()
    assert found(store, range(4)) == {1: value(1), 2: value(2)}


@pytest.mark.parametrize("garbage", [b"", b"not a cache" * 1000])
def test_a_file_that_is_no_cache_is_replaced(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "data.mdb").write_bytes(garbage)
    store = open_store(tmp_path)
    store.put(key(1), value(1), 1e6)
    store.flush()
    assert found(store, range(3)) == {1: value(1)}


HEAD = """
import sys, time
from headrace.engine.runtime.cache_disk import open_store
def key(number): return number.to_bytes(16, "big")
def value(number, size=1000): return number.to_bytes(8, "big") * (size // 8)
store = open_store(sys.argv[1], int(sys.argv[2]))
"""


def open_in_another_program(folder: Path, text: str, limit: int = 10_000_000) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HEAD + textwrap.dedent(text), str(folder), str(limit)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


ENDLESS = """
number = int(sys.argv[3])
print("here", flush=True)
while True:
    store.put(key(number % 5000), value(number % 5000, 200 + number % 5000), 1e6)
    number += 1
    if number % 50 == 0:
        time.sleep(0.001)
"""


def endless(folder: Path, first: int, limit: int = 2_000_000) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HEAD + ENDLESS, str(folder), str(limit), str(first)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline().strip() == "here"
    return running


def kill(running: subprocess.Popen[str]) -> None:
    os.kill(running.pid, signal.SIGKILL)
    running.wait(10)
    assert running.stdout is not None
    running.stdout.close()


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_cache(tmp_path: Path) -> None:
    for turn in range(8):
        running = endless(tmp_path, turn * 777)
        time.sleep(0.15 + 0.053 * turn)
        kill(running)
    store = open_store(tmp_path, 2_000_000)
    there = found(store, range(5000))
    assert there
    assert all(data[:8] == number.to_bytes(8, "big") for number, data in there.items())
    assert store.stats().damaged == 0
    store.put(key(9999), value(1), 1e9)
    store.flush()
    assert found(store, range(9999, 10000)) == {9999: value(1)}


def test_two_programs_that_write_at_once_and_a_third_that_reads_get_along(tmp_path: Path) -> None:
    writers = [endless(tmp_path, 0), endless(tmp_path, 2500)]
    store = open_store(tmp_path, 2_000_000)
    try:
        for _ in range(10):
            for number, data in found(store, range(5000)).items():
                assert data[:8] == number.to_bytes(8, "big")
            store.put(key(7777), value(7777), 1e12)
            time.sleep(0.05)
    finally:
        for running in writers:
            kill(running)
    store.flush()
    assert found(store, range(7777, 7778)) == {7777: value(7777)}
    assert store.stats().bytes <= 2_000_000
    assert store.stats().damaged == 0


def test_the_cache_in_memory_stays_within_its_bytes_too() -> None:
    store = MemoryStore(100_000)
    for number in range(500):
        store.put(key(number), value(number), 1e9 if number % 10 == 0 else 1e3)
        store.touch([key(0)])
    assert store.stats().bytes <= 100_000
    there = found(store, range(500))
    assert there.keys() >= set(range(0, 500, 10))
    store.clear()
    assert found(store, range(500)) == {}
