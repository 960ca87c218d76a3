"""An hour of documents in a few minutes, ten times faster than the work, with a slow sink and a proxy that restarts.

A publisher in a process of its own, bluesky's own, sends runs of two streams (frames, and a slow monitor) through
bluesky's own proxy, which is killed and started again all the while. A service with a graph for each intake policy
listens; each graph takes ten times longer over a frame than it has, or hands its results to a sink that does. At the
end, for every run and stream and graph,

    published = worked + dropped + lost

must hold, with what was published counted by the publisher, what was dropped by the intake, and what was lost from the
gaps. Of a run whose stop document was lost too nobody can say how many events followed; such runs, and runs whose
start was lost, are listed apart, and what is known of them must not exceed what was published. Memory is measured
every half second; it must be flat once all queues have filled.

    python bench/soak.py --minutes 3

The exit code is 1 if the counts of a run don't add up or memory grows.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headrace import Graph, Job, node
from headrace.engine.jobs.service import Service
from headrace.engine.model.ports import Value
from headrace.nodes import accumulate, source

HOUR_OF_EVENTS = 36_000  # ten frames a second
EVENTS, EVERY = 200, 20  # events of a run, and after how many of them the monitor speaks
SIDE = 128
TIMES_TOO_FAST = 10
HEAP_GROWTH = 1.15  # memory in the last third, over that in the second

PROXY = "from bluesky.callbacks.zmq import Proxy; import sys; Proxy(sys.argv[1], sys.argv[2]).start()"


@node
def laborious(x: Value, *, seconds: float = 0.0) -> Value:
    time.sleep(seconds)
    return np.asarray(x, float).mean()


# The publisher


def publish(inlet: str, seconds: float, log: str) -> None:
    """Publish runs at an even pace, and write down how many events each has, after it was sent."""
    from bluesky.callbacks.zmq import Publisher
    from event_model import compose_run

    publisher = Publisher(inlet, prefix=b"raw")
    time.sleep(1.0)
    pace = seconds / HOUR_OF_EVENTS
    frame = np.random.default_rng(1).integers(0, 65535, (SIDE, SIDE), dtype="u2")
    keys = {"image": {"dtype": "array", "shape": [SIDE, SIDE], "source": "sim", "dtype_numpy": "<u2"}}
    slow_keys = {"t": {"dtype": "number", "shape": [], "source": "sim"}}
    began, sent = time.monotonic(), 0
    with open(log, "w") as file:
        while time.monotonic() - began < seconds:
            run = compose_run()
            publisher("start", run.start_doc)
            primary = run.compose_descriptor(name="primary", data_keys=keys)
            monitor = run.compose_descriptor(name="monitor", data_keys=slow_keys)
            for stream in (primary, monitor):
                publisher("descriptor", stream.descriptor_doc)
            for number in range(EVENTS):
                data: dict[str, Any] = {"image": frame}
                publisher("event", primary.compose_event(data=data, timestamps={"image": 0.0}, validate=False))
                if number % EVERY == 0:
                    publisher("event", monitor.compose_event(data={"t": 1.0}, timestamps={"t": 0.0}, validate=False))
                sent += 1
                time.sleep(max(0.0, began + sent * pace - time.monotonic()))
            publisher("stop", run.compose_stop())
            published = {"primary": EVENTS, "monitor": EVENTS // EVERY}
            file.write(json.dumps({"run": run.start_doc["uid"], "published": published}) + "\n")
            file.flush()
    time.sleep(2.0)
    publisher.close()


# The service


class SlowSink:
    """A destination that takes its time over each event."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, name: str, doc: Mapping[str, Any]) -> None:
        if name == "event":
            time.sleep(self.seconds)


def graph(name: str, seconds: float, **intake: Any) -> Graph:
    mean = laborious(source(field="image"), seconds=seconds)
    return Graph(name, intake=intake).keep(
        mean=mean, total=accumulate(mean, how="sum"), t=source(stream="monitor", field="t")
    )


def jobs(pace: float) -> list[Job]:
    work = pace * TIMES_TOO_FAST
    limits = {"max_bytes": "8 MB", "max_documents": 2000}
    return [
        Job(graph("drop_oldest", work, policy="drop_oldest", **limits)),
        Job(graph("latest", work, policy="latest", **limits)),
        Job(graph("slow-sink", 0.0, policy="drop_oldest", max_documents=100), to=[SlowSink(work)]),
        Job(graph("keeps-up", 0.0, policy="block", **limits)),
    ]


def memory() -> float:
    """Give the resident memory of this process, in MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Proxies:
    """A proxy that is killed and started again."""

    def __init__(self, inlet: str, outlet: str) -> None:
        self._command = [sys.executable, "-c", PROXY, inlet, outlet]
        self.restarts = -1
        self._ended = threading.Event()
        self._start()

    def _start(self) -> None:
        self._running = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.restarts += 1
        time.sleep(1.5)

    def restart_every(self, seconds: float) -> None:
        while not self._ended.wait(seconds):
            self._running.kill()
            self._running.wait()
            self._start()

    def stop(self) -> None:
        self._ended.set()
        self._running.kill()
        self._running.wait()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def soak(minutes: float) -> bool:
    seconds = minutes * 60
    inlet, outlet = (f"127.0.0.1:{free_port()}" for _ in range(2))
    proxies = Proxies(inlet, outlet)
    samples: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "published.jsonl"
        working = jobs(seconds / HOUR_OF_EVENTS)
        service = Service(working, f"zmq://{outlet}/raw", run_timeout=60)
        listening = threading.Event()
        worker = threading.Thread(target=service.run, kwargs={"ready": listening.set})
        worker.start()
        listening.wait()
        command = [sys.executable, __file__, "--publish", inlet, str(seconds), str(log)]
        publisher = subprocess.Popen(command)
        restarting = threading.Thread(target=proxies.restart_every, args=(max(20.0, seconds / 6),), daemon=True)
        restarting.start()
        began = time.monotonic()
        while publisher.poll() is None:
            samples.append((time.monotonic() - began, memory()))
            time.sleep(0.5)
        proxies.stop()
        stopped = time.monotonic()
        service.stop()
        worker.join()
        drained = time.monotonic() - stopped
        published = {entry["run"]: entry["published"] for entry in map(json.loads, log.read_text().splitlines())}
    print(
        f"{len(published)} runs, {proxies.restarts} proxy restarts, {service.source.stats.reconnects} reconnects, ",
        end="",
    )
    print(f"{service.source.stats.received} documents received, drained in {drained:.1f} s")
    good = account(working, published)
    return flat(samples) and good


def account(working: list[Job], published: Mapping[str, Mapping[str, int]]) -> bool:
    """Print the table, and tell whether all counts add up."""
    print(
        f"\n{'graph':<12} {'stream':<8} {'published':>9} = {'worked':>7} + {'dropped':>7} + {'lost':>6}  {'wrong':>5}",
        end="",
    )
    print(f"   {'no start':>8} {'no stop':>7}   (runs, left out)")
    good = True
    for job in working:
        ended = {one.summary.run.uid: one.summary for one in job.finished}
        whole = {run: summary for run, summary in ended.items() if summary.end.stop is not None and run in published}
        unseen = len(published) - sum(run in ended for run in published)
        for stream in ("primary", "monitor"):
            sums: Counter[str] = Counter()
            wrong = 0
            for run, summary in ended.items():
                parts = {
                    "worked": summary.events.get(stream, 0),
                    "dropped": summary.end.dropped.get(stream, 0),
                    "lost": summary.end.lost.get(stream, 0),
                }
                total = sum(parts.values())
                if run in whole:
                    sums.update(parts)
                    sums["published"] += published[run][stream]
                    wrong += total != published[run][stream]
                elif run in published:
                    wrong += total > published[run][stream]
            good = good and not wrong
            print(f"{job.graph.name:<12} {stream:<8} {sums['published']:>9} = {sums['worked']:>7} + ", end="")
            print(f"{sums['dropped']:>7} + {sums['lost']:>6}  {wrong:>5}   {unseen:>8} {len(ended) - len(whole):>7}")
    return good


def flat(samples: list[tuple[float, float]]) -> bool:
    """Print how memory went, and tell whether it grew after all queues had filled."""
    end = samples[-1][0]
    thirds = [[size for at, size in samples if n * end / 3 <= at < (n + 1) * end / 3] for n in range(3)]
    first, second, third = (statistics.median(part) for part in thirds)
    print(f"\nresident memory, median of each third: {first:.0f}, {second:.0f}, {third:.0f} MB; ", end="")
    print(f"most {max(size for _, size in samples):.0f} MB")
    return third <= second * HEAP_GROWTH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--publish", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish:
        publish(given.publish[0], float(given.publish[1]), given.publish[2])
        return
    logging.getLogger("headrace").setLevel(logging.ERROR)
    gc.freeze()
    good = soak(given.minutes)
    print("\ncounts add up and memory is flat" if good else "\nNOT GOOD: see above")
    sys.exit(not good)


if __name__ == "__main__":
    main()
