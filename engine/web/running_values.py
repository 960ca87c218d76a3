"""What stateful nodes have so far, where no other node asks for it: asked now and then, for whoever looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from headrace.engine.model.skip import SKIP
from headrace.engine.runtime.plan import Plan
from headrace.engine.runtime.run_state import RunState

__all__ = ["RunningValues"]

SHARE = 0.005
"""The part of the time that one node may be asked in."""
_LEAST = 0.5  # seconds between two askings


class RunningValues:
    """Asks nodes for their values so far. Only in the thread that works, between two nodes.

    Parameters
    ----------
    plan
        The plan in force.
    """

    def __init__(self, plan: Plan) -> None:
        asked = {step.node for step in plan.steps() if step.value_outs}
        self.plan = plan
        self._due: dict[str, float] = {}
        self._ports = {
            name: [port.name for port in kind.outputs if port.method == "value"]
            for name, kind in plan.types.items()
            if kind.stateful and not kind.held and name not in asked
        }

    def ask(self, state: RunState, now: float) -> Iterator[tuple[str, Any]]:
        """Give ``node.port`` and value of the nodes whose turn it is; what a node raises is passed over."""
        for node, ports in self._ports.items():
            instance = state.instances.get(node)
            if not ports or instance is None or now < self._due.get(node, 0.0):
                continue
            began = time.perf_counter()
            try:
                value = instance.value()
            except Exception:  # nothing yet, most often
                value = SKIP
            spent = time.perf_counter() - began
            if value is SKIP or value is None:
                self._due[node] = now + spent / SHARE
                continue
            self._due[node] = now + max(_LEAST, spent / SHARE)
            for field, port in enumerate(ports):
                yield f"{node}.{port}", value if len(ports) == 1 else value[field]
