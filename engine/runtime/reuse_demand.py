"""What has to be computed in a replay: asked backward from what is kept, as far as the cache does not know it."""

from __future__ import annotations

from headrace.engine.runtime.cache import Reading
from headrace.engine.runtime.plan import Step, Work
from headrace.engine.runtime.reuse_rule import is_kept
from headrace.engine.runtime.reuse_script import Moment, Script, StepsOf, is_side_effect

__all__ = ["Demand"]


class Demand:
    """Finds out which steps have to be done.

    A node without memory is asked for each event by itself. One that remembers is found for all events and the end,
    or does all of its work again, in order. What holds for the run (a dark) is made if somebody who computes needs
    it. Nothing is computed here, and no value is looked at.

    Parameters
    ----------
    script
        The run; what is found is noted in its moments.
    look
        A look into the cache.

    Attributes
    ----------
    active
        Nodes whose values hold for the run that have to be made.
    running
        Nodes that remember and do all of their work again.
    computing
        Nodes without memory that compute for some event.
    """

    def __init__(self, script: Script, look: Reading) -> None:
        self._script = script
        self._look = look
        self._answers: dict[tuple[int, int], bool] = {}
        self.active: set[str] = set()
        self.running: set[str] = set()
        self.computing: set[str] = set()
        if len(script.revisions) > 1:  # going over to another revision makes them anew, whoever needs them
            self._activate_all()
        self._ask_at_begin()
        for number, moment in enumerate(script.moments):
            self._ask(number, moment)

    def works(self, node: str) -> bool:
        """Tell whether a node does anything at all."""
        return node in self.active or node in self.running or node in self.computing

    def _activate_all(self) -> None:
        for revision in self._script.revisions:
            steps = self._script.steps(revision)
            for step in (*steps.begin, *(step for own in steps.events.values() for step in own)):
                if step.publishes:
                    self._activate(step.node)

    def _ask_at_begin(self) -> None:
        steps = self._script.steps(self._script.revisions[0])
        for step in steps.begin:
            if step.work is Work.KEEP:
                for _, slot in step.ins:
                    self._activate(steps.owners[slot])
            elif is_side_effect(step, steps.plan):
                self._activate(step.node)

    def _ask(self, number: int, moment: Moment) -> None:
        """Ask for all that is kept of a moment, and for what is done for its own sake."""
        steps = self._script.steps(moment.revision)
        for step in steps.at(moment):
            if step.work is Work.KEEP:
                for _, slot in step.ins:
                    self._need(number, slot)
            elif is_side_effect(step, steps.plan):
                if step.publishes:
                    self._activate(step.node)
                elif steps.plan.types[step.node].stateful:
                    self._run(step.node)
                elif self._inputs(number, step):
                    self._compute(moment, step.node)

    def _compute(self, moment: Moment, node: str) -> None:
        moment.computes.add(node)
        self.computing.add(node)

    def _need(self, number: int, slot: int) -> bool:
        """Ask for a value; False if it is known that there is none."""
        place = (number, slot)
        if place not in self._answers:
            self._answers[place] = self._found_out(number, slot)
        return self._answers[place]

    def _found_out(self, number: int, slot: int) -> bool:
        moment = self._script.moments[number]
        steps = self._script.steps(moment.revision)
        step = steps.makers(moment).get(slot)
        if step is None:
            self._activate(steps.owners[slot])
            return True
        if step.node in self.running:
            return True
        data = self._look.get(moment.keys[slot]) if is_kept(step, steps.plan) else None
        if data is not None:
            return self._note(moment, slot, step.node, data)
        if steps.plan.types[step.node].stateful or steps.is_templated(step.node):
            self._run(step.node)
            return True
        if self._inputs(number, step):
            self._compute(moment, step.node)
            return True
        moment.absent.update((out, step.node) for _, out in step.outs)
        return False

    def _note(self, moment: Moment, slot: int, node: str, data: memoryview) -> bool:
        if len(data) == 1:  # it is known that there is none
            moment.absent[slot] = node
            return False
        moment.loads[slot] = (node, data)
        return True

    def _inputs(self, number: int, step: Step) -> bool:
        """Ask for the inputs of a step; False if one is known to be absent, and then for no more of them."""
        moment = self._script.moments[number]
        makers = self._script.steps(moment.revision).makers(moment)
        slots = [slot for _, slot in step.ins]
        ordered = sorted(slots, key=lambda slot: slot not in makers)  # those of the run last: they are dear
        return all(self._need(number, slot) for slot in ordered)

    def _run(self, node: str) -> None:
        """Have a node do all of its work."""
        if node in self.running:
            return
        self.running.add(node)
        for number, moment in enumerate(self._script.moments):
            for step in self._script.steps(moment.revision).at(moment):
                if step.node == node:
                    self._inputs(number, step)

    def _activate(self, node: str) -> None:
        """Have what a node gives for the run made."""
        if node in self.active:
            return
        self.active.add(node)
        for revision in self._script.revisions:
            steps: StepsOf = self._script.steps(revision)
            for step in steps.begin:
                if step.node == node:
                    for _, slot in step.ins:
                        self._activate(steps.owners[slot])
        for number, moment in enumerate(self._script.moments):
            for step in self._script.steps(moment.revision).at(moment):
                if step.node == node and step.work is not Work.MISSING:
                    self._inputs(number, step)
