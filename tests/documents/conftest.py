"""Helpers for the document tests: real runs, composed runs, and what it means that two values are the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import event_model
import numpy as np
import pytest
import zmq
from bluesky.callbacks.zmq import Proxy

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.model.records import Event

Pair = tuple[str, dict[str, Any]]


@pytest.fixture
def engine() -> Iterator[Any]:
    """A real RunEngine, its event loop stopped and closed afterwards."""
    from bluesky import RunEngine

    loop = asyncio.new_event_loop()
    run_engine = RunEngine({}, loop=loop, context_managers=[])
    yield run_engine
    loop.call_soon_threadsafe(loop.stop)
    run_engine._th.join(timeout=5)
    loop.close()


@pytest.fixture
def compose() -> Callable[..., list[Pair]]:
    """Compose a run of one stream from columns of values: name to (data key, values)."""

    def composed(
        columns: dict[str, tuple[dict[str, Any], list[Any]]], stream: str = "primary", **metadata: Any
    ) -> list[Pair]:
        identity = {name: metadata.pop(name) for name in ("uid", "time") if name in metadata}
        run = event_model.compose_run(metadata=metadata, validate=False, **identity)
        keys = {name: {"source": "test", **key} for name, (key, _) in columns.items()}
        made = run.compose_descriptor(name=stream, data_keys=keys, validate=False)
        documents: list[Pair] = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
        count = len(next(iter(columns.values()))[1])
        for i in range(count):
            data = {name: values[i] for name, (_, values) in columns.items()}
            event = made.compose_event(data=data, timestamps=dict.fromkeys(data, 0.0), validate=False)
            documents.append(("event", {**event, "time": float(i)}))
        return [*documents, ("stop", run.compose_stop(validate=False))]

    return composed


@pytest.fixture
def assemble() -> Callable[..., list[Record]]:
    """Feed documents to an assembler and give all records."""

    def assembled(documents: Iterable[tuple[str, Any]], assembler: Assembler | None = None) -> list[Record]:
        taker = assembler or Assembler()
        return [record for name, doc in documents for record in taker.feed(name, doc)]

    return assembled


@pytest.fixture
def same() -> Callable[[Any, Any], bool]:
    """Say whether two values are the same, bit for bit."""

    def compared(left: Any, right: Any) -> bool:
        if isinstance(left, np.ndarray):
            form = (type(left), left.dtype, left.shape)
            return form == (type(right), right.dtype, right.shape) and left.tobytes() == right.tobytes()
        return type(left) is type(right) and (left == right or (left != left and right != right))

    return compared


@pytest.fixture
def same_events(same: Callable[[Any, Any], bool]) -> Callable[[Iterable[Any], Iterable[Any]], None]:
    """Assert that two lists of records hold the same events."""

    def check(left: Iterable[Any], right: Iterable[Any]) -> None:
        ours = [record for record in left if isinstance(record, Event)]
        theirs = [record for record in right if isinstance(record, Event)]
        assert [event.key for event in ours] == [event.key for event in theirs]
        for one, other in zip(ours, theirs, strict=True):
            assert one.time == other.time
            assert list(one.data) == list(other.data)
            assert all(same(one.data[field], other.data[field]) for field in one.data), one.key

    return check


@pytest.fixture
def frames_file(tmp_path: Path) -> Callable[..., tuple[Path, Any]]:
    """Write an HDF5 file of frames as areaDetector does."""

    def written(
        count: int, name: str = "frames.h5", dataset: str = "/entry/data/data", **options: Any
    ) -> tuple[Path, Any]:
        import h5py

        frames = np.random.default_rng(0).integers(0, 4096, (count, 6, 5)).astype("<u2")
        with h5py.File(tmp_path / name, "w") as file:
            file.create_dataset(dataset, data=frames, chunks=(1, 6, 5), **options)
        return tmp_path / name, frames

    return written


@contextmanager
def _running_proxy(in_address: str = "127.0.0.1", out_address: str = "127.0.0.1") -> Iterator[Proxy]:
    """Run bluesky's own proxy, on free ports unless told otherwise."""
    proxy = Proxy(in_address, out_address)
    # Ending the context from here is what stops the proxy; it must not be ended a second time over there.
    context, proxy._context = proxy._context, SimpleNamespace(destroy=lambda: None)

    def forward() -> None:
        with suppress(zmq.ContextTerminated):
            proxy.start()

    thread = threading.Thread(target=forward)
    thread.start()
    try:
        yield proxy
    finally:
        context.term()
        thread.join()


@pytest.fixture
def running_proxy() -> Callable[..., AbstractContextManager[Proxy]]:
    """Run bluesky's own proxy for as long as a test wants, at addresses of its choice."""
    return _running_proxy


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Run bluesky's own proxy on free ports of this machine."""
    with _running_proxy() as running:
        yield running
