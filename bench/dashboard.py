"""What an open page costs the work: a 2048 x 2048 detector, with and without a browser that looks.

Figures, each a ratio taken in one run, with and without a page in turn:

- *CPU*: processor time that the working thread takes for an event, as fast as the graph can: what the probes cost,
  whatever else the machine does.
- *full speed*: events per second of that. The browser runs on the same machine here, at the lowest priority; a page on
  another machine costs less.
- *60 Hz*: events per second at a source of that rate, and the time from an event's arrival to its end.

Run it with ``python bench/dashboard.py [--side 2048] [--seconds 4] [--turns 4]``; it needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from headrace.engine.jobs.job import Job
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.web.server import ControlServer

GRAPH = """\
headrace: 1
graph: bench
nodes:
  frames: {type: source, field: image}
  cut:    {type: threshold_cut, in: frames, below: 100}
  spot:   {type: roi, in: cut, box: [100, 700, 100, 700]}
  rows:   {type: projection, in: frames, axis: y}
  small:  {type: rebin, in: frames, by: 4}
  most:   {type: accumulate, in: small, how: max}
  keep:   {type: sink, in: {spot: spot, rows: rows.out, most: most}}
"""


class Source:
    """Gives events of one run, each with an image of its own."""

    def __init__(self, job: Job, side: int) -> None:
        self.job = job
        self.number = 0
        rng = np.random.default_rng(1)
        self.images = [rng.poisson(90, (side, side)).astype("uint16") for _ in range(4)]
        job.feed(RunContext({"uid": "bench", "time": time.time()}))

    def event(self) -> None:
        self.number += 1
        image = self.images[self.number % 4].copy()  # as if it had come over the wire
        self.job.feed(Event(EventKey("bench", "primary", self.number), time.time(), {"image": image}))


def at_full_speed(source: Source, seconds: float) -> tuple[float, float]:
    """Give events per second, and processor time per event."""
    began, first, cpu = time.perf_counter(), source.number, time.thread_time()
    while time.perf_counter() - began < seconds:
        source.event()
    events = source.number - first
    return events / (time.perf_counter() - began), (time.thread_time() - cpu) / events


def paced(source: Source, seconds: float, rate: float = 60.0) -> tuple[float, float]:
    """Give the events per second that were done, and the 95th percentile of their time, at a source of some rate."""
    began = time.perf_counter()
    times = []
    for number in range(int(seconds * rate)):
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        source.event()
        times.append(time.perf_counter() - max(due, began))
    return len(times) / (time.perf_counter() - began), statistics.quantiles(times, n=20)[-1]


def polite(folder: str) -> str:
    """Give a Chromium that leaves the machine to the work, as one on another machine does."""
    path = Path(folder) / "chromium"
    path.write_text(f'#!/bin/sh\nexec nice -n 19 {shutil.which("chromium") or shutil.which("google-chrome")} "$@"\n')
    path.chmod(0o755)
    return str(path)


class Onlooker(threading.Thread):
    """A browser in a thread of its own: opens the page and closes it as it is told."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.wanted = self.there = False
        self.over = False

    def run(self) -> None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
            browser = playwright.chromium.launch(executable_path=polite(folder), args=["--no-sandbox"])
            page: Any = None
            while not self.over:
                if self.wanted and page is None:
                    page = browser.new_page(viewport={"width": 1600, "height": 900})
                    page.goto(self.address)
                    page.wait_for_selector('[data-node="frames"] img')
                    page.click('[data-node="frames"]')
                    page.wait_for_timeout(4000)  # until as much is kept as may be
                elif not self.wanted and page is not None:
                    page.close()
                    page = None
                    time.sleep(0.5)
                self.there = page is not None
                if page is not None:
                    page.wait_for_timeout(100)
                else:
                    time.sleep(0.1)
            browser.close()

    @contextmanager
    def looking(self, source: Source, wanted: bool) -> Iterator[None]:
        """Have the page open, or closed; the work goes on while it opens."""
        self.wanted = wanted
        while self.there != wanted:
            source.event()
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--turns", type=int, default=4)
    given = parser.parse_args()
    with Job(Graph.from_yaml(GRAPH)) as job, ControlServer(Monitor([job])) as server:
        source, onlooker = Source(job, given.side), Onlooker(server.address + "/")
        onlooker.start()
        speeds: dict[bool, list[float]] = {False: [], True: []}
        costs: dict[bool, list[float]] = {False: [], True: []}
        rates: dict[bool, list[float]] = {False: [], True: []}
        times: dict[bool, list[float]] = {False: [], True: []}
        at_full_speed(source, 1.0)
        for turn in range(given.turns):
            for wanted in (False, True) if turn % 2 else (True, False):
                with onlooker.looking(source, wanted):
                    speed, cost = at_full_speed(source, given.seconds)
                    speeds[wanted].append(speed)
                    costs[wanted].append(cost)
                    rate, p95 = paced(source, given.seconds)
                    rates[wanted].append(rate)
                    times[wanted].append(p95)
        onlooker.over = True
        onlooker.join(20)
    figures = (("CPU", costs, "s"), ("full speed", speeds, "1/s"), ("60 Hz", rates, "1/s"), ("60 Hz, p95", times, "s"))
    for name, found, unit in figures:
        alone, looked_at = statistics.median(found[False]), statistics.median(found[True])
        print(f"{name:12} without page {alone:9.4g} {unit}, with page {looked_at:9.4g}, ratio {looked_at / alone:.3f}")


if __name__ == "__main__":
    main()
