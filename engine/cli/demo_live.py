"""``headrace demo --live``: a beamline that measures scan after scan, a graph on it, and the page to look at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal

__all__ = ["GRAPH", "beamline", "demo_live"]

EVENTS_PER_SECOND = 5.0
_PAUSE = 2.0  # seconds between two scans
GRAPH = """\
headrace: 1
graph: live_demo
description: A grid scan over a crystal rod, seen live. Change what you like; this file is yours.

nodes:
  frames: {type: source, field: dexela_image}
  total:  {type: source, field: dexela_stats_total}
  dark:   {type: dark, key: sc_dk_field_uid, field: dexela_image}

  # One image per point, without the dark; noise below zero becomes zero.
  mean:   {type: average, in: frames}
  clean:  {type: dark_subtract, in: {frame: mean, dark: dark}, clip: 0}

  # Draw this region on the image: open the node, press Draw.
  spot:   {type: roi, in: clean, box: [40, 100, 60, 140]}
  detail: {type: crop, in: clean, box: [64, 192, 64, 192]}
  rings:  {type: radial_profile, in: clean, centre: [127.5, 127.5]}

  # Try other values: minmass 400 finds more, 6000 fewer.
  peaks:  {type: locate, in: clean, diameter: 11, separation: 20, minmass: 1500, percentile: 0}
  tracks: {type: link, in: peaks, search_range: 6, memory: 26}
  maps:   {type: crystal_map, in: tracks}

  # Only points on the rod: others are left out.
  lit:    {type: filter, in: {value: clean, bright: spot.max}, where: "bright > 60"}
  best:   {type: accumulate, in: lit, how: max}

  keep:
    type: sink
    in: {spot: spot, spot_max: spot.max, peaks: peaks, tracks: tracks, maps: maps.maps, grains: maps.grains, best: best,
         rings: rings.mean, detail: detail, total: total}
"""


def demo_live(folder: Path, port: int, runs: int | None = None) -> None:
    """Simulate a beamline, run a graph on it, and serve the page until Ctrl-C.

    Parameters
    ----------
    folder
        Where the graph and the results are written.
    port
        Of the page; 0 for a free one.
    runs
        End after so many scans.
    """
    from headrace.engine.cli.control_options import Control
    from headrace.engine.cli.files import write_text
    from headrace.engine.cli.graph_argument import read_graph
    from headrace.engine.cli.working import work

    file = folder / "live_demo.yaml"
    if not file.exists():
        write_text(file, GRAPH)
    graph, _ = read_graph(str(file), trust=False)
    control = Control(True, port=port, chosen=bool(port), drain=3.0, page=True)
    with beamline() as address, _journal(folder / "journal") as journal:
        click.echo(_welcome(file))
        work([graph], address, to=[str(folder / "results")], runs=runs, control=control, live={"journal": journal})


def _journal(folder: Path) -> AbstractContextManager[Journal | None]:
    """Keep the last raw runs, so that they can be replayed."""
    from headrace.engine.cli.journal_options import open_journal

    options = {"journal": str(folder), "journal_bytes": "500 MB", "journal_age": None, "journal_sync": None}
    return open_journal(options, live=True)


def _welcome(file: Path) -> str:
    return f"""\
A simulated beamline measures a crystal rod, scan after scan; the graph in {file} works on it.
Open the page below, and try:
  - open the node "peaks" and set minmass to 400: from the next event on there are more peaks
  - open "spot", press Draw, and drag a box over a spot of the image
  - press space to hold the view, then [ and ] to step from event to event
  - open "best", set how to mean: before you apply, the plan says that it begins anew
  - under Runs, replay a scan with peaks.minmass=400
  - change {file.name} with an editor; Ctrl-C ends all of it
"""


@contextmanager
def beamline(rate: float = EVENTS_PER_SECOND, scans: int | None = None, **scan: Any) -> Iterator[str]:
    """Have a proxy, and somebody who publishes simulated scans to it, as long as the block lasts.

    Parameters
    ----------
    rate
        Events per second.
    scans
        End after so many; None to go on.
    **scan
        What `simulate_crystal_rod` takes.

    Yields
    ------
    The address at which to listen.
    """
    from headrace.engine.documents.wire_address import ZmqAddress
    from headrace.engine.documents.wire_proxy import ForwardingProxy

    over = threading.Event()
    with ForwardingProxy(ZmqAddress("127.0.0.1", 0), ZmqAddress("127.0.0.1", 0)) as proxy:
        inlet, outlet = (endpoint.rpartition(":")[2] for endpoint in proxy.endpoints)
        forwarding = threading.Thread(target=proxy.run, name="demo proxy", daemon=True)
        arguments = (f"zmq://127.0.0.1:{inlet}/raw", over, rate, scans, scan)
        measuring = threading.Thread(target=_measure, args=arguments, name="demo beamline", daemon=True)
        forwarding.start()
        measuring.start()
        try:
            yield f"zmq://127.0.0.1:{outlet}/raw"
        finally:
            over.set()
            measuring.join(5)
            proxy.stop()
            forwarding.join(5)


def _measure(address: str, over: threading.Event, rate: float, scans: int | None, scan: Mapping[str, Any]) -> None:
    """Publish scan after scan, as fast as a beamline would."""
    from headrace.engine.documents.publish import DocumentPublisher

    with DocumentPublisher(f"{address}?format=raw") as publish:
        over.wait(1.0)  # until whoever wants to listen does
        number = 0
        while not over.is_set() and number != scans:
            number += 1
            for name, doc in _documents(number, scan):
                if over.wait(1 / rate if name == "event" else 0.05):
                    return
                publish(name, {**doc, "time": time.time()})
            over.wait(_PAUSE)


def _documents(number: int, scan: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the documents of one scan, the dark run first; each scan is of another rod."""
    from headrace.engine.documents.simulated import simulate_crystal_rod

    options: dict[str, Any] = {"seed": 2025 + number, "fresh": True, "began": time.time(), **scan}
    for name, doc in simulate_crystal_rod(**options):
        if name == "start":
            doc = {**doc, "scan_id": number}
        yield name, doc
