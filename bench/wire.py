"""Images on the wire, headrace beside bluesky's own parts and beside bare pyzmq, each part in a process of its own.

Images of 2048 x 2048 uint16 stand in the events. Measured are, in interleaved rounds, medians of them printed:

* CPU time per image in the receiving process, standard Publisher and Proxy before it: RemoteDispatcher and LiveSource;
* throughput from end to end, from the first byte sent to the last document received, on the standard path
  (Publisher, Proxy, RemoteDispatcher), with headrace's raw form through the same proxy, through headrace's, and
  without a proxy; and what a bare loop of pyzmq gives that moves the same bytes the same way.

Before each measurement a few images go through, so that all are connected and warm. Rounds alternate between two
prefixes of different length: whether the numbers of a pickled image stand at even addresses depends on it (LiveSource
moves them there if they don't, which costs about 0.3 ms).

    python bench/wire.py [--rounds N] [--images N]
"""

from __future__ import annotations

import argparse
import json
import pickle
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

SIDE, WARM = 2048, 6
MEGABYTES = SIDE * SIDE * 2 / 1e6
PATHS = {  # name -> who sends, which proxy, who receives
    "standard: Publisher, Proxy, RemoteDispatcher": ("bluesky", "bluesky", "bluesky"),
    "Publisher, Proxy, LiveSource": ("bluesky", "bluesky", "headrace"),
    "msgpack, Proxy, LiveSource": ("msgpack", "bluesky", "headrace"),
    "raw, Proxy, LiveSource": ("raw", "bluesky", "headrace"),
    "raw, headrace proxy, LiveSource": ("raw", "headrace", "headrace"),
    "raw of arrays that may change, Proxy, LiveSource": ("changing", "bluesky", "headrace"),
    "bare pyzmq, Proxy": ("bare", "bluesky", "bare"),
    "raw, direct, LiveSource": ("raw", "", "headrace"),
    "bare pyzmq, direct": ("bare", "", "bare"),
}
PREFIXES = ("raw", "live")
Give = Callable[[str, dict[str, Any]], Any]


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


# Senders: they get images through `give` as documents.


@contextmanager
def sender(kind: str, place: str, bind: bool, prefix: str) -> Iterator[Give]:
    if kind == "bluesky":
        from bluesky.callbacks.zmq import Publisher

        publisher = Publisher(place, prefix=prefix.encode())
        yield publisher
        publisher.close()
    elif kind == "bare":
        yield from bare_sender(place, bind, prefix)
    else:
        from headrace.engine.documents.publish import DocumentPublisher

        form = "msgpack" if kind == "msgpack" else "raw"
        with DocumentPublisher(f"zmq://{place}/{prefix}?format={form}{'&bind' * bind}", linger=60) as publish:
            yield publish


def bare_sender(place: str, bind: bool, prefix: str) -> Iterator[Give]:
    import zmq

    with zmq.Context() as context, context.socket(zmq.PUB) as out:
        out.sndhwm, out.linger = 0, 60_000
        (out.bind if bind else out.connect)(f"tcp://{place}")

        def give(name: str, doc: dict[str, Any]) -> None:
            image = doc["data"].pop("image")
            out.send_multipart([f"{prefix} event ".encode() + pickle.dumps(doc), image], copy=False)

        yield give


def send(kind: str, place: str, bind: bool, prefix: str, images: int) -> None:
    import numpy as np

    frames = [np.random.default_rng(seed).integers(0, 4096, (SIDE, SIDE), dtype="u2") for seed in range(4)]
    for frame in frames:
        frame.setflags(write=kind in ("changing", "bluesky"))

    def give_events(first: int, count: int) -> None:
        for number in range(first, first + count):
            give("event", event(number, frames[number % 4]))

    with sender(kind, place, bind, prefix) as give:
        say(ready=True)
        sys.stdin.readline()
        give_events(0, WARM)
        sys.stdin.readline()
        began = time.monotonic()
        give_events(WARM, images)
        say(began=began)


def event(number: int, image: Any) -> dict[str, Any]:
    return {
        "uid": f"bench-{number}",
        "descriptor": "bench",
        "seq_num": number + 1,
        "time": 0.0,
        "data": {"image": image, "x": 0.5},
        "timestamps": {"image": 0.0, "x": 0.0},
        "filled": {},
    }


# Receivers: they count events, and tell CPU time and clock when the last one has come.


class Count:
    def __init__(self, images: int) -> None:
        self.left, self.total, self.before = WARM + images, images, 0.0

    def event(self) -> bool:
        """Take note of an event; true if it was the last."""
        self.left -= 1
        if self.left == self.total:
            self.before = time.process_time()
            say(warm=True)
        if self.left == 0:
            say(ended=time.monotonic(), cpu=(time.process_time() - self.before) / self.total)
        return self.left == 0


def receive(kind: str, place: str, prefix: str, images: int) -> None:
    count = Count(images)
    {"bluesky": receive_bluesky, "headrace": receive_headrace, "bare": receive_bare}[kind](place, prefix, count)


def receive_bluesky(place: str, prefix: str, count: Count) -> None:
    import asyncio
    from contextlib import suppress

    from bluesky.callbacks.zmq import RemoteDispatcher

    dispatcher = RemoteDispatcher(place, prefix=prefix.encode(), strict=True)

    def take(name: str, doc: dict[str, Any]) -> None:
        assert doc["data"]["image"].shape == (SIDE, SIDE)
        if count.event():
            dispatcher.loop.call_soon(dispatcher._task.cancel)  # noqa: SLF001  (it has no other way to end)

    dispatcher.subscribe(take)
    say(ready=True)
    with suppress(asyncio.CancelledError):
        dispatcher.start()


def receive_headrace(place: str, prefix: str, count: Count) -> None:
    from headrace.engine.documents.live import LiveSource

    with LiveSource(f"zmq://{place}/{prefix}") as source:
        say(ready=True)
        for _, doc in source:
            assert doc["data"]["image"].shape == (SIDE, SIDE)
            if count.event():
                break


def receive_bare(place: str, prefix: str, count: Count) -> None:
    import zmq

    with zmq.Context() as context, context.socket(zmq.SUB) as come:
        come.rcvhwm = 0
        come.setsockopt(zmq.SUBSCRIBE, f"{prefix} ".encode())
        come.connect(f"tcp://{place}")
        say(ready=True)
        while True:
            _, image = come.recv_multipart(copy=False)
            assert len(image) == SIDE * SIDE * 2
            if count.event():
                break


def forward(kind: str, inlet: str, outlet: str) -> None:
    if kind == "bluesky":
        from bluesky.callbacks.zmq import Proxy

        proxy = Proxy(inlet, outlet)
        say(ready=True)
        proxy.start()
    else:
        from headrace.engine.documents.wire_address import parse_address
        from headrace.engine.documents.wire_proxy import ForwardingProxy

        with ForwardingProxy(parse_address(f"zmq://{inlet}"), parse_address(f"zmq://{outlet}")) as running:
            say(ready=True)
            running.run()


# The parent.


def free_place() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def part(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, __file__, *arguments], **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], word: str) -> dict[str, Any]:
    assert process.stdout is not None
    facts: dict[str, Any] = json.loads(process.stdout.readline())
    assert word in facts, facts
    return facts


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def measure(path: str, prefix: str, images: int) -> tuple[float, float]:
    """Give the CPU ms per image of the receiver, and MB/s from end to end."""
    sends, proxy, receives = PATHS[path]
    inlet, outlet = free_place(), free_place()
    with ExitStack() as parts:
        if proxy:
            heard(parts.enter_context(part("forward", proxy, inlet, outlet)), "ready")
        place = outlet if proxy else inlet
        begin = [part("send", sends, inlet, "" if proxy else "bind", prefix, str(images))]
        begin.append(part("receive", receives, place, prefix, str(images)))
        sending, receiving = (parts.enter_context(one) for one in begin)
        for process in (receiving, sending):
            heard(process, "ready")
        time.sleep(1.0)  # subscriptions reach the sender
        tell(sending)
        heard(receiving, "warm")
        tell(sending)
        began, end = heard(sending, "began")["began"], heard(receiving, "ended")
        return end["cpu"] * 1e3, images * MEGABYTES / (end["ended"] - began)


def report(found: dict[str, list[tuple[float, float]]]) -> None:
    cpu = {path: statistics.median(one[0] for one in values) for path, values in found.items()}
    rate = {path: statistics.median(one[1] for one in values) for path, values in found.items()}
    print(f"{'median of rounds, image 2048 x 2048 uint16':<50}{'receiver CPU ms':>17}{'MB/s':>8}{'spread':>14}")
    for path, values in found.items():
        low, high = (pick(one[1] for one in values) for pick in (min, max))
        print(f"{path:<50}{cpu[path]:>17.2f}{rate[path]:>8.0f}{f'{low:.0f}-{high:.0f}':>14}")
    names = list(PATHS)
    standard, live, _, raw, ours, changing, bare, direct, bare_direct = names
    pairs = [
        ("receiver CPU, LiveSource / RemoteDispatcher, at most 0.5", cpu[live] / cpu[standard]),
        ("raw / standard path, same proxy, at least 2.5", rate[raw] / rate[standard]),
        ("raw of arrays that may change / standard path", rate[changing] / rate[standard]),
        ("raw through headrace proxy / standard path, at least 2.5", rate[ours] / rate[standard]),
        ("raw direct / standard path, at least 4", rate[direct] / rate[standard]),
        ("raw / bare pyzmq, same proxy, at least 0.8", rate[raw] / rate[bare]),
        ("raw / bare pyzmq, direct, at least 0.8", rate[direct] / rate[bare_direct]),
    ]
    for number, prefix in enumerate(PREFIXES):
        part_of = [statistics.median(one[0] for one in found[path][number::2]) for path in (live, standard)]
        pairs.insert(
            number + 1, (f"  prefix {prefix}: {part_of[0]:.2f} / {part_of[1]:.2f} ms", part_of[0] / part_of[1])
        )
    for text, ratio in pairs:
        print(f"{text:<58}{ratio:>8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--images", type=int, default=100)
    options = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {path: [] for path in PATHS}
    for number in range(options.rounds):
        for path in PATHS:
            found[path].append(measure(path, PREFIXES[number % 2], options.images))
    report(found)


if __name__ == "__main__":
    role, *rest = sys.argv[1:] or [""]
    if role == "send":
        send(rest[0], rest[1], rest[2] == "bind", rest[3], int(rest[4]))
    elif role == "receive":
        receive(rest[0], rest[1], rest[2], int(rest[3]))
    elif role == "forward":
        forward(*rest)
    else:
        main()
