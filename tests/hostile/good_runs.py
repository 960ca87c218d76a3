"""Sound runs as a beamline takes them, and the graph that they are analysed by."""

from __future__ import annotations

from typing import Any

import numpy as np
from event_model import compose_run
from tests.hostile.message import Pair

__all__ = ["GRAPH", "QUICK", "good_run"]

GRAPH = """\
headrace: 1
graph: guarded
nodes:
  frames: {type: source, field: image}
  number: {type: source, field: x}
  plan:   {type: source, of: start, field: plan_name}
  dark:   {type: dark, key: sc_dk_field_uid, field: image, missing: zero, wait: 5}
  clean:  {type: dark_subtract, in: {frame: frames, dark: dark}}
  spot:   {type: roi, in: clean, box: [2, 8, 3, 9]}
  map:    {type: to_grid, in: spot}
  total:  {type: accumulate, in: clean, how: mean}
  sum:    {type: accumulate, in: number, how: sum}
  table:  {type: export, in: spot, path: "{start.sample_name}_{scan_id}_{uid}.csv"}
  keep:   {type: sink, in: {spot: spot, map: map, total: total, sum: sum, number: number, plan: plan}}
"""

QUICK = """\
headrace: 1
graph: quick
intake: {policy: latest, max_documents: 200, max_bytes: 64 MB}
nodes:
  frames: {type: source, field: image}
  keep:   {type: sink, in: {frames: frames}}
"""


def good_run(number: int = 0, events: int = 8, delay: str = "") -> list[Pair]:
    """Give the documents of a run; its values follow from its number, its uids are new."""
    rng = np.random.default_rng(number % 4)
    metadata = {
        "plan_name": "grid_scan",
        "scan_id": number,
        "sample_name": "Ni",
        "shape": [2, events // 2],
        "snaking": [False, True],
        "motors": ["y", "x"],
        "hints": {"dimensions": [[["y"], "primary"], [["x"], "primary"]]},
        "num_points": events,
    }
    run = compose_run(metadata=metadata, validate=False)
    keys: dict[str, Any] = {name: {"dtype": "number", "shape": [], "source": "sim"} for name in ("x", "y")}
    keys["image"] = {"dtype": "array", "shape": [12, 16], "source": "sim", "dtype_numpy": "<u2"}
    stream = run.compose_descriptor(name="primary", data_keys=keys, validate=False)
    pairs: list[Pair] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for point in range(events):
        image = rng.integers(0, 4000, (12, 16), dtype="<u2")
        data = {"x": float(rng.normal()), "y": float(point), "image": image}
        stamps = dict.fromkeys(data, 1000.0 + point)
        pairs.append(("event", stream.compose_event(data=data, timestamps=stamps, time=1000.0 + point, validate=False)))
    return [*pairs, ("stop", run.compose_stop(validate=False))]
