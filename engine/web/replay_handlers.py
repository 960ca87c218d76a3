"""``/api/replay``: an earlier run once more, with other parameters, beside the work."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.engine.jobs.job import Job
from headrace.engine.model.errors import HeadraceError
from headrace.engine.web.handler import Handler, refused

__all__ = ["ROUTES", "ReplayHandler", "ReplaysHandler"]

_KEPT = 50


@dataclass(slots=True, eq=False)
class _Replay:
    number: int
    text: str
    done: bool = False
    failed: bool = False

    def work(self, place: str, changes: dict[str, Any], raw: str | None) -> None:
        """Do it; whatever goes wrong is told."""
        from headrace.engine.jobs.replay import replay

        try:
            replayed = replay(place, set=changes, raw=raw, to=str(Path(place).parent))
        except HeadraceError as error:
            self.text, self.failed = str(error), True
        except Exception as error:  # told to whoever asked; the service goes on
            self.text, self.failed = f"{type(error).__name__}: {error}", True
        else:
            lines = [f"{node.node}: {node.reused} reused, {node.computed} computed" for node in replayed.reuse.nodes]
            verdict, reason = replayed.finished.summary.verdict
            places = ", ".join(replayed.finished.places)
            head = f"{verdict}{f': {reason}' if reason else ''}, {replayed.seconds:.2f} s; the result is in {places}"
            self.text = "\n".join([head, *lines])
        self.done = True


class ReplaysHandler(Handler):
    """Begins a replay of a result that one of the graphs has made, one at a time."""

    def post(self) -> None:
        """Answer with its number: ``{"result": uid, "set": {"node.parameter": value}, "raw": place}``."""
        given = self.body()
        changes, result, raw = given.get("set", {}), given.get("result"), given.get("raw")
        if not isinstance(changes, dict) or not isinstance(result, str) or not isinstance(raw, str | None):
            raise refused(400, 'expected {"result": uid, "set": {"node.parameter": value}}')
        known: list[_Replay] = self.site.state.setdefault("replays", [])
        if known and not known[-1].done:
            raise refused(409, "a replay is under way; wait until it is done")
        replay = _Replay(known[-1].number + 1 if known else 1, "working")
        place = _place(self.site.monitor.jobs, result)
        journal = getattr(getattr(self.site.monitor.service, "journal", None), "folder", None)
        arguments = (place, changes, raw or (str(journal) if journal is not None else None))
        threading.Thread(target=replay.work, args=arguments, name="headrace replay", daemon=True).start()
        known.append(replay)
        del known[:-_KEPT]
        self.answer({"number": replay.number, "text": replay.text}, 202)


class ReplayHandler(Handler):
    """How a replay does."""

    def get(self, number: str) -> None:
        """Answer with what it says."""
        for replay in self.site.state.get("replays", ()):
            if replay.number == int(number):
                self.answer(
                    {"number": replay.number, "text": replay.text, "done": replay.done, "failed": replay.failed}
                )
                return
        problem = f"there is no replay {number}"
        raise refused(404, problem)


def _place(jobs: list[Job], result: str) -> str:
    """Give where a result is stored: only what these jobs have written can be named."""
    places = [place for job in jobs for one in job.finished if one.uid == result for place in one.places]
    found = next((place for place in places if Path(place).exists()), None)
    if found is None:
        problem = f"the result {result[:40]!r} was not stored in a folder by this service"
        raise refused(404, problem)
    return found


ROUTES = [(r"/api/replay", ReplaysHandler), (r"/api/replay/(\d{1,6})", ReplayHandler)]
